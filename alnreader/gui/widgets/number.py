"""A field for a number."""

from __future__ import annotations

from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from alnreader.gui.theme import RADIUS


class NumberField(QDoubleSpinBox):
    """A spin box that is taken when it is left or stepped, with room left of its text.

    Style sheets do not pad a spin box.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show nought."""
        super().__init__(parent)
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(RADIUS, 0, 0, 0)
