"""Codes that mean the same everywhere, and what of them says something of the patient.

A code stays if it is listed here and a public scheme has it, with a meaning that the scheme gives it: what
else stands in Code Meaning was typed by someone, and so was a code that no scheme has. What the standard's
other context groups have may be about the patient: diseases, habits, descent, relatives.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from pydicom.sr.coding import Code

OWN_SCHEME = "99ALNREADER"
_SCHEMES = ("DCM", "SCT", "LN", "NCIt", "RADLEX", "FMA", "UMLS")  # PS3.16 8; UCUM and SRT below

UNITS = {
    "mm": "millimeter",
    "cm": "centimeter",
    "um": "micrometer",
    "mm2": "square millimeter",
    "cm2": "square centimeter",
    "mm3": "cubic millimeter",
    "cm3": "cubic centimeter",
    "ml": "milliliter",
    "%": "Percent",
    "1": "no units",
    "{pixels}": "Pixels",
    "{ratio}": "ratio",
    "deg": "degree",
    "cm/s": "centimeter per second",
    "mm/s": "millimeter per second",
    "m/s": "meter per second",
    "ms": "millisecond",
    "s": "second",
    "Hz": "Hertz",
    "kHz": "kilohertz",
    "MHz": "megahertz",
    "dB": "decibel",
    "kPa": "kilopascal",
    "mm[Hg]": "millimeter of mercury",
}
"""Units of what is measured in a picture (UCUM). Years, months, weeks and kilograms are not: what is counted
in them is the patient."""

PATIENT_UNITS = {"a": "year", "mo": "month", "wk": "week", "d": "day", "kg": "kilogram", "m": "meter"}
"""Units of age, weight and size, for whom these are to stay."""

_CHARACTERISTIC = re.compile(r"\b(age|sex|gender|(fe)?male|weight|height)\b", re.IGNORECASE)
"""Meanings that the Retain Patient Characteristics Option keeps (PS3.15 E.3.7)."""

_PERSONAL = re.compile(
    r"\b(age|aged|sex|gender|(fe)?male|weight|height|history|patient|subject|fetus|pregnan\w*)\b",
    re.IGNORECASE,
)
"""Meanings that stay nowhere, whatever group has them."""

_GROUPS = (
    # Numbers and how they came about (PS3.16 CID 42, 219, 225, 3627, 7230, 7464).
    *(42, 219, 225, 3627, 7230, 7464),
    # Lengths, areas, volumes, shapes, flow, stiffness.
    *(6165, 6166, 7470, 7471, 7472, 7477, 12118, 12120, 12308),
    # Yes and no, sides, views, orientation, and how the transducer scans.
    *(6, 230, 244, 245, 246, 247, 4013, 4014, 4015, 6152, 12032, 12033, 12034, 12224),
    # What is seen in a breast and an axilla.
    *(6004, 6006, 6010, 6054, 6057, 6064, 6151, 6153, 6154, 6155, 6157, 7600),
    # What is outlined, and why something is referred to or was derived.
    *(7021, 7150, 7159, 7166, 7201, 7202, 7203, 7205, 7551, 7552, 7553),
    # Who observed: person or device.
    270,
)
"""Context groups of which all codes may stay, but for `_PERSONAL`."""

_HEADINGS = (
    "Finding Findings ImagingMeasurements MeasurementGroup "
    "ImageLibrary ImageLibraryGroup TrackingIdentifier TrackingUniqueIdentifier SourceOfMeasurement "
    "ReferencedSegment ReferencedSegmentationFrame SourceImageForSegmentation SourceSeriesForSegmentation "
    "ImageRegion VolumeSurface RegionInSpace SelectedRegion ObserverType PersonObserverName "
    "DeviceObserverUID DeviceObserverName DeviceObserverManufacturer DeviceObserverModelName "
    "DeviceObserverSerialNumber ProcedureReported AlgorithmName AlgorithmVersion AlgorithmParameters "
    "AlgorithmFamily DerivedImagingMeasurements Derivation Modality TargetRegion "
    "PixelDataRows PixelDataColumns HorizontalPixelSpacing VerticalPixelSpacing ImageLaterality ImageView "
    "Comment Impression Impressions Recommendation Recommendations Conclusion Conclusions SingleImageFinding "
    "CompositeFeature Center Outline RenderingIntent CertaintyOfFinding ProbabilityOfCancer Person Device "
    "ArtificialIntelligence AssessmentCategory Ultrasound BreastImagingReport"
)
"""Names of the items of measurement reports and CAD results (DCM; PS3.16 TID 1500, 1501, 1600, 4000,
4019)."""

_SITES = "FindingSite MeasurementMethod Laterality TopographicalModifier Breast Axilla Nipple Skin"
"""Names and places among SNOMED codes."""

_TITLES = "Findings DiagnosticImagingReport UltrasoundReport USBreastReport RadiologyReport"
"""Titles of reports and their parts (LOINC) that name no organ but the breast."""


def standard_meaning(value: str, scheme: str, wanted: str = "") -> str:
    """Return what a public scheme calls a code; "" where the scheme or the code is not known.

    Parameters
    ----------
    value, scheme
        Code Value and Coding Scheme Designator.
    wanted
        The meaning that a file gives, which is returned if it is one of the scheme's.
    """
    known = _meanings(value, scheme)
    folded = wanted.strip().casefold()
    return next((meaning for meaning in known if meaning.casefold() == folded), next(iter(known), ""))[:64]


def may_stay(value: str, scheme: str, characteristics: bool) -> bool:
    """Whether a code is listed and not about the patient; ``characteristics``: age, sex and size may stay."""
    if scheme == "UCUM":
        return value in UNITS or (characteristics and value in PATIENT_UNITS)
    meaning = standard_meaning(value, scheme)
    if not meaning:
        return False
    if characteristics and _CHARACTERISTIC.search(meaning):
        return True
    return scheme == OWN_SCHEME or (_plain(value, scheme) in _kept() and not _PERSONAL.search(meaning))


@lru_cache(maxsize=4096)
def _plain(value: str, scheme: str) -> tuple[str, str]:
    """Return scheme and value, those of today for SNOMED as it was written until 2017."""
    if scheme != "SRT":
        return scheme, value
    from pydicom.sr.codedict import codes

    older = Code(value, scheme, "")
    return "SCT", next((code.value for code in codes.SCT.concepts.values() if code == older), "")


def _meanings(value: str, scheme: str) -> tuple[str, ...]:
    if scheme == "UCUM":
        meaning = UNITS.get(value) or PATIENT_UNITS.get(value)
        return (meaning,) if meaning else ()
    return _tables().get(_plain(value, scheme), ())


@cache
def _kept() -> frozenset[tuple[str, str]]:
    """Return scheme and value of every code that may stay."""
    from pydicom.sr.codedict import codes

    from alnreader.dicom.objects import codes as own

    listed = [code for group in _GROUPS for code in getattr(codes, f"cid{group}").concepts.values()]
    for scheme, names in (("DCM", _HEADINGS), ("SCT", _SITES), ("LN", _TITLES)):
        concepts = getattr(codes, scheme).concepts
        listed += [concepts[name] for name in names.split()]
    listed += [*vars(own).values(), *own.ANSWERS.values()]
    return frozenset((code.scheme_designator, code.value) for code in listed if isinstance(code, Code))


@cache
def _tables() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the meanings of all codes of the standard's context groups, and of the program's own."""
    from pydicom.sr.codedict import codes  # large

    from alnreader.dicom.objects import codes as own

    found: dict[tuple[str, str], tuple[str, ...]] = {}
    public = [code for scheme in _SCHEMES for code in getattr(codes, scheme).concepts.values()]
    for code in (*public, *vars(own).values(), *own.ANSWERS.values()):
        if isinstance(code, Code):
            place = code.scheme_designator, code.value
            found[place] = tuple(dict.fromkeys((*found.get(place, ()), code.meaning)))
    return found
