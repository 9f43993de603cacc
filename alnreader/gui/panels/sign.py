"""Step 4: the final read, the signature, and the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from alnreader.case.assessment import Assessment
from alnreader.case.clock import now
from alnreader.case.draft import FinalDraft
from alnreader.case.language import tr
from alnreader.case.protocol import Event, ReadingState
from alnreader.gui import icons
from alnreader.gui.controller import Controller
from alnreader.gui.judging import NOT_ALL_SAVED, all_kept
from alnreader.gui.panels import words
from alnreader.gui.panels.assessment_form import AssessmentForm, caliper_mm, captioned
from alnreader.gui.panels.export_names import new_names
from alnreader.gui.panels.step import StepPanel
from alnreader.gui.panels.unscored import Unscored
from alnreader.gui.session import PatientSession
from alnreader.gui.widgets import HintLabel, push_button, rule, set_role, text_label
from alnreader.gui.widgets.buttons import tip_with_key
from alnreader.gui.widgets.folder_dialog import ask_folder
from alnreader.report.text import file_stem


class SignPanel(StepPanel):
    """Step 4.

    Attributes
    ----------
    folder_chooser
        Asks for the folder of an export; returns an empty text where the reader gives up.
    """

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Build the controls and follow the controller."""
        super().__init__(controller, parent)
        self._shown_for: tuple[Any, ...] = ()
        self._filling = False
        self.folder_chooser: Callable[[], str] = self._choose_folder
        self.said = text_label("", wrap=True)
        self.state = HintLabel()
        self.decide = QWidget()
        column = QVBoxLayout(self.decide)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.agree = QRadioButton(self.tr("The first read stands"))
        self.change = QRadioButton(self.tr("Change it"))
        self.agree.setToolTip(self.tr("The final read is the first read"))
        self.change.setToolTip(self.tr("Enter another judgement and the reason"))
        self.form = AssessmentForm()
        self.reason = self._line(self.tr("Reason for the change"), self.tr("Why the judgement was changed"))
        self.name = self._line(self.tr("Reader's name"), self.tr("The name under the reading"))
        for widget in (self.agree, self.change, self.reason, self.form):
            column.addWidget(widget)
        self.unscored = Unscored(controller)
        self.unscored.without.toggled.connect(self._check)
        self.keep_in_sight(self.unscored)
        self._who = QWidget()
        self._who.setLayout(captioned(self.tr("Signed by"), self.name))
        self.keep_in_sight(self._who)
        self.discard = push_button(
            self.tr("Discard the amendment"), controller.discard_amendment, icon="rotate-ccw",
            tip=self.tr("Go back to the reading as it was signed"),
        )  # fmt: skip
        self.report = self._report()
        self.amending = QWidget()
        box = QVBoxLayout(self.amending)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        self.amend_reason = self._line(
            self.tr("What is wrong with the signed reading"), self.tr("Reason for the amendment")
        )
        self.amend = push_button(
            self.tr("Open an amendment"), self._amend, icon="pen-line",
            tip=self.tr("What was signed stays; the amendment is signed anew"),
        )  # fmt: skip
        box.addWidget(rule())
        box.addWidget(self.amend_reason)
        box.addWidget(self.amend)
        for part in (self.said, self.state, self.decide, self.foot, self.discard):
            self.column.addWidget(part)
        self.column.addWidget(self.report)
        self.column.addWidget(self.amending)
        self.column.addStretch(1)
        for choice in (self.agree, self.change):
            choice.toggled.connect(self._decided)
            choice.toggled.connect(self._entered)
        self.form.changed.connect(self._entered)
        self.reason.textChanged.connect(self._entered)
        for line in (self.reason, self.name, self.amend_reason):
            line.textChanged.connect(self._check)
        for signal in (
            controller.session_changed,
            controller.protocol_changed,
            controller.score_changed,
        ):
            signal.connect(self._refresh)
        controller.saving.unsaved.connect(self._check)
        controller.settings_changed.connect(self._settings)
        controller.exported.connect(self._exported)
        self._settings()
        self._refresh()

    @staticmethod
    def _line(placeholder: str, tip: str) -> QLineEdit:
        line = QLineEdit()
        line.setPlaceholderText(placeholder)
        line.setAccessibleName(placeholder)
        line.setToolTip(tip)
        return line

    def _report(self) -> QWidget:
        self.preview = push_button(
            self.tr("Preview"), self.controller.preview, icon="file-text", shortcut="Ctrl+P",
            tip=self.tr("Show the report as it stands"),
        )  # fmt: skip
        self.pdf = QCheckBox(self.tr("PDF"))
        self.json = QCheckBox(self.tr("JSON"))
        self.pictures = QCheckBox(self.tr("Pictures"))
        self.dicom = QCheckBox(self.tr("DICOM"))
        self.export = push_button(
            self.tr("Export"), self._export, icon="download", role="plain", shortcut="Ctrl+E"
        )
        self.waiting = HintLabel()
        """Says why nothing is exported while an amendment is open."""
        self.identity = HintLabel()
        self.written = HintLabel()
        self.show_folder = push_button(
            self.tr("Show the folder"), self._show_folder, icon="folder", role="link",
            tip=self.tr("Open the folder that was written to"),
        )  # fmt: skip
        self._asked: dict[int, set[Path]] = {}
        self._exports: dict[int, list[Path]] = {}
        self._of_version: dict[int, int] = {}
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        grid.addWidget(rule(), 0, 0, 1, 4)
        for place, (check, tip) in enumerate(
            (
                (self.pdf, self.tr("The report")),
                (self.json, self.tr("All numbers, for other programs")),
                (self.pictures, self.tr("Each image with its mask and heat map as PNG")),
                (self.dicom, self.tr("Measurements, outlines, captures and the report for the archive")),
            )
        ):
            check.setChecked(check is self.pdf)
            check.setToolTip(tip)
            check.toggled.connect(self._check)
            grid.addWidget(check, 1, place)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.preview, 1)
        buttons.addWidget(self.export, 1)
        grid.addLayout(buttons, 2, 0, 1, 4)
        for row, widget in enumerate((self.waiting, self.identity, self.written, self.show_folder), start=3):
            grid.addWidget(widget, row, 0, 1, 4)
        return box

    # --- what it says --------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Say who signed what."""
        session = self.controller.session
        version = None if session is None else session.human.signed
        if session is None or version is None:
            return ""
        final = version.final_read.assessment
        text = self.tr("{0}, signed by {1}").format(words.of(final.status), version.signed_by)
        return text if session.signed else text + self.tr("; an amendment is open")

    def locked_reason(self) -> str:
        """Say what opens it: the score was seen."""
        session = self.controller.session
        if session is None:
            return self.tr("Open a patient.")
        if session.may(Event.ENTER_FINAL_READ) or session.signed:
            return ""
        return self.tr("The final read follows the score: lock the first read and reveal it.")

    def finished(self) -> bool:
        """Whether it is signed and nothing is open."""
        return self.controller.session is not None and self.controller.session.signed

    # --- following -----------------------------------------------------------------------------------------

    def take_over(self, other: SignPanel) -> None:
        """Keep what was entered in another panel, also for patients that are not shown."""
        self._asked.update(other._asked)
        self._exports.update(other._exports)
        self._of_version.update(other._of_version)
        self.form.restore(other.form.state())
        self._check()

    def set_caliper(self, mm: float | None) -> None:
        """Take the length of the caliper that was drawn last; None where it is not in mm."""
        self.form.set_caliper(mm)

    def take_measurement(self, text: str) -> None:
        """Take what the canvas tells of a measurement: a caliper in mm can become the cortex."""
        self.form.set_caliper(caliper_mm(text))

    def _settings(self) -> None:
        settings = self.controller.settings
        self.form.set_cut_offs(settings.cut_offs)
        if not self.name.text().strip():
            self.name.setText(settings.reader)
        self.identity.setText(
            self.tr("Identity is left out of what is exported. You see it before it is written.")
            if settings.deidentify
            else ""
        )

    def _refresh(self) -> None:
        session = self.controller.session
        self.setEnabled(session is not None)
        deciding = session is not None and session.may(Event.ENTER_FINAL_READ)
        shown_for = (
            () if session is None else (session.number, session.human.state, len(session.human.versions))
        )
        if shown_for != self._shown_for:
            self._shown_for = shown_for
            self._fill(session)
        self.decide.setVisible(deciding)
        self._who.setVisible(deciding)
        self.unscored.ask(session if deciding else None)
        self.show_primary(deciding or session is None or not session.signed)
        self.discard.setVisible(session is not None and session.may(Event.DISCARD_AMENDMENT))
        self.amending.setVisible(session is not None and session.may(Event.AMEND))
        self.said.setText(self._said(session))
        self.said.setVisible(bool(self.said.text()))
        self.state.setText(self._state(session))
        self._check()
        self.state_changed.emit()

    def _fill(self, session: PatientSession | None) -> None:
        """Begin another decision: what was entered for another patient or version does not stand here."""
        self._filling = True
        human = None if session is None else session.human
        first = None if human is None else human.first_read
        signed = None if human is None or human.signed is None else human.signed.final_read
        if first is not None:
            said = self.tr("{0}, {1} of 100").format(words.of(first.status), first.confidence)
            self.agree.setText(self.tr("The first read stands: {0}").format(said))
        self.agree.setVisible(first is not None)
        self.change.setVisible(first is not None)
        # Neither is chosen beforehand: the decision is the reader's.
        for button in (self.agree, self.change):
            button.setAutoExclusive(False)
            button.setChecked(False)
            button.setAutoExclusive(True)
        self.form.set_caliper(None)
        self.reason.setText("" if signed is None else signed.reason)
        self.amend_reason.clear()
        draft = None if session is None else session.drafts.final_read
        if draft is not None:
            self.form.restore(draft.entered)
            self.reason.setText(draft.reason)
            self.agree.setChecked(draft.stands is True)
            self.change.setChecked(draft.stands is False)
        else:
            self.form.show_assessment(first if signed is None else signed.assessment)
        self._filling = False
        self._decided()

    def _said(self, session: PatientSession | None) -> str:
        if session is None:
            return ""
        lines = []
        for number, version in enumerate(session.human.versions):
            final = version.final_read.assessment
            what = self.tr("Amended and signed") if number else self.tr("Signed")
            text = f"{what}: {words.of(final.status)}, {version.signed_by}, {version.when:%Y-%m-%d %H:%M}"
            lines.append(text + (f" ({version.amendment_reason})" if version.amendment_reason else ""))
        if session.human.state is ReadingState.AMENDED:
            lines.append(
                self.tr("Amendment open: {0}. Until it is signed the earlier reading counts.").format(
                    (session.human.amendment_reason or "").rstrip(". ")
                )
            )
        return "\n".join(lines)

    def _state(self, session: PatientSession | None) -> str:
        if session is None or session.signed or not session.may(Event.ENTER_FINAL_READ):
            return ""
        if session.scoring or session.score_is_stale:
            return self.tr("The score is being made anew: wait for it, then decide.")
        return ""

    # --- deciding ------------------------------------------------------------------------------------------

    def _changing(self) -> bool:
        session = self.controller.session
        return session is not None and (session.human.first_read is None or self.change.isChecked())

    def _decided(self, *_: object) -> None:
        self.form.setVisible(self._changing())
        session = self.controller.session
        with_first = session is not None and session.human.first_read is not None
        self.reason.setVisible(self._changing() and with_first)
        self._check()

    def _entered(self, *_: object) -> None:
        session = self.controller.session
        if session is not None and not self._filling:
            drafts = dataclasses.replace(session.drafts, final_read=self._draft(session))
            self.controller.keep_draft(drafts)
        self._check()

    def _draft(self, session: PatientSession) -> FinalDraft:
        """Return the decision as it stands, for the version that it is about."""
        chosen = self.agree.isChecked() or self.change.isChecked()
        stands = self.agree.isChecked() if chosen else None
        return FinalDraft(len(session.human.versions), stands, self.reason.text(), self.form.state())

    def _assessment(self) -> Assessment | None:
        """Return the final read as entered, None while something is missing."""
        session = self.controller.session
        name = self.name.text().strip()
        if session is None or not name:
            return None
        first = session.human.first_read
        if first is not None and self.agree.isChecked():
            return Assessment(first.status, first.confidence, name, now(), first.criteria, first.remarks)
        return self.form.assessment(name) if self._changing() else None

    def _missing(self, session: PatientSession, final: Assessment | None) -> str:
        first = session.human.first_read
        if first is not None and not self.agree.isChecked() and not self.change.isChecked():
            return self.tr("Say whether the first read stands.")
        if not self.name.text().strip():
            return self.tr("Enter your name.")
        if final is None:
            return self.form.missing()
        if first is not None and not final.same_judgement(first) and not self.reason.text().strip():
            return self.tr("Give the reason for the change.")
        if first is not None and self.change.isChecked() and self._is_first(final, first):
            return self.tr(
                "Nothing is changed: change the judgement, give a reason or let the first read stand."
            )
        return self.unscored.missing(session)

    def _is_first(self, final: Assessment, first: Assessment) -> bool:
        """Whether a change says nothing that the first read does not say, and has no reason either."""
        same = final.same_judgement(first) and final.remarks.strip() == first.remarks.strip()
        return same and not self.reason.text().strip()

    def _notes(self, session: PatientSession) -> str:
        """Say what stands under the signature without being asked for."""
        return " ".join(text for text in (self.unscored.note(session), self._unconfirmed(session)) if text)

    def _unconfirmed(self, session: PatientSession) -> str:
        count = sum(not region.confirmed for some in session.case.regions.values() for region in some)
        return self.tr("%n region(s) not confirmed; they count all the same.", "", count) if count else ""

    def _check(self, *_: object) -> None:
        session = self.controller.session
        name = self.name.text().strip()
        self.set_primary(self.tr("Sign as {0}").format(name) if name else self.tr("Sign"))
        if session is None:
            self.hint.setText("")
            self.enable_primary(False)
            self.export.setEnabled(False)
            self._show_written(None)
            return
        deciding = session.may(Event.ENTER_FINAL_READ)
        held = tr(NOT_ALL_SAVED) if self.controller.saving.holds(session) else ""
        missing = held or (self._missing(session, self._assessment()) if deciding else "")
        self.hint.setText(missing or (self._notes(session) if deciding else self.locked_reason()))
        self.enable_primary(deciding and not missing and not self._state(session))
        refusal = session.refusal(Event.EXPORT)
        exportable = not refusal
        self.waiting.setText(refusal if session.human.state is ReadingState.AMENDED else "")
        anything = any(check.isChecked() for check in (self.pdf, self.json, self.pictures, self.dicom))
        self.export.setEnabled(exportable and anything)
        self._dress_export(refusal, anything)
        self._show_written(session)
        self.amend.setEnabled(session.may(Event.AMEND) and bool(self.amend_reason.text().strip()))

    def act(self) -> None:
        """Enter the final read and sign it."""
        session = self.controller.session
        final = self._assessment()
        if session is None or final is None:
            return
        keyboard = self.has_keyboard()
        reason = self.reason.text().strip() if self._changing() else ""
        self.remember_reader(final.reader)
        self.controller.set_final_read(final, reason)
        entered = session.human.final_read
        if entered is not None and entered.assessment is final:
            self.controller.sign(self.name.text().strip())
            if session.signed and keyboard:  # what it was on is hidden now, and Qt would choose a field
                self.export.setFocus()

    def _amend(self) -> None:
        self.controller.amend(self.amend_reason.text().strip())

    # --- the report ----------------------------------------------------------------------------------------

    def _choose_folder(self) -> str:
        return ask_folder(self, self.tr("Export to a folder"), self._begin())

    def _begin(self) -> Path:
        """Return where the last export went, else the documents, else home: a folder that is there."""
        written = [paths[0].parent for paths in reversed(self._exports.values()) if paths]
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        places = (*written[:1], Path(documents))
        return next((place for place in places if place.is_dir()), Path.home())

    def _dress_export(self, refusal: str, anything: bool) -> None:
        """Make it the filled button once there is nothing left to sign, and say why it is not offered."""
        exportable = not refusal
        role = "primary" if exportable else "plain"
        if self.export.property("role") != role:
            set_role(self.export, role=role)
            self.export.setIcon(icons.icon("download", "on_accent" if exportable else "text"))
        if refusal:
            tip = refusal
        elif not anything:
            tip = self.tr("Choose what is written: PDF, JSON, pictures or DICOM")
        else:
            tip = self.tr("Write the signed reading to a folder")
        self.export.setToolTip(tip_with_key(tip, "Ctrl+E"))

    def _exported(self, paths: list[Path]) -> None:
        # The export may be of a patient who was on the screen when it began.
        for number, asked in self._asked.items():
            if asked & set(paths):
                self._exports[number] = paths
        self._show_written(self.controller.session)

    def _show_written(self, session: PatientSession | None) -> None:
        """Name what the last export has written; what one before it wrote says nothing of how it ended."""
        paths = self._exports.get(session.number, []) if session is not None else []
        if session is None or not self._asked.get(session.number, set()) & set(paths):
            paths = []
        names = ", ".join(path.name for path in paths)
        text = self.tr("Written: {0}")
        if session is not None and not self._of_this_version(session):
            text = self.tr("Written before the amendment, with the earlier reading: {0}")
        self.written.setText(text.format(names) if names else "")
        self.show_folder.setVisible(bool(names))

    def _of_this_version(self, session: PatientSession) -> bool:
        """Whether the last export holds the reading as it is signed, with no amendment open."""
        return session.signed and self._of_version.get(session.number) == len(session.human.versions)

    def _show_folder(self) -> None:
        session = self.controller.session
        paths = self._exports.get(session.number, []) if session is not None else []
        if paths:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths[0].parent)))

    def _export(self) -> None:
        session = self.controller.session
        chosen = self.folder_chooser() if session is not None and all_kept(self.controller, session) else ""
        if session is None or not chosen:
            return
        folder = Path(chosen)
        settings = self.controller.settings
        name = "" if settings.deidentify else file_stem(session.case.patient.patient_id, all_scripts=True)
        stem = f"aln-reader-{name}" if name else "aln-reader-report"
        asked = new_names(
            (
                folder / f"{stem}.pdf" if self.pdf.isChecked() else None,
                folder / f"{stem}.json" if self.json.isChecked() else None,
                folder / f"{stem}-pictures" if self.pictures.isChecked() else None,
                folder / f"{stem}-dicom" if self.dicom.isChecked() else None,
            ),
            {path for number, paths in self._asked.items() if number != session.number for path in paths},
        )
        self._of_version[session.number] = len(session.human.versions)
        self._asked[session.number] = {path for path in asked if path is not None}
        self._show_written(session)
        if settings.deidentify:
            refused = self.controller.exports.review(session, asked)
            if refused:
                self.written.setText(refused)
        else:
            self.controller.export(*asked)
