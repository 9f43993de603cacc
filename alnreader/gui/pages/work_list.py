"""The work list: every patient that is open or was kept, with state, date and progress."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
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
from alnreader.gui.pages.words import (
    kept_mode_words,
    kept_progress_words,
    kept_state_words,
    mode_words,
    progress_words,
    state_words,
)
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
            self.tr("The list is empty. Drop a folder anywhere on this window."), "quiet"
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
            self.tr("Close"),
            self._close_or_remove,
            icon="x",
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._close_button)
        row.addStretch(1)
        row.addWidget(self._open_button)
        self.column.addLayout(row)
        self._stale = False
        for signal in (controller.worklist_changed, controller.session_changed, controller.protocol_changed):
            signal.connect(self._changed)
        controller.regions_changed.connect(lambda _key: self._changed())
        self.refresh()

    def _changed(self) -> None:
        """Fill the table anew, but not behind a picture at every stroke."""
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        if self._stale:
            self.refresh()
        super().showEvent(event)

    def refresh(self) -> None:
        """Fill the table anew."""
        self._stale = False
        sessions, chosen = self._controller.sessions, self._controller.session
        kept = self._controller.saving.stored_rows()
        self._kept = [row.id for row in kept]
        self.table.setRowCount(len(sessions) + len(kept))
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
        for place, stored in enumerate(kept, start=len(sessions)):
            day = date.fromisoformat(stored.study_date) if stored.study_date else None
            texts = (
                stored.patient,
                stored.patient_id,
                day_words(day) if day is not None else "",
                kept_state_words(stored.state, stored.mode, stored.amended),
                kept_progress_words(stored.confirmed, stored.images),
                kept_mode_words(stored.mode),
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(self.tr("Not open. Changed {0}").format(day_words(stored.changed.date())))
                self.table.setItem(place, column, item)
        if chosen in sessions:
            self.table.selectRow(sessions.index(chosen))
        there = bool(sessions or kept)
        self.table.setVisible(there)
        self._empty.setVisible(not there)
        self._selected()

    def _selected(self) -> None:
        row, opened = self.table.currentRow(), len(self._controller.sessions)
        self._open_button.setEnabled(0 <= row < self.table.rowCount())
        self._close_button.setEnabled(0 <= row < self.table.rowCount())
        is_open = row < opened
        self._close_button.setText(self.tr("Close") if is_open else self.tr("Take off the list"))
        self._close_button.setToolTip(
            self.tr("The reading stays on the list")
            if is_open
            else self.tr("The saved case and its journal stay; the pictures can then be read anew")
        )

    def _close_or_remove(self) -> None:
        row, opened = self.table.currentRow(), len(self._controller.sessions)
        if row < opened:
            self._controller.close_session(row)
        elif row - opened < len(self._kept):
            self._controller.saving.remove(self._kept[row - opened])

    def _open(self, row: int) -> None:
        opened = len(self._controller.sessions)
        if 0 <= row < opened:
            self._controller.open_session(row)
            self.opened.emit()
        elif 0 <= row - opened < len(self._kept):
            self._controller.open_kept(self._kept[row - opened])
            self.opened.emit()
