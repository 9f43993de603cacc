"""Traps of Windows, tried with the values that Windows gives."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alnreader import startup
from alnreader.logs import CONSOLE_BYTES

ROOT = Path(__file__).resolve().parents[2]
NAME = "王小明 的 文件"


def test_a_program_without_console_writes_into_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    log = tmp_path / NAME / "console.log"
    startup.give_streams(log)
    sys.stdout.write("王小明: a line\n")
    sys.stderr.write("a fault\n")
    sys.stderr.close()
    assert log.read_text(encoding="utf-8") == "… a line\na fault\n", "a log carries no names"


def test_a_stream_that_is_there_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.StringIO()
    monkeypatch.setattr(sys, "stdout", kept)
    monkeypatch.setattr(sys, "stderr", None)
    startup.give_streams(tmp_path / "console.log")
    assert sys.stdout is kept
    assert sys.stderr is not None
    sys.stderr.close()


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    startup.give_streams(tmp_path / "file" / "console.log")
    sys.stdout.write("lost, and nobody minds\n")
    sys.stdout.close()


def test_a_long_log_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "console.log"
    log.write_text("x" * (CONSOLE_BYTES + 1))
    monkeypatch.setattr(sys, "stderr", None)
    startup.give_streams(log)
    sys.stderr.write("new\n")
    sys.stderr.close()
    assert log.read_text() == "new\n"


def test_torchs_base_library_is_loaded_before_qt(tmp_path: Path) -> None:
    (tmp_path / "c10.dll").write_bytes(b"")
    loaded: list[str] = []
    assert startup.load_torch_runtime(loaded.append, tmp_path) == ""
    assert loaded == [str(tmp_path / "c10.dll")]


def test_nothing_is_loaded_where_there_is_no_such_library(tmp_path: Path) -> None:
    def refuse(path: str) -> None:
        raise AssertionError(path)

    assert startup.load_torch_runtime(refuse, tmp_path) == ""


def test_finding_torchs_folder_does_not_import_it() -> None:
    code = "import sys; from alnreader import startup; startup.load_torch_runtime()\n"
    code += "print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


class NotFoundError(OSError):
    winerror = 126


class InitialisationError(OSError):
    winerror = 1114


def failing(error: OSError, folder: Path) -> str:
    (folder / "c10.dll").write_bytes(b"")

    def load(path: str) -> None:
        raise error

    return startup.load_torch_runtime(load, folder)


def test_a_missing_runtime_is_told_with_where_it_is_had(tmp_path: Path) -> None:
    reason = failing(NotFoundError("The specified module could not be found"), tmp_path)
    assert "Visual C++ runtime is missing" in reason
    assert startup.RUNTIME_LINK in reason
    assert "start ALN Reader again" in reason


def test_another_fault_of_the_library_names_it(tmp_path: Path) -> None:
    reason = failing(
        InitialisationError("A dynamic link library (DLL) initialization routine failed"), tmp_path
    )
    assert "initialization routine failed" in reason
    assert str(tmp_path / "c10.dll") in reason


@pytest.mark.parametrize("order", [("torch", "PySide6.QtWidgets"), ("PySide6.QtWidgets", "torch")])
def test_torch_and_qt_live_together_in_either_order(order: tuple[str, str]) -> None:
    code = f"""
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
import {order[0]}, {order[1]}
application = PySide6.QtWidgets.QApplication([])
assert float((torch.eye(64) @ torch.eye(64)).sum()) == 64
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


DEEP = "\\".join(["一个很长的文件夹名称" * 3] * 10)


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        (f"C:\\{DEEP}", f"\\\\?\\C:\\{DEEP}"),
        (f"C:/{DEEP}/a.dcm", f"\\\\?\\C:\\{DEEP}\\a.dcm"),
        (f"\\\\server\\share\\{DEEP}", f"\\\\?\\UNC\\server\\share\\{DEEP}"),
        (f"\\\\?\\C:\\{DEEP}", f"\\\\?\\C:\\{DEEP}"),
        (f"C:\\Users\\{NAME}\\a.dcm", f"C:\\Users\\{NAME}\\a.dcm"),
        (DEEP, DEEP),
        ("--report", "--report"),
    ],
)
def test_long_paths_open(path: str, opened: str) -> None:
    assert startup.long_path(path, windows=True) == opened
    assert startup.long_path(path, windows=False) == path


@given(st.text(max_size=600))
def test_a_path_is_made_long_once(path: str) -> None:
    once = startup.long_path(path, windows=True)
    assert startup.long_path(once, windows=True) == once
    assert len(path) >= startup.MAX_PATH or once == path


def test_every_argument_is_looked_at() -> None:
    deep = f"C:\\{DEEP}"
    assert startup.long_arguments(["read", deep], windows=True) == ["read", f"\\\\?\\{deep}"]


def test_the_manifest_asks_for_long_paths_utf8_and_sharp_windows() -> None:
    tree = ET.parse(ROOT / "packaging" / "windows" / "alnreader.manifest")
    told = {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in tree.iter()}
    assert told["longPathAware"] == "true"
    assert told["activeCodePage"] == "UTF-8"
    assert told["dpiAwareness"].startswith("PerMonitorV2")
    level = next(element for element in tree.iter() if element.tag.endswith("requestedExecutionLevel"))
    assert level.attrib["level"] == "asInvoker"


PROGRAM = """
import importlib.util, sys
sys.argv = [sys.argv[2], *sys.argv[3:]]
spec = importlib.util.spec_from_file_location("program", {file!r})
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)
sys.exit(program.main())
"""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("/usr/bin/alnreader", "alnreader 0"),
        ("/opt/x/alnreader-gui", "ALN Reader 0"),
        ("alnreader-gui.exe", "ALN R"),
    ],
)
def test_the_program_is_what_its_name_says(name: str, says: str) -> None:
    code = PROGRAM.format(file=str(ROOT / "packaging" / "frozen" / "program.py"))
    done = subprocess.run(
        [sys.executable, "-c", code, "-", name, "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith(says), done.stdout + done.stderr


FILE_OPENED = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer, QUrl
from PySide6.QtGui import QFileOpenEvent
from alnreader.gui import launch
from alnreader.gui.main_window import MainWindow
def send(window):
    event = QFileOpenEvent(QUrl.fromLocalFile(sys.argv[1]))
    QCoreApplication.sendEvent(QCoreApplication.instance(), event)  # only the frame stands
    window.controller.session_changed.connect(lambda: seen(window))
def seen(window):
    print(json.dumps(window.windowTitle()))
    QTimer.singleShot(0, window, window.close)
begin = MainWindow.begin
def first_paint(window):
    if not window.laid:
        QTimer.singleShot(0, window, lambda: send(window))
    begin(window)
MainWindow.begin = first_paint
sys.exit(launch.main(["--settings", sys.argv[2]]))
"""


def test_what_finder_opens_is_opened(tmp_path: Path) -> None:
    # macOS names a file that was clicked in an event, not on the command line.
    folder = tmp_path / "王 小明"
    folder.mkdir()
    Image.fromarray(np.full((80, 90, 3), 90, np.uint8)).save(folder / "1.png")
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"model": (tmp_path / "no-model").as_posix()}), encoding="utf-8")
    hidden = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "DATA", "CONFIG")}
    done = subprocess.run(
        [sys.executable, "-c", FILE_OPENED, str(folder), str(settings)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **hidden},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]).startswith("王 小明")
