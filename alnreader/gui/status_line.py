"""The foot of the window: hint or message, progress with a stop, position, zoom and window, saved."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from alnreader.case.language import told
from alnreader.gui import icons, theme
from alnreader.gui.controller import Controller
from alnreader.gui.widgets import ElidedLabel, rule, set_role, text_label, tool_button

_MESSAGE_MS = 10_000
"""A message gives way to the tool's hint after that time; errors stay in their banner."""

_READ_S = {"info": 2.0, "caution": 6.0}
"""So long a message stands at least: then what the tool in hand says anew takes its place."""


class StatusLine(QWidget):
    """Follows the controller's progress and messages; the window feeds it the rest."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Begin with the hint of nothing."""
        super().__init__(parent)
        self._controller = controller
        self._hint = ""
        self._level = ""
        self._told_at = 0.0
        self._picture_shown = True
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(32)
        self._sign = QLabel()
        self._sign.hide()
        self._text = ElidedLabel(role="quiet")
        self._title = text_label("", "quiet")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._stop = tool_button("circle-x", self.tr("Stop"), controller.cancel, shortcut="Ctrl+.")
        self._place = text_label("", "quiet")
        self._view = text_label("", "quiet")
        self._saved = text_label("", "quiet")
        self._timer = QTimer(self, singleShot=True, interval=_MESSAGE_MS)
        self._timer.timeout.connect(self.forget)
        self._saved_at = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        for widget in (self._title, self._bar, self._stop):
            row.addWidget(widget)
            widget.hide()
        self._rules: dict[QLabel, QWidget] = {}
        for widget in (self._place, self._view, self._saved):
            self._rules[widget] = rule(upright=True)
            row.addWidget(self._rules[widget])
            row.addWidget(widget)
            self._put(widget, "")
        controller.progress.connect(self._progress)
        controller.message.connect(self.tell)
        self._saved.setToolTip(self.tr("When the last change was written; nothing has to be saved by hand"))
        controller.saved.connect(self._show_saved)
        controller.saving.unsaved.connect(self._show_unsaved)
        theme.signals().changed.connect(self._show)

    @property
    def text(self) -> str:
        """The hint or message that is shown."""
        return self._text.text()

    def set_hint(self, hint: str) -> None:
        """Say what the tool in hand does, or has measured; a message that was read gives way to news."""
        news, self._hint = hint != self._hint, hint
        if self._level and news and time.monotonic() - self._told_at >= _READ_S[self._level]:
            self._level = ""
        if not self._level:
            self._show()

    def tell(self, level: str, text: str) -> None:
        """Show a message: ``info`` or ``caution``. An ``error`` stands in the window's banner."""
        if level == "error":
            return
        self._level, self._told_at = level, time.monotonic()
        self._text.setText(told(text).replace("\n", " "))
        self._show()
        self._timer.start()

    def set_place(self, text: str) -> None:
        """Show where the mouse is."""
        self._put(self._place, text)

    def set_view(self, text: str) -> None:
        """Show zoom and window."""
        self._put(self._view, text)

    def show_picture(self, shown: bool) -> None:
        """Show or hide what is told of the picture."""
        self._picture_shown = shown
        for label in (self._place, self._view):
            self._put(label, label.text())

    def _put(self, label: QLabel, text: str) -> None:
        """Show a text with its line; neither where it is empty."""
        label.setText(text)
        shown = bool(text) and (self._picture_shown or label is self._saved)
        label.setVisible(shown)
        self._rules[label].setVisible(shown)

    def forget(self) -> None:
        """Let a message go before its time."""
        self._level = ""
        self._show()

    def take_over(self, other: StatusLine) -> None:
        """Show when the last change was saved, as another line does."""
        if other._saved_at:
            self._show_saved(other._saved_at)

    def _show_saved(self, time: str) -> None:
        self._saved_at = time
        self._put(self._saved, self.tr("saved {0}").format(time))

    def _show_unsaved(self, trouble: str) -> None:
        """Say what is not saved where the time of saving stands, until it is."""
        set_role(self._saved, role="error" if trouble else "quiet")
        if trouble:
            self._put(self._saved, trouble)

    def _show(self, _theme: str = "") -> None:
        if not self._level:
            self._text.setText(self._hint)
        role = {"caution": "caution", "error": "error"}.get(self._level, "quiet")
        set_role(self._text, role=role)
        self._sign.setVisible(bool(self._level))
        if self._level:
            name = {"caution": "triangle-alert", "error": "circle-alert"}.get(self._level, "info")
            token = {"caution": "caution", "error": "error"}.get(self._level, "accent")
            self._sign.setPixmap(icons.pixmap(name, token, 14, self.devicePixelRatioF()))

    def _progress(self, title: str, done: int, total: int) -> None:
        busy = bool(title)
        for widget in (self._title, self._bar, self._stop):
            widget.setVisible(busy)
        if busy:
            words = f"{title} {done}/{total}" if total > 1 else title
            self._title.setText(words)
            # A range of nothing is Qt's sign of an unknown end.
            self._bar.setRange(0, total)
            self._bar.setValue(done)
