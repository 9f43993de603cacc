"""Which model outlined a kept case: its objects name it also where it has no score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alnreader.case.errors import InvalidValueError
from alnreader.case.protocol import Event
from alnreader.case.score import ModelSummary
from alnreader.store.journal import Entry
from alnreader.store.plain import from_plain, to_plain
from alnreader.store.snapshot import Snapshot

_KEY = "model"


def proposer_details(model: ModelSummary) -> dict[str, object]:
    """Return the details by which a journal entry of an outline tells of its model."""
    return {_KEY: to_plain(model)}


def proposer_of(snapshot: Snapshot, entries: Iterable[Entry]) -> ModelSummary | None:
    """Return the model that the case was read with last: of its scores, else as its journal tells.

    None where neither tells of one.
    """
    scores = (snapshot.score, *(signed.score for signed in reversed(snapshot.signed)))
    for score in scores:
        if score is not None:
            return score.run.model
    for entry in reversed(tuple(entries)):
        told = entry.details.get(_KEY)
        if entry.event == Event.PROPOSE and isinstance(told, Mapping):
            try:
                model: ModelSummary = from_plain(ModelSummary, told)
            except InvalidValueError:  # of another program: it tells nothing
                continue
            return model
    return None
