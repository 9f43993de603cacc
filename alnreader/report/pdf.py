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
from alnreader.case import language
from alnreader.case.case import Reading
from alnreader.case.clock import now
from alnreader.case.language import told, tr
from alnreader.case.patient import Patient
from alnreader.case.protocol import ReadingState
from alnreader.case.region import RegionKind
from alnreader.case.score import EMPTY_BAG, ModelSummary, Score
from alnreader.report import fonts, human, layout, pictures
from alnreader.report.charts import ContributionChart, ContributionRow, ScaleChart
from alnreader.report.layout import bullet, cut, heading, paragraph
from alnreader.report.pictures import Prepared
from alnreader.report.record import model_card, run_record, skipped_files
from alnreader.report.sentences import kind_words, percent, points, verdict
from alnreader.report.unscored import OPEN_AMENDMENT, without_score
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
        title=tr("ALN Reader report"),
        subject=tr("Second reading of breast and axillary ultrasound"),
        author=f"ALN Reader {alnreader.__version__}",
        creator=f"ALN Reader {alnreader.__version__}",
        lang=language.current().code.replace("_", "-"),
        invariant=1 if "SOURCE_DATE_EPOCH" in os.environ or not dated else None,
    )
    document.build(story, canvasmaker=layout.NumberedCanvas)
    return stream.getvalue()


def _section(reading: Reading) -> layout.Section:
    patient = reading.case.patient
    sites = dict.fromkeys(study.institution for study in reading.case.studies if study.institution)
    identity = [f"ID {patient.patient_id}"] if str(patient.name) else []
    if patient.birth_date:
        identity.append(tr("born {date}").format(date=patient.birth_date.isoformat()))
    model = reading.score.run.model if reading.score else reading.model
    program = f"ALN Reader {reading.score.run.program_version if reading.score else alnreader.__version__}"
    return layout.Section(
        site=reading.site or "; ".join(sites) or tr("Site not recorded"),
        patient=patient.label,
        identity="".join(f" · {part}" for part in identity),
        model=" · ".join([program, *_model_words(model)]),
        demonstration=model is not None and model.demonstration,
    )


def _model_words(model: ModelSummary | None) -> list[str]:
    if model is None:
        return [tr("no model")]
    words = tr("model {name} {version} ({hash})")
    named = words.format(name=model.name, version=model.version, hash=model.sha256[:12])
    return [named, tr("Demonstration model")] if model.demonstration else [named]


def _patient(reading: Reading, section: layout.Section, dated: bool) -> list[Flowable]:
    prepared = [
        pictures.prepare(reading, number, image) for number, image in enumerate(reading.case.images, start=1)
    ]
    limits = _limits(reading, prepared)
    time = tr("Report made {time}").format(time=now().strftime("%Y-%m-%d %H:%M %Z"))
    made = time if dated else tr("Without identity and dates")
    story = _answer(reading, section, prepared, limits, made)
    story.append(PageBreak())
    if prepared:
        legend = paragraph(tr(pictures.LEGEND), layout.QUIET_SMALL)
        story += [heading(tr("Pictures")), *_of_amendment(reading), legend]
        for one in prepared:
            blocks = pictures.blocks(one)
            # A table of very many regions may run on to the next page; picture and caption never part.
            fits = layout.height_of(blocks) < layout.frame_height(section)
            story += [KeepTogether(blocks)] if fits else blocks
    if len(limits) > _MOST_WARNINGS:
        story += [heading(tr("All limits and warnings")), *(bullet(limit) for limit in limits)]
    story += skipped_files(reading.skipped)
    story += model_card(reading.score)
    story += run_record(reading)
    return story


def _answer(
    reading: Reading, section: layout.Section, prepared: Sequence[Prepared], limits: Sequence[str], made: str
) -> list[Flowable]:
    """Return page 1. The chart of contributions takes the room that the rest leaves."""
    before: list[Flowable] = [
        paragraph(tr("Second reading of breast and axillary ultrasound"), layout.TITLE, bold=True),
        paragraph(made, layout.QUIET_SMALL),
        Spacer(1, 5),
        _identity(reading, prepared),
        heading(tr("First read")),
        *human.first_read(reading.human, reading.cut_offs, _ratios(prepared)),
        heading(tr("Second reader")),
        *_of_amendment(reading),
    ]
    final = human.final_read(reading.human, reading.cut_offs, reading.signed_probabilities)
    after: list[Flowable] = [heading(tr("Final read")), *final]
    score = reading.score
    if score is None:
        said = paragraph(without_score(reading), layout.VERDICT)
        return [*before, said, *_limit_list(limits), *after]
    if not score.of_no_image:
        before.append(ScaleChart(score))
    before += [paragraph(verdict(score), layout.VERDICT, bold=True), *_limit_list(limits)]
    if not prepared or score.of_no_image:
        return before + after
    title = paragraph(tr("What each image contributes"), layout.SUBHEADING, bold=True)
    closing = paragraph(_sum_of(score, len(prepared), len(prepared)), layout.CLOSING)
    room = layout.frame_height(section) - layout.height_of([*before, title, closing, *after])
    fitting = int((room - ContributionChart.HEAD - closing.style.leading) // ContributionChart.ROW)
    rows = max(_FEWEST_ROWS, min(fitting, _MOST_ROWS, len(prepared)))
    closing = paragraph(_sum_of(score, len(prepared), rows), layout.CLOSING)
    return [*before, title, _chart(score, prepared, rows), closing, *after]


def _ratios(prepared: Sequence[Prepared]) -> dict[str, float]:
    """Return long by short axis of every outlined node of the images that count, by its name."""
    return {
        tr("image {number} {region}").format(number=one.number, region=item.name): item.measured.ratio
        for one in prepared
        if one.included
        for item in one.regions
        if item.region.kind is RegionKind.LYMPH_NODE
    }


def _of_amendment(reading: Reading) -> list[Flowable]:
    """Say whose numbers these are while an amendment is open."""
    open_one = reading.human is not None and reading.human.state is ReadingState.AMENDED
    return [paragraph(tr(OPEN_AMENDMENT), bold=True)] if open_one else []


def _identity(reading: Reading, prepared: Sequence[Prepared]) -> Table:
    case, patient = reading.case, reading.case.patient
    studies = case.studies
    dates = sorted({study.study_date for study in studies if study.study_date})
    age = _age(patient, dates[0]) if dates else ""
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    sides = sorted({image.laterality for image in case.images} - {""})
    shown = {"L": tr("left"), "R": tr("right")}

    def joined(values: Sequence[str]) -> str:
        return cut("; ".join(dict.fromkeys(value for value in values if value)), 240)

    kinds = [kind_words(item.region.kind) for one in prepared for item in one.regions]
    counted = [f"{kinds.count(kind)} × {kind}" for kind in dict.fromkeys(kinds)]
    cines = sum(image.number_of_frames > 1 for image in case.images)
    number = tr("{images} ({cines} from a cine)") if cines else "{images}"
    images = number.format(images=len(case.images), cines=cines)
    outlined = tr("{images}, outlined: {regions}") if counted else tr("{images}, nothing outlined")
    images = outlined.format(images=images, regions=tr(", ").join(counted))
    sexes = {"F": tr("female"), "M": tr("male"), "O": tr("other")}
    half = layout.WIDTH / 2
    issuer = f" ({patient.issuer})" if patient.issuer else ""
    left = [
        (tr("Patient"), cut(str(patient.name), 240)),
        (tr("Patient ID"), f"{patient.patient_id}{issuer}"),
        (tr("Born"), f"{born}{tr(', ') + age if age else ''}"),
        (tr("Sex"), sexes.get(patient.sex, patient.sex)),
    ]
    right = [
        (tr("Examined"), ", ".join(day.isoformat() for day in dates)),
        (tr("Study"), joined([study.description for study in studies])),
        (tr("Accession"), joined([study.accession_number for study in studies])),
        (tr("Images"), layout.listing(images, counted)),
        (tr("Side"), tr(" and ").join(shown[side] for side in sides)),
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
    return tr("{years} years at the examination").format(years=years)


def _limits(reading: Reading, prepared: Sequence[Prepared]) -> list[str]:
    """Return what limits the answer: of the patient, then of single images, then what was not read."""
    score = reading.score
    # Where no image counts, the verdict says so, and there is nothing of the patient's to limit.
    of_patient = () if score is None else score.warnings
    found = [told(warning.message) for warning in of_patient if warning.code != EMPTY_BAG]
    images: dict[str, list[int]] = {}
    for one in prepared:
        # What is left out limits nothing; what its file was read with stays said.
        warnings = one.entry.warnings if one.entry is not None and one.entry.included else ()
        # A note is among the warnings where there is a score.
        for message in dict.fromkeys([*(warning.message for warning in warnings), *one.image.notes]):
            images.setdefault(message, []).append(one.number)
    for message, numbers in images.items():
        words = tr("Image {numbers}: {message}") if len(numbers) == 1 else tr("Images {numbers}: {message}")
        found.append(words.format(numbers=_numbers(numbers), message=told(message)))
    if reading.skipped:
        single = tr("1 file was offered and not read; see the list further back.")
        several = tr("{files} files were offered and not read; see the list further back.")
        found.append(single if len(reading.skipped) == 1 else several.format(files=len(reading.skipped)))
    return found


def _numbers(numbers: Sequence[int], most: int = 12) -> str:
    text = tr(", ").join(map(str, numbers[:most]))
    if len(numbers) <= most:
        return text
    return tr("{numbers} and {rest} more").format(numbers=text, rest=len(numbers) - most)


def _limit_list(limits: Sequence[str]) -> list[Flowable]:
    if not limits:
        return []
    shown = list(limits[: _MOST_WARNINGS if len(limits) <= _MOST_WARNINGS else _MOST_WARNINGS - 1])
    if len(shown) < len(limits):
        words = tr("{rest} more: see “All limits and warnings” further back.")
        shown.append(words.format(rest=len(limits) - len(shown)))
    title = paragraph(tr("What limits this answer"), layout.SUBHEADING, bold=True)
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
    counted = sum(entry.included for entry in score.images)
    one = tr(
        "With no image at all the model says {baseline}; this image moves that by {points} percentage points."
    )
    several = tr(
        "With no image at all the model says {baseline}; all {images} images together move that by {points} "
        "percentage points."
    )
    sentence = one if counted == 1 else several
    text = sentence.format(baseline=percent(score.baseline), points=points(total), images=counted)
    if rows >= images:
        return text
    return f"{text} " + tr("Shown are the {rows} images that move it most.").format(rows=rows)
