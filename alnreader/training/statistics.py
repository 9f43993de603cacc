"""Figures with intervals: Wilson for shares, DeLong for areas under the ROC curve, bootstrap for means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, norm, rankdata

CONFIDENCE = 0.95
RESAMPLES = 2000


@dataclass(frozen=True)
class Figure:
    """A value with its interval; `n` is what it was computed over, `method` how."""

    value: float
    low: float
    high: float
    n: int
    method: str


def share(hits: int, n: int) -> Figure:
    """Return a proportion with its Wilson score interval (doi 10.1080/01621459.1927.10502953)."""
    if n == 0:
        raise ValueError("A share of nothing has no value.")
    interval = binomtest(hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return Figure(hits / n, float(interval.low), float(interval.high), n, "Wilson 95 %")


def mean(values: ArrayLike, seed: int = 0) -> Figure:
    """Return a mean with its percentile bootstrap interval over the values."""
    array = np.asarray(values, float)
    if array.size == 0:
        raise ValueError("A mean of nothing has no value.")
    rng = np.random.default_rng(seed)
    means = array[rng.integers(0, array.size, (RESAMPLES, array.size))].mean(axis=1)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return Figure(float(array.mean()), float(low), float(high), array.size, "mean, bootstrap 95 %")


def auc(scores: ArrayLike, labels: ArrayLike) -> Figure:
    """Return the area under the ROC curve with DeLong's interval (doi 10.2307/2531595), cut to 0..1.

    Raises
    ------
    ValueError
        If one of the labels is missing.
    """
    values, positive = np.asarray(scores, float), np.asarray(labels, bool)
    above, below = values[positive], values[~positive]
    if not len(above) or not len(below):
        raise ValueError("An area under the ROC curve needs both labels.")
    # Placement values from midranks (Sun and Xu, doi 10.1109/LSP.2014.2337313).
    ranks = rankdata(np.concatenate([above, below]))
    placed_above = (ranks[: len(above)] - rankdata(above)) / len(below)
    placed_below = 1 - (ranks[len(above) :] - rankdata(below)) / len(above)
    area = float(placed_above.mean())
    variance = _variance(placed_above) / len(above) + _variance(placed_below) / len(below)
    reach = float(norm.ppf(0.5 + CONFIDENCE / 2) * np.sqrt(variance))
    return Figure(area, max(0.0, area - reach), min(1.0, area + reach), len(values), "DeLong 95 %")


def _variance(values: NDArray[np.float64]) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def dice(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Return the Dice coefficient of two masks of one shape; 1 where both are empty."""
    both = int(truth.sum()) + int(found.sum())
    return 2 * int((truth & found).sum()) / both if both else 1.0


def overlap(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Return intersection over union of two masks of one shape; 1 where both are empty."""
    either = int((truth | found).sum())
    return int((truth & found).sum()) / either if either else 1.0
