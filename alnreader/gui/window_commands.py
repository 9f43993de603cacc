"""The commands of the window: the ways to its pages, and what of it is shown."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from alnreader.gui.main_window import MainWindow


class WindowCommands(QObject):
    """Adds the commands to the window's registry and carries them out."""

    def __init__(self, window: MainWindow) -> None:
        """Belong to a window; nothing is added yet: the registry keeps the order of adding."""
        super().__init__(window)
        self._window = window

    def add_files(self) -> None:
        """Add the ways to patients."""
        window = self._window
        add, controller, group = window.commands.add, window.controller, self.tr("Cases")
        add("open_folder", group, self.tr("Open folder"), ["Ctrl+O"], window.open_folder, icon="folder-open")
        add("open_files", group, self.tr("Open files"), ["Ctrl+Shift+O"], window.open_files, icon="file-plus")
        add(
            "open_demo",
            group,
            self.tr("Open demo patient"),
            ["Ctrl+D"],
            controller.open_demo,
            icon="sparkles",
        )
        add(
            "work_list",
            group,
            self.tr("Work list"),
            ["Ctrl+L"],
            lambda: window.go(window.work_list),
            icon="list",
        )
        add("pacs", group, self.tr("PACS"), ["Ctrl+Shift+P"], lambda: window.go(window.pacs), icon="download")
        add(
            "start",
            group,
            self.tr("Start page"),
            ["Ctrl+Home"],
            lambda: window.go(window.start),
            icon="inbox",
        )
        add(
            "skipped",
            group,
            self.tr("Files that were not read"),
            ["Ctrl+J"],
            lambda: window.go(window.skipped),
            icon="info",
        )
        add(
            "deidentify",
            group,
            self.tr("Copies without identity"),
            ["Ctrl+Shift+D"],
            lambda: window.go(window.deidentify),
            icon="eye-off",
        )
        add(
            "close_case",
            group,
            self.tr("Close patient"),
            ["Ctrl+W"],
            controller.close_session,
            icon="x",
        )
        add("quit", group, self.tr("Quit"), ["Ctrl+Q"], window.close)

    def add_views(self) -> None:
        """Add what concerns the window itself."""
        window = self._window
        add, group = window.commands.add, self.tr("Window")
        add(
            "film",
            group,
            self.tr("Film strip"),
            ["F6"],
            self._show_film,
            icon="panel-left",
            checkable=True,
            checked=True,
        )
        add(
            "rail",
            group,
            self.tr("Steps"),
            ["F7"],
            self._show_rail,
            icon="panel-right",
            checkable=True,
            checked=True,
        )
        # After both sides: who takes all switches over from another registry sets this one last.
        add("alone", group, self.tr("Canvas alone"), ["F"], self._alone, icon="expand", checkable=True)
        add(
            "full_screen",
            group,
            self.tr("Full screen"),
            ["F11"],
            self._full_screen,
            icon="maximize",
            checkable=True,
        )
        add("theme", group, self.tr("Dark or light"), ["Ctrl+T"], self._other_theme, icon="sun")
        add(
            "preferences",
            group,
            self.tr("Preferences"),
            ["Ctrl+,"],
            lambda: window.go(window.preferences),
            icon="settings",
        )
        add(
            "model",
            group,
            self.tr("Model card"),
            ["Ctrl+M"],
            lambda: window.go(window.model_page),
            icon="layers",
        )
        add(
            "shortcuts",
            group,
            self.tr("Keyboard and mouse"),
            ["F1", "?"],
            lambda: window.go(window.shortcuts),
            icon="keyboard",
        )
        add("about", group, self.tr("About"), ["Shift+F1"], lambda: window.go(window.about), icon="info")
        add("menu", group, self.tr("Menu"), ["F10"], lambda: window.header.open_menu())
        add(
            "stop",
            group,
            self.tr("Stop what is under way"),
            ["Ctrl+."],
            window.controller.cancel,
            icon="circle-x",
        )
        add("back", group, self.tr("Back to the picture"), ["Esc"], window.back)

    def _show_film(self, shown: bool) -> None:
        self._show_side("film", self._window.film, shown)

    def _show_rail(self, shown: bool) -> None:
        self._show_side("rail", self._window.rail, shown)

    def _show_side(self, name: str, side: QWidget, shown: bool) -> None:
        commands = self._window.commands
        if commands["alone"].isChecked():
            # Who asks for a side beside the canvas alone wants to see it, whatever it was before.
            commands["alone"].setChecked(False)
            commands[name].setChecked(True)
            return
        if not shown:
            self._leave(side)
        side.setVisible(shown)

    def _leave(self, *sides: QWidget) -> None:
        """Take the keyboard to the picture out of a part that goes: Qt would put it anywhere."""
        focused = QApplication.focusWidget()
        if focused is not None and any(side.isAncestorOf(focused) for side in sides):
            self._window.stage.canvas.setFocus()

    def _alone(self, alone: bool) -> None:
        # Model, device, banner, and what is under way with its stop, are always to be seen.
        window = self._window
        if alone:
            self._leave(window.film, window.rail)
        window.header.set_thin(alone)
        window.film.setVisible(not alone and window.commands["film"].isChecked())
        window.rail.setVisible(not alone and window.commands["rail"].isChecked())

    def _full_screen(self, full: bool) -> None:
        if full:
            self._window.showFullScreen()
        else:
            self._window.showNormal()

    def _other_theme(self) -> None:
        controller = self._window.controller
        other = "light" if controller.settings.theme == "dark" else "dark"
        controller.change_settings(dataclasses.replace(controller.settings, theme=other))

    def open_step(self, place: int) -> None:
        """Show a step beside the picture."""
        window, steps = self._window, self._window.rail.steps
        window.back()
        window.commands["rail"].setChecked(True)
        window.rail.open(place)
        if steps.current == place:
            steps.take_keyboard()
        elif window.controller.session is not None:
            window.status.tell("caution", steps.sentence(place))
