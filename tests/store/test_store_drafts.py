"""What is entered and not said yet: kept with the case, in no journal, under no seal, gone with its read."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from pathlib import Path

import pytest
from store_desk import Desk, made_up_case

from alnreader.case.assessment import Hilum, NodeStatus
from alnreader.case.draft import NO_DRAFTS, Drafts, Entered, FinalDraft
from alnreader.case.errors import CannotWriteError, CaseInUseError, InvalidValueError
from alnreader.case.protocol import Event, HumanReading, ReadingMode
from alnreader.store.handle import OpenCase
from alnreader.store.loading import read_file
from alnreader.store.package import DRAFTS, pack, unpack
from alnreader.store.verify import verify_file, verify_work_list
from alnreader.store.worklist import Opened, Store

HALF = Entered(NodeStatus.SUSPICIOUS, None, "3,", focal_bulge=False, hilum=Hilum.PRESERVED, remarks="皮质\n?")
FIRST = Drafts(first_read=HALF)
FINAL = Drafts(final_read=FinalDraft(0, stands=False, reason="thin", entered=HALF))


def begun(store: Store, *, locked: bool = False) -> tuple[Desk, OpenCase]:
    desk = Desk(made_up_case())
    case = desk.kept = store.create(desk.now, "Dr Lee")
    if locked:
        desk.first()
        desk.step(Event.LOCK_FIRST_READ)
        desk.step(Event.REVEAL)
        desk.score()
    return desk, case


def without_pictures(opened: Opened) -> list[str]:
    """Return what is cautioned of but for the pictures, which were made up."""
    return [text for text in opened.cautions if "Find the pictures" not in text]


@pytest.mark.parametrize(("locked", "drafts"), [(False, FIRST), (True, FINAL)])
def test_a_draft_comes_back_without_an_entry_of_the_journal(
    store: Store, tmp_path: Path, locked: bool, drafts: Drafts
) -> None:
    desk, case = begun(store, locked=locked)
    number = len(case.entries)
    case.keep_drafts(drafts)
    assert len(case.entries) == number
    store.save_copy(case.id, tmp_path / "copy.alncase")
    store.close_case(case)
    opened = store.open(case.id)
    assert opened.snapshot.drafts == drafts
    assert opened.snapshot.human == desk.now.human
    assert read_file(case.path).package.members[DRAFTS]
    assert verify_work_list(store.database).fault is None
    assert verify_file(case.path).fault is None
    with Store(tmp_path / "another machine") as other:
        assert other.open_file(tmp_path / "copy.alncase").snapshot.drafts == drafts


def test_a_draft_is_there_after_a_kill_before_its_case_file_was_written(store: Store, tmp_path: Path) -> None:
    _desk, case = begun(store)
    case.save_file()
    case.keep_drafts(FIRST)
    case.release()
    store.connection.close()  # as a kill does: nothing else is written
    with Store(store.folder) as again:
        assert [row.unfinished for row in again.rows()] == [True]
        opened = again.open(case.id)
        assert opened.snapshot.drafts == FIRST
        assert without_pictures(opened) == []
        assert DRAFTS in read_file(case.path).package.members


def test_an_action_keeps_the_draft_and_its_own_read_ends_it(store: Store) -> None:
    desk, case = begun(store)
    case.keep_drafts(FIRST)
    desk.now = dataclasses.replace(desk.now, drafts=FIRST)
    desk.draw(desk.now.case.images[0].key, 1)
    assert case.snapshot is not None
    assert case.snapshot.drafts == FIRST
    desk.first()
    assert case.snapshot.drafts == NO_DRAFTS
    case.keep_drafts(FIRST)  # another thought, while it is not locked
    desk.step(Event.LOCK_FIRST_READ)
    assert case.snapshot.drafts == NO_DRAFTS
    assert DRAFTS not in unpack(case.packed(), "packed").members


def test_what_can_no_longer_become_a_read_is_not_kept(store: Store) -> None:
    desk, case = begun(store, locked=True)
    case.keep_drafts(dataclasses.replace(FINAL, first_read=HALF))
    assert case.snapshot is not None
    assert case.snapshot.drafts == FINAL
    desk.now = dataclasses.replace(desk.now, drafts=FINAL)
    desk.final()
    desk.sign()
    assert case.snapshot.drafts == NO_DRAFTS
    case.keep_drafts(FINAL)
    assert case.snapshot.drafts == NO_DRAFTS
    desk.now = dataclasses.replace(desk.now, drafts=NO_DRAFTS)
    desk.amend()
    case.keep_drafts(FINAL)  # about the version that is signed
    assert case.snapshot.drafts == NO_DRAFTS
    amended = Drafts(final_read=FinalDraft(1, stands=True))
    case.keep_drafts(amended)
    assert case.snapshot.drafts == amended
    desk.discard()
    assert case.snapshot.drafts == NO_DRAFTS
    store.close_case(case)
    assert without_pictures(store.open(case.id)) == []  # both seals hold
    assert verify_work_list(store.database).fault is None


def test_nothing_of_a_draft_is_in_the_case_under_the_seal(store: Store) -> None:
    desk, case = begun(store, locked=True)
    before = unpack(case.packed(), "packed").text
    case.keep_drafts(FINAL)
    assert unpack(case.packed(), "packed").text == before
    desk.final()
    desk.sign()
    assert "thin" not in case.packed().decode("latin-1")
    document = unpack(case.packed(), "packed")
    assert not any(
        b"thin" in content for content in (document.text, document.journal, *document.members.values())
    )


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"first_read": {"confidence": 101}}', b'{"score": 1}', b"[" * 100_000]
)
def test_a_draft_that_cannot_be_read_keeps_no_case_closed(
    store: Store, tmp_path: Path, content: bytes
) -> None:
    _desk, case = begun(store)
    case.keep_drafts(FIRST)
    store.close_case(case)
    parts = read_file(case.path).package
    target = tmp_path / "changed.alncase"
    target.write_bytes(pack(parts.text, {**parts.members, DRAFTS: content}, parts.journal))
    with Store(tmp_path / "other") as other:
        opened = other.open_file(target)
        assert opened.case is not None
        assert opened.snapshot.drafts == NO_DRAFTS
        assert "enter it again" in " ".join(opened.cautions)


def test_a_draft_in_a_file_does_not_reopen_a_locked_read(store: Store, tmp_path: Path) -> None:
    _desk, case = begun(store, locked=True)
    store.close_case(case)
    parts = read_file(case.path).package
    target = tmp_path / "changed.alncase"
    planted = json.dumps({"first_read": {"confidence": 99}}).encode()
    target.write_bytes(pack(parts.text, {**parts.members, DRAFTS: planted}, parts.journal))
    with Store(tmp_path / "other") as other:
        assert other.open_file(target).snapshot.drafts == NO_DRAFTS


def test_an_unpacked_case_shows_its_draft(store: Store, tmp_path: Path) -> None:
    _desk, case = begun(store)
    case.keep_drafts(FIRST)
    case.save_file()
    with zipfile.ZipFile(io.BytesIO(case.path.read_bytes())) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert (
        json.loads((tmp_path / "unpacked" / DRAFTS).read_text("utf-8"))["first_read"]["remarks"] == "皮质\n?"
    )
    assert store.open_file(tmp_path / "unpacked").snapshot.drafts == FIRST


def test_a_refused_draft_is_told_and_may_be_tried_again(store: Store) -> None:
    _desk, case = begun(store)
    store.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(CannotWriteError):
        case.keep_drafts(FIRST)
    assert case.snapshot is not None
    assert case.snapshot.drafts == NO_DRAFTS
    store.connection.execute("PRAGMA query_only = OFF")
    case.keep_drafts(FIRST)
    assert case.snapshot.drafts == FIRST
    store.connection.execute("UPDATE cases SET head = 'x'")
    with pytest.raises(CaseInUseError):
        case.keep_drafts(NO_DRAFTS)


def test_a_reading_that_is_rescued_has_its_draft(store: Store) -> None:
    desk, case = begun(store)
    content = case.rescued(dataclasses.replace(desk.now, drafts=FIRST), "for a test")
    assert DRAFTS in unpack(content, "rescued").members


def test_a_concurrent_reading_has_no_first_read_to_draft() -> None:
    both = dataclasses.replace(FINAL, first_read=HALF)
    assert both.fitting(HumanReading(mode=ReadingMode.CONCURRENT)) == FINAL
    assert both.fitting(HumanReading()) == FIRST


def test_a_confidence_that_no_form_can_show_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="0 and 100"):
        Entered(confidence=101)
