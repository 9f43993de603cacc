"""Simulated patients: determinism, exact masks, stated sizes, calibration."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from alnreader.simulation import SimulatedImage, simulate_patient
from alnreader.simulation.patient import plan_patient

_QUICK = settings(max_examples=6, deadline=None)
_SEEDS = st.integers(0, 2**31 - 1)


def _longest_mm(image: SimulatedImage) -> float:
    """Longest distance between pixel centres of the mask, plus one pixel for their extent."""
    region = image.regions[0]
    rows, columns = np.nonzero(image.mask)
    points = np.stack([columns * region.mm_per_pixel_x, rows * region.mm_per_pixel_y], axis=1)
    corners = points[ConvexHull(points).vertices]
    apart = np.hypot(*(corners[:, None] - corners[None]).transpose(2, 0, 1))
    return float(apart.max()) + (region.mm_per_pixel_x + region.mm_per_pixel_y) / 2


def test_same_seed_gives_same_bytes_and_another_seed_others() -> None:
    first, again, other = (
        simulate_patient(5, 3, cine=True),
        simulate_patient(5, 3, cine=True),
        simulate_patient(6, 3),
    )
    for a, b in zip(first.images, again.images, strict=True):
        assert a.pixels.tobytes() == b.pixels.tobytes()
        assert a.mask.tobytes() == b.mask.tobytes()
        assert (a.kind, a.regions, a.laterality, a.facts) == (b.kind, b.regions, b.laterality, b.facts)
    assert first.cine is not None
    assert again.cine is not None
    assert first.cine.tobytes() == again.cine.tobytes()
    assert (first.name, first.risk, first.metastasis) == (again.name, again.risk, again.metastasis)
    assert other.images[0].pixels.tobytes() != first.images[0].pixels.tobytes()


@_QUICK
@given(_SEEDS)
def test_masks_lie_in_the_sector_and_have_the_stated_size(seed: int) -> None:
    for image in simulate_patient(seed, 2).images:
        region = image.regions[0]
        rows, columns = np.nonzero(image.mask)
        assert rows.size > 50
        assert region.x0 <= columns.min()
        assert columns.max() <= region.x1
        assert region.y0 <= rows.min()
        assert rows.max() <= region.y1
        assert region.x1 < image.pixels.shape[1]
        assert region.y1 < image.pixels.shape[0]
        tolerance = 2.5 * max(region.mm_per_pixel_x, region.mm_per_pixel_y)
        assert _longest_mm(image) == pytest.approx(image.facts["size_mm"], abs=tolerance)


@settings(max_examples=200, deadline=None)
@given(_SEEDS)
def test_planned_views(seed: int) -> None:
    plan = plan_patient(seed)
    assert 3 <= plan.tumour_views + plan.node_views <= 8
    assert plan.tumour_views >= 1
    assert 0 < plan.risk < 1


def test_pictures_are_those_of_the_plan() -> None:
    plan, patient = plan_patient(21), simulate_patient(21)
    kinds = [image.kind for image in patient.images]
    assert kinds == ["tumour"] * plan.tumour_views + ["lymph_node"] * plan.node_views
    assert (patient.risk, patient.metastasis) == (plan.risk, plan.metastasis)
    assert patient.images[0].kind == "tumour"
    assert len({image.laterality for image in patient.images}) == 1
    for image in patient.images:
        assert image.pixels.shape == (*image.mask.shape, 3)
        assert image.pixels.dtype == np.uint8
        assert image.mask.dtype == np.bool_


def test_label_and_risk_do_not_depend_on_a_cine() -> None:
    for seed in (2, 9):
        plain, with_cine = simulate_patient(seed, 2), simulate_patient(seed, 2, cine=True)
        assert (plain.risk, plain.metastasis) == (with_cine.risk, with_cine.metastasis)
        assert plain.images[1].pixels.tobytes() == with_cine.images[1].pixels.tobytes()


def test_lesions_are_darker_than_their_surroundings_on_the_whole() -> None:
    inside, around = [], []
    for seed in range(6):
        for image in simulate_patient(seed, 2).images:
            region = image.regions[0]
            part = image.pixels[region.y0 : region.y1 + 1, region.x0 : region.x1 + 1, 1]
            mask = image.mask[region.y0 : region.y1 + 1, region.x0 : region.x1 + 1]
            inside.append(part[mask].mean())
            around.append(part[~mask].mean())
    assert np.mean(inside) < 0.85 * np.mean(around)


def test_cine_moves() -> None:
    cine = simulate_patient(3, 3, cine=True).cine
    assert cine is not None
    assert cine.dtype == np.uint8
    assert cine.ndim == 3
    assert len(cine) >= 8
    assert all((a != b).any() for a, b in pairwise(cine))


def test_no_images_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        simulate_patient(1, 0)
