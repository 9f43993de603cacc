"""DICOM objects that no longer say whose they are: made so from the start, not cleaned afterwards.

First the pictures are de-identified; then the reading is told of these pictures under their new identifiers,
without names, dates and free text; then its objects are written as any reading's are. Pictures and objects go
out together.
"""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case import atomic
from alnreader.case.case import Reading
from alnreader.case.errors import CannotWriteError, UnreadableInputError
from alnreader.case.image import ImageKey, PixelLoader, UltrasoundImage
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.case.score import ImageScore, ScopeWarning, Score
from alnreader.report.objects import Choices, Finish, check_folder, write_objects

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from alnreader.dicom.deidentify import Deidentifier, Item
    from alnreader.dicom.files import Location

PICTURES = "pictures"
"""Folder of the pictures in the export; the objects lie beside it."""

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_PIECE = 1 << 20


@dataclass(frozen=True)
class Deidentified:
    """What an export without identity left.

    Attributes
    ----------
    code
        Patient ID of everything in it.
    pictures, objects
        The files.
    notes
        Sentences for the user.
    """

    code: str
    pictures: tuple[Path, ...]
    objects: tuple[Path, ...]
    notes: tuple[str, ...]


def write_deidentified(
    reading: Reading,
    choices: Choices,
    out_dir: Path,
    worker: Deidentifier,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Deidentified:
    """Write pictures and objects of a reading without identity: all of them or none.

    Parameters
    ----------
    reading, choices, progress, cancel
        As for `alnreader.report.objects.write_objects`.
    out_dir
        Empty or new.
    worker
        With the user's decisions. Its pseudonyms say afterwards who became whom.

    Raises
    ------
    UnreadableInputError
        If a picture cannot be read any more, or if it cannot be told of one what is ultrasound and what is
        writing: the user has to look.
    CannotWriteError
        As `write_objects`.
    """
    check_folder(out_dir)
    token = cancel if cancel is not None else CancelToken()
    try:
        with tempfile.TemporaryDirectory(prefix="alnreader-") as scratch:
            folder = Path(scratch)
            code, pictures = _pictures(reading, worker, folder / PICTURES, token)
            nobody = _nobody(reading, worker, code, pictures)
            finish = _finisher(worker, code)
            written = write_objects(nobody, choices, folder / "objects", progress, token, _no_date(), finish)
            places = {path: out_dir / PICTURES / path.name for path in _files(folder / PICTURES)}
            places |= {path: out_dir / path.name for path in written.paths}
            with atomic.Outbox() as outbox:
                for path, target in places.items():
                    token.check()
                    outbox.add(target, _pieces(path))
    except OSError as error:
        raise CannotWriteError(
            f"There is no room for the pictures on their way: {error.strerror or error}. Make room, or set "
            "TMPDIR."
        ) from error
    targets = list(places.values())
    return Deidentified(
        code,
        tuple(path for path in targets if path.parent.name == PICTURES),
        tuple(path for path in targets if path.parent.name != PICTURES),
        written.notes,
    )


def _pictures(
    reading: Reading, worker: Deidentifier, folder: Path, token: CancelToken
) -> tuple[str, dict[ImageKey, Path]]:
    """Write the case's pictures without identity; return the patient's code and where each image is."""
    images = {str(_location(image)): image for image in reading.case.images}
    worker.survey(dict.fromkeys(_location(image).path for image in images.values()), cancel=token)
    # A zip or a repeated file holds more than this patient.
    worker.items = tuple(item for item in worker.items if str(item.location) in images)
    refused = {skip.path: skip.reason for skip in worker.refused if skip.path in images}
    worker.refused = ()
    missing = [place for place in images if place not in {str(item.location) for item in worker.items}]
    if missing:
        raise UnreadableInputError(f"{missing[0]}: {refused.get(missing[0], 'cannot be de-identified')}.")
    unknown = [str(item.location) for item in worker.items if not item.writable]
    if unknown:
        raise UnreadableInputError(
            f"It cannot be told of {len(unknown)} of {len(images)} pictures where the ultrasound ends and "
            f"writing begins, first {unknown[0]}. Look at them; if nothing in them names the patient, say "
            "that whole pictures may stay (--whole-pictures)."
        )
    result = worker.write(folder, cancel=token)
    if result.refused:
        first = result.refused[0]
        raise UnreadableInputError(f"{first.path}: {first.reason}.")
    written: dict[str, tuple[Item, Path]] = {
        str(item.location): (item, path) for item, path in zip(worker.items, result.written, strict=True)
    }
    codes = {item.code for item, _ in written.values()}
    if len(codes) != 1:
        raise UnreadableInputError(
            f"{reading.case.patient.label}: the pictures carry {len(codes)} patient identities, which would "
            "get a code each. De-identify them apart."
        )
    # Two frames of one cine are one file.
    places = {image.key: written[str(_location(image))][1] for image in reading.case.images}
    return codes.pop(), places


def _nobody(reading: Reading, worker: Deidentifier, code: str, pictures: dict[ImageKey, Path]) -> Reading:
    from alnreader.dicom.deidentify.reading import without_identity

    loaders: dict[ImageKey, PixelLoader] = {
        image.key: _loader(image, pictures[image.key]) for image in reading.case.images
    }
    sex = worker.options.characteristics
    nobody = without_identity(reading, worker.pseudonyms, code, loaders, readers=False, sex=sex)
    score = None if nobody.score is None else _dateless(nobody.score)
    return dataclasses.replace(nobody, score=score, model=reading.model)


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


def _finisher(worker: Deidentifier, code: str) -> Finish:
    from alnreader.dicom.deidentify.clean import mark

    whole = "whole picture kept by decision of the user" if worker.options.whole_pictures else ""

    def finish(dataset: Dataset) -> None:
        mark(dataset, code, "PixelData" in dataset, worker.options.characteristics, whole)

    return finish


def _no_date() -> datetime:
    from alnreader.dicom.deidentify.reading import NO_DATE

    return NO_DATE


def _location(image: UltrasoundImage) -> Location:
    from alnreader.dicom.files import Location

    location = getattr(image.loader, "location", None)
    return location if isinstance(location, Location) else Location(Path(image.source))


def _loader(image: UltrasoundImage, path: Path) -> PixelLoader:
    from alnreader.dicom.files import Location
    from alnreader.dicom.pictures import PictureLoader
    from alnreader.dicom.pixels import DicomLoader

    return DicomLoader(Location(path)) if path.suffix == ".dcm" else PictureLoader(Location(path))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
