"""Figures with intervals: Wilson for shares, bootstrap for means and medians."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

CONFIDENCE = 0.95
"""Of every interval."""

RESAMPLES = 2000
"""Bootstrap resamples: 50 lie beyond each end of a 95 % interval."""

NO_SPREAD = "no spread, no interval"
"""Where all values are the same: an interval of no width would claim to know more than it does."""

WILSON = "Wilson 95 %"
BOOTSTRAP_PATIENTS = "bootstrap over patients 95 %"


@dataclass(frozen=True)
class Figure:
    """A value with its interval; `n` is what it was computed over, `method` how.

    `low` and `high` are None where the interval cannot be told (one patient, no spread, an empty cell).
    """

    value: float
    low: float | None
    high: float | None
    n: int
    method: str


def share(hits: int, n: int) -> Figure:
    """Return a proportion with its Wilson score interval (doi 10.1080/01621459.1927.10502953).

    Raises
    ------
    ValueError
        If `n` is zero.
    """
    if n == 0:
        raise ValueError("A share of nothing has no value.")
    interval = binomtest(hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return Figure(hits / n, float(interval.low), float(interval.high), n, WILSON)


def percentile_interval(values: ArrayLike) -> tuple[float, float]:
    """Return the central `CONFIDENCE` of resampled values."""
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(np.asarray(values, float), [tail, 100 - tail])
    return float(low), float(high)


def mean(values: ArrayLike, patients: Sequence[str] | None = None) -> Figure:
    """Return a mean with its percentile bootstrap interval.

    Parameters
    ----------
    values : array_like
        (N,).
    patients : sequence of str, optional
        Whose each value is. Patients are drawn, not values: two pictures of one lesion are hardly two.
        Without, each value counts as a patient.

    Raises
    ------
    ValueError
        If there is no value.
    """
    return _bootstrapped(values, patients, "mean", _weighted_means)


def median(values: ArrayLike, patients: Sequence[str] | None = None) -> Figure:
    """Return a median with its percentile bootstrap interval; as `mean`."""
    return _bootstrapped(values, patients, "median", _weighted_medians)


_Statistic = Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]


def _bootstrapped(
    values: ArrayLike, patients: Sequence[str] | None, name: str, statistic: _Statistic
) -> Figure:
    array = np.asarray(values, np.float64)
    if array.size == 0:
        raise ValueError(f"A {name} of nothing has no value.")
    whose = np.arange(array.size) if patients is None else np.unique(list(patients), return_inverse=True)[1]
    count = int(whose.max()) + 1
    point = float(statistic(array, np.ones((1, array.size), np.int64))[0])
    method = f"{name}, {BOOTSTRAP_PATIENTS}"
    if count < 2:
        return Figure(point, None, None, array.size, f"{name}, one patient: no interval")
    if np.ptp(array) == 0:
        return Figure(point, None, None, array.size, f"{name}: {NO_SPREAD}")
    # The seed follows from the number of patients alone: the same data give the same interval.
    rng = np.random.default_rng(zlib.crc32(f"{name} {count}".encode()))
    drawn = rng.multinomial(count, np.full(count, 1 / count), RESAMPLES)
    low, high = percentile_interval(statistic(array, drawn[:, whose]))
    return Figure(point, low, high, array.size, method)


def _weighted_means(values: NDArray[np.float64], times: NDArray[np.int64]) -> NDArray[np.float64]:
    # No resample is empty of values: every patient has at least one.
    return np.asarray(times @ values / times.sum(axis=1), np.float64)


def _weighted_medians(values: NDArray[np.float64], times: NDArray[np.int64]) -> NDArray[np.float64]:
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    cumulated = times[:, order].cumsum(axis=1)
    totals = cumulated[:, -1:]
    # The lower and the upper middle one, which are the same where their number is odd.
    lower = (cumulated < (totals + 1) // 2).sum(axis=1)
    upper = (cumulated < totals // 2 + 1).sum(axis=1)
    return np.asarray((ordered[lower] + ordered[upper]) / 2, np.float64)


def difference(before: ArrayLike, after: ArrayLike, patients: Sequence[str] | None = None) -> Figure:
    """Return the mean of `after - before`, pair by pair, with its interval."""
    return mean(np.asarray(after, float) - np.asarray(before, float), patients)
