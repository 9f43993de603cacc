"""A run's sentences and its progress bar on the standard error stream."""

from __future__ import annotations

import sys
from typing import Any


class Console:
    """One bar at a time below the sentences; only sentences where the stream is no terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._words = ""

    def report(self, message: str) -> None:
        """Write a sentence above the bar."""
        if self._bar is not None:
            self._bar.clear()
        sys.stderr.write(message + "\n")
        sys.stderr.flush()

    def progress(self, done: int, total: int, words: str) -> None:
        """Move the bar; a new one is begun where `words` or `total` change, and a full one goes away."""
        if self._bar is not None and (words != self._words or total != self._bar.total):
            self.close()
        if done >= total:
            self.close()
            return
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(desc=words, total=total, initial=0, disable=None, leave=False)
            self._words = words
        self._bar.n = done
        self._bar.refresh() if done == 0 else self._bar.update(0)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
