"""There is one window: no part of it is seen alone before it has its place, however the program starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from at_the_desk import offered_again, settled
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from alnreader.case.region import RegionKind
from alnreader.gui import app as program
from alnreader.gui import translation
from alnreader.gui.controller import Controller
from alnreader.gui.crash import CrashReport
from alnreader.gui.main_window import MainWindow

Desks = Callable[..., Controller]


class Shown(QObject):
    """Notes what is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        shows = event.type() == QEvent.Type.Show and isinstance(watched, QWidget)
        if shows and watched.isWindow() and not isinstance(watched, QMenu):
            self.kinds.append(type(watched).__name__)
        return False


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[list[str]]:
    """The kinds of widgets that were shown as windows, in turn."""
    watch = Shown()
    qapp.installEventFilter(watch)
    yield watch.kinds
    qapp.removeEventFilter(watch)
    translation.use("en")


def speak(window: MainWindow, language: str, qtbot: Any) -> None:
    before = window.stage
    desk = window.controller
    desk.change_settings(dataclasses.replace(desk.settings, language=language))
    qtbot.waitUntil(lambda: window.complete and window.stage is not before, timeout=30_000)


def test_the_notice_of_a_fault_is_no_window_of_its_own(shown: list[str], qtbot: Any, tmp_path: Path) -> None:
    absent = (tmp_path / "no-model").as_posix()
    (tmp_path / "settings.json").write_text(f'{{"model": "{absent}"}}', encoding="utf-8")
    report = CrashReport(tmp_path / "crash.txt", "ValueError\n  app.py:12 main\n")
    window = program.make_window(tmp_path / "settings.json", crash=report)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    assert "CrashNotice" in [type(part).__name__ for part in window.start.findChildren(QWidget)]
    assert shown == ["MainWindow"]
    window.close()


def test_readings_that_are_offered_again_are_no_window_of_their_own_in_another_language(
    shown: list[str], desks: Desks, folder: Path, qtbot: Any, disc: Any
) -> None:
    window = offered_again(desks, folder, qtbot, disc)
    speak(window, "zh_CN", qtbot)
    qtbot.waitUntil(window.start.recovery.isVisible)
    assert shown == ["MainWindow"]
    settled(window.controller, qtbot)


def test_no_part_of_a_reading_is_a_window_of_its_own_in_another_language(
    shown: list[str], controller: Controller, add_session: Any, make_case: Any, disc: Any, qtbot: Any
) -> None:
    desk, window = controller, MainWindow(controller)
    qtbot.addWidget(window)
    window.show()
    session = add_session(make_case("Lin", cine=3))
    desk.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    desk.add_region(session.current, disc(x=30, half_x=2, half_y=2), RegionKind.TUMOUR)
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=60_000)
    speak(window, "zh_CN", qtbot)
    assert shown == ["MainWindow"]
