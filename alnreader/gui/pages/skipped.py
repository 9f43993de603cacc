"""What was offered and not read, file by file with the reason."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from alnreader.case.language import told
from alnreader.gui.controller import Controller
from alnreader.gui.pages.page import Page
from alnreader.gui.widgets import text_label


class SkippedPage(Page):
    """Follows the current patient."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """List the files."""
        super().__init__(self.tr("Files that were not read"), parent, width=1100, scroll=False)
        self._controller = controller
        self.table = QTableWidget(0, 2)
        self.table.setAccessibleName(self.tr("Files that were not read"))
        self.table.setHorizontalHeaderLabels([self.tr("File"), self.tr("Reason")])
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setWordWrap(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._empty = text_label(self.tr("Every file was read."), "quiet")
        self.column.addWidget(self._empty)
        self.column.addWidget(self.table, 1)
        controller.session_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Fill the table anew."""
        session = self._controller.session
        skipped = session.skipped if session is not None else ()
        self.table.setRowCount(len(skipped))
        for row, entry in enumerate(skipped):
            for column, text in enumerate((entry.path, told(entry.reason))):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        self.table.resizeRowsToContents()
        self.table.setVisible(bool(skipped))
        self._empty.setVisible(not skipped)
