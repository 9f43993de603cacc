"""Keeps actions in a thread of its own: a stroke never waits for a disk.

Work is done in the order in which it was asked for. What the disk does not take stays first in line and is
tried again; nothing behind it overtakes it, so that the journal never has a gap.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alnreader.case.errors import CannotWriteError

_log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""So long after a refusal of the disk it is asked again, or at once with the next action."""

Done = Callable[[Any, Exception | None], None]


@dataclass(frozen=True)
class _Job:
    work: Callable[[], Any]
    done: Done
    lasting: bool


class Writer:
    """A thread that does one job after the other.

    Parameters
    ----------
    waiting
        Called in that thread with the number of jobs that wait for the disk, and its error.
    """

    def __init__(self, waiting: Callable[[int, Exception | None], None]) -> None:
        """Start no thread before there is something to do."""
        self._waiting = waiting
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._busy = False
        self._refused = False

    def put(self, work: Callable[[], Any], done: Done, *, lasting: bool = False) -> None:
        """Do something after everything before it; ``done`` is called in the writing thread.

        Parameters
        ----------
        lasting
            Try again, and let nothing overtake, as long as the disk refuses.
        """
        with self._wake:
            if self._closing:
                return
            self._jobs.append(_Job(work, done, lasting))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alnreader-store", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    @property
    def pending(self) -> int:
        """Jobs that are not done."""
        with self._wake:
            return len(self._jobs)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do but what the disk refuses."""
        with self._wake:
            return not self._jobs or (self._refused and not self._busy)

    def flush(self, seconds: float) -> bool:
        """Wait until all is done, or the disk has refused, or the time is over; say whether all is done."""
        with self._wake:
            self._wake.wait_for(lambda: not self._jobs or (self._refused and not self._busy), seconds)
            return not self._jobs

    def close(self, seconds: float = 10.0) -> int:
        """Do what can be done in that time, end the thread, and return how many jobs were left."""
        if self._thread is None:
            self._closing = True
            return 0
        with self._wake:
            self._refused = False  # one more try
            self._wake.notify_all()
        self.flush(seconds)
        with self._wake:
            self._closing = True
            left = len(self._jobs)
            self._wake.notify_all()
        self._thread.join(seconds)
        return left

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closing or (bool(self._jobs) and not self._refused))
                if self._closing:
                    return
                job, self._busy = self._jobs[0], True
            try:
                result, error = job.work(), None
            except Exception as caught:  # handed to the callback, which must deal with it
                result, error = None, caught
            refused = job.lasting and isinstance(error, CannotWriteError)
            with self._wake:
                self._busy = False
                if not refused:
                    self._jobs.popleft()
            if refused:
                self._wait_for_disk(error)
            else:
                self._call(job.done, result, error)
            with self._wake:
                self._wake.notify_all()

    def _wait_for_disk(self, error: Exception | None) -> None:
        with self._wake:
            before, self._refused = len(self._jobs), True
            self._wake.notify_all()
        self._waiting(before, error)
        with self._wake:
            self._wake.wait_for(
                lambda: self._closing or not self._refused or len(self._jobs) > before, RETRY_SECONDS
            )
            self._refused = False

    def _call(self, done: Done, result: Any, error: Exception | None) -> None:
        try:
            done(result, error)
        except Exception:
            _log.exception("What follows a saved action failed")
