"""A picture of pixels on which a box can be drawn."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QRubberBand, QSizePolicy

from alnreader.case.image import Pixels


class PictureBox(QLabel):
    """Pixels, as large as there is room.

    Signals
    -------
    drawn(tuple)
        A box was drawn with the mouse: ``x0, y0, x1, y1`` in pixels of the picture, both ends inclusive.
    """

    drawn = Signal(object)

    def __init__(self, name: str) -> None:
        """Begin without a picture."""
        super().__init__()
        self._start: tuple[int, int] | None = None
        self._corner = QPoint()
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self)
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(240, 140)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setStyleSheet("background: #000000")
        self.pixels: Pixels | None = None

    def set_pixels(self, pixels: Pixels | None) -> None:
        """Show ``(H, W, 3) uint8 RGB``, or nothing."""
        self.pixels = pixels
        self._draw()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a box."""
        self._start = self._at(event.position())
        if self._start is not None:
            self._corner = event.position().toPoint()
            self._band.setGeometry(QRect(self._corner, self._corner))
            self._band.show()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the box as it is drawn."""
        if self._start is not None:
            self._band.setGeometry(QRect(self._corner, event.position().toPoint()).normalized())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the box; a click is none."""
        start, end, self._start = self._start, self._at(event.position()), None
        self._band.hide()
        if start is not None and end is not None and start[0] != end[0] and start[1] != end[1]:
            (x0, x1), (y0, y1) = sorted((start[0], end[0])), sorted((start[1], end[1]))
            self.drawn.emit((x0, y0, x1, y1))

    def _at(self, place: QPointF) -> tuple[int, int] | None:
        """Return the picture's pixel under a place, or the nearest one."""
        shown = self.pixmap()
        if self.pixels is None or shown.isNull():
            return None
        rows, columns = self.pixels.shape[:2]
        x = (place.x() - (self.width() - shown.width()) / 2) * columns / shown.width()
        y = (place.y() - (self.height() - shown.height()) / 2) * rows / shown.height()
        return min(max(int(x), 0), columns - 1), min(max(int(y), 0), rows - 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw at the new size."""
        super().resizeEvent(event)
        self._draw()

    def _draw(self) -> None:
        if self.pixels is None:
            self.clear()
            return
        rows, columns = self.pixels.shape[:2]
        data = self.pixels.tobytes()
        image = QImage(data, columns, rows, columns * 3, QImage.Format.Format_RGB888).copy()
        self.setPixmap(
            QPixmap.fromImage(image).scaled(
                self.size(), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        )
