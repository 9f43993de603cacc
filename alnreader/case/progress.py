"""How long work tells what it has done, and how it is stopped: arguments, not globals."""

from __future__ import annotations

import threading
from typing import Protocol

from alnreader.case.errors import CancelledError


class Progress(Protocol):
    """Called from the working thread with what is done, what there is to do (0: unknown), and a word."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Take one report."""


def no_progress(done: int, total: int, message: str = "") -> None:
    """Take a report and do nothing."""


class CancelToken:
    """A request to stop that one thread makes and another one heeds."""

    def __init__(self) -> None:
        """Start as not cancelled."""
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether a stop was asked for."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a stop is asked for; return whether one was."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise CancelledError where a stop was asked for."""
        if self._event.is_set():
            raise CancelledError("Stopped. What was finished before is kept.")
