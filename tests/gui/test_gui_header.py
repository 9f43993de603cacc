"""The head of the window: what it says of the reading is true in each of its states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import ReadingMode
from alnreader.gui.controller import Controller
from alnreader.gui.header import Header
from alnreader.gui.session import PatientSession

Add = Callable[..., PatientSession]
Make = Callable[..., Case]


@pytest.fixture
def header(controller: Controller, qtbot: Any) -> Header:
    header = Header(controller)
    qtbot.addWidget(header)
    return header


def badge(header: Header) -> tuple[str, str]:
    [found] = [label for label in header.findChildren(QLabel) if label.property("role") == "badge"]
    return found.text(), found.toolTip()


def test_the_badge_says_what_is_true_of_the_score_now(
    header: Header, controller: Controller, add_session: Add, make_case: Make, qtbot: Any
) -> None:
    add_session(make_case(images=1))
    name, tip = badge(header)
    assert name == "Blinded"
    assert "until you lock your first read" in tip
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    name, tip = badge(header)
    assert name == "Blinded"
    assert "is locked; the score is hidden until you reveal it" in tip
    controller.reveal()
    name, tip = badge(header)
    assert name == "Revealed"
    assert "was locked before" in tip
    assert "hidden" not in tip
    qtbot.waitUntil(lambda: not controller.runner.busy)


def test_a_concurrent_reading_is_named_as_such(header: Header, add_session: Add, make_case: Make) -> None:
    add_session(make_case(images=1), ReadingMode.CONCURRENT)
    assert badge(header)[0] == "Concurrent"
