"""Region outlines as painter paths, traced once a mask and not in a paint event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPolygonF

from alnreader.case.region import Mask, Region, RegionKind
from alnreader.gui.canvas.geometry import Placement
from alnreader.gui.canvas.raster import arc_lengths, loops_of
from alnreader.report.outline import Loop

PIECE: Final = 48
"""Corners drawn in one go. Qt's cost of a smooth line grows faster than its length: 18 ms for one of 2600
corners, 2 ms in pieces (docs/decisions/0081-canvas-speed.md)."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a line.

    Attributes
    ----------
    line
        Corners in pixels of the picture.
    bounds
        Box around it.
    way
        Length of the line before it, in pixels: where in the dashes it begins.
    """

    line: QPolygonF
    bounds: QRectF
    way: float


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
    pieces
        The lines in parts that are drawn quickly.
    top
        Where a label fits: the highest point of the outline.
    """

    mask: Mask
    kind: RegionKind
    loops: tuple[Loop, ...]
    path: QPainterPath
    pieces: tuple[Piece, ...]
    top: tuple[float, float]


def path_of(loops: Sequence[Loop]) -> QPainterPath:
    """Return lines as one path; the nonzero winding rule gives the mask back."""
    return _path([_points(loop) for loop in loops])


def pieces_of(loops: Sequence[Loop]) -> tuple[Piece, ...]:
    """Cut lines into parts. Each reaches one corner into the next, so that no gap is seen between them."""
    return _pieces(loops, [_points(loop) for loop in loops])


def _points(loop: Loop) -> list[QPointF]:
    """Make Qt's points of a line, what costs most of a long one; the first two again at its end."""
    points = [QPointF(x, y) for x, y in loop.tolist()]
    return points + points[:2]


def _path(lines: Sequence[list[QPointF]]) -> QPainterPath:
    path = QPainterPath()
    for points in lines:
        path.addPolygon(QPolygonF(points[:-1]))
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


def _pieces(loops: Sequence[Loop], lines: Sequence[list[QPointF]]) -> tuple[Piece, ...]:
    pieces = []
    for loop, points in zip(loops, lines, strict=True):
        ways = arc_lengths(loop)
        for start in range(0, len(loop), PIECE):
            end = min(start + PIECE, len(loop))
            line = QPolygonF(points[start : end + 2])
            pieces.append(Piece(line, line.boundingRect(), float(ways[start])))
    return tuple(pieces)


def draw_pieces(
    painter: QPainter, pieces: Sequence[Piece], placement: Placement, room: QRectF, inks: Sequence[QPen]
) -> None:
    """Draw lines into a pane of the size of `room`.

    Parameters
    ----------
    painter
        In the pane's coordinates.
    pieces, placement
        What, and where the picture lies.
    room
        Pieces outside are left out.
    inks
        Cosmetic pens, the one that is drawn first first.
    """
    edge = max(ink.widthF() for ink in inks) / placement.scale
    x0, y0 = placement.to_picture((room.left(), room.top()))
    x1, y1 = placement.to_picture((room.right(), room.bottom()))
    seen = QRectF(x0 - edge, y0 - edge, x1 - x0 + 2 * edge, y1 - y0 + 2 * edge)
    painter.save()
    painter.translate(placement.x, placement.y)
    painter.scale(placement.scale, placement.scale)
    for ink in inks:
        pen = QPen(ink)
        dashed = ink.style() is not Qt.PenStyle.SolidLine
        painter.setPen(pen)
        for piece in pieces:
            # A straight line's box is empty to Qt.
            if not seen.intersects(piece.bounds.adjusted(-edge, -edge, edge, edge)):
                continue
            if dashed:
                pen.setDashOffset(piece.way * placement.scale / pen.widthF())
                painter.setPen(pen)
            painter.drawPolyline(piece.line)
    painter.restore()


def contour_of(region: Region) -> Contour:
    """Trace a region."""
    loops = tuple(loops_of(region.mask))
    corners = np.concatenate(loops)
    top = corners[np.argmin(corners[:, 1])]
    lines = [_points(loop) for loop in loops]
    place = float(top[0]), float(top[1])
    return Contour(region.mask, region.kind, loops, _path(lines), _pieces(loops, lines), place)


def contours_of(regions: tuple[Region, ...], known: tuple[Contour, ...]) -> tuple[Contour, ...]:
    """Trace the regions; those whose mask is one of the known contours' are not traced again."""
    by_mask = {(id(contour.mask), contour.kind): contour for contour in known}
    return tuple(by_mask.get((id(region.mask), region.kind)) or contour_of(region) for region in regions)
