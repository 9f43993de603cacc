"""What was offered and not read, file by file with the reason."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from alnreader.case.case import Skipped
from alnreader.case.language import told
from alnreader.gui.controller import Controller
from alnreader.gui.pages.page import Page
from alnreader.gui.widgets import plain_tip, text_label


class SkippedPage(Page):
    """What was not read of the current patient's files, and of those that were looked through last."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """List the files."""
        super().__init__(self.tr("Files that were not read"), parent, width=1100, scroll=False)
        self._controller = controller
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName(self.tr("Files that were not read"))
        self.table.setHorizontalHeaderLabels([self.tr("File"), self.tr("Reason"), self.tr("Belongs to")])
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
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self._empty = text_label(self.tr("Every file was read."), "quiet")
        self.column.addWidget(self._empty)
        self.column.addWidget(self.table, 1)
        controller.session_changed.connect(self.refresh)
        controller.page_wanted.connect(lambda _name: self.refresh())
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Tell of what was looked through meanwhile."""
        self.refresh()
        super().showEvent(event)

    def refresh(self) -> None:
        """Fill the table anew."""
        session = self._controller.session
        rows: list[tuple[Skipped, str]] = []
        if session is not None:
            rows = [(entry, session.case.patient.label) for entry in session.skipped]
        known = {entry.path for entry, _ in rows}
        # A reading that goes on keeps the list of its beginning: what broke since is told beside it.
        last = [entry for entry in self._controller.opening.skipped if entry.path not in known]
        rows += [(entry, self.tr("what was opened last")) for entry in last]
        self.table.setRowCount(len(rows))
        for row, (entry, opened) in enumerate(rows):
            for column, text in enumerate((entry.path, told(entry.reason), opened)):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                self.table.setItem(row, column, item)
        self.table.resizeRowsToContents()
        self.table.setVisible(bool(rows))
        self._empty.setVisible(not rows)
