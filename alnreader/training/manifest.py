"""What to train on: a CSV manifest or the authors' folders, read and checked before the first step."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from alnreader.case.errors import TrainingDataError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
KINDS = ("tumour", "lymph_node")
"""Names of the kinds; the place in this tuple is the target of the type head."""

COLUMNS = ("patient", "split", "label", "image", "kind", "mask")
"""Columns that a manifest must have. `source`, `weight`, `stages` and `risk` may be added."""

_LABELS = {"": None, "0": 0, "1": 1, "n": 0, "y": 1}
_SPLIT_NAMES = {"train": "train", "val": "val", "validation": "val", "test": "test"}
_MOST_NAMED = 40
_PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True)
class Record:
    """One picture and what is known about it.

    `label` is the patient's node status (1 metastasis, 0 none, None not known: no metastasis loss).
    `kind` is an index into `KINDS` or None (no kind loss). `mask` is a file whose pixels above 127 are
    lesion, all zero where there is nothing to find, or None (no mask loss). `weight` is how often the
    picture is drawn in stage 1 against the others. `stages` are the stages that may learn from it. `risk`
    is the probability with which the label was drawn, 0..1, where that is known: in simulated patients.
    """

    patient: str
    split: Split
    image: Path
    label: int | None = None
    kind: int | None = None
    mask: Path | None = None
    source: str = ""
    weight: float = 1.0
    stages: str = "12"
    risk: float | None = None

    @property
    def target(self) -> float | None:
        """What the metastasis loss aims at: the risk where it is known, else the label."""
        return self.risk if self.risk is not None and self.label is not None else self.label


def read_data(paths: Sequence[Path], *, for_training: bool = True) -> list[Record]:
    """Read and check manifests (`.csv`) and folders in the authors' layout, together.

    `for_training` asks for a split 'train'; a cohort that is only measured on needs none.

    Raises
    ------
    TrainingDataError
        Naming every file that is missing, of another size than its mask, in two splits, and so on.
    """
    records: list[Record] = []
    for path in paths:
        if path.is_dir():
            records += read_authors_layout(path)
        elif path.is_file():
            records += read_manifest(path)
        else:
            raise TrainingDataError(f"{path}: there is no such manifest or folder. Check the path.")
    check(records, for_training=for_training)
    return records


def read_manifest(path: Path) -> list[Record]:
    """Read a CSV file with the columns `COLUMNS`; file names are relative to its folder."""
    faults: list[str] = []
    records: list[Record] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise TrainingDataError(
                    f"{path}: column(s) missing: {', '.join(missing)}. A manifest has {', '.join(COLUMNS)}."
                )
            for row in reader:
                record = _record(row, path.parent, f"{path}, line {reader.line_num}", faults)
                if record is not None:
                    records.append(record)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingDataError(f"{path}: not a readable CSV file in UTF-8 ({error}).") from error
    _refuse(faults)
    return records


def _record(row: dict[str, str | None], folder: Path, where: str, faults: list[str]) -> Record | None:
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    before = len(faults)
    split = _SPLIT_NAMES.get(cells["split"].lower())
    if split is None:
        faults.append(f"{where}: split is {cells['split']!r}; it must be one of {', '.join(SPLITS)}.")
    label = cells["label"].lower()
    if label not in _LABELS:
        faults.append(f"{where}: label is {cells['label']!r}; it must be 0, 1 or empty.")
    if cells["kind"] and cells["kind"] not in KINDS:
        faults.append(f"{where}: kind is {cells['kind']!r}; it must be {', '.join(KINDS)} or empty.")
    for name in ("patient", "image"):
        if not cells[name]:
            faults.append(f"{where}: {name} is empty.")
    stages = cells.get("stages") or "12"
    if stages not in ("1", "2", "12"):
        faults.append(f"{where}: stages is {stages!r}; it must be 1, 2, 12 or empty.")
    try:
        weight = float(cells.get("weight") or 1.0)
    except ValueError:
        weight = -1.0
    if not 0 <= weight < float("inf"):
        faults.append(f"{where}: weight is {cells.get('weight')!r}; it must be a number from 0 up.")
    try:
        risk = float(cells["risk"]) if cells.get("risk") else None
    except ValueError:
        risk = -1.0
    if risk is not None and not 0 <= risk <= 1:
        faults.append(f"{where}: risk is {cells.get('risk')!r}; it must be a number from 0 to 1 or empty.")
    if len(faults) > before:
        return None
    return Record(
        patient=cells["patient"],
        split=split,  # type: ignore[arg-type]  # one of SPLITS, or we returned above
        image=folder / cells["image"],
        label=_LABELS[label],
        kind=KINDS.index(cells["kind"]) if cells["kind"] else None,
        mask=folder / cells["mask"] if cells["mask"] else None,
        source=cells.get("source", ""),
        weight=weight,
        stages=stages,
        risk=risk,
    )


def read_authors_layout(folder: Path) -> list[Record]:
    """Read `images|labels / train|val|test / N|Y / <patient> / T|L / <file>` (network.md).

    N and Y are node status negative and positive, T and L tumour and lymph-node pictures. The mask has
    the picture's name with `.png` in the same place below `labels`.
    """
    faults: list[str] = []
    records: list[Record] = []
    images = folder / "images"
    if not images.is_dir():
        raise TrainingDataError(f"{folder}: no folder 'images' in it. Give a CSV manifest or this layout.")
    for split in SPLITS:
        for status in ("N", "Y"):
            patients = sorted(p for p in (images / split / status).glob("*") if p.is_dir())
            for patient in patients:
                found = _authors_patient(folder, patient, split, status, faults)
                if not found:
                    faults.append(f"{patient}: no picture of this patient below T or L.")
                records += found
    _refuse(faults)
    return records


def _authors_patient(
    folder: Path, patient: Path, split: Split, status: str, faults: list[str]
) -> list[Record]:
    records = []
    for kind, letter in enumerate("TL"):
        for image in sorted((patient / letter).glob("*")):
            if image.suffix.lower() not in _PICTURE_SUFFIXES:
                continue
            mask = folder / "labels" / image.relative_to(folder / "images").with_suffix(".png")
            if not mask.is_file():
                faults.append(f"{image}: no mask at {mask}.")
            records.append(Record(patient.name, split, image, int(status == "Y"), kind, mask, folder.name))
    return records


def check(records: Sequence[Record], *, for_training: bool = True) -> None:
    """Raise `TrainingDataError` naming every fault that would spoil a run or its figures."""
    faults: list[str] = []
    if not records:
        faults.append("There is no picture in it.")
    elif for_training and not any(record.split == "train" for record in records):
        faults.append("No picture is in the split 'train'.")
    faults += _patient_faults(records)
    digests: dict[str, dict[str, Path]] = defaultdict(dict)
    for record in records:
        fault = _file_fault(record)
        if fault:
            faults.append(fault)
            continue
        digest = hashlib.blake2b(record.image.read_bytes(), digest_size=16).hexdigest()
        digests[digest].setdefault(record.split, record.image)
    for places in digests.values():
        if len(places) > 1:
            names = " and ".join(f"{image} ({split})" for split, image in places.items())
            faults.append(f"The same picture is in two splits: {names}. Keep it in one.")
    _refuse(faults)


def _patient_faults(records: Iterable[Record]) -> list[str]:
    splits: dict[str, dict[str, Path]] = defaultdict(dict)
    labels: dict[str, dict[int, Path]] = defaultdict(dict)
    for record in records:
        splits[record.patient].setdefault(record.split, record.image)
        if record.label is not None:
            labels[record.patient].setdefault(record.label, record.image)
    faults = []
    for patient, places in splits.items():
        if len(places) > 1:
            names = " and ".join(f"{split} ({image})" for split, image in places.items())
            faults.append(f"Patient {patient} is in two splits: {names}. Keep a patient in one.")
    for patient, known in labels.items():
        if len(known) > 1:
            names = " and ".join(f"{label} ({image})" for label, image in known.items())
            faults.append(f"Patient {patient} has two labels: {names}.")
    return faults


def _file_fault(record: Record) -> str | None:
    sizes = []
    for path in (record.image, record.mask):
        if path is None:
            continue
        try:
            with Image.open(path) as picture:
                sizes.append(picture.size)
        except FileNotFoundError:
            return f"{path}: the file is missing."
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            return f"{path}: not a readable picture ({error})."
    if len(sizes) == 2 and sizes[0] != sizes[1]:
        (w, h), (mask_w, mask_h) = sizes
        return f"{record.mask}: the mask is {mask_w} x {mask_h} pixels, its picture {record.image} {w} x {h}."
    return None


def _refuse(faults: Sequence[str]) -> None:
    if not faults:
        return
    lines = list(faults[:_MOST_NAMED])
    if len(faults) > _MOST_NAMED:
        lines.append(f"... and {len(faults) - _MOST_NAMED} more.")
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    raise TrainingDataError(f"The data has {count}; nothing was done.\n" + "\n".join(lines))
