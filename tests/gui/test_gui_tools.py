"""The tool column and what its tools may do: by mouse, in every state of a reading, in every height."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from by_mouse import LEFT, drag, ready
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import ReadingMode
from alnreader.case.region import Mask, RegionKind
from alnreader.gui import theme
from alnreader.gui.canvas import Tool
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession

Add = Callable[..., PatientSession]
Make = Callable[..., Case]
Disc = Callable[..., Mask]
SLOW = 60_000


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
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
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


def test_a_stroke_through_regions_of_its_kind_makes_them_one(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    one, node, two = disc(40, 70, 20, 12), disc(90, 120, 20, 12), disc(130, 70, 20, 12)
    for mask, kind in ((one, "tumour"), (node, "lymph_node"), (two, "tumour")):
        desk.add_region(session.current, mask, RegionKind(kind))
    desk.select_region(None)
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (80, 70), (115, 70), (80, 70), (50, 70))
    regions = desk.regions()
    assert [region.kind for region in regions] == [RegionKind.LYMPH_NODE, RegionKind.TUMOUR]
    assert np.array_equal(regions[0].mask, node)
    assert regions[1].mask[one | two].all()
    assert regions[1].mask[70, 30:150].all()
    assert desk.region_index == 1
    QTest.keySequence(window, "Ctrl+Z")
    back = [region.mask for region in desk.regions()]
    assert all(map(np.array_equal, back, (one, node, two))), "one step takes it back"


def test_a_stroke_elsewhere_is_a_region_of_its_own_though_one_is_chosen(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, qtbot: Any
) -> None:
    add_session(make_case(images=1))
    ready(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (40, 70), (50, 70))
    assert desk.region_index == 0
    drag(window, (120, 70), (130, 70))
    assert len(desk.regions()) == 2
    assert desk.region_index == 1
    canvas = window.stage.canvas
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert (desk.region_index, canvas.selected) == (None, None), "Esc lets go of what is chosen"


@pytest.mark.parametrize("key", [Qt.Key.Key_B, Qt.Key.Key_E])
def test_a_stroke_works_on_the_region_in_which_it_begins_not_on_the_chosen_one(
    window: MainWindow,
    desk: Controller,
    add_session: Add,
    make_case: Make,
    disc: Disc,
    qtbot: Any,
    key: Qt.Key,
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    tumour, node = disc(40, 70, 20, 12), disc(130, 70, 20, 12)
    desk.add_region(session.current, tumour, RegionKind.TUMOUR)
    desk.add_region(session.current, node, RegionKind.LYMPH_NODE)
    desk.select_region(0)
    QTest.keyClick(window, key)
    drag(window, (130, 70), (130, 95))
    first, second = desk.regions()
    assert np.array_equal(first.mask, tumour)
    assert second.mask[95, 130] == (key == Qt.Key.Key_B)
    assert second.mask[70, 130] == (key == Qt.Key.Key_B)
    assert desk.region_index == 1


def test_a_stroke_stays_out_of_a_region_of_the_other_kind_and_says_so(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    tumour, node = disc(40, 70, 20, 12), disc(130, 70, 20, 12)
    desk.add_region(session.current, tumour, RegionKind.TUMOUR)
    desk.add_region(session.current, node, RegionKind.LYMPH_NODE)
    hints: list[str] = []
    window.stage.canvas.hint.connect(hints.append)
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (40, 70), (120, 70), (140, 70))
    first, second = desk.regions()
    assert first.mask[70, 40:108].all()
    assert np.array_equal(second.mask, node)
    assert not (first.mask & second.mask).any()
    assert "other kind" in hints[-1]


def test_a_stroke_from_beside_the_chosen_region_into_it_takes_its_kind(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    desk.add_region(session.current, disc(130, 70, 20, 12), RegionKind.LYMPH_NODE)
    QTest.keyClick(window, Qt.Key.Key_B)
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    desk.select_region(0)
    assert window.stage.canvas.kind is RegionKind.TUMOUR
    drag(window, (100, 70), (115, 70))
    [region] = desk.regions()
    assert region.kind is RegionKind.LYMPH_NODE
    assert region.mask[70, 101]
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert desk.region_index == 0, "the kind in hand is that of the chosen region"
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert desk.region_index is None, "the other kind is drawn next, not added to this one"


def test_a_region_in_separate_parts_says_so(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc
) -> None:
    session = add_session(make_case(images=1))
    desk.add_region(session.current, disc(40, 70, 20, 12), RegionKind.TUMOUR)
    row = window.rail.regions.rows[0]
    assert not row.parts.isVisibleTo(row)
    desk.replace_mask(session.current, 0, disc(40, 70, 20, 12) | disc(130, 70, 20, 12))
    row = window.rail.regions.rows[0]
    assert row.parts.isVisibleTo(row)
    assert "2 separate parts" in row.parts.text()
    assert "2 separate parts" in row.accessibleDescription()
    assert window.isActiveWindow(), "its caution was not a window of its own for a moment"


# --- the states of a reading -------------------------------------------------------------------------------

DRAWING = ("tool_brush", "tool_eraser", "tool_polygon", "tool_lasso", "tool_box", "kind", "brush_larger")


def judged() -> Assessment:
    return Assessment(NodeStatus.NEGATIVE, 80, "Dr Lee", now())


def offered(window: MainWindow) -> set[bool]:
    return {window.commands[name].isEnabled() for name in (*DRAWING, "key_frame", "propose")}


def test_drawing_is_offered_where_the_protocol_takes_it_and_refused_with_a_reason_elsewhere(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1, cine=3))
    ready(qtbot, window)
    canvas, column = window.stage.canvas, window.stage.column
    hints: list[str] = []
    canvas.hint.connect(hints.append)
    desk.add_region(session.current, disc(), RegionKind.TUMOUR)
    QTest.keyClick(window, Qt.Key.Key_B)
    assert canvas.tool is Tool.BRUSH
    assert offered(window) == {True}
    free = window.commands["tool_brush"].toolTip()

    desk.set_first_read(judged())
    desk.lock_first_read()
    assert offered(window) == {False}
    assert canvas.tool is Tool.SELECT
    assert window.commands["tool_select"].isChecked()
    assert "unlock it" in hints[-1]
    assert "drag" not in hints[-1]
    for tip in (window.commands["tool_brush"].toolTip(), column.kind_button.toolTip()):
        assert "unlock it" in tip
    assert not column.kind_button.isEnabled()
    window.stage.player.seek(2)
    assert not window.stage.cine._choose.isEnabled()
    assert "unlock it" in window.stage.cine._choose.toolTip()
    canvas.set_tool(Tool.BOX)  # as the panel's button does
    assert canvas.tool is Tool.SELECT
    window.stage.player.seek(1)
    QTest.keyClick(window, Qt.Key.Key_B)
    before = desk.regions()
    desk.select_region(0)
    drag(window, (110, 70), (130, 70))  # where a handle would be
    assert desk.regions() == before

    desk.unlock_first_read()
    assert offered(window) == {True}
    assert window.commands["tool_brush"].toolTip() == free
    assert column.kind_button.isEnabled()

    desk.lock_first_read()
    desk.reveal()
    qtbot.waitUntil(lambda: not session.scoring, timeout=SLOW)
    assert offered(window) == {True}, "an edit after the reveal is recorded as such"
    QTest.keyClick(window, Qt.Key.Key_E)
    assert canvas.tool is Tool.ERASER

    desk.set_final_read(judged())
    desk.sign("Dr Lee")
    assert session.signed
    assert offered(window) == {False}
    assert canvas.tool is Tool.SELECT
    assert "amendment" in hints[-1]
    window.stage.player.seek(3)
    assert not window.stage.cine._choose.isEnabled()
    assert "amendment" in window.stage.cine._choose.toolTip()
    window.stage.player.seek(1)

    desk.amend("another outline")
    assert offered(window) == {True}
    desk.discard_amendment()
    assert offered(window) == {False}
    desk.close_session()
    assert window.commands["tool_brush"].toolTip() == free


def test_an_ellipse_of_a_signed_reading_measures_and_makes_no_region(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, qtbot: Any
) -> None:
    session = add_session(make_case(images=1), ReadingMode.CONCURRENT)
    ready(qtbot, window)
    qtbot.waitUntil(lambda: not session.scoring, timeout=SLOW)
    desk.set_final_read(judged())
    desk.sign("Dr Lee")
    hints: list[str] = []
    canvas = window.stage.canvas
    canvas.hint.connect(hints.append)
    QTest.keyClick(window, Qt.Key.Key_M)
    assert canvas.tool is Tool.ELLIPSE
    assert "region" not in hints[-1]
    drag(window, (60, 60), (100, 60))
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert "amendment" in hints[-1]
    assert len(canvas.measures) == 1
    assert desk.regions() == ()


# --- room --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme_name", ["dark", "light"])
def test_every_tool_and_view_is_on_the_canvas_or_in_the_menu_of_the_column(
    window: MainWindow,
    add_session: Add,
    make_case: Make,
    qapp: QApplication,
    qtbot: Any,
    theme_name: str,
) -> None:
    theme.apply_theme(qapp, theme_name)
    add_session(make_case(images=1, cine=3))
    ready(qtbot, window)
    window.fault.show_message("The network could not be loaded.", "error")
    window.setMinimumSize(300, 300)  # smaller than the program lets it be
    names = [f"tool_{tool}" for tool in Tool]
    names += ["fill", "smooth", "fit", "invert", "outlines", "proposals", "heat"]
    wanted = {window.commands[name] for name in names}
    column, canvas = window.stage.column, window.stage.canvas
    left_over = []
    for size in ((1920, 1200), (1366, 768), (1366, 697), (1280, 650), (1280, 600), (1280, 480), (1280, 1100)):
        window.resize(*size)
        qtbot.waitUntil(lambda size=size: window.size().toTuple() == size)
        for _ in range(3):
            QApplication.processEvents()
        buttons = [b for frame in (column.tools, column.views) for b in frame.findChildren(QToolButton)]
        shown = [button for button in buttons if button.isVisible()]
        places = [QRect(button.mapTo(canvas, QPoint()), button.size()) for button in shown]
        assert all(canvas.rect().contains(place) for place in places), size
        assert not any(one.intersects(other) for one, other in combinations(places, 2)), size
        small = [b.size().toTuple() for b in shown if b.sizeHint().boundedTo(b.size()) != b.sizeHint()]
        assert not small, size
        menu = column.more.menu().actions()
        assert wanted <= {button.defaultAction() for button in shown} | set(menu), size
        assert column.more.isVisible() is bool(menu)
        assert column.kind_button in shown
        left_over.append(len(menu))
    assert left_over[0] == left_over[1] == left_over[-1] == 0, "where there is room nothing hides in a menu"
    assert left_over[-2] > 0


def test_the_column_fills_and_smooths_the_chosen_region(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Make, disc: Disc, qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    ring = disc()
    ring[66:74, 76:84] = False
    desk.add_region(session.current, ring, RegionKind.TUMOUR)
    tools = window.stage.column.tools.findChildren(QToolButton)
    fill = next(button for button in tools if button.defaultAction() is window.commands["fill"])
    assert fill.isEnabled()
    QTest.mouseClick(fill, LEFT)
    assert desk.regions()[0].mask[70, 80]
    desk.select_region(None)
    assert not fill.isEnabled()
