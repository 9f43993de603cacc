"""Which objects are offered to the reader (docs/decisions/0040-what-is-read.md)."""

from __future__ import annotations

from pydicom.uid import (
    EnhancedUSVolumeStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from alnreader.dicom.header import Header, uid_name
from alnreader.dicom.pictures import PROGRAM_MARK
from alnreader.dicom.refusal import Refusal

ULTRASOUND = frozenset(
    (
        str(UltrasoundImageStorage),
        str(UltrasoundMultiFrameImageStorage),
        str(EnhancedUSVolumeStorage),
        "1.2.840.10008.5.1.4.1.1.6",  # Ultrasound Image Storage (Retired), until 1993
        "1.2.840.10008.5.1.4.1.1.3",  # Ultrasound Multi-frame Image Storage (Retired)
    )
)
"""SOP classes of ultrasound (PS3.4 B.5, PS3.6 A)."""

PICTURES = frozenset(
    (
        str(SecondaryCaptureImageStorage),
        str(MultiFrameGrayscaleByteSecondaryCaptureImageStorage),
        str(MultiFrameGrayscaleWordSecondaryCaptureImageStorage),
        str(MultiFrameTrueColorSecondaryCaptureImageStorage),
    )
)
"""SOP classes of pictures of any origin."""

OPEN_MODALITIES = frozenset(("", "OT", "SC", "UNKNOWN", "UN", "UK"))
"""Modalities that say nothing of the origin: OT is "other" (PS3.3 C.7.3.1.1.1), the rest is seen in files."""

_IMAGE_TYPE, _MANUFACTURER = 0x00080008, 0x00080070

NOT_STORED_AS_ULTRASOUND = "Not stored as ultrasound: make sure that it is."


def drawn_by_program(header: Header) -> bool:
    """Whether it is a secondary capture that this program made of a picture."""
    derived = header.words(_IMAGE_TYPE)[:1] == ("DERIVED",)
    captured = header.text(0x00080016) in PICTURES
    return derived and captured and header.text(_MANUFACTURER) == PROGRAM_MARK


def acceptance_note(header: Header) -> str:
    """Return what the reader must know of an accepted object's kind, empty if nothing.

    Raises
    ------
    Refusal
        If it is explicitly of another kind.
    """
    sop_class = header.text(0x00080016)
    modality = header.text(0x00080060).upper()
    if sop_class in ULTRASOUND:
        return ""
    if drawn_by_program(header):
        raise Refusal("outlines or a heat map drawn by this program: read the original")
    # A class that the standard does not name (private, or newer than the dictionary) says nothing.
    if sop_class not in PICTURES and uid_name(sop_class) != sop_class:
        raise Refusal(f"not ultrasound: {uid_name(sop_class)}{f', modality {modality}' if modality else ''}")
    if modality == "US":
        return "" if not sop_class else NOT_STORED_AS_ULTRASOUND
    if modality not in OPEN_MODALITIES:
        raise Refusal(f"not ultrasound: modality {modality}")
    return NOT_STORED_AS_ULTRASOUND
