from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from training_cohort import write_authors_layout, write_toy_cohort

from alnreader.case.errors import TrainingDataError
from alnreader.training.manifest import read_data


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
    change(manifest, 0, label="", kind="", mask="")
    first, second = read_data([manifest])[:2]
    assert (first.label, first.kind, first.mask) == (None, None, None)
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
        ({"label": "1"}, "Patient patient0 has two labels"),
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
