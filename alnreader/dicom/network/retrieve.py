"""C-GET and C-MOVE of a study or of what is missing of it (PS3.4 C.4.2, C.4.3)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

from alnreader.case.errors import AlnReaderError, CannotWriteError, PacsError, PacsUnavailableError
from alnreader.case.progress import CancelToken
from alnreader.dicom.network import faults
from alnreader.dicom.network.answers import Instance
from alnreader.dicom.network.association import Answers, associated, cut, entity
from alnreader.dicom.network.contexts import COMPRESSED, EXPECTED, KINDS_AT_ONCE, UNCOMPRESSED, for_retrieving
from alnreader.dicom.network.inbox import ForeignInstanceError, StudyFolder, is_uid
from alnreader.dicom.network.nodes import Node, Retrieve
from alnreader.dicom.quiet import quiet

if TYPE_CHECKING:
    from pynetdicom.ae import ApplicationEntity
    from pynetdicom.association import Association
    from pynetdicom.events import Event

_STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
_STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.3"

_UIDS_AT_ONCE = 100
"""Instances in one request: 6 kB of UIDs, which every server takes."""

_OUT_OF_ROOM, _NOT_ALLOWED, _NOT_UNDERSTOOD = 0xA700, 0x0124, 0xC000
_PENDING = (0xFF00, 0xFF01)
_WARNING_SOME_FAILED = 0xB000

_QUIET_SECONDS = 10.0
"""Some PACS answer a C-MOVE before they have sent (Orthanc's ``SynchronousCMove: false``): so long after the
last instance, and with no connection open, nothing more is expected."""

_LOOK_SECONDS = 0.1

_UNNAMED = "an image that it does not name"
"""Stands for instances that failed, and of which the node does not say which."""


class _Keeper:
    """Writes what arrives; remembers the first thing that stopped it."""

    def __init__(self, folder: StudyFolder, kept: Callable[[str], None]) -> None:
        self._folder = folder
        self._kept = kept
        self.error: AlnReaderError | None = None
        self.association: Association | None = None
        self.waiting: Answers | None = None
        self.heard_at = time.monotonic()

    def store(self, event: Event) -> int:
        """Take an EVT_C_STORE and return its status."""
        self.heard_at = time.monotonic()
        if self.waiting is not None:
            self.waiting.heard()
        request: Any = event.request
        uid, sop_class = str(request.AffectedSOPInstanceUID), str(request.AffectedSOPClassUID)
        try:
            self._folder.keep(uid, sop_class, str(event.context.transfer_syntax), request.DataSet)
        except ForeignInstanceError:
            return _NOT_ALLOWED
        except CannotWriteError as error:
            self.error = self.error or error
            if self.association is not None:
                cut(self.association)  # nothing more can be kept: the rest need not be sent
            return _OUT_OF_ROOM
        except (ValueError, TypeError, AttributeError):
            return _NOT_UNDERSTOOD
        self._kept(uid)
        return 0

    def wait_for(
        self, wanted: Sequence[Instance], seconds: float, ours: ApplicationEntity, token: CancelToken
    ) -> None:
        """Wait for what a node sends after it has said that it is done; ``seconds``: for each instance."""
        self.heard_at = time.monotonic()
        missing = [each.uid for each in wanted]
        while self.error is None:
            missing = [uid for uid in missing if not self._folder.holds(uid)]
            if not missing:
                return
            # One large cine may take longer to arrive than the pause between two instances.
            longest = seconds if ours.active_associations else min(seconds, _QUIET_SECONDS)
            if time.monotonic() - self.heard_at >= longest:
                return
            token.wait(_LOOK_SECONDS)
            token.check()
        raise self.error


def retrieve(
    node: Node,
    folder: StudyFolder,
    wanted: Sequence[Instance] | None,
    kept: Callable[[str], None],
    token: CancelToken,
    *,
    whole: bool = False,
) -> dict[str, str]:
    """Fetch a study, or the named instances of it, into its folder, once.

    Parameters
    ----------
    wanted
        What is missing; None where that is not known, for the whole study.
    whole
        They are all of the study: one request for it will do.
    kept
        Told the UID of each instance when its file is on the disk; from another thread.

    Returns
    -------
    dict
        UIDs that the node could not hand out, with the reason.

    Raises
    ------
    PacsError
        If the node refuses or cannot be reached. What was received is kept.
    CannotWriteError
        If the disk takes no more.
    """
    keeper = _Keeper(folder, kept)
    portions = _portions(node, wanted)
    refused: dict[str, str] = {}
    for portion in portions:
        named = None if whole and len(portions) == 1 else portion
        refused |= _retrieve(node, folder.study_uid, portion, named, keeper, token)
    return refused


def _portions(node: Node, wanted: Sequence[Instance] | None) -> list[Sequence[Instance] | None]:
    """Cut into portions whose kinds can be offered in every encoding in one association (C-GET only)."""
    kinds = list(dict.fromkeys(instance.sop_class for instance in wanted or ()))
    if wanted is None or node.retrieve is Retrieve.MOVE or "" in kinds or len(kinds) <= KINDS_AT_ONCE:
        return [wanted]
    return [
        [instance for instance in wanted if instance.sop_class in kinds[start : start + KINDS_AT_ONCE]]
        for start in range(0, len(kinds), KINDS_AT_ONCE)
    ]


def _retrieve(
    node: Node,
    study_uid: str,
    wanted: Sequence[Instance] | None,
    named: Sequence[Instance] | None,
    keeper: _Keeper,
    token: CancelToken,
) -> dict[str, str]:
    """Fetch in one association: the instances named, or the study."""
    listening: ApplicationEntity | None = None
    with contextlib.ExitStack() as stack:
        if node.retrieve is Retrieve.MOVE:
            listening = stack.enter_context(_listening(node, keeper, wanted or ()))
            association, run = _moving(node, keeper, token, stack)
        else:
            association, run = _getting(node, keeper, wanted, token, stack)
        refused: dict[str, str] = {}
        try:
            for request in _requests(study_uid, named):
                refused |= _answers(node, association, run(request), keeper, token)
                if keeper.error is not None:
                    raise keeper.error
            if listening is not None and wanted is not None and not refused:
                keeper.wait_for(wanted, node.answer_timeout, listening, token)
        except PacsError as error:
            if keeper.error is not None:
                raise keeper.error from error
            raise
    return refused


def _requests(study_uid: str, wanted: Sequence[Instance] | None) -> Iterator[Dataset]:
    """Ask for the study, or for instances by series and in portions."""
    if wanted is None:
        yield _identifier("STUDY", study_uid)
        return
    ordered = sorted(wanted, key=lambda instance: instance.series_uid)
    for series_uid, members in groupby(ordered, key=lambda instance: instance.series_uid):
        uids = [instance.uid for instance in members]
        for start in range(0, len(uids), _UIDS_AT_ONCE):
            yield _identifier("IMAGE", study_uid, series_uid, uids[start : start + _UIDS_AT_ONCE])


def _identifier(level: str, study_uid: str, series_uid: str = "", uids: Sequence[str] = ()) -> Dataset:
    request = Dataset()
    with quiet():
        request.QueryRetrieveLevel = level
        request.StudyInstanceUID = study_uid
        if uids:
            request.SeriesInstanceUID = series_uid
            request.SOPInstanceUID = list(uids)
    return request


_Run = Callable[[Dataset], Iterator[tuple[Dataset, Dataset | None]]]


def _getting(
    node: Node,
    keeper: _Keeper,
    wanted: Sequence[Instance] | None,
    token: CancelToken,
    stack: contextlib.ExitStack,
) -> tuple[Association, _Run]:
    from pynetdicom import build_context, build_role, evt

    classes = [instance.sop_class for instance in wanted or () if instance.sop_class]
    if wanted and len(classes) < len(wanted):
        classes = []  # some are not named: what is expected of such a study is offered
    model = UID(_STUDY_ROOT_GET)
    storage = for_retrieving(classes)
    # As the receiving side of a C-STORE in our own association (PS3.4 C.5.3).
    kinds = dict.fromkeys(str(context.abstract_syntax) for context in storage)
    roles = [build_role(uid, scp_role=True) for uid in kinds]
    association = stack.enter_context(
        associated(
            node,
            [build_context(model), *storage],
            "retrieval by C-GET",
            token,
            handlers=[(evt.EVT_C_STORE, keeper.store)],
            roles=roles,
        )
    )
    keeper.association = association
    if not any(context.abstract_syntax == model for context in association.accepted_contexts):
        raise faults.no_service(node, "retrieval by C-GET (try C-MOVE)")
    return association, lambda request: association.send_c_get(request, model)


def _moving(
    node: Node, keeper: _Keeper, token: CancelToken, stack: contextlib.ExitStack
) -> tuple[Association, _Run]:
    from pynetdicom import build_context

    model = UID(_STUDY_ROOT_MOVE)
    association = stack.enter_context(associated(node, [build_context(model)], "retrieval by C-MOVE", token))
    keeper.association = association
    return association, lambda request: association.send_c_move(request, node.own_ae_title, model)


@contextlib.contextmanager
def _listening(node: Node, keeper: _Keeper, wanted: Sequence[Instance]) -> Iterator[ApplicationEntity]:
    """Take what a C-MOVE sends, as long as it runs and under our own AE title only.

    Kinds that the node has named are taken, too: scanners put raw data of private ones beside their pictures,
    and some PACS give up the whole study at one that is refused.
    """
    from pynetdicom import AllStoragePresentationContexts, evt

    ours = entity(node)
    ours.require_called_aet = True
    ours.maximum_pdu_size = 0
    syntaxes: list[str | UID] = [UID(each) for each in (*UNCOMPRESSED, *COMPRESSED)]
    known = [str(context.abstract_syntax) for context in AllStoragePresentationContexts]
    named = _as_storage(instance.sop_class for instance in wanted)
    for sop_class in dict.fromkeys((*known, *EXPECTED, *named)):
        ours.add_supported_context(sop_class, syntaxes)
    ours.add_supported_context("1.2.840.10008.1.1")
    tls = faults.server_tls(node) if node.tls else None
    try:
        server = ours.start_server(
            ("", node.listen_port),
            block=False,
            ssl_context=tls,
            evt_handlers=[(evt.EVT_C_STORE, keeper.store)],
        )
    except OSError as error:
        raise PacsError(
            f"{node.name}: port {node.listen_port} cannot be opened for C-MOVE ({error.strerror or error}). "
            "Close what uses it, choose another listening port, or use C-GET."
        ) from error
    try:
        yield ours
    finally:
        if server is not None:
            server.shutdown()
            for each in ours.active_associations:
                each.abort()


def _as_storage(kinds: Iterable[str]) -> list[str]:
    """Return the kinds, as pynetdicom knows objects that are stored: it serves no others."""
    from pynetdicom import register_uid
    from pynetdicom.service_class import ServiceClass, StorageServiceClass
    from pynetdicom.sop_class import uid_to_service_class

    found = [kind for kind in dict.fromkeys(kinds) if is_uid(kind)]
    for kind in found:
        if uid_to_service_class(kind) is ServiceClass:
            register_uid(kind, f"Stored_{kind.replace('.', '_')}", StorageServiceClass)
    return found


def _answers(
    node: Node,
    association: Association,
    responses: Iterator[tuple[Dataset, Dataset | None]],
    keeper: _Keeper,
    token: CancelToken,
) -> dict[str, str]:
    """Follow one request to its end; return what the node could not hand out."""
    waiting = keeper.waiting = Answers(node, association, token)
    for answer, identifier in responses:
        status = waiting.status(answer)
        if status in _PENDING:
            continue
        comment = str(answer.get("ErrorComment", ""))
        failed = answer.get("NumberOfFailedSuboperations")
        if status in (0, _WARNING_SOME_FAILED):
            names = _failed(identifier)
            if not names and (failed or (failed is None and status)):
                names = [_UNNAMED]  # or half a study would pass for a whole one
            words = "the PACS could not hand it out" + (f": {comment}" if comment else "")
            return dict.fromkeys(names, words)
        words = faults.retrieve_words(status, comment)
        kind = PacsUnavailableError if status in (0xA701, 0xA702) else PacsError
        raise kind(f"{node.name}: the study was not handed out: {words}.")
    raise faults.broken_off(node)


def _failed(identifier: Dataset | None) -> list[str]:
    """Return Failed SOP Instance UID List (0008,0058)."""
    if identifier is None:
        return []
    with quiet():
        value = identifier.get("FailedSOPInstanceUIDList") or []
    return [str(value)] if isinstance(value, str) else [str(uid) for uid in value]
