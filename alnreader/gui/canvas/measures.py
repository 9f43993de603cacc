"""What the reader measures by hand: calipers and ellipses, in mm where the picture allows it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from alnreader.case.image import CalibrationRegion, RegionContent
from alnreader.case.language import told
from alnreader.case.measure import Measurement, length
from alnreader.gui.canvas.geometry import Point

Calibration = Sequence[CalibrationRegion]

SLIP_MM = 3.0
"""Long axis in mm below which what was drawn may be a slip of the hand: a touch of the brush leaves 1 to 2
mm, and hardly a tumour is seen that small (docs/decisions/0226-slips-of-the-hand.md)."""

SLIP_SHARE = 0.03
"""The same without a scale: the long axis as a part of the picture's longer side, 4 to 6 cm as a rule."""


def slip_length(axes: Measurement, shape: tuple[int, int]) -> str:
    """Return the length of an outline that is so small that it may be a slip, for the eye; else nothing.

    Parameters
    ----------
    axes
        Of the outline.
    shape
        Rows and columns of its picture.
    """
    long_axis = axes.long_axis
    if long_axis.length_mm is not None:
        return f"{long_axis.length_mm:.1f} mm" if long_axis.length_mm < SLIP_MM else ""
    return f"{long_axis.length_px:.0f} px" if long_axis.length_px < SLIP_SHARE * max(shape) else ""


@dataclass(frozen=True)
class Caliper:
    """A line between two points."""

    start: Point
    end: Point

    @property
    def handles(self) -> tuple[Point, ...]:
        """Points that can be dragged."""
        return self.start, self.end

    def with_handle(self, index: int, point: Point) -> Caliper:
        """Return the line with one end elsewhere."""
        return Caliper(point, self.end) if index == 0 else Caliper(self.start, point)

    @property
    def empty(self) -> bool:
        """Whether it is too short to mean anything: less than a pixel."""
        return math.dist(self.start, self.end) < 1.0

    def text(self, calibration: Calibration) -> str:
        """Return its length in mm, or in px."""
        value = length(self.start, self.end, calibration)
        return f"{value.px:.1f} px" if value.mm is None else f"{value.mm:.1f} mm"

    def reason(self, calibration: Calibration) -> str:
        """Return why there are no millimetres; empty where there are."""
        return length(self.start, self.end, calibration).reason


@dataclass(frozen=True)
class Ellipse:
    """An ellipse by one axis and the half length of the other, perpendicular to it on the screen.

    Attributes
    ----------
    start, end
        Ends of the first axis.
    half
        Half of the second axis in pixels.
    """

    start: Point
    end: Point
    half: float

    @property
    def centre(self) -> Point:
        """The middle of the first axis."""
        return (self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2

    @property
    def _normal(self) -> Point:
        size = math.dist(self.start, self.end) or 1.0
        return -(self.end[1] - self.start[1]) / size, (self.end[0] - self.start[0]) / size

    @property
    def second(self) -> tuple[Point, Point]:
        """Ends of the second axis."""
        (x, y), (nx, ny) = self.centre, self._normal
        return (x - nx * self.half, y - ny * self.half), (x + nx * self.half, y + ny * self.half)

    @property
    def handles(self) -> tuple[Point, ...]:
        """Points that can be dragged."""
        return self.start, self.end, *self.second

    def with_handle(self, index: int, point: Point) -> Ellipse:
        """Return the ellipse with the end of an axis elsewhere."""
        if index == 0:
            return dataclasses.replace(self, start=point)
        if index == 1:
            return dataclasses.replace(self, end=point)
        (x, y), (nx, ny) = self.centre, self._normal
        return dataclasses.replace(self, half=abs((point[0] - x) * nx + (point[1] - y) * ny))

    @property
    def empty(self) -> bool:
        """Whether it is too small to mean anything: less than a pixel."""
        return math.dist(self.start, self.end) < 1.0 or self.half < 0.5

    def outline(self) -> NDArray[np.float64]:
        """Return it as a closed line ``(N, 2)`` px, corners about a pixel apart."""
        (x, y), (nx, ny) = self.centre, self._normal
        half = math.dist(self.start, self.end) / 2
        count = max(24, math.ceil(2 * math.pi * max(half, self.half)))
        turn = np.arange(count) * (2 * math.pi / count)
        along, across = half * np.cos(turn), self.half * np.sin(turn)
        # (ny, -nx) runs along the first axis.
        return np.column_stack([x + ny * along + nx * across, y - nx * along + ny * across])

    def holds(self, point: Point) -> bool:
        """Whether a point lies in it."""
        (x, y), (nx, ny) = self.centre, self._normal
        dx, dy = point[0] - x, point[1] - y
        half = math.dist(self.start, self.end) / 2
        if self.empty:
            return False
        return ((dx * ny - dy * nx) / half) ** 2 + ((dx * nx + dy * ny) / self.half) ** 2 <= 1

    def text(self, calibration: Calibration) -> str:
        """Return both axes and the area, in mm or in px."""
        axes = length(self.start, self.end, calibration), length(*self.second, calibration)
        area = math.pi * axes[0].px * axes[1].px / 4
        x, y = self.centre
        # The axes are perpendicular in pixels, which need not be square: a pixel's own size counts.
        pixel = (
            length((x - 0.5, y), (x + 0.5, y), calibration),
            length((x, y - 0.5), (x, y + 0.5), calibration),
        )
        values = [axis.mm for axis in axes]
        if None in values or pixel[0].mm is None or pixel[1].mm is None:
            return f"{axes[0].px:.1f} × {axes[1].px:.1f} px, {area:.0f} px²"
        return f"{values[0]:.1f} × {values[1]:.1f} mm, {area * pixel[0].mm * pixel[1].mm:.1f} mm²"

    def reason(self, calibration: Calibration) -> str:
        """Return why there are no millimetres; empty where there are."""
        first = length(self.start, self.end, calibration)
        return first.reason or length(*self.second, calibration).reason


Measure = Caliper | Ellipse


def outline_text(measured: Measurement) -> str:
    """Return what an outline measures: both axes, the area, and the ratio of long to short axis."""
    long, short = measured.long_axis, measured.short_axis
    if long.length_mm is None or short.length_mm is None:
        axes = f"{long.length_px:.1f} × {short.length_px:.1f} px"
    else:
        axes = f"{long.length_mm:.1f} × {short.length_mm:.1f} mm"
    area = f"{measured.area_px:.0f} px²" if measured.area_mm2 is None else f"{measured.area_mm2:.1f} mm²"
    ratio = QCoreApplication.translate("Canvas", "long/short {0}").format(f"{measured.ratio:.1f}")
    return f"{axes}, {area}, {ratio}"


def spoken(measure: Measure, calibration: Calibration) -> str:
    """Return a measurement as the status line tells it, with the reason where it is in pixels."""
    words = (
        QCoreApplication.translate("Canvas", "Caliper")
        if isinstance(measure, Caliper)
        else QCoreApplication.translate("Canvas", "Ellipse")
    )
    reason = told(measure.reason(calibration))
    return f"{words} {measure.text(calibration)}" + (f" ({reason})" if reason else "")


def position_text(point: Point, calibration: Calibration) -> str:
    """Return where a point is: mm from the corner of its calibrated region, or px and the reason."""
    x, y = point
    reason = length(point, point, calibration).reason
    if not reason:
        for region in sorted(calibration, key=lambda one: one.content is not RegionContent.TISSUE):
            if region.calibrated and region.contains(x, y):
                across = length((float(region.x0), y), point, calibration)
                down = length((x, float(region.y0)), point, calibration)
                if across.mm is not None and down.mm is not None:
                    return f"x {across.mm:.1f} mm  y {down.mm:.1f} mm"
                reason = across.reason or down.reason
    return f"x {x:.0f} px  y {y:.0f} px  ({told(reason)})"
