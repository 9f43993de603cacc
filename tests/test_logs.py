"""No name reaches a log, from wherever it comes: a patient named like nothing else is put into everything."""

from __future__ import annotations

import ast
import io
import logging
import string
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alnreader.logs import _WORDS, PlainFormatter, PlainStream, chain_of, places_of, plain_line, without_data

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("QPixmap: cannot open Müller Anna 19610402", "QPixmap: cannot open … <number>"),
        ('QFile: "/data/Müller Anna/x.png" missing', "QFile: '…' missing"),
        ("Cannot open file C:\\Daten\\Müller\\1.dcm", "Cannot open file <path>"),
        ("QObject::connect(): invalid null parameter", "QObject::connect(): invalid null parameter"),
        ("QUINN^MARY", "…"),
        ("Long Page", "…"),
        ("Open Name", "Open …"),
        ("张亚萍 seen", "… seen"),
        ("", ""),
    ],
)
def test_a_message_keeps_the_words_of_a_program_alone(message: str, kept: str) -> None:
    assert without_data(message) == kept


@given(st.text(st.sampled_from(string.ascii_letters + "äöü张 '\"^/\\:.-19"), max_size=60))
def test_no_word_that_is_not_known_gets_through(text: str) -> None:
    for word in without_data(text).replace("<path>", "").replace("<number>", "").split():
        letters = "".join(letter for letter in word if letter.isalpha()).casefold()
        assert not letters or letters in _WORDS or letters.startswith("q"), (text, word)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
        ('  File "/home/mueller/alnreader/x.py", line 12, in read', '  File "x.py", line 12, in read'),
        ("alnreader.case.errors.CannotWriteError: /data/Müller: full", "CannotWriteError"),
        ("ValueError: Müller", "ValueError"),
        (
            "/lib/pydicom/valuerep.py:440: UserWarning: Invalid value 'Müller^Anna'",
            "valuerep.py:440: UserWarning",
        ),
        ("Qt: cannot find Müller", "Qt: cannot find …"),
        ("", ""),
    ],
)
def test_a_printed_line_loses_names_and_keeps_places(line: str, kept: str) -> None:
    assert plain_line(line) == kept


def logged(*records: logging.LogRecord) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlainFormatter())
    for record in records:
        handler.emit(record)
    return stream.getvalue()


def test_a_log_has_kind_and_place_of_an_error_and_no_word_of_other_libraries() -> None:
    try:
        raise ValueError("Müller Anna")
    except ValueError as error:
        info, places = sys.exc_info(), places_of(error.__traceback__)
        own = logging.LogRecord("alnreader.x", logging.ERROR, "x.py", 1, "failed: %s", (error,), info)
    other = logging.LogRecord("pydicom", logging.WARNING, "/lib/pydicom/a.py", 7, "bad %s", ("Müller",), None)
    text = logged(own, other)
    assert "ller" not in text
    assert "failed: ValueError" in text
    assert places[0].strip() in text
    assert "WARNING pydicom at a.py:7" in text
    assert own.getMessage() == "failed: Müller Anna", "other handlers see the record as it was"


def test_what_an_error_came_from_is_told_by_kind_and_place() -> None:
    def read() -> None:
        raise FileNotFoundError(2, "Müller", "/data/Müller")

    def use() -> None:
        try:
            read()
        except FileNotFoundError as error:
            raise ValueError("Müller") from error

    try:
        use()
    except ValueError as error:
        lines = chain_of(error)
    assert [line.strip().split(":")[0] for line in lines] == [
        *("test_logs.py", "test_logs.py", "caused by FileNotFoundError", "test_logs.py", "test_logs.py")
    ]
    assert "ller" not in "".join(lines)
    first, second = ValueError("Müller"), KeyError("Anna")
    first.__cause__, second.__cause__ = second, first
    assert chain_of(first) == ["caused by KeyError"], "a circle ends"


def test_a_stream_without_console_carries_no_names_and_stays_small(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    stream = PlainStream(log, limit=2000)
    for number in range(200):
        stream.write(f"Müller Anna {number}\nTraceback (most recent call last):\n")
    stream.write("ValueError: Mül")
    stream.write("ler")
    stream.close()
    stream.close()
    text = log.read_text("utf-8")
    assert "ller" not in text
    assert text.endswith("ValueError\n")
    assert log.stat().st_size < 2200
    assert log.with_suffix(".old.log").stat().st_size < 2200
    assert sorted(path.name for path in tmp_path.iterdir()) == ["console.log", "console.old.log"]


def test_everything_python_tells_by_itself_is_caught(tmp_path: Path) -> None:
    """In a process of its own: exceptions in clearing away and threads, warnings, other libraries, Qt."""
    import subprocess

    code = """
import logging, os, sys, threading, warnings
from pathlib import Path
os.environ["QT_QPA_PLATFORM"] = "offscreen"
folder = Path(sys.argv[1])
from PySide6.QtCore import QCoreApplication, qWarning
from alnreader import startup
from alnreader.gui import crash
app = QCoreApplication([])
faults, crashes = crash.watch(folder)
if len(sys.argv) > 2:
    sys.stdout = sys.stderr = None
    startup.give_streams(folder / "console.log")
class Falls:
    def __del__(self):
        raise ValueError("Mueller Anna")
Falls()
warnings.warn("Invalid value Mueller^Anna", UserWarning)
logging.getLogger("pydicom").warning("value Mueller^Anna is invalid")
logging.getLogger("alnreader.x").exception("failed")
qWarning("QPixmap: cannot open Mueller Anna")
def fall():
    raise RuntimeError("Mueller Anna")
thread = threading.Thread(target=fall)
thread.start()
thread.join()
print("Mueller Anna was read", file=sys.stderr if len(sys.argv) > 2 else open(os.devnull, "w"))
try:
    raise KeyError("Mueller Anna")
except KeyError:
    faults.take(*sys.exc_info())
sys.stderr.flush()
crash.unwatch(crashes)
assert not logging.getLogger().handlers
"""
    for more in ([], ["windowed"]):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), *more], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "Mueller" not in done.stdout + done.stderr
    files = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert set(files) == {"alnreader.log", "crash.log", "crash.txt", "console.log"}
    for text in files.values():
        assert "Mueller" not in text
        assert "Anna" not in text
    for told in (
        "ValueError in clearing away",
        "UserWarning at",
        "pydicom at",
        "QPixmap: cannot open",
        "KeyError",
    ):
        assert told in files["alnreader.log"], told


_UNWRITTEN = """
import logging, os, sys
from pathlib import Path
os.environ["QT_QPA_PLATFORM"] = "offscreen"
folder, case = Path(sys.argv[1]), sys.argv[2]
from PySide6.QtCore import QCoreApplication
from alnreader.gui import crash
app = QCoreApplication([])
if case == "no folder":
    folder.joinpath("file").write_text("")
    folder = folder / "file" / "sub"
if case == "a folder in its place":
    folder.joinpath("alnreader.log").mkdir()
faults, crashes = crash.watch(folder)
if case == "full disk":
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
other = logging.getLogger("pydicom")
other.warning("value %s is invalid", "Mueller^Anna")
other.warning("value %d is invalid", "Mueller^Anna")
other.exception("Mueller^Anna")
if case == "long":
    for _ in range(24_000):
        other.warning("Mueller^Anna")
crash.unwatch(crashes)
"""


@pytest.mark.parametrize("case", ["written", "no folder", "a folder in its place", "full disk", "long"])
def test_what_the_log_cannot_take_is_not_printed_as_it_came(case: str, tmp_path: Path) -> None:
    import subprocess

    if case == "full disk" and sys.platform == "win32":
        pytest.skip("a limit on the size of files is POSIX")
    done = subprocess.run(
        [sys.executable, "-c", _UNWRITTEN, str(tmp_path), case], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Mueller" not in done.stdout + done.stderr
    assert "Logging error" not in done.stderr
    sizes = {path.name: path.stat().st_size for path in tmp_path.glob("alnreader.log*") if path.is_file()}
    if case == "written":
        assert (tmp_path / "alnreader.log").read_text("utf-8").count("pydicom at ") == 3
    elif case == "no folder":
        assert done.stderr.count("pydicom at ") == 3
    elif case == "long":
        assert set(sizes) == {"alnreader.log", *(f"alnreader.log.{number}" for number in (1, 2))}
        assert max(sizes.values()) <= 500_000


def test_the_program_itself_logs_no_text_of_an_error() -> None:
    """What is logged is a fixed sentence with kinds, counts and places: no exception, no f-string."""
    found = []
    for path in sorted((ROOT / "alnreader").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if ast.unparse(node.func.value) not in ("_log", "log", "logging", "logger", "self._log"):
                continue
            if node.func.attr not in ("warning", "error", "critical", "exception", "info", "debug"):
                continue
            place = f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
            if node.func.attr == "exception" or not (node.args and isinstance(node.args[0], ast.Constant)):
                found.append(place)
            found += [
                place for value in node.args[1:] if ast.unparse(value) in ("error", "caught", "fault", "exc")
            ]
    assert found == []


def test_a_warning_of_this_test_run_is_still_an_error() -> None:
    with pytest.raises(UserWarning):
        warnings.warn("as pytest is told to", UserWarning, stacklevel=1)


def test_a_library_that_sets_its_own_level_says_nothing_on_the_terminal(tmp_path: Path) -> None:
    program = (
        "import logging, sys; from alnreader.cli import main; code = main(sys.argv[1:]); import pydicom; "
        "logging.getLogger('pydicom').warning('noise'); sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "pacs", "nodes", "--nodes", str(tmp_path / "none.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
