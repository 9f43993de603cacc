"""Servers that misbehave: real sockets and real associations, with the fault that a test is about."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pynetdicom import AE, AllStoragePresentationContexts, evt


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """Take every connection and never say a word; yield the port."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def accept() -> None:
            while not stopped.is_set():
                with contextlib.suppress(OSError):
                    held.append(server.accept()[0])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stopped.set()
            with contextlib.suppress(OSError), socket.create_connection(server.getsockname(), timeout=1):
                pass
            thread.join()
            for connection in held:
                connection.close()


@contextlib.contextmanager
def closing_server() -> Iterator[int]:
    """Take every connection and close it at once; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def accept() -> None:
            while not stopped.is_set():
                with contextlib.suppress(OSError):
                    server.accept()[0].close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stopped.set()
            with contextlib.suppress(OSError), socket.create_connection(server.getsockname(), timeout=1):
                pass
            thread.join()


@contextlib.contextmanager
def tls_front(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """Take TLS connections and pass them on to a port, as a proxy in a hospital does; yield its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Front(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as outside,
                socket.create_connection(("127.0.0.1", port)) as inside,
            ):
                back = threading.Thread(target=pump, args=(inside, outside))
                back.start()
                pump(outside, inside)
                back.join()

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Front) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def dicom_server(
    handlers: list[tuple[Any, Callable[..., Any]]],
    models: tuple[str, ...] = (),
    syntaxes: list[str] | None = None,
    storage: bool = True,
    callers: tuple[str, ...] = (),
) -> Iterator[int]:
    """Run an association acceptor with the handlers of a test; yield its port."""
    ours = AE("ORTHANC")
    ours.require_calling_aet = list(callers)
    ours.maximum_associations = 100  # those that it aborted itself still count
    for model in (*models, "1.2.840.10008.1.1"):
        ours.add_supported_context(model, scu_role=True, scp_role=True)
    if storage:
        for context in AllStoragePresentationContexts:
            ours.add_supported_context(
                context.abstract_syntax, syntaxes or context.transfer_syntax, scu_role=True, scp_role=True
            )
    server = ours.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    assert server is not None
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        for association in ours.active_associations:
            association.abort()


__all__ = ["closing_server", "dicom_server", "evt", "silent_server", "tls_front"]
