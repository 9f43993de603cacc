"""Tables of text: rows are chosen, cells are not edited."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from alnreader.gui.widgets.labels import plain_tip


def text_table(name: str, titles: Sequence[str], stretch: int | None = None) -> QTableWidget:
    """Return an empty table.

    Parameters
    ----------
    name
        For screen readers, and as tool tip.
    titles
        Of the columns.
    stretch
        The column that takes the room; all alike if None.
    """
    table = QTableWidget(0, len(titles))
    table.setAccessibleName(name)
    table.setToolTip(name)
    table.setHorizontalHeaderLabels(list(titles))
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    head = table.horizontalHeader()
    head.setHighlightSections(False)
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    if stretch is None:
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    else:
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    return table


def fill_table(table: QTableWidget, rows: Sequence[Sequence[str]], *, tips: bool = False) -> None:
    """Put these rows in place of those there; ``tips``: what is cut off can be read as a tool tip."""
    table.setRowCount(len(rows))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if tips:
                item.setToolTip(plain_tip(text))
            table.setItem(row, column, item)


def cell(table: QTableWidget, row: int, column: int) -> QTableWidgetItem:
    """Return a cell's item, made where there is none."""
    item = table.item(row, column)
    if item is None:
        item = QTableWidgetItem()
        table.setItem(row, column, item)
    return item
