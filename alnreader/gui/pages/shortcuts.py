"""The shortcut sheet: every key of the registry."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from alnreader.gui.actions import Commands, SheetRow
from alnreader.gui.pages.page import Page
from alnreader.gui.widgets import Badge, text_label

_COLUMNS = 3


class ShortcutsPage(Page):
    """Groups in columns of about equal height."""

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        """List the registry, which is complete by now."""
        super().__init__(self.tr("Keyboard and mouse"), parent, width=1280)
        groups = commands.sheet()
        columns: list[QVBoxLayout] = []
        row = QHBoxLayout()
        row.setSpacing(32)
        for _ in range(_COLUMNS):
            column = QVBoxLayout()
            column.setSpacing(8)
            row.addLayout(column, 1)
            columns.append(column)
        heights = [0] * _COLUMNS
        for title, rows in groups.items():
            place = heights.index(min(heights))
            heights[place] += len(rows) + 2
            columns[place].addWidget(text_label(title, "strong"))
            columns[place].addLayout(self._table(rows))
            columns[place].addSpacing(12)
        for column in columns:
            column.addStretch(1)
        self.column.addLayout(row)
        self.column.addStretch(1)

    @staticmethod
    def _table(rows: list[SheetRow]) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(0, 1)
        for number, entry in enumerate(rows):
            grid.addWidget(text_label(entry.text, "quiet", wrap=True), number, 0)
            grid.addWidget(Badge(entry.keys), number, 1, Qt.AlignmentFlag.AlignRight)
        return grid
