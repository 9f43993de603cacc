"""The ROC curve, its area with DeLong's interval, and the difference of two areas on the same patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata
from sklearn.metrics import roc_curve

from alnreader.training.evaluation.intervals import CONFIDENCE, NO_SPREAD, RESAMPLES, Figure

DELONG = "DeLong 95 %"
OBUCHOWSKI = "DeLong over patients (Obuchowski) 95 %"
GRID = np.linspace(0.0, 1.0, 101)
"""False positive rates at which the band stands."""

_NO_SPREAD = 1e-18
"""A variance below this is rounding."""

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


def auc(scores: ArrayLike, labels: ArrayLike, patients: Sequence[str] | None = None) -> Figure:
    """Return the area under the ROC curve with DeLong's interval (doi 10.2307/2531595), cut to 0..1.

    Parameters
    ----------
    scores, labels : array_like
        (N,).
    patients : sequence of str, optional
        Whose each score is, where a patient may have several: the interval is Obuchowski's then (1997, doi
        10.2307/2533958), which is DeLong's where each has one.

    Raises
    ------
    ValueError
        If one of the labels is missing.
    """
    of_positives, of_negatives = placements(scores, labels)
    area = float(of_positives.mean())
    n = len(of_positives) + len(of_negatives)
    if patients is None:
        variance, method = _variance(of_positives, of_negatives), DELONG
    else:
        whose, positive = np.asarray(patients), np.asarray(labels, bool)
        variance = _clustered(of_positives - area, of_negatives - area, whose[positive], whose[~positive])
        method = OBUCHOWSKI
    reach = _reach(variance)
    if reach is None:
        return Figure(area, None, None, n, _why_none(variance))
    return Figure(area, max(0.0, area - reach), min(1.0, area + reach), n, method)


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
    variance = _variance(other_positives - positives, other_negatives - negatives)
    reach = _reach(variance)
    n = len(positives) + len(negatives)
    if reach is None:
        return Figure(gap, None, None, n, _why_none(variance))
    return Figure(gap, gap - reach, gap + reach, n, f"{DELONG}, paired")


def _variance(of_positives: NDArray[np.float64], of_negatives: NDArray[np.float64]) -> float | None:
    if len(of_positives) < 2 or len(of_negatives) < 2:
        return None
    return float(of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives))


def _clustered(
    of_positives: NDArray[np.float64],
    of_negatives: NDArray[np.float64],
    positives_whose: NDArray[np.str_],
    negatives_whose: NDArray[np.str_],
) -> float | None:
    """Return Obuchowski's variance of the area from components less the area, and whose each is."""
    names, whose = np.unique(np.concatenate([positives_whose, negatives_whose]), return_inverse=True)
    above, below = whose[: len(of_positives)], whose[len(of_positives) :]
    first, second = len(np.unique(above)), len(np.unique(below))
    if first < 2 or second < 2:
        return None
    # Each patient's part in the two means, and what the two have in common.
    of_first = np.bincount(above, of_positives, len(names)) / len(of_positives)
    of_second = np.bincount(below, of_negatives, len(names)) / len(of_negatives)
    common = 2 * len(names) / (len(names) - 1) * of_first @ of_second
    own = first / (first - 1) * of_first @ of_first + second / (second - 1) * of_second @ of_second
    return max(0.0, float(own + common))


def _reach(variance: float | None) -> float | None:
    # Without spread nothing tells how far the value may be off: labels that the scores part, for one.
    if variance is None or variance < _NO_SPREAD:
        return None
    return float(norm.ppf(0.5 + CONFIDENCE / 2) * np.sqrt(variance))


def _why_none(variance: float | None) -> str:
    return "one patient of a label: no interval" if variance is None else f"DeLong: {NO_SPREAD}"


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
