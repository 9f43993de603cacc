from __future__ import annotations

import numpy as np
import torch

from alnreader.case.region import RegionKind
from alnreader.inference.propose import MOST_STRUCTURES, components, proposals


def logits(*boxes: tuple[int, int, int, int], size: int = 64) -> torch.Tensor:
    values = torch.full((size, size), -4.0)
    for top, left, bottom, right in boxes:
        values[top:bottom, left:right] = 4.0
    return values


def found(
    values: torch.Tensor, shape: tuple[int, int] = (64, 64), least: float = 0.001
) -> tuple[np.ndarray, ...]:
    return components(values, shape, threshold=0.0, minimum_area_fraction=least)


def test_each_structure_is_one_region_of_the_pictures_size_largest_first() -> None:
    small, large = found(logits((4, 4, 12, 12), (30, 30, 60, 60)), shape=(128, 192))[::-1]
    assert small.shape == large.shape == (128, 192)
    assert small.dtype == np.bool_
    assert abs(large.sum() - 30 * 30 * 6) < 30 * 30
    rows, columns = np.nonzero(small)
    assert (rows.min() // 2, rows.max() // 2, columns.min() // 3, columns.max() // 3) == (4, 11, 4, 11)


def test_holes_are_filled() -> None:
    values = logits((10, 10, 50, 50))
    values[20:30, 20:30] = -4.0
    (mask,) = found(values)
    assert mask.sum() == 40 * 40


def test_structures_that_touch_at_a_corner_are_one() -> None:
    assert len(found(logits((10, 10, 20, 20), (20, 20, 30, 30)))) == 1


def test_specks_are_dropped() -> None:
    values = logits((10, 10, 40, 40), (50, 50, 52, 52))
    assert len(found(values, least=0.0)) == 2
    assert len(found(values, least=4 / 64**2)) == 2
    assert len(found(values, least=5 / 64**2)) == 1


def test_of_thousands_of_specks_the_largest_are_kept() -> None:
    values = logits((1, 1, 9, 9))
    values[11::2, ::2] = 4.0
    masks = found(values, least=0.0)
    assert len(masks) == MOST_STRUCTURES
    assert masks[0].sum() == 8 * 8


def test_nothing_found_is_no_region() -> None:
    assert found(logits()) == ()


def test_the_threshold_is_the_cards() -> None:
    values = logits((10, 10, 40, 40))
    assert components(values, (64, 64), threshold=4.5, minimum_area_fraction=0.0) == ()


def test_a_faint_structure_is_offered_only_where_no_peak_is_asked_for() -> None:
    values = logits((10, 10, 20, 20), (30, 30, 50, 50))
    values[30:50, 30:50] = 1.0
    both = components(values, (64, 64), threshold=0.0, minimum_area_fraction=0.0)
    assert len(both) == 2
    (sure,) = components(values, (64, 64), threshold=0.0, minimum_area_fraction=0.0, sure=2.0)
    assert sure.sum() == 100
    assert components(logits(), (64, 64), threshold=0.0, minimum_area_fraction=0.0, sure=2.0) == ()


def test_smoothing_takes_a_spike_off_and_leaves_the_body() -> None:
    values = logits((20, 20, 50, 50))
    values[35, 50:62] = 4.0
    (spiky,) = components(values, (64, 64), threshold=0.0, minimum_area_fraction=0.0)
    (smooth,) = components(values, (64, 64), threshold=0.0, minimum_area_fraction=0.0, smoothing=2.0)
    assert spiky[35, 60]
    assert not smooth[:, 55:].any()
    assert abs(int(smooth.sum()) - 900) < 60


def test_the_type_logit_names_the_kind() -> None:
    masks = found(logits((10, 10, 40, 40)))
    assert [region.kind for region in proposals(masks, 0.3)] == [RegionKind.LYMPH_NODE]
    assert [region.kind for region in proposals(masks, -0.3)] == [RegionKind.TUMOUR]
