"""Full, read-only and cut: no disk takes away what was kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_desk import begin, same, signed

from alnreader.case.errors import CannotWriteError
from alnreader.store.verify import verify_file, verify_work_list
from alnreader.store.worklist import Store


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


# --- power cuts ------------------------------------------------------------------------------------------


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
