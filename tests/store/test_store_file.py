"""The case file: what is kept comes back, elsewhere too; what is wrong is refused with a sentence."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from store_desk import Desk, blob, made_up_case, same, score_of

from alnreader.case.case import Case, Skipped
from alnreader.case.errors import CaseFileError, CaseInUseError, InvalidValueError, UnreadableInputError
from alnreader.case.image import ImageKey
from alnreader.case.protocol import Event
from alnreader.case.region import Region, RegionKind
from alnreader.case.score import Score
from alnreader.dicom import discover
from alnreader.store import package
from alnreader.store.document import Document, read_document
from alnreader.store.package import encode_mask, mask_loader, mask_name, pack, unpack
from alnreader.store.plain import canonical, from_plain, schema_of, to_plain
from alnreader.store.snapshot import Snapshot
from alnreader.store.verify import verify_file
from alnreader.store.worklist import Store

HERE = Path(__file__).parent


def saved(store: Store, case: Case | None = None) -> tuple[Desk, Path]:
    """A signed reading and its file."""
    desk = Desk(case or made_up_case())
    desk.kept = store.create(desk.now, "Dr 李")
    desk.whole_reading()
    desk.kept.save_file()
    return desk, desk.kept.path


def test_everything_that_is_kept_comes_back(store: Store) -> None:
    desk = Desk(made_up_case(cine=5))
    desk.now = dataclasses.replace(desk.now, skipped=(Skipped("/x/IM\udce9.dcm", "cut off"),))
    desk.kept = store.create(desk.now)
    first = desk.now.case.images[0].key
    desk.propose(first, 3)
    left = {ImageKey(first.uid, 4): ((Region(blob(5), RegionKind.TUMOUR),), 2)}
    desk._keep(Event.SET_INCLUDED, "frame chosen", dataclasses.replace(desk.now, left_frames=left))
    desk.whole_reading()
    desk.amend()
    desk.draw(first, 9)
    store.close_case(desk.kept)
    opened = store.open(desk.kept.id)
    assert same(opened.snapshot, desk.now)
    assert opened.snapshot.left_frames[ImageKey(first.uid, 4)][1] == 2
    assert opened.snapshot.signed[0].report.startswith(b"{")
    assert not opened.snapshot.case.is_current(opened.snapshot.score)  # edited since: stale, and told so


def test_a_case_opens_on_another_machine_with_its_pictures_beside_it(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    shutil.move(pictures("Lin"), there / "Lin")
    with Store(tmp_path / "a") as store:
        case = discover([there / "Lin"]).patients[0]
        desk, _path = saved(store, case)
        target = there / "Frau Müller 张.alncase"
        store.save_copy(desk.kept.id, target)
        pixels = case.images[1].pixels()
    moved = tmp_path / "elsewhere"
    shutil.move(there, moved)
    with Store(tmp_path / "b") as other:
        opened = other.open_file(moved / target.name, [moved / "Lin"])
        assert opened.missing == ()
        assert np.array_equal(opened.snapshot.case.images[1].pixels(), pixels)
        assert same(opened.snapshot, desk.now)
        assert other.rows()[0].patient == case.patient.label


def test_the_colour_that_the_reader_chose_is_kept(tmp_path: Path, store: Store) -> None:
    from alnreader.dicom.pixels import Colour
    from alnreader.simulation import simulate_patient, write_dicom

    write_dicom(simulate_patient(3), tmp_path / "dicom")
    case = discover([tmp_path / "dicom"]).patients[0]
    first, *others = case.images
    chosen = dataclasses.replace(first, loader=dataclasses.replace(first.loader, colour=Colour.TAGGED))
    desk = Desk(dataclasses.replace(case, images=(chosen, *others)))
    desk.kept = store.create(desk.now)
    store.close_case(desk.kept)
    images = store.open(desk.kept.id).snapshot.case.images
    assert [image.loader.colour for image in images[:2]] == [Colour.TAGGED, Colour.AUTOMATIC]


def test_pictures_that_moved_with_the_case_are_found_without_asking(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    shutil.move(pictures("Lin"), stick / "Lin")
    with Store(tmp_path / "a") as store:
        handle = store.create(Desk(discover([stick / "Lin"]).patients[0]).now)
        store.save_copy(handle.id, stick / "x.alncase")
    shutil.move(stick, tmp_path / "another")
    with Store(tmp_path / "b") as other:
        opened = other.open_file(tmp_path / "another" / "x.alncase")
    assert opened.missing == ()


def test_missing_pictures_leave_the_reading_whole_and_say_what_to_do(
    tmp_path: Path, case: Case, store: Store
) -> None:
    desk, _path = saved(store, case)
    store.close_case(desk.kept)
    shutil.move(tmp_path / "Lin", tmp_path / "moved")
    opened = store.open(desk.kept.id)
    assert set(opened.missing) == {image.key for image in case.images}
    assert same(opened.snapshot, desk.now)
    with pytest.raises(UnreadableInputError, match="Find the pictures"):
        opened.snapshot.case.images[0].pixels()
    store.close_case(opened.case)
    again = store.open(desk.kept.id, [tmp_path / "moved"])
    assert again.missing == ()
    assert again.snapshot.case.images[0].pixels().shape == (40, 56, 3)
    store.close_case(again.case)
    assert store.open(desk.kept.id).missing == ()  # the new place was kept


def test_another_picture_of_the_same_name_is_not_taken(
    tmp_path: Path, case: Case, store: Store, pictures: Callable[..., Path]
) -> None:
    desk, _path = saved(store, case)
    store.close_case(desk.kept)
    other = pictures("Wang")
    shutil.copy(other / "0.png", tmp_path / "Lin" / "0.png")
    opened = store.open(desk.kept.id)
    assert opened.missing == (case.images[0].key,)


def test_the_unpacked_folder_opens_read_only(tmp_path: Path, store: Store) -> None:
    desk, path = saved(store)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    names = sorted(p.name for p in (tmp_path / "unpacked").iterdir())
    assert names == ["README.txt", "case.json", "journal.jsonl", "masks", "signed"]
    opened = store.open_file(tmp_path / "unpacked")
    assert opened.case is None
    assert "not changed" in opened.read_only
    assert same(opened.snapshot, desk.now)


def test_the_same_case_gives_the_same_bytes(store: Store) -> None:
    desk, path = saved(store)
    assert path.read_bytes() == desk.kept.packed() == desk.kept.packed()


def test_the_document_is_as_the_published_schema_says(store: Store) -> None:
    published = json.loads((HERE.parents[1] / "docs" / "case.schema.json").read_text("utf-8"))
    assert published == schema_of(Document), "another format needs another version and a migration"
    _desk, path = saved(store)
    jsonschema.validate(package.read_package(path).document, published)


def test_a_case_file_of_the_first_version_still_opens(store: Store, tmp_path: Path) -> None:
    """Kept in the repository as version 1 wrote it: whatever changes, this must go on opening."""
    target = tmp_path / "old.alncase"
    shutil.copy(HERE / "version-1.alncase", target)
    opened = store.open_file(target)
    assert opened.read_only == ""
    assert len(opened.snapshot.human.versions) == 1
    assert opened.snapshot.score is not None
    assert [region.kind for region in opened.snapshot.case.regions_of(opened.snapshot.current)] != []
    assert verify_file(target).fault is None


# --- what is wrong is refused ------------------------------------------------------------------------------


def altered(path: Path, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def put_json(members: dict[str, bytes], **values: object) -> None:
    members["case.json"] = json.dumps({**json.loads(members["case.json"]), **values}).encode()


WRONG: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "no case.json": (lambda m: m.pop("case.json"), "holds no case.json"),
    "not json": (lambda m: m.update({"case.json": b"{"}), "damaged"),
    "deep json": (lambda m: m.update({"case.json": b"[" * 100_000}), "damaged"),
    "newer": (lambda m: put_json(m, version=99), "newer ALN Reader"),
    "no version": (lambda m: put_json(m, version="1"), "without a version"),
    "other format": (lambda m: put_json(m, format="zip"), "not a saved case"),
    "unknown field": (lambda m: put_json(m, telepathy=1), "no such field"),
    "wrong type": (lambda m: put_json(m, score_full="yes"), "bool is expected"),
    "no current image": (
        lambda m: put_json(m, current={"uid": "9", "frame": 1}),
        "changed outside the program",
    ),
    "no name": (lambda m: put_json(m, patient={"patient_id": " "}), "identifier"),
    "zip slip": (lambda m: m.update({"../evil.txt": b""}), "does not belong"),
    "absolute": (lambda m: m.update({"/etc/x": b""}), "does not belong"),
    "strange": (lambda m: m.update({"run.exe": b""}), "does not belong"),
    "mask gone": (lambda m: m.pop(next(n for n in m if n.startswith("masks"))), "is missing"),
    "report gone": (lambda m: m.pop("signed/1/report.json"), "is missing"),
    "bomb": (lambda m: m.update({"journal.jsonl": b"0" * (package.MAX_JSON_BYTES + 1)}), "too large"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_file_is_refused_with_its_name_and_the_reason(
    fault: str, store: Store, tmp_path: Path
) -> None:
    change, reason = WRONG[fault]
    _desk, path = saved(store)
    target = tmp_path / f"{fault}.alncase"
    target.write_bytes(altered(path, lambda members: (change(members), None)[1]))
    with Store(tmp_path / "other") as other:
        with pytest.raises(CaseFileError, match=reason) as caught:
            other.open_file(target)
        assert target.name in str(caught.value)
        assert other.rows() == []
    assert list(tmp_path.glob("*.txt")) == []


def test_a_mask_that_was_painted_over_is_refused(store: Store, tmp_path: Path) -> None:
    _desk, path = saved(store)

    def change(members: dict[str, bytes]) -> None:
        name = next(n for n in members if n.startswith("masks"))
        members[name] = encode_mask(blob(77))

    (tmp_path / "x.alncase").write_bytes(altered(path, change))
    with (
        Store(tmp_path / "other") as other,
        pytest.raises(CaseFileError, match="changed after it was saved"),
    ):
        other.open_file(tmp_path / "x.alncase")


def test_a_copy_of_an_open_case_is_not_opened_beside_it(store: Store, tmp_path: Path) -> None:
    desk, path = saved(store)
    shutil.copy(path, tmp_path / "copy.alncase")
    with pytest.raises(CaseInUseError, match="open already"):
        store.open_file(tmp_path / "copy.alncase")
    assert store.rows()[0].path == desk.kept.path


def test_a_link_in_the_zip_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("case.json")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(CaseFileError, match="does not belong"):
        unpack(buffer.getvalue(), "x")


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR, stat.S_IFSOCK])
def test_what_is_no_file_in_the_zip_is_refused(kind: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("case.json")
        info.external_attr = (kind | 0o666) << 16
        archive.writestr(info, "{}")
    with pytest.raises(CaseFileError, match="does not belong"):
        unpack(buffer.getvalue(), "x")


def test_a_refusal_stays_readable_whatever_the_file_says() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x" * 60_000, b"")
    with pytest.raises(CaseFileError) as caught:
        unpack(buffer.getvalue(), "x")
    assert len(str(caught.value)) < 300
    with pytest.raises(CaseFileError, match="newer") as newer:
        read_document({"format": "alnreader.case", "version": 10**4000}, "x")
    assert len(str(newer.value)) < 300


@pytest.mark.parametrize("kind", ["I;16", "RGBA", "RGB", "P", "LA", "moving"])
def test_a_mask_that_a_viewer_would_show_otherwise_is_refused(kind: str) -> None:
    grey = Image.fromarray((blob(1) * 200).astype(np.uint8))
    buffer = io.BytesIO()
    if kind == "I;16":
        Image.fromarray((blob(1) * 200).astype(np.uint16)).save(buffer, "PNG")
    elif kind == "moving":
        grey.save(buffer, "PNG", save_all=True, append_images=[Image.new("L", grey.size, 255)])
    else:
        grey.convert(kind).save(buffer, "PNG")
    name = mask_name(1, buffer.getvalue())
    with pytest.raises(CaseFileError, match=r"x\.alncase.*not one grey picture"):
        mask_loader({name: buffer.getvalue()}, "x.alncase")(name, blob(1).shape)


def test_a_mask_that_expands_too_far_is_refused() -> None:
    name, size = "", (60_000, 60_000)
    content = encode_mask(np.ones((8, 8), dtype=bool))
    name = mask_name(1, content)
    with pytest.raises(CaseFileError, match="too large"):
        mask_loader({name: content}, "x")(name, size)
    with pytest.raises(CaseFileError, match="does not fit"):
        mask_loader({name: content}, "x")(name, (9, 8))


@given(data=st.data())
def test_any_damaged_byte_is_an_error_in_words_or_harmless(data: st.DataObject) -> None:
    content = bytearray(_SAMPLE)
    if data.draw(st.booleans(), "cut"):
        content = content[: data.draw(st.integers(0, len(content) - 1), "length")]
    else:
        for _ in range(data.draw(st.integers(1, 4), "bytes")):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CaseFileError):  # any other error fails the test
        read = unpack(bytes(content), "x.alncase")
        masks = mask_loader(read.members, "x.alncase")
        for name in read.members:
            if name.startswith("masks"):
                masks(name, (24, 36))


_SAMPLE = pack(
    b'{"format": "alnreader.case"}',
    {mask_name(1, encode_mask(blob(1))): encode_mask(blob(1))},
    b"",
)


# --- values as JSON ----------------------------------------------------------------------------------------


@given(st.floats(0, 1), st.text(max_size=30), st.integers(0, 40))
def test_a_score_comes_back_to_the_last_bit(probability: float, text: str, revision: int) -> None:
    case = made_up_case()
    case = dataclasses.replace(case, revisions={case.images[0].key: revision})
    score = dataclasses.replace(score_of(case, probability), warnings=())
    plain = json.loads(canonical(to_plain(score)))
    again = from_plain(Score, plain)
    assert again == dataclasses.replace(score, run=again.run)
    assert dict(again.run.revisions) == dict(score.run.revisions)
    assert from_plain(Skipped, to_plain(Skipped(text, text))) == Skipped(text, text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"x", np.float32(1)])
def test_what_has_no_place_in_a_file_is_refused(value: object) -> None:
    with pytest.raises(InvalidValueError):
        to_plain(value)


def test_a_snapshot_of_two_patients_is_refused() -> None:
    one, other = made_up_case(), made_up_case()
    with pytest.raises(InvalidValueError, match="other images"):
        Snapshot(one, Desk(one).now.human, one.images[0].key, score=score_of(other, 0.5))
    with pytest.raises(InvalidValueError, match="not one of the case"):
        Snapshot(one, Desk(one).now.human, other.images[0].key)
    desk = Desk(one)
    desk.draw(one.images[0].key, 1)
    with pytest.raises(InvalidValueError):
        dataclasses.replace(desk.now, proposals={other.images[0].key: ()})
    assert desk.now.human.state is Desk(one).now.human.after(Event.EDIT_REGION).state
