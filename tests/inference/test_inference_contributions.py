"""Shapley values of any game, then of the patient's probability."""

from __future__ import annotations

import math
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alnreader.inference.contributions import EXACT_UP_TO, explain


class Game:
    """A random set function over n players, values 0..1, with counts of what was asked."""

    def __init__(self, n: int, seed: int) -> None:
        self.n = n
        self.table = np.random.default_rng(seed).uniform(size=2**n)
        self.asked = 0

    def __call__(self, subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
        self.asked += len(subsets)
        assert subsets.dtype == np.bool_
        assert subsets.shape[1] == self.n
        result: NDArray[np.float64] = self.table[subsets @ (1 << np.arange(self.n))]
        return result

    def of(self, *members: int) -> float:
        return float(self.table[sum(1 << member for member in members)])

    def explain(self, seed: int = 0):
        return explain(self, self.n, full=self.of(*range(self.n)), empty=self.of(), seed=seed)


games = st.builds(Game, st.integers(1, 6), st.integers(0, 10**6))


@given(games)
def test_exact_values_are_the_mean_over_all_orders(game: Game) -> None:
    expected = np.zeros(game.n)
    for order in permutations(range(game.n)):
        for place, player in enumerate(order):
            expected[player] += game.of(*order[: place + 1]) - game.of(*order[:place])
    found = game.explain()
    assert found.exact
    np.testing.assert_allclose(found.shapley, expected / math.factorial(game.n), atol=1e-12)


@given(st.builds(Game, st.integers(1, EXACT_UP_TO + 3), st.integers(0, 10**6)))
def test_contributions_add_up_to_the_full_bag_less_the_empty_one(game: Game) -> None:
    found = game.explain()
    assert found.exact is (game.n <= EXACT_UP_TO)
    assert found.shapley.sum() == pytest.approx(game.of(*range(game.n)) - game.of(), abs=1e-12)


@given(st.builds(Game, st.integers(1, EXACT_UP_TO + 3), st.integers(0, 10**6)))
def test_without_is_the_bag_less_one(game: Game) -> None:
    everyone = set(range(game.n))
    expected = [game.of(*(everyone - {player})) for player in range(game.n)]
    np.testing.assert_array_equal(game.explain().without, expected)


@given(st.integers(2, 7), st.integers(0, 10**6))
def test_a_player_who_never_matters_gets_nothing_and_equal_players_the_same(n: int, seed: int) -> None:
    game = Game(n, seed)
    bits = np.arange(2**n)[:, None] >> np.arange(n) & 1 == 1
    # Player 0 is a dummy; players 1 and 2 count as a number.
    twins = bits[:, 1:3].sum(axis=1) if n > 2 else bits[:, 1].astype(int)
    key = twins + 3 * (bits[:, 3:] @ (1 << np.arange(max(n - 3, 0))))
    game.table = np.random.default_rng(seed).uniform(size=3 * 2**n)[key]
    found = game.explain().shapley
    assert found[0] == pytest.approx(0.0, abs=1e-12)
    if n > 2:
        assert found[1] == pytest.approx(found[2], abs=1e-12)


@given(games, st.randoms(use_true_random=False))
def test_values_follow_the_players_into_another_order(game: Game, random) -> None:
    order = list(range(game.n))
    random.shuffle(order)
    turned = Game(game.n, 0)
    # Player i of the turned game is player order[i] of the first.
    for size in range(game.n + 1):
        for members in combinations(range(game.n), size):
            turned.table[sum(1 << m for m in members)] = game.of(*(order[m] for m in members))
    np.testing.assert_allclose(turned.explain().shapley, game.explain().shapley[order], atol=1e-12)


class Saturating(Game):
    """As a patient's probability behaves: evidence adds up and saturates, with a few interactions."""

    def __init__(self, n: int, seed: int) -> None:
        super().__init__(n, seed)
        generator = np.random.default_rng(seed)
        bits = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(float)
        pairs = generator.normal(0, 0.3, (n, n))
        logit = -1 + bits @ generator.normal(0.3, 0.8, n) + np.einsum("si,ij,sj->s", bits, pairs, bits) / 2
        self.table = 1 / (1 + np.exp(-logit))


def test_sampled_values_are_close_to_exact_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(20):
        game = Saturating(8, seed)
        exact = game.explain()
        with monkeypatch.context() as patch:
            patch.setattr("alnreader.inference.contributions.EXACT_UP_TO", 0)
            sampled = game.explain(seed=seed)
        assert exact.exact
        assert not sampled.exact
        assert np.abs(sampled.shapley - exact.shapley).max() < 0.05
        assert sampled.shapley.sum() == pytest.approx(exact.shapley.sum(), abs=1e-12)


def test_the_same_seed_draws_the_same_orders() -> None:
    game = Game(12, 1)
    first, again, other = game.explain(seed=5), game.explain(seed=5), game.explain(seed=6)
    np.testing.assert_array_equal(first.shapley, again.shapley)
    assert np.abs(first.shapley - other.shapley).max() > 0


def test_an_empty_bag_has_no_contributions() -> None:
    found = explain(Game(1, 0), 0, full=0.3, empty=0.3, seed=0)
    assert found.shapley.shape == found.without.shape == (0,)


def test_full_and_empty_bag_are_not_asked_for() -> None:
    game = Game(5, 1)
    game.explain()
    assert game.asked == 2**5 - 2
