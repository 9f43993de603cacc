"""Ctrl-C stops a command even where Python loses it.

An interrupt is an exception, raised wherever the program happens to be. In a destructor or a callback that C
called nobody can catch it: Python prints it, and the program goes on to its end. It is asked for again then.
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN_SECONDS = 0.05
"""Until a lost interrupt comes again: the destructor has ended by then. If not, it is lost and comes again,
too."""


@contextmanager
def heeding_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt once more, as often as it is lost within."""
    former = sys.unraisablehook
    ended, asking = threading.Event(), threading.Event()

    def ask_again() -> None:
        if not ended.wait(AGAIN_SECONDS):
            asking.clear()  # this one may be lost as well
            _thread.interrupt_main()

    def lost(what: UnraisableHookArgs) -> None:
        if ended.is_set() or not issubclass(what.exc_type, KeyboardInterrupt):
            former(what)
        elif not asking.is_set():  # one is enough: a second would come when the command has ended already
            asking.set()
            threading.Thread(target=ask_again, name="alnreader-interrupt", daemon=True).start()

    sys.unraisablehook = lost
    try:
        yield
    finally:
        ended.set()
        sys.unraisablehook = former
