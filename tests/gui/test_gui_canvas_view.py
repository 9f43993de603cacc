"""Looking with the canvas: zoom, window, what lies over the picture, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from by_mouse import LEFT
from on_canvas import (
    COLUMNS,
    NONE,
    ROWS,
    SHIFT,
    Listener,
    block,
    colour_at,
    drag,
    grey,
    image_of,
    place,
    wheel,
)
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.gui import theme
from alnreader.gui.canvas import CanvasView, Tool

# --- looking


@pytest.mark.parametrize("notches", [1, 5, -2])
def test_the_wheel_zooms_to_the_mouse(canvas: CanvasView, heard: Listener, notches: int) -> None:
    at = QPoint(431, 222)
    under = canvas.to_picture(QPointF(at))
    zoom = canvas.zoom
    wheel(canvas, at, notches)
    assert canvas.zoom == pytest.approx(zoom * 1.2**notches)
    assert canvas.to_picture(QPointF(at)) == pytest.approx(under)
    assert heard.views[-1][0] == canvas.zoom


def test_shift_and_wheel_turn_the_frames_of_a_cine(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_image(image_of(grey(), "1.9", frames=3, frame=2), grey())
    wheel(canvas, QPoint(300, 200), -1, SHIFT)
    wheel(canvas, QPoint(300, 200), 1, SHIFT)
    assert heard.frames == [3, 1]
    canvas.set_image(image_of(grey(), "1.9", frames=3, frame=3), grey())
    wheel(canvas, QPoint(300, 200), -1, SHIFT)
    assert len(heard.frames) == 2


@pytest.mark.parametrize("how", ["pan", "middle", "space"])
def test_the_picture_is_moved(canvas: CanvasView, heard: Listener, how: str) -> None:
    canvas.set_zoom(8.0)
    canvas.set_tool(Tool.PAN if how == "pan" else Tool.BRUSH)
    before = canvas.to_widget((100, 75))
    button = Qt.MouseButton.MiddleButton if how == "middle" else LEFT
    if how == "space":
        QTest.keyPress(canvas, Qt.Key.Key_Space)
    at = QPoint(300, 200)
    QTest.mousePress(canvas, button, NONE, at)
    QTest.mouseMove(canvas, at + QPoint(30, -20))
    QTest.mouseRelease(canvas, button, NONE, at + QPoint(30, -20))
    if how == "space":
        QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas.to_widget((100, 75)) - before == QPointF(30, -20)
    assert heard.drawn == []
    assert heard.taps == 0


def test_space_alone_is_a_tap(canvas: CanvasView, heard: Listener) -> None:
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert heard.taps == 1


def test_a_right_drag_changes_the_window_and_not_the_picture(canvas: CanvasView, heard: Listener) -> None:
    pixels = grey(90)
    canvas.set_image(image_of(pixels, "1.7"), pixels)
    plain = colour_at(canvas, 100, 75)
    at = QPoint(300, 200)
    QTest.mousePress(canvas, Qt.MouseButton.RightButton, NONE, at)
    QTest.mouseMove(canvas, at + QPoint(-100, 20))
    QTest.mouseRelease(canvas, Qt.MouseButton.RightButton, NONE, at + QPoint(-100, 20))
    assert canvas.window_level == (147.5, 155.0)
    assert heard.views[-1][1] == (147.5, 155.0)
    assert colour_at(canvas, 100, 75).red() < plain.red()
    canvas.reset_window()
    assert colour_at(canvas, 100, 75) == plain
    canvas.invert(True)
    assert colour_at(canvas, 100, 75).red() == 255 - plain.red()
    assert (pixels == 90).all()


def test_fit_and_one_to_one(canvas: CanvasView) -> None:
    canvas.one_to_one()
    assert canvas.zoom == 1.0
    canvas.zoom_in()
    canvas.zoom_out()
    assert canvas.zoom == pytest.approx(1.0)
    canvas.fit()
    assert canvas.to_picture(QPointF(320, 240)) == pytest.approx((100, 75))
    canvas.resize(900, 480)
    assert canvas.to_picture(QPointF(450, 240)) == pytest.approx((100, 75))
    canvas.set_zoom(5.0)
    canvas.resize(500, 400)
    assert canvas.to_picture(QPointF(250, 200)) == pytest.approx((100, 75))
    assert canvas.zoom == 5.0


def test_the_mouse_tells_where_it_is(qtbot: Any, canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.SELECT)
    QTest.mouseMove(canvas, place(canvas, 50, 100))
    x, y = canvas.to_picture(QPointF(place(canvas, 50, 100)))
    assert heard.positions[-1] == f"x {x * 0.1:.1f} mm  y {y * 0.1:.1f} mm"
    QTest.mouseMove(canvas, QPoint(2, 2))
    qtbot.waitUntil(lambda: heard.positions[-1] == "")


# --- layers


def test_outlines_are_seen_in_their_kind_s_colour(canvas: CanvasView) -> None:
    regions = (
        Region(block(20, 20, 90, 120), RegionKind.TUMOUR, Origin.DRAWN, confirmed=True),
        Region(block(110, 20, 180, 120), RegionKind.LYMPH_NODE, Origin.EDITED, confirmed=True),
    )
    canvas.set_regions(regions, None)
    # The edge of the line is mixed with its halo: the hue is the colour's own.
    assert abs(colour_at(canvas, 20, 70).hsvHue() - theme.token("tumour").hsvHue()) <= 3
    assert abs(colour_at(canvas, 110, 70).hsvHue() - theme.token("node").hsvHue()) <= 3
    canvas.show_outlines(False)
    assert colour_at(canvas, 20, 70) == QColor(90, 90, 90)


def test_another_picture_takes_every_layer_away(canvas: CanvasView) -> None:
    bare = canvas.grab().toImage()
    canvas.set_regions((Region(block(20, 20, 90, 120), RegionKind.TUMOUR),), 0)
    canvas.set_proposals((Region(block(40, 20, 90, 120), RegionKind.TUMOUR),))
    canvas.show_proposals(True)
    canvas.set_heat_map(np.ones((ROWS, COLUMNS), dtype=np.float32))
    canvas.set_heat_mode("side")
    canvas.set_tool(Tool.CALIPER)
    drag(canvas, (50, 50), (80, 60))
    canvas.set_tool(Tool.BRUSH)
    drag(canvas, (50, 50), (80, 60), release=False)
    canvas.set_window(50, 50)
    other = image_of(grey(), "1.2.4")
    canvas.set_image(other)
    canvas.set_tool(Tool.PAN)
    assert canvas.selected is None
    assert colour_at(canvas, 30, 30) == theme.token("canvas")
    assert not canvas.set_pixels(ImageKey("1.2.3"), grey(200))
    assert colour_at(canvas, 30, 30) == theme.token("canvas")
    assert canvas.set_pixels(other.key, grey())
    assert canvas.grab().toImage() == bare
    # Back on the first: what was measured there is still there, and nothing else.
    canvas.set_image(image_of(grey()), grey())
    assert len(canvas.measures) == 1
    canvas.forget_measures()
    assert canvas.grab().toImage() == bare


def test_frames_of_one_cine_keep_zoom_and_window_but_no_layer(canvas: CanvasView) -> None:
    canvas.set_image(image_of(grey(), "1.9", frames=3, frame=1), grey())
    canvas.set_zoom(5.0)
    canvas.set_window(100, 100)
    canvas.set_regions((Region(block(20, 20, 90, 120), RegionKind.TUMOUR),), 0)
    canvas.set_image(image_of(grey(), "1.9", frames=3, frame=2), grey())
    assert canvas.zoom == 5.0
    assert canvas.window_level == (100, 100)
    assert canvas.contours == ()
    canvas.set_image(image_of(grey(), "1.10"), grey())
    assert canvas.window_level == (127.5, 255)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda canvas: canvas.set_regions((Region(np.ones((10, 10), dtype=np.bool_), RegionKind.TUMOUR),)),
        lambda canvas: canvas.set_proposals((Region(np.ones((10, 10), dtype=np.bool_), RegionKind.TUMOUR),)),
        lambda canvas: canvas.set_heat_map(np.ones((10, 10), dtype=np.float32)),
        lambda canvas: canvas.set_heat_map(np.full((ROWS, COLUMNS), np.nan, dtype=np.float32)),
        lambda canvas: canvas.set_image(image_of(grey()), grey()[:, :50]),
        lambda canvas: canvas.set_image(image_of(grey()), grey().astype(np.float32)),
    ],
)
def test_what_belongs_to_another_picture_is_refused(
    canvas: CanvasView, wrong: Callable[[CanvasView], object]
) -> None:
    with pytest.raises(InvalidValueError):
        wrong(canvas)


def test_the_heat_map_lies_over_the_picture_or_beside_it(canvas: CanvasView) -> None:
    heat = np.zeros((ROWS, COLUMNS), dtype=np.float32)
    heat[60:90, 80:120] = 1.0
    canvas.set_heat_map(heat)
    canvas.set_heat_opacity(1.0)
    plain = QColor(90, 90, 90)
    assert colour_at(canvas, 100, 75) == QColor(252, 255, 164)
    assert colour_at(canvas, 30, 30) == plain
    canvas.set_heat_opacity(0.0)
    assert colour_at(canvas, 100, 75) == plain
    canvas.set_heat_opacity(1.0)
    canvas.set_heat_mode("side")
    assert colour_at(canvas, 100, 75) == plain
    assert colour_at(canvas, 100, 75, pane=1) == QColor(252, 255, 164)


def test_the_second_pane_is_worked_on_like_the_first(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_heat_map(np.ones((ROWS, COLUMNS), dtype=np.float32))
    canvas.set_heat_mode("side")
    canvas.set_tool(Tool.BOX)
    QTest.mousePress(canvas, LEFT, NONE, canvas.to_widget((50, 50), 1).toPoint())
    QTest.mouseMove(canvas, canvas.to_widget((90, 90), 1).toPoint())
    QTest.mouseRelease(canvas, LEFT, NONE, canvas.to_widget((90, 90), 1).toPoint())
    [(x0, y0, x1, y1)] = heard.boxes
    assert (x0, y0, x1, y1) == pytest.approx((50, 50, 90, 90), abs=1)


def test_nothing_can_be_drawn_while_the_picture_is_loaded(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_image(image_of(grey(), "1.5"))
    canvas.set_tool(Tool.BRUSH)
    drag(canvas, (50, 50), (60, 60))
    wheel(canvas, QPoint(300, 200), 1)
    assert heard.drawn == []
    canvas.set_image(None)
    drag(canvas, (50, 50), (60, 60))
    canvas.fit()
    canvas.set_heat_mode("side")
    assert heard.drawn == []
