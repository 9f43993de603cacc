"""Every file of the training data is opened before the first step, and what would spoil a run is named."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alnreader.case.errors import CannotWriteError, TrainingDataError
from alnreader.training.manifest import KINDS, SPLITS, Record, list_records, refuse
from alnreader.training.pictures import MASK_LEVEL, decoded, is_turned, levels

THUMBNAIL = 32
HASH_SIDE = 16

MOST_HASH_SHARE = 48 / 256
LEAST_CORRELATION = 0.88
"""Two pictures are taken for copies of one if at most this share of their difference hashes differs and their
thumbnails correlate by as much, over the whole picture and over what is lit in both of them. Measured on all
pairs of BUSI and BUS-BRA and of the simulated patients (docs/decisions/0037-near-duplicates.md)."""

LIT = 24
"""Grey values above the picture's darkest hundredth from which a place is lit. A dark surround, which is the
same around every picture of a curved probe, is 0 to some 20 and even."""

LEAST_LIT = 0.05
"""Where less than this share is lit in both, the picture is dark as a whole and compared as a whole."""

_BLOCK = 1024


@dataclass(frozen=True)
class Fingerprint:
    """What is kept of a picture: hash of the file, (16, 17) and (32, 32) uint8 thumbnails, both stretched."""

    digest: bytes
    coarse: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]

    @property
    def bits(self) -> NDArray[np.bool_]:
        """The difference hash, (16, 16): whether the picture grows brighter to the right at each place."""
        return np.asarray(self.coarse[:, 1:] > self.coarse[:, :-1])


def fingerprint(data: bytes, grey: NDArray[np.uint8]) -> Fingerprint:
    """Return the fingerprint of a file's bytes and its picture, (H, W) uint8."""
    coarse = cv2.resize(grey, (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA)
    small = cv2.resize(grey, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    return Fingerprint(hashlib.blake2b(data, digest_size=16).digest(), np.asarray(coarse), np.asarray(small))


def read_data(
    paths: Sequence[Path],
    *,
    for_training: bool = True,
    both_labels: bool = False,
    opened: Callable[[list[Record]], list[Record]] = list,
    similar: Literal["refuse", "tell"] = "tell",
    report: Callable[[str], None] = lambda message: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    remember: Path | None = None,
) -> list[Record]:
    """Read and check manifests (`.csv`) and folders in the authors' layout, together.

    Parameters
    ----------
    paths : sequence of Path
    for_training : bool
        Ask for a split 'train'; a cohort that is only measured on needs none.
    both_labels : bool
        Ask for training patients with and without metastasis: stage 2 needs both.
    opened : callable
        Given all pictures, returns those whose files are looked at; all of them unless told otherwise.
    similar : str
        What happens to near copies in two splits: "refuse" or "tell" through `report`.
    report, progress : callable
        Given sentences, and pictures done and in all.
    remember : Path, optional
        A file that notes what was checked, so that a resumed run need not open everything again.

    Raises
    ------
    TrainingDataError
        Naming every file that is missing, of another size than its mask, in two splits, and so on.
    """
    records, faults = list_records(paths)
    faults += _listing_faults(records, for_training=for_training)
    if both_labels:
        faults += _label_faults(records)
    note = _state(records, similar)
    if remember is not None and not faults and _remembered(remember) == note:
        report("data: the files are those that were checked before")
        return records
    refuse(faults if not records else ())
    chosen = opened(records)
    more, prints = _open_all(chosen, progress)
    faults += more
    exact = _exact_copies(chosen, prints) + _contradictions(chosen, prints)
    near = _near_copies(chosen, prints)
    faults += exact
    if similar == "refuse":
        faults += near
    refuse(faults)
    for sentence in near:
        report(f"data: {sentence}")
    if remember is not None:
        try:
            remember.parent.mkdir(parents=True, exist_ok=True)
            remember.write_text(json.dumps({"checked": note}), encoding="utf-8")
        except OSError as error:
            raise CannotWriteError(f"{remember} cannot be written ({error}). Name another --work.") from error
    return records


def _state(records: Sequence[Record], similar: str) -> str:
    """Return a hash of the records and of sizes and times of their files."""
    state = hashlib.blake2b(similar.encode(), digest_size=16)
    for record in records:
        state.update(repr(record).encode())
        for path in (record.image, record.mask):
            try:
                about = path.stat() if path else None
            except OSError:
                about = None
            state.update(f"{about and (about.st_size, about.st_mtime_ns)}".encode())
    return state.hexdigest()


def _remembered(path: Path) -> str | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value.get("checked") if isinstance(value, dict) else None


def _listing_faults(records: Sequence[Record], *, for_training: bool) -> list[str]:
    """Return what is wrong with the listing, without a look into the files."""
    faults: list[str] = []
    if not records:
        faults.append("There is no picture in it.")
    elif for_training and not any(record.split == "train" for record in records):
        faults.append("No picture is in the split 'train'.")
    splits: dict[str, dict[str, Path]] = defaultdict(dict)
    labels: dict[str, dict[int | None, Path]] = defaultdict(dict)
    listed: dict[Path, Record] = {}
    for record in records:
        splits[record.patient].setdefault(record.split, record.image)
        labels[record.patient].setdefault(record.label, record.image)
        if record.image in listed:
            faults.append(f"{record.image}: the picture is listed twice.")
        listed[record.image] = record
        if record.mask == record.image:
            faults.append(f"{record.image}: the picture is listed as its own mask.")
    for patient, places in splits.items():
        if len(places) > 1:
            names = " and ".join(f"{split} ({image})" for split, image in places.items())
            faults.append(f"Patient {patient} is in two splits: {names}. Keep a patient in one.")
    faults += _doubtful_names(records)
    for patient, known in labels.items():
        if len(known) > 1:
            words = {None: "unknown", 0: "0", 1: "1"}
            names = " and ".join(f"{words[label]} ({image})" for label, image in known.items())
            faults.append(f"Patient {patient} has two labels: {names}.")
    return faults


def _label_faults(records: Sequence[Record]) -> list[str]:
    """Stage 2 needs both labels: said now, not after hours of stage 1."""
    if {r.label for r in records if r.split == "train" and "2" in r.stages} >= {0, 1}:
        return []
    return [
        "Stage 2 needs training patients with and without metastasis: fill the manifest's label with 0 "
        "and 1, or train with --stage 1 only."
    ]


def _doubtful_names(records: Sequence[Record]) -> list[str]:
    """Return a sentence for each name that may be two people's, and each person who may have two names."""
    spellings: dict[str, dict[str, Path]] = defaultdict(dict)
    sources: dict[str, dict[str, Path]] = defaultdict(dict)
    for record in records:
        spellings[record.patient.casefold()].setdefault(record.patient, record.image)
        # Without a label no bag is made of a patient's pictures: nothing is mixed.
        if record.label is not None:
            sources[record.patient].setdefault(record.source, record.image)
    faults = []
    for names in spellings.values():
        if len(names) > 1:
            words = " and ".join(f"{name} ({image})" for name, image in names.items())
            faults.append(f"Patients {words} differ only in case. Give one person one name, two others.")
    for patient, places in sources.items():
        if len(places) > 1:
            words = " and ".join(f"{source or 'none'} ({image})" for source, image in places.items())
            faults.append(f"Patient {patient} is of two sources: {words}. Two people need two names.")
    return faults


def _open_all(
    records: Sequence[Record], progress: Callable[[int, int], None]
) -> tuple[list[str], list[Fingerprint | None]]:
    """Decode every picture and mask; return the faults and the pictures' fingerprints."""
    faults: list[str] = []
    prints: list[Fingerprint | None] = []
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        for number, (fault, one) in enumerate(threads.map(_open, records), start=1):
            prints.append(one)
            if fault:
                faults.append(fault)
            progress(number, len(records))
    return faults, prints


def _open(record: Record) -> tuple[str | None, Fingerprint | None]:
    """Return what is wrong with a picture or its mask, and the picture's fingerprint."""
    one: Fingerprint | None = None
    try:
        data = record.image.read_bytes()
        rgb = decoded(record.image)
        one = fingerprint(data, np.asarray(Image.fromarray(rgb).convert("L")))
        if record.mask is None:
            return None, one
        mask, in_mask = record.mask.read_bytes(), levels(record.mask)
    except FileNotFoundError as error:
        return f"{error.filename}: the file is missing.", one
    except OSError as error:
        return f"{error.filename}: cannot be read ({error.strerror}).", one
    except TrainingDataError as error:
        return str(error), one
    return _mask_fault(record, record.mask, in_mask, rgb.shape[:2], (data, mask)), one


def _mask_fault(
    record: Record,
    mask: Path,
    values: NDArray[np.uint8],
    size: tuple[int, ...],
    files: tuple[bytes, bytes],
) -> str | None:
    for path, data in zip((record.image, mask), files, strict=True):
        if is_turned(data):
            # Whether the mask was drawn on the picture as it is stored or as it is shown, nobody can tell.
            return (
                f"{path}: EXIF says that it is shown turned. Save picture and mask as they are seen, "
                "without this mark."
            )
    if values.shape != size:
        own = f"{values.shape[1]} x {values.shape[0]}"
        return f"{mask}: the mask is {own} pixels, its picture {record.image} {size[1]} x {size[0]}."
    if 0 < values.max() <= MASK_LEVEL:
        # Masks of 0 and 1 would count as empty ones: "nothing to find here".
        return f"{mask}: its brightest pixel is {values.max()}. A mask is 0, and 255 in the lesion."
    if values.min() > MASK_LEVEL:
        return f"{mask}: the whole picture {record.image} is marked as lesion."
    if record.kind is not None and values.max() == 0:
        return (
            f"{mask}: nothing is marked, but {record.image} is one of a {KINDS[record.kind]}. Mark it; or in "
            "a CSV manifest leave the mask empty (not known) or the kind (nothing is to be found)."
        )
    return None


def _exact_copies(records: Sequence[Record], prints: Sequence[Fingerprint | None]) -> list[str]:
    digests: dict[bytes, dict[str, Path]] = defaultdict(dict)
    for record, one in zip(records, prints, strict=True):
        if one is not None:
            digests[one.digest].setdefault(record.split, record.image)
    faults = []
    for places in digests.values():
        if len(places) > 1:
            names = " and ".join(f"{image} ({split})" for split, image in places.items())
            faults.append(f"The same picture is in two splits: {names}. Keep it in one.")
    return faults


def _contradictions(records: Sequence[Record], prints: Sequence[Fingerprint | None]) -> list[str]:
    """Return a sentence for each file that teaches one thing here and the contrary there."""
    faults = []
    for what, value in (("labels", lambda r: r.label), ("kinds", lambda r: r.kind)):
        known: dict[bytes, dict[int, Record]] = defaultdict(dict)
        for record, one in zip(records, prints, strict=True):
            if one is not None and value(record) is not None:
                known[one.digest].setdefault(value(record), record)
        for places in known.values():
            if len(places) > 1:
                names = " and ".join(f"{r.image} (patient {r.patient})" for r in places.values())
                faults.append(f"The same picture has two {what}: {names}.")
    return faults


def _near_copies(records: Sequence[Record], prints: Sequence[Fingerprint | None]) -> list[str]:
    """Return a sentence for each pair of near copies, not the same file, in two splits."""
    of_split = {
        split: [
            (record, one)
            for record, one in zip(records, prints, strict=True)
            if record.split == split and one is not None
        ]
        for split in SPLITS
    }
    faults = []
    for one, two in combinations(SPLITS, 2):
        first, second = of_split[one], of_split[two]
        for i, j in near_pairs([p for _, p in first], [p for _, p in second]):
            if first[i][1].digest != second[j][1].digest:
                names = f"{first[i][0].image} ({one}) and {second[j][0].image} ({two})"
                faults.append(f"Nearly the same picture is in two splits: {names}. Keep both in one.")
    return faults


def near_pairs(first: Sequence[Fingerprint], second: Sequence[Fingerprint]) -> Iterator[tuple[int, int]]:
    """Yield the places (in `first`, in `second`) of pictures that are copies of one, or nearly so."""
    if not first or not second:
        return
    columns = _directions(second).T
    for start in range(0, len(first), _BLOCK):
        rows = _directions(first[start : start + _BLOCK])
        for i, j in np.argwhere(rows @ columns >= LEAST_CORRELATION).tolist():
            if _alike(first[start + i], second[j]):
                yield start + i, j


def _directions(prints: Sequence[Fingerprint]) -> NDArray[np.float32]:
    """Return the thumbnails with mean 0 and length 1, (N, 1024): a dot product is a correlation."""
    rows = np.stack([one.thumbnail.ravel() for one in prints]).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6))


def _alike(one: Fingerprint, two: Fingerprint) -> bool:
    """Whether two pictures whose whole thumbnails correlate are copies, by hash and by what is lit in both.

    The surround of a curved field makes different pictures alike. It does not count, and no caption in it.
    """
    differ = one.bits != two.bits
    if differ.mean() > MOST_HASH_SHARE:
        return False
    levels = [int(np.percentile(each.thumbnail, 1)) + LIT for each in (one, two)]
    small, coarse = (
        (first >= levels[0]) & (second >= levels[1])
        for first, second in ((one.thumbnail, two.thumbnail), (one.coarse, two.coarse))
    )
    between = coarse[:, 1:] & coarse[:, :-1]
    if min(small.mean(), between.mean()) < LEAST_LIT:
        return True
    if differ[between].mean() > MOST_HASH_SHARE:
        return False
    values = np.stack([one.thumbnail[small], two.thumbnail[small]]).astype(np.float64)
    values -= values.mean(axis=1, keepdims=True)
    lengths = float(np.linalg.norm(values[0]) * np.linalg.norm(values[1]))
    return float(values[0] @ values[1]) >= LEAST_CORRELATION * lengths
