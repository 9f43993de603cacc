"""The fourfold table at a threshold: sensitivity, specificity, predictive values, likelihood ratios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.metrics import confusion_matrix, roc_curve

from alnreader.training.evaluation.intervals import CONFIDENCE, NO_SPREAD, Figure, share
from alnreader.training.evaluation.roc import both_labels

SIMEL = "log method (Simel) 95 %"

SENSITIVITY_CHOSEN = SPECIFICITY_CHOSEN = 0.9
"""Operating points that a site may ask for: to miss few, and to send few to a needless biopsy."""


@dataclass(frozen=True)
class Table:
    """Patients by call and truth."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int


@dataclass(frozen=True)
class Threshold:
    """An operating point: at and above `value` a patient is called positive; `chosen_on` says from what."""

    name: str
    value: float
    chosen_on: str


def table(scores: NDArray[np.float64], labels: NDArray[np.bool_], threshold: float) -> Table:
    """Count calls at and above the threshold."""
    counts = confusion_matrix(labels, scores >= threshold, labels=[False, True])
    (true_negative, false_positive), (false_negative, true_positive) = counts.tolist()
    return Table(true_positive, false_positive, false_negative, true_negative)


def figures(counts: Table) -> dict[str, Figure]:
    """Return what the table holds: shares with Wilson intervals, likelihood ratios with Simel's.

    A share of nobody, and a ratio with zero below its line, are left out.
    """
    positives = counts.true_positive + counts.false_negative
    negatives = counts.true_negative + counts.false_positive
    called = counts.true_positive + counts.false_positive
    cleared = counts.true_negative + counts.false_negative
    shares = {
        "sensitivity": (counts.true_positive, positives),
        "specificity": (counts.true_negative, negatives),
        "PPV": (counts.true_positive, called),
        "NPV": (counts.true_negative, cleared),
        "accuracy": (counts.true_positive + counts.true_negative, positives + negatives),
    }
    found = {name: share(hits, n) for name, (hits, n) in shares.items() if n}
    if positives and negatives:
        ratios = {
            "LR+": likelihood_ratio(counts.true_positive, positives, counts.false_positive, negatives),
            "LR-": likelihood_ratio(counts.false_negative, positives, counts.true_negative, negatives),
        }
        found |= {name: ratio for name, ratio in ratios.items() if ratio is not None}
    return found


def likelihood_ratio(of_positives: int, positives: int, of_negatives: int, negatives: int) -> Figure | None:
    """Return the ratio of two shares with an interval on its logarithm.

    Simel, Samsa and Matchar 1991, doi 10.1016/0895-4356(91)90128-V: the variance of the logarithm is
    ``1/a - 1/n1 + 1/b - 1/n0``.

    Parameters
    ----------
    of_positives, positives
        Patients with the disease: with this result, all.
    of_negatives, negatives
        The same of those without.

    Returns
    -------
    Figure or None
        None where nobody without the disease has the result: the ratio is infinite. Where nobody with the
        disease has it, the upper end is that of the table with half a patient more in every cell; where
        everybody has it there is no interval.
    """
    if of_negatives == 0:
        return None
    ratio = (of_positives / positives) / (of_negatives / negatives)
    n = positives + negatives
    if of_positives == 0:
        _, high = _log_interval(0.5, positives + 1, of_negatives + 0.5, negatives + 1)
        return Figure(0.0, 0.0, high, n, f"{SIMEL}, upper end with 0.5 in every cell")
    if of_positives == positives and of_negatives == negatives:
        return Figure(ratio, None, None, n, f"everybody is called alike: {NO_SPREAD}")
    low, high = _log_interval(of_positives, positives, of_negatives, negatives)
    return Figure(ratio, low, high, n, SIMEL)


def _log_interval(
    of_positives: float, positives: float, of_negatives: float, negatives: float
) -> tuple[float, float]:
    ratio = (of_positives / positives) / (of_negatives / negatives)
    variance = 1 / of_positives - 1 / positives + 1 / of_negatives - 1 / negatives
    factor = float(np.exp(norm.ppf(0.5 + CONFIDENCE / 2) * np.sqrt(variance)))
    return ratio / factor, ratio * factor


def chosen_thresholds(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], chosen_on: str
) -> list[Threshold]:
    """Return thresholds chosen on some patients: Youden's, one of high sensitivity, one of high specificity.

    Empty where one of the labels is missing. Of thresholds that do equally well the one that calls fewest.
    """
    if not both_labels(labels):
        return []
    rates, sensitivities, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    # The first is infinite: nobody is called. It is no operating point.
    rates, sensitivities, thresholds = rates[1:], sensitivities[1:], thresholds[1:]
    youden = float(thresholds[np.argmax(sensitivities - rates)])
    sensitive = float(thresholds[np.argmax(sensitivities >= SENSITIVITY_CHOSEN - 1e-12)])
    points = [
        Threshold("Youden", youden, chosen_on),
        Threshold(f"sensitivity {SENSITIVITY_CHOSEN:.2f}", sensitive, chosen_on),
    ]
    allowed = np.flatnonzero(1 - rates >= SPECIFICITY_CHOSEN - 1e-12)
    if len(allowed):
        specific = float(thresholds[allowed[-1]])
        points.append(Threshold(f"specificity {SPECIFICITY_CHOSEN:.2f}", specific, chosen_on))
    return points
