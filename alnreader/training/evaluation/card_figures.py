"""The figures of a card: taken from an evaluation and written into the card."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import TypedDict, TypeVar

import alnreader
from alnreader.case.atomic import write_bytes
from alnreader.case.errors import BundleError
from alnreader.model.bundle import Bundle
from alnreader.model.card import CARD_FILE, EvaluationRecord, Failure, Metric, check_card, read_card
from alnreader.training.evaluation import tables
from alnreader.training.evaluation.evaluate import Evaluation, leak
from alnreader.training.evaluation.intervals import Figure
from alnreader.training.evaluation.methods import FALSE_OUTLINES
from alnreader.training.evaluation.tables import Figures, PatientGroup, PictureGroup, Subgroup
from alnreader.training.evaluation.worst import worst_examples

DIGITS = 4
"""Decimals of a card's figures."""

G = TypeVar("G", PictureGroup, PatientGroup)

SPLIT = "test"
"""A card's figures are those of the test split."""

_SUBGROUP_FIGURES = (
    tables.DICE,
    tables.FOUND,
    tables.FALSE,
    tables.KIND,
    tables.AUC,
    "sensitivity",
    "specificity",
)


def metric(name: str, dataset: str, figure: Figure) -> Metric:
    """Return a figure as a card holds it."""

    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, DIGITS)

    return {
        "name": name,
        "dataset": dataset,
        "n": figure.n,
        "value": round(figure.value, DIGITS),
        "low": rounded(figure.low),
        "high": rounded(figure.high),
        "method": figure.method,
    }


def metrics_of(evaluation: Evaluation) -> list[Metric]:
    """Return the card's metrics: every figure of the test split, patients at the default operating point."""
    found = [
        metric(name, group.dataset, figure)
        for group in _test(evaluation.pictures)
        for name, figure in group.figures.items()
    ]
    found += [
        metric(name, group.dataset, figure)
        for group in _test(evaluation.blanked)
        for name, figure in group.figures.items()
        if name in (tables.DICE, tables.FOUND, tables.FALSE, tables.KIND)
    ]
    for patients in _test(evaluation.patients):
        for name, figure in (patients.figures | _at_default(patients)).items():
            words = f"pictures of {patients.dataset}" if name == tables.PICTURE_AUC else patients.dataset
            found.append(metric(name, words, figure))
    if evaluation.population_auc is not None and any(_test(evaluation.patients)):
        from alnreader.training.evaluation.evaluate import POPULATION

        whole = Figure(evaluation.population_auc, None, None, POPULATION, "simulated population")
        found.append(metric(tables.BEST_AUC, "all simulated patients", whole))
    return found


def _test(groups: Iterable[G]) -> list[G]:
    return [group for group in groups if group.split == SPLIT]


def _at_default(group: PatientGroup) -> Figures:
    """Return the figures at the card's default operating point, which is the first."""
    return group.points[0].figures


def subgroups_of(evaluation: Evaluation) -> list[Metric]:
    """Return the test split's subgroups, the figures that tell most."""
    groups: list[tuple[str, Sequence[Subgroup]]] = [
        (group.dataset, group.subgroups) for group in _test(evaluation.pictures)
    ]
    groups += [(group.dataset, group.subgroups) for group in _test(evaluation.patients)]
    return [
        metric(name, f"{dataset}; {subgroup.by}: {subgroup.value}", figure)
        for dataset, subgroups in groups
        for subgroup in subgroups
        for name, figure in subgroup.figures.items()
        if name in _SUBGROUP_FIGURES
    ]


def failures_of(evaluation: Evaluation) -> list[Failure]:
    """Return what goes wrong in the test split: by figures, and examples of simulated patients."""
    found: list[Failure] = []
    for group in _test(evaluation.pictures):
        found += _picture_failures(group)
    for patients in _test(evaluation.patients):
        found += _patient_failures(patients)
    for example in worst_examples([r for g in _test(evaluation.pictures) for r in g.results]):
        found.append(
            {
                "dataset": example.dataset,
                "what": "example",
                "n": 1,
                "of": 1,
                "description": example.description,
                "picture": example.file,
            }
        )
    return found


def _picture_failures(group: PictureGroup) -> Iterable[Failure]:
    lesions = [(r, r.agreement) for r in group.results if r.agreement is not None]
    missed = [(r, a) for r, a in lesions if not a.found]
    if lesions:
        text = ""
        if missed:
            nothing = sum(r.proposals == 0 for r, _ in missed)
            ways = [f"nothing was outlined on {nothing}"] if nothing else []
            ways += [f"something else, or far too much or too little, on {len(missed) - nothing}"]
            text = (
                f"{'; '.join(ways if nothing < len(missed) else ways[:1]).capitalize()}. "
                f"{_sizes('A missed lesion', [a.area for _, a in missed])}"
                f"{_sizes('; a found one', [a.area for _, a in lesions if a.found])}."
            )
        yield _failure(group.dataset, "lesions not found", len(missed), len(lesions), text)
    normal = [r for r in group.results if r.empty]
    if normal:
        false = [r.proposed_area for r in normal if r.proposals]
        text = f"{_sizes('What is outlined', false)}." if false else ""
        yield _failure(group.dataset, FALSE_OUTLINES, len(false), len(normal), text)
    kinds = [r.kind_right for r in group.results if r.kind_right is not None]
    if kinds:
        taken = "tumours" if group.kind == "lymph_node" else "lymph nodes"
        wrong = kinds.count(False)
        yield _failure(
            group.dataset, "kind wrong", wrong, len(kinds), f"They were taken for {taken}." if wrong else ""
        )


def _sizes(what: str, areas: Sequence[float]) -> str:
    return f"{what} covers {100 * median(areas):.2g} % of the picture (median)" if areas else ""


def _patient_failures(group: PatientGroup) -> Iterable[Failure]:
    threshold = group.points[0].point.value
    for label, what in ((True, "metastasis called negative"), (False, "no metastasis called positive")):
        members = [r for r in group.results if r.label is label]
        wrong = [r for r in members if (r.probability >= threshold) is not label]
        if not members:
            continue
        text = ""
        if wrong:
            unseen = sum(r.node_seen is False for r in wrong)
            text = f"Median probability {median(r.probability for r in wrong):.2f}"
            text += f"; of {unseen} no picture shows the node." if unseen else "."
        yield _failure(group.dataset, f"{what} at {threshold:g}", len(wrong), len(members), text)


def _failure(dataset: str, what: str, n: int, of: int, description: str) -> Failure:
    return {"dataset": dataset, "what": what, "n": n, "of": of, "description": description, "picture": None}


def record_of(evaluation: Evaluation, command: str) -> EvaluationRecord:
    """Return how the figures were measured."""
    record: EvaluationRecord = {
        "command": command,
        "program": alnreader.__version__,
        # Names alone: the folders are this machine's.
        "data": [Path(name).name for name in evaluation.data],
        "pictures": len(evaluation.picture_results),
        "patients": len({r.entry.record.patient for r in evaluation.picture_results}),
        "seconds": round(evaluation.seconds, 1),
    }
    if evaluation.trained_on is not None:
        record["unseen"] = not evaluation.trained_on
    return record


class MeasuredFields(TypedDict):
    """The fields of a card that an evaluation gives."""

    metrics: list[Metric]
    subgroups: list[Metric]
    failures: list[Failure]
    evaluation: EvaluationRecord


def measured_fields(evaluation: Evaluation, command: str) -> MeasuredFields:
    """Return what a card says of an evaluation; `command` is what repeats it."""
    return {
        "metrics": metrics_of(evaluation),
        "subgroups": subgroups_of(evaluation),
        "failures": failures_of(evaluation),
        "evaluation": record_of(evaluation, command),
    }


def write_card(evaluation: Evaluation, command: str) -> Bundle:
    """Put the evaluation's figures in the place of the card's, and return the bundle as it is then.

    Raises
    ------
    BundleError
        If the evaluation was cut short by a limit, the bundle has learned from a test picture, or the card on
        the disk is not the one that was read.
    CannotWriteError
        If the card cannot be written. It is as it was then.
    """
    bundle = evaluation.bundle
    path = bundle.directory / CARD_FILE
    if evaluation.limit is not None:
        raise BundleError("The figures of a part of the data do not go into a card. Leave --limit away.")
    if evaluation.trained_on:
        raise BundleError(f"{leak(evaluation)} Such figures do not go into a card. Take these pictures out.")
    card = read_card(path)
    if card != bundle.card:
        raise BundleError(f"{path} was changed while the bundle was measured. Measure again.")
    fresh = {**card, **measured_fields(evaluation, command)}
    check_card(fresh, str(path))
    write_bytes(path, (json.dumps(fresh, indent=2, ensure_ascii=False) + "\n").encode())
    return Bundle.load(bundle.directory)
