"""Work off the main thread: one callback with (result, error) on the main thread, or none if stale."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable, Hashable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Qt, Signal

from alnreader.case.errors import AlnReaderError
from alnreader.case.progress import CancelToken
from alnreader.logs import chain_of

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Work = Callable[["Task"], Any]
"""Runs in a pool; takes its own task for progress and cancel."""
Done = Callable[[Any, Exception | None], None]
"""Runs on the main thread with the result, or None and the error."""
Reported = Callable[[int, int], None]
"""Runs on the main thread with what is done and what there is to do (0: unknown)."""

POOLS: Final = {"network": 1, "score": 1, "explain": 1, "decode": 2, "files": 1, "pacs": 3}
"""Threads of each pool. The slow half of the network has one: torch uses all cores by itself. Scores of
encoded images have one of their own, and so have their intervals: an edit waits for neither of the others.
The PACS has one for a query, one for a study on its way here, and one for what is sent."""

_log = logging.getLogger(__name__)


class Urgency(IntEnum):
    """What goes first of the work that waits in a pool."""

    NOW = 0
    """A number that the reader is looking for."""
    ASKED = 1
    """One thing that the reader has just asked for."""
    WHOLE = 2
    """A run over many images."""


class Task(QObject):
    """One piece of work under way.

    `progressed` (done, total, message) arrives on the main thread.
    """

    progressed = Signal(int, int, str)

    def __init__(self, key: Hashable, number: int, done: Done, parent: QObject) -> None:
        """Belong to a runner, under a key of which only the newest task counts."""
        super().__init__(parent)
        self.key = key
        self.number = number
        self.done = done
        self.cancel_token = CancelToken()

    def cancel(self) -> None:
        """Ask the work to stop. Its callback then gets CancelledError."""
        self.cancel_token.cancel()

    def report(self, done: int, total: int, message: str = "") -> None:
        """Tell the progress from the worker: fits `alnreader.case.progress.Progress`."""
        self.progressed.emit(done, total, message)


class _Pool:
    """Threads that take the most urgent work first, and of equally urgent work the oldest."""

    def __init__(self, name: str, size: int) -> None:
        self._name, self._size = name, size
        self._threads: ThreadPoolExecutor | None = None
        self._waiting: list[tuple[Urgency, int, Callable[[], None]]] = []
        self._lock = threading.Lock()

    def submit(self, urgency: Urgency, number: int, work: Callable[[], None]) -> None:
        with self._lock:
            heapq.heappush(self._waiting, (urgency, number, work))
            if self._threads is None:
                from concurrent.futures import ThreadPoolExecutor  # the window's front needs none

                self._threads = ThreadPoolExecutor(self._size, thread_name_prefix=f"alnreader-{self._name}")
            threads = self._threads
        # Each call takes one piece of work, not the one it was submitted for.
        threads.submit(self._take)

    def _take(self) -> None:
        with self._lock:
            _, _, work = heapq.heappop(self._waiting)
        work()

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)


class TaskRunner(QObject):
    """Runs work in pools and delivers each result once, on the main thread.

    Parameters
    ----------
    pools
        Name of a pool to its number of threads.
    """

    _finished = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None, pools: dict[str, int] | None = None) -> None:
        """Start the pools (threads are made when they are needed)."""
        super().__init__(parent)
        self._pools = {name: _Pool(name, size) for name, size in (pools or POOLS).items()}
        self._numbers = itertools.count(1)
        self._newest: dict[Hashable, int] = {}
        self._running: dict[int, Task] = {}
        self._closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        pool: str,
        key: Hashable,
        work: Work,
        done: Done,
        reported: Reported | None = None,
        urgency: Urgency = Urgency.ASKED,
    ) -> Task:
        """Run ``work(task)`` in a pool, then ``done(result, error)`` on the main thread.

        A task of the same key that is not finished yet becomes stale: it is cancelled and neither ``done``
        nor ``reported`` is called for it any more. After `close` nothing runs.
        """
        task = Task(key, next(self._numbers), done, self)
        if self._closed:
            task.cancel()
            return task
        self.drop(key)
        self._newest[key] = task.number
        self._running[task.number] = task
        if reported is not None:
            # Progress that was on its way when the task became stale must not show it again.
            task.progressed.connect(
                lambda now, total, _word: reported(now, total) if self.current(task) else None
            )
        self._pools[pool].submit(urgency, task.number, lambda: self._run(task, work))
        return task

    def current(self, task: Task) -> bool:
        """Whether the task's result will be delivered as things stand."""
        return self._newest.get(task.key) == task.number and not self._closed

    def under_way(self, key: Hashable) -> bool:
        """Whether a task of that key will still be delivered."""
        return key in self._newest

    def drop(self, key: Hashable) -> None:
        """Make whatever runs under the key stale."""
        newest = self._newest.pop(key, None)
        if newest in self._running:
            self._running[newest].cancel()

    def drop_all(self) -> None:
        """Make everything stale, before another case is opened."""
        for key in list(self._newest):
            self.drop(key)

    @property
    def busy(self) -> bool:
        """Whether any work is under way, stale or not."""
        return bool(self._running)

    def close(self) -> None:
        """Cancel everything and wait for the threads to end. Nothing is delivered any more."""
        self._closed = True
        self.drop_all()
        for pool in self._pools.values():
            pool.close()
        self._running.clear()

    def _run(self, task: Task, work: Work) -> None:
        """Run in the pool. Every outcome becomes a result or an error; nothing is swallowed."""
        try:
            task.cancel_token.check()
            result, error = work(task), None
        except Exception as caught:  # handed to the callback, which must deal with it
            if not isinstance(caught, AlnReaderError):
                # Whoever is told of it cannot tell where it was.
                places = "\n".join(chain_of(caught))
                _log.error("Work failed: %s\n%s", type(caught).__name__, places)
            result, error = None, caught
        if not self._closed:
            self._finished.emit(task, result, error)

    def _deliver(self, task: Task, result: Any, error: Exception | None) -> None:
        """Call back unless the task is stale, and forget it."""
        self._running.pop(task.number, None)
        current = self.current(task)
        if current:
            del self._newest[task.key]
        task.deleteLater()
        if current:
            task.done(result, error)


class Underway(QObject):
    """What is under way, for the one progress bar: the newest is shown, the others when it has ended."""

    changed = Signal(str, int, int)
    """Title, done, total (0: unknown). An empty title: nothing is under way."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Begin with nothing."""
        super().__init__(parent)
        self._entries: dict[Hashable, tuple[str, int, int]] = {}

    def show(self, key: Hashable, title: str, done: int = 0, total: int = 0) -> None:
        """Tell how far something is."""
        self._entries[key] = (title, done, total)
        self._tell()

    def end(self, key: Hashable) -> None:
        """Tell that something has ended."""
        if self._entries.pop(key, None) is not None:
            self._tell()

    def shown(self) -> tuple[Hashable, ...]:
        """Return what is under way."""
        return tuple(self._entries)

    def _tell(self) -> None:
        self.changed.emit(*(list(self._entries.values())[-1] if self._entries else ("", 1, 1)))
