"""`alnreader evaluate` on a bundle that `alnreader train` made of a toy cohort, end to end."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pypdf
import pytest
from evaluation_toy import Evaluate, Toy
from PIL import Image

from alnreader.case.errors import BundleError, InvalidValueError, TrainingDataError
from alnreader.model.bundle import Bundle
from alnreader.model.card import read_card
from alnreader.training.evaluation.card_page import page
from alnreader.training.evaluation.cohort import read_cohort
from alnreader.training.evaluation.evaluate import evaluation_schema
from alnreader.training.evaluation.reading import FOUND_OVERLAP
from alnreader.training.manifest import COLUMNS, read_records


def manifest_of(toy: Toy, path: Path, **columns: Any) -> Path:
    """Write the cohort as a manifest, with further columns: of each a function of the picture's number."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, "source", *columns])
        for number, record in enumerate(read_records([toy.data])):
            kind = ("tumour", "lymph_node")[record.kind or 0]
            cells = [record.patient, record.split, record.label, record.image, kind, record.mask, "诊所"]
            writer.writerow([*cells, *(column(number) for column in columns.values())])
    return path


def test_the_authors_layout_end_to_end(
    toy: Toy, tmp_path: Path, evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code = evaluate(toy.bundle, "--data", toy.data, "--out", out, "--blank-marks", "--threshold", 0.3)
    assert code == 0
    shown = capsys.readouterr().out
    document = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(evaluation_schema()).validate(document)

    assert [group["dataset"] for group in document["pictures"]] == [
        "data test, lymph_node",
        "data test, tumour",
    ]
    assert len(document["marks_blanked"]) == 2
    (patients,) = document["patients"]
    assert (patients["dataset"], patients["patients"], patients["with_metastasis"]) == (
        "data test patients",
        4,
        2,
    )
    names = [point["name"] for point in patients["operating_points"]]
    assert names[-3:] == ["Youden", "sensitivity 0.90", "specificity 0.90"]
    assert "0.3" in names
    assert "these very patients" in patients["operating_points"][-1]["chosen_on"]
    for point in patients["operating_points"]:
        assert sum(point["counts"].values()) == 4
    assert "data test patients: 4, 2 with metastasis" in shown
    assert "Dice" in shown

    with (out / "pictures.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    for group in document["pictures"]:
        own = [row for row in rows if row["kind"] == group["kind"]]
        dice = group["figures"]["Dice"]
        assert dice["value"] == pytest.approx(np.mean([float(row["dice"]) for row in own]), abs=1e-5)
        assert [row["found"] for row in own] == [str(int(float(r["iou"]) > FOUND_OVERLAP)) for r in own]
    with (out / "patients.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 4

    pages = pypdf.PdfReader(out / "evaluation.pdf").pages
    text = "".join(page.extract_text() for page in pages)
    assert "Evaluation of a model bundle" in text
    assert "Demonstration model" in text
    figures = {path.name for path in (out / "figures").iterdir()}
    assert {"roc-data-test-patients.png", "calibration-data-test-patients.png"} <= figures
    assert {"decision-data-test-patients.png", "dice-data-test-tumour.png"} <= figures
    for name in figures:
        with Image.open(out / "figures" / name) as picture:
            assert min(picture.size) > 100


def test_the_same_input_gives_the_same_figures(toy: Toy, tmp_path: Path, evaluate: Evaluate) -> None:
    documents = []
    for number, workers in enumerate((1, 3)):
        out = tmp_path / str(number)
        assert evaluate(toy.bundle, "--data", toy.data, "--out", out, "--workers", workers) == 0
        document = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
        document.pop("run")
        documents.append(document)
    assert documents[0] == documents[1]
    for name in ("figures/roc-data-test-patients.png", "pictures.csv"):
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()


def test_further_columns_make_subgroups_and_pixel_sizes_millimetres(
    toy: Toy, tmp_path: Path, evaluate: Evaluate
) -> None:
    manifest = manifest_of(
        toy,
        tmp_path / "m.csv",
        scanner=lambda i: "AB"[i // 2 % 2],
        age=lambda i: str(30 + i),
        remark=lambda i: f"word {i}",
        mm_x=lambda i: "0.1",
        mm_y=lambda i: "" if i == 23 else "0.1",
    )
    out = tmp_path / "out"
    assert evaluate(toy.bundle, "--data", manifest, "--out", out, "--split", "val", "test") == 0
    document = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(evaluation_schema()).validate(document)
    group = document["pictures"][-1]
    assert group["dataset"] == "诊所 val, tumour"
    by = {(s["by"], s["value"]): s for s in group["subgroups"]}
    assert {value for name, value in by if name == "scanner"} == {"A", "B"}
    assert all(subgroup["few"] for subgroup in group["subgroups"])
    assert not any(name == "remark" for name, _ in by)
    assert sum(name == "lesion's size" for name, _ in by) == 3
    figures = group["figures"]
    if "HD95 (px)" in figures:
        assert figures["HD95 (mm)"]["value"] == pytest.approx(figures["HD95 (px)"]["value"] / 10)
    points = document["patients"][0]["operating_points"]
    assert document["patients"][0]["split"] == "test"
    assert points[-1]["chosen_on"] == "the validation patients read with them"
    subgroups = document["patients"][0]["subgroups"]
    assert {s["value"] for s in subgroups if s["by"] == "scanner"} == {"A", "B"}


def test_limits_and_refusals(toy: Toy, tmp_path: Path, evaluate: Evaluate) -> None:
    out = tmp_path / "out"
    assert evaluate(toy.bundle, "--data", toy.data, "--out", out, "--limit", 1) == 0
    document = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert document["limit"] == 1
    assert sum(group["pictures"] for group in document["pictures"]) == 2
    # One patient alone: neither curve nor area, and no interval over patients.
    assert document["patients"][0]["roc"] is None
    assert document["pictures"][0]["figures"]["Dice"]["low"] is None

    # The others' files are not opened.
    spoilt = shutil.copytree(toy.data, tmp_path / "spoilt")
    tests = [record for record in read_records([spoilt]) if record.split == "test"]
    for record in read_records([spoilt]):
        if record.patient != tests[0].patient:
            record.image.write_bytes(b"no picture")
    assert {e.record.patient for e in read_cohort([spoilt], limit=1)} == {tests[0].patient}
    with pytest.raises(TrainingDataError, match="not a readable picture"):
        read_cohort([spoilt])

    with pytest.raises(InvalidValueError, match="leave --limit away"):
        evaluate(toy.bundle, "--data", toy.data, "--limit", 1, "--compare-card")
    with pytest.raises(InvalidValueError, match="from 0 to 1"):
        evaluate(toy.bundle, "--data", toy.data, "--threshold", 1.5)
    with pytest.raises(InvalidValueError, match="split test"):
        evaluate(toy.bundle, "--data", toy.data, "--split", "val", "--write-card")
    manifest = manifest_of(toy, tmp_path / "m.csv", mm_per_pixel=lambda i: "-1" if i == 23 else "")
    with pytest.raises(TrainingDataError, match="mm_per_pixel is '-1'"):
        evaluate(toy.bundle, "--data", manifest, "--split", "train", "val", "test")
    only = manifest.read_text(encoding="utf-8").replace(",test,", ",val,")
    manifest.write_text(only, encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"No picture is in the split test; the data have train, val"):
        evaluate(toy.bundle, "--data", manifest)


def test_a_card_that_equals_its_evaluation_and_one_that_does_not(
    toy: Toy, tmp_path: Path, evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(toy.bundle, bundle)
    before = Bundle.load(bundle)
    words = (bundle, "--data", toy.data, "--labels", "simulated")
    assert evaluate(*words, "--write-card", "--blank-marks") == 0
    after = Bundle.load(bundle)
    assert after.card["files"] == before.card["files"]
    datasets = {metric["dataset"] for metric in after.card["metrics"]}
    assert {"data test, tumour", "simulated data test patients"} <= datasets
    assert "evaluation" in after.card
    assert after.card["evaluation"]["pictures"] == 8
    assert any(failure["what"] == "lesions not found" for failure in after.card["failures"])
    # Nobody in this cohort is one of the program's own simulated patients: none may be pictured.
    assert all(failure["picture"] is None for failure in after.card["failures"])

    # The card has rows with marks blanked: they are measured without being asked for.
    assert evaluate(*words, "--compare-card", "--split", "val", "test") == 0
    shown = capsys.readouterr().out
    assert "marks blanked: Dice" in shown
    assert "operating point 0.5: sensitivity" in shown
    assert "lesions not found" in shown
    card = json.loads((bundle / "card.json").read_text(encoding="utf-8"))
    number = next(i for i, metric in enumerate(card["metrics"]) if metric["name"] == "Dice")
    card["metrics"][number]["value"] += 0.01
    left_out = card["metrics"].pop(number + 1)
    card["failures"][0]["n"] -= 1
    card["operating_points"][0]["sensitivity"] = 0.123
    (bundle / "card.json").write_text(json.dumps(card), encoding="utf-8")
    assert evaluate(*words, "--compare-card", "--split", "val", "test") == 1
    lines = capsys.readouterr().out.splitlines()
    differs = [line for line in lines if line.startswith("DIFFERS")]
    assert sum("Dice: the card says" in line for line in differs) == 1
    assert sum(card["failures"][0]["what"] in line for line in differs) == 1
    assert sum("sensitivity on simulated validation patients: the card says 0.123" in x for x in differs) == 1
    assert [line for line in lines if line.startswith("not in card")] == [
        next(line for line in lines if f"{left_out['dataset']}: {left_out['name']}: measured" in line)
    ]


def test_pictures_that_were_trained_on_do_not_make_a_card(
    toy: Toy, tmp_path: Path, evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(toy.bundle, bundle)
    card = (bundle / "card.json").read_bytes()
    assert json.loads(card)["evaluation"]["unseen"] is True
    assert "None of these picture files is one of those" in page(read_card(bundle / "card.json"))
    manifest = manifest_of(toy, tmp_path / "m.csv")
    rows = [row for row in manifest.read_text(encoding="utf-8").splitlines() if ",test," not in row]
    manifest.write_text("\n".join(rows).replace(",train,", ",test,"), encoding="utf-8")
    out = tmp_path / "out"
    with pytest.raises(BundleError, match="learned from 8 of these test pictures"):
        evaluate(bundle, "--data", manifest, "--out", out, "--write-card")
    assert (bundle / "card.json").read_bytes() == card
    assert "learned from 8 of these test pictures" in capsys.readouterr().out
    assert len(json.loads((out / "evaluation.json").read_text(encoding="utf-8"))["trained_on"]) == 8


def test_importing_the_command_imports_no_torch() -> None:
    code = "import sys, alnreader.training.evaluation.command; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
