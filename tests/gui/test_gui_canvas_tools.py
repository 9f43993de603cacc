"""The canvas's other tools: polygon, lasso, box, caliper, ellipse, handles, fill and smooth."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from by_mouse import LEFT
from on_canvas import ALT, NONE, SHIFT, Listener, block, drag, grey, image_of, place
from PySide6.QtCore import Qt
from PySide6.QtGui import QShortcut
from PySide6.QtTest import QTest

from alnreader.case.region import Region, RegionKind
from alnreader.gui.canvas import CanvasView, Tool


@pytest.mark.parametrize("tool", [Tool.BRUSH, Tool.LASSO, Tool.BOX, Tool.CALIPER, Tool.ELLIPSE])
def test_escape_drops_what_is_begun(canvas: CanvasView, heard: Listener, tool: Tool) -> None:
    canvas.set_tool(tool)
    drag(canvas, (50, 50), (80, 60), (90, 90), release=False)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseMove(canvas, place(canvas, 95, 90))
    QTest.mouseRelease(canvas, LEFT, NONE, place(canvas, 95, 90))
    assert (heard.drawn, heard.boxes, heard.measured, canvas.measures) == ([], [], [], [])


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
