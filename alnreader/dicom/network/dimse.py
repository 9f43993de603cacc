"""C-ECHO and C-FIND (PS3.4 annexes A and C)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

from alnreader.case.errors import PacsError, WrongUseError
from alnreader.case.language import mark
from alnreader.case.progress import CancelToken
from alnreader.dicom.network import answers, faults
from alnreader.dicom.network.answers import Found, Instance, PatientAnswer, Query, StudyAnswer
from alnreader.dicom.network.association import Answers, associated
from alnreader.dicom.network.nodes import CharacterSet, Node
from alnreader.dicom.quiet import quiet

if TYPE_CHECKING:
    from pynetdicom.association import Association

_PATIENT_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.1.1"
_STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_VERIFICATION = "1.2.840.10008.1.1"
_CODECS = {CharacterSet.UTF8: "utf-8", CharacterSet.GB18030: "gb18030", CharacterSet.LATIN1: "latin-1"}

_PATIENT_KEYS = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
_STUDY_KEYS = (
    *_PATIENT_KEYS,
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "AccessionNumber"),
    *("ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"),
)


def echo(node: Node, token: CancelToken) -> None:
    """Ask a node whether it is there (C-ECHO, PS3.4 annex A).

    Raises
    ------
    PacsError
        If it is not, or refuses.
    """
    from pynetdicom import build_context

    with associated(node, [build_context(UID(_VERIFICATION))], "C-ECHO", token) as association:
        waiting = Answers(node, association, token)
        status = waiting.status(association.send_c_echo())
    if status != 0:
        raise PacsError(
            mark("{node}: C-ECHO: {reason}.").format(node=node.name, reason=faults.retrieve_words(status))
        )


def find_patients(node: Node, query: Query, token: CancelToken) -> tuple[list[PatientAnswer], bool]:
    """Return the patients that match, and whether there are more (C-FIND, patient root, PS3.4 C.6.1)."""
    found = []
    identifier = _identifier(node, query, "PATIENT")
    with _asking(node, token, _PATIENT_ROOT_FIND) as ask:
        for answer in ask(identifier):
            patient = answers.patient_answer(answer)
            if not answers.is_meant(patient.name, query):
                continue
            found.append(patient)
            if len(found) > answers.MOST_ANSWERS:
                return found[:-1], True
    return found, False


def find_studies(node: Node, query: Query, token: CancelToken) -> Found:
    """Return the studies that match (C-FIND, study root, PS3.4 C.6.2)."""
    found: dict[str, StudyAnswer] = {}
    identifier = _identifier(node, query, "STUDY")
    with _asking(node, token, _STUDY_ROOT_FIND) as ask:
        for answer in ask(identifier):
            study = answers.study_answer(answer)
            if study is None or not answers.has_modality(study, query.modality):
                continue
            if not answers.is_meant(study.patient.name, query):
                continue
            if len(found) == answers.MOST_ANSWERS and study.study_uid not in found:
                return Found(tuple(found.values()), cut=True)
            found[study.study_uid] = study
    return Found(tuple(found.values()))


def list_instances(node: Node, study_uid: str, token: CancelToken) -> list[Instance] | None:
    """Return what a study consists of, series by series; None if the node does not say.

    Raises
    ------
    PacsError
        If it cannot be asked at all.
    """
    found: dict[str, Instance] = {}
    with _asking(node, token, _STUDY_ROOT_FIND) as ask:
        series = _request("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID="", Modality="")
        uids = [answers.uid_answer(answer, 0x0020000E) for answer in ask(series)]
        for series_uid in filter(None, dict.fromkeys(uids)):
            image = _request(
                "IMAGE",
                StudyInstanceUID=study_uid,
                SeriesInstanceUID=series_uid,
                SOPInstanceUID="",
                SOPClassUID="",
            )
            try:
                for answer in ask(image):
                    instance = answers.instance_answer(answer, series_uid)
                    if instance is not None:
                        found[instance.uid] = instance
            except _RefusedRequestError:
                return None  # the image level is optional for many: the whole study can still be asked for
    return list(found.values())


def holds(node: Node, study_uid: str, series_uid: str, uid: str, token: CancelToken) -> bool:
    """Whether a node says that it holds an instance."""
    request = _request(
        "IMAGE", StudyInstanceUID=study_uid, SeriesInstanceUID=series_uid, SOPInstanceUID=uid, SOPClassUID=""
    )
    with _asking(node, token, _STUDY_ROOT_FIND) as ask:
        return any(answers.uid_answer(answer, 0x00080018) == uid for answer in ask(request))


class _RefusedRequestError(PacsError):
    """The node took the association and refused this request."""


Ask = Callable[[Dataset], Iterator[Dataset]]


class _asking:  # noqa: N801 - used as a function in a with statement
    """An association for C-FIND requests of one model."""

    def __init__(self, node: Node, token: CancelToken, model: str) -> None:
        from pynetdicom import build_context

        self._node, self._token, self._model = node, token, UID(model)
        self._unfinished = False
        self._context: Any = associated(node, [build_context(self._model)], "queries (C-FIND)", token)

    def __enter__(self) -> Ask:
        self._association: Association = self._context.__enter__()
        return self._ask

    def __exit__(self, *error: Any) -> bool | None:
        if self._unfinished and self._association.is_established:
            self._association.abort()  # more answers than we want: a release would wait for all of them
        suppressed: bool | None = self._context.__exit__(*error)
        return suppressed

    def _ask(self, request: Dataset) -> Iterator[Dataset]:
        waiting = Answers(self._node, self._association, self._token)
        self._unfinished = True
        with quiet():
            responses = self._association.send_c_find(request, self._model)
        for answer, identifier in responses:
            status = waiting.status(answer)
            if status in (0xFF00, 0xFF01):
                if identifier is None:
                    raise PacsError(
                        mark("{node}: an answer to the query cannot be read. Ask again.").format(
                            node=self._node.name
                        )
                    )
                yield identifier
                continue
            self._unfinished = False
            if status != 0:
                comment = str(answer.get("ErrorComment", ""))
                words = faults.retrieve_words(status, comment)
                raise _RefusedRequestError(
                    mark("{node}: the query failed: {reason}.").format(node=self._node.name, reason=words)
                )


def _request(level: str, **keys: str) -> Dataset:
    request = Dataset()
    with quiet():
        request.QueryRetrieveLevel = level
        for keyword, value in keys.items():
            setattr(request, keyword, value)
    return request


def _identifier(node: Node, query: Query, level: str) -> Dataset:
    keys = _PATIENT_KEYS if level == "PATIENT" else _STUDY_KEYS
    request = _request(level, **dict.fromkeys(keys, ""))
    with quiet():
        request.PatientName = query.wide_name
        request.PatientID = query.patient_id.strip()
        request.PatientBirthDate = f"{query.birth_date:%Y%m%d}" if query.birth_date else ""
        if level == "PATIENT":
            request.NumberOfPatientRelatedStudies = ""
        else:
            request.AccessionNumber = query.accession.strip()
            request.StudyDate = query.date_range
            request.StudyInstanceUID = query.study_uid.strip()
            request.ModalitiesInStudy = query.modality.strip().upper()
    terms = query.patient_name + query.patient_id + query.accession
    if not terms.isascii():
        request.SpecificCharacterSet = str(node.character_set)
        try:
            terms.encode(_CODECS[node.character_set])
        except UnicodeEncodeError as error:
            raise WrongUseError(
                mark(
                    "{node}: {terms} cannot be written in {character_set}. "
                    "Choose another character set for this node."
                ).format(node=node.name, terms=f"{terms!r}", character_set=node.character_set)
            ) from error
    return request
