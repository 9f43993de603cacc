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
from alnreader.gui.canvas.joining import around, free_of_others, met, under
from alnreader.gui.canvas.raster import bounds, stroke
from alnreader.gui.canvas.tools import Canvas, Handler, Pointer, kind_colour
from alnreader.report.sentences import kind_words

TINT: Final = 0.32
"""Opacity of a region while it is painted: the picture is seen through it."""

_CURSOR_EDGE: Final = 3.0
"""Screen pixels around the brush's circle that are painted again with it."""


class StrokeLayer:
    """A mask under the brush, and its picture, both changed only where the brush was."""

    def __init__(self, shape: tuple[int, int], colour: QColor) -> None:
        """Begin empty, for a picture of some rows and columns."""
        rows, columns = shape
        self.mask: Mask = np.zeros(shape, dtype=np.bool_)
        alpha = round(TINT * 255)
        red, green, blue = (round(part * TINT) for part in (colour.red(), colour.green(), colour.blue()))
        self._ink = np.uint32(alpha << 24 | red << 16 | green << 8 | blue)
        self._shown = np.zeros(shape, dtype=np.uint32)
        # Reads the array's own memory: what is written there is painted next.
        self.image = QImage(
            self._shown.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied
        )

    def put(self, box: Box, covered: Mask, *, erase: bool) -> None:
        """Add or take away what the brush covers in a box."""
        x0, y0, x1, y1 = box
        self.mask[y0:y1, x0:x1][covered] = not erase
        self._shown[y0:y1, x0:x1][covered] = np.uint32(0) if erase else self._ink

    def join(self, mask: Mask) -> None:
        """Add another mask of the same shape."""
        box = bounds(mask)
        if box is not None:
            x0, y0, x1, y1 = box
            self.put(box, mask[y0:y1, x0:x1], erase=False)


class PaintTool(Handler):
    """Brush, or eraser. Shift or Alt turns one into the other for a stroke.

    A stroke works on the region in which it begins, or in whose hole. One that begins beside every region
    makes a new one of the kind in hand, unless it runs into the chosen one, or into others of its kind or
    touches them: it becomes part of all of them together. The eraser then takes from the first that it runs
    into, the chosen one before others. A pixel is tumour or node: no stroke paints over the other kind.
    """

    def __init__(self, canvas: Canvas, *, erase: bool) -> None:
        """Be a brush or an eraser."""
        super().__init__(canvas)
        self._erases = erase
        self._layer: StrokeLayer | None = None
        self._kind = canvas.kind
        self._joined: dict[int, Mask] = {}
        self._kept_out = False
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
        else:
            words = QCoreApplication.translate(
                "Canvas",
                "Brush {0}, {1}: drag to paint a region, or out of one to add to it. Alt erases, Ctrl+wheel "
                "changes the size.",
            )
        return words.format(size, kind_words(self.canvas.kind))

    @property
    def busy(self) -> bool:
        return self._layer is not None

    @property
    def hidden(self) -> frozenset[int]:
        return frozenset(self._joined) if self._layer is not None else frozenset()

    @property
    def _radius(self) -> float:
        return self.canvas.brush_size / 2 / self.canvas.scale

    def press(self, pointer: Pointer) -> None:
        canvas = self.canvas
        self._erasing = self._erases != (pointer.add or pointer.cut)
        self._joined, self._kept_out = {}, False
        self._begin(canvas.kind)
        begun = canvas.region_at(pointer.at)
        if begun is None and not self._erasing:
            begun = around(canvas, pointer.at, canvas.kind)
        if begun is not None:
            self._take(begun)
        self._last = pointer.at
        self._draw(pointer)
        self._measure()

    def _begin(self, kind: RegionKind) -> None:
        """Paint a kind from now on, on nothing."""
        self._kind, self._layer = kind, StrokeLayer(self.canvas.shape, kind_colour(kind))

    def _measure(self) -> None:
        layer = self._layer
        if layer is not None:
            self.canvas.measure_live(self._kind, lambda: layer.mask)

    def _take(self, number: int) -> None:
        """Go on with a region: the first is the one that the stroke changes, others become part of it."""
        canvas, contour, begun = self.canvas, self.canvas.contours[number], self._layer
        other_kind = not self._joined and contour.kind is not self._kind
        if other_kind and begun is not None:
            self._begin(contour.kind)
            if self._layer is not None:
                self._layer.join(begun.mask)
        if not self._joined and canvas.selected != number:
            canvas.choose(number)
        self._joined[number] = contour.mask
        if self._layer is not None:
            self._layer.join(contour.mask)
        if other_kind:
            self._measure()
        canvas.refresh_marks()
        canvas.refresh()

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
        layer, joined = self._layer, self._joined
        if layer is None:
            return
        self._draw(pointer)
        self._end()
        said = ""
        if self._kept_out:
            said = QCoreApplication.translate(
                "Canvas", "The stroke stays out of the region of the other kind: erase there first."
            )
        if len(joined) > 1:
            self.canvas.join_regions(tuple(joined), layer.mask)
            said = QCoreApplication.translate("Canvas", "The regions are one now. Ctrl+Z takes it back.")
        elif joined:
            (number, original), *_ = joined.items()
            if not np.array_equal(layer.mask, original):
                self.canvas.take_mask(number, layer.mask)
        elif layer.mask.any():
            self.canvas.take_region(layer.mask)
        elif self._erasing:
            said = QCoreApplication.translate("Canvas", "There is no region under the eraser.")
        if said:
            self.canvas.say(said)

    def cancel(self) -> None:
        if self._layer is not None:
            self._end()

    def regions_changed(self) -> None:
        contours = self.canvas.contours
        same = (n < len(contours) and contours[n].mask is mask for n, mask in self._joined.items())
        if self._layer is not None and not all(same):
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
        rows, columns = self.canvas.shape
        touched = stroke(before, pointer.at, self._radius, columns, rows)
        self._last = self._cursor = pointer.at
        if touched is not None:
            box, covered = touched
            self._meet(box, covered)
            if not self._erasing:
                free = free_of_others(self.canvas, box, covered, self._kind)
                self._kept_out |= free is not covered
                covered = free
            self._layer.put(box, covered, erase=self._erasing)
        self._refresh(before, pointer.at)

    def _meet(self, box: Box, covered: Mask) -> None:
        """Go on with the regions that a stroke runs into."""
        if self._erasing and self._joined:
            return
        run_into = under(self.canvas, box, covered)
        chosen = self.canvas.selected
        if not self._joined and chosen in run_into:
            self._take(chosen)
        elif self._erasing and run_into:
            self._take(run_into[0])
        if not self._erasing:
            for number in met(self.canvas, box, covered, self._kind):
                if number not in self._joined:
                    self._take(number)

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
            colour = theme.token("on_canvas") if erasing else kind_colour(self._meant(self._cursor))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(theme.token("halo"), 3.0), QPen(colour, 1.2)):
                painter.setPen(pen)
                painter.drawEllipse(centre, radius, radius)

    def _meant(self, at: Point) -> RegionKind:
        """Return the kind that a stroke paints, or would paint if it began here."""
        if self._layer is not None:
            return self._kind
        begun = self.canvas.region_at(at)
        return self.canvas.kind if begun is None else self.canvas.contours[begun].kind
