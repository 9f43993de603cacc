"""The words by which a file's patient could be recognised, and whether a text has one of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import PersonName

from alnreader.dicom.charset import decode_text
from alnreader.dicom.deidentify.kept import tags
from alnreader.dicom.header import BROKEN
from alnreader.dicom.quiet import quiet

LONG_WORD = 4
"""Letters and digits from which a word is looked for anywhere in a text, "XylophonMaria" included; shorter
ones only where they stand alone: "li" is in "linear". Ideographs are looked for anywhere."""

SHORTEST_WORD = 2
"""Letters of a name's part below which it is an initial, and in every file; ideographs count from one on."""

SHORTEST_NUMBER = 3
"""Characters of an identifier that is looked for: shorter ones ("1") are in every file."""

IDENTIFIERS = tags(
    *("PatientID", "StudyID", "OtherPatientIDs", "AccessionNumber", "IssuerOfPatientID", "AdmissionID"),
    *("ServiceEpisodeID", "MedicalRecordLocator", "InstitutionName", "InstitutionAddress", "PatientAddress"),
    *("InstitutionalDepartmentName", "DeviceSerialNumber", "PatientTelephoneNumbers", "StationName"),
    *("PatientTelecomInformation", "CurrentPatientLocation", "PatientInstitutionResidence"),
    *("ReferringPhysicianAddress", "ReferringPhysicianTelephoneNumbers", "RequestedProcedureID"),
    *("ScheduledProcedureStepID", "PerformedProcedureStepID", "ScheduledStationName", "PerformedStationName"),
    *("PlacerOrderNumberImagingServiceRequest", "FillerOrderNumberImagingServiceRequest"),
)
"""Attributes whose whole value, and whose parts, identify a person, a visit or a house."""

COMMON = frozenset(
    (
        *("hospital", "clinic", "clinical", "klinik", "klinikum", "medical", "medicine", "center", "centre"),
        *(
            "university",
            "universitat",
            "general",
            "department",
            "institute",
            "institut",
            "radiology",
            "breast",
        ),
        *("imaging", "ultrasound", "sonography", "systems", "system", "health", "healthcare", "care", "unit"),
        *("street", "strasse", "ward", "room", "station", "医院", "大学", "附属", "人民", "超声", "中心"),
    )
)
"""Parts of a house's name that are no name: makers have them in theirs."""

_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\u3040-\u30ff]")
_BETWEEN = re.compile(r"[\W_]+")
_LONGEST_NUMBER = 15  # of which floating point keeps every digit
_DATE = re.compile(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})")
_SEPARATORS = re.compile(r"[\^=\s,;/\\]+")
_PIECES = re.compile(r"\d+|[^\W\d_]+")
_TIME = re.compile(r"(\d{2}):?(\d{2}):?(\d{2})")
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_UMLAUTS = re.compile("([aou])e")
_SIX = 6


def texts(dataset: Dataset, tag: int) -> Iterator[str]:
    """Yield a value as pydicom decodes it and as this program does; nothing where it is broken."""
    try:
        stored = getattr(dataset.get_item(BaseTag(tag)), "value", None)
    except (*BROKEN, OSError):
        return
    if isinstance(stored, bytes):
        declared = dataset.get_item(BaseTag(0x00080005))
        label = getattr(declared, "value", b"")
        label = label.decode("ascii", "replace") if isinstance(label, bytes) else "\\".join(_several(label))
        yield decode_text(stored, tuple(label.strip("\0 ").split("\\")) if label else ())[0]
    try:
        with quiet():
            value = dataset[BaseTag(tag)].value
    except (*BROKEN, OSError):
        return
    yield from _several(value)


def _several(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, (str, bytes, PersonName)) or not isinstance(value, Iterable):
        return [str(value)]
    return [str(part) for part in value]


class Words:
    """Names and numbers of everyone in some files, for a search."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._long: set[str] = set()
        self._short: set[str] = set()
        self._lengths: set[int] = set()
        self._numbers: set[int] = set()

    def __len__(self) -> int:
        """Words known."""
        return len(self._long) + len(self._short)

    def add_name(self, name: str) -> None:
        """Add the parts of a person's name, and the parts of those."""
        for part in _SEPARATORS.split(_folded(name)):
            self._add(part, SHORTEST_WORD)
            for piece in _BETWEEN.split(part):
                self._add(piece, LONG_WORD)

    def add_identifier(self, text: str) -> None:
        """Add a whole value, and its parts between signs and where letters meet digits."""
        folded = _folded(text)
        self._add(folded, SHORTEST_NUMBER)
        for piece in (*_BETWEEN.split(folded), *_PIECES.findall(folded)):
            if piece in COMMON or (len(piece) == 1 and _IDEOGRAPH.search(piece)):
                continue
            self._add(piece, LONG_WORD)
            self._add(piece.lstrip("0"), LONG_WORD)

    def add_date(self, text: str) -> None:
        """Add a date of DICOM (DA, DT) in the ways in which dates are written."""
        found = _DATE.match(text.strip())
        try:
            day = None if found is None else date(*(int(part) for part in found.groups()))
        except ValueError:
            return
        if day is None:
            return
        self._numbers.add(day.year)
        names = (_MONTHS[day.month - 1], _MONTHS[day.month - 1][:3])
        ordinal = f"{day.day}{_ORDINALS.get(day.day, 'th')}"
        for month in (f"{day:%m}", str(day.month), *names):
            for number in (f"{day:%d}", str(day.day), ordinal):
                self._add(f"{day.year}年{month}月{number}日", LONG_WORD)
                for year in (str(day.year), f"{day.year % 100:02}"):
                    for order in (year + month + number, number + month + year, month + number + year):
                        self._add(order, _SIX)
        for name in names:
            self._add(f"{name}{day.year}", LONG_WORD)
            self._add(f"{day.year}{name}", LONG_WORD)

    def add_time(self, text: str) -> None:
        """Add a time of DICOM (TM): hours, minutes and seconds."""
        if found := _TIME.match(text.strip()):
            self._add("".join(found.groups()), _SIX)

    def add_dataset(self, dataset: Dataset) -> None:
        """Add all persons and identifiers of a data set and of its sequences."""
        for tag in dataset.keys():  # noqa: SIM118 - a data set's iterator would convert every element
            try:
                with quiet():
                    vr = dataset.get_item(tag).VR or dataset[tag].VR
            except (*BROKEN, OSError):
                continue
            if vr == "PN":
                for text in texts(dataset, tag):
                    self.add_name(text)
            elif vr in ("DA", "DT"):
                for text in texts(dataset, tag):
                    self.add_date(text)
                    if vr == "DT":
                        self.add_time(text[8:])
            elif vr == "TM":
                for text in texts(dataset, tag):
                    self.add_time(text)
            elif tag in IDENTIFIERS:
                for text in texts(dataset, tag):
                    for part in text.split("\\"):
                        self.add_identifier(part)
            elif vr == "SQ" and not tag.is_private:
                try:
                    with quiet():
                        items = list(dataset[tag].value)
                except (*BROKEN, OSError):
                    continue
                for item in items:
                    self.add_dataset(item)

    def found_in(self, text: str) -> bool:
        """Whether a text has one of the words: long ones and ideographs anywhere, short ones standing alone.

        What is between letters and digits does not count: "1961-02-03" has 19610203. Thousands of patients
        have thousands of words: they are looked up, not tried one after the other.
        """
        folded = _folded(text)
        alone = {*_BETWEEN.split(folded), *(_compact(part) for part in _SEPARATORS.split(folded))}
        if not self._short.isdisjoint(form for word in alone for form in _spellings(word)):
            return True
        return any(
            form[start : start + length] in self._long
            for form in _spellings(_compact(folded))
            for length in self._lengths
            for start in range(len(form) - length + 1)
        )

    def is_number(self, value: str | float, digits: int = LONG_WORD) -> bool:
        """Whether a number of at least so many digits is one of the words: zeros before it do not count."""
        try:
            # A part behind the point hides no date.
            whole = int(float(value))
        except (OverflowError, ValueError):
            return False
        return abs(whole) >= 10 ** (digits - 1) and abs(whole) in self._numbers

    def _add(self, word: str, shortest: int) -> None:
        for form in _spellings(_compact(word)):
            if form.isdecimal() and len(form) <= _LONGEST_NUMBER:
                self._numbers.add(int(form))
            if _IDEOGRAPH.search(form) or len(form) >= max(LONG_WORD, shortest):
                self._long.add(form)
                self._lengths.add(len(form))
            elif len(form) >= shortest:
                self._short.add(form)


def _folded(text: str) -> str:
    """Return a text in small letters without accents, wide and joined letters as the plain ones."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", bare).casefold().translate(_LETTERS)


def _spellings(word: str) -> set[str]:
    """Return a folded word, and the same with ae, oe, ue as the umlauts are folded."""
    return {word, _UMLAUTS.sub(r"\1", word)}


def _compact(text: str) -> str:
    """Return the letters and digits of a text."""
    return _BETWEEN.sub("", text)


_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
