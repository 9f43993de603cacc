"""The window keeps every action, brings readings back, and says what is not kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QtMsgType
from PySide6.QtWidgets import QFileDialog

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.clock import now
from alnreader.case.draft import NO_DRAFTS, Drafts, Entered
from alnreader.case.errors import CannotWriteError
from alnreader.case.protocol import Event, ReadingMode, ReadingState
from alnreader.case.region import RegionKind
from alnreader.gui import app as program
from alnreader.gui.controller import Controller
from alnreader.gui.crash import CrashReport, Faults, last_crash, report_file, start_log, unwatch
from alnreader.gui.machine import Machine
from alnreader.gui.main_window import MainWindow
from alnreader.gui.pages.aftermath import show_crash
from alnreader.gui.pages.skipped import SkippedPage
from alnreader.gui.settings import Settings
from alnreader.gui.tasks import TaskRunner
from alnreader.paths import user_data_dir
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

Desks = Callable[..., Controller]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two patients of two pictures."""
    for name in ("Lin", "Wang"):
        place = tmp_path / "pictures" / name
        place.mkdir(parents=True)
        for number in range(2):
            pixels = np.random.default_rng([number, *name.encode()]).integers(0, 255, (150, 190, 3), np.uint8)
            Image.fromarray(pixels).save(place / f"{number}.png")
    return tmp_path / "pictures"


@pytest.fixture
def desks(qtbot: Any, tmp_path: Path) -> Iterator[Desks]:
    """Start the program's controller on a data folder, as often as asked."""
    started: list[Controller] = []

    def start(data: str = "data", machine: Machine | None = None) -> Controller:
        settings = Settings(reader="Dr Lee", model=str(tmp_path / "no-model"), device="cpu")
        desk = Controller(TaskRunner(), settings, tmp_path / "settings.json")
        if machine is not None:
            desk.machine = machine
        started.append(desk)
        desk.saving.start(tmp_path / data)
        qtbot.waitUntil(lambda: desk.saving.ready, timeout=30_000)
        return desk

    yield start
    for desk in started:
        desk.close()


def said(confidence: int = 70) -> Assessment:
    return Assessment(NodeStatus.NEGATIVE, confidence, "Dr Lee", now())


def opened(desk: Controller, path: Path, qtbot: Any) -> None:
    before = desk.session
    desk.open_paths([path])
    qtbot.waitUntil(lambda: desk.session is not None and desk.session is not before, timeout=30_000)


def settled(desk: Controller, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not desk.saving.waiting and not desk.runner.busy, timeout=60_000)


def killed(desk: Controller, qtbot: Any) -> None:
    """End as a kill does, as far as that goes within one process: nothing is closed, the locks are gone."""
    settled(desk, qtbot)
    desk.runner.close()
    for case in desk.saving._cases.values():
        case._lock.release()
    desk.saving._store.connection.close()  # type: ignore[union-attr]
    desk.saving._lists = None
    desk.saving._cases.clear()
    desk.saving.active = False
    desk.saving._writer.close(0.1)


def test_a_reading_comes_back_with_regions_lock_score_and_signature(
    desks: Desks, folder: Path, qtbot: Any, disc: Any, machine: Machine
) -> None:
    desk = desks(machine=machine)
    opened(desk, folder / "Lin", qtbot)
    key = desk.session.current
    desk.add_region(key, disc(), RegionKind.TUMOUR)
    desk.replace_mask(key, 0, disc(half_x=35))
    desk.undo(key)
    desk.redo(key)
    desk.retype(key, 0, RegionKind.LYMPH_NODE)
    desk.set_first_read(said())
    desk.lock_first_read()
    desk.reveal()
    qtbot.waitUntil(
        lambda: desk.session.visible_score is not None and not desk.session.scoring, timeout=60_000
    )
    score = desk.session.visible_score
    desk.set_final_read(said(55), "thinner than I thought")
    desk.sign("Dr Lee")
    desk.amend("wrong side")
    desk.delete_region(key, 0)
    settled(desk, qtbot)
    before = desk.session
    killed(desk, qtbot)

    again = desks(machine=machine)
    assert [row.patient for row in again.saving.unfinished] == ["Lin"]
    for _ in range(2):  # a double click
        again.open_kept(again.saving.unfinished[0].id)
    qtbot.waitUntil(lambda: again.session is not None, timeout=30_000)
    settled(again, qtbot)
    assert len(again.sessions) == 1
    assert again.saving.unfinished == ()
    session = again.session
    assert session.human == before.human
    assert session.human.state is ReadingState.AMENDED
    assert session.case.regions_of(key) == ()
    assert session.signed_versions[0].score.probability == score.probability
    assert session.signed_versions[0].case.regions_of(key)[0].kind is RegionKind.LYMPH_NODE
    again.discard_amendment()
    assert session.human.state is ReadingState.SIGNED
    assert np.array_equal(session.case.regions_of(key)[0].mask, disc(half_x=35))
    assert session.visible_score.probability == score.probability
    settled(again, qtbot)
    again.close()
    found = verify_work_list(folder.parent / "data" / "worklist.sqlite")
    assert found.fault is None


def test_every_action_has_its_entry(
    desks: Desks, folder: Path, qtbot: Any, disc: Any, tmp_path: Path
) -> None:
    desk = desks()
    kept: list[str] = []
    times: list[str] = []
    desk.saving.kept.connect(lambda _case, _number, action: kept.append(action))
    desk.saved.connect(times.append)
    opened(desk, folder / "Lin", qtbot)
    key = desk.session.current
    desk.add_region(key, disc(), RegionKind.TUMOUR)
    desk.replace_mask(key, 0, disc(half_x=35))
    desk.undo(key)
    desk.redo(key)
    desk.retype(key, 0, RegionKind.LYMPH_NODE)
    desk.include(key, False)
    desk.include(key, True)
    desk.delete_region(key, 0)
    desk.set_first_read(said())
    desk.lock_first_read()
    desk.unlock_first_read()
    settled(desk, qtbot)
    qtbot.waitUntil(lambda: len(kept) == 12)
    assert kept == [
        "opened",
        "drawn",
        "stroke",
        "undo",
        "redo",
        "retyped",
        "left out",
        "included",
        "deleted",
        Event.ENTER_FIRST_READ,
        Event.LOCK_FIRST_READ,
        Event.UNLOCK_FIRST_READ,
    ]
    assert len(times) == len(kept)
    assert len(times[0].split(":")) == 3
    desk.close()
    with Store(tmp_path / "data") as store:
        entries = store.entries()
        assert [entry.action for entry in entries] == kept
        assert {entry.who for entry in entries} == {"Dr Lee"}
        assert entries[1].image == key
        assert entries[1].details["regions"][0]["kind"] == "tumour"  # type: ignore[index]


def test_the_same_pictures_go_on_with_the_reading(desks: Desks, folder: Path, qtbot: Any, disc: Any) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    desk.close_session()
    settled(desk, qtbot)
    assert [row.patient for row in desk.saving.stored_rows()] == ["Lin"]
    opened(desk, folder, qtbot)
    assert sorted(session.case.patient.label for session in desk.sessions) == ["Lin", "Wang"]
    lin = next(session for session in desk.sessions if session.case.patient.label == "Lin")
    assert len(lin.case.regions_of(lin.current)) == 1
    settled(desk, qtbot)
    assert len(desk.saving.rows) == 2


def test_a_second_window_looks_and_cannot_change(desks: Desks, folder: Path, qtbot: Any, disc: Any) -> None:
    first = desks()
    opened(first, folder / "Lin", qtbot)
    first.add_region(first.session.current, disc(), RegionKind.TUMOUR)
    settled(first, qtbot)
    second = desks()
    told: list[str] = []
    second.message.connect(lambda _level, text: told.append(text))
    second.open_kept(second.saving.rows[0].id)
    qtbot.waitUntil(lambda: second.session is not None, timeout=30_000)
    session = second.session
    assert "another program" in session.read_only
    assert len(second.regions()) == 1
    second.add_region(session.current, disc(x=50), RegionKind.TUMOUR)
    second.set_first_read(said())
    second.delete_region(session.current, 0)
    assert len(second.regions()) == 1
    assert session.human.first_read is None
    assert not session.may(Event.EDIT_REGION)
    assert session.may(Event.PREVIEW)
    assert all("another program" in text for text in told[-3:])


def test_a_disk_that_refuses_is_told_and_nothing_is_lost(
    desks: Desks, folder: Path, qtbot: Any, disc: Any, tmp_path: Path
) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    told: list[tuple[str, str]] = []
    states: list[str] = []
    desk.message.connect(lambda level, text: told.append((level, text)))
    desk.saving.unsaved.connect(states.append)
    store = desk.saving._store
    store.connection.execute("PRAGMA query_only = ON")  # type: ignore[union-attr]
    key = desk.session.current
    for x in (60, 70, 80):
        desk.add_region(key, disc(x=x), RegionKind.TUMOUR)
    qtbot.waitUntil(lambda: bool(states), timeout=30_000)
    assert "not saved" in states[0]
    assert any(level == "error" and "Not saved yet" in text for level, text in told)
    assert desk.saving.waiting == 3
    store.connection.execute("PRAGMA query_only = OFF")  # type: ignore[union-attr]
    desk.add_region(key, disc(x=90), RegionKind.TUMOUR)
    settled(desk, qtbot)
    qtbot.waitUntil(lambda: states[-1] == "")
    assert [entry.action for entry in store.entries()] == ["opened", *["drawn"] * 4]  # type: ignore[union-attr]


def test_without_a_work_list_actions_wait_until_there_is_one(
    desks: Desks, folder: Path, qtbot: Any, disc: Any, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("in the way", "utf-8")
    desk = desks()
    told: list[str] = []
    desk.message.connect(lambda _level, text: told.append(text))
    opened(desk, folder / "Lin", qtbot)
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    assert len(desk.regions()) == 1
    qtbot.waitUntil(lambda: desk.saving.waiting == 2, timeout=30_000)
    assert not desk.saving.may_close()
    assert "Actions that are not saved: 2." in told[-1]
    (tmp_path / "data").unlink()
    desk.add_region(desk.session.current, disc(x=60), RegionKind.TUMOUR)
    settled(desk, qtbot)
    assert desk.saving.may_close()
    with Store(tmp_path / "data", only_look=True) as store:
        assert [entry.action for entry in store.entries()] == ["opened", "drawn", "drawn"]


def test_a_list_on_a_full_disk_is_shown(
    desks: Desks, folder: Path, qtbot: Any, disc: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    settled(desk, qtbot)
    desk.close()

    def full(*_: Any) -> None:
        raise CannotWriteError("Cannot write: the disk is full.")

    monkeypatch.setattr("alnreader.store.database.open_database", full)
    again = desks()
    assert [row.patient for row in again.saving.rows] == ["Lin"]
    again.open_kept(again.saving.rows[0].id)
    qtbot.waitUntil(lambda: again.session is not None, timeout=30_000)
    assert again.session.read_only
    assert len(again.regions()) == 1
    opened(again, folder / "Wang", qtbot)
    qtbot.waitUntil(lambda: again.saving.waiting == 1, timeout=30_000)
    monkeypatch.undo()
    again.add_region(again.session.current, disc(), RegionKind.TUMOUR)
    settled(again, qtbot)
    qtbot.waitUntil(lambda: len(again.saving.rows) == 2, timeout=30_000)


def test_a_fault_drops_no_action_and_holds_up_no_other_reading(
    desks: Desks, folder: Path, qtbot: Any, disc: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alnreader.store import handle

    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    lin = desk.session
    settled(desk, qtbot)
    real = handle.encode_mask

    def failing(mask: Any) -> bytes:
        if mask.shape == (150, 190) and mask[75, 95]:
            raise MemoryError
        return real(mask)

    monkeypatch.setattr(handle, "encode_mask", failing)
    desk.add_region(lin.current, disc(), RegionKind.TUMOUR)
    desk.set_first_read(said())
    qtbot.waitUntil(lambda: desk.saving.waiting == 2, timeout=30_000)
    opened(desk, folder / "Wang", qtbot)
    qtbot.waitUntil(lambda: bool(desk.session.kept_as) and desk.saving.waiting == 2, timeout=30_000)
    assert not desk.saving.may_close()
    monkeypatch.undo()
    desk.enter(lin)
    desk.lock_first_read()
    settled(desk, qtbot)
    assert desk.saving.may_close()
    desk.close()
    again = desks()
    again.open_kept(lin.kept_as)
    qtbot.waitUntil(lambda: again.session is not None, timeout=30_000)
    assert again.session.human.state is ReadingState.FIRST_READ_LOCKED
    assert len(again.regions()) == 1


def test_what_cannot_be_kept_step_by_step_is_rescued(
    desks: Desks, folder: Path, qtbot: Any, disc: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from alnreader.store.handle import OpenCase

    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(OpenCase, "record", refuse)
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    desk.set_first_read(said())
    qtbot.waitUntil(lambda: desk.saving.waiting == 2, timeout=30_000)
    told: list[str] = []
    desk.message.connect(lambda _level, text: told.append(text))
    desk.saving.save_copy(desk.session, tmp_path / "elsewhere.alncase")
    qtbot.waitUntil(lambda: any("Written" in text for text in told), timeout=30_000)
    opened(desk, folder / "Wang", qtbot)  # never kept at all
    qtbot.waitUntil(lambda: desk.saving.waiting == 3, timeout=30_000)
    assert desk.close() == 0
    monkeypatch.undo()
    with Store(tmp_path / "other") as store:
        assert store.open_file(tmp_path / "elsewhere.alncase").snapshot.human.first_read is not None
    again = desks()
    assert sorted(row.patient for row in again.saving.rows) == ["Lin", "Wang"]
    again.open_kept(next(row.id for row in again.saving.rows if row.patient == "Lin"))
    qtbot.waitUntil(lambda: again.session is not None, timeout=30_000)
    assert len(again.regions()) == 1
    assert again.session.human.first_read is not None


def test_pictures_that_moved_are_found_where_the_reader_says(
    desks: Desks, folder: Path, qtbot: Any, disc: Any, tmp_path: Path
) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    desk.close_session()
    settled(desk, qtbot)
    shutil.move(folder / "Lin", tmp_path / "moved")
    told: list[str] = []
    desk.message.connect(lambda _level, text: told.append(text))
    desk.open_kept(desk.saving.rows[0].id)
    qtbot.waitUntil(lambda: desk.session is not None, timeout=30_000)
    assert any("were not found" in text for text in told)
    lost = desk.session
    desk.saving.find_pictures(tmp_path / "moved")
    qtbot.waitUntil(lambda: desk.session is not None and desk.session is not lost, timeout=30_000)
    assert desk.session.image.pixels().shape == (150, 190, 3)
    assert len(desk.regions()) == 1


# --- the pages ---------------------------------------------------------------------------------------------


@pytest.fixture
def window(desks: Desks, qtbot: Any, qapp: Any) -> Iterator[MainWindow]:
    from alnreader.gui import theme

    if not qapp.styleSheet():
        theme.apply_theme(qapp, "dark")
    window = MainWindow(desks())
    qtbot.addWidget(window)
    window.show()
    yield window
    qtbot.waitUntil(lambda: not window.controller.runner.busy)


def test_start_page_and_work_list_show_what_was_kept(
    window: MainWindow, folder: Path, qtbot: Any, disc: Any
) -> None:
    desk = window.controller
    opened(desk, folder / "Lin", qtbot)
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    desk.set_first_read(said())
    desk.lock_first_read()
    desk.close_session()
    settled(desk, qtbot)
    assert window.stack.currentWidget() is window.start
    # The list comes after the actions, which come after the opening: each shows the cards anew.
    qtbot.waitUntil(
        lambda: (
            len(window.start.cards) == 1
            and "First read locked" in window.start.cards[0].accessibleDescription()
        )
    )
    card = window.start.cards[0]
    assert card.accessibleName() == "Lin"
    assert "1 of 2 images confirmed" in card.accessibleDescription()
    window.commands["work_list"].trigger()
    table = window.work_list.table
    assert [table.item(0, column).text() for column in (0, 3)] == ["Lin", "First read locked"]
    table.selectRow(0)
    assert window.work_list._close_button.text() == "Take off the list"
    window.work_list._open_button.click()
    qtbot.waitUntil(lambda: desk.session is not None, timeout=30_000)
    assert desk.session.human.state is ReadingState.FIRST_READ_LOCKED
    window.go(window.work_list)
    assert window.work_list._close_button.text() == "Close"
    window.work_list._close_button.click()
    settled(desk, qtbot)
    window.go(window.work_list)
    table.selectRow(0)
    window.work_list._close_button.click()
    settled(desk, qtbot)
    qtbot.waitUntil(lambda: table.rowCount() == 0)


def test_start_page_and_work_list_tell_an_amended_reading_from_a_signed_one(
    window: MainWindow, folder: Path, qtbot: Any
) -> None:
    desk = window.controller
    desk.change_settings(replace(desk.settings, mode=ReadingMode.CONCURRENT))
    opened(desk, folder / "Lin", qtbot)
    qtbot.waitUntil(lambda: not desk.session.scoring, timeout=30_000)
    table = window.work_list.table
    for words in ("Signed", "Amended and signed"):
        settled(desk, qtbot)
        if desk.session.signed:
            desk.amend("Wrong side.")
        settled(desk, qtbot)
        desk.set_final_read(said())
        desk.sign("Dr Lee")
        assert desk.session.signed
        window.go(window.work_list)
        assert table.item(0, 3).text() == words
    settled(desk, qtbot)
    desk.close_session()
    settled(desk, qtbot)
    qtbot.waitUntil(
        lambda: any("Amended and signed" in card.accessibleDescription() for card in window.start.cards)
    )
    window.go(window.work_list)
    assert table.item(0, 3).text() == "Amended and signed"


def test_recovery_is_offered_once(desks: Desks, folder: Path, qtbot: Any, disc: Any) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    killed(desk, qtbot)
    window = MainWindow(desks())
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.start.recovery.isVisible)
    assert "Lin" in window.start.recovery._names.text()
    window.start.recovery.reopen.click()
    qtbot.waitUntil(lambda: window.controller.session is not None, timeout=30_000)
    assert len(window.controller.regions()) == 1
    window.back()
    assert window.start.recovery.isHidden()
    settled(window.controller, qtbot)


def test_the_window_does_not_close_over_what_is_not_kept(
    window: MainWindow, folder: Path, qtbot: Any, disc: Any
) -> None:
    desk = window.controller
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    store = desk.saving._store
    store.connection.execute("PRAGMA query_only = ON")  # type: ignore[union-attr]
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    assert not window.close()
    assert "Actions that are not saved: 1." in window.fault.text
    store.connection.execute("PRAGMA query_only = OFF")  # type: ignore[union-attr]
    desk.add_region(desk.session.current, disc(x=60), RegionKind.TUMOUR)
    settled(desk, qtbot)
    assert window.close()


def again_in_a_window(desks: Desks, qtbot: Any) -> MainWindow:
    """Start the program anew and open the only case of its list."""
    window = MainWindow(desks())
    qtbot.addWidget(window)
    window.show()
    window.controller.open_kept(window.controller.saving.rows[0].id)
    qtbot.waitUntil(lambda: window.controller.session is not None, timeout=30_000)
    return window


def half_a_first_read(window: MainWindow, qtbot: Any) -> None:
    form = window.rail.first_read.form
    form.status_buttons[NodeStatus.SUSPICIOUS].click()
    form.cortex.setText("3,")
    form.bulge.setCurrentIndex(1)
    qtbot.keyClicks(form.remarks, "half a remark")


def is_half_a_first_read(window: MainWindow) -> bool:
    form = window.rail.first_read.form
    return (
        form.chosen_status is NodeStatus.SUSPICIOUS
        and form.confidence.given is None
        and (form.cortex.text(), form.bulge.currentData()) == ("3,", False)
        and form.remarks.toPlainText() == "half a remark"
    )


@pytest.mark.parametrize("end", ["the patient", "the window", "a kill"])
def test_half_a_first_read_comes_back(
    window: MainWindow, desks: Desks, folder: Path, qtbot: Any, tmp_path: Path, end: str
) -> None:
    desk = window.controller
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    half_a_first_read(window, qtbot)
    if end == "the patient":
        window.commands["close_case"].trigger()
        assert desk.session is None
        settled(desk, qtbot)
        desk.open_kept(desk.saving.rows[0].id)
        qtbot.waitUntil(lambda: desk.session is not None, timeout=30_000)
        again = window
    elif end == "the window":
        assert window.close()
        again = again_in_a_window(desks, qtbot)
    else:
        case = desk.session.kept_as
        qtbot.waitUntil(
            lambda: desk.saving.drafting.settled, timeout=30_000
        )  # half a second after the last letter
        killed(desk, qtbot)
        again = again_in_a_window(desks, qtbot)
        assert again.controller.session.kept_as == case
    assert is_half_a_first_read(again)
    session = again.controller.session
    assert session.human.first_read is None
    assert session.human.state is ReadingState.DRAFT
    assert not again.rail.first_read.primary.isEnabled(), "half a read is none"
    form = again.rail.first_read.form
    form.cortex.setText("3.1")
    form.confidence.give(80)
    form.changed.emit()
    again.rail.first_read.act()
    assert session.human.state is ReadingState.FIRST_READ_LOCKED
    assert session.drafts == NO_DRAFTS
    settled(again.controller, qtbot)
    assert verify_work_list(tmp_path / "data" / "worklist.sqlite").fault is None
    with Store(tmp_path / "data", only_look=True) as store:
        assert not any("draft" in entry.action for entry in store.entries())


@pytest.mark.parametrize("end", ["the window", "a kill"])
def test_half_a_final_read_comes_back_and_goes_with_the_signature(
    window: MainWindow, desks: Desks, folder: Path, qtbot: Any, end: str
) -> None:
    desk = window.controller
    opened(desk, folder / "Lin", qtbot)
    desk.set_first_read(said())
    desk.lock_first_read()
    desk.reveal()
    settled(desk, qtbot)
    sign = window.rail.sign
    sign.change.click()
    sign.form.status_buttons[NodeStatus.SUSPICIOUS].click()
    sign.reason.setText("the map")
    sign.form.remarks.setPlainText("thick")
    if end == "the window":
        assert window.close()
    else:
        qtbot.waitUntil(lambda: desk.saving.drafting.settled, timeout=30_000)
        killed(desk, qtbot)
    again = again_in_a_window(desks, qtbot)
    sign, session = again.rail.sign, again.controller.session
    settled(again.controller, qtbot)
    assert session.human.final_read is None
    assert sign.change.isChecked()
    assert not sign.agree.isChecked()
    assert sign.reason.text() == "the map"
    assert sign.form.chosen_status is NodeStatus.SUSPICIOUS
    assert sign.form.remarks.toPlainText() == "thick"
    sign.act()
    assert session.signed
    assert session.human.signed.final_read.reason == "the map"
    assert session.drafts == NO_DRAFTS
    again.controller.amend("another look")
    assert not sign.change.isChecked(), "another decision"


def test_a_reading_that_is_looked_at_takes_no_draft(desks: Desks, folder: Path, qtbot: Any) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    desk.session.read_only = "for a test"
    desk.keep_draft(Drafts(first_read=Entered(remarks="x")))
    assert desk.session.drafts == NO_DRAFTS
    desk.session.read_only = ""


def test_menu_writes_a_copy_and_the_tables(
    window: MainWindow, folder: Path, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = window.controller
    assert not window.commands["save_copy"].isEnabled()
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    names = iter(["copy.alncase", "journal", "reads.csv"])
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(tmp_path / next(names)), ""))
    )
    for name in ("save_copy", "export_journal", "export_reads"):
        qtbot.waitUntil(window.commands[name].isEnabled)
        window.commands[name].trigger()
    settled(desk, qtbot)
    for name in ("copy.alncase", "journal.csv", "reads.csv"):
        assert (tmp_path / name).stat().st_size > 100
    with Store(tmp_path / "elsewhere") as other:
        assert other.open_file(tmp_path / "copy.alncase").read_only == ""


# --- faults ------------------------------------------------------------------------------------------------


def test_a_fault_leaves_a_report_without_the_patient(
    window: MainWindow, tmp_path: Path, qtbot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    faults = Faults(tmp_path)
    for _ in range(50):
        try:
            raise CannotWriteError("/home/wang/XiaoDong 1960-08-13.dcm: the disk is full")
        except CannotWriteError as error:
            faults.take(type(error), error, error.__traceback__)
    text = report_file(tmp_path).read_text("utf-8")
    assert "CannotWriteError" in text
    assert "ALN Reader" in text
    assert "test_gui_saving.py" in text
    assert "wang" not in text.casefold()
    assert "1960" not in text
    assert text.count("CannotWriteError") <= 20, "a fault in a paint event must not fill the disk"
    caplog.clear()
    report = last_crash(tmp_path)
    assert report.text == text
    show_crash(window.start, window.stack, window.go, window.back, report)
    notices = window.start.findChildren(type(window.start.recovery).__mro__[1])
    assert notices
    report.put_away()
    assert last_crash(tmp_path).text == ""


def test_a_crash_of_a_library_is_found_at_the_next_start(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, ctypes; from pathlib import Path; from alnreader.gui.crash import start_log;"
        "start_log(Path(sys.argv[1])); ctypes.string_at(0)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False)
    assert done.returncode != 0
    text = last_crash(tmp_path).text
    assert "Segmentation fault" in text
    assert str(Path.home()) not in text
    assert (tmp_path / "crash.log").read_text("utf-8") == ""
    assert last_crash(tmp_path).text == text, "until it is put away"


def test_warnings_of_qt_go_to_the_log(caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    class Context:
        category = "qt.widgets"

    Faults().take_from_qt(QtMsgType.QtWarningMsg, Context(), "odd geometry of 'Wang'")  # type: ignore[arg-type]
    Faults().take_from_qt(QtMsgType.QtDebugMsg, Context(), "nothing")  # type: ignore[arg-type]
    assert "odd geometry" in caplog.text
    assert "Wang" not in caplog.text
    assert "nothing" not in caplog.text
    caplog.clear()


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", "utf-8")
    assert start_log(tmp_path / "x" / "y") is None
    unwatch(None)
    assert isinstance(last_crash(tmp_path / "x" / "y"), CrashReport)


def test_data_lies_where_qt_would_put_it(qapp: Any) -> None:
    from PySide6.QtCore import QStandardPaths

    name = qapp.applicationName()
    qapp.setApplicationName(program.APP_ID)
    qapp.setOrganizationName("")
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    qapp.setApplicationName(name)
    assert user_data_dir() == Path(place)
    assert os.environ.get("HOME") is not None


def test_a_file_broken_since_is_listed_when_the_reading_goes_on(
    desks: Desks, folder: Path, qtbot: Any
) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    desk.close()
    (folder / "Lin" / "broken.png").write_bytes(b"no picture")
    again = desks()
    page = SkippedPage(again)
    qtbot.addWidget(page)
    opened(again, folder / "Lin", qtbot)
    assert len(again.saving.rows) == 1
    assert [Path(page.table.item(row, 0).text()).name for row in range(page.table.rowCount())] == [
        "broken.png"
    ]
    settled(again, qtbot)


def test_a_first_read_that_is_not_locked_comes_back_after_quitting(
    desks: Desks, folder: Path, qtbot: Any
) -> None:
    desk = desks()
    window = MainWindow(desk)
    qtbot.addWidget(window)
    opened(desk, folder / "Lin", qtbot)
    form = window.rail.first_read.form
    form.status_buttons[NodeStatus.SUSPICIOUS].click()
    form.confidence.slider.setValue(70)
    form.cortex.setText("4.5")
    # A pause of the reader is enough.
    qtbot.waitUntil(lambda: desk.session is not None and desk.session.human.first_read is not None)
    form.remarks.setPlainText("Hilum displaced")
    window.close()
    again = desks()
    window = MainWindow(again)
    qtbot.addWidget(window)
    again.open_kept(again.saving.rows[0].id)
    qtbot.waitUntil(lambda: again.session is not None, timeout=30_000)
    assert again.session is not None
    assert again.session.human.state is ReadingState.DRAFT
    form = window.rail.first_read.form
    assert form.chosen_status is NodeStatus.SUSPICIOUS
    assert form.cortex.text() == "4.5"
    assert form.remarks.toPlainText() == "Hilum displaced"
    # Closing the patient is enough too.
    form.remarks.setPlainText("Hilum gone")
    again.close_session()
    again.open_kept(again.saving.rows[0].id)
    qtbot.waitUntil(lambda: again.session is not None, timeout=30_000)
    assert form.remarks.toPlainText() == "Hilum gone"
    settled(again, qtbot)
    window.close()
