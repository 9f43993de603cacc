"""Calibration regions: a length exists only where the file's own regions say so."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import region_item, speckle, write_image, write_ultrasound
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from alnreader.case.image import CalibrationRegion, RegionContent
from alnreader.dicom import Location, discover
from alnreader.dicom.calibration import calibration_regions
from alnreader.dicom.formats import pixel_format
from alnreader.dicom.header import read_header


def read(path: Path, *items: Dataset) -> tuple[tuple[CalibrationRegion, ...], tuple[str, ...]]:
    write_ultrasound(path, speckle(48, 64), SequenceOfUltrasoundRegions=list(items))
    return calibration_regions(read_header(Location(path)), 48, 64)


def test_one_region(tmp_path: Path) -> None:
    regions, notes = read(tmp_path / "a.dcm", region_item(2, 3, 40, 30, (0.01, 0.02)))
    assert regions == (CalibrationRegion(2, 3, 40, 30, 0.1, 0.2, RegionContent.TISSUE),)
    assert notes == ()


def test_several_regions_keep_their_own_scale(tmp_path: Path) -> None:
    """Two pictures side by side, and a Doppler trace below them: none borrows another's scale."""
    regions, notes = read(
        tmp_path / "a.dcm",
        region_item(0, 0, 31, 30, (0.01, 0.01)),
        region_item(32, 0, 63, 30, (0.03, 0.03)),
        region_item(0, 31, 63, 47, (0.001, 5.0), units=(4, 7), kind=3),
        region_item(10, 5, 20, 15, (0.01, 0.01), kind=2),
    )
    assert [region.mm_per_pixel_x for region in regions] == pytest.approx([0.1, 0.3, None, 0.1])
    assert [region.content for region in regions] == [
        RegionContent.TISSUE,
        RegionContent.TISSUE,
        RegionContent.SPECTRAL,
        RegionContent.COLOUR_FLOW,
    ]
    assert notes == ()


@pytest.mark.parametrize("units", [(0, 0), (3, 4), (4, 3), (1, 1), (7, 3)])
def test_units_other_than_cm_have_no_mm(units: tuple[int, int], tmp_path: Path) -> None:
    (region,), _ = read(tmp_path / "a.dcm", region_item(units=units))
    assert not region.calibrated


def test_negative_deltas_are_a_direction(tmp_path: Path) -> None:
    (region,), notes = read(tmp_path / "a.dcm", region_item(delta=(0.01, -0.01)))
    assert (region.mm_per_pixel_x, region.mm_per_pixel_y) == pytest.approx((0.1, 0.1))
    assert notes == ()


@pytest.mark.parametrize("delta", [0.0, 1e-9, 1e6, math.nan, math.inf, -math.inf])
def test_scales_that_are_not_believed(delta: float, tmp_path: Path) -> None:
    (region,), (note,) = read(tmp_path / "a.dcm", region_item(delta=(0.01, delta)))
    assert not region.calibrated
    assert "nothing is measured" in note


def test_a_region_without_deltas(tmp_path: Path) -> None:
    item = region_item()
    del item.PhysicalDeltaX
    (region,), (note,) = read(tmp_path / "a.dcm", item)
    assert not region.calibrated
    assert "no scale" in note


@pytest.mark.parametrize("bounds", [(64, 0, 80, 10), (0, 48, 10, 60), (20, 5, 10, 15), (5, 20, 15, 10)])
def test_regions_outside_are_left_out(bounds: tuple[int, int, int, int], tmp_path: Path) -> None:
    regions, (note,) = read(tmp_path / "a.dcm", region_item(*bounds), region_item(1, 1, 5, 5))
    assert [(region.x0, region.x1) for region in regions] == [(1, 5)]
    assert note.startswith("Calibration region 1:")
    assert "left out" in note


def test_no_sequence_and_no_bounds(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", speckle())
    assert calibration_regions(read_header(Location(path)), 48, 64) == ((), ())
    regions, (note,) = read(tmp_path / "b.dcm", Dataset())
    assert regions == ()
    assert "no bounds" in note


@settings(max_examples=60)
@given(
    st.tuples(*[st.integers(0, 70)] * 4),
    st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 2),
    st.tuples(*[st.integers(0, 12)] * 2),
    st.integers(0, 20),
)
def test_whatever_a_file_says_regions_are_valid(
    tmp_path_factory: pytest.TempPathFactory,
    bounds: tuple[int, int, int, int],
    delta: tuple[float, float],
    units: tuple[int, int],
    kind: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.dcm"
    regions, _ = read(path, region_item(*bounds, delta=delta, units=units, kind=kind))
    for region in regions:
        assert 0 <= region.x0 <= region.x1 < 64
        assert 0 <= region.y0 <= region.y1 < 48
        if region.calibrated:
            assert units == (3, 3)
            assert region.mm_per_pixel_x == pytest.approx(abs(delta[0]) * 10)
            assert region.mm_per_pixel_y == pytest.approx(abs(delta[1]) * 10)


def test_notes_reach_the_reader(tmp_path: Path) -> None:
    items = [region_item(delta=(0.0, 0.0))]
    write_ultrasound(tmp_path / "a.dcm", speckle(), SequenceOfUltrasoundRegions=items)
    (case,) = discover([tmp_path]).patients
    assert any("Calibration region 1" in note for note in case.images[0].notes)


def test_looking_at_regions_changes_nothing_else_of_a_header(tmp_path: Path) -> None:
    values = speckle()[..., :1].astype(np.int16) - 128
    path = write_image(tmp_path / "a.dcm", values, "MONOCHROME2", SequenceOfUltrasoundRegions=[region_item()])
    header = read_header(Location(path))
    calibration_regions(header, 48, 64)
    assert pixel_format(header).signed, "the sign of the pixels is lost"
