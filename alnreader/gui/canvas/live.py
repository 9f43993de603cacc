"""What an outline measures while it is worked on: measured now and then, not at every move of the mouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QObject, QRectF, QTimer, Signal
from PySide6.QtGui import QPainter

from alnreader.case.image import CalibrationRegion
from alnreader.case.measure import measure
from alnreader.case.region import Mask, RegionKind
from alnreader.gui.canvas.measures import outline_text
from alnreader.gui.canvas.ornaments import draw_chip
from alnreader.gui.canvas.tools import kind_colour

_EVERY_MS: Final = 80
"""Measuring a large outline takes 3 to 5 ms: so often it is seen as live and a stroke does not feel it."""

_STRIP: Final = 30.0
"""Screen pixels at the foot of the pane in which it is shown."""


class LiveMeasure(QObject):
    """Follows an outline.

    Signals
    -------
    changed()
        The text is another.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        """Follow nothing."""
        super().__init__(parent)
        self.text = ""
        self.kind = RegionKind.TUMOUR
        self._outline: Callable[[], Mask] | None = None
        self._calibration: Sequence[CalibrationRegion] = ()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._measure)

    def follow(
        self, kind: RegionKind, outline: Callable[[], Mask], calibration: Sequence[CalibrationRegion]
    ) -> None:
        """Measure an outline now and again until `stop`.

        Parameters
        ----------
        kind
            For its colour.
        outline
            Returns the mask ``(H, W) bool`` as it is.
        calibration
            Of the picture.
        """
        self.kind, self._outline, self._calibration = kind, outline, calibration
        self._measure()
        self._timer.start()

    def stop(self) -> None:
        """Show nothing any more."""
        self._timer.stop()
        self._outline = None
        self._tell("")

    def _measure(self) -> None:
        if self._outline is not None:
            mask = self._outline()
            self._tell(outline_text(measure(mask, self._calibration)) if mask.any() else "")

    def _tell(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.changed.emit()


def live_strip(pane: QRectF) -> QRectF:
    """Return where in a pane it is shown."""
    return QRectF(pane.left(), pane.bottom() - _STRIP, pane.width(), _STRIP)


def draw_live(painter: QPainter, text: str, kind: RegionKind, pane: QRectF) -> None:
    """Draw it in the middle of the pane's foot: what it covers does not move with the hand."""
    strip = live_strip(pane)
    middle = painter.fontMetrics().horizontalAdvance(text) / 2
    draw_chip(painter, text, (strip.center().x() - middle, strip.bottom() - 4), kind_colour(kind), strip, [])
