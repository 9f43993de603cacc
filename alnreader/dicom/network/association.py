"""Associations: opened with a reason when they fail, stopped at once when asked (PS3.8)."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alnreader.case.errors import PacsError
from alnreader.case.language import mark
from alnreader.case.progress import CancelToken
from alnreader.dicom.network import faults
from alnreader.dicom.network.nodes import Node

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.ae import ApplicationEntity
    from pynetdicom.association import Association
    from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
    from pynetdicom.presentation import PresentationContext

_log = logging.getLogger(__name__)

_WATCH_SECONDS = 0.05
"""How often a stop is looked for."""

_END_SECONDS = 1.0
"""How long the end of pynetdicom's own thread is waited for."""

_sockets: weakref.WeakKeyDictionary[Any, socket.socket] = weakref.WeakKeyDictionary()
"""The connections of associations: pynetdicom leaves one open that the other side has ended first."""

_aborted_by_peer: weakref.WeakSet[Any] = weakref.WeakSet()
"""Associations that the other side has ended by an A-ABORT."""


def entity(node: Node) -> ApplicationEntity:
    """Return the application entity that this program is towards a node."""
    from pynetdicom import AE, _config

    # Identifiers hold names: they belong in no log. What fails reaches the user as a sentence.
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_RESPONSE_IDENTIFIERS = False
    _config.LOG_REQUEST_IDENTIFIERS = False
    # What is sent from a file is sent as it stands there, without decoding it.
    _config.STORE_SEND_CHUNKED_DATASET = True
    ours = AE(ae_title=node.own_ae_title)
    ours.connection_timeout = node.connect_timeout
    ours.acse_timeout = node.connect_timeout
    ours.dimse_timeout = node.answer_timeout
    # Between two messages we may be busy with the disk: only answers that are waited for have a time-out.
    ours.network_timeout = None
    return ours


@contextlib.contextmanager
def associated(
    node: Node,
    contexts: Sequence[PresentationContext],
    purpose: str,
    token: CancelToken,
    handlers: Sequence[tuple[Any, ...]] = (),
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
) -> Iterator[Association]:
    """Open an association and release it at the end of the block; a stop ends it at once.

    Parameters
    ----------
    contexts
        At most 128 (PS3.8 9.3.2.2).
    purpose
        What it is for, as a refusal names it.

    Raises
    ------
    PacsError
        If it cannot be opened: who refuses what, and what to do.
    CancelledError
        If a stop is asked for, before or in the block.
    """
    association = _open(node, contexts, purpose, token, handlers, roles)
    finished = threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(association, token, finished), name="alnreader-pacs-watch", daemon=True
    )
    watcher.start()
    try:
        yield association
        if association.is_established:
            association.release()
    except KeyboardInterrupt:
        cut(association)  # a polite end would wait for a server that may hang
        raise
    except Exception as error:
        token.check()  # what broke since the connection was cut is the stop that was asked for
        if isinstance(error, RuntimeError) and not association.is_established:
            # pynetdicom's way to say that the other side has gone between two requests.
            raise faults.broken_off(node, aborted=association in _aborted_by_peer) from error
        raise
    finally:
        finished.set()
        watcher.join()
        if association.is_established:
            association.abort()
        association.join(timeout=node.connect_timeout)
        _close(association)
    token.check()


def _watch(association: Association, token: CancelToken, finished: threading.Event) -> None:
    while not finished.wait(_WATCH_SECONDS):
        if token.cancelled:
            cut(association)
            return


def cut(association: Association) -> None:
    """End a connection at once, whatever waits for it.

    A polite A-ABORT would wait behind what is being sent, and for a server that may hang.
    """
    transport = association.dul.socket
    plain = transport.socket if transport is not None else None
    if plain is not None:
        with contextlib.suppress(OSError):
            plain.shutdown(socket.SHUT_RDWR)


def _close(association: Association) -> None:
    """Close the connection of an association that has ended."""
    plain = _sockets.pop(association, None)
    if plain is not None:
        association.dul.join(timeout=_END_SECONDS)
        plain.close()


class _Opening:
    """What is learned while an association is opened in a thread of its own."""

    def __init__(self) -> None:
        self.association: Association | None = None
        self.error: Exception | None = None
        self.connecting: Association | None = None
        self.connected_at = 0.0
        self.waited = 0.0
        self.accepted = False
        self.rejection: list[int] = []
        self.abandoned = False

    @property
    def connected(self) -> bool:
        """Whether the transport connection was there."""
        return self.connected_at > 0

    def note_connection(self, event: Any) -> None:
        """Take the event of an open connection."""
        self.connected_at = time.monotonic()
        self.connecting = event.assoc
        plain = _sockets[event.assoc] = event.assoc.dul.socket.socket
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def abandon(self) -> None:
        """End the connection, or what becomes of it."""
        self.abandoned = True
        if self.connecting is not None:
            cut(self.connecting)

    def note_acceptance(self, _event: Any) -> None:
        """Take the event of an accepted association."""
        self.accepted = True

    def note_answer(self, event: Any) -> None:
        """Take the event of a PDU: an A-ABORT is no connection that merely broke.

        pynetdicom overlooks a rejection after which the connection is closed very quickly.
        """
        from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ

        if isinstance(event.pdu, A_ABORT_RQ):
            _aborted_by_peer.add(event.assoc)
        elif isinstance(event.pdu, A_ASSOCIATE_RJ):
            parts = (event.pdu.result, event.pdu.source, event.pdu.reason_diagnostic)
            self.rejection = [int(part or 0) for part in parts]

    def note_abort(self, event: Any) -> None:
        """Take the event of an abort: a server that hangs would keep the connection half open."""
        if self.connected:
            self.waited = self.waited or time.monotonic() - self.connected_at
        cut(event.assoc)


def _open(
    node: Node,
    contexts: Sequence[PresentationContext],
    purpose: str,
    token: CancelToken,
    handlers: Sequence[tuple[Any, ...]],
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation],
) -> Association:
    from pynetdicom import evt

    ours = entity(node)
    opening = _Opening()
    tls = (faults.client_tls(node), node.host) if node.tls else None
    seen: list[tuple[Any, ...]] = [
        (evt.EVT_CONN_OPEN, opening.note_connection),
        (evt.EVT_ACCEPTED, opening.note_acceptance),
        (evt.EVT_ABORTED, opening.note_abort),
        (evt.EVT_PDU_RECV, opening.note_answer),
    ]

    def work() -> None:
        try:
            # First a bare connection: it tells why none comes about, which pynetdicom keeps in its log, and
            # leaves none of its sockets open.
            with socket.create_connection((node.host, node.port), timeout=node.connect_timeout) as plain:
                if tls is not None:
                    tls[0].wrap_socket(plain, server_hostname=tls[1]).close()
            opening.association = ours.associate(
                node.host,
                node.port,
                contexts=list(contexts),
                ae_title=node.ae_title,
                tls_args=tls,
                evt_handlers=[*seen, *handlers],
                ext_neg=list(roles),
            )
            if opening.abandoned:
                opening.association.abort()
                _close(opening.association)
        except (OSError, UnicodeError, RuntimeError, ValueError) as error:
            opening.error = error

    # pynetdicom offers no way to stop an association that is being opened. A stop cuts the connection; where
    # there is none yet, it leaves the thread to its own time-out.
    thread = threading.Thread(target=work, name="alnreader-pacs-open", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_WATCH_SECONDS)
            if token.cancelled:
                opening.abandon()
                thread.join(_END_SECONDS)
                token.check()
    except KeyboardInterrupt:
        opening.abandon()  # or the program would end no sooner than the thread of pynetdicom
        raise
    association = opening.association
    if association is not None and association.is_established:
        _leave_answers_alone(association)
        return association
    reason = _reason(node, opening, purpose)
    if association is not None:
        _close(association)
    raise reason


def _leave_answers_alone(association: Association) -> None:
    """Keep pynetdicom's reactor from taking answers off the queue.

    It is meant to pause while an answer is waited for, but the pause has a race: one answer in some thousand
    was lost without a word, which in a list of images makes half a study look whole. The reactor asks without
    blocking, for requests of the other side; a requestor gets none outside a retrieval, which reads them
    itself.
    """
    take = association.dimse.get_msg

    def waited_for(block: bool = False) -> Any:
        return take(block=True) if block else (None, None)

    association.dimse.get_msg = waited_for  # type: ignore[method-assign]  # pynetdicom waits elsewhere


def _reason(node: Node, opening: _Opening, purpose: str) -> PacsError:
    error, association = opening.error, opening.association
    if isinstance(error, OSError | UnicodeError):
        return faults.connection_error(node, error if isinstance(error, OSError) else socket.gaierror())
    if association is None:
        raise RuntimeError(f"no association: {error}") from error
    if opening.rejection:
        return faults.rejected(node, *opening.rejection)
    if opening.accepted:
        return faults.no_service(node, purpose)
    found = faults.not_connected(node) if node.tls or not opening.connected else None
    if found is not None:
        return found
    if not opening.connected or opening.waited >= node.connect_timeout:
        return faults.silent(node, node.connect_timeout)
    return PacsError(
        mark(
            "{node}: {address} ended the connection instead of answering. "
            "Is it a DICOM port, and does it expect TLS?"
        ).format(node=node.name, address=node.address)
    )


class Answers:
    """Takes the answers to one request, and tells silence from a connection that broke off."""

    def __init__(self, node: Node, association: Association, token: CancelToken) -> None:
        """Begin to wait."""
        self._node = node
        self._association = association
        self._token = token
        self._since = time.monotonic()

    def status(self, answer: Dataset) -> int:
        """Return the status of an answer.

        Raises
        ------
        PacsUnavailableError
            If there was none: the connection has broken off, or the time has run out.
        CancelledError
            If it was we who ended it.
        """
        self._token.check()
        waited, self._since = time.monotonic() - self._since, time.monotonic()
        if "Status" in answer:
            return int(answer.Status)
        if waited >= self._node.answer_timeout:
            raise faults.silent(self._node, self._node.answer_timeout)
        raise faults.broken_off(self._node, aborted=self._association in _aborted_by_peer)

    def heard(self) -> None:
        """Take note that the node is at work, though it has not answered yet."""
        self._since = time.monotonic()
