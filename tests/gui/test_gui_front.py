"""The front stands before the rest of the window is made, and what comes early is obeyed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from alnreader.case.errors import ExitCode
from alnreader.gui import app as program
from alnreader.gui import theme
from alnreader.gui.controller import Controller
from alnreader.gui.frame import kept_theme
from alnreader.gui.main_window import SIZE, MainWindow
from alnreader.gui.settings import read_settings


@pytest.mark.parametrize("stands", ["frame", "front"])
def test_the_front_stands_before_anything_slow_and_takes_what_is_dropped_at_once(
    tmp_path: Path, stands: str
) -> None:
    # As the program runs it. The drop comes with the first turn of the loop after the first paint: of the
    # frame, before there is anything in it, or of the front.
    code = """
import gc, json, sys
from pathlib import Path
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from alnreader.gui import launch
from alnreader.gui.main_window import MainWindow
slow = {"numpy", "pyqtgraph", "pydicom", "torch", "transformers", "cv2", "matplotlib", "scipy", "sklearn"}
slow |= {"PIL", "reportlab", "pypdfium2", "sqlite3", "multiprocessing", "highdicom", "pynetdicom"}
slow |= {"socket", "html", "logging.handlers", "concurrent.futures.thread"}
early = {"alnreader.gui.controller", "alnreader.gui.settings", "alnreader.gui.widgets", "PySide6.QtSvg"}
told = {}
def at_once(window):
    told["stands"] = "front" if window.laid else "frame"
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(sys.argv[1])])
    where, copy, left = QPoint(60, 60), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    entered = QDragEnterEvent(where, copy, mime, left, Qt.KeyboardModifier.NoModifier)
    target = window.start.drop if window.laid else window
    QApplication.sendEvent(target, entered)
    dropped = QDropEvent(QPointF(where), copy, mime, left, Qt.KeyboardModifier.NoModifier)
    target.dropEvent(dropped)
    told["cards"] = [card.accessibleName() for card in window.start.cards]
    told["taken"] = entered.isAccepted() and dropped.isAccepted()
    window.controller.session_changed.connect(lambda: opened(window))
def opened(window):
    told["opened"] = window.windowTitle(), window.complete, window.stack.currentWidget() is window.splitter
    QTimer.singleShot(0, window, window.close)
begin = MainWindow.begin
def first_paint(window):
    if "frame" not in told:
        told["frame"] = sorted((slow | early) & set(sys.modules)), window.palette().window().color().name()
    if "slow" not in told and (window.laid or sys.argv[3] == "frame"):
        told["slow"] = sorted(slow & set(sys.modules))
        told["whole"] = window.complete
        told["collector"] = [gc.isenabled()]
        QTimer.singleShot(0, window, lambda: at_once(window))
    begin(window)
MainWindow.begin = first_paint
sys.frozen = True  # what the frozen program does at its start counts too
told["code"] = launch.main(["--settings", sys.argv[2]])
told["collector"].append(gc.isenabled())
print(json.dumps(told))
"""
    folder = tmp_path / "Wang"
    folder.mkdir()
    Image.fromarray(np.full((80, 90, 3), 90, np.uint8)).save(folder / "1.png")
    settings = tmp_path / "settings.json"
    absent = (tmp_path / "no-model").as_posix()
    kept = {"recent": [str(folder)], "model": absent, "theme": "light"}
    settings.write_text(json.dumps(kept), encoding="utf-8")
    hidden = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "DATA", "CONFIG")}
    result = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(settings), stands],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **hidden},
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["frame"] == [[], theme.tokens("light")["window"].lower()]
    assert told["stands"] == stands
    assert told["slow"] == []
    assert told["whole"] is False
    assert told["collector"] == [False, False], "no thread but the window's own ever searches for cycles"
    assert told["cards"] == ["Wang"]
    assert told["taken"] is True
    assert told["opened"] == ["Wang – ALN Reader", True, True]
    assert told["code"] == 0


@pytest.mark.parametrize(
    "content",
    [
        None,
        "{broken",
        "[]",
        "{}",
        '{"theme": "light"}',
        '{"theme": "blue"}',
        '{"theme": ["light"]}',
        "\ufeff",
        '\ufeff{"theme": "light", "version": 2, "recent": 7}',
        "[" * 100_000,
        '{"version": 99, "theme": "light"}',
    ],
)
def test_the_frame_has_the_colour_that_the_settings_will_bring(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "settings.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert kept_theme(path) == read_settings(path)[0].theme


def test_a_fault_in_laying_the_front_ends_the_program_and_is_reported(tmp_path: Path) -> None:
    code = """
import sys
from alnreader.gui import launch
from alnreader.gui.main_window import MainWindow
def fault(window):
    raise RuntimeError("no front")
MainWindow._build_front = fault
sys.exit(launch.main(["--settings", sys.argv[1]]))
"""
    hidden = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "DATA", "CONFIG")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "settings.json")],
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **hidden},
        timeout=120,
    )
    assert done.returncode == ExitCode.INTERNAL
    assert "RuntimeError" in (tmp_path / "DATA" / "alnreader" / "crash.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["worklist", "model", "device"])
def test_a_click_on_the_front_makes_what_it_leads_to(controller: Controller, qtbot: Any, name: str) -> None:
    window = MainWindow(controller, gradually=True)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    assert not window.complete
    with qtbot.waitSignal(window.furnished):
        getattr(window.header, f"{name}_clicked").emit()
    page = {"worklist": "work_list", "model": "model_page", "device": "preferences"}[name]
    assert window.stack.currentWidget() is getattr(window, page)
    window.furnish_gradually()
    assert window.complete


def test_a_window_made_in_slices_is_the_window_made_at_once(
    controller: Controller, qtbot: Any, qapp: QApplication
) -> None:
    def pictures(window: MainWindow) -> list[QImage]:
        shots = []
        for page in (window.start, *window.pages()):
            window.go(page)
            qapp.processEvents()
            shots.append(window.grab().toImage())
        window.hide()  # the next one is the active window, too
        return shots

    def names(window: MainWindow) -> list[str]:
        return [action.text() for action in window.header.menu.actions()]

    whole, sliced = MainWindow(controller), MainWindow(controller, gradually=True)
    flash = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    for window in (whole, sliced):
        qtbot.addWidget(window)
        window.resize(1366, 768)
    whole.show()
    qtbot.waitExposed(whole)
    at_once = pictures(whole)
    sliced.show()
    qtbot.waitExposed(sliced)
    with qtbot.waitSignal(sliced.furnished, timeout=60_000):
        sliced.furnish_gradually()
        assert not sliced.complete
        assert sliced.header.menu.isEmpty()
    assert names(whole) == names(sliced)
    assert whole.commands.sheet() == sliced.commands.sheet()
    same = [one == other for one, other in zip(at_once, pictures(sliced), strict=True)]
    qapp.setCursorFlashTime(flash)
    assert same == [True] * len(at_once)


def test_nothing_of_the_front_moves_while_the_rest_is_made(
    controller: Controller, qtbot: Any, qapp: QApplication
) -> None:
    window = MainWindow(controller, gradually=True)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    before = window.start.drop.geometry(), window.start.size()
    for _slice in window._rest or ():
        qapp.processEvents()
        assert (window.start.drop.geometry(), window.start.size()) == before
    window.furnish()


def test_a_window_closed_before_it_is_whole_ends_cleanly(
    controller: Controller, qtbot: Any, tmp_path: Path
) -> None:
    window = MainWindow(controller, tmp_path / "window.json", gradually=True)
    qtbot.addWidget(window)
    window.show()
    window.furnish_gradually()
    assert window.close()
    qtbot.wait(50)
    assert not hasattr(window, "stage")
    assert not (tmp_path / "window.json").exists()
    assert window.close(), "the second time, too"
    assert not window.complete


@pytest.fixture
def frame(qtbot: Any, qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    """The bare frame as the program shows it; no turn of the event loop has been yet."""
    absent = (tmp_path / "no-model").as_posix()
    (tmp_path / "settings.json").write_text(json.dumps({"model": absent}), encoding="utf-8")
    window = program.make_frame(tmp_path / "settings.json")
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    yield window
    if window.laid:
        qtbot.waitUntil(lambda: not window.controller.runner.busy, timeout=60_000)
    window.close()
    theme.apply_theme(qapp, "dark")


def test_the_bare_frame_has_size_and_title_and_then_its_front(frame: MainWindow, qtbot: Any) -> None:
    assert not frame.laid
    assert (frame.width(), frame.height(), frame.windowTitle()) == (*SIZE, "ALN Reader")
    told: list[bool] = []
    frame.begun.connect(lambda: told.append(frame.laid))
    qtbot.waitUntil(lambda: bool(told), timeout=30_000)
    assert told == [True], "once, and after the front has been painted"
    assert frame.stack.currentWidget() is frame.start
    assert not frame.complete


@pytest.mark.parametrize("painted", [False, True])
def test_a_bare_frame_that_is_closed_gets_no_front(frame: MainWindow, qtbot: Any, painted: bool) -> None:
    if painted:
        frame.repaint()
    assert frame.close()
    qtbot.wait(50)
    assert not frame.laid
    assert frame.close()


EARLY = pytest.mark.parametrize("slices", [-1, 0, 8, 9, 11])
"""Of the rest, made before the key comes: -1 is the bare frame, after 8 there are commands, and no pages."""


@EARLY
@pytest.mark.parametrize(
    ("key", "modifier", "page"),
    [
        (Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier, "shortcuts"),
        (Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, "model_page"),
    ],
)
def test_a_key_that_comes_before_the_window_is_whole_is_obeyed(
    frame: MainWindow, slices: int, key: Qt.Key, modifier: Qt.KeyboardModifier, page: str
) -> None:
    if slices >= 0:
        frame.front()
    for _slice in range(slices):
        assert frame._rest is not None
        next(frame._rest)
    assert (frame.laid, frame.complete) == (slices >= 0, False)
    assert hasattr(frame, "commands") == (slices >= 8)
    QTest.keyClick(frame.windowHandle(), key, modifier)  # as the screen sends it
    assert frame.stack.currentWidget() is getattr(frame, page)


@EARLY
@pytest.mark.parametrize("key", [Qt.Key.Key_O, Qt.Key.Key_Space])
def test_a_folder_is_asked_for_once_by_a_key_that_comes_early(
    frame: MainWindow, monkeypatch: pytest.MonkeyPatch, slices: int, key: Qt.Key
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *words: asked.append(words[1]) or "")
    if slices >= 0:
        frame.front()
    for _slice in range(slices):
        assert frame._rest is not None
        next(frame._rest)
    control = Qt.KeyboardModifier.ControlModifier
    modifier = control if key == Qt.Key.Key_O else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(frame.windowHandle(), key, modifier)  # Space presses the button that has the focus
    assert asked == ["Open folder"]


def test_a_key_that_is_let_go_makes_nothing(frame: MainWindow) -> None:
    QTest.keyRelease(frame.windowHandle(), Qt.Key.Key_Return)  # it started the program
    assert not frame.complete


def test_every_part_of_the_window_has_the_shipped_typeface_from_the_first_look(tmp_path: Path) -> None:
    # In a program of its own: here the typeface was set long ago.
    code = """
import json, sys
from pathlib import Path
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication, QWidget
from alnreader.gui.app import make_frame
app = QApplication([])
window = make_frame(Path(sys.argv[1]) / "settings.json")
window.show()
while not window.laid:
    app.processEvents()
first = {QFontInfo(part.font()).family() for part in window.findChildren(QWidget)}
window.whole()
whole = {QFontInfo(part.font()).family() for part in window.findChildren(QWidget)}
print(json.dumps([sorted(first), sorted(whole)]))
window.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CACHE_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [["Open Sans"], ["Open Sans"]]
