"""Nodes: the PACS that the user names, how they are reached, and the file that remembers them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from alnreader.case.atomic import make_folder, replace_file
from alnreader.case.errors import InvalidValueError, PacsError
from alnreader.case.language import mark

_log = logging.getLogger(__name__)

DEFAULT_AE_TITLE = "ALNREADER"
"""What this program calls itself unless the node says otherwise."""

_MOST_SECONDS = 3600.0
_SCHEMA = "alnreader.nodes/1"
_ADDRESS = re.compile(r"(?P<title>[^@]+)@(?P<host>\[[^\]]+\]|[^:@]+):(?P<port>\d+)")


class Protocol(StrEnum):
    """What a node speaks."""

    DIMSE = "dimse"
    DICOMWEB = "dicomweb"


class Retrieve(StrEnum):
    """How a DIMSE node hands a study out (PS3.4 C.4.2, C.4.3)."""

    GET = "get"
    MOVE = "move"


class CharacterSet(StrEnum):
    """What non-ASCII search terms are sent in (PS3.3 C.12.1.1.2)."""

    UTF8 = "ISO_IR 192"
    GB18030 = "GB18030"
    LATIN1 = "ISO_IR 100"


@dataclass(frozen=True)
class Node:
    """One PACS.

    Attributes
    ----------
    name
        What the user calls it.
    protocol
        ``dimse`` or ``dicomweb``.
    host, port, ae_title
        Of a DIMSE node. Its AE title has 1 to 16 characters (PS3.5 6.2).
    own_ae_title
        What this program calls itself there.
    retrieve
        ``get`` needs no open port here; ``move`` is what older PACS allow: they send to `listen_port`.
    listen_port
        Port that this program opens while a C-MOVE runs; the PACS must know it.
    url, user, password
        Of a DICOMweb service. The password is kept in a file that only this user can read.
    tls
        Encrypt DIMSE. A ``https`` address is always encrypted.
    ca_file, certificate_file, key_file
        PEM files: who vouches for the server, and who we are. Empty: the system's authorities, nobody.
    check_host_name
        Whether the server's certificate must name `host`.
    connect_timeout, answer_timeout
        Seconds to wait for a connection, and for each answer.
    character_set
        Of search terms that are not ASCII.
    """

    name: str
    protocol: Protocol = Protocol.DIMSE
    host: str = ""
    port: int = 104
    ae_title: str = ""
    own_ae_title: str = DEFAULT_AE_TITLE
    retrieve: Retrieve = Retrieve.GET
    listen_port: int = 11112
    url: str = ""
    user: str = ""
    password: str = dataclasses.field(default="", repr=False)
    tls: bool = False
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    check_host_name: bool = True
    connect_timeout: float = 10.0
    answer_timeout: float = 60.0
    character_set: CharacterSet = CharacterSet.UTF8

    def __post_init__(self) -> None:
        """Refuse what cannot be a node."""
        for field in dataclasses.fields(self):
            kind = type(field.default) if field.name != "name" else str
            value = getattr(self, field.name)
            if kind is float and isinstance(value, int) and not isinstance(value, bool):
                continue
            if isinstance(value, bool) != (kind is bool) or not isinstance(value, kind):
                raise InvalidValueError(
                    mark("A node's {field} cannot be {value}.").format(field=field.name, value=f"{value!r}")
                )
        if not self.name.strip():
            raise InvalidValueError(mark("A PACS node needs a name."))
        if self.protocol is Protocol.DIMSE:
            self._check_dimse()
        else:
            self._check_web()
        for seconds in (self.connect_timeout, self.answer_timeout):
            if not 0 < seconds <= _MOST_SECONDS:
                raise InvalidValueError(
                    mark("{name}: a time-out lies between 0 and 3600 s, not at {seconds}.").format(
                        name=self.name, seconds=f"{seconds:g}"
                    )
                )
        if bool(self.certificate_file) != bool(self.key_file):
            raise InvalidValueError(
                mark("{name}: a client certificate and its key go together.").format(name=self.name)
            )

    def _check_dimse(self) -> None:
        if not self.host.strip() or any(character.isspace() for character in self.host):
            raise InvalidValueError(
                mark("{name}: name the computer of the PACS (host name or IP address).").format(
                    name=self.name
                )
            )
        for what, port in (("port", self.port), ("listening port", self.listen_port)):
            if not 1 <= port <= 65535:
                raise InvalidValueError(
                    mark("{name}: a {what} lies between 1 and 65535, not at {port}.").format(
                        name=self.name, what=what, port=port
                    )
                )
        for what, title in (("AE title", self.ae_title), ("own AE title", self.own_ae_title)):
            printable = title.isascii() and title.isprintable() and "\\" not in title
            if not (1 <= len(title) <= 16 and printable and title.strip() == title):
                raise InvalidValueError(
                    mark(
                        "{name}: the {what} has 1 to 16 plain characters without backslash, not {title}."
                    ).format(name=self.name, what=what, title=f"{title!r}")
                )

    def _check_web(self) -> None:
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or any(character.isspace() for character in self.url):
            raise InvalidValueError(
                mark(
                    "{name}: the address of a DICOMweb service begins with http:// or https://, not {url}."
                ).format(name=self.name, url=f"{self.url!r}")
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise InvalidValueError(
                mark("{name}: write user and password in their own fields.").format(name=self.name)
            )

    @property
    def address(self) -> str:
        """Where it is, in one line."""
        if self.protocol is Protocol.DICOMWEB:
            return self.url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.ae_title}@{host}:{self.port}"

    @property
    def encrypted(self) -> bool:
        """Whether what is sent is encrypted."""
        return self.tls if self.protocol is Protocol.DIMSE else self.url.startswith("https:")

    def public(self) -> dict[str, object]:
        """Return the node as JSON values, without its password."""
        values = dataclasses.asdict(self)
        del values["password"]
        return values


def node_from(values: object) -> Node:
    """Return a node from JSON values; names that are not known are left out.

    Raises
    ------
    InvalidValueError
        If they are no node.
    """
    if not isinstance(values, dict):
        raise InvalidValueError(mark("A node is a JSON object."))
    known = {field.name for field in dataclasses.fields(Node)}
    chosen = {name: value for name, value in values.items() if name in known}
    try:
        for name, kind in (("protocol", Protocol), ("retrieve", Retrieve), ("character_set", CharacterSet)):
            if name in chosen:
                chosen[name] = kind(chosen[name])
        return Node(**chosen)
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidValueError):
            raise
        raise InvalidValueError(mark("Not a PACS node: {reason}.").format(reason=error)) from error


def node_at(address: str) -> Node | None:
    """Return the node of an address, ``AETITLE@host:port`` or a ``http(s)://`` URL; None if it is none."""
    if address.startswith(("http://", "https://")):
        return Node(address, Protocol.DICOMWEB, url=address)
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return None
    return Node(address, host=match["host"].strip("[]"), port=int(match["port"]), ae_title=match["title"])


def find_node(name: str, nodes: Iterable[Node]) -> Node:
    """Return the node of that name, or the one at that address.

    Raises
    ------
    PacsError
        If there is none.
    """
    known = {node.name: node for node in nodes}
    node = known.get(name) or node_at(name)
    if node is None:
        listed = f" Known: {', '.join(known)}." if known else ""
        raise PacsError(
            mark(
                "There is no PACS node {name}.{listed} "
                "Add it in the preferences or with 'alnreader pacs nodes', or write AETITLE@host:port or a "
                "URL."
            ).format(name=f"{name!r}", listed=listed)
        )
    return node


def load_nodes(path: Path) -> tuple[Node, ...]:
    """Read the nodes of a file, none where it is absent. A broken file is kept as ``*.broken``."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        nodes = tuple(node_from(entry) for entry in document["nodes"])
        return tuple({node.name: node for node in nodes}.values())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, LookupError) as error:
        _log.warning("The PACS nodes cannot be read (%s); the file is set aside", type(error).__name__)
        with contextlib.suppress(OSError):
            path.replace(path.with_name(path.name + ".broken"))
        return ()


def save_nodes(nodes: Iterable[Node], path: Path) -> None:
    """Write the nodes whole or not at all, for this user alone.

    Raises
    ------
    CannotWriteError
        If the file cannot be written.
    """
    document = {"schema": _SCHEMA, "nodes": [dataclasses.asdict(node) for node in nodes]}
    content = json.dumps(document, indent=1, ensure_ascii=False).encode()
    make_folder(path.parent)
    replace_file(path, content, private=True)
