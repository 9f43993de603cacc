"""What the commands show in a terminal while they work."""

from __future__ import annotations

import sys
import time

LINE_SECONDS = 10.0
"""Between two lines where the standard error stream is no terminal, as in a log of a nightly transfer."""


class Bar:
    """A progress bar on the standard error stream, silent where that is not a terminal.

    Parameters
    ----------
    title, unit
        What is done, with what.
    lines
        Write a line now and then where there is no terminal.
    """

    def __init__(self, title: str, unit: str, *, lines: bool = False) -> None:
        """Show nothing done."""
        from tqdm import tqdm

        self._title, self._unit = title, unit
        self._lines = lines and not sys.stderr.isatty()
        self._told = time.monotonic()
        self._bar = tqdm(desc=title, unit=unit, disable=None, leave=False)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Show how far it is, and of what."""
        if self._lines and time.monotonic() - self._told >= LINE_SECONDS:
            self._told = time.monotonic()
            sys.stderr.write(f"{self._title}: {done} of {total} {self._unit}s\n")
        self._bar.total = total or None
        self._bar.n = done
        self._bar.set_postfix_str(message[-40:], refresh=True)
