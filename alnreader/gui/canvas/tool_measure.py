"""Calipers and ellipses: drawn, moved by their handles, deleted."""

# ruff: noqa: D102 - what a tool's methods mean is told once, in `tools.Handler`

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QCoreApplication

from alnreader.gui.canvas.geometry import Point
from alnreader.gui.canvas.measures import Caliper, Ellipse, Measure, spoken
from alnreader.gui.canvas.raster import filled
from alnreader.gui.canvas.tool_outline import take_shape
from alnreader.gui.canvas.tools import Canvas, Handler, Pointer

GRASP: Final = 9.0
"""Screen pixels around a handle within which it is grasped."""

_ROUNDNESS: Final = 0.6
"""Second axis of a new ellipse as part of the first: then one drags it to where it belongs."""


def handle_near(canvas: Canvas, point: Point) -> tuple[int, int] | None:
    """Return measurement and handle under a point, the nearest if several are."""
    near = [
        (math.dist(handle, point) * canvas.scale, number, place)
        for number, measure in enumerate(canvas.measures)
        for place, handle in enumerate(measure.handles)
    ]
    near = [entry for entry in near if entry[0] <= GRASP]
    return min(near)[1:] if near else None


class MeasureTool(Handler):
    """Draws one kind of measurement, and moves any."""

    def __init__(self, canvas: Canvas, *, ellipse: bool) -> None:
        """Measure with calipers or with ellipses."""
        super().__init__(canvas)
        self._ellipse = ellipse
        self._held: tuple[int, int] | None = None
        self._before: Measure | None = None
        self._latest: Measure | None = None

    @property
    def hint(self) -> str:
        if self._ellipse and self.canvas.refusal:
            return QCoreApplication.translate(
                "Canvas", "Ellipse: drag one axis, then the handles. Delete removes it."
            )
        if self._ellipse:
            return QCoreApplication.translate(
                "Canvas",
                "Ellipse: drag one axis, then the handles. Enter or a double click makes it a region, "
                "Delete removes it.",
            )
        return QCoreApplication.translate(
            "Canvas", "Caliper: drag from edge to edge; its ends can be moved. Delete removes the last."
        )

    @property
    def busy(self) -> bool:
        return self._held is not None

    def press(self, pointer: Pointer) -> None:
        measures = self.canvas.measures
        self._held = handle_near(self.canvas, pointer.at)
        if self._held is not None:
            self._before = measures[self._held[0]]
            return
        at = pointer.at
        measures.append(Ellipse(at, at, 0.0) if self._ellipse else Caliper(at, at))
        self._before = None
        self._held = (len(measures) - 1, 1)

    def move(self, pointer: Pointer) -> None:
        if self._held is None:
            return
        number, place = self._held
        changed = self.canvas.measures[number].with_handle(place, pointer.at)
        if isinstance(changed, Ellipse) and self._before is None:
            half = math.dist(changed.start, changed.end) / 2 * _ROUNDNESS
            changed = Ellipse(changed.start, changed.end, half)
        self.canvas.measures[number] = changed
        self.canvas.say(spoken(changed, self.canvas.calibration))
        self.canvas.refresh_marks()

    def release(self, pointer: Pointer) -> None:
        if self._held is None:
            return
        self.move(pointer)
        number, _ = self._held
        self._held = None
        measure = self.canvas.measures[number]
        if measure.empty:
            del self.canvas.measures[number]
            self.canvas.refresh_marks()
        else:
            self._latest = measure
            self.canvas.tell_measure(spoken(measure, self.canvas.calibration))

    def cancel(self) -> None:
        if self._held is None:
            return
        number, _ = self._held
        self._held = None
        if self._before is None:
            del self.canvas.measures[number]
        else:
            self.canvas.measures[number] = self._before
        self.canvas.refresh_marks()

    # --- an ellipse as a region ----------------------------------------------------------------------------

    @property
    def can_confirm(self) -> bool:
        return self._held is None and self._ellipse_meant() is not None

    def confirm(self, *, add: bool = False, cut: bool = False) -> None:
        self._make_region(self._ellipse_meant(), add=add, cut=cut)

    def double(self, pointer: Pointer) -> None:
        under = [one for one in self.canvas.measures if isinstance(one, Ellipse) and one.holds(pointer.at)]
        if self._ellipse and under:
            self._make_region(under[-1], add=pointer.add, cut=pointer.cut)
        else:
            self.press(pointer)

    def _ellipse_meant(self) -> Ellipse | None:
        """Return the ellipse that was drawn or moved last on this picture."""
        if not self._ellipse:
            return None
        ellipses = [one for one in self.canvas.measures if isinstance(one, Ellipse)]
        latest = [one for one in ellipses if one is self._latest]
        return next(reversed(latest or ellipses), None)

    def _make_region(self, ellipse: Ellipse | None, *, add: bool, cut: bool) -> None:
        if ellipse is None:
            return
        if self.canvas.refusal:
            self.canvas.say(self.canvas.refusal)
            return
        rows, columns = self.canvas.shape
        if take_shape(self.canvas, filled([ellipse.outline()], columns, rows), add=add, cut=cut):
            # By identity: an equal one may lie beside it.
            kept = [one for one in self.canvas.measures if one is not ellipse]
            self.canvas.measures[:] = kept
            self.canvas.refresh_marks()

    @property
    def can_go_back(self) -> bool:
        return self._held is None and bool(self.canvas.measures)

    def back(self) -> None:
        self.canvas.measures.pop()
        self.canvas.refresh_marks()
