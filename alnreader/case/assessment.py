"""What the human says: the judgement, the criteria it rests on, and the final word after the score was seen.

The program measures what it can and says which criteria are met; it never fills in a judgement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alnreader.case.errors import InvalidValueError
from alnreader.case.language import mark


class NodeStatus(StrEnum):
    """The axilla as the reader sees it."""

    NEGATIVE = "negative"
    INDETERMINATE = "indeterminate"
    SUSPICIOUS = "suspicious"


class Hilum(StrEnum):
    """The fatty hilum. ``NOT_SEEN``: the pictures do not show whether there is one."""

    PRESERVED = "preserved"
    DISPLACED = "displaced"
    LOST = "lost"
    NOT_SEEN = "not seen"


class NodeShape(StrEnum):
    """The node's shape."""

    OVAL = "oval"
    ROUND = "round"


class Outline(StrEnum):
    """The node's outline."""

    SMOOTH = "smooth"
    IRREGULAR = "irregular"


class Vascularity(StrEnum):
    """Flow in colour or power Doppler. ``HILAR`` is the usual one; ``ABNORMAL`` is peripheral or mixed."""

    NONE_SEEN = "none seen"
    HILAR = "hilar"
    ABNORMAL = "abnormal"


class Decision(StrEnum):
    """How the final read stands to the locked first read."""

    AGREE = "agree"
    CHANGED = "changed"
    NO_FIRST_READ = "no first read"


_CORTEX_SOURCE = "doi 10.5812/ijradiol-139030"
_RATIO_SOURCE = mark("often quoted mark, no single source")
_FEATURE_SOURCE = mark("general criterion, no cut-off")
_BURDEN_SOURCE = "doi 10.1186/s40644-019-0191-y, Table 3"


@dataclass(frozen=True)
class CriteriaCutOffs:
    """Cut-offs of the node criteria: the defaults are published, a site may set its own.

    Attributes
    ----------
    cortex_mm
        A thicker cortex is suspicious (doi 10.5812/ijradiol-139030).
    round_ratio
        A long by short axis below it is round (often quoted).
    burden_low_mm, burden_high_mm
        Grade 1 below the first, grade 3 from the second on, grade 2 between
        (doi 10.1186/s40644-019-0191-y, Table 3).
    """

    cortex_mm: float = 3.0
    round_ratio: float = 2.0
    burden_low_mm: float = 2.0
    burden_high_mm: float = 5.0

    def __post_init__(self) -> None:
        """Refuse cut-offs that cannot be met or that overlap."""
        for name in ("cortex_mm", "round_ratio", "burden_low_mm", "burden_high_mm"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InvalidValueError(f"The cut-off {name} is a positive number, not {value}.")
        if self.burden_low_mm >= self.burden_high_mm:
            raise InvalidValueError(
                f"The grades of nodal burden need {self.burden_low_mm} mm below {self.burden_high_mm} mm."
            )

    @property
    def cortex_source(self) -> str:
        """Where the cortex cut-off comes from, to be shown beside it."""
        return _source(self.cortex_mm == PUBLISHED_CUT_OFFS.cortex_mm, _CORTEX_SOURCE, "3 mm")

    @property
    def ratio_source(self) -> str:
        """Where the cut-off of the axes comes from, to be shown beside it."""
        return _source(self.round_ratio == PUBLISHED_CUT_OFFS.round_ratio, _RATIO_SOURCE, "2")

    @property
    def burden_published(self) -> bool:
        """Whether the grades are the published ones, so that their shares hold."""
        return (self.burden_low_mm, self.burden_high_mm) == (
            PUBLISHED_CUT_OFFS.burden_low_mm,
            PUBLISHED_CUT_OFFS.burden_high_mm,
        )

    @property
    def burden_source(self) -> str:
        """Where the grades come from, to be shown beside them."""
        return _source(self.burden_published, _BURDEN_SOURCE, "2 and 5 mm")


def _source(published: bool, source: str, value: str) -> str:
    """Name the source, or say that the number is not its."""
    words = mark("set by this site (default {value}: {what})")
    return source if published else words.format(value=value, what=source)


PUBLISHED_CUT_OFFS = CriteriaCutOffs()
"""The defaults."""


@dataclass(frozen=True)
class NodeCriteria:
    """What the reader noted of the most suspicious node. None: not noted.

    Attributes
    ----------
    cortex_mm
        Largest cortical thickness in mm, by caliper.
    focal_bulge
        Whether the cortex bulges at one place.
    hilum, shape, outline, vascularity
        As named.
    """

    cortex_mm: float | None = None
    focal_bulge: bool | None = None
    hilum: Hilum | None = None
    shape: NodeShape | None = None
    outline: Outline | None = None
    vascularity: Vascularity | None = None

    def __post_init__(self) -> None:
        """Refuse a thickness that is none."""
        if self.cortex_mm is not None and not (math.isfinite(self.cortex_mm) and self.cortex_mm >= 0):
            raise InvalidValueError(f"A cortex has a thickness in mm, not {self.cortex_mm}.")


@dataclass(frozen=True)
class Criterion:
    """Whether one criterion of suspicion is met.

    Attributes
    ----------
    code
        Short and stable, for programs.
    met
        None where the reader did not note, or could not see, what it takes.
    sentence
        The criterion with its cut-off, for the reader.
    source
        To be shown beside it.
    """

    code: str
    met: bool | None
    sentence: str
    source: str


@dataclass(frozen=True)
class BurdenGrade:
    """Grade of cortical change, and how often it came with a high nodal burden where it was published.

    Attributes
    ----------
    grade
        1, 2 or 3.
    share
        Share (0..1) of patients with three or more metastatic nodes; None where the site set its own
        cut-offs.
    sentence
        For the reader.
    source
        To be shown beside it.
    """

    grade: int
    share: float | None
    sentence: str
    source: str


# High nodal burden and all patients of grades 1 to 3 on ultrasound, clinically node-negative
# (doi 10.1186/s40644-019-0191-y, Table 3).
_BURDEN_COUNTS = ((3, 195), (8, 99), (8, 18))


def criteria_met(
    criteria: NodeCriteria,
    cut_offs: CriteriaCutOffs = PUBLISHED_CUT_OFFS,
    axis_ratio: float | None = None,
) -> tuple[Criterion, ...]:
    """Say of each criterion of suspicion whether what was noted meets it.

    Parameters
    ----------
    criteria
        What the reader noted.
    cut_offs
        The cut-offs in use.
    axis_ratio
        Long by short axis as measured (`Measurement.ratio`), None without an outline of the node.
    """
    cortex = None if criteria.cortex_mm is None else criteria.cortex_mm > cut_offs.cortex_mm
    hilum = None if criteria.hilum in (None, Hilum.NOT_SEEN) else criteria.hilum is Hilum.LOST
    ratio = None if axis_ratio is None else axis_ratio < cut_offs.round_ratio
    shape = None if criteria.shape is None else criteria.shape is NodeShape.ROUND
    outline = None if criteria.outline is None else criteria.outline is Outline.IRREGULAR
    flow = None if criteria.vascularity is None else criteria.vascularity is Vascularity.ABNORMAL
    cortex_sentence = mark("Cortex thicker than {limit} mm").format(limit=f"{cut_offs.cortex_mm:g}")
    ratio_words = mark("Long by short axis below {limit}, as measured")
    ratio_sentence = ratio_words.format(limit=f"{cut_offs.round_ratio:g}")
    return (
        Criterion("cortex", cortex, cortex_sentence, cut_offs.cortex_source),
        Criterion("focal_bulge", criteria.focal_bulge, mark("Focal bulge of the cortex"), _CORTEX_SOURCE),
        Criterion("hilum_lost", hilum, mark("Fatty hilum lost"), _FEATURE_SOURCE),
        Criterion("round_shape", shape, mark("Round shape"), _FEATURE_SOURCE),
        Criterion("axis_ratio", ratio, ratio_sentence, cut_offs.ratio_source),
        Criterion("irregular_outline", outline, mark("Irregular outline"), _FEATURE_SOURCE),
        Criterion("abnormal_flow", flow, mark("Abnormal flow"), _FEATURE_SOURCE),
    )


def burden_grade(
    criteria: NodeCriteria, cut_offs: CriteriaCutOffs = PUBLISHED_CUT_OFFS
) -> BurdenGrade | None:
    """Grade the cortical change, or return None where what was noted does not settle the grade.

    A thin cortex alone settles nothing: a lost hilum makes it grade 3, so the hilum must have been seen.
    """
    low, high = cut_offs.burden_low_mm, cut_offs.burden_high_mm
    cortex, hilum = criteria.cortex_mm, criteria.hilum
    if hilum is Hilum.LOST or (cortex is not None and cortex >= high):
        grade, words = 3, mark("cortex of {high} mm or more, or hilum lost")
    elif cortex is None or hilum in (None, Hilum.NOT_SEEN):
        return None
    elif cortex < low:
        grade, words = 1, mark("cortex below {low} mm")
    else:
        grade, words = 2, mark("cortex from {low} to below {high} mm")
    what = words.format(low=f"{low:g}", high=f"{high:g}")
    if not cut_offs.burden_published:
        sentence = mark("Grade {grade} ({what}).").format(grade=grade, what=what)
        return BurdenGrade(grade, None, sentence, cut_offs.burden_source)
    some, everyone = _BURDEN_COUNTS[grade - 1]
    share = some / everyone
    words = mark("Grade {grade} ({what}): high nodal burden in {share} ({some} of {everyone}) as published.")
    sentence = words.format(grade=grade, what=what, share=f"{share:.1%}", some=some, everyone=everyone)
    return BurdenGrade(grade, share, sentence, cut_offs.burden_source)


@dataclass(frozen=True)
class Assessment:
    """A reader's judgement of one case.

    Attributes
    ----------
    status
        The judgement.
    confidence
        In it, 0 to 100.
    reader
        Who judged.
    when
        With time zone.
    criteria
        What it rests on.
    remarks
        Free text.
    """

    status: NodeStatus
    confidence: int
    reader: str
    when: datetime
    criteria: NodeCriteria = NodeCriteria()
    remarks: str = ""

    def __post_init__(self) -> None:
        """Refuse a judgement without a reader, a time or a confidence in range."""
        whole = isinstance(self.confidence, int) and not isinstance(self.confidence, bool)
        if not whole or not 0 <= self.confidence <= 100:
            raise InvalidValueError(f"A confidence is a whole number from 0 to 100, not {self.confidence!r}.")
        require_signature(self.reader, self.when)

    def same_judgement(self, other: Assessment) -> bool:
        """Whether status, confidence and criteria agree; remarks, reader and time may differ."""
        return (self.status, self.confidence, self.criteria) == (
            other.status,
            other.confidence,
            other.criteria,
        )


@dataclass(frozen=True)
class FinalRead:
    """The reader's last word, beside the first read that it confirms or changes.

    Attributes
    ----------
    assessment
        The last word.
    first
        The locked first read; None in a concurrent reading, which has none.
    reason
        Why the judgement was changed. Needed if it was.
    """

    assessment: Assessment
    first: Assessment | None
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a change without a reason."""
        if self.decision is Decision.CHANGED and not self.reason.strip():
            raise InvalidValueError("The final read differs from the first read: give the reason.")

    @property
    def decision(self) -> Decision:
        """Whether the first read stands. Any change of status, confidence or criteria is a change."""
        if self.first is None:
            return Decision.NO_FIRST_READ
        return Decision.AGREE if self.assessment.same_judgement(self.first) else Decision.CHANGED


def require_signature(reader: str, when: datetime) -> None:
    """Refuse an entry that nobody made, or made at no time that another clinic could tell.

    Raises
    ------
    InvalidValueError
        If the name is empty or the time has no zone.
    """
    if not reader.strip():
        raise InvalidValueError("The reader's name is missing.")
    if when.utcoffset() is None:
        raise InvalidValueError(f"The time {when.isoformat()} has no time zone.")
