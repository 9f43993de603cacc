"""The sentences a reader gets about a score: the same words in the window and on paper."""

from __future__ import annotations

from alnreader.case.case import Reading
from alnreader.case.language import mark, told, tr
from alnreader.case.region import RegionKind
from alnreader.case.score import DEMONSTRATION_BANNER, SITE_OPERATING_POINT, ModelSummary, Score

NO_FIRST_READ = mark("No first read was entered.")
NO_FINAL_READ = mark("No final read was entered. This report is not signed.")
NO_MODEL = mark(
    "No model was loaded: there is no second reading. Regions and measurements stand by themselves."
)
NO_IMAGE = mark("No image counts: there is no probability of this patient.")
HIDDEN = mark("The score is hidden until the first read is locked and the score revealed.")
HEAT_MAP_CAPTION = mark("where the network looked, not proof")
"""These are in English: `tr` says them where they are shown."""

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
    """Return the interval as ``25–38 %``; empty where it has no width: not known yet, or nothing to say."""
    if score.interval[0] == score.interval[1]:
        return ""
    low, high = (f"{100.0 * end:.{digits}f}" for end in score.interval)
    return f"{low}–{high} %" if low != high else f"{low} %"


def verdict(score: Score) -> str:
    """Return the score as one plain sentence, with the operating point and what it was found to do."""
    if score.of_no_image:
        return tr(NO_IMAGE)
    digits = telling_digits(score.probability, score.threshold)
    site = score.run.model.operating_point == SITE_OPERATING_POINT
    if score.probability > score.threshold:
        above = tr("{probability}: above this model's threshold of {threshold}")
        sentence = tr("{probability}: above this site's threshold of {threshold}") if site else above
    elif score.above_threshold:
        at = tr("{probability}: at this model's threshold of {threshold}, which counts as above")
        own = tr("{probability}: at this site's threshold of {threshold}, which counts as above")
        sentence = own if site else at
    else:
        below = tr("{probability}: below this model's threshold of {threshold}")
        sentence = tr("{probability}: below this site's threshold of {threshold}") if site else below
    number, interval = percent(score.probability, digits), interval_words(score, digits)
    if interval:
        number = tr("{probability} ({interval})").format(probability=number, interval=interval)
    said = sentence.format(probability=number, threshold=percent(score.threshold, digits))
    known = operating_point_words(score.run.model)
    whole = tr("{place}, at which it {known}.") if known else tr("{place}.")
    return whole.format(place=said, known=known)


def operating_point_words(model: ModelSummary) -> str:
    """Return what the operating point was found to do, empty where nothing is published."""
    if model.sensitivity is not None and model.specificity is not None:
        words = tr("found {found} of metastatic axillae and cleared {cleared} of the others")
    elif model.sensitivity is not None:
        words = tr("found {found} of metastatic axillae")
    elif model.specificity is not None:
        words = tr("cleared {cleared} of the others")
    else:
        return ""
    words = words.format(found=percent(model.sensitivity or 0.0), cleared=percent(model.specificity or 0.0))
    where = tr("{known} in {data}") if model.chosen_on else "{known}"
    return where.format(known=words, data=told(model.chosen_on))


def kind_words(kind: RegionKind) -> str:
    """Return what is outlined, as a person writes it within a sentence."""
    return tr("tumour") if kind is RegionKind.TUMOUR else tr("lymph node")


def summary(reading: Reading) -> str:
    """Return what a terminal shows of a reading: the patient, the verdict, and what limits it."""
    images, skipped = len(reading.case.images), len(reading.skipped)
    head = tr("{patient}: 1 image") if images == 1 else tr("{patient}: {images} images")
    lines = [head.format(patient=reading.case.patient.label, images=images)]
    if reading.score is not None:
        words = "{verdict}"
        if not reading.score.of_no_image:
            words = tr("Probability of axillary lymph node metastasis {verdict}")
        lines.append("  " + words.format(verdict=verdict(reading.score)))
        lines += [f"  {told(warning.message)}" for warning in reading.score.warnings]
        if reading.score.run.model.demonstration:
            lines.append(f"  {tr(DEMONSTRATION_BANNER)}")
    if skipped:
        files = tr("1 file was not read:") if skipped == 1 else tr("{files} files were not read:")
        lines.append("  " + files.format(files=skipped))
        lines += [f"    {skip.path}: {told(skip.reason)}" for skip in reading.skipped[:_MOST_SKIPPED]]
        if skipped > _MOST_SKIPPED:
            more = tr("and {files} more, which the JSON document lists (--json).")
            lines.append("    " + more.format(files=skipped - _MOST_SKIPPED))
    return "\n".join(lines)
