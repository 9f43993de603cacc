"""The export queue: on disk, once each, tried again, parked with a reason, and what survives a kill."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dicom_maker import uid_of
from orthanc import Orthanc, free_port
from pacs_maker import encoded, node_of, small_instance, web_node_of
from servers import dicom_server, evt

from alnreader.case.errors import CancelledError, CannotWriteError, UnreadableInputError
from alnreader.case.progress import CancelToken
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.queue import KEPT_DONE, ExportQueue, ItemState, JobState
from alnreader.dicom.network.retry import RetryPolicy
from alnreader.dicom.network.sender import Sender
from alnreader.dicom.network.store import Outgoing, inspect

POLICY = RetryPolicy(attempts=3, first=10.0, factor=2.0, longest=1000.0)


class Clock:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> ExportQueue:
    return ExportQueue(tmp_path / "queue", clock)


@pytest.fixture
def files(tmp_path: Path) -> list[Outgoing]:
    found = []
    for name in ("a", "b", "c"):
        path = tmp_path / f"{name}.dcm"
        path.write_bytes(encoded(small_instance(name, "s")))
        found.append(inspect(path))
    return found


def test_a_job_is_sent_and_its_copies_go(queue: ExportQueue, files: list[Outgoing], orthanc: Orthanc) -> None:
    node = node_of(orthanc)
    job = queue.add(node, files, "Doe, Jane")
    for file in files:
        file.path.unlink()  # the queue has its own
    seen: list[tuple[int, int, str]] = []
    report = Sender(queue, lambda: [node]).run(progress=lambda *told: seen.append(told))
    assert report.tried == (job.id,)
    assert orthanc.instances() == {uid_of(name) for name in "abc"}
    (done,) = queue.jobs()
    assert done.state is JobState.DONE
    assert done.count(ItemState.SENT) == 3
    assert not done.folder.exists()
    assert seen == [(0, 3, "Doe, Jane"), (1, 3, "Doe, Jane"), (2, 3, "Doe, Jane"), (3, 3, "Doe, Jane")]
    assert Sender(queue, lambda: [node]).run().tried == ()


def test_over_dicomweb(queue: ExportQueue, files: list[Outgoing], orthanc: Orthanc) -> None:
    node = web_node_of(orthanc)
    queue.add(node, files, "t")
    Sender(queue, lambda: [node]).run()
    assert queue.jobs()[0].state is JobState.DONE
    assert orthanc.instances() == {uid_of(name) for name in "abc"}


def test_a_server_that_is_away_is_tried_again_after_growing_pauses(
    queue: ExportQueue, files: list[Outgoing], clock: Clock
) -> None:
    node = Node("N", host="127.0.0.1", port=free_port(), ae_title="A", connect_timeout=1.0)
    queue.add(node, files, "t")
    sender = Sender(queue, lambda: [node], POLICY)
    for pause in (10, 20):
        assert len(sender.run().tried) == 1
        (job,) = queue.jobs()
        assert job.state is JobState.WAITING
        assert "nothing listens" in job.reason
        assert job.next_try == clock.time + timedelta(seconds=pause)
        assert queue.next_time() == job.next_try
        assert sender.run().tried == (), "not before its time"
        clock.forward(pause)
    sender.run()
    (job,) = queue.jobs()
    assert job.state is JobState.PARKED
    assert "Tried 3 times" in job.reason
    clock.forward(1e6)
    assert sender.run().tried == ()
    queue.try_again(job.id)
    assert len(sender.run().tried) == 1


def test_a_wrong_ae_title_parks_at_once_and_a_corrected_node_goes_on(
    queue: ExportQueue, files: list[Outgoing], orthanc: Orthanc
) -> None:
    node = node_of(orthanc, ae_title="WRONG")
    job = queue.add(node, files, "t")
    nodes = [node]
    sender = Sender(queue, lambda: nodes)
    sender.run()
    parked = queue.job(job.id)
    assert parked is not None
    assert parked.state is JobState.PARKED
    assert "is not called WRONG" in parked.reason
    nodes[:] = [node_of(orthanc)]
    queue.try_again(job.id)
    sender.run()
    assert orthanc.instances() == {uid_of(name) for name in "abc"}


def test_a_node_that_is_gone_parks(queue: ExportQueue, files: list[Outgoing]) -> None:
    node = Node("Old PACS", host="127.0.0.1", port=1, ae_title="A")
    queue.add(node, files, "t")
    Sender(queue, lambda: []).run()
    assert "no PACS node 'Old PACS' any more" in queue.jobs()[0].reason


def test_one_refused_file_does_not_stop_the_others_and_is_named(
    queue: ExportQueue, files: list[Outgoing]
) -> None:
    received: list[str] = []

    def store(event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        if uid == uid_of("b"):
            return 0xC000
        received.append(uid)
        return 0

    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        queue.add(node, files, "t")
        Sender(queue, lambda: [node]).run()
        (job,) = queue.jobs()
        assert job.state is JobState.PARKED
        assert "1 of 3 files were refused" in job.reason
        assert "b.dcm: the PACS cannot understand the content (status 0xC000)" in job.reason
        queue.try_again(job.id)
        Sender(queue, lambda: [node]).run()
    assert sorted(received) == sorted([uid_of("a"), uid_of("c")]), "what was sent is not sent again"


def test_out_of_room_is_tried_again_later(queue: ExportQueue, files: list[Outgoing], clock: Clock) -> None:
    full = True

    def store(event: Any) -> int:
        received.append(str(event.request.AffectedSOPInstanceUID))
        return 0xA700 if full and received[-1] == uid_of("c") else 0

    received: list[str] = []
    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        queue.add(node, files, "t")
        sender = Sender(queue, lambda: [node], POLICY)
        sender.run()
        (job,) = queue.jobs()
        assert job.state is JobState.WAITING
        assert "out of room" in job.reason
        full = False
        clock.forward(10)
        sender.run()
    assert queue.jobs()[0].state is JobState.DONE
    assert received == [uid_of("a"), uid_of("b"), uid_of("c"), uid_of("c")]


def test_a_server_killed_in_the_middle_gets_the_rest_later(
    own_orthanc: Callable[..., Orthanc], queue: ExportQueue, tmp_path: Path, clock: Clock
) -> None:
    server = own_orthanc()
    node = node_of(server)
    many = []
    for number in range(12):
        path = tmp_path / f"m{number}.dcm"
        path.write_bytes(encoded(small_instance(f"m{number}", "s")))
        many.append(inspect(path))
    queue.add(node, many, "t")

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 5 and server.process is not None:
            server.kill()

    Sender(queue, lambda: [node], POLICY).run(progress=progress)
    (job,) = queue.jobs()
    assert job.state is JobState.WAITING
    assert "broke off" in job.reason or "nothing listens" in job.reason
    assert job.count(ItemState.SENT) == 5
    assert job.count(ItemState.UNSURE) <= 1
    server.start()
    clock.forward(10)
    Sender(queue, lambda: [node], POLICY).run()
    assert queue.jobs()[0].state is JobState.DONE
    assert server.instances() == {uid_of(f"m{number}") for number in range(12)}


def test_what_was_being_sent_is_asked_for_and_not_sent_twice(
    queue: ExportQueue, files: list[Outgoing], orthanc: Orthanc, tmp_path: Path
) -> None:
    # The program was killed after the server had stored "a" and before it could note that; "b" never arrived.
    node = node_of(orthanc)
    job = queue.add(node, files, "t")
    orthanc.upload(files[0].path.read_bytes())
    queue.set_item(job.id, 0, ItemState.SENDING)
    queue.set_item(job.id, 1, ItemState.SENDING)
    sent: list[str] = []
    log = ExportQueue.set_item

    class Recording(ExportQueue):
        def set_item(self, number: int, place: int, state: ItemState, reason: str = "") -> None:
            if state is ItemState.SENDING:
                sent.append(files[place].uid)
            log(self, number, place, state, reason)

    Sender(Recording(queue.folder), lambda: [node]).run()
    assert sent == [uid_of("c"), uid_of("b")], "what the connection ended at comes last"
    assert orthanc.instances() == {uid_of(name) for name in "abc"}
    assert queue.jobs()[0].state is JobState.DONE


def test_a_node_that_answers_no_query_is_sent_the_file_again(
    queue: ExportQueue, files: list[Outgoing]
) -> None:
    received: list[str] = []

    def store(event: Any) -> int:
        received.append(str(event.request.AffectedSOPInstanceUID))
        return 0

    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        job = queue.add(node, files[:1], "t")
        queue.set_item(job.id, 0, ItemState.SENDING)
        Sender(queue, lambda: [node]).run()
    assert received == [uid_of("a")]
    assert queue.jobs()[0].state is JobState.DONE


_CHILD = """
import os, signal, sys
from pathlib import Path
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.queue import ExportQueue
from alnreader.dicom.network.sender import Sender

node = Node("N", host="127.0.0.1", port=int(sys.argv[2]), ae_title="ORTHANC")

def progress(done, total, message=""):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)

Sender(ExportQueue(Path(sys.argv[1])), lambda: [node]).run(progress=progress)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_program_leaves_a_queue_that_the_next_one_finishes(
    tmp_path: Path, files: list[Outgoing]
) -> None:
    received: list[str] = []

    def store(event: Any) -> int:
        received.append(str(event.request.AffectedSOPInstanceUID))
        return 0

    queue = ExportQueue(tmp_path / "queue")
    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        job = queue.add(node, files, "t")
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, str(queue.folder), str(port)], timeout=60, check=False
        )
        assert child.returncode == -signal.SIGKILL
        left = queue.job(job.id)
        assert left is not None
        assert left.count(ItemState.SENT) == 2
        Sender(queue, lambda: [node]).run()
    assert received == [uid_of("a"), uid_of("b"), uid_of("c")], "each once"
    assert queue.jobs()[0].state is JobState.DONE


def test_a_job_that_ends_the_program_each_time_is_parked(
    queue: ExportQueue, files: list[Outgoing], orthanc: Orthanc
) -> None:
    node = node_of(orthanc)
    job = queue.add(node, files, "t")
    for _ in range(POLICY.attempts):
        queue.begin(job.id)  # what a program does before it dies
    Sender(queue, lambda: [node], POLICY).run()
    (parked,) = queue.jobs()
    assert parked.state is JobState.PARKED
    assert "ended each time" in parked.reason
    assert orthanc.instances() == set()


def test_only_one_program_sends_at_a_time(
    queue: ExportQueue, files: list[Outgoing], orthanc: Orthanc
) -> None:
    node = node_of(orthanc)
    queue.add(node, files, "t")
    other = ExportQueue(queue.folder)
    with queue.sending_lock() as ours:
        assert ours
        report = Sender(other, lambda: [node]).run()
        assert report.elsewhere
        assert orthanc.instances() == set()
    assert len(Sender(other, lambda: [node]).run().tried) == 1


def test_pressing_twice_makes_one_job(queue: ExportQueue, files: list[Outgoing], orthanc: Orthanc) -> None:
    node = node_of(orthanc)
    first = queue.add(node, files, "t")
    assert queue.add(node, files, "t").id == first.id
    assert queue.add(node, files[:2], "t").id != first.id
    assert queue.add(web_node_of(orthanc), files, "t").id != first.id
    queue.park(first.id, "because")
    again = queue.add(node, files, "t")
    assert (again.id, again.state) == (first.id, JobState.WAITING)
    Sender(queue, lambda: [node, web_node_of(orthanc)]).run()
    assert queue.add(node, files, "t").id != first.id, (
        "what is done may be sent again when someone asks for it"
    )


def test_a_stop_is_no_attempt_and_nothing_is_lost(queue: ExportQueue, files: list[Outgoing]) -> None:
    token = CancelToken()
    received: list[str] = []

    def store(event: Any) -> int:
        received.append(str(event.request.AffectedSOPInstanceUID))
        return 0

    with dicom_server([(evt.EVT_C_STORE, store)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        queue.add(node, files, "t")

        def progress(done: int, total: int, message: str = "") -> None:
            if done == 1:
                token.cancel()

        with pytest.raises(CancelledError):
            Sender(queue, lambda: [node]).run(token, progress)
        (job,) = queue.jobs()
        assert (job.state, job.attempts) == (JobState.WAITING, 0)
        Sender(queue, lambda: [node]).run()
    assert received == [uid_of("a"), uid_of("b"), uid_of("c")]


def test_a_copy_that_was_changed_is_refused(
    queue: ExportQueue, files: list[Outgoing], orthanc: Orthanc
) -> None:
    node = node_of(orthanc)
    job = queue.add(node, files, "t")
    job.file(job.items[0]).write_bytes(files[1].path.read_bytes())
    job.file(job.items[1]).unlink()
    Sender(queue, lambda: [node]).run()
    (parked,) = queue.jobs()
    assert [item.state for item in parked.items] == [ItemState.REFUSED, ItemState.REFUSED, ItemState.SENT]
    assert "was changed" in parked.reason
    assert "cannot be read" in parked.reason
    assert orthanc.instances() == {uid_of("c")}


def test_a_removed_job_is_gone(queue: ExportQueue, files: list[Outgoing]) -> None:
    node = Node("N", host="127.0.0.1", port=1, ae_title="A")
    job = queue.add(node, files, "t")
    queue.remove(job.id)
    assert queue.jobs() == []
    assert not job.folder.exists()
    queue.remove(job.id)


def test_what_is_done_is_remembered_for_a_while(
    queue: ExportQueue, files: list[Outgoing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alnreader.dicom.network.queue.KEPT_DONE", 2)
    assert KEPT_DONE >= 10
    node = Node("N", host="127.0.0.1", port=1, ae_title="A")
    numbers = []
    for file in files:
        job = queue.add(node, [file], "t")
        queue.finish(job.id)
        numbers.append(job.id)
    assert [job.id for job in queue.jobs()] == numbers[1:]


def test_a_file_that_went_away_is_not_half_queued(queue: ExportQueue, files: list[Outgoing]) -> None:
    files[1].path.unlink()
    node = Node("N", host="127.0.0.1", port=1, ae_title="A")
    with pytest.raises(UnreadableInputError, match=r"b\.dcm"):
        queue.add(node, files, "t")
    assert queue.jobs() == []
    assert [path.name for path in queue.folder.iterdir() if "job" in path.name] == []


def test_a_queue_that_cannot_be_written(files: list[Outgoing], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    node = Node("N", host="127.0.0.1", port=1, ae_title="A")
    with pytest.raises(CannotWriteError, match="Cannot write"):
        ExportQueue(tmp_path / "file" / "queue").add(node, files, "t")
    with pytest.raises(CannotWriteError, match="nothing to send"):
        ExportQueue(tmp_path / "queue").add(node, [], "t")


def test_a_damaged_queue_is_set_aside(queue: ExportQueue, files: list[Outgoing]) -> None:
    node = Node("N", host="127.0.0.1", port=1, ae_title="A")
    queue.add(node, files, "t")
    (queue.folder / "queue.sqlite").write_bytes(b"this is no data base" * 100)
    job = queue.add(node, files, "t")
    assert [each.id for each in queue.jobs()] == [job.id]
    assert list(queue.folder.glob("*.broken"))


def test_the_queue_is_for_its_user_alone(queue: ExportQueue, files: list[Outgoing]) -> None:
    node = dataclasses.replace(Node("N", host="127.0.0.1", port=1, ae_title="A"), password="secret")
    job = queue.add(node, files, "t")
    content = (queue.folder / "queue.sqlite").read_bytes()
    assert b"secret" not in content
    if os.name == "posix":
        assert queue.folder.stat().st_mode & 0o077 == 0
        assert job.file(job.items[0]).stat().st_mode & 0o077 == 0


def test_many_add_at_once(queue: ExportQueue, files: list[Outgoing]) -> None:
    nodes = [Node(f"N{number}", host="127.0.0.1", port=1, ae_title="A") for number in range(6)]
    threads = [threading.Thread(target=queue.add, args=(node, files, "t")) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job.node for job in queue.jobs()) == [node.name for node in nodes]


def test_leftovers_of_a_killed_program_go_after_a_day(queue: ExportQueue, files: list[Outgoing]) -> None:
    node = Node("N", host="127.0.0.1", port=1, ae_title="A")
    job = queue.add(node, files, "t")
    old, young = queue.folder / "job-old", queue.folder / ".job-young"
    for folder in (old, young):
        folder.mkdir()
    now = ExportQueue(queue.folder)
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    now.recover()
    assert not old.exists()
    assert young.exists()
    assert job.folder.exists()
