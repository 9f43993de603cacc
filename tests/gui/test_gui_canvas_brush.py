"""Brush and eraser on the canvas: where a stroke goes, what ends it, and what it measures."""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import Any

import numpy as np
import pytest
from by_mouse import LEFT
from on_canvas import (
    ALT,
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
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from alnreader.case.region import Mask, Region, RegionKind
from alnreader.gui.canvas import CanvasView, Tool
from alnreader.gui.canvas.raster import stroke


def swept(points: list[tuple[float, float]], radius: float) -> Mask:
    """What a brush of this radius covers."""
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    for start, end in itertools.pairwise(points):
        touched = stroke(start, end, radius, COLUMNS, ROWS)
        assert touched is not None
        (x0, y0, x1, y1), covered = touched
        mask[y0:y1, x0:x1] |= covered
    return mask


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
