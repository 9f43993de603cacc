"""The work list: every patient that is open, with state, date and progress."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from alnreader.gui.controller import Controller
from alnreader.gui.header import day_words
from alnreader.gui.pages.page import Page
from alnreader.gui.pages.words import mode_words, progress_words, state_words
from alnreader.gui.widgets import push_button, text_label


class WorkListPage(Page):
    """A row a patient; Return or a double click opens it. Of the score it knows nothing."""

    opened = Signal()
    folder_wanted = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Follow the controller."""
        super().__init__(self.tr("Work list"), parent, width=1100, scroll=False)
        self._controller = controller
        self.bar.addWidget(push_button(self.tr("Open folder"), self.folder_wanted.emit, icon="folder-open"))
        self.table = QTableWidget(0, 6)
        self.table.setAccessibleName(self.tr("Patients"))
        self.table.setToolTip(self.tr("Double click or Return opens a patient"))
        self.table.setHorizontalHeaderLabels(
            [
                self.tr("Patient"),
                self.tr("ID"),
                self.tr("Study"),
                self.tr("State"),
                self.tr("Progress"),
                self.tr("Mode"),
            ]
        )
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(40)
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        head = self.table.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.itemActivated.connect(lambda item: self._open(item.row()))
        self.table.itemSelectionChanged.connect(self._selected)
        self._empty = text_label(
            self.tr("No patient is open. Drop a folder anywhere on this window."), "quiet"
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.column.addWidget(self.table, 1)
        self.column.addWidget(self._empty, 1)
        self._open_button = push_button(
            self.tr("Open patient"),
            lambda: self._open(self.table.currentRow()),
            role="primary",
            shortcut="Return",
        )
        self.setFocusProxy(self.table)
        self._close_button = push_button(
            self.tr("Take off the list"),
            lambda: controller.close_session(self.table.currentRow()),
            icon="x",
            tip=self.tr("The files stay where they are"),
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._close_button)
        row.addStretch(1)
        row.addWidget(self._open_button)
        self.column.addLayout(row)
        for signal in (controller.worklist_changed, controller.session_changed, controller.protocol_changed):
            signal.connect(self.refresh)
        controller.regions_changed.connect(lambda _key: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Fill the table anew."""
        sessions, chosen = self._controller.sessions, self._controller.session
        self.table.setRowCount(len(sessions))
        for row, session in enumerate(sessions):
            days = [study.study_date for study in session.case.studies if study.study_date is not None]
            texts = (
                session.case.patient.label,
                session.case.patient.patient_id,
                day_words(max(days)) if days else "",
                state_words(session),
                progress_words(session),
                mode_words(session),
            )
            for column, text in enumerate(texts):
                self.table.setItem(row, column, QTableWidgetItem(text))
        if chosen in sessions:
            self.table.selectRow(sessions.index(chosen))
        self.table.setVisible(bool(sessions))
        self._empty.setVisible(not sessions)
        self._selected()

    def _selected(self) -> None:
        there = 0 <= self.table.currentRow() < len(self._controller.sessions)
        self._open_button.setEnabled(there)
        self._close_button.setEnabled(there)

    def _open(self, row: int) -> None:
        if 0 <= row < len(self._controller.sessions):
            self._controller.open_session(row)
            self.opened.emit()
