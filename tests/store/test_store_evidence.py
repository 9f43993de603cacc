"""What was changed outside the program shows, and stays to be looked into."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from store_desk import Desk, blob, made_up_case, same, score_of

from alnreader.case.case import Case
from alnreader.case.errors import ExitCode
from alnreader.case.image import CalibrationRegion
from alnreader.case.protocol import Event
from alnreader.case.region import Region, RegionKind
from alnreader.cli import main
from alnreader.store.document import read_document
from alnreader.store.journal import link, read_line, read_lines, write_lines
from alnreader.store.package import encode_mask, pack, read_package
from alnreader.store.plain import readable
from alnreader.store.rules import RefusedChangeError
from alnreader.store.seal import broken_seals, seal
from alnreader.store.snapshot import SignedCase
from alnreader.store.verify import verify_file, verify_work_list
from alnreader.store.worklist import Store


def signed(store: Store) -> Desk:
    desk = Desk(made_up_case())
    desk.kept = store.create(desk.now, "Dr A")
    desk.whole_reading()
    desk.kept.note("looked at")
    desk.kept.save_file()
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A signed reading in a list that is closed."""
    with Store(tmp_path / "data") as store:
        return signed(store)


def sql(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "worklist.sqlite")
    for name in ("journal_is_not_changed", "journal_is_not_cut"):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def repainted(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("masks"))
    members[name] = encode_mask(blob(77))


def without_masks(members: dict[str, bytes]) -> None:
    for name in [name for name in members if name.startswith("masks")]:
        del members[name]


MEMBERS: dict[str, Callable[[dict[str, bytes]], object]] = {
    "report": lambda members: members.update({"signed/1/report.json": b'{"probability": 0.9}'}),
    "mask": repainted,
    "no masks": without_masks,
}


@pytest.mark.parametrize("change", MEMBERS)
def test_masks_and_reports_are_verified(change: str, desk: Desk, tmp_path: Path) -> None:
    kept = read_package(desk.kept.path)
    members = dict(kept.members)
    MEMBERS[change](members)
    target = tmp_path / "x.alncase"
    target.write_bytes(pack(kept.text, members, kept.journal))
    assert verify_file(desk.kept.path).fault is None
    assert verify_file(target).fault is not None
    connection = sqlite3.connect(tmp_path / "data" / "worklist.sqlite")
    connection.execute("UPDATE cases SET package = ?", (pack(kept.text, members),))
    connection.commit()
    connection.close()
    assert verify_work_list(tmp_path / "data" / "worklist.sqlite").fault is not None


def test_a_signature_that_is_made_anew_is_not_that_of_its_entry(desk: Desk, tmp_path: Path) -> None:
    kept = read_package(desk.kept.path)
    plain = json.loads(kept.text)
    for score in (plain["signed"][0]["score"], plain["score"]):
        score.update(probability=0.95, interval=[0.9, 0.99])
    document = read_document(plain, "x")
    one, report = document.signed[0], b'{"probability": 0.95}'
    plain["signed"][0]["seal"] = seal(
        document.patient,
        document.studies,
        one.state,
        one.score,
        report,
        document.human.versions[0],
        "",
        one.images,
    )
    text = readable(plain)
    entries = list(read_lines(kept.journal, "x"))
    entries[-1] = dataclasses.replace(entries[-1], content=hashlib.sha256(text).hexdigest()).sealed()
    members = {**kept.members, "signed/1/report.json": report}
    target = tmp_path / "forged.alncase"
    target.write_bytes(pack(text, members, write_lines(entries)))
    assert broken_seals(read_document(plain, "x"), members) == ()
    found = verify_file(target)
    assert found.fault is not None
    assert "journal tells of" in found.sentence
    with Store(tmp_path / "other") as store:
        assert any("journal tells of" in caution for caution in store.open_file(target).cautions)


IMAGES: dict[str, dict[str, Any]] = {
    "side": {"laterality": "R"},
    "size of a pixel": {"calibration": []},
    "series": {"series_description": "forged"},
    "shape": {"rows": 25},
}


@pytest.mark.parametrize("change", IMAGES)
def test_a_signature_is_over_what_is_known_of_the_images(change: str, desk: Desk) -> None:
    kept = read_package(desk.kept.path)
    members = dict(kept.members)
    for place in ("images", "signed"):
        plain = json.loads(kept.text)
        images = plain["images"] if place == "images" else plain["signed"][0]["images"]
        images[0].update(IMAGES[change])
        assert broken_seals(read_document(plain, "x"), members) == (1,)
    plain = json.loads(kept.text)
    plain["signed"][0]["images"][0]["file"]["sha256"] = "0" * 64
    assert broken_seals(read_document(plain, "x"), members) == (1,)
    plain = json.loads(kept.text)
    plain["images"][0]["file"]["path"] = plain["images"][0]["source"] = "/elsewhere.dcm"
    assert broken_seals(read_document(plain, "x"), members) == ()


def test_what_is_shown_of_a_signed_case_is_what_was_signed(desk: Desk) -> None:
    kept = read_package(desk.kept.path)
    members = dict(kept.members)
    for change in (
        lambda plain: plain["state"].update(excluded=[plain["state"]["images"][0]]),
        lambda plain: plain["score"].update(probability=0.32),
        lambda plain: plain["state"]["regions"][0]["value"][0].update(confirmed=False),
    ):
        plain = json.loads(kept.text)
        change(plain)
        assert broken_seals(read_document(plain, "x"), members) == (1,)


def test_a_forged_list_does_not_write_over_the_good_file(desk: Desk, tmp_path: Path) -> None:
    good = desk.kept.path.read_bytes()
    kept = read_package(desk.kept.path)
    members = {**kept.members, "signed/1/report.json": b'{"probability": 0.9}'}
    connection = sqlite3.connect(tmp_path / "data" / "worklist.sqlite")
    connection.execute("UPDATE cases SET package = ?", (pack(kept.text, members),))
    connection.commit()
    connection.close()
    with Store(tmp_path / "data") as store:
        opened = store.open(desk.kept.id)
        assert opened.case is None
        assert "Signature" not in "".join(opened.cautions), "the file is shown"
    assert desk.kept.path.read_bytes() == good


def test_a_forged_file_is_kept_aside(desk: Desk, tmp_path: Path) -> None:
    kept = read_package(desk.kept.path)
    members = dict(kept.members)
    repainted(members)
    forged = pack(kept.text, members, kept.journal)
    desk.kept.path.write_bytes(forged)
    with Store(tmp_path / "data") as store:
        opened = store.open(desk.kept.id)
        assert same(opened.snapshot, desk.now)
        assert any("kept as" in text for text in opened.cautions)
    (aside,) = desk.kept.path.parent.glob("*.old")
    assert aside.read_bytes() == forged


def test_every_case_file_is_a_witness_wherever_it_lies(tmp_path: Path) -> None:
    with Store(tmp_path / "data") as store:
        desk = signed(store)
        share = tmp_path / "share.alncase"
        store.save_copy(desk.kept.id, share)
    with Store(tmp_path / "data") as store:
        opened = store.open_file(share)
        assert opened.case is not None
        opened.case.note("one")
        opened.case.note("two")
    (tmp_path / "data" / "cases" / f"{desk.kept.id}.alncase").unlink()
    database = tmp_path / "data" / "worklist.sqlite"
    assert verify_work_list(database).unwitnessed == ()
    connection = sqlite3.connect(database)
    last, line = connection.execute(
        "SELECT number, entry FROM journal ORDER BY sequence DESC LIMIT 1 OFFSET 2"
    ).fetchone()
    connection.close()
    head = json.loads(line)["hash"]
    sql(
        tmp_path / "data",
        f"DELETE FROM journal WHERE sequence > {last}",
        f"UPDATE cases SET number = {last}, head = '{head}'",
    )
    assert "share.alncase" in verify_work_list(database).sentence


@pytest.mark.parametrize("content", [None, b"PK\x03\x04"])
def test_a_witness_that_is_missing_is_told(
    content: bytes | None, desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is None:
        desk.kept.path.unlink()
    else:
        desk.kept.path.write_bytes(content)
    assert main(["journal", "verify", str(tmp_path / "data")]) == ExitCode.PARTIAL
    assert desk.kept.path.name in capsys.readouterr().out


def recompute(folder: Path) -> None:
    """Make the whole chain of a list anew, as somebody can who has the program."""
    connection = sqlite3.connect(folder / "worklist.sqlite")
    previous = before = "0" * 64
    rows = connection.execute("SELECT sequence, entry FROM journal ORDER BY sequence").fetchall()
    for sequence, line in rows:
        entry = dataclasses.replace(read_line(line, "x"), who="Prof. X", previous=previous, hash="").sealed()
        previous, before = entry.hash, link(before, entry.hash)
        connection.execute(
            "UPDATE journal SET entry = ?, link = ? WHERE sequence = ?", (entry.line(), before, sequence)
        )
    connection.execute("UPDATE cases SET head = ?", (previous,))
    connection.commit()
    connection.close()


def test_a_good_file_that_was_put_aside_goes_on_bearing_witness(desk: Desk, tmp_path: Path) -> None:
    sql(tmp_path / "data")
    recompute(tmp_path / "data")
    with Store(tmp_path / "data") as store:
        assert any("another continuation" in text for text in store.open(desk.kept.id).cautions)
    found = verify_work_list(tmp_path / "data" / "worklist.sqlite")
    assert found.fault is not None
    assert ".old" in found.sentence


def test_a_list_that_does_not_hold_is_mended_when_somebody_says_so(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    sql(folder, "UPDATE journal SET entry = 'garbage' WHERE sequence = 3")
    with Store(folder) as store:
        assert store.open(desk.kept.id).case is None
        assert main(["journal", "mend", str(folder)]) == ExitCode.CANNOT_WRITE, "it is in use"
    assert main(["journal", "mend", str(folder)]) == ExitCode.OK
    assert "broken-1" in capsys.readouterr().out
    assert (folder / "worklist.sqlite.broken-1").exists()
    with Store(folder) as store:
        opened = store.open(desk.kept.id)
        assert opened.case is not None
        assert same(opened.snapshot, desk.now)
    assert verify_work_list(folder / "worklist.sqlite").fault is None


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be made read-only there")
def test_a_copy_on_a_read_only_medium_is_verified_and_exported(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from alnreader.store import database

    real = database._try_reading
    # Root may write everywhere: SQLite's own refusal is put in its place.
    monkeypatch.setattr(
        database, "_try_reading", lambda path, how: None if how == "mode=ro" else real(path, how)
    )
    for name in ("closed", "left by a kill"):
        folder = tmp_path / name
        shutil.copytree(tmp_path / "data", folder)
        if name != "closed":
            with Store(tmp_path / "data") as store:
                store.open(desk.kept.id)
                shutil.rmtree(folder)
                shutil.copytree(tmp_path / "data", folder, ignore=shutil.ignore_patterns("*-shm"))
                assert (folder / "worklist.sqlite-wal").stat().st_size
        before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        assert main(["journal", "verify", str(folder)]) == ExitCode.OK
        assert "holds" in capsys.readouterr().out
        table = tmp_path / "out.csv"
        assert main(["journal", "export", "--csv", str(table), str(folder)]) == ExitCode.OK
        assert main(["reads", "--csv", str(table), str(folder)]) == ExitCode.OK
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


# --- what each event may change ----------------------------------------------------------------------------


def turned(case: Case, **values: Any) -> Case:
    return dataclasses.replace(
        case, images=tuple(dataclasses.replace(image, **values) for image in case.images)
    )


def test_no_event_changes_what_it_does_not_make(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        desk = Desk(made_up_case())
        with pytest.raises(RefusedChangeError, match="without a score"):
            store.create(dataclasses.replace(desk.now, score=score_of(desk.now.case, 0.5)))
        desk.kept = store.create(desk.now)
        desk.draw(desk.now.current, 1)
        human = desk.now.human.with_first_read(desk.assessment())
        other = score_of(desk.now.case, 0.9)

        def refused(event: str, match: str, **values: Any) -> None:
            with pytest.raises(RefusedChangeError, match=match):
                desk.kept.record(event, "x", dataclasses.replace(desk.now, **values))

        refused(Event.ENTER_FIRST_READ, "score", human=human, score=other)
        outlines = {desk.now.current: (Region(blob(3), RegionKind.TUMOUR),)}
        left = {desk.now.current: ((), 1)}
        for event in (Event.EDIT_REGION, Event.PREVIEW, Event.RESCORE):
            refused(event, "network's outlines", proposals=outlines)
            refused(event, "other frames", left_frames=left)
        refused(Event.ENTER_FIRST_READ, "network's outlines", human=human, proposals=outlines)
        refused("note", "other frames", left_frames=left)
        desk.kept.record("note", "outlined", dataclasses.replace(desk.now, proposals=outlines))
        desk.now = desk.kept.snapshot
        desk.first()
        desk.step(Event.LOCK_FIRST_READ)
        desk.step(Event.REVEAL)
        desk.score(0.31)
        refused("note", "score", score=score_of(desk.now.case, 0.93))
        refused(Event.PREVIEW, "score", score=None)
        desk.final()
        human, case = desk.now.human.with_signature("Dr", desk._when()), desk.now.case
        fake = score_of(case, 0.99)
        report = b'{"probability": 0.99}'
        refused(Event.SIGN, "score", human=human, score=fake, signed=(SignedCase(case, fake, report),))
        true = desk.now.score
        for bad in (b"", b"{}", b"[]", b'{"probability": 0.99}', b'{"probability": null}'):
            refused(Event.SIGN, "report", human=human, signed=(SignedCase(case, true, bad),))
        desk.sign()
        case = desk.now.case
        refused("note", "image", case=turned(case, laterality="R"))
        refused("note", "image", case=turned(case, notes=()))
        scale = (CalibrationRegion(0, 0, 35, 23, 1.0, 1.2),)
        last = desk.now.signed[0]
        refused(
            "note",
            "image",
            case=turned(case, calibration=scale),
            signed=(dataclasses.replace(last, case=turned(last.case, calibration=scale)),),
        )
        studies = tuple(dataclasses.replace(study, description="Other") for study in case.studies)
        refused("note", "studies", case=dataclasses.replace(case, studies=studies))
        assert same(desk.kept.snapshot, desk.now)
        desk.amend()
        desk.draw(desk.now.current, 2)
        desk.kept.record("note", "score taken back", dataclasses.replace(desk.now, score=None))


def test_a_file_of_format_version_1_is_brought_up_and_its_seal_holds(tmp_path: Path) -> None:
    target = tmp_path / "old.alncase"
    shutil.copy(Path(__file__).parent / "version-1.alncase", target)
    assert verify_file(target).fault is None
    with Store(tmp_path / "data") as store:
        opened = store.open_file(target)
        assert not any("ignature" in text for text in opened.cautions)
        opened.case.note("goes on")
        opened.case.save_file()
        assert read_package(target).document["version"] == 2
        assert verify_file(target).fault is None
        desk = Desk(opened.snapshot.case)
        desk.kept, desk.now = opened.case, opened.snapshot
        desk.amend()
        desk.draw(desk.now.current, 4)
        desk.score(0.4)
        desk.final(50, "another look")
        desk.sign()
        desk.kept.save_file()
    assert verify_file(target).fault is None
