"""Keeps actions in a thread of its own: a stroke never waits for a disk.

Work is done in the order in which it was asked for. What could not be kept stays first in its line, whatever
the reason, and is tried again; nothing behind it in the same line overtakes it, so that the journal of a case
never has a gap. Other lines go on: a case that cannot be kept holds up no other one, and no opening.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from alnreader.logs import places_of

_log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""So long after a refusal it is tried again, or at once with the next action of the same line."""

Done = Callable[[Any, Exception | None], None]


@dataclass(frozen=True)
class _Job:
    work: Callable[[], Any]
    done: Done
    line: Hashable
    lasting: bool


class Writer:
    """A thread that does one job after the other.

    Parameters
    ----------
    waiting
        Called in that thread with the number of actions that wait to be kept, and the error of the first.
    """

    def __init__(self, waiting: Callable[[int, Exception | None], None]) -> None:
        """Start no thread before there is something to do."""
        self._waiting = waiting
        self._jobs: deque[_Job] = deque()
        self._held: dict[Hashable, deque[_Job]] = {}
        self._failing: set[Hashable] = set()  # also while what is held is being tried again
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._busy = False

    def put(
        self, work: Callable[[], Any], done: Done, *, line: Hashable = None, lasting: bool = False
    ) -> None:
        """Do something after everything before it; ``done`` is called in the writing thread.

        Parameters
        ----------
        line
            What must stay in order even where a part of it cannot be done now; None: waits for no line.
        lasting
            Try again, and let nothing of the same line overtake, as long as it fails.
        """
        with self._wake:
            if self._closing:
                return
            self._jobs.append(_Job(work, done, line, lasting))
            if lasting:
                self._try_again(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alnreader-store", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    @property
    def pending(self) -> int:
        """Jobs that are not done, but for those that are held back."""
        with self._wake:
            return len(self._jobs) + self._busy

    @property
    def held(self) -> int:
        """Actions that could not be kept and are tried again."""
        with self._wake:
            return self._count_held()

    def holds(self, line: Hashable) -> bool:
        """Whether something of a line could not be kept, and was not kept since."""
        with self._wake:
            return line in self._failing

    def drop(self, line: Hashable) -> None:
        """Forget what is held of a line: it was kept in another way."""
        with self._wake:
            self._held.pop(line, None)
            self._failing.discard(line)
            self._wake.notify_all()

    def flush(self, seconds: float) -> bool:
        """Wait until everything was tried, or the time is over; say whether all is done."""
        with self._wake:
            for line in list(self._held):
                self._try_again(line)
            self._wake.notify_all()
            self._wake.wait_for(lambda: not self._jobs and not self._busy, seconds)
            return not self._jobs and not self._busy and not self._held

    def close(self, seconds: float = 10.0) -> int:
        """Do what can be done in that time, end the thread, and return how many jobs were left."""
        if self._thread is None:
            self._closing = True
            return 0
        self.flush(seconds)
        with self._wake:
            self._closing = True
            left = len(self._jobs) + self._busy + self._count_held()
            self._wake.notify_all()
        self._thread.join(seconds)
        return left

    def _count_held(self) -> int:
        return sum(job.lasting for jobs in self._held.values() for job in jobs)

    def _try_again(self, line: Hashable) -> None:
        """Put what is held of a line before everything of the same line; others do not mind."""
        self._jobs.extendleft(reversed(self._held.pop(line, deque())))

    def _next(self) -> _Job | None:
        """Take the next job that is not behind one that is held; None where there is none."""
        while self._jobs:
            job = self._jobs.popleft()
            if job.line is None or job.line not in self._held:
                return job
            self._held[job.line].append(job)
        return None

    def _run(self) -> None:
        while True:
            with self._wake:
                wait = RETRY_SECONDS if self._held else None
                if not self._wake.wait_for(lambda: self._closing or bool(self._jobs), wait):
                    for line in list(self._held):
                        self._try_again(line)
                if self._closing:
                    return
                job = self._next()
                if job is None:
                    self._wake.notify_all()
                    continue
                self._busy = True
            try:
                result, error = job.work(), None
            except Exception as caught:  # handed to the callback, which must deal with it
                result, error = None, caught
            held = job.lasting and error is not None
            with self._wake:
                if job.lasting and not held:
                    self._failing.discard(job.line)
                if held:
                    self._failing.add(job.line)
                    self._held.setdefault(job.line, deque()).appendleft(job)
                    waiting = self._count_held() + sum(other.lasting for other in self._jobs)
            if held:
                self._waiting(waiting, error)
            else:
                self._call(job.done, result, error)
            with self._wake:
                self._busy = False
                self._wake.notify_all()

    def _call(self, done: Done, result: Any, error: Exception | None) -> None:
        try:
            done(result, error)
        except Exception as fault:  # its words may be the patient's: the log takes the kind alone
            places = "\n".join(places_of(fault.__traceback__))
            _log.error("What follows a saved action failed: %s\n%s", type(fault).__name__, places)
