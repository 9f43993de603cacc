from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from training_cohort import write_authors_layout, write_toy_cohort

from alnreader.case.errors import CannotWriteError, TrainingDataError
from alnreader.model.bundle import Bundle
from alnreader.training import checkpoint, command
from alnreader.training.check import read_data
from alnreader.training.recipes import SMALL_DATA, changed
from alnreader.training.schedule import MovingAverage
from alnreader.training.stage1 import Stage1Run, train

TINY = changed(SMALL_DATA, size=64, early_size=64, batch=4, steps=6, warmup_steps=2, bag_epochs=3)


def silent(message: str) -> None:
    """Take a progress line and do nothing with it."""


def run_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    records = read_data([write_toy_cohort(data)])
    whole, _ = train(records, TINY, Stage1Run(tmp_path / "whole", seed=3), silent)
    train(records, TINY, Stage1Run(tmp_path / "parts", seed=3, stop_after_steps=2), silent)
    # Choices of stage 2 are none of stage 1's.
    resumed, _ = train(records, replace(TINY, bag_epochs=9), Stage1Run(tmp_path / "parts", seed=3), silent)
    fresh, _ = train(records, TINY, Stage1Run(tmp_path / "other", seed=4), silent)
    differs = False
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
        differs = differs or not torch.equal(value, fresh.state_dict()[name])
    assert differs

    with pytest.raises(TrainingDataError, match=r"other settings \(steps\)"):
        train(records, replace(TINY, steps=7), Stage1Run(tmp_path / "parts", seed=3), silent)
    (tmp_path / "parts/stage1.safetensors").write_bytes(b"broken")
    with pytest.raises(TrainingDataError, match="not a checkpoint"):
        train(records, TINY, Stage1Run(tmp_path / "parts", seed=3), silent)


def test_a_run_does_not_go_on_with_other_data_of_the_same_number(tmp_path: Path) -> None:
    data, work = tmp_path / "data", tmp_path / "work"
    data.mkdir()
    manifest = write_toy_cohort(data)
    recipe = replace(TINY, steps=1)
    train(read_data([manifest]), recipe, Stage1Run(work), silent)
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(",0,", ",x,").replace(",1,", ",0,").replace(",x,", ",1,"), "utf-8")
    swapped = read_data([manifest])
    with pytest.raises(TrainingDataError, match=r"other settings \(data\)"):
        train(swapped, recipe, Stage1Run(work), silent)
    manifest.write_text(text, encoding="utf-8")
    with Image.open(data / "0_0.png") as picture:
        pixels = np.asarray(picture).copy()
    Image.fromarray(pixels[::-1]).save(data / "0_0.png")
    with pytest.raises(TrainingDataError, match=r"other settings \(data\)"):
        train(read_data([manifest]), recipe, Stage1Run(work), silent)
    Image.fromarray(pixels).save(data / "0_0.png")

    moved = data.rename(tmp_path / "moved")
    said: list[str] = []
    train(read_data([moved / "manifest.csv"]), recipe, Stage1Run(work), said.append)
    assert said == [f"stage 1: taken from {work / 'stage1.safetensors'}"]


def test_a_checkpoint_from_before_data_were_noted_is_taken(tmp_path: Path) -> None:
    settings = {"steps": 5}
    network = torch.nn.Linear(2, 2)
    average, optimiser = MovingAverage(network, 0.0), torch.optim.AdamW(network.parameters())
    path = tmp_path / "stage1.safetensors"
    checkpoint.save(path, network, average, optimiser, checkpoint.Position(5), settings)
    assert checkpoint.finished(path, {**settings, "data": "abc"})[0].step == 5
    assert checkpoint.matches(path, {**settings, "data": "abc"})
    with pytest.raises(TrainingDataError, match="steps"):
        checkpoint.finished(path, {"steps": 6, "data": "abc"})


def test_a_bundle_from_the_authors_layout_reads_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_authors_layout(tmp_path / "data")
    texts = tmp_path / "card.json"
    texts.write_text(json.dumps({"title": "A toy", "limitations": ["Blobs only."]}), encoding="utf-8")
    words = [str(data), "--out", str(tmp_path / "toy"), "--work", str(tmp_path / "work"), "--size", "64"]
    words += ["--recipe", "small-data", "--device", "cpu"]
    words += [
        "--early-size",
        "64",
        "--steps",
        "4",
        "--batch",
        "4",
        "--bag-epochs",
        "2",
        "--labels",
        "simulated",
        "--scales",
        "1",
        "1.5",
        "--mirrored",
    ]
    words += ["--card", str(texts)]
    assert run_command(*words) == 0
    assert "simulated data test patients: 4, 2 with metastasis" in capsys.readouterr().err

    bundle = Bundle.load(tmp_path / "toy")
    assert bundle.demonstration
    assert all("simulated" in point["chosen_on"] for point in bundle.card["operating_points"])
    assert bundle.card["title"] == "A toy"
    assert bundle.card["limitations"][-1] == "Blobs only."
    assert bundle.card["preprocessing"]["height"] == 64
    assert bundle.preprocessing.scales == (1.0, 1.5)
    assert bundle.preprocessing.mirrored
    assert {m["name"] for m in bundle.card["metrics"]} >= {"Dice", "kind right", "AUC", "sensitivity"}
    names = [source["images"] for source in bundle.card["training_data"]["sources"]]
    assert names == [8]

    with Image.open(next((data / "images/test").rglob("*.png"))) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    with torch.inference_mode():
        output = bundle.multitask()(bundle.preprocessing.prepare(pixels)[None])
        logits = bundle.multi_instance()(output.pooled[None])
    assert torch.isfinite(logits).all()

    with pytest.raises(CannotWriteError, match="exists already"):
        run_command(*words)


def test_labels_are_asked_for_before_the_first_step(tmp_path: Path) -> None:
    manifest = write_toy_cohort(tmp_path)
    lines = manifest.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if ",1," not in line]
    manifest.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match="with and without metastasis"):
        run_command(str(manifest), "--out", str(tmp_path / "b"), "--work", str(tmp_path / "w"))
    assert not (tmp_path / "w").exists()


def test_importing_the_command_imports_no_torch() -> None:
    import subprocess
    import sys

    code = "import sys, alnreader.training.command; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
