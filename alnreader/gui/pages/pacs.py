"""The PACS page: look for a study and fetch it; what is to be sent, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QMessageBox, QWidget

from alnreader.case.errors import InvalidValueError
from alnreader.case.language import told
from alnreader.dicom.network.nodes import Node
from alnreader.gui.controller import Controller
from alnreader.gui.pacs import PacsDesk
from alnreader.gui.pages.page import Page
from alnreader.gui.widgets import Banner, plain_tip, push_button, rule, text_label
from alnreader.gui.widgets.combo import ComboBox
from alnreader.gui.widgets.table import cell, fill_table, text_table

if TYPE_CHECKING:
    from alnreader.dicom.network.answers import Found, StudyAnswer
    from alnreader.dicom.network.queue import Job
    from alnreader.dicom.network.received import ReceivedStudy

_REFRESH_MS = 2000
"""How often the queue on the disk is shown anew while the page is open: other programs may change it."""


class PacsPage(Page):
    """Fields, answers and queue; everything is done by the desk."""

    nodes_wanted = Signal()

    def __init__(self, controller: Controller, desk: PacsDesk, parent: QWidget | None = None) -> None:
        """Follow the desk."""
        super().__init__(self.tr("PACS"), parent, width=1180, scroll=False)
        self._controller = controller
        self.desk = desk
        self._studies: list[tuple[str, StudyAnswer | None, str]] = []
        """Study UID, answer (None: from an unfinished folder), node name, one a row."""
        self.question: Callable[[str], bool] = self._ask
        self._searched = False
        self._found: Found | None = None
        self.column.setSpacing(8)
        self._add_search()
        self._add_answers()
        self.column.addWidget(rule())
        self._add_sending()
        self._add_queue()
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh_queue)
        desk.nodes_changed.connect(self._fill_nodes)
        desk.found.connect(self._show_found)
        desk.search_ended.connect(self._search_ended)
        desk.fetched.connect(lambda _received: self._show_states())
        desk.received.connect(self._show_received)
        desk.removed.connect(self._forget_removed)
        desk.queue_changed.connect(self.refresh_queue)
        for signal in (controller.session_changed, controller.protocol_changed):
            signal.connect(self._enable)
        self._fill_nodes()

    # --- building ------------------------------------------------------------------------------------------

    def _add_search(self) -> None:
        self.node = ComboBox()
        self.node.setAccessibleName(self.tr("PACS node"))
        self.node.setToolTip(self.tr("PACS node that is asked and sent to"))
        self.node.setMinimumWidth(140)
        self.node.currentIndexChanged.connect(lambda _index: self._enable())
        self.nodes_button = push_button(self.tr("Nodes"), self.nodes_wanted.emit, icon="settings")
        self.bar.addWidget(self.node)
        self.bar.addWidget(self.nodes_button)
        self.name = self._field(self.tr("Patient's name"), self.tr("Name; * and ? stand for any"), 210)
        self.patient_id = self._field(self.tr("Patient ID"), self.tr("Patient ID"), 120)
        self.accession = self._field(self.tr("Accession number"), self.tr("Accession no."), 120)
        self.first = self._field(self.tr("Study from"), self.tr("From 2024-01-31"), 150)
        self.last = self._field(self.tr("Study until"), self.tr("Until 2024-12-31"), 150)
        self.modality = self._field(self.tr("Modality"), self.tr("Any"), 60)
        self.modality.setText("US")
        self.search_button = push_button(self.tr("Search"), self.search, icon="search", role="primary")
        row = QHBoxLayout()
        row.setSpacing(8)
        for field in (
            self.name,
            self.patient_id,
            self.accession,
            self.first,
            self.last,
            self.modality,
            self.search_button,
        ):
            row.addWidget(field)
        row.addStretch(1)
        self.column.addLayout(row)
        self.fault = Banner(tone="error", parent=self)
        self.fault.hide()
        self.column.addWidget(self.fault)

    def _field(self, title: str, hint: str, width: int) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(title)
        field.setToolTip(title)
        field.setPlaceholderText(hint)
        field.setFixedWidth(width)
        field.returnPressed.connect(self.search)
        return field

    def _add_answers(self) -> None:
        self.studies = text_table(
            self.tr("Studies"),
            [
                self.tr("Patient"),
                self.tr("ID"),
                self.tr("Born"),
                self.tr("Study"),
                self.tr("Description"),
                self.tr("Modality"),
                self.tr("Images"),
                self.tr("Here"),
            ],
            stretch=4,
        )
        self.studies.itemActivated.connect(lambda _item: self.fetch())
        self.studies.itemSelectionChanged.connect(self._enable)
        self.column.addWidget(self.studies, 3)
        self.note = text_label("", "quiet")
        self.fetch_button = push_button(self.tr("Fetch and open"), self.fetch, icon="download")
        self.delete_button = push_button(
            self.tr("Delete from this computer"),
            self._delete,
            icon="trash-2",
            tip=self.tr("What was fetched of the study; it stays in the PACS"),
        )
        row = QHBoxLayout()
        row.addWidget(self.note, 1)
        row.addWidget(self.delete_button)
        row.addWidget(self.fetch_button)
        self.column.addLayout(row)

    def _add_sending(self) -> None:
        self.wanted = {
            "sr": QCheckBox(self.tr("Report (SR)")),
            "seg": QCheckBox(self.tr("Outlines (SEG)")),
            "sc": QCheckBox(self.tr("Pictures (SC)")),
            "pdf": QCheckBox("PDF"),
        }
        self.send_button = push_button(
            self.tr("Send the signed reading"),
            self._send_reading,
            icon="signature",
            tip=self.tr("As DICOM objects of the same study; the patient's identity goes with them"),
        )
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(text_label(self.tr("Export queue"), "strong"))
        row.addStretch(1)
        tips = {
            "sr": self.tr("Measurements, reads and score as a structured report"),
            "seg": self.tr("The outlines as segmentations, one for each image"),
            "sc": self.tr("Each image with its outlines as a secondary capture"),
            "pdf": self.tr("The printed report within a DICOM object"),
        }
        for kind, box in self.wanted.items():
            box.setToolTip(tips[kind])
            box.setChecked(True)
            box.toggled.connect(lambda _on: self._enable())
            row.addWidget(box)
        row.addWidget(self.send_button)
        self.column.addLayout(row)

    def _add_queue(self) -> None:
        self.jobs = text_table(
            self.tr("Export queue"),
            [
                self.tr("What"),
                self.tr("To"),
                self.tr("Since"),
                self.tr("State"),
                self.tr("Sent"),
                self.tr("Last"),
            ],
            stretch=5,
        )
        self.jobs.itemSelectionChanged.connect(self._enable)
        self.column.addWidget(self.jobs, 2)
        self.now_button = push_button(self.tr("Send what waits"), self.desk.send_now, icon="refresh-cw")
        self.again_button = push_button(
            self.tr("Try again"), lambda: self._with_job(self.desk.try_again), icon="repeat"
        )
        self.remove_button = push_button(
            self.tr("Remove"),
            lambda: self._with_job(self.desk.remove),
            icon="trash-2",
            tip=self.tr("Take it out of the queue; what was sent stays in the PACS"),
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.remove_button, self.again_button, self.now_button):
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)

    # --- searching and fetching ----------------------------------------------------------------------------

    @property
    def chosen_node(self) -> Node | None:
        """The node in the box."""
        index = self.node.currentIndex()
        return self.desk.nodes[index] if 0 <= index < len(self.desk.nodes) else None

    def _fill_nodes(self) -> None:
        kept = self.node.currentText()
        self.node.clear()
        self.node.addItems([node.name for node in self.desk.nodes])
        self.node.setCurrentIndex(max(self.node.findText(kept), 0 if self.desk.nodes else -1))
        if not self.desk.nodes:
            self.note.setText(self.tr("There is no PACS node yet. Add one under Nodes."))
        self._enable()

    def search(self) -> None:
        """Ask the node for what the fields say."""
        from alnreader.dicom.network.answers import Query

        node = self.chosen_node
        if node is None:
            self.fault.show_message(self.tr("There is no PACS node yet. Add one under Nodes."), "caution")
            return
        try:
            query = Query(
                patient_name=self.name.text().strip(),
                patient_id=self.patient_id.text().strip(),
                accession=self.accession.text().strip(),
                date_from=_day(self.first.text()),
                date_to=_day(self.last.text()),
                modality=self.modality.text().strip().upper(),
            )
        except InvalidValueError as error:
            self.fault.show_message(str(error), "error")
            return
        self.fault.hide()
        self.note.setText(self.tr("Asking {0}").format(node.name))
        self.desk.search(node, query)

    def _search_ended(self, fault: str) -> None:
        if fault:
            self.note.setText("")
            self.fault.show_message(fault, "error")

    def _show_found(self, found: Found) -> None:
        node = self.chosen_node
        name = node.name if node is not None else ""
        ordered = sorted(found.studies, key=lambda study: study.date or date.min, reverse=True)
        self._searched, self._found = True, found
        self._studies = [(study.study_uid, study, name) for study in ordered]
        rows = [
            (
                study.patient.label,
                study.patient.patient_id,
                str(study.patient.birth_date or ""),
                str(study.date or ""),
                study.description,
                "/".join(study.modalities),
                str(study.instances) if study.instances is not None else "",
                "",
            )
            for study in ordered
        ]
        fill_table(self.studies, rows)
        for row, study in enumerate(ordered):
            if study.assumed:
                cell(self.studies, row, 0).setToolTip(plain_tip(study.assumed))
        if rows:
            self.studies.selectRow(0)
        words = self.tr("%n study(s) found", "", len(rows)) if rows else self.tr("Nothing matches.")
        if found.cut:
            words = self.tr("More than {0} studies match: narrow the search.").format(len(rows))
        self.note.setText(words)
        self._show_states()
        self._enable()

    def _show_unfinished(self) -> None:
        """Offer what was not fetched completely, as long as nothing was searched for."""
        left = self.desk.incomplete()
        self._studies = [(mark.study_uid, None, mark.node) for _folder, mark in left if mark.study_uid]
        rows = [
            (mark.label, "", "", "", self.tr("Not fetched completely"), "", str(len(mark.expected or ())), "")
            for _folder, mark in left
            if mark.study_uid
        ]
        fill_table(self.studies, rows)
        if rows:
            self.note.setText(self.tr("%n study(s) were not fetched completely", "", len(rows)))
        self._show_states()
        self._enable()

    def _show_received(self, studies: list[ReceivedStudy]) -> None:
        """Offer what was fetched before, as long as nothing was searched for."""
        if self._searched:
            return
        chosen = self.studies.currentRow()
        self._show_unfinished()
        here = {uid for uid, _answer, _node in self._studies}
        whole = [study for study in studies if study.complete and study.study_uid not in here]
        start = self.studies.rowCount()
        self.studies.setRowCount(start + len(whole))
        for row, study in enumerate(whole, start):
            words = self.tr("Fetched {0}").format(f"{study.changed:%Y-%m-%d}")
            texts = (study.label, study.patient_id, "", study.date, words, "", str(study.images), "")
            for column, text in enumerate(texts):
                cell(self.studies, row, column).setText(text)
            self._studies.append((study.study_uid, None, ""))
        if 0 <= chosen < self.studies.rowCount():
            self.studies.selectRow(chosen)
        self._show_states()
        self._enable()

    def _forget_removed(self, study_uid: str) -> None:
        """Show that a study is not here any more."""
        rows = [
            row
            for row, (uid, answer, _node) in enumerate(self._studies)
            if (uid, answer) == (study_uid, None)
        ]
        for row in reversed(rows):
            self.studies.removeRow(row)
            del self._studies[row]
        self._show_states()
        self._enable()

    def _delete(self) -> None:
        """Delete what was fetched of the chosen study, after a question."""
        row = self.studies.currentRow()
        if not 0 <= row < len(self._studies):
            return
        uid, whose = self._studies[row][0], cell(self.studies, row, 0).text()
        count = self.desk.images_here(uid)
        words = self.tr(
            "Delete %n image(s) of {0} from this computer? Readings of them stay on the work list, without "
            "their pictures.",
            "",
            count,
        )
        if self.question(words.format(whose or uid)):
            self.desk.remove_received(uid)

    def _ask(self, text: str) -> bool:
        answer = QMessageBox.question(self, self.tr("Delete from this computer"), plain_tip(text))
        return answer is QMessageBox.StandardButton.Yes

    def _show_states(self) -> None:
        left = {mark.study_uid: mark for _folder, mark in self.desk.incomplete()}
        for row, (uid, _study, _node) in enumerate(self._studies):
            text = ""
            if uid in left:
                text = self.tr("in part")
            elif self.desk.is_here(uid):
                text = self.tr("yes")
            cell(self.studies, row, 7).setText(text)

    def fetch(self) -> None:
        """Fetch the chosen study, or the rest of it, and open it."""
        row = self.studies.currentRow()
        if not 0 <= row < len(self._studies):
            return
        uid, study, name = self._studies[row]
        if study is None and self.desk.is_here(uid):
            self.desk.open_received(uid)
            return
        node = next((node for node in self.desk.nodes if node.name == name), None)
        if node is None:
            words = self.tr("There is no PACS node {0} any more. Add it again under Nodes.").format(name)
            self.fault.show_message(words, "error")
        elif study is not None:
            self.desk.fetch(node, study)
        else:
            self.desk.fetch_uid(node, uid)

    # --- sending -------------------------------------------------------------------------------------------

    def _send_reading(self) -> None:
        node = self.chosen_node
        if node is not None:
            self.desk.send_reading(node, **{name: box.isChecked() for name, box in self.wanted.items()})

    def refresh_queue(self) -> None:
        """Show the queue as it is on the disk, if anyone looks."""
        if not self.isVisible():
            return
        from alnreader.dicom.network.queue import ItemState

        jobs = list(reversed(self.desk.jobs()))
        chosen = self._job_number()
        rows = [
            (
                job.title,
                job.node,
                f"{job.created.astimezone():%Y-%m-%d %H:%M}",
                self._state_words(job),
                self.tr("{0} of {1}").format(job.count(ItemState.SENT), len(job.items)),
                told(job.reason),
            )
            for job in jobs
        ]
        shown = [
            tuple(cell(self.jobs, row, column).text() for column in range(6))
            for row in range(self.jobs.rowCount())
        ]
        numbers = [job.id for job in jobs]
        if rows != shown or numbers != self._numbers():
            fill_table(self.jobs, rows)
            for row, number in enumerate(numbers):
                cell(self.jobs, row, 0).setData(_NUMBER, number)
                cell(self.jobs, row, 5).setToolTip(plain_tip(rows[row][5]))
            if chosen in numbers:
                self.jobs.selectRow(numbers.index(chosen))
        self._enable()

    def _numbers(self) -> list[int]:
        return [int(cell(self.jobs, row, 0).data(_NUMBER) or 0) for row in range(self.jobs.rowCount())]

    def _state_words(self, job: Job) -> str:
        from alnreader.dicom.network.queue import JobState

        return {
            JobState.WAITING: self.tr("waits"),
            JobState.DONE: self.tr("sent"),
            JobState.PARKED: self.tr("needs a look"),
        }[job.state]

    def _job_number(self) -> int:
        row = self.jobs.currentRow()
        numbers = self._numbers()
        return numbers[row] if 0 <= row < len(numbers) else 0

    def _with_job(self, act: object) -> None:
        number = self._job_number()
        if number and callable(act):
            act(number)

    def _enable(self) -> None:
        node = self.chosen_node
        self.search_button.setEnabled(node is not None)
        row = self.studies.currentRow()
        chosen = 0 <= row < len(self._studies)
        self.fetch_button.setEnabled(chosen)
        self.delete_button.setEnabled(chosen and bool(cell(self.studies, row, 7).text()))
        objects = any(box.isChecked() for box in self.wanted.values())
        self.send_button.setEnabled(node is not None and objects and self.desk.may_send_reading())
        for button in (self.again_button, self.remove_button):
            button.setEnabled(self._job_number() > 0)
        self.now_button.setEnabled(self.jobs.rowCount() > 0)

    def take_over(self, other: PacsPage) -> None:
        """Show what another page has found."""
        if other._found is not None:
            self._show_found(other._found)
            self._studies = other._studies
            self.studies.selectRow(other.studies.currentRow())

    # --- Qt ------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the queue on the disk from now on."""
        super().showEvent(event)
        self._timer.start()
        self.refresh_queue()
        if self._searched:
            self._show_states()
        else:
            self._show_unfinished()
            self.desk.look_for_received()

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow it no longer."""
        self._timer.stop()
        super().hideEvent(event)


_NUMBER = 0x0100
"""Qt.ItemDataRole.UserRole: the job's number."""


def _day(text: str) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValueError(f"{text!r} is no day. Write it as 2024-01-31.") from None
