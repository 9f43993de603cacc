"""What the window says of itself is true: keys in tool tips, the height of fields, where a dialog begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.region import RegionKind
from alnreader.gui import theme
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.panels import sign as sign_panel
from alnreader.gui.session import PatientSession

AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]

KEY = r"(?:(?:Ctrl|Shift|Alt)\+)*(?:[A-Z0-9.,?]|F\d+|Del|Backspace|Return|Esc|Home|PgUp|PgDown)"
KEY_IN_TIP = re.compile(rf"\(({KEY}(?:, {KEY})*)\)")
OWN_KEYS = ("Open patient (Return)",)
"""Keys that a page takes itself, in the tool tips of its buttons."""


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


def reveal(controller: Controller, qtbot: Any) -> PatientSession:
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    controller.reveal()
    session = controller.session
    assert session is not None
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    return session


def words_of(text: str) -> set[str]:
    """The beginnings of the words that say something."""
    return {word[:4] for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 2} - {"the", "this"}


def test_each_key_in_a_tool_tip_does_what_the_tip_says(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase, disc: Any
) -> None:
    session = add_session(make_case(images=2, cine=4))
    controller.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    controller.select_region(0)
    by_key: dict[str, str] = {}
    for action in window.commands._actions.values():
        for key in action.shortcuts():
            by_key[key.toString(QKeySequence.SequenceFormat.NativeText)] = action.text()
    assert by_key["H"] == "Fill holes"
    wrong, seen = [], 0
    for widget in window.findChildren(QWidget):
        tip = widget.toolTip()
        match = None if tip in OWN_KEYS else KEY_IN_TIP.search(tip)
        for key in match.group(1).split(", ") if match else ():
            seen += 1
            if key not in by_key or not words_of(by_key[key]) & words_of(tip + widget.accessibleName()):
                wrong.append((tip, by_key.get(key)))
    assert seen > 30
    assert wrong == []
    assert window.rail.score.show_maps.toolTip().endswith("(Shift+H)")


def test_a_region_s_row_names_the_window_s_keys_only_while_it_is_chosen(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase, disc: Any,
    qtbot: Any,
) -> None:  # fmt: skip
    session = add_session(make_case())
    controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    controller.add_region(session.current, disc(y=100), RegionKind.LYMPH_NODE)
    controller.select_region(1)
    other, chosen = window.rail.regions.rows
    assert chosen.confirm.toolTip() == "Confirm this region (A)"
    assert chosen.reject.toolTip().startswith("Reject this region (Del")
    assert other.confirm.toolTip() == "Confirm this region"
    assert other.reject.toolTip() == "Reject this region"
    assert "caliper" in chosen.measured.toolTip()
    assert "caliper" not in other.measured.toolTip()
    window.stage.canvas.setFocus()
    qtbot.keyClick(window.stage.canvas, Qt.Key.Key_Delete)
    assert [region.kind for region in session.case.regions_of(session.current)] == [RegionKind.TUMOUR]


def test_the_remarks_have_their_height(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    window.resize(1366, 768)
    add_session(make_case(images=1))
    window.rail.open(1)

    def check(remarks: QPlainTextEdit) -> None:
        remarks.setPlainText("one\ntwo\nthree")
        QApplication.processEvents()
        assert remarks.isVisible()
        wanted = remarks.document().size().height() * remarks.fontMetrics().lineSpacing()
        assert remarks.viewport().height() >= wanted, "a line is cut"

    check(window.rail.first_read.form.remarks)
    reveal(controller, qtbot)
    window.rail.open(3)
    window.rail.sign.change.setChecked(True)
    check(window.rail.sign.form.remarks)


def test_an_export_begins_in_a_folder_that_is_there(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []
    monkeypatch.setattr(sign_panel, "ask_folder", lambda _parent, _title, begin: begun.append(begin))
    documents, home = tmp_path / "Documents", tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(Path, "home", staticmethod(lambda: home))
    monkeypatch.setattr(QStandardPaths, "writableLocation", staticmethod(lambda _kind: str(documents)))
    sign = window.rail.sign
    sign.folder_chooser()
    documents.mkdir()
    sign.folder_chooser()
    gone, written = tmp_path / "gone", tmp_path / "written"
    sign._exports[7] = [gone / "a.pdf"]
    sign.folder_chooser()
    written.mkdir()
    sign._exports[8] = [written / "a.pdf"]
    sign.folder_chooser()
    assert begun == [home, documents, documents, written]


def test_what_the_protocol_refuses_is_a_passing_caution_and_goes_with_the_next_step(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase, disc: Any,
    qtbot: Any,
) -> None:  # fmt: skip
    session = add_session(make_case(images=1))
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    refusal = "The first read is locked: unlock it to change regions or images."
    controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    assert not window.fault.isVisible()
    assert window.status.text == refusal
    controller.message.emit("error", "The disk is full.")
    controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    assert window.fault.text == "The disk is full."
    assert window.status.text == refusal
    controller.reveal()
    assert window.status.text != refusal
    assert window.fault.isVisible(), "an error is true after the step too"
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
