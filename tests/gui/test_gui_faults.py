"""A fault, a crash or a warning leaves a report without the patient, and stops nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QtMsgType
from shiboken6 import Shiboken

from alnreader.case.errors import CannotWriteError
from alnreader.gui import app as program
from alnreader.gui.crash import REPORT_BYTES, CrashReport, Faults, last_crash, report_file, start_log, unwatch
from alnreader.gui.main_window import MainWindow
from alnreader.gui.pages.aftermath import show_crash
from alnreader.paths import user_data_dir


@pytest.fixture
def window(keeping_window: MainWindow) -> MainWindow:
    return keeping_window


def test_a_fault_leaves_a_report_without_the_patient(
    window: MainWindow, tmp_path: Path, qtbot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    faults = Faults(tmp_path)
    for _ in range(50):
        try:
            raise CannotWriteError("/home/wang/XiaoDong 1960-08-13.dcm: the disk is full")
        except CannotWriteError as error:
            faults.take(type(error), error, error.__traceback__)
    text = report_file(tmp_path).read_text("utf-8")
    assert "CannotWriteError" in text
    assert "ALN Reader" in text
    assert "test_gui_faults.py" in text
    assert "wang" not in text.casefold()
    assert "1960" not in text
    assert text.count("CannotWriteError") <= 20, "a fault in a paint event must not fill the disk"
    caplog.clear()
    report = last_crash(tmp_path)
    assert report.text == text
    show_crash(window.start, window.stack, window.go, window.back, report)
    notices = window.start.findChildren(type(window.start.recovery).__mro__[1])
    assert notices
    report.put_away()
    assert last_crash(tmp_path).text == ""


def test_a_crash_of_a_library_is_found_at_the_next_start(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, ctypes; from pathlib import Path; from alnreader.gui.crash import start_log;"
        "start_log(Path(sys.argv[1])); ctypes.string_at(0)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False)
    assert done.returncode != 0
    text = last_crash(tmp_path).text
    assert "Segmentation fault" in text
    assert str(Path.home()) not in text
    assert (tmp_path / "crash.log").read_text("utf-8") == ""
    assert last_crash(tmp_path).text == text, "until it is put away"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such file")
def test_a_crash_leaves_no_picture_of_the_memory(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys, ctypes, resource; from pathlib import Path; from alnreader.gui.crash import start_log;"
        "hard = resource.getrlimit(resource.RLIMIT_CORE)[1];"
        "resource.setrlimit(resource.RLIMIT_CORE, (hard, hard));"
        "start_log(Path(sys.argv[1]));"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0], flush=True); ctypes.string_at(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "log")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout.strip() == "0"
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Fatal Python error: Segmentation fault", None),
        ("Thread 0x00007f535644e6c0 (most recent call first):", None),
        ("Thread 0x00007f535644e6c0 [Wang Anna] (most recent call first):", "Thread 0x00007f535644e6c0 (m"),
        ('  File "/home/Wang/x/thread.py", line 81 in _worker', '  File "thread.py", line 81 in _worker'),
        ('  File "C:\\Wang\\thread.py", line 81 in <lambda>', '  File "thread.py", line 81 in <lambda>'),
        ('  File "/home/Wang/x/thread.py", line 81, /data/Wang', ""),
        ("Extension modules: shiboken6.Shiboken, numpy.linalg", None),
        ("free(): invalid pointer of Wang", "invalid pointer of"),
    ],
)
def test_what_faulthandler_writes_is_held_to_its_forms(line: str, told: str | None, tmp_path: Path) -> None:
    (tmp_path / "crash.log").write_text(line, "utf-8")
    text = last_crash(tmp_path).text
    assert "Wang" not in text
    assert (line if told is None else told) in text


def test_a_report_stays_short_and_one_without_end_stops_no_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    report_file(tmp_path).write_text("old\n" + "x" * REPORT_BYTES, "utf-8")
    faults = Faults(tmp_path)
    faults.take(KeyError, KeyError("Wang"), None)
    caplog.clear()
    text = last_crash(tmp_path).text
    assert "KeyError" in text
    assert "old" not in text
    assert report_file(tmp_path).with_suffix(".old.txt").read_text("utf-8").startswith("old")
    for path in (report_file(tmp_path), tmp_path / "crash.log"):
        with path.open("wb") as file:
            file.truncate(1 << 40)
    assert len(last_crash(tmp_path).text) <= 2 * REPORT_BYTES
    assert (tmp_path / "crash.log").stat().st_size == 0
    for path in (report_file(tmp_path), tmp_path / "crash.log"):
        path.unlink()
        path.mkdir()
    assert last_crash(tmp_path).text == ""


def test_warnings_of_qt_go_to_the_log(caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    class Context:
        category = "qt.widgets"

    Faults().take_from_qt(QtMsgType.QtWarningMsg, Context(), "odd geometry of 'Wang'")  # type: ignore[arg-type]
    Faults().take_from_qt(QtMsgType.QtDebugMsg, Context(), "nothing")  # type: ignore[arg-type]
    assert "odd geometry" in caplog.text
    assert "Wang" not in caplog.text
    assert "nothing" not in caplog.text
    caplog.clear()


def test_a_fault_is_kept_without_terminal_and_at_the_very_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Context:
        category = "qt.widgets"

    gone = (tmp_path / "terminal").open("w", encoding="utf-8")
    gone.close()
    monkeypatch.setattr(sys, "stderr", gone)
    faults = Faults(tmp_path)
    faults.take_from_qt(QtMsgType.QtCriticalMsg, Context(), "out of memory")  # type: ignore[arg-type]
    Shiboken.delete(faults)
    faults.take(KeyError, KeyError("Wang"), None)
    text = report_file(tmp_path).read_text("utf-8")
    assert "out of memory" in text
    assert "KeyError" in text
    assert "Wang" not in text
    caplog.clear()


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", "utf-8")
    assert start_log(tmp_path / "x" / "y") is None
    unwatch(None)
    assert isinstance(last_crash(tmp_path / "x" / "y"), CrashReport)


def test_data_lies_where_qt_would_put_it(qapp: Any) -> None:
    from PySide6.QtCore import QStandardPaths

    name = qapp.applicationName()
    qapp.setApplicationName(program.APP_ID)
    qapp.setOrganizationName("")
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    qapp.setApplicationName(name)
    assert user_data_dir() == Path(place)
    assert os.environ.get("HOME") is not None
