"""A canvas alone: pictures for it, the mouse on it, and what it tells."""

from __future__ import annotations

import numpy as np
from by_mouse import LEFT
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from alnreader.case.image import CalibrationRegion, ImageKey, Pixels, UltrasoundImage
from alnreader.case.region import Mask, RegionKind
from alnreader.gui.canvas import CanvasView

ROWS, COLUMNS = 150, 200
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def grey(level: int = 90) -> Pixels:
    """A picture of one level."""
    return np.full((ROWS, COLUMNS, 3), level, dtype=np.uint8)


def image_of(pixels: Pixels, uid: str = "1.2.3", frames: int = 1, frame: int = 1) -> UltrasoundImage:
    calibration = (CalibrationRegion(0, 0, pixels.shape[1] - 1, pixels.shape[0] - 1, 0.1, 0.1),)
    return UltrasoundImage(
        ImageKey(uid, frame),
        "test",
        pixels.shape[0],
        pixels.shape[1],
        lambda _: pixels,
        calibration=calibration,
        number_of_frames=frames,
    )


def block(x0: int, y0: int, x1: int, y1: int) -> Mask:
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


class Listener:
    """Everything that the canvas told."""

    def __init__(self, canvas: CanvasView) -> None:
        self.edited: list[tuple[int, Mask]] = []
        self.drawn: list[tuple[Mask, RegionKind]] = []
        self.boxes: list[tuple[int, int, int, int]] = []
        self.clicked: list[int | None] = []
        self.hints: list[str] = []
        self.positions: list[str] = []
        self.measured: list[str] = []
        self.views: list[tuple[float, tuple[float, float]]] = []
        self.frames: list[int] = []
        self.taps = 0
        canvas.mask_edited.connect(lambda index, mask: self.edited.append((index, mask)))
        canvas.region_drawn.connect(lambda mask, kind: self.drawn.append((mask, kind)))
        canvas.box_drawn.connect(self.boxes.append)
        canvas.region_clicked.connect(self.clicked.append)
        canvas.hint.connect(self.hints.append)
        canvas.cursor_moved.connect(self.positions.append)
        canvas.measured.connect(self.measured.append)
        canvas.view_changed.connect(lambda zoom, window: self.views.append((zoom, window)))
        canvas.frame_requested.connect(self.frames.append)
        canvas.space_tapped.connect(self._tapped)

    def _tapped(self) -> None:
        self.taps += 1


def place(canvas: CanvasView, x: float, y: float) -> QPoint:
    """Where in the widget a point of the picture is, to the nearest pixel of the screen."""
    return canvas.to_widget((x, y)).toPoint()


def drag(
    canvas: CanvasView,
    *points: tuple[float, float],
    modifier: Qt.KeyboardModifier = NONE,
    button: Qt.MouseButton = LEFT,
    release: bool = True,
) -> list[tuple[float, float]]:
    """Drag through points of the picture; return where the mouse really was."""
    places = [place(canvas, *point) for point in points]
    QTest.mousePress(canvas, button, modifier, places[0])
    for at in places[1:]:
        QTest.mouseMove(canvas, at)
    if release:
        QTest.mouseRelease(canvas, button, modifier, places[-1])
    return [canvas.to_picture(QPointF(at)) for at in places]


def wheel(canvas: CanvasView, at: QPoint, notches: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def colour_at(canvas: CanvasView, x: float, y: float, pane: int = 0) -> QColor:
    shown = canvas.grab().toImage()
    return shown.pixelColor((canvas.to_widget((x, y), pane) * shown.devicePixelRatio()).toPoint())
