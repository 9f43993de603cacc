"""About: what the program is, its version, and the licences of what it is made from."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from alnreader import __version__
from alnreader.gui.pages.licences import Part, installed_parts
from alnreader.gui.pages.page import Page
from alnreader.gui.widgets import Banner, text_label

_LIST_WIDTH = 460


class AboutPage(Page):
    """Asks for the packages when it is first shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show what needs no look at the installed packages."""
        super().__init__(self.tr("About"), parent, width=1200, scroll=False)
        self._parts: list[Part] = []
        self.column.addWidget(text_label(self.tr("ALN Reader {0}").format(__version__), "heading"))
        self.column.addWidget(
            text_label(
                self.tr(
                    "A second reader for metastasis of axillary lymph nodes on breast ultrasound. "
                    "You read first; then the program shows its opinion and what it rests on; you decide. "
                    "Nothing leaves this computer, and no statistics are kept."
                ),
                wrap=True,
            )
        )
        self.column.addWidget(
            Banner(self.tr("Not a medical device. Research and teaching only."), "caution", parent=self)
        )
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName(self.tr("Parts of the program and their licences"))
        self.table.setToolTip(self.tr("Choose a part to read its licence"))
        self.table.setHorizontalHeaderLabels([self.tr("Made with"), self.tr("Version"), self.tr("Licence")])
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(28)
        self.table.setShowGrid(False)
        self.table.setFixedWidth(_LIST_WIDTH)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        head = self.table.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._show_licence)
        self._title = text_label("", "strong")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("Text of the licence"))
        self.text.setToolTip(self.tr("Text of the licence"))
        self.text.setTabChangesFocus(True)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._title)
        right.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addWidget(self.table)
        row.addLayout(right, 1)
        self.column.addLayout(row, 1)

    def showEvent(self, event: QShowEvent) -> None:
        """List the packages."""
        super().showEvent(event)
        if self._parts:
            return
        self._parts = installed_parts()
        self.table.setRowCount(len(self._parts))
        for row, part in enumerate(self._parts):
            for column, text in enumerate((part.title, part.version, part.licence)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.table.selectRow(0)

    def _show_licence(self) -> None:
        row = self.table.currentRow()
        if 0 <= row < len(self._parts):
            part = self._parts[row]
            self._title.setText(f"{part.title} · {part.licence}")
            self.text.setPlainText(part.text())
