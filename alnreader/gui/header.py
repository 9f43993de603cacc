"""The head of the window: whose pictures these are, and what the program is running on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QLocale, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from alnreader.case.clock import now
from alnreader.case.language import told, tr
from alnreader.case.protocol import ReadingMode, ReadingState
from alnreader.gui import icons
from alnreader.gui.controller import Controller
from alnreader.gui.widgets import Badge, ElidedLabel, plain_tip, push_button, set_role, tool_button

if TYPE_CHECKING:
    from alnreader.case.case import Case
    from alnreader.gui.actions import Commands
    from alnreader.gui.session import PatientSession

_HEIGHT, _THIN = 48, 32
"""Pixels, as a whole and above the canvas alone."""


def age_in_years(born: date, day: date) -> int:
    """Return the completed years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def day_words(day: date) -> str:
    """Return a date as this computer writes it, with four digits of the year."""
    return QLocale().toString(QDate(day.year, day.month, day.day), tr("d MMM yyyy"))


class Header(QWidget):
    """Patient on the left; mode, device, model and menu on the right."""

    model_clicked = Signal()
    device_clicked = Signal()
    worklist_clicked = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Follow the controller; the menu is empty until `fill_menu`."""
        super().__init__(parent)
        self._controller = controller
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(_HEIGHT)
        self._name = ElidedLabel(role="title")
        self._facts = ElidedLabel(role="quiet")
        self._mode = Badge()
        self._patients = tool_button(
            "users", self.tr("Work list"), self.worklist_clicked.emit, shortcut="Ctrl+L"
        )
        self._device = push_button("", self.device_clicked.emit, icon="cpu", role="flat")
        self._model = push_button("", self.model_clicked.emit, role="flat")
        self.menu = QMenu(self)
        self._menu = tool_button("menu", self.tr("Menu"), shortcut="F10")
        self._menu.setMenu(self.menu)
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._patients)
        row.addWidget(self._name)
        row.addWidget(self._facts, 1)
        for widget in (self._mode, self._device, self._model, self._menu):
            row.addWidget(widget)
        for signal in (controller.session_changed, controller.protocol_changed, controller.settings_changed):
            signal.connect(self._show_patient)
        controller.worklist_changed.connect(self._show_patient)
        controller.device_changed.connect(lambda _device: self._show_machine())
        controller.model_changed.connect(self._show_machine)
        controller.settings_changed.connect(self._show_machine)
        self._show_patient()
        self._show_machine()

    def fill_menu(self, commands: Commands) -> None:
        """Put every command into the menu."""
        commands.fill_menu(self.menu)
        self.menu.addSeparator()
        for name in ("preferences", "shortcuts", "about", "quit"):
            self.menu.addAction(commands[name])

    def open_menu(self) -> None:
        """Open the menu, as its key does."""
        self._menu.showMenu()

    def set_thin(self, thin: bool) -> None:
        """Be a strip above the canvas alone."""
        self.setFixedHeight(_THIN if thin else _HEIGHT)

    @property
    def text(self) -> str:
        """What it says of the patient."""
        return f"{self._name.text()} {self._facts.text()}"

    def _show_patient(self) -> None:
        session = self._controller.session
        if session is None:
            self._name.setText("ALN Reader")
            self._facts.setText(self.tr("Second reader for the axilla on breast ultrasound"))
            self._mode.hide()
        else:
            self._name.setText(session.case.patient.label)
            self._facts.setText("  ·  ".join(self._patient_facts(session.case)))
            name, tip = self._mode_words(session)
            self._mode.set(name, "quiet")
            self._mode.setToolTip(tip)
            self._mode.show()
        self._patients.setVisible(bool(self._controller.sessions or self._controller.saving.rows))

    def _mode_words(self, session: PatientSession) -> tuple[str, str]:
        """Return what is true of the score now, in a word and in a sentence."""
        if session.human.mode is ReadingMode.CONCURRENT:
            return self.tr("Concurrent"), self.tr("The score is shown from the start; this is recorded")
        if session.human.score_visible:
            tip = self.tr("Blinded reading: your first read was locked before the score could be seen")
            return self.tr("Revealed"), tip
        if session.human.state is ReadingState.FIRST_READ_LOCKED:
            return self.tr("Blinded"), self.tr(
                "Your first read is locked; the score is hidden until you reveal it"
            )
        return self.tr("Blinded"), self.tr(
            "The score stays hidden until you lock your first read and reveal it"
        )

    def _patient_facts(self, case: Case) -> list[str]:
        patient = case.patient
        days = [study.study_date for study in case.studies if study.study_date is not None]
        facts = [patient.patient_id] if patient.label != patient.patient_id else []
        sex = {"F": self.tr("female"), "M": self.tr("male"), "O": self.tr("other")}.get(patient.sex)
        if sex:
            facts.append(sex)
        if patient.birth_date is not None:
            years = age_in_years(patient.birth_date, max(days) if days else now().date())
            facts.append(self.tr("{0} years").format(years))
        if days:
            facts.append(day_words(max(days)))
        sides = {image.laterality for image in case.images if image.laterality}
        words = {"L": self.tr("left"), "R": self.tr("right")}
        if sides:
            facts.append(words[sides.pop()] if len(sides) == 1 else self.tr("both sides"))
        return facts

    def _show_machine(self) -> None:
        model, error, device = self._controller.model, self._controller.model_error, self._controller.device
        if not device and error:
            device = self.tr("no device in use")
        elif not device:  # known for certain once the network is loaded
            wanted = self._controller.settings.device
            device = self.tr("no model loaded yet") if wanted == "auto" else wanted.upper()
        self._device.setText(device.split(" (")[0].split(":")[0][:28])
        self._device.setToolTip(
            plain_tip(self.tr("The network runs on: {0}. Click to choose.").format(device))
        )
        self._device.setAccessibleName(self.tr("Device: {0}").format(device))
        if error:  # the card may be known all the same: torch cannot be loaded
            missing = self.tr("No model") if model is None else self.tr("No network")
            name, tip, icon = missing, error, "circle-alert"
        elif model is not None:
            name, tip, icon = f"{model.name} {model.version}", told(model.title), "layers"
        else:
            name, tip, icon = (
                self.tr("Loading the model"),
                self.tr("You can look and measure meanwhile"),
                "layers",
            )
        self._model.setText(name)
        self._model.setIcon(icons.icon(icon))
        self._model.setToolTip(plain_tip(tip + "\n" + self.tr("Click for the model card.")))
        self._model.setAccessibleName(self.tr("Model: {0}").format(name))
        set_role(self._model, role="flat")
