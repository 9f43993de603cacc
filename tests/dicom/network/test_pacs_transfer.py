"""Queries, retrieval and storage against a real Orthanc, over C-GET, C-MOVE and DICOMweb alike."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_maker import jpeg_bytes, uid_of, write_encapsulated, write_image
from orthanc import Orthanc
from pacs_maker import encoded, fill_server, node_of, small_instance, web_node_of
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)
from servers import dicom_server, evt

from alnreader.case.errors import (
    CancelledError,
    CannotWriteError,
    InvalidValueError,
    PacsUnavailableError,
    UnreadableInputError,
)
from alnreader.case.progress import CancelToken
from alnreader.dicom import discover
from alnreader.dicom.network import store
from alnreader.dicom.network.answers import Query, StudyAnswer
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.inbox import MARK, StudyFolder, incomplete_studies, read_mark, uid_name
from alnreader.dicom.network.nodes import CharacterSet, Node, Retrieve
from alnreader.dicom.network.receive import receive_study
from alnreader.dicom.network.retry import RetryPolicy

NOT_AGAIN = RetryPolicy(attempts=1)
WAYS = ("get", "move", "web")


def node_by(way: str, server: Orthanc, **changes: Any) -> Node:
    if way == "web":
        return web_node_of(server, **changes)
    return node_of(server, retrieve=Retrieve(way), **changes)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=("get", "web"))
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def names(found: tuple[StudyAnswer, ...]) -> list[str]:
    return sorted(str(study.patient.name) for study in found)


# --- queries ---------------------------------------------------------------------------------------------


@pytest.fixture
def three_patients(fill: Callable[..., list[str]]) -> None:
    fill("s1", 2, PatientName="Doe^Jane", PatientID="P1", StudyDate="20240115", AccessionNumber="A1")
    fill(
        "s2",
        1,
        PatientName="Wang^Xiaodong=王^小东",
        PatientID="P2",
        StudyDate="20240220",
        AccessionNumber="A2",
    )
    fill("s3", 1, PatientName="Müller^Änne", PatientID="P3", StudyDate="20231231", Modality="MR")


@pytest.mark.usefixtures("three_patients")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), ["Doe, Jane", "Müller, Änne", "王小东 (Wang, Xiaodong)"]),
        (Query(patient_name="doe"), ["Doe, Jane"]),
        (Query(patient_name="Doe, J"), ["Doe, Jane"]),
        (Query(patient_name="*jane"), ["Doe, Jane"]),
        (Query(patient_name="D?e^Jane"), ["Doe, Jane"]),
        (Query(patient_name="王小东"), ["王小东 (Wang, Xiaodong)"]),
        (Query(patient_name="小东"), ["王小东 (Wang, Xiaodong)"]),
        (Query(patient_name="李"), []),
        (Query(patient_name="Müller"), ["Müller, Änne"]),
        (Query(patient_id="P2"), ["王小东 (Wang, Xiaodong)"]),
        (Query(patient_id="P*", modality="us"), ["Doe, Jane", "王小东 (Wang, Xiaodong)"]),
        (Query(accession="A2"), ["王小东 (Wang, Xiaodong)"]),
        (Query(date_from=date(2024, 1, 1)), ["Doe, Jane", "王小东 (Wang, Xiaodong)"]),
        (Query(date_to=date(2023, 12, 31)), ["Müller, Änne"]),
        (Query(date_from=date(2024, 1, 15), date_to=date(2024, 1, 15)), ["Doe, Jane"]),
        (Query(date_from=date(2023, 12, 1), date_to=date(2024, 1, 31)), ["Doe, Jane", "Müller, Änne"]),
        (Query(study_uid=uid_of("s1")), ["Doe, Jane"]),
        (Query(birth_date=date(1970, 2, 3), patient_id="P1"), ["Doe, Jane"]),
    ],
)
def test_studies_are_found(query: Query, expected: list[str], protocol: str, orthanc: Orthanc) -> None:
    found = Client(node_by(protocol, orthanc)).find_studies(query)
    assert names(found.studies) == expected
    assert not found.cut


@pytest.mark.usefixtures("three_patients")
def test_an_answer_is_read_whole(protocol: str, orthanc: Orthanc) -> None:
    (study,) = Client(node_by(protocol, orthanc)).find_studies(Query(patient_id="P1")).studies
    assert study.study_uid == uid_of("s1")
    assert (study.date, study.description, study.accession) == (date(2024, 1, 15), "Breast ultrasound", "A1")
    assert (study.modalities, study.instances) == (("US",), 2)
    assert study.time is not None
    assert study.time.isoformat() == "10:15:00"
    assert (study.patient.birth_date, study.patient.sex) == (date(1970, 2, 3), "F")


@pytest.mark.usefixtures("three_patients")
def test_patients_are_found(protocol: str, orthanc: Orthanc) -> None:
    found, more = Client(node_by(protocol, orthanc)).find_patients(Query(patient_name="王"))
    assert [patient.patient_id for patient in found] == ["P2"]
    assert not more


def test_answers_in_gb18030_are_decoded() -> None:
    def answer(event: Any) -> Any:
        asked.append(bytes(event.request.Identifier.getvalue()))
        reply = event.identifier
        reply.SpecificCharacterSet = "GB18030"
        reply.PatientName = "Wang^XiaoDong=王^小东"
        reply.StudyInstanceUID = "1.2.3"
        reply.StudyDescription = "乳腺超声"
        yield 0xFF00, reply
        yield 0x0000, None

    asked: list[bytes] = []
    with dicom_server([(evt.EVT_C_FIND, answer)], models=("1.2.840.10008.5.1.4.1.2.2.1",)) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC", character_set=CharacterSet.GB18030)
        (study,) = Client(node).find_studies(Query(patient_name="王")).studies
    assert str(study.patient.name) == "王小东 (Wang, XiaoDong)"
    assert study.description == "乳腺超声"
    assert "*王*".encode("gb18030") in asked[0]


def test_answers_with_a_wrong_character_set_are_decoded_and_told() -> None:
    def answer(event: Any) -> Any:
        reply = event.identifier
        reply.SpecificCharacterSet = "ISO_IR 100"
        name = "王^小东".encode("gb18030")
        reply[0x00100010] = RawDataElement(Tag(0x00100010), "PN", len(name), name, 0, False, True)
        reply.StudyInstanceUID = "1.2.3"
        yield 0xFF00, reply
        yield 0x0000, None

    with dicom_server([(evt.EVT_C_FIND, answer)], models=("1.2.840.10008.5.1.4.1.2.2.1",)) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        (study,) = Client(node).find_studies(Query()).studies
    assert study.patient.name.alphabetic == "王^小东"
    assert "does not fit the declared character set (ISO_IR 100)" in study.assumed


def test_a_name_that_the_character_set_cannot_write_is_refused() -> None:
    node = Node("N", host="127.0.0.1", port=1, ae_title="A", character_set=CharacterSet.LATIN1)
    with pytest.raises(InvalidValueError, match="cannot be written in ISO_IR 100"):
        Client(node).find_studies(Query(patient_name="王"))


def test_more_studies_than_anyone_reads_are_cut(monkeypatch: pytest.MonkeyPatch, orthanc: Orthanc) -> None:
    monkeypatch.setattr("alnreader.dicom.network.answers.MOST_ANSWERS", 3)
    for number in range(5):
        fill_server(orthanc, f"many {number}", 1, PatientID=f"M{number}")
    for protocol in ("get", "web"):
        found = Client(node_by(protocol, orthanc)).find_studies(Query())
        assert found.cut
        assert len(found.studies) == 3
        found = Client(node_by(protocol, orthanc)).find_studies(Query(patient_id="M1"))
        assert (len(found.studies), found.cut) == (1, False)


@pytest.mark.parametrize("term", ["a\\b", "a\nb", "x" * 65])
def test_terms_that_cannot_be_asked(term: str) -> None:
    with pytest.raises(InvalidValueError):
        Query(patient_name=term)


def test_dates_that_run_backwards() -> None:
    with pytest.raises(InvalidValueError, match="backwards"):
        Query(date_from=date(2024, 2, 1), date_to=date(2024, 1, 1))


# --- retrieval -------------------------------------------------------------------------------------------


def test_a_study_is_received_as_it_is(
    way: str, fill: Callable[..., list[str]], orthanc: Orthanc, tmp_path: Path
) -> None:
    uids = fill("s", 4)
    fill("other", 2, PatientID="P9")
    seen: list[tuple[int, int]] = []
    received = receive_study(
        node_by(way, orthanc), uid_of("s"), tmp_path, lambda done, total, word="": seen.append((done, total))
    )
    assert received.complete
    assert (received.instances, received.fetched) == (4, 4)
    assert received.folder == tmp_path / uid_of("s")
    assert sorted(path.name for path in received.folder.iterdir()) == sorted(f"{uid}.dcm" for uid in uids)
    for uid in uids:
        ours, theirs = dcmread(received.folder / f"{uid}.dcm"), orthanc.file(uid)
        assert ours == dcmread(_stream(theirs))
        assert ours.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert seen[0] == (0, 4)
    assert seen[-1] == (4, 4)
    (case,) = discover([received.folder]).patients
    assert case.patient.patient_id == "P1"
    assert len(case.images) == 4


def _stream(content: bytes) -> Any:
    import io

    return io.BytesIO(content)


def test_only_what_is_missing_is_received_again(
    way: str, fill: Callable[..., list[str]], orthanc: Orthanc, tmp_path: Path
) -> None:
    uids = fill("s", 5)
    node = node_by(way, orthanc)
    folder = receive_study(node, uid_of("s"), tmp_path).folder
    stamps = {uid: (folder / f"{uid}.dcm").stat().st_mtime_ns for uid in uids[2:]}
    for uid in uids[:2]:
        (folder / f"{uid}.dcm").unlink()
    again = receive_study(node, uid_of("s"), tmp_path)
    assert (again.instances, again.fetched, again.complete) == (5, 2, True)
    assert {uid: (folder / f"{uid}.dcm").stat().st_mtime_ns for uid in uids[2:]} == stamps
    nothing = receive_study(node, uid_of("s"), tmp_path)
    assert (nothing.instances, nothing.fetched, nothing.complete) == (5, 0, True)


SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEG2000Lossless,
    RLELossless,
)


@pytest.fixture(scope="module")
def every_syntax(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A picture, and a cine of three frames, in every transfer syntax."""
    folder = tmp_path_factory.mktemp("syntaxes")
    grey = np.random.default_rng(3).integers(0, 255, (3, 32, 40, 3), dtype=np.uint8)
    paths = []
    for number, syntax in enumerate(SYNTAXES):
        for frames in (1, 3):
            path = folder / f"{number}-{frames}.dcm"
            if syntax == JPEGBaseline8Bit:
                streams = [jpeg_bytes(frame) for frame in grey[:frames]]
                write_encapsulated(path, streams, (frames, 32, 40, 3), "YBR_FULL_422", syntax)
            else:
                write_image(path, grey[:frames], "RGB", syntax)
            paths.append(path)
    return paths


def test_every_transfer_syntax_there_and_back_byte_for_byte(
    way: str, every_syntax: list[Path], orthanc: Orthanc, tmp_path: Path
) -> None:
    node = node_by(way, orthanc)
    files = [store.inspect(path) for path in every_syntax]
    outcomes: dict[str, store.Outcome] = {}
    Client(node).send(files, lambda _f: None, lambda f, o: outcomes.update({f.uid: o}), CancelToken())
    assert all(outcome.stored for outcome in outcomes.values()), outcomes
    assert orthanc.instances() == {file.uid for file in files}
    received = receive_study(node, files[0].study_uid, tmp_path)
    assert received.complete
    for file in files:
        ours = dcmread(received.folder / f"{file.uid}.dcm")
        assert str(ours.file_meta.TransferSyntaxUID) == file.syntax
        original = dcmread(file.path)
        assert ours.PixelData == original.PixelData, file.syntax
        assert ours == original


@pytest.mark.parametrize("way", WAYS)
def test_server_killed_in_the_middle_comes_back(
    way: str, own_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    server = own_orthanc()
    uids = fill_server(server, "s", 30)
    pauses: list[float] = []
    marks = []

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 10 and not pauses:
            server.kill()

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        marks.append(read_mark(tmp_path / uid_of("s")))
        if len(pauses) == 2:  # it stays away for one attempt
            server.start()

    received = receive_study(
        node_by(way, server), uid_of("s"), tmp_path, progress, label="Doe, Jane", sleep=sleep
    )
    assert received.complete
    assert received.instances == len(uids)
    assert received.fetched == len(uids), "none was fetched twice"
    assert pauses == [2.0, 4.0]
    assert marks[0] is not None
    assert set(marks[0].expected or ()) == set(uids)
    assert marks[0].label == "Doe, Jane"
    assert read_mark(received.folder) is None


def test_a_study_that_broke_off_is_marked_and_resumed_by_the_next_program(
    own_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    server = own_orthanc()
    uids = fill_server(server, "s", 20)
    node = node_of(server)

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 7:
            server.kill()

    with pytest.raises(PacsUnavailableError, match=r"of 20 images are kept in .*fetch the study again"):
        receive_study(node, uid_of("s"), tmp_path, progress, label="Doe, Jane", retries=NOT_AGAIN)
    ((folder, mark),) = incomplete_studies(tmp_path)
    kept = StudyFolder(tmp_path, uid_of("s")).uids()
    assert 7 <= len(kept) < 20
    assert set(mark.expected or ()) == set(uids)
    assert mark.node == node.name
    (skipped,) = discover([folder]).skipped
    assert Path(skipped.path).name == MARK, "who reads the folder is told"
    assert skipped.reason.startswith(
        f"this study was not fetched completely: {len(kept)} of 20 images are here"
    )
    server.start()
    received = receive_study(node, uid_of("s"), tmp_path)
    assert received.complete
    assert received.fetched == 20 - len(kept)
    assert incomplete_studies(tmp_path) == []


def test_a_stop_keeps_what_was_received(
    way: str, fill: Callable[..., list[str]], orthanc: Orthanc, tmp_path: Path
) -> None:
    fill("s", 12)
    token = CancelToken()

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 4:
            token.cancel()

    node = node_by(way, orthanc)
    with pytest.raises(CancelledError):
        receive_study(node, uid_of("s"), tmp_path, progress, token)
    kept = StudyFolder(tmp_path, uid_of("s")).uids()
    assert len(kept) >= 4
    assert read_mark(tmp_path / uid_of("s")) is not None
    received = receive_study(node, uid_of("s"), tmp_path)
    assert received.complete
    assert received.fetched == 12 - len(kept)


def test_a_full_disk_is_told_and_nothing_half_written_stays(
    way: str,
    fill: Callable[..., list[str]],
    orthanc: Orthanc,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill("s", 6)
    sync, written = os.fsync, []

    def full(descriptor: int) -> None:
        written.append(descriptor)
        if len(written) > 8:  # four are the mark's, and two each file's: its own and its folder's
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    node = node_by(way, orthanc)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CannotWriteError, match="the disk is full"):
            receive_study(node, uid_of("s"), tmp_path, retries=NOT_AGAIN)
    folder = tmp_path / uid_of("s")
    assert not list(folder.glob(".*"))
    kept = list(folder.glob("*.dcm"))
    assert len(kept) == 2
    assert all(dcmread(path).PixelData for path in kept)
    received = receive_study(node, uid_of("s"), tmp_path)
    assert (received.complete, received.fetched) == (True, 4)


def test_a_thousand_instances(own_orthanc: Callable[..., Orthanc], tmp_path: Path) -> None:
    server = own_orthanc(OverwriteInstances=False)
    for number in range(4):
        fill_server(server, "s", 250, first=250 * number, SeriesInstanceUID=uid_of(f"series {number}"))
    reports: list[int] = []
    received = receive_study(
        node_of(server), uid_of("s"), tmp_path, lambda done, total, word="": reports.append(done)
    )
    assert (received.instances, received.fetched, received.complete) == (1000, 1000, True)
    assert reports[-1] == 1000
    for uid in sorted(StudyFolder(tmp_path, uid_of("s")).uids())[:120]:
        (received.folder / f"{uid}.dcm").unlink()
    again = receive_study(node_of(server), uid_of("s"), tmp_path)
    assert (again.instances, again.fetched, again.complete) == (1000, 120, True)
    for way in ("move", "web"):
        other = receive_study(node_by(way, server), uid_of("s"), tmp_path / way)
        assert (other.instances, other.fetched, other.complete) == (1000, 1000, True)
        assert {path.name for path in other.folder.iterdir()} == {
            path.name for path in again.folder.iterdir()
        }


@pytest.mark.parametrize(
    "uid", ["../../evil", "/etc/passwd", "1.2\0.3", "CON", "a" * 300, "", "..", "1..2", "1.2."]
)
def test_what_a_server_calls_an_instance_is_never_a_path(uid: str) -> None:
    name = uid_name(uid)
    assert name.startswith("uid-")
    assert len(name) == 36
    assert uid_name("1.2.840.10008") == "1.2.840.10008"


def test_a_server_that_sends_a_foreign_study_is_not_believed(tmp_path: Path) -> None:
    good, foreign = small_instance("good", "s"), small_instance("foreign", "other", PatientID="P9")

    def get(event: Any) -> Any:
        yield 2
        yield 0xFF00, good
        yield 0xFF00, foreign

    def find(event: Any) -> Any:
        reply = event.identifier
        reply.SeriesInstanceUID = uid_of("s series")
        if reply.QueryRetrieveLevel == "IMAGE":
            reply.SOPInstanceUID = good.SOPInstanceUID
            reply.SOPClassUID = good.SOPClassUID
        yield 0xFF00, reply
        yield 0x0000, None

    models = ("1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3")
    with dicom_server([(evt.EVT_C_GET, get), (evt.EVT_C_FIND, find)], models=models) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        received = receive_study(node, uid_of("s"), tmp_path, retries=NOT_AGAIN)
    assert [path.name for path in tmp_path.rglob("*.dcm")] == [f"{uid_of('good')}.dcm"]
    assert received.complete


def test_an_instance_that_is_not_handed_out_is_named_and_the_study_stays_marked(tmp_path: Path) -> None:
    good, bad = small_instance("good", "s"), small_instance("bad", "s")
    said = bad.SOPClassUID
    bad.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"  # not what the node says of it: nobody offers to take that

    def get(event: Any) -> Any:
        yield 2
        yield 0xFF00, good
        yield 0xFF00, bad

    def find(event: Any) -> Any:
        reply = event.identifier
        reply.SeriesInstanceUID = uid_of("s series")
        yield 0xFF00, reply
        if reply.QueryRetrieveLevel == "IMAGE":
            for each in (good, bad):
                reply.SOPInstanceUID, reply.SOPClassUID = each.SOPInstanceUID, said
                yield 0xFF00, reply
        yield 0x0000, None

    models = ("1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3")
    with dicom_server([(evt.EVT_C_GET, get), (evt.EVT_C_FIND, find)], models=models) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        received = receive_study(node, uid_of("s"), tmp_path, retries=NOT_AGAIN)
    assert not received.complete
    assert list(received.refused) == [uid_of("bad")]
    document = json.loads((received.folder / MARK).read_text("utf-8"))
    assert list(document["refused"]) == [uid_of("bad")]


# --- storage ---------------------------------------------------------------------------------------------


def test_what_is_not_dicom_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    good = tmp_path / "sub" / "a.dcm"
    good.parent.mkdir()
    good.write_bytes(encoded(small_instance("a", "s")))
    cut = tmp_path / "sub" / "cut.dcm"
    cut.write_bytes(good.read_bytes()[:150])
    with pytest.raises(UnreadableInputError, match=r"notes.txt: not a DICOM file"):
        store.inspect(text)
    files, faulty = store.dicom_files([tmp_path / "sub", text])
    assert [file.uid for file in files] == [uid_of("a")]
    assert [Path(error.args[0].split(":")[0]).name for error in faulty] == ["cut.dcm", "notes.txt"]


def test_a_node_that_takes_only_the_default_encoding_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    compressed = write_image(
        tmp_path / "b.dcm", np.zeros((1, 16, 16, 1), np.uint8), "MONOCHROME2", RLELossless
    )
    stored: list[Any] = []

    def keep(event: Any) -> int:
        stored.append(event.dataset)
        return 0

    outcomes = {}
    with dicom_server([(evt.EVT_C_STORE, keep)], syntaxes=[ImplicitVRLittleEndian]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        files = [store.inspect(path), store.inspect(compressed)]
        Client(node).send(files, lambda _f: None, lambda f, o: outcomes.update({f.path: o}), CancelToken())
    assert outcomes[path].stored
    assert stored[0].PixelData == dcmread(path).PixelData
    assert not outcomes[compressed].stored
    assert "does not take this compression (RLE Lossless)" in outcomes[compressed].words


def test_a_node_that_does_not_know_a_kind_says_so_file_by_file(tmp_path: Path) -> None:
    known, unknown = small_instance("a", "s"), small_instance("b", "s")
    unknown.SOPClassUID = unknown.file_meta.MediaStorageSOPClassUID = "1.2.826.0.1.3680043.8.498.1"
    for name, ds in (("a", known), ("b", unknown)):
        (tmp_path / f"{name}.dcm").write_bytes(encoded(ds))
    outcomes = {}
    with dicom_server([(evt.EVT_C_STORE, lambda _event: 0)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        files = [store.inspect(path) for path in sorted(tmp_path.glob("*.dcm"))]
        Client(node).send(
            files, lambda _f: None, lambda f, o: outcomes.update({f.path.stem: o}), CancelToken()
        )
    assert outcomes["a"].stored
    assert "does not take this kind of object" in outcomes["b"].words


def test_more_kinds_than_fit_into_one_association(tmp_path: Path) -> None:
    # 43 kinds in four encodings of two contexts each: 344 contexts, of which 128 fit.
    from pynetdicom import AllStoragePresentationContexts

    classes = [str(context.abstract_syntax) for context in AllStoragePresentationContexts[:43]]
    files = [
        store.Outgoing(tmp_path / f"{number}.dcm", f"1.2.{number}", sop_class, syntax, "1", "2")
        for number, (sop_class, syntax) in enumerate(
            (sop_class, syntax) for sop_class in classes for syntax in SYNTAXES[:4]
        )
    ]
    batches = list(store._batches(files))
    assert [file for batch in batches for file in batch] == files
    for batch in batches:
        kinds = {(file.sop_class, file.syntax) for file in batch}
        assert sum(store.contexts_needed(syntax) for _, syntax in kinds) <= 128


def test_a_stop_ends_a_long_sending(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    release, token = threading.Event(), CancelToken()

    def hang(_event: Any) -> int:
        token.cancel()
        release.wait(10)
        return 0

    with dicom_server([(evt.EVT_C_STORE, hang)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC", answer_timeout=60.0)
        try:
            with pytest.raises(CancelledError):
                Client(node).send([store.inspect(path)], lambda _f: None, lambda _f, _o: None, token)
        finally:
            release.set()


def test_nothing_of_a_node_is_lost_on_disk(tmp_path: Path) -> None:
    from alnreader.dicom.network.nodes import load_nodes, save_nodes

    nodes = (
        Node("PACS", host="10.0.0.1", port=104, ae_title="PACS", retrieve=Retrieve.MOVE, tls=True),
        dataclasses.replace(web_node_for_disk(), password="secret"),
    )
    path = tmp_path / "deep" / "pacs.json"
    save_nodes(nodes, path)
    assert load_nodes(path) == nodes
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0
    assert "secret" not in repr(nodes)
    path.write_text("{", encoding="utf-8")
    assert load_nodes(path) == ()
    assert path.with_name("pacs.json.broken").exists()


def web_node_for_disk() -> Node:
    from alnreader.dicom.network.nodes import Protocol

    return Node("Web 网", Protocol.DICOMWEB, url="https://pacs.example/dicom-web", user="reader")


def test_no_answer_is_lost_to_the_reactor_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its second thread must pause while answers are waited for, and sometimes does not. Here it never does.
    from pynetdicom.association import Association

    class NeverClosed:
        def wait(self) -> None:
            time.sleep(0.0005)

        def set(self) -> None:
            """Do nothing."""

        clear = set

    begin = Association.__init__

    def restless(self: Any, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        self._reactor_checkpoint = NeverClosed()

    def answer(event: Any) -> Any:
        for number in range(60):
            reply = event.identifier
            reply.StudyInstanceUID = f"1.2.{number + 1}"
            yield 0xFF00, reply
        yield 0x0000, None

    with dicom_server([(evt.EVT_C_FIND, answer)], models=("1.2.840.10008.5.1.4.1.2.2.1",)) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC", answer_timeout=5.0)
        with monkeypatch.context() as patch:
            patch.setattr(Association, "__init__", restless)
            found = Client(node).find_studies(Query())
    assert len(found.studies) == 60
