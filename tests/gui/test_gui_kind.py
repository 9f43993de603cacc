"""The kind in hand follows the picture's regions, unless the reader chose it on this picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from by_mouse import drag, ready
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from alnreader.case.case import Case
from alnreader.case.region import Mask, RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession

Add = Callable[..., PatientSession]
Make = Callable[..., Case]
Disc = Callable[..., Mask]
NODE, TUMOUR = RegionKind.LYMPH_NODE, RegionKind.TUMOUR


def other_kind(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)


def test_a_stroke_begun_beside_a_lone_node_is_a_node_s(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_B)
    assert "tumour" in window.status.text
    desk.add_region(session.current, disc(130, 70, 20, 12), NODE)
    desk.select_region(None)
    assert "lymph node" in window.status.text
    assert "lymph node" in window.stage.column.kind_button.accessibleName()
    drag(window, (60, 70), (80, 70))
    assert [region.kind for region in desk.regions()] == [NODE, NODE]


def test_the_kind_follows_from_picture_to_picture(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=4))
    one, two, three, four = (image.key for image in session.case.images)
    desk.add_region(one, disc(), NODE)
    desk.add_region(three, disc(40, 70, 20, 12), NODE)
    desk.add_region(three, disc(130, 70, 20, 12), TUMOUR)
    desk.add_region(four, disc(), NODE)
    seen = []
    for key in (one, two, four, three):
        desk.select_image(key)
        ready(qtbot, window)
        seen.append(window.stage.canvas.kind)
    assert seen == [NODE, TUMOUR, NODE, TUMOUR], "without regions, or with both kinds, it is the reader's own"


def test_what_the_reader_chose_on_a_picture_stays_there(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=2))
    one, two = (image.key for image in session.case.images)
    ready(qtbot, window)
    canvas = window.stage.canvas
    desk.add_region(one, disc(), NODE)
    QTest.keyClick(window, Qt.Key.Key_L)
    other_kind(window)
    assert canvas.kind is TUMOUR
    assert "tumour" in window.status.text
    desk.add_region(one, disc(150, 120, 15, 12), NODE)
    desk.delete_region(one, 0)
    assert canvas.kind is TUMOUR
    desk.select_image(two)
    desk.select_image(one)
    assert canvas.kind is NODE, "the choice was for the picture as it was looked at then"


def test_a_region_that_is_made_the_other_kind_takes_the_tool_with_it(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    desk.add_region(session.current, disc(), TUMOUR)
    desk.select_region(0)
    QTest.keyClick(window, Qt.Key.Key_T)
    assert [region.kind for region in desk.regions()] == [NODE]
    assert window.stage.canvas.kind is NODE


def test_a_stroke_under_way_keeps_its_kind(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    canvas = window.stage.canvas
    QTest.keyClick(window, Qt.Key.Key_B)
    spot = canvas.to_widget((40.0, 70.0)).toPoint()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=spot)
    desk.add_region(session.current, disc(150, 120, 15, 12), NODE)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert sorted(region.kind for region in desk.regions()) == sorted([NODE, TUMOUR])
