"""The window with real widgets: opening, keys, what is hidden, errors, and its end."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.region import RegionKind
from alnreader.gui import app as program
from alnreader.gui import launch, theme
from alnreader.gui.controller import Controller
from alnreader.gui.crash import Faults
from alnreader.gui.kept_layout import KeptLayout, read_layout
from alnreader.gui.machine import KnownMachine, MachineUnavailableError
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession
from alnreader.gui.settings import Settings

AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]


@pytest.fixture
def window(controller: Controller, qapp: QApplication, qtbot: Any, tmp_path: Path) -> Iterator[MainWindow]:
    if not qapp.styleSheet():
        theme.apply_theme(qapp, "dark")
    window = MainWindow(controller, tmp_path / "window.json")
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
    again = MainWindow(controller, tmp_path / "window.json")
    qtbot.addWidget(again)
    assert not again.commands["film"].isChecked()
    again.show()
    again.commands["film"].setChecked(True)
    assert again.splitter.sizes()[2] == pytest.approx(sizes[2], abs=3)


@pytest.mark.parametrize(
    "content",
    [
        b'{"geometry": "hello", "splitter": ["a"], "hidden": "film"}',
        b'{"geometry": "AAAA", "splitter": "//8=", "hidden": [[], 7, "other"]}',
        b"[" * 5000,
        b"[1]",
        bytes(range(256)) * 40,
    ],
)
def test_a_broken_layout_costs_the_layout_alone(
    content: bytes, controller: Controller, qtbot: Any, tmp_path: Path
) -> None:
    (tmp_path / "window.json").write_bytes(content)
    window = MainWindow(controller, tmp_path / "window.json")
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.restore_parts()
    assert window.commands["film"].isChecked()
    window._save_layout()
    assert read_layout(tmp_path / "window.json").geometry == window.saveGeometry().data()


def test_a_layout_file_runs_nothing(tmp_path: Path, controller: Controller, qtbot: Any) -> None:
    """What Qt's own settings take for a Python object, and unpickle, is text here."""
    value = (
        "@Variant(\\0\\0\\0\\x7f\\0\\0\\0\\x18PySide::PyObjectWrapper\\0\\0\\0\\0\\x14"
        "\\x80\\x4\\x95\\t\\0\\0\\0\\0\\0\\0\\0\\x8f\\x94(K\\x1K\\x2\\x90.)"
    )
    for name in ("window.json", "window.ini"):
        (tmp_path / name).write_text(f"[General]\ngeometry={value}\nsplitter={value}\n", "utf-8")
    assert QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat).value("geometry") == {1, 2}
    window = MainWindow(controller, tmp_path / "window.json")
    qtbot.addWidget(window)
    assert read_layout(tmp_path / "window.json") == KeptLayout()


def test_a_layout_that_cannot_be_kept_stops_nothing(
    window: MainWindow, add_session: AddSession, make_case: MakeCase, tmp_path: Path
) -> None:
    add_session(make_case())
    (tmp_path / "window.json").unlink(missing_ok=True)
    (tmp_path / "window.json").mkdir()
    window._save_layout()
    assert (tmp_path / "window.json").is_dir()


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
