"""Where the reader is in a part of a panel that goes for a moment and comes back: keyboard and scroll."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QScrollArea, QWidget


@dataclass(frozen=True)
class _Place:
    focused: QWidget | None
    scrolled: int
    height: int
    """Of the focused control, in pixels below the upper edge of what is seen."""


class KeptPlace:
    """Keeps keyboard and scroll position while a part is hidden: Qt would hand the keyboard on.

    Parameters
    ----------
    part
        What is hidden and shown again.
    meanwhile
        Has the keyboard until then. It is visible as long as the part is not, or not whole.
    """

    def __init__(self, part: QWidget, meanwhile: QWidget) -> None:
        self._part, self._meanwhile = part, meanwhile
        self._place: _Place | None = None

    def leave(self) -> None:
        """Remember the place, before the part is hidden."""
        area, focused = self._area(), self._part.window().focusWidget()
        if area is None or not self._part.isVisible():
            return
        inside = focused is not None and self._part.isAncestorOf(focused)
        self._place = _Place(
            focused if inside else None,
            area.verticalScrollBar().value(),
            self._height(focused, area) if inside and focused is not None else 0,
        )
        if inside:
            self._meanwhile.setFocus()

    def come_back(self) -> None:
        """Take the place again, once the part is shown whole and before ``meanwhile`` is hidden."""
        place, self._place = self._place, None
        if place is None:
            return
        focused = place.focused
        if focused is not None and self._part.window().focusWidget() is self._meanwhile:
            (focused if focused.isVisibleTo(self._part) else self._part).setFocus()
        # The layout knows what is where one turn of the event loop later.
        QTimer.singleShot(0, self._part, lambda: self._scroll(place))

    def forget(self) -> None:
        """Drop the place: another part will be shown."""
        self._place = None

    def _scroll(self, place: _Place) -> None:
        area = self._area()
        if area is None:
            return
        bar, focused = area.verticalScrollBar(), place.focused
        if focused is not None and focused.isVisibleTo(self._part):
            bar.setValue(bar.value() + self._height(focused, area) - place.height)
        else:
            bar.setValue(place.scrolled)

    @staticmethod
    def _height(widget: QWidget, area: QScrollArea) -> int:
        return widget.mapTo(area, QPoint()).y()

    def _area(self) -> QScrollArea | None:
        area = self._part.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        return area
