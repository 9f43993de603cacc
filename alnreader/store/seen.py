"""What the journal of a case tells of the probabilities that its reader saw."""

from __future__ import annotations

from collections.abc import Iterable

from alnreader.case.errors import InvalidValueError
from alnreader.case.protocol import Event
from alnreader.case.score import SeenScore
from alnreader.store.journal import Entry

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
                found.append(SeenScore(entry.at, float(probability), float(threshold)))
            except InvalidValueError:  # of another program: it tells nothing
                continue
    return tuple(found)
