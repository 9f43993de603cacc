"""The report as a PDF: page 1 is the answer, then the pictures, then how it was made."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from datetime import date

from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    KeepTogether,
    PageBreak,
    Spacer,
    Table,
    TableStyle,
)

import alnreader
from alnreader.case.case import Reading
from alnreader.case.clock import now
from alnreader.case.patient import Patient
from alnreader.case.score import Score
from alnreader.report import fonts, human, layout, pictures
from alnreader.report.charts import ContributionChart, ContributionRow, ScaleChart
from alnreader.report.layout import bullet, cut, heading, paragraph
from alnreader.report.pictures import Prepared
from alnreader.report.record import model_card, run_record, skipped_files
from alnreader.report.sentences import HIDDEN, NO_MODEL, percent, points, verdict
from alnreader.report.visible import shown

_MOST_WARNINGS = 7
"""Limits on page 1 at most; all of them stand further back then."""

_FEWEST_ROWS, _MOST_ROWS = 3, 12
"""Images in the chart of page 1."""


def render_pdf(reading: Reading, dated: bool = True) -> bytes:
    """Return the report of one patient.

    Images are decoded one at a time. With ``SOURCE_DATE_EPOCH`` set, the same input gives the same bytes.
    Not ``dated`` it says nowhere when it was made: near the day of the examination, mostly.

    Raises
    ------
    UnreadableInputError
        If an image can no longer be decoded.
    InvalidValueError
        If a heat map does not fit its picture.
    """
    fonts.register()
    # The model is named even where its score is still hidden.
    section = _section(reading)
    story = _patient(shown(reading), section, dated)
    stream = io.BytesIO()
    document = BaseDocTemplate(
        stream,
        pageTemplates=[layout.page_template(section)],
        title="ALN Reader report",
        subject="Second reading of breast and axillary ultrasound",
        author=f"ALN Reader {alnreader.__version__}",
        creator=f"ALN Reader {alnreader.__version__}",
        lang="en",
        invariant=1 if "SOURCE_DATE_EPOCH" in os.environ or not dated else None,
    )
    document.build(story, canvasmaker=layout.NumberedCanvas)
    return stream.getvalue()


def _section(reading: Reading) -> layout.Section:
    patient = reading.case.patient
    sites = dict.fromkeys(study.institution for study in reading.case.studies if study.institution)
    identity = [f"ID {patient.patient_id}"] if str(patient.name) else []
    if patient.birth_date:
        identity.append(f"born {patient.birth_date.isoformat()}")
    model = reading.score.run.model if reading.score else reading.model
    program = f"ALN Reader {reading.score.run.program_version if reading.score else alnreader.__version__}"
    return layout.Section(
        site=reading.site or "; ".join(sites) or "Site not recorded",
        patient=patient.label,
        identity="".join(f" · {part}" for part in identity),
        model=f"{program} · no model"
        if model is None
        else f"{program} · model {model.name} {model.version} ({model.sha256[:12]})"
        + (" · Demonstration model" if model.demonstration else ""),
        demonstration=model is not None and model.demonstration,
    )


def _patient(reading: Reading, section: layout.Section, dated: bool) -> list[Flowable]:
    prepared = [
        pictures.prepare(reading, number, image) for number, image in enumerate(reading.case.images, start=1)
    ]
    limits = _limits(reading, prepared)
    made = f"Report made {now().strftime('%Y-%m-%d %H:%M %Z')}" if dated else "Without identity and dates"
    story = _answer(reading, section, prepared, limits, made)
    story.append(PageBreak())
    if prepared:
        story += [heading("Pictures"), paragraph(pictures.LEGEND, layout.QUIET_SMALL)]
        for one in prepared:
            blocks = pictures.blocks(one)
            # A table of very many regions may run on to the next page; picture and caption never part.
            fits = layout.height_of(blocks) < layout.frame_height(section)
            story += [KeepTogether(blocks)] if fits else blocks
    if len(limits) > _MOST_WARNINGS:
        story += [heading("All limits and warnings"), *(bullet(limit) for limit in limits)]
    story += skipped_files(reading.skipped)
    story += model_card(reading.score)
    story += run_record(reading)
    return story


def _answer(
    reading: Reading, section: layout.Section, prepared: Sequence[Prepared], limits: Sequence[str], made: str
) -> list[Flowable]:
    """Return page 1. The chart of contributions takes the room that the rest leaves."""
    before: list[Flowable] = [
        paragraph("Second reading of breast and axillary ultrasound", layout.TITLE, bold=True),
        paragraph(made, layout.QUIET_SMALL),
        Spacer(1, 5),
        _identity(reading, prepared),
        heading("First read"),
        *human.first_read(reading.human, reading.cut_offs),
        heading("Second reader"),
    ]
    after: list[Flowable] = [heading("Final read"), *human.final_read(reading.human, reading.cut_offs)]
    score = reading.score
    if score is None:
        hidden = reading.human is not None and not reading.human.score_visible
        said = paragraph(HIDDEN if hidden else NO_MODEL, layout.VERDICT)
        return [*before, said, *_limit_list(limits), *after]
    before += [ScaleChart(score), paragraph(verdict(score), layout.VERDICT, bold=True), *_limit_list(limits)]
    if not prepared:
        return before + after
    title = paragraph("What each image contributes", layout.SUBHEADING, bold=True)
    closing = paragraph(_sum_of(score, len(prepared), len(prepared)), layout.CLOSING)
    room = layout.frame_height(section) - layout.height_of([*before, title, closing, *after])
    fitting = int((room - ContributionChart.HEAD - closing.style.leading) // ContributionChart.ROW)
    rows = max(_FEWEST_ROWS, min(fitting, _MOST_ROWS, len(prepared)))
    closing = paragraph(_sum_of(score, len(prepared), rows), layout.CLOSING)
    return [*before, title, _chart(score, prepared, rows), closing, *after]


def _identity(reading: Reading, prepared: Sequence[Prepared]) -> Table:
    case, patient = reading.case, reading.case.patient
    studies = case.studies
    dates = sorted({study.study_date for study in studies if study.study_date})
    age = _age(patient, dates[0]) if dates else ""
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    sides = sorted({image.laterality for image in case.images} - {""})
    shown = {"L": "left", "R": "right"}

    def joined(values: Sequence[str]) -> str:
        return cut("; ".join(dict.fromkeys(value for value in values if value)), 240)

    kinds = [item.region.kind.words for one in prepared for item in one.regions]
    counted = [f"{kinds.count(kind)} × {kind}" for kind in dict.fromkeys(kinds)]
    outlined = f", outlined: {', '.join(counted)}" if counted else ", nothing outlined"
    cines = sum(image.number_of_frames > 1 for image in case.images)
    images = f"{len(case.images)}{f' ({cines} from a cine)' if cines else ''}"
    half = layout.WIDTH / 2
    issuer = f" ({patient.issuer})" if patient.issuer else ""
    left = [
        ("Patient", cut(str(patient.name), 240)),
        ("Patient ID", f"{patient.patient_id}{issuer}"),
        ("Born", f"{born}{f', {age}' if age else ''}"),
        ("Sex", {"F": "female", "M": "male", "O": "other"}.get(patient.sex, patient.sex)),
    ]
    right = [
        ("Examined", ", ".join(day.isoformat() for day in dates)),
        ("Study", joined([study.description for study in studies])),
        ("Accession", joined([study.accession_number for study in studies])),
        ("Images", f"{images}{outlined}"),
        ("Side", " and ".join(shown[side] for side in sides)),
    ]
    table = Table(
        [[layout.pairs(left, half - 6, 52), layout.pairs(right, half - 6, 52)]], colWidths=[half, half]
    )
    table.setStyle(
        TableStyle(
            [
                layout.TABLE_FONT,
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 6),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("LINEABOVE", (0, 0), (-1, 0), 0.6, layout.LINE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.6, layout.LINE),
            ]
        )
    )
    return table


def _age(patient: Patient, day: date) -> str:
    born = patient.birth_date
    if born is None or born > day:
        return ""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return f"{years} years at the examination"


def _limits(reading: Reading, prepared: Sequence[Prepared]) -> list[str]:
    """Return what limits the answer: of the patient, then of single images, then what was not read."""
    score = reading.score
    found = [] if score is None else [warning.message for warning in score.warnings]
    images: dict[str, list[int]] = {}
    for one in prepared:
        warnings = () if one.entry is None else one.entry.warnings
        # A note is among the warnings where there is a score.
        for message in dict.fromkeys([*(warning.message for warning in warnings), *one.image.notes]):
            images.setdefault(message, []).append(one.number)
    for message, numbers in images.items():
        name = "Image" if len(numbers) == 1 else "Images"
        found.append(f"{name} {_numbers(numbers)}: {message}")
    if reading.skipped:
        files = "1 file was" if len(reading.skipped) == 1 else f"{len(reading.skipped)} files were"
        found.append(f"{files} offered and not read; see the list further back.")
    return found


def _numbers(numbers: Sequence[int], most: int = 12) -> str:
    text = ", ".join(map(str, numbers[:most]))
    return text if len(numbers) <= most else f"{text} and {len(numbers) - most} more"


def _limit_list(limits: Sequence[str]) -> list[Flowable]:
    if not limits:
        return []
    shown = list(limits[: _MOST_WARNINGS if len(limits) <= _MOST_WARNINGS else _MOST_WARNINGS - 1])
    if len(shown) < len(limits):
        shown.append(f"{len(limits) - len(shown)} more: see “All limits and warnings” further back.")
    title = paragraph("What limits this answer", layout.SUBHEADING, bold=True)
    title.keepWithNext = 1
    return [title, *(bullet(limit) for limit in shown)]


def _chart(score: Score, prepared: Sequence[Prepared], rows: int) -> ContributionChart:
    """Return the chart of all images in reading order, or of those that move the probability most."""
    drawn = [one for one in prepared if one.entry is not None]
    ranked = sorted(drawn, key=lambda one: -abs(one.entry.contribution) if one.entry else 0.0)
    kept = {one.number for one in ranked[:rows]}
    scale = max((abs(entry.contribution) for entry in score.images), default=0.0)
    return ContributionChart(
        [
            ContributionRow(
                one.title, one.thumbnail, one.entry.contribution, one.entry.without, one.entry.included
            )
            for one in drawn
            if one.number in kept and one.entry is not None
        ],
        scale,
    )


def _sum_of(score: Score, images: int, rows: int) -> str:
    total = sum(entry.contribution for entry in score.images)
    together = "this image moves" if images == 1 else f"all {images} images together move"
    text = (
        f"With no image at all the model says {percent(score.baseline)}; {together} that by {points(total)} "
        "percentage points."
    )
    return text if rows >= images else f"{text} Shown are the {rows} images that move it most."
