"""What others do to the files: other users, other programs, other clocks, a disk that fills up."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import struct
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_maker import write_image
from store_desk import Desk, made_up_case, same

from alnreader.case import clock
from alnreader.case.errors import CannotWriteError, CaseFileError, CaseInUseError
from alnreader.dicom import discover
from alnreader.store import lock, package
from alnreader.store.handle import OpenCase
from alnreader.store.loading import read_file
from alnreader.store.lock import CaseLock, is_free, lock_file
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")


def begun(store: Store, desk: Desk | None = None) -> Desk:
    desk = desk or Desk(made_up_case())
    desk.kept = store.create(desk.now)
    desk.draw(desk.now.current, 1)
    return desk


def execute(database: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


# --- the columns of the list -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("patient", "Other, Name"),
        ("patient_id", "another"),
        ("study_date", "1999-01-01"),
        ("mode", "concurrent"),
        ("images", 9),
        ("confirmed", 9),
        ("created", "1999-01-01T00:00:00+00:00"),
        ("changed", "1999-01-01T00:00:00+00:00"),
        ("fingerprint", "0" * 64),
        ("listed", 0),
    ],
)
def test_a_row_that_tells_another_case_shows(tmp_path: Path, column: str, value: object) -> None:
    with Store(tmp_path) as store:
        begun(store)
    database = tmp_path / "worklist.sqlite"
    assert verify_work_list(database).fault is None
    execute(database, f"UPDATE cases SET {column} = ?", value)
    fault = verify_work_list(database).fault
    assert fault is not None
    assert column in fault.sentence


def test_a_case_that_was_taken_off_the_list_holds(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        gone, back = begun(store), begun(store)
        for desk in (gone, back):
            store.close_case(desk.kept)
            store.remove(desk.kept.id)
        store.open(back.kept.id)
        store.save_copy(gone.kept.id, tmp_path / "copy.alncase")
    assert verify_work_list(tmp_path / "worklist.sqlite").fault is None


def test_pictures_lead_to_a_reading_of_themselves_only(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = begun(store)
        uids = [image.key.uid for image in desk.now.case.images]
        patient = desk.now.case.patient.patient_id
        assert store.find(uids, patient) == desk.kept.id
        row = store.connection.execute("SELECT fingerprint FROM cases").fetchone()
        other = begun(store, Desk(made_up_case(images=3)))
        store.change("UPDATE cases SET fingerprint = ?, changed = '9' WHERE id = ?", (*row, other.kept.id))
        assert store.find(uids, patient) == desk.kept.id


# --- clocks ------------------------------------------------------------------------------------------------


def test_a_clock_set_back_is_told_also_after_a_case_of_an_earlier_time_was_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = clock.now().replace(hour=12)
    time = [noon - timedelta(hours=3)]
    monkeypatch.setattr(clock, "now", lambda: time[0])
    with Store(tmp_path / "elsewhere") as store:
        early = begun(store)
        store.save_copy(early.kept.id, tmp_path / "early.alncase")
    time[0] = noon
    with Store(tmp_path / "data") as store:
        desk = begun(store)
        assert not desk.kept.entries[-1].clock_back
    shutil.copy(tmp_path / "early.alncase", tmp_path / "data" / "cases" / "early.alncase")
    time[0] = noon - timedelta(hours=1)
    with Store(tmp_path / "data") as store:
        assert len(store.rows()) == 2
        case = store.open(desk.kept.id).case
        assert case is not None
        assert case.entries[2].clock_back
        time[0] = noon + timedelta(hours=1)
        case.note("later")
        assert not case.entries[-1].clock_back


def test_the_time_that_is_judged_is_the_one_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path) as store:
        desk = begun(store)
        last = desk.kept.entries[-1].at
        times = iter([last + timedelta(seconds=1)] + [last - timedelta(seconds=1)] * 9)

        def now() -> datetime:
            return next(times)

        monkeypatch.setattr(clock, "now", now)
        desk.kept.note("seen")
        entry = desk.kept.entries[-1]
        assert entry.clock_back == (entry.at < last)


# --- another program's file --------------------------------------------------------------------------------


def other_continuation(tmp_path: Path, desk: Desk) -> bytes:
    """The case as another machine continued it: the file comes back by way of a synchronised folder."""
    assert desk.kept is not None
    copy = tmp_path / "copy.alncase"
    copy.write_bytes(desk.kept.packed())
    with Store(tmp_path / "other machine") as store:
        opened = store.open_file(copy)
        assert opened.case is not None
        opened.case.note("read elsewhere")
    return copy.read_bytes()


def test_a_file_that_was_put_in_the_place_of_ours_is_kept(tmp_path: Path) -> None:
    with Store(tmp_path / "data") as store:
        desk = begun(store)
        desk.kept.save_file()
        theirs = other_continuation(tmp_path, desk)
        desk.kept.path.write_bytes(theirs)
        desk.draw(desk.now.current, 2)
        desk.kept.save_file()
        (aside,) = desk.kept.path.parent.glob("*.old")
        assert aside.read_bytes() == theirs
        assert desk.kept.entries[-1].details == {"file": aside.name}
        assert read_file(desk.kept.path).entries == tuple(desk.kept.entries)
        desk.draw(desk.now.current, 3)
        desk.kept.save_file()
        assert len(list(desk.kept.path.parent.glob("*.old"))) == 1
    assert verify_work_list(tmp_path / "data" / "worklist.sqlite").fault is not None, "it has an entry more"


def test_a_damaged_file_and_an_older_one_in_the_place_of_ours(tmp_path: Path) -> None:
    with Store(tmp_path / "data") as store:
        desk = begun(store)
        desk.kept.save_file()
        older = desk.kept.path.read_bytes()
        desk.draw(desk.now.current, 2)
        desk.kept.save_file()
        for content, put_aside in ((older, 0), (b"no case at all", 1)):
            desk.kept.path.write_bytes(content)
            desk.draw(desk.now.current, 3)
            desk.kept.save_file()
            assert len(list(desk.kept.path.parent.glob("*.old"))) == put_aside
            assert len(read_file(desk.kept.path).entries) == len(desk.kept.entries)
    assert verify_work_list(tmp_path / "data" / "worklist.sqlite").fault is None


# --- another picture ---------------------------------------------------------------------------------------


def test_a_picture_that_was_exchanged_under_a_signature_is_told_each_time(tmp_path: Path) -> None:
    def picture(grey: int) -> None:
        values = np.full((1, 48, 64, 1), grey, np.uint8)
        write_image(tmp_path / "pictures" / "a.dcm", values, "MONOCHROME2")

    picture(100)
    (case,) = discover([tmp_path / "pictures"]).patients
    with Store(tmp_path / "data") as store:
        desk = Desk(case)
        desk.kept = store.create(desk.now)
        desk.whole_reading()
        case_id = desk.kept.id
    picture(90)
    for time in range(3):
        with Store(tmp_path / "data") as store:
            opened = store.open(case_id)
            assert [key.uid for key in opened.changed] == [image.key.uid for image in case.images], time
            assert any("byte for byte" in caution for caution in opened.cautions)
            assert opened.case is not None
            told = [entry for entry in opened.case.entries if entry.action == "pictures looked for"]
            assert told[-1].details == {"missing": 0, "changed": 1}
    picture(100)
    with Store(tmp_path / "data") as store:
        assert store.open(case_id).changed == ()


# --- a full disk -------------------------------------------------------------------------------------------


def test_a_case_can_be_looked_at_where_the_disk_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path) as store:
        desk = begun(store)
        store.close_case(desk.kept)
        commit = OpenCase._commit

        def full(self: OpenCase, *_: Any) -> None:
            raise CannotWriteError("the disk is full")

        with monkeypatch.context() as disk:
            disk.setattr(OpenCase, "_commit", full)
            opened = store.open(desk.kept.id)
            assert opened.case is None
            assert "disk is full" in opened.read_only
            assert same(opened.snapshot, desk.now)
        assert OpenCase._commit is commit
        assert [row.unfinished for row in store.rows()] == [False], "nothing was left open"
        assert store.open(desk.kept.id).case is not None


# --- other users -------------------------------------------------------------------------------------------


def of_another_user(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Opening that very file for writing is refused, as where another user has made it."""
    opening, whose = os.open, path.stat().st_ino
    os.link(path, path.with_name("second name"))  # so that no other file gets its number

    def refusing(place: Any, flags: int, *mode: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and Path(place).exists() and Path(place).stat().st_ino == whose:
            raise PermissionError(13, "Permission denied")
        return opening(place, flags, *mode)

    monkeypatch.setattr(lock.os, "open", refusing)


@POSIX
def test_the_lock_of_another_user_s_killed_program_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = tmp_path / "shared.alncase"
    left = lock_file(case)
    before = os.umask(0o022)
    try:
        with CaseLock.take(case):
            assert stat.S_IMODE(left.stat().st_mode) == 0o644, "others must be able to look at it"
    finally:
        os.umask(before)
    # As a killed program leaves it: there, and locked by nobody.
    left.write_text('{"host": "elsewhere", "process": 1, "since": "2026"}', "utf-8")
    of_another_user(monkeypatch, left)
    assert is_free(case)
    with CaseLock.take(case):
        assert not is_free(case)
        assert str(os.getpid()) in left.read_text("utf-8"), "it tells who has it now"
        with pytest.raises(CaseInUseError, match=str(os.getpid())):
            CaseLock.take(case)


@POSIX
def test_the_lock_of_another_user_s_running_program_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = tmp_path / "shared.alncase"
    with CaseLock.take(case):
        of_another_user(monkeypatch, lock_file(case))
        assert not is_free(case)
        with pytest.raises(CaseInUseError, match="another program"):
            CaseLock.take(case)


@POSIX
def test_a_folder_is_made_private_and_not_made_writable(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Store(folder) as store:
        begun(store)
    folder.chmod(0o555)
    try:
        if os.getuid():
            with pytest.raises(CannotWriteError):
                Store(folder)
        else:  # root writes all the same
            Store(folder).close()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o500
    finally:
        folder.chmod(0o700)


# --- a zip of names alone ----------------------------------------------------------------------------------


def test_a_zip_of_a_million_names_is_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, *[0] * 7, 0, 1, *[0] * 6) + b"a"
    count = package.MAX_MEMBERS + 1
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, count * len(entry), 0, 0)

    def never(*_: object) -> None:
        raise AssertionError("the names were read")

    monkeypatch.setattr(package.zipfile, "ZipFile", never)
    with pytest.raises(CaseFileError, match="zip bomb"):
        package.unpack(entry * count + end, "x")
