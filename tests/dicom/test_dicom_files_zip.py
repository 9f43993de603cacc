"""Zips that lie: each is refused in words, none keeps another file out, none is read for long."""

from __future__ import annotations

import io
import struct
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dicom_maker import speckle, write_ultrasound
from hypothesis import given
from hypothesis import strategies as st

from alnreader.case.errors import CancelledError
from alnreader.case.progress import CancelToken
from alnreader.case.zipped import too_many_names
from alnreader.dicom import discover, files

CONTENT = b"0123456789"
LOCAL = b"PK\3\4" + struct.pack("<5H3L2H", 20, 0, 0, 0, 33, 0, 10, 10, 5, 0) + b"a.dcm" + CONTENT


def entry(
    name: bytes = b"a.dcm",
    method: int = 0,
    flags: int = 0,
    packed: int = 10,
    size: int = 10,
    offset: int = 0,
    extra: bytes = b"",
) -> bytes:
    """A name in the list of a zip (APPNOTE.TXT 4.3.12)."""
    return (
        b"PK\1\2"
        + struct.pack(
            "<6H3L5H2L",
            20,
            20,
            flags,
            method,
            0,
            33,
            0,
            packed,
            size,
            len(name),
            len(extra),
            0,
            0,
            0,
            0,
            offset,
        )
        + name
        + extra
    )


def large(size: int, packed: int, offset: int) -> bytes:
    """The sizes of an entry of a large zip (APPNOTE.TXT 4.5.3)."""
    return struct.pack("<HHQQQ", 1, 24, size, packed, offset)


def zipped(names: bytes, count: int, body: bytes = LOCAL) -> bytes:
    return body + names + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, count, count, len(names), len(body), 0)


def far(offset: int, size: int = 10, packed: int = 10) -> bytes:
    return entry(size=0xFFFFFFFF, packed=0xFFFFFFFF, offset=0xFFFFFFFF, extra=large(size, packed, offset))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    files.close_archives()


@pytest.mark.parametrize("offset", [1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_place_beyond_every_file_keeps_nothing_else_out(offset: int, tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "good.dcm", speckle(16, 20))
    (tmp_path / "far.zip").write_bytes(zipped(far(offset), 1))
    found = discover([tmp_path])
    assert len(found.patients) == 1
    (skipped,) = found.skipped
    assert skipped.path == f"{tmp_path / 'far.zip'}!/a.dcm"
    assert skipped.reason.startswith(("the zip is damaged here", "cannot be read"))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    write_ultrasound(folder / "good.dcm", speckle(16, 20))
    return folder


_WORD = st.one_of(st.sampled_from([0, 1, 0xFFFF, 0xFFFFFFFE, 0xFFFFFFFF]), st.integers(0, 0xFFFFFFFF))
_LONG = st.one_of(
    st.sampled_from([0, 10, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]), st.integers(0, 1 << 20)
)
_ENTRIES = st.builds(
    entry,
    name=st.binary(max_size=8),
    method=st.sampled_from([0, 8, 12, 14, 99]),
    flags=st.integers(0, 0xFFFF),
    packed=_WORD,
    size=_WORD,
    offset=_WORD,
    extra=st.one_of(st.builds(large, _LONG, _LONG, _LONG), st.binary(max_size=30)),
)


@given(st.lists(_ENTRIES, min_size=1, max_size=3), st.integers(0, 4))
def test_any_list_of_names_is_refused_in_words_or_harmless(
    good: Path, names: list[bytes], count: int
) -> None:
    (good / "odd.zip").write_bytes(zipped(b"".join(names), count))
    assert len(discover([good]).patients) == 1


# --- very many names ---------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """A low limit, and a `zipfile` that must not read."""

    def never(*_: object) -> None:
        raise AssertionError("the names were read")

    monkeypatch.setattr(files, "MAX_MEMBERS", 50)
    monkeypatch.setattr(files.zipfile, "ZipFile", never)
    return 50


@pytest.mark.parametrize("said", [51, 1, 0])
def test_a_zip_of_many_names_is_refused_before_they_are_read(said: int, few: int, tmp_path: Path) -> None:
    (tmp_path / "many.zip").write_bytes(zipped(entry() * (few + 1), said))
    (skipped,) = files.walk([tmp_path / "many.zip"], CancelToken())
    assert skipped == (str(tmp_path / "many.zip"), f"more than {few} files in one zip: looks like a zip bomb")


@given(st.integers(0, 60), st.integers(0, 0xFFFE), st.binary(max_size=40), st.booleans())
def test_names_are_counted_whatever_the_end_says(
    count: int, said: int, before: bytes, is_large: bool
) -> None:
    names = entry() * count
    end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, said, said, len(names), len(before), 0)
    if is_large:
        place = len(before) + len(names)
        end = (
            b"PK\6\6"
            + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, said, said, len(names), len(before))
            + b"PK\6\7"
            + struct.pack("<LQL", 0, place, 1)
            + b"PK\5\6"
            + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        )
    stream = io.BytesIO(before + names + end)
    assert too_many_names(stream, 50) == (count > 50 or said > 50)


def test_what_zipfile_writes_is_not_too_much() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(50):
            archive.writestr(f"{'longer than most' * 4}/{number}.dcm", b"")
    assert not too_many_names(stream, 50)
    assert too_many_names(stream, 49)


def test_the_counting_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(zipped(entry() * 40, 40))
    monkeypatch.setattr("alnreader.case.zipped._STEP", 100)
    cancel, looks = CancelToken(), 0

    def check() -> None:
        nonlocal looks
        looks += 1
        if looks == 5:
            cancel.cancel()
        CancelToken.check(cancel)

    monkeypatch.setattr(cancel, "check", check)
    with pytest.raises(CancelledError):
        list(files.walk_zip(path, cancel))
    assert looks == 5


def test_nobody_waits_while_the_names_of_a_zip_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("slow.zip", "quick.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("a.dcm", CONTENT)
    inside, go_on = threading.Event(), threading.Event()
    real = files.too_many_names

    def slowly(stream: Any, *rest: Any) -> bool:
        if stream.name.endswith("slow.zip"):
            inside.set()
            assert go_on.wait(30)
        return real(stream, *rest)

    monkeypatch.setattr(files, "too_many_names", slowly)
    thread = threading.Thread(target=lambda: list(files.walk([tmp_path / "slow.zip"], CancelToken())))
    thread.start()
    assert inside.wait(30)
    with files.Location(tmp_path / "quick.zip", "a.dcm").open() as stream:
        assert stream.read() == CONTENT
    go_on.set()
    thread.join(30)
    assert not thread.is_alive()
