"""What the objects refer to: the instances that a case's images come from, and whose they are."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage, UltrasoundImageStorage

from alnreader.case import clock
from alnreader.case.case import Case
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.dicom.files import Location
from alnreader.dicom.header import Header, read_header
from alnreader.dicom.objects.text import (
    LONG_STRING,
    SHORT_STRING,
    fitting_charset,
    identifier,
    name_value,
    one_line,
)
from alnreader.dicom.pixels import DicomLoader
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import refusing

COPIES_NOTE = (
    "The pictures carried no complete DICOM identity: they are written along as Secondary Capture, in a "
    "study and with identifiers that ALN Reader made; the Patient ID is the name of their folder."
)
MIXED_NOTE = (
    "Pictures without a complete DICOM identity are written along as Secondary Capture in the patient's "
    "latest study, with identifiers that ALN Reader made."
)

_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
_TIME = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")
_AGE = re.compile(r"\d{3}[DWMY]")
_OFFSET = re.compile(r"(?!-0000)([+-])(0\d|1[0-4])([0-5]\d)")
"""Hours and minutes; -0000 is none (PS3.3 C.12.1.1.8)."""

_LONGEST_UID = 64
_REFERRING, _AGE_TAG, _STUDY_ID, _ZONE = 0x00080090, 0x00101010, 0x00200010, 0x00080201
_LOSSY, _LOSSY_RATIO, _LOSSY_METHOD = 0x00282110, 0x00282112, 0x00282114
_MORE = (_REFERRING, _AGE_TAG, _STUDY_ID, _ZONE, _LOSSY, _LOSSY_RATIO, _LOSSY_METHOD)


@dataclass(frozen=True, eq=False)
class Source:
    """One image with the instance that objects refer to.

    Attributes
    ----------
    image
        As in the case.
    number
        Its place in the case, from 1.
    dataset
        Patient, study, series and instance without pixels, as highdicom takes them. Its class is always
        Ultrasound Image Storage, so that highdicom asks neither for functional groups nor for a frame of
        reference, which ultrasound has not (highdicom #284); `restore_references` puts the real class back.
    sop_class
        Class of the instance.
    frame
        Frame that is meant (1-based), None in an instance of one frame.
    charset
        Values of Specific Character Set, as `fitting_charset` has them.
    zone
        Of the dates and times of the study: as the source says (0008,0201), else this computer's on that day;
        None where there is no date.
    is_copy
        True where the picture has no instance of its own and is written along.
    lossy
        Attributes of lossy compression that an image made from this one has to carry on (PS3.3 C.7.6.1.1.5).
    """

    image: UltrasoundImage
    number: int
    dataset: Dataset
    sop_class: str
    frame: int | None
    charset: tuple[str, ...]
    zone: tzinfo | None = None
    is_copy: bool = False
    lossy: Dataset = field(default_factory=Dataset)

    @property
    def key(self) -> ImageKey:
        """Identity of the image in the case."""
        return self.image.key

    @property
    def uid(self) -> str:
        """SOP Instance UID of the instance."""
        return str(self.dataset.SOPInstanceUID)

    @property
    def study(self) -> str:
        """Study Instance UID."""
        return str(self.dataset.StudyInstanceUID)


def derived_uid(*parts: str) -> str:
    """Return the same UID for the same parts: a 128-bit number under 2.25 (PS3.5 B.2)."""
    digest = hashlib.sha256("\0".join(("alnreader", *parts)).encode(errors="surrogateescape")).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def sources_of(case: Case, texts: Iterable[str] = ()) -> tuple[Source, ...]:
    """Return the source of every image, in the case's order.

    A DICOM file with the identifiers of study, series and instance is referred to as it is. Any other picture
    becomes a copy in the patient's latest study, or in one made for it where there is none
    (docs/decisions/0121-pictures-without-identity.md).

    Parameters
    ----------
    case
        Whose images.
    texts
        What people wrote that is going to be in the objects, besides identity: it decides the character set.

    Raises
    ------
    UnreadableInputError
        If a file is no longer where it was.
    """
    people = list(texts)
    headers = {image.key: _header(image) for image in case.images if image.is_dicom}
    referable = {key for key, header in headers.items() if _identified(header)}
    found = [
        _referred(image, number, headers[image.key], people) if image.key in referable else None
        for number, image in enumerate(case.images, start=1)
    ]
    main = main_study([source for source in found if source is not None])
    return tuple(
        source if source is not None else _copied(case, image, number, main, people)
        for number, (image, source) in enumerate(zip(case.images, found, strict=True), start=1)
    )


def main_study(sources: Sequence[Source]) -> Source | None:
    """Return the first source of the latest study, None without any. What concerns the patient goes there."""
    if not sources:
        return None

    def age(source: Source) -> tuple[str, str]:
        return str(source.dataset.StudyDate or ""), str(source.dataset.StudyTime or "")

    latest = max(sources, key=age)
    return next(source for source in sources if source.study == latest.study)


def restore_references(dataset: Dataset, sources: Iterable[Source]) -> None:
    """Give every reference to a source its real class, and its frame where a frame was segmented.

    Only the references of Derivation Image Sequence (PS3.3 C.7.6.16.2.6) lack the frame: of an instance, as
    highdicom was told, that has but one.

    Parameters
    ----------
    dataset
        The object, changed in place.
    sources
        What it refers to.
    """
    known = {source.uid: source for source in sources}

    def restore(item: Dataset, derivation: bool) -> None:
        source = known.get(str(item.get("ReferencedSOPInstanceUID", "")))
        if source is not None:
            item.ReferencedSOPClassUID = source.sop_class
            if derivation and source.frame is not None:
                item.ReferencedFrameNumber = source.frame
        for element in item:
            if element.VR == "SQ":
                for inner in element.value:
                    restore(inner, derivation or element.keyword == "DerivationImageSequence")

    restore(dataset, False)


def _header(image: UltrasoundImage) -> Header:
    loader = image.loader
    location = loader.location if isinstance(loader, DicomLoader) else Location(Path(image.source))
    with refusing(location):
        return read_header(location, _MORE)


def _identified(header: Header) -> bool:
    """Whether the file can be referred to: class, instance, series and study have UIDs."""
    uids = (header.text(tag) for tag in (0x00080016, 0x00080018, 0x0020000D, 0x0020000E))
    return all(_UID.fullmatch(uid) and len(uid) <= _LONGEST_UID for uid in uids)


def _referred(image: UltrasoundImage, number: int, header: Header, people: list[str]) -> Source:
    sex = header.text(0x00100040).upper()
    age = header.text(_AGE_TAG)
    identity = {
        "PatientID": identifier(header.text(0x00100020)),
        "PatientName": name_value(header.text(0x00100010)),
        "PatientSex": sex if sex in ("F", "M", "O") else "",
        "AccessionNumber": identifier(header.text(0x00080050), SHORT_STRING),
        "StudyID": identifier(header.text(_STUDY_ID), SHORT_STRING),
        "ReferringPhysicianName": name_value(header.text(_REFERRING)),
    }
    optional = {
        "IssuerOfPatientID": identifier(header.text(0x00100021)),
        "StudyDescription": one_line(header.text(0x00081030)),
        "PatientAge": age if _AGE.fullmatch(age) else "",
    }
    charset = fitting_charset(header.charset, [*identity.values(), *optional.values(), *people])
    dataset = _dataset(image, identity | {name: value for name, value in optional.items() if value})
    with quiet():
        dataset.PatientBirthDate = _day(header.date(0x00100030))
        dataset.StudyDate = _day(header.date(0x00080020))
        dataset.StudyTime = _clock(header)
        dataset.StudyInstanceUID = header.text(0x0020000D)
        dataset.SeriesInstanceUID = header.text(0x0020000E)
        dataset.SOPInstanceUID = header.text(0x00080018)
    frame = image.key.frame if image.number_of_frames > 1 else None
    return Source(
        image,
        number,
        dataset,
        header.text(0x00080016),
        frame,
        charset,
        zone=_zone(header),
        lossy=_lossy_of(header),
    )


def _copied(
    case: Case, image: UltrasoundImage, number: int, main: Source | None, people: list[str]
) -> Source:
    patient = case.patient
    if main is not None:
        dataset = copy.deepcopy(main.dataset)
        dataset.Rows, dataset.Columns = image.rows, image.columns
        charset, zone = main.charset, main.zone
    else:
        zone = None
        groups = (patient.name.alphabetic, patient.name.ideographic, patient.name.phonetic)
        identity = {
            # A folder's name and no archive's: it need not stay longer than the standard has it.
            "PatientID": identifier(patient.patient_id.replace("\\", "/"), kept=LONG_STRING),
            "PatientName": name_value("=".join(groups)),
            "PatientSex": patient.sex,
            "AccessionNumber": "",
            "StudyID": "",
            "ReferringPhysicianName": "",
            "TypeOfPatientID": "TEXT",
        }
        dataset = _dataset(image, identity)
        days = [other.acquired.date() for other in case.images if other.acquired is not None]
        dataset.PatientBirthDate = _day(patient.birth_date)
        dataset.StudyDate, dataset.StudyTime = _day(min(days, default=None)), ""
        keys = sorted(f"{other.key.uid}/{other.key.frame}" for other in case.images)
        dataset.StudyInstanceUID = derived_uid("study", patient.patient_id, *keys)
        charset = fitting_charset((), [*identity.values(), *people])
    study = str(dataset.StudyInstanceUID)
    dataset.SeriesInstanceUID = derived_uid("series of pictures", study)
    dataset.SOPInstanceUID = derived_uid("picture", study, image.key.uid, str(image.key.frame))
    return Source(
        image, number, dataset, str(SecondaryCaptureImageStorage), None, charset, zone, is_copy=True
    )


def _dataset(image: UltrasoundImage, attributes: dict[str, str]) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = UltrasoundImageStorage
    dataset.Modality = "US"
    dataset.Rows, dataset.Columns = image.rows, image.columns
    with quiet():  # an identifier may break its limits: it is the archive's, and is kept as it is
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)
    return dataset


def _lossy_of(header: Header) -> Dataset:
    lossy = Dataset()
    if header.text(_LOSSY) == "01":
        lossy.LossyImageCompression = "01"
        ratios, methods = header.words(_LOSSY_RATIO), header.words(_LOSSY_METHOD)
        numbers = header.numbers(_LOSSY_RATIO)
        if ratios and len(numbers) == len(ratios):
            lossy.LossyImageCompressionRatio = [f"{number:.6g}" for number in numbers]
        if methods:
            lossy.LossyImageCompressionMethod = list(methods)
    return lossy


def _zone(header: Header) -> tzinfo | None:
    """Return the zone of the study's times; see `Source.zone`."""
    said = _OFFSET.fullmatch(header.text(_ZONE))
    if said is not None:
        offset = timedelta(hours=int(said[2]), minutes=int(said[3]))
        return timezone(-offset if said[1] == "-" else offset)
    day = header.date(0x00080020)
    return None if day is None else clock.zone_at(datetime.combine(day, header.time(0x00080030) or time(12)))


def _day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day is not None else ""


def _clock(header: Header) -> str:
    """Return Study Time as stored where it is a time: an archive may compare it with the study's others."""
    stored, clock = header.text(0x00080030), header.time(0x00080030)
    if _TIME.fullmatch(stored) or clock is None:
        return stored if clock is not None else ""
    return f"{clock:%H%M%S}"
