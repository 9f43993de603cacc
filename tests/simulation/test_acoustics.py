"""The physics: speckle statistics, point-spread function, attenuation, scan conversion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alnreader.simulation.acoustics import Beam, Tissue, attenuation_db, blur, envelope, scatterers
from alnreader.simulation.fields import Fields
from alnreader.simulation.geometry import Geometry, GeometryKind
from alnreader.simulation.lesions import hilum_outline, node_outline
from alnreader.simulation.risk import Node
from alnreader.simulation.scanner import Placement, scan_convert

_BEAM = Beam(frequency_mhz=10, cycles=2, f_number=3, focus_mm=15, aperture_mm=14)
_RAYLEIGH_SNR = 1.91
"""Mean over standard deviation of a Rayleigh envelope, sqrt(pi / (4 - pi))."""


def _uniform(geometry: Geometry, echo_db: float = 0.0, loss: float = 0.0) -> Tissue:
    zero = np.zeros((geometry.samples, geometry.lines), np.float32)
    return Tissue(zero + np.float32(echo_db), zero, zero + np.float32(loss))


def _speckle(looks: int, seed: int = 0) -> np.ndarray:
    geometry = Geometry("linear", 40, 40)
    rng = np.random.default_rng(seed)
    return envelope(_uniform(geometry), geometry, _BEAM, looks, np.full((1, 1), -200, np.float32), rng)


def test_speckle_is_fully_developed() -> None:
    signal = _speckle(1)
    assert signal.mean() / signal.std() == pytest.approx(_RAYLEIGH_SNR, abs=0.06)
    assert np.mean(signal**2) == pytest.approx(1, abs=0.06)


def test_compounding_smooths_speckle() -> None:
    single, four = _speckle(1), _speckle(4)
    assert four.mean() / four.std() > 1.8 * single.mean() / single.std()


def _lateral_correlation(rows: np.ndarray, lag: int) -> float:
    rows = rows - rows.mean()
    return float((rows[:, lag:] * rows[:, :-lag]).mean() / (rows**2).mean())


def test_lateral_grain_grows_with_depth() -> None:
    signal = _speckle(1)
    focus = slice(150, 240)
    deep = slice(420, 510)
    assert _lateral_correlation(signal[deep], 4) > _lateral_correlation(signal[focus], 4) + 0.05


@pytest.mark.parametrize("kind", ["linear", "trapezoid", "convex"])
def test_blur_keeps_the_power_of_noise(kind: GeometryKind) -> None:
    geometry = Geometry(kind, 40, 40, steer_rad=0.2)
    rng = np.random.default_rng(1)
    blurred = blur(scatterers((geometry.samples, geometry.lines), rng), geometry, _BEAM)
    assert np.mean(np.abs(blurred[40:-40, 40:-40]) ** 2) == pytest.approx(1, abs=0.1)


def test_attenuation_is_the_loss_times_the_depth() -> None:
    geometry = Geometry("linear", 40, 40)
    total = attenuation_db(_uniform(geometry, loss=0.5), geometry)
    np.testing.assert_allclose(total[-1], 20.0, atol=0.01)
    np.testing.assert_allclose(total[geometry.samples // 2 - 1], 10.0, atol=0.01)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["linear", "trapezoid", "convex"]),
    u=st.floats(0, 1),
    share=st.floats(0, 1),
    width=st.floats(30, 60),
    depth=st.floats(20, 70),
)
def test_beam_and_cartesian_coordinates_are_inverse(
    kind: GeometryKind, u: float, share: float, width: float, depth: float
) -> None:
    geometry = Geometry(kind, width, depth, steer_rad=0.25)
    x, z = geometry.to_cartesian(np.array([u]), np.array([share * depth]))
    u_again, s_again = geometry.to_beam(x, z)
    assert u_again[0] == pytest.approx(u, abs=1e-6)
    assert s_again[0] == pytest.approx(share * depth, abs=1e-6)
    assert abs(x[0]) <= geometry.half_extent_mm + 1e-6
    assert -1e-6 <= z[0] <= geometry.extent_z_mm + 1e-6


@pytest.mark.parametrize("kind", ["linear", "trapezoid", "convex"])
def test_scan_conversion_puts_a_point_where_it_is(kind: GeometryKind) -> None:
    geometry = Geometry(kind, 40, 40, steer_rad=0.2)
    beam_space = np.zeros((geometry.samples, geometry.lines), np.float32)
    beam_space[300:303, 200:203] = 1
    wide, high = 2 * geometry.half_extent_mm, geometry.extent_z_mm
    placement = Placement(700, 900, 20, 30, 819, 629, wide / 800, high / 600)
    picture, field = scan_convert(beam_space, geometry, placement)
    rows, columns = np.nonzero(picture > 0.5)
    x, z = geometry.to_cartesian(np.array([201.5 / 320]), np.array([301.5 * geometry.sample_mm]))
    column, row = placement.pixel(float(x[0]), float(z[0]), geometry)
    assert columns.mean() + 20 == pytest.approx(column, abs=1)
    assert rows.mean() + 30 == pytest.approx(row, abs=1)
    assert not picture[~field].any()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    long_mm=st.floats(8, 28),
    roundness=st.floats(0.4, 0.95),
    hilum=st.floats(0.15, 0.7),
    share=st.floats(0.55, 0.95),
)
def test_cortex_is_drawn_with_the_stated_thickness(
    seed: int, long_mm: float, roundness: float, hilum: float, share: float
) -> None:
    short = long_mm * roundness
    cortex = share * (1 - hilum) * short
    node = Node(long_mm, short, cortex, hilum)
    rng = np.random.default_rng(seed)
    outline = node_outline(node, rng).moved(0.0, 20.0)
    inner = hilum_outline(node, outline, rng)
    _, ends = outline.diameter
    axis = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    across = np.array([-axis[1], axis[0]])
    middle = ends.mean(axis=0)

    def reach(points: np.ndarray, way: float) -> float:
        return float(((points - middle) @ across * way).max())

    thickest = max(reach(outline.points, way) - reach(inner.points, way) for way in (1.0, -1.0))
    assert thickest == pytest.approx(cortex, abs=0.1 * short)


def test_noise_fields_have_unit_variance() -> None:
    fields = Fields(Geometry("linear", 40, 40), np.random.default_rng(0))
    noise = np.stack([fields.noise(3, 1) for _ in range(20)])
    assert noise.std() == pytest.approx(1, abs=0.05)
    assert abs(noise.mean()) < 0.05
