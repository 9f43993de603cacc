"""What is asked of a PACS and what it answers, whichever protocol carries it (PS3.4 C.6.1, C.6.2)."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time

from pydicom.dataset import Dataset

from alnreader.case.errors import WrongUseError
from alnreader.case.language import mark
from alnreader.case.patient import PersonName
from alnreader.dicom.header import Header

MOST_ANSWERS = 500
"""More studies than anyone looks through; a query that finds more is to be narrowed."""

_LONGEST_TERM = 64
"""Characters of LO, and of a PN group (PS3.5 6.2)."""


@dataclass(frozen=True)
class Query:
    """What to look for. Everything that is empty matches everything.

    Attributes
    ----------
    patient_name
        ``*`` and ``?`` are wildcards. Without them the beginning of a name is enough, and any part
        of a Chinese name.
    patient_id, accession, study_uid
        Exact; ``*`` and ``?`` are wildcards in the first two.
    birth_date
        Exact.
    date_from, date_to
        First and last day of the study, each None if open.
    modality
        Among those of the study, for example ``US``.
    """

    patient_name: str = ""
    patient_id: str = ""
    birth_date: date | None = None
    accession: str = ""
    date_from: date | None = None
    date_to: date | None = None
    modality: str = ""
    study_uid: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str):
                if "\\" in value or any(unicodedata.category(character) == "Cc" for character in value):
                    raise WrongUseError(
                        mark("A search term has no backslash and no control character: {value}.").format(
                            value=f"{value!r}"
                        )
                    )
                if len(value) > _LONGEST_TERM:
                    raise WrongUseError(
                        mark("A search term has at most 64 characters: {value}...").format(
                            value=f"{value[:20]!r}"
                        )
                    )
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise WrongUseError(
                mark("The dates run backwards: {date_from} to {date_to}.").format(
                    date_from=self.date_from, date_to=self.date_to
                )
            )

    @property
    def name_pattern(self) -> str:
        """The name as it is matched (PS3.4 C.2.2.2.4)."""
        name = self.patient_name.strip()
        if not name or "*" in name or "?" in name:
            return name
        if name.isascii():
            # Written as a person writes it, "Wang, Xiaodong" or "Wang Xiaodong", stored as "Wang^Xiaodong".
            return "*".join(name.replace(",", " ").replace("^", " ").split()) + "*"
        # An ideographic group stands behind the alphabetic one, with or without signs in between.
        return f"*{'*'.join(_pieces(name))}*"

    @property
    def wide_name(self) -> str:
        """The name as a node is asked for it.

        Many a PACS matches the whole value, ``Wang^Xiaodong=王^小东``, which does not begin with ``王``: it
        is asked for all that may match, and the answers are looked through (`is_meant`).
        """
        return f"*{'*'.join(_pieces(self.patient_name))}*" if self.name_in_groups else self.name_pattern

    @property
    def name_in_groups(self) -> bool:
        """Whether the name has Chinese characters and wildcards of the user's own."""
        name = self.patient_name
        return ("*" in name or "?" in name) and any(_is_ideograph(character) for character in name)

    @property
    def date_range(self) -> str:
        """The days of the study as a range (PS3.4 C.2.2.2.5), empty if open."""
        if not (self.date_from or self.date_to):
            return ""
        if self.date_from == self.date_to and self.date_from:
            return f"{self.date_from:%Y%m%d}"
        first, last = (f"{day:%Y%m%d}" if day else "" for day in (self.date_from, self.date_to))
        return f"{first}-{last}"


def _pieces(name: str) -> list[str]:
    """Cut a name into single ideographs and whole words of other letters."""
    pieces: list[str] = []
    open_word = False
    for character in name:
        if character in "^= ,，·*?":
            open_word = False
        elif _is_ideograph(character):
            pieces.append(character)
            open_word = False
        elif open_word:
            pieces[-1] += character
        else:
            pieces.append(character)
            open_word = True
    return pieces


def _is_ideograph(character: str) -> bool:
    return "CJK" in unicodedata.name(character, "")


@dataclass(frozen=True)
class PatientAnswer:
    """A patient that a PACS knows."""

    patient_id: str = ""
    name: PersonName = dataclasses.field(default_factory=PersonName)
    birth_date: date | None = None
    sex: str = ""
    studies: int | None = None

    @property
    def label(self) -> str:
        """Name as a person writes it, else the ID."""
        return str(self.name) or self.patient_id or "?"


@dataclass(frozen=True)
class StudyAnswer:
    """A study that a PACS holds.

    Attributes
    ----------
    assumed
        What had to be assumed about the character set, empty if nothing.
    """

    study_uid: str
    patient: PatientAnswer = dataclasses.field(default_factory=PatientAnswer)
    date: date | None = None
    time: time | None = None
    description: str = ""
    accession: str = ""
    modalities: tuple[str, ...] = ()
    series: int | None = None
    instances: int | None = None
    assumed: str = ""


@dataclass(frozen=True)
class Instance:
    """One object in a PACS."""

    uid: str
    series_uid: str
    sop_class: str = ""


@dataclass(frozen=True)
class Found:
    """What a query found: ``cut`` where there is more than is shown."""

    studies: tuple[StudyAnswer, ...] = ()
    cut: bool = False


def patient_answer(identifier: Dataset) -> PatientAnswer:
    """Read the patient out of an answer, whose values are as they came."""
    header = _header(identifier)
    groups = (*(part.strip() for part in header.text(0x00100010).split("=")), "", "")
    sex = header.text(0x00100040).upper()
    return PatientAnswer(
        patient_id=header.text(0x00100020),
        name=PersonName(*groups[:3]),
        birth_date=header.date(0x00100030),
        sex=sex if sex in ("F", "M", "O") else "",
        studies=_count(header, 0x00201200),
    )


def study_answer(identifier: Dataset) -> StudyAnswer | None:
    """Read a study out of an answer; None if it names none."""
    header = _header(identifier)
    uid = header.text(0x0020000D)
    if not uid:
        return None
    return StudyAnswer(
        study_uid=uid,
        patient=patient_answer(identifier),
        date=header.date(0x00080020),
        time=header.time(0x00080030),
        description=header.text(0x00081030),
        accession=header.text(0x00080050),
        modalities=header.words(0x00080061),
        series=_count(header, 0x00201206),
        instances=_count(header, 0x00201208),
        assumed=header.assumed(0x00100010, 0x00081030),
    )


def instance_answer(identifier: Dataset, series_uid: str) -> Instance | None:
    """Read an instance out of an answer; None if it names none."""
    header = _header(identifier)
    uid = header.text(0x00080018)
    return Instance(uid, header.text(0x0020000E) or series_uid, header.text(0x00080016)) if uid else None


def uid_answer(identifier: Dataset, tag: int) -> str:
    """Read a UID out of an answer."""
    return _header(identifier).text(tag)


def has_modality(study: StudyAnswer, modality: str) -> bool:
    """Whether a study has a modality, as far as the answer says.

    Not every PACS can match Modalities in Study (it is an optional key, PS3.4 table C.6-5): its answers are
    looked through here.
    """
    return not modality or not study.modalities or modality.upper() in study.modalities


def matches(study: StudyAnswer, query: Query) -> bool:
    """Whether name, ID and accession number of a study match, as a PACS would say (PS3.4 C.2.2.2.4).

    For answers of a server that does not understand the terms.
    """
    return (
        name_matches(study.patient.name, query)
        and _fits(query.patient_id.strip(), study.patient.patient_id)
        and _fits(query.accession.strip(), study.accession)
    )


def is_meant(name: PersonName, query: Query) -> bool:
    """Whether an answer to `Query.wide_name` has the name that was asked for."""
    return not query.name_in_groups or name_matches(name, query)


def name_matches(name: PersonName, query: Query) -> bool:
    """Whether a group of a name, or all of them, match; ``^`` between its parts need not be written."""
    groups = (name.alphabetic, name.ideographic, name.phonetic, "=".join((name.alphabetic, name.ideographic)))
    return _fits(query.name_pattern, *groups, *(group.replace("^", "") for group in groups))


def _fits(pattern: str, *texts: str) -> bool:
    parts = ({"*": ".*", "?": "."}.get(character) or re.escape(character) for character in pattern)
    wanted = re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
    return not pattern or any(wanted.fullmatch(text) for text in texts)


def _header(identifier: Dataset) -> Header:
    return Header(identifier, "", False, True, 0, "", 0, 0)


def _count(header: Header, tag: int) -> int | None:
    number = header.number(tag)
    return int(number) if number is not None and 0 <= number < 1e9 else None
