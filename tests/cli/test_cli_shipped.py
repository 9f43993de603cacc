"""The bundle that ships, on the demo patient, on real pictures written as DICOM, and on odd real files."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from alnreader.cli import main
from alnreader.report.document import schema

sys.path.insert(0, str(Path(__file__).parent.parent / "dicom"))

from dicom_maker import write_ultrasound

VALIDATOR = jsonschema.Draft202012Validator(schema())
PICTURES = 6


def test_the_demo_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "demo"
    assert main(["demo", "--out-dir", str(out)]) == 0
    assert "王小东" in capsys.readouterr().out
    document = json.loads((out / "reading.json").read_bytes())
    VALIDATOR.validate(document)
    assert document["model"]["demonstration"] is True
    assert {image["kind"] for image in document["images"]} == {"tumour", "lymph_node"}
    assert any(image["number_of_frames"] > 1 for image in document["images"])
    assert all(region["long_axis_mm"] for image in document["images"] for region in image["regions"])
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_real_pictures_written_as_dicom(shared: Path, tmp_path: Path) -> None:
    # Fold 0 is the test fold: nothing was learned from it. The first ones of the list, none chosen.
    with (shared / "data/busi/index.csv").open(encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["fold"] == "0" and row["label"] != "normal" and row["axilla_text"] == "0"
        ][:PICTURES]
    for row in rows:
        picture = Image.open(shared / "data/busi/images" / row["file"]).convert("RGB")
        write_ultrasound(
            tmp_path / "in" / f"{Path(row['file']).stem}.dcm", np.asarray(picture), PatientID="B"
        )
    out = tmp_path / "out"
    assert main(["read", str(tmp_path / "in"), "--json", str(out / "r.json"), "--out-dir", str(out)]) == 0
    document = json.loads((out / "r.json").read_bytes())
    VALIDATOR.validate(document)
    assert len(document["images"]) == len(rows) == PICTURES
    found = 0
    for image in document["images"]:
        stem = Path(image["source"]).stem
        truth = np.asarray(Image.open(shared / f"data/busi/masks/{stem}.png").convert("L")) > 127
        mask = np.asarray(Image.open(out / image["files"]["mask"])) > 127
        assert mask.shape == truth.shape
        found += (mask & truth).sum() > 0.25 * (mask | truth).sum()
    # Three of four of these lesions are found (the card): fewer than half of six would be a fault.
    assert found >= PICTURES // 2
    assert sum(image["kind"] == "tumour" for image in document["images"]) >= PICTURES - 1


def test_odd_real_files(shared: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    assert main(["read", str(shared / "dicom"), "--json", str(target)]) == 0
    documents = json.loads(target.read_bytes())
    VALIDATOR.validate(documents)
    assert len({document["patient"]["id"] for document in documents}) == len(documents) > 5
    assert all(skip["reason"] for document in documents for skip in document["skipped"])
