"""The figures of the card: on test pictures and patients, never used for anything before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alnreader.inference.scope import feature_distance
from alnreader.model.card import Calibration, MaskCard, Metric
from alnreader.model.multi_instance import MultiInstanceNetwork
from alnreader.training.calibrate import FeatureCheck, probabilities, proposal
from alnreader.training.features import Reading
from alnreader.training.manifest import KINDS
from alnreader.training.pictures import read_mask
from alnreader.training.stage2 import Patient, evidence
from alnreader.training.statistics import Figure, auc, dice, mean, overlap, share

FOUND_OVERLAP = 0.25
"""A lesion counts as found when intersection over union with the proposal is above this: enough for a reader
to see what is meant and correct the edge."""


def picture_metrics(readings: Sequence[Reading], mask: MaskCard, check: FeatureCheck) -> list[Metric]:
    """Return the figures of the pictures, by source and kind."""
    groups: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        source = reading.record.source or "pictures"
        kind = reading.record.kind
        groups[f"{source} test" if kind is None else f"{source} test, {KINDS[kind]}"].append(reading)
    metrics = []
    for dataset, group in sorted(groups.items()):
        metrics += _group_metrics(dataset, group, mask, check)
    return metrics


def _group_metrics(
    dataset: str, group: Sequence[Reading], mask: MaskCard, check: FeatureCheck
) -> list[Metric]:
    dices, found, false = [], [], []
    for reading in group:
        truth = read_mask(reading.record)
        if truth is None:
            continue
        outlined = proposal(reading, mask)
        if truth.any():
            dices.append(dice(truth, outlined))
            found.append(overlap(truth, outlined) > FOUND_OVERLAP)
        else:
            false.append(bool(outlined.any()))
    metrics = []
    if dices:
        metrics.append(_metric("Dice", dataset, mean(dices)))
        metrics.append(_metric("lesions found (IoU > 0.25)", dataset, share(sum(found), len(found))))
    if false:
        metrics.append(
            _metric("normal pictures with a false proposal", dataset, share(sum(false), len(false)))
        )
    kinds = [(r.type_logit > 0) == bool(r.record.kind) for r in group if r.record.kind is not None]
    if kinds:
        metrics.append(_metric("kind right", dataset, share(sum(kinds), len(kinds))))
    passed = [feature_distance(reading.overview, check.arrays) <= check.limit for reading in group]
    metrics.append(_metric("passed by the input check", dataset, share(sum(passed), len(passed))))
    return metrics


def patient_metrics(
    network: MultiInstanceNetwork,
    patients: Sequence[Patient],
    calibration: Calibration,
    threshold: float,
    dataset: str,
) -> list[Metric]:
    """Return the figures of the patients, all pictures under the predicted masks."""
    if not patients:
        return []
    labels = np.array([patient.label for patient in patients], bool)
    scores = probabilities(evidence(network, [patient.bag for patient in patients]), calibration)
    metrics = []
    if labels.any() and not labels.all():
        metrics.append(_metric("AUC", dataset, auc(scores, labels)))
    called = scores >= threshold
    if labels.any():
        metrics.append(_metric("sensitivity", dataset, share(int(called[labels].sum()), int(labels.sum()))))
    if not labels.all():
        right = int((~called[~labels]).sum())
        metrics.append(_metric("specificity", dataset, share(right, int((~labels).sum()))))
    metrics.append(_metric("Brier score", dataset, mean((scores - labels) ** 2)))
    return metrics


def image_auc(readings: Sequence[Reading], dataset: str) -> list[Metric]:
    """Return the AUC of the image head over single pictures with a label, if there are both labels."""
    known: list[tuple[float, int]] = [
        (reading.image_logit, reading.record.label)
        for reading in readings
        if reading.record.label is not None
    ]
    labels: NDArray[np.int_] = np.array([label for _, label in known], int)
    if len(set(labels.tolist())) < 2:
        return []
    return [_metric("AUC of single pictures", dataset, auc([score for score, _ in known], labels))]


def _metric(name: str, dataset: str, figure: Figure) -> Metric:
    return {
        "name": name,
        "dataset": dataset,
        "n": figure.n,
        "value": round(figure.value, 4),
        "low": round(figure.low, 4),
        "high": round(figure.high, 4),
        "method": figure.method,
    }
