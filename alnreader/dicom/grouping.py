"""Whose images belong together, and in what order. Images of two patients never mix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import PurePath
from typing import TypeVar

from alnreader.case.case import Case
from alnreader.case.image import UltrasoundImage
from alnreader.case.patient import Patient, PersonName, Study
from alnreader.dicom.files import Location, natural
from alnreader.dicom.header import Header


@dataclass(frozen=True)
class Identity:
    """What tells the patient of a file from others.

    Attributes
    ----------
    key
        What was taken (id, name, study or folder), and its value.
    name, birth_date
        As read; they part those who share a key.
    """

    key: tuple[str, ...]
    name: PersonName = field(default_factory=PersonName)
    birth_date: date | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """One readable file.

    Attributes
    ----------
    location
        Where it is.
    image
        What is offered to the reader.
    patient_id, issuer, name, birth_date, sex
        As read, empty or None where absent.
    study
        The examination.
    is_cut
        Whether frames are missing at the end.
    """

    location: Location
    image: UltrasoundImage
    patient_id: str = ""
    issuer: str = ""
    name: PersonName = field(default_factory=PersonName)
    birth_date: date | None = None
    sex: str = ""
    study: Study = field(default_factory=Study)
    is_cut: bool = False


def group(found: Iterable[Found]) -> tuple[Case, ...]:
    """Return one case a patient, in natural order of their identifiers.

    Files with the same Patient ID and issuer are one patient unless birth dates contradict each other, or
    names do where no birth date confirms them. Without a Patient ID the name (and birth date) counts, without
    a name the study, without a study the folder. Pictures of one folder are one patient.
    """
    clusters = clustered(found, lambda entry: Identity(_key(entry), entry.name, entry.birth_date))
    names = _folder_names(clusters)
    cases = [_case(cluster, names) for cluster in clusters]
    return tuple(sorted(cases, key=_case_order))


Entry = TypeVar("Entry")


def clustered(entries: Iterable[Entry], identity: Callable[[Entry], Identity]) -> list[list[Entry]]:
    """Return entries by patient, see `group`."""
    groups: dict[tuple[str, ...], list[tuple[set[Identity], list[Entry]]]] = {}
    for entry in entries:
        who = identity(entry)
        clusters = groups.setdefault(who.key, [])
        for faces, cluster in clusters:  # a patient has few faces, and thousands of files
            if all(_compatible(who, face) for face in faces):
                faces.add(who)
                cluster.append(entry)
                break
        else:
            clusters.append(({who}, [entry]))
    return [cluster for several in groups.values() for _, cluster in several]


def identity_of(header: Header, folder: str) -> Identity:
    """Return the identity of a DICOM file in a folder."""
    name, study = person_name(header), header.text(0x0020000D)
    key = _key_of(header.text(0x00100020), header.text(0x00100021), name, study, folder)
    return Identity(key, name, header.date(0x00100030))


def person_name(header: Header) -> PersonName:
    """Return the patient's name in its three writings."""
    parts = [part.strip() for part in header.text(0x00100010).split("=")]
    alphabetic, ideographic, phonetic = (*parts, "", "", "")[:3]
    return PersonName(alphabetic, ideographic, phonetic)


def _case_order(case: Case) -> tuple[object, ...]:
    return natural(case.patient.patient_id), natural(case.patient.label), natural(case.images[0].source)


def _key(entry: Found) -> tuple[str, ...]:
    if not entry.image.is_dicom and not entry.study.study_instance_uid and not entry.patient_id:
        return ("folder", entry.location.folder)
    study = entry.study.study_instance_uid
    return _key_of(entry.patient_id, entry.issuer, entry.name, study, entry.location.folder)


def _key_of(patient_id: str, issuer: str, name: PersonName, study: str, folder: str) -> tuple[str, ...]:
    if patient_id:
        return ("id", patient_id, issuer)
    if str(name):
        return ("name", plain_name(name))
    return ("study", study) if study else ("folder", folder)


def plain_name(name: PersonName) -> str:
    """Return a name without case, blanks and signs, to compare."""
    groups = (name.alphabetic, name.ideographic)
    return "=".join("".join(part.casefold().replace("^", " ").split()) for part in groups)


def _compatible(one: Identity, other: Identity) -> bool:
    if one.birth_date and other.birth_date:
        return one.birth_date == other.birth_date
    names = (one.name, other.name)
    if not all(str(name) for name in names):
        return True
    pairs = [(getattr(names[0], part), getattr(names[1], part)) for part in ("alphabetic", "ideographic")]
    shared = [_squeezed(a) == _squeezed(b) for a, b in pairs if a.strip("^ ") and b.strip("^ ")]
    return any(shared) or not shared


def _squeezed(text: str) -> str:
    return "".join(text.casefold().replace("^", " ").split())


def _folder_names(clusters: list[list[Found]]) -> dict[str, str]:
    """Return a name for each folder that stands for a patient, longer where two would be the same."""
    folders = {
        cluster[0].location.folder: cluster[0].location
        for cluster in clusters
        if _key(cluster[0])[0] == "folder"
    }
    names = {folder: location.folder_name for folder, location in folders.items()}
    for folder in folders:
        alike = [other for other in folders if folders[other].folder_name == folders[folder].folder_name]
        if len(alike) > 1:
            parts = PurePath(folder.replace("!/", "/")).parts
            names[folder] = _distinct(parts, [PurePath(other.replace("!/", "/")).parts for other in alike])
    return names


def _distinct(parts: tuple[str, ...], alike: list[tuple[str, ...]]) -> str:
    for length in range(2, len(parts) + 1):
        if sum(other[-length:] == parts[-length:] for other in alike) == 1:
            return "/".join(parts[-length:])
    return "/".join(parts)


def _case(cluster: list[Found], folder_names: dict[str, str]) -> Case:
    ordered = sorted(cluster, key=_order)
    kind = _key(cluster[0])[0]
    first = ordered[0]
    patient_id = {
        "id": first.patient_id,
        "name": str(first.name),
        "study": f"study {first.study.study_instance_uid}",
        "folder": folder_names.get(first.location.folder, ""),
    }[kind]
    patient = Patient(
        patient_id=patient_id,
        name=_fullest(entry.name for entry in ordered),
        birth_date=next((entry.birth_date for entry in ordered if entry.birth_date), None),
        sex=next((entry.sex for entry in ordered if entry.sex), ""),
        issuer=first.issuer,
    )
    studies: dict[str, Study] = {}
    for entry in ordered:
        studies.setdefault(entry.study.study_instance_uid, entry.study)
    return Case(patient, tuple(studies.values()), tuple(entry.image for entry in ordered))


def _fullest(names: Iterable[PersonName]) -> PersonName:
    """Return the first name that has both writings, else the first there is."""
    known = [name for name in names if str(name)]
    both = [name for name in known if name.alphabetic and name.ideographic]
    return next(iter([*both, *known]), PersonName())


def _order(entry: Found) -> tuple[object, ...]:
    study, image = entry.study, entry.image
    last = 1 << 62
    return (
        study.study_date or date.max,
        study.study_time or time.max,
        study.study_instance_uid,
        image.series_number if image.series_number is not None else last,
        image.series_instance_uid,
        image.instance_number if image.instance_number is not None else last,
        natural(str(entry.location)),
    )
