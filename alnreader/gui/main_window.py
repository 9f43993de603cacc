"""The window: puts the parts together and leads between the pages. It changes nothing itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from alnreader.case.language import told, tr
from alnreader.case.protocol import TABLE, Refusal
from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.gui import theme, translation
from alnreader.gui.actions import Commands
from alnreader.gui.canvas import ThumbnailLoader, Tool
from alnreader.gui.case_commands import CaseCommands
from alnreader.gui.controller import Controller
from alnreader.gui.header import Header
from alnreader.gui.pacs import PacsDesk
from alnreader.gui.pages.about import AboutPage
from alnreader.gui.pages.deidentify import DeidentifyPage
from alnreader.gui.pages.model import ModelPage
from alnreader.gui.pages.nodes import NodesEditor
from alnreader.gui.pages.pacs import PacsPage
from alnreader.gui.pages.page import Page
from alnreader.gui.pages.preferences import PreferencesPage
from alnreader.gui.pages.preview import PreviewPage
from alnreader.gui.pages.shortcuts import ShortcutsPage
from alnreader.gui.pages.skipped import SkippedPage
from alnreader.gui.pages.start import StartPage
from alnreader.gui.pages.work_list import WorkListPage
from alnreader.gui.panels.film import FilmStrip
from alnreader.gui.rail import Rail
from alnreader.gui.reading_commands import ReadingCommands
from alnreader.gui.rebuilding import rebuild
from alnreader.gui.stage import Stage
from alnreader.gui.status_line import StatusLine
from alnreader.gui.widgets import Banner, dropped_paths

_FILM_WIDTH, _RAIL_WIDTH = 172, 372
_LEAST_FILM, _LEAST_RAIL = 120, 340
_SIZE = (1366, 768)
_REFUSALS = frozenset(outcome.sentence for outcome in TABLE.values() if isinstance(outcome, Refusal))
"""What the protocol answers where a step is not allowed yet, or no longer: no fault of anything."""
_HANDLE = 5
"""Pixels that the mouse can take hold of; the style sheet draws a line in the middle of them."""


class MainWindow(QMainWindow):
    """The one window.

    Parameters
    ----------
    controller
        Owns the readings.
    layout_file
        INI file that remembers size, place and splitter; None: nothing is remembered.
    """

    def __init__(self, controller: Controller, layout_file: Path | None = None) -> None:
        """Put everything together; nothing slow happens here."""
        super().__init__()
        self.controller = controller
        self._layout = (
            QSettings(str(layout_file), QSettings.Format.IniFormat) if layout_file is not None else None
        )
        self._hint = self._trouble = self._refused = ""
        self._language = controller.settings.language
        translation.use(self._language)
        self.setAcceptDrops(True)
        self.thumbnails = ThumbnailLoader(controller.runner, self)
        self.pacs_desk = PacsDesk(controller, parent=self)
        self._build()
        self._restore_layout()

    # --- putting together ----------------------------------------------------------------------------------

    def _build(self) -> None:
        """Make every part, in the language in use, and listen to the controller."""
        controller = self.controller
        self.commands = Commands(self)
        self._add_file_commands()
        self.case_commands = CaseCommands(self.commands, controller, self)
        self.stage = Stage(controller, self.commands)
        self.film = FilmStrip(controller, self.thumbnails)
        self.rail = Rail(controller, self.thumbnails)
        self.reading_commands = ReadingCommands(
            self.commands, controller, self.stage, self.rail, self._open_step, self
        )
        self.stage.column.add_view(self.commands["heat"], "flame")
        self._add_window_commands()
        self._compose()
        self._listen()
        self._show_session()
        self._show_hint()

    def _speak(self) -> None:
        """Say everything in the language of the settings."""
        language = self.controller.settings.language
        if language != self._language:
            self._language = language
            trouble = self._trouble if self.fault.isVisible() else ""
            translation.use(language)
            rebuild(self, self._build)
            if trouble:
                self._tell("error", trouble)

    def _compose(self) -> None:
        controller = self.controller
        self.header = Header(controller, self.commands)
        self.banner = Banner(tr(DEMONSTRATION_BANNER), "caution", parent=self)
        self.fault = Banner(tone="error", closable=True, parent=self)
        self.status = StatusLine(controller)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(_HANDLE)
        self.splitter.setChildrenCollapsible(False)
        for part in (self.film, self.stage, self.rail):
            self.splitter.addWidget(part)
        self.film.setMinimumWidth(_LEAST_FILM)
        self.rail.setMinimumWidth(_LEAST_RAIL)
        self.stage.setMinimumWidth(320)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([_FILM_WIDTH, _SIZE[0] - _FILM_WIDTH - _RAIL_WIDTH, _RAIL_WIDTH])
        self.start = StartPage(controller, self.thumbnails)
        self.work_list = WorkListPage(controller)
        self.preferences = PreferencesPage(controller)
        self.preview = PreviewPage(controller)
        self.skipped = SkippedPage(controller)
        self.deidentify = DeidentifyPage(controller)
        self.pacs = PacsPage(controller, self.pacs_desk)
        self.preferences.column.insertWidget(self.preferences.column.count() - 1, NodesEditor(self.pacs_desk))
        self.model_page = ModelPage(controller)
        self.about = AboutPage()
        self.shortcuts = ShortcutsPage(self.commands)
        self.stack = QStackedWidget()
        for page in (self.splitter, self.start, *self._pages()):
            self.stack.addWidget(page)
        centre = QWidget()
        centre.setProperty("role", "window")
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.banner)
        column.addWidget(self.fault)
        column.addWidget(self.stack, 1)
        column.addWidget(self.status)
        self.setCentralWidget(centre)
        centre.show()  # a window that is seen already does not show it by itself
        self.setMinimumSize(1024, 640)

    def _pages(self) -> tuple[Page, ...]:
        return (
            self.work_list,
            self.preferences,
            self.preview,
            self.skipped,
            self.deidentify,
            self.pacs,
            self.model_page,
            self.about,
            self.shortcuts,
        )

    def _listen(self) -> None:
        controller = self.controller
        controller.session_changed.connect(self._show_session)
        controller.model_changed.connect(self._show_banner)
        controller.score_changed.connect(self._show_banner)
        controller.image_changed.connect(lambda: self.status.set_place(""))
        controller.message.connect(self._tell)
        controller.protocol_changed.connect(self._forget_refusal)
        controller.preview_ready.connect(self._show_preview)
        controller.page_wanted.connect(lambda name: self.commands[name].trigger())
        controller.settings_changed.connect(self._dress)
        for signal in (
            controller.session_changed,
            controller.image_changed,
            controller.protocol_changed,
            controller.selection_changed,
            controller.worklist_changed,
        ):
            signal.connect(self.reading_commands.enable)
        controller.regions_changed.connect(lambda _key: self.reading_commands.enable())
        self.header.worklist_clicked.connect(lambda: self.go(self.work_list))
        self.header.model_clicked.connect(lambda: self.go(self.model_page))
        self.header.device_clicked.connect(lambda: self.go(self.preferences))
        self.preview.export_wanted.connect(self.rail.sign.export.click)
        self.start.folder_wanted.connect(self.open_folder)
        self.start.files_wanted.connect(self.open_files)
        self.start.pacs_wanted.connect(lambda: self.go(self.pacs))
        self.pacs.nodes_wanted.connect(lambda: self.go(self.preferences))
        self.work_list.folder_wanted.connect(self.open_folder)
        self.work_list.opened.connect(self.back)
        for page in self._pages():
            page.left.connect(self.back)
        self.stack.currentChanged.connect(lambda _index: self._show_hint())
        stage, rail = self.stage, self.rail
        stage.hint_changed.connect(self._take_hint)
        stage.place_changed.connect(self.status.set_place)
        stage.view_changed.connect(self.status.set_view)
        stage.caliper_measured.connect(rail.first_read.set_caliper)
        stage.caliper_measured.connect(rail.sign.set_caliper)
        rail.regions.box_wanted.connect(lambda: stage.canvas.set_tool(Tool.BOX))
        rail.score.opacity_changed.connect(stage.canvas.set_heat_opacity)
        rail.score.side_by_side_changed.connect(
            lambda beside: stage.canvas.set_heat_mode("side" if beside else "over")
        )
        self.film.chosen_changed.connect(rail.regions.set_chosen)

    # --- commands ------------------------------------------------------------------------------------------

    def _add_file_commands(self) -> None:
        add, controller, group = self.commands.add, self.controller, self.tr("Cases")
        add("open_folder", group, self.tr("Open folder"), ["Ctrl+O"], self.open_folder, icon="folder-open")
        add("open_files", group, self.tr("Open files"), ["Ctrl+Shift+O"], self.open_files, icon="file-plus")
        add(
            "open_demo",
            group,
            self.tr("Open demo patient"),
            ["Ctrl+D"],
            controller.open_demo,
            icon="sparkles",
        )
        add(
            "work_list", group, self.tr("Work list"), ["Ctrl+L"], lambda: self.go(self.work_list), icon="list"
        )
        add("pacs", group, self.tr("PACS"), ["Ctrl+Shift+P"], lambda: self.go(self.pacs), icon="download")
        add("start", group, self.tr("Start page"), ["Ctrl+Home"], lambda: self.go(self.start), icon="inbox")
        add(
            "skipped",
            group,
            self.tr("Files that were not read"),
            ["Ctrl+J"],
            lambda: self.go(self.skipped),
            icon="info",
        )
        add(
            "deidentify",
            group,
            self.tr("Copies without identity"),
            ["Ctrl+Shift+D"],
            lambda: self.go(self.deidentify),
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
        add("quit", group, self.tr("Quit"), ["Ctrl+Q"], self.close)

    def _add_window_commands(self) -> None:
        add, group = self.commands.add, self.tr("Window")
        add("alone", group, self.tr("Canvas alone"), ["F"], self._alone, icon="expand", checkable=True)
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
            lambda: self.go(self.preferences),
            icon="settings",
        )
        add(
            "model", group, self.tr("Model card"), ["Ctrl+M"], lambda: self.go(self.model_page), icon="layers"
        )
        add(
            "shortcuts",
            group,
            self.tr("Keyboard and mouse"),
            ["F1", "?"],
            lambda: self.go(self.shortcuts),
            icon="keyboard",
        )
        add("about", group, self.tr("About"), ["Shift+F1"], lambda: self.go(self.about), icon="info")
        add("menu", group, self.tr("Menu"), ["F10"], lambda: self.header.open_menu())
        add(
            "stop",
            group,
            self.tr("Stop what is under way"),
            ["Ctrl+."],
            self.controller.cancel,
            icon="circle-x",
        )
        add("back", group, self.tr("Back to the picture"), ["Esc"], self.back)

    def _open_step(self, place: int) -> None:
        self.back()
        self.commands["rail"].setChecked(True)
        self.rail.open(place)

    # --- pages ---------------------------------------------------------------------------------------------

    def go(self, page: QWidget) -> None:
        """Show a page in the window's middle."""
        self.stack.setCurrentWidget(page)
        page.setFocus()

    def back(self) -> None:
        """Go back to the picture, or to the start page where no patient is open."""
        if self.stack.currentWidget() in (self.splitter, self.start) and self.commands["alone"].isChecked():
            self.commands["alone"].setChecked(False)
        self.stack.setCurrentWidget(self.start if self.controller.session is None else self.splitter)
        if self.controller.session is not None:
            self.stage.canvas.setFocus()
        else:
            self.start.folder_button.setFocus()

    def _show_session(self) -> None:
        session = self.controller.session
        # The title shows whose pictures these are, and never anything of the score.
        label = f"{session.case.patient.label} – ALN Reader" if session is not None else "ALN Reader"
        self.setWindowTitle(label)
        self.status.set_place("")
        self.fault.hide()
        self._forget_refusal()
        self._show_banner()
        self.reading_commands.enable()
        self.back()

    def _take_hint(self, hint: str) -> None:
        self._hint = hint
        self._show_hint()

    def _show_hint(self) -> None:
        """Show what belongs to the picture beside it only."""
        reading = self.stack.currentWidget() is self.splitter
        start = self.stack.currentWidget() is self.start
        idle = self.tr("Drop a folder anywhere on the window. F1 lists the keys.") if start else ""
        self.status.set_hint(self._hint if reading else idle)
        self.status.show_picture(reading)
        self.reading_commands.show_picture(reading)

    def _show_preview(self, content: bytes) -> None:
        self.preview.show_pdf(content)
        self.go(self.preview)

    def _show_banner(self) -> None:
        model = self.controller.model
        score = self.controller.session.visible_score if self.controller.session is not None else None
        shown = score.run.model if model is None and score is not None else model
        self.banner.setVisible(shown is not None and shown.demonstration)

    def _tell(self, level: str, text: str) -> None:
        if level == "error" and text in _REFUSALS:
            self._refused = told(text)
            self.status.tell("caution", text)
        elif level == "error":
            self._trouble = text
            self.fault.show_message(told(text), "error")

    def _forget_refusal(self) -> None:
        """What was refused before a step may be allowed after it."""
        if self.status.text == self._refused:
            self.status.forget()

    def tell(self, level: str, text: str) -> None:
        """Show a message that does not come from the controller."""
        self.status.tell(level, text)
        self._tell(level, text)

    # --- window --------------------------------------------------------------------------------------------

    def _show_film(self, shown: bool) -> None:
        self.film.setVisible(shown)

    def _show_rail(self, shown: bool) -> None:
        self.rail.setVisible(shown)

    def _alone(self, alone: bool) -> None:
        # Model, device, banner, and what is under way with its stop, are always to be seen.
        self.header.set_thin(alone)
        self.film.setVisible(not alone and self.commands["film"].isChecked())
        self.rail.setVisible(not alone and self.commands["rail"].isChecked())

    def _full_screen(self, full: bool) -> None:
        if full:
            self.showFullScreen()
        else:
            self.showNormal()

    def _other_theme(self) -> None:
        settings = self.controller.settings
        other = "light" if settings.theme == "dark" else "dark"
        self.controller.change_settings(dataclasses.replace(settings, theme=other))

    def _dress(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication) and theme.current_theme() != self.controller.settings.theme:
            theme.apply_theme(app, self.controller.settings.theme)
        if self._language != self.controller.settings.language:
            # Not within a signal of a part that is taken down.
            QTimer.singleShot(0, self, self._speak)

    def open_folder(self) -> None:
        """Ask for a folder and open it."""
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Open folder"), self._last_folder())
        if chosen:
            self.controller.open_paths([Path(chosen)])

    def open_files(self) -> None:
        """Ask for files and open them."""
        chosen, _filter = QFileDialog.getOpenFileNames(self, self.tr("Open files"), self._last_folder())
        if chosen:
            self.controller.open_paths([Path(name) for name in chosen])

    def _last_folder(self) -> str:
        recent = self.controller.settings.recent
        return str(Path(recent[0]).parent) if recent else ""

    def _restore_layout(self) -> None:
        self.resize(*_SIZE)
        if self._layout is None:
            return
        geometry, sizes = self._layout.value("geometry"), self._layout.value("splitter")
        if geometry is not None:
            self.restoreGeometry(geometry)
        if sizes is not None:
            self.splitter.restoreState(sizes)
        for name in ("film", "rail"):
            self.commands[name].setChecked(self._layout.value(name, "true") != "false")

    def _save_layout(self) -> None:
        if self._layout is None:
            return
        self._layout.setValue("geometry", self.saveGeometry())
        self._layout.setValue("splitter", self.splitter.saveState())
        for name in ("film", "rail"):
            self._layout.setValue(name, "true" if self.commands[name].isChecked() else "false")
        self._layout.sync()

    # --- Qt ------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept files anywhere on the window."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open what was dropped."""
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.controller.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Remember the layout, and end every thread; not before all is kept, or it was asked for twice."""
        self.controller.leaving.emit()
        if not self.controller.saving.may_close():
            event.ignore()
            return
        if self.commands["alone"].isChecked():
            self.commands["alone"].setChecked(False)
        self._save_layout()
        self.stage.player.pause()
        self.controller.close()
        super().closeEvent(event)
