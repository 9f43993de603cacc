"""A reading without what names the patient, for an export that leaves the house."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets

from alnreader.case.case import Reading, Skipped
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.patient import Patient, Study
from alnreader.case.score import Score

NOBODY = "DE-IDENTIFIED"
"""Patient ID of every export without identity."""


def without_identity(reading: Reading) -> Reading:
    """Return the reading without name, number, dates, institution, file names and identifiers.

    UIDs become others (PS3.15 E.3.9: consistent within the export, not reversible). Sex stays, and so do the
    times under the human's reads; pixels are as they are: what is written into the picture is not found.
    """
    salt = secrets.token_bytes(16)

    def other_uid(uid: str) -> str:
        if not uid:
            return uid
        number = int.from_bytes(hashlib.sha256(salt + uid.encode()).digest()[:16], "big")
        return f"2.25.{number}"  # PS3.5 B.2: a UID made of a 128-bit number

    case = reading.case
    keys = {image.key: ImageKey(other_uid(image.key.uid), image.key.frame) for image in case.images}

    def other_image(number: int, image: UltrasoundImage) -> UltrasoundImage:
        suffix = "dcm" if image.is_dicom else "png"
        return dataclasses.replace(
            image,
            key=keys[image.key],
            source=f"image-{number:03d}.{suffix}",
            acquired=None,
            study=other_uid(image.study),
            series_instance_uid=other_uid(image.series_instance_uid),
            series_description="",
            # A note may name the file.
            notes=tuple(note.replace(image.source, "the file") for note in image.notes),
        )

    anonymous = dataclasses.replace(
        case,
        patient=Patient(NOBODY, sex=case.patient.sex),
        studies=tuple(
            Study(study_instance_uid=other_uid(study.study_instance_uid), manufacturer=study.manufacturer)
            for study in case.studies
        ),
        images=tuple(other_image(number, image) for number, image in enumerate(case.images, start=1)),
        regions={keys[key]: regions for key, regions in case.regions.items()},
        excluded=frozenset(keys[key] for key in case.excluded),
        revisions={keys[key]: count for key, count in case.revisions.items()},
    )
    return Reading(
        case=anonymous,
        score=None if reading.score is None else _other_keys(reading.score, keys),
        heat_maps={keys[key]: heat for key, heat in reading.heat_maps.items()},
        # Paths and reasons name folders and patients.
        skipped=tuple(Skipped(f"file-{n:03d}", "not read") for n, _ in enumerate(reading.skipped, start=1)),
        human=reading.human,
        cut_offs=reading.cut_offs,
        model=reading.model,
    )


def _other_keys(score: Score, keys: dict[ImageKey, ImageKey]) -> Score:
    return dataclasses.replace(
        score,
        images=tuple(dataclasses.replace(image, key=keys[image.key]) for image in score.images),
        run=dataclasses.replace(
            score.run, revisions={keys[key]: count for key, count in score.run.revisions.items()}
        ),
    )
