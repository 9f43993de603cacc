"""What the journal of a case tells of the probabilities that its reader saw."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from alnreader.case.protocol import Event
from alnreader.case.score import SeenScore
from alnreader.store.journal import Entry

SHOWN_AT = "shown_at"
"""Detail of a score: when it came to the screen. The entry itself may have waited for the disk."""

SCORED = "scored"
"""The action of a score: it is made only where it may be seen, so one in the journal was on the screen."""


def seen_scores(entries: Iterable[Entry]) -> tuple[SeenScore, ...]:
    """Return the probabilities that a journal tells of, the oldest first; none that is not whole."""
    found = []
    for entry in entries:
        probability, threshold = (entry.details.get(name) for name in ("probability", "threshold"))
        if entry.event != Event.RESCORE or entry.action != SCORED:
            continue
        if isinstance(probability, int | float) and isinstance(threshold, int | float):
            try:
                found.append(SeenScore(_shown_at(entry), float(probability), float(threshold)))
            except ValueError:  # of another program: it tells nothing
                continue
    return tuple(found)


def _shown_at(entry: Entry) -> datetime:
    told = entry.details.get(SHOWN_AT)
    when = datetime.fromisoformat(told) if isinstance(told, str) else entry.at
    return entry.at if when.utcoffset() is None else when
