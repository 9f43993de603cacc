"""A reading without what names the patient: what a report or an export that leaves the house is made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from alnreader.case.assessment import Assessment, FinalRead
from alnreader.case.case import Reading, Skipped
from alnreader.case.image import ImageKey, PixelLoader, Pixels, UltrasoundImage
from alnreader.case.patient import Patient, Study
from alnreader.case.protocol import HumanReading
from alnreader.case.score import Score
from alnreader.dicom.deidentify.area import Area, AreaKind, area_of_regions, area_of_whole_screen, detect_area
from alnreader.dicom.deidentify.mapping import Pseudonyms

NOBODY = "DE-IDENTIFIED"
"""Patient ID of a reading without identity, where no code is given."""

LOOK = "No ultrasound regions in the file: writing within the picture may have stayed. Look at it."
"""Note on an image of which it is not certain what was blanked."""

REMOVED = "Removed"
NO_DATE = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class BlankedLoader:
    """Decodes a frame and blanks what lies outside the ultrasound, as far as that is known."""

    image: UltrasoundImage

    def __call__(self, frame: int) -> Pixels:
        """Decode a frame (1-based): ``(H, W, 3) uint8 RGB``."""
        pixels = self.image.loader(frame)
        return area_of_image(self.image, pixels).apply(pixels)


def area_of_image(image: UltrasoundImage, pixels: Pixels) -> Area:
    """Return what of an image stays: its regions, else what is found in its pixels, else unknown."""
    area = area_of_regions(image.calibration, image.rows, image.columns)
    if area.kind is AreaKind.UNKNOWN:
        area = area_of_whole_screen(image.calibration, [pixels])
    return detect_area([pixels]) if area.kind is AreaKind.UNKNOWN else area


def without_identity(
    reading: Reading,
    pseudonyms: Pseudonyms | None = None,
    code: str = NOBODY,
    loaders: Mapping[ImageKey, PixelLoader] | None = None,
    readers: bool = True,
    sex: bool = True,
) -> Reading:
    """Return the reading without name, number, dates, institution, file names and identifiers.

    UIDs become others, the same ones for the same old ones (PS3.15 E.3.9), and pixels outside the ultrasound
    black.

    Parameters
    ----------
    reading
        As read.
    pseudonyms
        Makes the UIDs; new ones every time if None.
    code
        Patient ID.
    loaders
        Decode images that were cleaned before; the others are blanked here.
    readers
        Keep who read, when, and the remarks: a signature without a name is none.
    sex
        Keep the patient's sex.
    """
    secret = pseudonyms or Pseudonyms()
    case = reading.case
    keys = {image.key: ImageKey(secret.uid(image.key.uid), image.key.frame) for image in case.images}

    def other_image(number: int, image: UltrasoundImage) -> UltrasoundImage:
        suffix = "dcm" if image.is_dicom else "png"
        cleaned = (loaders or {}).get(image.key)
        certain = cleaned is not None or _regions_tell(image)
        # A note may name the file.
        notes = tuple(note.replace(image.source, "the file") for note in image.notes)
        return dataclasses.replace(
            image,
            key=keys[image.key],
            source=f"image-{number:03d}.{suffix}",
            loader=cleaned or BlankedLoader(image),
            acquired=None,
            study=secret.uid(image.study),
            series_instance_uid=secret.uid(image.series_instance_uid),
            series_description="",
            notes=notes if certain else (*notes, LOOK),
        )

    nobody = dataclasses.replace(
        case,
        patient=Patient(code, sex=case.patient.sex if sex else ""),
        studies=tuple(
            Study(study_instance_uid=secret.uid(study.study_instance_uid), manufacturer=study.manufacturer)
            for study in case.studies
        ),
        images=tuple(other_image(number, image) for number, image in enumerate(case.images, start=1)),
        regions={keys[key]: regions for key, regions in case.regions.items()},
        excluded=frozenset(keys[key] for key in case.excluded),
        revisions={keys[key]: count for key, count in case.revisions.items()},
    )
    return Reading(
        case=nobody,
        score=None if reading.score is None else _other_keys(reading.score, keys),
        heat_maps={keys[key]: heat for key, heat in reading.heat_maps.items()},
        # Paths and reasons name folders and patients.
        skipped=tuple(Skipped(f"file-{n:03d}", "not read") for n, _ in enumerate(reading.skipped, start=1)),
        human=reading.human if readers or reading.human is None else _nameless(reading.human),
        cut_offs=reading.cut_offs,
    )


def _regions_tell(image: UltrasoundImage) -> bool:
    return area_of_regions(image.calibration, image.rows, image.columns).kind is AreaKind.REGIONS


def _other_keys(score: Score, keys: dict[ImageKey, ImageKey]) -> Score:
    return dataclasses.replace(
        score,
        images=tuple(dataclasses.replace(image, key=keys[image.key]) for image in score.images),
        run=dataclasses.replace(
            score.run, revisions={keys[key]: count for key, count in score.run.revisions.items()}
        ),
    )


def _nameless(human: HumanReading) -> HumanReading:
    """Return the human's reading with numbers for readers, one date for all, and no free text."""
    numbers: dict[str, str] = {}

    def reader(name: str) -> str:
        return numbers.setdefault(name, f"Reader {len(numbers) + 1}")

    def read(assessment: Assessment) -> Assessment:
        remarks = REMOVED if assessment.remarks else ""
        return dataclasses.replace(
            assessment, reader=reader(assessment.reader), when=NO_DATE, remarks=remarks
        )

    def final(last: FinalRead) -> FinalRead:
        return FinalRead(
            read(last.assessment), _opt(last.first, read), REMOVED if last.reason.strip() else ""
        )

    return dataclasses.replace(
        human,
        first_read=_opt(human.first_read, read),
        final_read=None if human.final_read is None else final(human.final_read),
        versions=tuple(
            dataclasses.replace(
                version,
                final_read=final(version.final_read),
                signed_by=reader(version.signed_by),
                when=NO_DATE,
                amendment_reason=REMOVED if version.amendment_reason.strip() else "",
            )
            for version in human.versions
        ),
        amendment_reason=REMOVED if human.amendment_reason.strip() else "",
    )


def _opt(assessment: Assessment | None, change: Callable[[Assessment], Assessment]) -> Assessment | None:
    return None if assessment is None else change(assessment)
