"""A mask's outline as closed lines, to be drawn sharp at any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alnreader.case.region import Mask

Loop = NDArray[np.float64]
"""``(N, 2)`` corners x, y in pixels; pixel column c covers c to c + 1. The first corner is not repeated."""

# The four sides of a pixel, walked so that the inside lies on the right hand (y points down): the neighbour
# that must be outside (row, column), and the corners from and to (x, y).
_SIDES = (
    ((-1, 0), (0, 0), (1, 0)),
    ((0, 1), (1, 0), (1, 1)),
    ((1, 0), (1, 1), (0, 1)),
    ((0, -1), (0, 1), (0, 0)),
)


def outlines(mask: Mask) -> list[Loop]:
    """Return the closed lines around a mask ``(H, W) bool``, holes included.

    The corners are the middles of the pixel sides on the border, as of a contour at level one half.
    """
    padded = np.pad(mask, 1)
    inside = padded[1:-1, 1:-1]
    rows, columns = mask.shape
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (down, right), start, end in _SIDES:
        outside = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        for row, column in np.argwhere(inside & ~outside).tolist():
            begin = (column + start[0], row + start[1])
            following.setdefault(begin, []).append((column + end[0], row + end[1]))
    loops = []
    while following:
        first = next(iter(following))
        corners = [first]
        corner = _step(following, first, None)
        while corner != first:
            corners.append(corner)
            corner = _step(following, corner, corners[-2])
        line = np.array(corners, dtype=np.float64)
        loops.append(_without_straight((line + np.roll(line, -1, axis=0)) / 2.0))
    return loops


def _step(
    following: dict[tuple[int, int], list[tuple[int, int]]],
    corner: tuple[int, int],
    before: tuple[int, int] | None,
) -> tuple[int, int]:
    """Take the next corner out of the map; where two lines touch, turn right, so that each stays one loop."""
    choices = following[corner]
    best = 0
    if before is not None and len(choices) > 1:
        heading = (corner[0] - before[0], corner[1] - before[1])
        right = (corner[0] - heading[1], corner[1] + heading[0])
        best = choices.index(right) if right in choices else 0
    chosen = choices.pop(best)
    if not choices:
        del following[corner]
    return chosen


def _without_straight(line: Loop) -> Loop:
    """Drop the points in the middle of a straight run."""
    before, after = line - np.roll(line, 1, axis=0), np.roll(line, -1, axis=0) - line
    bends = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    return line[bends] if bends.sum() >= 3 else line
