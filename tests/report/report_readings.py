"""Readings to make reports of: simulated patients, and quick made-up ones."""

from __future__ import annotations

import datetime
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from alnreader.case.case import Case, Reading, Skipped
from alnreader.case.image import CalibrationRegion, ImageKey, UltrasoundImage
from alnreader.case.patient import Patient, PersonName, Study
from alnreader.case.region import Mask, Region, RegionKind
from alnreader.case.score import ImageScore, ModelSummary, RunRecord, ScopeWarning, Score

if TYPE_CHECKING:
    from alnreader.simulation import SimulatedPatient

CHINESE = PersonName("Zhang^Yaping", "张^䶮萍", "")

MODEL = ModelSummary(
    name="demo-b0",
    version="0.1",
    sha256="3f" * 32,
    demonstration=True,
    title="Two-stage reader, SegFormer B0",
    intended_use="Research and demonstration of a second reader. Not for any decision about a patient.",
    training_data="Simulated patients; real breast ultrasound for the outlines only.",
    citation="After the two-stage network of doi 10.0000/example.",
    limitations=(
        "The metastasis labels are simulated: the probability says nothing about a real patient.",
        "Colour Doppler was not part of the training.",
    ),
    threshold=0.42,
    operating_point="sensitivity 85 %",
    sensitivity=0.85,
    specificity=0.7,
    chosen_on="its validation set of simulated patients",
    licence="Apache-2.0",
)


def picture(number: int, rows: int = 96, columns: int = 128, **facts: object) -> UltrasoundImage:
    """A quick picture: speckle without anatomy."""
    noise = np.random.default_rng(number).integers(0, 160, (rows, columns, 1), dtype=np.uint8)
    pixels = np.repeat(noise, 3, axis=2)
    key = ImageKey(f"1.2.826.0.1.3680043.10.{number}", 1)
    return UltrasoundImage(key, f"/data/IM{number:04d}.dcm", rows, columns, lambda frame: pixels, **facts)  # type: ignore[arg-type]


def disc(rows: int, columns: int, size: float = 0.2, x: float = 0.5, y: float = 0.5) -> Mask:
    """An ellipse; sizes and places as shares of the picture."""
    down, right = np.mgrid[:rows, :columns]
    radius = size * min(rows, columns)
    mask: Mask = ((right - x * columns) / (1.6 * radius)) ** 2 + ((down - y * rows) / radius) ** 2 <= 1.0
    mask[int(y * (rows - 1)), int(x * (columns - 1))] = True
    return mask


def score_of(
    case: Case,
    probability: float = 0.31,
    model: ModelSummary = MODEL,
    warnings: tuple[ScopeWarning, ...] = (),
) -> Score:
    """A score whose contributions add up."""
    baseline, count = 0.2, len(case.images)
    weights = np.random.default_rng(count).normal(size=count) if count else np.zeros(1)
    shares = weights - weights.mean()
    shares = np.clip(shares * 0.1 + 0.9 * (probability - baseline) / max(count, 1), -0.9, 0.9)
    entries = tuple(
        ImageScore(
            image.key,
            case.regions_of(image.key)[0].kind if case.regions_of(image.key) else RegionKind.TUMOUR,
            0.93 if number % 3 == 2 else 0.04,
            0.3 + 0.5 * abs(float(shares[number])),
            float(shares[number]),
            min(max(probability - float(shares[number]), 0.0), 1.0) if count > 1 else None,
        )
        for number, image in enumerate(case.images)
    )
    interval = (max(probability - 0.06, 0.0), min(probability + 0.07, 1.0))
    revisions = {image.key: case.input_revision(image.key) for image in case.images}
    run = RunRecord(model, "0.1.0", "CPU (2 threads)", {"height": 512, "width": 512}, revisions)
    return Score(probability, interval, baseline, entries, warnings, run)


def reading_of(
    images: tuple[UltrasoundImage, ...],
    regions: dict[ImageKey, tuple[Region, ...]] | None = None,
    *,
    patient: Patient | None = None,
    study: Study | None = None,
    probability: float | None = 0.31,
    model: ModelSummary = MODEL,
    warnings: tuple[ScopeWarning, ...] = (),
    skipped: tuple[Skipped, ...] = (),
) -> Reading:
    """A reading of given pictures, with a heat map on each where there is a score."""
    case = Case(
        patient or Patient("P-0042", CHINESE, datetime.date(1961, 3, 9), "F"),
        (
            study
            or Study("1.2.3", datetime.date(2024, 5, 6), None, "Breast US", "A77", "市立医院 City Hospital"),
        ),
        images,
        regions or {},
    )
    if probability is None:
        return Reading(case, None, {}, skipped)
    return Reading(
        case,
        score_of(case, probability, model, warnings),
        {image.key: heat(image, case.regions_of(image.key)) for image in images},
        skipped,
    )


def heat(image: UltrasoundImage, regions: tuple[Region, ...]) -> np.ndarray:
    """A soft spot on the first region, or on nothing."""
    down, right = np.mgrid[: image.rows, : image.columns]
    if not regions:
        return np.zeros((image.rows, image.columns), dtype=np.float32)
    rows, columns = np.nonzero(regions[0].mask)
    distance = (down - rows.mean()) ** 2 + (right - columns.mean()) ** 2
    return np.exp(-distance / max(regions[0].mask.sum(), 1) * 1.5).astype(np.float32)


@cache
def simulated(seed: int = 3, images: int = 6) -> SimulatedPatient:
    # scipy takes its time to import, and most of these tests have no need of it.
    from alnreader.simulation import simulate_patient

    return simulate_patient(seed, images)


def simulated_reading(seed: int = 3, images: int = 6) -> Reading:
    """What the program would say of a simulated patient, outlines as the truth has them."""
    patient = simulated(seed, images)
    pictures, regions = [], {}
    for number, one in enumerate(patient.images, start=1):
        rows, columns = one.mask.shape
        key = ImageKey(f"1.2.826.0.1.3680043.10.543.{seed}.{number}")
        pictures.append(
            UltrasoundImage(
                key,
                f"/data/patient/IM{number:04d}.dcm",
                rows,
                columns,
                lambda frame, pixels=one.pixels: pixels,
                calibration=tuple(
                    CalibrationRegion(r.x0, r.y0, r.x1, r.y1, r.mm_per_pixel_x, r.mm_per_pixel_y)
                    for r in one.regions
                ),
                laterality=one.laterality,
                acquired=datetime.datetime(2024, 5, 6, 10, 40, number),
            )
        )
        regions[key] = (Region(one.mask, RegionKind(one.kind)),)
    return reading_of(
        tuple(pictures),
        regions,
        warnings=(
            ScopeWarning("unlike_training_images", "Image 2 is unlike the images the model was trained on."),
        ),
        skipped=(Skipped("/data/patient/notes.txt", "Not a DICOM file and not a picture."),),
    )
