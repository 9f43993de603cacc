"""A small framed word."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from alnreader.gui.widgets.labels import set_role


class Badge(QLabel):
    """A word in a frame. The tone only underlines what the word says.

    Parameters
    ----------
    text
        The word.
    tone
        ``""``, ``accent``, ``caution``, ``error``, ``good`` or ``quiet``.
    """

    def __init__(self, text: str = "", tone: str = "", parent: QWidget | None = None) -> None:
        """Show the word."""
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setProperty("role", "badge")
        self.setProperty("tone", tone)

    def set(self, text: str, tone: str = "") -> None:
        """Show another word in another tone."""
        self.setText(text)
        set_role(self, tone=tone)
