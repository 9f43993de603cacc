"""Starts the window: first its frame, then its front, then everything that is slow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from alnreader import __version__
from alnreader.case.errors import ExitCode
from alnreader.gui import theme
from alnreader.gui.collector import collect_in_this_thread
from alnreader.gui.crash import CrashReport, Faults, last_crash, unwatch, watch
from alnreader.gui.frame import kept_theme, settings_file
from alnreader.gui.main_window import MainWindow
from alnreader.paths import user_data_dir

APP_ID = "alnreader"
_LATEST_MS = 3000
"""So long after it was shown the window is made whole although it was not painted: it may be iconified."""


def data_folder() -> Path:
    """Return where the program keeps its work list, its cases and its log."""
    return user_data_dir()


class Application(QApplication):
    """The Qt application. On macOS a clicked file comes to it as an event, not on the command line."""

    file_wanted = Signal(object)
    """A path."""

    def event(self, event: QEvent) -> bool:
        """Take the files that the system wants opened; leave everything else to Qt."""
        if isinstance(event, QFileOpenEvent):
            self.file_wanted.emit(Path(event.file()))
            return True
        return super().event(event)


def make_application(arguments: Sequence[str]) -> Application:
    """Return the Qt application with its identity."""
    app = Application([APP_ID, *arguments])
    app.setApplicationName(APP_ID)
    app.setApplicationDisplayName("ALN Reader")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName(APP_ID)
    if sys.platform == "win32":
        import ctypes

        # Else Windows groups the window under python.exe, with its icon.
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID(APP_ID)
    return app


def make_frame(
    settings_path: Path, faults: Faults | None = None, crash: CrashReport | None = None
) -> MainWindow:
    """Return the bare frame of the window, not shown yet. It gets its front once it has been painted."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.lay_ground(app, kept_theme(settings_path))
    window = MainWindow(layout_file=settings_path.with_name("window.json"))
    window.front_wanted.connect(lambda: _lay_front(window, settings_path, faults, crash))
    return window


def make_window(
    settings_path: Path, faults: Faults | None = None, crash: CrashReport | None = None
) -> MainWindow:
    """Return the window with its controller, not shown yet. It owns it."""
    return make_frame(settings_path, faults, crash).whole()


def _lay_front(
    window: MainWindow, settings_path: Path, faults: Faults | None, crash: CrashReport | None
) -> None:
    """Bring controller and front into a window's frame."""
    from alnreader.case.language import tr
    from alnreader.gui import icons
    from alnreader.gui.controller import Controller
    from alnreader.gui.settings import read_settings
    from alnreader.gui.tasks import TaskRunner

    runner = TaskRunner()
    settings, trouble = read_settings(settings_path)
    controller = Controller(runner, settings, settings_path)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.setWindowIcon(icons.icon("scan-search", "accent"))
        theme.prepare(app, settings.theme)
    window.lay_front(controller)
    if isinstance(app, QApplication):
        theme.lay_sheet(app)
    runner.setParent(window)
    controller.setParent(window)
    if trouble:
        window.tell("caution", trouble)
    if faults is not None:

        def tell_fault(kind: str) -> None:
            words = tr("A fault of the program ({0}). It is in the log; the reading goes on.")
            window.tell("error", words.format(kind))

        faults.happened.connect(tell_fault)
    if crash is not None and crash.text:
        from alnreader.gui.pages.aftermath import show_crash

        show_crash(window.start, window.stack, window.go, window.back, crash)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what ``alnreader-gui`` does (`alnreader.gui.launch`)."""
    from alnreader.gui import launch

    return launch.main(arguments)


def run(options: argparse.Namespace) -> int:
    """Run the window until it is closed and return the exit code.

    Parameters
    ----------
    options
        Of `alnreader.gui.launch.parser`.
    """
    app = make_application([])
    crash = last_crash(data_folder())
    faults, crashes = watch(data_folder())
    window = make_frame(options.settings or settings_file(), faults, crash)
    window.fit_first_time()
    window.front_wanted.connect(lambda: _stand_or_end(window))
    window.begun.connect(lambda: _begin(window, options))
    window.furnished.connect(lambda: go_on(window, data_folder()))
    app.file_wanted.connect(lambda path: window.front().controller.open_paths([path]))
    window.show()
    QTimer.singleShot(_LATEST_MS, window, lambda: window.front().begin())
    code = app.exec()
    if window.laid:
        window.controller.close()
    unwatch(crashes)
    return code


def _stand_or_end(window: MainWindow) -> None:
    """Keep the readings from now on; end the program if a fault has left the frame bare."""
    if window.laid:
        window.controller.saving.start(data_folder(), later=True)
    else:
        QApplication.exit(ExitCode.INTERNAL)


def _begin(window: MainWindow, options: argparse.Namespace) -> None:
    """Do what waited for the first paint."""
    window.controller.saving.open_list()
    window.furnish_gradually()
    if options.paths:
        window.controller.open_paths([path.absolute() for path in options.paths])
    elif options.demo:
        window.controller.open_demo()


def go_on(window: MainWindow, folder: Path) -> None:
    """Do what waits for every part of the window; the self-test of a frozen program does the same.

    Parameters
    ----------
    window
        With all its parts.
    folder
        Of the program's data.
    """
    from alnreader.case import clock
    from alnreader.gui.leftovers import remove_leftovers

    window.controller.load_model()
    window.pacs_desk.start(folder)
    # Of a program that was ended while it made objects: names are in them.
    window.controller.runner.submit(
        "files", "leftovers", lambda _: remove_leftovers(clock.now()), lambda _result, _error: None
    )
    window.collector = collect_in_this_thread()
