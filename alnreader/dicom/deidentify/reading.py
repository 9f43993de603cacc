"""A reading without what names the patient: what a report or an export that leaves the house is made from."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from alnreader.case.assessment import Assessment, FinalRead
from alnreader.case.case import Reading, Skipped
from alnreader.case.clock import NO_DATE
from alnreader.case.image import ImageKey, PixelLoader, Pixels, UltrasoundImage
from alnreader.case.patient import Patient, Study
from alnreader.case.protocol import HumanReading
from alnreader.case.score import ImageScore, ScopeWarning, Score
from alnreader.dicom.deidentify.area import Area, AreaKind, area_of_regions, area_of_whole_screen, detect_area
from alnreader.dicom.deidentify.clean import Change
from alnreader.dicom.deidentify.mapping import Pseudonyms
from alnreader.dicom.deidentify.rules import Fate

NOBODY = "DE-IDENTIFIED"
"""Patient ID of a reading without identity, where no code is given."""

LOOK = "No ultrasound regions in the file: writing within the picture may have stayed. Look at it."
"""Note on an image of which it is not certain what was blanked."""

REMOVED = "Removed"
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


@dataclass(frozen=True)
class BlankedLoader:
    """Decodes a frame and blanks what lies outside the ultrasound, as far as that is known.

    Attributes
    ----------
    image
        Of the case.
    area
        What stays, where that was decided; found out frame by frame if None.
    """

    image: UltrasoundImage
    area: Area | None = None

    def __call__(self, frame: int) -> Pixels:
        """Decode a frame (1-based): ``(H, W, 3) uint8 RGB``."""
        pixels = self.image.loader(frame)
        area = self.area if self.area is not None else area_of_image(self.image, pixels)
        return area.apply(pixels)


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
    sex: bool = False,
) -> Reading:
    """Return the reading without names, numbers, dates, times, free text, institution and file names.

    Readers become numbers. UIDs become others, the same ones for the same old ones (PS3.15 E.3.9), and pixels
    outside the ultrasound black.

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
    sex
        Keep the patient's sex (PS3.15 E.3.7).
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
    seen = reading.last_seen
    return Reading(
        case=nobody,
        score=None if reading.score is None else _dateless(_other_keys(reading.score, keys)),
        heat_maps={keys[key]: heat for key, heat in reading.heat_maps.items()},
        # Paths and reasons name folders and patients.
        skipped=tuple(Skipped(f"file-{n:03d}", "not read") for n, _ in enumerate(reading.skipped, start=1)),
        human=None if reading.human is None else _nameless(reading.human),
        cut_offs=reading.cut_offs,
        model=reading.model,
        seen=() if seen is None else (dataclasses.replace(seen, when=NO_DATE),),
        # A reason may name a file.
        no_score="",
        signed_probabilities=reading.signed_probabilities,
    )


def changes_of(reading: Reading) -> tuple[Change, ...]:
    """Return what happens to the words that people wrote in a reading, for a preview.

    What happens to the attributes of the pictures is told by `Deidentifier.preview`.
    """
    before, after = _words_of(reading), _words_of(without_identity(reading))
    return tuple(
        Change(place, old, Fate.DUMMY if new else Fate.REMOVE, new)
        for (place, old), (_, new) in zip(before, after, strict=True)
        if old
    )


def _words_of(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield place and value of everything in a reading that may name someone, in an order that stays."""
    yield "Site", reading.site
    human = reading.human
    if human is None:
        return
    if human.first_read is not None:
        yield from _words_of_read("First read", human.first_read)
    for number, version in enumerate(human.versions, start=1):
        name = f"Signed read {number}"
        yield from _words_of_read(name, version.final_read.assessment)
        yield f"{name}, reason", version.final_read.reason
        yield f"{name}, signed by", version.signed_by
        yield f"{name}, signed at", _time(version.when)
        yield f"{name}, amended because", version.amendment_reason
    if human.final_read is not None:
        yield from _words_of_read("Final read", human.final_read.assessment)
        yield "Final read, reason", human.final_read.reason
    yield "Amendment open because", human.amendment_reason


def _words_of_read(name: str, read: Assessment) -> Iterator[tuple[str, str]]:
    yield f"{name}, reader", read.reader
    yield f"{name}, time", _time(read.when)
    yield f"{name}, remarks", read.remarks


def _time(when: datetime) -> str:
    return "" if when == NO_DATE else f"{when:%Y-%m-%d %H:%M}"


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


def _dateless(score: Score) -> Score:
    """Return the score with warnings that tell no date; notes of files are told by the images themselves."""

    def clean(warnings: tuple[ScopeWarning, ...]) -> tuple[ScopeWarning, ...]:
        return tuple(
            ScopeWarning(warning.code, _DATE.sub("(date removed)", warning.message))
            for warning in warnings
            if warning.code != "note"
        )

    def entry(image: ImageScore) -> ImageScore:
        return dataclasses.replace(image, warnings=clean(image.warnings))

    images = tuple(entry(image) for image in score.images)
    return dataclasses.replace(score, warnings=clean(score.warnings), images=images)


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
