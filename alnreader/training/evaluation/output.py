"""What an evaluation leaves: JSON, PDF, figures and tables of single pictures and patients, all or none."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from alnreader.case.atomic import Outbox
from alnreader.case.sheet import harmless
from alnreader.training.evaluation import tables
from alnreader.training.evaluation.drawings import drawings
from alnreader.training.evaluation.evaluate import Evaluation, document, leak, words
from alnreader.training.evaluation.pdf import render_pdf
from alnreader.training.evaluation.tables import Figures
from alnreader.training.evaluation.worst import encoded, pair, worst_examples
from alnreader.training.manifest import KINDS

JSON_FILE, PDF_FILE = "evaluation.json", "evaluation.pdf"
FIGURES, EXAMPLES = "figures", "examples"
"""Folders of the figures, and of the simulated failures that a card names."""

_PICTURE_HEAD = (
    *("source", "split", "patient", "image", "kind", "dice", "iou", "hd95_px", "surface_px", "hd95_mm"),
    *("surface_mm", "lesion_share", "proposals", "proposed_share", "found", "kind_right"),
    *("node_probability", "metastasis_probability", "input_check_passed", "coloured"),
    *("map_points", "patient_map_points"),
)
_PATIENT_HEAD = ("source", "split", "patient", "pictures", "node_seen", "label", "probability")


def write(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write everything into a folder; return what was written.

    Raises
    ------
    CannotWriteError
        If something cannot be written; nothing is left then.
    """
    figures = drawings(evaluation)
    contents = {
        JSON_FILE: (json.dumps(document(evaluation), indent=1, ensure_ascii=False) + "\n").encode(),
        PDF_FILE: render_pdf(evaluation, figures),
        "pictures.csv": _table(_PICTURE_HEAD, _picture_rows(evaluation)),
        "patients.csv": _table(_PATIENT_HEAD, _patient_rows(evaluation)),
    }
    contents |= {f"{FIGURES}/{name}": data for name, data in figures.items()}
    for example in worst_examples(evaluation.picture_results):
        contents[f"{EXAMPLES}/{example.file}"] = encoded(pair(example.result))
    with Outbox() as outbox:
        for name, data in contents.items():
            outbox.add(folder / name, data)
    return [folder / name for name in contents]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(head)
    writer.writerows([["" if cell is None else _cell(cell) for cell in row] for row in rows])
    return stream.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        return harmless(value)
    return f"{value:.6g}" if isinstance(value, float) else value


def _picture_rows(evaluation: Evaluation) -> Iterable[Sequence[object]]:
    for result in evaluation.picture_results:
        record, agreement = result.entry.record, result.agreement
        kind = None if record.kind is None else KINDS[record.kind]
        measured = (
            (None,) * 7
            if agreement is None
            else (
                agreement.dice,
                agreement.overlap,
                agreement.hausdorff95,
                agreement.average,
                agreement.hausdorff95_mm,
                agreement.average_mm,
                agreement.area,
            )
        )
        yield (
            *(result.entry.source, record.split, record.patient, record.image.name, kind, *measured),
            *(result.proposals, result.proposed_area, None if agreement is None else agreement.found),
            *(result.kind_right, result.kind_probability, result.image_probability, result.passed),
            *(result.coloured, result.points, result.points_patient),
        )


def _patient_rows(evaluation: Evaluation) -> Iterable[Sequence[object]]:
    for result in evaluation.patient_results:
        split = result.entries[0].record.split
        yield (
            *(result.source, split, result.name, len(result.entries), result.node_seen, result.label),
            result.probability,
        )


_PICTURE_COLUMNS = (
    (tables.DICE, "Dice"),
    (tables.MEDIAN_DICE, "median"),
    (tables.HAUSDORFF, "HD95 px"),
    (tables.FOUND, "found"),
    (tables.FALSE, "false"),
    (tables.KIND, "kind"),
    (tables.PASSED, "passed"),
    (tables.POINTS_PATIENT, "map points"),
)


def text(evaluation: Evaluation) -> str:
    """Return the tables for a terminal."""
    groups = (*evaluation.pictures, *evaluation.blanked)
    head = ["pictures of", "n", *(short for _, short in _PICTURE_COLUMNS)]
    rows = [
        [
            group.dataset,
            str(len(group.results)),
            *(_value(group.figures, name) for name, _ in _PICTURE_COLUMNS),
        ]
        for group in groups
    ]
    parts = [leak(evaluation)] if evaluation.trained_on else []
    if rows:
        parts.append(_aligned([head, *rows]))
    for patients in evaluation.patients:
        positive = sum(result.label for result in patients.results)
        lines = [f"{patients.dataset}: {len(patients.results)}, {positive} with metastasis"]
        lines += [f"  {name:<28} {words(figure)}" for name, figure in patients.figures.items()]
        names = ("sensitivity", "specificity", "PPV", "NPV", "LR+", "LR-")
        rows = [["  operating point", "threshold", *names]]
        rows += [
            [
                f"  {table.point.name}",
                f"{table.point.value:.3f}",
                *(words(table.figures.get(name), 2) for name in names),
            ]
            for table in patients.points
        ]
        parts.append("\n".join(lines) + "\n" + _aligned(rows))
    if evaluation.population_auc is not None:
        parts.append(
            f"best possible AUC of all simulated patients: {evaluation.population_auc:.3f} "
            "(the true risk against the labels)"
        )
    return "\n\n".join(parts)


def _value(figures: Figures, name: str) -> str:
    return f"{figures[name].value:.3f}" if name in figures else "-"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
