"""The export queue's form has a number: older ones are led up to it, a newer one is left alone."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pacs_maker import encoded, small_instance

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom.network import queue_schema
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.queue import ExportQueue, ItemState, JobState
from alnreader.dicom.network.queue_schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from alnreader.dicom.network.store import inspect

NODE = Node("ARCHIVE", host="10.0.0.1", port=104, ae_title="PACS")


@pytest.fixture
def old(tmp_path: Path) -> ExportQueue:
    """A queue as the program wrote it before its form had a number."""
    folder = tmp_path / "queue"
    folder.mkdir()
    shutil.copy(Path(__file__).parent / "queue-0.sqlite", folder / "queue.sqlite")
    return ExportQueue(folder, lambda: datetime(2026, 1, 2, tzinfo=UTC))


def numbers(queue: ExportQueue) -> tuple[int, int]:
    with closing(sqlite3.connect(queue.folder / "queue.sqlite")) as database:
        (owner,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
    return owner, version


def run(queue: ExportQueue, *statements: str) -> None:
    with closing(sqlite3.connect(queue.folder / "queue.sqlite")) as database, database:
        for statement in statements:
            database.execute(statement)


def add(queue: ExportQueue, tmp_path: Path) -> int:
    path = tmp_path / "x.dcm"
    path.write_bytes(encoded(small_instance("x", "s")))
    return queue.add(NODE, [inspect(path)], "new").id


def test_a_new_queue_has_the_newest_form(tmp_path: Path) -> None:
    queue = ExportQueue(tmp_path / "queue")
    add(queue, tmp_path)
    assert numbers(queue) == (APPLICATION_ID, SCHEMA_VERSION)


def test_a_queue_without_a_number_is_led_up_with_all_its_jobs(old: ExportQueue, tmp_path: Path) -> None:
    assert numbers(old) == (0, 0)
    done, waiting, parked = old.jobs()
    assert numbers(old) == (APPLICATION_ID, SCHEMA_VERSION)
    assert (done.state, done.title) == (JobState.DONE, "Doe, Jane")
    assert (waiting.state, waiting.title, waiting.snapshot) == (JobState.WAITING, "Roe, \u674e", NODE)
    assert [item.state for item in waiting.items] == [ItemState.SENT, ItemState.SENDING, ItemState.WAITING]
    assert waiting.created == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert (parked.state, parked.reason) == (JobState.PARKED, "The node refused: wrong AE title.")
    old.recover()
    old.try_again(parked.id)
    assert [job.state for job in old.jobs()] == [JobState.DONE, JobState.WAITING, JobState.WAITING]
    assert old.jobs()[1].items[1].state is ItemState.UNSURE
    assert add(old, tmp_path) == parked.id + 1
    assert list(old.folder.glob("*.broken")) == []


def test_every_step_leads_to_the_next_version(old: ExportQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in range(1, SCHEMA_VERSION + 1):
        with monkeypatch.context() as earlier:
            earlier.setattr(queue_schema, "MIGRATIONS", MIGRATIONS[:version])
            earlier.setattr(queue_schema, "SCHEMA_VERSION", version)
            assert len(old.jobs()) == 3
        assert numbers(old) == (APPLICATION_ID, version)


def test_a_step_that_fails_leaves_the_queue_as_it_was(
    old: ExportQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM jobs")
        raise MemoryError

    with monkeypatch.context() as planted:
        planted.setattr(queue_schema, "MIGRATIONS", (*MIGRATIONS, fails))
        planted.setattr(queue_schema, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
        with pytest.raises(MemoryError):
            old.jobs()
    assert numbers(old) == (0, 0)
    assert len(old.jobs()) == 3


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (f"PRAGMA user_version = {SCHEMA_VERSION + 1}", "newer ALN Reader"),
        ("PRAGMA application_id = 7", "another program"),
    ],
)
def test_a_queue_of_a_newer_or_another_program_is_left_alone(
    old: ExportQueue, tmp_path: Path, statement: str, words: str
) -> None:
    old.jobs()
    run(old, statement)
    file = old.folder / "queue.sqlite"
    before = file.read_bytes()
    for work in (old.jobs, lambda: add(old, tmp_path), lambda: old.try_again(2), old.recover):
        with pytest.raises(UnreadableInputError, match=words):
            work()
    assert file.read_bytes() == before
    assert sorted(path.name for path in old.folder.iterdir()) == ["queue.sqlite"]


def test_a_queue_that_lacks_a_part_counts_as_damaged_and_its_files_stay(
    old: ExportQueue, tmp_path: Path
) -> None:
    number = add(old, tmp_path)
    job = old.job(number)
    assert job is not None
    run(old, "ALTER TABLE items DROP COLUMN digest")
    assert old.jobs() == []
    assert len(list(old.folder.glob("*.broken"))) == 1
    later = ExportQueue(old.folder, lambda: datetime(2126, 1, 1, tzinfo=UTC))
    later.recover()
    assert job.file(job.items[0]).is_file(), "what was not sent is not thrown away with the list of it"


def test_two_programs_lead_it_up_at_once(old: ExportQueue) -> None:
    found: list[Any] = []
    together = threading.Barrier(4)

    def look() -> None:
        together.wait()
        found.append(len(old.jobs()))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3, 3, 3, 3]
    assert numbers(old) == (APPLICATION_ID, SCHEMA_VERSION)


def test_its_number_is_not_misread_while_another_program_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite"

    def other(statement: str) -> None:
        if "user_version" in statement:
            with (
                closing(sqlite3.connect(path, timeout=0)) as theirs,
                contextlib.suppress(sqlite3.OperationalError),
            ):
                queue_schema.prepare(theirs, path)

    with closing(sqlite3.connect(path)) as ours:
        ours.set_trace_callback(other)
        queue_schema.prepare(ours, path)
    assert numbers(ExportQueue(tmp_path)) == (APPLICATION_ID, SCHEMA_VERSION)
