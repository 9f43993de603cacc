"""The words by which a file's patient could be recognised, and whether a text has one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import PersonName

from alnreader.dicom.charset import decode_text
from alnreader.dicom.deidentify.rules import tags
from alnreader.dicom.header import BROKEN
from alnreader.dicom.quiet import quiet

SHORTEST_WORD = 3
"""Letters of a name's part below which it would be found in every other word; ideographs count from one
on."""

SHORTEST_NUMBER = 4
"""Characters of an identifier that is looked for: shorter ones ("1") are in every file."""

IDENTIFIERS = tags(
    *(
        "PatientID",
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
_EDGES = "()[]{}<>.:!?'\"-\0 "
_LETTERS = re.compile(r"\w+")
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
        self._words: set[str] = set()
        self._phrases: set[str] = set()
        self._ideographs: set[str] = set()
        self._lengths: set[int] = set()

    def __len__(self) -> int:
        """Words known."""
        return len(self._words) + len(self._phrases) + len(self._ideographs)

    def add_name(self, name: str) -> None:
        """Add the parts of a person's name."""
        for part in _SEPARATORS.split(name.casefold()):
            part = part.strip(_EDGES)
            if len(part) >= SHORTEST_WORD or _IDEOGRAPH.search(part):
                self._add(part)

    def add_identifier(self, text: str) -> None:
        """Add a whole value."""
        text = text.strip("\0 ").casefold()
        if len(text) >= SHORTEST_NUMBER:
            self._add(text)

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
        """Whether a text has one of the words, as a word of its own or, of ideographs, anywhere.

        Thousands of patients have thousands of words: they are looked up, not tried one after the other.
        """
        folded = text.casefold()
        whole = _SEPARATORS.split(folded)
        parts = {*_LETTERS.findall(folded), *whole, *(part.strip(_EDGES) for part in whole)}
        if not self._words.isdisjoint(parts):
            return True
        if any(_standing_alone(phrase, folded) for phrase in self._phrases):
            return True
        if not self._ideographs or not _IDEOGRAPH.search(folded):
            return False
        return any(
            folded[start : start + length] in self._ideographs
            for length in self._lengths
            for start in range(len(folded) - length + 1)
        )

    def _add(self, word: str) -> None:
        if _IDEOGRAPH.search(word):
            self._ideographs.add(word)
            self._lengths.add(len(word))
        elif _SEPARATORS.search(word):
            self._phrases.add(word)
        else:
            self._words.add(word)


def _standing_alone(phrase: str, text: str) -> bool:
    """Whether a phrase is in a text with neither letter nor digit before or behind it."""
    start = text.find(phrase)
    while start >= 0:
        before, behind = text[start - 1 : start], text[start + len(phrase) : start + len(phrase) + 1]
        if not before.isalnum() and not behind.isalnum():
            return True
        start = text.find(phrase, start + 1)
    return False
