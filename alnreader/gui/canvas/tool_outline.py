"""Polygon, lasso and box."""

# ruff: noqa: D102 - what a tool's methods mean is told once, in `tools.Handler`

from __future__ import annotations

import math
from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from alnreader.case.region import Mask
from alnreader.gui import theme
from alnreader.gui.canvas.geometry import Placement, Point, box_of
from alnreader.gui.canvas.raster import filled
from alnreader.gui.canvas.tools import Canvas, Handler, Pointer, draw_handle, kind_colour, pens

CLOSE: Final = 9.0
"""Screen pixels around the first corner within which a click closes the polygon."""

_STEP: Final = 2.0
"""Screen pixels between the points of a lasso."""

_SMALLEST_BOX: Final = 8
"""Pixels of a box's edge below which the network would see nothing in it."""


def take_shape(canvas: Canvas, drawn: Mask, *, add: bool, cut: bool) -> bool:
    """Make a drawn shape a region, or a part of the chosen one. Return whether it holds a pixel."""
    if not drawn.any():
        canvas.say(QCoreApplication.translate("Canvas", "The outline holds no pixel."))
        return False
    chosen = canvas.selected
    if chosen is None or not (add or cut):
        canvas.take_region(drawn)
        return True
    old = canvas.contours[chosen].mask
    new: Mask = old & ~drawn if cut else old | drawn
    if not np.array_equal(old, new):
        canvas.take_mask(chosen, new)
    return True


class _OutlineTool(Handler):
    """Points that become a region, or a part of the chosen one (Shift adds, Alt cuts)."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._points: list[Point] = []
        self._end: Point | None = None

    @property
    def busy(self) -> bool:
        return bool(self._points)

    def cancel(self) -> None:
        self._points, self._end = [], None
        self.canvas.refresh()

    def _finish(self, pointer: Pointer) -> None:
        points = self._points
        self.cancel()
        rows, columns = self.canvas.shape
        drawn = filled([np.array(points, dtype=np.float64).reshape(-1, 2)], columns, rows)
        take_shape(self.canvas, drawn, add=pointer.add, cut=pointer.cut)

    def _path(self, placement: Placement, *, closing: bool) -> QPainterPath:
        path = QPainterPath(QPointF(*placement.to_pane(self._points[0])))
        for point in self._points[1:]:
            path.lineTo(QPointF(*placement.to_pane(point)))
        if self._end is not None:
            path.lineTo(QPointF(*placement.to_pane(self._end)))
        if closing:
            path.closeSubpath()
        return path

    def _draw(self, painter: QPainter, placement: Placement) -> None:
        colour = kind_colour(self.canvas.kind)
        painter.fillPath(self._path(placement, closing=True), kind_colour(self.canvas.kind, 0.18))
        line, halo = pens(colour)
        path = self._path(placement, closing=False)
        painter.strokePath(path, halo)
        painter.strokePath(path, line)


class PolygonTool(_OutlineTool):
    """Corner by corner; closed at the first corner, by a double click or Enter."""

    @property
    def hint(self) -> str:
        if len(self._points) < 3:
            return QCoreApplication.translate(
                "Canvas", "Polygon: click corner by corner. Backspace takes one back, Esc drops it."
            )
        return QCoreApplication.translate(
            "Canvas", "Polygon: click the first corner, double-click or press Enter to close it."
        )

    def press(self, pointer: Pointer) -> None:
        if len(self._points) >= 3 and self._closes(pointer.at):
            self._finish(pointer)
            return
        if self._points and math.dist(self._points[-1], pointer.at) * self.canvas.scale < 1.0:
            return
        self._points.append(pointer.at)
        self._end = None
        self.canvas.say(self.hint)
        self.canvas.refresh()

    def hover(self, pointer: Pointer | None) -> None:
        if self._points:
            self._end = pointer.at if pointer is not None else None
            self.canvas.refresh()

    def move(self, pointer: Pointer) -> None:
        self.hover(pointer)

    def double(self, pointer: Pointer) -> None:
        if len(self._points) >= 3:
            self._finish(pointer)
        else:
            self.press(pointer)

    def confirm(self, *, add: bool = False, cut: bool = False) -> None:
        if len(self._points) >= 3:
            self._finish(Pointer(self._points[-1], add=add, cut=cut))

    @property
    def can_go_back(self) -> bool:
        return bool(self._points)

    def back(self) -> None:
        self._points.pop()
        self.canvas.say(self.hint)
        self.canvas.refresh()

    def _closes(self, point: Point) -> bool:
        return math.dist(point, self._points[0]) * self.canvas.scale <= CLOSE

    def paint(self, painter: QPainter, placement: Placement) -> None:
        if not self._points:
            return
        self._draw(painter, placement)
        colour = kind_colour(self.canvas.kind)
        ready = len(self._points) >= 3 and self._end is not None and self._closes(self._end)
        for number, point in enumerate(self._points):
            draw_handle(painter, placement.to_pane(point), colour, hot=number == 0 and ready)


class LassoTool(_OutlineTool):
    """Freehand; closed where the button is released."""

    @property
    def hint(self) -> str:
        return QCoreApplication.translate(
            "Canvas", "Lasso: drag around it. Shift adds to the chosen region, Alt cuts out of it."
        )

    def press(self, pointer: Pointer) -> None:
        self._points = [pointer.at]

    def move(self, pointer: Pointer) -> None:
        if self._points and math.dist(self._points[-1], pointer.at) * self.canvas.scale >= _STEP:
            self._points.append(pointer.at)
            self.canvas.refresh()

    def release(self, pointer: Pointer) -> None:
        if not self._points:
            return
        self._points.append(pointer.at)
        if len(self._points) < 3:
            self.cancel()
        else:
            self._finish(pointer)

    def paint(self, painter: QPainter, placement: Placement) -> None:
        if self._points:
            self._draw(painter, placement)


class BoxTool(Handler):
    """A box in which the network looks again."""

    def __init__(self, canvas: Canvas) -> None:
        """Begin with no box."""
        super().__init__(canvas)
        self._start: Point | None = None
        self._end: Point = (0.0, 0.0)

    @property
    def hint(self) -> str:
        return QCoreApplication.translate(
            "Canvas", "Box: drag around a spot, and the network looks again there."
        )

    @property
    def busy(self) -> bool:
        return self._start is not None

    def press(self, pointer: Pointer) -> None:
        self._start = self._end = pointer.at

    def move(self, pointer: Pointer) -> None:
        if self._start is not None:
            self._end = pointer.at
            self.canvas.refresh()

    def release(self, pointer: Pointer) -> None:
        start = self._start
        if start is None:
            return
        self.cancel()
        rows, columns = self.canvas.shape
        box = box_of(start, pointer.at, columns, rows)
        if box is None or min(box[2] - box[0], box[3] - box[1]) < _SMALLEST_BOX:
            self.canvas.say(QCoreApplication.translate("Canvas", "The box is too small: drag a larger one."))
        else:
            self.canvas.take_box(box)

    def cancel(self) -> None:
        self._start = None
        self.canvas.refresh()

    def paint(self, painter: QPainter, placement: Placement) -> None:
        if self._start is None:
            return
        corners = [QPointF(*placement.to_pane(point)) for point in (self._start, self._end)]
        box = QRectF(*corners).normalized()
        painter.fillRect(box, theme.token("accent", 0.12))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        line, halo = pens(theme.token("accent"), 1.5)
        for pen in (halo, line):
            painter.setPen(pen)
            painter.drawRect(box)
