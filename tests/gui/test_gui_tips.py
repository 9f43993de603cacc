"""What a file says is never taken for markup: not in a tool tip, not in a question."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import Qt, QTextDocument
from PySide6.QtWidgets import QLabel, QTableWidget, QWidget

from alnreader.case.case import Case, Skipped
from alnreader.case.patient import Patient, PersonName
from alnreader.case.protocol import HumanReading
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession
from alnreader.gui.widgets import ElidedLabel, plain_tip
from alnreader.gui.widgets.table import fill_table, text_table

EVIL = "<img src='file:///etc/x.png'><b>Evil</b> & Sons <h1>A</h1>"
GUI = Path(__file__).resolve().parents[2] / "alnreader" / "gui"


def shown(tip: str) -> str:
    """Return what Qt would show of a tool tip."""
    if not Qt.mightBeRichText(tip):
        return tip
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText()


@pytest.mark.parametrize(
    "text",
    [EVIL, "plain", "1 < 2 & 3 > 2", "a &lt; b", "two\n<b>lines</b>", "", "<Müller>", "<b>x</b>\n  y  z"],
)
def test_a_tip_shows_a_text_as_it_is(text: str, qapp: Any) -> None:
    assert shown(plain_tip(text)) == text
    assert "<img" not in plain_tip(text).replace(text, "") or text != EVIL


def test_what_is_cut_off_and_what_stands_in_a_table_is_plain(qtbot: Any) -> None:
    label = ElidedLabel(EVIL)
    qtbot.addWidget(label)
    label.resize(40, 20)
    label.show()
    assert label.toolTip()
    assert shown(label.toolTip()) == EVIL
    table = text_table("name", ["a"])
    qtbot.addWidget(table)
    fill_table(table, [[EVIL]], tips=True)
    item = table.item(0, 0)
    assert item is not None
    assert shown(item.toolTip()) == EVIL


def rich_tips(window: QWidget) -> list[str]:
    """Every text in a window that Qt would take for markup of a file's."""
    texts = []
    for widget in (window, *window.findChildren(QWidget)):
        texts += [widget.toolTip(), widget.whatsThis(), widget.statusTip()]
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            texts.append(widget.text())
        if isinstance(widget, QTableWidget):
            for row in range(widget.rowCount()):
                items = [widget.item(row, column) for column in range(widget.columnCount())]
                texts += [item.toolTip() for item in items if item is not None]
        if hasattr(widget, "item") and not isinstance(widget, QTableWidget) and hasattr(widget, "count"):
            texts += [widget.item(row).toolTip() for row in range(widget.count())]
    document = QTextDocument()
    found = []
    for text in texts:
        if text and Qt.mightBeRichText(text):
            document.setHtml(text)
            if "Evil" in text and "<b>Evil</b>" not in document.toPlainText():
                found.append(text)
    return found


def test_no_part_of_the_window_takes_a_name_for_markup(
    qtbot: Any, controller: Controller, make_case: Callable[..., Case], tmp_path: Path
) -> None:
    window = MainWindow(controller, tmp_path / "window.json")
    qtbot.addWidget(window)
    window.resize(700, 600)
    case = make_case(images=2, broken=True)
    images = tuple(dataclasses.replace(one, source=EVIL, notes=(EVIL,)) for one in case.images)
    patient = Patient(EVIL, PersonName(f"{EVIL}^{EVIL}"))
    case = dataclasses.replace(case, patient=patient, images=images)
    session = PatientSession.start(case, HumanReading(), (Skipped(EVIL, EVIL),))
    controller.sessions.append(session)
    controller.enter(session)
    controller.message.emit("error", EVIL)
    controller.device_changed.emit(EVIL)
    window.show()
    qtbot.wait(50)
    assert rich_tips(window) == []
    controller.worklist_changed.emit()
    for page in ("skipped", "work_list", "start"):
        controller.page_wanted.emit(page)
        qtbot.wait(20)
        assert rich_tips(window) == []
    window.start.setToolTip(EVIL)
    assert rich_tips(window) == [EVIL], "the look through the window finds nothing"
    controller.close()


WORDS_OF_THE_PROGRAM = {
    "hint", "name", "text", "tip", "title", "tips[kind]", "tip or text", "tip or title",
    "action.toolTip()", "field.toolTip()", "self.after.accessibleName()", "self.accessibleName()",
    "self.place.accessibleName()",
    "self.write_button.text()",
}  # fmt: skip
"""Names under which sentences of the program come to a widget of ours. A file's comes by none."""

# In these a reason follows in the second line, where Qt does not look for markup.
SECOND_LINE = {
    "f'{tip}\\n{why}' if why else tip",
    "f'{self._choose_tip}\\n{why}' if why else self._choose_tip",
}
MADE_OF_WORDS = {
    ("actions.py", "f'{text} ({shown})' if shown else text"),
    ("cine_bar.py", "player.rate_text"),
    ("widgets/bars.py", "note"),
    ("widgets/scale.py", "words"),
}


def is_told(argument: ast.expr) -> bool:
    """Whether an argument is a sentence of the program, or made plain."""
    if isinstance(argument, ast.Constant):
        return True
    if isinstance(argument, ast.IfExp):
        return is_told(argument.body) and is_told(argument.orelse)
    if not isinstance(argument, ast.Call):
        return ast.unparse(argument) in WORDS_OF_THE_PROGRAM | SECOND_LINE
    called = ast.unparse(argument.func)
    if called in ("plain_tip", "tip_with_key"):
        return True
    if called in ("self.tr", "tr") and len(argument.args) < 3:
        return True
    if called.endswith(".tr().format") or ".tr(" in called:
        return all(
            ast.unparse(one).startswith("day_words(") or ast.unparse(one).isupper() for one in argument.args
        )
    return ast.unparse(argument) in WORDS_OF_THE_PROGRAM


def unguarded(source: str, file: str) -> list[str]:
    """Every tool tip and question that could take a file's text for markup."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name = node.func.attr
        arguments: list[ast.expr] = []
        if name in ("setToolTip", "setWhatsThis", "setStatusTip"):
            arguments = node.args
        elif ast.unparse(node.func) == "QToolTip.showText":
            arguments = node.args[1:2]
        elif ast.unparse(node.func.value) == "QMessageBox" and name in ("question", "warning", "information"):
            arguments = node.args[1:3]
        elif name == "setData" and "ToolTipRole" in ast.unparse(node):
            arguments = node.args[-1:]
        for argument in arguments:
            text = ast.unparse(argument)
            if not is_told(argument) and text not in SECOND_LINE and (file, text) not in MADE_OF_WORDS:
                found.append(f"{file}:{node.lineno}: {text}")
    return found


def test_every_tip_is_of_words_or_made_plain() -> None:
    found = []
    for path in sorted(GUI.rglob("*.py")):
        found += unguarded(path.read_text("utf-8"), path.relative_to(GUI).as_posix())
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "w.setToolTip(str(path))",
        "w.setToolTip(patient.label)",
        "w.setToolTip(self.tr('of {0}').format(who))",
        "QMessageBox.question(self, 'x', who)",
        "QToolTip.showText(p, who, self)",
        "item.setData(Qt.ItemDataRole.ToolTipRole, who)",
    ],
)
def test_a_tip_that_could_be_markup_is_recognised(line: str) -> None:
    assert len(unguarded(line, "x.py")) == 1
