"""A field for a number."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from alnreader.gui.theme import RADIUS


class NumberField(QDoubleSpinBox):
    """A spin box that is taken when it is left or stepped, with room left of its text.

    Style sheets do not pad a spin box. The wheel scrolls past it: it changes no number by the way.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show nought."""
        super().__init__(parent)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setTextMargins(RADIUS, 0, 0, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave it to what scrolls."""
        event.ignore()
