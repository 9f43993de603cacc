"""Every action is kept, readings come back, and what is not kept is said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from at_the_desk import killed, opened, said, settled

from alnreader.case.errors import CannotWriteError
from alnreader.case.protocol import Event, ReadingState
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.machine import Machine
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

Desks = Callable[..., Controller]


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
