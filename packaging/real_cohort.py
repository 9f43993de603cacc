"""The real pictures of ../shared/data as a training manifest: folds, kinds, and what is left out."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TEST_FOLD = "0"
VALIDATION_FOLD = "4"

NODE_READINGS = {
    "lymph node",
    "probably metastatic node",
    "lymph node (caption says so)",
    "lymph node (histology says so)",
    "probably lymph node (reactive)",
}
"""Readings of BUS-BRA's axillary pictures that say node. `same lesion` takes that of the case's other one."""

TUMOUR_READINGS = {"", "breast tumour"}

COPIES = (
    ("benign_11", "benign_328"),
    ("benign_14", "benign_331"),
    ("benign_21", "benign_154"),
    ("benign_207", "benign_256"),
    ("benign_213", "benign_253"),
    ("normal_29", "normal_123"),
)
"""Pictures of BUSI that are the same, in different folds, and not in one `duplicate_group`: found by the
search for near copies of `alnreader train` and looked at. Only the one that is measured on is kept."""

NOT_MEASURED = (
    "malignant_98",  # malignant_99
    "malignant_128",  # malignant_129
    "malignant_65",  # malignant_66
    "benign_64",  # benign_141
    "benign_246",  # benign_221
    "malignant_81",  # malignant_80
    "malignant_114",  # malignant_123
    "malignant_85",  # malignant_86
    "normal_20",  # normal_132
)
"""Pictures of folds 0 and 4 that are another cut, or another captioning, of the picture named beside them,
which lies in another fold: nothing is measured or chosen on them. Found by matching patches at full size."""

SHARES = {
    "BUSI": 0.26,
    "BUSI normal": 0.11,
    "BUSI axilla": 0.015,
    "BUS-BRA": 0.285,
    "BUS-BRA axilla": 0.02,
}
"""How often each group is drawn in stage 1; the simulated patients take the rest."""

FIELDS = (
    *("patient", "split", "label", "image", "kind", "mask", "source", "weight", "stages", "risk"),
    # Sizes and parts that an evaluation tells apart; nothing learns from them.
    *("mm_x", "mm_y", "geometry", "finding", "birads", "scanner"),
)


@dataclass(frozen=True)
class _Row:
    group: str
    patient: str
    fold: str
    image: Path
    mask: Path | None
    kind: str
    finding: str
    birads: str = ""
    scanner: str = ""


def _copies_left_out(folds: dict[str, str]) -> set[str]:
    """Return of each pair of copies the one that would be learned from or chosen on, not measured on."""
    order = {TEST_FOLD: 2, VALIDATION_FOLD: 1}
    return {min(pair, key=lambda name: order.get(folds[name], 0)) for pair in COPIES if pair[0] in folds}


def _busi(folder: Path) -> list[_Row]:
    rows = []
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    left_out = _copies_left_out({Path(row["file"]).stem: row["fold"] for row in table})
    for row in table:
        if Path(row["file"]).stem in left_out or Path(row["file"]).stem in NOT_MEASURED:
            continue
        patient = f"busi-{row['duplicate_group']}"
        image, mask = folder / "images" / row["file"], folder / "masks" / row["mask"]
        finding = row["label"]
        if row["axilla_text"] == "1":
            # A lymph node by its caption, but with an unreliable mask: it teaches the kind alone.
            rows.append(_Row("BUSI axilla", patient, row["fold"], image, None, "lymph_node", finding))
        elif row["label"] == "normal":
            rows.append(_Row("BUSI normal", patient, row["fold"], image, mask, "", finding))
        else:
            rows.append(_Row("BUSI", patient, row["fold"], image, mask, "tumour", finding))
    return rows


def _bus_bra(folder: Path) -> list[_Row]:
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    first_reading: dict[str, str] = {}
    for row in table:
        if row["node_reading"] and row["node_reading"] != "same lesion":
            first_reading.setdefault(row["case"], row["node_reading"])
    rows = []
    for row in table:
        reading = row["node_reading"]
        if reading == "same lesion":
            reading = first_reading[row["case"]]
        if reading in NODE_READINGS:
            group, kind = "BUS-BRA axilla", "lymph_node"
        elif reading in TUMOUR_READINGS:
            group, kind = "BUS-BRA", "tumour"
        else:
            continue
        image, mask = folder / "images" / row["file"], folder / "masks" / row["mask"]
        about = row["label"], row["birads"], row["device"]
        rows.append(_Row(group, f"busbra-{row['case']}", row["fold"], image, mask, kind, *about))
    return rows


def colour_pictures(data: Path) -> int:
    """Return how many pictures with colour are learned from."""
    with (data / "busi" / "index.csv").open(newline="", encoding="utf-8") as file:
        coloured = {row["file"] for row in csv.DictReader(file) if row["colour"] == "1"}
    learned = (row for row in _busi(data / "busi") if row.fold not in (TEST_FOLD, VALIDATION_FOLD))
    return sum(row.image.name in coloured for row in learned)


def write_manifest(data: Path, path: Path) -> Counter[tuple[str, str]]:
    """Write the manifest of both sets to `path`; return the number of pictures of each (group, split)."""
    rows = _busi(data / "busi") + _bus_bra(data / "bus_bra")
    splits = {TEST_FOLD: "test", VALIDATION_FOLD: "val"}
    counts = Counter((row.group, splits.get(row.fold, "train")) for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for row in rows:
            split = splits.get(row.fold, "train")
            image, mask = (
                p and Path(os.path.relpath(p, path.parent)).as_posix() for p in (row.image, row.mask)
            )
            weight = SHARES[row.group] / max(counts[row.group, "train"], 1)
            line = [row.patient, split, "", image, row.kind, mask or "", row.group, f"{weight:.6g}", "", ""]
            writer.writerow([*line, "", "", "", row.finding, row.birads, row.scanner])
    return counts
