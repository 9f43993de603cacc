"""The canvas without its mouse: shows one picture with its layers, and is what the tools work on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from alnreader.case.case import HeatMap
from alnreader.case.image import CalibrationRegion, ImageKey, Pixels, UltrasoundImage
from alnreader.case.measure import measure
from alnreader.case.region import Mask, Region, RegionKind
from alnreader.gui import theme
from alnreader.gui.canvas import raster
from alnreader.gui.canvas.contours import Contour
from alnreader.gui.canvas.display import Window
from alnreader.gui.canvas.geometry import Box, Point
from alnreader.gui.canvas.joining import apart
from alnreader.gui.canvas.live import LiveMeasure, draw_live, live_strip
from alnreader.gui.canvas.measures import Measure, outline_text
from alnreader.gui.canvas.navigation import PannedWidget
from alnreader.gui.canvas.scene import Scene, region_label, region_names
from alnreader.gui.canvas.tools import Handler, MoveTool, Tool

BRUSH_SIZES: Final = (2.0, 300.0)
"""Smallest and largest diameter of the brush in screen pixels."""

_WINDOW_CENTRES: Final = (-128.0, 383.0)
_WINDOW_WIDTHS: Final = (1.0, 510.0)
"""Within these a window can be dragged: beyond, nothing of 0..255 would be told apart."""


class Surface(PannedWidget):
    """A picture with its layers. Setters in, signals out; it changes nothing but what it shows.

    It is the `alnreader.gui.canvas.tools.Canvas` of the tools. The signals are listed in
    `alnreader.gui.canvas`.
    """

    hint = Signal(str)

    mask_edited = Signal(int, object)
    regions_joined = Signal(object, object)
    region_drawn = Signal(object, object)
    box_drawn = Signal(object)
    region_clicked = Signal(object)
    measured = Signal(str)
    brush_size_changed = Signal(float)
    kind_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Begin black."""
        super().__init__(parent)
        self.handler: Handler = MoveTool(self, Tool.PAN)
        self._scene = Scene()
        self._kind = self._own_kind = RegionKind.TUMOUR
        self._kind_is_own = False
        self._brush_size = 24.0
        self._refusal = ""
        self._heat_side = False
        self._backdrop: QPixmap | None = None
        self._marks: QPixmap | None = None
        self._live = LiveMeasure(self)
        self._live.changed.connect(self._show_live)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.signals().changed.connect(self._theme_changed)

    # --- contents ------------------------------------------------------------------------------------------

    @property
    def image(self) -> UltrasoundImage | None:
        """The picture that is shown or being loaded."""
        return self._scene.image

    def take_over(self, other: Surface) -> None:
        """Go on where another canvas is: picture, zoom, grey levels, measurements, brush."""
        self.handler.cancel()
        self._scene = other._scene
        self._kind, self._brush_size = other._kind, other._brush_size
        self._own_kind, self._kind_is_own = other._own_kind, other._kind_is_own
        self._refusal = other._refusal
        self._heat_side, self._panes = other._heat_side, other._panes
        self._placement, self._fitted = other._placement, other._fitted
        self.brush_size_changed.emit(self._brush_size)
        self._tell_view()
        self.redraw()

    def set_image(self, image: UltrasoundImage | None, pixels: Pixels | None = None) -> None:
        """Show a picture; without pixels black, until they are loaded.

        Regions, proposals and heat map of another picture go at once; zoom and window stay for a frame of the
        same file.
        """
        before = self._scene.shape
        key = self._scene.image.key if self._scene.image else None
        if key != (image.key if image else None):
            self.handler.cancel()
            self._apply_panes(heat=False)
        other_file = self._scene.set_image(image, pixels)
        if other_file:
            self._kind_is_own = False
            self._take_kind(self._own_kind)
        if other_file or self._scene.shape != before:
            self.fit()
            self._tell_view()
        self.redraw()
        self.say(self.handler.hint)

    def set_pixels(self, key: ImageKey, pixels: Pixels) -> bool:
        """Take pixels that were loaded, if they are of the picture that waits for them. Return whether."""
        image = self._scene.image
        if image is None or image.key != key:
            return False
        self.set_image(image, pixels)
        return True

    def set_regions(self, regions: Sequence[Region], selected: int | None = None) -> None:
        """Show the picture's regions; a stroke on one that was changed meanwhile is dropped."""
        before, kinds = (self._scene.selected, self._kind), self._scene.kinds
        if not self._scene.set_regions(regions, selected):
            return
        self.handler.regions_changed()
        if self._scene.kinds != kinds:
            self._follow_kinds()
        if before != (self._scene.selected, self._kind):
            self.say(self.handler.hint)
        self.refresh_marks()

    def set_proposals(self, regions: Sequence[Region]) -> None:
        """Keep what the network proposed, to be shown dashed beside the regions."""
        self._scene.set_proposals(regions)
        self.refresh_marks()

    def show_proposals(self, shown: bool) -> None:
        """Show or hide the network's proposals."""
        self._scene.proposals_shown = shown
        self.refresh_marks()

    def show_outlines(self, shown: bool) -> None:
        """Show or hide the regions, to see the bare picture."""
        self._scene.outlines_shown = shown
        self.refresh_marks()

    def show_labels(self, shown: bool) -> None:
        """Show or hide the names at the outlines."""
        self._scene.labels_shown = shown
        self.refresh_marks()

    def show_ruler(self, shown: bool) -> None:
        """Show or hide the depth scale."""
        self._scene.ruler_shown = shown
        self.refresh_marks()

    def set_heat_map(self, heat: HeatMap | None, top: str = "1", note: str = "") -> None:
        """Show a heat map of this picture, or none.

        Parameters
        ----------
        heat
            ``(H, W)`` 0..1 along the colour bar.
        top
            What stands at the bar's upper end.
        note
            Stands under the picture: what belongs to the caption, or why there is no map.
        """
        if not self._scene.set_heat(heat, top, note):
            return
        self._apply_panes(heat=heat is not None)
        self.redraw()

    def set_heat_opacity(self, opacity: float) -> None:
        """Show the heat map more or less opaque, 0..1."""
        self._scene.heat_opacity = min(max(opacity, 0.0), 1.0)
        self.redraw()

    def set_heat_mode(self, mode: str) -> None:
        """Show the heat map ``over`` the picture, or at its ``side`` on a second one."""
        self._heat_side = mode == "side"
        self._apply_panes(heat=self._scene.heat is not None)
        self.redraw()

    def _apply_panes(self, *, heat: bool) -> None:
        self.set_panes(2 if heat and self._heat_side else 1)

    def clear_measures(self) -> None:
        """Drop what was measured by hand on this picture."""
        self._scene.measures.clear()
        self.refresh_marks()

    def forget_measures(self) -> None:
        """Drop what was measured by hand on every picture: another patient is opened."""
        self._scene.forget_measures()
        self.refresh_marks()

    # --- tools ---------------------------------------------------------------------------------------------

    def set_brush_size(self, size: float) -> None:
        """Set the diameter of the brush in screen pixels."""
        size = min(max(size, BRUSH_SIZES[0]), BRUSH_SIZES[1])
        if size != self._brush_size:
            self._brush_size = size
            self.brush_size_changed.emit(size)
            self.say(self.handler.hint)
            self.update()

    def set_kind(self, kind: RegionKind) -> None:
        """Choose what the next drawn region is; a chosen region of the other kind is let go of.

        On this picture it stays chosen; on any other the regions there say it, if they are of one kind.
        """
        self._own_kind, self._kind_is_own = kind, self._scene.image is not None
        self._take_kind(kind)
        self.say(self.handler.hint)
        chosen = self._scene.selected
        if chosen is not None and self._scene.contours[chosen].kind is not kind:
            self.choose(None)
        self.update()

    def _follow_kinds(self) -> None:
        """Draw what the picture shows: a stroke begun beside a lone node is hardly meant as a tumour."""
        kinds = self._scene.kinds
        if len(kinds) == 1 and not self._kind_is_own and not self.handler.busy:
            self._take_kind(*kinds)

    def _take_kind(self, kind: RegionKind) -> None:
        if kind is not self._kind:
            self._kind = kind
            self.kind_changed.emit(kind)

    def fill_holes(self) -> None:
        """Fill the holes of the chosen region."""
        self._reshape(raster.holes_filled, self.tr("The region has no holes."))

    def smooth(self) -> None:
        """Round the outline of the chosen region."""
        self._reshape(raster.smoothed, self.tr("The outline is smooth already."))

    def _reshape(self, shape: raster.Reshape, nothing: str) -> None:
        chosen = self._scene.selected
        if chosen is None:
            self.say(self.tr("Choose a region first: click it."))
            return
        self.handler.cancel()
        old = self._scene.regions[chosen].mask
        new = apart(self, chosen, shape(old))
        if not new.any():
            self.say(self.tr("Nothing of the region would be left."))
        elif (new == old).all():
            self.say(nothing)
        else:
            self.take_mask(chosen, new)

    # --- grey levels ---------------------------------------------------------------------------------------

    @property
    def window_level(self) -> tuple[float, float]:
        """Centre and width of the grey levels shown."""
        return self._scene.window.centre, self._scene.window.width

    @property
    def inverted(self) -> bool:
        """Whether black is shown as white."""
        return self._scene.inverted

    def set_window(self, centre: float, width: float) -> None:
        """Show the grey levels about a centre, 0..255; the picture's own pixels stay as they are."""
        centre = min(max(centre, _WINDOW_CENTRES[0]), _WINDOW_CENTRES[1])
        width = min(max(width, _WINDOW_WIDTHS[0]), _WINDOW_WIDTHS[1])
        self._scene.set_window(Window(centre, width), inverted=self._scene.inverted)
        self._tell_view()
        self.redraw()

    def reset_window(self) -> None:
        """Show all grey levels as they are."""
        self.set_window(Window().centre, Window().width)

    def invert(self, inverted: bool) -> None:
        """Show black as white, or no longer."""
        self._scene.set_window(self._scene.window, inverted=inverted)
        self.redraw()

    def drag_window(self, dx: float, dy: float) -> None:
        """Change the window by a drag: right is wider, up is brighter."""
        centre, width = self.window_level
        self.set_window(centre + dy, width + dx)

    # --- what a tool may ask (alnreader.gui.canvas.tools.Canvas) -------------------------------------------

    @property
    def picture_size(self) -> tuple[int, int]:
        """Columns and rows of the picture."""
        rows, columns = self._scene.shape
        return columns, rows

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        return self._scene.shape

    @property
    def ready(self) -> bool:
        """Whether there is a picture that a tool can work on."""
        return self._scene.pixels is not None

    @property
    def brush_size(self) -> float:
        """Diameter of the brush in screen pixels."""
        return self._brush_size

    @property
    def kind(self) -> RegionKind:
        """What the next drawn region is."""
        return self._kind

    @property
    def calibration(self) -> tuple[CalibrationRegion, ...]:
        """Calibration regions of the picture."""
        return self._scene.calibration

    @property
    def contours(self) -> tuple[Contour, ...]:
        """Outlines of the regions."""
        return self._scene.contours

    @property
    def selected(self) -> int | None:
        """The chosen region."""
        return self._scene.selected

    @property
    def measures(self) -> list[Measure]:
        """What was measured by hand on this picture."""
        return self._scene.measures

    def region_at(self, point: Point) -> int | None:
        """Return the region under a point of the picture."""
        return self._scene.region_at(point)

    def region_words(self, number: int) -> str:
        """Return a region's name, whether it waits to be confirmed, and what it measures."""
        region = self._scene.regions[number]
        name = region_label(region, region_names(self._scene.regions)[number])
        return f"{name}: {outline_text(measure(region.mask, self.calibration))}"

    def choose(self, index: int | None) -> None:
        """Choose a region and tell it."""
        self._scene.selected = index
        self.refresh_marks()
        self.region_clicked.emit(index)

    @property
    def refusal(self) -> str:
        """Why regions may not be changed now; empty where they may."""
        return self._refusal

    def take_mask(self, index: int, mask: Mask) -> None:
        """Tell a region's other mask; what is shown changes with `set_regions`."""
        self.mask_edited.emit(index, mask)

    def join_regions(self, numbers: Sequence[int], mask: Mask) -> None:
        """Tell regions that became one; what is shown changes with `set_regions`."""
        self.regions_joined.emit(tuple(numbers), mask)

    def take_region(self, mask: Mask) -> None:
        """Tell a drawn region."""
        self.region_drawn.emit(mask, self._kind)

    def take_box(self, box: Box) -> None:
        """Tell a drawn box."""
        self.box_drawn.emit(box)

    def say(self, text: str) -> None:
        """Show a hint."""
        self.hint.emit(text)

    def measure_live(self, kind: RegionKind, outline: Callable[[], Mask] | None) -> None:
        """Show what an outline measures while it is worked on."""
        if outline is None:
            self._live.stop()
        else:
            self._live.follow(kind, outline, self.calibration)

    @property
    def live_measure(self) -> str:
        """What the outline that is worked on measures; empty while none is."""
        return self._live.text

    def _show_live(self) -> None:
        self.update(live_strip(self.panes()[0]).toAlignedRect())

    def tell_measure(self, text: str) -> None:
        """Tell a measurement."""
        self.measured.emit(text)

    # --- drawing -------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw everything again."""
        self._backdrop = None
        self.refresh_marks()

    def refresh_marks(self) -> None:
        """Draw outlines and measurements again."""
        self._marks = None
        self.update()

    def refresh(self, around: tuple[float, float, float, float] | None = None) -> None:
        """Paint again what tools show: within a box of the picture, or everywhere."""
        if around is None:
            self.update()
            return
        for pane in range(len(self.panes())):
            first = self.to_widget((around[0], around[1]), pane)
            last = self.to_widget((around[2], around[3]), pane)
            left, top = math.floor(first.x()) - 1, math.floor(first.y()) - 1
            self.update(QRect(left, top, math.ceil(last.x()) + 2 - left, math.ceil(last.y()) + 2 - top))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Put the layers together; picture and outlines come from pictures drawn before."""
        backdrop, marks = self._layers()
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        # Rectangle by rectangle: a moved brush leaves two small ones, and what lies between is not touched.
        parts: Iterable[QRect] = event.region()  # type: ignore[assignment]  # iterable, whatever its stub says
        for part in parts:
            source = QRectF(part.x() * ratio, part.y() * ratio, part.width() * ratio, part.height() * ratio)
            painter.drawPixmap(QRectF(part), backdrop, source)
            painter.drawPixmap(QRectF(part), marks, source)
        if self.ready:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for number, pane in enumerate(self.panes()):
                painter.save()
                painter.setClipRegion(event.region())
                painter.setClipRect(pane, Qt.ClipOperation.IntersectClip)
                painter.translate(self.origin(number), 0)
                self.handler.paint(painter, self.placement)
                painter.restore()
            if self._live.text:
                painter.setClipRegion(event.region())
                draw_live(painter, self._live.text, self._live.kind, self.panes()[0])
        painter.end()

    def _layers(self) -> tuple[QPixmap, QPixmap]:
        """Return picture and marks as large as the widget, drawn anew where something has changed."""
        ratio = self.devicePixelRatioF()
        size = (self.size().toSizeF() * ratio).toSize()
        if self._backdrop is None or self._backdrop.size() != size:
            self._backdrop = QPixmap(size)
            self._backdrop.setDevicePixelRatio(ratio)
            self._backdrop.fill(theme.token("canvas"))
            self._on_panes(self._backdrop, marks=False)
        if self._marks is None or self._marks.size() != size:
            self._marks = QPixmap(size)
            self._marks.setDevicePixelRatio(ratio)
            self._marks.fill(Qt.GlobalColor.transparent)
            self._on_panes(self._marks, marks=True)
        return self._backdrop, self._marks

    def _on_panes(self, layer: QPixmap, *, marks: bool) -> None:
        painter = QPainter(layer)
        panes = self.panes()
        if not self.ready:
            painter.end()
            return
        for number, pane in enumerate(panes):
            painter.save()
            painter.setClipRect(pane)
            painter.translate(self.origin(number), 0)
            room = pane.translated(-self.origin(number), 0)
            heat = number == len(panes) - 1
            if marks:
                self._scene.paint_marks(
                    painter, self.placement, room, self.handler.hidden, heat=heat, beside=number > 0
                )
                if number:
                    painter.setPen(theme.token("line"))
                    painter.drawLine(QPointF(room.left() + 0.5, 0), QPointF(room.left() + 0.5, pane.height()))
            else:
                self._scene.paint_picture(painter, self.placement, self.devicePixelRatioF(), heat=heat)
            painter.restore()
        painter.end()

    def _moved(self) -> None:
        self.redraw()
        self._tell_view()

    def _tell_view(self) -> None:
        self.view_changed.emit(self.zoom, self.window_level)

    def _theme_changed(self, _name: str) -> None:
        self.redraw()
