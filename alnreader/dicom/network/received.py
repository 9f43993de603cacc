"""The studies that were received: what lies there, and taking one away."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alnreader.case.atomic import is_leftover, refusing
from alnreader.case.errors import CannotWriteError, UnreadableInputError
from alnreader.dicom.discovery import INCOMPLETE as MARK
from alnreader.dicom.discovery import discover
from alnreader.dicom.network.inbox import LOCK, StudyFolder, read_mark, uid_name

_GONE = ".removed-"
"""How the names of folders begin that are being taken away: a kill leaves no half study that looks whole."""

_LOOKED_AT = 3
"""So many files of a study are looked at for one that tells patient and date: the first may be no picture."""


@dataclass(frozen=True)
class ReceivedStudy:
    """A study that lies in the folder of received ones.

    Attributes
    ----------
    folder, study_uid
        Where, and which.
    label, patient_id, date
        For the eye; empty where no file tells.
    images
        Files that are here.
    size
        Bytes.
    complete
        Whether it is whole.
    changed
        When something was last fetched.
    """

    folder: Path
    study_uid: str
    label: str
    patient_id: str
    date: str
    images: int
    size: int
    complete: bool
    changed: datetime


def received_studies(root: Path) -> list[ReceivedStudy]:
    """Return the studies in a folder of received ones, the one fetched last first."""
    found = []
    with contextlib.suppress(OSError):
        for folder in root.iterdir():
            if not folder.name.startswith(".") and folder.is_dir() and not folder.is_symlink():
                study = _study(folder)
                if study is not None:
                    found.append(study)
    return sorted(found, key=lambda study: study.changed, reverse=True)


def _study(folder: Path) -> ReceivedStudy | None:
    files = sorted(folder.glob("*.dcm"))
    mark = read_mark(folder)
    if not files and mark is None:
        return None
    label, patient_id, date, uid = (mark.label if mark is not None else ""), "", "", ""
    for path in files[:_LOOKED_AT]:
        patients = discover([path]).patients
        if patients:
            case = patients[0]
            study = case.studies[0]
            uid = study.study_instance_uid
            label, patient_id = case.patient.label, case.patient.patient_id
            date = study.study_date.isoformat() if study.study_date is not None else ""
            break
    uid = uid or (mark.study_uid if mark is not None else "") or folder.name
    status = [path.stat() for path in files]
    changed = max([entry.st_mtime for entry in status] or [folder.stat().st_mtime])
    return ReceivedStudy(
        folder,
        uid,
        label,
        patient_id,
        date,
        len(files),
        sum(entry.st_size for entry in status),
        mark is None,
        datetime.fromtimestamp(changed).astimezone(),
    )


def remove_study(root: Path, study_uid: str) -> int:
    """Take a received study away, and nothing else; return how many images it had here.

    Raises
    ------
    UnreadableInputError
        If there is no such study in the folder.
    CannotWriteError
        If it is being fetched just now, holds files that were not received, or cannot be removed: nothing of
        it was.
    """
    study = StudyFolder(root, study_uid)
    folder = study.path
    if folder.is_symlink() or not folder.is_dir() or folder.name != uid_name(study_uid):
        raise UnreadableInputError(f"There is no study {study_uid} in {root}.")
    with study.receiving():
        images, others = 0, []
        for path in sorted(folder.iterdir()):
            if path.suffix == ".dcm" and path.is_file():
                images += 1
            elif path.name not in (MARK, LOCK) and not is_leftover(path):
                others.append(path.name)
    if others:
        raise CannotWriteError(
            f"{folder} holds files that were not received ({', '.join(others[:3])}): nothing was removed. "
            "Move them elsewhere first."
        )
    if not images and not (folder / MARK).exists():
        raise UnreadableInputError(f"There is no study {study_uid} in {root}.")
    gone = root / f"{_GONE}{secrets.token_hex(8)}"
    with refusing(folder):
        folder.rename(gone)
    for left in root.glob(f"{_GONE}*"):
        shutil.rmtree(left, ignore_errors=True)
    return images
