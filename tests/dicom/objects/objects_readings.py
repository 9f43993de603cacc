"""Readings of real DICOM files made on the spot, and independent judges of what is written from them."""

from __future__ import annotations

import dataclasses
import datetime
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from dicom_maker import region_item, speckle, write_ultrasound
from pydicom.dataset import Dataset
from report_readings import MODEL, disc, heat, score_of

from alnreader.case.assessment import (
    Assessment,
    Hilum,
    NodeCriteria,
    NodeShape,
    NodeStatus,
    Outline,
    Vascularity,
)
from alnreader.case.case import Case, Reading
from alnreader.case.image import ImageKey
from alnreader.case.protocol import Event, HumanReading
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.case.score import ModelSummary
from alnreader.dicom import discover
from alnreader.dicom.objects.readback import ReadReport, read_report
from alnreader.dicom.quiet import quiet
from alnreader.report.objects import Choices, WrittenObjects, write_objects

WHEN = datetime.datetime(2026, 11, 23, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
LATER = WHEN + datetime.timedelta(minutes=7)

FIRST = Assessment(
    NodeStatus.SUSPICIOUS,
    80,
    "Dr. Anna Müller",
    WHEN,
    NodeCriteria(3.4, True, Hilum.LOST, NodeShape.ROUND, Outline.IRREGULAR, Vascularity.ABNORMAL),
    "Cortex uneven.\nSecond node behind it.",
)
FINAL = dataclasses.replace(FIRST, status=NodeStatus.INDETERMINATE, confidence=55, reader="李四", when=LATER)


def draft() -> HumanReading:
    return HumanReading().with_first_read(FIRST)


def pending() -> HumanReading:
    locked = draft().after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    return locked.with_final_read(FINAL, "The score drew my eye to the hilum.")


def signed() -> HumanReading:
    return pending().with_signature("李四", LATER)


def amended() -> HumanReading:
    opened = signed().with_amendment("wrong side")
    last = dataclasses.replace(FINAL, status=NodeStatus.NEGATIVE)
    return opened.with_final_read(last, "Other axilla.").with_signature("王五", LATER)


def write_case(folder: Path, images: int = 2, frames: int = 0, **attributes: Any) -> Case:
    """Write calibrated pictures, and a cine where frames are asked for, and find them."""
    regions = [region_item(x1=127, y1=95, delta=(0.02, 0.025))]
    common = {"SequenceOfUltrasoundRegions": regions, "Laterality": "L", **attributes}
    for number in range(images):
        pixels = speckle(96, 128, seed=number)[0]
        write_ultrasound(folder / f"IM{number}.dcm", pixels, InstanceNumber=number + 1, **common)
    if frames:
        cine = speckle(96, 128, frames=frames, seed=99)
        write_ultrasound(folder / "cine.dcm", cine, InstanceNumber=90, **common)
    return case_in(folder)


def case_in(folder: Path) -> Case:
    found = discover([folder])
    assert len(found.patients) == 1, found
    return found.patients[0]


def outlined(case: Case) -> Case:
    """A node and a tumour in turn, with every origin; the last image has three regions that overlap."""
    origins = [(Origin.PROPOSED, False), (Origin.EDITED, True), (Origin.DRAWN, True), (Origin.PROPOSED, True)]
    regions: dict[ImageKey, tuple[Region, ...]] = {}
    for number, image in enumerate(case.images):
        kind = (RegionKind.TUMOUR, RegionKind.LYMPH_NODE)[number % 2]
        origin, confirmed = origins[number % len(origins)]
        regions[image.key] = (Region(disc(image.rows, image.columns), kind, origin, confirmed),)
    last = case.images[-1]
    ring = disc(last.rows, last.columns, 0.3) & ~disc(last.rows, last.columns, 0.1)
    border = np.zeros((last.rows, last.columns), dtype=np.bool_)
    border[:3], border[-2:, -5:] = True, True
    regions[last.key] += (
        Region(ring, RegionKind.LYMPH_NODE, Origin.DRAWN, True),
        Region(border, RegionKind.TUMOUR),
    )
    return dataclasses.replace(case, regions=regions)


def reading_of_case(
    case: Case, human: HumanReading | None = None, model: ModelSummary = MODEL, site: str = "市立医院"
) -> Reading:
    maps = {image.key: heat(image, case.regions_of(image.key)) for image in case.images}
    return Reading(case, score_of(case, model=model), maps, human=human, site=site)


@dataclasses.dataclass(frozen=True)
class Export:
    """What an export left, read again."""

    written: WrittenObjects
    datasets: Mapping[str, Dataset]

    def kind(self, prefix: str) -> list[Dataset]:
        return [item for name, item in self.datasets.items() if name.startswith(prefix)]

    @property
    def sr(self) -> Dataset:
        return self.datasets["sr.dcm"]

    def read(self) -> ReadReport:
        return read_report(self.sr, self.kind("seg"))


def export(reading: Reading, folder: Path, choices: Choices | None = None) -> Export:
    written = write_objects(reading, choices or Choices(pdf=False), folder)
    with quiet():  # what a source does against its rules is read again, too
        datasets = {path.name: pydicom.dcmread(path) for path in written.paths}
        for dataset in datasets.values():
            dataset.decode()
            list(dataset.iterall())
    assert sorted(datasets) == sorted(path.name for path in folder.iterdir())
    return Export(written, datasets)


def references(dataset: Dataset) -> Iterator[tuple[str, str, int | None]]:
    """Yield class, instance and frame of everything that an object refers to."""
    for item in _items(dataset):
        if "ReferencedSOPInstanceUID" in item:
            frame = item.get("ReferencedFrameNumber")
            yield (
                str(item.ReferencedSOPClassUID),
                str(item.ReferencedSOPInstanceUID),
                None if frame is None else int(frame),
            )


def all_text(dataset: Dataset) -> str:
    """Every value that is not pixels or a document."""
    return "\n".join(str(item.value) for item in dataset.iterall() if item.VR not in ("SQ", "OB", "OW"))


def _items(dataset: Dataset) -> Iterator[Dataset]:
    yield dataset
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _items(item)


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def faults(path: Path) -> list[str]:
    """What David Clunie's dciodvfy holds against a file."""
    done = subprocess.run(
        [tool("dciodvfy"), str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    lines = (done.stdout + done.stderr).splitlines()
    return [line for line in lines if line.startswith("Error")]


def judged(path: Path) -> None:
    """Hold a file to dciodvfy and dcmftest, and a report to dsrdump."""
    found = faults(path)
    assert found == [], f"{path.name}: {found}"
    done = subprocess.run([tool("dcmftest"), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    if path.name == "sr.dcm":
        dump = subprocess.run([tool("dsrdump"), "+U8", str(path)], capture_output=True, check=False)
        text = (dump.stdout + dump.stderr).decode("utf-8", errors="replace")
        assert dump.returncode == 0, text
        problems = [line for line in text.splitlines() if line.startswith(("E:", "F:"))]
        assert problems == [], problems
