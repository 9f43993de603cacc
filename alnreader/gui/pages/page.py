"""What all pages have: a title, a way back, and a column of a readable width."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from alnreader.gui.widgets import rule, text_label, tool_button


class Page(QWidget):
    """A titled page; Esc and the arrow lead back.

    Parameters
    ----------
    width
        Widest that the content becomes, in pixels; 0: as wide as the window.
    """

    left = Signal()

    def __init__(
        self, title: str, parent: QWidget | None = None, *, width: int = 720, scroll: bool = True
    ) -> None:
        """Begin with an empty column, ``self.column``."""
        super().__init__(parent)
        self.setAccessibleName(title)
        self.setProperty("role", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.bar = QHBoxLayout()
        self.bar.setContentsMargins(12, 8, 12, 8)
        self.bar.setSpacing(8)
        self.bar.addWidget(tool_button("arrow-left", self.tr("Back"), self.left.emit, shortcut="Esc"))
        self.bar.addWidget(text_label(title, "title"))
        self.bar.addStretch(1)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(0, 16, 0, 24)
        self.column.setSpacing(12)
        if width:
            content.setMaximumWidth(width)
        middle = QWidget()
        sides = QHBoxLayout(middle)
        if width:
            sides.setContentsMargins(24, 0, 24, 0)
            sides.addStretch(1)
            sides.addWidget(content, 100)
            sides.addStretch(1)
        else:
            sides.setContentsMargins(0, 0, 0, 0)
            sides.addWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(self.bar)
        outer.addWidget(rule())
        if scroll:
            self.area = QScrollArea()
            self.area.setFrameShape(QFrame.Shape.NoFrame)
            self.area.setWidgetResizable(True)
            self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.area.setWidget(middle)
            outer.addWidget(self.area, 1)
        else:
            outer.addWidget(middle, 1)
