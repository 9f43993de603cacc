"""From folders, DICOMDIRs, zips and loose files to one case a patient, by headers alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from alnreader.case.case import Case, Skipped
from alnreader.case.errors import InvalidValueError, UnreadableInputError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.language import mark
from alnreader.case.patient import Study
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.dicom.accept import acceptance_note
from alnreader.dicom.calibration import calibration_regions
from alnreader.dicom.dicomdir import is_dicomdir, missing_note
from alnreader.dicom.files import Location, walk
from alnreader.dicom.grouping import Found, group, person_name
from alnreader.dicom.header import Header, looks_like_dicom, open_content, read_header
from alnreader.dicom.pictures import PictureLoader, inspect_picture, looks_like_picture
from alnreader.dicom.pixels import DicomLoader, inspect_pixels, middle_frame
from alnreader.dicom.refusal import Refusal, RefusedError, refusing

THREADS = 4
"""Files that are read at once: enough to hide the latency of a disk or a share, not to fill a machine."""

INCOMPLETE = "INCOMPLETE.json"
"""Stands in the folder of a study that was not fetched completely (`alnreader.dicom.network.inbox`)."""

_COMPARE_BYTES = 1 << 20
_REPORT_EVERY = 50


@dataclass(frozen=True)
class Discovery:
    """What was found.

    Attributes
    ----------
    patients
        One case a patient, no regions yet; a cine is one image, at its middle frame.
    skipped
        Every file that was offered and is not among them, with the reason, in order of their paths.
    """

    patients: tuple[Case, ...]
    skipped: tuple[Skipped, ...]


def discover(
    paths: Iterable[Path | str], progress: Progress = no_progress, cancel: CancelToken | None = None
) -> Discovery:
    """Find the ultrasound pictures below some paths.

    Parameters
    ----------
    paths
        Folders, DICOMDIRs, zips, DICOM, PNG and JPEG files.
    progress
        Told what is done: first the files met (total 0), then those read.
    cancel
        Heeded between files.

    Raises
    ------
    CancelledError
        If the token says so.
    """
    token = cancel or CancelToken()
    locations: list[Location] = []
    skipped: list[Skipped] = []
    for met in walk([Path(path) for path in paths], token):
        if isinstance(met, Location):
            locations.append(met)
        else:
            skipped.append(Skipped(*met))
        if len(locations) % _REPORT_EVERY == 0:
            progress(len(locations), 0, "Looking for files")
    found = _read_all(locations, progress, token, skipped)
    found = _without_doubles(found, skipped)
    return Discovery(group(found), tuple(sorted(skipped, key=lambda entry: entry.path)))


def _read_all(
    locations: list[Location], progress: Progress, token: CancelToken, skipped: list[Skipped]
) -> list[Found]:
    present = frozenset(str(location).upper() for location in locations)

    def read(location: Location) -> Found | Skipped | None:
        token.check()
        try:
            with refusing(location):
                return read_file(location, present)
        except RefusedError as refused:
            return Skipped(refused.source, refused.reason)

    found: list[Found] = []
    pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="alnreader-read")
    try:
        for done, result in enumerate(pool.map(read, locations), start=1):
            token.check()
            if isinstance(result, Found):
                found.append(result)
            elif result is not None:
                skipped.append(result)
            progress(done, len(locations), locations[done - 1].name)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return found


def read_file(location: Location, present: frozenset[str] = frozenset()) -> Found | None:
    """Read one file, None for a DICOMDIR with nothing to say.

    Raises
    ------
    Refusal
        If it is not offered to the reader.
    OSError
        As the file system says.
    """
    if location.name == INCOMPLETE:
        from alnreader.dicom.network.inbox import missing_words

        raise Refusal(missing_words(location.path.parent))
    with location.open() as stream:
        head = stream.read(256)
    if is_dicomdir(location.name):
        if note := missing_note(location, present):
            raise Refusal(note)
        return None
    if looks_like_picture(head):
        return _read_picture(location)
    if head[:2] == b"PK" and location.member:
        raise Refusal(mark("a zip within a zip is not opened: unpack it first"))
    if not looks_like_dicom(head):
        raise Refusal(mark("not a DICOM file, PNG or JPEG picture"))
    try:
        return _read_dicom(location)
    except InvalidValueError as error:
        raise Refusal(str(error)) from error


def _read_picture(location: Location) -> Found:
    facts = inspect_picture(location)
    image = UltrasoundImage(
        key=ImageKey(facts.uid),
        source=str(location),
        rows=facts.rows,
        columns=facts.columns,
        loader=PictureLoader(location),
        is_dicom=False,
        notes=facts.notes,
    )
    return Found(location, image)


def _read_dicom(location: Location) -> Found:
    header = read_header(location)
    notes = [acceptance_note(header)]
    pixels = inspect_pixels(location, header)
    stored = pixels.stored
    regions, calibration_notes = calibration_regions(header, stored.rows, stored.columns)
    uid = header.text(0x00080018)
    if not uid:
        notes.append(mark("No SOP Instance UID: the file cannot be referred to."))
    patient_id = header.text(0x00100020)
    if not patient_id:
        notes.append(mark("No Patient ID."))
    notes += [*pixels.notes, *calibration_notes, header.assumed(0x00100010, 0x00100020, 0x00081030)]
    laterality = (header.text(0x00200062) or header.text(0x00200060)).upper()
    study_uid = header.text(0x0020000D)
    image = UltrasoundImage(
        key=ImageKey(uid or f"file-{_digest(location)}", middle_frame(stored.frames)),
        source=str(location),
        rows=stored.rows,
        columns=stored.columns,
        loader=DicomLoader(location),
        is_dicom=bool(uid),
        number_of_frames=stored.frames,
        frame_time=_frame_time(header),
        calibration=regions,
        laterality=laterality if laterality in ("L", "R") else "",
        acquired=_acquired(header),
        study=study_uid,
        series_instance_uid=header.text(0x0020000E),
        series_number=_whole(header, 0x00200011),
        series_description=header.text(0x0008103E),
        instance_number=_whole(header, 0x00200013),
        notes=tuple(dict.fromkeys(note for note in notes if note)),
    )
    sex = header.text(0x00100040).upper()
    return Found(
        location=location,
        image=image,
        patient_id=patient_id,
        issuer=header.text(0x00100021),
        name=person_name(header),
        birth_date=header.date(0x00100030),
        sex=sex if sex in ("F", "M", "O") else "",
        study=Study(
            study_instance_uid=study_uid,
            study_date=header.date(0x00080020),
            study_time=header.time(0x00080030),
            description=header.text(0x00081030),
            accession_number=header.text(0x00080050),
            institution=header.text(0x00080080),
            manufacturer=" ".join(filter(None, (header.text(0x00080070), header.text(0x00081090)))),
        ),
        is_cut=pixels.is_cut,
    )


def _whole(header: Header, tag: int) -> int | None:
    number = header.number(tag)
    return int(number) if number is not None and abs(number) < 1 << 53 else None


def _frame_time(header: Header) -> float | None:
    """Return milliseconds a frame: Frame Time, else from Cine Rate or Recommended Display Frame Rate."""
    time = header.number(0x00181063)
    if time is not None and time > 0:
        return time
    for tag in (0x00180040, 0x00082144):
        rate = header.number(tag)
        if rate is not None and rate > 0:
            return 1000.0 / rate
    return None


def _acquired(header: Header) -> datetime | None:
    """Return when the picture was taken: acquisition, else content date and time."""
    if moment := header.datetime(0x0008002A):
        return moment
    for day, clock in ((0x00080022, 0x00080032), (0x00080023, 0x00080033)):
        date, time = header.date(day), header.time(clock)
        if date and time:
            return datetime.combine(date, time)
    return None


def _digest(location: Location) -> str:
    with location.open() as stream:
        return hashlib.sha256(stream.read(_COMPARE_BYTES)).hexdigest()[:32]


def _without_doubles(found: list[Found], skipped: list[Skipped]) -> list[Found]:
    """Keep one file of each SOP Instance UID, and say so of the others.

    It is the first in order of their paths that was not cut off.
    """
    kept: dict[str, Found] = {}
    for entry in sorted(found, key=lambda one: one.is_cut):
        uid = entry.image.key.uid
        first = kept.get(uid)
        if first is not None and not entry.image.is_dicom:
            entry = _renamed(entry, kept)
        elif first is not None:
            skipped.append(Skipped(entry.image.source, _double_reason(first, entry)))
            continue
        kept[entry.image.key.uid] = entry
    return list(kept.values())


def _renamed(entry: Found, kept: dict[str, Found]) -> Found:
    """Give a second picture with the same bytes an identity of its own, from its name."""
    base, key = entry.image.key.uid, f"{entry.location.folder_name}/{entry.location.name}"
    count = 0
    while True:
        suffix = hashlib.sha256(f"{key}{count or ''}".encode(errors="surrogateescape")).hexdigest()[:8]
        uid = f"{base}-{suffix}"
        if uid not in kept:
            image = replace(entry.image, key=ImageKey(uid, entry.image.key.frame))
            return replace(entry, image=image)
        count += 1


def _double_reason(first: Found, second: Found) -> str:
    same = _same_pixels(first, second)
    how = {True: "", False: ", but with other pixels", None: ", pixels could not be compared"}[same]
    whose = ""
    if (first.patient_id, first.name) != (second.patient_id, second.name):
        whose = " of another patient"
    return f"same SOP Instance UID as {first.image.source}{whose}{how}"


def _same_pixels(one: Found, other: Found) -> bool | None:
    """Whether two files show the same, None if that cannot be found out.

    The same bytes of pixel data are the same pixels; other bytes may be, in another encoding: then frames in
    the middle are compared.
    """
    try:
        if _same_bytes(one.location, other.location):
            return True
        if one.image.number_of_frames != other.image.number_of_frames:
            return False
        return bool(np.array_equal(one.image.pixels(), other.image.pixels()))
    except (Refusal, UnreadableInputError, OSError):
        return None


def _same_bytes(one: Location, other: Location) -> bool:
    first, second = read_header(one), read_header(other)
    if first.pixel_length != second.pixel_length or first.transfer_syntax != second.transfer_syntax:
        return False
    with open_content(one) as (a, _, _), open_content(other) as (b, _, _):
        a.seek(first.pixel_offset)
        b.seek(second.pixel_offset)
        left = first.pixel_length if first.pixel_length >= 0 else 1 << 62
        while left > 0:
            parts = a.read(min(left, _COMPARE_BYTES)), b.read(min(left, _COMPARE_BYTES))
            if parts[0] != parts[1]:
                return False
            if not parts[0]:
                break
            left -= len(parts[0])
    return True
