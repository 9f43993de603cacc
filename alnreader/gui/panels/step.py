"""What the four steps of the right-hand rail have in common."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from alnreader.gui.controller import Controller
from alnreader.gui.widgets import HintLabel, push_button


class StepPanel(QWidget):
    """One step: a column of controls, and under it a foot with a hint and the one primary button.

    Signals
    -------
    state_changed()
        `summary`, `locked_reason` or `finished` may say something else.
    advance()
        The reader is through: the next step may be opened.
    """

    state_changed = Signal()
    advance = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Make the empty column."""
        super().__init__(parent)
        self.controller = controller
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 4, 12, 12)
        self.column.setSpacing(8)
        self.primary: QPushButton = push_button("", self.act, role="primary")
        self.hint = HintLabel()
        """Says what is missing before the button is offered."""
        self.foot = QWidget()
        """Stands in the column; a rail takes it out and keeps it in sight."""
        self._foot = QVBoxLayout(self.foot)
        self._foot.setContentsMargins(0, 0, 0, 0)
        self._foot.setSpacing(8)
        self._foot.addWidget(self.hint)
        self._foot.addWidget(self.primary)

    def keep_in_sight(self, widget: QWidget) -> None:
        """Put a control above the button, where it does not scroll away."""
        self._foot.insertWidget(0, widget)

    def act(self) -> None:
        """Do what the primary button says."""

    def summary(self) -> str:
        """Return the line that the folded step shows."""
        return ""

    def locked_reason(self) -> str:
        """Return what opens the step; empty where it is open."""
        return ""

    def finished(self) -> bool:
        """Whether nothing is left to do here."""
        return False

    def remember_reader(self, name: str) -> None:
        """Keep the first reader's name for the next reading."""
        settings = self.controller.settings
        if not settings.reader.strip():
            self.controller.change_settings(dataclasses.replace(settings, reader=name))

    def enable_primary(self, enabled: bool) -> None:
        """Offer the primary button or not. The keyboard that is on it waits here and goes back to it."""
        if not enabled and self.primary.hasFocus():
            self.setFocus()  # else Qt would hand it to whatever comes next in the window
        self.primary.setEnabled(enabled)
        if enabled and self.hasFocus():
            self.primary.setFocus()

    def has_keyboard(self) -> bool:
        """Whether the keyboard is on a control of this step or of its foot."""
        focused = self.window().focusWidget()
        if focused is None:
            return False
        return focused is self or self.isAncestorOf(focused) or self.foot.isAncestorOf(focused)

    def show_primary(self, shown: bool) -> None:
        """Show the primary button or not; the keyboard stays in this step."""
        if not shown and self.primary.hasFocus():
            self.setFocus()
        self.primary.setVisible(shown)

    def bring_into_view(self, widget: QWidget) -> None:
        """Scroll so far that a control that has just appeared is seen."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            # The layout knows the control's place one turn of the event loop later.
            QTimer.singleShot(0, self, lambda: area.ensureWidgetVisible(widget, 0, 0))

    def set_primary(self, text: str, tip: str = "") -> None:
        """Name the primary button."""
        self.primary.setText(text)
        self.primary.setAccessibleName(text)
        self.primary.setToolTip(tip or text)
