"""What to train on: a CSV manifest or the authors' folders, as records. `check` looks into the files."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alnreader.case.errors import TrainingDataError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
KINDS = ("tumour", "lymph_node")
"""Names of the kinds; the place in this tuple is the target of the type head."""

COLUMNS = ("patient", "split", "label", "image", "kind", "mask")
"""Columns that a manifest must have. `source`, `weight`, `stages` and `risk` may be added."""

_LABELS = {"": None, "unknown": None, "0": 0, "1": 1, "n": 0, "y": 1}
_SPLIT_NAMES = {"train": "train", "val": "val", "validation": "val", "test": "test"}
_MOST_NAMED = 40
_AUTHORS_NAME = re.compile(r"([NY])_(.+)_([TL])_[^_]+")
"""A file name in the authors' layout: status, patient, kind, number."""

_PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}

_OTHER_PICTURES = {".dcm", ".dicom", ".gif", ".webp", ".jp2", ".heic"}

_LEFT_BEHIND = {"thumbs.db", "desktop.ini"}
"""Files that Windows leaves in folders of pictures; other systems' begin with a dot."""

_DIVIDERS = {";": "';'", "\t": "a tab", "|": "'|'"}


@dataclass(frozen=True)
class Record:
    """One picture and what is known about it.

    `label` is the patient's node status (1 metastasis, 0 none, None not known: no metastasis loss, and not
    used in stage 2).
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


def read_records(paths: Sequence[Path]) -> list[Record]:
    """Read manifests (`.csv`) and folders in the authors' layout, together; pictures are not opened.

    Raises
    ------
    TrainingDataError
        Naming every line or folder that is wrong.
    """
    records, faults = list_records(paths)
    refuse(faults)
    return records


def list_records(paths: Sequence[Path]) -> tuple[list[Record], list[str]]:
    """Return what `read_records` does, as far as it can be read, and a sentence for each fault.

    Raises
    ------
    TrainingDataError
        If a manifest or folder cannot be read at all.
    """
    records: list[Record] = []
    first: dict[str, Path] = {}
    faults: list[str] = []
    for path in paths:
        if path.is_dir():
            found = _authors_layout(path, faults)
        elif path.is_file():
            found = _manifest(path, faults)
        else:
            raise TrainingDataError(f"{path}: there is no such manifest or folder. Check the path.")
        for name in sorted({record.patient for record in found}):
            if first.setdefault(name, path) != path:
                # Two hospitals' numbers: the pictures of two people would be read as one patient's.
                faults.append(
                    f"Patient {name} is in two lists: {first[name]} and {path}. Give two people two names, "
                    "and list all pictures of one person in one place."
                )
        records += found
    return records, faults


def read_manifest(path: Path) -> list[Record]:
    """Read a CSV file with the columns `COLUMNS`; file names are relative to its folder."""
    faults: list[str] = []
    records = _manifest(path, faults)
    refuse(faults)
    return records


def _manifest(path: Path, faults: list[str]) -> list[Record]:
    records: list[Record] = []
    unlabelled: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            names = list(reader.fieldnames or ())
            _check_columns(path, names)
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                count = sum(cell is not None for name, cell in row.items() if name is not None)
                surplus = row.get(None) or []
                if count < len(names) or any(cell.strip() for cell in surplus):
                    faults.append(f"{where}: {count + len(surplus)} cells, the first line has {len(names)}.")
                    continue
                record = _record(row, path.parent, where, faults)
                if record is None:
                    continue
                records.append(record)
                if not (row["label"] or "").strip() and "2" in record.stages:
                    unlabelled.append(where)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingDataError(f"{path}: not a readable CSV file in UTF-8 ({error}).") from error
    if any(record.label is not None for record in records):
        # Where others have one, an empty label is more likely a slip than a choice.
        faults += [
            f"{where}: the label is missing. Give 0 or 1; or unknown, and it teaches outline and kind only."
            for where in unlabelled
        ]
    return records


def _check_columns(path: Path, names: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    divider = next((sign for sign in _DIVIDERS if len(names) == 1 and sign in names[0]), None)
    if divider is not None:
        raise TrainingDataError(
            f"{path}: its cells are divided by {_DIVIDERS[divider]}. Save it with commas between them."
        )
    if missing:
        raise TrainingDataError(
            f"{path}: column(s) missing: {', '.join(missing)}. A manifest has {', '.join(COLUMNS)}."
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise TrainingDataError(f"{path}: two columns have the same name: {', '.join(twice)}.")


def _record(row: dict[str, str | None], folder: Path, where: str, faults: list[str]) -> Record | None:
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    before = len(faults)
    split = _SPLIT_NAMES.get(cells["split"].lower())
    if split is None:
        faults.append(f"{where}: split is {cells['split']!r}; it must be one of {', '.join(SPLITS)}.")
    label = cells["label"].lower()
    if label not in _LABELS:
        faults.append(f"{where}: label is {cells['label']!r}; it must be 0, 1 or unknown.")
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
    records = _authors_layout(folder, faults)
    refuse(faults)
    return records


def _authors_layout(folder: Path, faults: list[str]) -> list[Record]:
    records: list[Record] = []
    images = folder / "images"
    if not images.is_dir():
        raise TrainingDataError(f"{folder}: no folder 'images' in it. Give a CSV manifest or this layout.")
    for top in (images, folder / "labels"):
        _only(top, SPLITS, faults)
        for split in SPLITS:
            _only(top / split, ("N", "Y"), faults)
    for place in (images, *images.glob("*"), *images.glob("*/*")):
        faults += _loose(place, among=_PICTURE_SUFFIXES | _OTHER_PICTURES)
    for split in SPLITS:
        for status in ("N", "Y"):
            for patient in sorted(p for p in (images / split / status).glob("*") if p.is_dir()):
                _only(patient, ("T", "L"), faults)
                faults += _loose(patient, among=_PICTURE_SUFFIXES | _OTHER_PICTURES)
                found = _authors_patient(folder, patient, split, status, faults)
                if not found:
                    faults.append(f"{patient}: no picture of this patient below T or L.")
                records += found
    used = {record.mask for record in records}
    # A mask that no picture asks for: most often its picture has another name or is in another folder.
    faults += [
        f"{mask}: there is no picture of this name below {images}."
        for mask in sorted((folder / "labels").rglob("*.png"))
        if mask not in used
    ]
    return records


def _only(folder: Path, names: Sequence[str], faults: list[str]) -> None:
    """Name the folders that would be passed over in silence."""
    known = f"Only {', '.join(names)} are read here." if names else "Only pictures are read here."
    faults += [
        f"{path}: a folder of this name is not read. {known}"
        for path in sorted(folder.glob("*"))
        if path.is_dir() and path.name not in names
    ]


def _loose(folder: Path, *, read: Collection[str] = (), among: Collection[str] = ()) -> list[str]:
    """Name the files that would be passed over in silence: all but `read`, or only those `among` suffixes."""
    return [
        f"{path}: a file that is not read here. Pictures lie in T or L of a patient's folder, as "
        f"{', '.join(sorted(_PICTURE_SUFFIXES))}."
        for path in sorted(folder.glob("*"))
        if path.is_file()
        and not _is_left_behind(path)
        and path.suffix.lower() not in read
        and (not among or path.suffix.lower() in among)
    ]


def _is_left_behind(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in _LEFT_BEHIND


def _authors_patient(
    folder: Path, patient: Path, split: Split, status: str, faults: list[str]
) -> list[Record]:
    records = []
    for kind, letter in enumerate("TL"):
        faults += _loose(patient / letter, read=_PICTURE_SUFFIXES)
        _only(patient / letter, (), faults)
        for image in sorted((patient / letter).glob("*")):
            if image.suffix.lower() not in _PICTURE_SUFFIXES or _is_left_behind(image):
                continue
            mask: Path | None = folder / "labels" / image.relative_to(folder / "images").with_suffix(".png")
            if mask is not None and not mask.is_file():
                faults.append(f"{image}: no mask at {mask}.")
                mask = None
            named = _AUTHORS_NAME.fullmatch(image.stem)
            folders = (status, patient.name, letter)
            if named and named.groups() != folders:
                said, there = (f"{a}, {b} and {c}" for a, b, c in (named.groups(), folders))
                faults.append(f"{image}: its name says {said}, its folders {there}.")
            records.append(Record(patient.name, split, image, int(status == "Y"), kind, mask, folder.name))
    return records


def refuse(faults: Sequence[str]) -> None:
    """Raise `TrainingDataError` with the faults, one a line, if there are any."""
    if not faults:
        return
    lines = list(faults[:_MOST_NAMED])
    if len(faults) > _MOST_NAMED:
        lines.append(f"... and {len(faults) - _MOST_NAMED} more.")
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    raise TrainingDataError(f"The data has {count}; nothing was done.\n" + "\n".join(lines))
