"""What a file is, as far as de-identification goes, and all of its attributes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    SegmentationStorage,
)

from alnreader.case.language import mark
from alnreader.dicom.accept import PICTURES, acceptance_note, drawn_by_program
from alnreader.dicom.files import Location
from alnreader.dicom.formats import FAMILIES
from alnreader.dicom.grouping import Identity, clustered, plain_name
from alnreader.dicom.header import BROKEN, Header, open_content, read_header, uid_name
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal

MAX_OBJECT_BYTES = 1 << 30
"""Size of a file without pictures (report, segmentation, document) that is read at once."""

REPORTS = "1.2.840.10008.5.1.4.1.1.88."
"""Root of the structured report storage classes (PS3.4 B.5)."""

DRAWN_BY_PROGRAM = mark(
    "outlines or a heat map drawn by this program, which may name the patient: export the reading anew "
    "without identity"
)

_PIXELS = 0x7FE00001
"""The first attribute of the group of pixel data: offset tables come before the pixels."""


class Kind(StrEnum):
    """What is done with a file."""

    ULTRASOUND = "ultrasound"
    CAPTURE = "secondary capture"
    REPORT = "structured report"
    SEGMENTATION = "segmentation"
    DOCUMENT = "document"
    PICTURE = "picture"

    @property
    def prefix(self) -> str:
        """First letters of the new file's name."""
        return _PREFIXES[self]

    @property
    def has_picture(self) -> bool:
        """Whether pixels that show a screen must be cleaned."""
        return self in (Kind.ULTRASOUND, Kind.CAPTURE, Kind.PICTURE)


_PREFIXES = {
    Kind.ULTRASOUND: "US",
    Kind.CAPTURE: "SC",
    Kind.REPORT: "SR",
    Kind.SEGMENTATION: "SEG",
    Kind.DOCUMENT: "PDF",
    Kind.PICTURE: "picture",
}


@dataclass(frozen=True, eq=False)
class Source:
    """A DICOM file with all attributes.

    Attributes
    ----------
    location
        Where it is.
    header
        What the reader of pictures knows of it.
    dataset
        Everything but the pixel data of pictures.
    kind
        What is done with it.
    """

    location: Location
    header: Header
    dataset: Dataset
    kind: Kind


def read_source(location: Location) -> Source:
    """Read a DICOM file.

    Raises
    ------
    Refusal
        If its kind is none that is de-identified here, or it is damaged.
    OSError
        As the file system says.
    """
    header = read_header(location)
    kind = _kind(header)
    with open_content(location) as (stream, syntax, start):
        size = stream.seek(0, io.SEEK_END)
        pixels = header.pixel_length if header.pixel_length >= 0 else size - header.pixel_offset
        rest = size - pixels if kind.has_picture and header.pixel_tag else size
        if rest > MAX_OBJECT_BYTES:
            raise Refusal(f"{rest} bytes without the pixels are too many")
        stream.seek(start)
        try:
            with quiet():
                dataset = read_dataset(
                    stream,
                    is_implicit_VR=syntax == ImplicitVRLittleEndian,
                    is_little_endian=syntax != ExplicitVRBigEndian,
                    stop_when=_at_pixels if kind.has_picture else None,
                )
        except BROKEN as error:
            raise Refusal(f"damaged: {error or type(error).__name__}") from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise Refusal(f"damaged: {error}") from error
    # Not asked of pydicom: what it takes for a transfer syntax grows when pynetdicom is imported.
    if is_encapsulated(header) and not kind.has_picture and syntax not in FAMILIES:
        raise Refusal(f"transfer syntax not supported: {uid_name(syntax)}")
    if not kind.has_picture and syntax == ExplicitVRBigEndian and header.pixel_tag:
        raise Refusal("a segmentation in big endian is not supported")
    return Source(location, header, dataset, kind)


def _at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag >= _PIXELS


def _kind(header: Header) -> Kind:
    sop_class = header.text(0x00080016)
    if sop_class.startswith(REPORTS):
        return Kind.REPORT
    if sop_class == SegmentationStorage:
        return Kind.SEGMENTATION
    if sop_class == EncapsulatedPDFStorage:
        return Kind.DOCUMENT
    if drawn_by_program(header):
        raise Refusal(DRAWN_BY_PROGRAM)
    try:
        acceptance_note(header)
    except Refusal as refusal:
        raise Refusal(
            f"not de-identified by this program: {uid_name(sop_class) or 'no SOP Class'}"
        ) from refusal
    return Kind.CAPTURE if sop_class in PICTURES else Kind.ULTRASOUND


def is_encapsulated(header: Header) -> bool:
    """Whether pixel data are compressed and the transfer syntax must stay."""
    return header.pixel_tag != 0 and header.pixel_length < 0


def frame_of(item: Dataset) -> int:
    """Return the frame that an item of a sequence refers to: 1 where it names none or several."""
    try:
        return int(item.get("ReferencedFrameNumber") or 1)
    except (TypeError, ValueError):
        return 1


def patient_keys(identities: Mapping[Location, Identity]) -> dict[Location, str]:
    """Return what stands for the patient of each file: the same for those that discovery takes for one.

    It is the identifier, else the name, the study or the folder, with the birth date or name that part those
    who share it. So a patient's is the same in every export, whoever else is in it.
    """
    keys: dict[Location, str] = {}
    for cluster in clustered(identities, identities.__getitem__):
        known = [identities[location] for location in cluster]
        born = sorted(f"{one.birth_date:%Y%m%d}" for one in known if one.birth_date)
        names = sorted(plain_name(one.name) for one in known if str(one.name))
        kind, *values = known[0].key
        parting = next(iter([*born, *names]), "") if kind in ("id", "name") else ""
        keys |= dict.fromkeys(cluster, " ".join(filter(None, (kind, *reversed(values), parting))))
    return keys
