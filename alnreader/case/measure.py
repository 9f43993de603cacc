"""Lengths and areas: the one place where pixels become millimetres.

Points are ``(x, y)`` in pixels, sub-pixel, from the outer corner of the top left pixel: that pixel's centre
is (0.5, 0.5) and pixel ``n`` of a row covers ``n`` to ``n + 1``, as in the SCOORD of a structured report
(PS3.3 C.18.6.1).

A length exists only if both ends lie in one region calibrated in cm on both axes; otherwise the answer is
pixels and the reason (docs/decisions/0050-lengths.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alnreader.case.errors import InvalidValueError
from alnreader.case.image import CalibrationRegion, RegionContent
from alnreader.case.language import mark
from alnreader.case.region import Mask

Point = tuple[float, float]

_TIE = 1e-9
"""Relative difference below which two lengths are the same: far below a pixel, far above rounding."""

_PICTURES = (RegionContent.TISSUE, RegionContent.COLOUR_FLOW)
"""Contents that show anatomy in place. Anything else without a scale in cm is a trace or a legend."""


@dataclass(frozen=True)
class Length:
    """A distance between two points.

    Attributes
    ----------
    px
        Pixels, Euclidean.
    mm
        Millimetres, or None.
    reason
        Why there are no millimetres; empty where there are.
    """

    px: float
    mm: float | None
    reason: str


@dataclass(frozen=True)
class Axis:
    """A measured line, its ends ``(x, y)`` in pixels; ``length_mm`` is None where nothing is calibrated."""

    start: Point
    end: Point
    length_px: float
    length_mm: float | None


@dataclass(frozen=True)
class Measurement:
    """What an outline measures.

    Attributes
    ----------
    area_px
        Pixels of the mask.
    area_mm2
        Square millimetres, or None.
    long_axis, short_axis
        See `measure`. Both have millimetres, or neither has.
    ratio
        Long axis by short axis, at least 1; of millimetres where there are, else of pixels.
    reason
        Why a value in mm or mm2 is missing; empty where none is.
    """

    area_px: float
    area_mm2: float | None
    long_axis: Axis
    short_axis: Axis
    ratio: float
    reason: str


def length(start: Point, end: Point, calibration: Sequence[CalibrationRegion]) -> Length:
    """Return the distance of two points, as a caliper (of a node's cortex, say) shows it.

    Parameters
    ----------
    start, end
        ``(x, y)`` in pixels.
    calibration
        The calibration regions of the picture.

    Raises
    ------
    InvalidValueError
        If a coordinate is not a number.
    """
    if not all(math.isfinite(value) for value in (*start, *end)):
        raise InvalidValueError(f"A caliper from {start} to {end} does not lie on the picture.")
    region, reason = _region_of_points(start, end, calibration)
    return Length(math.dist(start, end), None if region is None else _mm(start, end, region), reason)


def measure(mask: Mask, calibration: Sequence[CalibrationRegion]) -> Measurement:
    """Measure an outline the way calipers do.

    The outline runs through the middles of the outer pixel edges, so that ``n`` pixels in a row are ``n``
    long. The long axis is its largest diameter (maximum Feret diameter). The short axis is the longest line
    perpendicular to it from one side of the outline's convex hull to the other: a notch, as at the hilum, is
    bridged, and where several such lines are equally long the middle one is taken. "Largest" and
    "perpendicular" are meant in millimetres where the outline is calibrated, so that pixels need not be
    square; else in pixels. Of several equally long diameters the one with the longest perpendicular counts.

    Parameters
    ----------
    mask
        ``(H, W) bool``, at least one pixel set.
    calibration
        The calibration regions of the picture. The axes are in mm if all four ends lie in one of them that is
        calibrated, the area only if the whole mask does.

    Raises
    ------
    InvalidValueError
        If the mask is not ``(H, W) bool`` or is empty.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise InvalidValueError(f"An outline is (H, W) bool, not {mask.dtype} of shape {mask.shape}.")
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        raise InvalidValueError("An outline without a single pixel cannot be measured.")
    band = mask[rows]
    left = band.argmax(axis=1)
    right = mask.shape[1] - 1 - band[:, ::-1].argmax(axis=1)
    hull = _outline_hull(rows, left, right)
    area = int(np.count_nonzero(band))

    low = (float(left.min()), float(rows[0]))
    high = (float(right.max() + 1), float(rows[-1] + 1))
    region, reason = _pick(
        lambda one: one.contains(*low) and one.contains(*high),
        lambda one: bool(mask[max(one.y0, 0) : one.y1 + 1, max(one.x0, 0) : one.x1 + 1].any()),
        calibration,
    )
    area_mm2 = None
    if region is not None:
        area_mm2 = area * math.prod(_scale(region))
        long_ends, short_ends = _axes(hull, _scale(region))
    else:
        region, long_ends, short_ends = _axes_partly_inside(hull, calibration)
        if region is not None:
            reason = mark("Part of the outline lies outside the calibrated region: the area is in pixels.")
    long_axis, short_axis = _axis(long_ends, region), _axis(short_ends, region)
    if long_axis.length_mm is not None and short_axis.length_mm is not None:
        ratio = long_axis.length_mm / short_axis.length_mm
    else:
        ratio = long_axis.length_px / short_axis.length_px
    return Measurement(float(area), area_mm2, long_axis, short_axis, max(ratio, 1.0), reason)


def _scale(region: CalibrationRegion) -> tuple[float, float]:
    """Millimetres per pixel in x and y of a calibrated region."""
    if region.mm_per_pixel_x is None or region.mm_per_pixel_y is None:
        raise ValueError("only a calibrated region has a scale")
    return region.mm_per_pixel_x, region.mm_per_pixel_y


def _mm(start: Point, end: Point, region: CalibrationRegion) -> float:
    """Distance in millimetres by the scale of one region."""
    scale_x, scale_y = _scale(region)
    return math.hypot((end[0] - start[0]) * scale_x, (end[1] - start[1]) * scale_y)


def _preference(region: CalibrationRegion) -> tuple[bool, int]:
    """Sort key of overlapping regions: tissue first, then the smallest."""
    return region.content is not RegionContent.TISSUE, _size(region)


def _size(region: CalibrationRegion) -> int:
    """Pixels of a calibration region."""
    return (region.x1 - region.x0 + 1) * (region.y1 - region.y0 + 1)


def _pick(
    holds: Callable[[CalibrationRegion], bool],
    touches: Callable[[CalibrationRegion], bool],
    calibration: Sequence[CalibrationRegion],
) -> tuple[CalibrationRegion | None, str]:
    """Choose the region whose scale counts for what it holds whole, or say why there is none.

    ``holds`` is asked of calibrated regions; ``touches`` of smaller ones that show no anatomy and may lie on
    top of them.
    """
    if not calibration:
        return None, mark("The picture carries no calibration.")
    calibrated = [region for region in calibration if region.calibrated]
    if not calibrated:
        return None, mark("No region of the picture is calibrated in cm on both axes.")
    holding = sorted((region for region in calibrated if holds(region)), key=_preference)
    if not holding:
        return None, mark("It does not lie in one region that is calibrated in cm on both axes.")
    best = holding[0]
    rivals = [region for region in holding[1:] if _preference(region) == _preference(best)]
    if any(_scale(rival) != _scale(best) for rival in rivals):
        return None, mark("It lies in two calibrated regions that contradict each other.")
    for other in calibration:
        trace = not other.calibrated and other.content not in _PICTURES and _size(other) < _size(best)
        if trace and touches(other):
            return None, mark("A part of the picture without a scale in cm lies over it.")
    return best, ""


def _region_of_points(
    start: Point, end: Point, calibration: Sequence[CalibrationRegion]
) -> tuple[CalibrationRegion | None, str]:
    """Choose the region for a line between two points."""

    def touches(region: CalibrationRegion) -> bool:
        # Open at the edges: a caliper on the line between picture and trace is still in the picture.
        return any(region.x0 < x < region.x1 + 1 and region.y0 < y < region.y1 + 1 for x, y in (start, end))

    return _pick(lambda region: region.contains(*start) and region.contains(*end), touches, calibration)


def _axis(ends: NDArray[np.float64], region: CalibrationRegion | None) -> Axis:
    """Make the value from ends ``(2, 2)`` in pixels."""
    start, end = ((float(x), float(y)) for x, y in ends)
    return Axis(start, end, math.dist(start, end), None if region is None else _mm(start, end, region))


def _axes_partly_inside(
    hull: NDArray[np.float64], calibration: Sequence[CalibrationRegion]
) -> tuple[CalibrationRegion | None, NDArray[np.float64], NDArray[np.float64]]:
    """Find the axes of an outline that no region holds whole: in mm if one region holds all their ends."""
    for region in sorted((region for region in calibration if region.calibrated), key=_preference):
        long_ends, short_ends = _axes(hull, _scale(region))
        axes = (_axis(long_ends, region), _axis(short_ends, region))
        if all(_region_of_points(axis.start, axis.end, calibration)[0] == region for axis in axes):
            return region, long_ends, short_ends
    return None, *_axes(hull, (1.0, 1.0))


def _outline_hull(
    rows: NDArray[np.intp], left: NDArray[np.intp], right: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Corners ``(N, 2) float64`` (x, y) px of the outline's convex hull, in order around it.

    Only the outermost pixels of each row can be on it. Coordinates are doubled until the end: then centres
    and edge middles are whole numbers and the hull is exact.
    """
    x = np.concatenate([left, right]) * 2 + 1
    y = np.concatenate([rows, rows]) * 2 + 1
    centres = _convex_hull(sorted(set(zip(x.tolist(), y.tolist(), strict=True))))
    middles = {(x + dx, y + dy) for x, y in centres for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))}
    return np.array(_convex_hull(sorted(middles)), dtype=np.float64) / 2


def _convex_hull(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Convex hull of sorted, different points (Andrew's monotone chain, doi 10.1016/0020-0190(79)90072-3)."""
    if len(points) < 3:
        return points

    def chain(ordered: list[tuple[int, int]]) -> list[tuple[int, int]]:
        kept: list[tuple[int, int]] = []
        for x, y in ordered:
            while len(kept) >= 2:
                (ax, ay), (bx, by) = kept[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return chain(points) + chain(points[::-1])


def _axes(
    hull: NDArray[np.float64], scale: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends ``(2, 2)`` in pixels of the long and of the short axis, by the given length of a pixel."""
    points = hull * scale
    squares = np.square(points[:, None] - points[None]).sum(axis=2)
    candidates = np.argwhere(np.triu(squares >= squares.max() * (1 - _TIE)))
    perpendiculars = [_perpendicular(points, int(i), int(j)) for i, j in candidates]
    widths = [float(np.linalg.norm(ends[1] - ends[0])) for ends in perpendiculars]
    # The first of those that rounding alone tells apart.
    best = next(n for n, width in enumerate(widths) if width >= max(widths) * (1 - _TIE))
    # Rounding must not carry an end out of the outline, and so out of a region that holds it.
    short = np.clip(perpendiculars[best] / scale, hull.min(axis=0), hull.max(axis=0))
    return hull[candidates[best]], short


def _perpendicular(points: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """Ends ``(2, 2)`` of the longest chord of a convex ring perpendicular to its diameter first-last."""
    ring = np.roll(points, -first, axis=0) - points[first]
    split = last - first
    along = ring[split] / np.linalg.norm(ring[split])
    across = np.array([-along[1], along[0]])
    there = ring[: split + 1]
    back = np.vstack([ring[:1], ring[split:][::-1]])
    # Between the ends of a diameter both sides go steadily on, and the chord's length is concave and bends
    # only at corners: its largest value is at one of them, or constant between two.
    positions = ring @ along
    sides = [(side @ along, side @ across) for side in (there, back)]
    reach = [np.interp(positions, *side) for side in sides]
    widths = np.abs(reach[0] - reach[1])
    longest = positions[widths >= widths.max() * (1 - _TIE)]
    middle = (longest.min() + longest.max()) / 2
    ends = [along * middle + across * np.interp(middle, *side) for side in sides]
    chord: NDArray[np.float64] = np.array(ends) + points[first]
    return chord
