"""DICOMweb: QIDO-RS, WADO-RS and STOW-RS (PS3.18 chapter 10)."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import requests
from dicomweb_client.api import DICOMwebClient
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth

from alnreader.case.errors import CancelledError, PacsError, PacsUnavailableError
from alnreader.case.language import mark
from alnreader.case.progress import CancelToken
from alnreader.dicom.header import BROKEN
from alnreader.dicom.network import answers, faults
from alnreader.dicom.network.answers import Found, Instance, PatientAnswer, Query, StudyAnswer
from alnreader.dicom.network.inbox import ForeignInstanceError, StudyFolder
from alnreader.dicom.network.multipart import DICOM_FILE, message_of, only_part
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.store import Outcome, Outgoing, Sending, Sent
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import reason_of

_PAGE = 200
"""Answers asked for at once."""

_STUDY_FIELDS = ["00081030", "00080061", "00201206", "00201208"]
_INSTANCE_FIELDS = ["00080016", "0020000E"]

_STATUS_WORDS = {
    400: mark("it does not understand the request"),
    401: mark("it asks for a user and password: enter them in the node"),
    403: mark("it does not allow this user to do that"),
    404: mark(
        "there is no DICOMweb service at that address, or not what was asked for: check the URL of the node"
    ),
    405: mark("it does not offer this service"),
    406: mark("it does not offer the data in a form that this program takes"),
    429: mark("it has too many requests"),
    503: mark("it is overloaded or being maintained"),
    507: mark("it is out of room"),
}
_OF_THE_FILE = {
    400: mark("it does not understand the content"),
    409: mark("it refused the content"),
    413: mark("the content is too large for it"),
    415: mark("it does not take this kind of content"),
    422: mark("it cannot process the content"),
    500: mark("it failed on the content"),
}
"""HTTP status that may be about the one file that was sent: the others are sent all the same."""

_FAILED_SEQUENCE, _FAILURE_REASON = "00081198", "00081197"
"""Of the answer to a STOW-RS (PS3.18 table 10.5.3-1, annex I)."""

_LATER = frozenset({408, 429, 500, 502, 503, 504, 507})
"""HTTP status of faults that may pass."""


_PLAIN = re.compile(r"[A-Za-z0-9._~*-]*")
"""Terms that stand in a URL as they are (RFC 3986 2.3, 3.4)."""


class _Adapter(HTTPAdapter):
    """Leaves wildcards as they are in a URL, where some servers want them (RFC 3986 3.4 allows it).

    It knows its connections, so that a stop can cut one that waits for a server that hangs.
    """

    def __init__(self) -> None:
        self._connections: weakref.WeakSet[Any] = weakref.WeakSet()
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pool of connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {
            scheme: _noting(pool, self._connections)
            for scheme, pool in self.poolmanager.pool_classes_by_scheme.items()
        }

    def cut(self) -> None:
        """End every connection at once, whatever waits for it."""
        for connection in list(self._connections):
            plain = getattr(connection, "sock", None)
            if plain is not None:
                with contextlib.suppress(OSError):
                    plain.shutdown(socket.SHUT_RDWR)

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Send a request."""
        if request.url:
            request.url = request.url.replace("%2A", "*")
        return super().send(request, *arguments, **options)


def _noting(pool: Any, connections: weakref.WeakSet[Any]) -> Any:
    """Return a kind of pool whose connections are noted when they are opened."""

    class Connection(pool.ConnectionCls):
        def connect(self) -> None:
            super().connect()
            connections.add(self)

    class Pool(pool):
        ConnectionCls = Connection

    return Pool


class _TlsAdapter(_Adapter):
    """Carries the node's TLS settings, among them that a certificate may name another host."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pool of connections."""
        options["ssl_context"] = self._context
        if not self._context.check_hostname:
            options["assert_hostname"] = False
        super().init_poolmanager(*arguments, **options)


def _session(node: Node) -> requests.Session:
    session = requests.Session()
    # No proxy and no .netrc of the environment: what is sent goes to the node alone.
    session.trust_env = False
    session.mount("http://", _Adapter())
    if node.encrypted:
        session.mount("https://", _TlsAdapter(faults.client_tls(node)))
        session.verify = node.ca_file or True
    if node.user:
        # UTF-8 (RFC 7617 2.1); as text they would have to be Latin-1.
        session.auth = HTTPBasicAuth(node.user.encode(), node.password.encode())

    def no_detour(response: requests.Response, *_: object, **__: object) -> requests.Response:
        if response.is_redirect:
            response.close()
            raise PacsError(
                mark(
                    "{node}: the server sends on to another address ({value}). "
                    "This program does not follow: correct the URL of the node."
                ).format(node=node.name, value=response.headers["location"][:80])
            )
        return response

    session.hooks["response"].append(no_detour)
    return session


@contextlib.contextmanager
def _connected(node: Node, token: CancelToken) -> Iterator[requests.Session]:
    """Open a session; what goes wrong in the block becomes a sentence, and a stop ends it."""
    token.check()
    with _session(node) as session:
        try:
            with quiet():
                yield session
        except CancelledError:
            for adapter in session.adapters.values():
                if isinstance(adapter, _Adapter):
                    adapter.cut()
            raise
        except requests.exceptions.RequestException as error:
            raise _fault(node, error) from error
        token.check()


@contextlib.contextmanager
def _service(node: Node, token: CancelToken) -> Iterator[DICOMwebClient]:
    """Open the service for queries."""
    with _connected(node, token) as session:
        client = DICOMwebClient(
            node.url.rstrip("/"), session=session, permissive_uid=True, timeout=_timeouts(node)
        )
        # Trying again is decided above, where a stop is heeded.
        client.set_http_retry_params(retry=False)
        yield client


def _timeouts(node: Node) -> tuple[float, float]:
    return node.connect_timeout, node.answer_timeout


def _call(token: CancelToken, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Run a request so that a stop does not wait for its answer.

    Nothing of the request is used any more; `_service` cuts its connection, which ends the thread.
    """
    result: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work(*arguments, **options))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="alnreader-pacs-web", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.05)
        token.check()
    if failure:
        raise failure[0]
    return result[0]


def _fault(node: Node, error: requests.exceptions.RequestException) -> PacsError:
    if isinstance(error, requests.exceptions.HTTPError) and error.response is not None:
        code = error.response.status_code
        words = _STATUS_WORDS.get(code, mark("it failed"))
        kind = PacsUnavailableError if code in _LATER else PacsError
        said = mark("{node}: {url}: {reason} (HTTP {code}).")
        return kind(said.format(node=node.name, url=node.url, reason=words, code=code))
    if isinstance(error, requests.exceptions.ReadTimeout):
        return faults.silent(node, node.answer_timeout)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return faults.connection_error(node, TimeoutError())
    if isinstance(error, requests.exceptions.ConnectionError):
        return faults.not_connected(node) or faults.broken_off(node)
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return faults.broken_off(node)
    return PacsUnavailableError(
        mark("{node}: {url}: the answer cannot be used ({name}).").format(
            node=node.name, url=node.url, name=type(error).__name__
        )
    )


# --- QIDO ---------------------------------------------------------------------------------------------------


def echo(node: Node, token: CancelToken) -> None:
    """Ask whether the service is there, with a query for one study.

    Raises
    ------
    PacsError
        If it is not, or refuses.
    """
    with _service(node, token) as client:
        _answer(node, _call(token, client.search_for_studies, limit=1))


def find_patients(node: Node, query: Query, token: CancelToken) -> tuple[list[PatientAnswer], bool]:
    """Return the patients of the studies that match: QIDO knows no patients (PS3.18 10.6)."""
    found = find_studies(node, query, token)
    patients: dict[str, PatientAnswer] = {}
    for study in found.studies:
        patients.setdefault(study.patient.patient_id, study.patient)
    return list(patients.values()), found.cut


def find_studies(node: Node, query: Query, token: CancelToken) -> Found:
    """Return the studies that match."""
    filters = {
        "PatientName": query.name_pattern,
        "PatientID": query.patient_id.strip(),
        "PatientBirthDate": f"{query.birth_date:%Y%m%d}" if query.birth_date else "",
        "AccessionNumber": query.accession.strip(),
        "StudyDate": query.date_range,
        "ModalitiesInStudy": query.modality.strip().upper(),
        "StudyInstanceUID": query.study_uid.strip(),
    }
    filters = {name: value for name, value in filters.items() if value}
    found = _studies(node, token, filters, lambda study: answers.has_modality(study, query.modality))
    special = {name for name, value in filters.items() if not _PLAIN.fullmatch(value)}
    if found.studies or not special:
        return found
    # Not every server decodes what a URL must encode (Orthanc 1.10 does not): it is asked without those terms
    # and its answers are looked through here.
    rest = {name: value for name, value in filters.items() if name not in special}
    return _studies(
        node,
        token,
        rest,
        lambda study: answers.has_modality(study, query.modality) and answers.matches(study, query),
    )


def _studies(
    node: Node, token: CancelToken, filters: dict[str, str], wanted: Callable[[StudyAnswer], bool]
) -> Found:
    found: dict[str, StudyAnswer] = {}
    for study in map(answers.study_answer, _pages(node, token, filters)):
        if study is None or not wanted(study):
            continue
        if len(found) == answers.MOST_ANSWERS and study.study_uid not in found:
            return Found(tuple(found.values()), cut=True)
        found[study.study_uid] = study
    return Found(tuple(found.values()))


def _pages(node: Node, token: CancelToken, filters: dict[str, str], study_uid: str = "") -> Iterator[Dataset]:
    """Yield studies, or the instances of one, page by page until one brings nothing new.

    A server may send fewer at once than it was asked for, and one that ignores the offset sends the same page
    for ever.
    """
    seen: set[str] = set()
    identity = 0x00080018 if study_uid else 0x0020000D
    with _service(node, token) as client:
        offset = 0
        while True:
            page = {"search_filters": filters, "limit": _PAGE, "offset": offset}
            if study_uid:
                page["fields"] = _INSTANCE_FIELDS
                content = _call(token, client.search_for_instances, study_uid, **page)
            else:
                page["fields"] = _STUDY_FIELDS
                content = _call(token, client.search_for_studies, **page)
            entries = [_dataset(entry) for entry in _answer(node, content)]
            uids = {answers.uid_answer(entry, identity) for entry in entries}
            if uids <= seen:
                return
            seen |= uids
            offset += len(entries)
            yield from entries


def list_instances(node: Node, study_uid: str, token: CancelToken) -> list[Instance] | None:
    """Return what a study consists of."""
    found: dict[str, Instance] = {}
    for entry in _pages(node, token, {}, study_uid):
        instance = answers.instance_answer(entry, "")
        if instance is not None:
            found[instance.uid] = instance
    return list(found.values())


def holds(node: Node, study_uid: str, series_uid: str, uid: str, token: CancelToken) -> bool:
    """Whether the service says that it holds an instance."""
    with _service(node, token) as client:
        page = _answer(
            node,
            _call(
                token,
                client.search_for_instances,
                study_uid,
                series_uid or None,
                search_filters={"SOPInstanceUID": uid},
                limit=1,
            ),
        )
        return any(answers.uid_answer(_dataset(entry), 0x00080018) == uid for entry in page)


def _answer(node: Node, content: Any) -> list[dict[str, Any]]:
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise PacsError(
            mark("{node}: {url} is no DICOMweb service: check the URL of the node.").format(
                node=node.name, url=node.url
            )
        )
    return content


def _dataset(entry: dict[str, Any]) -> Dataset:
    """Turn DICOM JSON (PS3.18 F.2) into values as stored, in UTF-8, for the one decoder there is."""
    dataset = Dataset()
    for key, element in {**entry, "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}}.items():
        try:
            tag, values = Tag(int(key, 16)), element.get("Value") or []
            text = "\\".join(_text(value) for value in values)
            raw = text.encode(errors="replace")
            vr = str(element["vr"])
        except (*BROKEN, KeyError):
            continue
        dataset[tag] = RawDataElement(tag, vr, len(raw), raw, 0, False, True)
    return dataset


def _text(value: Any) -> str:
    if isinstance(value, dict):
        groups = [str(value.get(name, "")) for name in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(groups).rstrip("=")
    return "" if value is None else str(value)


# --- WADO ---------------------------------------------------------------------------------------------------


def retrieve(
    node: Node,
    folder: StudyFolder,
    wanted: Sequence[Instance],
    kept: Callable[[str], None],
    token: CancelToken,
) -> dict[str, str]:
    """Fetch instances one by one, in the encoding that they are stored in.

    Returns
    -------
    dict
        UIDs that the service could not hand out, with the reason.
    """
    refused: dict[str, str] = {}
    with _connected(node, token) as session:
        for instance in wanted:
            try:
                folder.keep_file(
                    instance.uid, _call(token, _instance, session, node, folder.study_uid, instance)
                )
            except requests.exceptions.HTTPError as error:
                code = error.response.status_code if error.response is not None else 0
                if code in (404, 406, 410, 500):
                    words = _STATUS_WORDS.get(code, mark("the service failed on it"))
                    refused[instance.uid] = f"{words} (HTTP {code})"
                    continue
                raise
            except BROKEN as error:
                refused[instance.uid] = f"the answer cannot be read ({type(error).__name__})"
                continue
            except ForeignInstanceError:
                refused[instance.uid] = "the service sent something else"
                continue
            kept(instance.uid)
    return refused


def _instance(session: requests.Session, node: Node, study_uid: str, instance: Instance) -> bytes:
    """Return the file of an instance as the service has it (PS3.18 10.4)."""
    study, series, uid = (quote(part, safe="") for part in (study_uid, instance.series_uid, instance.uid))
    answer = session.get(
        f"{node.url.rstrip('/')}/studies/{study}/series/{series}/instances/{uid}",
        headers={"Accept": f'multipart/related; type="{DICOM_FILE}"; transfer-syntax=*'},
        timeout=_timeouts(node),
    )
    answer.raise_for_status()
    return only_part(answer.content, answer.headers.get("Content-Type", ""))


# --- STOW ---------------------------------------------------------------------------------------------------


def send(node: Node, files: Sequence[Outgoing], sending: Sending, sent: Sent, token: CancelToken) -> None:
    """Send files one after the other; see `alnreader.dicom.network.store.send`."""
    with _connected(node, token) as session:
        for file in files:
            token.check()
            sending(file)
            sent(file, _send(session, node, file, token))


def _send(session: requests.Session, node: Node, file: Outgoing, token: CancelToken) -> Outcome:
    """Send a file byte for byte (PS3.18 10.5)."""
    try:
        body, media_type = message_of(file.path.read_bytes())
    except OSError as error:
        return Outcome(False, f"the file cannot be read: {reason_of(error)}")
    answer: requests.Response = _call(
        token,
        session.post,
        f"{node.url.rstrip('/')}/studies",
        data=body,
        headers={"Content-Type": media_type, "Accept": "application/dicom+json"},
        timeout=_timeouts(node),
    )
    code, failure = answer.status_code, _failure(answer)
    if failure is not None:
        return Outcome(False, faults.store_words(failure), faults.is_passing(failure))
    if code in _OF_THE_FILE:
        return Outcome(
            False, f"the PACS does not take it: {_OF_THE_FILE[code]} (HTTP {code})", code in _LATER
        )
    answer.raise_for_status()
    return Outcome(True)


def _failure(answer: requests.Response) -> int | None:
    """Return Failure Reason (0008,1197) of the file that was sent, None where the answer has none."""
    try:
        (item, *_) = answer.json()[_FAILED_SEQUENCE]["Value"]
        return int(item[_FAILURE_REASON]["Value"][0])
    except (ValueError, TypeError, LookupError):
        return None
