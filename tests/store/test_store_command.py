"""`alnreader journal` and `alnreader reads`, as they are typed."""

from __future__ import annotations

import csv
import io
import sqlite3
from pathlib import Path

import pytest
from store_desk import Desk, made_up_case

from alnreader.case.errors import ExitCode
from alnreader.cli import main
from alnreader.store.journal import read_lines
from alnreader.store.worklist import Store


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make this user's data folder, with a signed reading in it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    folder = tmp_path / "alnreader"
    with Store(folder) as store:
        desk = Desk(made_up_case())
        desk.kept = store.create(desk.now, "Dr 李")
        desk.whole_reading()
    return folder


def test_verify_says_that_all_holds(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "verify"]) == ExitCode.OK
    assert "holds: 9 entries of 1 cases" in capsys.readouterr().out
    (case,) = (data / "cases").glob("*.alncase")
    assert main(["journal", "verify", str(case)]) == ExitCode.OK
    assert main(["journal", "verify", str(data)]) == ExitCode.OK


def test_verify_names_the_bad_entry(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(data / "worklist.sqlite")
    connection.executescript("DROP TRIGGER journal_is_not_cut; DELETE FROM journal WHERE sequence = 5")
    connection.commit()
    connection.close()
    assert main(["journal", "verify"]) == ExitCode.INTERNAL
    assert "entry 5" in capsys.readouterr().out


def test_export_writes_the_journal_both_ways(data: Path, tmp_path: Path) -> None:
    table, lines = tmp_path / "journal.csv", tmp_path / "journal.jsonl"
    assert main(["journal", "export", "--csv", str(table), "--jsonl", str(lines)]) == ExitCode.OK
    entries = read_lines(lines.read_bytes(), "x")
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8-sig"), newline="")))
    assert [row["hash"] for row in rows] == [entry.hash for entry in entries]
    assert len(rows) == 9


def test_reads_of_a_list_and_of_one_case(data: Path, tmp_path: Path) -> None:
    table = tmp_path / "reads.csv"
    (case,) = (data / "cases").glob("*.alncase")
    for place in ([], [str(case)]):
        assert main(["reads", "--csv", str(table), "--without-identity", *place]) == ExitCode.OK
        (row,) = csv.DictReader(io.StringIO(table.read_text("utf-8-sig"), newline=""))
        assert (row["version"], row["decision"], row["patient_id"]) == ("1", "agree", "")


@pytest.mark.parametrize("action", [["verify"], ["export", "--csv", "x.csv"]])
def test_no_work_list_is_told(
    action: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["journal", *action, str(tmp_path)]) == ExitCode.NO_INPUT
    assert "no work list" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_cannot_be_written_is_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").write_text("", "utf-8")
    assert main(["reads", "--csv", str(tmp_path / "x" / "reads.csv")]) == ExitCode.CANNOT_WRITE
    assert "reads.csv" in capsys.readouterr().err
