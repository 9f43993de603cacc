"""What a test does to a panel alone."""

from __future__ import annotations

from typing import Any

from by_mouse import LEFT
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QCheckBox, QRadioButton, QWidget


def click(qtbot: Any, button: QWidget) -> None:
    assert button.isEnabled(), button.accessibleName()
    assert button.isVisible(), button.accessibleName()
    # Of a radio button or check box only sign and words take the mouse, not the room to their right.
    at_sign = isinstance(button, QRadioButton | QCheckBox)
    where = QPoint(10, button.height() // 2) if at_sign else button.rect().center()
    qtbot.mouseClick(button, LEFT, pos=where)
