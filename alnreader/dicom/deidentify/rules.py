"""What happens to one attribute: the profile's table, and beyond it nothing stays but what is listed.

The table of PS3.15 lists what is known to identify. Beyond it this module turns it round: an attribute is
removed unless `alnreader.dicom.deidentify.kept` names it. A table of another year, or an attribute that a
scanner misuses, then costs a description, not a name. Bytes are never copied.
"""

from __future__ import annotations

from enum import StrEnum

from pydicom.datadict import dictionary_has_tag

from alnreader.dicom.deidentify.kept import (
    KEPT_NUMBERS,
    KEPT_POINTERS,
    KEPT_SEQUENCES,
    KEPT_TERMS,
    KEPT_TEXT,
    tags,
)
from alnreader.dicom.deidentify.table import BASIC_PROFILE


class Fate(StrEnum):
    """What happens to an attribute."""

    KEEP = "kept"
    REMOVE = "removed"
    EMPTY = "emptied"
    DUMMY = "replaced"
    UID = "new UID"
    WALK = "looked into"


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

PATIENT_REQUIRED = tags("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
"""Type 2 in every object; of the rest of the patient's group nothing stays (PS3.3 C.7.1.1)."""

_KEPT = KEPT_TEXT | KEPT_NUMBERS | KEPT_POINTERS | KEPT_TERMS.keys()
_PATIENT, _TRIAL = 0x0010, 0x0012
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
    if group in (_PATIENT, _TRIAL):
        return Fate.EMPTY if tag in PATIENT_REQUIRED else Fate.REMOVE
    if tag in WALKED:
        return Fate.WALK
    action = BASIC_PROFILE.get(tag, "")
    if vr == "UI":
        return Fate.REMOVE if action == "X" else Fate.UID
    if tag in REQUIRED_DUMMY:
        return Fate.DUMMY
    if action:
        # Empty satisfies type 2 and type 3; type 1 is in REQUIRED_DUMMY.
        emptied = "Z" in action and not (vr == "SQ" and "X" in action)  # many a sequence must not be empty
        return Fate.EMPTY if emptied else Fate.REMOVE
    if vr == "SQ":
        return Fate.WALK if tag in KEPT_SEQUENCES else Fate.REMOVE
    if tag in EMPTIED:
        return Fate.EMPTY
    return Fate.KEEP if tag in _KEPT else Fate.REMOVE
