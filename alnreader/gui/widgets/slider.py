"""A slider that says its value."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QStyle, QWidget

from alnreader.gui.widgets.labels import set_role, text_label


class _Slider(QSlider):
    """A slider that the wheel scrolls past."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave it to what scrolls."""
        event.ignore()


class ValueSlider(QWidget):
    """A title, a slider of whole numbers, and the value in words.

    Parameters
    ----------
    words
        Value to text; ``50 %`` by default.
    """

    value_changed = Signal(int)

    def __init__(
        self,
        title: str,
        low: int,
        high: int,
        value: int,
        words: Callable[[int], str] = "{} %".format,
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Show a value."""
        super().__init__(parent)
        self._words = words
        self.slider = _Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(low, high)
        self.slider.setValue(value)
        self.slider.setAccessibleName(title)
        self.slider.setToolTip(tip or title)
        self._label = text_label(words(value), "number")
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        metrics = self.fontMetrics()
        widest = max(metrics.horizontalAdvance(words(edge)) for edge in (low, (low + high) // 2, high))
        self._label.setMinimumWidth(widest + 8)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        if title:
            row.addWidget(text_label(title, "quiet"))
        row.addWidget(self.slider, 1)
        row.addWidget(self._label)
        self.setFocusProxy(self.slider)
        self.slider.valueChanged.connect(self._changed)

    @property
    def value(self) -> int:
        """The value."""
        return self.slider.value()

    def set_value(self, value: int) -> None:
        """Show another value; emits only where it differs."""
        self.slider.setValue(value)

    def _changed(self, value: int) -> None:
        self._label.setText(self._words(value))
        self.value_changed.emit(value)


class OpenSlider(ValueSlider):
    """A slider that has no value until a person gives it one: what is asked must not be filled in for them.

    Until then its handle is an empty dashed ring, and it says that a click sets it: where the click falls. An
    arrow key moves it from the middle, and Return or Space takes the middle itself.
    """

    def __init__(
        self,
        title: str,
        low: int,
        high: int,
        words: Callable[[int], str] = "{} %".format,
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Begin without a value."""
        self._open = True
        super().__init__(title, low, high, (low + high) // 2, words, tip, parent)
        width = self.fontMetrics().horizontalAdvance(self.tr("click to set")) + 8
        self._label.setMinimumWidth(max(self._label.minimumWidth(), width))
        self.slider.installEventFilter(self)
        self._dress()

    @property
    def given(self) -> int | None:
        """The value, None before one was given."""
        return None if self._open else self.slider.value()

    def give(self, value: int | None) -> None:
        """Show a value, or none. Emits only where a value differs."""
        self._open = value is None
        self.slider.setValue((self.slider.minimum() + self.slider.maximum()) // 2 if value is None else value)
        self._open = value is None
        self._dress()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a value that does not move the slider too."""
        down = event.type() == QEvent.Type.MouseButtonPress
        if (
            self._open
            and down
            and isinstance(event, QMouseEvent)
            and event.button() == Qt.MouseButton.LeftButton
        ):
            low, high, width = self.slider.minimum(), self.slider.maximum(), self.slider.width()
            self._settle(QStyle.sliderValueFromPosition(low, high, round(event.position().x()), width))
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key()
        if self._open and pressed in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._settle(self.slider.value())
            return True
        return super().eventFilter(watched, event)

    def _settle(self, value: int) -> None:
        if value == self.slider.value():
            self._changed(value)
        else:
            self.slider.setValue(value)

    def _changed(self, value: int) -> None:
        self._open = False
        self._dress()
        super()._changed(value)

    def _dress(self) -> None:
        set_role(self.slider, unset=self._open)
        self._label.setText(self.tr("click to set") if self._open else self._words(self.slider.value()))
        self.slider.setAccessibleDescription(self.tr("not set") if self._open else "")
