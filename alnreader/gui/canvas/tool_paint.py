"""Brush and eraser. A move costs the brush's own rectangle, whatever the size of picture and region."""

# ruff: noqa: D102 - what a tool's methods mean is told once, in `tools.Handler`

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from alnreader.case.measure import length
from alnreader.case.region import Mask, RegionKind
from alnreader.gui import theme
from alnreader.gui.canvas.geometry import Box, Placement, Point
from alnreader.gui.canvas.raster import bounds, stroke
from alnreader.gui.canvas.tools import Canvas, Handler, Pointer, kind_colour

TINT: Final = 0.32
"""Opacity of a region while it is painted: the picture is seen through it."""

_CURSOR_EDGE: Final = 3.0
"""Screen pixels around the brush's circle that are painted again with it."""


class StrokeLayer:
    """A mask under the brush, and its picture, both changed only where the brush was."""

    def __init__(self, mask: Mask, colour: QColor) -> None:
        """Begin with a private copy of a mask."""
        self.mask = mask.copy()
        rows, columns = mask.shape
        alpha = round(TINT * 255)
        red, green, blue = (round(part * TINT) for part in (colour.red(), colour.green(), colour.blue()))
        self._ink = np.uint32(alpha << 24 | red << 16 | green << 8 | blue)
        self._shown = np.zeros((rows, columns), dtype=np.uint32)
        box = bounds(mask)
        if box is not None:
            x0, y0, x1, y1 = box
            self._shown[y0:y1, x0:x1] = np.where(mask[y0:y1, x0:x1], self._ink, np.uint32(0))
        # Reads the array's own memory: what is written there is painted next.
        self.image = QImage(
            self._shown.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied
        )

    def draw(self, start: Point, end: Point, radius: float, *, erase: bool) -> tuple[Box, Mask] | None:
        """Add or take away what the brush covers between two points. Return its box and what it covers."""
        rows, columns = self.mask.shape
        touched = stroke(start, end, radius, columns, rows)
        if touched is not None:
            (x0, y0, x1, y1), covered = touched
            self.mask[y0:y1, x0:x1][covered] = not erase
            self._shown[y0:y1, x0:x1][covered] = np.uint32(0) if erase else self._ink
        return touched

    def join(self, mask: Mask) -> None:
        """Add another mask of the same shape."""
        self.mask |= mask
        self._shown[mask] = self._ink


class PaintTool(Handler):
    """Brush, or eraser. Shift or Alt turns one into the other for a stroke.

    Both work on the chosen region, or on the one in which the stroke begins. Where there is neither, the
    brush begins a new one, which becomes part of the first region of its kind that the stroke runs into.
    """

    def __init__(self, canvas: Canvas, *, erase: bool) -> None:
        """Be a brush or an eraser."""
        super().__init__(canvas)
        self._erases = erase
        self._layer: StrokeLayer | None = None
        self._target: int | None = None
        self._original: Mask | None = None
        self._erasing = erase
        self._last: Point = (0.0, 0.0)
        self._cursor: Point | None = None

    @property
    def hint(self) -> str:
        size = f"{self.canvas.brush_size:.0f} px"
        at = self._cursor or (self.canvas.shape[1] / 2, self.canvas.shape[0] / 2)
        half = self._radius
        across = length((at[0] - half, at[1]), (at[0] + half, at[1]), self.canvas.calibration)
        if across.mm is not None:
            size = f"{across.mm:.1f} mm"
        if self._erases:
            words = QCoreApplication.translate(
                "Canvas", "Eraser {0}: drag over the region. Alt paints, Ctrl+wheel changes the size."
            )
        elif self.canvas.selected is None:
            words = QCoreApplication.translate(
                "Canvas",
                "Brush {0}: drag to paint a region, or out of one to add to it. Ctrl+wheel changes the size.",
            )
        else:
            words = QCoreApplication.translate(
                "Canvas", "Brush {0}: drag to add to the region. Alt erases, Ctrl+wheel changes the size."
            )
        return words.format(size)

    @property
    def busy(self) -> bool:
        return self._layer is not None

    @property
    def hidden(self) -> int | None:
        return self._target if self._layer is not None else None

    @property
    def _radius(self) -> float:
        return self.canvas.brush_size / 2 / self.canvas.scale

    def press(self, pointer: Pointer) -> None:
        canvas = self.canvas
        self._erasing = self._erases != (pointer.add or pointer.cut)
        self._target = canvas.selected
        if self._target is None:
            self._target = canvas.region_at(pointer.at)
            if self._target is not None:
                canvas.choose(self._target)
            elif self._erasing:
                canvas.say(QCoreApplication.translate("Canvas", "There is no region under the eraser."))
                return
        contours = canvas.contours
        if self._target is not None and self._target < len(contours):
            mask, kind = contours[self._target].mask, contours[self._target].kind
            self._original = mask
        else:
            self._target = None
            mask, kind = np.zeros(canvas.shape, dtype=np.bool_), canvas.kind
        self._layer = StrokeLayer(mask, kind_colour(kind))
        self._last = pointer.at
        canvas.refresh_marks()
        self._draw(pointer)
        layer = self._layer
        canvas.measure_live(kind, lambda: layer.mask)

    def move(self, pointer: Pointer) -> None:
        if self._layer is not None:
            self._draw(pointer)
        else:
            self.hover(pointer)

    def hover(self, pointer: Pointer | None) -> None:
        before = self._cursor
        self._cursor = pointer.at if pointer is not None else None
        for point in (before, self._cursor):
            if point is not None:
                self._refresh(point, point)

    def release(self, pointer: Pointer) -> None:
        layer, target = self._layer, self._target
        if layer is None:
            return
        self._draw(pointer)
        self._end()
        if target is not None:
            if self._original is not None and not np.array_equal(layer.mask, self._original):
                self.canvas.take_mask(target, layer.mask)
        elif layer.mask.any():
            self.canvas.take_region(layer.mask)

    def cancel(self) -> None:
        if self._layer is not None:
            self._end()

    def regions_changed(self) -> None:
        if self._layer is None or self._target is None:
            return
        contours = self.canvas.contours
        if self._target >= len(contours) or contours[self._target].mask is not self._original:
            self._end()
            self.canvas.say(
                QCoreApplication.translate(
                    "Canvas", "The region was changed meanwhile: the stroke was dropped."
                )
            )

    def _end(self) -> None:
        self._layer = None
        self.canvas.measure_live(RegionKind.TUMOUR, None)
        self.canvas.refresh_marks()

    def _draw(self, pointer: Pointer) -> None:
        if self._layer is None:
            return
        before = self._last
        touched = self._layer.draw(before, pointer.at, self._radius, erase=self._erasing)
        if touched is not None and self._target is None:
            self._join(*touched)
        self._last = self._cursor = pointer.at
        self._refresh(before, pointer.at)

    def _join(self, box: Box, covered: Mask) -> None:
        """Go on with a region of the kind in hand, once the stroke of a new one runs into it."""
        canvas, layer = self.canvas, self._layer
        x0, y0, x1, y1 = box
        met = [
            number
            for number, contour in enumerate(canvas.contours)
            if contour.kind is canvas.kind and (contour.mask[y0:y1, x0:x1] & covered).any()
        ]
        if layer is None or not met:
            return
        canvas.choose(met[0])
        self._target, self._original = met[0], canvas.contours[met[0]].mask
        layer.join(self._original)
        canvas.refresh_marks()
        canvas.refresh()

    def _refresh(self, start: Point, end: Point) -> None:
        edge = self._radius + 1 + _CURSOR_EDGE / self.canvas.scale
        self.canvas.refresh(
            (
                min(start[0], end[0]) - edge,
                min(start[1], end[1]) - edge,
                max(start[0], end[0]) + edge,
                max(start[1], end[1]) + edge,
            )
        )

    def paint(self, painter: QPainter, placement: Placement) -> None:
        if self._layer is not None:
            painter.save()
            painter.translate(placement.x, placement.y)
            painter.scale(placement.scale, placement.scale)
            painter.drawImage(0, 0, self._layer.image)
            painter.restore()
        if self._cursor is not None:
            centre = QPointF(*placement.to_pane(self._cursor))
            radius = max(self.canvas.brush_size / 2, 1.5)
            erasing = self._erasing if self._layer is not None else self._erases
            colour = theme.token("on_canvas") if erasing else kind_colour(self._kind())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(theme.token("halo"), 3.0), QPen(colour, 1.2)):
                painter.setPen(pen)
                painter.drawEllipse(centre, radius, radius)

    def _kind(self) -> RegionKind:
        canvas = self.canvas
        chosen = canvas.selected
        return canvas.contours[chosen].kind if chosen is not None else canvas.kind
