"""What each image adds to the patient's probability: Shapley values and leave-one-out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO: Final = 10
"""Bags up to this size are explained exactly, by all subsets: 1024 of them at ten images."""

PERMUTATION_PAIRS: Final = 16
"""Permutations drawn for a larger bag, each used forwards and backwards.

The antithetic pair cancels the part of the error that is linear in an image's position
(doi 10.48550/arXiv.2104.12199); what is left is in docs/decisions/0062-contributions.md.
"""

Value = Callable[[NDArray[np.bool_]], NDArray[np.float64]]
"""Subsets ``(S, N) bool`` of the bag to the patient's probability of each, ``(S,)``."""


@dataclass(frozen=True, eq=False)
class Contributions:
    """Explanation of one bag.

    Attributes
    ----------
    shapley
        ``(N,) float64``; adds up to the full bag's probability less the empty one's.
    without
        ``(N,) float64``: the probability without that image.
    exact
        False where the values are sampled.
    """

    shapley: NDArray[np.float64]
    without: NDArray[np.float64]
    exact: bool


def explain(value: Value, n: int, *, full: float, empty: float, seed: int) -> Contributions:
    """Share a bag's probability out among its images.

    Parameters
    ----------
    value : callable
        The probability of any subset. Not asked for the full and the empty bag.
    n : int
        Images in the bag.
    full, empty : float
        Probability of the whole bag and of the empty one.
    seed : int
        Of the permutations of a large bag.

    Returns
    -------
    Contributions
    """
    if n == 0:
        nothing = np.zeros(0)
        return Contributions(nothing, nothing, exact=True)
    if n <= EXACT_UP_TO:
        return _exact(value, n, full, empty)
    return _sampled(value, n, full, empty, seed)


def _exact(value: Value, n: int, full: float, empty: float) -> Contributions:
    subsets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1
    values = np.empty(2**n)
    values[0], values[-1] = empty, full
    if n > 1:
        values[1:-1] = value(subsets[1:-1])
    # An image joins a subset of s others in s! (n - s - 1)! of the n! orders.
    joins = np.array([1.0 / (n * math.comb(n - 1, size)) for size in range(n)])
    sizes = subsets.sum(axis=1)
    gained = joins[np.maximum(sizes - 1, 0)][:, None]
    missed = joins[np.minimum(sizes, n - 1)][:, None]
    weights = np.where(subsets, gained, -missed)
    without = values[2**n - 1 - (1 << np.arange(n))]
    return Contributions(weights.T @ values, without, exact=True)


def _sampled(value: Value, n: int, full: float, empty: float, seed: int) -> Contributions:
    generator = np.random.default_rng(seed)
    forwards = [generator.permutation(n) for _ in range(PERMUTATION_PAIRS)]
    orders = np.array([order for forward in forwards for order in (forward, forward[::-1])])
    # members[p, k]: the first k + 1 images of order p.
    members = np.zeros((len(orders), n, n), dtype=np.bool_)
    for position in range(n):
        members[np.arange(len(orders)), position:, orders[:, position]] = True
    leave_one_out = ~np.eye(n, dtype=np.bool_)
    asked = np.concatenate([members[:, :-1].reshape(-1, n), leave_one_out])
    unique, inverse = np.unique(asked, axis=0, return_inverse=True)
    values = value(unique)[inverse.reshape(-1)]
    chains = np.full((len(orders), n + 1), full)
    chains[:, 0] = empty
    chains[:, 1:-1] = values[:-n].reshape(len(orders), n - 1)
    # Each order's gains add up to full - empty, so their mean does.
    gains = np.empty((len(orders), n))
    np.put_along_axis(gains, orders, np.diff(chains, axis=1), axis=1)
    return Contributions(gains.mean(axis=0), values[-n:], exact=False)
