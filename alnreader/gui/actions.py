"""Every command with its key, in one place: it feeds the menu, the tool tips and the shortcut sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from alnreader.gui import icons


@dataclass(frozen=True)
class SheetRow:
    """A line of the shortcut sheet: what happens, and the keys as a person reads them."""

    text: str
    keys: str


class Commands:
    """The registry. Its actions belong to a window and work wherever the keyboard is in it.

    A field that takes text keeps the letters typed into it: Qt asks it before any shortcut.
    """

    def __init__(self, window: QWidget) -> None:
        """Begin without commands."""
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, list[str]] = {}
        self._gestures: dict[str, list[SheetRow]] = {}

    def add(
        self,
        name: str,
        group: str,
        text: str,
        keys: Sequence[str],
        run: Callable[[], object] | Callable[[bool], object],
        *,
        icon: str = "",
        checkable: bool = False,
        checked: bool = False,
    ) -> QAction:
        """Add a command.

        Parameters
        ----------
        name
            Unique, for programs.
        group
            Heading in the menu and on the sheet.
        text
            What it does, for menu, tool tip and sheet.
        keys
            Shortcuts in Qt's notation; the first one is shown in the menu.
        run
            Called when it is triggered; with the new state if it is checkable.
        """
        for key in keys:
            taken = [
                other.text() for other in self._actions.values() if QKeySequence(key) in other.shortcuts()
            ]
            if taken:
                raise ValueError(f"The key {key} of {name} belongs to {taken[0]} already.")
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setCheckable(checkable)
        action.setChecked(checked)
        if icon:
            action.setIcon(icons.icon(icon))
        shown = ", ".join(_native(key) for key in keys)
        action.setToolTip(f"{text} ({shown})" if shown else text)
        if checkable:
            action.toggled.connect(lambda on: run(on))  # type: ignore[call-arg]  # as `checkable` says
        else:
            action.triggered.connect(lambda _checked: run())  # type: ignore[call-arg]  # as `checkable` says
        self._window.addAction(action)
        self._actions[name] = action
        self._groups.setdefault(group, []).append(name)
        return action

    def add_gesture(self, group: str, text: str, keys: str) -> None:
        """Name something that the mouse does, or a widget's own key, on the sheet."""
        self._groups.setdefault(group, [])
        self._gestures.setdefault(group, []).append(SheetRow(text, keys))

    def retire(self, owner: QWidget | None) -> None:
        """Take every command out of the window. They live as long as their owner does."""
        for action in self._actions.values():
            self._window.removeAction(action)
            action.setShortcuts([])
            action.setParent(owner)

    def take_over(self, other: Commands) -> None:
        """Set what can be switched on and off as in another registry of the same commands."""
        for name, action in other._actions.items():
            if action.isCheckable() and name in self._actions:
                self._actions[name].setChecked(action.isChecked())

    def __getitem__(self, name: str) -> QAction:
        """Return an action by its name."""
        return self._actions[name]

    def __contains__(self, name: str) -> bool:
        return name in self._actions

    def in_groups(self, *groups: str) -> list[QAction]:
        """Return the actions of some groups."""
        return [self._actions[name] for group in groups for name in self._groups[group]]

    def tip(self, name: str) -> str:
        """Return a command's tool tip, with its key."""
        return self._actions[name].toolTip()

    def sheet(self) -> dict[str, list[SheetRow]]:
        """Return the shortcut sheet: group to lines, in the order of adding; without what has no key."""
        result = {}
        for group, names in self._groups.items():
            rows = [
                SheetRow(action.text(), "  ·  ".join(_native(key) for key in action.shortcuts()))
                for action in (self._actions[name] for name in names)
                if action.shortcuts()
            ]
            result[group] = rows + self._gestures.get(group, [])
        return {group: rows for group, rows in result.items() if rows}

    def fill_menu(self, menu: QMenu) -> None:
        """Put every group into a menu as one of its own."""
        for group, names in self._groups.items():
            if names:
                part = menu.addMenu(group)
                part.setToolTipsVisible(True)
                for name in names:
                    part.addAction(self._actions[name])


def _native(key: QKeySequence | str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
