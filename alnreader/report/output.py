"""What a reading leaves on disk: the PDF, the JSON document, and the pictures of each image."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from alnreader.case import atomic
from alnreader.case.case import Case, Reading
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.case.region import union
from alnreader.dicom.pictures import PROGRAM_MARK
from alnreader.report.document import encode, readings_document
from alnreader.report.heat import heat_map_of, levels
from alnreader.report.text import file_name, file_stem
from alnreader.report.visible import shown

_PNG_COMPRESSION = 6
"""zlib's own default, named so that another Pillow does not change the bytes."""


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    document
        The JSON document, encoded, whether or not it went to a file.
    reports
        The PDFs.
    """

    document: bytes
    reports: tuple[Path, ...]


def write_reading(
    reading: Reading,
    report: Path | None = None,
    json: Path | None = None,
    out_dir: Path | None = None,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
    *,
    dated: bool = True,
) -> Written:
    """Write one patient's reading. See `write_readings`."""
    return write_readings([reading], report, json, out_dir, progress, cancel, dated=dated)


def write_readings(
    readings: Sequence[Reading],
    report: Path | None = None,
    json: Path | None = None,
    out_dir: Path | None = None,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
    *,
    dated: bool = True,
) -> Written:
    """Write readings: all the outputs together, or, after any failure or a stop, none of them.

    Parameters
    ----------
    readings
        One a patient.
    report
        The PDF. With several patients each gets a file of its own, so that one can be filed: the patient's
        number and ID are added to the name.
    json
        The document of `alnreader.report.document`.
    out_dir
        Folder for the pictures of each image, made where it is missing; with several patients a folder each
        in it.
    progress, cancel
        Steps are images, then reports.
    dated
        Whether the PDF says when it was made.

    Returns
    -------
    Written

    Raises
    ------
    CannotWriteError
        If an output cannot be written: nothing of it is left, older files are as they were.
    UnreadableInputError
        If an image can no longer be decoded.
    """
    token = cancel if cancel is not None else CancelToken()
    total = (sum(len(reading.case.images) for reading in readings) if out_dir else 0) + (
        len(readings) if report else 0
    )
    done = 0
    files: list[dict[ImageKey, dict[str, str | None]] | None] = []
    with atomic.Outbox(_inputs(reading.case for reading in readings)) as outbox:
        for number, reading in enumerate(map(shown, readings), start=1):
            if out_dir is None:
                files.append(None)
                continue
            folder = "" if len(readings) == 1 else patient_folder(number, reading.case.patient.patient_id)
            listed: dict[ImageKey, dict[str, str | None]] = {}
            for place, image in enumerate(reading.case.images, start=1):
                token.check()
                progress(done, total, f"Writing {file_name(image.source)}")
                names = picture_names(place, image, folder)
                pictures = _pictures(reading, image)
                for kind, content in pictures.items():
                    outbox.add(out_dir / names[kind], content)
                listed[image.key] = {kind: names[kind] if kind in pictures else None for kind in names}
                done += 1
            files.append(listed)
        document = encode(readings_document(readings, files))
        if json is not None:
            outbox.add(json, document)
        reports = [] if report is None else report_paths(report, readings)
        for path, reading in zip(reports, readings, strict=bool(reports)):
            token.check()
            progress(done, total, "Writing the report")
            # reportlab costs a third of a second to import, and a run without a report has no need of it.
            from alnreader.report.pdf import render_pdf

            outbox.add(path, render_pdf(reading, dated))
            done += 1
        token.check()
    progress(done, total, "Written")
    return Written(document, tuple(reports))


def report_paths(report: Path, readings: Sequence[Reading]) -> list[Path]:
    """Return where each patient's report goes: the path itself where there is one patient."""
    if len(readings) == 1:
        return [report]
    return [
        report.with_name(
            f"{report.stem}-{patient_folder(number, reading.case.patient.patient_id)}{report.suffix}"
        )
        for number, reading in enumerate(readings, start=1)
    ]


def check_outputs(
    report: Path | None = None,
    json: Path | None = None,
    out_dir: Path | None = None,
    cases: Iterable[Case] = (),
) -> None:
    """Refuse outputs that cannot be written before a long reading begins. Nothing is left behind.

    Parameters
    ----------
    report, json, out_dir
        As for `write_readings`.
    cases
        Whose files must not be written over.

    Raises
    ------
    CannotWriteError
        As `write_readings` would.
    """
    files = [path for path in (report, json) if path is not None]
    atomic.check_writable(files, [] if out_dir is None else [out_dir], _inputs(cases))


def _inputs(cases: Iterable[Case]) -> frozenset[Path]:
    """Return the real places of the files that the images come from."""
    found: set[Path] = set()
    for case in cases:
        for image in case.images:
            parts = image.source.split("!/")
            # A member of a zip; a folder's own name may hold these characters, too.
            names = ("!/".join(parts[:end]) for end in range(1, len(parts) + 1))
            found.update(Path(os.path.realpath(name)) for name in names)
    return frozenset(found)


def patient_folder(number: int, patient_id: str) -> str:
    """Return the name of a patient's folder: the number keeps apart what looks alike when made safe."""
    stem = file_stem(patient_id)
    return f"patient-{number:03d}-{stem}" if stem else f"patient-{number:03d}"


def picture_names(place: int, image: UltrasoundImage, folder: str = "") -> dict[str, str]:
    """Return the relative names of an image's files, with forward slashes.

    Nothing of the file's own name gets through but letters, digits and dots of ASCII.
    """
    name = file_name(image.source)
    stem = file_stem(name.removesuffix(".dcm") if image.is_dicom else Path(name).stem)
    frame = f"-frame{image.key.frame}" if image.number_of_frames > 1 else ""
    base = f"{place:03d}{'-' if stem else ''}{stem}{frame}"
    prefix = f"{folder}/" if folder else ""
    return {kind: f"{prefix}{base}-{kind}.png" for kind in ("image", "mask", "heatmap")}


def _pictures(reading: Reading, image: UltrasoundImage) -> dict[str, bytes]:
    pixels = image.pixels()
    if pixels.shape != (image.rows, image.columns, 3) or pixels.dtype != np.uint8:
        raise InvalidValueError(f"{image.source}: decoded to {pixels.dtype} of shape {pixels.shape}.")
    shape = (image.rows, image.columns)
    mask = union(reading.case.regions_of(image.key), shape)
    pictures = {"image": _png(pixels), "mask": _png(mask.astype(np.uint8) * np.uint8(255))}
    heat = heat_map_of(reading.heat_maps, image)
    if heat is not None:
        pictures["heatmap"] = _png(levels(heat))
    return pictures


def _png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    # A mask in the folder of its picture must not count as a picture at the next reading.
    mark = PngInfo()
    mark.add_text("Software", PROGRAM_MARK)
    Image.fromarray(pixels).save(stream, "PNG", compress_level=_PNG_COMPRESSION, pnginfo=mark)
    return stream.getvalue()
