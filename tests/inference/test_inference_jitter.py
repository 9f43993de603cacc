from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from alnreader.inference.jitter import interval, jittered


def ellipse(height: int, width: int, half_y: float, half_x: float, tilt: float = 0.5) -> torch.Tensor:
    """Soft logits of an ellipse in the middle, 3 inside to -3 outside."""
    y, x = np.mgrid[:height, :width]
    u, v = x - (width - 1) / 2, y - (height - 1) / 2
    along, across = u * np.cos(tilt) + v * np.sin(tilt), -u * np.sin(tilt) + v * np.cos(tilt)
    distance = np.sqrt((along / half_x) ** 2 + (across / half_y) ** 2)
    return torch.from_numpy(np.clip(8 * (1 - distance), -3, 3).astype(np.float32))


@pytest.mark.parametrize("half_axes", [(5, 8), (10, 10), (8, 20)])
def test_outlines_move_as_they_would_between_readers(half_axes: tuple[float, float]) -> None:
    logits = ellipse(64, 64, *half_axes)
    before = logits > 0
    overlaps = [
        float((before & (moved > 0)).sum() / (before | (moved > 0)).sum())
        for moved in jittered(logits, 200, seed=1)
    ]
    assert np.mean(overlaps) == pytest.approx(0.80, abs=0.05)
    # Neither side of the outline is favoured: the area stays the same on average.
    areas = (jittered(logits, 200, seed=1) > 0).sum(dim=(1, 2)).float()
    assert float(areas.mean() / before.sum()) == pytest.approx(1.0, abs=0.08)


def test_the_same_seed_moves_the_same_way() -> None:
    logits = ellipse(32, 32, 6, 8)
    assert torch.equal(jittered(logits, 5, seed=4), jittered(logits, 5, seed=4))
    assert not torch.equal(jittered(logits, 5, seed=4), jittered(logits, 5, seed=5))


def test_without_an_outline_only_the_level_varies() -> None:
    logits = torch.linspace(-5, -1, 16 * 16).reshape(16, 16)
    moved = jittered(logits, 6, seed=0)
    levels = (moved - logits).flatten(1)
    assert float((levels - levels[:, :1]).abs().max()) < 1e-4
    assert float(levels[:, 0].std()) > 0.05


@given(st.floats(0, 1), st.lists(st.floats(0, 1), max_size=30))
def test_the_interval_holds_the_value_and_stays_within_the_samples_and_it(
    value: float, samples: list[float]
) -> None:
    low, high = interval(value, np.array(samples))
    assert low <= value <= high
    assert min([value, *samples]) <= low
    assert high <= max([value, *samples])
