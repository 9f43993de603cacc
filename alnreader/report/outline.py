"""A mask's outline as closed lines, to be drawn sharp at any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alnreader.case.region import Mask

Loop = NDArray[np.float64]
"""``(N, 2)`` corners x, y in pixels; pixel column c covers c to c + 1. The first corner is not repeated."""

# The four sides of a pixel, walked so that the inside lies on the right hand (y points down): the neighbour
# that must be outside (row, column), and the corners from and to (x, y). Each turns right into the next one.
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
    rows, columns = mask.shape
    x, y, begins, ends, sides = [], [], [], [], []
    for side, ((down, right), start, end) in enumerate(_SIDES):
        outside = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        row, column = np.divmod(np.flatnonzero(mask & ~outside), columns)
        x.append(column + start[0])
        y.append(row + start[1])
        begins.append((row + start[1]) * (columns + 1) + column + start[0])
        ends.append((row + end[1]) * (columns + 1) + column + end[0])
        sides.append(np.full(len(row), side))
    following = _following(*map(np.concatenate, (begins, ends, sides))).tolist()
    corners = np.stack([np.concatenate(x), np.concatenate(y)], axis=1).astype(np.float64)
    loops = []
    walked = bytearray(len(following))
    for first in range(len(following)):
        if walked[first]:
            continue
        way, side = [], first
        while not walked[side]:
            walked[side] = 1
            way.append(side)
            side = following[side]
        line = corners[way]
        loops.append(_without_straight((line + np.roll(line, -1, axis=0)) / 2.0))
    return loops


def _following(begins: NDArray[np.intp], ends: NDArray[np.intp], sides: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which side comes after each; where two lines touch it is the one to the right: two loops.

    Parameters
    ----------
    begins, ends
        Corner at which each side begins and ends, as a number.
    sides
        Which of a pixel's `_SIDES` each is.
    """
    names = begins * 4 + sides
    order = np.argsort(names)
    sorted_names = names[order]
    result = np.full(len(names), -1, dtype=np.intp)
    for turn in (1, 0, 3):  # right, straight on, left
        wanted = ends * 4 + (sides + turn) % 4
        place = np.minimum(np.searchsorted(sorted_names, wanted), len(names) - 1)
        found = (result < 0) & (sorted_names[place] == wanted)
        result[found] = order[place[found]]
    return result


def _without_straight(line: Loop) -> Loop:
    """Drop the points in the middle of a straight run."""
    before, after = line - np.roll(line, 1, axis=0), np.roll(line, -1, axis=0) - line
    bends = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    return line[bends] if bends.sum() >= 3 else line
