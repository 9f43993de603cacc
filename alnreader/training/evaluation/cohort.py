"""What is measured on: pictures with what is known of them, further columns and pixel sizes included."""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alnreader.case.errors import TrainingDataError
from alnreader.training.check import read_data
from alnreader.training.manifest import COLUMNS, Record, Split

SIZE_COLUMNS = ("mm_per_pixel", "mm_x", "mm_y")
"""Optional columns: the size of a pixel, one number or one for each axis."""

KNOWN_COLUMNS = frozenset((*COLUMNS, *SIZE_COLUMNS, "source", "weight", "stages", "risk"))
"""Every other column makes subgroups."""

UNNAMED = "pictures"
"""Source of pictures that name none."""

_SIMULATED = re.compile(r"SIM(\d{7})")
"""Patient IDs of `alnreader.simulation`; the number is the seed."""


@dataclass(frozen=True)
class Entry:
    """One picture of a cohort.

    `extra` are the manifest's further columns, empty cells left out. `spacing` is the height and width of a
    pixel in mm, None where not known.
    """

    record: Record
    extra: Mapping[str, str] = field(default_factory=dict)
    spacing: tuple[float, float] | None = None

    @property
    def source(self) -> str:
        """Name of the cohort that the picture belongs to."""
        return self.record.source or UNNAMED

    @property
    def simulated(self) -> bool:
        """Whether the patient is one of the program's own: such a picture may be shown anywhere."""
        return _SIMULATED.fullmatch(self.record.patient) is not None


def read_cohort(
    paths: Sequence[Path],
    splits: Sequence[Split] = ("test",),
    limit: int | None = None,
    report: Callable[[str], None] = lambda message: None,
) -> list[Entry]:
    """Read and check manifests and folders; return the pictures of some splits.

    Parameters
    ----------
    paths : sequence of Path
        As for training. All splits are checked, so that a patient who was trained on cannot be tested on
        unseen.
    splits : sequence of str
    limit : int, optional
        Patients of each source and split at most, the first ones: for a quick look. The files of the
        others are not opened.
    report : callable
        Told what is doubtful: pictures that look alike in two splits.

    Raises
    ------
    TrainingDataError
        Naming every fault by file, or if nothing is in these splits.
    """

    def wanted(records: list[Record]) -> list[Record]:
        of_splits = [record for record in records if record.split in splits]
        return of_splits if limit is None else _limited(of_splits, limit)

    if limit is None:
        records = read_data(paths, for_training=False, report=report)
    else:
        records = read_data(paths, for_training=False, report=report, opened=wanted)
        report(
            "data: only the pictures that are read were looked at; copies in other splits are not searched"
        )
    chosen = wanted(records)
    if not chosen:
        there = ", ".join(sorted({record.split for record in records}))
        raise TrainingDataError(
            f"No picture is in the split {' or '.join(splits)}; the data have {there}. Choose with --split."
        )
    return entries_of(chosen, paths)


def entries_of(records: Sequence[Record], paths: Sequence[Path]) -> list[Entry]:
    """Return records with the further columns of the manifests that they were read from.

    Raises
    ------
    TrainingDataError
        If a pixel's size is no number above zero.
    """
    further: dict[Path, dict[str, str]] = {}
    for path in paths:
        if path.is_file():
            further |= _further_columns(path)
    faults: list[str] = []
    entries = [_entry(record, further.get(record.image, {}), faults) for record in records]
    if faults:
        raise TrainingDataError("The data cannot be measured on.\n" + "\n".join(faults))
    return entries


def _further_columns(manifest: Path) -> dict[Path, dict[str, str]]:
    with manifest.open(newline="", encoding="utf-8-sig") as file:
        return {
            manifest.parent / (row["image"] or "").strip(): {
                name: value.strip()
                for name, value in row.items()
                if isinstance(name, str) and isinstance(value, str) and value.strip()
            }
            for row in csv.DictReader(file)
        }


def _entry(record: Record, cells: Mapping[str, str], faults: list[str]) -> Entry:
    sizes = {}
    for name in SIZE_COLUMNS:
        if name not in cells:
            continue
        try:
            sizes[name] = float(cells[name])
        except ValueError:
            sizes[name] = math.nan
        if not (math.isfinite(sizes[name]) and sizes[name] > 0):
            faults.append(f"{record.image}: {name} is {cells[name]!r}; it must be a number above 0 or empty.")
    both = sizes.get("mm_per_pixel")
    height, width = sizes.get("mm_y", both), sizes.get("mm_x", both)
    spacing = None if height is None or width is None else (height, width)
    extra = {name: value for name, value in cells.items() if name not in KNOWN_COLUMNS}
    return Entry(record, extra, spacing)


def _limited(records: Sequence[Record], limit: int) -> list[Record]:
    kept: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for record in records:
        patients = kept[record.source, record.split]
        if len(patients) < limit:
            patients.setdefault(record.patient)
    return [record for record in records if record.patient in kept[record.source, record.split]]


def true_risks(entries: Sequence[Entry]) -> dict[str, float]:
    """Return the probability with which each patient's label was drawn, where it is known.

    From the manifest's column `risk`, else from the seed of a simulated patient. A seed whose patient has
    another label today is of an older simulation: nothing is told of that source then.
    """
    from alnreader.simulation.patient import plan_patient

    by_source: dict[str, dict[str, float | None]] = defaultdict(dict)
    for entry in entries:
        record = entry.record
        if record.label is None or record.patient in by_source[entry.source]:
            continue
        risk = record.risk
        named = _SIMULATED.fullmatch(record.patient)
        if risk is None and named is not None:
            plan = plan_patient(int(named[1]))
            risk = plan.risk if int(plan.metastasis) == record.label else None
        by_source[entry.source][record.patient] = risk
    return {
        patient: risk
        for risks in by_source.values()
        if all(risk is not None for risk in risks.values())
        for patient, risk in risks.items()
        if risk is not None
    }
