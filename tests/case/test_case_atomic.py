"""One file, written whole or not at all: private ones, streamed ones, and what a fault leaves."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from alnreader.case.atomic import is_leftover, make_folder, refusing, remove_leftovers, replace_file
from alnreader.case.errors import CannotWriteError

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")


@posix
def test_a_private_file_is_its_user_s_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        replace_file(tmp_path / "secret", b"x", private=True)
        replace_file(tmp_path / "open", b"x")
        make_folder(tmp_path / "a" / "b", private=True)
    finally:
        os.umask(before)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    # A file that was open to others before is not any more.
    replace_file(tmp_path / "open", b"y", private=True)
    assert (tmp_path / "open").stat().st_mode & 0o077 == 0


def test_a_file_comes_in_parts(tmp_path: Path) -> None:
    replace_file(tmp_path / "f", (b"one", memoryview(b" two"), b""))
    assert (tmp_path / "f").read_bytes() == b"one two"


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "full"), RuntimeError("a fault"), KeyboardInterrupt()]
)
def test_a_fault_in_the_middle_leaves_the_older_file(tmp_path: Path, fault: BaseException) -> None:
    (tmp_path / "f").write_bytes(b"before")

    def parts() -> Iterator[bytes]:
        yield b"half"
        raise fault

    expected = CannotWriteError if isinstance(fault, OSError) else type(fault)
    with pytest.raises(expected) as caught:
        replace_file(tmp_path / "f", parts())
    if isinstance(fault, OSError):
        assert "the disk is full" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == b"before"


def test_what_the_file_system_refuses_has_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError, match="a file stands where a folder is needed"):
        make_folder(tmp_path / "file" / "below")
    with pytest.raises(CannotWriteError, match=r"Cannot write .*no permission"), refusing(tmp_path):
        raise PermissionError(errno.EACCES, "denied")


def test_leftovers_of_a_killed_program_go_and_nothing_else(tmp_path: Path) -> None:
    for name in (".alnreader-0123.tmp", ".hidden", "other.tmp", "kept.dcm"):
        (tmp_path / name).touch()
    assert is_leftover(tmp_path / ".alnreader-0123.tmp")
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "kept.dcm", "other.tmp"]
