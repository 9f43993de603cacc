"""The manifests of the shipped bundle, from the reference data."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from alnreader.training.check import read_data
from alnreader.training.manifest import KINDS, read_manifest
from alnreader.training.schedule import input_size, learning_rate_factor, progress

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging"))

import make_bundle
import real_cohort
import simulated_cohort


def test_real_pictures_are_split_by_fold_and_patient(shared: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "real.csv"
    counts = real_cohort.write_manifest(shared / "data", manifest)
    records = read_data([manifest], similar="refuse")
    assert len(records) == sum(counts.values())
    folds = {}
    for name in ("busi", "bus_bra"):
        with (shared / "data" / name / "index.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                folds[name, row["file"]] = row["fold"]
    for record in records:
        fold = folds[record.image.parts[-3], record.image.name]
        assert record.split == {"0": "test", "4": "val"}.get(fold, "train")
        assert record.label is None
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    findings = Counter((row["source"], row["finding"]) for row in rows)
    # Two of them are copies in another fold.
    assert findings["BUSI normal", "normal"] == 104
    assert not {Path(row["image"]).stem for row in rows} & set(real_cohort.NOT_MEASURED)
    assert {folds["busi", f"{name}.jpg"] for name in real_cohort.NOT_MEASURED} == {"0", "4"}
    assert findings["BUS-BRA", "malignant"] > 400
    assert len({row["scanner"] for row in rows if row["source"] == "BUS-BRA"}) == 4


def test_the_card_counts_what_was_learned_from(shared: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "real.csv"
    real_cohort.write_manifest(shared / "data", manifest)
    coloured = real_cohort.colour_pictures(shared / "data")
    texts = make_bundle.card_texts(read_manifest(manifest), coloured)
    told = " ".join(texts["limitations"])
    assert "6 outlined training pictures of 3 patients and 19 more by their caption" in told
    assert "(9 colour pictures are in the training data)" in told
    assert "{" not in told
    assert [source["images"] for source in texts["sources"]][:2] == [374, 960]


def test_the_default_rounds_are_those_of_the_shipped_bundle() -> None:
    """Steps, not the clock: at these steps the shipped run changed its size and let the rate down."""
    rounds = make_bundle.recipes_of(make_bundle.options_of([]))
    card = json.loads((make_bundle.ROOT / "models/demo-b0/card.json").read_text("utf-8"))
    assert [recipe.minutes for recipe in rounds] == [None, None]
    assert "Stage 1 took {} and {} steps".format(*(r.steps for r in rounds)) in card["training"]["log"]
    for recipe, larger, falling in zip(rounds, (3921, 1589), (4217, 1874), strict=True):
        sizes = [input_size(recipe, progress(recipe, step, 0.0)) for step in range(recipe.steps)]
        assert sizes.index(256) == pytest.approx(larger, abs=10)
        rates = [
            learning_rate_factor(recipe, step, progress(recipe, step, 0.0)) for step in range(recipe.steps)
        ]
        held = [step for step, rate in enumerate(rates) if rate == 1.0]
        assert held[-1] == pytest.approx(falling, abs=10)
        assert rates[-1] == pytest.approx(0.0, abs=1e-4)
    assert make_bundle.CHOSEN in card["training"]["log"]
    clocked = make_bundle.recipes_of(make_bundle.options_of(["--minutes", "92", "72"]))
    assert [(recipe.minutes, recipe.early_share) for recipe in clocked] == [(92, 0.55), (72, 0.3)]
    short = make_bundle.recipes_of(make_bundle.options_of(["--steps", "20", "30"]))
    assert [recipe.steps for recipe in short] == [20, 30]


def test_axillary_pictures_are_nodes_or_left_out(shared: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "real.csv"
    real_cohort.write_manifest(shared / "data", manifest)
    records = read_manifest(manifest)
    node = KINDS.index("lymph_node")
    by_source = defaultdict(list)
    for record in records:
        by_source[record.source].append(record)
    assert {record.patient for record in by_source["BUS-BRA axilla"]} == {
        f"busbra-{case}" for case in (227, 264, 454, 897, 1020)
    }
    assert all(record.kind == node and record.mask for record in by_source["BUS-BRA axilla"])
    assert len(by_source["BUSI axilla"]) == 29  # without a copy in another fold
    assert all(record.kind == node and record.mask is None for record in by_source["BUSI axilla"])
    assert all(record.kind is None and record.mask for record in by_source["BUSI normal"])
    unclear = {f"busbra-{case}" for case in (106, 409, 867, 1048)}
    assert not unclear & {record.patient for record in records}


def test_simulated_parts_do_not_share_seeds() -> None:
    seeds = Counter(
        seed for part in simulated_cohort.PARTS for seed in range(part.first, part.first + part.number)
    )
    assert max(seeds.values()) == 1


def test_weights_of_both_manifests_add_up(shared: Path, tmp_path: Path) -> None:
    from alnreader.simulation.cohort import write_cohort

    part = simulated_cohort.Part("part", 77, 1, "train", "1")
    write_cohort(tmp_path / "part", [77], (("train", 1.0),), images=2)
    simulated_cohort.write_manifest(tmp_path, tmp_path / "sim.csv", (part,))
    real_cohort.write_manifest(shared / "data", tmp_path / "real.csv")
    records = read_data([tmp_path / "real.csv", tmp_path / "sim.csv"])
    learned = [r for r in records if r.split == "train"]
    assert sum(r.weight for r in learned) == pytest.approx(1, abs=1e-3)
    simulated = sum(r.weight for r in learned if r.source == "simulated")
    assert simulated == pytest.approx(1 - sum(real_cohort.SHARES.values()), abs=1e-3)
