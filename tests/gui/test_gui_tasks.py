"""Work off the main thread."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from alnreader.case.errors import CancelledError, InvalidValueError
from alnreader.gui.tasks import Task, TaskRunner, Underway


def test_a_result_and_its_progress_arrive_on_the_main_thread(qtbot: Any, runner: TaskRunner) -> None:
    here = threading.get_ident()
    seen: list[tuple[Any, ...]] = []

    def work(task: Task) -> int:
        assert threading.get_ident() != here
        task.report(1, 2)
        return 42

    runner.submit(
        "files",
        "key",
        work,
        lambda result, error: seen.append((result, error, threading.get_ident())),
        lambda done, total: seen.append((done, total, threading.get_ident())),
    )
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [(1, 2, here), (42, None, here)]


def test_an_error_of_any_kind_is_handed_over(
    qtbot: Any, runner: TaskRunner, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[Exception | None] = []
    runner.submit("files", "Wang", lambda task: {}["Wang"], lambda result, error: got.append(error))
    qtbot.waitUntil(lambda: bool(got))
    assert isinstance(got[0], KeyError)
    assert "Work failed: KeyError" in caplog.text
    assert "test_gui_tasks.py:" in caplog.text, "where it was stands in the log alone"
    assert "Wang" not in caplog.text
    caplog.clear()


def test_what_the_user_can_mend_is_no_fault_of_the_program(qtbot: Any, runner: TaskRunner) -> None:
    """The fixture of every test fails it if anything is logged."""
    got: list[Exception | None] = []

    def refuse(_: Task) -> None:
        raise InvalidValueError("no")

    runner.submit("files", "key", refuse, lambda result, error: got.append(error))
    qtbot.waitUntil(lambda: bool(got))
    assert isinstance(got[0], InvalidValueError)


def test_a_newer_task_of_the_key_makes_the_older_one_stale(qtbot: Any, runner: TaskRunner) -> None:
    got: list[Any] = []
    gate = threading.Event()
    progress: list[int] = []

    def old(task: Task) -> str:
        gate.wait(10)
        task.report(1, 2)
        return "old"

    runner.submit(
        "files", "key", old, lambda result, error: got.append(result), lambda n, _: progress.append(n)
    )
    runner.submit("files", "key", lambda task: "new", lambda result, error: got.append(result))
    gate.set()
    qtbot.waitUntil(lambda: not runner.busy)
    assert got == ["new"]
    assert progress == []


def test_dropped_work_is_told_to_stop_and_never_delivered(qtbot: Any, runner: TaskRunner) -> None:
    got: list[Any] = []
    stopped = threading.Event()
    begun = threading.Event()

    def work(task: Task) -> None:
        begun.set()
        try:
            while True:
                task.cancel_token.check()
                stopped.wait(0.001)
        except CancelledError:
            stopped.set()
            raise

    runner.submit("files", "key", work, lambda result, error: got.append(error))
    assert begun.wait(10)
    assert runner.under_way("key")
    runner.drop("key")
    assert not runner.under_way("key")
    qtbot.waitUntil(lambda: not runner.busy)
    assert stopped.is_set()
    assert got == []


def test_closing_in_the_middle_waits_and_delivers_nothing(qtbot: Any) -> None:
    runner = TaskRunner()
    got: list[Any] = []
    begun = threading.Event()

    def work(task: Task) -> None:
        begun.set()
        while not task.cancel_token.cancelled:
            threading.Event().wait(0.001)

    for number in range(3):
        runner.submit("network", number, work, lambda result, error: got.append(result))
    assert begun.wait(10)
    runner.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("alnreader")]
    late = runner.submit("files", "late", lambda task: 1, lambda result, error: got.append(result))
    assert late.cancel_token.cancelled
    qtbot.wait(1)
    assert got == []


def test_the_progress_bar_shows_the_newest_then_the_others(qtbot: Any) -> None:
    underway = Underway()
    seen: list[tuple[str, int, int]] = []
    underway.changed.connect(lambda *entry: seen.append(entry))
    underway.show("a", "A", 1, 5)
    underway.show("b", "B")
    underway.show("a", "A", 2, 5)
    underway.end("b")
    underway.end("b")
    underway.end("a")
    assert seen == [("A", 1, 5), ("B", 0, 0), ("B", 0, 0), ("A", 2, 5), ("", 1, 1)]
