"""What belongs together: a drawn shape, and the regions of its kind that it meets or that enclose it."""

from __future__ import annotations

import numpy as np

from alnreader.case.region import Mask, RegionKind
from alnreader.gui.canvas.contours import Contour
from alnreader.gui.canvas.geometry import Box, Point
from alnreader.gui.canvas.raster import bounds
from alnreader.gui.canvas.tools import Canvas


def grown(box: Box, covered: Mask, shape: tuple[int, int]) -> tuple[Box, Mask]:
    """Return the covered pixels with all their neighbours, corners too, within a picture.

    Parameters
    ----------
    box, covered
        Where, and which of its pixels.
    shape
        Rows and columns of the picture.
    """
    rows, columns = shape
    x0, y0, x1, y1 = box
    wide = np.zeros((y1 - y0 + 2, x1 - x0 + 2), dtype=np.bool_)
    for down in range(3):
        for right in range(3):
            wide[down : down + y1 - y0, right : right + x1 - x0] |= covered
    left, top = max(x0 - 1, 0), max(y0 - 1, 0)
    right_end, bottom = min(x1 + 1, columns), min(y1 + 1, rows)
    inner = wide[top - y0 + 1 : bottom - y0 + 1, left - x0 + 1 : right_end - x0 + 1]
    return (left, top, right_end, bottom), inner


def under(canvas: Canvas, box: Box, covered: Mask) -> list[int]:
    """Return the regions that have one of the covered pixels."""
    x0, y0, x1, y1 = box
    masks = (contour.mask[y0:y1, x0:x1] for contour in canvas.contours)
    return [number for number, mask in enumerate(masks) if (mask & covered).any()]


def met(canvas: Canvas, box: Box, covered: Mask, kind: RegionKind) -> list[int]:
    """Return the regions of a kind that the covered pixels overlap or touch, the chosen one first."""
    near = under(canvas, *grown(box, covered, canvas.shape))
    same = [number for number in near if canvas.contours[number].kind is kind]
    return sorted(same, key=lambda number: number != canvas.selected)


def encloses(contour: Contour, point: Point) -> bool:
    """Whether a point lies within one of a region's lines: in the region or in a hole of it."""
    x, y = point
    for loop in contour.loops:
        begin, end = loop, np.roll(loop, -1, axis=0)
        across = (begin[:, 1] > y) != (end[:, 1] > y)
        first, last = begin[across], end[across]
        share = (y - first[:, 1]) / (last[:, 1] - first[:, 1])
        if np.count_nonzero(first[:, 0] + share * (last[:, 0] - first[:, 0]) > x) % 2:
            return True
    return False


def around(canvas: Canvas, point: Point, kind: RegionKind) -> int | None:
    """Return the smallest region of a kind in a hole of which a point lies, or None."""
    found = [
        number
        for number, contour in enumerate(canvas.contours)
        if contour.kind is kind and encloses(contour, point)
    ]
    return min(found, key=lambda n: int(np.count_nonzero(canvas.contours[n].mask)), default=None)


def free_of_others(canvas: Canvas, box: Box, covered: Mask, kind: RegionKind) -> Mask:
    """Return what of the covered pixels belongs to no region of the other kind; the same object if all."""
    x0, y0, x1, y1 = box
    free = covered
    for number in under(canvas, box, covered):
        contour = canvas.contours[number]
        if contour.kind is not kind:
            free = free & ~contour.mask[y0:y1, x0:x1]
    return free


def apart(canvas: Canvas, number: int, mask: Mask) -> Mask:
    """Return a region's new mask without what it would take from other regions: no pixel counts twice."""
    old = canvas.contours[number].mask
    for place, contour in enumerate(canvas.contours):
        if place != number:
            mask = mask & (old | ~contour.mask)
    return mask


def shape_with(
    canvas: Canvas, drawn: Mask, kind: RegionKind, chosen: int | None
) -> tuple[list[int], Mask, bool]:
    """Return the regions that a drawn shape becomes one with, the mask of all, and whether it was cut back.

    Parameters
    ----------
    drawn
        ``(H, W) bool``. What lies in a region of the other kind is left out: a pixel is tumour or node.
    kind
        Of the shape.
    chosen
        A region that it is part of in any case, wherever it lies.
    """
    box = bounds(drawn)
    numbers = [] if chosen is None else [chosen]
    if box is None:
        return numbers, drawn, False
    x0, y0, x1, y1 = box
    part = drawn[y0:y1, x0:x1]
    free = free_of_others(canvas, box, part, kind)
    whole = np.zeros_like(drawn)
    whole[y0:y1, x0:x1] = free
    if free.any():
        numbers += [number for number in met(canvas, box, free, kind) if number not in numbers]
        if not numbers:
            row, column = np.argwhere(free)[0]
            hole = around(canvas, (x0 + column + 0.5, y0 + row + 0.5), kind)
            numbers += [] if hole is None else [hole]
    for number in numbers:
        whole |= canvas.contours[number].mask
    return numbers, whole, free is not part
