"""The bar under a cine: play, step, slider, speed, and the choice of the frame that is read."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSlider, QWidget

from alnreader.gui import icons
from alnreader.gui.canvas.cine import SPEEDS, CinePlayer
from alnreader.gui.widgets import push_button, text_label, tool_button
from alnreader.gui.widgets.combo import ComboBox


class CineBar(QFrame):
    """Follows a player. Hidden while there is only one frame."""

    key_frame_chosen = Signal()

    def __init__(self, player: CinePlayer, parent: QWidget | None = None) -> None:
        """Show the player's state."""
        super().__init__(parent)
        self._player = player
        self._key_frame = 1
        self._refusal = ""
        self.setProperty("role", "panel")
        self._back = tool_button(
            "step-back", self.tr("One frame back"), lambda: player.step(-1), shortcut=","
        )
        self._play = tool_button("play", self.tr("Play or pause"), player.toggle, shortcut="K")
        self._on = tool_button("step-forward", self.tr("One frame on"), lambda: player.step(1), shortcut=".")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Frame"))
        self.slider.setToolTip(self.tr("Frame of the cine"))
        self.slider.valueChanged.connect(self._sought)
        self._count = text_label("", "number")
        self._speed = ComboBox()
        self._speed.setAccessibleName(self.tr("Speed"))
        self._speed.setToolTip(self.tr("Speed of the cine (< and >)"))
        for speed in SPEEDS:
            self._speed.addItem(f"{speed:g}×", speed)
        self._speed.setCurrentIndex(SPEEDS.index(1.0))
        self._speed.currentIndexChanged.connect(lambda _index: player.set_speed(self._speed.currentData()))
        self._rate = text_label("", "caption")
        self._choose = push_button(
            self.tr("Read this frame"),
            self.key_frame_chosen.emit,
            icon="star",
            tip=self.tr("Make this frame the one that is outlined and scored"),
            shortcut="Shift+K",
        )
        self._choose_tip = self._choose.toolTip()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(8)
        for widget in (self._back, self._play, self._on):
            row.addWidget(widget)
        row.addWidget(self.slider, 1)
        for other in (self._count, self._speed, self._rate, self._choose):
            row.addWidget(other)
        player.state_changed.connect(self._show)
        player.frame_requested.connect(lambda _frame: self._show())
        self._show()

    def set_key_frame(self, frame: int) -> None:
        """Say which frame is read."""
        self._key_frame = frame
        self._show()

    def refuse_choice(self, why: str) -> None:
        """Refuse another frame, with a sentence that says why and what to do; allow it where empty."""
        self._refusal = why
        self._choose.setToolTip(f"{self._choose_tip}\n{why}" if why else self._choose_tip)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure again: the style sheet may have come since."""
        super().showEvent(event)
        self._show()

    def _sought(self, frame: int) -> None:
        if frame != self._player.frame:
            self._player.seek(frame)

    def _show(self) -> None:
        player = self._player
        self.setVisible(player.frames > 1 and self.parentWidget() is not None)
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(1, player.frames)
        self.slider.setValue(player.frame)
        self.slider.blockSignals(blocked)
        self._speed.setCurrentIndex(SPEEDS.index(player.speed))
        self._count.ensurePolished()
        width = len(str(player.frames))
        self._count.setText(f"{player.frame:>{width}} / {player.frames}")
        self._count.setMinimumWidth(
            self._count.fontMetrics().horizontalAdvance("0" * (2 * width) + " / ") + 6
        )
        self._play.setIcon(icons.icon("pause" if player.playing else "play"))
        rate = f"{player.rate * player.speed:.3g} fps"
        self._rate.setText(rate + ("*" if player.rate_assumed else ""))
        self._rate.setToolTip(player.rate_text)
        here = player.frame == self._key_frame
        self._choose.setEnabled(not here and not self._refusal)
        self._choose.setText(self.tr("This frame is read") if here else self.tr("Read this frame"))
