"""The work list: what it tells, finds again and lets go of; a second program looks and does not touch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from store_desk import begin, same, signed

from alnreader.case.errors import CaseInUseError
from alnreader.case.protocol import ReadingState
from alnreader.store.lock import CaseLock, is_free, lock_file
from alnreader.store.worklist import Store


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


# --- locks -----------------------------------------------------------------------------------------------


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
