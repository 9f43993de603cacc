"""The ROC curve, its area with DeLong's interval, and the difference of two areas on the same patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata
from sklearn.metrics import roc_curve

from alnreader.training.evaluation.intervals import CONFIDENCE, RESAMPLES, Figure

DELONG = "DeLong 95 %"
GRID = np.linspace(0.0, 1.0, 101)
"""False positive rates at which the band stands."""

_BAND_SEED = 7


@dataclass(frozen=True)
class Curve:
    """An ROC curve and its pointwise band.

    `false_positive_rate`, `sensitivity`, `threshold` (K,) are the curve's corners; `grid`, `low`, `high`
    (101,) the band: the sensitivity at each false positive rate in patients drawn again, label by label.
    """

    false_positive_rate: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    threshold: NDArray[np.float64]
    grid: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def both_labels(labels: ArrayLike) -> bool:
    """Whether both labels are there: without, there is no ROC curve."""
    positive = np.asarray(labels, bool)
    return bool(positive.any() and not positive.all())


def placements(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return DeLong's structural components of the area: of each positive, of each negative, in order.

    A positive's is the share of negatives that it exceeds (ties half), a negative's the share of positives
    that exceed it. From midranks, in N log N (Sun and Xu 2014, doi 10.1109/LSP.2014.2337313).

    Raises
    ------
    ValueError
        If one of the labels is missing.
    """
    values, positive = np.asarray(scores, float), np.asarray(labels, bool)
    if not both_labels(positive):
        raise ValueError("An area under the ROC curve needs both labels.")
    above, below = values[positive], values[~positive]
    ranks = rankdata(np.concatenate([above, below]))
    of_positives = (ranks[: len(above)] - rankdata(above)) / len(below)
    of_negatives = 1 - (ranks[len(above) :] - rankdata(below)) / len(above)
    return of_positives, of_negatives


def auc(scores: ArrayLike, labels: ArrayLike) -> Figure:
    """Return the area under the ROC curve with DeLong's interval (doi 10.2307/2531595), cut to 0..1.

    Raises
    ------
    ValueError
        If one of the labels is missing.
    """
    of_positives, of_negatives = placements(scores, labels)
    area = float(of_positives.mean())
    reach = _reach(of_positives, of_negatives)
    n = len(of_positives) + len(of_negatives)
    if reach is None:
        return Figure(area, None, None, n, "one patient of a label: no interval")
    return Figure(area, max(0.0, area - reach), min(1.0, area + reach), n, DELONG)


def auc_difference(scores: ArrayLike, other: ArrayLike, labels: ArrayLike) -> Figure:
    """Return the area of `other` less that of `scores` on the same patients, with DeLong's interval.

    Raises
    ------
    ValueError
        If one of the labels is missing.
    """
    positives, negatives = placements(scores, labels)
    other_positives, other_negatives = placements(other, labels)
    # The areas' difference is the mean of the components' differences: its variance holds the covariance.
    gap = float(other_positives.mean() - positives.mean())
    reach = _reach(other_positives - positives, other_negatives - negatives)
    n = len(positives) + len(negatives)
    if reach is None:
        return Figure(gap, None, None, n, "one patient of a label: no interval")
    return Figure(gap, gap - reach, gap + reach, n, f"{DELONG}, paired")


def _reach(of_positives: NDArray[np.float64], of_negatives: NDArray[np.float64]) -> float | None:
    if len(of_positives) < 2 or len(of_negatives) < 2:
        return None
    variance = of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives)
    return float(norm.ppf(0.5 + CONFIDENCE / 2) * np.sqrt(variance))


def curve(scores: ArrayLike, labels: ArrayLike) -> Curve:
    """Return the ROC curve with its band.

    Raises
    ------
    ValueError
        If one of the labels is missing.
    """
    values, positive = np.asarray(scores, float), np.asarray(labels, bool)
    if not both_labels(positive):
        raise ValueError("An ROC curve needs both labels.")
    rates, sensitivities, thresholds = roc_curve(positive, values, drop_intermediate=True)
    rng = np.random.default_rng(_BAND_SEED)
    above, below = values[positive], values[~positive]
    drawn = np.stack([_resampled(above, below, rng) for _ in range(RESAMPLES // 2)])
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(drawn, [tail, 100 - tail], axis=0)
    return Curve(rates, sensitivities, thresholds, GRID, low, high)


def _resampled(
    above: NDArray[np.float64], below: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    positives = np.sort(rng.choice(above, len(above)))
    negatives = np.sort(rng.choice(below, len(below)))
    cuts = np.unique(np.concatenate([positives, negatives]))[::-1]
    sensitivity = 1 - np.searchsorted(positives, cuts) / len(positives)
    rate = 1 - np.searchsorted(negatives, cuts) / len(negatives)
    return np.interp(GRID, np.concatenate([[0.0], rate]), np.concatenate([[0.0], sensitivity]))
