"""What nothing else caught: told, written down without patient data, and shown at the next start.

Python exceptions (of every thread), Qt's own warnings and crashes of libraries (faulthandler) all end in the
folder of the log. Nothing is sent anywhere.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import re
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QObject,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)

from alnreader import __version__
from alnreader.case import clock

LOG_BYTES, LOG_FILES = 500_000, 3
MOST_REPORTED = 20
"""Faults in one report: a fault in a paint event would fill the disk."""

_PACKAGES = ("PySide6-Essentials", "torch", "numpy", "pydicom", "transformers")
_log = logging.getLogger(__name__)


def places_of(where: TracebackType | None) -> list[str]:
    """Return where in the program something happened: file, line, function - never a value."""
    return [
        f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(where)
    ]


def without_data(text: str) -> str:
    """Return a message of Qt's without quoted text, paths and longer numbers: they may name a patient."""
    text = re.sub(r"\"[^\"]*\"|'[^']*'|“[^”]*”", "'…'", text)
    text = re.sub(r"(?:[A-Za-z]:)?[\\/][^\s:,;)]+", "<path>", text)
    return re.sub(r"\d{4,}", "<number>", text)


def environment_lines() -> list[str]:
    """Return program, system and versions."""
    import platform
    from importlib import metadata

    lines = [
        f"ALN Reader {__version__}",
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}, {platform.machine()}",
    ]
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            lines.append(f"{name} {metadata.version(name)}")
    return lines


@dataclass(frozen=True)
class CrashReport:
    """What is left of the last fault.

    Attributes
    ----------
    path
        Where it lies.
    text
        For a person; empty where nothing happened.
    """

    path: Path
    text: str

    def put_away(self) -> None:
        """Keep it under another name, as the one before the last."""
        with contextlib.suppress(OSError):
            self.path.replace(self.path.with_suffix(".old.txt"))


class Faults(QObject):
    """Takes exceptions that nothing else caught: to the log without patient data, and to the status line.

    Log and report get the kind of the error and the places in the program, not the message: that may hold a
    name or a path. The user gets no traceback.
    """

    happened = Signal(str)

    def __init__(self, folder: Path | None = None) -> None:
        """Write reports into a folder; None: only tell."""
        super().__init__()
        self._folder = folder
        self._count = 0
        self._lock = threading.Lock()

    def take(self, kind: type[BaseException], value: BaseException, where: TracebackType | None) -> None:
        """Do what `sys.excepthook` is asked to do."""
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        places = places_of(where)
        _log.error("Unexpected %s\n%s", kind.__name__, "\n".join(places))
        self._report(kind.__name__, places)
        self.happened.emit(kind.__name__)

    def take_from_thread(self, arguments: threading.ExceptHookArgs) -> None:
        """Do what `threading.excepthook` is asked to do."""
        if arguments.exc_value is not None:
            self.take(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def take_from_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        """Do what `qInstallMessageHandler` is asked to do: warnings are logged, worse is reported too."""
        if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            return
        if sys.stderr is not None:  # none in a program without a console
            sys.stderr.write(f"Qt: {message}\n")
        text = f"Qt ({context.category or 'default'}): {without_data(message)}"
        if kind is QtMsgType.QtWarningMsg:
            _log.warning(text)
            return
        _log.error(text)
        self._report(text, places_of_here())

    def _report(self, title: str, places: list[str]) -> None:
        if self._folder is None:
            return
        with self._lock:
            self._count += 1
            if self._count > MOST_REPORTED:
                return
            head = [] if self._count > 1 else environment_lines()
            lines = [*head, "", f"{clock.now():%Y-%m-%d %H:%M:%S} {title}", *places, ""]
            path = report_file(self._folder)
            with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as stream:
                stream.write("\n".join(lines))


def places_of_here() -> list[str]:
    """Return the places of the calls under way."""
    frames = traceback.extract_stack()
    return [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def report_file(folder: Path) -> Path:
    """Return where the report of the last fault lies."""
    return folder / "crash.txt"


def last_crash(folder: Path) -> CrashReport:
    """Return what the program's last end has left: its own report, and what faulthandler has written."""
    path = report_file(folder)
    dump = folder / "crash.log"
    text = ""
    with contextlib.suppress(OSError):
        if dump.exists() and (raw := dump.read_text("utf-8", "replace").strip()):
            # Every line of faulthandler's names a file, a line and a function; paths are cut to their names.
            raw = re.sub(r'File "[^"]*?([^"/\\]+)"', r'File "\1"', raw)
            with path.open("a", encoding="utf-8") as stream:
                stream.write("\n".join([*environment_lines(), "", "The process was ended:", raw, ""]))
            dump.write_text("", encoding="utf-8")
        text = path.read_text("utf-8", "replace") if path.exists() else ""
    return CrashReport(path, text)


def start_log(folder: Path) -> IO[str] | None:
    """Log warnings and errors of the program to files in a folder, and crashes of its libraries beside them.

    The log rotates, and carries no names: what it is given are kinds and places.

    Returns
    -------
    file or None
        The crash file, open as long as the program runs. None where the folder cannot be written: the
        program runs without a log.
    """
    from logging.handlers import RotatingFileHandler

    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "alnreader.log",
            maxBytes=LOG_BYTES,
            backupCount=LOG_FILES,
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


def watch(folder: Path) -> tuple[Faults, IO[str] | None]:
    """Catch everything from now on; `unwatch` ends it."""
    crashes = start_log(folder)
    faults = Faults(folder)
    sys.excepthook = faults.take
    threading.excepthook = faults.take_from_thread
    qInstallMessageHandler(faults.take_from_qt)
    return faults, crashes


def unwatch(crashes: IO[str] | None) -> None:
    """Leave everything as Python and Qt have it."""
    qInstallMessageHandler(None)
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
    if crashes is not None:
        faulthandler.disable()
        crashes.close()
