"""Whose images belong together, and in what order. Images of two patients never mix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import PurePath

from alnreader.case.case import Case
from alnreader.case.image import UltrasoundImage
from alnreader.case.patient import Patient, PersonName, Study
from alnreader.dicom.files import Location, natural


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
    """

    location: Location
    image: UltrasoundImage
    patient_id: str = ""
    issuer: str = ""
    name: PersonName = field(default_factory=PersonName)
    birth_date: date | None = None
    sex: str = ""
    study: Study = field(default_factory=Study)


def group(found: Iterable[Found]) -> tuple[Case, ...]:
    """Return one case a patient, in natural order of their identifiers.

    Files with the same Patient ID and issuer are one patient unless birth dates contradict each other, or
    names do where no birth date confirms them. Without a Patient ID the name (and birth date) counts, without
    a name the study, without a study the folder. Pictures of one folder are one patient.
    """
    groups: dict[tuple[str, ...], list[list[Found]]] = {}
    for entry in found:
        clusters = groups.setdefault(_key(entry), [])
        for cluster in clusters:
            if all(_compatible(entry, member) for member in _faces(cluster)):
                cluster.append(entry)
                break
        else:
            clusters.append([entry])
    clusters = [cluster for several in groups.values() for cluster in several]
    names = _folder_names(clusters)
    cases = [_case(cluster, names) for cluster in clusters]
    return tuple(sorted(cases, key=_case_order))


def _case_order(case: Case) -> tuple[object, ...]:
    return natural(case.patient.patient_id), natural(case.patient.label), natural(case.images[0].source)


def _key(entry: Found) -> tuple[str, ...]:
    if not entry.image.is_dicom and not entry.study.study_instance_uid and not entry.patient_id:
        return ("folder", entry.location.folder)
    if entry.patient_id:
        return ("id", entry.patient_id, entry.issuer)
    if str(entry.name):
        return ("name", _plain(entry.name))
    if entry.study.study_instance_uid:
        return ("study", entry.study.study_instance_uid)
    return ("folder", entry.location.folder)


def _plain(name: PersonName) -> str:
    groups = (name.alphabetic, name.ideographic)
    return "=".join("".join(part.casefold().replace("^", " ").split()) for part in groups)


def _faces(cluster: list[Found]) -> list[Found]:
    """Return one file for each different name and birth date: a patient has few, and thousands of files."""
    return list({(entry.birth_date, _plain(entry.name)): entry for entry in cluster}.values())


def _compatible(one: Found, other: Found) -> bool:
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
