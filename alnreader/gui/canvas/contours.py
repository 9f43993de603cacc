"""Region outlines as painter paths, traced once a mask and not in a paint event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath, QPolygonF

from alnreader.case.region import Mask, Region, RegionKind
from alnreader.gui.canvas.raster import loops_of
from alnreader.report.outline import Loop


@dataclass(frozen=True, eq=False)
class Contour:
    """A region's outline, ready to be drawn.

    Attributes
    ----------
    mask, kind
        Of the region. The mask tells whether the contour is still right.
    loops
        Closed lines ``(N, 2)`` px.
    path
        The same as a path with nonzero fill.
    top
        Where a label fits: the highest point of the outline.
    """

    mask: Mask
    kind: RegionKind
    loops: tuple[Loop, ...]
    path: QPainterPath
    top: tuple[float, float]


def path_of(loops: tuple[Loop, ...] | list[Loop]) -> QPainterPath:
    """Return lines as one path; the nonzero winding rule gives the mask back."""
    path = QPainterPath()
    for loop in loops:
        corners = [QPointF(x, y) for x, y in loop.tolist()]
        path.addPolygon(QPolygonF([*corners, corners[0]]))
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


def contour_of(region: Region) -> Contour:
    """Trace a region."""
    loops = tuple(loops_of(region.mask))
    corners = np.concatenate(loops)
    top = corners[np.argmin(corners[:, 1])]
    return Contour(region.mask, region.kind, loops, path_of(loops), (float(top[0]), float(top[1])))


def contours_of(regions: tuple[Region, ...], known: tuple[Contour, ...]) -> tuple[Contour, ...]:
    """Trace the regions; those whose mask is one of the known contours' are not traced again."""
    by_mask = {(id(contour.mask), contour.kind): contour for contour in known}
    return tuple(by_mask.get((id(region.mask), region.kind)) or contour_of(region) for region in regions)
