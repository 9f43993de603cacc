"""While the network runs: another patient sees nothing of it, a click stops it, closing ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from by_mouse import LEFT, ready, shot
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel

from alnreader.case.case import Case
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Task, Urgency

Add = Callable[..., PatientSession]
SLOW = 60_000


class Gate:
    """Holds up the network's thread."""

    def __init__(self, desk: Controller) -> None:
        self._go_on, began = threading.Event(), threading.Event()

        def hold(_task: Task) -> None:
            began.set()
            self._go_on.wait(60)

        desk.runner.submit("network", "gate", hold, lambda result, error: None, urgency=Urgency.NOW)
        assert began.wait(60)

    def open(self) -> None:
        self._go_on.set()


def test_another_patient_during_a_run_sees_nothing_of_it(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    one = add_session(make_case("Anna", images=3))
    desk.load_model()
    qtbot.waitUntil(lambda: bool(desk.device), timeout=SLOW)
    ready(qtbot, window)
    gate = Gate(desk)
    QTest.keySequence(window, "Shift+P")
    qtbot.waitUntil(lambda: bool(desk.underway.shown()))
    two = add_session(make_case("Berta", images=3))
    ready(qtbot, window)
    film = [window.film.item(row).data(Qt.ItemDataRole.ToolTipRole) for row in range(window.film.count())]
    picture = shot(window)
    gate.open()
    qtbot.waitUntil(lambda: len(one.proposals) == 3 and not desk.runner.busy, timeout=SLOW)
    assert any(one.case.regions_of(key) for key in one.revisions)
    assert two.proposals == {}
    assert shot(window) == picture
    assert film == [
        window.film.item(row).data(Qt.ItemDataRole.ToolTipRole) for row in range(window.film.count())
    ]
    assert window.rail.regions.rows == []
    desk.open_session(0)
    assert len(window.rail.regions.rows) == len(one.case.regions_of(one.current))


def test_one_chosen_or_all_images_are_proposed_with_progress_and_stopped_by_a_click(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=4))
    ready(qtbot, window)
    keys = list(session.revisions)
    QTest.keyClick(window, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: not desk.runner.busy and bool(session.proposals), timeout=SLOW)
    assert list(session.proposals) == keys[:1]
    assert desk.device
    assert any(desk.device in child.toolTip() for child in window.header.findChildren(QAbstractButton))
    for row in (1, 2):
        window.film.item(row).setSelected(True)
    window.film.item(0).setSelected(False)
    window.rail.regions.propose_chosen.trigger()
    qtbot.waitUntil(lambda: not desk.runner.busy and len(session.proposals) > 1, timeout=SLOW)
    assert set(session.proposals) == set(keys[:3])
    session.proposals.clear()
    gate = Gate(desk)
    QTest.keySequence(window, "Shift+P")
    stop = next(
        button
        for button in window.status.findChildren(QAbstractButton)
        if button.toolTip().startswith("Stop")
    )
    qtbot.waitUntil(stop.isVisible)
    labels = [label.text() for label in window.status.findChildren(QLabel) if label.isVisible()]
    assert "Outlining 0/4" in labels
    QTest.mouseClick(stop, LEFT)
    assert not stop.isVisible()
    gate.open()
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    assert session.proposals == {}


def test_closing_during_a_run_ends_it(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=6))
    ready(qtbot, window)
    QTest.keySequence(window, "Shift+P")
    qtbot.waitUntil(lambda: len(session.proposals) >= 1, timeout=SLOW)
    window.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("alnreader")] == []
    done = len(session.proposals)
    qtbot.wait(50)
    assert len(session.proposals) == done
