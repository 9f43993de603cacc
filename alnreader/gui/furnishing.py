"""Everything of the window behind its front: picture, steps, pages and commands, made slice by slice."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from alnreader.case.language import tr
from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.gui.actions import Commands
from alnreader.gui.canvas import Tool
from alnreader.gui.case_commands import CaseCommands
from alnreader.gui.frame import SIZE
from alnreader.gui.main_window import MainWindow
from alnreader.gui.pacs import PacsDesk
from alnreader.gui.pages.about import AboutPage
from alnreader.gui.pages.deidentify import DeidentifyPage
from alnreader.gui.pages.model import ModelPage
from alnreader.gui.pages.nodes import NodesEditor
from alnreader.gui.pages.pacs import PacsPage
from alnreader.gui.pages.preferences import PreferencesPage
from alnreader.gui.pages.preview import PreviewPage
from alnreader.gui.pages.shortcuts import ShortcutsPage
from alnreader.gui.pages.skipped import SkippedPage
from alnreader.gui.pages.work_list import WorkListPage
from alnreader.gui.panels.film import FilmStrip
from alnreader.gui.rail import Rail
from alnreader.gui.reading_commands import ReadingCommands
from alnreader.gui.stage import Stage
from alnreader.gui.widgets import Banner
from alnreader.gui.window_commands import WindowCommands

_FILM_WIDTH, _RAIL_WIDTH = 172, 372
_LEAST_FILM, _LEAST_RAIL, _LEAST_STAGE = 120, 340, 320
_HANDLE = 5
"""Pixels that the mouse can take hold of; the style sheet draws a line in the middle of them."""


def furnish(window: MainWindow) -> Iterator[None]:
    """Make the parts of a window whose front stands. After each slice others may go on."""
    controller = window.controller
    if not hasattr(window, "pacs_desk"):  # stays when the parts are made anew in another language
        window.pacs_desk = PacsDesk(controller, parent=window)
    window.commands = Commands(window)
    window.window_commands = WindowCommands(window)
    window.window_commands.add_files()
    window.case_commands = CaseCommands(window.commands, controller, window)
    yield
    window.stage = Stage(controller, window.commands)
    yield
    window.film = FilmStrip(controller, window.thumbnails)
    window.rail = Rail(controller, window.thumbnails)
    yield
    window.reading_commands = ReadingCommands(
        window.commands,
        controller,
        window.stage,
        window.rail,
        window.window_commands.open_step,
        window,
    )
    window.stage.column.add_view(window.commands["heat"], "flame")
    window.window_commands.add_views()
    window.header.fill_menu(window.commands)
    yield
    _put_picture(window)
    yield
    yield from _make_pages(window)
    for page in window.pages():
        window.stack.addWidget(page)
        yield
    _listen(window)
    window.show_title()
    window.show_banner()
    window.show_hint()
    window.reading_commands.enable()
    if controller.session is not None:
        window.back()
    window.restore_parts()


def _put_picture(window: MainWindow) -> None:
    """Put film strip, picture and steps beside each other."""
    window.banner = Banner(tr(DEMONSTRATION_BANNER), "caution", parent=window)
    window.banner.hide()  # until it is known what the model is for
    window.column.insertWidget(1, window.banner)
    window.splitter = QSplitter(Qt.Orientation.Horizontal)
    window.splitter.setHandleWidth(_HANDLE)
    window.splitter.setChildrenCollapsible(False)
    for part in (window.film, window.stage, window.rail):
        window.splitter.addWidget(part)
    window.film.setMinimumWidth(_LEAST_FILM)
    window.rail.setMinimumWidth(_LEAST_RAIL)
    window.stage.setMinimumWidth(_LEAST_STAGE)
    window.splitter.setStretchFactor(1, 1)
    middle = SIZE[0] - _FILM_WIDTH - _RAIL_WIDTH
    window.splitter.setSizes([_FILM_WIDTH, middle, _RAIL_WIDTH])
    window.stack.addWidget(window.splitter)


def _make_pages(window: MainWindow) -> Iterator[None]:
    controller = window.controller
    window.work_list = WorkListPage(controller)
    window.preferences = PreferencesPage(controller)
    nodes = NodesEditor(window.pacs_desk)
    window.preferences.column.insertWidget(window.preferences.column.count() - 1, nodes)
    yield
    window.preview = PreviewPage(controller)
    window.skipped = SkippedPage(controller)
    window.deidentify = DeidentifyPage(controller)
    yield
    window.pacs = PacsPage(controller, window.pacs_desk)
    yield
    window.model_page = ModelPage(controller)
    window.about = AboutPage()
    window.shortcuts = ShortcutsPage(window.commands)
    yield


def _listen(window: MainWindow) -> None:
    """Lead between the parts. What the front waits for, it listens to itself."""
    controller = window.controller
    controller.model_changed.connect(window.show_banner)
    controller.model_changed.connect(window.reading_commands.enable)
    controller.score_changed.connect(window.show_banner)
    controller.image_changed.connect(lambda: window.status.set_place(""))
    for signal in (
        controller.session_changed,
        controller.image_changed,
        controller.protocol_changed,
        controller.selection_changed,
        controller.worklist_changed,
    ):
        signal.connect(window.reading_commands.enable)
    controller.regions_changed.connect(lambda _key: window.reading_commands.enable())
    window.preview.export_wanted.connect(window.rail.sign.export.click)
    window.pacs.nodes_wanted.connect(lambda: window.go(window.preferences))
    window.work_list.folder_wanted.connect(window.open_folder)
    window.work_list.opened.connect(window.back)
    for page in window.pages():
        page.left.connect(window.back)
    window.stack.currentChanged.connect(lambda _index: window.show_hint())
    stage, rail = window.stage, window.rail
    stage.hint_changed.connect(window.take_hint)
    stage.place_changed.connect(window.status.set_place)
    stage.view_changed.connect(window.status.set_view)
    stage.caliper_measured.connect(rail.first_read.set_caliper)
    stage.caliper_measured.connect(rail.sign.set_caliper)
    rail.regions.box_wanted.connect(lambda: stage.canvas.set_tool(Tool.BOX))
    rail.score.opacity_changed.connect(stage.canvas.set_heat_opacity)
    rail.score.own_scale_changed.connect(stage.show_own_scale)
    rail.score.side_by_side_changed.connect(
        lambda beside: stage.canvas.set_heat_mode("side" if beside else "over")
    )
    window.film.chosen_changed.connect(rail.regions.set_chosen)
