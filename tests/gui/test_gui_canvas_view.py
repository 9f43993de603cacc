"""The canvas as a person works on it: real widget, real mouse events."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from alnreader.case.errors import InvalidValueError
from alnreader.case.image import CalibrationRegion, ImageKey, Pixels, UltrasoundImage
from alnreader.case.region import Mask, Origin, Region, RegionKind
from alnreader.gui import theme
from alnreader.gui.canvas import CanvasView, Tool
from alnreader.gui.canvas.raster import stroke

ROWS, COLUMNS = 150, 200
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def grey(level: int = 90) -> Pixels:
    """A picture of one level."""
    return np.full((ROWS, COLUMNS, 3), level, dtype=np.uint8)


def image_of(pixels: Pixels, uid: str = "1.2.3", frames: int = 1, frame: int = 1) -> UltrasoundImage:
    calibration = (CalibrationRegion(0, 0, pixels.shape[1] - 1, pixels.shape[0] - 1, 0.1, 0.1),)
    return UltrasoundImage(
        ImageKey(uid, frame),
        "test",
        pixels.shape[0],
        pixels.shape[1],
        lambda _: pixels,
        calibration=calibration,
        number_of_frames=frames,
    )


def block(x0: int, y0: int, x1: int, y1: int) -> Mask:
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


class Listener:
    """Everything that the canvas told."""

    def __init__(self, canvas: CanvasView) -> None:
        self.edited: list[tuple[int, Mask]] = []
        self.drawn: list[tuple[Mask, RegionKind]] = []
        self.boxes: list[tuple[int, int, int, int]] = []
        self.clicked: list[int | None] = []
        self.hints: list[str] = []
        self.positions: list[str] = []
        self.measured: list[str] = []
        self.views: list[tuple[float, tuple[float, float]]] = []
        self.frames: list[int] = []
        self.taps = 0
        canvas.mask_edited.connect(lambda index, mask: self.edited.append((index, mask)))
        canvas.region_drawn.connect(lambda mask, kind: self.drawn.append((mask, kind)))
        canvas.box_drawn.connect(self.boxes.append)
        canvas.region_clicked.connect(self.clicked.append)
        canvas.hint.connect(self.hints.append)
        canvas.cursor_moved.connect(self.positions.append)
        canvas.measured.connect(self.measured.append)
        canvas.view_changed.connect(lambda zoom, window: self.views.append((zoom, window)))
        canvas.frame_requested.connect(self.frames.append)
        canvas.space_tapped.connect(self._tapped)

    def _tapped(self) -> None:
        self.taps += 1


@pytest.fixture
def canvas(qtbot: Any) -> CanvasView:
    widget = CanvasView()
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    widget.show()
    qtbot.waitExposed(widget)
    widget.set_image(image_of(grey()), grey())
    return widget


@pytest.fixture
def heard(canvas: CanvasView) -> Listener:
    return Listener(canvas)


def place(canvas: CanvasView, x: float, y: float) -> QPoint:
    """Where in the widget a point of the picture is, to the nearest pixel of the screen."""
    return canvas.to_widget((x, y)).toPoint()


def drag(
    canvas: CanvasView,
    *points: tuple[float, float],
    modifier: Qt.KeyboardModifier = NONE,
    button: Qt.MouseButton = LEFT,
    release: bool = True,
) -> list[tuple[float, float]]:
    """Drag through points of the picture; return where the mouse really was."""
    places = [place(canvas, *point) for point in points]
    QTest.mousePress(canvas, button, modifier, places[0])
    for at in places[1:]:
        QTest.mouseMove(canvas, at)
    if release:
        QTest.mouseRelease(canvas, button, modifier, places[-1])
    return [canvas.to_picture(QPointF(at)) for at in places]


def wheel(canvas: CanvasView, at: QPoint, notches: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def colour_at(canvas: CanvasView, x: float, y: float, pane: int = 0) -> QColor:
    shown = canvas.grab().toImage()
    return shown.pixelColor((canvas.to_widget((x, y), pane) * shown.devicePixelRatio()).toPoint())


def swept(points: list[tuple[float, float]], radius: float) -> Mask:
    """What a brush of this radius covers."""
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    for start, end in itertools.pairwise(points):
        touched = stroke(start, end, radius, COLUMNS, ROWS)
        assert touched is not None
        (x0, y0, x1, y1), covered = touched
        mask[y0:y1, x0:x1] |= covered
    return mask


# --- brush and eraser


@pytest.mark.parametrize("zoom", [None, 0.5, 1.0, 6.0])
def test_the_brush_paints_where_the_mouse_is(canvas: CanvasView, heard: Listener, zoom: float | None) -> None:
    if zoom is not None:
        canvas.set_zoom(zoom)
    canvas.set_tool(Tool.BRUSH)
    canvas.set_kind(RegionKind.LYMPH_NODE)
    canvas.set_brush_size(24)
    points = drag(canvas, (90, 70), (105, 72), (110, 80))
    [(mask, kind)] = heard.drawn
    assert kind is RegionKind.LYMPH_NODE
    assert np.array_equal(mask, swept(points, 12 / canvas.scale))
    assert mask[72, 100]
    assert heard.edited == []


def test_the_brush_goes_on_with_the_chosen_region(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_regions((Region(block(20, 20, 40, 40), RegionKind.TUMOUR),), 0)
    canvas.set_tool(Tool.BRUSH)
    points = drag(canvas, (40, 30), (60, 30))
    [(index, mask)] = heard.edited
    assert index == 0
    assert np.array_equal(mask, block(20, 20, 40, 40) | swept(points, 12 / canvas.scale))


def test_a_stroke_is_seen_at_once_and_told_on_release(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.BRUSH)
    before = colour_at(canvas, 95, 70)
    drag(canvas, (90, 70), (100, 70), release=False)
    assert colour_at(canvas, 95, 70) != before
    assert heard.drawn == []
    QTest.mouseRelease(canvas, LEFT, NONE, place(canvas, 100, 70))
    assert len(heard.drawn) == 1
    # Nobody took it: it is not shown as if somebody had.
    QTest.mouseMove(canvas, place(canvas, 10, 140))
    assert colour_at(canvas, 95, 70) == before


def test_a_stroke_leaves_nothing_behind_outside_its_rectangles(canvas: CanvasView) -> None:
    def on_screen() -> QImage:
        QApplication.processEvents()
        return canvas.screen().grabWindow(canvas.winId()).toImage()

    canvas.set_regions((Region(block(20, 20, 120, 120), RegionKind.TUMOUR),), 0)
    canvas.set_tool(Tool.BRUSH)
    points = [(30.0, 30.0), (150.0, 40.0), (60.0, 130.0), (180.0, 90.0)]
    QTest.mousePress(canvas, LEFT, NONE, place(canvas, *points[0]))
    for point in points:
        QTest.mouseMove(canvas, place(canvas, *point))
        QApplication.processEvents()
    by_parts = on_screen()
    canvas.repaint()
    assert on_screen() == by_parts
    # The offscreen screen shows the window at all: without the stroke it looks otherwise.
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert on_screen() != by_parts


def test_the_eraser_takes_the_last_pixel(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_regions((Region(block(50, 50, 60, 60), RegionKind.TUMOUR),), None)
    canvas.set_tool(Tool.ERASER)
    canvas.set_brush_size(300)
    drag(canvas, (55, 55), (56, 55))
    assert heard.clicked == [0]
    [(index, mask)] = heard.edited
    assert index == 0
    assert not mask.any()


def test_the_eraser_says_when_there_is_nothing_under_it(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.ERASER)
    drag(canvas, (55, 55), (60, 55))
    assert heard.edited == []
    assert "no region" in heard.hints[-1]


@pytest.mark.parametrize("modifier", [SHIFT, ALT])
def test_shift_or_alt_turns_the_brush_into_the_eraser(
    canvas: CanvasView, heard: Listener, modifier: Qt.KeyboardModifier
) -> None:
    canvas.set_regions((Region(block(20, 20, 80, 80), RegionKind.TUMOUR),), 0)
    canvas.set_tool(Tool.BRUSH)
    drag(canvas, (50, 50), (52, 50), modifier=modifier)
    [(_, mask)] = heard.edited
    assert not mask[50, 50]
    assert mask[22, 22]


def test_a_stroke_out_of_a_region_goes_on_with_it(canvas: CanvasView, heard: Listener) -> None:
    regions = (
        Region(block(20, 20, 80, 80), RegionKind.TUMOUR),
        Region(block(120, 20, 150, 80), RegionKind.LYMPH_NODE),
    )
    canvas.set_regions(regions, None)
    canvas.set_tool(Tool.BRUSH)
    drag(canvas, (140, 50), (170, 50))
    assert heard.clicked == [1]
    [(index, mask)] = heard.edited
    assert index == 1
    assert mask[50, 165]
    assert not mask[50, 50]


def test_a_second_button_does_not_end_a_stroke(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.BRUSH)
    before = canvas.placement
    drag(canvas, (50, 50), (60, 50), release=False)
    QTest.mouseClick(canvas, Qt.MouseButton.MiddleButton, NONE, place(canvas, 60, 50))
    assert heard.drawn == []
    QTest.mouseMove(canvas, place(canvas, 90, 50))
    QTest.mouseRelease(canvas, LEFT, NONE, place(canvas, 90, 50))
    [(mask, _)] = heard.drawn
    assert mask[50, 50:90].all()
    assert canvas.placement == before


def test_a_stroke_that_changes_nothing_is_not_told(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_regions((Region(block(20, 20, 80, 80), RegionKind.TUMOUR),), 0)
    canvas.set_tool(Tool.BRUSH)
    drag(canvas, (50, 50), (52, 50))
    assert heard.edited == []


@pytest.mark.parametrize("tool", [Tool.BRUSH, Tool.LASSO, Tool.BOX, Tool.CALIPER, Tool.ELLIPSE])
def test_escape_drops_what_is_begun(canvas: CanvasView, heard: Listener, tool: Tool) -> None:
    canvas.set_tool(tool)
    drag(canvas, (50, 50), (80, 60), (90, 90), release=False)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseMove(canvas, place(canvas, 95, 90))
    QTest.mouseRelease(canvas, LEFT, NONE, place(canvas, 95, 90))
    assert (heard.drawn, heard.boxes, heard.measured, canvas.measures) == ([], [], [], [])


def test_a_shortcut_on_escape_does_not_take_it_from_a_stroke(qtbot: Any, canvas: CanvasView) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    canvas.setParent(window)
    window.resize(700, 500)
    window.show()
    qtbot.waitExposed(window)
    canvas.show()
    canvas.setFocus()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    pressed: list[str] = []
    QShortcut("Esc", window, lambda: pressed.append("escape"))
    heard = Listener(canvas)
    canvas.set_tool(Tool.BRUSH)
    drag(canvas, (50, 50), (60, 60), release=False)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert pressed == []
    QTest.mouseRelease(canvas, LEFT, NONE, place(canvas, 60, 60))
    assert heard.drawn == []
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert pressed == ["escape"]
    canvas.setParent(None)


def test_a_stroke_on_a_region_that_is_changed_meanwhile_is_dropped(
    canvas: CanvasView, heard: Listener
) -> None:
    canvas.set_regions((Region(block(20, 20, 40, 40), RegionKind.TUMOUR),), 0)
    canvas.set_tool(Tool.BRUSH)
    drag(canvas, (40, 30), (60, 30), release=False)
    canvas.set_regions((Region(block(100, 20, 140, 40), RegionKind.TUMOUR),), 0)
    QTest.mouseRelease(canvas, LEFT, NONE, place(canvas, 60, 30))
    assert heard.edited == []
    assert any("dropped" in hint for hint in heard.hints)


def test_the_brush_is_measured_in_millimetres(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_zoom(2.0)
    canvas.set_tool(Tool.BRUSH)
    canvas.set_brush_size(40)
    across = 40 / canvas.scale * 0.1
    assert f"{across:.1f} mm" in heard.hints[-1]
    wheel(canvas, place(canvas, 100, 70), 1, Qt.KeyboardModifier.ControlModifier)
    assert canvas.brush_size > 40


# --- other tools


def test_a_polygon_is_closed_at_its_first_corner(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.POLYGON)
    corners = [(30, 30), (90, 30), (90, 80), (30, 80)]
    for corner in [*corners, (30, 30)]:
        QTest.mouseClick(canvas, LEFT, NONE, place(canvas, *corner))
    [(mask, kind)] = heard.drawn
    assert kind is RegionKind.TUMOUR
    # A click lies within half a pixel of the screen of where it was meant.
    assert mask[31:79, 31:89].all()
    assert np.count_nonzero(mask) == pytest.approx(60 * 50, rel=0.03)


def test_a_polygon_goes_back_a_corner_and_closes_with_enter(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.POLYGON)
    for corner in [(30, 30), (90, 30), (90, 80), (150, 140)]:
        QTest.mouseClick(canvas, LEFT, NONE, place(canvas, *corner))
    QTest.keyClick(canvas, Qt.Key.Key_Backspace)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    [(mask, _)] = heard.drawn
    assert np.count_nonzero(mask) == pytest.approx(60 * 50 / 2, rel=0.05)


def test_a_double_click_closes_a_polygon(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.POLYGON)
    for corner in [(30, 30), (90, 30), (90, 80)]:
        QTest.mouseClick(canvas, LEFT, NONE, place(canvas, *corner))
    QTest.mouseDClick(canvas, LEFT, NONE, place(canvas, 90, 80))
    assert len(heard.drawn) == 1


@pytest.mark.parametrize(("modifier", "cut"), [(SHIFT, False), (ALT, True)])
def test_a_lasso_adds_to_or_cuts_out_of_the_chosen_region(
    canvas: CanvasView, heard: Listener, modifier: Qt.KeyboardModifier, cut: bool
) -> None:
    old = block(20, 20, 80, 80)
    canvas.set_regions((Region(old, RegionKind.TUMOUR),), 0)
    canvas.set_tool(Tool.LASSO)
    drag(canvas, (60, 30), (100, 30), (100, 60), (60, 60), modifier=modifier)
    [(index, mask)] = heard.edited
    assert index == 0
    assert mask[45, 95] != cut
    assert mask[45, 70] != cut


def test_a_lasso_draws_a_region(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.LASSO)
    drag(canvas, (60, 30), (100, 30), (100, 60), (60, 60))
    [(mask, _)] = heard.drawn
    assert np.count_nonzero(mask) == pytest.approx(40 * 30, rel=0.05)


def test_a_box_names_the_pixels_it_touches(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.BOX)
    start, end = drag(canvas, (100.5, 80.5), (20.5, 30.5))
    [box] = heard.boxes
    assert box == (int(end[0]), int(end[1]), int(start[0]) + 1, int(start[1]) + 1)
    drag(canvas, (50, 50), (52, 52))
    assert len(heard.boxes) == 1
    assert "too small" in heard.hints[-1]


def test_a_caliper_is_drawn_moved_and_deleted(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_zoom(3.0)
    canvas.set_tool(Tool.CALIPER)
    start, end = drag(canvas, (80, 60), (120, 60))
    mm = (end[0] - start[0]) * 0.1
    assert heard.measured == [f"Caliper {mm:.1f} mm"]
    drag(canvas, (120, 60), (120, 80))
    assert len(canvas.measures) == 1
    assert canvas.measures[0].handles[1][1] == pytest.approx(80, abs=0.5)
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert canvas.measures == []
    QTest.mouseClick(canvas, LEFT, NONE, place(canvas, 50, 50))
    assert canvas.measures == []


def test_an_ellipse_has_a_second_axis_that_can_be_pulled(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_zoom(3.0)
    canvas.set_tool(Tool.ELLIPSE)
    drag(canvas, (70, 75), (120, 75))
    drag(canvas, (95, 90), (95, 95))
    assert heard.measured[-1].startswith("Ellipse 5.0 × 4.0 mm, 15.")


def _ellipse(canvas: CanvasView) -> None:
    canvas.set_tool(Tool.ELLIPSE)
    drag(canvas, (60, 70), (80, 70), (140, 70))


@pytest.mark.parametrize("how", ["enter", "double"])
def test_an_ellipse_becomes_a_region(canvas: CanvasView, heard: Listener, how: str) -> None:
    canvas.set_kind(RegionKind.LYMPH_NODE)
    _ellipse(canvas)
    (ellipse,) = canvas.measures
    if how == "enter":
        QTest.keyClick(canvas, Qt.Key.Key_Return)
    else:
        QTest.mouseDClick(canvas, LEFT, NONE, place(canvas, 110, 75))
    ((mask, kind),) = heard.drawn
    assert kind is RegionKind.LYMPH_NODE
    half = abs(ellipse.end[0] - ellipse.start[0]) / 2
    assert mask.sum() == pytest.approx(np.pi * half * ellipse.half, rel=0.03)
    assert mask[70, 100]
    assert not mask[70, 50]
    assert canvas.measures == [], "it is a region now"


def test_an_ellipse_is_added_to_or_cut_out_of_the_chosen_region(canvas: CanvasView, heard: Listener) -> None:
    region = Region(block(20, 60, 100, 80), RegionKind.TUMOUR, confirmed=True)
    canvas.set_regions([region], 0)
    _ellipse(canvas)
    QTest.keyClick(canvas, Qt.Key.Key_Return, SHIFT)
    _ellipse(canvas)
    QTest.keyClick(canvas, Qt.Key.Key_Enter, ALT)
    assert [index for index, _ in heard.edited] == [0, 0]
    added, cut = (mask for _, mask in heard.edited)
    assert added[70, 120]
    assert (added & region.mask).sum() == region.mask.sum()
    assert not cut[70, 90]
    assert cut[70, 30]
    assert heard.drawn == []


def test_enter_takes_the_ellipse_that_was_moved_last(canvas: CanvasView, heard: Listener) -> None:
    _ellipse(canvas)
    drag(canvas, (20, 20), (30, 20), (60, 20))
    drag(canvas, (60, 70), (62, 70), (64, 70))  # the first one's end
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    ((mask, _),) = heard.drawn
    assert mask[70, 100]
    (left,) = canvas.measures
    assert left.centre[1] == pytest.approx(20, abs=1)
    QTest.mouseDClick(canvas, LEFT, NONE, place(canvas, 150, 120))
    assert len(heard.drawn) == 1, "no ellipse lies there"


def test_enter_without_an_ellipse_stays_with_the_window(qtbot: Any, canvas: CanvasView) -> None:
    rung: list[int] = []
    shortcut = QShortcut(Qt.Key.Key_Return, canvas)
    shortcut.activated.connect(lambda: rung.append(1))
    canvas.activateWindow()
    canvas.setFocus()
    canvas.set_tool(Tool.ELLIPSE)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert rung == [1]
    _ellipse(canvas)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert rung == [1]


@pytest.mark.parametrize("calibrated", [True, False])
def test_a_stroke_is_measured_while_it_is_drawn(
    qtbot: Any, canvas: CanvasView, heard: Listener, calibrated: bool
) -> None:
    if not calibrated:
        canvas.set_image(dataclasses.replace(image_of(grey()), calibration=()), grey())
    canvas.set_tool(Tool.BRUSH)
    canvas.set_brush_size(20 * canvas.zoom)
    before = canvas.grab().toImage()
    drag(canvas, (60, 70), (100, 70), (140, 70), release=False)
    scale, unit = (10, "mm") if calibrated else (1, "px")
    qtbot.waitUntil(lambda: float(canvas.live_measure.split()[0]) * scale > 95)
    assert unit in canvas.live_measure
    long, short = (float(number) for number in re.findall(r"(\d+\.\d)", canvas.live_measure)[:2])
    assert short * scale == pytest.approx(20, abs=2)
    assert long >= short
    during = canvas.grab().toImage()
    foot = [(x, canvas.height() - 14) for x in range(0, canvas.width(), 2)]
    assert any(before.pixel(*at) != during.pixel(*at) for at in foot), "it is seen at the foot"
    QTest.mouseRelease(canvas, LEFT, NONE, place(canvas, 140, 70))
    assert canvas.live_measure == ""
    after = canvas.grab().toImage()
    assert all(before.pixel(*at) == after.pixel(*at) for at in foot)


def test_a_pulled_outline_is_measured_while_it_is_pulled(qtbot: Any, canvas: CanvasView) -> None:
    canvas.set_regions([Region(block(60, 50, 120, 90), RegionKind.TUMOUR, confirmed=True)], 0)
    canvas.set_tool(Tool.SELECT)
    drag(canvas, (60, 50), (50, 40), (40, 30), release=False)
    qtbot.waitUntil(lambda: "mm" in canvas.live_measure)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.live_measure == ""


@pytest.mark.parametrize("level", [0, 90, 255])
def test_handles_are_seen_on_bright_and_dark(canvas: CanvasView, level: int) -> None:
    canvas.set_image(image_of(grey(level), uid="1.2.9"), grey(level))
    canvas.set_regions([Region(block(60, 50, 120, 90), RegionKind.LYMPH_NODE, confirmed=True)], 0)
    canvas.set_tool(Tool.SELECT)
    handles = canvas.handler.handles()
    assert handles is not None
    assert len(handles.places) >= 6
    shown = canvas.grab().toImage()
    for number in range(len(handles.places)):
        middle = place(canvas, *handles.point(number))
        greys = [
            shown.pixelColor(middle.x() + dx, middle.y() + dy).lightness()
            for dx, dy in itertools.product(range(-6, 7), repeat=2)
        ]
        assert max(greys) > 200, "a light disc"
        assert min(greys) < 60, "a dark edge"


def test_a_click_chooses_the_smaller_of_two_regions(canvas: CanvasView, heard: Listener) -> None:
    regions = (
        Region(block(20, 20, 120, 120), RegionKind.TUMOUR),
        Region(block(50, 50, 80, 80), RegionKind.LYMPH_NODE),
    )
    canvas.set_regions(regions, None)
    canvas.set_tool(Tool.SELECT)
    QTest.mouseClick(canvas, LEFT, NONE, place(canvas, 70, 70))
    QTest.mouseClick(canvas, LEFT, NONE, place(canvas, 30, 30))
    QTest.mouseClick(canvas, LEFT, NONE, place(canvas, 150, 140))
    canvas.set_tool(Tool.PAN)
    QTest.mouseClick(canvas, LEFT, NONE, place(canvas, 30, 30))
    assert heard.clicked == [1, 0, None, 0]


def test_a_handle_pulls_the_outline(canvas: CanvasView, heard: Listener) -> None:
    old = block(60, 50, 140, 100)
    canvas.set_regions((Region(old, RegionKind.TUMOUR),), 0)
    canvas.set_tool(Tool.SELECT)
    handles = canvas.handler.handles()  # type: ignore[attr-defined]
    tops = [handles.point(n) for n in range(len(handles.places)) if handles.point(n)[1] == 50]
    x, y = min(tops, key=lambda point: abs(point[0] - 100))
    drag(canvas, (x, y), (x, y - 10), (x, y - 20))
    [(index, mask)] = heard.edited
    assert index == 0
    assert mask[33, int(x)]
    assert not mask[27, int(x)]
    assert np.array_equal(mask[60:], old[60:])


def test_fill_and_smooth_work_on_the_chosen_region(canvas: CanvasView, heard: Listener) -> None:
    canvas.fill_holes()
    assert "Choose a region" in heard.hints[-1]
    holed = block(20, 20, 100, 100) & ~block(50, 50, 60, 60)
    canvas.set_regions((Region(holed, RegionKind.TUMOUR),), 0)
    canvas.fill_holes()
    canvas.smooth()
    assert np.array_equal(heard.edited[0][1], block(20, 20, 100, 100))
    assert not heard.edited[1][1][20, 20]
    canvas.set_regions((Region(block(20, 20, 22, 21), RegionKind.TUMOUR),), 0)
    canvas.smooth()
    assert len(heard.edited) == 2
    assert "left" in heard.hints[-1]


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


def test_another_tool_drops_what_the_last_one_began(canvas: CanvasView, heard: Listener) -> None:
    canvas.set_tool(Tool.POLYGON)
    for corner in [(30, 30), (90, 30), (90, 80)]:
        QTest.mouseClick(canvas, LEFT, NONE, place(canvas, *corner))
    canvas.set_tool(Tool.BRUSH)
    canvas.set_tool(Tool.POLYGON)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert heard.drawn == []


def test_every_tool_has_a_hint(canvas: CanvasView, heard: Listener) -> None:
    for tool in Tool:
        canvas.set_tool(tool)
        assert len(heard.hints[-1]) > 20
