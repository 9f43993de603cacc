"""A line across the window that says what must not be overlooked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from alnreader.case.language import told
from alnreader.gui import icons, theme
from alnreader.gui.widgets.labels import set_role, text_label

_ICONS = {"caution": "triangle-alert", "error": "circle-alert", "info": "info"}


class Banner(QFrame):
    """An icon and a sentence in a tone: ``info``, ``caution`` or ``error``.

    Parameters
    ----------
    closable
        Offer a button that hides it.
    """

    closed = Signal()

    def __init__(
        self, text: str = "", tone: str = "caution", *, closable: bool = False, parent: QWidget | None = None
    ) -> None:
        """Show the sentence."""
        super().__init__(parent)
        self._tone = tone
        self._icon = QLabel()
        self._label = text_label(text, wrap=True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # Selectable for the mouse, but no stop of the tab key.
        self._label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._label, 1)
        if closable:
            button = QToolButton()
            button.setIcon(icons.icon("x"))
            button.setToolTip(self.tr("Hide this message"))
            button.setAccessibleName(self.tr("Hide this message"))
            button.clicked.connect(self._close)
            row.addWidget(button)
        theme.signals().changed.connect(self._dress)
        self.show_message(text, tone, visible=not closable)

    @property
    def text(self) -> str:
        """The sentence."""
        return self._label.text()

    @property
    def tone(self) -> str:
        """How it is dressed."""
        return self._tone

    def show_message(self, text: str, tone: str = "caution", *, visible: bool = True) -> None:
        """Show another sentence, in the language in use: errors are made in English."""
        text = told(text)
        self._tone = tone
        self._label.setText(text)
        self.setAccessibleName(text)
        self._dress()
        self.setVisible(visible and bool(text) and self.parentWidget() is not None)

    def _dress(self, _theme: str = "") -> None:
        token = {"caution": "caution", "error": "error"}.get(self._tone, "accent")
        self._icon.setPixmap(icons.pixmap(_ICONS[self._tone], token, 16, self.devicePixelRatioF()))
        set_role(self, tone=self._tone)

    def _close(self) -> None:
        self.hide()
        self.closed.emit()
