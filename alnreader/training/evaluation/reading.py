"""Reads a cohort as the program would: the same engine, the same proposals, the same scores."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alnreader.case.case import Case, HeatMap
from alnreader.case.image import ImageKey, Pixels, UltrasoundImage
from alnreader.case.patient import Patient, Study
from alnreader.case.progress import CancelToken
from alnreader.case.score import ImageScore
from alnreader.inference.encode import Encoded
from alnreader.inference.engine import Engine
from alnreader.inference.heatmaps import Target
from alnreader.training.evaluation.cohort import Entry
from alnreader.training.evaluation.masks import boundary_distance, dice, overlap, points_into
from alnreader.training.manifest import KINDS
from alnreader.training.marks import blank_marks
from alnreader.training.pictures import read_mask, read_rgb

FOUND_OVERLAP = 0.25
"""A lesion counts as found when intersection over union with the proposal is above this: enough for a reader
to see what is meant and correct the edge."""

LYMPH_NODE = KINDS.index("lymph_node")


@dataclass(frozen=True)
class Outline:
    """A proposal's mask, an eighth of its size in memory."""

    shape: tuple[int, int]
    bits: NDArray[np.uint8] = field(repr=False)

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> Outline:
        """Pack a (H, W) mask."""
        return cls((mask.shape[0], mask.shape[1]), np.packbits(mask))

    def mask(self) -> NDArray[np.bool_]:
        """Return the mask, (H, W) bool."""
        flat = np.unpackbits(self.bits, count=self.shape[0] * self.shape[1])
        return flat.reshape(self.shape).astype(np.bool_)


@dataclass(frozen=True)
class Agreement:
    """A proposal against the true mask of a lesion. Distances are None where nothing was outlined."""

    dice: float
    overlap: float
    hausdorff95: float | None
    average: float | None
    hausdorff95_mm: float | None
    average_mm: float | None
    area: float
    """Of the lesion, as a share of the picture."""

    @property
    def found(self) -> bool:
        """Whether the lesion counts as found."""
        return self.overlap > FOUND_OVERLAP


@dataclass(frozen=True)
class PictureResult:
    """What was read in one picture.

    Attributes
    ----------
    proposals, proposed_area
        Outlined structures and their area as a share of the picture.
    empty
        Whether the mask says that there is nothing to find; None where no mask is known.
    agreement
        With the lesion's mask; None where there is no lesion or no mask.
    kind_probability, image_probability
        Of a lymph node, and of a metastasis from this picture alone.
    passed, coloured
        Whether the input check takes it for a picture like those of the training; whether it found colour.
    points, points_patient
        Whether the picture's own and the patient's heat map point into the lesion; None: not known, or zero
        everywhere (`no_map`, `no_map_patient`).
    """

    entry: Entry
    proposals: int
    proposed_area: float
    empty: bool | None
    agreement: Agreement | None
    kind_probability: float
    image_probability: float
    passed: bool
    coloured: bool
    points: bool | None
    no_map: bool
    points_patient: bool | None
    no_map_patient: bool
    outline: Outline

    @property
    def kind_right(self) -> bool | None:
        """Whether the kind is the true one; None where that is not known."""
        kind = self.entry.record.kind
        return None if kind is None else (self.kind_probability > 0.5) == (kind == LYMPH_NODE)


@dataclass(frozen=True)
class PatientResult:
    """What was read of one labelled patient, all pictures under the program's own outlines."""

    entries: tuple[Entry, ...]
    label: bool
    probability: float

    @property
    def name(self) -> str:
        """Patient's ID."""
        return self.entries[0].record.patient

    @property
    def source(self) -> str:
        """Cohort."""
        return self.entries[0].source

    @property
    def node_seen(self) -> bool | None:
        """Whether a picture shows a lymph node; None where no picture's kind is known."""
        kinds = {entry.record.kind for entry in self.entries} - {None}
        return LYMPH_NODE in kinds if kinds else None

    @property
    def extra(self) -> dict[str, str]:
        """Further columns in which all pictures of the patient agree."""
        first = self.entries[0].extra
        return {
            name: value
            for name, value in first.items()
            if all(entry.extra.get(name) == value for entry in self.entries)
        }


Readings = tuple[list[PictureResult], list[PatientResult]]


def read(
    engine: Engine,
    entries: Sequence[Entry],
    *,
    blank: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: CancelToken | None = None,
) -> Readings:
    """Read every patient of a cohort, in the cohort's order.

    Parameters
    ----------
    engine : Engine
    entries : sequence of Entry
    blank : bool
        Blank calipers and captions before reading (`alnreader.training.marks.blank_marks`).
    workers : int
        Threads that read patients side by side. The figures do not depend on it.
    progress : callable
        Told the pictures done and all pictures.
    cancel : CancelToken, optional

    Raises
    ------
    TrainingDataError
        If a picture cannot be decoded.
    CancelledError
        If a stop was asked for.
    """
    token = cancel or CancelToken()
    patients: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        patients[entry.record.split, entry.source, entry.record.patient].append(entry)
    pictures: list[PictureResult] = []
    labelled: list[PatientResult] = []

    def one(group: list[Entry]) -> tuple[list[PictureResult], PatientResult | None]:
        token.check()
        return _read_patient(engine, group, blank)

    pool = ThreadPoolExecutor(workers)
    try:
        for found, patient in pool.map(one, patients.values()):
            pictures += found
            if patient is not None:
                labelled.append(patient)
            progress(len(pictures), len(entries))
    finally:
        pool.shutdown(cancel_futures=True)
    return pictures, labelled


def _image(entry: Entry, pixels: Pixels) -> UltrasoundImage:
    # Patient and name decide the order in the bag: paths differ from disk to disk.
    uid = hashlib.sha256(f"{entry.record.patient}/{entry.record.image.name}".encode()).hexdigest()[:32]
    return UltrasoundImage(
        key=ImageKey(f"{uid}-{entry.record.image}"),
        source=str(entry.record.image),
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        loader=lambda frame: pixels,
        is_dicom=False,
    )


def _read_patient(
    engine: Engine, entries: Sequence[Entry], blank: bool
) -> tuple[list[PictureResult], PatientResult | None]:
    images: list[UltrasoundImage] = []
    encoded: dict[ImageKey, Encoded] = {}
    for entry in entries:
        pixels = read_rgb(entry.record)
        if blank:
            pixels = blank_marks(pixels)
        image = _image(entry, pixels)
        encoded[image.key] = engine.encode(image, pixels)
        images.append(image)
    case = Case(
        patient=Patient(entries[0].record.patient),
        studies=(Study(),),
        images=tuple(images),
        regions={image.key: engine.propose(image, encoded[image.key]) for image in images},
    )
    score = engine.score(case, encoded, interval=False, contributions=False)
    labels = {entry.record.label for entry in entries} - {None}
    own_maps = engine.heat_maps(case, encoded, target=Target.IMAGE)
    patient_maps = engine.heat_maps(case, encoded) if labels else {}
    scored = {one.key: one for one in score.images}
    pictures = [
        _picture(entry, image, case, scored[image.key], own_maps[image.key], patient_maps.get(image.key))
        for entry, image in zip(entries, images, strict=True)
    ]
    if not labels:
        return pictures, None
    return pictures, PatientResult(tuple(entries), 1 in labels, score.probability)


def _picture(
    entry: Entry,
    image: UltrasoundImage,
    case: Case,
    scored: ImageScore,
    own_map: HeatMap,
    patient_map: HeatMap | None,
) -> PictureResult:
    regions = case.regions_of(image.key)
    shape = (image.rows, image.columns)
    outlined = np.zeros(shape, np.bool_)
    for region in regions:
        outlined |= region.mask
    truth = read_mask(entry.record)
    lesion = truth if truth is not None and truth.any() else None
    warnings = {warning.code for warning in scored.warnings}
    return PictureResult(
        entry=entry,
        proposals=len(regions),
        proposed_area=float(outlined.mean()),
        empty=None if truth is None else lesion is None,
        agreement=None if lesion is None else _agreement(lesion, outlined, entry.spacing),
        kind_probability=scored.kind_probability,
        image_probability=scored.probability,
        passed="unlike_training_images" not in warnings,
        coloured="colour_doppler" in warnings,
        points=None if lesion is None else points_into(own_map, lesion),
        no_map=not own_map.any(),
        points_patient=None if lesion is None or patient_map is None else points_into(patient_map, lesion),
        no_map_patient=patient_map is not None and not patient_map.any(),
        outline=Outline.of(outlined),
    )


def _agreement(
    truth: NDArray[np.bool_], found: NDArray[np.bool_], spacing: tuple[float, float] | None
) -> Agreement:
    distance = boundary_distance(truth, found)
    in_mm = boundary_distance(truth, found, spacing) if spacing is not None else None
    return Agreement(
        dice=dice(truth, found),
        overlap=overlap(truth, found),
        hausdorff95=None if distance is None else distance.hausdorff95,
        average=None if distance is None else distance.average,
        hausdorff95_mm=None if in_mm is None else in_mm.hausdorff95,
        average_mm=None if in_mm is None else in_mm.average,
        area=float(truth.mean()),
    )
