"""Whether a probability means what it says: curve, expected error, Brier score, slope and intercept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from alnreader.training.evaluation.intervals import (
    BOOTSTRAP_PATIENTS,
    CONFIDENCE,
    RESAMPLES,
    Figure,
    percentile_interval,
    share,
)
from alnreader.training.evaluation.roc import both_labels

BINS = 10
FEWEST_IN_BIN = 10
"""A bin of fewer patients says next to nothing: small cohorts get fewer, wider bins."""

EDGE = 1e-6
"""Probabilities are kept this far from 0 and 1 where their logit is taken."""

NO_ECE_INTERVAL = "bins of equally many, no interval"
"""Chance alone makes an error that is never negative larger, and drawing patients again makes it larger once
more: the percentiles of that lay above the value itself (docs/decisions/0245-no-interval-of-the-ece.md)."""

_WALD = "Wald 95 %"
_SEED = 11
_WEAK = 1e8
"""scikit-learn's C: no prior to speak of."""


@dataclass(frozen=True)
class Bin:
    """Patients of similar probability: mean probability, share that has the disease."""

    predicted: float
    observed: Figure


def _order(scores: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Return the patients of each bin: equally many in each, by probability."""
    count = max(1, min(BINS, len(scores) // FEWEST_IN_BIN))
    return [part for part in np.array_split(np.argsort(scores, kind="stable"), count) if len(part)]


def curve(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> list[Bin]:
    """Return the calibration curve, in bins of equally many patients with Wilson intervals."""
    return [
        Bin(float(scores[part].mean()), share(int(labels[part].sum()), len(part))) for part in _order(scores)
    ]


def expected_error(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: mean distance of the curve from the diagonal, by patients.

    Naeini, Cooper and Hauskrecht 2015 (PMC4410090), in bins of equally many. Of a perfect model it is above
    zero, since the shares in the bins scatter.
    """
    parts = _order(scores)
    gaps = [abs(float(scores[part].mean() - labels[part].mean())) * len(part) for part in parts]
    return float(sum(gaps) / len(scores))


def figures(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> dict[str, Figure]:
    """Return Brier score, slope and intercept with intervals, and the expected error, which has none.

    Parameters
    ----------
    scores : ndarray
        (N,) probabilities, 0..1.
    labels : ndarray
        (N,) bool.

    Returns
    -------
    dict of str to Figure
        Slope and intercept only where both labels are there. The intercept is that of a slope of one
        (calibration in the large): above zero the probabilities are too low.
    """
    if not len(scores):
        return {}
    rng = np.random.default_rng(_SEED)
    draws = rng.integers(0, len(scores), (RESAMPLES, len(scores)))
    squares = (scores - labels) ** 2
    n = len(scores)
    brier = float(brier_score_loss(labels, scores, labels=[False, True]))
    found = {
        "Brier score": Figure(
            brier, *percentile_interval(squares[draws].mean(axis=1)), n, BOOTSTRAP_PATIENTS
        ),
        "ECE": Figure(expected_error(scores, labels), None, None, n, NO_ECE_INTERVAL),
    }
    if both_labels(labels):
        found |= _line(logit(np.clip(scores, EDGE, 1 - EDGE)), labels)
    return found


def _separated(evidence: NDArray[np.float64], labels: NDArray[np.bool_]) -> bool:
    """Whether one number parts the labels: the best slope is infinite then."""
    above, below = evidence[labels], evidence[~labels]
    return bool(above.min() >= below.max() or above.max() <= below.min())


def _line(evidence: NDArray[np.float64], labels: NDArray[np.bool_]) -> dict[str, Figure]:
    n, reach = len(labels), float(norm.ppf(0.5 + CONFIDENCE / 2))
    found = {}
    if not _separated(evidence, labels):
        model = LogisticRegression(C=_WEAK, tol=1e-8, max_iter=1000).fit(evidence[:, None], labels)
        slope = float(model.coef_[0, 0])
        chances = model.predict_proba(evidence[:, None])[:, 1]
        weights = chances * (1 - chances)
        # Fisher information of slope and intercept; its inverse holds their variances.
        design = np.stack([evidence, np.ones(n)], axis=1)
        information = (design * weights[:, None]).T @ design
        if np.linalg.cond(information) < 1e12:
            error = float(np.sqrt(np.linalg.inv(information)[0, 0]))
            found["calibration slope"] = Figure(slope, slope - reach * error, slope + reach * error, n, _WALD)

    def excess(shift: float) -> float:
        return float(expit(evidence + shift).sum() - labels.sum())

    bound = float(np.abs(evidence).max()) + 40.0
    shift = float(brentq(excess, -bound, bound))
    chances = expit(evidence + shift)
    error = float(1 / np.sqrt((chances * (1 - chances)).sum()))
    found["calibration intercept"] = Figure(shift, shift - reach * error, shift + reach * error, n, _WALD)
    return found
