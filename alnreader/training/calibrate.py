"""What is chosen on the validation pictures and patients and stored in the card."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import expit
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression

from alnreader.inference.gate import mask_to_logits, on_grid, pool
from alnreader.inference.propose import outlined, smoothed
from alnreader.inference.scope import feature_distance
from alnreader.model.card import Calibration, MaskCard, OperatingPoint
from alnreader.model.multi_instance import MultiInstanceNetwork
from alnreader.training.features import LOGIT_KS, Reading
from alnreader.training.pictures import read_mask
from alnreader.training.stage2 import Patient, evidence

SENSITIVITY_AIMED_AT = 0.87
"""On validation patients. A missed metastasis costs more than a further look; the paper reads at 0.5 and
finds 0.815 (doi 10.1038/s41698-025-00971-0)."""

FEWEST_TO_CALIBRATE = 20
"""Platt's two numbers from fewer patients would be noise."""

THRESHOLD_LOGITS = (-0.5, 0.0, 0.5, 1.0, 1.5)
AREA_FRACTIONS = (0.0, 0.001, 0.002, 0.003, 0.004, 0.006)
SURE_LOGITS = (-np.inf, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
SMOOTHINGS = (0.0, 1.0, 2.0)
FALSE_PROPOSAL_COST = 0.1
"""A false proposal on every normal picture weighs as much as this loss of mean Dice: a reader removes a false
outline with one key, a lesion that was not offered is easily missed."""

LIMIT_QUANTILE = 0.99
"""Share of each source's validation pictures that the input check passes at least."""

MOST_OF_A_SOURCE = 300
"""So many pictures of a source have a part in the features' mean and spread: with thousands of simulated
pictures all real ones would lie at the edge (docs/decisions/0159)."""

FEWEST_TO_LIMIT = 50
"""A 99th percentile of fewer pictures would be that of the oddest one."""

WEAK_REGULARISATION = 1e4
"""scikit-learn's C: Platt scaling with next to no prior."""


@dataclass(frozen=True)
class FeatureCheck:
    """Arrays for `features.safetensors` and the limit of the distance."""

    arrays: dict[str, NDArray[np.floating]]
    limit: float


def platt(values: NDArray[np.float64], labels: NDArray[np.bool_]) -> Calibration:
    """Return slope and intercept on the logit difference, or none where they cannot be told."""
    if len(values) >= FEWEST_TO_CALIBRATE and len(set(labels.tolist())) == 2:
        model = LogisticRegression(C=WEAK_REGULARISATION).fit(values[:, None], labels)
        if model.coef_[0, 0] > 0:
            return {
                "method": "platt",
                "slope": float(model.coef_[0, 0]),
                "intercept": float(model.intercept_[0]),
            }
    return {"method": "none", "slope": 1.0, "intercept": 0.0}


def probabilities(values: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """Return the calibrated probabilities of logit differences."""
    return np.asarray(expit(calibration["slope"] * values + calibration["intercept"]), np.float64)


def operating_points(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], chosen_on: str
) -> tuple[list[OperatingPoint], str]:
    """Return the card's operating points and the default's name.

    The default is the highest threshold that reaches `SENSITIVITY_AIMED_AT` on the validation patients; 0.5,
    which the paper uses, is the other. Without both labels only 0.5 is left.
    """
    half = _point("0.5", 0.5, scores, labels, chosen_on)
    if len(set(labels.tolist())) < 2:
        return [half], half["name"]
    ordered = np.sort(scores[labels])[::-1]
    needed = int(np.ceil(SENSITIVITY_AIMED_AT * len(ordered)))
    lowest = float(ordered[needed - 1])
    below = scores[scores < lowest]
    # Halfway to the next patient below: rounding elsewhere must not turn the last positive round.
    threshold = (lowest + float(below.max())) / 2 if len(below) else lowest
    chosen = _point("sensitive", round(threshold, 4), scores, labels, chosen_on)
    return [chosen, half], chosen["name"]


def _point(
    name: str, threshold: float, scores: NDArray[np.float64], labels: NDArray[np.bool_], chosen_on: str
) -> OperatingPoint:
    called = scores >= threshold
    return {
        "name": name,
        "threshold": threshold,
        "sensitivity": float(called[labels].mean()) if labels.any() else None,
        "specificity": float((~called[~labels]).mean()) if (~labels).any() else None,
        "chosen_on": chosen_on,
    }


def proposal(reading: Reading, mask: MaskCard) -> NDArray[np.bool_]:
    """Return what the program would outline in the picture, (rows, columns) bool."""
    found = outlined(torch.from_numpy(reading.mask_logits.astype(np.float32)), reading.shape, mask)
    return np.logical_or.reduce(found) if found else np.zeros(reading.shape, np.bool_)


class _Cut(NamedTuple):
    """One way to cut proposals out of logits."""

    smoothing: float
    threshold: float
    fraction: float
    sure: float


def choose_mask(readings: Sequence[Reading]) -> MaskCard:
    """Return how proposals are cut: the best mean Dice, less the cost of false proposals.

    Each source of pictures counts alike, however many it has. Compared in the network's input size, which is
    quicker and changes the choice little. k is left for `choose_k`.
    """
    overlaps: dict[_Cut, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    false: dict[_Cut, list[bool]] = defaultdict(list)
    for reading in readings:
        truth = _small_truth(reading)
        if truth is None:
            continue
        for cut, kept, structures in _cuts(reading.mask_logits.astype(np.float32), truth):
            if truth.any():
                inside, area = structures.inside[kept].sum(), structures.areas[kept].sum()
                overlaps[cut][reading.record.source].append(float(2 * inside / (truth.sum() + area)))
            else:
                false[cut].append(bool(kept.any()))

    def worth(cut: _Cut) -> float:
        means = [float(np.mean(part)) for part in overlaps[cut].values()]
        cost = FALSE_PROPOSAL_COST * float(np.mean(false[cut])) if false[cut] else 0.0
        return (float(np.mean(means)) if means else 0.0) - cost

    known = sorted(set(overlaps) | set(false))
    best = max(known, key=worth) if known else _Cut(0.0, 0.0, 0.0, -np.inf)
    return {
        "logit_k": LOGIT_KS[0],
        "k_drift": None,
        "threshold_logit": best.threshold,
        "minimum_area_fraction": best.fraction,
        "sure_logit": best.sure if np.isfinite(best.sure) else None,
        "smoothing": best.smoothing,
    }


class _Structures(NamedTuple):
    """Of each structure: its area, the part that lies in the truth, and its highest logit."""

    areas: NDArray[np.int64]
    inside: NDArray[np.int64]
    peaks: NDArray[np.floating]


def _cuts(
    logits: NDArray[np.float32], truth: NDArray[np.bool_]
) -> Iterator[tuple[_Cut, NDArray[np.bool_], _Structures]]:
    """Yield every way to cut, which structures it keeps, and these."""
    for smoothing in SMOOTHINGS:
        smooth = smoothed(logits, smoothing) if smoothing else logits
        for threshold in THRESHOLD_LOGITS:
            found = _structures(smooth, threshold, truth)
            for fraction, sure in itertools.product(AREA_FRACTIONS, SURE_LOGITS):
                kept = (found.areas >= max(1.0, fraction * logits.size)) & (found.peaks >= sure)
                yield _Cut(smoothing, threshold, fraction, sure), kept, found


def _structures(logits: NDArray[np.float32], threshold: float, truth: NDArray[np.bool_]) -> _Structures:
    """Measure the structures that `inference.propose` would find."""
    filled = ndimage.binary_fill_holes(logits > threshold)
    count, labels = cv2.connectedComponents(np.asarray(filled, np.uint8), connectivity=8)
    areas = np.bincount(labels.ravel(), minlength=count)[1:]
    inside = np.bincount(labels[truth], minlength=count)[1:]
    peaks = np.asarray(ndimage.maximum(logits, np.asarray(labels), np.arange(1, count))).reshape(-1)
    return _Structures(areas, inside, peaks)


def _small_truth(reading: Reading) -> NDArray[np.bool_] | None:
    truth = read_mask(reading.record)
    if truth is None:
        return None
    small = cv2.resize(
        truth.astype(np.float32), reading.mask_logits.shape[::-1], interpolation=cv2.INTER_AREA
    )
    return np.asarray(small) > 0.5


def choose_k(
    network: MultiInstanceNetwork, patients: Sequence[Patient], mask: MaskCard, calibration: Calibration
) -> MaskCard:
    """Return the mask card with the k for which putting the network's own outlines back moves least.

    The drift is the mean absolute change of the patient's probability when every picture with a proposal
    enters as logits of -k and k instead of the predicted ones.
    """
    if not patients:
        return {**mask, "logit_k": 4.0, "k_drift": None}
    predicted = probabilities(evidence(network, [p.bag for p in patients]), calibration)
    outlines = [[proposal(reading, mask) for reading in patient.readings] for patient in patients]
    drifts = {}
    for k in LOGIT_KS:
        bags = [
            torch.stack([_redrawn(r, o, k) for r, o in zip(patient.readings, drawn, strict=True)])
            for patient, drawn in zip(patients, outlines, strict=True)
        ]
        drifts[k] = float(np.abs(probabilities(evidence(network, bags), calibration) - predicted).mean())
    k = min(drifts, key=drifts.__getitem__)
    return {**mask, "logit_k": k, "k_drift": drifts[k]}


def _redrawn(reading: Reading, outline: NDArray[np.bool_], k: float) -> torch.Tensor:
    if reading.x is None or not outline.any():
        return reading.pooled
    size = (reading.mask_logits.shape[0], reading.mask_logits.shape[1])
    x = reading.x.float()
    return pool(x, on_grid(mask_to_logits(outline, size, k), (x.shape[1], x.shape[2])))


def feature_check(training: Sequence[Reading], validation: Sequence[Reading]) -> FeatureCheck:
    """Return mean and shrunk precision (Ledoit-Wolf) of the training overviews, and the distance's limit.

    Every source has a say, however few its pictures are: no more than `MOST_OF_A_SOURCE` of each are taken,
    and the limit is the largest of the sources' own.
    """
    chosen = [one for part in _by_source(training).values() for one in _evenly(part, MOST_OF_A_SOURCE)]
    overviews = np.stack([reading.overview.numpy() for reading in chosen]).astype(np.float64)
    fitted = LedoitWolf().fit(overviews)
    arrays = {
        "mean": fitted.location_.astype(np.float32),
        "precision": fitted.precision_.astype(np.float32),
    }
    readings = list(validation or training)
    large = [part for part in _by_source(readings).values() if len(part) >= FEWEST_TO_LIMIT]
    limits = [
        np.quantile([feature_distance(reading.overview, arrays) for reading in part], LIMIT_QUANTILE)
        for part in large or [readings]
    ]
    return FeatureCheck(arrays, float(max(limits)))


def _by_source(readings: Sequence[Reading]) -> dict[str, list[Reading]]:
    parts: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        parts[reading.record.source].append(reading)
    return parts


def _evenly(readings: Sequence[Reading], most: int) -> Sequence[Reading]:
    """Return all of them, or `most` from the first to the last."""
    if len(readings) <= most:
        return readings
    return [readings[number] for number in np.linspace(0, len(readings) - 1, most).astype(int)]
