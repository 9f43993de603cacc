"""The canvas in its window: what the tools' paragraph promises, by mouse and keys."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from by_mouse import LEFT, drag, ready, shot
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox

from alnreader.case.case import Case
from alnreader.case.image import CalibrationRegion
from alnreader.case.region import Mask, Origin, RegionKind
from alnreader.gui import status_line
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession

Add = Callable[..., PatientSession]
SLOW = 60_000


def masks(session: PatientSession) -> list[Mask]:
    return [region.mask for region in session.case.regions_of(session.current)]


# --- editing -----------------------------------------------------------------------------------------------


def test_undo_goes_stroke_by_stroke_on_each_image_by_itself(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=2))
    ready(qtbot, window)
    one, two = session.revisions
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (60, 60), (80, 60))
    drag(window, (75, 60), (110, 60))
    strokes = [region.mask.copy() for region in session.case.regions_of(one)]
    assert len(strokes) == 1
    first_undone = None
    QTest.keyClick(window, Qt.Key.Key_PageDown)
    assert session.current == two
    ready(qtbot, window)
    drag(window, (30, 30), (50, 30))
    assert len(session.case.regions_of(two)) == 1
    QTest.keyClick(window, Qt.Key.Key_PageUp)
    assert session.current == one
    QTest.keySequence(window, "Ctrl+Z")
    first_undone = session.case.regions_of(one)[0].mask
    assert 0 < first_undone.sum() < strokes[0].sum()
    assert len(session.case.regions_of(two)) == 1, "another image's stroke stays"
    QTest.keySequence(window, "Ctrl+Z")
    assert session.case.regions_of(one) == ()
    assert not window.commands["undo"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_PageDown)
    assert window.commands["undo"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_PageUp)
    QTest.keySequence(window, "Ctrl+Shift+Z")
    QTest.keySequence(window, "Ctrl+Y")
    assert np.array_equal(session.case.regions_of(one)[0].mask, strokes[0])


def test_fill_smooth_retype_and_delete_by_key(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    ring = np.zeros((150, 190), dtype=np.bool_)
    ring[40:100, 50:120] = True
    ring[60:80, 70:90] = False
    ring[30:40, 80:82] = True
    desk.add_region(session.current, ring, RegionKind.TUMOUR)
    QTest.keyClick(window, Qt.Key.Key_H)
    assert masks(session)[0][70, 80]
    QTest.keyClick(window, Qt.Key.Key_S)
    assert not masks(session)[0][31, 80], "the spike is gone"
    QTest.keyClick(window, Qt.Key.Key_T)
    assert session.case.regions_of(session.current)[0].kind is RegionKind.LYMPH_NODE
    QTest.keyClick(window, Qt.Key.Key_Delete)
    assert masks(session) == []
    for _ in range(4):
        QTest.keySequence(window, "Ctrl+Z")
    assert np.array_equal(masks(session)[0], ring)


def test_an_ellipse_is_measured_then_made_a_region_of_the_kind_in_hand(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_M)
    QTest.keySequence(window, "Shift+T")
    drag(window, (60, 70), (100, 70), (120, 70))
    assert re.search(r"Ellipse \d\.\d × \d\.\d mm, \d+\.\d mm²", window.status.text)
    window.stage.canvas.setFocus()
    QTest.keyClick(window.stage.canvas, Qt.Key.Key_Return)
    (region,) = session.case.regions_of(session.current)
    assert (region.kind, region.origin) == (RegionKind.LYMPH_NODE, Origin.DRAWN)
    QTest.keySequence(window, "Ctrl+Z")
    assert session.case.regions_of(session.current) == ()


def test_a_box_is_looked_at_again_where_it_was_drawn(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_X)
    boxes: list[tuple[int, int, int, int]] = []
    window.stage.canvas.box_drawn.connect(boxes.append)
    drag(window, (20, 20), (90, 70), (150, 120))
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    (box,) = boxes
    assert box == pytest.approx((20, 20, 150, 120), abs=2)
    x0, y0, x1, y1 = box
    found = masks(session)
    assert found
    for mask in found:
        outside = mask.copy()
        outside[y0:y1, x0:x1] = False
        assert not outside.any()


def test_the_networks_outline_stays_beside_the_humans(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    desk.propose()
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    proposed = session.proposals[session.current]
    assert proposed
    QTest.keyClick(window, Qt.Key.Key_L)
    for _ in range(len(proposed)):
        desk.delete_region(session.current, 0)
    assert masks(session) == []
    bare = shot(window)
    QTest.keyClick(window, Qt.Key.Key_J)
    beside = shot(window)
    canvas = window.stage.canvas
    rows, columns = np.nonzero(proposed[0].mask & ~np.roll(proposed[0].mask, 1, axis=1))
    edge = [canvas.to_widget((float(x), y + 0.5)).toPoint() for x, y in zip(columns, rows, strict=True)]
    told = [bare.pixel(at) != beside.pixel(at) for at in edge if bare.rect().contains(at)]
    assert 0.3 < np.mean(told) <= 1.0, "a dashed line along the network's outline"
    QTest.keyClick(window, Qt.Key.Key_J)
    assert shot(window) == bare


# --- looking -----------------------------------------------------------------------------------------------


def test_keys_change_how_the_picture_is_shown_and_never_the_picture(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=1))
    ready(qtbot, window)
    desk.add_region(session.current, np.pad(np.ones((40, 60), bool), ((40, 70), (60, 70))), RegionKind.TUMOUR)
    canvas, pixels = window.stage.canvas, session.image.pixels().copy()
    QTest.keyClick(window, Qt.Key.Key_V)
    plain = shot(window)
    middle = canvas.to_widget((30.0, 30.0)).toPoint()
    QTest.keyClick(window, Qt.Key.Key_I)
    inverted = shot(window)
    assert abs(plain.pixelColor(middle).lightness() + inverted.pixelColor(middle).lightness() - 255) <= 2
    QTest.keyClick(window, Qt.Key.Key_I)
    assert shot(window) == plain
    for key in (Qt.Key.Key_O, Qt.Key.Key_U):
        QTest.keyClick(window, key)
        assert shot(window) != plain, "outlines or ruler are gone"
        QTest.keyClick(window, key)
        assert shot(window) == plain
    QTest.keyClick(window, Qt.Key.Key_W)
    drag(window, (90, 70), (110, 60), (140, 40))
    assert canvas.window_level != (127.5, 255.0)
    assert shot(window) != plain
    QTest.keyClick(window, Qt.Key.Key_R)
    assert canvas.window_level == (127.5, 255.0)
    QTest.keyClick(window, Qt.Key.Key_V)
    assert shot(window) == plain
    QTest.keyClick(window, Qt.Key.Key_1)
    assert canvas.zoom == 1.0
    assert shot(window) != plain
    QTest.keyClick(window, Qt.Key.Key_0)
    assert shot(window) == plain
    assert np.array_equal(session.image.pixels(), pixels)


def test_a_length_without_calibration_is_in_pixels_with_the_reason(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    case = make_case(images=2, calibrated=True)
    bare = dataclasses.replace(case.images[1], calibration=())
    doppler = CalibrationRegion(100, 0, 189, 149, None, None)
    half = dataclasses.replace(
        case.images[0], calibration=(CalibrationRegion(0, 0, 99, 149, 0.1, 0.1), doppler)
    )
    add_session(dataclasses.replace(case, images=(half, bare)))
    ready(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_C)
    drag(window, (20, 70), (50, 70), (80, 70))
    assert re.search(r"Caliper (5|6)\.\d mm$", window.status.text), window.status.text
    drag(window, (60, 100), (80, 100), (140, 100))
    assert re.search(r"Caliper \d+\.\d px \(.*one region.*\)", window.status.text), window.status.text
    QTest.keyClick(window, Qt.Key.Key_PageDown)
    ready(qtbot, window)
    drag(window, (20, 70), (50, 70), (80, 70))
    assert re.search(r"Caliper \d+\.\d px \(The picture carries no calibration", window.status.text)


def test_the_brush_keeps_its_size_on_the_screen_and_says_it_in_millimetres(
    window: MainWindow, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    add_session(make_case(images=1))
    ready(qtbot, window)
    canvas = window.stage.canvas
    QTest.keyClick(window, Qt.Key.Key_B)
    QTest.mouseMove(canvas, canvas.to_widget((90.0, 70.0)).toPoint())
    size = canvas.brush_size

    def told() -> float:
        canvas.say(canvas.handler.hint)
        match = re.search(r"Brush (\d+\.\d) mm", window.status.text)
        assert match, window.status.text
        return float(match[1])

    before = told()
    assert before == pytest.approx(size / canvas.scale * 0.1, abs=0.06)
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_Plus)
    assert canvas.brush_size == size
    assert told() < before
    QTest.keyClick(window, Qt.Key.Key_BracketRight)
    assert canvas.brush_size > size


# --- cine --------------------------------------------------------------------------------------------------


def test_drawing_on_another_frame_says_that_it_is_read_now_and_undo_goes_back(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=1, cine=9))
    ready(qtbot, window)
    desk.set_frame(8)
    notes = window.rail.regions.notes
    assert "Frame 8 of 9" in notes.text()
    window.stage.player.seek(2)
    qtbot.waitUntil(lambda: window.stage.canvas.image.key.frame == 2)
    QTest.keyClick(window, Qt.Key.Key_B)
    drag(window, (60, 70), (100, 70))
    assert session.current.frame == 2
    assert "Frame 2 is read now in place of frame 8" in window.status.text
    assert "Frame 2 of 9" in notes.text()
    QTest.keySequence(window, "Ctrl+Z")
    assert (session.current.frame, desk.regions(), window.stage.player.frame) == (8, (), 8)
    assert window.rail.regions.redo.isEnabled()
    QTest.keySequence(window, "Ctrl+Y")
    assert session.current.frame == 2
    assert len(desk.regions()) == 1
    QTest.keySequence(window, "Ctrl+Z")
    assert session.current.frame == 8
    ready(qtbot, window)
    drag(window, (60, 70), (100, 70))
    assert len(desk.regions()) == 1
    assert not session.can_redo(session.current), "what is drawn now took its place"
    QTest.keySequence(window, "Ctrl+Z")
    assert session.current.frame == 8


def test_the_caliper_that_is_offered_is_one_of_the_picture_shown(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=2))
    ready(qtbot, window)
    take = window.rail.first_read.form.from_caliper
    QTest.keyClick(window, Qt.Key.Key_C)
    drag(window, (60, 70), (100, 70))
    words = take.text()
    assert "mm" in words
    desk.step_image(1)
    assert not take.isEnabled(), "measured on the other picture"
    desk.select_image(session.case.images[0].key)
    assert take.text() == words
    QTest.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    assert not take.isEnabled()


def test_a_message_that_was_read_gives_way_to_what_is_measured(
    window: MainWindow, desk: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = window.status
    line.set_hint("what the tool does")
    desk.message.emit("info", "Written: a.pdf")
    line.set_hint("Caliper: 4.2 mm")
    assert line.text == "Written: a.pdf", "nobody can have read it yet"
    monkeypatch.setattr(status_line, "_READ_S", {"info": 0.0})
    line.set_hint("Caliper: 4.2 mm")
    assert line.text == "Written: a.pdf", "that is no news"
    line.set_hint("Caliper: 4.3 mm")
    assert line.text == "Caliper: 4.3 mm"


def test_two_panes_show_as_much_of_the_picture_and_one_has_the_tools_besides(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    add_session(make_case(images=1))
    ready(qtbot, window)
    canvas = window.stage.canvas
    canvas.set_panes(2)
    first, second = canvas.panes()
    inset = canvas.placement.x
    assert first.right() == second.left()
    assert first.width() - second.width() == pytest.approx(canvas._left)
    left, right = (canvas.to_widget((0, 0), pane) for pane in (0, 1))
    assert left.x() - first.left() - canvas._left == pytest.approx(right.x() - second.left())
    assert canvas.to_widget((190, 0), 0).x() <= first.right() + 0.5
    assert canvas.to_widget((190, 0), 1).x() <= second.right() + 0.5
    for pane in (0, 1):
        place = canvas.to_widget((20, 30), pane)
        assert canvas.pane_of(place) == pane
        assert canvas.to_picture(place) == pytest.approx((20, 30))
    assert inset >= canvas._left


def test_a_cine_is_played_stepped_and_its_key_frame_chosen_by_mouse(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case], qtbot: Any
) -> None:
    session = add_session(make_case(images=2, cine=40))
    ready(qtbot, window)
    bar, player = window.stage.cine, window.stage.player
    assert bar.isVisible()
    buttons = {button.toolTip().split(" (")[0]: button for button in bar.findChildren(QAbstractButton)}
    play = next(button for tip, button in buttons.items() if tip.startswith("Play"))
    QTest.mouseClick(play, LEFT)
    assert player.playing
    qtbot.waitUntil(lambda: window.stage.canvas.image.key.frame > 2, timeout=SLOW)
    QTest.mouseClick(play, LEFT)
    assert not player.playing
    (speed,) = bar.findChildren(QComboBox)
    speed.setCurrentIndex(speed.findText("0.25×"))
    assert player.speed == 0.25
    assert "fps" in player.rate_text
    slider = bar.slider
    QTest.mouseClick(slider, LEFT, pos=QPoint(slider.width() - 3, slider.height() // 2))
    there = player.frame
    assert there > 3
    qtbot.waitUntil(lambda: window.stage.canvas.image.key.frame == there, timeout=SLOW)
    QTest.keyClick(window, Qt.Key.Key_Comma)
    assert player.frame == there - 1
    qtbot.waitUntil(lambda: window.stage.canvas.image.key.frame == there - 1, timeout=SLOW)
    assert session.current.frame == 1, "looking chooses nothing"
    choose = next(
        button for button in bar.findChildren(QAbstractButton) if button.text() == "Read this frame"
    )
    QTest.mouseClick(choose, LEFT)
    assert session.current.frame == there - 1
    assert choose.text() == "This frame is read"
    cache = window.stage.cache
    assert cache.bytes <= 256 * 2**20
