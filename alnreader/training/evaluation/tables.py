"""From single pictures and patients to the rows of the table: figures by cohort, split, kind and subgroup."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from alnreader.model.card import OperatingPoint
from alnreader.training.evaluation import calibration, decision, diagnostic, roc
from alnreader.training.evaluation.cohort import UNNAMED
from alnreader.training.evaluation.diagnostic import Table, Threshold
from alnreader.training.evaluation.intervals import Figure, difference, mean, median, share
from alnreader.training.evaluation.methods import FEW
from alnreader.training.evaluation.reading import Agreement, PatientResult, PictureResult
from alnreader.training.manifest import KINDS

MOST_VALUES = 12
"""A further column with more different values than this makes subgroups only if it can be cut into thirds."""

DICE, MEDIAN_DICE, IOU = "Dice", "median Dice", "IoU"
HAUSDORFF, MEDIAN_HAUSDORFF = "HD95 (px)", "median HD95 (px)"
SURFACE, MEDIAN_SURFACE = "average surface distance (px)", "median average surface distance (px)"
HAUSDORFF_MM, SURFACE_MM = "HD95 (mm)", "average surface distance (mm)"
FOUND = "lesions found (IoU > 0.25)"
FALSE = "normal pictures with a false proposal"
KIND = "kind right"
POINTS = "heat map of the picture points into the lesion"
POINTS_PATIENT = "heat map of the patient points into the lesion"
NO_MAP = "lesion pictures that the picture's own heat map leaves empty"
NO_MAP_PATIENT = "lesion pictures that the patient's heat map leaves empty"
PASSED, COLOURED = "passed by the input check", "called coloured by the input check"
PICTURE_AUC = "AUC of single pictures"
AUC, BEST_AUC, AUC_GAP = "AUC", "best possible AUC (true risk)", "AUC less the best possible"

MARKS_BLANKED = "marks blanked"
"""Ends the name of a row that was read with calipers and captions blanked."""

ALL_SOURCES = "all"
"""Source of the row that takes all sources together."""

NODE_SEEN = "lymph node seen"

Figures = dict[str, Figure]
T = TypeVar("T")


@dataclass(frozen=True)
class Subgroup:
    """Part of a group: those of one value of something."""

    by: str
    value: str
    n: int
    figures: Figures

    @property
    def few(self) -> bool:
        """Whether it is too small to conclude from."""
        return self.n < FEW


@dataclass(frozen=True)
class PictureGroup:
    """Pictures of one source, split and kind."""

    dataset: str
    source: str
    split: str
    kind: str | None
    results: tuple[PictureResult, ...] = field(repr=False)
    figures: Figures
    subgroups: tuple[Subgroup, ...]


@dataclass(frozen=True)
class PointTable:
    """The table at one operating point."""

    point: Threshold
    counts: Table
    figures: Figures


@dataclass(frozen=True)
class PatientGroup:
    """Labelled patients of one source and split."""

    dataset: str
    source: str
    split: str
    results: tuple[PatientResult, ...] = field(repr=False)
    figures: Figures
    points: tuple[PointTable, ...]
    roc: roc.Curve | None
    calibration: tuple[calibration.Bin, ...]
    decision: decision.DecisionCurve | None
    subgroups: tuple[Subgroup, ...]


def picture_groups(results: Sequence[PictureResult], remark: str = "") -> list[PictureGroup]:
    """Return the pictures' table; `remark` ends the name of each row."""
    grouped: dict[tuple[str, str, int | None], list[PictureResult]] = defaultdict(list)
    for result in results:
        record = result.entry.record
        grouped[result.entry.source, record.split, record.kind].append(result)
    groups = []
    for (source, split, kind), members in sorted(grouped.items(), key=lambda item: _sorting(*item[0])):
        name = None if kind is None else KINDS[kind]
        dataset = f"{source} {split}" + (f", {name}" if name else "") + (f", {remark}" if remark else "")
        groups.append(
            PictureGroup(
                dataset,
                source,
                split,
                name,
                tuple(members),
                picture_figures(members),
                tuple(_picture_subgroups(members)),
            )
        )
    return groups


def _sorting(source: str, split: str, kind: int | None) -> tuple[str, str, str]:
    return f"{source} {split}" + ("" if kind is None else f", {KINDS[kind]}"), split, source


def picture_figures(results: Sequence[PictureResult]) -> Figures:
    """Return the figures of some pictures; those that nothing is known for are left out."""
    found: Figures = {}
    lesions = [(r.agreement, r.entry.record.patient) for r in results if r.agreement is not None]

    def averaged(name: str, middle: str | None, value: Callable[[Agreement], float | None]) -> None:
        known = [(x, patient) for agreement, patient in lesions if (x := value(agreement)) is not None]
        if not known:
            return
        values, patients = zip(*known, strict=True)
        found[name] = mean(values, patients)
        if middle is not None:
            found[middle] = median(values, patients)

    averaged(DICE, MEDIAN_DICE, lambda agreement: agreement.dice)
    averaged(IOU, None, lambda agreement: agreement.overlap)
    averaged(HAUSDORFF, MEDIAN_HAUSDORFF, lambda agreement: agreement.hausdorff95)
    averaged(SURFACE, MEDIAN_SURFACE, lambda agreement: agreement.average)
    averaged(HAUSDORFF_MM, None, lambda agreement: agreement.hausdorff95_mm)
    averaged(SURFACE_MM, None, lambda agreement: agreement.average_mm)
    shares: dict[str, Iterable[bool | None]] = {
        FOUND: (agreement.found for agreement, _ in lesions),
        FALSE: (result.proposals > 0 for result in results if result.empty),
        KIND: (result.kind_right for result in results),
        POINTS: (result.points for result in results),
        NO_MAP: (result.no_map for result in results if result.agreement is not None),
        POINTS_PATIENT: (result.points_patient for result in results),
        NO_MAP_PATIENT: (
            result.no_map_patient
            for result in results
            if result.agreement is not None and result.entry.record.label is not None
        ),
        PASSED: (result.passed for result in results),
        COLOURED: (result.coloured for result in results),
    }
    for name, answers in shares.items():
        known = [answer for answer in answers if answer is not None]
        if known:
            found[name] = share(sum(known), len(known))
    return found


def _picture_subgroups(results: Sequence[PictureResult]) -> Iterable[Subgroup]:
    areas = {id(result): result.agreement.area for result in results if result.agreement is not None}
    sized = [result for result in results if id(result) in areas]
    for name, members in thirds(sized, lambda result: 100 * areas[id(result)], "% of the picture"):
        yield Subgroup("lesion's size", name, len(members), picture_figures(members))
    for column, parts in columns([(result.entry.extra, result) for result in results]):
        for value, members in parts:
            yield Subgroup(column, value, len(members), picture_figures(members))


def thirds(members: Sequence[T], size: Callable[[T], float], unit: str = "") -> list[tuple[str, list[T]]]:
    """Cut members into thirds by a number; nothing where there are fewer than three different ones."""
    sizes = [size(member) for member in members]
    if len(set(sizes)) < 3:
        return []
    low, high = (float(x) for x in np.quantile(sizes, [1 / 3, 2 / 3]))
    parts: tuple[list[T], list[T], list[T]] = ([], [], [])
    for member, value in zip(members, sizes, strict=True):
        parts[int(value > low) + int(value > high)].append(member)
    unit = f" {unit}" if unit else ""
    names = (f"small (to {low:.3g}{unit})", "middle", f"large (above {high:.3g}{unit})")
    return [(name, part) for name, part in zip(names, parts, strict=True) if part]


def columns(members: Sequence[tuple[Mapping[str, str], T]]) -> list[tuple[str, list[tuple[str, list[T]]]]]:
    """Return the further columns, each with its parts: one a value, or thirds of many numbers.

    A column of one value, or of many that are no numbers (a name, a remark), makes none. Many are more than
    `MOST_VALUES`, or fewer than two members a value.
    """
    names = sorted({name for cells, _ in members for name in cells})
    found = []
    for name in names:
        known = [(cells[name], member) for cells, member in members if name in cells]
        values = Counter(value for value, _ in known)
        if len(values) < 2:
            continue
        if len(values) <= MOST_VALUES and 2 * len(values) <= len(known):
            parts = [(value, [member for cell, member in known if cell == value]) for value in sorted(values)]
        elif all(_number(value) is not None for value in values):
            cut = thirds(known, lambda pair: _number(pair[0]) or 0.0)
            parts = [(value, [member for _, member in part]) for value, part in cut]
        else:
            continue
        found.append((name, parts))
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def patient_groups(
    results: Sequence[PatientResult],
    pictures: Sequence[PictureResult],
    points: Sequence[OperatingPoint],
    thresholds: Sequence[float],
    risks: Mapping[str, float],
    simulated_labels: bool,
) -> list[PatientGroup]:
    """Return the patients' table, and all patients of a split together where they are of several sources.

    Parameters
    ----------
    results, pictures
        Of all sources and splits.
    points
        The card's operating points.
    thresholds
        Further ones that the user asks for.
    risks
        True risk of each patient where it is known (`cohort.true_risks`).
    simulated_labels
        Whether the labels are simulated: the rows say so, so that nobody takes such a patient for a real one.
    """
    by_group: dict[tuple[str, str], list[PatientResult]] = defaultdict(list)
    for result in results:
        by_group[result.entries[0].record.split, result.source].append(result)
    for split in sorted({split for split, _ in by_group}):
        several = [members for (s, _), members in sorted(by_group.items()) if s == split]
        if len(several) > 1:
            by_group[split, ALL_SOURCES] = [member for members in several for member in members]
    validation = {source: members for (split, source), members in by_group.items() if split == "val"}
    groups = []
    for (split, source), members in sorted(by_group.items()):
        words = [] if not simulated_labels or "simulated" in source.lower() else ["simulated"]
        words += [] if source == UNNAMED else [source]
        dataset = " ".join([*words, split, "patients"])
        own = {(entry.source, entry.record.patient) for member in members for entry in member.entries}
        shown = [r for r in pictures if (r.entry.source, r.entry.record.patient) in own]
        chosen = _chosen(members, validation.get(source, []) if split != "val" else [])
        asked = [Threshold(f"{value:g}", value, "given by the user") for value in thresholds]
        groups.append(
            _patient_group(
                dataset, source, split, members, shown, [*_of_card(points), *asked, *chosen], risks
            )
        )
    return groups


def _of_card(points: Sequence[OperatingPoint]) -> list[Threshold]:
    return [Threshold(f"card: {point['name']}", point["threshold"], point["chosen_on"]) for point in points]


def _chosen(members: Sequence[PatientResult], validation: Sequence[PatientResult]) -> list[Threshold]:
    """Return thresholds chosen on the validation patients, or else, said so, on those measured."""
    basis, words = (
        (validation, "the validation patients read with them")
        if validation
        else (members, "these very patients: optimistic")
    )
    scores, labels = _arrays(basis)
    return diagnostic.chosen_thresholds(scores, labels, words)


def _arrays(results: Sequence[PatientResult]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([r.probability for r in results], np.float64), np.array(
        [r.label for r in results], np.bool_
    )


def _patient_group(
    dataset: str,
    source: str,
    split: str,
    members: Sequence[PatientResult],
    pictures: Sequence[PictureResult],
    points: Sequence[Threshold],
    risks: Mapping[str, float],
) -> PatientGroup:
    scores, labels = _arrays(members)
    figures = _patient_figures(members, risks) | _picture_auc(pictures)
    tables = []
    for point in points:
        counts = diagnostic.table(scores, labels, point.value)
        tables.append(PointTable(point, counts, diagnostic.figures(counts)))
    both = roc.both_labels(labels)
    return PatientGroup(
        dataset,
        source,
        split,
        tuple(members),
        figures,
        tuple(tables),
        roc.curve(scores, labels) if both else None,
        tuple(calibration.curve(scores, labels)),
        decision.decision_curve(scores, labels) if both else None,
        tuple(_patient_subgroups(members, points[0], risks)),
    )


def _patient_figures(members: Sequence[PatientResult], risks: Mapping[str, float]) -> Figures:
    scores, labels = _arrays(members)
    found: Figures = {}
    if roc.both_labels(labels):
        found[AUC] = roc.auc(scores, labels)
        if all(member.name in risks for member in members):
            best = [risks[member.name] for member in members]
            found[BEST_AUC] = roc.auc(best, labels)
            found[AUC_GAP] = roc.auc_difference(best, scores, labels)
    return found | calibration.figures(scores, labels)


def _picture_auc(pictures: Sequence[PictureResult]) -> Figures:
    known = [r for r in pictures if r.entry.record.label is not None]
    labels = [r.entry.record.label == 1 for r in known]
    if len(set(labels)) < 2:
        return {}
    # As in `patient_groups`, equal names of two sources are two people.
    patients = [f"{r.entry.source}/{r.entry.record.patient}" for r in known]
    return {PICTURE_AUC: roc.auc([r.image_probability for r in known], labels, patients)}


def _patient_subgroups(
    members: Sequence[PatientResult], point: Threshold, risks: Mapping[str, float]
) -> Iterable[Subgroup]:
    """Yield subgroups with their figures and those of the first operating point, the card's default."""
    cells = [
        (
            member.extra
            | ({} if member.node_seen is None else {NODE_SEEN: "yes" if member.node_seen else "no"}),
            member,
        )
        for member in members
    ]
    for column, parts in columns(cells):
        for value, part in parts:
            counts = diagnostic.table(*_arrays(part), point.value)
            found = _patient_figures(part, risks) | diagnostic.figures(counts)
            yield Subgroup(column, value, len(part), found)


def blanking_effect(before: Sequence[PictureResult], after: Sequence[PictureResult]) -> dict[str, Figures]:
    """Return what blanking calipers and captions changes, picture by picture, for each row of the table."""
    blanked = {result.entry.record.image: result for result in after}
    found: dict[str, Figures] = {}
    for group in picture_groups(before):
        pairs = [
            (one.agreement, other.agreement, one.entry.record.patient)
            for one in group.results
            if (other := blanked.get(one.entry.record.image)) is not None
            and one.agreement is not None
            and other.agreement is not None
        ]
        if pairs:
            first, second, patients = zip(*pairs, strict=True)
            found[group.dataset] = {
                "Dice, blanked less as it is": difference(
                    [a.dice for a in first], [a.dice for a in second], patients
                ),
                "found, blanked less as it is": difference(
                    [a.found for a in first], [a.found for a in second], patients
                ),
            }
    return found
