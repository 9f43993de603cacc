"""Python's search for unused cycles, in the window's thread only.

The interpreter searches in whatever thread makes the next object. A closed dialog is often part of a cycle;
found by a thread of a pool, its timers end there, which Qt forbids; the program ends (decision 0229).
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyqtgraph.util.garbage_collector import GarbageCollector


def collect_in_this_thread() -> GarbageCollector:
    """Search from now on with a timer of this thread, and not among what the start has made.

    Returns
    -------
    GarbageCollector
        Searches as long as it is kept; it must be let go in this thread.
    """
    from pyqtgraph.util.garbage_collector import GarbageCollector  # the window's front needs no pyqtgraph

    gc.freeze()
    return GarbageCollector()
