"""What the tools have in common: their names, the pointer, and what a tool may ask of the canvas."""

# ruff: noqa: D102 - what a tool's methods mean is told once, in `tools.Handler`

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from PySide6.QtCore import QCoreApplication, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from alnreader.case.image import CalibrationRegion
from alnreader.case.region import Mask, RegionKind
from alnreader.gui import theme
from alnreader.gui.canvas.contours import Contour
from alnreader.gui.canvas.geometry import Box, Placement, Point
from alnreader.gui.canvas.measures import Measure


class Tool(StrEnum):
    """What the left mouse button does."""

    PAN = "pan"
    WINDOW = "window"
    SELECT = "select"
    BRUSH = "brush"
    ERASER = "eraser"
    POLYGON = "polygon"
    LASSO = "lasso"
    BOX = "box"
    CALIPER = "caliper"
    ELLIPSE = "ellipse"


EDITING: Final = frozenset({Tool.BRUSH, Tool.ERASER, Tool.POLYGON, Tool.LASSO, Tool.BOX})
"""Tools that do nothing but change regions."""


@dataclass(frozen=True)
class Pointer:
    """Where the mouse is.

    Attributes
    ----------
    at
        Point of the picture, in pixels.
    add, cut
        Whether what is drawn is added to the chosen region (Shift) or cut out of it (Alt).
    """

    at: Point
    add: bool = False
    cut: bool = False


class Canvas(Protocol):
    """What a tool sees of the canvas, and may ask of it."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""

    @property
    def scale(self) -> float:
        """Screen pixels per pixel of the picture."""

    @property
    def brush_size(self) -> float:
        """Diameter of the brush in screen pixels."""

    @property
    def calibration(self) -> tuple[CalibrationRegion, ...]:
        """Calibration regions of the picture."""

    @property
    def contours(self) -> tuple[Contour, ...]:
        """Outlines of the picture's regions."""

    @property
    def selected(self) -> int | None:
        """The chosen region."""

    @property
    def kind(self) -> RegionKind:
        """What a new region is."""

    @property
    def refusal(self) -> str:
        """Why regions may not be changed now; empty where they may."""

    @property
    def measures(self) -> list[Measure]:
        """What was measured on this picture; a tool may change it."""

    def region_at(self, point: Point) -> int | None:
        """Return the region under a point: the chosen one first, then the smallest."""

    def choose(self, index: int | None) -> None:
        """Tell that a region was clicked."""

    def take_mask(self, index: int, mask: Mask) -> None:
        """Tell that a stroke gave a region another mask."""

    def join_regions(self, numbers: Sequence[int], mask: Mask) -> None:
        """Tell that a stroke made several regions one, the first of them, with another mask."""

    def take_region(self, mask: Mask) -> None:
        """Tell that a region was drawn."""

    def take_box(self, box: Box) -> None:
        """Tell that a box was drawn."""

    def tell_measure(self, text: str) -> None:
        """Tell what was measured."""

    def say(self, text: str) -> None:
        """Show a hint."""

    def measure_live(self, kind: RegionKind, outline: Callable[[], Mask] | None) -> None:
        """Show what an outline measures while it is worked on; None when it no longer is."""

    def refresh(self, around: tuple[float, float, float, float] | None = None) -> None:
        """Paint what tools show again: within a box ``(x0, y0, x1, y1)`` of the picture, or everywhere."""

    def refresh_marks(self) -> None:
        """Draw outlines and measurements again."""


class Handler:
    """One tool at work. The base does nothing and stands for a tool that the canvas handles itself."""

    def __init__(self, canvas: Canvas) -> None:
        """Work on a canvas."""
        self.canvas = canvas

    @property
    def hint(self) -> str:
        """What to do now, for the status line."""
        return ""

    @property
    def busy(self) -> bool:
        """Whether something is begun that Escape would cancel."""
        return False

    @property
    def hidden(self) -> frozenset[int]:
        """Regions whose outlines are not drawn, because the tool shows them itself."""
        return frozenset()

    @property
    def can_go_back(self) -> bool:
        """Whether `back` would take something back."""
        return False

    def regions_changed(self) -> None:
        """The picture's regions were set; what works on one that is another now is dropped."""

    def press(self, pointer: Pointer) -> None:
        """The left button goes down."""

    def move(self, pointer: Pointer) -> None:
        """The mouse moves with the left button down."""

    def hover(self, pointer: Pointer | None) -> None:
        """The mouse moves with no button down, or has left the picture (None)."""

    def release(self, pointer: Pointer) -> None:
        """The left button goes up."""

    def double(self, pointer: Pointer) -> None:
        """The left button was pressed twice."""

    @property
    def can_confirm(self) -> bool:
        """Whether `confirm` would do something."""
        return self.busy

    def confirm(self, *, add: bool = False, cut: bool = False) -> None:
        """Enter was pressed: with Shift (`add`) or Alt (`cut`) for the chosen region."""

    def back(self) -> None:
        """Take back the last step on Backspace or Delete."""

    def cancel(self) -> None:
        """Drop what is begun."""

    def paint(self, painter: QPainter, placement: Placement) -> None:
        """Draw what the tool shows, in the coordinates of the pane."""


class MoveTool(Handler):
    """Moves the picture, or its grey levels: the canvas does that itself with any tool."""

    def __init__(self, canvas: Canvas, tool: Tool) -> None:
        """Be `Tool.PAN` or `Tool.WINDOW`."""
        super().__init__(canvas)
        self._tool = tool

    @property
    def hint(self) -> str:
        if self._tool is Tool.WINDOW:
            return QCoreApplication.translate(
                "Canvas", "Window: drag right for less contrast, up for brighter."
            )
        return QCoreApplication.translate(
            "Canvas", "Move: drag the picture, wheel zooms, right drag changes brightness and contrast."
        )


def kind_colour(kind: RegionKind, alpha: float = 1.0) -> QColor:
    """Return the colour of a kind's outline."""
    return theme.token("tumour" if kind is RegionKind.TUMOUR else "node", alpha)


def pens(
    colour: QColor, width: float = 2.0, *, round_ends: bool = False, dashed: bool = False
) -> tuple[QPen, QPen]:
    """Return the pens of a line and of the halo of one pixel beneath it; neither grows with the zoom."""
    result = []
    for ink, size in ((theme.token("halo"), width + 2.0), (colour, width)):
        pen = QPen(ink, size)
        pen.setCosmetic(True)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin if round_ends else Qt.PenJoinStyle.MiterJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap if round_ends else Qt.PenCapStyle.FlatCap)
        if dashed:
            # In units of the pen's width: the same dashes in pixels for both. Round caps reach into the gaps.
            pen.setDashPattern([7.0 / size, (9.0 if round_ends else 6.0) / size])
        result.append(pen)
    return result[1], result[0]


def draw_handle(painter: QPainter, at: Point, colour: QColor, *, hot: bool = False) -> None:
    """Draw a handle: a light disc, a coloured ring, a black edge, so that it is seen on bright and dark."""
    size = 6.0 if hot else 4.5
    centre = QPointF(*at)
    painter.setPen(QPen(theme.token("halo"), 1.0))
    painter.setBrush(colour)
    painter.drawEllipse(centre, size + 1.0, size + 1.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.token("on_canvas") if not hot else theme.token("canvas"))
    painter.drawEllipse(centre, size - 1.5, size - 1.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
