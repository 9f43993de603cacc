"""Copies without identity: what goes, what stays, what a picture becomes, seen before it is written.

An export of a signed reading without identity passes here, too: the same page shows it first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from alnreader.case.image import Pixels, UltrasoundImage
from alnreader.case.language import told
from alnreader.gui.controller import Controller
from alnreader.gui.pages.page import Page
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Task
from alnreader.gui.widgets import push_button, text_label
from alnreader.gui.widgets.folder_dialog import ask_folder
from alnreader.gui.widgets.picture_box import PictureBox
from alnreader.gui.widgets.table import fill_table, text_table

if TYPE_CHECKING:
    from alnreader.dicom.deidentify import Deidentifier, Preview, Result

MAPPING = "mapping.json"
"""Name of the encrypted mapping, beside the patients' folders."""

SHORTEST_PASSPHRASE = 8
"""Characters; `alnreader.dicom.deidentify.mapping` says why, and is not imported before it is needed."""

_KEY = "deidentify"


class DeidentifyPage(Page):
    """Looks through the current patient's files, or a folder, and writes copies of them, or an export.

    Everything slow runs in the pool ``files``; the page itself changes no reading.
    """

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Begin without files."""
        super().__init__(self.tr("Copies without identity"), parent, width=0, scroll=False)
        self._controller = controller
        self._worker: Deidentifier | None = None
        self._paths: list[Path] = []
        self._session = 0
        self._number = 0
        self._areas: dict[str, list[tuple[int, int, int, int]]] = {}
        self._outputs: tuple[Path | None, ...] = ()
        """Where an export goes that is looked at; empty: copies of files."""
        self.summary = text_label("", "quiet", wrap=True)
        self.files = text_table(
            self.tr("Files"), [self.tr("File"), self.tr("What it is"), self.tr("Picture")]
        )
        self.attributes = text_table(
            self.tr("Attributes"), [self.tr("Attribute"), self.tr("As read"), self.tr("What happens")]
        )
        self.before, self.after = PictureBox(self.tr("As it is")), PictureBox(self.tr("As it is written"))
        self.frame, self.frame_label = QSlider(Qt.Orientation.Horizontal), text_label("", "quiet")
        self.frame.setAccessibleName(self.tr("Frame of the cine"))
        self.characteristics = QCheckBox(self.tr("Keep sex, age, size and weight"))
        self.whole = QCheckBox(
            self.tr("Keep pictures whole where it cannot be told what is ultrasound: I have looked at them")
        )
        self.keep_mapping = QCheckBox(self.tr("Write who became whom, encrypted with the pass phrase"))
        self.passphrase, self.again = _secret(self.tr("Pass phrase")), _secret(self.tr("Once more"))
        self.choose = push_button(self.tr("Choose a folder"), self._choose, icon="folder-open")
        self.write_button = push_button(self.tr("Write to a folder"), self._ask, role="primary")
        self.before.drawn.connect(self._keep_box)
        tips = (
            (self.files, self.tr("What was found; choose a file to see what would be written of it")),
            (self.attributes, self.tr("What stays of the chosen file, and what does not")),
            (
                self.frame,
                self.tr("What stays is the same in all frames: look whether a name is in one of them"),
            ),
            (self.characteristics, self.tr("As PS3.15 allows: Retain Patient Characteristics Option")),
            (self.whole, self.tr("Names written into such a picture stay in it")),
            (self.keep_mapping, self.tr("Whoever has the file and the pass phrase knows the patients")),
            (self.passphrase, self.tr("Without it nobody can open the mapping again")),
            (self.again, self.tr("The same pass phrase")),
        )
        for widget, tip in tips:
            widget.setToolTip(tip)
        self._lay_out()
        self.files.currentCellChanged.connect(lambda row, *_: self._show_file(row))
        for box in (self.characteristics, self.whole):
            box.toggled.connect(self._survey)
        self.frame.valueChanged.connect(self._show_frame)
        self.keep_mapping.toggled.connect(self._enable)
        for field in (self.passphrase, self.again):
            field.textChanged.connect(self._enable)
        controller.session_changed.connect(self._forget)
        controller.review_wanted.connect(self.review)
        self._enable()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(16, 0, 16, 0)
        top.setSpacing(16)
        left = QVBoxLayout()
        left.addWidget(self.files, 3)
        left.addWidget(self.attributes, 4)
        right = QVBoxLayout()
        tip = self.tr("Draw a box with the mouse: what lies in it stays, the rest becomes black.")
        self.before.setToolTip(tip)
        self.after.setToolTip(self.after.accessibleName())
        for picture in (self.before, self.after):
            right.addWidget(text_label(picture.accessibleName(), "quiet"))
            right.addWidget(picture, 1)
        frames = QHBoxLayout()
        frames.addWidget(self.frame, 1)
        frames.addWidget(self.frame_label)
        right.addLayout(frames)
        self._offer_frames(1, 1)
        top.addLayout(left, 3)
        top.addLayout(right, 2)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(16, 0, 16, 0)
        for widget in (self.characteristics, self.whole):
            bottom.addWidget(widget)
        phrase = QHBoxLayout()
        phrase.addWidget(self.keep_mapping)
        phrase.addWidget(self.passphrase)
        phrase.addWidget(self.again)
        phrase.addStretch(1)
        bottom.addLayout(phrase)
        actions = QHBoxLayout()
        actions.addWidget(self.summary, 1)
        actions.addWidget(self.choose)
        actions.addWidget(self.write_button)
        bottom.addLayout(actions)
        self.column.addLayout(top, 1)
        self.column.addLayout(bottom)

    def showEvent(self, event: QShowEvent) -> None:
        """Look through the current patient's files, unless that was done."""
        super().showEvent(event)
        session = self._controller.session
        if session is not None and session.number != self._session:
            self._session = session.number
            self.look_at(list(dict.fromkeys(_file_of(image) for image in session.case.images)))

    def hideEvent(self, event: QHideEvent) -> None:
        """Go back to copies of files: an export that the reader turned away from is not written."""
        super().hideEvent(event)
        if self._outputs and not event.spontaneous():
            self._expect(())
            self._session = 0

    def review(self, outputs: tuple[Path | None, ...]) -> None:
        """Show what an export of the current reading would hold; it is written when the reader says so.

        Parameters
        ----------
        outputs
            As `Controller.export` takes them.
        """
        session = self._controller.session
        if session is None:
            return
        self._expect(outputs)
        self._session, self._areas = session.number, {}
        self.look_at(list(dict.fromkeys(_file_of(image) for image in session.case.images)))
        self._controller.page_wanted.emit("deidentify")

    def _expect(self, outputs: tuple[Path | None, ...]) -> None:
        self._outputs = outputs
        for widget in (self.choose, self.keep_mapping, self.passphrase, self.again):
            widget.setVisible(not outputs)
        export, copies = self.tr("Write the export"), self.tr("Write to a folder")
        self.write_button.setText(export if outputs else copies)
        self._enable()

    def take_over(self, other: DeidentifyPage) -> None:
        """Go on with what another page has looked through."""
        self._paths, self._session, self._areas = other._paths, other._session, other._areas
        if other._worker is not None:
            self._worker = other._worker
            self._list(other._worker, other.files.currentRow())
            self._enable()
        elif self._paths:
            self._survey()

    def look_at(self, paths: Sequence[Path]) -> None:
        """Look through files and folders."""
        self._paths = list(paths)
        self._survey()

    def write_to(self, folder: Path) -> None:
        """Write what was looked through, all of it or nothing."""
        worker = self._worker
        if worker is None:
            return
        mapping = folder / MAPPING if self.keep_mapping.isChecked() else None
        phrase = self.passphrase.text() if mapping is not None else ""

        def work(task: Task) -> Result:
            return worker.write(folder, mapping, phrase, task.report, task.cancel_token)

        def done(result: Result | None, error: Exception | None) -> None:
            self.write_button.setEnabled(True)
            if result is None:
                self._controller.tell(error)
                return
            text = self.tr("{0} files written to {1}.").format(len(result.written), folder)
            if result.refused:
                text += " " + self.tr("{0} were not written: see the list.").format(len(result.refused))
            self.summary.setText(text)
            self._controller.message.emit("info", text)

        self.write_button.setEnabled(False)
        self._controller.submit("files", _KEY, work, done, self.tr("Writing copies without identity"))

    # --- looking -------------------------------------------------------------------------------------------

    def _survey(self, *_: object) -> None:
        if not self._paths:
            return
        self._number += 1
        number, paths = self._number, list(self._paths)
        characteristics, whole = self.characteristics.isChecked(), self.whole.isChecked()
        areas, shown = dict(self._areas), self.files.currentRow()
        session = self._controller.session
        case = session.case if self._outputs and session is not None else None
        self._worker = None
        self._enable()

        def work(task: Task) -> Deidentifier:
            from alnreader.dicom.deidentify import Deidentifier, Options

            options = Options(characteristics=characteristics, whole_pictures=whole, areas=areas)
            worker = Deidentifier(options)
            if case is None:
                worker.survey(paths, task.report, task.cancel_token)
            else:
                from alnreader.report.deidentified import survey_case

                survey_case(case, worker, task.report, task.cancel_token)
            return worker

        def done(worker: Deidentifier | None, error: Exception | None) -> None:
            if number != self._number:
                return
            if worker is None:
                self._controller.tell(error)
                return
            self._worker = worker
            self._list(worker, shown)
            self._enable()

        self._controller.submit("files", _KEY, work, done, self.tr("Looking through the files"))

    def _list(self, worker: Deidentifier, shown: int) -> None:
        rows = [
            (
                item.location.name,
                self._word(item.kind.value),
                self.tr("not written: say what may stay")
                if not item.writable
                else (f"{self._word(item.area.value)}, {item.share:.0%}" if item.kind.has_picture else ""),
            )
            for item in worker.items
        ]
        rows += [(skip.path, self.tr("not written"), told(skip.reason)) for skip in worker.refused]
        ready = sum(item.writable for item in worker.items)
        summary = self.tr("{0} files would be written, {1} would not.").format(ready, len(rows) - ready)
        if self._outputs:
            rows.append((self.tr("The reading"), self.tr("what was said and signed"), ""))
            summary += " " + (
                self.tr("Look at each picture, then write the export.")
                if ready == len(rows) - 1
                else self.tr("Say of each picture what may stay: an export is written whole or not at all.")
            )
        fill_table(self.files, rows, tips=True)
        self.summary.setText(summary)
        row = min(max(shown, 0), len(rows) - 1)
        self.files.setCurrentCell(row, 0)
        self._show_file(row)

    def _show_file(self, row: int) -> None:
        worker = self._worker
        self.before.set_pixels(None)
        self.after.set_pixels(None)
        fill_table(self.attributes, [], tips=True)
        self._offer_frames(1, 1)
        session = self._controller.session
        if self._outputs and session is not None and row == self.files.rowCount() - 1:
            self._show_reading(session)
        if worker is None or not 0 <= row < len(worker.items):
            return
        item = worker.items[row]
        self._offer_frames(item.frames, item.shown_frame)

        def done(preview: Preview | None, error: Exception | None) -> None:
            if preview is None:
                self._controller.tell(error)
            elif self._worker is worker and self.files.currentRow() == row:
                rows = [
                    (change.path, change.before, self._word(change.fate.value)) for change in preview.changes
                ]
                fill_table(self.attributes, rows, tips=True)
                if self.frame.value() == item.shown_frame:  # the reader may have gone on already
                    self.before.set_pixels(preview.before)
                    self.after.set_pixels(preview.after)

        key = (_KEY, "preview")
        self._controller.submit("files", key, lambda task: worker.preview(item), done, "")

    def _offer_frames(self, count: int, shown: int) -> None:
        """Let the reader go through the frames of a cine; of a still there is nothing to go through."""
        self.frame.blockSignals(True)
        self.frame.setRange(1, count)
        self.frame.setValue(shown)
        self.frame.blockSignals(False)
        self.frame_label.setText(self.tr("{0} of {1}").format(shown, count))
        for widget in (self.frame, self.frame_label):
            widget.setVisible(count > 1)

    def _show_frame(self, number: int) -> None:
        """Show another frame of the cine, as it is and as it is written."""
        worker, row = self._worker, self.files.currentRow()
        if worker is None or not 0 <= row < len(worker.items):
            return
        item = worker.items[row]
        self.frame_label.setText(self.tr("{0} of {1}").format(number, item.frames))

        def work(task: Task) -> tuple[Pixels, Pixels]:
            before = worker.frame(item, number)
            return before, worker.area_of(item).apply(before)

        def done(pictures: tuple[Pixels, Pixels] | None, error: Exception | None) -> None:
            if pictures is None:
                self._controller.tell(error)
            elif self._worker is worker and self.files.currentRow() == row and self.frame.value() == number:
                self.before.set_pixels(pictures[0])
                self.after.set_pixels(pictures[1])

        self._controller.submit("files", (_KEY, "frame"), work, done, "")

    def _show_reading(self, session: PatientSession) -> None:
        """Show what happens to the words of the people who read."""
        from alnreader.dicom.deidentify.reading import changes_of

        reading = dataclasses.replace(session.reading(), site=self._controller.settings.site)
        rows = [
            (
                change.path,
                change.before,
                ": ".join(filter(None, (self._word(change.fate.value), change.after))),
            )
            for change in changes_of(reading)
        ]
        fill_table(self.attributes, rows, tips=True)

    def _word(self, word: str) -> str:
        """Return a word of `alnreader.dicom.deidentify` in the reader's language."""
        words = {
            "kept": self.tr("kept"),
            "removed": self.tr("removed"),
            "emptied": self.tr("emptied"),
            "replaced": self.tr("replaced"),
            "new UID": self.tr("new UID"),
            "ultrasound": self.tr("ultrasound"),
            "secondary capture": self.tr("secondary capture"),
            "structured report": self.tr("structured report"),
            "segmentation": self.tr("segmentation"),
            "document": self.tr("document"),
            "picture": self.tr("picture"),
            "ultrasound regions of the file": self.tr("ultrasound regions of the file"),
            "ultrasound regions of the image it was made from": self.tr(
                "ultrasound regions of the image it was made from"
            ),
            "found in the picture": self.tr("found in the picture"),
            "given by the user": self.tr("given by the user"),
            "whole picture, as the user decided": self.tr("whole picture, as the user decided"),
        }
        return words.get(word, word)

    def _keep_box(self, box: tuple[int, int, int, int]) -> None:
        """Let a box that was drawn on the picture say what of it stays."""
        row = self.files.currentRow()
        if self._worker is not None and 0 <= row < len(self._worker.items):
            self._areas[str(self._worker.items[row].location)] = [box]
            self._survey()

    # --- choosing ------------------------------------------------------------------------------------------

    def _enable(self, *_: object) -> None:
        worker, phrase = self._worker, self.passphrase.text()
        keep = self.keep_mapping.isChecked()
        for field in (self.passphrase, self.again):
            field.setEnabled(keep)
        ready = worker is not None and any(item.writable for item in worker.items)
        if worker is not None and self._outputs:
            ready = bool(worker.items) and not worker.refused and all(item.writable for item in worker.items)
        agreed = (
            bool(self._outputs)
            or not keep
            or (len(phrase) >= SHORTEST_PASSPHRASE and phrase == self.again.text())
        )
        self.write_button.setEnabled(ready and agreed)
        self.write_button.setToolTip(
            self.write_button.text()
            if agreed
            else self.tr("The pass phrase needs {0} characters, twice the same.").format(SHORTEST_PASSPHRASE)
        )

    def _forget(self) -> None:
        """Show nothing of a patient that is not the current one."""
        session = self._controller.session
        if (0 if session is None else session.number) != self._session:
            self._expect(())
            self._session, self._paths, self._worker, self._areas = 0, [], None, {}
            self._number += 1
            for table in (self.files, self.attributes):
                fill_table(table, [], tips=True)
            for picture in (self.before, self.after):
                picture.set_pixels(None)
            self.summary.setText("")
            self._enable()
            if self.isVisible():
                self.showEvent(QShowEvent())

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder"))
        if chosen:
            self.look_at([Path(chosen)])

    def _ask(self) -> None:
        if self._outputs:
            worker, outputs = self._worker, self._outputs
            self.left.emit()
            self._controller.export(*outputs, worker)
            return
        chosen = ask_folder(self, self.tr("Write to a folder"), Path.home())
        if chosen:
            self.write_to(Path(chosen))


def _file_of(image: UltrasoundImage) -> Path:
    location: Any = getattr(image.loader, "location", None)
    return Path(location.path if location is not None else image.source)


def _secret(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setAccessibleName(name)
    field.setPlaceholderText(name)
    return field
