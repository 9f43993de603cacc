"""The simulated patients of the shipped bundle: seeds, splits, and their part of the manifest."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from real_cohort import FIELDS, SHARES


@dataclass(frozen=True)
class Part:
    """Patients with the seeds `first` to `first + number - 1`.

    Those with `stages` "2" teach stage 2 alone: it must learn from features of patients that stage 1 has
    not seen, as it will meet them.
    """

    name: str
    first: int
    number: int
    split: str
    stages: str


PARTS = (
    Part("sim-train-1", 10_000, 500, "train", "1"),
    Part("sim-val", 20_000, 200, "val", "12"),
    Part("sim-test", 30_000, 300, "test", "12"),
    Part("sim-train-2", 11_000, 700, "train", "2"),
)


def write_manifest(folder: Path, path: Path, parts: tuple[Part, ...] = PARTS) -> int:
    """Write one manifest of the parts that lie in `folder`; return the number of pictures."""
    rows = []
    for part in parts:
        with (folder / part.name / "manifest.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for column in ("image", "mask"):
                    place = os.path.relpath(folder / part.name / row[column], path.parent)
                    row[column] = Path(place).as_posix()
                rows.append({**row, "split": part.split, "source": "simulated", "stages": part.stages})
    learned = sum(row["split"] == "train" and "1" in row["stages"] for row in rows)
    weight = f"{(1 - sum(SHARES.values())) / max(learned, 1):.6g}"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows({**row, "weight": weight} for row in rows)
    return len(rows)
