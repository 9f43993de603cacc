"""Codes that mean the same everywhere, and what of them says something of the patient.

A code stays if a public scheme has it, with a meaning that the scheme gives it: what else stands in Code
Meaning was typed by someone, and so was a code that no scheme has.
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
    r"\b(age|aged|sex|gender|(fe)?male|neutered|weight|height|body (mass|surface|length|temperature)|bmi|bsa"
    r"|ethnic\w*|rac(e|ial)|breed|species|(birth|pregnan|gestation|gravid|parity|menstru|menopaus|menarche"
    r"|lactat)\w*|breast feeding|patient|subject|mother|father|sister|family|history|ago"
    r"|blood (pressure|type)|heart rate|smok\w*|occupation\w*|religio\w*|marital|died|dead)\b",
    re.IGNORECASE,
)
"""Meanings of concepts and answers that say something of the patient and not of the picture, in every scheme
(PS3.16 TID 1007, TID 3602, TID 9007, CID 3)."""


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
    """Whether a code is known and not about the patient; ``characteristics``: age, sex and size may stay."""
    if scheme == "UCUM":
        return value in UNITS or (characteristics and value in PATIENT_UNITS)
    meaning = standard_meaning(value, scheme)
    if not meaning:
        return False
    if characteristics and _CHARACTERISTIC.search(meaning):
        return True
    return scheme == OWN_SCHEME or not _PERSONAL.search(meaning)


@lru_cache(maxsize=4096)
def _meanings(value: str, scheme: str) -> tuple[str, ...]:
    if scheme == "UCUM":
        meaning = UNITS.get(value) or PATIENT_UNITS.get(value)
        return (meaning,) if meaning else ()
    if scheme == "SRT":  # SNOMED as it was written until 2017
        from pydicom.sr.codedict import codes

        older = Code(value, scheme, "")
        newer = (code.value for code in codes.SCT.concepts.values() if code == older)
        return _tables().get(("SCT", next(newer, "")), ())
    return _tables().get((scheme, value), ())


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
