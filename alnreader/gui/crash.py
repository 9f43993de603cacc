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
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, TextIO

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
from alnreader.logs import PlainFormatter, chain_of, places_of, places_of_here, without_data

if TYPE_CHECKING:
    from sys import UnraisableHookArgs as Unraisable

LOG_BYTES, LOG_FILES = 500_000, 3
MOST_REPORTED = 20
"""Faults in one report: a fault in a paint event would fill the disk."""
REPORT_BYTES = 200_000
"""A longer report is put away before anything is added: nobody reads more, and it is read at every start."""

_PACKAGES = ("PySide6-Essentials", "torch", "numpy", "pydicom", "transformers")
_SHOW_WARNING = warnings.showwarning
_log = logging.getLogger(__name__)


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
        places = chain_of(value) if value.__traceback__ is where else places_of(where)
        _log.error("Unexpected %s\n%s", kind.__name__, "\n".join(places))
        self._report(kind.__name__, places)
        # Qt may have taken this object down already: Python would print the first error as it came.
        with contextlib.suppress(RuntimeError):
            self.happened.emit(kind.__name__)

    def take_from_thread(self, arguments: threading.ExceptHookArgs) -> None:
        """Do what `threading.excepthook` is asked to do."""
        if arguments.exc_value is not None:
            self.take(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def take_unraisable(self, unraisable: Unraisable) -> None:
        """Do what `sys.unraisablehook` is asked to do: what fails in clearing away fails for nobody."""
        if unraisable.exc_type is None:
            return
        places = places_of(unraisable.exc_traceback)
        kind = f"{unraisable.exc_type.__name__} in clearing away"
        _log.error("%s\n%s", kind, "\n".join(places))
        self._report(kind, places)

    def take_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Do what `warnings.showwarning` is asked to do."""
        _log.warning("%s at %s:%d", category.__name__, Path(filename).name, lineno)

    def take_from_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        """Do what `qInstallMessageHandler` is asked to do: warnings are logged, worse is reported too."""
        if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            return
        told = without_data(message)
        # The terminal may be gone: what follows must not be lost with it.
        with contextlib.suppress(OSError, ValueError):
            if sys.stderr is not None:
                # A person at a terminal may see all; without one, a desktop may keep it in a log of its own.
                sys.stderr.write(f"Qt: {message if sys.stderr.isatty() else told}\n")
        text = f"Qt ({context.category or 'default'}): {told}"
        if kind is QtMsgType.QtWarningMsg:
            _log.warning("%s", text)
            return
        _log.error("%s", text)
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
            _bound(path)
            with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as stream:
                stream.write("\n".join(lines))


def report_file(folder: Path) -> Path:
    """Return where the report of the last fault lies."""
    return folder / "crash.txt"


def _bound(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.stat().st_size > REPORT_BYTES:
            CrashReport(path, "").put_away()


def _beginning(path: Path) -> str:
    """Return the text of a file as far as a report goes; empty where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(REPORT_BYTES).decode("utf-8", "replace")


_DUMPED_PLACE = re.compile(r'\s*File "[^"]*?(?P<file>[^"/\\]*)", (?P<rest>line (?:\d+|\?\?\?) in \S+)')
_DUMPED_THREAD = re.compile(r"(?P<thread>(?:Current thread|Thread) 0x[0-9a-f]+)")
_DUMPED = re.compile(
    r"(Fatal Python error|Windows fatal exception|Extension modules|Python runtime state): .*"
)


def _plain_dump_line(line: str) -> str:
    """Return a line of faulthandler's: paths cut to their names, of threads no name, of others the words."""
    if place := _DUMPED_PLACE.fullmatch(line):
        return f'  File "{place["file"]}", {place["rest"]}'
    if thread := _DUMPED_THREAD.match(line):
        return f"{thread['thread']} (most recent call first):"
    return line if _DUMPED.fullmatch(line) else without_data(line)


def last_crash(folder: Path) -> CrashReport:
    """Return what the program's last end has left: its own report, and what faulthandler has written."""
    path = report_file(folder)
    dump = folder / "crash.log"
    text = ""
    with contextlib.suppress(OSError):
        if raw := _beginning(dump).strip():
            raw = "\n".join(_plain_dump_line(line) for line in raw.splitlines())
            _bound(path)
            with path.open("a", encoding="utf-8") as stream:
                stream.write("\n".join([*environment_lines(), "", "The process was ended:", raw, ""]))
            dump.write_text("", encoding="utf-8")
        text = _beginning(path)
    return CrashReport(path, text)


class _LogFile(logging.Handler):
    """The log's files, made when there is a first line to write: most starts have none."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._files: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; the caller holds this handler's lock."""
        if self._files is None:
            from logging.handlers import RotatingFileHandler

            self._files = RotatingFileHandler(
                self._path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True
            )
            self._files.setFormatter(self.formatter)
        self._files.emit(record)

    def close(self) -> None:
        """Close the file."""
        if self._files is not None:
            with contextlib.suppress(OSError):  # a full disk takes not even what is left to write
                self._files.close()
        super().close()


def start_log(folder: Path) -> IO[str] | None:
    """Log warnings and errors of the program to files in a folder, and crashes of its libraries beside them.

    The log rotates, and carries no names: what it is given are kinds and places. What cannot be written to
    it is dropped: Python would print it as it came, names and all, and a desktop keeps what is printed.

    Returns
    -------
    file or None
        The crash file, open as long as the program runs. None where the folder cannot be written: the
        program runs without a log.
    """
    logging.raiseExceptions = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(folder / "alnreader.log")
        crashes = (folder / "crash.log").open("a", encoding="utf-8")
    except OSError:
        instead = logging.StreamHandler()
        instead.setFormatter(PlainFormatter())
        instead.setLevel(logging.WARNING)
        logging.getLogger().addHandler(instead)
        return None
    _keep_no_core()
    handler.setFormatter(PlainFormatter())
    handler.setLevel(logging.WARNING)
    # Of every library: what has no handler is printed as it is.
    logging.getLogger().addHandler(handler)
    faulthandler.enable(crashes)
    return crashes


def _keep_no_core() -> None:
    """Let the system keep no picture of the memory of a program that ends: patients and pictures are in it.

    It would lie in a home folder, or go to a service that sends it to whoever made the system. The rows of
    faulthandler say what can be said.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def watch(folder: Path) -> tuple[Faults, IO[str] | None]:
    """Catch everything from now on; `unwatch` ends it."""
    crashes = start_log(folder)
    faults = Faults(folder)
    sys.excepthook = faults.take
    threading.excepthook = faults.take_from_thread
    sys.unraisablehook = faults.take_unraisable
    warnings.showwarning = faults.take_warning
    qInstallMessageHandler(faults.take_from_qt)
    return faults, crashes


def unwatch(crashes: IO[str] | None) -> None:
    """Leave everything as Python and Qt have it."""
    qInstallMessageHandler(None)
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
    sys.unraisablehook, warnings.showwarning = sys.__unraisablehook__, _SHOW_WARNING
    logging.raiseExceptions = True
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler.formatter, PlainFormatter):
            root.removeHandler(handler)
            handler.close()
    if crashes is not None:
        faulthandler.disable()
        with contextlib.suppress(OSError):
            crashes.close()
