"""DICOM objects that no longer say whose they are: made so from the start, not cleaned afterwards.

First the pictures are de-identified; then the reading is told of these pictures under their new identifiers,
without names, dates and free text; then its objects are written as any reading's are. Pictures and objects go
out together.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case import atomic
from alnreader.case.case import Case, Reading
from alnreader.case.clock import NO_DATE
from alnreader.case.errors import CannotWriteError, UnreadableInputError
from alnreader.case.image import ImageKey, PixelLoader, UltrasoundImage
from alnreader.case.language import mark
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.paths import SCRATCH_PREFIX
from alnreader.report.objects import Choices, Finish, check_folder, write_objects

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from alnreader.dicom.deidentify import Deidentifier
    from alnreader.dicom.files import Location

PICTURES = "pictures"
"""Folder of the pictures in the export; the objects lie beside it."""

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
        As `write_objects`, and as `check_apart_from_images`.
    """
    check_apart_from_images(reading.case, [out_dir])
    check_folder(out_dir)
    token = cancel if cancel is not None else CancelToken()
    try:
        with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX) as scratch:
            folder = Path(scratch)
            code, pictures = _pictures(reading, worker, folder / PICTURES, token)
            loaders = {image.key: _loader(image, pictures[image.key]) for image in reading.case.images}
            nobody = _nobody(reading, worker, code, loaders)
            finish = _finisher(worker, code)
            written = write_objects(nobody, choices, folder / "objects", progress, token, NO_DATE, finish)
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


def check_apart_from_images(case: Case, outputs: Iterable[Path | None]) -> None:
    """Refuse files and folders among the originals.

    That is: in a folder that holds an image of the case, or below; and where the case lies in several
    folders, in the one that holds them all, down to them. It is what was opened, and copies beside them would
    be read with them the next time. A folder of its own beside them is taken (docs/decisions/0255).

    Raises
    ------
    CannotWriteError
        If one is.
    """
    from alnreader.dicom.deidentify.target import check_apart

    originals = dict.fromkeys(_location(image).path for image in case.images)
    folders = {path.parent.resolve() for path in originals}
    for output in outputs:
        if output is not None:
            check_apart(output, originals)
            _check_not_above(output, folders)


def _check_not_above(output: Path, folders: Set[Path]) -> None:
    """Refuse a folder from the one that holds all of these folders down to them; one alone is in none."""
    if len({folder.anchor for folder in folders}) != 1:
        return  # on several drives
    whole, target = Path(os.path.commonpath(folders)), output.resolve()
    if target.is_relative_to(whole) and any(folder.is_relative_to(target) for folder in folders):
        raise CannotWriteError(
            mark(
                "{folder} holds the folders of the originals: copies in it would be taken for originals the "
                "next time. Name another folder."
            ).format(folder=output)
        )


def survey_case(
    case: Case, worker: Deidentifier, progress: Progress = no_progress, cancel: CancelToken | None = None
) -> None:
    """Look through the files of a case, for a preview. Nothing is written.

    ``worker.items`` are the case's files afterwards, and ``worker.refused`` those of them that cannot be
    cleaned: a zip holds files of other patients, too.
    """
    files = {str(_location(image)) for image in case.images}
    paths = dict.fromkeys(_location(image).path for image in case.images)
    worker.survey(paths, progress, cancel, only=files)
    worker.refused = tuple(skip for skip in worker.refused if skip.path in files)


def cleaned_reading(
    reading: Reading, worker: Deidentifier, cancel: CancelToken | None = None
) -> tuple[str, Reading]:
    """Return the patient's code and the reading without identity, its pictures as the preview shows them.

    Parameters
    ----------
    reading, cancel
        As for `write_deidentified`.
    worker
        With the user's decisions.

    Raises
    ------
    UnreadableInputError
        As `write_deidentified`.
    """
    from alnreader.dicom.deidentify.reading import BlankedLoader

    code = _checked(reading, worker, cancel)
    areas = {str(item.location): worker.area_of(item) for item in worker.items}
    loaders = {image.key: BlankedLoader(image, areas[str(_location(image))]) for image in reading.case.images}
    return code, _nobody(reading, worker, code, loaders)


def _checked(reading: Reading, worker: Deidentifier, cancel: CancelToken | None) -> str:
    """Look through the case's files, refuse what cannot be cleaned, and return the patient's code."""
    survey_case(reading.case, worker, cancel=cancel)
    refused = {skip.path: skip.reason for skip in worker.refused}
    worker.refused = ()
    found = {str(item.location) for item in worker.items}
    for image in reading.case.images:
        place = str(_location(image))
        if place not in found:
            raise UnreadableInputError(f"{place}: {refused.get(place, 'cannot be de-identified')}.")
    unknown = [str(item.location) for item in worker.items if not item.writable]
    if unknown:
        raise UnreadableInputError(
            f"It cannot be told of {len(unknown)} of {len(worker.items)} pictures where the ultrasound ends "
            f"and writing begins, first {unknown[0]}. Look at them; if nothing in them names the patient, "
            "say that whole pictures may stay (--whole-pictures)."
        )
    codes = {item.code for item in worker.items}
    if len(codes) != 1:
        raise UnreadableInputError(
            f"{reading.case.patient.label}: the pictures carry {len(codes)} patient identities, which would "
            "get a code each. De-identify them apart."
        )
    return codes.pop()


def _pictures(
    reading: Reading, worker: Deidentifier, folder: Path, token: CancelToken
) -> tuple[str, dict[ImageKey, Path]]:
    """Write the case's pictures without identity; return the patient's code and where each image is."""
    code = _checked(reading, worker, token)
    result = worker.write(folder, cancel=token, passing=True)
    if result.refused:
        first = result.refused[0]
        raise UnreadableInputError(f"{first.path}: {first.reason}.")
    written = {str(item.location): path for item, path in zip(worker.items, result.written, strict=True)}
    # Two frames of one cine are one file.
    places = {image.key: written[str(_location(image))] for image in reading.case.images}
    return code, places


def _nobody(
    reading: Reading, worker: Deidentifier, code: str, loaders: Mapping[ImageKey, PixelLoader]
) -> Reading:
    from alnreader.dicom.deidentify.reading import without_identity

    return without_identity(reading, worker.pseudonyms, code, loaders, sex=worker.options.characteristics)


def _finisher(worker: Deidentifier, code: str) -> Finish:
    from alnreader.dicom.deidentify.clean import mark

    whole = "whole picture kept by decision of the user" if worker.options.whole_pictures else ""
    blanked = any(item.kind.has_picture and item.share < 1 for item in worker.items)

    def finish(dataset: Dataset) -> None:
        shows_one = "PixelData" in dataset and dataset.Modality != "SEG"
        mark(dataset, code, blanked and shows_one, worker.options.characteristics, whole)

    return finish


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
