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
        self._pattern: re.Pattern[str] | None = None

    def __len__(self) -> int:
        """Words known."""
        return len(self._words)

    def add_name(self, name: str) -> None:
        """Add the parts of a person's name."""
        for part in _SEPARATORS.split(name.casefold()):
            part = part.strip(".-\0 ")
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
        """Whether a text has one of the words, as a word of its own or, of ideographs, anywhere."""
        if not self._words:
            return False
        if self._pattern is None:
            plain = [word for word in self._words if not _IDEOGRAPH.search(word)]
            other = [word for word in self._words if _IDEOGRAPH.search(word)]
            parts = [rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(plain))) or '(?!)'})(?!\w)"]
            parts += [re.escape(word) for word in sorted(other)]
            self._pattern = re.compile("|".join(parts))
        return self._pattern.search(text.casefold()) is not None

    def scrub(self, text: str, instead: str) -> str:
        """Return the text with each of the words replaced."""
        if not self.found_in(text) or self._pattern is None:
            return text
        folded = text.casefold()
        if len(folded) != len(text):  # places in one are not those in the other
            return instead
        out, end = [], 0
        for match in self._pattern.finditer(folded):
            out += [text[end : match.start()], instead]
            end = match.end()
        return "".join(out) + text[end:]

    def _add(self, word: str) -> None:
        self._words.add(word)
        self._pattern = None
