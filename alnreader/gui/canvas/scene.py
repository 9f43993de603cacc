"""What the canvas shows of one picture, and how it is drawn. Knows no mouse and no widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPolygonF, QTransform

from alnreader.case.case import HeatMap
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import CalibrationRegion, ImageKey, Pixels, UltrasoundImage
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.gui import theme
from alnreader.gui.canvas import ornaments
from alnreader.gui.canvas.contours import Contour, contours_of, draw_pieces
from alnreader.gui.canvas.display import Window, colour_bar_image, heat_image, picture_image
from alnreader.gui.canvas.geometry import Placement, Point
from alnreader.gui.canvas.measures import Ellipse, Measure
from alnreader.gui.canvas.tools import draw_handle, kind_colour, pens

_CHOSEN: Final = 0.08
"""Opacity of the chosen region's tint: enough to tell it, too little to change the picture."""

_SHRUNK_BELOW: Final = 0.75
"""Device pixels per picture pixel below which the picture is averaged first: two by two samples miss some."""


class Scene:
    """One picture with its layers. Everything belongs to the same picture: another one takes all away."""

    def __init__(self) -> None:
        """Show nothing."""
        self.image: UltrasoundImage | None = None
        self.pixels: Pixels | None = None
        self.window = Window()
        self.inverted = False
        self.regions: tuple[Region, ...] = ()
        self.contours: tuple[Contour, ...] = ()
        self.selected: int | None = None
        self.proposals: tuple[Contour, ...] = ()
        self.proposals_shown = False
        self.heat: QImage | None = None
        self._heat_source: HeatMap | None = None
        self._heat_words = ("1", "")
        self.heat_opacity = 0.6
        self.labels_shown = True
        self.outlines_shown = True
        self.ruler_shown = True
        self._measures: dict[ImageKey, list[Measure]] = {}
        self._picture: QImage | None = None
        self._shrunk: tuple[tuple[int, int], QImage] | None = None
        self._colour_bar = colour_bar_image()

    # --- contents ------------------------------------------------------------------------------------------

    def set_image(self, image: UltrasoundImage | None, pixels: Pixels | None) -> bool:
        """Take another picture, or the same one's pixels. Return whether it is another file.

        Raises
        ------
        InvalidValueError
            If the pixels are not this picture's: of another size or type.
        """
        if image is not None and pixels is not None:
            wanted = (image.rows, image.columns, 3)
            if pixels.shape != wanted or pixels.dtype != np.uint8:
                raise InvalidValueError(
                    f"{image.source}: pixels of {pixels.shape} {pixels.dtype} are not a picture of {wanted}."
                )
        before = self.image
        other_file = (before.key.uid if before else None) != (image.key.uid if image else None)
        if (before.key if before else None) != (image.key if image else None):
            self.regions, self.contours, self.selected = (), (), None
            self.proposals, self.heat, self._heat_source = (), None, None
            self._heat_words = ("1", "")
        if other_file:
            self.window = Window()
        self.image = image
        pixels = pixels if image is not None else None
        if pixels is not self.pixels:
            self.pixels = pixels
            self._picture = None
        return other_file

    def set_regions(self, regions: Sequence[Region], selected: int | None) -> bool:
        """Take the picture's regions. Return whether anything is another than before."""
        self._check(regions)
        chosen = selected if selected is not None and 0 <= selected < len(regions) else None
        # Regions are told apart by identity.
        if (self.regions, self.selected) == (tuple(regions), chosen):
            return False
        self.regions = tuple(regions)
        self.contours = contours_of(self.regions, self.contours)
        self.selected = chosen
        return True

    @property
    def kinds(self) -> frozenset[RegionKind]:
        """What kinds of region there are on the picture."""
        return frozenset(region.kind for region in self.regions)

    def set_proposals(self, regions: Sequence[Region]) -> None:
        """Take what the network proposed on this picture."""
        self._check(regions)
        self.proposals = contours_of(tuple(regions), (*self.proposals, *self.contours))

    def set_heat(self, heat: HeatMap | None, top: str = "1", note: str = "") -> bool:
        """Take the picture's heat map ``(H, W)`` 0..1, the upper end of its scale, and what is said of it.

        Return whether anything is another than before.
        """
        if heat is not None and (heat.shape != self.shape or not np.isfinite(heat).all()):
            raise InvalidValueError(f"A heat map of {heat.shape} does not fit a picture of {self.shape}.")
        if heat is self._heat_source and (top, note) == self._heat_words:
            return False
        self._heat_words = (top, note)
        if heat is self._heat_source:
            return True
        self._heat_source = heat
        self.heat = None if heat is None else heat_image(heat)
        return True

    def set_window(self, window: Window, *, inverted: bool) -> None:
        """Show other grey levels."""
        if (window, inverted) != (self.window, self.inverted):
            self.window, self.inverted = window, inverted
            self._picture = None

    def _check(self, regions: Sequence[Region]) -> None:
        for region in regions:
            if self.image is None or region.mask.shape != self.shape:
                raise InvalidValueError(
                    f"A region of {region.mask.shape} does not fit a picture of {self.shape}."
                )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture; (0, 0) without one."""
        return (self.image.rows, self.image.columns) if self.image is not None else (0, 0)

    @property
    def calibration(self) -> tuple[CalibrationRegion, ...]:
        """Calibration regions of the picture."""
        return self.image.calibration if self.image is not None else ()

    @property
    def measures(self) -> list[Measure]:
        """What was measured by hand on this picture; kept while others are looked at."""
        return self._measures.setdefault(self.image.key, []) if self.image is not None else []

    def forget_measures(self) -> None:
        """Drop what was measured by hand, on every picture."""
        self._measures.clear()

    def region_at(self, point: Point) -> int | None:
        """Return the region under a point: the chosen one first, then the smallest."""
        column, row = int(np.floor(point[0])), int(np.floor(point[1]))
        rows, columns = self.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return None
        hits = [n for n, region in enumerate(self.regions) if region.mask[row, column]]
        if self.selected in hits:
            return self.selected
        return min(hits, key=lambda n: int(np.count_nonzero(self.regions[n].mask)), default=None)

    # --- drawing -------------------------------------------------------------------------------------------

    def paint_picture(self, painter: QPainter, placement: Placement, ratio: float, *, heat: bool) -> None:
        """Draw picture and heat map into a pane.

        Parameters
        ----------
        painter
            In the pane's coordinates, clipped to it.
        placement
            Where the picture lies.
        ratio
            Device pixels per logical pixel.
        heat
            Whether the heat map is drawn in this pane.
        """
        if self.pixels is None:
            return
        if self._picture is None:
            self._picture = picture_image(self.pixels, self.window, inverted=self.inverted)
            self._shrunk = None
        rows, columns = self.shape
        target = QRectF(placement.x, placement.y, columns * placement.scale, rows * placement.scale)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        picture = self._picture
        if placement.scale * ratio < _SHRUNK_BELOW:
            picture = self._shrunken(round(target.width() * ratio), round(target.height() * ratio))
        painter.drawImage(target, picture)
        if heat and self.heat is not None:
            painter.setOpacity(self.heat_opacity)
            painter.drawImage(target, self.heat)
            painter.setOpacity(1.0)

    def _shrunken(self, columns: int, rows: int) -> QImage:
        size = (max(columns, 1), max(rows, 1))
        if self._picture is None:
            raise ValueError("there is no picture to shrink")
        if self._shrunk is None or self._shrunk[0] != size:
            scaled = self._picture.scaled(
                *size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            self._shrunk = (size, scaled)
        return self._shrunk[1]

    def paint_marks(
        self,
        painter: QPainter,
        placement: Placement,
        room: QRectF,
        hidden: frozenset[int],
        *,
        heat: bool,
        beside: bool,
    ) -> None:
        """Draw outlines, labels, measurements, ruler and colour bar into a pane of the size of `room`.

        ``beside`` says that it is the second pane, with the heat map.
        """
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ruler = None
        if self.ruler_shown:
            ruler = ornaments.draw_ruler(painter, placement, room, self.calibration, self.shape[1])
        if self.outlines_shown:
            self._paint_outlines(painter, placement, room, hidden)
        taken: list[QRectF] = []
        top, note = self._heat_words
        if heat and self.heat is not None:
            caption = " · ".join(text for text in (ornaments.heat_caption(), note) if text)
            taken += ornaments.draw_colour_bar(painter, self._colour_bar, room, caption, top, ruler)
        elif heat and note:
            taken.append(ornaments.draw_caption(painter, room, note))
        # Two panes show the same outlines; words and lines on one of them are enough.
        if not beside:
            for measure in self.measures:
                self._paint_measure(painter, placement, measure, room, taken)
        if self.labels_shown and self.outlines_shown and not beside:
            self._paint_labels(painter, placement, room, hidden, taken)

    def _paint_outlines(
        self, painter: QPainter, placement: Placement, room: QRectF, hidden: frozenset[int]
    ) -> None:
        to_pane = QTransform(placement.scale, 0, 0, placement.scale, placement.x, placement.y)
        if self.proposals_shown:
            for contour in self.proposals:
                self._stroke(painter, placement, contour, room, 1.5, dashed=True)
        order = sorted(range(len(self.contours)), key=lambda n: n == self.selected)
        for number in order:
            if number in hidden:
                continue
            chosen = number == self.selected
            contour, region = self.contours[number], self.regions[number]
            # A tint under the chosen one, but not under a heat map: it would pass for a colour of the map.
            if chosen and self.heat is None:
                painter.fillPath(to_pane.map(contour.path), kind_colour(contour.kind, _CHOSEN))
            untouched = region.origin is Origin.PROPOSED and not region.confirmed
            self._stroke(painter, placement, contour, room, 2.5 if chosen else 1.8, dashed=untouched)

    @staticmethod
    def _stroke(
        painter: QPainter, placement: Placement, contour: Contour, room: QRectF, width: float, *, dashed: bool
    ) -> None:
        node = contour.kind is RegionKind.LYMPH_NODE
        line, halo = pens(kind_colour(contour.kind), width, round_ends=node, dashed=dashed)
        draw_pieces(painter, contour.pieces, placement, room, (halo, line))

    def _paint_labels(
        self,
        painter: QPainter,
        placement: Placement,
        room: QRectF,
        hidden: frozenset[int],
        taken: list[QRectF],
    ) -> None:
        names = region_names(self.regions)
        for number, (region, contour) in enumerate(zip(self.regions, self.contours, strict=True)):
            seen = QRectF(contour.path.boundingRect())
            seen = QRectF(
                QPointF(*placement.to_pane((seen.left(), seen.top()))), seen.size() * placement.scale
            )
            if number in hidden or not seen.intersects(room):
                continue
            x, y = placement.to_pane(contour.top)
            text = region_label(region, names[number])
            ornaments.draw_chip(painter, text, (x + 6, y - 6), kind_colour(region.kind), room, taken)

    def _paint_measure(
        self, painter: QPainter, placement: Placement, measure: Measure, room: QRectF, taken: list[QRectF]
    ) -> None:
        colour = theme.token("on_canvas")
        line, halo = pens(colour, 1.4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ends = [QPointF(*placement.to_pane(point)) for point in measure.handles]
        if not QPolygonF(ends).boundingRect().adjusted(-1, -1, 1, 1).intersects(room):
            return
        for pen in (halo, line):
            painter.setPen(pen)
            painter.drawLine(ends[0], ends[1])
            if isinstance(measure, Ellipse):
                painter.drawLine(ends[2], ends[3])
                painter.save()
                painter.translate(*placement.to_pane(measure.centre))
                along = ends[1] - ends[0]
                painter.rotate(np.degrees(np.arctan2(along.y(), along.x())))
                across = (along.x() ** 2 + along.y() ** 2) ** 0.5
                painter.drawEllipse(QPointF(0, 0), across / 2, measure.half * placement.scale)
                painter.restore()
        for end in ends:
            draw_handle(painter, (end.x(), end.y()), colour)
        right = max(ends, key=lambda point: point.x())
        text = measure.text(self.calibration)
        ornaments.draw_chip(painter, text, (right.x() + 10, right.y() + 8), colour, room, taken)


def region_names(regions: Sequence[Region] | Sequence[Contour]) -> list[str]:
    """Return what the regions of a picture are called, on it and beside it: each kind counts from 1."""
    counts = dict.fromkeys(RegionKind, 0)
    names = []
    for region in regions:
        counts[region.kind] += 1
        if region.kind is RegionKind.TUMOUR:
            text = QCoreApplication.translate("Canvas", "Tumour {0}")
        else:
            text = QCoreApplication.translate("Canvas", "Lymph node {0}")
        names.append(text.format(counts[region.kind]))
    return names


def region_label(region: Region, name: str) -> str:
    """Return what stands at an outline: its name, and whether it is only proposed."""
    if region.confirmed:
        return name
    return QCoreApplication.translate("Canvas", "{0} · to confirm").format(name)
