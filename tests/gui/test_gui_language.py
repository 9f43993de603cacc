"""The window in Chinese: every word of it, and the change of language while something is being read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import SIGNAL, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QTableWidget,
    QWidget,
)

from alnreader.case.assessment import Assessment, Hilum, NodeCriteria, NodeStatus
from alnreader.case.case import Case, Skipped
from alnreader.case.clock import now
from alnreader.case.language import LANGUAGES
from alnreader.case.region import RegionKind
from alnreader.gui import theme, translation
from alnreader.gui.canvas import Tool
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.pages.preferences import PreferencesPage
from alnreader.gui.panels.film import FilmStrip
from alnreader.gui.session import PatientSession

AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]
Disc = Callable[..., np.ndarray]
SLOW = 60_000

NAMES = set(
    """ALN Reader DICOM DICOMDIR DICOMweb PACS PDF JSON PNG JPEG CSV SR SEG SC CPU CUDA MPS XPU NVIDIA Apple
    Intel GPU AE Title TLS PEM IP ID UID SOP UTF GB GB18030 Latin RGB YCbCr mm px fps zip card json doi Table
    SHA GET MOVE FIND STORE Retain Patient Characteristics Option PS3 Dr Lee Lin dcm https pacs example dicom
    web US alncase Ctrl Shift Alt Esc Enter Return Backspace Delete Del Home PgUp PgDown Space Ablation CAM
    Grad HiRes Score Eigen Layer XGrad cpu""".split()  # noqa: SIM905 - a list of so many is no easier to read
)
"""Names, formats, units and keys: they are the same in every language."""

_WORD = re.compile(r"[A-Za-z]{2,}\d*")
_PATH = re.compile(r"\S*/\S*")
_CODE = re.compile(r"\b(?:doi )?10\.\d{4,}/\S+|\b[\w-]+\.(?:dcm|json|py|alncase)\b")


def foreign(text: str) -> list[str]:
    """Return the words of a text that are no Chinese and no names."""
    plain = _PATH.sub(" ", _CODE.sub(" ", text))
    return [
        word for word in _WORD.findall(plain) if word not in NAMES and word.rstrip("0123456789") not in NAMES
    ]


def texts(window: MainWindow) -> Iterator[tuple[str, str]]:
    """Everything that can be read in the window, seen or not, with where it stands."""
    for widget in [window, *window.findChildren(QWidget)]:
        if widget is window.about.table:
            continue  # names of libraries and of their licences
        where = f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for text in (
            widget.windowTitle(),
            widget.toolTip(),
            widget.statusTip(),
            widget.accessibleName(),
            widget.accessibleDescription(),
        ):
            yield where, text
        if isinstance(widget, QLabel | QAbstractButton):
            yield where, widget.text()
        if isinstance(widget, QLineEdit | QPlainTextEdit):
            yield where, widget.placeholderText()
        if isinstance(widget, QMenu):
            yield where, widget.title()
        if isinstance(widget, QProgressBar):
            yield where, widget.text()
        if isinstance(widget, QComboBox):
            for number in range(widget.count()):
                if widget.itemText(number) not in LANGUAGES.values():
                    yield where, widget.itemText(number)
        elif isinstance(widget, QTableWidget | FilmStrip):
            yield from ((where, text) for text in _cells(widget))
    for action in window.findChildren(QAction):
        yield "action", action.text()
        yield "action", action.toolTip()


def _cells(view: QAbstractItemView) -> Iterator[str]:
    model = view.model()
    root = QModelIndex()
    listed = isinstance(model, QAbstractListModel)
    for column in range(1 if listed else model.columnCount(root)):
        if not listed:
            yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        for row in range(model.rowCount(root)):
            index: QModelIndex = model.index(row, column)
            for role in (
                Qt.ItemDataRole.DisplayRole,
                Qt.ItemDataRole.ToolTipRole,
                Qt.ItemDataRole.AccessibleTextRole,
            ):
                yield str(index.data(role) or "")


def _model_words(window: MainWindow) -> list[str]:
    """What the card of the tests' model says: only the shipped card is translated."""
    model = window.controller.model
    if model is None:
        return []
    limits, sha = model.limitations, (model.sha256[:32], model.sha256[32:])
    said = (model.title, model.intended_use, model.training_data, model.citation, model.licence, model.name)
    words = [*limits, *sha, *said, model.chosen_on, model.operating_point]
    return sorted(filter(None, words), key=len, reverse=True)


def untranslated(window: MainWindow) -> list[str]:
    """Return what is said in another language, once each."""
    found = {}
    for where, text in texts(window):
        plain = text
        for quoted in _model_words(window):
            plain = plain.replace(quoted, "")
        words = foreign(plain)
        if words:
            found[text] = f"{where}: {text!r}: {' '.join(words)}"
    return list(found.values())


@pytest.fixture
def window(
    reading_controller: Controller, qapp: QApplication, qtbot: Any, tmp_path: Path
) -> Iterator[MainWindow]:
    if not qapp.styleSheet():
        theme.apply_theme(qapp, "dark")
    reading_controller.settings = dataclasses.replace(reading_controller.settings, language="zh_CN")
    window = MainWindow(reading_controller, tmp_path / "window.json")
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield window
    qtbot.waitUntil(lambda: not reading_controller.runner.busy, timeout=SLOW)
    translation.use("en")


def test_every_page_and_every_step_is_in_chinese(
    window: MainWindow, add_session: AddSession, make_case: MakeCase, disc: Disc, qtbot: Any
) -> None:
    desk = window.controller
    left: dict[str, str] = {}

    def look(where: str) -> None:
        qtbot.wait(1)
        for text in untranslated(window):
            left.setdefault(text, where)

    look("start page")
    case = make_case("Lin", images=3, cine=4)
    session = add_session(case)
    session.skipped = (Skipped("/data/a.txt", "not a DICOM file, PNG or JPEG picture"),)
    desk.session_changed.emit()
    look("regions, empty")
    key = session.current
    desk.add_region(key, disc(), RegionKind.TUMOUR)
    desk.select_image(case.images[1].key)
    desk.add_region(case.images[1].key, disc(), RegionKind.LYMPH_NODE)
    desk.select_region(0)
    for tool in Tool:
        window.stage.canvas.set_tool(tool)
        look(f"tool {tool}")
    desk.propose([case.images[2].key])
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    desk.confirm(case.images[1].key)
    for page in window.pages():
        window.go(page)
        look(type(page).__name__)
    window.back()
    criteria = NodeCriteria(cortex_mm=5.2, focal_bulge=True, hilum=Hilum.LOST)
    desk.set_first_read(Assessment(NodeStatus.SUSPICIOUS, 80, "Dr Lee", now(), criteria))
    look("first read")
    desk.lock_first_read()
    look("locked")
    desk.propose()
    look("refused")
    desk.reveal()
    look("revealed")
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    window.commands["heat"].setChecked(True)
    desk.want_maps(True)
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    look("score")
    desk.include(key, False)
    qtbot.waitUntil(lambda: session.score_full and not desk.runner.busy, timeout=SLOW)
    look("left out")
    desk.set_final_read(Assessment(NodeStatus.SUSPICIOUS, 80, "Dr Lee", now(), criteria))
    desk.sign("Dr Lee")
    look("signed")
    desk.amend("Typo")
    desk.discard_amendment()
    for page in window.pages():
        window.go(page)
        look(type(page).__name__)
    assert left == {}, "\n".join(left)


def test_a_word_that_is_forgotten_is_found(window: MainWindow) -> None:
    window.header._facts.setToolTip("Of whom the pictures are (Ctrl+O)")
    assert [text for text in untranslated(window) if "whom" in text]


def test_the_language_changes_where_one_is_and_nothing_is_lost(
    window: MainWindow, add_session: AddSession, make_case: MakeCase, disc: Disc, qtbot: Any, tmp_path: Path
) -> None:
    desk = window.controller
    case = make_case("Lin", images=2, cine=5)
    session = add_session(case)
    desk.add_region(session.current, disc(), RegionKind.TUMOUR)
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    canvas = window.stage.canvas
    window.commands[f"tool_{Tool.BRUSH}"].setChecked(True)
    window.commands["film"].setChecked(False)
    canvas.set_zoom(2.5)
    canvas.set_window(100.0, 90.0)
    canvas.set_brush_size(41.0)
    window.stage.player.seek(3)
    window.rail.open(1)
    window.rail.first_read.form.remarks.setPlainText("half a remark")
    window.pacs.name.setText("王*")
    window.deidentify.whole.setChecked(True)
    window.go(window.preferences)
    before = canvas.zoom
    listening = listeners(desk)
    page = window.preferences.language
    page.setCurrentIndex(page.findData("en"))
    page.activated.emit(page.currentIndex())
    qtbot.waitUntil(lambda: window.preferences.language is not page)

    assert window.stack.currentWidget() is window.preferences
    assert window.preferences.language.currentText() == "English"
    assert window.rail.steps.current == 1
    assert window.rail.first_read.form.remarks.toPlainText() == "half a remark"
    assert window.rail.first_read.primary.text() == "Lock the first read"
    assert (window.pacs.name.text(), window.deidentify.whole.isChecked()) == ("王*", True)
    canvas = window.stage.canvas
    assert (canvas.tool, canvas.zoom, canvas.window_level) == (Tool.BRUSH, before, (100.0, 90.0))
    assert (canvas.brush_size, window.stage.player.frame) == (41.0, 3)
    assert not window.commands["film"].isChecked()
    assert not window.film.isVisible()
    window.back()
    assert desk.session is session
    assert len(canvas.contours) == 1
    window.commands["undo"].trigger()
    assert desk.regions() == ()
    assert "Open folder" in window.commands["open_folder"].text()
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    qtbot.waitUntil(lambda: len(window.findChildren(PreferencesPage)) == 1, timeout=SLOW)
    chinese = [text for _, text in texts(window) if re.search("[\u4e00-\u9fff]", text)]
    assert chinese == []

    # Nothing that was taken down hears of what is done now.
    assert listeners(desk) == listening
    desk.add_region(session.current, disc(), RegionKind.TUMOUR)
    window.stage.player.seek(0)
    qtbot.waitUntil(lambda: len(canvas.contours) == 1, timeout=SLOW)


def listeners(desk: Controller) -> dict[str, int]:
    """Return how many listen to each of the controller's signals."""
    signals = "session_changed()", "regions_changed(PyObject)", "message(QString,QString)"
    return {signal: desk.receivers(SIGNAL(signal)) for signal in signals}


def test_a_message_of_a_room_below_is_told_in_chinese(window: MainWindow) -> None:
    window.controller.message.emit("error", "The reading is signed: open an amendment to change it.")
    assert window.status.text == "判读已签名：如需修改，请先开始修订。"
    window.controller.message.emit("caution", "The first read is not locked.")
    assert window.status.text == "首次判读未锁定。"
