"""Case files with values that no program of ours writes: refused in words, and none keeps another out."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_desk import Desk, made_up_case

from alnreader.case.errors import CaseFileError, InvalidValueError
from alnreader.cli import main
from alnreader.store import loading
from alnreader.store.journal import read_lines, write_lines
from alnreader.store.loading import Stored, load, read_file, row_values, trouble_of
from alnreader.store.package import Package, pack, read_package
from alnreader.store.plain import from_plain
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

HUGE = 10**400
"""JSON takes it; no float and no column of SQLite does."""

ODD: tuple[Any, ...] = (
    HUGE,
    -HUGE,
    10**4299,
    1 << 63,
    -1,
    0,
    1e308,
    True,
    None,
    "",
    "\ud800",
    "\0",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-01-01T00:00:00",
    "0001-01-01",
    [],
    {},
)


@pytest.mark.parametrize("value", [HUGE, -HUGE, 10**4299])
def test_a_number_that_no_float_holds_is_refused(value: int) -> None:
    with pytest.raises(InvalidValueError, match=r"at \.x: float is expected"):
        from_plain(float, value, ".x")
    assert from_plain(int, value) == value


@given(st.one_of(st.integers(), st.integers(-(10**400), 10**400), st.floats(), st.text(), st.none()))
def test_a_float_is_taken_or_refused_in_words(value: object) -> None:
    try:
        taken = from_plain(float, value)
    except InvalidValueError:
        return
    assert isinstance(taken, float)
    assert taken == float(value)  # type: ignore[arg-type]


def places(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a JSON value at which something simple stands."""
    children = plain.items() if isinstance(plain, dict) else enumerate(plain)
    for key, kept in children:
        if isinstance(kept, dict | list) and kept:
            yield from places(kept, (*path, key))
        else:
            yield (*path, key)


def changed(plain: Any, place: tuple[Any, ...], value: object) -> Any:
    whole = copy.deepcopy(plain)
    inner = whole
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return whole


def resealed(package: Package, document: Any, last: dict[str, object] | None = None) -> bytes:
    """A case file whose journal holds: as somebody writes it who knows how the hashes are made."""
    text = json.dumps(document).encode()
    entries = list(read_lines(package.journal, ""))
    values: dict[str, Any] = {"content": hashlib.sha256(text).hexdigest(), **(last or {})}
    entries[-1] = dataclasses.replace(entries[-1], **values).sealed()
    return pack(text, package.members, write_lines(entries))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A signed reading of two pictures, with what is optional."""
    with Store(tmp_path_factory.mktemp("data")) as store:
        desk = Desk(made_up_case(cine=5))
        desk.kept = store.create(desk.now, "Dr A")
        desk.whole_reading()
        desk.kept.save_file()
        return read_package(desk.kept.path)


def look_at(path: Path) -> None:
    """Go every way on which a case file is read."""
    stored = read_file(path)
    trouble_of(stored)
    row_values(stored)
    load(stored, path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@given(data=st.data())
def test_any_odd_value_in_a_case_file_is_refused_in_words_or_harmless(
    data: st.DataObject, written: Package, folder: Path
) -> None:
    place = data.draw(st.sampled_from(list(places(written.document))))
    value = data.draw(st.sampled_from(ODD))
    path = folder / "odd.alncase"
    path.write_bytes(resealed(written, changed(written.document, place, value)))
    told = "odd.alncase"
    try:
        look_at(path)
    except CaseFileError as error:
        told = str(error)
    assert "odd.alncase" in told


@pytest.mark.parametrize("deep", [0, 40, 900])
def test_what_no_annotation_describes_is_refused_with_the_name_of_the_file(
    deep: int, written: Package, tmp_path: Path
) -> None:
    value: Any = [] if deep else float("inf")
    for _ in range(deep):
        value = [value]
    path = tmp_path / "odd.alncase"
    place = ("score", "run", "preprocessing", "size")
    path.write_bytes(resealed(written, changed(written.document, place, value)))
    with pytest.raises(CaseFileError, match=r"odd\.alncase.*preprocessing"):
        look_at(path)


@pytest.mark.parametrize("at", [value for value in ODD if isinstance(value, str) and value[4:5] == "-"])
def test_any_odd_time_of_an_entry_is_refused_in_words_or_harmless(
    at: str, written: Package, tmp_path: Path
) -> None:
    try:
        content = resealed(written, written.document, {"at": datetime.fromisoformat(at)})
    except InvalidValueError:
        return
    (tmp_path / "a" / "cases").mkdir(parents=True)
    (tmp_path / "a" / "cases" / "odd.alncase").write_bytes(content)
    with Store(tmp_path / "a") as store:
        assert len(store.rows()) == 1
        opened = store.open(store.rows()[0].id)
        assert opened.case is not None
        store.close_case(opened.case)
    verify_work_list(tmp_path / "a" / "worklist.sqlite")


# --- one file keeps no other out ---------------------------------------------------------------------------


def two_files(folder: Path, first: bytes) -> Path:
    """A folder of cases as a killed program leaves it: one odd file, and one that is right."""
    with Store(folder) as store:
        desk = Desk(made_up_case("Good^One"))
        desk.kept = store.create(desk.now, "Dr A")
        desk.whole_reading()
        desk.kept.save_file()
    for part in folder.glob("worklist.sqlite*"):
        part.unlink()
    (folder / "cases" / "0-odd.alncase").write_bytes(first)
    return folder


def test_a_file_with_a_huge_number_keeps_no_other_out(
    written: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = resealed(written, changed(written.document, ("images", 0, "frame_time"), HUGE))
    folder = two_files(tmp_path / "data", odd)
    with Store(folder) as store:
        assert [row.patient for row in store.rows()] == ["张䶮萍 (Good, One)"]
        assert any("0-odd.alncase" in note for note in store.notes)
    assert verify_work_list(folder / "worklist.sqlite").fault is None
    assert main(["journal", "mend", str(folder)]) == 0
    assert main(["journal", "verify", str(folder / "cases" / "0-odd.alncase")]) == CaseFileError.exit_code
    assert "frame_time" in capsys.readouterr().err


def test_a_file_that_nobody_foresaw_keeps_no_other_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = two_files(tmp_path / "data", b"")

    def read(path: Path) -> Stored:
        if path.name == "0-odd.alncase":
            raise TypeError("Zhang^Yaping is not a date")
        return read_file(path)

    monkeypatch.setattr(loading, "read_file", read)
    with Store(folder) as store:
        assert [row.patient for row in store.rows()] == ["张䶮萍 (Good, One)"]
        assert any("0-odd.alncase" in note for note in store.notes)
    assert "TypeError" in caplog.text
    assert "Zhang" not in caplog.text
