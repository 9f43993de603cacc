"""Two programs, odd names, damage and hostile files: no reading is lost, and none spoils another."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from store_desk import Desk, made_up_case, same

from alnreader.case.errors import CannotWriteError, CaseFileError, CaseInUseError, InvalidValueError
from alnreader.dicom import discover
from alnreader.store import lock, package
from alnreader.store.database import path_of, path_text
from alnreader.store.handle import RESCUED
from alnreader.store.journal import Entry, read_lines, write_lines
from alnreader.store.lock import CaseLock, is_free, lock_file
from alnreader.store.package import pack, read_package
from alnreader.store.rescue import rescue
from alnreader.store.verify import verify_file, verify_work_list
from alnreader.store.worklist import Store


def begin(store: Store) -> Desk:
    desk = Desk(made_up_case())
    desk.kept = store.create(desk.now, "Dr A")
    return desk


def signed(store: Store) -> Desk:
    desk = begin(store)
    desk.whole_reading()
    desk.kept.save_file()
    return desk


def sql(folder: Path, *statements: str) -> None:
    """Work on a list with another program."""
    connection = sqlite3.connect(folder / "worklist.sqlite")
    for name in ("journal_is_not_changed", "journal_is_not_cut"):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


# --- two programs ------------------------------------------------------------------------------------------


def test_a_copy_of_a_case_that_is_open_can_only_be_looked_at(tmp_path: Path) -> None:
    with Store(tmp_path / "data") as first, Store(tmp_path / "data") as second:
        desk = begin(first)
        copy = tmp_path / "copy.alncase"
        first.save_copy(desk.kept.id, copy)
        opened = second.open_file(copy)
        assert opened.case is None
        assert "another program" in opened.read_only
        desk.draw(desk.now.current, 1)
        assert first.place(desk.kept.id) == desk.kept.path
    assert verify_work_list(tmp_path / "data" / "worklist.sqlite").fault is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_is_the_file_that_it_leads_to(tmp_path: Path) -> None:
    with Store(tmp_path / "a") as first, Store(tmp_path / "b") as second:
        desk = signed(first)
        link = tmp_path / "link.alncase"
        link.symlink_to(desk.kept.path)
        opened = second.open_file(link)
        assert opened.case is None
        first.close_case(desk.kept)
        assert second.open_file(link).case is not None
        assert link.is_symlink()


def test_looking_at_a_lock_keeps_nobody_out(tmp_path: Path) -> None:
    target = tmp_path / "x.alncase"
    code = "import sys\nfrom pathlib import Path\nfrom alnreader.store.lock import is_free\n"
    code += "print(1, flush=True)\nwhile True: is_free(Path(sys.argv[1]))"
    lock_file(target).touch()  # what a kill leaves
    with subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE) as looker:
        assert looker.stdout is not None
        looker.stdout.readline()
        try:
            for _ in range(50):
                lock_file(target).touch()
                CaseLock.take(target).release()
        finally:
            looker.kill()
    assert is_free(target)


def test_without_locks_of_the_system_one_of_two_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_lock", lambda descriptor, *, shared=False: False)
    real = lock._owner

    def slow(descriptor: int) -> lock.Owner:
        owner = real(descriptor)
        time.sleep(0.05)
        return owner

    monkeypatch.setattr(lock, "_owner", slow)
    barrier, won = threading.Barrier(2), []

    def race() -> None:
        barrier.wait()
        with contextlib.suppress(CaseInUseError):
            won.append(CaseLock.take(tmp_path / "x.alncase"))

    racers = [threading.Thread(target=race) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(won) == 1
    won[0].release()
    CaseLock.take(tmp_path / "x.alncase").release()
    assert list(tmp_path.iterdir()) == []


def test_taking_a_case_off_the_list_is_in_the_journal_and_needs_its_lock(tmp_path: Path) -> None:
    with Store(tmp_path) as first, Store(tmp_path) as second:
        desk = begin(first)
        with pytest.raises(CaseInUseError, match="another program"):
            second.remove(desk.kept.id, "Dr B")
        assert len(second.rows()) == 1
        first.close_case(desk.kept)
        second.remove(desk.kept.id, "Dr B")
        last = second.entries(desk.kept.id)[-1]
        assert (last.action, last.who) == ("taken off the list", "Dr B")
        assert second.rows() == []
        assert verify_file(desk.kept.path).entries == 2


def test_a_copy_is_in_the_journal(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = begin(store)
        store.save_copy(desk.kept.id, tmp_path / "one.alncase", "Dr A")
        store.close_case(desk.kept)
        store.save_copy(desk.kept.id, tmp_path / "two.alncase")
        copied = [entry.details["file"] for entry in store.entries() if entry.action == "copied"]
        assert copied == [str(tmp_path / "one.alncase"), str(tmp_path / "two.alncase")]
        assert verify_file(tmp_path / "two.alncase").fault is None


# --- names that are no text --------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
def test_folders_whose_names_are_no_text_are_kept(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/M\xfcller Anna"
    os.mkdir(odd)  # noqa: PTH102 - a name of bytes
    pixels = np.random.default_rng(1).integers(0, 255, (40, 56, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(odd + b"/0.png")
    case = discover([Path(os.fsdecode(odd))]).patients[0]
    with Store(Path(os.fsdecode(odd)) / "data") as store:
        desk = Desk(case)
        desk.kept = store.create(desk.now)
        desk.draw(desk.now.current, 1)
        desk.kept.save_file()
        store.close_case(desk.kept)
        (row,) = store.rows()
        assert row.path == desk.kept.path
        assert row.patient.isprintable()
        uids = [image.key.uid for image in case.images]
        assert store.find(uids, case.patient.patient_id) == row.id
        assert same(store.open(row.id).snapshot, desk.now)
    copy = Path(os.fsdecode(odd)) / "copy.alncase"
    desk.kept.path.replace(copy)
    with Store(tmp_path / "other") as other:
        assert other.open_file(copy).case is not None


def test_a_path_comes_back_from_the_list() -> None:
    for path in (Path("/x/y"), Path("/x/\udcfc/\\y"), Path("json:x")):
        assert path_of(path_text(path)) == path


# --- damage ------------------------------------------------------------------------------------------------

DAMAGE = {
    "package": "UPDATE cases SET package = x'00112233'",
    "state": "UPDATE cases SET state = 'bogus'",
    "time": "UPDATE cases SET changed = 'bogus'",
    "row": "DELETE FROM cases",
    "journal": "DELETE FROM journal",
    "end of the journal": "DELETE FROM journal WHERE sequence = 9",
    "no journal": "DROP TABLE journal",
    "no cases": "DROP TABLE cases",
    "version": "PRAGMA user_version = 1",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_list_is_mended_from_the_case_file(damage: str, tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = signed(store)
    sql(tmp_path, DAMAGE[damage])
    with Store(tmp_path) as store:
        assert len(store.rows()) == 1
        opened = store.open(desk.kept.id)
        assert opened.case is not None
        assert same(opened.snapshot, desk.now)
        other = begin(store)
        other.draw(other.now.current, 1)
    assert verify_work_list(tmp_path / "worklist.sqlite").fault is None


def test_a_damaged_last_entry_stops_neither_other_cases_nor_the_program(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = signed(store)
    sql(tmp_path, "UPDATE journal SET entry = 'garbage' WHERE sequence = 9")
    with Store(tmp_path) as store:
        opened = store.open(desk.kept.id)
        assert opened.case is None
        assert "journal mend" in opened.read_only
        assert same(opened.snapshot, desk.now)
        other = begin(store)
        other.draw(other.now.current, 1)
        assert len(store.rows()) == 2
        assert len(list(store.every_case())) == 2


def test_a_case_whose_file_is_damaged_too_is_told(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = signed(store)
    sql(tmp_path, "UPDATE cases SET package = x'00'")
    desk.kept.path.write_bytes(b"PK")
    with Store(tmp_path) as store, pytest.raises(CaseFileError, match="no better"):
        store.open(desk.kept.id)


def test_a_changed_journal_is_left_as_it_is(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = signed(store)
    before = desk.kept.path.read_bytes()
    sql(
        tmp_path,
        """UPDATE journal SET entry = replace(entry, '"who":"', '"who":"Prof. ') WHERE sequence = 6""",
    )
    with Store(tmp_path) as store:
        opened = store.open(desk.kept.id)
        assert opened.case is None
        assert "does not hold" in opened.read_only
        (count,) = store.connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
        ).fetchone()
        assert count == 2, "the guards of the journal are put back"
    assert desk.kept.path.read_bytes() == before
    assert verify_work_list(tmp_path / "worklist.sqlite").fault is not None


# --- a reading that cannot be kept step by step ------------------------------------------------------------


def test_a_rescued_reading_is_taken_in_at_the_next_start(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = begin(store)
        other = Desk(made_up_case())
        for one in (desk, other):
            kept, one.kept = one.kept, None  # what follows could not be kept
            one.draw(one.now.current, 3)
            one.first()
            rescue(store, kept, one.now, "Dr A", None)
        store.close_case(store.in_hand[kept.id] if kept else next(iter(store.in_hand.values())))
    with Store(tmp_path) as store:
        rows = store.rows()
        assert len(rows) == 2
        found = [store.open(row.id) for row in rows]
        assert all(any(same(one.snapshot, desk_.now) for one in found) for desk_ in (desk, other))
        assert sum(entry.action == RESCUED for entry in store.entries()) == 2
    assert verify_work_list(tmp_path / "worklist.sqlite").fault is None


# --- hostile files -----------------------------------------------------------------------------------------


def rechained(entries: Sequence[Entry], **last: object) -> list[Entry]:
    """Change the last entry and make the chain hold again."""
    return [*entries[:-1], dataclasses.replace(entries[-1], **last).sealed()]  # type: ignore[arg-type]


def hostile(
    tmp_path: Path, change: Callable[[dict[str, object]], None], members: dict[str, bytes] | None = None
) -> Path:
    """Write a case file that was changed by hand, with a chain that holds."""
    with Store(tmp_path / "source") as store:
        path = signed(store).kept.path
    kept = read_package(path)
    document = json.loads(kept.text)
    change(document)
    text = json.dumps(document).encode()
    entries = rechained(read_lines(kept.journal, "x"), content=hashlib.sha256(text).hexdigest())
    target = tmp_path / "hostile.alncase"
    target.write_bytes(pack(text, {**kept.members, **(members or {})}, write_lines(entries)))
    return target


def test_an_entry_without_a_time_zone_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        entry = store.entries(begin(store).kept.id)[0]
    with pytest.raises(InvalidValueError, match="time zone"):
        dataclasses.replace(entry, at=datetime(2026, 1, 1))
    line = entry.line().replace(entry.at.isoformat(), "2026-01-01T00:00:00")
    with pytest.raises(CaseFileError, match="time zone"):
        read_lines(line.encode(), "x")


def test_a_file_with_half_characters_spoils_nothing(tmp_path: Path) -> None:
    path = hostile(tmp_path, lambda document: document["patient"].update(patient_id="P\ud800"))  # type: ignore[attr-defined]
    (tmp_path / "data" / "cases").mkdir(parents=True)
    path.replace(tmp_path / "data" / "cases" / path.name)
    with Store(tmp_path / "data") as store:
        assert len(store.rows()) == 1
        assert begin(store).kept.id


def test_an_identifier_that_is_no_name_is_refused(tmp_path: Path) -> None:
    path = hostile(tmp_path, lambda document: document.update(case="../../x"))
    with Store(tmp_path / "data") as store, pytest.raises(CaseFileError, match="identifier"):
        store.open_file(path)


def test_large_reports_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    big = b"0" * (package.MAX_REPORT_BYTES + 1)
    path = hostile(tmp_path, lambda _document: None, {"signed/2/report.json": big})
    with Store(tmp_path / "data") as store, pytest.raises(CaseFileError, match="too large"):
        store.open_file(path)


# --- places that take nothing ------------------------------------------------------------------------------


def test_a_list_that_cannot_be_written_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        desk = signed(store)
    with Store(tmp_path, only_look=True) as store:
        (row,) = store.rows()
        opened = store.open(row.id)
        assert opened.case is None
        assert same(opened.snapshot, desk.now)
        with pytest.raises(CannotWriteError):
            store.create(desk.now)
        with pytest.raises(CaseInUseError):
            store.remove(row.id)
    monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with Store(tmp_path, only_look=True) as store:
        assert len(store.rows()) == 1
