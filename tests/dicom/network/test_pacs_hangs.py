"""A PACS that hangs in the middle of a transfer: the connection is open, and nothing comes any more.

A real Orthanc is stopped by a signal (SIGSTOP), which is what an overloaded or dying server looks like.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from dicom_maker import uid_of
from orthanc import Orthanc
from pacs_maker import WAYS, encoded, fill_server, node_by, node_of, small_instance, web_node_of

from alnreader.case.errors import CancelledError, PacsUnavailableError
from alnreader.case.progress import CancelToken
from alnreader.dicom.network.inbox import StudyFolder, read_mark
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.queue import ExportQueue, ItemState, JobState
from alnreader.dicom.network.receive import receive_study
from alnreader.dicom.network.retry import RetryPolicy
from alnreader.dicom.network.sender import Sender
from alnreader.dicom.network.store import inspect

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")

ONCE = RetryPolicy(attempts=1)
FOR_EVER = 3000.0
"""Seconds that nothing in a test waits for: who waits for an answer here hangs."""


def threads_of_ours() -> list[str]:
    """What still waits for the server, after a moment to end: a connection that was cut ends its thread."""
    found = [thread for thread in threading.enumerate() if thread.name.startswith("alnreader-pacs")]
    for thread in found:
        thread.join(20.0)
    return [thread.name for thread in found if thread.is_alive()]


@pytest.mark.parametrize("way", WAYS)
def test_a_fetch_ends_with_a_sentence_and_goes_on_when_the_server_is_back(
    way: str, own_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    server = own_orthanc()
    uids = fill_server(server, "s", 12)

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 4:
            server.freeze()

    impatient = node_by(way, server, answer_timeout=1.0, connect_timeout=1.0)
    with pytest.raises(PacsUnavailableError, match=r"does not answer .* of 12 images are kept") as caught:
        receive_study(impatient, uid_of("s"), tmp_path, progress, retries=ONCE)
    assert "fetch the study again" in str(caught.value)
    kept = StudyFolder(tmp_path, uid_of("s")).uids()
    assert 4 <= len(kept) < 12
    assert read_mark(tmp_path / uid_of("s")) is not None
    assert not list((tmp_path / uid_of("s")).glob(".*"))
    assert threads_of_ours() == []
    server.thaw()
    received = receive_study(node_by(way, server), uid_of("s"), tmp_path)
    assert received.complete
    assert received.fetched == 12 - len(kept)
    assert StudyFolder(tmp_path, uid_of("s")).uids() == set(uids)


@pytest.mark.parametrize("way", WAYS)
def test_a_stop_does_not_wait_for_a_server_that_hangs_in_a_fetch(
    way: str, own_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    server = own_orthanc()
    fill_server(server, "s", 12)
    token = CancelToken()

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 4:
            server.freeze()
            threading.Timer(0.3, token.cancel).start()

    patient = node_by(way, server, answer_timeout=FOR_EVER)
    with pytest.raises(CancelledError):
        receive_study(patient, uid_of("s"), tmp_path, progress, token)
    assert threads_of_ours() == []
    kept = StudyFolder(tmp_path, uid_of("s")).uids()
    assert 4 <= len(kept) < 12
    server.thaw()
    assert receive_study(node_by(way, server), uid_of("s"), tmp_path).fetched == 12 - len(kept)


@pytest.fixture(params=("dimse", "web"))
def sending(
    request: pytest.FixtureRequest, own_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> tuple[Orthanc, Callable[..., Node], ExportQueue]:
    """A job of twelve files in a queue, for a server that can be frozen."""
    server = own_orthanc()
    make = web_node_of if request.param == "web" else node_of
    queue = ExportQueue(tmp_path / "queue")
    many = []
    for number in range(12):
        path = tmp_path / f"m{number}.dcm"
        path.write_bytes(encoded(small_instance(f"m{number}", "s")))
        many.append(inspect(path))
    queue.add(make(server), many, "t")
    return server, make, queue


def test_what_a_server_hangs_over_is_sent_when_it_is_back(
    sending: tuple[Orthanc, Callable[..., Node], ExportQueue],
) -> None:
    server, make, queue = sending

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 5:
            server.freeze()

    impatient = make(server, answer_timeout=1.0, connect_timeout=1.0)
    Sender(queue, lambda: [impatient], RetryPolicy(attempts=3, first=0.0)).run(progress=progress)
    (job,) = queue.jobs()
    assert "does not answer" in job.reason
    assert job.count(ItemState.SENT) == 5
    assert job.count(ItemState.UNSURE) <= 1, "whether that one arrived is asked later"
    server.thaw()
    queue.try_again(job.id)
    Sender(queue, lambda: [make(server)]).run()
    assert queue.jobs()[0].state is JobState.DONE
    assert server.instances() == {uid_of(f"m{number}") for number in range(12)}


def test_a_stop_does_not_wait_for_a_server_that_hangs_over_what_is_sent(
    sending: tuple[Orthanc, Callable[..., Node], ExportQueue],
) -> None:
    server, make, queue = sending
    token = CancelToken()

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 5:
            server.freeze()
            threading.Timer(0.3, token.cancel).start()

    with pytest.raises(CancelledError):
        Sender(queue, lambda: [make(server, answer_timeout=FOR_EVER)]).run(token, progress)
    (job,) = queue.jobs()
    assert (job.state, job.attempts) == (JobState.WAITING, 0), "a stop is no attempt"
    assert job.count(ItemState.SENT) == 5
    assert threads_of_ours() == []
    server.thaw()
    Sender(queue, lambda: [make(server)]).run()
    assert server.instances() == {uid_of(f"m{number}") for number in range(12)}
