"""The tool column and what its tools may do: by mouse, in every state of a reading, in every height."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from alnreader.case.case import Case
from alnreader.case.region import Mask, RegionKind
from alnreader.gui import theme
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession

Add = Callable[..., PatientSession]
Make = Callable[..., Case]
Disc = Callable[..., Mask]
LEFT = Qt.MouseButton.LeftButton
SLOW = 60_000


@pytest.fixture
def window(
    reading_controller: Controller, qapp: QApplication, qtbot: Any, tmp_path: Path
) -> Iterator[MainWindow]:
    if not qapp.styleSheet():
        theme.apply_theme(qapp, "dark")
    window = MainWindow(reading_controller, tmp_path / "window.ini")
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield window
    qtbot.waitUntil(lambda: not reading_controller.runner.busy, timeout=SLOW)


@pytest.fixture
def desk(window: MainWindow) -> Controller:
    return window.controller


def drag(window: MainWindow, *places: tuple[float, float]) -> None:
    canvas = window.stage.canvas
    spots = [canvas.to_widget(place).toPoint() for place in places]
    QTest.mousePress(canvas, LEFT, pos=spots[0])
    for spot in spots[1:]:
        QTest.mouseMove(canvas, spot)
    QTest.mouseRelease(canvas, LEFT, pos=spots[-1])


def ready(qtbot: Any, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.stage.canvas.ready)


# --- the brush ---------------------------------------------------------------------------------------------


def test_a_stroke_that_runs_into_a_region_of_its_kind_joins_it(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    old = disc()
    desk.add_region(session.current, old, RegionKind.TUMOUR)
    desk.select_region(None)
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (125, 70), (118, 70), (105, 70))
    regions = session.case.regions_of(session.current)
    assert len(regions) == 1
    assert regions[0].mask[old].all()
    assert regions[0].mask[70, 125], "what was painted before the stroke met the region belongs to it too"
    assert desk.region_index == 0
    QTest.keySequence(window, "Ctrl+Z")
    assert np.array_equal(session.case.regions_of(session.current)[0].mask, old), "one step takes it back"


def test_a_stroke_into_a_region_of_the_other_kind_stays_its_own(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    desk.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    desk.select_region(None)
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (125, 70), (105, 70))
    kinds = [region.kind for region in session.case.regions_of(session.current)]
    assert kinds == [RegionKind.LYMPH_NODE, RegionKind.TUMOUR]


def test_a_stroke_that_joined_goes_back_to_nothing_on_escape(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    old = disc()
    desk.add_region(session.current, old, RegionKind.TUMOUR)
    desk.select_region(None)
    QTest.keyClick(window, Qt.Key.Key_B)
    canvas = window.stage.canvas
    QTest.mousePress(canvas, LEFT, pos=canvas.to_widget((125, 70)).toPoint())
    QTest.mouseMove(canvas, canvas.to_widget((100, 70)).toPoint())
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(canvas, LEFT, pos=canvas.to_widget((100, 70)).toPoint())
    assert [region.mask is old or np.array_equal(region.mask, old) for region in desk.regions()] == [True]


def test_a_chosen_region_takes_the_stroke_that_meets_another(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    one, two = disc(40, 70, 20, 12), disc(130, 70, 20, 12)
    desk.add_region(session.current, one, RegionKind.TUMOUR)
    desk.add_region(session.current, two, RegionKind.TUMOUR)
    desk.select_region(0)
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (80, 70), (115, 70))
    regions = session.case.regions_of(session.current)
    assert regions[0].mask[70, 80]
    assert np.array_equal(regions[1].mask, two)
