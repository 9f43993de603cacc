"""The sentences a reader gets about a score: the same words in the window and on paper."""

from __future__ import annotations

from alnreader.case.case import Reading
from alnreader.case.score import DEMONSTRATION_BANNER, SITE_OPERATING_POINT, ModelSummary, Score

NO_FIRST_READ = "No first read was entered."
NO_FINAL_READ = "No final read was entered. This report is not signed."
NO_MODEL = "No model was loaded: there is no second reading. Regions and measurements stand by themselves."
HIDDEN = "The score is hidden until the first read is locked and the score revealed."
HEAT_MAP_CAPTION = "where the network looked, not proof"

_MOST_SKIPPED = 5
"""Files that a terminal shows with their reason, for each patient."""

_MAXIMUM_DIGITS = 4
"""Decimals of a percentage at most; a probability is rounded to six decimals in the JSON document."""


def percent(value: float, digits: int = 0) -> str:
    """Return ``0.312`` as ``31 %``. What is not quite 0 or 1 never reads as 0 % or 100 %."""
    least = 10.0**-digits
    shown = round(100.0 * value, digits)
    if value > 0.0 and shown <= 0.0:
        return f"< {least:.{digits}f} %"
    if value < 1.0 and shown >= 100.0:
        return f"> {100.0 - least:.{digits}f} %"
    return f"{shown:.{digits}f} %"


def points(value: float) -> str:
    """Return a contribution as signed percentage points: ``0.0412`` as ``+4.1``."""
    shown = round(100.0 * value, 1)
    if shown == 0.0:
        return "0.0"
    return f"{'+' if shown > 0 else '−'}{abs(shown):.1f}"


def telling_digits(probability: float, threshold: float) -> int:
    """Return the fewest decimals at which two different probabilities do not read alike."""
    for digits in range(_MAXIMUM_DIGITS):
        if probability == threshold or percent(probability, digits) != percent(threshold, digits):
            return digits
    return _MAXIMUM_DIGITS


def interval_words(score: Score, digits: int = 0) -> str:
    """Return the interval as ``25–38 %``."""
    low, high = (f"{100.0 * end:.{digits}f}" for end in score.interval)
    return f"{low}–{high} %" if low != high else f"{low} %"


def verdict(score: Score) -> str:
    """Return the score as one plain sentence, with the operating point and what it was found to do."""
    digits = telling_digits(score.probability, score.threshold)
    whose = "this site's" if score.run.model.operating_point == SITE_OPERATING_POINT else "this model's"
    threshold = f"{whose} threshold of {percent(score.threshold, digits)}"
    if score.probability > score.threshold:
        place = f"above {threshold}"
    elif score.above_threshold:
        place = f"at {threshold}, which counts as above"
    else:
        place = f"below {threshold}"
    known = operating_point_words(score.run.model)
    return (
        f"{percent(score.probability, digits)} ({interval_words(score, digits)}): {place}"
        f"{f', at which it {known}' if known else ''}."
    )


def operating_point_words(model: ModelSummary) -> str:
    """Return what the operating point was found to do, empty where nothing is published."""
    found = []
    if model.sensitivity is not None:
        found.append(f"found {percent(model.sensitivity)} of metastatic axillae")
    if model.specificity is not None:
        found.append(f"cleared {percent(model.specificity)} of the others")
    if not found:
        return ""
    return " and ".join(found) + (f" in {model.chosen_on}" if model.chosen_on else "")


def summary(reading: Reading) -> str:
    """Return what a terminal shows of a reading: the patient, the verdict, and what limits it."""
    images, skipped = len(reading.case.images), len(reading.skipped)
    lines = [f"{reading.case.patient.label}: {images} image{'' if images == 1 else 's'}"]
    if reading.score is not None:
        lines.append(f"  Probability of axillary lymph node metastasis {verdict(reading.score)}")
        lines += [f"  {warning.message}" for warning in reading.score.warnings]
        if reading.score.run.model.demonstration:
            lines.append(f"  {DEMONSTRATION_BANNER}")
    if skipped:
        files = "1 file was" if skipped == 1 else f"{skipped} files were"
        lines.append(f"  {files} not read:")
        lines += [f"    {skip.path}: {skip.reason}" for skip in reading.skipped[:_MOST_SKIPPED]]
        if skipped > _MOST_SKIPPED:
            lines.append(f"    and {skipped - _MOST_SKIPPED} more, which the JSON document lists (--json).")
    return "\n".join(lines)
