"""The label: drawn with the stated probability, best possible AUC below 1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alnreader.simulation import best_possible_auc, risk
from alnreader.simulation.patient import plan_patient


def test_best_possible_auc_is_high_but_not_one() -> None:
    assert 0.88 <= best_possible_auc(5000, seed=1, node_view_share=1.0) <= 0.93
    assert 0.65 <= best_possible_auc(200, seed=1, node_view_share=0.0) <= 0.85


def test_auc_of_known_rankings() -> None:
    labels = np.array([0, 0, 1, 1])
    assert risk.auc(np.array([0.1, 0.2, 0.3, 0.4]), labels) == 1
    assert risk.auc(np.array([0.4, 0.3, 0.2, 0.1]), labels) == 0
    assert risk.auc(np.array([0.5, 0.5, 0.5, 0.5]), labels) == 0.5
    assert risk.auc(np.array([0.1, 0.3, 0.2, 0.4]), labels) == 0.75


def test_labels_come_with_the_stated_probability() -> None:
    patients = [plan_patient(seed) for seed in range(1500)]
    chances = np.array([p.risk for p in patients])
    spread = np.sqrt((chances * (1 - chances)).sum()) / len(chances)
    assert np.mean([p.metastasis for p in patients]) == pytest.approx(chances.mean(), abs=3 * spread)
    assert 0.3 < chances.mean() < 0.6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_each_factor_raises_the_risk(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tumour = risk.draw_tumour(rng)
    node = risk.draw_node(tumour, rng)
    chance = risk.probability(tumour, node)
    assert 0 < chance < 1
    assert risk.probability(replace(tumour, size_mm=tumour.size_mm * 1.2), node) > chance
    assert risk.probability(replace(tumour, irregularity=tumour.irregularity + 0.1), node) > chance
    assert risk.probability(replace(tumour, spiculation=tumour.spiculation + 0.1), node) > chance
    assert risk.probability(tumour, replace(node, hilum=node.hilum - 0.1)) > chance
    assert risk.probability(tumour, replace(node, short_mm=node.short_mm * 1.1)) > chance
    if node.cortex_mm < 9:
        assert risk.probability(tumour, replace(node, cortex_mm=node.cortex_mm + 1)) > chance


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_nodes_are_possible_bodies(seed: int) -> None:
    rng = np.random.default_rng(seed)
    node = risk.draw_node(risk.draw_tumour(rng), rng)
    assert 0 < node.short_mm <= node.long_mm
    assert node.cortex_mm <= node.short_mm
    if node.hilum_lost:
        assert node.cortex_mm == node.short_mm
    else:
        assert node.hilum * node.short_mm + node.cortex_mm <= node.short_mm * 1.001
