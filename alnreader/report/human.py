"""What the human said, for page 1 of the report."""

from __future__ import annotations

from datetime import datetime

from reportlab.platypus import Flowable

from alnreader.case.assessment import (
    PUBLISHED_CUT_OFFS,
    Assessment,
    CriteriaCutOffs,
    Decision,
    FinalRead,
    NodeCriteria,
    burden_grade,
    criteria_met,
)
from alnreader.case.protocol import HumanReading, ReadingMode, ReadingState
from alnreader.report import fonts, layout
from alnreader.report.layout import paragraph
from alnreader.report.sentences import NO_FINAL_READ, NO_FIRST_READ

_DECISIONS = {
    Decision.AGREE: "The first read stands.",
    Decision.CHANGED: "The first read was changed.",
    Decision.NO_FIRST_READ: "There was no first read: the score was shown from the start.",
}


def first_read(human: HumanReading | None, cut_offs: CriteriaCutOffs = PUBLISHED_CUT_OFFS) -> list[Flowable]:
    """Return what the reader said before the score was shown."""
    if human is not None and human.mode is ReadingMode.CONCURRENT:
        return [paragraph("Concurrent reading: the score was shown from the start, there is no first read.")]
    if human is None or human.first_read is None:
        return [paragraph(NO_FIRST_READ)]
    locked = "" if human.state is not ReadingState.DRAFT else " Not locked yet."
    return _assessment(human.first_read, cut_offs, locked)


def final_read(human: HumanReading | None, cut_offs: CriteriaCutOffs = PUBLISHED_CUT_OFFS) -> list[Flowable]:
    """Return the reader's last word, with its signatures, or lines for one."""
    if human is None:
        return [paragraph(NO_FINAL_READ), SignatureLines()]
    open_amendment = human.state is ReadingState.AMENDED
    if human.signed is None:
        if human.final_read is None:
            return [paragraph(NO_FINAL_READ), SignatureLines()]
        story = _final(human.final_read, cut_offs)
        return [*story, paragraph("This report is not signed."), SignatureLines()]
    story = _final(human.signed.final_read, cut_offs)
    for number, version in enumerate(human.versions):
        what = f"Amended and signed ({version.amendment_reason})" if number else "Signed"
        story.append(paragraph(f"{what} by {version.signed_by}, {_time(version.when)}.", bold=True))
    if open_amendment:
        reason = human.amendment_reason
        story.append(
            paragraph(f"An amendment is open and not signed ({reason}): the signed read above counts.")
        )
    return story


def _final(final: FinalRead, cut_offs: CriteriaCutOffs) -> list[Flowable]:
    reason = f" Reason: {final.reason}" if final.reason.strip() else ""
    return [*_assessment(final.assessment, cut_offs), paragraph(f"{_DECISIONS[final.decision]}{reason}")]


def _assessment(assessment: Assessment, cut_offs: CriteriaCutOffs, note: str = "") -> list[Flowable]:
    said = (
        f"{assessment.status.value.capitalize()}, confidence {assessment.confidence} of 100. "
        f"{assessment.reader}, {_time(assessment.when)}.{note}"
    )
    story: list[Flowable] = [paragraph(said)]
    noted = _noted(assessment.criteria)
    if noted:
        story.append(paragraph(f"Noted of the node: {noted}.", layout.SMALL))
    met = [
        f"{item.sentence} ({item.source})" for item in criteria_met(assessment.criteria, cut_offs) if item.met
    ]
    if met:
        story.append(paragraph(f"Criteria of suspicion met: {'; '.join(met)}.", layout.SMALL))
    grade = burden_grade(assessment.criteria, cut_offs)
    if grade is not None:
        story.append(paragraph(f"{grade.sentence} {grade.source}.", layout.SMALL))
    if assessment.remarks.strip():
        story.append(paragraph(f"Remarks: {assessment.remarks}", layout.SMALL))
    return story


def _noted(criteria: NodeCriteria) -> str:
    bulge = {None: "", True: "focal bulge", False: "no focal bulge"}[criteria.focal_bulge]
    parts = (
        f"cortex {criteria.cortex_mm:.1f} mm" if criteria.cortex_mm is not None else "",
        bulge,
        f"hilum {criteria.hilum.value}" if criteria.hilum else "",
        f"shape {criteria.shape.value}" if criteria.shape else "",
        f"outline {criteria.outline.value}" if criteria.outline else "",
        f"flow {criteria.vascularity.value}" if criteria.vascularity else "",
    )
    return ", ".join(part for part in parts if part)


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()


class SignatureLines(Flowable):
    """Three lines to be filled in by hand."""

    _WORDS = ("Reader", "Date and time", "Signature")
    _GAP = 14.0

    def wrap(self, room_x: float, room_y: float) -> tuple[float, float]:
        """Return the size."""
        return layout.WIDTH, 38.0

    def draw(self) -> None:
        """Draw it."""
        width = (layout.WIDTH - 2 * self._GAP) / len(self._WORDS)
        self.canv.setStrokeColor(layout.QUIET)
        self.canv.setFillColor(layout.QUIET)
        self.canv.setLineWidth(0.6)
        for place, word in enumerate(self._WORDS):
            x = place * (width + self._GAP)
            self.canv.line(x, 11, x + width, 11)
            fonts.draw(self.canv, x, 2, word, layout.SMALL_SIZE)
