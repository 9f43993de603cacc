from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from alnreader.case.region import Mask
from alnreader.report.outline import Loop, outlines


def inside(loops: list[Loop], x: float, y: float) -> bool:
    """Even-odd rule with a ray to the right."""
    crossings = 0
    for loop in loops:
        for (x0, y0), (x1, y1) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                crossings += 1
    return crossings % 2 == 1


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.booleans()))
def test_the_lines_hold_exactly_the_pixels_of_the_mask(mask: Mask) -> None:
    loops = outlines(mask)
    for row, column in np.ndindex(mask.shape):
        # Not the exact centre: a corner of a line may lie at its height.
        assert inside(loops, column + 0.5003, row + 0.4997) == mask[row, column]


def test_a_rectangle_loses_its_corners_alone() -> None:
    mask = np.zeros((10, 10), dtype=np.bool_)
    mask[2:5, 3:8] = True
    (loop,) = outlines(mask)
    assert len(loop) == 8
    assert loop.min(axis=0).tolist() == [3.0, 2.0]
    assert loop.max(axis=0).tolist() == [8.0, 5.0]


def test_a_hole_has_a_line_of_its_own() -> None:
    mask = np.ones((5, 5), dtype=np.bool_)
    mask[2, 2] = False
    assert len(outlines(mask)) == 2
