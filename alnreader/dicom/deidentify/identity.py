"""The words by which a file's patient could be recognised, and whether a text has one of them."""

from __future__ import annotations

import re
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
    *(
        "PatientID",
        "StudyID",
        "OtherPatientIDs",
        "AccessionNumber",
        "IssuerOfPatientID",
        "AdmissionID",
        "ServiceEpisodeID",
    ),
    *(
        "MedicalRecordLocator",
        "InstitutionName",
        "InstitutionAddress",
        "PatientAddress",
        "DeviceSerialNumber",
    ),
    *("PatientTelephoneNumbers", "PatientBirthName", "StationName"),
)
"""Attributes whose whole value identifies a person, a visit or a house."""

_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\u3040-\u30ff]")
_BETWEEN = re.compile(r"[\W_]+")
_LONGEST_NUMBER = 15  # of which floating point keeps every digit
_DATE = re.compile(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})")
_SEPARATORS = re.compile(r"[\^=\s,;/\\]+")


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
        for part in _SEPARATORS.split(name.casefold()):
            self._add(part, SHORTEST_WORD)
            for piece in _BETWEEN.split(part):
                self._add(piece, LONG_WORD)

    def add_identifier(self, text: str) -> None:
        """Add a whole value."""
        self._add(text.casefold(), SHORTEST_NUMBER)

    def add_date(self, text: str) -> None:
        """Add a date of DICOM (DA, DT) in the ways in which dates are written."""
        found = _DATE.match(text.strip())
        try:
            day = None if found is None else date(*(int(part) for part in found.groups()))
        except ValueError:
            return
        if day is None:
            return
        for month in (f"{day:%m}", str(day.month), *_months(day.month)):
            for number in (f"{day:%d}", str(day.day)):
                for order in (f"{day.year}{month}{number}", f"{number}{month}{day.year}"):
                    self._add(order, LONG_WORD)
                self._add(f"{month}{number}{day.year}", LONG_WORD)
                self._add(f"{day.year}年{month}月{number}日", LONG_WORD)

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
        folded = text.casefold()
        alone = {*_BETWEEN.split(folded), *(_compact(part) for part in _SEPARATORS.split(folded))}
        if not self._short.isdisjoint(alone):
            return True
        compact = _compact(folded)
        return any(
            compact[start : start + length] in self._long
            for length in self._lengths
            for start in range(len(compact) - length + 1)
        )

    def is_number(self, value: str | float, digits: int = LONG_WORD) -> bool:
        """Whether a number of at least so many digits is one of the words: zeros before it do not count."""
        try:
            number = float(value)
            whole = int(number) if number.is_integer() else 0
        except (OverflowError, ValueError):
            return False
        return abs(whole) >= 10 ** (digits - 1) and abs(whole) in self._numbers

    def _add(self, word: str, shortest: int) -> None:
        word = _compact(word)
        if word.isdecimal() and len(word) <= _LONGEST_NUMBER:
            self._numbers.add(int(word))
        if _IDEOGRAPH.search(word) or len(word) >= max(LONG_WORD, shortest):
            self._long.add(word)
            self._lengths.add(len(word))
        elif len(word) >= shortest:
            self._short.add(word)


def _compact(text: str) -> str:
    """Return the letters and digits of a text."""
    return _BETWEEN.sub("", text)


def _months(month: int) -> tuple[str, ...]:
    """Return how a month is written in letters."""
    return (_MONTHS[month - 1], _MONTHS[month - 1][:3])


_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
