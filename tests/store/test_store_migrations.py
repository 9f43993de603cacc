"""A work list of an earlier schema is brought up to date; one of a newer or another program is let be."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from store_desk import signed

from alnreader.case.errors import CaseFileError
from alnreader.store import database
from alnreader.store.database import SCHEMA_VERSION, migrate, open_database
from alnreader.store.verify import verify_file, verify_work_list
from alnreader.store.worklist import Store


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
