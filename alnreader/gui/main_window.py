"""The window: its frame, which stands first, and the ways between the pages. It changes nothing itself.

Its front (head, start page, foot) comes from `alnreader.gui.front`, the rest from `alnreader.gui.furnishing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence, QPaintEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow

from alnreader.gui import theme
from alnreader.gui.frame import SIZE, first_size
from alnreader.gui.kept_layout import PARTS, KeptLayout, read_layout, save_layout

if TYPE_CHECKING:
    from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

    from alnreader.gui.actions import Commands
    from alnreader.gui.case_commands import CaseCommands
    from alnreader.gui.controller import Controller
    from alnreader.gui.header import Header
    from alnreader.gui.pacs import PacsDesk
    from alnreader.gui.pages.about import AboutPage
    from alnreader.gui.pages.deidentify import DeidentifyPage
    from alnreader.gui.pages.model import ModelPage
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
    from alnreader.gui.stage import Stage
    from alnreader.gui.status_line import StatusLine
    from alnreader.gui.thumbnails import ThumbnailLoader
    from alnreader.gui.widgets import Banner
    from alnreader.gui.window_commands import WindowCommands

_SLOW: Final = (
    "numpy",
    "alnreader.gui.session",
    "alnreader.gui.canvas",
    "alnreader.gui.stage",
    "alnreader.gui.rail",
    "alnreader.gui.pacs",
    "alnreader.gui.furnishing",
)
"""Modules behind the front, imported one at a time: the front answers in between."""


class MainWindow(QMainWindow):
    """The one window.

    Parameters
    ----------
    controller
        Owns the readings. None: begin with the bare frame, in the theme's colour; the front is asked for with
        `front_wanted` once the frame has been painted, or when it is first needed.
    layout_file
        INI file that remembers size, place and splitter; None: nothing is remembered.
    gradually
        Begin with the front only. The rest is made by `furnish_gradually`, or when it is first needed.
    """

    front_wanted = Signal()
    """Who made the bare frame lays its front now (`lay_front`), before this signal returns."""
    begun = Signal()
    """The front has been painted for the first time: what is slow may begin."""
    furnished = Signal()
    """Every part is there."""

    controller: Controller
    thumbnails: ThumbnailLoader
    header: Header
    fault: Banner
    status: StatusLine
    start: StartPage
    stack: QStackedWidget
    column: QVBoxLayout
    commands: Commands
    case_commands: CaseCommands
    window_commands: WindowCommands
    reading_commands: ReadingCommands
    pacs_desk: PacsDesk
    banner: Banner
    stage: Stage
    film: FilmStrip
    rail: Rail
    splitter: QSplitter
    work_list: WorkListPage
    preferences: PreferencesPage
    preview: PreviewPage
    skipped: SkippedPage
    deidentify: DeidentifyPage
    pacs: PacsPage
    model_page: ModelPage
    about: AboutPage
    shortcuts: ShortcutsPage
    collector: object = None
    """Searches for unused cycles (`alnreader.gui.collector`) as long as there is the window."""

    def __init__(
        self,
        controller: Controller | None = None,
        layout_file: Path | None = None,
        *,
        gradually: bool = False,
    ) -> None:
        """Put the parts together; nothing slow happens here."""
        super().__init__()
        self._layout_file = layout_file
        self._layout = read_layout(layout_file) if layout_file is not None else KeptLayout()
        self._hint = self._trouble = self._refused = ""
        self._language = ""
        self._laid = self._begun = self._complete = False
        self._rest: Iterator[None] | None = None
        self.setAcceptDrops(True)
        self.setMinimumSize(1024, 640)
        self.setWindowTitle("ALN Reader")
        self._restore_geometry()
        if controller is not None:
            self.lay_front(controller)
            if not gradually:
                self.furnish()

    # --- putting together ----------------------------------------------------------------------------------

    def lay_front(self, controller: Controller) -> None:
        """Lay the front into the frame, once."""
        from alnreader.gui import translation

        self.controller = controller
        self._language = controller.settings.language
        translation.use(self._language)
        self._build_front()
        self._laid = True

    def front(self) -> MainWindow:
        """Return the window with its front at least."""
        if not self._laid:
            self.front_wanted.emit()
        return self

    def _build(self) -> None:
        """Make every part, in the language in use, and listen to the controller."""
        self._build_front()
        self.furnish()

    def _build_front(self) -> None:
        """Make what is seen first, and let everything that needs more wait for the rest."""
        from alnreader.gui.front import make_front

        controller = self.controller
        self._complete = False
        make_front(self)
        self.setWindowTitle("ALN Reader")
        self.status.set_hint(self._idle_hint())
        self.start.folder_button.setFocus()
        self._rest = self._make_rest()
        controller.session_changed.connect(self._show_session)
        controller.preview_ready.connect(self._show_preview)
        controller.page_wanted.connect(lambda name: self.whole().commands[name].trigger())
        controller.message.connect(self._tell)
        controller.protocol_changed.connect(self._forget_refusal)
        controller.settings_changed.connect(self._dress)
        self.header.worklist_clicked.connect(lambda: self.go(self.whole().work_list))
        self.header.model_clicked.connect(lambda: self.go(self.whole().model_page))
        self.header.device_clicked.connect(lambda: self.go(self.whole().preferences))
        self.header.menu.aboutToShow.connect(self.furnish)
        self.start.folder_wanted.connect(self.open_folder)
        self.start.files_wanted.connect(self.open_files)
        self.start.pacs_wanted.connect(lambda: self.go(self.whole().pacs))

    def _make_rest(self) -> Iterator[None]:
        """Make everything behind the front, in slices."""
        for name in _SLOW:
            import_module(name)
            yield
        from alnreader.gui.furnishing import furnish

        yield from furnish(self)

    @property
    def complete(self) -> bool:
        """Whether every part is there."""
        return self._complete

    @property
    def laid(self) -> bool:
        """Whether the front is there."""
        return self._laid

    def furnish(self) -> None:
        """Make what is not there yet, at once."""
        rest, self._rest = self._rest, None
        if rest is not None:
            for _slice in rest:
                pass
            self._complete = True
            self.furnished.emit()

    def furnish_gradually(self) -> None:
        """Make what is not there yet slice by slice; what the user does comes in between."""
        for _slice in self._rest or ():
            QTimer.singleShot(0, self, self.furnish_gradually)
            return
        self.furnish()

    def begin(self) -> None:
        """Lay the front, if there is but the frame; else tell, once, that what is slow may begin.

        Neither before what is under way has ended: a paint, and what the user has done meanwhile.
        """
        if not self._laid:
            QTimer.singleShot(0, self, self._go_on)
        elif not self._begun:
            self._begun = True
            QTimer.singleShot(0, self, self.begun.emit)

    def _go_on(self) -> None:
        if self.isVisible():  # else it was closed meanwhile
            self.front()

    def whole(self) -> MainWindow:
        """Return the window with every part of it."""
        self.front().furnish()
        return self

    def _speak(self) -> None:
        """Say everything in the language of the settings."""
        language = self.controller.settings.language
        if language != self._language:
            self.furnish()
            self._language = language
            trouble = self._trouble if self.fault.isVisible() else ""
            from alnreader.gui import translation
            from alnreader.gui.rebuilding import rebuild

            translation.use(language)
            rebuild(self, self._build)
            if trouble:
                self._tell("error", trouble)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages that are led back from."""
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
        self.furnish()
        self.fault.hide()
        self._forget_refusal()
        self.status.set_place("")
        self.show_title()
        self.show_banner()
        self.reading_commands.enable()
        self.back()

    def show_title(self) -> None:
        """Name the patient in the window's title."""
        session = self.controller.session
        # The title shows whose pictures these are, and never anything of the score.
        label = f"{session.case.patient.label} – ALN Reader" if session is not None else "ALN Reader"
        self.setWindowTitle(label)

    def take_hint(self, hint: str) -> None:
        """Say what the tool in hand does, as long as the picture is shown."""
        self._hint = hint
        self.show_hint()

    def _idle_hint(self) -> str:
        return self.tr("Drop a folder anywhere on the window. F1 lists the keys.")

    def show_hint(self) -> None:
        """Show what belongs to the picture beside it only."""
        reading = self.stack.currentWidget() is self.splitter
        start = self.stack.currentWidget() is self.start
        idle = self._idle_hint() if start else ""
        self.status.set_hint(self._hint if reading else idle)
        self.status.show_picture(reading)
        self.reading_commands.show_picture(reading)

    def _show_preview(self, content: bytes) -> None:
        self.whole().preview.show_pdf(content)
        self.go(self.preview)

    def show_banner(self) -> None:
        """Say that the model is for demonstration, where it is."""
        model = self.controller.model
        score = self.controller.session.visible_score if self.controller.session is not None else None
        shown = score.run.model if model is None and score is not None else model
        self.banner.setVisible(shown is not None and shown.demonstration)

    def _tell(self, level: str, text: str) -> None:
        from alnreader.case.language import told
        from alnreader.gui.front import REFUSALS

        if level == "error" and text in REFUSALS:
            self._refused = told(text)
            self.status.tell("caution", text)
        elif level == "error":
            self._trouble = text
            self.status.forget()  # what passed before says nothing of this
            self.fault.show_message(text, "error")

    def _forget_refusal(self) -> None:
        """What was refused before a step may be allowed after it."""
        if self.status.text == self._refused:
            self.status.forget()

    def tell(self, level: str, text: str) -> None:
        """Show a message that does not come from the controller."""
        self.status.tell(level, text)
        self._tell(level, text)

    # --- window --------------------------------------------------------------------------------------------

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

    def _restore_geometry(self) -> None:
        self.resize(*SIZE)
        if self._layout.geometry:
            self.restoreGeometry(self._layout.geometry)

    def fit_first_time(self) -> None:
        """Take a size that suits the screen, where none is remembered."""
        if self._layout.geometry:
            return
        screen = self.screen().availableGeometry()
        size = first_size(screen.width(), screen.height())
        if size is None:
            self.setWindowState(Qt.WindowState.WindowMaximized)
        else:
            self.resize(*size)

    def restore_parts(self) -> None:
        """Show film strip, picture and steps as they were left last."""
        if self._layout.splitter:
            self.splitter.restoreState(self._layout.splitter)
        for name in PARTS:
            self.commands[name].setChecked(name not in self._layout.hidden)

    def _save_layout(self) -> None:
        if self._layout_file is None or not self.complete:
            return
        hidden = frozenset(name for name in PARTS if not self.commands[name].isChecked())
        geometry, sizes = bytes(self.saveGeometry().data()), bytes(self.splitter.saveState().data())
        save_layout(self._layout_file, KeptLayout(geometry, sizes, hidden))

    # --- Qt ------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Make every part before Qt looks for the command that a key belongs to.

        So no key that comes early is lost, and no command meets half a window.
        """
        early = not self._complete and isinstance(event, QKeyEvent)
        if early and event.type() == QEvent.Type.ShortcutOverride:
            self.whole()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Say why a key does nothing where its command is refused: no part and no command took it."""
        keys = QKeySequence(event.keyCombination())
        if not self.complete or not self.reading_commands.say_refusal(keys):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Go on with the start once this paint has ended."""
        super().paintEvent(event)
        self.begin()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files anywhere on the window."""
        from alnreader.gui.widgets import dropped_paths

        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        from alnreader.gui.widgets import dropped_paths

        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.front().controller.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout, and end every thread; not before all is kept, or it was asked for twice."""
        if not self._laid:  # there is nothing to keep
            super().closeEvent(event)
            return
        self.controller.leaving.emit()
        if not self.controller.saving.may_close():
            event.ignore()
            return
        if self.complete:
            self.commands["alone"].setChecked(False)
            self.stage.player.pause()
        self._save_layout()
        self._rest = None  # nothing is made for a window that goes
        self.controller.close()
        super().closeEvent(event)
