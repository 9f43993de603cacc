"""Decision curves: what acting on the probability is worth, against treating all or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alnreader.training.evaluation.intervals import CONFIDENCE, RESAMPLES

THRESHOLDS = np.round(np.arange(0.01, 1.0, 0.01), 2)
_SEED = 13


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit by threshold probability, each (K,): of the model with its band, of treating all.

    That of treating none is zero.
    """

    threshold: NDArray[np.float64]
    model: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    treat_all: NDArray[np.float64]


def net_benefit(
    true_positives: ArrayLike, false_positives: ArrayLike, n: int, threshold: ArrayLike
) -> NDArray[np.float64]:
    """Return ``TP/n - FP/n * p/(1-p)`` at the threshold probability p (doi 10.1177/0272989X06295361)."""
    chance = np.asarray(threshold, float)
    odds = chance / (1 - chance)
    return (np.asarray(true_positives, float) - np.asarray(false_positives, float) * odds) / n


def interventions_avoided(
    model: ArrayLike, treat_all: ArrayLike, threshold: ArrayLike
) -> NDArray[np.float64]:
    """Return how many needless interventions a patient are avoided against treating all (same source)."""
    chance = np.asarray(threshold, float)
    return (np.asarray(model, float) - np.asarray(treat_all, float)) / (chance / (1 - chance))


def decision_curve(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> DecisionCurve:
    """Return the curve at `THRESHOLDS`, its band from patients drawn again (pointwise).

    Parameters
    ----------
    scores : ndarray
        (N,) probabilities, 0..1.
    labels : ndarray
        (N,) bool.
    """
    n = len(scores)
    called = scores[:, None] >= THRESHOLDS
    # What each patient adds to the net benefit at each threshold.
    gains = called * np.where(labels[:, None], 1.0, -THRESHOLDS / (1 - THRESHOLDS))
    drawn = np.random.default_rng(_SEED).multinomial(n, np.full(n, 1 / n), RESAMPLES // 2)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(drawn @ gains / n, [tail, 100 - tail], axis=0)
    positives = int(labels.sum())
    return DecisionCurve(
        THRESHOLDS,
        gains.sum(axis=0) / n,
        low,
        high,
        net_benefit(positives, n - positives, n, THRESHOLDS),
    )
