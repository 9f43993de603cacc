"""What happens to one attribute: the profile's table, and beyond it no free text but what is named here.

The table of PS3.15 lists what is known to identify. This module turns it round for text: an attribute whose
value representation can hold words, a person, a date or bytes without meaning is removed unless it is in
`KEPT_TEXT` or `KEPT_BYTES`. A table of another year, or an attribute that a scanner misuses, then costs a
description, not a name.
"""

from __future__ import annotations

from enum import StrEnum

from pydicom.datadict import dictionary_has_tag, tag_for_keyword

from alnreader.dicom.deidentify.table import BASIC_PROFILE


class Fate(StrEnum):
    """What happens to an attribute."""

    KEEP = "kept"
    REMOVE = "removed"
    EMPTY = "emptied"
    DUMMY = "replaced"
    UID = "new UID"
    WALK = "looked into"


def tags(*keywords: str) -> frozenset[int]:
    """Return the tags of keywords, every one of which the dictionary must know."""
    found = [tag_for_keyword(keyword) for keyword in keywords]
    if None in found:
        raise KeyError(keywords[found.index(None)])
    return frozenset(tag for tag in found if tag is not None)


KEPT_TEXT = tags(
    *("CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning"),
    *("Manufacturer", "ManufacturerModelName", "SoftwareVersions"),
    *("ModalityLUTType", "RescaleType", "MIMETypeOfEncapsulatedDocument"),
    *("SegmentAlgorithmName", "SegmentLabel", "AlgorithmName", "AlgorithmVersion"),
)
"""Text that says what made a picture or what a code is. No presets and probes: people name and number
them. What of it repeats a word that identifies the patient goes all the same
(`alnreader.dicom.deidentify.identity`)."""

KEPT_BYTES = tags(
    *("PixelData", "LUTData", "EncapsulatedDocument"),
    *(
        "RedPaletteColorLookupTableData",
        "GreenPaletteColorLookupTableData",
        "BluePaletteColorLookupTableData",
    ),
    *("SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData"),
    *("SegmentedBluePaletteColorLookupTableData",),
)
"""Bytes that make the picture or are the document."""

CHARACTERISTICS = tags("PatientSex", "PatientAge", "PatientSize", "PatientWeight")
"""Kept where the Retain Patient Characteristics Option is asked for (PS3.15 E.3.7)."""

REQUIRED_DUMMY = tags(
    *("ContentDate", "ContentTime", "DeviceSerialNumber", "VerifyingObserverName", "VerifyingOrganization"),
    *("VerificationDateTime", "Date", "Time", "DateTime", "PersonName", "DeviceUID", "ContentCreatorName"),
    *("AcquisitionDateTime", "FrameAcquisitionDateTime", "FrameReferenceDateTime", "ContainerIdentifier"),
    *("TrackingID",),
)
"""Type 1 in the objects that are written here (SR, segmentation, enhanced ultrasound): a value without
meaning."""

EMPTIED = tags("DocumentTitle", "ContentDescription", "PositionReferenceIndicator")
"""Free text that is type 2 in the objects that are written here."""

DROPPED = tags("ReferencedRequestSequence", "RequestedProcedureCodeSequence")
"""Of no use without the order's numbers, and invalid without them."""

WALKED = tags(
    "VerifyingObserverSequence", "ContentSequence", "ReferencedImageSequence", "SourceImageSequence"
)
"""Named by the profile, and needed for a valid object or for its references: their items are cleaned
instead."""

DUMMIES = {
    "DA": "19000101",
    "TM": "000000",
    "DT": "19000101000000",
    "PN": "REMOVED",
    "LO": "REMOVED",
    "SH": "REMOVED",
    "UC": "REMOVED",
    "UT": "REMOVED",
}
"""Values without meaning by value representation (PS3.15 E.1.1, dummy values)."""

_WORDS = frozenset(("AE", "AS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UN", "UR", "UT"))
_BYTES = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "OB or OW", "US or OW"))
_CURVES, _OVERLAYS = range(0x5000, 0x5100), range(0x6000, 0x6100)
_GROUPS_OF_ONE_FILE = frozenset((0x0000, 0x0002, 0x0004))
_LAST_GROUP = 0x7FE0


def fate(tag: int, vr: str, characteristics: bool = False) -> Fate:
    """Return what happens to an attribute.

    Parameters
    ----------
    tag
        Group and element, ``0xggggeeee``.
    vr
        Value representation as read.
    characteristics
        Keep sex, age, size and weight.
    """
    group = tag >> 16
    if group % 2 or group in _CURVES or group in _OVERLAYS:
        return Fate.REMOVE
    if group in _GROUPS_OF_ONE_FILE or group > _LAST_GROUP or not dictionary_has_tag(tag):
        return Fate.REMOVE
    if characteristics and tag in CHARACTERISTICS:
        return Fate.KEEP
    if tag in WALKED:
        return Fate.WALK
    action = BASIC_PROFILE.get(tag, "")
    if vr == "UI":
        return Fate.REMOVE if action == "X" else Fate.UID
    if tag in REQUIRED_DUMMY:
        return Fate.DUMMY
    if action and tag not in KEPT_BYTES:
        # Empty satisfies type 2 and type 3; type 1 is in REQUIRED_DUMMY.
        emptied = "Z" in action and not (vr == "SQ" and "X" in action)  # many a sequence must not be empty
        return Fate.EMPTY if emptied else Fate.REMOVE
    if vr == "SQ":
        return Fate.REMOVE if tag in DROPPED else Fate.WALK
    if tag in EMPTIED:
        return Fate.EMPTY
    if vr in _WORDS:
        return Fate.KEEP if tag in KEPT_TEXT else Fate.REMOVE
    if vr in _BYTES:
        return Fate.KEEP if tag in KEPT_BYTES else Fate.REMOVE
    return Fate.KEEP
