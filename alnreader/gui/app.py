"""Starts the window: first the paint, then everything that is slow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from alnreader import __version__
from alnreader.gui import icons, theme
from alnreader.gui.controller import Controller
from alnreader.gui.crash import CrashReport, Faults, last_crash, unwatch, watch
from alnreader.gui.main_window import MainWindow
from alnreader.gui.pages.aftermath import show_crash
from alnreader.gui.settings import load_settings, settings_file
from alnreader.gui.tasks import TaskRunner
from alnreader.paths import user_data_dir

APP_ID = "alnreader"
_AFTER_PAINT_MS = 50
"""So long after the first paint the model starts to load."""


def data_folder() -> Path:
    """Return where the program keeps its work list, its cases and its log."""
    return user_data_dir()


def make_application(arguments: Sequence[str]) -> QApplication:
    """Return the Qt application with its identity."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([APP_ID, *arguments])
    app.setApplicationName(APP_ID)
    app.setApplicationDisplayName("ALN Reader")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName(APP_ID)
    if sys.platform == "win32":
        import ctypes

        # Else Windows groups the window under python.exe, with its icon.
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID(APP_ID)
    app.setWindowIcon(icons.icon("scan-search", "accent"))
    return app


def make_window(
    settings_path: Path, faults: Faults | None = None, crash: CrashReport | None = None
) -> MainWindow:
    """Return the window with its controller, not shown yet. It owns both."""
    runner = TaskRunner()
    controller = Controller(runner, load_settings(settings_path), settings_path)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.prepare(app, controller.settings.theme)
    window = MainWindow(controller, settings_path.with_name("window.ini"))
    if isinstance(app, QApplication):
        theme.lay_sheet(app)
    runner.setParent(window)
    controller.setParent(window)
    if faults is not None:
        words = window.tr("A fault of the program ({0}). It is in the log; the reading goes on.")
        faults.happened.connect(lambda kind: window.tell("error", words.format(kind)))
    if crash is not None and crash.text:
        show_crash(window.start, window.stack, window.go, window.back, crash)
    return window


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
    window = make_window(options.settings or settings_file(), faults, crash)
    window.show()
    window.controller.saving.start(data_folder())
    window.pacs_desk.start(data_folder())
    QTimer.singleShot(_AFTER_PAINT_MS, window.controller.load_model)
    if options.paths:
        window.controller.open_paths([path.absolute() for path in options.paths])
    elif options.demo:
        window.controller.open_demo()
    code = app.exec()
    window.controller.close()
    unwatch(crashes)
    return code


if __name__ == "__main__":
    sys.exit(main())
