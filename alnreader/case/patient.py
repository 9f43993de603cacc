"""Patient and study: the identity of what is read, with the character set already resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from alnreader.case.errors import InvalidValueError


@dataclass(frozen=True)
class PersonName:
    """A person's name in the three groups of a DICOM PN value (PS3.5 6.2.1).

    Components stay joined with ``^`` as read.
    """

    alphabetic: str = ""
    ideographic: str = ""
    phonetic: str = ""

    def __str__(self) -> str:
        """Name as a person writes it: ideographic group first where there is one."""
        groups = [_readable(part) for part in (self.ideographic, self.alphabetic)]
        readable = [group for group in groups if group]
        if len(readable) == 2 and readable[0] != readable[1]:
            return f"{readable[0]} ({readable[1]})"
        return readable[0] if readable else ""


def _readable(group: str) -> str:
    """Turn ``family^given^middle^prefix^suffix`` into one line."""
    family, given, middle, prefix, suffix = (group.split("^") + [""] * 5)[:5]
    if any(ord(character) > 0x2E7F for character in group):
        return "".join(part.strip() for part in (family, given, middle))
    first = " ".join(part.strip() for part in (prefix, given, middle, suffix) if part.strip())
    return f"{family.strip()}, {first}" if family.strip() and first else (family.strip() or first)


@dataclass(frozen=True)
class Patient:
    """Who is examined.

    Attributes
    ----------
    patient_id
        Patient ID (0010,0020), or the folder's name for pictures without DICOM identity. Never empty.
    name
        Patient's Name (0010,0010).
    birth_date
        Patient's Birth Date (0010,0030), None where absent or not a date.
    sex
        Patient's Sex (0010,0040): ``F``, ``M``, ``O`` or an empty string.
    issuer
        Issuer of Patient ID (0010,0021).
    """

    patient_id: str
    name: PersonName = PersonName()
    birth_date: date | None = None
    sex: str = ""
    issuer: str = ""

    def __post_init__(self) -> None:
        """Refuse a patient that cannot be told from another."""
        if not self.patient_id.strip():
            raise InvalidValueError("A patient needs an identifier: Patient ID, name or folder is empty.")

    @property
    def label(self) -> str:
        """The name, or the identifier where there is no name."""
        return str(self.name) or self.patient_id


@dataclass(frozen=True)
class Study:
    """One examination of the patient.

    Attributes
    ----------
    study_instance_uid
        Study Instance UID (0020,000D), or an empty string for pictures.
    study_date, study_time
        Study Date (0008,0020) and Study Time (0008,0030), None where absent or unreadable.
    description, accession_number, institution, manufacturer
        Attributes of the same names, empty where absent.
    """

    study_instance_uid: str = ""
    study_date: date | None = None
    study_time: time | None = None
    description: str = ""
    accession_number: str = ""
    institution: str = ""
    manufacturer: str = ""
