"""Cohorts on disk: manifest, pictures and masks belong together."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from alnreader.simulation import simulate_patient, write_cohort
from alnreader.simulation.cohort import MANIFEST_COLUMNS


def test_cohort_is_what_the_seeds_give(tmp_path: Path) -> None:
    manifest = write_cohort(tmp_path / "one", [3, 4], (("train", 0.5), ("test", 0.5)), images=2)
    with manifest.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == MANIFEST_COLUMNS
    assert len(rows) == 4
    assert [row["split"] for row in rows] == ["train"] * 2 + ["test"] * 2
    expected = [(p, image) for p in (simulate_patient(seed, 2) for seed in (3, 4)) for image in p.images]
    for row, (patient, image) in zip(rows, expected, strict=True):
        assert row["patient"] == patient.patient_id
        assert row["label"] == str(int(patient.metastasis))
        assert row["kind"] == image.kind
        with (
            Image.open(manifest.parent / row["image"]) as picture,
            Image.open(manifest.parent / row["mask"]) as mask,
        ):
            np.testing.assert_array_equal(np.asarray(picture), image.pixels)
            np.testing.assert_array_equal(np.asarray(mask) > 127, image.mask)


def test_two_workers_write_the_same(tmp_path: Path) -> None:
    one = write_cohort(tmp_path / "one", [1, 2], images=1)
    two = write_cohort(tmp_path / "two", [1, 2], images=1, workers=2)
    assert one.read_bytes() == two.read_bytes()
    names = sorted(p.relative_to(one.parent) for p in one.parent.rglob("*.png"))
    assert names == sorted(p.relative_to(two.parent) for p in two.parent.rglob("*.png"))
    assert all((one.parent / n).read_bytes() == (two.parent / n).read_bytes() for n in names)
