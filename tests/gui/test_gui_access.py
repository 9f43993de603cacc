"""Every control of the window in every state of a reading: name, tool tip, tab key, keyboard focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QScrollBar,
    QSlider,
    QWidget,
)

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import ReadingMode
from alnreader.case.region import RegionKind
from alnreader.gui.canvas import CanvasView
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.panels.film import FilmStrip
from alnreader.gui.session import PatientSession

AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]

TIPS_ELSEWHERE = (CanvasView, FilmStrip, QScrollArea)
"""No tool tip of their own: it would lie over the picture; each image of the film strip has one; what lies in
a scrolled part has."""


def controls(window: QWidget) -> list[QWidget]:
    """What a person can operate now: seen, and reached by the mouse or the keyboard."""
    found = []
    for widget in window.findChildren(QWidget):
        inner = widget.objectName().startswith("qt_") or isinstance(widget, QScrollBar | QLabel)
        operated = widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(
            widget, QAbstractButton | QSlider
        )
        if widget.isVisible() and operated and not inner:
            found.append(widget)
    return found


def accessible_name(widget: QWidget) -> str:
    """What a screen reader says: Qt takes a button's text, and a field's buddy, where no name is set."""
    interface = QAccessible.queryAccessibleInterface(widget)
    assert interface is not None, widget
    return str(interface.text(QAccessible.Text.Name))


def tool_tip(widget: QWidget) -> str:
    """The tool tip of a widget or of the composed one that it is a part of (a slider with its value)."""
    parent = widget.parentWidget()
    inside = isinstance(parent, QAbstractScrollArea) and not isinstance(widget, QAbstractItemView)
    return widget.toolTip() or (tool_tip(parent) if inside and parent is not None else "")


def faults(window: QWidget, state: str) -> list[str]:
    found = []
    for widget in controls(window):
        who = f"{state}: {type(widget).__name__} {widget.objectName()!r} in {type(widget.parent()).__name__}"
        if not accessible_name(widget).strip():
            found.append(f"{who}: no accessible name")
        if not isinstance(widget, TIPS_ELSEWHERE) and not tool_tip(widget).strip():
            found.append(f"{who} {accessible_name(widget)!r}: no tool tip")
    return found


def filled(window: QWidget) -> list[QPushButton]:
    """The filled buttons that are seen and offered."""
    buttons = window.findChildren(QPushButton)
    return [b for b in buttons if b.isVisible() and b.isEnabled() and b.property("role") == "primary"]


def reading(
    window: MainWindow, controller: Controller, case: Case, add_session: AddSession, disc: Any, qtbot: Any
) -> Iterator[str]:
    """Walk through a reading and stop in each of its states."""
    session = add_session(case)
    qtbot.waitUntil(lambda: window.stage.canvas.ready)
    yield "opened, a cine, nothing outlined"
    controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    controller.add_region(session.current, disc(y=100), RegionKind.LYMPH_NODE)
    yield "outlined"
    window.rail.open(1)
    yield "first read"
    window.rail.first_read.form.cortex.setText("thick")
    yield "first read with a fault"
    window.rail.first_read.form.cortex.setText("4")
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    yield "locked"
    window.rail.open(1)
    yield "locked first read"
    controller.reveal()
    window.rail.open(2)
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=30_000)
    yield "revealed"
    window.rail.score.show_maps.setChecked(True)
    qtbot.waitUntil(lambda: bool(controller.heat_maps), timeout=30_000)
    yield "heat map"
    window.rail.score.show_maps.setChecked(False)
    window.rail.open(3)
    yield "final read"
    window.rail.sign.change.setChecked(True)
    yield "changed final read"
    window.rail.sign.agree.setChecked(True)
    window.rail.sign.primary.click()
    assert session.signed
    yield "signed"
    controller.preview()
    qtbot.waitUntil(lambda: window.preview.pages > 0, timeout=30_000)
    yield "preview"
    window.back()
    controller.amend("Wrong side")
    yield "amendment"


def test_every_control_has_a_name_and_a_tool_tip(
    window: MainWindow,
    reading_controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    disc: Any,
    qtbot: Any,
) -> None:
    found = faults(window, "start")
    pages = window.pages()
    for page in pages:
        window.go(page)
        found += faults(window, f"{type(page).__name__} without a patient")
    window.back()
    case = make_case(images=2, cine=4)
    for state in reading(window, reading_controller, case, add_session, disc, qtbot):
        found += faults(window, state)
        # "The primary button of the open step is the only filled button."
        assert len(filled(window)) <= 1, state
    for page in pages:
        window.go(page)
        found += faults(window, type(page).__name__)
        assert len(filled(window)) <= 1, page
    window.go(window.start)
    found += faults(window, "start with a patient")
    window.tell("error", "Something is wrong.")
    found += faults(window, "error")
    add_session(make_case("Berta"), ReadingMode.CONCURRENT)
    found += faults(window, "concurrent")
    assert sorted(set(found)) == []


def test_the_check_finds_what_it_looks_for(window: MainWindow) -> None:
    nameless = QPushButton(window.start)
    nameless.setGeometry(0, 0, 40, 40)
    nameless.show()
    told = "\n".join(faults(window, "planted"))
    assert "no accessible name" in told
    assert "no tool tip" in told


def test_no_text_is_cut_off_at_the_smallest_screen(
    window: MainWindow,
    reading_controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    disc: Any,
    qtbot: Any,
) -> None:
    window.resize(1366, 768)
    case = make_case(images=2, cine=4)
    for state in reading(window, reading_controller, case, add_session, disc, qtbot):
        QApplication.processEvents()
        for button in window.findChildren(QPushButton):
            if button.isVisible() and button.text():
                wanted = button.fontMetrics().horizontalAdvance(button.text())
                assert button.width() >= wanted, (state, button.text())
        for label in window.rail.findChildren(QLabel):
            if label.isVisible() and label.text() and not label.wordWrap():
                assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), (
                    state,
                    label.text(),
                )
        for panel in window.rail.panels:
            if panel.isVisible():
                parent = panel.parentWidget()
                assert parent is not None
                assert panel.width() <= parent.width(), (state, type(panel).__name__)


def test_tab_goes_round_the_window_from_left_to_right(
    window: MainWindow, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    add_session(make_case())
    window.activateWindow()
    window.header._patients.setFocus()
    parts = (window.header, window.film, window.stage, window.rail, window.status)
    seen: list[QWidget] = []
    for _ in range(120):
        focused = QApplication.focusWidget()
        assert focused is not None
        if seen and focused is window.header._patients:
            break
        seen.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    else:
        pytest.fail("the tab key does not come round")
    order = [next((i for i, part in enumerate(parts) if part.isAncestorOf(w) or part is w), -1) for w in seen]
    assert {0, 1, 2, 3} <= set(order)
    places = [place for place in order if place >= 0]
    assert places == sorted(places)


def test_focus_goes_on_with_the_reading(
    window: MainWindow,
    reading_controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    disc: Any,
    qtbot: Any,
) -> None:
    session = add_session(make_case(images=1))
    controller, rail = reading_controller, window.rail
    controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    window.activateWindow()
    rail.regions.primary.setFocus()
    qtbot.keyClick(rail.regions.primary, Qt.Key.Key_Space)
    assert rail.steps.current == 1
    assert QApplication.focusWidget() is rail.first_read  # no ring around a judgement that nobody made
    qtbot.keyClick(rail.first_read, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is rail.first_read.form.status_buttons[NodeStatus.NEGATIVE]
    rail.first_read.form.status_buttons[NodeStatus.NEGATIVE].click()
    qtbot.keyClick(rail.first_read.form.confidence.slider, Qt.Key.Key_Right)
    rail.first_read.primary.setFocus()
    qtbot.keyClick(rail.first_read.primary, Qt.Key.Key_Space)
    assert QApplication.focusWidget() is rail.score.primary
    qtbot.keyClick(rail.score.primary, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=30_000)
    # The button was not offered while the score was made; the keyboard waited for it.
    assert QApplication.focusWidget() is rail.score.primary


def test_the_key_of_a_step_takes_the_keyboard_into_it(
    window: MainWindow,
    reading_controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    qtbot: Any,
) -> None:
    add_session(make_case(images=1))
    window.activateWindow()
    rail = window.rail
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert rail.steps.current == 1
    assert QApplication.focusWidget() is rail.first_read
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is rail.first_read, "the step that is open already takes it too"
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert rail.steps.current == 1
    assert "Lock your first read" in window.status.text
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is rail.regions.primary


def test_the_keyboard_goes_to_the_picture_when_the_part_it_is_in_folds(
    window: MainWindow,
    reading_controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    qtbot: Any,
) -> None:
    add_session(make_case(images=1))
    window.activateWindow()
    canvas, rail, film = window.stage.canvas, window.rail, window.film
    for key in (Qt.Key.Key_F, Qt.Key.Key_F7):
        rail.regions.primary.setFocus()
        qtbot.keyClick(window, key)
        assert not rail.isVisible()
        assert QApplication.focusWidget() is canvas
        qtbot.keyClick(window, key)
        assert rail.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.keyClick(window, Qt.Key.Key_F7)
    assert rail.isVisible(), "a side that is asked for beside the canvas alone is shown"
    assert film.isVisible()
    assert not window.commands["alone"].isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert rail.isVisible()


def test_a_key_that_is_refused_says_why(
    window: MainWindow,
    reading_controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    disc: Any,
    qtbot: Any,
) -> None:
    session = add_session(make_case(images=1))
    reading_controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    reading_controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    reading_controller.lock_first_read()
    qtbot.keyClick(window, Qt.Key.Key_N)  # not the tool whose hint says it
    for key in (Qt.Key.Key_B, Qt.Key.Key_P, Qt.Key.Key_Delete, Qt.Key.Key_D):
        window.status.forget()
        assert "unlock it" not in window.status.text
        qtbot.keyClick(window.stage.canvas, key)
        assert "unlock it" in window.status.text, key
    window.go(window.preferences)
    window.status.forget()
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert "unlock it" not in window.status.text


def test_a_key_changes_no_picture_that_is_not_seen(
    window: MainWindow,
    reading_controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    disc: Any,
    qtbot: Any,
) -> None:
    session = add_session(make_case())
    reading_controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    reading_controller.select_region(0)
    tool, image = window.stage.canvas.tool, session.current
    for page in window.pages():
        window.go(page)
        for key in (Qt.Key.Key_Delete, Qt.Key.Key_B, Qt.Key.Key_PageDown, Qt.Key.Key_D, Qt.Key.Key_T):
            qtbot.keyClick(window, key)
        assert len(session.case.regions_of(image)) == 1, type(page).__name__
        assert session.case.regions_of(image)[0].kind is RegionKind.TUMOUR
        assert session.current == image
        assert not session.case.excluded
        assert window.stage.canvas.tool is tool
    window.back()
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert session.case.regions_of(image) == ()


def test_the_question_mark_opens_the_sheet_of_keys(window: MainWindow, qtbot: Any) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Question)
    assert window.stack.currentWidget() is window.shortcuts
    shown = {label.text() for label in window.shortcuts.findChildren(QLabel)}
    for rows in window.commands.sheet().values():
        assert {row.text for row in rows} <= shown


def test_every_command_has_a_key(window: MainWindow) -> None:
    assert [name for name, action in window.commands._actions.items() if not action.shortcuts()] == []


def test_saved_stands_in_the_status_line(
    window: MainWindow, add_session: AddSession, make_case: MakeCase
) -> None:
    add_session(make_case())
    window.controller.saved.emit("10:42:07")
    words = [label.text() for label in window.status.findChildren(QLabel) if label.isVisible()]
    assert "saved 10:42:07" in words


def test_all_texts_follow_when_the_font_is_larger(window: MainWindow) -> None:
    """A change of the language or the font reaches every widget without an error."""
    for widget in window.findChildren(QWidget):
        QApplication.sendEvent(widget, QEvent(QEvent.Type.LanguageChange))


def test_the_wheel_scrolls_past_every_answer_and_preference(
    window: MainWindow, controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    add_session(make_case(images=1, cine=3))
    boxes = window.findChildren(QComboBox)
    assert len(boxes) > 15
    for box in boxes:
        box.setEnabled(True)
        while box.count() < 3:
            box.addItem("another")
    sliders = [slider for slider in window.findChildren(QSlider) if slider is not window.stage.cine.slider]
    fields: list[QWidget] = [*boxes, *window.findChildren(QAbstractSpinBox), *sliders]

    def values() -> list[object]:
        return [field.currentIndex() if isinstance(field, QComboBox) else field.value() for field in fields]  # type: ignore[attr-defined]

    before = values()
    for field in fields:
        for notches in (1, -1):
            event = QWheelEvent(
                QPointF(5, 5),
                QPointF(field.mapToGlobal(QPoint(5, 5))),
                QPoint(),
                QPoint(0, 120 * notches),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(field, event)
        assert not field.focusPolicy() & Qt.FocusPolicy.WheelFocus & ~Qt.FocusPolicy.StrongFocus, field
        assert values() == before, (field, field.accessibleName())
