"""A new data set that holds of an old one only what may stay (PS3.15 E.1.1, E.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.dicom.deidentify.identity import Words, texts
from alnreader.dicom.deidentify.mapping import Pseudonyms
from alnreader.dicom.deidentify.rules import DUMMIES, KEPT_TEXT, Fate, fate, tags
from alnreader.dicom.deidentify.table import EDITION
from alnreader.dicom.header import BROKEN
from alnreader.dicom.pictures import PROGRAM_MARK
from alnreader.dicom.quiet import quiet

REMOVED = "REMOVED"

PUBLIC_SCHEMES = frozenset(
    (
        "DCM",
        "SCT",
        "SRT",
        "SNM3",
        "UCUM",
        "LN",
        "RADLEX",
        "FMA",
        "NCIt",
        "UMLS",
        "BI",
        "MDC",
        "UO",
        "99ALNREADER",
    )
)
"""Coding schemes whose codes mean the same everywhere (PS3.16 8), and this program's own. Another private
scheme may be a hospital's, and its name the hospital's: such codes are removed."""

STANDARD_TERMS = frozenset(
    (
        *("US", "IVUS", "OT", "SR", "SEG", "DOC", "YES", "NO", "L", "R", "B", "U", "F", "M", "O", "BREAST"),
        *("ORIGINAL", "DERIVED", "PRIMARY", "SECONDARY", "MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL"),
        *(
            "YBR_FULL_422",
            "PALETTE COLOR",
            "YBR_ICT",
            "YBR_RCT",
            "WSD",
            "DV",
            "DI",
            "DF",
            "SD",
            "SI",
            "SCREEN",
        ),
        *(
            "CONTAINER",
            "TEXT",
            "CODE",
            "NUM",
            "IMAGE",
            "SCOORD",
            "SCOORD3D",
            "UIDREF",
            "PNAME",
            "DATE",
            "TIME",
        ),
        *("DATETIME", "COMPOSITE", "WAVEFORM", "TCOORD", "CONTAINS", "HAS PROPERTIES", "HAS OBS CONTEXT"),
        *("HAS CONCEPT MOD", "HAS ACQ CONTEXT", "INFERRED FROM", "SELECTED FROM", "SEPARATE", "CONTINUOUS"),
        *(
            "COMPLETE",
            "PARTIAL",
            "VERIFIED",
            "UNVERIFIED",
            "PRELIMINARY",
            "FINAL",
            "DCMR",
            "POINT",
            "MULTIPOINT",
        ),
        *("POLYLINE", "CIRCLE", "ELLIPSE", "BINARY", "FRACTIONAL", "LABELMAP", "AUTOMATIC", "SEMIAUTOMATIC"),
        *(
            "MANUAL",
            "PROBABILITY",
            "OCCUPANCY",
            "IDENTITY",
            "LINEAR",
            "ABSENT",
            "PRESENT",
            "IMAGING",
            "VOLUME",
        ),
    )
)
"""Values of code strings that say nothing of a person, even of one called Code or No; without them a file is
invalid."""

KEPT_CONCEPTS = frozenset(
    (
        ("DCM", "111001"),  # Algorithm Name
        ("DCM", "111002"),  # Algorithm Parameters
        ("DCM", "111003"),  # Algorithm Version
        ("DCM", "121014"),  # Device Observer Manufacturer
        ("DCM", "121015"),  # Device Observer Model Name
    )
)
"""Text of a report's content that says what made it (PS3.16 TID 4019, TID 1004)."""

OWN_CONCEPTS = frozenset((("DCM", "112039"),))  # Tracking Identifier
"""Text of the program's own reports that it makes itself ("Image 2, node 1"); others write what they like."""

CHARACTERISTIC_CONCEPTS = frozenset((("DCM", "121032"), ("DCM", "121033")))
"""Subject Sex, Subject Age (PS3.16 TID 1007)."""

_ITEM_TEXT = BaseTag(0x0040A160)
_VALUE_TYPE, _CONCEPT_NAME = BaseTag(0x0040A040), BaseTag(0x0040A043)
_CONTENT, _STEPS = BaseTag(0x0040A730), BaseTag(0x00081111)
_WORDS_OF_16 = frozenset(("OW", "OB or OW", "US or OW"))
_SEGMENT_LABEL, _SEGMENT_TYPE = BaseTag(0x00620005), BaseTag(0x0062000F)
_CODE_VALUES = tags("CodeValue", "CodingSchemeDesignator")
_TRACKING_ID, _MANUFACTURER = BaseTag(0x00620020), BaseTag(0x00080070)
_MEANING, _SCHEME, _VALUE = BaseTag(0x00080104), BaseTag(0x00080102), BaseTag(0x00080100)
_NUMERIC_VALUE, _MODALITY = BaseTag(0x0040A30A), BaseTag(0x00080060)
_ORDER = tags("SeriesNumber", "InstanceNumber")  # type 1 or 2
_REQUIRED = tags("SegmentLabel", "SegmentAlgorithmName", "AlgorithmName", "AlgorithmVersion")
_MAKERS = tags("Manufacturer", "ManufacturerModelName", "SoftwareVersions")  # type 1 in segmentations
_COUNTS = tags("NumberOfFrames", "WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept")
_NUMBERS = {"IS": 4, "DS": 4, "FD": 6, "FL": 6, "UL": 6, "SL": 6, "UV": 6, "SV": 6}
"""Representations of numbers, and the digits from which one may be an identifier or a date: binary ones are
places in the picture mostly."""
_CODE_STRING = re.compile(r"[A-Z0-9_ ]{0,16}")
_AMBIGUOUS = frozenset(("OB or OW", "US or OW", "US or SS", "US or SS or OW"))
_DEEPEST = 32
_SHOWN = 64

METHODS = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113104": "Clean Structured Content Option",
    "113108": "Retain Patient Characteristics Option",
}
"""PS3.16 CID 7050."""


@dataclass(frozen=True)
class Change:
    """What happens to one attribute.

    Attributes
    ----------
    path
        Keywords from the top, items numbered from 1: ``ContentSequence[2].TextValue``.
    before
        The value as read, shortened.
    fate
        What happens to it.
    after
        What stands there instead, where that is worth telling.
    """

    path: str
    before: str
    fate: Fate
    after: str = ""


@dataclass
class Cleaner:
    """Copies data sets without what identifies.

    Attributes
    ----------
    pseudonyms
        Makes UIDs and patient codes.
    words
        Names and numbers that must not occur in what stays.
    characteristics
        Keep sex, age, size and weight.
    keep_texts
        Sentences of a report that may stay as they are: the program's own.
    """

    pseudonyms: Pseudonyms
    words: Words = field(default_factory=Words)
    characteristics: bool = False
    keep_texts: Collection[str] = (DEMONSTRATION_BANNER,)
    _own: bool = False
    _swap: bool = False

    def clean(self, source: Dataset, big_endian: bool = False) -> tuple[Dataset, list[Change]]:
        """Return the new data set (without pixel data) and what happened to each attribute of the old one.

        Parameters
        ----------
        source
            As read.
        big_endian
            Words of 16 bits within bytes (VR OW) have their bytes the other way round.
        """
        changes: list[Change] = []
        self._swap = big_endian
        self._own = _stored(source, _MANUFACTURER) == PROGRAM_MARK
        copy = self._copy(source, "", changes, 0)
        if _CONTENT in source and _STEPS in source:
            copy.add(DataElement(_STEPS, "SQ", Sequence()))  # type 2 in a report (PS3.3 C.17.1)
        return copy, changes

    def _copy(self, source: Dataset, path: str, changes: list[Change], depth: int) -> Dataset:
        copy = Dataset()
        for tag in sorted(source.keys()):
            if (tag.group == 0x7FE0 and depth == 0) or tag == _ITEM_TEXT:
                continue  # pixels and the words of a report are looked at by others
            name = path + (keyword_for_tag(tag) or f"({tag.group:04X},{tag.element:04X})")
            # Before the value is converted: under a wrong character set a name looks different then.
            readings = [*texts(source, int(tag))] if tag in KEPT_TEXT else []
            element = _element(source, tag)
            done = Fate.REMOVE if element is None else fate(int(tag), element.VR, self.characteristics)
            if element is not None and done is not Fate.REMOVE:
                done = self._place(copy, source, element, done, name, changes, depth, readings)
            if done is not Fate.WALK:
                changes.append(Change(name, _shown(source, tag), done))
        return copy

    def _place(
        self,
        copy: Dataset,
        source: Dataset,
        element: DataElement,
        done: Fate,
        name: str,
        changes: list[Change],
        depth: int,
        readings: list[str],
    ) -> Fate:
        tag, vr, value = element.tag, element.VR, element.value
        if done is Fate.WALK:
            items = self._items(tag, value, name, changes, depth)
            if items or not value:
                copy.add(DataElement(tag, "SQ", Sequence(items)))
                return Fate.WALK
            return Fate.REMOVE
        if done is Fate.EMPTY:
            value = Sequence() if vr == "SQ" else None
        elif done is Fate.DUMMY:
            if element.is_empty:
                value = None
            elif tag == _TRACKING_ID and self._own and not self.words.found_in(str(value)):
                done = Fate.KEEP
            elif vr not in DUMMIES:
                return Fate.REMOVE
            else:
                value = DUMMIES[vr]
        elif done is Fate.UID:
            new = [self.pseudonyms.uid(str(uid)) for uid in _several(value)]
            done = Fate.KEEP if new == [str(uid) for uid in _several(value)] else Fate.UID
            value = new if len(new) > 1 else next(iter(new), None)
        elif not self._may_stay(element, source, readings):
            replaced = self._instead(element, source)
            if replaced is None:
                return Fate.REMOVE
            done = Fate.KEEP if replaced == value else (Fate.DUMMY if replaced else Fate.EMPTY)
            value = replaced
        if self._swap and vr in _WORDS_OF_16 and isinstance(value, bytes) and len(value) % 2 == 0:
            value = np.frombuffer(value, ">u2").astype("<u2").tobytes()
        if tag == _SEGMENT_LABEL:
            done, value = Fate.DUMMY, self._segment_label(source)
        try:
            copy.add(DataElement(tag, vr, value, validation_mode=IGNORE))
        except BROKEN:
            return Fate.REMOVE  # "33;333" is no number
        return done

    def _may_stay(self, element: DataElement, source: Dataset, readings: list[str]) -> bool:
        """Whether a value to keep has none of the words, and is a code string where it says so."""
        parts = [str(part) for part in _several(element.value)]
        if element.VR == "CS":
            return all(
                _CODE_STRING.fullmatch(part) and (part in STANDARD_TERMS or not self.words.found_in(part))
                for part in parts
            )
        if element.tag in KEPT_TEXT:
            if element.tag == _SCHEME and _text(source, _SCHEME) in PUBLIC_SCHEMES:
                return True
            if element.tag == _VALUE and _standard_meaning(source):
                return True  # 7771000 is the left side, whatever the patient's number is
            return not any(self.words.found_in(part) for part in [*parts, *readings])
        if element.VR in _NUMBERS and element.tag not in _COUNTS:
            digits = _NUMBERS[element.VR]
            return not any(self.words.is_number(part, digits) for part in parts)
        return True

    def _instead(self, element: DataElement, source: Dataset) -> str | None:
        """Return what stands for a value that may not stay, None where the attribute can go."""
        tag = element.tag
        if tag == _MEANING:
            return _standard_meaning(source) or REMOVED
        if tag in _ORDER:
            return "1"
        if tag in _REQUIRED or (tag in _MAKERS and _text(source, _MODALITY) == "SEG"):
            return REMOVED
        return "" if tag == _MANUFACTURER else None

    def _items(
        self, tag: BaseTag, items: Iterable[Dataset], name: str, changes: list[Change], depth: int
    ) -> list[Dataset]:
        if depth >= _DEEPEST:
            return []
        copies = []
        for number, item in enumerate(items, start=1):
            path = f"{name}[{number}]"
            if tag == _CONTENT:
                copy = self._content_item(item, path, changes, depth)
            elif _is_code(item) and _text(item, _SCHEME) not in PUBLIC_SCHEMES:
                changes.append(Change(path, f"code of {_text(item, _SCHEME)}", Fate.REMOVE))
                copy = None
            else:
                copy = self._copy(item, path + ".", changes, depth + 1)
                lost = any(tag in item and tag not in copy for tag in (*_CODE_VALUES, _NUMERIC_VALUE))
                if lost or (_MEANING in copy and _VALUE not in copy):
                    changes.append(Change(path, "without its code or value", Fate.REMOVE))
                    copy = None
            if copy is not None and len(copy):
                copies.append(copy)
        return copies

    def _content_item(self, item: Dataset, path: str, changes: list[Change], depth: int) -> Dataset | None:
        """Clean an item of a report (PS3.15 E.3.5): codes, numbers and references stay, words go."""
        concept = _concept(item)
        if concept in CHARACTERISTIC_CONCEPTS and not self.characteristics:
            changes.append(Change(path, _concept_name(item), Fate.REMOVE))
            return None
        copy = self._copy(item, path + ".", changes, depth + 1)
        if _CONCEPT_NAME in item and _CONCEPT_NAME not in copy:
            return None  # a private concept: nobody can say what it is
        kind = _text(item, _VALUE_TYPE)
        if kind == "NUM" and "MeasuredValueSequence" in item and "MeasuredValueSequence" not in copy:
            return None
        if kind == "CODE" and "ConceptCodeSequence" not in copy:
            return None
        if kind == "TEXT":
            text = _text(item, _ITEM_TEXT)
            told = concept in KEPT_CONCEPTS or (self._own and concept in OWN_CONCEPTS)
            known = text in self.keep_texts or (told and not self.words.found_in(text))
            done = Fate.KEEP if known else Fate.DUMMY
            copy.add(DataElement(_ITEM_TEXT, "UT", text if known else REMOVED, validation_mode=IGNORE))
            changes.append(Change(f"{path}.TextValue", text[:_SHOWN], done))
        return copy

    def _segment_label(self, segment: Dataset) -> str:
        """Return the coded meaning in place of the free label."""
        for item in getattr(segment, "SegmentedPropertyTypeCodeSequence", None) or ():
            meaning = _text(item, _MEANING)
            if _text(item, _SCHEME) in PUBLIC_SCHEMES and meaning:
                return (_standard_meaning(item) or REMOVED if self.words.found_in(meaning) else meaning)[:64]
        return REMOVED


def mark(copy: Dataset, code: str, pixels_cleaned: bool, characteristics: bool, note: str = "") -> None:
    """Say in the new data set what was done: (0012,0062), (0012,0063), (0012,0064), (0028,0303), name and ID.

    Parameters
    ----------
    copy
        The new data set, changed in place.
    code
        The patient's code.
    pixels_cleaned
        Whether the picture was blanked outside the ultrasound.
    characteristics
        Whether sex, age, size and weight stayed.
    note
        Anything else to say of the method.
    """
    copy.PatientName, copy.PatientID = f"{code}^", code
    copy.PatientBirthDate = ""
    if "PatientSex" not in copy:
        copy.PatientSex = ""
    copy.PatientIdentityRemoved = "YES"
    used = ["113100"]
    used += ["113101"] if pixels_cleaned else []
    used += ["113104"] if "ContentSequence" in copy else []
    used += ["113108"] if characteristics else []
    copy.DeidentificationMethod = [f"ALN Reader: {EDITION} basic profile", *([note] if note else [])]
    items = []
    for value in used:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", METHODS[value]
        items.append(item)
    copy.DeidentificationMethodCodeSequence = Sequence(items)
    copy.LongitudinalTemporalInformationModified = "REMOVED"


def _element(source: Dataset, tag: BaseTag) -> DataElement | None:
    """Return an element with its value converted, None where it is broken."""
    try:
        with quiet():
            element = source[tag]
            _ = element.value
    except (*BROKEN, OSError):
        return None
    # Of another kind than the standard says, nothing could be said of what is in it.
    known = not dictionary_has_tag(tag) or element.VR in dictionary_VR(tag).split(" or ")
    return element if known or element.VR in _AMBIGUOUS else None


def _several(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return (
        [value] if isinstance(value, (str, bytes, int, float)) or not hasattr(value, "__iter__") else [*value]
    )


def _text(item: Dataset, tag: BaseTag) -> str:
    element = _element(item, tag) if tag in item else None
    return "" if element is None or element.value is None else str(element.value).strip()


def _stored(source: Dataset, tag: BaseTag) -> str:
    """Return a plain text value without converting it."""
    value = source.get_item(tag).value if tag in source else ""
    return value.decode("ascii", "replace").strip("\0 ") if isinstance(value, bytes) else str(value or "")


def _standard_meaning(item: Dataset) -> str:
    """Return what the standard calls a code; "" where it is not known."""
    return _meanings(_text(item, _SCHEME)).get(_text(item, _VALUE), "")[:64]  # LO


@cache
def _meanings(scheme: str) -> dict[str, str]:
    from pydicom.sr.codedict import codes  # large: only where a word is found

    if scheme not in codes.schemes():
        return {}
    return {code.value: code.meaning for code in getattr(codes, scheme).concepts.values()}


def _is_code(item: Dataset) -> bool:
    return all(tag in item for tag in _CODE_VALUES)


def _first_concept(item: Dataset) -> Dataset | None:
    element = _element(item, _CONCEPT_NAME) if _CONCEPT_NAME in item else None
    items = element.value if element is not None and element.VR == "SQ" else ()
    return next(iter(items or ()), None)


def _concept(item: Dataset) -> tuple[str, str]:
    name = _first_concept(item)
    return ("", "") if name is None else (_text(name, _SCHEME), _text(name, BaseTag(0x00080100)))


def _concept_name(item: Dataset) -> str:
    name = _first_concept(item)
    return "" if name is None else _text(name, _MEANING)


def _shown(source: Dataset, tag: BaseTag) -> str:
    element = _element(source, tag)
    if element is not None and element.VR == "SQ":
        return f"{len(element.value or ())} items"
    if element is not None and isinstance(element.value, (bytes, bytearray)):
        return f"{len(element.value)} bytes"
    return next(iter(texts(source, int(tag))), "")[:_SHOWN]
