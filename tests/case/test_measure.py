"""Lengths and areas against ellipses of known axes, brute force and calibration regions."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alnreader.case.errors import InvalidValueError
from alnreader.case.image import CalibrationRegion, RegionContent
from alnreader.case.measure import Axis, Measurement, length, measure

scales = st.tuples(st.floats(0.02, 0.3), st.floats(0.02, 0.3))
small_masks = arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))).filter(np.any)


def whole(mask: np.ndarray, scale: tuple[float, float] = (1.0, 1.0)) -> list[CalibrationRegion]:
    return [CalibrationRegion(0, 0, mask.shape[1] - 1, mask.shape[0] - 1, *scale)]


def ellipse(semi_long_mm, semi_short_mm, angle, scale, shift=(0.0, 0.0)) -> np.ndarray:
    """Pixels whose centre lies in an ellipse given in mm, on a grid of pixels that need not be square."""
    width, height = (int(2 * semi_long_mm / pixel) + 6 for pixel in scale)
    y, x = np.mgrid[:height, :width] + 0.5
    x = (x - width / 2 - shift[0]) * scale[0]
    y = (y - height / 2 - shift[1]) * scale[1]
    along, across = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
    return (along / semi_long_mm) ** 2 + (across / semi_short_mm) ** 2 <= 1


def edge_middles(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(mask)
    centres = np.stack([columns, rows], axis=1) + 0.5
    return np.concatenate([centres + offset for offset in ([0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5])])


def slow_longest(points: np.ndarray) -> float:
    return max((math.dist(p, q) for p, q in itertools.combinations(points.tolist(), 2)))


def slow_perpendicular(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """Longest perpendicular chord of the convex hull, by all segments between points that span it.

    The hull's upper (lower) boundary at a position is the highest (lowest) segment over it.
    """
    along = (end - start) / np.linalg.norm(end - start)
    t = (points - start) @ along
    s = (points - start) @ np.array([-along[1], along[0]])
    best = 0.0
    for position in t:
        heights = []
        for i, j in itertools.combinations_with_replacement(range(len(points)), 2):
            low, high = (i, j) if t[i] <= t[j] else (j, i)
            if t[low] - 1e-9 <= position <= t[high] + 1e-9:
                if t[high] - t[low] < 1e-9:
                    heights += [s[low], s[high]]
                else:
                    share = (position - t[low]) / (t[high] - t[low])
                    heights.append(s[low] + share * (s[high] - s[low]))
        best = max(best, max(heights) - min(heights))
    return best


def assert_consistent(result: Measurement, scale: tuple[float, float]) -> None:
    for axis in (result.long_axis, result.short_axis):
        assert axis.length_px == pytest.approx(math.dist(axis.start, axis.end))
        dx, dy = ((axis.end[n] - axis.start[n]) * scale[n] for n in (0, 1))
        assert axis.length_mm == pytest.approx(math.hypot(dx, dy))
    directions = [
        [(axis.end[n] - axis.start[n]) * scale[n] / axis.length_mm for n in (0, 1)]
        for axis in (result.long_axis, result.short_axis)
    ]
    assert np.dot(*directions) == pytest.approx(0, abs=1e-7)
    assert result.ratio >= 1


# A pixel that is counted by its centre moves each end of an axis by up to about half a pixel; the largest of
# many directions is chosen, so that the error of a long axis leans upwards.
@given(
    semi_long=st.floats(3, 12),
    roundness=st.floats(0.3, 0.95),
    angle=st.floats(0, math.pi),
    scale=scales,
    shift=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
)
def test_ellipse_of_known_axes(semi_long, roundness, angle, scale, shift):
    semi_short = semi_long * roundness
    assume(semi_short / max(scale) > 6)
    mask = ellipse(semi_long, semi_short, angle, scale, shift)
    result = measure(mask, whole(mask, scale))
    pixel = math.hypot(*scale)
    assert result.long_axis.length_mm == pytest.approx(2 * semi_long, abs=1.5 * pixel)
    assert result.short_axis.length_mm == pytest.approx(2 * semi_short, abs=2 * pixel)
    assert result.area_mm2 == pytest.approx(math.pi * semi_long * semi_short, rel=0.06)
    assert result.reason == ""
    assert_consistent(result, scale)


@given(mask=small_masks, scale=scales)
def test_agrees_with_brute_force(mask, scale):
    result = measure(mask, whole(mask, scale))
    points = edge_middles(mask) * scale
    assert result.long_axis.length_mm == pytest.approx(slow_longest(points))
    assert_consistent(result, scale)
    if np.count_nonzero(mask) <= 8:
        ends = [np.multiply(point, scale) for point in (result.long_axis.start, result.long_axis.end)]
        assert result.short_axis.length_mm == pytest.approx(slow_perpendicular(points, *ends), rel=1e-6)
    assert result.area_px == np.count_nonzero(mask)
    assert result.area_mm2 == pytest.approx(np.count_nonzero(mask) * scale[0] * scale[1])


@given(
    mask=small_masks,
    scale=scales,
    shift=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    turn=st.sampled_from(["", "x", "y", "xy", "transpose"]),
)
def test_does_not_depend_on_place_or_direction(mask, scale, shift, turn):
    moved = np.pad(mask, ((shift[0], 3), (shift[1], 2)))
    moved_scale = scale
    if "x" in turn:
        moved = moved[:, ::-1]
    if "y" in turn:
        moved = moved[::-1]
    if turn == "transpose":
        moved, moved_scale = moved.T, scale[::-1]
    one, other = measure(mask, whole(mask, scale)), measure(moved, whole(moved, moved_scale))
    assert other.area_mm2 == pytest.approx(one.area_mm2)
    assert other.long_axis.length_mm == pytest.approx(one.long_axis.length_mm)
    assert other.short_axis.length_mm == pytest.approx(one.short_axis.length_mm)
    assert other.ratio == pytest.approx(one.ratio)


@pytest.mark.parametrize(
    ("mask", "long_px", "short_px"),
    [
        (np.ones((1, 1), bool), 1, 1),
        (np.ones((1, 7), bool), 7, 1),
        (np.ones((7, 1), bool), 7, 1),
    ],
)
def test_whole_pixels_count(mask, long_px, short_px):
    result = measure(mask, [])
    assert result.long_axis.length_px == pytest.approx(long_px)
    assert result.short_axis.length_px == pytest.approx(short_px)
    assert result.ratio == pytest.approx(long_px / short_px)
    assert result.area_mm2 is None
    assert result.long_axis.length_mm is None
    assert result.short_axis.length_mm is None
    assert result.reason == "The picture carries no calibration."


def test_ends_are_where_the_pixels_are():
    mask = np.zeros((20, 30), bool)
    mask[4, 10:15] = True
    mask[3:6, 12] = True
    result = measure(mask, [])
    assert result.long_axis == Axis((10.0, 4.5), (15.0, 4.5), 5.0, None)
    assert {result.short_axis.start, result.short_axis.end} == {(12.5, 3.0), (12.5, 6.0)}


def test_notch_of_the_hilum_is_bridged():
    mask = np.zeros((40, 60), bool)
    mask[10:30, 5:55] = True
    mask[10:22, 25:35] = False
    filled = mask.copy()
    filled[10:22, 25:35] = True
    notched, plain = measure(mask, []), measure(filled, [])
    assert notched.short_axis == plain.short_axis
    assert notched.area_px < plain.area_px


def test_pixels_that_are_not_square_turn_the_long_axis():
    mask = np.zeros((20, 20), bool)
    mask[5:15, 9:11] = True
    mask[9:11, 3:17] = True
    lying, standing = measure(mask, whole(mask, (0.1, 0.1))), measure(mask, whole(mask, (0.1, 0.2)))
    assert (lying.long_axis.length_px, standing.long_axis.length_px) == (
        pytest.approx(14, abs=0.1),
        pytest.approx(10, abs=0.1),
    )
    assert standing.long_axis.length_mm == pytest.approx(2, abs=0.02)
    assert standing.short_axis.length_mm == pytest.approx(1.4, abs=0.02)


def test_a_large_picture_takes_milliseconds():
    y, x = np.mgrid[:1080, :1920]
    mask = ((x - 960) / 900) ** 2 + ((y - 540) / 500) ** 2 <= 1
    measure(mask, whole(mask))
    start = time.perf_counter()
    for _ in range(3):
        measure(mask, whole(mask))
    # It takes 7 ms; a method that looks at every pixel of the outline against every other takes seconds.
    assert (time.perf_counter() - start) / 3 < 0.25


@pytest.mark.parametrize(
    "mask",
    [np.zeros((4, 4), bool), np.ones((4, 4), np.uint8), np.ones((2, 2, 2), bool), np.zeros((0, 3), bool)],
)
def test_refuses_what_is_no_outline(mask):
    with pytest.raises(InvalidValueError, match="outline"):
        measure(mask, [])


TISSUE = CalibrationRegion(0, 0, 99, 99, 0.1, 0.2)


def test_length_in_one_region():
    result = length((10, 10), (40, 50), [TISSUE])
    assert result.px == pytest.approx(50)
    assert result.mm == pytest.approx(math.hypot(3, 8))
    assert result.reason == ""
    assert length((10, 10), (10, 10), [TISSUE]).mm == 0


def test_length_reaches_to_the_outer_edge_of_the_last_pixel():
    assert length((0, 0), (100, 100), [TISSUE]).mm is not None
    assert length((0, 0), (100.01, 100), [TISSUE]).mm is None
    mask = np.zeros((120, 120), bool)
    mask[:100, :100] = True
    assert measure(mask, [TISSUE]).reason == ""


@pytest.mark.parametrize(
    ("calibration", "reason"),
    [
        ([], "no calibration"),
        ([CalibrationRegion(0, 0, 199, 199)], "No region of the picture is calibrated"),
        ([TISSUE], "does not lie in one region"),
        ([TISSUE, CalibrationRegion(100, 0, 199, 99, 0.1, 0.2)], "does not lie in one region"),
        (
            [CalibrationRegion(0, 0, 199, 99, 0.1, 0.1), CalibrationRegion(0, 0, 199, 99, 0.1, 0.2)],
            "contradict each other",
        ),
        (
            [
                CalibrationRegion(0, 0, 199, 199, 0.1, 0.1),
                CalibrationRegion(140, 0, 180, 50, content=RegionContent.SPECTRAL),
            ],
            "without a scale in cm lies over it",
        ),
    ],
)
def test_no_millimetres_and_why(calibration, reason):
    result = length((50, 20), (150, 20), calibration)
    assert result.px == 100
    assert result.mm is None
    assert reason in result.reason
    mask = np.zeros((200, 200), bool)
    mask[20:23, 50:150] = True
    measured = measure(mask, calibration)
    assert measured.area_mm2 is None
    assert measured.long_axis.length_mm is None
    assert measured.short_axis.length_mm is None
    assert measured.long_axis.length_px == pytest.approx(100, abs=0.1)
    assert reason in measured.reason


def test_an_uncalibrated_colour_box_hides_nothing():
    colour = CalibrationRegion(20, 20, 60, 60, content=RegionContent.COLOUR_FLOW)
    assert length((30, 30), (50, 50), [TISSUE, colour]).mm is not None


def test_a_trace_beside_the_picture_hides_nothing():
    trace = CalibrationRegion(0, 100, 50, 140, content=RegionContent.SPECTRAL)
    assert length((10, 100), (40, 100), [TISSUE, trace]).mm is not None


def test_a_frame_around_the_picture_hides_nothing():
    frame = CalibrationRegion(0, 0, 199, 199, content=RegionContent.OTHER)
    assert length((10, 10), (40, 10), [frame, TISSUE]).mm == pytest.approx(3)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_overlapping_regions_prefer_tissue_then_the_smallest(order):
    regions = [
        CalibrationRegion(0, 0, 199, 199, 0.1, 0.1),
        CalibrationRegion(20, 20, 99, 99, 0.2, 0.2),
        CalibrationRegion(30, 30, 59, 59, 0.4, 0.4, RegionContent.COLOUR_FLOW),
    ]
    regions = [regions[n] for n in order]
    assert length((40, 40), (50, 40), regions).mm == pytest.approx(2.0)
    assert length((10, 40), (20, 40), regions).mm == pytest.approx(1.0)
    assert length((90, 40), (110, 40), regions).mm == pytest.approx(2.0)


def test_outline_over_the_edge_of_a_region():
    """Axes that end inside keep their millimetres; the area, part of which lies outside, does not."""
    mask = ellipse(4, 2, 0.5, (0.1, 0.1))
    height, width = mask.shape
    top = int(np.flatnonzero(mask.any(axis=1))[0])
    result = measure(mask, [CalibrationRegion(0, top + 1, width - 1, height - 1, 0.1, 0.1)])
    assert result.area_mm2 is None
    assert result.long_axis.length_mm == pytest.approx(8, abs=0.2)
    assert result.short_axis.length_mm == pytest.approx(4, abs=0.2)
    assert "the area is in pixels" in result.reason


def test_an_axis_that_ends_outside_has_no_millimetres():
    mask = ellipse(4, 2, 0.0, (0.1, 0.1))
    height, width = mask.shape
    result = measure(mask, [CalibrationRegion(0, 0, width // 2, height - 1, 0.1, 0.1)])
    assert (result.area_mm2, result.long_axis.length_mm, result.short_axis.length_mm) == (None, None, None)
    assert result.ratio == pytest.approx(result.long_axis.length_px / result.short_axis.length_px)
    assert "does not lie in one region" in result.reason


@given(mask=small_masks, scale=scales)
def test_a_caliper_on_an_axis_says_the_same(mask, scale):
    calibration = whole(mask, scale)
    result = measure(mask, calibration)
    for axis in (result.long_axis, result.short_axis):
        again = length(axis.start, axis.end, calibration)
        assert again.px == pytest.approx(axis.length_px)
        assert again.mm == pytest.approx(axis.length_mm)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_refuses_a_caliper_nowhere(bad):
    with pytest.raises(InvalidValueError, match="caliper"):
        length((0, bad), (1, 1), [])
