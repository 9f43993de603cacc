"""From a structured report and its segmentations back to what was read: values, regions, reads.

What the program wrote, another one (or this one, years later) can take up again. Foreign reports are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np
from highdicom.seg import Segmentation
from highdicom.sr import CodedConcept, ComprehensiveSR, ContentItem, MeasurementReport
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from alnreader.case.assessment import (
    Assessment,
    Decision,
    Hilum,
    NodeCriteria,
    NodeShape,
    NodeStatus,
    Outline,
    Vascularity,
)
from alnreader.case.errors import UnreadableInputError
from alnreader.case.image import ImageKey
from alnreader.case.region import Mask, Origin, Region, RegionKind
from alnreader.case.score import SeenScore
from alnreader.dicom.objects import codes, groups
from alnreader.dicom.objects.segmentation import ALGORITHM_TYPES
from alnreader.dicom.objects.text import from_stamp, plain_person
from alnreader.dicom.quiet import quiet

_ALGORITHM_NAME = Code("111001", "DCM", "Algorithm Name")
_ALGORITHM_VERSION = Code("111003", "DCM", "Algorithm Version")
_ALGORITHM_PARAMETERS = Code("111002", "DCM", "Algorithm Parameters")
_TRACKING = Code("112039", "DCM", "Tracking Identifier")
_FINDING = Code("121071", "DCM", "Finding")

T = TypeVar("T")


@dataclass(frozen=True)
class Quantity:
    """A number with its UCUM unit."""

    value: float
    unit: str


@dataclass(frozen=True, eq=False)
class ReadRegion:
    """A region with its measures as written."""

    label: str
    region: Region
    long_axis: Quantity
    short_axis: Quantity
    area: Quantity
    comments: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ReadImage:
    """What the report says of one image; None where it says nothing."""

    key: ImageKey
    probability: float | None
    kind_probability: float | None
    contribution: float | None
    included: bool
    regions: tuple[ReadRegion, ...]
    comments: tuple[str, ...]


@dataclass(frozen=True)
class ReadFinal:
    """A final read as written; the probability that its signature stands beside, None where it names none."""

    assessment: Assessment
    decision: Decision
    reason: str
    signed_by: str
    signed: datetime | None
    amendment_reason: str
    probability: float | None


@dataclass(frozen=True, eq=False)
class ReadModel:
    """What TID 4019 says of the model."""

    name: str
    version: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ReadReport:
    """All that a report of the program says.

    Attributes
    ----------
    patient_id, patient_name
        As stored, the name with its groups.
    complete, verified
        Completion Flag and Verification Flag.
    mode
        How the reading was done.
    comments
        At the head of the report: a demonstration model is named there.
    probability, threshold, interval, baseline, above_threshold
        Of the patient; None without a score. Where no image counts there are threshold and baseline alone.
    model
        The algorithm that the patient's probability comes from, None without a score.
    revealed
        The probability that the reader was shown last: no result. None where none is told.
    first_read, final_read, superseded
        What humans said; the final read is the one that was signed last.
    pending
        A final read that nobody has signed.
    images
        In the case's order.
    """

    patient_id: str
    patient_name: str
    complete: bool
    verified: bool
    mode: str
    comments: tuple[str, ...]
    probability: float | None
    threshold: float | None
    interval: tuple[float, float] | None
    baseline: float | None
    above_threshold: bool | None
    model: ReadModel | None
    revealed: SeenScore | None
    first_read: Assessment | None
    final_read: ReadFinal | None
    superseded: tuple[ReadFinal, ...]
    pending: ReadFinal | None
    images: tuple[ReadImage, ...]


def read_report(report: Dataset, segmentations: Iterable[Dataset]) -> ReadReport:
    """Read a report of the program with the segmentations that it refers to.

    Parameters
    ----------
    report
        The structured report as pydicom reads it.
    segmentations
        At least those of its regions.

    Raises
    ------
    UnreadableInputError
        If it is no such report, or a segmentation is missing or of another kind.
    """
    with quiet():
        try:
            return _read(ComprehensiveSR.from_dataset(report), segmentations)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RuntimeError) as error:
            uid = report.get("SOPInstanceUID", "")
            raise UnreadableInputError(f"Not a report of ALN Reader ({uid}): {error}.") from error


def _read(document: ComprehensiveSR, segmentations: Iterable[Dataset]) -> ReadReport:
    content = document.content
    if not isinstance(content, MeasurementReport):
        raise ValueError("its template is not TID 1500")
    root = _Items(content[0].ContentSequence)
    named: dict[str, _Items] = {}
    pictures: dict[str, _Items] = {}
    for group in content.get_image_measurement_groups():
        items = _Items(group[0].ContentSequence)
        name = items.needed(_TRACKING, str)
        target = pictures if name.startswith("Image ") else named
        target[name] = items
    regions = _regions(content, {str(item.SOPInstanceUID): item for item in segmentations})
    patient = named.get(groups.PATIENT)
    return ReadReport(
        patient_id=str(document.get("PatientID") or ""),
        patient_name=str(document.get("PatientName") or ""),
        complete=document.CompletionFlag == "COMPLETE",
        verified=document.VerificationFlag == "VERIFIED",
        mode=root.needed(codes.READING_MODE, str),
        comments=root.texts(codes.COMMENT),
        probability=None if patient is None else patient.number(codes.PATIENT_PROBABILITY),
        threshold=None if patient is None else patient.number(codes.THRESHOLD),
        interval=None if patient is None else patient.interval(),
        baseline=None if patient is None else patient.number(codes.BASELINE),
        above_threshold=None if patient is None else patient.yes(codes.ABOVE_THRESHOLD),
        model=None if patient is None else patient.model(),
        revealed=named[groups.REVEALED].seen() if groups.REVEALED in named else None,
        first_read=named[groups.FIRST_READ].assessment() if groups.FIRST_READ in named else None,
        final_read=named[groups.FINAL_READ].final() if groups.FINAL_READ in named else None,
        superseded=tuple(
            items.final() for name, items in named.items() if name.startswith(groups.SUPERSEDED)
        ),
        pending=named[groups.PENDING].final() if groups.PENDING in named else None,
        images=tuple(_image(items, regions.get(name, ())) for name, items in pictures.items()),
    )


def _image(items: _Items, regions: tuple[ReadRegion, ...]) -> ReadImage:
    return ReadImage(
        key=items.image(),
        probability=items.number(codes.IMAGE_PROBABILITY),
        kind_probability=items.number(codes.NODE_VIEW_PROBABILITY),
        contribution=items.number(codes.CONTRIBUTION),
        included=items.yes(codes.INCLUDED) is True,
        regions=regions,
        comments=items.texts(codes.COMMENT),
    )


def _regions(
    content: MeasurementReport, segmentations: Mapping[str, Dataset]
) -> dict[str, tuple[ReadRegion, ...]]:
    """Return the regions of each image, by the image's name in the report."""
    opened: dict[str, Segmentation] = {}
    found: dict[str, tuple[ReadRegion, ...]] = {}
    for group in content.get_planar_roi_measurement_groups():
        items = _Items(group[0].ContentSequence)
        picture, _, label = items.needed(_TRACKING, str).partition(", ")
        frame = group.referenced_segmentation_frame
        if frame is None:
            raise ValueError(f"{picture}, {label} refers to no segmentation")
        uid, number = str(frame.referenced_sop_instance_uid), frame.referenced_frame_numbers or [1]
        if uid not in segmentations:
            raise ValueError(f"the segmentation {uid} of {picture}, {label} is missing")
        if uid not in opened:
            opened[uid] = Segmentation.from_dataset(segmentations[uid])
        region = _region(items, opened[uid], number[0])
        found[picture] = (
            *found.get(picture, ()),
            ReadRegion(
                label,
                region,
                items.quantity(codes.LONG_AXIS),
                items.quantity(codes.SHORT_AXIS),
                items.quantity(codes.AREA),
                items.texts(codes.COMMENT),
            ),
        )
    return found


def _region(items: _Items, segments: Segmentation, frame: int) -> Region:
    description = segments.get_segment_description(_segment_of(segments, frame))
    origins = {kind: origin for origin, kind in ALGORITHM_TYPES.items()}
    origin: Origin = origins[description.algorithm_type]
    finding = items.needed(_FINDING, CodedConcept)
    kind = next(kind for kind, code in codes.FINDINGS.items() if codes.same(code, _code(finding)))
    if not codes.same(_code(description.segmented_property_type), codes.FINDINGS[kind]):
        raise ValueError("segmentation and report name different structures")
    return Region(_mask(segments, frame), RegionKind(kind), origin, items.yes(codes.CONFIRMED) is True)


def _segment_of(segments: Segmentation, frame: int) -> int:
    """Return the segment that a frame (1-based) belongs to."""
    per_frame = segments.PerFrameFunctionalGroupsSequence[frame - 1]
    shared = segments.SharedFunctionalGroupsSequence[0]
    holder = per_frame if "SegmentIdentificationSequence" in per_frame else shared
    return int(holder.SegmentIdentificationSequence[0].ReferencedSegmentNumber)


def _mask(segments: Segmentation, frame: int) -> Mask:
    pixels = np.asarray(segments.pixel_array)
    mask: Mask = (pixels if pixels.ndim == 2 else pixels[frame - 1]) > 0
    return mask


def _code(value: Code | CodedConcept) -> Code:
    return Code(value.value, value.scheme_designator, value.meaning)


class _Items:
    """Content items by their names."""

    def __init__(self, items: Iterable[ContentItem]) -> None:
        self._items = list(items)

    def _all(self, name: Code) -> list[ContentItem]:
        return [item for item in self._items if codes.same(_code(item.name), name)]

    def needed(self, name: Code, kind: type[T]) -> T:
        """Return the value of an item that must be there."""
        found = self._all(name)
        if not found:
            raise ValueError(f"{name.meaning!r} is missing")
        value: T = found[0].value
        return kind(value) if kind is str else value  # type: ignore[call-arg]  # str takes it

    def texts(self, name: Code) -> tuple[str, ...]:
        return tuple(str(item.value).replace("\r\n", "\n") for item in self._all(name))

    def text(self, name: Code) -> str:
        return next(iter(self.texts(name)), "")

    def number(self, name: Code) -> float | None:
        found = self._all(name)
        return float(found[0].value) if found else None

    def quantity(self, name: Code) -> Quantity:
        found = self._all(name)
        if not found:
            raise ValueError(f"{name.meaning!r} is missing")
        return Quantity(float(found[0].value), str(found[0].unit.value))

    def yes(self, name: Code) -> bool | None:
        found = self._all(name)
        return codes.same(_code(found[0].value), codes.YES) if found else None

    def answer(self, name: Code, kind: type[codes.Answer]) -> codes.Answer | None:
        found = self._all(name)
        return codes.answer_of(_code(found[0].value), kind) if found else None

    def time(self, name: Code) -> datetime | None:
        found = self._all(name)
        return from_stamp(str(found[0].DateTime)) if found else None

    def person(self, name: Code) -> str:
        return plain_person(self.text(name))

    def interval(self) -> tuple[float, float] | None:
        low, high = self.number(codes.INTERVAL_LOW), self.number(codes.INTERVAL_HIGH)
        return None if low is None or high is None else (low, high)

    def model(self) -> ReadModel:
        return ReadModel(
            self.text(_ALGORITHM_NAME), self.text(_ALGORITHM_VERSION), self.texts(_ALGORITHM_PARAMETERS)
        )

    def image(self) -> ImageKey:
        """Return which frame the group is about."""
        item = next(item for item in self._items if item.ValueType == "IMAGE")
        reference = item.ReferencedSOPSequence[0]
        frame = reference.get("ReferencedFrameNumber")
        return ImageKey(str(reference.ReferencedSOPInstanceUID), 1 if frame is None else int(frame))

    def assessment(self) -> Assessment:
        when, status = self.time(codes.TIME_OF_READ), self.answer(codes.NODE_STATUS, NodeStatus)
        confidence = self.number(codes.CONFIDENCE)
        if when is None or status is None or confidence is None:
            raise ValueError("a read lacks its status, confidence or time")
        criteria = NodeCriteria(
            cortex_mm=self.number(codes.CORTEX),
            focal_bulge=self.yes(codes.FOCAL_BULGE),
            hilum=self.answer(codes.HILUM, Hilum),
            shape=self.answer(codes.SHAPE, NodeShape),
            outline=self.answer(codes.OUTLINE, Outline),
            vascularity=self.answer(codes.VASCULARITY, Vascularity),
        )
        reader, remarks = self.person(codes.READER), self.text(codes.REMARKS)
        return Assessment(status, round(confidence), reader, when, criteria, remarks)

    def seen(self) -> SeenScore:
        when = self.time(codes.TIME_SHOWN)
        probability, threshold = self.number(codes.SHOWN_PROBABILITY), self.number(codes.THRESHOLD)
        if when is None or probability is None or threshold is None:
            raise ValueError("what was shown lacks its probability, threshold or time")
        return SeenScore(when, probability, threshold)

    def final(self) -> ReadFinal:
        decision = self.answer(codes.DECISION, Decision)
        if decision is None:
            raise ValueError("a final read lacks its decision")
        return ReadFinal(
            self.assessment(),
            decision,
            self.text(codes.REASON),
            self.person(codes.SIGNED_BY),
            self.time(codes.TIME_OF_SIGNATURE),
            self.text(codes.AMENDMENT_REASON),
            self.number(codes.SHOWN_PROBABILITY),
        )
