"""What may stand in a log: kinds and places, never a value. Names, dates and paths of patients are values."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

CONSOLE_BYTES: Final = 1_000_000
"""A longer log of a program without console is begun anew; the one before is kept."""

GONE: Final = "…"

_MOST_CAUSES: Final = 5

_VOCABULARY: Final = """
a find about above accept accepted access accessible action active actual add address after again all allocate
allocated allowed already also alternate an and another any api application are argument arguments array as
asked at attached attempt attempted attribute available bad base be because been before begin being below
between bit blending both buffer but by bytes cache call called can cannot capture change changed channel
character characters check child class client clipboard close closed code color colour column command
complete connect connected connection context convert copy core could create created creating current cursor
data database decode decoder default deferred defined deleted depth destroyed detected device dialog
different direct directory disabled disconnect disk display does done drag draw drawing driver drop during
each effect empty enabled encoding end ended engine enough enter entry error event exceeds exception exists
exited expected expired extension failed failure fallback family fault file filename files fill filter
finished first fix flag focus folder font fonts for format found frame from full function geometry get given
got graphics group had handle handler has have header height hidden hint icon id if ignored ignoring illegal
image implemented import in inactive incompatible incomplete incorrect index information initialise
initialize input inside instance instead interface internal into invalid is it item items its key known
label last layer layout length level library limit line list load loaded loading lock locked loop make
manager many maximum may memory menu message method minimum missing mode model module more mouse move must
name native negative network new no node none not nothing notifier null number object objects odd of off
offscreen old on one only open opened opengl opening operation option or order other out output outside
overflow owner paint painted painter palette parameter parent parse parser part path patient permission pipe
pixel pixels pixmap platform plugin point pointer points position positive printer process program property
protocol provide provided qt queue range reached read reading received recent recursive region register
registered release remove rename render rendering repaint reply request required requires reset resize
resource result return returned rotate row rows run running same save scale screen second section see seen
segment select selection send server session set setting settings shader shape shared should show signal
size skipped slot socket some source speed stack start started state status still stop stopped storage
stream string style such support supported surface system table target task temporary text than that the
their then there this thread threads time timed timeout timer times title to too top translation type unable
undefined unexpected unicode unit unknown unless unsupported until update used user using valid value values
version video visible wait waiting warning was when where which while widget width window with within
without work worker write writing wrong yet zero
"""
"""Words that a message may keep: of a program's language. All others are left out."""

_WORDS: Final = frozenset(_VOCABULARY.split())

_QT_NAME = re.compile(r"Q[A-Z][a-z]\w*(?:::~?\w+)*(?:\(\))?")
_TOKEN = re.compile(r"^\W*(.*?)(\W*)$", re.DOTALL)
_PLACE = re.compile(r'^\s*File "(?P<file>[^"]*)", line (?P<line>\d+)(?:, in (?P<function>\S+))?\s*$')
_WARNED = re.compile(r"^(?P<file>.*):(?P<line>\d+): (?P<kind>\w+): ")
_RAISED = re.compile(
    r"^(?:\w+\.)*(?P<kind>\w*(?:Error|Exception|Warning|Interrupt|Exit|Iteration|Group))(?::.*)?$"
)
_KEPT_LINES = frozenset(
    (
        "Traceback (most recent call last):",
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
    )
)


def places_of(where: TracebackType | None) -> list[str]:
    """Return where in the program something happened: file, line, function - never a value."""
    return [_place(frame) for frame in traceback.extract_tb(where)]


def chain_of(error: BaseException) -> list[str]:
    """Return the places of an error, then kind and places of each that it came from."""
    lines, seen = places_of(error.__traceback__), {id(error)}
    for _ in range(_MOST_CAUSES):
        context = None if error.__suppress_context__ else error.__context__
        cause = error.__cause__ or context
        if cause is None or id(cause) in seen:
            break
        seen.add(id(cause))
        lines += [f"caused by {type(cause).__name__}", *places_of(cause.__traceback__)]
        error = cause
    return lines


def places_of_here() -> list[str]:
    """Return the places of the calls under way."""
    return [_place(frame) for frame in traceback.extract_stack()[:-1]]


def _place(frame: traceback.FrameSummary) -> str:
    return f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}"


def without_data(text: str) -> str:
    """Return a message with the words of a program alone.

    A name cannot be told from another word; so every word that is not known to be none, everything quoted,
    every path and every longer number is left out.
    """
    text = re.sub(r"\"[^\"]*\"|'[^']*'|“[^”]*”", f" '{GONE}' ", text)
    text = re.sub(r"(?:[A-Za-z]:)?[\\/][^\s:,;)]+", " <path> ", text)
    words = [_word(token, place == 0) for place, token in enumerate(text.split())]
    kept = [
        word for place, word in enumerate(words) if word != GONE or place == 0 or words[place - 1] != GONE
    ]
    return " ".join(kept)


def _word(token: str, first: bool) -> str:
    if token in ("<path>", f"'{GONE}'"):
        return token
    found = _TOKEN.match(token)
    core, after = found.groups() if found else (token, "")
    if not core:
        return token if token.isascii() else GONE
    # "Page" and "Long" are names; only a message's first word may have a capital.
    spoken = core[:1].lower() + core[1:] if first else core
    if spoken in _WORDS or _QT_NAME.fullmatch(core + ("()" if after.startswith("()") else "")):
        return token
    if core.isascii() and core.isdigit():
        return token if len(core) < 4 else "<number>"
    return GONE


def plain_line(line: str) -> str:
    """Return a line that any part of the program has printed without what it may tell of a patient."""
    if line in _KEPT_LINES or not line.strip():
        return line
    if place := _PLACE.match(line):
        file = re.split(r"[\\/]", place["file"])[-1]
        return f'  File "{file}", line {place["line"]}, in {place["function"] or "?"}'
    if warned := _WARNED.match(line):
        file = re.split(r"[\\/]", warned["file"])[-1]
        return f"{file}:{warned['line']}: {warned['kind']}"
    if raised := _RAISED.match(line):
        return raised["kind"]
    return without_data(line)


class PlainFormatter(logging.Formatter):
    """Writes what the program itself says, and of other libraries only who and where.

    The program's own messages are made of kinds and places (`tests/test_logs.py` holds that); an exception
    among their values is written as its kind, its traceback as places.
    """

    def __init__(self) -> None:
        """Begin a line with time, level and name."""
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, and a line each place."""
        plain = logging.makeLogRecord(record.__dict__)
        plain.exc_text = plain.stack_info = None
        if record.name.partition(".")[0] != "alnreader":
            plain.msg, plain.args = f"at {Path(record.pathname).name}:{record.lineno}", None
        elif isinstance(record.args, tuple):
            plain.args = tuple(
                type(value).__name__ if isinstance(value, BaseException) else value for value in record.args
            )
        return super().format(plain)

    def formatException(self, ei: Any) -> str:
        """Return kind and places of an exception; nothing where a library tells of one that there is not."""
        if ei[0] is None:
            return ""
        return "\n".join([ei[0].__name__, *places_of(ei[2])])


class PlainStream(io.TextIOBase):
    """A standard stream of a program without console: a file that carries no names and stays small.

    Parameters
    ----------
    path
        The log. The one before is kept beside it.
    limit
        Bytes.

    Raises
    ------
    OSError
        If the file cannot be opened. Later, what cannot be written is dropped: it must never end the program.
    """

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, path: Path, limit: int = CONSOLE_BYTES) -> None:
        """Go on at the end of the file."""
        self._path, self._limit = path, limit
        self._line = ""
        self._lock = threading.RLock()
        self._file: TextIO = self._opened()

    def _opened(self) -> TextIO:
        return self._path.open("a", encoding=self.encoding, errors=self.errors, buffering=1)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Write the lines that are whole."""
        with self._lock:
            *whole, self._line = (self._line + text).split("\n")
            for line in whole:
                self._put(line)
            if len(self._line) > self._limit:
                self._line = ""
        return len(text)

    def close(self) -> None:
        """Write the line that was begun."""
        with self._lock:
            if not self.closed:
                if self._line:
                    self._put(self._line)
                with contextlib.suppress(OSError):
                    self._file.close()
        super().close()

    def _put(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._file.tell() > self._limit:
                self._file.close()
                self._path.replace(self._path.with_suffix(".old.log"))
                self._file = self._opened()
            self._file.write(plain_line(line) + "\n")
