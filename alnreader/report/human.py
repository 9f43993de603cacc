"""What the human said, for page 1 of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from reportlab.platypus import Flowable

from alnreader.case.assessment import (
    PUBLISHED_CUT_OFFS,
    Assessment,
    CriteriaCutOffs,
    Decision,
    FinalRead,
    Hilum,
    NodeCriteria,
    NodeShape,
    Outline,
    Vascularity,
    burden_grade,
    criteria_met,
)
from alnreader.case.clock import NO_DATE
from alnreader.case.language import mark, told, tr
from alnreader.case.protocol import HumanReading, ReadingMode, ReadingState
from alnreader.report import fonts, layout
from alnreader.report.layout import paragraph
from alnreader.report.sentences import NO_FINAL_READ, NO_FIRST_READ, percent

_DECISIONS = {
    Decision.AGREE: mark("The first read stands."),
    Decision.CHANGED: mark("The first read was changed."),
    Decision.NO_FIRST_READ: mark("There was no first read: the score was shown from the start."),
}


def first_read(
    human: HumanReading | None, cut_offs: CriteriaCutOffs, ratios: Mapping[str, float]
) -> list[Flowable]:
    """Return what the reader said before the score was shown.

    `ratios` are long by short axis of each outlined node, by its name: the criterion that is measured.
    """
    if human is not None and human.mode is ReadingMode.CONCURRENT:
        words = tr("Concurrent reading: the score was shown from the start, there is no first read.")
        return [paragraph(words)]
    if human is None or human.first_read is None:
        return [paragraph(tr(NO_FIRST_READ))]
    if human.state is ReadingState.DRAFT:
        mode = tr("Blinded reading. Not locked yet.")
    else:
        mode = tr("Blinded reading: locked before the score could be seen.")
    return [*_assessment(human.first_read, cut_offs, mode), *_round_nodes(ratios, cut_offs)]


def _round_nodes(ratios: Mapping[str, float], cut_offs: CriteriaCutOffs) -> list[Flowable]:
    """Name the outlined nodes that are round by what was measured."""
    met = [f"{name} ({ratio:.2f})" for name, ratio in ratios.items() if ratio < cut_offs.round_ratio]
    if not met:
        return []
    words = tr(
        "Long by short axis below {limit}, as measured on the outlines of this report: {nodes} ({source})."
    )
    said = words.format(
        limit=f"{cut_offs.round_ratio:g}",
        nodes=tr(", ").join(met),
        source=told(cut_offs.ratio_source),
    )
    return [paragraph(said, layout.SMALL)]


def final_read(
    human: HumanReading | None,
    cut_offs: CriteriaCutOffs = PUBLISHED_CUT_OFFS,
    probabilities: Sequence[float | None] = (),
) -> list[Flowable]:
    """Return what was signed, each version with its own signature, or lines for one.

    Parameters
    ----------
    human
        The reading.
    cut_offs
        Of the criteria.
    probabilities
        What each version stands beside, as `Reading.signed_probabilities`; empty where it is not known.
    """
    if human is None:
        return [paragraph(tr(NO_FINAL_READ)), SignatureLines()]
    open_amendment = human.state is ReadingState.AMENDED
    if human.signed is None:
        if human.final_read is None:
            return [paragraph(tr(NO_FINAL_READ)), SignatureLines()]
        story = _final(human.final_read, cut_offs)
        return [*story, paragraph(tr("This report is not signed.")), SignatureLines()]
    several = open_amendment or len(human.versions) > 1
    story = []
    for number, version in enumerate(human.versions):
        if len(human.versions) > 1:
            title = tr("Amendment {number}").format(number=number) if number else tr("As signed first")
            if version is human.signed:
                title = tr("{version}: this read counts").format(version=title)
            story.append(paragraph(title, layout.SUBHEADING, bold=True))
        begin = len(story)
        story += _final(version.final_read, cut_offs)
        words = (
            tr("Amended and signed ({why}) by {name}, {time}.") if number else tr("Signed by {name}, {time}.")
        )
        said = words.format(why=version.amendment_reason, name=version.signed_by, time=_time(version.when))
        story.append(paragraph(said, bold=True))
        if several and len(probabilities) == len(human.versions):
            story.append(paragraph(_stands_beside(probabilities[number]), layout.SMALL))
        for part in story[begin:-1]:
            part.keepWithNext = 1  # no signature on another page than what it signed
    if open_amendment:
        words = tr("An amendment is open and not signed ({why}): the signed read above counts.")
        story.append(paragraph(words.format(why=human.amendment_reason)))
    return story


def _stands_beside(probability: float | None) -> str:
    if probability is None:
        return tr("No probability of the second reader belongs to it.")
    return tr("The second reader's probability at this signature: {probability}.").format(
        probability=percent(probability)
    )


def _final(final: FinalRead, cut_offs: CriteriaCutOffs) -> list[Flowable]:
    said = tr(_DECISIONS[final.decision])
    if final.reason.strip():
        said = tr("{decision} Reason: {why}").format(decision=said, why=final.reason)
    assessment, first = final.assessment, final.first
    details = (assessment.criteria, assessment.remarks)
    if first is None or details != (first.criteria, first.remarks) or details == (NodeCriteria(), ""):
        return [*_assessment(assessment, cut_offs), paragraph(said)]
    same = paragraph(tr("Criteria and remarks are those of the first read."), layout.SMALL)
    return [_judgement(assessment), same, paragraph(said)]


def _assessment(assessment: Assessment, cut_offs: CriteriaCutOffs, note: str = "") -> list[Flowable]:
    story: list[Flowable] = [_judgement(assessment, note)]
    noted = _noted(assessment.criteria)
    if noted:
        story.append(paragraph(tr("Noted of the node: {noted}.").format(noted=noted), layout.SMALL))
    met = [
        tr("{criterion} ({source})").format(criterion=told(item.sentence), source=told(item.source))
        for item in criteria_met(assessment.criteria, cut_offs)
        if item.met
    ]
    if met:
        words = tr("Criteria of suspicion met: {criteria}.").format(criteria=tr("; ").join(met))
        story.append(paragraph(words, layout.SMALL))
    grade = burden_grade(assessment.criteria, cut_offs)
    if grade is not None:
        story.append(paragraph(f"{told(grade.sentence)} {told(grade.source)}.", layout.SMALL))
    if assessment.remarks.strip():
        story.append(paragraph(tr("Remarks: {text}").format(text=assessment.remarks), layout.SMALL))
    return story


def _judgement(assessment: Assessment, note: str = "") -> Flowable:
    said = tr("{status}, confidence {confidence} of 100. {reader}, {time}.").format(
        status=tr(assessment.status.value.capitalize()),
        confidence=assessment.confidence,
        reader=assessment.reader,
        time=_time(assessment.when),
    )
    return paragraph(f"{said} {note}".rstrip())


def _noted(criteria: NodeCriteria) -> str:
    bulge = {None: "", True: tr("focal bulge"), False: tr("no focal bulge")}[criteria.focal_bulge]
    cortex = "" if criteria.cortex_mm is None else tr("cortex {mm} mm").format(mm=f"{criteria.cortex_mm:.1f}")
    # Written out, so that each is translated as a whole.
    hilum = {
        Hilum.PRESERVED: tr("hilum preserved"),
        Hilum.DISPLACED: tr("hilum displaced"),
        Hilum.LOST: tr("hilum lost"),
        Hilum.NOT_SEEN: tr("hilum not seen"),
    }
    shape = {NodeShape.OVAL: tr("shape oval"), NodeShape.ROUND: tr("shape round")}
    outline = {Outline.SMOOTH: tr("outline smooth"), Outline.IRREGULAR: tr("outline irregular")}
    flow = {
        Vascularity.NONE_SEEN: tr("flow none seen"),
        Vascularity.HILAR: tr("flow hilar"),
        Vascularity.ABNORMAL: tr("flow abnormal"),
    }
    parts = (
        cortex,
        bulge,
        hilum[criteria.hilum] if criteria.hilum else "",
        shape[criteria.shape] if criteria.shape else "",
        outline[criteria.outline] if criteria.outline else "",
        flow[criteria.vascularity] if criteria.vascularity else "",
    )
    return tr(", ").join(part for part in parts if part)


def _time(when: datetime) -> str:
    if when == NO_DATE:
        return tr("time removed")
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()


class SignatureLines(Flowable):
    """Three lines to be filled in by hand."""

    _WORDS = (mark("Reader"), mark("Date and time"), mark("Signature"))
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
            fonts.draw(self.canv, x, 2, tr(word), layout.SMALL_SIZE)
