"""What is drawn beside, over and within regions becomes one with them, or stays out of them, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from by_mouse import click, drag, ready
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from alnreader.case.case import Case
from alnreader.case.region import Mask, RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession

Disc = Callable[..., Mask]
RING = ((60, 55), (100, 55), (100, 85), (60, 85), (58, 70))
"""Corners around the middle of the picture."""


@pytest.fixture
def session(
    window: MainWindow, add_session: Callable[..., PatientSession], make_case: Callable[..., Case], qtbot: Any
) -> PatientSession:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    return session


def masks(session: PatientSession) -> list[Mask]:
    return [region.mask for region in session.case.regions_of(session.current)]


def outlined(
    window: MainWindow, how: str, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Draw around the middle of the picture by a shape tool."""
    canvas = window.stage.canvas
    if how == "lasso":
        QTest.keyClick(window, Qt.Key.Key_L)
        drag(window, *RING, held=held)
    elif how == "polygon":
        QTest.keyClick(window, Qt.Key.Key_G)
        click(window, *RING)
        QTest.keyClick(canvas, Qt.Key.Key_Return, held)
    else:
        QTest.keyClick(window, Qt.Key.Key_M)
        drag(window, (60, 70), (80, 70), (100, 70))
        QTest.keyClick(canvas, Qt.Key.Key_Return, held)


def test_the_brush_fills_again_what_the_eraser_took(
    window: MainWindow, desk: Controller, session: PatientSession, disc: Disc
) -> None:
    desk.add_region(session.current, disc(80, 70, 50, 40), RegionKind.TUMOUR)
    whole = masks(session)[0]
    path = (60, 70), (80, 70), (100, 70)
    QTest.keyClick(window, Qt.Key.Key_E)
    drag(window, *path)
    assert masks(session)[0].sum() < whole.sum()
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, *path)
    (filled,) = masks(session)
    assert np.array_equal(filled, whole)


def test_a_dab_within_a_hole_belongs_to_the_region_around_it(
    window: MainWindow, desk: Controller, session: PatientSession, disc: Disc
) -> None:
    desk.add_region(session.current, disc(80, 70, 60, 50) & ~disc(80, 70, 40, 35), RegionKind.TUMOUR)
    desk.select_region(None)
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (80, 70), (82, 70))
    (mask,) = masks(session)
    assert mask[70, 80]
    QTest.keySequence(window, "Shift+T")
    drag(window, (60, 70), (62, 70))
    assert [region.kind for region in desk.regions()] == [RegionKind.TUMOUR, RegionKind.LYMPH_NODE]


def test_a_stroke_that_touches_a_region_joins_it(
    window: MainWindow, desk: Controller, session: PatientSession
) -> None:
    square = np.zeros((150, 190), np.bool_)
    square[40:100, 20:80] = True
    desk.add_region(session.current, square, RegionKind.TUMOUR)
    desk.select_region(None)
    canvas = window.stage.canvas
    QTest.keyClick(window, Qt.Key.Key_B)
    canvas.set_brush_size(10 * canvas.scale)
    drag(window, (85.2, 60), (85.2, 80))
    (mask,) = masks(session)
    assert mask[70, 20:86].all()
    drag(window, (120, 60), (120, 80))
    assert len(masks(session)) == 2, "beside it, not at it"


@pytest.mark.parametrize("how", ["lasso", "polygon", "ellipse"])
def test_a_shape_over_a_region_of_its_kind_becomes_part_of_it_and_says_so(
    window: MainWindow, desk: Controller, session: PatientSession, disc: Disc, how: str
) -> None:
    old = disc(105, 70, 20, 12)
    desk.add_region(session.current, old, RegionKind.TUMOUR)
    desk.select_region(None)
    outlined(window, how)
    (mask,) = masks(session)
    assert mask[old].all()
    assert mask[70, 65:125].all()
    assert "Tumour 1" in window.status.text
    assert "Ctrl+Z" in window.status.text
    QTest.keySequence(window, "Ctrl+Z")
    assert np.array_equal(masks(session)[0], old), "one step takes it back"


@pytest.mark.parametrize("how", ["lasso", "polygon", "ellipse"])
def test_a_shape_stays_out_of_a_region_of_the_other_kind_and_says_so(
    window: MainWindow, desk: Controller, session: PatientSession, disc: Disc, how: str
) -> None:
    node = disc(105, 70, 20, 12)
    desk.add_region(session.current, node, RegionKind.LYMPH_NODE)
    desk.select_region(None)
    window.commands["kind"].trigger()
    outlined(window, how)
    first, second = masks(session)
    assert np.array_equal(first, node)
    assert second[70, 70]
    assert not (first & second).any()
    assert "other kind" in window.status.text


def test_a_shape_over_two_regions_makes_them_one(
    window: MainWindow, desk: Controller, session: PatientSession, disc: Disc
) -> None:
    for x in (60, 100):
        desk.add_region(session.current, disc(x, 70, 15, 10), RegionKind.TUMOUR)
    outlined(window, "lasso")
    assert len(masks(session)) == 1
    assert desk.region_index == 0
    assert "one now" in window.status.text
    QTest.keySequence(window, "Ctrl+Z")
    assert len(masks(session)) == 2


def test_shift_adds_to_the_chosen_region_wherever_and_alt_cuts_out_of_it(
    window: MainWindow, desk: Controller, session: PatientSession, disc: Disc
) -> None:
    far = disc(160, 120, 15, 10)
    desk.add_region(session.current, far, RegionKind.LYMPH_NODE)
    outlined(window, "lasso", Qt.KeyboardModifier.ShiftModifier)
    (mask,) = masks(session)
    assert mask[70, 80]
    assert mask[far].all()
    outlined(window, "polygon", Qt.KeyboardModifier.AltModifier)
    assert not masks(session)[0][70, 80]
    desk.select_region(None)
    outlined(window, "polygon", Qt.KeyboardModifier.AltModifier)
    assert len(masks(session)) == 1, "nothing is chosen that it could be cut out of"
    assert "Choose the region" in window.status.text


def test_filling_smoothing_and_pulling_take_nothing_from_another_region(
    window: MainWindow, desk: Controller, session: PatientSession, disc: Disc
) -> None:
    node = disc(80, 70, 12, 8)
    desk.add_region(session.current, node, RegionKind.LYMPH_NODE)
    desk.add_region(session.current, disc(80, 70, 40, 30) & ~disc(80, 70, 15, 11), RegionKind.TUMOUR)
    QTest.keyClick(window, Qt.Key.Key_H)
    tumour = masks(session)[1]
    assert tumour[70, 66]
    assert not (tumour & node).any()
    desk.delete_region(session.current, 1)
    desk.add_region(session.current, disc(150, 70, 20, 20), RegionKind.TUMOUR)
    QTest.keyClick(window, Qt.Key.Key_V)
    canvas = window.stage.canvas
    handles = canvas.handler.handles()
    at = min((handles.point(n) for n in range(len(handles.places))), key=lambda point: point[0])
    drag(window, at, (110, 70), (75, 70))
    tumour = masks(session)[1]
    assert tumour[70, 100]
    assert not (tumour & node).any()


def test_a_new_region_is_told_and_a_slip_of_the_hand_is_asked_about(
    window: MainWindow, desk: Controller, session: PatientSession
) -> None:
    levels: list[tuple[str, str]] = []
    desk.message.connect(lambda level, text: levels.append((level, text)))
    QTest.keyClick(window, Qt.Key.Key_B)
    window.stage.canvas.set_brush_size(8 * window.stage.canvas.scale)
    drag(window, (40, 40), (90, 40))
    assert window.status.text == "Tumour 1 is new. Ctrl+Z takes it back."
    click(window, (150, 120))
    ((level, text),) = levels
    assert level == "caution"
    assert text.startswith("Tumour 2 is new and only 0.")
    assert text in window.status.text
    row = window.rail.regions.rows[1]
    assert "slip" in row.parts.text()
    assert not window.rail.regions.rows[0].parts.text()
    QTest.keySequence(window, "Ctrl+Z")
    assert len(masks(session)) == 1
    drag(window, (60, 42), (80, 48))
    assert len(masks(session)) == 1
    assert len(levels) == 1, "what joins a region is not a new one"


def test_the_picture_names_a_region_under_the_mouse_and_is_not_covered_elsewhere(
    window: MainWindow, desk: Controller, session: PatientSession, disc: Disc
) -> None:
    canvas = window.stage.canvas
    desk.add_region(session.current, disc(), RegionKind.TUMOUR)
    QTest.keyClick(window, Qt.Key.Key_V)

    def tip(x: float, y: float) -> str:
        return canvas.tip_at(canvas.to_widget((x, y)))

    assert tip(80, 70).startswith("Tumour 1: ")
    assert " mm" in tip(80, 70)
    assert tip(20, 20) == ""
    assert "wheel" in tip(-3, -3)
    QTest.keyClick(window, Qt.Key.Key_B)
    assert tip(80, 70) == "", "a brush is not covered"
    assert window.rail.regions.box.toolTip()
    assert window.film.toolTip()
