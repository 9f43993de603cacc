"""Step 2: the reader's own judgement, before the score is seen."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QWidget

from alnreader.case.assessment import Assessment
from alnreader.case.measure import measure
from alnreader.case.protocol import Event, ReadingMode, ReadingState
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.panels import words
from alnreader.gui.panels.assessment_form import AssessmentForm, caliper_mm, captioned
from alnreader.gui.panels.step import StepPanel
from alnreader.gui.widgets import HintLabel, push_button

_PAUSE_MS = 1000
"""What is entered is kept when the reader has paused for so long: not with every letter of the remarks."""


class FirstReadPanel(StepPanel):
    """Step 2."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Build the controls and follow the controller."""
        super().__init__(controller, parent)
        self._entered_for = -1
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._hand_over)
        self.said = HintLabel()
        self.form = AssessmentForm()
        self.reader = QLineEdit(controller.settings.reader)
        self.reader.setPlaceholderText(self.tr("Reader's name"))
        self.reader.setAccessibleName(self.tr("Reader's name"))
        self.reader.setToolTip(self.tr("Who reads; the first name entered is kept in the preferences"))
        self.unlock = push_button(
            self.tr("Unlock"), controller.unlock_first_read, icon="lock-open",
            tip=self.tr("Change the first read or the regions; possible until the score was seen"),
        )  # fmt: skip
        self._who = QWidget()
        self._who.setLayout(captioned(self.tr("Reader"), self.reader))
        self.keep_in_sight(self._who)
        for widget in (self.said, self.form, self.foot, self.unlock):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.form.changed.connect(self._entered)
        self.reader.textChanged.connect(self._check)
        controller.leaving.connect(self._leave)
        controller.session_changed.connect(self._refresh)
        controller.protocol_changed.connect(self._refresh)
        controller.settings_changed.connect(self._settings)
        controller.regions_changed.connect(self._ratio)
        controller.image_changed.connect(self._ratio)
        controller.selection_changed.connect(self._ratio)
        self._settings()
        self._refresh()

    # --- what it says --------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Say the first read in short."""
        session = self.controller.session
        if session is None:
            return ""
        if session.human.mode is ReadingMode.CONCURRENT:
            return self.tr("Concurrent reading: there is no first read")
        first = session.human.first_read
        if first is None:
            return self.tr("Not entered yet")
        text = self.tr("{0}, confidence {1} of 100").format(words.of(first.status), first.confidence)
        return text if self._locked() else text + self.tr(", not locked")

    def finished(self) -> bool:
        """Whether it is locked, or there is none to be entered."""
        session = self.controller.session
        return session is not None and (self._locked() or session.human.mode is ReadingMode.CONCURRENT)

    def locked_reason(self) -> str:
        """Return why there is nothing to enter."""
        session = self.controller.session
        if session is not None and session.human.mode is ReadingMode.CONCURRENT:
            return self.tr("Concurrent reading: the score is shown from the start, there is no first read.")
        return "" if session is not None else self.tr("Open a patient.")

    def _locked(self) -> bool:
        session = self.controller.session
        return session is not None and session.human.state is not ReadingState.DRAFT

    # --- following -----------------------------------------------------------------------------------------

    def take_over(self, other: FirstReadPanel) -> None:
        """Keep what was entered in another panel, also for patients that are not shown."""
        self.form.restore(other.form.state())
        if other._pause.isActive():
            self._pause.start()

    def set_caliper(self, mm: float | None) -> None:
        """Take the length of the caliper that was drawn last; None where it is not in mm."""
        self.form.set_caliper(mm)

    def take_measurement(self, text: str) -> None:
        """Take what the canvas tells of a measurement: a caliper in mm can become the cortex."""
        self.set_caliper(caliper_mm(text))

    def _settings(self) -> None:
        self.form.set_cut_offs(self.controller.settings.cut_offs)
        if not self.reader.text().strip():
            self.reader.setText(self.controller.settings.reader)

    def _refresh(self) -> None:
        session = self.controller.session
        self.setEnabled(session is not None)
        number = -1 if session is None else session.number
        first = None if session is None else session.human.first_read
        if number != self._entered_for:
            # What was entered for another patient never stands under this one.
            self._entered_for = number
            self.form.set_caliper(None)
            draft = None if session is None else session.drafts.first_read
            if draft is None or self._locked():
                self.form.show_assessment(first)
            else:
                self.form.restore(draft)
        elif self._locked():
            self.form.show_assessment(first)
        entering = session is not None and session.may(Event.ENTER_FIRST_READ)
        self.form.setEnabled(entering)
        self._who.setVisible(entering)
        self.show_primary(session is None or entering)
        self.unlock.setVisible(session is not None and session.may(Event.UNLOCK_FIRST_READ))
        self.said.setText(self._said())
        self._ratio()
        self._check()
        self.state_changed.emit()

    def _said(self) -> str:
        session = self.controller.session
        if session is None or session.human.first_read is None or not self._locked():
            return ""
        first = session.human.first_read
        return self.tr("Locked: {0}, {1}").format(first.reader, f"{first.when:%Y-%m-%d %H:%M}")

    def _ratio(self, *_: object) -> None:
        """Measure the chosen node, or the image's only one."""
        session = self.controller.session
        ratio = None
        if session is not None:
            regions = self.controller.regions()
            index = self.controller.region_index
            nodes = [region for region in regions if region.kind is RegionKind.LYMPH_NODE]
            if index is not None and index < len(regions):
                nodes = [region for region in nodes if region is regions[index]]
            if len(nodes) == 1:
                ratio = measure(nodes[0].mask, session.image.calibration).ratio
        self.form.set_ratio(ratio)

    def _entered(self) -> None:
        # Half a judgement is kept too: the reader may look at another patient in between, or be cut off.
        session = self.controller.session
        if session is not None and session.number == self._entered_for:
            drafts = dataclasses.replace(session.drafts, first_read=self.form.state())
            self.controller.keep_draft(drafts)
        self._check()
        self._pause.start()

    def _leave(self) -> None:
        if self._pause.isActive():
            self._hand_over()

    def _hand_over(self) -> None:
        """Let what is entered be kept, not locked, as soon as it is a judgement: a status was chosen."""
        self._pause.stop()
        session, entered = self.controller.session, self._assessment()
        if session is None or session.number != self._entered_for or entered is None:
            return
        first = session.human.first_read
        same = first is not None and dataclasses.replace(entered, when=first.when) == first
        if same:
            self.controller.keep_draft(dataclasses.replace(session.drafts, first_read=None))
        elif session.may(Event.ENTER_FIRST_READ):
            self.controller.set_first_read(entered)

    def _assessment(self) -> Assessment | None:
        return self.form.assessment(self.reader.text())

    def _check(self, *_: object) -> None:
        missing = self.form.missing()
        if not missing and not self.reader.text().strip():
            missing = self.tr("Enter your name.")
        self.hint.setText(missing if self.form.isEnabled() else "")
        self.set_primary(
            self.tr("Lock the first read"), self.tr("It stands from then on, and the score can be revealed")
        )
        self.enable_primary(self.form.isEnabled() and self._assessment() is not None)

    def act(self) -> None:
        """Enter and lock the first read."""
        assessment = self._assessment()
        session = self.controller.session
        if assessment is None or session is None:
            return
        self.remember_reader(assessment.reader)
        self.controller.set_first_read(assessment)
        self.controller.lock_first_read()
        if session.human.state is ReadingState.FIRST_READ_LOCKED:
            self.advance.emit()
