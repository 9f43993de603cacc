"""How well two outlines agree: overlap, distance of their boundaries, and where a heat map points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]

_CROSS = ndimage.generate_binary_structure(2, 1)


def dice(truth: Mask, found: Mask) -> float:
    """Return the Dice coefficient of two masks of one shape; 1 where both are empty."""
    both = int(truth.sum()) + int(found.sum())
    return 2 * int((truth & found).sum()) / both if both else 1.0


def overlap(truth: Mask, found: Mask) -> float:
    """Return intersection over union of two masks of one shape; 1 where both are empty."""
    either = int((truth | found).sum())
    return int((truth & found).sum()) / either if either else 1.0


@dataclass(frozen=True)
class Distance:
    """Distance of two boundaries, in the unit of the spacing.

    `hausdorff95`: the larger of the two directions' 95th percentiles; `average`: the mean over the points of
    both boundaries (average symmetric surface distance); Taha, Hanbury 2015, doi 10.1186/s12880-015-0068-x.
    """

    hausdorff95: float
    average: float


def boundary_distance(truth: Mask, found: Mask, spacing: tuple[float, float] = (1.0, 1.0)) -> Distance | None:
    """Return how far the boundaries lie apart; None where one of the masks is empty and has none.

    Parameters
    ----------
    truth, found : ndarray
        (H, W) bool.
    spacing : tuple of float
        Height and width of a pixel, in mm say.
    """
    if not truth.any() or not found.any():
        return None
    rows, columns = np.nonzero(truth | found)
    # One pixel around: a boundary pixel at the picture's edge is one all the same.
    window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    edges = [_edge(np.pad(mask[window], 1)) for mask in (truth, found)]
    reach = [ndimage.distance_transform_edt(~edge, sampling=spacing) for edge in edges]
    there, back = reach[1][edges[0]], reach[0][edges[1]]
    return Distance(
        hausdorff95=float(max(np.percentile(there, 95), np.percentile(back, 95))),
        average=float(np.concatenate([there, back]).mean()),
    )


def _edge(mask: Mask) -> Mask:
    return np.asarray(mask & ~ndimage.binary_erosion(mask, structure=_CROSS), np.bool_)


def points_into(heat: NDArray[np.float32], truth: Mask) -> bool | None:
    """Return whether the map's maximum lies in the mask (the pointing game, doi 10.1007/s11263-017-1059-x).

    None where the map is zero everywhere: it points nowhere. A plateau counts by its middle, since a map is
    smoother than the picture's pixels; of several equal maxima each must lie in the mask. No margin is
    allowed around it.
    """
    top = float(heat.max(initial=0.0))
    if top <= 0:
        return None
    plateaus, count = ndimage.label(heat >= top, structure=np.ones((3, 3)))
    for number in range(1, count + 1):
        points = np.argwhere(plateaus == number)
        middle = points[np.square(points - points.mean(axis=0)).sum(axis=1).argmin()]
        if not truth[tuple(middle)]:
            return False
    return True
