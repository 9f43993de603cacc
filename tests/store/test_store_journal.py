"""The journal's chain, and the protocol that the store asks once more."""

from __future__ import annotations

import dataclasses
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from store_desk import Desk, begin, made_up_case, same, signed

from alnreader.case import clock
from alnreader.case.errors import ProtocolError
from alnreader.case.protocol import TABLE, Event, ReadingMode, ReadingState, Refusal
from alnreader.store.rules import RefusedChangeError
from alnreader.store.verify import verify_file, verify_work_list
from alnreader.store.worklist import Store


def test_every_action_has_an_entry_and_the_chain_holds(store: Store) -> None:
    desk = signed(store)
    actions = [entry.event for entry in store.entries(desk.kept.id)]
    assert actions == [
        "open case",
        Event.EDIT_REGION,
        Event.EDIT_REGION,
        Event.ENTER_FIRST_READ,
        Event.LOCK_FIRST_READ,
        Event.REVEAL,
        Event.RESCORE,
        Event.ENTER_FINAL_READ,
        Event.SIGN,
    ]
    assert store.entries()[-1].state is ReadingState.SIGNED
    desk.kept.save_file()
    assert verify_file(desk.kept.path).fault is None
    assert verify_work_list(store.database).fault is None


TAMPERINGS = {
    "removed": ("DELETE FROM journal WHERE sequence = 4", 4),
    "removed and closed up": (
        "DELETE FROM journal WHERE sequence = 4;"
        "UPDATE journal SET sequence = sequence - 1 WHERE sequence > 4",
        4,
    ),
    "changed": ("UPDATE journal SET entry = replace(entry, 'negative', 'positive') || ' '", 1),
    "changed in content": (
        """UPDATE journal SET entry = replace(entry, '"who":"', '"who":"Prof. ') WHERE sequence = 6""",
        6,
    ),
    "changed link": (
        "UPDATE journal SET link = (SELECT link FROM journal WHERE sequence = 1) WHERE sequence = 3",
        3,
    ),
    "swapped": (
        "UPDATE journal SET sequence = -3 WHERE sequence = 3;"
        "UPDATE journal SET sequence = 3 WHERE sequence = 5;"
        "UPDATE journal SET sequence = 5 WHERE sequence = -3",
        3,
    ),
    "first removed": ("DELETE FROM journal WHERE sequence = 1", 1),
    "end cut": ("DELETE FROM journal WHERE sequence >= 8", 0),
    "end cut with its case": (
        "DELETE FROM journal WHERE sequence = 9;UPDATE cases SET number = 8, head = (SELECT "
        'substr(entry, instr(entry, \'"hash":"\') + 8, 64) FROM journal WHERE sequence = 8)',
        0,
    ),
    "case exchanged": ("UPDATE cases SET package = (SELECT package FROM cases ORDER BY id DESC LIMIT 1)", 0),
    "all of a case removed": ("DELETE FROM journal;DELETE FROM cases", 0),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_whatever_is_done_to_the_journal_shows(tampering: str, tmp_path: Path) -> None:
    statements, place = TAMPERINGS[tampering]
    with Store(tmp_path) as store:
        signed(store)
        if tampering == "case exchanged":
            begin(store)
        database_file = store.database
    connection = sqlite3.connect(database_file)
    connection.executescript("DROP TRIGGER journal_is_not_changed; DROP TRIGGER journal_is_not_cut;")
    connection.executescript(statements)
    connection.commit()
    connection.close()
    found = verify_work_list(database_file)
    assert found.fault is not None
    assert found.fault.number == place
    assert "does not hold" in found.sentence


def test_the_journal_cannot_be_changed_through_the_list(store: Store) -> None:
    signed(store)
    for statement in ("UPDATE journal SET entry = ''", "DELETE FROM journal"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            store.connection.execute(statement)


def test_a_clock_that_goes_back_is_flagged_and_the_order_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = begin(store)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() - timedelta(days=400))
    desk.draw(desk.now.current, 1)
    desk.draw(desk.now.current, 2)
    monkeypatch.undo()
    desk.draw(desk.now.current, 3)
    entries = store.entries(desk.kept.id)
    assert [entry.clock_back for entry in entries] == [False, True, False, False]
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert verify_work_list(store.database).fault is None


# --- the protocol, once more -----------------------------------------------------------------------------


REFUSED = [
    (mode, event)
    for mode in ReadingMode
    for event in Event
    if isinstance(TABLE[mode, ReadingState.DRAFT, event], Refusal)
]


@pytest.mark.parametrize(("mode", "event"), REFUSED)
def test_the_store_refuses_what_the_table_refuses(mode: ReadingMode, event: Event, store: Store) -> None:
    """A window without the table's check: the event is put before the store all the same."""
    desk = Desk(made_up_case(), mode)
    desk.kept = store.create(desk.now)
    with pytest.raises(ProtocolError):
        desk.kept.record(event.value, "x", desk.now)
    assert len(store.entries(desk.kept.id)) == 1


def test_the_store_refuses_changes_that_the_event_does_not_make(store: Store) -> None:
    desk = signed(store)
    key = desk.now.current
    moved = dataclasses.replace(desk.now, case=desk.now.case.with_regions(key, ()))
    for event in ("note", Event.PREVIEW, Event.EXPORT):
        with pytest.raises(RefusedChangeError, match="regions"):
            desk.kept.record(str(event), "x", moved)
    human = dataclasses.replace(desk.now.human, versions=(), state=ReadingState.REVEALED)
    with pytest.raises(ProtocolError):
        desk.kept.record("note", "x", dataclasses.replace(desk.now, human=human, signed=()))
    other = made_up_case()
    begun = begin(store)
    with pytest.raises(RefusedChangeError, match="another patient"):
        begun.kept.record("note", "x", Desk(other).now)
    with pytest.raises(RefusedChangeError, match="no event"):
        desk.kept.record("telepathy", "x", desk.now)
    assert same(desk.kept.snapshot, desk.now)
    assert verify_work_list(store.database).fault is None


def test_amendments_keep_the_first_version_and_seals_tell_a_change(store: Store, tmp_path: Path) -> None:
    desk = signed(store)
    first = desk.now.signed[0]
    assert [row.amended for row in store.rows()] == [False]
    desk.amend('It says "event":"sign".')
    assert [row.amended for row in store.rows()] == [False], "open, not signed"
    desk.draw(desk.now.current, 8)
    desk.score(0.5)
    desk.final(90, "thicker than I saw")
    desk.sign()
    assert [row.amended for row in store.rows()] == [True]
    assert len(store.entries(desk.kept.id)[-1].details["seal"]) == 64
    store.close_case(desk.kept)
    opened = store.open(desk.kept.id)
    assert not any("Signature" in text for text in opened.cautions)
    assert opened.snapshot.signed[0].score.probability == first.score.probability
    key = desk.now.current
    assert [r.mask.tobytes() for r in opened.snapshot.signed[0].case.regions_of(key)] == [
        r.mask.tobytes() for r in first.case.regions_of(key)
    ]
    from alnreader.store.document import read_document
    from alnreader.store.package import read_package
    from alnreader.store.seal import broken_seals

    package = read_package(desk.kept.path)
    assert broken_seals(read_document(package.document, "x"), dict(package.members)) == ()
    package.document["signed"][0]["score"]["probability"] = 0.32
    assert broken_seals(read_document(package.document, "x"), dict(package.members)) == (1,)
    reports = {**package.members, "signed/2/report.json": b"{}"}
    package = read_package(desk.kept.path)
    assert broken_seals(read_document(package.document, "x"), reports) == (2,)
