"""Files that are odd, damaged or too much for a PACS: sent as they are, named, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dicom_maker import uid_of
from orthanc import Orthanc
from pacs_maker import encoded, small_instance, web_node_of
from pydicom import dcmread

from alnreader.case.progress import CancelToken
from alnreader.dicom.network import web
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.queue import ExportQueue, ItemState, JobState
from alnreader.dicom.network.receive import receive_study
from alnreader.dicom.network.sender import Sender
from alnreader.dicom.network.store import Outcome, Outgoing, inspect


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
