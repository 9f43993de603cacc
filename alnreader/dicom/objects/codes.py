"""The coded concepts of the objects: those of the standard where there is one, else the program's own.

DCM and SCT codes as in PS3.16 (the context group is named beside each); UCUM for units.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from pydicom.sr.coding import Code

from alnreader.case.assessment import Decision, Hilum, NodeShape, NodeStatus, Outline, Vascularity
from alnreader.case.region import RegionKind

SCHEME = "99ALNREADER"
"""Designator of the program's own codes: private ones begin with 99 (PS3.16 8.2)."""

SCHEME_NAME = "ALN Reader codes"


def _own(value: str, meaning: str) -> Code:
    return Code(value, SCHEME, meaning)


# What is outlined (CID 7150, 7151, 7159) and where (CID 4031, 244).
MASS = Code("4147007", "SCT", "Mass")
LYMPH_NODE = Code("59441001", "SCT", "Lymph Node")
MORPHOLOGICALLY_ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")
BREAST = Code("76752008", "SCT", "Breast")
AXILLA = Code("91470000", "SCT", "Axilla")
LEFT = Code("7771000", "SCT", "Left")
RIGHT = Code("24028007", "SCT", "Right")

FINDINGS: Mapping[RegionKind, Code] = MappingProxyType(
    {RegionKind.TUMOUR: MASS, RegionKind.LYMPH_NODE: LYMPH_NODE}
)
CATEGORIES: Mapping[RegionKind, Code] = MappingProxyType(
    {RegionKind.TUMOUR: MORPHOLOGICALLY_ABNORMAL, RegionKind.LYMPH_NODE: ANATOMICAL_STRUCTURE}
)
SITES: Mapping[RegionKind, Code] = MappingProxyType(
    {RegionKind.TUMOUR: BREAST, RegionKind.LYMPH_NODE: AXILLA}
)
SIDES: Mapping[str, Code] = MappingProxyType({"L": LEFT, "R": RIGHT})

# What is measured (CID 7469, 7470), and its units.
LONG_AXIS = Code("103339001", "SCT", "Long axis")
SHORT_AXIS = Code("103340004", "SCT", "Short axis")
AREA = Code("42798000", "SCT", "Area")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
SQUARE_MILLIMETRE = Code("mm2", "UCUM", "square millimeter")
PIXELS = Code("{pixels}", "UCUM", "Pixels")
NO_UNITS = Code("1", "UCUM", "no units")
PERCENT = Code("%", "UCUM", "Percent")

# The frame of the report.
PROCEDURE = Code("47079000", "SCT", "Ultrasonography of breast")
COMMENT = Code("121106", "DCM", "Comment")
YES = Code("373066001", "SCT", "Yes")
NO = Code("373067005", "SCT", "No")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")
SOURCE_OF_DERIVED_IMAGE = Code("121322", "DCM", "Source image for image processing operation")

# What the machine says. No standard code is of axillary metastasis by a model: a nearby one would mislead.
PATIENT_PROBABILITY = _own("ALN001", "Probability of axillary lymph node metastasis")
THRESHOLD = _own("ALN002", "Threshold of the operating point")
INTERVAL_LOW = _own("ALN003", "Lower end of the probability under jittered outlines")
INTERVAL_HIGH = _own("ALN004", "Upper end of the probability under jittered outlines")
BASELINE = _own("ALN005", "Probability without any image")
ABOVE_THRESHOLD = _own("ALN006", "Probability at or above the threshold")
IMAGE_PROBABILITY = _own("ALN011", "Probability of metastasis from this image alone")
NODE_VIEW_PROBABILITY = _own("ALN012", "Probability that the image shows a lymph node")
CONTRIBUTION = _own("ALN013", "Contribution of the image to the patient's probability")
INCLUDED = _own("ALN014", "Image is part of the patient's probability")
CONFIRMED = _own("ALN021", "Outline confirmed by a reader")

# What the human says.
READING_MODE = _own("ALN030", "Reading mode and state")
NODE_STATUS = _own("ALN031", "Status of the axillary lymph nodes")
CONFIDENCE = _own("ALN032", "Confidence of the reader")
CORTEX = _own("ALN033", "Largest cortical thickness of the lymph node")
FOCAL_BULGE = _own("ALN034", "Focal bulge of the cortex")
HILUM = _own("ALN035", "Fatty hilum of the lymph node")
SHAPE = _own("ALN036", "Shape of the lymph node")
OUTLINE = _own("ALN037", "Outline of the lymph node")
VASCULARITY = _own("ALN038", "Flow in the lymph node")
DECISION = _own("ALN039", "Final read against the first read")
READER = _own("ALN040", "Reader")
TIME_OF_READ = _own("ALN041", "Time of the read")
SIGNED_BY = _own("ALN042", "Signed by")
TIME_OF_SIGNATURE = _own("ALN043", "Time of the signature")
REASON = _own("ALN044", "Reason for the change")
AMENDMENT_REASON = _own("ALN045", "Reason for the amendment")
REMARKS = _own("ALN046", "Remarks of the reader")

# What the human was shown: apart from what the machine says, which alone is the result.
SHOWN_PROBABILITY = _own("ALN047", "Probability that the reader was shown")
TIME_SHOWN = _own("ALN048", "Time when the probability was shown")

ANSWERS: Mapping[StrEnum, Code] = MappingProxyType(
    {
        NodeStatus.NEGATIVE: Code("260385009", "SCT", "Negative"),
        NodeStatus.INDETERMINATE: Code("82334004", "SCT", "Indeterminate"),
        NodeStatus.SUSPICIOUS: Code("415684004", "SCT", "Suspected"),
        Hilum.PRESERVED: _own("ALN101", "Fatty hilum preserved"),
        Hilum.DISPLACED: _own("ALN102", "Fatty hilum displaced"),
        Hilum.LOST: _own("ALN103", "Fatty hilum lost"),
        Hilum.NOT_SEEN: _own("ALN104", "Fatty hilum not seen on the images"),
        NodeShape.OVAL: _own("ALN105", "Oval"),
        NodeShape.ROUND: Code("42700002", "SCT", "Round"),
        Outline.SMOOTH: Code("82280004", "SCT", "Smooth"),
        Outline.IRREGULAR: Code("49608001", "SCT", "Irregular"),
        Vascularity.NONE_SEEN: _own("ALN106", "No flow seen"),
        Vascularity.HILAR: _own("ALN107", "Hilar flow"),
        Vascularity.ABNORMAL: _own("ALN108", "Peripheral or mixed flow"),
        Decision.AGREE: _own("ALN109", "The first read stands"),
        Decision.CHANGED: _own("ALN110", "The first read was changed"),
        Decision.NO_FIRST_READ: _own("ALN111", "Concurrent reading without a first read"),
    }
)
"""The code of each thing that a reader can say."""

Answer = TypeVar("Answer", bound=StrEnum)


def answer_of(code: Code, kind: type[Answer]) -> Answer:
    """Return what a code of `ANSWERS` stands for.

    Raises
    ------
    ValueError
        If it is none of that kind.
    """
    for answer, known in ANSWERS.items():
        if isinstance(answer, kind) and same(known, code):
            return answer
    raise ValueError(f"{code.meaning!r} ({code.value}, {code.scheme_designator}) is no {kind.__name__}")


def same(one: Code, other: Code) -> bool:
    """Whether two codes are the same by value and scheme; meanings may be translated."""
    return (one.value, one.scheme_designator) == (other.value, other.scheme_designator)
