"""Starts the window: first the paint, then everything that is slow."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import sys
import threading
import traceback
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO

from PySide6.QtCore import QCoreApplication, QObject, QStandardPaths, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from alnreader import __version__
from alnreader.gui import icons, theme
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.settings import load_settings, settings_file
from alnreader.gui.tasks import TaskRunner

APP_ID = "alnreader"
_LOG_BYTES, _LOG_FILES = 500_000, 3
_AFTER_PAINT_MS = 50
"""So long after the first paint the model starts to load."""

_log = logging.getLogger(__name__)


class Faults(QObject):
    """Takes exceptions that nothing else caught: to the log without patient data, and to the status line.

    The log gets the kind of the error and the places in the program, not the message: that may hold a name or
    a path. The user gets no traceback.
    """

    happened = Signal(str)

    def take(self, kind: type[BaseException], value: BaseException, where: TracebackType | None) -> None:
        """Do what `sys.excepthook` is asked to do."""
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        places = [
            f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(where)
        ]
        _log.error("Unexpected %s\n%s", kind.__name__, "\n".join(places))
        self.happened.emit(kind.__name__)

    def take_from_thread(self, arguments: threading.ExceptHookArgs) -> None:
        """Do what `threading.excepthook` is asked to do."""
        if arguments.exc_value is not None:
            self.take(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)


def data_folder() -> Path:
    """Return where the program keeps its log."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation))


def start_log(folder: Path) -> IO[str] | None:
    """Log warnings and errors of the program to files in a folder, and crashes of its libraries beside them.

    Returns
    -------
    file or None
        The crash file, open as long as the program runs. None where the folder cannot be written: the
        program runs without a log.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "alnreader.log",
            maxBytes=_LOG_BYTES,
            backupCount=_LOG_FILES,
            encoding="utf-8",
            delay=True,
        )
        crashes = (folder / "crash.log").open("a", encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger("alnreader").addHandler(handler)
    faulthandler.enable(crashes)
    return crashes


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


def make_window(settings_path: Path, faults: Faults | None = None) -> MainWindow:
    """Return the window with its controller, not shown yet. It owns both."""
    runner = TaskRunner()
    controller = Controller(runner, load_settings(settings_path), settings_path)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.apply_theme(app, controller.settings.theme)
    window = MainWindow(controller, settings_path.with_name("window.ini"))
    runner.setParent(window)
    controller.setParent(window)
    if faults is not None:
        words = window.tr("A fault of the program ({0}). It is in the log; the reading goes on.")
        faults.happened.connect(lambda kind: window.tell("error", words.format(kind)))
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
    crashes = start_log(data_folder())
    faults = Faults()
    sys.excepthook = faults.take
    threading.excepthook = faults.take_from_thread
    window = make_window(options.settings or settings_file(), faults)
    window.show()
    window.controller.saving.start(data_folder())
    QTimer.singleShot(_AFTER_PAINT_MS, window.controller.load_model)
    if options.paths:
        window.controller.open_paths([path.absolute() for path in options.paths])
    elif options.demo:
        window.controller.open_demo()
    code = app.exec()
    window.controller.close()
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
    if crashes is not None:
        faulthandler.disable()
        crashes.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
