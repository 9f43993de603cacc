"""Why a report names no probability, and what its reader saw all the same."""

from __future__ import annotations

from datetime import datetime

from alnreader.case.case import Reading
from alnreader.case.clock import NO_DATE
from alnreader.case.language import mark, told, tr
from alnreader.case.protocol import ReadingState
from alnreader.case.score import SeenScore
from alnreader.report.sentences import HIDDEN, NO_MODEL, percent, telling_digits

_SEEN = mark(
    "A probability was revealed to the reader: {probability} (threshold {threshold}), of the case as "
    "it was then."
)
_SEEN_AT = mark(
    "A probability was revealed to the reader: {probability} (threshold {threshold}) on {time}, of the "
    "case as it was then."
)
_NONE_SIGNED = mark("No probability belongs to what is signed: it was signed without one.")
_NONE_NOW = mark("There is no probability of the case as it is now.")
OPEN_AMENDMENT = mark(
    "The open amendment is not signed: score, outlines and images in this report are those of the amendment."
)


def without_score(reading: Reading) -> str:
    """Return the sentences that stand in place of a probability.

    Parameters
    ----------
    reading
        Whose score is missing, or not to be seen yet.
    """
    human = reading.human
    if human is not None and not human.score_visible:
        return tr(HIDDEN)
    seen = reading.last_seen
    if seen is None and (human is None or reading.model is None):
        return tr(NO_MODEL)
    signed = human is not None and human.state is ReadingState.SIGNED
    sentences = [] if seen is None else [_seen_words(seen)]
    sentences.append(tr(_NONE_SIGNED) if signed else tr(_NONE_NOW))
    if reading.no_score:
        sentences.append(tr("Reason: {reason}").format(reason=told(reading.no_score)))
    return " ".join(sentences)


def _seen_words(seen: SeenScore) -> str:
    digits = telling_digits(seen.probability, seen.threshold)
    return tr(_SEEN if seen.when == NO_DATE else _SEEN_AT).format(
        probability=percent(seen.probability, digits),
        threshold=percent(seen.threshold, digits),
        time=_minute(seen.when),
    )


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()
