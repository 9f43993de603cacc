from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from training_cohort import write_authors_layout, write_toy_cohort

from alnreader.case.errors import TrainingDataError
from alnreader.dicom.pictures import decode_picture
from alnreader.training.check import fingerprint, near_pairs, read_data
from alnreader.training.manifest import Record, read_records
from alnreader.training.pictures import read_rgb


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return write_toy_cohort(tmp_path)


def change(manifest: Path, line: int, **cells: str) -> None:
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[line] |= cells
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_reads_what_is_known_and_what_is_not(manifest: Path) -> None:
    for line in (0, 1):
        change(manifest, line, label="unknown")
    change(manifest, 0, kind="", mask="")
    first, second = read_data([manifest])[:2]
    assert (first.label, first.kind, first.mask) == (None, None, None)
    change(manifest, 1, label="0")
    change(manifest, 0, label="0")
    _, second = read_data([manifest])[:2]
    assert (second.label, second.kind, second.mask) == (0, 1, manifest.parent / "0_1_mask.png")


def test_authors_layout(tmp_path: Path) -> None:
    records = read_data([write_authors_layout(tmp_path)])
    assert len(records) == 24
    one = next(r for r in records if r.patient == "valY1" and r.kind == 1)
    assert (one.split, one.label, one.image.name) == ("val", 1, "Y_valY1_L_1.png")
    assert one.mask == tmp_path / "labels/val/Y/valY1/L/Y_valY1_L_1.png"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"split": "training"}, "split is 'training'"),
        ({"label": "2"}, "label is '2'"),
        ({"kind": "node"}, "kind is 'node'"),
        ({"patient": ""}, "patient is empty"),
        ({"image": "gone.png"}, "gone.png: the file is missing"),
        ({"mask": "gone.png"}, "gone.png: the file is missing"),
        ({"label": ""}, "line 2: the label is missing"),
        ({"label": "unknown"}, "Patient patient0 has two labels: unknown .* and 0"),
        ({"label": "1"}, "Patient patient0 has two labels"),
        ({"image": "0_1.png", "mask": "0_1_mask.png"}, "0_1.png: the picture is listed twice"),
        ({"mask": "0_0.png"}, "0_0.png: the picture is listed as its own mask"),
        ({"split": "test"}, "Patient patient0 is in two splits"),
        ({"patient": "PATIENT0"}, "Patients PATIENT0 .* and patient0 .* differ only in case"),
    ],
)
def test_bad_rows_are_named(manifest: Path, cells: dict[str, str], said: str) -> None:
    change(manifest, 0, **cells)
    with pytest.raises(TrainingDataError, match=said):
        read_data([manifest])


def test_every_fault_is_named_at_once(manifest: Path) -> None:
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(manifest.parent / "0_0_mask.png")
    (manifest.parent / "3_1.png").write_bytes(b"not a picture")
    shutil.copy(manifest.parent / "2_0.png", manifest.parent / "6_0.png")
    with pytest.raises(TrainingDataError) as caught:
        read_data([manifest])
    said = str(caught.value)
    assert "3 faults" in said
    assert "0_0_mask.png: the mask is 10 x 10 pixels" in said
    assert "3_1.png: not a readable picture" in said
    assert "two splits" in said
    assert "2_0.png (train)" in said
    assert "6_0.png (test)" in said


def test_missing_column_and_missing_file(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text("patient,split\na,train\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match="label, image, kind, mask"):
        read_data([tmp_path / "short.csv"])
    with pytest.raises(TrainingDataError, match="no such manifest"):
        read_data([tmp_path / "none.csv"])


def test_empty_patient_folder_is_named(tmp_path: Path) -> None:
    folder = write_authors_layout(tmp_path)
    (folder / "images/train/N/nobody").mkdir()
    with pytest.raises(TrainingDataError, match="nobody: no picture"):
        read_data([folder])


def test_labels_may_be_missing_where_nobody_has_one(manifest: Path) -> None:
    text = manifest.read_text(encoding="utf-8").replace(",0,", ",,").replace(",1,", ",,")
    manifest.write_text(text, encoding="utf-8")
    assert {record.label for record in read_data([manifest])} == {None}


def test_files_that_only_look_right_are_named(manifest: Path) -> None:
    folder = manifest.parent
    whole = (folder / "0_0.png").read_bytes()
    (folder / "0_0.png").write_bytes(whole[: len(whole) // 2])
    with Image.open(folder / "1_0_mask.png") as picture:
        ones = np.asarray(picture) // 255
    Image.fromarray(ones).save(folder / "1_0_mask.png")
    with pytest.raises(TrainingDataError) as caught:
        read_data([manifest])
    said = str(caught.value)
    assert "2 faults" in said
    assert "0_0.png: not a readable picture" in said
    assert "1_0_mask.png: its brightest pixel is 1" in said


def test_training_sees_a_picture_as_the_program_does(tmp_path: Path) -> None:
    """Sixteen bits are stretched, what is transparent is black, and what EXIF turns is turned."""
    grey = np.random.default_rng(0).integers(0, 200, (40, 60)).astype(np.uint8)
    Image.fromarray(grey.astype(np.uint16) * 200).save(tmp_path / "deep.png")
    alpha = np.dstack(
        [grey] * 3 + [np.where(np.arange(60) < 30, 255, 0).astype(np.uint8)[None].repeat(40, 0)]
    )
    Image.fromarray(alpha).save(tmp_path / "clear.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(grey).save(tmp_path / "turned.jpg", exif=exif)
    for name in ("deep.png", "clear.png", "turned.jpg"):
        read = read_rgb(Record("p", "train", tmp_path / name))
        assert np.array_equal(read, decode_picture(tmp_path / name)), name
    assert read.shape == (60, 40, 3)
    Image.fromarray(grey).save(tmp_path / "plain.tif")
    assert np.array_equal(read_rgb(Record("p", "train", tmp_path / "plain.tif"))[..., 0], grey)


def test_a_turned_picture_with_a_mask_is_refused(manifest: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    for name in ("0_0", "1_0_mask"):
        with Image.open(manifest.parent / f"{name}.png") as picture:
            picture.save(manifest.parent / f"{name}.png", exif=exif)
    with pytest.raises(TrainingDataError) as caught:
        read_data([manifest])
    assert "2 faults" in str(caught.value)
    for name in ("0_0", "1_0_mask"):
        assert f"{name}.png: EXIF says that it is shown turned" in str(caught.value)
    change(manifest, 0, mask="")
    change(manifest, 2, mask="")
    assert len(read_data([manifest])) == 24


@pytest.mark.parametrize(("level", "said"), [(0, "nothing is marked"), (255, "the whole picture")])
def test_masks_that_mark_nothing_or_everything_are_named(manifest: Path, level: int, said: str) -> None:
    Image.new("L", (72, 64), level).save(manifest.parent / "0_0_mask.png")
    with pytest.raises(TrainingDataError, match=f"0_0_mask.png: .*{said}"):
        read_data([manifest])
    change(manifest, 0, kind="")
    if level == 0:  # a picture of nothing, which has no kind
        assert len(read_data([manifest])) == 24


def test_one_picture_with_two_labels_or_kinds_is_named(manifest: Path) -> None:
    shutil.copy(manifest.parent / "0_0.png", manifest.parent / "1_0.png")
    with pytest.raises(TrainingDataError, match=r"The same picture has two labels: .*0_0.png.*1_0.png"):
        read_data([manifest])
    shutil.copy(manifest.parent / "0_0.png", manifest.parent / "0_1.png")
    shutil.copy(manifest.parent / "2_0.png", manifest.parent / "1_0.png")
    change(manifest, 2, patient="patient2", label="0")
    change(manifest, 3, patient="patient2", label="0")
    with pytest.raises(
        TrainingDataError, match=r"The same picture has two kinds: .*0_0.png.*0_1.png"
    ) as caught:
        read_data([manifest])
    assert "1 fault;" in str(caught.value)


def test_equal_names_in_two_manifests_are_named(tmp_path: Path) -> None:
    places = [tmp_path / "a", tmp_path / "b"]
    for place in places:
        place.mkdir()
    paths = [write_toy_cohort(place) for place in places]
    with pytest.raises(TrainingDataError, match=r"Patient patient0 is in two lists: .*a.*b"):
        read_records(paths)


def test_equal_names_of_two_sources_are_named(manifest: Path) -> None:
    text = manifest.read_text(encoding="utf-8").splitlines()
    lines = [text[0] + ",source", text[1] + ",Lyon", *(line + ",Turin" for line in text[2:])]
    manifest.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"Patient patient0 is of two sources: Lyon .* and Turin"):
        read_data([manifest])


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (lambda lines: [lines[0], lines[1] + ",oops", *lines[2:]], "line 2: 7 cells, the first line has 6"),
        (lambda lines: [lines[0], lines[1].rsplit(",", 2)[0], *lines[2:]], "line 2: 4 cells"),
        (lambda lines: [line.replace(",", ";") for line in lines], "divided by ';'"),
        (lambda lines: [line.replace(",", "\t") for line in lines], "divided by a tab"),
        (lambda lines: [lines[0] + ",label", *(line + ",1" for line in lines[1:])], "two columns .*label"),
    ],
)
def test_a_table_of_another_form_is_named(
    manifest: Path, turn: Callable[[list[str]], list[str]], said: str
) -> None:
    lines = manifest.read_text(encoding="utf-8").splitlines()
    manifest.write_text("\n".join(turn(lines)), encoding="utf-8")
    with pytest.raises(TrainingDataError, match=said):
        read_records([manifest])


def test_empty_cells_at_the_end_of_a_line_are_no_fault(manifest: Path) -> None:
    lines = manifest.read_text(encoding="utf-8").splitlines()
    manifest.write_text("\n".join([lines[0], *(line + ",," for line in lines[1:])]), encoding="utf-8")
    assert len(read_records([manifest])) == 24


def plant_in_layout(folder: Path, fault: str) -> str:
    """Spoil the authors' layout in one way; return what must be said."""
    images, labels = folder / "images", folder / "labels"
    if fault == "another split":
        (images / "validation" / "N").mkdir(parents=True)
        return "validation: a folder of this name is not read. Only train, val, test"
    if fault == "another status":
        (labels / "val" / "P").mkdir()
        return "P: a folder of this name is not read. Only N, Y"
    if fault == "another kind":
        (images / "train/N/trainN0/node").mkdir()
        return "node: a folder of this name is not read. Only T, L"
    if fault == "no mask":
        (labels / "train/N/trainN0/T/N_trainN0_T_1.png").unlink()
        return "N_trainN0_T_1.png: no mask at"
    if fault == "no picture":
        (images / "train/N/trainN0/T/N_trainN0_T_1.png").unlink()
        return "labels/train/N/trainN0/T/N_trainN0_T_1.png: there is no picture of this name"
    picture = images / "train/N/trainN0/T/N_trainN0_T_1.png"
    if fault.startswith("loose "):
        loose = images / fault.removeprefix("loose ")
        shutil.copy(picture, loose)
        return f"{loose.name}: a file that is not read"
    if fault == "another patient":
        for top in (images, labels):
            place = top / "train/N/trainN0/T"
            (place / "N_trainN0_T_1.png").rename(place / "N_trainN1_T_1.png")
        return "N_trainN1_T_1.png: its name says N, trainN1 and T, its folders N, trainN0 and T"
    for top in (images, labels):
        place = top / "train/N/trainN0/T"
        (place / "N_trainN0_T_1.png").rename(place / "Y_trainN0_L_1.png")
    return "Y_trainN0_L_1.png: its name says Y, trainN0 and L, its folders N, trainN0 and T"


@pytest.mark.parametrize(
    "fault",
    [
        "another split",
        "another status",
        "another kind",
        "another patient",
        "another name",
        "no mask",
        "no picture",
        "loose train/N/1.png",
        "loose train/N/trainN0/2.jpg",
        "loose train/N/trainN0/T/3.dcm",
        "loose train/N/trainN0/T/4.webp",
    ],
)
def test_faults_of_the_authors_layout_are_named(fault: str, tmp_path: Path) -> None:
    folder = write_authors_layout(tmp_path)
    said = plant_in_layout(folder, fault)
    with pytest.raises(TrainingDataError) as caught:
        read_data([folder])
    assert said in str(caught.value)


def test_all_faults_of_the_authors_layout_are_named_at_once(tmp_path: Path) -> None:
    """What is wrong with the listing does not hide what is wrong with the files."""
    folder = write_authors_layout(tmp_path)
    said = [plant_in_layout(folder, "no mask")]
    (folder / "images/train/N/nobody/T").mkdir(parents=True)
    said.append("nobody: no picture of this patient below T or L.")
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(folder / "labels/train/Y/trainY0/T/Y_trainY0_T_1.png")
    said.append("Y_trainY0_T_1.png: the mask is 10 x 10 pixels")
    (folder / "images/val/Y/valY0/T/Y_valY0_T_1.png").write_bytes(b"no picture")
    said.append("Y_valY0_T_1.png: not a readable picture")
    shutil.copy(
        folder / "images/train/N/trainN1/T/N_trainN1_T_1.png",
        folder / "images/test/N/testN1/T/N_testN1_T_1.png",
    )
    said.append("The same picture is in two splits")
    with pytest.raises(TrainingDataError) as caught:
        read_data([folder])
    assert [words for words in said if words not in str(caught.value)] == []
    assert "5 faults" in str(caught.value)


def test_all_faults_of_a_manifest_are_named_at_once(manifest: Path) -> None:
    change(manifest, 0, patient="")
    change(manifest, 1, mask="nowhere.png")
    (manifest.parent / "2_0.png").write_bytes(b"no picture")
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(manifest.parent / "2_1_mask.png")
    # The mask of a copied picture is missing, too: the copy is named nevertheless.
    shutil.copy(manifest.parent / "0_1.png", manifest.parent / "6_1.png")
    with pytest.raises(TrainingDataError) as caught:
        read_data([manifest], both_labels=True)
    for words in (
        "line 2: patient is empty",
        "nowhere.png: the file is missing",
        "2_0.png: not a readable picture",
        "2_1_mask.png: the mask is 10 x 10",
        "The same picture is in two splits",
    ):
        assert words in str(caught.value)


def test_files_that_systems_leave_behind_are_no_fault(tmp_path: Path) -> None:
    folder = write_authors_layout(tmp_path)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._N_trainN0_T_1.png"):
        (folder / "images/train/N/trainN0/T" / name).write_bytes(b"")
    assert len(read_data([folder])) == 24


def textured(seed: int) -> np.ndarray:
    """Return a picture with a large-scale structure of its own, (240, 300) uint8."""
    field = np.random.default_rng(seed).normal(size=(7, 9)).astype(np.float32)
    smooth = np.asarray(Image.fromarray(field).resize((300, 240), Image.Resampling.BICUBIC))
    speckle = np.random.default_rng(seed + 100).normal(0, 12, smooth.shape)
    return np.clip(110 + 45 * smooth + speckle, 0, 255).astype(np.uint8)


def manifest_of(folder: Path, pictures: dict[str, np.ndarray]) -> Path:
    """Write pictures named SPLIT_NAME and a manifest without labels."""
    lines = ["patient,split,label,image,kind,mask"]
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
        lines.append(f"p{name},{name.split('_')[0]},,{name}.png,tumour,")
    path = folder / "m.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_near_copies_across_splits_are_named(tmp_path: Path) -> None:
    one, two = textured(1), textured(2)
    again = one.copy()
    again[205:213, 20:70] = 255  # a caption
    again = np.asarray(Image.fromarray(again).resize((450, 360)))
    brighter = np.clip(two * 1.2 + 10, 0, 255).astype(np.uint8)
    pictures = {"train_a": one, "train_b": two, "val_a": again, "test_b": brighter}
    path = manifest_of(tmp_path, pictures | {"test_c": textured(3)})
    with pytest.raises(TrainingDataError) as caught:
        read_data([path], similar="refuse")
    said = str(caught.value)
    assert "2 faults" in said
    for first, second in (("train_a", "val_a"), ("train_b", "test_b")):
        assert f"{first}.png" in said
        assert f"{second}.png" in said
    told: list[str] = []
    assert len(read_data([path], report=told.append)) == 5
    assert len(told) == 2


def test_curved_pictures_of_different_patients_are_no_copies(tmp_path: Path) -> None:
    """A curved field on black is alike in all its pictures; a copy of another size or form is found."""
    from alnreader.simulation.patient import simulate_patient

    one, two = (
        [np.asarray(Image.fromarray(image.pixels).convert("L")) for image in simulate_patient(seed).images]
        for seed in (20184, 30027)
    )
    pictures = {f"train_{i}": each for i, each in enumerate(one)}
    pictures |= {f"val_{i}": each for i, each in enumerate(two)}
    path = manifest_of(tmp_path, pictures)
    assert len(read_data([path], similar="refuse")) == len(one) + len(two)

    source = one[1]
    small = Image.fromarray(source).resize((430, 410))
    saved = io.BytesIO()
    small.save(saved, "JPEG", quality=50)
    bright = np.clip(source * 1.25 + 12, 0, 255).astype(np.uint8)
    captioned = Image.fromarray(source)
    ImageDraw.Draw(captioned).text((20, 15), "RIGHT AXILLA  LEVEL I", fill=255, font_size=22)
    barred = source.copy()
    barred[20:34, 30:140] = 255
    cut = source[8:-10, 9:-7]
    copies = {
        "recompressed": np.asarray(Image.open(saved)),
        "brighter": bright,
        "darker": (source * 0.5).astype(np.uint8),
        "captioned": np.asarray(captioned),
        "barred": barred,
        "cut": cut,
    }
    path = manifest_of(tmp_path, pictures | {f"test_{name}": each for name, each in copies.items()})
    with pytest.raises(TrainingDataError) as caught:
        read_data([path], similar="refuse")
    faults = [line for line in str(caught.value).splitlines() if "Nearly the same picture" in line]
    assert all("train_1.png" in line for line in faults)
    assert [name for name in copies if any(f"test_{name}.png" in line for line in faults)] == list(copies)


def test_what_was_checked_is_opened_again_only_if_it_changed(tmp_path: Path) -> None:
    pictures = {f"{split}_a": textured(seed) for seed, split in enumerate(("train", "test"))}
    path, note = manifest_of(tmp_path, pictures), tmp_path / "work" / "checked.json"
    opened: list[int] = []
    for change_file, times in ((False, 2), (False, 0), (True, 2)):
        if change_file:
            Image.fromarray(textured(9)).save(tmp_path / "test_a.png")
        opened.clear()
        read_data([path], remember=note, progress=lambda done, total: opened.append(done))
        assert len(opened) == times
    note.write_text("not JSON", encoding="utf-8")
    read_data([path], remember=note)
    (tmp_path / "test_a.png").write_bytes(b"broken")
    for _ in range(2):
        with pytest.raises(TrainingDataError, match="not a readable picture"):
            read_data([path], remember=note)


def test_near_copies_of_real_pictures(shared: Path) -> None:
    """BUSI's own groups of copies are found; pictures of different patients are not taken for copies."""
    prints, groups = [], []
    for name, column in (("busi", "duplicate_group"), ("bus_bra", "case")):
        with (shared / "data" / name / "index.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows if name == "busi" else rows[:200]:
            path = shared / "data" / name / "images" / row["file"]
            with Image.open(path) as picture:
                picture.draft("L", (170, 170))  # decodes JPEG small: quick, and another kind of copy
                grey = np.asarray(picture.convert("L"))
            prints.append(fingerprint(row["file"].encode(), grey))
            groups.append((name, row[column]))
    known = {
        (i, j) for i, one in enumerate(groups) for j in range(i) if one == groups[j] and one[0] == "busi"
    }
    found = {(i, j) for i, j in near_pairs(prints, prints) if j < i}
    assert len(known) == 215
    assert len(found & known) >= 175
    others = found - known
    # BUSI holds more copies than it lists: all of these were looked at, and are the same picture.
    assert len(others) <= 20
    assert all(groups[i][0] == groups[j][0] == "busi" for i, j in others)


def test_the_manifest_of_the_documentation_is_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf-8")
    block = next(part for part in text.split("```") if part.lstrip().startswith("patient,"))
    path = tmp_path / "m.csv"
    path.write_text(block.lstrip(), encoding="utf-8")
    records = read_records([path])
    for seed, record in enumerate(records):
        for place in filter(None, (record.image, record.mask)):
            place.parent.mkdir(exist_ok=True)
        Image.fromarray(textured(seed)).save(record.image)
        if record.mask:
            Image.fromarray(textured(seed) // 128 * 255).save(record.mask)
    assert read_data([path], similar="refuse") == records
    assert [record.label for record in records] == [1, 1, 0, None]
    assert [record.kind for record in records] == [0, 1, 0, 0]
    assert [record.mask is None for record in records] == [False, False, True, False]
