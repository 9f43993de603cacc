"""A bundle measured on a cohort: reads it, makes the tables, and keeps how it was done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import alnreader
from alnreader.case.progress import CancelToken
from alnreader.inference.engine import Engine
from alnreader.model.bundle import Bundle
from alnreader.training.evaluation import tables
from alnreader.training.evaluation.cohort import Entry, true_risks
from alnreader.training.evaluation.intervals import CONFIDENCE, Figure
from alnreader.training.evaluation.methods import FEW
from alnreader.training.evaluation.reading import PatientResult, PictureResult, read
from alnreader.training.evaluation.tables import Figures, PatientGroup, PictureGroup, Subgroup
from alnreader.training.seen import seen_by

MOST_NAMED = 5

SCHEMA = "alnreader.evaluation/1"
SCHEMA_FILE = Path(__file__).with_name("evaluation.schema.json")

POPULATION = 6000
"""Simulated patients whose true risk gives the best possible AUC of the whole population, to about 0.004."""

Labels = Literal["clinical", "simulated", "unknown"]


@dataclass(frozen=True)
class Evaluation:
    """What a bundle did on a cohort.

    `data` are the manifests and folders as given, `blanked` the pictures' rows with calipers and captions
    blanked and `blanking` the difference that makes, both empty where it was not asked for. `population_auc`
    is the best possible AUC over all simulated patients, None where there are none.
    """

    bundle: Bundle
    device: str
    data: tuple[str, ...]
    splits: tuple[str, ...]
    limit: int | None
    pictures: tuple[PictureGroup, ...]
    patients: tuple[PatientGroup, ...]
    blanked: tuple[PictureGroup, ...]
    blanking: Mapping[str, Figures]
    population_auc: float | None
    seconds: float
    trained_on: tuple[str, ...] | None
    picture_results: tuple[PictureResult, ...] = field(repr=False)
    patient_results: tuple[PatientResult, ...] = field(repr=False)


def evaluate(
    bundle: Bundle,
    entries: Sequence[Entry],
    *,
    device: str = "auto",
    data: Sequence[str] = (),
    limit: int | None = None,
    thresholds: Sequence[float] = (),
    labels: Labels = "unknown",
    blank_marks: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: CancelToken | None = None,
) -> Evaluation:
    """Read a cohort with a bundle as the program would, and measure it.

    Parameters
    ----------
    bundle : Bundle
        Its weights as they lie on the disk are what is measured.
    entries : sequence of Entry
        Of `cohort.read_cohort`.
    device : str
        As for `Engine`.
    data, limit
        Kept for the record.
    thresholds : sequence of float
        Further operating points, 0..1.
    labels : {"clinical", "simulated", "unknown"}
        Where the cohort's metastasis labels come from; rows of simulated ones say so.
    blank_marks : bool
        Read all pictures once more with calipers and captions blanked.
    workers, progress, cancel
        As for `reading.read`.

    Returns
    -------
    Evaluation
        The same for the same bundle, cohort and device, but for the time it took.
    """
    started = time.monotonic()
    engine = Engine(bundle, device)
    passes = 2 if blank_marks else 1
    total = passes * len(entries)
    pictures, patients = read(
        engine,
        entries,
        workers=workers,
        progress=lambda done, _: progress(done, total),
        cancel=cancel,
    )
    blanked: list[PictureResult] = []
    if blank_marks:
        blanked, _ = read(
            engine,
            entries,
            blank=True,
            workers=workers,
            progress=lambda done, _: progress(len(entries) + done, total),
            cancel=cancel,
        )
    return measured(
        bundle,
        engine.device,
        pictures,
        patients,
        blanked,
        data=data,
        limit=limit,
        thresholds=thresholds,
        labels=labels,
        seconds=time.monotonic() - started,
    )


def measured(
    bundle: Bundle,
    device: str,
    pictures: Sequence[PictureResult],
    patients: Sequence[PatientResult],
    blanked: Sequence[PictureResult] = (),
    *,
    data: Sequence[str] = (),
    limit: int | None = None,
    thresholds: Sequence[float] = (),
    labels: Labels = "unknown",
    seconds: float = 0.0,
) -> Evaluation:
    """Make the tables of what was read; see `evaluate`."""
    entries = [result.entry for result in pictures]
    card = bundle.card
    points = sorted(
        card["operating_points"], key=lambda point: point["name"] != card["default_operating_point"]
    )
    groups = tables.patient_groups(
        patients, pictures, points, thresholds, true_risks(entries), labels == "simulated"
    )
    best = None
    if any(tables.BEST_AUC in group.figures for group in groups):
        from alnreader.simulation.risk import best_possible_auc

        best = best_possible_auc(POPULATION)
    return Evaluation(
        bundle=bundle,
        device=device,
        data=tuple(data),
        splits=tuple(sorted({entry.record.split for entry in entries})),
        limit=limit,
        pictures=tuple(tables.picture_groups(pictures)),
        patients=tuple(groups),
        blanked=tuple(tables.picture_groups(blanked, tables.MARKS_BLANKED)),
        blanking=tables.blanking_effect(pictures, blanked) if blanked else {},
        population_auc=best,
        seconds=seconds,
        trained_on=_trained_on(bundle, entries),
        picture_results=tuple(pictures),
        patient_results=tuple(patients),
    )


def _trained_on(bundle: Bundle, entries: Sequence[Entry]) -> tuple[str, ...] | None:
    """Return the test pictures that the bundle has learned from; None where it does not tell."""
    tests = [entry.record.image for entry in entries if entry.record.split == "test"]
    found = seen_by(bundle, tests)
    return None if found is None else tuple(str(path) for path in found)


@cache
def evaluation_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `document`."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema


def document(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as plain JSON, of `evaluation_schema`. Only `run` differs from run to run."""
    bundle = evaluation.bundle
    return {
        "schema": SCHEMA,
        "run": {"program": alnreader.__version__, "seconds": round(evaluation.seconds, 1)},
        "device": evaluation.device,
        "bundle": {
            "name": bundle.name,
            "version": bundle.card["version"],
            "sha256": bundle.sha256,
            "demonstration": bundle.demonstration,
        },
        "data": list(evaluation.data),
        "splits": list(evaluation.splits),
        "limit": evaluation.limit,
        "trained_on": None if evaluation.trained_on is None else list(evaluation.trained_on),
        "confidence": CONFIDENCE,
        "few": FEW,
        "pictures": [_picture_group(group) for group in evaluation.pictures],
        "patients": [_patient_group(group) for group in evaluation.patients],
        "marks_blanked": [_picture_group(group) for group in evaluation.blanked],
        "blanking_changes": {name: _figures(found) for name, found in evaluation.blanking.items()},
        "best_possible_auc_of_the_population": evaluation.population_auc,
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {name: asdict(figure) for name, figure in figures.items()}


def _subgroups(subgroups: Sequence[Subgroup]) -> list[dict[str, Any]]:
    return [
        {"by": s.by, "value": s.value, "n": s.n, "few": s.few, "figures": _figures(s.figures)}
        for s in subgroups
    ]


def _picture_group(group: PictureGroup) -> dict[str, Any]:
    return {
        "dataset": group.dataset,
        "source": group.source,
        "split": group.split,
        "kind": group.kind,
        "pictures": len(group.results),
        "patients": len({result.entry.record.patient for result in group.results}),
        "figures": _figures(group.figures),
        "subgroups": _subgroups(group.subgroups),
    }


def _patient_group(group: PatientGroup) -> dict[str, Any]:
    curve, decision = group.roc, group.decision
    return {
        "dataset": group.dataset,
        "source": group.source,
        "split": group.split,
        "patients": len(group.results),
        "with_metastasis": sum(result.label for result in group.results),
        "figures": _figures(group.figures),
        "operating_points": [
            {
                "name": table.point.name,
                "threshold": table.point.value,
                "chosen_on": table.point.chosen_on,
                "counts": asdict(table.counts),
                "figures": _figures(table.figures),
            }
            for table in group.points
        ],
        "roc": None
        if curve is None
        else {
            "false_positive_rate": curve.false_positive_rate.tolist(),
            "sensitivity": curve.sensitivity.tolist(),
            "band": {
                "false_positive_rate": curve.grid.tolist(),
                "low": curve.low.tolist(),
                "high": curve.high.tolist(),
            },
        },
        "calibration": [
            {"predicted": one.predicted, "observed": asdict(one.observed)} for one in group.calibration
        ],
        "decision_curve": None
        if decision is None
        else {
            "threshold": decision.threshold.tolist(),
            "model": decision.model.tolist(),
            "low": decision.low.tolist(),
            "high": decision.high.tolist(),
            "treat_all": decision.treat_all.tolist(),
        },
        "subgroups": _subgroups(group.subgroups),
    }


def leak(evaluation: Evaluation) -> str:
    """Return a sentence on the test pictures that the bundle has learned from; empty where there are none."""
    seen = evaluation.trained_on or ()
    if not seen:
        return ""
    names = ", ".join(seen[:MOST_NAMED]) + (" and others" if len(seen) > MOST_NAMED else "")
    return (
        f"The bundle has learned from {len(seen)} of these test pictures: the figures are better than "
        f"those of unseen ones would be. {names}"
    )


def words(figure: Figure | None, digits: int = 3) -> str:
    """Return a figure in short: value and interval."""
    if figure is None:
        return "–"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.{digits}f}"
    # A dash between two ends would pass for a minus.
    dash = " to " if figure.low < 0 else "–"
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f}{dash}{figure.high:.{digits}f})"
