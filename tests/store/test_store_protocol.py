"""The protocol with a store beside it, two patients in turns, and the tables for audit and study."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import store_desk
from hypothesis import settings
from store_desk import Desk, made_up_case, score_of
from store_protocol import Protocol, interleave

from alnreader.case import clock
from alnreader.case.case import Case
from alnreader.case.image import ImageKey
from alnreader.case.protocol import Event
from alnreader.case.score import Score
from alnreader.case.sheet import harmless
from alnreader.store.exports import READS_COLUMNS, journal_csv, reads_csv
from alnreader.store.snapshot import Snapshot
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(max_examples=6, stateful_step_count=30, deadline=None)


def test_two_patients_in_turns_never_mix(store: Store) -> None:
    assert interleave(store, 300, 7) > 80
    assert verify_work_list(store.database).fault is None


def on_the_other_image(monkeypatch: pytest.MonkeyPatch) -> None:
    put = Desk.put

    def wrong(self: Desk, key: ImageKey, regions: Any, event: Event = Event.EDIT_REGION) -> None:
        (other,) = (image.key for image in self.now.case.images if image.key != key)
        put(self, other, regions, event)

    monkeypatch.setattr(Desk, "put", wrong)


def undone_on_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    change = Desk._change_case

    def wrong(self: Desk, event: Event, action: str, case: Case, key: ImageKey) -> None:
        if action == "undo":
            (other,) = (image.key for image in case.images if image.key != key)
            case = self.now.case.with_regions(other, case.regions_of(key))
        change(self, event, action, case, key)

    monkeypatch.setattr(Desk, "_change_case", wrong)


def a_journal_of_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = Desk._keep

    def wrong(self: Desk, event: Event, action: str, now: Snapshot, key: ImageKey | None = None) -> None:
        if key is not None:
            key = next(image.key for image in now.case.images if image.key != key)
        keep(self, event, action, now, key)

    monkeypatch.setattr(Desk, "_keep", wrong)


def the_other_patient_s_score(monkeypatch: pytest.MonkeyPatch) -> None:
    score = Desk.score
    monkeypatch.setattr(Desk, "score", lambda self, probability: score(self, 0.99 - probability))


def shares_of_the_score_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(case: Case, probability: float) -> Score:
        right = score_of(case, probability)
        first, second = right.images
        swapped = (
            dataclasses.replace(first, probability=second.probability),
            dataclasses.replace(second, probability=first.probability),
        )
        return dataclasses.replace(right, images=swapped)

    monkeypatch.setattr(store_desk, "score_of", wrong)


@pytest.mark.parametrize(
    "plant",
    [
        on_the_other_image,
        undone_on_another_image,
        a_journal_of_another_image,
        the_other_patient_s_score,
        shares_of_the_score_in_turn,
    ],
)
def test_a_mix_up_is_noticed(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=r"wrong image|another (patient|image)'s"):
        interleave(store, 200, 7)


# --- tables ------------------------------------------------------------------------------------------------


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_reads_of_a_study_have_a_row_a_version(store: Store) -> None:
    desk = Desk(made_up_case())
    desk.kept = store.create(desk.now, "Dr 李")
    desk.whole_reading()
    desk.amend("=HYPERLINK()")
    desk.draw(desk.now.current, 5)
    desk.score(0.77)
    desk.final(40, "changed my mind")
    desk.sign()
    other = Desk(made_up_case())
    other.kept = store.create(other.now)
    rows = table(reads_csv(store.every_case()))
    assert list(rows[0]) == list(READS_COLUMNS)
    first, second, third = rows
    assert (first["version"], first["decision"], first["final_confidence"], first["score"]) == (
        "1",
        "agree",
        "70",
        "0.31",
    )
    assert (second["version"], second["decision"], second["score"]) == ("2", "changed", "0.77")
    assert second["amendment_reason"] == "'=HYPERLINK()", "a spreadsheet must not run it"
    assert first["first_confidence"] == second["first_confidence"] == "70"
    assert first["reader"] == "Dr 李"
    assert (first["edits_before_reveal"], first["edits_after_reveal"]) == ("2", "0")
    assert (second["edits_before_reveal"], second["edits_after_reveal"]) == ("0", "1")
    assert float(first["seconds_from_reveal_to_signature"]) <= float(
        second["seconds_from_reveal_to_signature"]
    )
    assert float(first["seconds_to_first_read"]) >= 0
    assert (third["state"], third["version"], third["first_status"], third["score"]) == ("draft", "", "", "")
    hidden = table(reads_csv(store.every_case(), identity=False))
    assert {(row["patient_id"], row["study_date"]) for row in hidden} == {("", "")}


def test_a_score_that_was_not_revealed_is_not_in_the_table(store: Store) -> None:
    desk = Desk(made_up_case())
    desk.kept = store.create(desk.now)
    desk.first()
    desk.score(0.9)
    (row,) = table(reads_csv(store.every_case()))
    assert row["score"] == row["threshold"] == ""


def test_a_clock_that_was_set_back_gives_no_seconds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(made_up_case())
    desk.kept = store.create(desk.now)
    desk.draw(desk.now.current, 1)
    desk.first()
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() - timedelta(days=30))
    desk.step(Event.LOCK_FIRST_READ)
    desk.step(Event.REVEAL)
    desk.score()
    desk.final()
    desk.sign()
    (row,) = table(reads_csv(store.every_case()))
    assert row["seconds_to_first_read"] == ""
    assert float(row["seconds_from_reveal_to_signature"]) >= 0
    assert row["clock_back"] == "yes"


def test_an_unlocked_first_read_is_not_locked_in_the_table(store: Store) -> None:
    desk = Desk(made_up_case())
    desk.kept = store.create(desk.now)
    desk.first()
    desk.step(Event.LOCK_FIRST_READ)
    (row,) = table(reads_csv(store.every_case()))
    assert (row["first_locked"] != "", row["clock_back"]) == (True, "no")
    desk.step(Event.UNLOCK_FIRST_READ)
    (row,) = table(reads_csv(store.every_case()))
    assert (row["state"], row["first_locked"], row["seconds_to_first_read"]) == ("draft", "", "")


def test_a_stale_score_is_not_the_score_in_the_table(store: Store) -> None:
    desk = Desk(made_up_case())
    desk.kept = store.create(desk.now)
    desk.first()
    desk.step(Event.LOCK_FIRST_READ)
    desk.step(Event.REVEAL)
    desk.score(0.3)
    assert table(reads_csv(store.every_case()))[0]["score"] == "0.3"
    desk.draw(desk.now.current, 2)
    assert table(reads_csv(store.every_case()))[0]["score"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff201"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == "'" + text
    assert harmless("a" + text) == "a" + text


def test_the_journal_as_a_table_holds_every_entry(store: Store) -> None:
    desk = Desk(made_up_case())
    desk.kept = store.create(desk.now, "Dr 李")
    desk.whole_reading()
    rows = table(journal_csv(store.entries()))
    assert [row["event"] for row in rows] == [entry.event for entry in store.entries()]
    assert rows[-1]["hash"] == store.entries()[-1].hash
    assert dataclasses.asdict(store.entries()[1])["image"]["uid"] == rows[1]["image_uid"]
