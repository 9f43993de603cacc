"""A slider that says its value."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from alnreader.gui.widgets.labels import text_label


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
        self.slider = QSlider(Qt.Orientation.Horizontal)
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
