"""What went wrong on the way to a node, in sentences that say what to do."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from alnreader.case.errors import PacsError, PacsUnavailableError
from alnreader.case.language import mark
from alnreader.dicom.network.nodes import Node, Protocol

_ALERT_SECONDS = 1.0
"""TLS 1.3 refuses a client's certificate only after the handshake: so long the refusal is waited for."""

_TRANSIENT_RESULT = 2

_STORE_FAULTS: tuple[tuple[int, int, str], ...] = (
    (0xA700, 0xA7FF, mark("the PACS is out of room")),
    (0xA900, 0xA9FF, mark("the PACS says that the content does not fit its kind (SOP class)")),
    (0xC000, 0xCFFF, mark("the PACS cannot understand the content")),
    (0x0105, 0x0106, mark("the PACS refuses a value in it")),
    (0x0110, 0x0110, mark("the PACS failed to process it")),
    (0x0111, 0x0111, mark("the PACS already holds an instance of this UID")),
    (0x0117, 0x0118, mark("the PACS does not take this instance or kind")),
    (0x0122, 0x0122, mark("the PACS does not take this kind of object (SOP class)")),
    (0x0124, 0x0124, mark("the PACS does not allow this program to store")),
    (0x0211, 0x0213, mark("the PACS cannot take it now")),
)
"""C-STORE status (PS3.4 table B.2-1, PS3.7 annex C)."""

_LATER = ((0xA700, 0xA7FF), (0x0110, 0x0110), (0x0211, 0x0213))
"""Faults of the PACS, not of the instance: trying again later may help."""

_RETRIEVE_FAULTS = {
    0xA701: mark("it cannot count the matches"),
    0xA702: mark(
        "it cannot carry out the transfers; by C-MOVE it must reach this computer at the listening port"
    ),
    0xA801: mark(
        "it does not know this program's AE title as a destination: enter it there with this computer's "
        "address and the listening port"
    ),
    0xA900: mark("it says that the request does not fit"),
    0x0122: mark("it does not offer this service"),
    0x0124: mark("it does not allow this program to do that"),
}
"""C-FIND, C-GET and C-MOVE status (PS3.4 C.4.1.1.4, C.4.2.1.5, C.4.3.1.4)."""


def is_stored(status: int) -> bool:
    """Whether a C-STORE status means that the instance is there: success, or a warning (0xB...)."""
    return status == 0 or 0xB000 <= status <= 0xBFFF


def is_passing(status: int) -> bool:
    """Whether a C-STORE that failed may succeed later."""
    return any(low <= status <= high for low, high in _LATER)


def store_words(status: int, comment: str = "") -> str:
    """Return what a C-STORE status says."""
    known = (words for low, high, words in _STORE_FAULTS if low <= status <= high)
    words = next(known, mark("the PACS refused it"))
    return _with_status(words, status, comment)


def retrieve_words(status: int, comment: str = "") -> str:
    """Return what a failing status of C-FIND, C-GET or C-MOVE says."""
    words = _RETRIEVE_FAULTS.get(status)
    if words is None:
        refused = mark("it cannot process the request")
        words = refused if 0xC000 <= status <= 0xCFFF else mark("it failed")
    return _with_status(words, status, comment)


def _with_status(words: str, status: int, comment: str) -> str:
    told = mark("{reason} (status {status})")
    return told.format(reason=words, status=f"0x{status:04X}{_said(comment)}")


def _said(comment: str) -> str:
    text = "".join(character for character in comment if character.isprintable()).strip()
    return f': "{text[:120]}"' if text else ""


def rejected(node: Node, result: int, source: int, diagnostic: int) -> PacsError:
    """Return the error of a rejected association (PS3.8 9.3.4)."""
    reasons = {
        (1, 2): mark("it does not speak this protocol (application context)"),
        (2, 2): mark("it does not speak this protocol version"),
        (3, 1): mark("it is overloaded. Try again later"),
        (3, 2): mark("it has too many connections. Try again later"),
    }
    if (source, diagnostic) == (1, 7):
        return PacsError(
            mark(
                "{node}: the PACS at {host}:{port} is not called {ae_title}. "
                "Correct the AE title of the node; its administrator knows it."
            ).format(node=node.name, host=node.host, port=node.port, ae_title=node.ae_title)
        )
    if (source, diagnostic) == (1, 3):
        return PacsError(
            mark(
                "{node}: the PACS does not know this program as {own_ae_title}. "
                "Have its administrator enter that AE title with this computer's address, or correct the own "
                "AE title of the node."
            ).format(node=node.name, own_ae_title=node.own_ae_title)
        )
    reason = reasons.get((source, diagnostic), mark("it gives no reason. Ask its administrator"))
    kind = PacsUnavailableError if result == _TRANSIENT_RESULT else PacsError
    words = mark("{node}: the PACS refused the association: {reason}.")
    return kind(words.format(node=node.name, reason=reason))


def no_service(node: Node, what: str) -> PacsError:
    """Return the error of a node that accepts the association and not what it was opened for."""
    return PacsError(
        mark(
            "{node}: the PACS does not offer {what} to {own_ae_title}. "
            "Have its administrator allow it, or use another node."
        ).format(node=node.name, what=what, own_ae_title=node.own_ae_title)
    )


def silent(node: Node, seconds: float) -> PacsUnavailableError:
    """Return the error of a node that takes the connection and says nothing."""
    return PacsUnavailableError(
        mark(
            "{node}: {address} does not answer (waited {seconds} s). "
            "Is it overloaded, or is another program behind that port? Try again, or allow it more time."
        ).format(node=node.name, address=node.address, seconds=f"{seconds:g}")
    )


def broken_off(node: Node, *, aborted: bool = False) -> PacsUnavailableError:
    """Return the error of a connection that ended in the middle; ``aborted``: the node said so."""
    if aborted:
        return PacsUnavailableError(
            mark(
                "{node}: the PACS ended the connection (A-ABORT) instead of answering. Either it does not "
                "allow {own_ae_title} to do that (its administrator can), or it has a fault: try later."
            ).format(node=node.name, own_ae_title=node.own_ae_title)
        )
    return PacsUnavailableError(
        mark(
            "{node}: the connection broke off. Is the PACS still running? Try again; nothing is lost."
        ).format(node=node.name)
    )


def not_connected(node: Node) -> PacsError | None:
    """Find out why no connection comes about, by trying it; None if it now does."""
    host, port = endpoint(node)
    try:
        with socket.create_connection((host, port), timeout=node.connect_timeout) as plain:
            return _tls_fault(node, plain, host) if node.encrypted else None
    except OSError as error:
        return connection_error(node, error)


def endpoint(node: Node) -> tuple[str, int]:
    """Return host and port of a node."""
    if node.protocol is Protocol.DIMSE:
        return node.host, node.port
    parts = urlsplit(node.url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def connection_error(node: Node, error: OSError) -> PacsError:
    """Return the sentence for what the network says."""
    host, port = endpoint(node)
    if isinstance(error, ssl.SSLError):
        return tls_error(node, error)
    if isinstance(error, socket.gaierror | UnicodeError):
        return PacsError(
            mark("{node}: there is no computer called {host}. Correct the host of the node.").format(
                node=node.name, host=host
            )
        )
    if isinstance(error, ConnectionRefusedError):
        return PacsUnavailableError(
            mark(
                "{node}: nothing listens at {host}:{port}. Is the PACS running, and is the port right?"
            ).format(node=node.name, host=host, port=port)
        )
    if isinstance(error, TimeoutError):
        return PacsUnavailableError(
            mark(
                "{node}: {host}:{port} cannot be reached (waited {connect_timeout} s). "
                "Is the computer on, and does a firewall lie between?"
            ).format(node=node.name, host=host, port=port, connect_timeout=f"{node.connect_timeout:g}")
        )
    if isinstance(error, ConnectionError):
        return broken_off(node)
    return PacsUnavailableError(
        mark("{node}: {host}:{port} cannot be reached ({cause}). Check network and node.").format(
            node=node.name, host=host, port=port, cause=error.strerror or error
        )
    )


def tls_error(node: Node, error: ssl.SSLError) -> PacsError:
    """Return the sentence for what TLS says."""
    host, port = endpoint(node)
    if isinstance(error, ssl.SSLCertVerificationError):
        return PacsError(
            mark(
                "{node}: the certificate of {host} is not trusted ({verify_message}). "
                "Name the file of the authority (CA) that signed it; if it names another computer, correct "
                "the host."
            ).format(node=node.name, host=host, verify_message=error.verify_message)
        )
    reason = (error.reason or "").upper()
    if "ALERT" in reason and any(word in reason for word in ("CERTIFICATE", "CA", "ACCESS_DENIED")):
        return PacsError(
            mark(
                "{node}: the PACS does not take this program's certificate ({reason}). "
                "Name a certificate and key that it knows."
            ).format(node=node.name, reason=_words(reason))
        )
    if any(word in reason for word in ("WRONG_VERSION", "UNEXPECTED_EOF", "HTTP_REQUEST", "RECORD_LAYER")):
        return PacsError(
            mark(
                "{node}: {host}:{port} does not speak TLS ({reason}). Use its TLS port, or turn TLS off."
            ).format(node=node.name, host=host, port=port, reason=_words(reason))
        )
    return PacsError(
        mark("{node}: no encrypted connection ({cause}). Check the TLS settings.").format(
            node=node.name, cause=_words(reason) or error
        )
    )


def _words(reason: str) -> str:
    return reason.lower().replace("_", " ")


def _tls_fault(node: Node, plain: socket.socket, host: str) -> PacsError | None:
    with contextlib.closing(client_tls(node).wrap_socket(plain, server_hostname=host)) as secure:
        secure.settimeout(min(_ALERT_SECONDS, node.connect_timeout))
        try:
            secure.recv(1)
        except ssl.SSLError as error:
            return tls_error(node, error)
        except OSError:
            return None
    return None


def client_tls(node: Node) -> ssl.SSLContext:
    """Return the TLS settings of a node, for connections that we open (PS3.15 B.9: TLS 1.2 or newer).

    Raises
    ------
    PacsError
        If a file of certificates cannot be used.
    """
    context = _loaded(node, lambda: ssl.create_default_context(cafile=node.ca_file or None))
    if not node.check_host_name:
        context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _add_own_certificate(node, context)
    return context


def server_tls(node: Node) -> ssl.SSLContext:
    """Return the TLS settings for connections that the node opens to us during a C-MOVE.

    Raises
    ------
    PacsError
        If a file of certificates cannot be used, or none is named.
    """
    if not node.certificate_file:
        raise PacsError(
            mark(
                "{node}: C-MOVE over TLS needs a certificate and key of this program. "
                "Name them, or use C-GET."
            ).format(node=node.name)
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _add_own_certificate(node, context)
    if node.ca_file:
        _loaded(node, lambda: context.load_verify_locations(node.ca_file))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _add_own_certificate(node: Node, context: ssl.SSLContext) -> None:
    if node.certificate_file:
        # An empty pass phrase: a locked key fails instead of asking at a terminal.
        _loaded(
            node, lambda: context.load_cert_chain(node.certificate_file, node.key_file, password=lambda: "")
        )


def _loaded(node: Node, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except OSError as error:
        files = ", ".join(filter(None, (node.ca_file, node.certificate_file, node.key_file)))
        reason = error.strerror or error
        raise PacsError(
            mark(
                "{node}: the TLS files cannot be used ({files}: {reason}). "
                "They must be PEM files, the key without pass phrase."
            ).format(node=node.name, files=files, reason=reason)
        ) from error
