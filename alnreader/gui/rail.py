"""The right-hand rail: the four steps of a reading, put together and led through."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from alnreader.case.protocol import ReadingState
from alnreader.gui.controller import Controller
from alnreader.gui.panels.first_read import FirstReadPanel
from alnreader.gui.panels.regions import RegionsPanel
from alnreader.gui.panels.score import SecondReaderPanel
from alnreader.gui.panels.sign import SignPanel
from alnreader.gui.panels.step import StepPanel
from alnreader.gui.thumbnails import ThumbnailLoader
from alnreader.gui.widgets.step_rail import StepRail, StepState


class Rail(QWidget):
    """Opens the step that comes next; the reader may open any that is not locked."""

    step_opened = Signal(int)

    def __init__(
        self, controller: Controller, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        """Make the steps."""
        super().__init__(parent)
        self._controller = controller
        self.regions = RegionsPanel(controller)
        self.first_read = FirstReadPanel(controller)
        self.score = SecondReaderPanel(controller, None, thumbnails)
        self.sign = SignPanel(controller)
        self.panels: tuple[StepPanel, ...] = (self.regions, self.first_read, self.score, self.sign)
        self.steps = StepRail()
        titles = (
            self.tr("Regions"),
            self.tr("First read"),
            self.tr("Second reader"),
            self.tr("Sign and report"),
        )
        for number, (title, panel) in enumerate(zip(titles, self.panels, strict=True), start=1):
            self.steps.add_step(title, panel, f"Ctrl+{number}", foot=panel.foot)
            panel.state_changed.connect(self._follow)
            panel.advance.connect(lambda place=number: self._go_on(place))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.steps)
        self._number = -1
        self._state: ReadingState | None = None
        self.steps.opened.connect(self.step_opened)
        for signal in (
            controller.session_changed,
            controller.protocol_changed,
            controller.score_changed,
            controller.settings_changed,
        ):
            signal.connect(self._follow)
        controller.regions_changed.connect(lambda _key: self._follow())
        self._follow()

    def open(self, place: int) -> None:
        """Open a step, from 0, unless it is locked."""
        self.steps.open(place)

    def take_over(self, other: Rail) -> None:
        """Open the step that is open in another rail, and keep what was entered for other patients."""
        self.first_read.take_over(other.first_read)
        self.sign.take_over(other.sign)
        self.steps.open(other.steps.current)

    def act(self) -> None:
        """Do what the open step's primary button does."""
        if self.steps.current >= 0:
            primary = self.panels[self.steps.current].primary
            if primary.isVisible() and primary.isEnabled():
                primary.click()

    def _follow(self) -> None:
        for place, panel in enumerate(self.panels):
            reason = panel.locked_reason()
            if reason:
                self.steps.set_step(place, StepState.LOCKED, reason)
            else:
                step = StepState.DONE if panel.finished() else StepState.READY
                self.steps.set_step(place, step, panel.summary())
        session = self._controller.session
        number = session.number if session is not None else -1
        state = session.human.state if session is not None else None
        if number != self._number:
            self._number, self._state = number, state
            self.steps.open(-1)
            self.steps.open(self._next())
        elif state is not self._state:
            self._state = state
            if state is ReadingState.FIRST_READ_LOCKED:
                self.steps.open(2)
            elif state in (ReadingState.SIGNED, ReadingState.AMENDED):
                self.steps.open(3)

    def _next(self) -> int:
        for place, panel in enumerate(self.panels):
            if not panel.locked_reason() and not panel.finished():
                return place
        return len(self.panels) - 1

    def _go_on(self, place: int) -> None:
        """Open the first step from there on that is not locked."""
        for later in range(place, len(self.panels)):
            if not self.panels[later].locked_reason():
                self.steps.open(later)
                return
