"""The proofs of `make reliability` can fail: a planted fault is noticed by each."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from alnreader.store.handle import OpenCase
from alnreader.store.worklist import Store

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def measure() -> Iterator[ModuleType]:
    """What `make reliability` runs."""
    before = list(sys.path)
    sys.path[:0] = [str(HERE)]
    import measure as module

    yield module
    sys.path[:] = before


def killed(measure: ModuleType, place: Path) -> Any:
    """A reading that a killed program has left: the real store, and what it was handed."""
    from kills import Told
    from traces import outlines_trace, reading_trace, score_trace

    told = Told()
    process = os.fork()
    if process == 0:
        store = Store(place / "share" / "alnreader")
        desk = measure.Desk(measure.made_up_case())
        desk.kept = store.create(desk.now)
        desk.draw(desk.now.current, 1)
        entry = desk.kept.entries[-1]
        traces = f"{reading_trace(desk.now)} {outlines_trace(desk.now)} {score_trace(desk.now)}"
        (place / "told").write_text(
            f"TRY {entry.case} 2 {traces} edit region: stroke\nKEPT {entry.case} 2 {entry.content} stroke\n",
            "utf-8",
        )
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(process, 0)
    return told


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_what_a_kill_left_is_looked_at_and_stays_as_it_is(measure: ModuleType, tmp_path: Path) -> None:
    from kills import Kills, check_copy

    told, result = killed(measure, tmp_path), Kills()
    told.read((tmp_path / "told").read_bytes(), result)
    check_copy(tmp_path, told, result)
    # In memory, this case has no pictures: that alone is told.
    assert (result.lost, result.broken, len(result.unread), result.compared) == ([], [], 1, 1)
    with Store(tmp_path / "share" / "alnreader") as store:
        assert [row.unfinished for row in store.rows()] == [True], (
            "the next start must find it as it was left"
        )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.parametrize("fault", ["action", "content", "region", "forgotten"])
def test_what_a_kill_has_lost_or_changed_is_noticed(
    measure: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    from kills import Kills, check_copy

    told, result = killed(measure, tmp_path), Kills()
    told.read((tmp_path / "told").read_bytes(), result)
    (key,) = told.kept
    content, action = told.kept[key]
    if fault == "action":
        told.kept[key] = content, "another"
    elif fault == "content":
        told.kept[key] = "0" * 64, action
    elif fault == "forgotten":
        told.kept[key[0], 3] = content, action
    else:
        forgetful(monkeypatch)
    check_copy(tmp_path, told, result)
    assert len(result.lost) == 1


@pytest.mark.parametrize(
    ("event", "traces", "noticed"),
    [
        ("note: reopened", "a o -", 0),
        ("note: reopened", "b o -", 1),
        ("note: reopened", "a p -", 1),
        ("note: outlined, no region changed", "a p -", 0),
        ("note: outlined, no region changed", "b p -", 1),
        ("edit region: stroke", "b o -", 0),
        ("edit region: stroke", "b p -", 1),
        ("propose: proposed", "b p -", 0),
        ("note: rescued", "a o -", 1),
    ],
)
def test_what_an_action_carries_along_is_noticed(
    measure: ModuleType, event: str, traces: str, noticed: int
) -> None:
    from kills import Kills, Told

    told, result = Told(), Kills()
    told.read(f"TRY c 1 a o - opened: opened\nTRY c 2 {traces} {event}\n".encode(), result)
    assert len(result.lost) == noticed


def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program opens readings without their outlines."""
    opening = Store.open

    def wrong(self: Store, *arguments: Any, **options: Any) -> Any:
        opened = opening(self, *arguments, **options)
        case = opened.snapshot.case
        for image in case.images:
            case = case.with_regions(image.key, ())
        return dataclasses.replace(opened, snapshot=dataclasses.replace(opened.snapshot, case=case))

    monkeypatch.setattr(Store, "open", wrong)


def test_a_power_cut_that_loses_something_is_noticed(
    measure: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, passed = measure.cuts(2, 5)
    assert passed, text
    with monkeypatch.context() as planted:
        forgetful(planted)
        text, passed = measure.cuts(2, 5)
        assert not passed, text
    with monkeypatch.context() as planted:
        # Case files that say they were written and were not.
        planted.setattr(OpenCase, "save_file", lambda self: None)
        text, passed = measure.cuts(6, 5)
        assert not passed, text


def test_a_store_that_takes_what_the_protocol_refuses_is_noticed(
    measure: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alnreader.store import handle

    monkeypatch.setattr(handle, "check_step", lambda before, event, after: event)
    with pytest.raises(BaseException, match="DID NOT RAISE"):
        run_state_machine_as_test(
            measure.Protocol,
            settings=settings(
                max_examples=20,
                stateful_step_count=20,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_a_damaged_file_that_is_not_refused_in_words_is_noticed(
    measure: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def falls(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr(measure, "unpack", falls)
    text, passed = measure.damaged(5, 1)
    assert not passed, text


def test_memory_that_grows_is_noticed(measure: ModuleType) -> None:
    flat, growing = [500.0] * 100, [500.0 + measure.FLAT_MIB * 1.5 * number for number in range(100)]
    assert measure.is_flat(flat)
    assert not measure.is_flat(growing)


def test_a_part_that_falls_over_keeps_no_other_s_figures_from_the_page(
    measure: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "reliability.md"
    none = ["--kills=0", "--cuts=0", "--walks=0", "--steps=0", "--turns=0", "--engine=0", "--window=0"]

    def run(*options: str) -> int:
        command = ["measure.py", *none, f"--out={page}", f"--files={tmp_path / 'none'}", *options]
        monkeypatch.setattr(sys, "argv", command)
        return int(measure.main())

    assert run("--damaged=5") == 0
    assert measure.rows_of(page)["Damage"].startswith("5 damaged case files")
    assert measure.rows_of(page)["Kills"] == "not run"

    def falls(*_: object) -> tuple[str, bool]:
        raise IndexError

    monkeypatch.setattr(measure, "cuts", falls)
    monkeypatch.setattr(measure, "kills", lambda *_: ("2 kills", True))
    assert run("--keep", "--damaged=0", "--cuts=1", "--kills=1") == 1
    rows = measure.rows_of(page)
    assert rows["Damage"].startswith("5 damaged case files")
    assert "fell over: IndexError **failed**" in rows["Power cuts"]
    assert rows["Kills"].startswith("2 kills (20")
    assert rows["Window"] == "not run"
    assert "IndexError" in capsys.readouterr().err
