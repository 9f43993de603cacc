"""Unused cycles with a QObject among them end in the window's thread, whichever thread is at work."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject

from alnreader.gui.collector import collect_in_this_thread
from alnreader.gui.tasks import TaskRunner


class Dialog(QObject):
    """Has a timer, stands in a cycle, and tells in which thread it ended."""

    def __init__(self, ended: list[int]) -> None:
        super().__init__()
        self.ended = ended
        self.cycle = self
        self.startTimer(1)

    def __del__(self) -> None:
        self.ended.append(threading.get_ident())


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """As the window does it; afterwards as the other tests have it."""
    held = collect_in_this_thread()
    held.timer.setInterval(5)
    yield
    held.timer.stop()
    gc.unfreeze()


def test_a_closed_dialog_is_never_destroyed_by_a_thread_of_a_pool(qtbot: Any, runner: TaskRunner) -> None:
    ended: list[int] = []

    def work(_task: object) -> int:
        # Far more objects than start a search in the thread that makes them.
        return len([[number] for number in range(200_000)])

    Dialog(ended)
    assert not ended, "it stands in a cycle"
    with qtbot.waitCallback() as called:
        runner.submit("files", "work", work, called)
    assert called.args == [200_000, None]
    qtbot.waitUntil(lambda: ended != [], timeout=10_000)
    assert set(ended) == {threading.get_ident()}
