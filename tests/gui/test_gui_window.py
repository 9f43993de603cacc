"""The window with real widgets: opening, keys, what is hidden, errors, and its end."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.errors import ExitCode
from alnreader.case.region import RegionKind
from alnreader.gui import app as program
from alnreader.gui import launch, theme
from alnreader.gui.controller import Controller
from alnreader.gui.crash import Faults
from alnreader.gui.frame import kept_theme
from alnreader.gui.machine import KnownMachine, MachineUnavailableError
from alnreader.gui.main_window import SIZE, MainWindow
from alnreader.gui.session import PatientSession
from alnreader.gui.settings import Settings, read_settings

AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]


@pytest.fixture
def window(controller: Controller, qapp: QApplication, qtbot: Any, tmp_path: Path) -> Iterator[MainWindow]:
    if not qapp.styleSheet():
        theme.apply_theme(qapp, "dark")
    window = MainWindow(controller, tmp_path / "window.ini")
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield window
    qtbot.waitUntil(lambda: not controller.runner.busy)


def all_words(window: QWidget) -> str:
    """Everything that can be read in the window, tool tips and accessible texts included."""
    parts = [window.windowTitle()]
    for widget in [window, *window.findChildren(QWidget)]:
        parts += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
        if isinstance(widget, QLabel):
            parts.append(widget.text())
    return "\n".join(parts)


def test_start_page_then_picture_then_start_page(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase
) -> None:
    assert window.stack.currentWidget() is window.start
    assert window.windowTitle() == "ALN Reader"
    add_session(make_case("Lin"))
    assert window.stack.currentWidget() is window.splitter
    assert window.windowTitle().startswith("Lin")
    assert "Lin" in window.header.text
    controller.close_session()
    assert window.stack.currentWidget() is window.start
    assert "Lin" not in all_words(window)


def test_dropped_folder_is_opened(
    window: MainWindow, controller: Controller, qtbot: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "Frau Müller"
    folder.mkdir()
    Image.fromarray(np.full((80, 90, 3), 90, np.uint8)).save(folder / "1.png")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    event = QDropEvent(
        QPointF(40, 40),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)  # Qt sends one to a widget only out of a drag that the screen has begun
    qtbot.waitUntil(lambda: controller.session is not None, timeout=30_000)
    assert window.stack.currentWidget() is window.splitter
    assert controller.settings.recent[0] == str(folder)
    qtbot.waitUntil(lambda: window.stage.canvas.ready)


def test_folder_without_pictures_is_an_error_that_can_be_closed(
    window: MainWindow, controller: Controller, qtbot: Any, tmp_path: Path
) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "notes.txt").write_text("nothing", encoding="utf-8")
    controller.open_paths([tmp_path / "x"])
    qtbot.waitUntil(window.fault.isVisible, timeout=30_000)
    assert "No ultrasound image" in window.fault.text
    assert window.stack.currentWidget() is window.start


@pytest.mark.parametrize(
    ("key", "modifier", "page"),
    [
        (Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier, "shortcuts"),
        (Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier, "work_list"),
        (Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier, "preferences"),
        (Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, "model_page"),
    ],
)
def test_keys_open_pages_and_escape_leads_back(
    window: MainWindow,
    add_session: AddSession,
    make_case: MakeCase,
    qtbot: Any,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
    page: str,
) -> None:
    add_session(make_case())
    window.activateWindow()
    qtbot.keyClick(window, key, modifier)
    assert window.stack.currentWidget() is getattr(window, page)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.stack.currentWidget() is window.splitter


def test_one_key_collapses_each_panel_and_all(
    window: MainWindow, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    add_session(make_case())
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert (window.film.isVisible(), window.rail.isVisible()) == (False, True)
    qtbot.keyClick(window, Qt.Key.Key_F7)
    assert not window.rail.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F7)
    qtbot.keyClick(window, Qt.Key.Key_F)
    folded = (window.film, window.rail)
    assert not any(widget.isVisible() for widget in folded)
    assert window.stage.canvas.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    # The film strip was folded before, and stays so.
    assert [widget.isVisible() for widget in folded] == [False, True]


def test_a_letter_typed_into_a_field_is_no_command(
    window: MainWindow, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    add_session(make_case())
    window.go(window.preferences)
    field = window.preferences.site
    field.setFocus()
    qtbot.keyClicks(field, "fbe")
    assert field.text() == "fbe"
    assert not window.commands["alone"].isChecked()


def test_every_key_belongs_to_one_command(window: MainWindow) -> None:
    with pytest.raises(ValueError, match="belongs to"):
        window.commands.add("again", "Cases", "Again", ["Ctrl+O"], lambda: None)


def test_every_command_has_a_key_or_stands_in_the_menu(window: MainWindow) -> None:
    rows = [row for rows in window.commands.sheet().values() for row in rows]
    assert len(rows) > 50
    assert all(row.keys and row.text for row in rows)
    shown = [action.menu() for action in window.header.menu.actions()]
    assert sum(len(menu.actions()) for menu in shown if menu is not None) > 40


def test_drawing_adds_a_region_and_undo_takes_it(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    session = add_session(make_case())
    stage = window.stage
    qtbot.waitUntil(lambda: stage.canvas.ready)
    qtbot.keyClick(window, Qt.Key.Key_L)
    corners = [(60, 50), (110, 50), (110, 90), (60, 90)]
    spots = [stage.canvas.to_widget((float(x), float(y))).toPoint() for x, y in corners]
    qtbot.mousePress(stage.canvas, Qt.MouseButton.LeftButton, pos=spots[0])
    for spot in spots[1:]:
        qtbot.mouseMove(stage.canvas, spot)
    qtbot.mouseRelease(stage.canvas, Qt.MouseButton.LeftButton, pos=spots[-1])
    regions = session.case.regions_of(session.current)
    assert [region.kind for region in regions] == [RegionKind.TUMOUR]
    assert regions[0].mask[70, 80]
    assert not regions[0].mask[20, 20]
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert session.case.regions_of(session.current)[0].kind is RegionKind.LYMPH_NODE
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.case.regions_of(session.current) == ()


def test_a_frame_drawn_on_becomes_the_one_that_is_read(
    window: MainWindow,
    controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    qtbot: Any,
    disc: Any,
) -> None:
    session = add_session(make_case(cine=5))
    qtbot.waitUntil(lambda: window.stage.canvas.ready)
    assert window.stage.cine.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: window.stage.canvas.image.key.frame == 2)
    assert session.current.frame == 1
    window.stage.canvas.region_drawn.emit(disc(), RegionKind.TUMOUR)
    assert session.current.frame == 2
    assert len(session.case.regions_of(session.current)) == 1


def test_score_is_nowhere_before_the_reveal(
    window: MainWindow,
    controller: Controller,
    machine: Any,
    add_session: AddSession,
    make_case: MakeCase,
    qtbot: Any,
    disc: Any,
) -> None:
    controller.machine = machine
    session = add_session(make_case())
    controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    assert window.rail.steps.current == 2
    controller.reveal()
    qtbot.waitUntil(lambda: session.visible_score is not None and session.score_full, timeout=30_000)
    score = session.score
    assert score is not None
    scale = window.rail.score.scale
    assert scale.probability == score.probability
    shown = scale.accessibleDescription()
    assert shown
    assert shown in all_words(window)
    # The same reading, as it was before: the number must go from every place.
    session.human = type(session.human)(mode=session.human.mode)
    controller.enter(session)
    window.go(window.work_list)
    assert shown not in all_words(window)
    assert scale.probability is None or not scale.isVisible()
    assert f"{100 * score.probability:.0f} %," not in all_words(window)


def test_two_patients_never_mix(
    window: MainWindow,
    controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    qtbot: Any,
    disc: Any,
) -> None:
    first = add_session(make_case("Anna"))
    controller.add_region(first.current, disc(), RegionKind.TUMOUR)
    add_session(make_case("Berta"))
    assert "Anna" not in window.header.text
    window.go(window.work_list)
    assert window.work_list.table.rowCount() == 2
    window.back()
    assert controller.regions() == ()
    assert window.commands["undo"].isEnabled() is False
    controller.open_session(0)
    assert "Anna" in window.windowTitle()
    assert len(controller.regions()) == 1


def test_theme_is_changed_by_key_and_saved(
    window: MainWindow, controller: Controller, qtbot: Any, tmp_path: Path, qapp: QApplication
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert theme.current_theme() == "light"
    assert json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))["theme"] == "light"
    theme.apply_theme(qapp, "dark")


def test_layout_is_remembered(
    window: MainWindow,
    controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    qtbot: Any,
    tmp_path: Path,
) -> None:
    add_session(make_case())
    window.splitter.setSizes([200, 700, 450])
    sizes = window.splitter.sizes()
    window.commands["film"].setChecked(False)
    window._save_layout()
    again = MainWindow(controller, tmp_path / "window.ini")
    qtbot.addWidget(again)
    assert not again.commands["film"].isChecked()
    again.show()
    again.commands["film"].setChecked(True)
    assert again.splitter.sizes()[2] == pytest.approx(sizes[2], abs=3)


def test_closing_during_work_ends_every_thread(controller: Controller, qtbot: Any) -> None:
    window = MainWindow(controller)
    qtbot.addWidget(window)
    window.show()
    began = threading.Event()

    def work(task: Any) -> None:
        began.set()
        while not task.cancel_token.cancelled:
            threading.Event().wait(0.01)
        task.cancel_token.check()

    delivered: list[object] = []
    controller.submit("files", "slow", work, lambda result, error: delivered.append(result), "Working")
    assert began.wait(10)
    assert window.close()
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("alnreader")]
    assert names == []
    assert delivered == []


def test_fault_goes_to_the_log_without_the_patient(
    window: MainWindow, qtbot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    faults = Faults()
    faults.happened.connect(lambda kind: window.tell("error", f"A fault of the program ({kind})."))
    try:
        raise KeyError("Wang, XiaoDong 1960-08-13")
    except KeyError as error:
        faults.take(type(error), error, error.__traceback__)
    assert "KeyError" in caplog.text
    assert "test_gui_window.py" in caplog.text
    assert "Wang" not in caplog.text
    assert window.fault.isVisible()
    assert "Wang" not in window.fault.text
    caplog.clear()


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
    window = MainWindow(controller, tmp_path / "window.ini", gradually=True)
    qtbot.addWidget(window)
    window.show()
    window.furnish_gradually()
    assert window.close()
    qtbot.wait(50)
    assert not hasattr(window, "stage")
    assert not (tmp_path / "window.ini").exists()
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


def test_named_paths_are_opened_and_broken_settings_do_no_harm(
    qtbot: Any, tmp_path: Path, qapp: QApplication
) -> None:
    (tmp_path / "settings.json").write_text("{broken", encoding="utf-8")
    window = program.make_window(tmp_path / "settings.json")
    qtbot.addWidget(window)
    assert window.controller.settings == Settings()
    window.close()
    options = launch.parser().parse_args(["a", "b", "--settings", "c"])
    assert options.paths == [Path("a"), Path("b")]


def test_files_of_which_none_can_be_read_are_listed_each_with_its_reason(
    window: MainWindow, controller: Controller, qtbot: Any, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.png"):
        (tmp_path / name).write_text("no picture", encoding="utf-8")
    assert window.commands["skipped"].isEnabled()
    with qtbot.waitSignal(controller.message, timeout=20_000):
        controller.open_paths([tmp_path / "a.txt", tmp_path / "b.png"])
    assert window.stack.currentWidget() is window.skipped
    table = window.skipped.table
    assert {Path(table.item(row, 0).text()).name for row in range(table.rowCount())} == {"a.txt", "b.png"}
    assert all(table.item(row, 1).text() for row in range(2))
    assert "the list says why" in window.fault.text
    window.back()
    window.commands["skipped"].trigger()
    assert table.isVisible()


def test_more_than_one_patient_leads_to_the_work_list(
    window: MainWindow, controller: Controller, qtbot: Any, tmp_path: Path
) -> None:
    for number, name in enumerate(("Lin", "Wang")):
        (tmp_path / "in" / name).mkdir(parents=True)
        picture = np.full((80, 90, 3), 90 + number, np.uint8)
        Image.fromarray(picture).save(tmp_path / "in" / name / "1.png")
    with qtbot.waitSignal(controller.message, timeout=20_000):
        controller.open_paths([tmp_path / "in"])
    assert "2 patients were found" in window.status.text
    assert window.stack.currentWidget() is window.work_list
    assert window.work_list.table.rowCount() == 2


def test_model_device_banner_and_stop_are_seen_beside_the_canvas_alone(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    assert window.header._device.isVisible()
    assert window.header._device.text() == "CPU"
    controller.settings = dataclasses.replace(controller.settings, device="auto")
    controller.model_changed.emit()
    assert window.header._device.text() == "no model loaded yet"
    add_session(make_case("Lin"))
    window.commands["alone"].trigger()
    assert not window.film.isVisible()
    assert not window.rail.isVisible()
    assert window.header._model.isVisible()
    assert window.header._device.isVisible()
    go_on = threading.Event()
    controller.submit("files", "held", lambda task: go_on.wait(60), lambda result, error: None, "Held up")
    assert window.status._stop.isVisible()
    window.status._stop.click()
    go_on.set()
    qtbot.waitUntil(lambda: not window.status._stop.isVisible())
    tall = window.header.height()
    window.commands["alone"].trigger()
    assert window.header.height() > tall
    assert window.rail.isVisible()


def test_without_a_network_nothing_is_offered_that_needs_it(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    add_session(make_case(images=1))
    panel, commands = window.rail.regions, window.commands
    assert panel.propose.isEnabled()
    controller.machine_fails(MachineUnavailableError("The network cannot run on this computer."))
    assert panel.empty.text() == "Nothing is outlined on this image: draw with the tools."
    assert panel.primary.text() == "Continue"
    for part in (panel.propose, panel.box, *(commands[n] for n in ("propose", "propose_all", "tool_box"))):
        assert not part.isEnabled()
        assert "cannot run" in part.toolTip()
    assert commands["tool_brush"].isEnabled()
    assert window.header._device.text() == "no device in use"
    controller.machine_is(KnownMachine(controller.model, "cpu"))
    assert panel.propose.isEnabled()
    assert "cannot run" not in panel.propose.toolTip()
    assert commands["propose"].isEnabled()
