"""Trying again, with pauses that grow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from alnreader.case.progress import CancelToken

Sleep = Callable[[float], object]
"""Waits so many seconds."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and after which pauses.

    Attributes
    ----------
    attempts
        Tries in all, without progress in between.
    first, factor, longest
        The first pause in seconds, what each further one is multiplied by, and the longest.
    """

    attempts: int = 4
    first: float = 2.0
    factor: float = 2.0
    longest: float = 60.0

    def pause(self, failed: int) -> float:
        """Return the seconds to wait after so many failed attempts (1: the first has failed)."""
        # The exponent is bounded: a queue that has failed for years must not overflow.
        return float(min(self.longest, self.first * self.factor ** min(max(0, failed - 1), 64)))


INTERACTIVE = RetryPolicy()
"""Someone is waiting: give up after some 14 seconds of pauses."""

BACKGROUND = RetryPolicy(attempts=12, first=15.0, factor=2.0, longest=3600.0)
"""The export queue: some four hours of pauses, a night's maintenance, before a person must look."""


def sleeper(token: CancelToken, sleep: Sleep | None = None) -> Sleep:
    """Return how to wait: as asked, or so that a stop ends the pause at once with CancelledError."""

    def wait(seconds: float) -> None:
        if sleep is not None:
            sleep(seconds)
        else:
            token.wait(seconds)
        token.check()

    return wait
