"""Coordinates, brush, polygons and outlines of the canvas: arithmetic without a widget."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from alnreader.case.errors import InvalidValueError
from alnreader.case.image import CalibrationRegion, RegionContent
from alnreader.gui.canvas.contours import path_of, pieces_of
from alnreader.gui.canvas.display import Window, heat_image, picture_image
from alnreader.gui.canvas.geometry import MAX_SCALE, MIN_SCALE, Placement, box_of
from alnreader.gui.canvas.measures import Caliper, Ellipse, position_text, spoken
from alnreader.gui.canvas.raster import (
    arc_lengths,
    deformed,
    dense,
    filled,
    holes_filled,
    loops_of,
    smoothed,
    stroke,
)

PLACES = st.floats(-5000, 5000)
POINTS = st.tuples(PLACES, PLACES)
SCALES = st.floats(MIN_SCALE, MAX_SCALE)
MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))
NEAR = st.tuples(st.floats(-4, 24), st.floats(-4, 20))
TINY = 1e-65


@given(POINTS, st.builds(Placement, SCALES, PLACES, PLACES))
def test_a_point_goes_to_the_pane_and_back(point: tuple[float, float], placement: Placement) -> None:
    back = placement.to_picture(placement.to_pane(point))
    assert math.dist(back, point) <= 1e-9 * (abs(placement.x) + abs(placement.y) + 1e4) / placement.scale


@given(POINTS, st.floats(0.001, 1000), st.builds(Placement, SCALES, PLACES, PLACES))
def test_what_is_under_the_mouse_stays_there_when_zooming(
    at: tuple[float, float], scale: float, placement: Placement
) -> None:
    under = placement.to_picture(at)
    zoomed = placement.scaled(scale, at)
    assert MIN_SCALE <= zoomed.scale <= MAX_SCALE
    assert math.dist(zoomed.to_pane(under), at) < 1e-6


@given(
    st.integers(1, 4000), st.integers(1, 4000), st.integers(160, 4000), st.integers(120, 3000), POINTS, SCALES
)
def test_some_of_the_picture_stays_in_the_pane(
    columns: int, rows: int, width: int, height: int, offset: tuple[float, float], scale: float
) -> None:
    kept = Placement(scale, *offset).kept_in(columns, rows, width, height)
    x0, y0 = kept.to_pane((0, 0))
    x1, y1 = kept.to_pane((columns, rows))
    assert min(x1, width) - max(x0, 0) >= min(48, columns * scale, width) - 1e-6
    assert min(y1, height) - max(y0, 0) >= min(48, rows * scale, height) - 1e-6


@given(
    st.integers(1, 4000),
    st.integers(1, 4000),
    st.integers(160, 4000),
    st.integers(120, 3000),
    st.sampled_from((0, 60)),
)
def test_a_fitted_picture_is_whole_and_clear_of_the_tools(
    columns: int, rows: int, width: int, height: int, left: int
) -> None:
    fitted = Placement.fitted(columns, rows, width, height, left)
    x, y = fitted.to_pane((columns / 2, rows / 2))
    assert y == pytest.approx(height / 2)
    if left == 0 or (width - columns * fitted.scale) / 2 > left + 12:
        assert x == pytest.approx(width / 2)
    if fitted.scale > MIN_SCALE:
        assert fitted.x >= left
        assert x + columns * fitted.scale / 2 <= width
        assert rows * fitted.scale <= height


def test_a_box_takes_the_pixels_it_touches_and_stays_in_the_picture() -> None:
    assert box_of((10.2, 3.0), (2.9, 8.1), 20, 16) == (2, 3, 11, 9)
    assert box_of((-5, -5), (40, 40), 20, 16) == (0, 0, 20, 16)
    assert box_of((25, 2), (30, 9), 20, 16) is None


@given(NEAR, NEAR, st.floats(0.0, 9.0))
@example((0.0, 0.0), (0.0, TINY), 0.0)
def test_the_brush_covers_the_pixels_whose_centre_is_under_it(
    start: tuple[float, float], end: tuple[float, float], radius: float
) -> None:
    columns, rows = 20, 16
    expected = np.zeros((rows, columns), dtype=np.bool_)
    unsure = np.zeros_like(expected)
    for row in range(rows):
        for column in range(columns):
            point = np.array([column + 0.5, row + 0.5])
            way = np.subtract(end, start)
            square = float(np.dot(way, way))
            part = np.clip(np.dot(point - start, way) / square, 0, 1) if square > 1e-9 else 0.0
            distance = float(np.linalg.norm(point - start - part * way))
            inside = {(math.floor(x), math.floor(y)) for x, y in (start, end)}
            expected[row, column] = distance <= radius or (column, row) in inside
            unsure[row, column] = abs(distance - radius) < 1e-3
    got = np.zeros_like(expected)
    touched = stroke(start, end, radius, columns, rows)
    if touched is not None:
        (x0, y0, x1, y1), covered = touched
        got[y0:y1, x0:x1] = covered
    assert (got == expected)[~unsure].all()


@given(MASKS)
def test_the_outline_gives_the_mask_back(mask: np.ndarray) -> None:
    rows, columns = mask.shape
    assert np.array_equal(filled(loops_of(mask), columns, rows), mask)


@given(MASKS)
def test_the_painted_path_gives_the_mask_back(mask: np.ndarray) -> None:
    # Twenty-one screen pixels for each of the picture's: the middle one of them is the pixel's centre.
    times, (rows, columns) = 21, mask.shape
    canvas = QImage(columns * times, rows * times, QImage.Format.Format_Grayscale8)
    canvas.fill(0)
    painter = QPainter(canvas)
    painter.scale(times, times)
    painter.fillPath(path_of(loops_of(mask)), QColor("white"))
    painter.end()
    shown = [
        [canvas.pixelColor(c * times + times // 2, r * times + times // 2).red() > 0 for c in range(columns)]
        for r in range(rows)
    ]
    assert np.array_equal(np.array(shown), mask)


def test_the_pieces_of_an_outline_are_the_outline() -> None:
    rows, columns = np.mgrid[:90, :120]
    ring = np.abs(np.hypot(rows - 45, columns - 60) - 30) < 8
    for loop in loops_of(ring):
        pieces = pieces_of([loop])
        assert len(pieces) > 1
        sides = set()
        for piece in pieces:
            corners = [(point.x(), point.y()) for point in piece.line]
            sides |= set(itertools.pairwise(corners))
            first = int(np.flatnonzero((loop == corners[0]).all(axis=1))[0])
            assert piece.way == pytest.approx(float(arc_lengths(loop)[first]))
        corners = [(float(x), float(y)) for x, y in loop]
        assert sides == set(itertools.pairwise([*corners, corners[0]]))


@given(st.lists(NEAR, min_size=3, max_size=8))
def test_a_polygon_holds_the_pixels_that_its_line_winds_around(corners: list[tuple[float, float]]) -> None:
    columns, rows = 20, 16
    got = filled([np.array(corners)], columns, rows)
    for row in range(rows):
        for column in range(columns):
            x, y = column + 0.5, row + 0.5
            angle, close = 0.0, False
            for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
                first, last = complex(ax - x, ay - y), complex(bx - x, by - y)
                cross = first.real * last.imag - first.imag * last.real
                dot = first.real * last.real + first.imag * last.imag
                close = close or (abs(cross) < 1e-6 * (1 + abs(last - first)) and dot <= 1e-6)
                angle += math.atan2(cross, dot)
            if not close:
                assert got[row, column] == (round(angle / (2 * math.pi)) != 0)


def test_a_pulled_handle_moves_the_outline_near_it_only() -> None:
    mask = np.zeros((60, 80), dtype=np.bool_)
    mask[20:40, 20:60] = True
    loop = dense(loops_of(mask)[0])
    top = int(np.argmin(np.hypot(loop[:, 0] - 40, loop[:, 1] - 20)))
    pulled = deformed(loop, top, (0.0, -8.0), 4.0)
    new = filled([pulled], 80, 60)
    assert new[13, 40]
    assert not new[11, 40]
    changed = np.argwhere(new != mask)
    assert changed[:, 0].max() < 20
    assert np.abs(changed[:, 1] - 40).max() < 16
    assert np.array_equal(filled([deformed(loop, top, (0.0, 0.0), 4.0)], 80, 60), mask)


def test_filling_takes_holes_only() -> None:
    mask = np.zeros((20, 20), dtype=np.bool_)
    mask[2:18, 2:18] = True
    mask[6:9, 6:9] = False
    mask[12:20, 10] = False
    full = holes_filled(mask)
    assert full[6:9, 6:9].all()
    assert not full[12:20, 10].any()
    assert not full[:2].any()


def test_smoothing_takes_spikes_and_keeps_place_and_size() -> None:
    rows, columns = np.mgrid[:80, :80]
    disc = np.hypot(rows - 40, columns - 40) < 20
    spiked = disc.copy()
    spiked[40, 60:75] = True
    smooth = smoothed(spiked)
    assert not smooth[40, 64:].any()
    assert np.count_nonzero(smooth) == pytest.approx(np.count_nonzero(disc), rel=0.02)
    edge = np.zeros((40, 40), dtype=np.bool_)
    edge[:20] = True
    assert smoothed(edge)[:19].all()


def test_the_window_acts_on_what_is_shown_only() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    before = pixels.copy()
    plain = picture_image(pixels, Window())
    assert [plain.pixelColor(n % 16, n // 16).green() for n in range(256)] == list(range(256))
    narrow = picture_image(pixels, Window(100, 50))
    levels = [narrow.pixelColor(n % 16, n // 16).green() for n in range(256)]
    assert set(levels[:75]) == {0}
    assert set(levels[126:]) == {255}
    assert levels[100] in (127, 128)
    negative = picture_image(pixels, Window(), inverted=True)
    assert negative.pixelColor(0, 0).red() == 255
    assert np.array_equal(pixels, before)
    with pytest.raises(InvalidValueError):
        Window(10, 0)


def test_nothing_in_the_heat_map_is_nothing_on_the_picture() -> None:
    heat = np.array([[0.0, 0.2, 1.0]], dtype=np.float32)
    image = heat_image(heat)
    alphas = [image.pixelColor(column, 0).alpha() for column in range(3)]
    assert alphas[0] == 0
    assert 0 < alphas[1] < 255
    assert alphas[2] == 255


CALIBRATED = (CalibrationRegion(0, 0, 99, 99, 0.1, 0.2),)


def test_a_caliper_says_millimetres_or_why_not() -> None:
    line = Caliper((10, 10), (40, 10))
    assert line.text(CALIBRATED) == "3.0 mm"
    assert Caliper((10, 10), (10, 40)).text(CALIBRATED) == "6.0 mm"
    assert line.text(()) == "30.0 px"
    assert spoken(line, ()) == "Caliper 30.0 px (The picture carries no calibration.)"


def test_an_ellipse_says_both_axes_and_the_area() -> None:
    ellipse = Ellipse((20, 50), (60, 50), 10)
    assert ellipse.text(CALIBRATED) == f"4.0 × 4.0 mm, {math.pi * 4:.1f} mm²"
    assert ellipse.text(()) == f"40.0 × 20.0 px, {math.pi * 200:.0f} px²"
    # Its area does not depend on how it lies, though the pixels are not square.
    turned = Ellipse((40, 30), (40, 70), 10)
    assert turned.text(CALIBRATED).endswith(f"{math.pi * 4:.1f} mm²")
    outside = Ellipse((20, 50), (160, 50), 10)
    assert "px" in outside.text(CALIBRATED)
    assert outside.reason(CALIBRATED)


def test_the_position_counts_from_the_corner_of_the_calibrated_region() -> None:
    regions = (
        CalibrationRegion(100, 50, 299, 249, 0.1, 0.2),
        CalibrationRegion(0, 300, 299, 399, content=RegionContent.SPECTRAL),
    )
    assert position_text((110.0, 55.0), regions) == "x 1.0 mm  y 1.0 mm"
    assert position_text((10.0, 350.0), regions).startswith("x 10 px  y 350 px  (It does not lie")
    assert position_text((10.0, 20.0), ()) == "x 10 px  y 20 px  (The picture carries no calibration.)"


def test_a_path_has_its_corners_where_the_outline_has_them() -> None:
    mask = np.zeros((5, 5), dtype=np.bool_)
    mask[2, 2] = True
    path = path_of(loops_of(mask))
    assert path.boundingRect().center() == QPointF(2.5, 2.5)
    assert path.boundingRect().width() == 1.0


@given(
    x=st.floats(40, 150),
    y=st.floats(40, 110),
    half=st.floats(5, 30),
    turn=st.floats(0, 6.28),
    second=st.floats(3, 30),
    pixels=st.lists(st.tuples(st.integers(0, 199), st.integers(0, 149)), min_size=20, max_size=40),
)
def test_an_ellipse_fills_what_it_holds(
    x: float, y: float, half: float, turn: float, second: float, pixels: list[tuple[int, int]]
) -> None:
    def ellipse(more: float) -> Ellipse:
        dx, dy = (half + more) * math.cos(turn), (half + more) * math.sin(turn)
        return Ellipse((x - dx, y - dy), (x + dx, y + dy), second + more)

    mask = filled([ellipse(0).outline()], 200, 150)
    assert np.count_nonzero(mask) == pytest.approx(math.pi * half * second, rel=0.1, abs=8)
    # The line is a polygon a fraction of a pixel within the ellipse: there, either may be so.
    for column, row in (*pixels, (int(x), int(y))):
        centre = (column + 0.5, row + 0.5)
        if ellipse(-0.6).holds(centre) == ellipse(0.6).holds(centre):
            assert mask[row, column] == ellipse(0).holds(centre)
