"""The comparison of encoders, and a whole way from the authors' layout to a report."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pypdf
import pytest
from PIL import Image
from training_cohort import write_authors_layout

from alnreader.cli import main
from alnreader.model.backbone import BACKBONES
from alnreader.model.bundle import Bundle
from alnreader.training import command, compare

QUICK = ["--recipe", "small-data", "--device", "cpu", "--threads", "1", "--size", "64", "--early-size", "64"]
QUICK += ["--batch", "4", "--steps", "2", "--warmup-steps", "1", "--bag-epochs", "2", "--labels", "simulated"]


def test_the_command_offers_every_encoder() -> None:
    assert tuple(BACKBONES) == command.BACKBONES


def test_one_command_compares_encoders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = write_authors_layout(tmp_path / "data"), tmp_path / "out"
    words = ["compare", str(data), "--out", str(out), *QUICK]
    first = [*words, "--backbones", "mit_b0"]
    assert main(first) == 0
    result = json.loads((out / compare.RESULT).read_text("utf-8"))
    assert [entry["backbone"] for entry in result["backbones"]] == ["mit_b0"]

    capsys.readouterr()
    both = [*words, "--backbones", "resnet50", "mit_b0"]
    assert main(both) == 0
    printed = capsys.readouterr()
    assert "mit_b0 is taken from" in printed.err
    header, parameters = printed.out.splitlines()[:2]
    assert header.split() == ["resnet50", "mit_b0"]
    assert float(parameters.split()[-2]) > float(parameters.split()[-1]) > 1
    for shown in ("AUC, simulated", "Dice, ", "kind right, "):
        assert shown in printed.out
    result = json.loads((out / compare.RESULT).read_text("utf-8"))
    with (out / compare.TABLE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for entry in result["backbones"]:
        bundle = Bundle.load(out / entry["backbone"])
        assert bundle.card["architecture"]["backbone"] == entry["backbone"]
        assert bundle.sha256 == entry["bundle"]
        assert entry["metrics"] == bundle.card["metrics"]
        assert sum(row["backbone"] == entry["backbone"] for row in rows) == len(entry["metrics"])

    assert main([*first, "--seed", "1"]) == 3
    assert "other settings" in capsys.readouterr().err
    assert main([*first, "--backbone", "mit_b1"]) == 2
    one = next((data / "images" / "train").rglob("*.png"))
    kept = one.read_bytes()
    with Image.open(one) as picture:
        picture.transpose(Image.Transpose.ROTATE_180).save(one)
    assert main(first) == 3
    assert "other settings or data" in capsys.readouterr().err
    one.write_bytes(kept)
    (out / compare.RESULT).write_text("{}", encoding="utf-8")
    assert main(first) == 3
    assert "cannot be read as a comparison" in capsys.readouterr().err


def test_from_the_authors_layout_to_a_patients_report(tmp_path: Path) -> None:
    data, bundle = write_authors_layout(tmp_path / "data"), tmp_path / "toy"
    assert main(["train", str(data), "--out", str(bundle), "--work", str(tmp_path / "work"), *QUICK]) == 0
    patient = tmp_path / "patient"  # one folder: one patient
    patient.mkdir()
    for path in (data / "images" / "test" / "Y" / "testY0").rglob("*.png"):
        shutil.copy(path, patient)
    outputs = {name: tmp_path / "read" / name for name in ("report.pdf", "reading.json", "pictures")}
    words = ["--report", str(outputs["report.pdf"]), "--json", str(outputs["reading.json"])]
    words += ["--out-dir", str(outputs["pictures"]), "--model", str(bundle), "--device", "cpu"]
    (tmp_path / "read").mkdir()
    assert main(["read", str(patient), *words]) == 0
    reading = json.loads(outputs["reading.json"].read_text("utf-8"))
    assert Bundle.load(bundle).sha256 in json.dumps(reading)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(outputs["report.pdf"]).pages)
    assert "toy" in text
    assert list(outputs["pictures"].rglob("*.png"))
