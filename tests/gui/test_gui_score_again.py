"""What the second reader's panel does when the case changes under it: its place, its limits, its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from by_mouse import press, ready, seen
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.region import Mask, RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.panels.score import SecondReaderPanel
from alnreader.gui.session import PatientSession

Disc = Callable[..., Mask]
SLOW = 60_000


def scored(qtbot: Any, session: PatientSession) -> None:
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=SLOW)
    QTest.qWait(50)  # the panel's layout follows


@pytest.fixture
def session(
    window: MainWindow,
    desk: Controller,
    add_session: Callable[..., PatientSession],
    make_case: Callable[..., Case],
    disc: Disc,
    qtbot: Any,
) -> PatientSession:
    """Three images, of which the first is a cine, with the score revealed."""
    window.resize(1100, 620)
    session = add_session(make_case(images=3, cine=4))
    ready(qtbot, window)
    for image in session.case.images:
        desk.add_region(image.key, disc(), RegionKind.LYMPH_NODE)
    desk.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    desk.lock_first_read()
    desk.reveal()
    scored(qtbot, session)
    return session


@pytest.fixture
def panel(window: MainWindow) -> SecondReaderPanel:
    return window.rail.score


def height(widget: QWidget) -> int:
    return widget.mapTo(widget.window(), QPoint()).y()


@pytest.mark.parametrize("key", ["mouse", "keyboard"])
def test_leaving_an_image_out_leaves_keyboard_and_sight_on_its_button(
    key: str, window: MainWindow, session: PatientSession, panel: SecondReaderPanel, qtbot: Any
) -> None:
    button = panel.leave_out
    for said in ("Take this image in again", "Leave this image out"):
        seen(button)
        button.setFocus()
        before = height(button)
        if key == "mouse":
            press(button)
        else:
            QTest.keyClick(window.focusWidget(), " ")
        assert not panel.content.isVisible(), "the former score is not shown as current"
        assert window.focusWidget() is panel.state
        scored(qtbot, session)
        assert window.focusWidget() is button
        assert button.text() == said
        assert height(button) == before
        assert not button.visibleRegion().isEmpty()


def test_a_keyboard_that_went_elsewhere_meanwhile_stays_there(
    window: MainWindow, session: PatientSession, panel: SecondReaderPanel, qtbot: Any
) -> None:
    press(panel.leave_out)
    window.stage.canvas.setFocus()
    scored(qtbot, session)
    assert window.focusWidget() is window.stage.canvas


def test_what_is_left_out_limits_nothing(
    desk: Controller, session: PatientSession, panel: SecondReaderPanel, qtbot: Any
) -> None:
    cine = session.case.images[0].key
    assert any(text.startswith("Image 1:") and "cine" in text for text in panel.limits.texts)
    desk.include(cine, False)
    scored(qtbot, session)
    assert not any(text.startswith("Image 1:") for text in panel.limits.texts)
    desk.include(cine, True)
    scored(qtbot, session)
    assert any(text.startswith("Image 1:") for text in panel.limits.texts)


def test_bar_and_score_without_the_image_are_told_apart(
    desk: Controller, session: PatientSession, panel: SecondReaderPanel, qtbot: Any
) -> None:
    assert panel.what_if.text().startswith("Without this image it would be")
    assert "on average" in panel.two_measures.text()
    assert all("on average" in row.note for row in panel.bars._rows)
    desk.include(session.current, False)
    scored(qtbot, session)
    assert panel.two_measures.text() == ""
    assert not panel.two_measures.isVisibleTo(panel.content)
