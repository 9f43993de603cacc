from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from training_cohort import write_authors_layout, write_toy_cohort

from alnreader.case.errors import TrainingDataError
from alnreader.training.check import fingerprint, near_pairs, read_data
from alnreader.training.manifest import read_records


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
    ],
)
def test_bad_rows_are_named(manifest: Path, cells: dict[str, str], said: str) -> None:
    change(manifest, 0, **cells)
    with pytest.raises(TrainingDataError, match=said):
        read_data([manifest])


def test_every_fault_is_named_at_once(manifest: Path) -> None:
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(manifest.parent / "0_0_mask.png")
    (manifest.parent / "3_1.png").write_bytes(b"not a picture")
    shutil.copy(manifest.parent / "1_0.png", manifest.parent / "6_0.png")
    with pytest.raises(TrainingDataError) as caught:
        read_data([manifest])
    said = str(caught.value)
    assert "3 faults" in said
    assert "0_0_mask.png: the mask is 10 x 10 pixels" in said
    assert "3_1.png: not a readable picture" in said
    assert "two splits" in said
    assert "1_0.png (train)" in said
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
    for top in (images, labels):
        place = top / "train/N/trainN0/T"
        (place / "N_trainN0_T_1.png").rename(place / "Y_trainN0_L_1.png")
    return "Y_trainN0_L_1.png: its name says Y and L, its folders N and T"


@pytest.mark.parametrize(
    "fault", ["another split", "another status", "another kind", "no mask", "no picture", "another name"]
)
def test_faults_of_the_authors_layout_are_named(fault: str, tmp_path: Path) -> None:
    folder = write_authors_layout(tmp_path)
    said = plant_in_layout(folder, fault)
    with pytest.raises(TrainingDataError) as caught:
        read_data([folder])
    assert said in str(caught.value)


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
            Image.fromarray(np.full((240, 300), 255, np.uint8)).save(record.mask)
    assert read_data([path], similar="refuse") == records
    assert [record.label for record in records] == [1, 1, 0, None]
    assert [record.kind for record in records] == [0, 1, 0, 0]
    assert [record.mask is None for record in records] == [False, False, True, False]
