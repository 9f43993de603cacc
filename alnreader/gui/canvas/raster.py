"""Shapes to pixels and back: what a stroke covers, what lies in a polygon, how an outline deforms.

A pixel belongs to a shape if its centre does. Points are ``(x, y)``, (0, 0) the outer corner of the top left
pixel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alnreader.case.region import Mask
from alnreader.gui.canvas.geometry import Box, Point
from alnreader.report.outline import Loop, outlines

Reshape = Callable[[Mask], Mask]
"""Gives a mask another outline."""

SMOOTH_SIGMA: Final = 2.0
"""Standard deviation in pixels of the blur that rounds an outline: takes the steps, leaves the shape."""


_STANDING: Final = 1e-9
"""Square of a way in pixels below which the brush stands still: its direction would be rounding."""


def bounds(mask: Mask) -> Box | None:
    """Return the smallest box around a mask's pixels, None if it has none."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def stroke(start: Point, end: Point, radius: float, columns: int, rows: int) -> tuple[Box, Mask] | None:
    """Return the pixels under a round brush drawn along a line.

    Parameters
    ----------
    start, end
        Ends of the line.
    radius
        Of the brush, in pixels. However small it is, the pixels that hold the ends are covered.
    columns, rows
        Size of the picture.

    Returns
    -------
    tuple or None
        The box touched and the mask within it; None where the line does not touch the picture.
    """
    x0 = max(math.floor(min(start[0], end[0]) - radius), 0)
    y0 = max(math.floor(min(start[1], end[1]) - radius), 0)
    x1 = min(math.floor(max(start[0], end[0]) + radius) + 1, columns)
    y1 = min(math.floor(max(start[1], end[1]) + radius) + 1, rows)
    if x0 >= x1 or y0 >= y1:
        return None
    dx = np.arange(x0, x1, dtype=np.float32)[None, :] + np.float32(0.5 - start[0])
    dy = np.arange(y0, y1, dtype=np.float32)[:, None] + np.float32(0.5 - start[1])
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    square = along_x * along_x + along_y * along_y
    if square > _STANDING:
        part = np.clip(dx * np.float32(along_x / square) + dy * np.float32(along_y / square), 0.0, 1.0)
        distance = np.square(dx - part * np.float32(along_x)) + np.square(dy - part * np.float32(along_y))
    else:
        distance = np.square(dx) + np.square(dy)
    covered: Mask = distance <= np.float32(radius * radius)
    for x, y in (start, end):
        column, row = math.floor(x) - x0, math.floor(y) - y0
        if 0 <= row < covered.shape[0] and 0 <= column < covered.shape[1]:
            covered[row, column] = True
    return (x0, y0, x1, y1), covered


def filled(loops: Sequence[NDArray[np.float64]], columns: int, rows: int) -> Mask:
    """Return the pixels inside closed lines, by the nonzero winding rule.

    Parameters
    ----------
    loops
        ``(N, 2)`` corners each, the first not repeated. A hole runs against the line around it.
    columns, rows
        Size of the mask; what lies outside is cut off.

    Returns
    -------
    ndarray
        ``(H, W) bool``.
    """
    turns = np.zeros((rows, columns + 1), dtype=np.int32)
    for loop in loops:
        if len(loop) < 3:
            continue
        begin = np.asarray(loop, dtype=np.float64)
        end = np.roll(begin, -1, axis=0)
        down = end[:, 1] > begin[:, 1]
        top, bottom = np.where(down[:, None], begin, end), np.where(down[:, None], end, begin)
        # A row is crossed if its middle lies in [top, bottom): a corner on it counts once.
        first = np.clip(np.ceil(top[:, 1] - 0.5), 0, rows).astype(np.intp)
        last = np.clip(np.ceil(bottom[:, 1] - 0.5), 0, rows).astype(np.intp)
        count = last - first
        edge = np.repeat(np.arange(len(begin)), count)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
        height = bottom[edge, 1] - top[edge, 1]
        share = (row + 0.5 - top[edge, 1]) / height
        crossing = top[edge, 0] + share * (bottom[edge, 0] - top[edge, 0])
        column = np.clip(np.ceil(crossing - 0.5), 0, columns).astype(np.intp)
        np.add.at(turns, (row, column), np.where(down, 1, -1)[edge])
    inside: Mask = np.cumsum(turns[:, :-1], axis=1) != 0
    return inside


def loops_of(mask: Mask) -> list[Loop]:
    """Return the closed lines around a mask's pixels; `filled` gives the mask back."""
    box = bounds(mask)
    if box is None:
        return []
    x0, y0, x1, y1 = box
    corner = np.array([x0, y0], dtype=np.float64)
    return [loop + corner for loop in outlines(mask[y0:y1, x0:x1])]


def dense(loop: Loop, step: float = 1.0) -> Loop:
    """Return the line with points at most ``step`` apart; its corners stay."""
    vectors = np.roll(loop, -1, axis=0) - loop
    pieces = np.maximum(np.ceil(np.hypot(vectors[:, 0], vectors[:, 1]) / step), 1).astype(np.intp)
    corner = np.repeat(np.arange(len(loop)), pieces)
    place = np.arange(len(corner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    result: Loop = loop[corner] + vectors[corner] * (place / pieces[corner])[:, None]
    return result


def arc_lengths(loop: Loop) -> NDArray[np.float64]:
    """Return the way along the line to each point, and at last the whole way round: ``(N + 1,)``."""
    vectors = np.roll(loop, -1, axis=0) - loop
    return np.concatenate([[0.0], np.cumsum(np.hypot(vectors[:, 0], vectors[:, 1]))])


def deformed(loop: Loop, index: int, shift: Point, reach: float) -> Loop:
    """Return the line with one point moved and its neighbours after it.

    Parameters
    ----------
    loop
        Dense line.
    index
        Point that is moved.
    shift
        By how much, in pixels.
    reach
        Way along the line, in pixels, over which the movement fades out (standard deviation of a bell).
    """
    ways = arc_lengths(loop)
    away = np.abs(ways[:-1] - ways[index])
    away = np.minimum(away, ways[-1] - away)
    weight = np.exp(-0.5 * np.square(away / max(reach, 1e-6)))
    result: Loop = loop + weight[:, None] * np.array(shift)
    return result


def holes_filled(mask: Mask) -> Mask:
    """Return the mask without holes."""
    from scipy.ndimage import binary_fill_holes

    result = mask.copy()
    box = bounds(mask)
    if box is not None:
        x0, y0, x1, y1 = box
        result[y0:y1, x0:x1] = binary_fill_holes(mask[y0:y1, x0:x1])
    return result


def parts_of(mask: Mask) -> int:
    """Return of how many separate parts a mask is; pixels that touch at a corner belong together."""
    from scipy.ndimage import label

    box = bounds(mask)
    if box is None:
        return 0
    x0, y0, x1, y1 = box
    return int(label(mask[y0:y1, x0:x1], np.ones((3, 3)))[1])


def smoothed(mask: Mask, sigma: float = SMOOTH_SIGMA) -> Mask:
    """Return the mask with a rounder outline: blurred, and cut at one half."""
    from scipy.ndimage import gaussian_filter

    result = np.zeros_like(mask)
    box = bounds(mask)
    if box is None:
        return result
    pad = math.ceil(4 * sigma)
    x0, y0 = max(box[0] - pad, 0), max(box[1] - pad, 0)
    x1, y1 = box[2] + pad, box[3] + pad
    # At the picture's edge the region is taken to go on: it must not shrink from there.
    blurred = gaussian_filter(mask[y0:y1, x0:x1].astype(np.float32), sigma, mode="nearest")
    result[y0:y1, x0:x1] = blurred >= 0.5
    return result
