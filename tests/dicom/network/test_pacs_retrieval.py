"""Studies fetched from a real Orthanc, over C-GET, C-MOVE and WADO-RS alike."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_maker import jpeg_bytes, uid_of, write_encapsulated, write_image
from orthanc import Orthanc
from pacs_maker import SYNTAXES, WAYS, encoded, fill_server, node_by, node_of, small_instance
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit
from servers import dicom_server, evt

from alnreader.case.errors import CancelledError, CannotWriteError, PacsUnavailableError
from alnreader.case.progress import CancelToken
from alnreader.dicom import discover
from alnreader.dicom.network import store
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.inbox import MARK, StudyFolder, incomplete_studies, read_mark, uid_name
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.receive import Received, receive_study
from alnreader.dicom.network.retry import RetryPolicy

NOT_AGAIN = RetryPolicy(attempts=1)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


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


def received_from(get: Callable[[Any], Any], find: Callable[[Any], Any], folder: Path) -> Received:
    """Fetch the study ``s`` by C-GET from a server that answers so."""
    models = ("1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3")
    with dicom_server([(evt.EVT_C_GET, get), (evt.EVT_C_FIND, find)], models=models) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        return receive_study(node, uid_of("s"), folder, retries=NOT_AGAIN)


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

    received = received_from(get, find, tmp_path)
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

    received = received_from(get, find, tmp_path)
    assert not received.complete
    assert list(received.refused) == [uid_of("bad")]
    document = json.loads((received.folder / MARK).read_text("utf-8"))
    assert list(document["refused"]) == [uid_of("bad")]


def test_images_that_failed_without_a_name_leave_the_study_marked(tmp_path: Path) -> None:
    good = small_instance("good", "s")

    def get(event: Any) -> Any:
        yield 2
        yield 0xFF00, good
        yield 0xB000, None  # one of two failed, and no list says which

    def find(event: Any) -> Any:
        if event.identifier.QueryRetrieveLevel == "IMAGE":
            yield 0xA900, None  # optional for a node: it knows alone what the study consists of
            return
        reply = event.identifier
        reply.SeriesInstanceUID = uid_of("s series")
        yield 0xFF00, reply
        yield 0x0000, None

    received = received_from(get, find, tmp_path)
    assert received.instances == 1
    assert not received.complete
    assert "could not hand it out" in " ".join(received.refused.values())
    assert (received.folder / MARK).exists()


def test_a_server_that_says_done_before_it_has_sent_is_waited_for(
    own_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    server = own_orthanc(SynchronousCMove=False)
    uids = fill_server(server, "s", 200)
    received = receive_study(node_by("move", server), uid_of("s"), tmp_path, retries=NOT_AGAIN)
    assert received.complete
    assert StudyFolder(tmp_path, uid_of("s")).uids() == set(uids)


@pytest.mark.parametrize("way", ["move", "web"])
def test_a_private_kind_of_object_comes_with_the_study(way: str, orthanc: Orthanc, tmp_path: Path) -> None:
    """Scanners put raw data of a private SOP class beside their pictures."""
    uids = fill_server(orthanc, "s", 2)
    private = small_instance("raw", "s", SOPClassUID="1.2.840.113619.4.2")
    orthanc.upload(encoded(private))
    received = receive_study(node_by(way, orthanc), uid_of("s"), tmp_path, retries=NOT_AGAIN)
    assert received.complete
    assert StudyFolder(tmp_path, uid_of("s")).uids() == {*uids, uid_of("raw")}
