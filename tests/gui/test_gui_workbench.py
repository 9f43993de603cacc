"""The canvas in its window: what the tools' paragraph promises, by mouse and keys, and what stays hidden."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_mouse import LEFT, drag, ready
from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QPoint, Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.image import CalibrationRegion
from alnreader.case.region import Mask, Origin, RegionKind
from alnreader.gui import status_line, theme
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Task, Urgency

Add = Callable[..., PatientSession]
SLOW = 60_000


def shot(window: MainWindow) -> QImage:
    window.stage.canvas.handler.hover(None)
    return window.stage.canvas.grab().toImage()


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


# --- while the network runs --------------------------------------------------------------------------------


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


# --- what is hidden before the reveal ----------------------------------------------------------------------


def everything(window: QWidget) -> str:
    """Whatever a window holds in words: texts, tips, spoken words, items of every list, actions."""
    parts = [window.windowTitle(), window.windowIconText()]
    for widget in [window, *window.findChildren(QWidget)]:
        parts += [widget.toolTip(), widget.statusTip(), widget.whatsThis()]
        parts += [widget.accessibleName(), widget.accessibleDescription()]
        words = (getattr(widget, name, None) for name in ("text", "toPlainText", "title"))
        parts += [str(word()) for word in words if callable(word)]
    for action in window.findChildren(QAction):
        parts += [action.text(), action.toolTip(), action.statusTip()]
    for model in window.findChildren(QAbstractItemModel):
        for row in range(model.rowCount()):
            columns = range(model.columnCount()) if isinstance(model, QAbstractTableModel) else (0,)
            for column in columns:
                values = model.itemData(model.index(row, column)).values()
                parts += [value for value in values if isinstance(value, str)]
    return "\n".join(parts)


def test_a_planted_score_changes_nothing_that_can_be_read_seen_or_exported(
    window: MainWindow,
    desk: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    qtbot: Any,
    disc: Callable[..., Mask],
    tmp_path: Path,
) -> None:
    from pypdf import PdfReader

    from alnreader.case.case import Reading
    from alnreader.report.document import encode, reading_document

    session = add_session(make_case(images=3))
    ready(qtbot, window)
    desk.propose()
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    desk.add_region(session.current, disc(), RegionKind.LYMPH_NODE)

    def state() -> tuple[str, list[QImage], str, str]:
        pictures = []
        for page in (window.work_list, window.start, window.model_page, window.splitter):
            window.go(page)
            desk.worklist_changed.emit()
            desk.score_changed.emit()
            desk.maps_changed.emit()
            for step in range(3):
                window.rail.open(step)
                QApplication.processEvents()
                pictures.append(window.stack.grab().toImage())
        words = everything(window)
        with qtbot.waitSignal(desk.preview_ready, timeout=SLOW) as caught:
            desk.preview()
        window.back()
        (tmp_path / "preview.pdf").write_bytes(caught.args[0])
        paper = "\n".join(page.extract_text() for page in PdfReader(tmp_path / "preview.pdf").pages)
        # Even handed over by mistake, the score is not written.
        handed = Reading(case=session.case, score=session.score, human=session.human)
        documents = [encode(reading_document(one)).decode() for one in (session.reading(), handed)]
        assert documents[0] == documents[1]
        return words, pictures, paper, documents[0]

    state()
    before = state()
    session.score = desk.machine.score(session.case, session.encoded, None, full=True)
    session.score_full = True
    number = f"{100 * session.score.probability:.0f} %"
    desk.want_maps(True)
    after = state()
    assert after[0] == before[0]
    assert number not in after[0].replace("\xa0", " ")
    assert [one == other for one, other in zip(after[1], before[1], strict=True)] == [True] * len(before[1])
    clock = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?")
    assert clock.sub("", after[2]) == clock.sub("", before[2])
    assert clock.sub("", after[3]) == clock.sub("", before[3])
    assert str(session.score.probability)[:6] not in after[3]
    desk.export(tmp_path / "early.pdf", tmp_path / "early.json")
    assert not (tmp_path / "early.pdf").exists()
    assert not (tmp_path / "early.json").exists()
    # The same eyes see it once it may be seen.
    desk.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    desk.lock_first_read()
    desk.reveal()
    qtbot.waitUntil(lambda: session.visible_score is not None and session.score_full, timeout=SLOW)
    assert number in everything(window).replace("\xa0", " ")


# --- colours -----------------------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes 2009, doi 10.1109/TVCG.2009.113, severity 1, on linear RGB.
BLINDNESS = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TOLD_APART = 20.0
"""CIE76 difference that is seen at a glance; 2.3 is just noticeable (doi 10.1002/col.5080180609)."""


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = (to_xyz @ linear) / np.array([0.9505, 1.0, 1.089])
    f = [value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", ["none", *BLINDNESS])
def test_the_two_kinds_of_outline_are_told_apart_by_every_eye(kind: str) -> None:
    def seen(name: str) -> np.ndarray:
        colour = theme.token(name)
        parts = np.array([colour.redF(), colour.greenF(), colour.blueF()])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        if kind in BLINDNESS:
            linear = np.clip(np.array(BLINDNESS[kind]) @ linear, 0, 1)
        return _lab(linear)

    tumour, node = seen("tumour"), seen("node")
    assert np.linalg.norm(tumour - node) > TOLD_APART
