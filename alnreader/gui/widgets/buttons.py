"""Buttons with an icon, a tool tip that names the shortcut, and an accessible name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from alnreader.gui import icons

_ICON, _ICON_GAP = 16, 6
"""Style sheets know no distance between icon and text: the icon is that much wider, and empty there."""


def tip_with_key(tip: str, shortcut: str) -> str:
    """Return a tool tip that ends with its key."""
    key = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText) if shortcut else ""
    return f"{tip} ({key})" if key else tip


def push_button(
    text: str,
    clicked: Callable[[], object] | None = None,
    *,
    icon: str = "",
    role: str = "",
    tip: str = "",
    shortcut: str = "",
    parent: QWidget | None = None,
) -> QPushButton:
    """Return a button; role ``primary`` (filled: one a screen), ``flat``, ``link`` or none.

    The shortcut is only named in the tool tip: an action of the registry owns the key.
    """
    button = QPushButton(text, parent)
    button.setIconSize(QSize(_ICON + _ICON_GAP, _ICON))
    if icon:
        button.setIcon(icons.icon(icon, "on_accent" if role == "primary" else "text"))
    if role:
        button.setProperty("role", role)
    button.setToolTip(tip_with_key(tip or text, shortcut))
    button.setAccessibleName(text)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    if clicked is not None:
        button.clicked.connect(lambda: clicked())
    return button


def tool_button(
    icon: str,
    tip: str,
    clicked: Callable[[], object] | None = None,
    *,
    shortcut: str = "",
    checkable: bool = False,
    action: QAction | None = None,
    parent: QWidget | None = None,
) -> QToolButton:
    """Return a button that is only an icon, or shows an action."""
    button = QToolButton(parent)
    if action is not None:
        button.setDefaultAction(action)
    button.setIcon(icons.icon(icon))
    button.setIconSize(QSize(_ICON, _ICON))
    button.setToolTip(tip_with_key(tip, shortcut))
    button.setAccessibleName(tip)
    if action is None:
        button.setCheckable(checkable)
    button.setAutoRaise(True)
    if clicked is not None:
        button.clicked.connect(lambda: clicked())
    return button
