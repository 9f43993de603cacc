"""Files that are odd, damaged or too much for a PACS: sent as they are, named, and in nobody's way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_maker import jpeg_bytes, uid_of, write_encapsulated
from orthanc import Orthanc
from pacs_maker import encoded, small_instance, web_node_of
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import JPEGBaseline8Bit
from servers import dicom_server, evt

from alnreader.case.errors import PacsUnavailableError, UnreadableInputError
from alnreader.case.progress import CancelToken
from alnreader.dicom.network import web
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.nodes import Node, Protocol
from alnreader.dicom.network.queue import ExportQueue, ItemState, JobState
from alnreader.dicom.network.receive import receive_study
from alnreader.dicom.network.sender import Sender
from alnreader.dicom.network.store import Outcome, Outgoing, dicom_files, inspect


def with_group_length(content: bytes) -> bytes:
    """Put Group Length (0008,0000) first, which many scanners write and no library does."""
    start = content.index(b"\x08\x00\x05\x00CS")
    return content[:start] + b"\x08\x00\x00\x00UL\x04\x00\x40\x00\x00\x00" + content[start:]


def send(node: Node, paths: list[Path]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    files = [inspect(path) for path in paths]
    Client(node).send(files, lambda _f: None, lambda f, o: outcomes.update({f.path.name: o}), CancelToken())
    return outcomes


def test_dicomweb_changes_no_byte_there_or_back(orthanc: Orthanc, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(with_group_length(encoded(small_instance("a", "s"))))
    assert send(web_node_of(orthanc), [path])["a.dcm"].stored
    assert orthanc.file(uid_of("a")) == path.read_bytes()
    received = receive_study(web_node_of(orthanc), uid_of("s"), tmp_path / "in")
    assert (received.folder / f"{uid_of('a')}.dcm").read_bytes() == path.read_bytes()


def test_a_deflated_file_goes_over_dicomweb_as_it_is(shared: Path, orthanc: Orthanc) -> None:
    path = shared / "dicom/pydicom-data/liver_deflate.dcm"
    assert send(web_node_of(orthanc), [path])[path.name].stored
    assert orthanc.file(str(dcmread(path).SOPInstanceUID)) == path.read_bytes()


def test_what_the_service_does_not_understand_is_named_and_the_others_go(
    shared: Path, orthanc: Orthanc, tmp_path: Path
) -> None:
    odd, good = shared / "dicom/fo-dicom/DIRW0007", tmp_path / "good.dcm"
    good.write_bytes(encoded(small_instance("a", "s")))
    outcomes = send(web_node_of(orthanc), [odd, good])
    assert outcomes[odd.name] == Outcome(
        False, "the PACS does not take it: it does not understand the content (HTTP 400)"
    )
    assert outcomes[good.name].stored
    assert orthanc.instances() == {uid_of("a")}


def test_a_job_that_the_program_fails_on_does_not_stop_the_others(
    orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., None] = web.send

    def failing(node: Node, files: list[Outgoing], *rest: object) -> None:
        if files[0].uid == uid_of("a"):
            raise ZeroDivisionError
        real(node, files, *rest)

    monkeypatch.setattr(web, "send", failing)
    node, queue = web_node_of(orthanc), ExportQueue(tmp_path / "queue")
    for name in "ab":
        path = tmp_path / f"{name}.dcm"
        path.write_bytes(encoded(small_instance(name, "s")))
        queue.add(node, [inspect(path)], name)
    with pytest.raises(ZeroDivisionError):
        Sender(queue, lambda: [node]).run()
    assert orthanc.instances() == {uid_of("b")}
    first, second = queue.jobs()
    assert (first.state, second.state) == (JobState.WAITING, JobState.DONE)
    assert "ZeroDivisionError" in first.reason
    assert first.count(ItemState.WAITING) == 1
    assert queue.due() == []


def three_files(folder: Path) -> list[Path]:
    paths = []
    for name in "abc":
        path = folder / f"{name}.dcm"
        path.write_bytes(encoded(small_instance(name, "s")))
        paths.append(path)
    return paths


@pytest.mark.parametrize("hangs", [False, True])
def test_a_file_at_which_the_connection_ends_is_tried_last_and_named(hangs: bool, tmp_path: Path) -> None:
    asked: list[str] = []
    release = threading.Event()

    def store(event: Any) -> int:
        asked.append(str(event.request.AffectedSOPInstanceUID))
        if asked[-1] == uid_of("a"):
            if hangs:
                release.wait(10)
            else:
                event.assoc.abort()
        return 0

    paths = three_files(tmp_path)
    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC", answer_timeout=0.5)
        try:
            outcomes = send(node, paths)
        finally:
            release.set()
    assert asked == [uid_of(name) for name in "abca"]
    assert [outcomes[path.name].stored for path in paths] == [False, True, True]
    assert "the PACS answers to other files; at this one it ends the connection" in outcomes["a.dcm"].words
    assert not outcomes["a.dcm"].passing


def test_a_file_that_passes_at_the_second_time_is_no_fault(tmp_path: Path) -> None:
    asked: list[str] = []

    def store(event: Any) -> int:
        asked.append(str(event.request.AffectedSOPInstanceUID))
        if len(asked) == 2:
            event.assoc.abort()
        return 0

    paths = three_files(tmp_path)
    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        outcomes = send(Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC"), paths)
    assert asked == [uid_of(name) for name in "abcb"]
    assert all(outcome.stored for outcome in outcomes.values())


def test_a_node_that_ends_every_connection_is_not_asked_for_ever(tmp_path: Path) -> None:
    asked: list[str] = []

    def store(event: Any) -> int:
        asked.append(str(event.request.AffectedSOPInstanceUID))
        event.assoc.abort()
        return 0

    paths = []
    for number in range(8):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(encoded(small_instance(str(number), "s")))
        paths.append(path)
    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        with pytest.raises(PacsUnavailableError, match=r"A-ABORT.*0\.dcm"):
            send(node, paths)
    assert asked == [uid_of(str(number)) for number in range(5)]


def test_files_at_which_the_connection_ends_are_not_in_the_way_for_ever(tmp_path: Path) -> None:
    stored: set[str] = set()
    bad = {uid_of(str(number)) for number in range(6)}

    def store(event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        if uid in bad:
            event.assoc.abort()
        else:
            stored.add(uid)
        return 0

    paths = []
    for number in range(8):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(encoded(small_instance(str(number), "s")))
        paths.append(path)
    queue = ExportQueue(tmp_path / "queue")
    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        job = queue.add(node, [inspect(path) for path in paths], "t")
        for _ in range(3):
            Sender(queue, lambda: [node]).run(only=job.id)
    assert stored == {uid_of("6"), uid_of("7")}
    assert "0.dcm" in queue.jobs()[0].reason


def cut_files(folder: Path) -> list[Path]:
    """Return files that end early: in the pixels, between fragments, in a sequence."""
    frames = [jpeg_bytes(frame) for frame in np.zeros((4, 24, 32), np.uint8)]
    cine = write_encapsulated(folder / "cine.dcm", frames, (4, 24, 32, 3), "YBR_FULL_422", JPEGBaseline8Bit)
    item = Dataset()
    item.CodeMeaning = "Breast"
    nested = folder / "nested.dcm"
    nested.write_bytes(encoded(small_instance("n", "s", AnatomicRegionSequence=[item])))
    found = []
    for path in (cine, nested):
        content = path.read_bytes()
        for kept in (len(content) - 1, len(content) - 9, content.find(b"Breast")):
            if kept > 0:
                cut = folder / f"{path.stem}-{kept}.dcm"
                cut.write_bytes(content[:kept])
                found.append(cut)
    return found


def test_a_file_that_ends_early_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    cut = cut_files(tmp_path)
    assert len(cut) == 5
    for path in cut:
        with pytest.raises(UnreadableInputError, match=f"{path.name}: the file ends before its"):
            inspect(path)
    whole, faulty = dicom_files([tmp_path])
    assert sorted(file.path.name for file in whole) == ["cine.dcm", "nested.dcm"]
    assert len(faulty) == 5


def test_what_stands_behind_the_content_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    for behind in (b"\0", b"\0" * 512, b"\xfc\xff\xfc\xffOB\0\0\x04\0\0\0abcd"):
        path.write_bytes(encoded(small_instance("a", "s")) + behind)
        assert inspect(path).uid == uid_of("a")


def test_only_one_file_of_the_shared_ones_ends_early(shared: Path) -> None:
    early = set()
    for path in sorted((shared / "dicom").rglob("*")):
        if path.is_file():
            try:
                inspect(path)
            except UnreadableInputError as error:
                if "ends before its content" in str(error):
                    early.add(path.name)
    assert early == {"emri_small_jpeg_2k_lossless_too_short.dcm"}


def test_of_files_with_one_uid_one_is_sent_and_those_with_other_content_are_named(tmp_path: Path) -> None:
    first, copy, other = (tmp_path / name for name in ("1.dcm", "2.dcm", "3.dcm"))
    for path in (first, copy):
        path.write_bytes(encoded(small_instance("a", "s")))
    other.write_bytes(encoded(small_instance("a", "s", PixelData=bytes(64))))
    files, faulty = dicom_files([tmp_path])
    assert [file.path for file in files] == [first]
    (error,) = faulty
    assert str(other) in str(error)
    assert str(first) in str(error)
    assert "same SOP Instance UID" in str(error)


@pytest.mark.parametrize("kind", ["another instance", "another study", "a page"])
def test_what_a_service_hands_out_in_place_of_an_instance_is_not_kept(kind: str, tmp_path: Path) -> None:
    other = small_instance("b", "t" if kind == "another study" else "s")
    content = b"<html>Log in</html>" if kind == "a page" else encoded(other)
    listed = [
        {
            tag: {"vr": "UI", "Value": [value]}
            for tag, value in (
                ("00080016", other.SOPClassUID),
                ("00080018", uid_of("a")),
                ("0020000E", "1.2"),
            )
        }
    ]

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = "?" in self.path
            body = json.dumps([] if "offset=1" in self.path else listed).encode() if query else content
            self.send_response(200)
            self.send_header("Content-Type", "application/dicom+json" if query else "application/dicom")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            node = Node("N", Protocol.DICOMWEB, url=f"http://127.0.0.1:{server.server_port}/web")
            received = receive_study(node, uid_of("s"), tmp_path)
        finally:
            server.shutdown()
            thread.join()
    assert received.refused == {uid_of("a"): "the service sent something else"}
    assert not list(tmp_path.rglob("*.dcm"))
