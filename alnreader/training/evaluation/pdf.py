"""The evaluation as a PDF in the look of the program's reports: tables, curves, subgroups, worst cases."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence

from PIL import Image as Picture
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Image,
    KeepTogether,
    PageBreak,
    Spacer,
    Table,
    TableStyle,
)

import alnreader
from alnreader.case.clock import now
from alnreader.report import fonts, layout
from alnreader.report.layout import bullet, grid, heading, paragraph
from alnreader.training.evaluation import tables
from alnreader.training.evaluation.drawings import slug
from alnreader.training.evaluation.evaluate import Evaluation, leak, words
from alnreader.training.evaluation.methods import FEW, METHODS
from alnreader.training.evaluation.tables import Figures, PatientGroup, PictureGroup, Subgroup

_PATIENT_COLUMNS = ("sensitivity", "specificity", "PPV", "NPV", "LR+", "LR-")
_PICTURE_COLUMNS = (
    (tables.DICE, "Dice"),
    (tables.MEDIAN_DICE, "median"),
    (tables.IOU, "IoU"),
    (tables.HAUSDORFF, "HD95, px"),
    (tables.FOUND, "found"),
    (tables.FALSE, "false proposal"),
    (tables.KIND, "kind right"),
)
_SUBGROUP_COLUMNS = (tables.DICE, tables.FOUND, tables.FALSE, tables.KIND)


def render_pdf(evaluation: Evaluation, drawings: Mapping[str, bytes]) -> bytes:
    """Return the evaluation as PDF; `drawings` are those of `drawings.drawings`.

    With ``SOURCE_DATE_EPOCH`` set, the same evaluation gives the same bytes.
    """
    fonts.register()
    bundle = evaluation.bundle
    demonstration = " · Demonstration model" if bundle.demonstration else ""
    section = layout.Section(
        site="Evaluation",
        patient=bundle.card["title"],
        identity="",
        model=f"ALN Reader {alnreader.__version__} · model {bundle.name} {bundle.card['version']} "
        f"({bundle.sha256[:12]}){demonstration}",
        demonstration=bundle.demonstration,
    )
    story = [
        paragraph("Evaluation of a model bundle", layout.TITLE, bold=True),
        paragraph(f"Made {now().strftime('%Y-%m-%d %H:%M %Z')}", layout.QUIET_SMALL),
        Spacer(1, 5),
        *_about(evaluation),
        *_pictures(evaluation),
    ]
    for group in evaluation.patients:
        story += _patients(group, drawings)
    story += _dice(evaluation, drawings)
    story += _subgroups(evaluation)
    story += _worst(evaluation, drawings)
    story += [heading("How the figures were computed"), *(bullet(text) for text in METHODS)]
    stream = io.BytesIO()
    document = BaseDocTemplate(
        stream,
        pageTemplates=[layout.page_template(section)],
        title=f"Evaluation of {bundle.name}",
        author=f"ALN Reader {alnreader.__version__}",
        creator=f"ALN Reader {alnreader.__version__}",
        lang="en",
        invariant=1 if "SOURCE_DATE_EPOCH" in os.environ else None,
    )
    document.build(story, canvasmaker=layout.NumberedCanvas)
    return stream.getvalue()


def _about(evaluation: Evaluation) -> list[Flowable]:
    pictures = len(evaluation.picture_results)
    patients = len({(r.entry.source, r.entry.record.patient) for r in evaluation.picture_results})
    entries = [
        (
            "Bundle",
            f"{evaluation.bundle.name} {evaluation.bundle.card['version']}, {evaluation.bundle.sha256}",
        ),
        ("Data", "; ".join(evaluation.data)),
        ("Read", f"{pictures} pictures of {patients} patients, split {', '.join(evaluation.splits)}"),
        ("Device", f"{evaluation.device}, {evaluation.seconds:.0f} s"),
    ]
    found: list[Flowable] = [layout.pairs(entries, layout.WIDTH, 60)]
    if evaluation.limit is not None:
        found.append(
            bullet(f"Only the first {evaluation.limit} patients of each source and split: a look, no result.")
        )
    if evaluation.trained_on:
        found.append(bullet(leak(evaluation)))
    return found


def _pictures(evaluation: Evaluation) -> list[Flowable]:
    if not evaluation.pictures:
        return []
    head = ["Pictures of", "n", *(short for _, short in _PICTURE_COLUMNS)]
    groups = (*evaluation.pictures, *evaluation.blanked)
    rows = [
        [group.dataset, str(len(group.results)), *_cells(group.figures, [n for n, _ in _PICTURE_COLUMNS], 2)]
        for group in groups
    ]
    widths = [layout.WIDTH * 0.2, 22.0]
    widths += [(layout.WIDTH - sum(widths)) / len(_PICTURE_COLUMNS)] * len(_PICTURE_COLUMNS)
    found: list[Flowable] = [heading("Pictures"), grid(head, rows, widths, len(head) - 1)]
    more = [
        (tables.SURFACE, "surface distance, px"),
        (tables.HAUSDORFF_MM, "HD95, mm"),
        (tables.SURFACE_MM, "surface distance, mm"),
        (tables.POINTS, "picture's heat map points in"),
        (tables.POINTS_PATIENT, "patient's heat map points in"),
        (tables.PASSED, "input check passed"),
        (tables.COLOURED, "called coloured"),
    ]
    # Millimetres are rarely known; an empty column says nothing.
    more = [(name, short) for name, short in more if any(name in g.figures for g in evaluation.pictures)]
    head = ["Pictures of", *(short for _, short in more)]
    rows = [[g.dataset, *_cells(g.figures, [n for n, _ in more], 2)] for g in evaluation.pictures]
    widths = [layout.WIDTH * 0.2] + [layout.WIDTH * 0.8 / len(more)] * len(more)
    found += [Spacer(1, 6), grid(head, rows, widths, len(more))]
    if evaluation.blanking:
        found += [heading("With calipers and captions blanked")]
        found += [
            bullet(
                f"{dataset}: "
                + "; ".join(f"{name} {words(figure)}" for name, figure in figures.items())
                + f" (n = {next(iter(figures.values())).n})"
            )
            for dataset, figures in evaluation.blanking.items()
        ]
    return found


def _cells(figures: Figures, names: Sequence[str], digits: int) -> list[str]:
    return [words(figures.get(name), digits) for name in names]


def _patients(group: PatientGroup, drawings: Mapping[str, bytes]) -> list[Flowable]:
    positive = sum(result.label for result in group.results)
    found: list[Flowable] = [
        heading(f"{group.dataset}: {len(group.results)}, {positive} with metastasis"),
        *(bullet(f"{name}: {words(figure)}, n = {figure.n}") for name, figure in group.figures.items()),
    ]
    head = ["Operating point", "threshold", *_PATIENT_COLUMNS, "TP FP FN TN"]
    rows = []
    for table in group.points:
        counts = table.counts
        numbers = (counts.true_positive, counts.false_positive, counts.false_negative, counts.true_negative)
        rows.append(
            [
                f"{table.point.name} (chosen on {table.point.chosen_on})",
                f"{table.point.value:.3f}",
                *_cells(table.figures, _PATIENT_COLUMNS, 2),
                " ".join(map(str, numbers)),
            ]
        )
    widths = [layout.WIDTH * 0.18, 46.0]
    widths += [(layout.WIDTH - sum(widths) - 52.0) / len(_PATIENT_COLUMNS)] * len(_PATIENT_COLUMNS) + [52.0]
    found += [Spacer(1, 4), grid(head, rows, widths, len(head) - 1), Spacer(1, 6)]
    name = slug(group.dataset)
    shown = [f"{kind}-{name}.png" for kind in ("roc", "calibration", "decision")]
    found.append(_side_by_side([drawings[file] for file in shown if file in drawings], 3))
    return found


def _side_by_side(pictures: Sequence[bytes], columns: int) -> Flowable:
    width = layout.WIDTH / columns
    cells: list[list[Flowable | str]] = [
        [_image(picture, width - 6) for picture in pictures[i : i + columns]]
        for i in range(0, len(pictures), columns)
    ]
    for row in cells:
        row += [""] * (columns - len(row))
    table = Table(cells or [[""] * columns], colWidths=[width] * columns)
    table.setStyle(TableStyle([layout.TABLE_FONT, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _image(data: bytes, width: float) -> Image:
    with Picture.open(io.BytesIO(data)) as picture:
        height = width * picture.height / picture.width
    return Image(io.BytesIO(data), width, height)


def _dice(evaluation: Evaluation, drawings: Mapping[str, bytes]) -> list[Flowable]:
    files = [f"dice-{slug(group.dataset)}.png" for group in evaluation.pictures]
    shown = [drawings[file] for file in files if file in drawings]
    return [KeepTogether([heading("Dice, picture by picture"), _side_by_side(shown, 3)])] if shown else []


def _subgroups(evaluation: Evaluation) -> list[Flowable]:
    found: list[Flowable] = []
    rows = [
        [group.dataset, *_part(subgroup), *_cells(subgroup.figures, _SUBGROUP_COLUMNS, 2)]
        for group in evaluation.pictures
        for subgroup in group.subgroups
    ]
    head = ["Pictures of", "part", "n", *_SUBGROUP_COLUMNS]
    found += _part_table("Parts of the pictures", head, rows)
    columns = (tables.AUC, "sensitivity", "specificity", "Brier score")
    rows = [
        [patients.dataset, *_part(subgroup), *_cells(subgroup.figures, columns, 2)]
        for patients in evaluation.patients
        for subgroup in patients.subgroups
    ]
    return found + _part_table("Parts of the patients", ["Patients", "part", "n", *columns], rows)


def _part(subgroup: Subgroup) -> tuple[str, str]:
    return f"{subgroup.by}: {subgroup.value}", f"{subgroup.n}{' (few)' if subgroup.few else ''}"


def _part_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Flowable]:
    if not rows:
        return []
    widths = [layout.WIDTH * 0.2, layout.WIDTH * 0.26, 38.0]
    widths += [(layout.WIDTH - sum(widths)) / (len(head) - 3)] * (len(head) - 3)
    few = paragraph(f"(few): fewer than {FEW}; nothing should be concluded from them.", layout.CLOSING)
    return [heading(title), grid(head, rows, widths, len(head) - 2), few]


def _worst(evaluation: Evaluation, drawings: Mapping[str, bytes]) -> list[Flowable]:
    found: list[Flowable] = []
    for group in evaluation.pictures:
        sheet = drawings.get(f"worst-{slug(group.dataset)}.jpg")
        if sheet is None:
            continue
        title = "What went worst" if not found else ""
        blocks: list[Flowable] = [heading(title)] if title else []
        blocks += [paragraph(f"{group.dataset}: {_worst_words(group)}", layout.SUBHEADING, bold=True)]
        found.append(KeepTogether([*blocks, _image(sheet, layout.WIDTH)]))
    if found:
        found = [
            PageBreak(),
            *found,
            paragraph("White, solid: the true outline. Coloured, dashed: the program's.", layout.CLOSING),
        ]
    return found


def _worst_words(group: PictureGroup) -> str:
    lesions = any(result.agreement is not None for result in group.results)
    return "lowest Dice" if lesions else "largest false proposals"
