"""Zoom, pan and panes: which point of the picture is where in the widget."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from alnreader.gui.canvas.geometry import Placement, Point

ZOOM_STEP: Final = 1.25
"""Of a key or a button."""

_WHEEL_STEP: Final = 1.2
"""Of a notch of the wheel."""

_NOTCH: Final = 120.0
"""Eighths of a degree that Qt counts for a notch."""


class PannedWidget(QWidget):
    """A widget with a picture in it, once or twice side by side, that can be moved and enlarged.

    Signals
    -------
    view_changed(float, object)
        Device pixels per picture pixel, and the window as `(centre, width)`.
    """

    view_changed = Signal(float, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Begin fitted, with one pane."""
        super().__init__(parent)
        self._placement = Placement()
        self._fitted = True
        self._panes = 1
        self._left = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    # --- what is where -------------------------------------------------------------------------------------

    @property
    def picture_size(self) -> tuple[int, int]:
        """Columns and rows of the picture; (0, 0) without one."""
        return 0, 0

    @property
    def scale(self) -> float:
        """Logical pixels of the screen per pixel of the picture."""
        return self._placement.scale

    @property
    def zoom(self) -> float:
        """Device pixels per pixel of the picture: 1 is one to one."""
        return self._placement.scale * self.devicePixelRatioF()

    @property
    def placement(self) -> Placement:
        """Where the picture lies in each pane."""
        return self._placement

    def panes(self) -> list[QRectF]:
        """Return the panes, left to right, in the widget's coordinates."""
        first, height = self._first_pane(self.width()), self.height()
        panes = [QRectF(0, 0, first, height), QRectF(first, 0, self.width() - first, height)]
        return panes[: self._panes]

    def _first_pane(self, width: float) -> float:
        """Return how wide the first pane is: of two it has the tools besides, and as much picture."""
        return width if self._panes == 1 else (width + min(self._left, width)) / 2

    def origin(self, pane: int) -> float:
        """Return where in the widget the coordinates of a pane begin: both show the picture alike."""
        return self.panes()[pane].left() - (self._left if pane else 0.0)

    def pane_of(self, place: QPointF) -> int:
        """Return the number of the pane at a place of the widget; the nearest where there is none."""
        return int(self._panes > 1 and place.x() >= self._first_pane(self.width()))

    def to_picture(self, place: QPointF, pane: int | None = None) -> Point:
        """Return which point of the picture is seen at a place of the widget."""
        number = self.pane_of(place) if pane is None else pane
        return self._placement.to_picture((place.x() - self.origin(number), place.y()))

    def to_widget(self, point: Point, pane: int = 0) -> QPointF:
        """Return where in the widget a point of the picture is seen."""
        x, y = self._placement.to_pane(point)
        return QPointF(x + self.origin(pane), y)

    # --- moving --------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole picture, as large as it can be; stays so when the widget changes its size."""
        columns, rows = self.picture_size
        if columns:
            room = self.panes()[0]
            self._fitted = True
            self._place(Placement.fitted(columns, rows, room.width(), room.height(), self._left))

    def set_left_inset(self, width: float) -> None:
        """Keep so many screen pixels at the left edge free of the fitted picture: tools stand there."""
        changed, self._left = width != self._left, width
        if changed and self._fitted:
            self.fit()
        elif changed and self._panes > 1:
            self._moved()

    def one_to_one(self) -> None:
        """Show one pixel of the picture on one pixel of the screen, about the middle of the pane."""
        self.set_zoom(1.0)

    def zoom_in(self) -> None:
        """Enlarge about the middle of the pane."""
        self.set_zoom(self.zoom * ZOOM_STEP)

    def zoom_out(self) -> None:
        """Make smaller about the middle of the pane."""
        self.set_zoom(self.zoom / ZOOM_STEP)

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Show the picture at a zoom; what is at a place of the widget (default: the middle) stays there."""
        if not self.picture_size[0]:
            return
        pane = 0 if at is None else self.pane_of(at)
        place = self.panes()[0].center() if at is None else at
        self._fitted = False
        self._place(
            self._placement.scaled(
                zoom / self.devicePixelRatioF(), (place.x() - self.origin(pane), place.y())
            )
        )

    def move_picture(self, dx: float, dy: float) -> None:
        """Move the picture by screen pixels."""
        if self.picture_size[0]:
            self._fitted = False
            self._place(self._placement.moved(dx, dy))

    def set_panes(self, count: int) -> None:
        """Show the picture once, or twice side by side."""
        if count == self._panes:
            return
        middle = self.to_picture(self.panes()[0].center(), 0)
        self._panes = count
        self._settle(middle)

    def wheel_zoom(self, notches: float, at: QPointF) -> None:
        """Zoom by notches of the wheel to the place under the mouse."""
        self.set_zoom(self.zoom * _WHEEL_STEP**notches, at)

    @staticmethod
    def notches(delta: float) -> float:
        """Return an angle of the wheel in notches."""
        return delta / _NOTCH

    def _place(self, placement: Placement) -> None:
        columns, rows = self.picture_size
        room = self.panes()[0]
        kept = placement.kept_in(columns, rows, room.width(), room.height())
        if kept != self._placement:
            self._placement = kept
            self._moved()

    def _settle(self, middle: Point) -> None:
        """Fit again, or keep a point of the picture in the middle, after the panes have changed."""
        if not self.picture_size[0]:
            return
        if self._fitted:
            self.fit()
        else:
            room = self.panes()[0]
            x, y = self._placement.to_pane(middle)
            self._place(self._placement.moved(room.width() / 2 - x, room.height() / 2 - y))
        self._moved()

    def _moved(self) -> None:
        """Draw again: the picture has another place."""
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is in the middle there, or the picture fitted."""
        old = event.oldSize()
        if old.isValid() and self.picture_size[0]:
            middle = self._placement.to_picture((self._first_pane(old.width()) / 2, old.height() / 2))
            if math.isfinite(middle[0]):
                self._settle(middle)
        elif self._fitted:
            self.fit()
        super().resizeEvent(event)
