"""Choose a region, and pull its outline by handles."""

# ruff: noqa: D102 - what a tool's methods mean is told once, in `tools.Handler`

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QPainter, QTransform

from alnreader.case.region import Mask, RegionKind
from alnreader.gui.canvas.contours import Contour, draw_pieces, path_of, pieces_of
from alnreader.gui.canvas.geometry import Placement, Point
from alnreader.gui.canvas.joining import apart
from alnreader.gui.canvas.raster import arc_lengths, deformed, dense, filled
from alnreader.gui.canvas.tool_measure import GRASP
from alnreader.gui.canvas.tools import Canvas, Handler, Pointer, draw_handle, kind_colour, pens
from alnreader.report.outline import Loop

SPACING: Final = 44.0
"""Screen pixels along the outline from one handle to the next."""

FEWEST, MOST = 6, 40
"""Handles of one line."""


@dataclass(frozen=True, eq=False)
class Handles:
    """An outline's dense lines with the points on them that can be pulled.

    Attributes
    ----------
    contour, scale
        What they were made for.
    loops
        Dense lines.
    places
        Line and point of each handle.
    spacing
        Way between two handles of each line, in pixels.
    """

    contour: Contour
    scale: float
    loops: tuple[Loop, ...]
    places: tuple[tuple[int, int], ...]
    spacing: tuple[float, ...]

    @classmethod
    def on(cls, contour: Contour, scale: float) -> Handles:
        """Put handles evenly on every line of an outline."""
        loops = tuple(dense(loop) for loop in contour.loops)
        places: list[tuple[int, int]] = []
        spacing = []
        for number, loop in enumerate(loops):
            ways = arc_lengths(loop)
            count = min(max(round(ways[-1] * scale / SPACING), FEWEST), MOST, len(loop))
            wanted = np.arange(count) * ways[-1] / count
            points = np.unique(np.searchsorted(ways[:-1], wanted - 1e-9))
            places.extend((number, int(point)) for point in points)
            spacing.append(float(ways[-1]) / count)
        return cls(contour, scale, loops, tuple(places), tuple(spacing))

    def point(self, handle: int) -> Point:
        """Return where a handle is."""
        loop, place = self.places[handle]
        x, y = self.loops[loop][place]
        return float(x), float(y)

    def pulled(self, handle: int, shift: Point) -> tuple[Loop, ...]:
        """Return the lines with one handle pulled by some pixels."""
        number, place = self.places[handle]
        # A bell as wide as the way to the next handle: smooth, and flat two handles on.
        moved = deformed(self.loops[number], place, shift, self.spacing[number])
        return (*self.loops[:number], moved, *self.loops[number + 1 :])


class SelectTool(Handler):
    """A click chooses; a handle deforms the chosen outline around it."""

    def __init__(self, canvas: Canvas) -> None:
        """Begin with nothing held."""
        super().__init__(canvas)
        self._handles: Handles | None = None
        self._held: int | None = None
        self._hot: int | None = None
        self._grip: Point = (0.0, 0.0)
        self._lines: tuple[Loop, ...] | None = None

    @property
    def hint(self) -> str:
        choose = QCoreApplication.translate("Canvas", "Select: click a region to choose it.")
        if self.canvas.refusal:
            return f"{choose} {self.canvas.refusal}"
        if self.canvas.selected is None:
            return choose
        return QCoreApplication.translate(
            "Canvas", "Select: drag a handle to pull the outline. Esc lets go, Delete rejects the region."
        )

    @property
    def busy(self) -> bool:
        return self._held is not None

    @property
    def hidden(self) -> frozenset[int]:
        chosen = self.canvas.selected
        return frozenset() if self._lines is None or chosen is None else frozenset((chosen,))

    def regions_changed(self) -> None:
        held = self._handles
        if self._held is None or held is None:
            return
        chosen = self.canvas.selected
        if chosen is None or self.canvas.contours[chosen] is not held.contour:
            self.cancel()

    def handles(self) -> Handles | None:
        """Return the handles on the chosen outline, made anew when it or the zoom has changed.

        There are none where regions may not be changed.
        """
        canvas = self.canvas
        chosen = canvas.selected
        if chosen is None or canvas.refusal:
            self._handles = None
        elif (
            self._handles is None
            or self._handles.contour is not canvas.contours[chosen]
            or self._handles.scale != canvas.scale
        ):
            self._handles = Handles.on(canvas.contours[chosen], canvas.scale)
        return self._handles

    def _near(self, point: Point) -> int | None:
        handles = self.handles()
        if handles is None:
            return None
        scale = self.canvas.scale
        distances = [math.dist(handles.point(n), point) * scale for n in range(len(handles.places))]
        nearest = min(range(len(distances)), key=distances.__getitem__)
        return nearest if distances[nearest] <= GRASP else None

    def press(self, pointer: Pointer) -> None:
        self._held = self._near(pointer.at)
        self._grip = pointer.at
        if self._held is None:
            self.canvas.choose(self.canvas.region_at(pointer.at))
            self.canvas.say(self.hint)

    def move(self, pointer: Pointer) -> None:
        handles = self.handles()
        if self._held is None or handles is None:
            return
        first = self._lines is None
        shift = pointer.at[0] - self._grip[0], pointer.at[1] - self._grip[1]
        self._lines = handles.pulled(self._held, shift)
        if first:
            self.canvas.refresh_marks()
            self.canvas.measure_live(handles.contour.kind, self._pulled_mask)
        self.canvas.refresh()

    def _pulled_mask(self) -> Mask:
        rows, columns = self.canvas.shape
        return filled(self._lines or (), columns, rows)

    def hover(self, pointer: Pointer | None) -> None:
        hot = self._near(pointer.at) if pointer is not None else None
        if hot != self._hot:
            self._hot = hot
            self.canvas.refresh()

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        lines, chosen = self._lines, self.canvas.selected
        self.cancel()
        if lines is None or chosen is None:
            return
        rows, columns = self.canvas.shape
        mask = apart(self.canvas, chosen, filled(lines, columns, rows))
        if not mask.any():
            self.canvas.say(QCoreApplication.translate("Canvas", "Nothing of the region would be left."))
        elif not np.array_equal(mask, self.canvas.contours[chosen].mask):
            self.canvas.take_mask(chosen, mask)

    def cancel(self) -> None:
        self._held, self._lines = None, None
        self.canvas.measure_live(RegionKind.TUMOUR, None)
        self.canvas.refresh_marks()
        self.canvas.refresh()

    def paint(self, painter: QPainter, placement: Placement) -> None:
        handles = self.handles()
        if handles is None:
            return
        kind = handles.contour.kind
        colour = kind_colour(kind)
        if self._lines is not None:
            to_pane = QTransform(placement.scale, 0, 0, placement.scale, placement.x, placement.y)
            path = to_pane.map(path_of(self._lines))
            painter.fillPath(path, kind_colour(kind, 0.18))
            line, halo = pens(colour, 2.5)
            everywhere = path.boundingRect().adjusted(-1, -1, 1, 1)
            draw_pieces(painter, pieces_of(self._lines), placement, everywhere, (halo, line))
        lines = self._lines or handles.loops
        for number, (loop, place) in enumerate(handles.places):
            x, y = lines[loop][place]
            hot = number in (self._held, self._hot)
            draw_handle(painter, placement.to_pane((float(x), float(y))), colour, hot=hot)
