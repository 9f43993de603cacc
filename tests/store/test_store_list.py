"""The work list: migrations, the journal's chain, locks, full disks, cut files, clocks."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_desk import Desk, made_up_case, same

from alnreader.case import clock
from alnreader.case.errors import CannotWriteError, CaseFileError, CaseInUseError, ProtocolError
from alnreader.case.protocol import TABLE, Event, ReadingMode, ReadingState, Refusal
from alnreader.store import database
from alnreader.store.database import SCHEMA_VERSION, migrate, open_database
from alnreader.store.lock import CaseLock, is_free, lock_file
from alnreader.store.rules import RefusedChangeError
from alnreader.store.verify import verify_file, verify_work_list
from alnreader.store.worklist import Store


def begin(store: Store, **options: Any) -> Desk:
    desk = Desk(made_up_case(**options))
    desk.kept = store.create(desk.now, "Dr 李")
    return desk


def signed(store: Store) -> Desk:
    desk = begin(store)
    desk.whole_reading()
    return desk


# --- the list ----------------------------------------------------------------------------------------------


def test_the_list_tells_state_and_progress_and_survives_a_restart(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        first, second = signed(store), begin(store)
        second.draw(second.now.case.images[0].key, 1)
    with Store(tmp_path) as store:
        rows = {row.id: row for row in store.rows()}
        assert rows[first.kept.id].state is ReadingState.SIGNED
        assert (rows[first.kept.id].confirmed, rows[first.kept.id].images) == (2, 2)
        assert rows[second.kept.id].state is ReadingState.DRAFT
        assert rows[second.kept.id].study_date == "2026-02-03"
        assert not any(row.unfinished for row in rows.values())
        assert next(iter(rows)) == second.kept.id, "the one changed last comes first"
        assert same(store.open(second.kept.id).snapshot, second.now)


def test_a_case_that_nobody_closed_is_offered(tmp_path: Path) -> None:
    store = Store(tmp_path)
    desk = signed(store)
    store.connection.close()  # as a kill leaves it
    desk.kept.release()
    with Store(tmp_path) as again:
        (row,) = again.rows()
        assert row.unfinished
        opened = again.open(row.id)
        assert same(opened.snapshot, desk.now)
        assert "unexpectedly" in again.entries(row.id)[-2].action
        assert not again.rows()[0].unfinished


def test_the_same_pictures_find_their_case_again(store: Store) -> None:
    desk, other = begin(store), begin(store)
    uids = [image.key.uid for image in desk.now.case.images]
    patient = desk.now.case.patient.patient_id
    assert store.find(reversed(uids), patient) == desk.kept.id
    assert store.find(uids[:1], patient) is None
    assert store.find(uids, other.now.case.patient.patient_id) is None


def test_what_is_taken_off_the_list_keeps_file_and_journal(store: Store) -> None:
    desk = signed(store)
    store.remove(desk.kept.id, "Dr 李")
    assert store.rows() == []
    assert desk.kept.path.exists()
    assert store.entries(desk.kept.id)[-1].action == "taken off the list"
    uids = [image.key.uid for image in desk.now.case.images]
    assert store.find(uids, desk.now.case.patient.patient_id) is None, "they can be read anew"
    assert same(store.open(desk.kept.id).snapshot, desk.now)


# --- migrations --------------------------------------------------------------------------------------------


def build_version(path: Path, version: int) -> Path:
    """Make a work list as that version of the schema had it, with a case in it, out of one of today."""
    with Store(path) as store:
        signed(store)
        rows = store.connection.execute("SELECT * FROM cases").fetchall()
        names = [column[1] for column in store.connection.execute("PRAGMA table_info(cases)")]
        journal = store.connection.execute("SELECT * FROM journal").fetchall()
    old = path / "old.sqlite"
    connection = sqlite3.connect(old, isolation_level=None)
    migrate(connection, version)
    kept = [column[1] for column in connection.execute("PRAGMA table_info(cases)")]
    marks = ", ".join("?" * len(kept))
    for row in rows:
        values = [value for name, value in zip(names, row, strict=True) if name in kept]
        connection.execute(f"INSERT INTO cases VALUES ({marks})", values)
    connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", journal)
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        (path / f"worklist.sqlite{suffix}").unlink(missing_ok=True)
    old.replace(path / "worklist.sqlite")
    return path


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_every_earlier_schema_is_brought_up_to_date(version: int, tmp_path: Path) -> None:
    build_version(tmp_path, version)
    with Store(tmp_path) as store:
        assert store.notes == []
        (row,) = store.rows()
        opened = store.open(row.id)
        assert len(opened.snapshot.human.versions) == 1
        uids = [image.key.uid for image in opened.snapshot.case.images]
        assert store.find(uids, opened.snapshot.case.patient.patient_id) == row.id
        opened.case.note("goes on")
        assert store.connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert verify_work_list(tmp_path / "worklist.sqlite").fault is None


def test_a_list_as_the_first_schema_wrote_it_is_brought_up_to_date(tmp_path: Path) -> None:
    """Kept in the repository, with a case of the first format in it: whatever changes, this must open."""
    shutil.copy(Path(__file__).parent / "worklist-1.sqlite", tmp_path / "worklist.sqlite")
    connection = sqlite3.connect(tmp_path / "worklist.sqlite")
    ((case_id,),) = connection.execute("SELECT id FROM cases").fetchall()
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    place = tmp_path / "cases" / f"{case_id}.alncase"
    connection.execute("UPDATE cases SET path = ?", (str(place),))
    connection.commit()
    connection.close()
    with Store(tmp_path) as store:
        assert store.notes == []
        opened = store.open(case_id)
        assert opened.case is not None
        assert len(opened.snapshot.human.versions) == 1
        assert not any("ignature" in text for text in opened.cautions)
    assert verify_work_list(tmp_path / "worklist.sqlite").fault is None
    assert verify_file(place).fault is None


def test_a_migration_that_fails_leaves_the_old_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_version(tmp_path, 1)

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE cases ADD COLUMN half TEXT")
        connection.execute("SELECT * FROM nowhere")

    with monkeypatch.context() as patched:
        patched.setattr(database, "MIGRATIONS", (*database.MIGRATIONS[:1], broken))
        with pytest.raises(CaseFileError, match="damaged"):
            open_database(tmp_path / "worklist.sqlite")
    with Store(tmp_path) as store:
        assert len(store.rows()) == 1


def test_a_list_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.connection.execute("PRAGMA user_version = 99")
    before = (tmp_path / "worklist.sqlite").read_bytes()
    with pytest.raises(CaseFileError, match="newer ALN Reader"):
        Store(tmp_path)
    assert (tmp_path / "worklist.sqlite").read_bytes() == before


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "worklist.sqlite")
    connection.execute("PRAGMA application_id = 77")
    connection.execute("CREATE TABLE t (x)")
    connection.commit()
    connection.close()
    with pytest.raises(CaseFileError, match="another program"):
        Store(tmp_path)
    assert list(tmp_path.glob("*broken*")) == []


# --- the journal -------------------------------------------------------------------------------------------


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


# --- the protocol, once more -------------------------------------------------------------------------------


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


# --- locks -------------------------------------------------------------------------------------------------


def test_a_second_program_looks_and_does_not_touch(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = signed(store)
        with Store(tmp_path) as second:
            assert not second.rows()[0].unfinished
            opened = second.open(desk.kept.id)
            assert opened.case is None
            assert "open in another program" in opened.read_only
            assert same(opened.snapshot, desk.now)
        desk.amend()
    with Store(tmp_path) as third:
        assert third.open(desk.kept.id).case is not None


_HOLDER = """
import sys, time
from pathlib import Path
from alnreader.store.lock import CaseLock
lock = CaseLock.take(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_the_lock_of_a_killed_program_is_free_at_once(tmp_path: Path) -> None:
    target = tmp_path / "x.alncase"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(target)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(CaseInUseError, match=rf"process {holder.pid}"):
            CaseLock.take(target)
        assert not is_free(target)
        holder.kill()
        holder.wait()
        assert is_free(target)
        with CaseLock.take(target):
            assert lock_file(target).exists()
        assert not lock_file(target).exists()


def test_without_locks_of_the_system_a_dead_process_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    fcntl = pytest.importorskip("fcntl")

    def unsupported(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)  # as on some network folders
    target = tmp_path / "x.alncase"
    lock = CaseLock.take(target)
    assert not lock.by_system
    with pytest.raises(CaseInUseError):
        CaseLock.take(target)
    text = lock_file(target).read_text("utf-8").replace(str(os.getpid()), "4194305")  # above any process id
    lock_file(target).write_text(text, "utf-8")
    CaseLock.take(target).release()


# --- disks -------------------------------------------------------------------------------------------------


def test_a_full_disk_keeps_what_was_kept_and_takes_it_up_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = begin(store)
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own way to be full

    def go_on() -> None:
        for seed in range(200):
            desk.draw(desk.now.case.images[seed % 2].key, seed)

    with pytest.raises(CannotWriteError, match="the disk is full"):
        go_on()
    reached = len(desk.kept.entries)
    assert same(desk.kept.snapshot, desk.now)
    store.connection.execute(f"PRAGMA max_page_count = {pages + 500}")
    desk.draw(desk.now.current, 999)
    assert len(store.entries(desk.kept.id)) == reached + 1
    assert verify_work_list(store.database).fault is None


def test_a_case_file_that_cannot_be_written_does_not_stop_the_list(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    desk = begin(store)
    desk.kept.save_file()
    before = desk.kept.path.read_bytes()
    desk.draw(desk.now.current, 1)
    real = os.write

    def full(descriptor: int, content: Any) -> int:
        if len(content) > 200:
            real(descriptor, bytes(content)[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(CannotWriteError, match="the disk is full"):
        desk.kept.save_file()
    monkeypatch.undo()
    assert desk.kept.path.read_bytes() == before
    assert [p for p in desk.kept.path.parent.iterdir() if p.suffix == ".tmp"] == []
    assert desk.kept.file_is_behind
    desk.kept.save_file()
    assert verify_file(desk.kept.path).entries == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CannotWriteError, match=r"no permission|read-only"):
        Store(tmp_path / "data")


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", "utf-8")
    with pytest.raises(CannotWriteError, match="data"):
        Store(tmp_path / "data")


def test_a_protected_case_file_opens_read_only(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = signed(store)
    store.save_copy(desk.kept.id, tmp_path / "copy.alncase")
    (tmp_path / "copy.alncase").chmod(0o400)
    if os.access(tmp_path / "copy.alncase", os.W_OK):  # root
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    with Store(tmp_path / "other") as other:
        opened = other.open_file(tmp_path / "copy.alncase")
    assert opened.case is None
    assert "read-only" in opened.read_only
    assert same(opened.snapshot, desk.now)


# --- power cuts --------------------------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_files_lose_nothing_that_any_of_them_has(data: st.DataObject, tmp_path_factory: Any) -> None:
    """Whatever length the list and its log are cut to, every action comes back out of the case files."""
    folder = tmp_path_factory.mktemp("cut")
    store = Store(folder)
    desks = [begin(store), begin(store)]
    for seed in range(4):
        desk = desks[seed % 2]
        desk.draw(desk.now.current, seed)
        desk.kept.save_file()
    copied = folder.with_name(folder.name + "-after")
    shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("*.lock"))  # the disk as the cut finds it
    store.close()
    names = ["worklist.sqlite-wal", "worklist.sqlite"]
    for name in data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True), "files"):
        path = copied / name
        if path.exists():
            size = path.stat().st_size
            os.truncate(path, size - data.draw(st.integers(1, size), f"lost of {name}"))
    with Store(copied) as after:
        assert len(after.rows()) == 2
        for desk in desks:
            assert same(after.open(desk.kept.id).snapshot, desk.now)
    assert verify_work_list(copied / "worklist.sqlite").fault is None


@given(lost=st.integers(1, 4000))
@settings(max_examples=6)
def test_a_cut_case_file_is_set_aside_and_written_anew(lost: int, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("cut")
    with Store(folder) as store:
        desk = signed(store)
        store.close_case(desk.kept)
        size = desk.kept.path.stat().st_size
        os.truncate(desk.kept.path, max(0, size - lost))
    with Store(folder) as store:
        opened = store.open(desk.kept.id)
        assert same(opened.snapshot, desk.now)
        assert any("kept as" in text for text in opened.cautions)
        assert verify_file(desk.kept.path).fault is None
        assert len(list(desk.kept.path.parent.glob("*.old"))) == 1


def test_leftovers_of_a_killed_program_are_swept(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        signed(store)
    old, young = tmp_path / "cases" / ".alnreader-00ff.tmp", tmp_path / "cases" / ".alnreader-11ff.tmp"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    with Store(tmp_path):
        assert not old.exists()
        assert young.exists(), "another program may be writing it just now"


def test_its_number_is_not_misread_while_another_program_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "list.sqlite"

    def other(statement: str) -> None:
        if "user_version" in statement:
            connection = sqlite3.connect(path, timeout=0, isolation_level=None)
            with closing(connection) as theirs, suppress(sqlite3.OperationalError):
                theirs.execute("PRAGMA busy_timeout = 0")
                database.migrate(theirs, database.SCHEMA_VERSION)

    with closing(sqlite3.connect(path, isolation_level=None)) as ours:
        ours.set_trace_callback(other)
        database._prepare(ours, path)
        assert ours.execute("PRAGMA user_version").fetchone() == (database.SCHEMA_VERSION,)
