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
from alnreader.gui.canvas.joining import shape_with
from alnreader.gui.canvas.raster import filled
from alnreader.gui.canvas.scene import region_names
from alnreader.gui.canvas.tools import Canvas, Handler, Pointer, draw_handle, kind_colour, pens
from alnreader.report.sentences import kind_words

CLOSE: Final = 9.0
"""Screen pixels around the first corner within which a click closes the polygon."""

_STEP: Final = 2.0
"""Screen pixels between the points of a lasso."""

_SMALLEST_BOX: Final = 8
"""Pixels of a box's edge below which the network would see nothing in it."""


def take_shape(canvas: Canvas, drawn: Mask, *, add: bool, cut: bool) -> bool:
    """Make a drawn shape a region, or a part of those of its kind that it meets. Return whether it is taken.

    ``add`` makes it a part of the chosen region wherever it lies, ``cut`` takes it out of that one.
    """
    chosen = canvas.selected
    if not drawn.any():
        canvas.say(QCoreApplication.translate("Canvas", "The outline holds no pixel."))
    elif cut and chosen is None:
        canvas.say(QCoreApplication.translate("Canvas", "Choose the region first that it is cut out of."))
    elif cut and chosen is not None:
        old = canvas.contours[chosen].mask
        if (old & drawn).any():
            canvas.take_mask(chosen, old & ~drawn)
        return True
    else:
        return _add_shape(canvas, drawn, chosen if add else None)
    return False


def _add_shape(canvas: Canvas, drawn: Mask, chosen: int | None) -> bool:
    kind = canvas.kind if chosen is None else canvas.contours[chosen].kind
    numbers, mask, kept_out = shape_with(canvas, drawn, kind, chosen)
    name = region_names(canvas.contours)[numbers[0]] if numbers else ""
    said = ""
    if len(numbers) > 1:
        canvas.join_regions(numbers, mask)
        said = QCoreApplication.translate("Canvas", "The regions are one now. Ctrl+Z takes it back.")
    elif numbers:
        if not np.array_equal(mask, canvas.contours[numbers[0]].mask):
            canvas.take_mask(numbers[0], mask)
        if chosen is None:
            said = QCoreApplication.translate("Canvas", "The shape is part of {0} now. Ctrl+Z takes it back.")
    elif mask.any():
        canvas.take_region(mask)
    if kept_out:
        said = QCoreApplication.translate(
            "Canvas", "The shape stays out of the region of the other kind: erase there first."
        )
    if said:
        canvas.say(said.format(name))
    return bool(mask.any())


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
                "Canvas", "Polygon, {0}: click corner by corner. Backspace takes one back, Esc drops it."
            ).format(kind_words(self.canvas.kind))
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
            "Canvas", "Lasso, {0}: drag around it. Shift adds to the chosen region, Alt cuts out of it."
        ).format(kind_words(self.canvas.kind))

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
