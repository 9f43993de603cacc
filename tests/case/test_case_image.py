"""Identities, calibration regions and lazy pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alnreader.case.errors import InvalidValueError
from alnreader.case.image import CalibrationRegion, ImageKey, UltrasoundImage


def make(**change) -> UltrasoundImage:
    values = {
        "key": ImageKey("1.2.3"),
        "source": "a.dcm",
        "rows": 4,
        "columns": 6,
        "loader": lambda frame: np.full((4, 6, 3), frame, dtype=np.uint8),
        "number_of_frames": 3,
    }
    return UltrasoundImage(**(values | change))


@pytest.mark.parametrize(("uid", "frame"), [("", 1), ("1.2.3", 0), ("1.2.3", -1)])
def test_refuses_what_identifies_nothing(uid, frame):
    with pytest.raises(InvalidValueError, match="identity"):
        ImageKey(uid, frame)


def test_keys_have_an_order():
    assert sorted([ImageKey("b"), ImageKey("a", 2), ImageKey("a")]) == [
        ImageKey("a"),
        ImageKey("a", 2),
        ImageKey("b"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"rows": 0},
        {"columns": -1},
        {"key": ImageKey("1.2.3", 4)},
        {"number_of_frames": 0},
        {"laterality": "B"},
    ],
)
def test_refuses_a_picture_and_names_the_file(change):
    with pytest.raises(InvalidValueError, match=r"a\.dcm"):
        make(**change)


def test_two_images_are_equal_when_their_identity_is():
    assert make() == make(source="copy.dcm", rows=5)
    assert make() != make(key=ImageKey("1.2.3", 2))
    assert len({make(), make(source="copy.dcm")}) == 1


def test_pixels_are_those_of_the_frame():
    second = make().at_frame(2)
    assert second.key == ImageKey("1.2.3", 2)
    assert np.all(second.pixels() == 2)
    with pytest.raises(InvalidValueError, match="frame 4 of 3"):
        make().at_frame(4)


@pytest.mark.parametrize(
    ("bounds", "scale"),
    [
        ((5, 0, 4, 9), (None, None)),
        ((0, 5, 9, 4), (None, None)),
        ((0, 0, 9, 9), (0.1, None)),
        ((0, 0, 9, 9), (None, 0.1)),
        ((0, 0, 9, 9), (0.0, 0.1)),
        ((0, 0, 9, 9), (0.1, -0.1)),
        ((0, 0, 9, 9), (math.nan, 0.1)),
        ((0, 0, 9, 9), (0.1, math.inf)),
    ],
)
def test_refuses_a_calibration(bounds, scale):
    with pytest.raises(InvalidValueError, match="calibration"):
        CalibrationRegion(*bounds, *scale)


def test_a_region_of_one_pixel_is_one():
    region = CalibrationRegion(3, 3, 3, 3)
    assert not region.calibrated
    assert region.contains(3, 3)
    assert region.contains(4, 4)
    assert CalibrationRegion(0, 0, 0, 0, 0.1, 0.1).calibrated


@given(
    bounds=st.tuples(*[st.integers(0, 20)] * 4).filter(lambda b: b[0] <= b[2] and b[1] <= b[3]),
    pixel=st.tuples(st.integers(0, 22), st.integers(0, 22)),
    inside=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)),
)
def test_a_region_holds_every_point_of_its_pixels_and_none_of_others(bounds, pixel, inside):
    x0, y0, x1, y1 = bounds
    belongs = x0 <= pixel[0] <= x1 and y0 <= pixel[1] <= y1
    point = (pixel[0] + inside[0], pixel[1] + inside[1])
    assert CalibrationRegion(x0, y0, x1, y1).contains(*point) == belongs
