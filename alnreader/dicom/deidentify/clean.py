"""A new data set that holds of an old one only what may stay (PS3.15 E.1.1, E.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from pydicom.config import IGNORE
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import UID

from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.dicom.deidentify.coded import may_stay, standard_meaning
from alnreader.dicom.deidentify.identity import Words, texts
from alnreader.dicom.deidentify.kept import (
    CLASS_UIDS,
    INSTEAD,
    KEPT_NUMBERS,
    KEPT_POINTERS,
    KEPT_TERMS,
    KEPT_TEXT,
    tags,
)
from alnreader.dicom.deidentify.mapping import Pseudonyms
from alnreader.dicom.deidentify.rules import DUMMIES, Fate, fate
from alnreader.dicom.deidentify.source import REPORTS
from alnreader.dicom.deidentify.table import EDITION
from alnreader.dicom.header import BROKEN
from alnreader.dicom.pictures import PROGRAM_MARK
from alnreader.dicom.quiet import quiet

REMOVED = "REMOVED"

OWN_CONCEPTS = frozenset(
    (
        ("DCM", "111001"),  # Algorithm Name
        ("DCM", "111002"),  # Algorithm Parameters
        ("DCM", "111003"),  # Algorithm Version
        ("DCM", "112039"),  # Tracking Identifier
        ("DCM", "121014"),  # Device Observer Manufacturer
        ("DCM", "121015"),  # Device Observer Model Name
    )
)
"""Text of the program's own reports that it makes itself ("Image 2, node 1"; PS3.16 TID 4019, TID 1004);
others write what they like."""

UNTITLED = ("18748-4", "LN", "Diagnostic imaging report")
"""Title of a report whose own is no code of a public scheme (PS3.16 CID 7000)."""

_ITEM_TEXT = BaseTag(0x0040A160)
_VALUE_TYPE, _CONCEPT_NAME = BaseTag(0x0040A040), BaseTag(0x0040A043)
_CLASS = BaseTag(0x00080016)
_CONTENT, _STEPS = BaseTag(0x0040A730), BaseTag(0x00081111)
_SHARED = BaseTag(0x52009229)  # type 1, and an empty item if nothing is shared (PS3.3 C.7.6.16)
_NEEDED = {
    BaseTag(0x0040A300): tags("MeasurementUnitsCodeSequence", "NumericValue"),  # Measured Value Sequence
    BaseTag(0x0040A504): tags("TemplateIdentifier"),  # Content Template Sequence
}
"""Attributes without which an item is worth nothing."""
_SEGMENT_LABEL, _SEGMENT_TYPE = BaseTag(0x00620005), BaseTag(0x0062000F)
_TRACKING_ID, _MANUFACTURER, _VERSION = BaseTag(0x00620020), BaseTag(0x00080070), BaseTag(0x00181020)
_MEANING, _SCHEME, _VALUE = BaseTag(0x00080104), BaseTag(0x00080102), BaseTag(0x00080100)
_CODE = frozenset((_MEANING, _SCHEME, _VALUE))
_OTHER_CODES = tags("LongCodeValue", "URNCodeValue")
_IMAGE_TYPE, _MODALITY = BaseTag(0x00080008), BaseTag(0x00080060)
_ORDER = tags("SeriesNumber", "InstanceNumber")
_MAKERS = tags("Manufacturer", "ManufacturerModelName", "SoftwareVersions")  # type 1 in segmentations
_COUNTS = tags("NumberOfFrames")
_DIGITS = {"IS": 4, "DS": 4}
_DIGITS_OF_BINARY = 6
"""Digits from which a number may be an identifier or a date: binary ones are places in the picture mostly."""
_ORDER_NUMBER = re.compile(r"0*[0-9]{1,4}")
"""Longer numbers of series and instances are dates and identifiers, not an order."""
_OWN_VERSION = re.compile(r"\d+(\.\d+){1,2}")
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

    def clean(self, source: Dataset) -> tuple[Dataset, list[Change]]:
        """Return the new data set (without bytes) and what happened to each attribute of the old one."""
        changes: list[Change] = []
        self._own = _stored(source, _MANUFACTURER) == PROGRAM_MARK
        copy = self._copy(source, "", changes, 0)
        if _CONTENT in copy and not _stored(source, _CLASS).startswith(REPORTS):
            del copy[_CONTENT]  # no reader of a picture needs one
            changes[:] = [change for change in changes if not change.path.startswith("ContentSequence")]
            changes.append(Change("ContentSequence", _shown(source, _CONTENT), Fate.REMOVE))
        if _CONTENT in source and _STEPS in source:
            copy.add(DataElement(_STEPS, "SQ", Sequence()))  # type 2 in a report (PS3.3 C.17.1)
            if _CONCEPT_NAME in source and _CONCEPT_NAME not in copy:
                copy.ConceptNameCodeSequence = Sequence([_code(*UNTITLED)])
        return copy, changes

    def _copy(
        self, source: Dataset, path: str, changes: list[Change], depth: int, skip: Collection[int] = ()
    ) -> Dataset:
        copy = Dataset()
        for tag in sorted(source.keys()):
            if (tag.group == 0x7FE0 and depth == 0) or tag == _ITEM_TEXT or tag in skip:
                continue  # pixels, the words of a report and codes are looked at by others
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
            old = [str(uid) for uid in _several(value)]
            new = [self._uid(tag, uid) for uid in old]
            done = Fate.KEEP if new == old else Fate.UID
            value = new if len(new) > 1 else next(iter(new), None)
        elif tag == _IMAGE_TYPE:
            value = self._image_type(_several(value))
            if not value:
                return Fate.REMOVE
        elif not self._may_stay(element, source, readings):
            replaced = self._instead(element, source)
            if replaced is None:
                return Fate.REMOVE
            done = Fate.KEEP if replaced == value else (Fate.DUMMY if replaced else Fate.EMPTY)
            value = replaced
        if tag == _SEGMENT_LABEL:
            done, value = Fate.DUMMY, self._segment_label(source)
        try:
            copy.add(DataElement(tag, vr, value, validation_mode=IGNORE))
        except BROKEN:
            return Fate.REMOVE  # "33;333" is no number
        return done

    def _uid(self, tag: BaseTag, uid: str) -> str:
        standard = tag in CLASS_UIDS and UID(uid.strip("\0 ")).type == "SOP Class"
        return uid if standard else self.pseudonyms.uid(uid)

    @staticmethod
    def _image_type(parts: list[Any]) -> list[str]:
        """Return what of an Image Type stays: without its first two values nothing (PS3.3 C.7.6.1.1.2)."""
        terms = [str(part) if str(part) in KEPT_TERMS[_IMAGE_TYPE] else "" for part in parts]
        return [*terms[:2], *filter(None, terms[2:])] if all(terms[:2]) and len(terms) > 1 else []

    def _may_stay(self, element: DataElement, source: Dataset, readings: list[str]) -> bool:
        """Whether a value is a term of its attribute, no identifier, and has none of the words."""
        tag = element.tag
        parts = [str(part) for part in _several(element.value)]
        if tag in KEPT_TERMS:
            return all(part in KEPT_TERMS[tag] for part in parts)
        if tag in KEPT_POINTERS:
            return all(dictionary_has_tag(int(part)) for part in _several(element.value))
        if tag == _VERSION and not (self._own and all(_OWN_VERSION.fullmatch(part) for part in parts)):
            return False
        if tag in KEPT_TEXT:
            return not any(self.words.found_in(part) for part in [*parts, *readings])
        if tag in _ORDER and not all(_ORDER_NUMBER.fullmatch(part) for part in parts):
            return False
        if tag in KEPT_NUMBERS and tag not in _COUNTS:
            digits = _DIGITS.get(element.VR, _DIGITS_OF_BINARY)
            return not any(self.words.is_number(part, digits) for part in parts)
        return True

    def _instead(self, element: DataElement, source: Dataset) -> str | None:
        """Return what stands for a value that may not stay, None where the attribute can go."""
        if element.tag in _MAKERS and _text(source, _MODALITY) == "SEG":
            return REMOVED
        return INSTEAD.get(element.tag)

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
            elif any(part in item for part in (*_CODE, *_OTHER_CODES)):
                copy = self._code_item(item, path, changes, depth)
            else:
                copy = self._copy(item, path + ".", changes, depth + 1)
                if any(part not in copy for part in _NEEDED.get(tag, ())):
                    changes.append(Change(path, "without what it needs", Fate.REMOVE))
                    copy = None
            if copy is not None and (len(copy) or tag == _SHARED):
                copies.append(copy)
        return copies

    def _code_item(self, item: Dataset, path: str, changes: list[Change], depth: int) -> Dataset | None:
        """Return a code as its scheme has it, None where it has none or it is about the patient."""
        value, scheme, told = (_text(item, tag) for tag in (_VALUE, _SCHEME, _MEANING))
        stays = may_stay(value, scheme, self.characteristics)
        changes.append(Change(path, f"{told} ({scheme})"[:_SHOWN], Fate.KEEP if stays else Fate.REMOVE))
        if not stays:
            return None
        copy = self._copy(item, path + ".", changes, depth + 1, skip=_CODE)
        copy.update(_code(value, scheme, standard_meaning(value, scheme, told)))
        return copy

    def _content_item(self, item: Dataset, path: str, changes: list[Change], depth: int) -> Dataset | None:
        """Clean an item of a report (PS3.15 E.3.5): codes, numbers and references stay, words go."""
        concept = _concept(item)
        copy = self._copy(item, path + ".", changes, depth + 1)
        if _CONCEPT_NAME in item and _CONCEPT_NAME not in copy:
            return None  # nobody can say what it is, or it is about the patient
        kind = _text(item, _VALUE_TYPE)
        if kind == "NUM" and "MeasuredValueSequence" in item and "MeasuredValueSequence" not in copy:
            return None
        if kind == "CODE" and "ConceptCodeSequence" not in copy:
            return None
        if kind == "TEXT":
            text = _text(item, _ITEM_TEXT)
            told = self._own and concept in OWN_CONCEPTS
            known = text in self.keep_texts or (told and not self.words.found_in(text))
            done = Fate.KEEP if known else Fate.DUMMY
            copy.add(DataElement(_ITEM_TEXT, "UT", text if known else REMOVED, validation_mode=IGNORE))
            changes.append(Change(f"{path}.TextValue", text[:_SHOWN], done))
        return copy

    def _segment_label(self, segment: Dataset) -> str:
        """Return the coded meaning in place of the free label."""
        for item in getattr(segment, "SegmentedPropertyTypeCodeSequence", None) or ():
            value, scheme = _text(item, _VALUE), _text(item, _SCHEME)
            if may_stay(value, scheme, self.characteristics):
                return standard_meaning(value, scheme, _text(item, _MEANING))
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
        items.append(_code(value, "DCM", METHODS[value]))
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


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _first_concept(item: Dataset) -> Dataset | None:
    element = _element(item, _CONCEPT_NAME) if _CONCEPT_NAME in item else None
    items = element.value if element is not None and element.VR == "SQ" else ()
    return next(iter(items or ()), None)


def _concept(item: Dataset) -> tuple[str, str]:
    name = _first_concept(item)
    return ("", "") if name is None else (_text(name, _SCHEME), _text(name, BaseTag(0x00080100)))


def _shown(source: Dataset, tag: BaseTag) -> str:
    element = _element(source, tag)
    if element is not None and element.VR == "SQ":
        return f"{len(element.value or ())} items"
    if element is not None and isinstance(element.value, (bytes, bytearray)):
        return f"{len(element.value)} bytes"
    return next(iter(texts(source, int(tag))), "")[:_SHOWN]
