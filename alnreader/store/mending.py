"""What one of the two copies of a case lost is taken from the other: work list and case file."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case import atomic
from alnreader.case.errors import AlnReaderError, CaseFileError
from alnreader.case.language import mark
from alnreader.logs import places_of
from alnreader.store import loading
from alnreader.store.database import cannot_write, path_text, storable, transaction
from alnreader.store.handle import append, file_stamp
from alnreader.store.journal import Entry, check_chain, extends
from alnreader.store.lock import is_free
from alnreader.store.package import SUFFIX

if TYPE_CHECKING:
    from alnreader.store.worklist import Store

_log = logging.getLogger(__name__)

_OLD_LEFTOVER_SECONDS = 60.0
"""Temporary files of a killed program are removed when older: another one may be writing its own just now."""

ASIDE = ".old"
"""Ending of a case file that was not continued, and of one that was damaged."""


_UNFORESEEN = (
    "{file}: the saved case could not be taken in, by a fault of the program ({kind}). It was left as it is."
)


def sweep(folder: Path) -> None:
    """Remove temporary files that a killed program has left in our own folder."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if atomic.is_leftover(path) and time.time() - path.stat().st_mtime > _OLD_LEFTOVER_SECONDS:
                path.unlink()


def take_in_files(store: Store, *, rebuilt: bool) -> list[str]:
    """Take from the case files what the list lost, and return what to tell of it.

    One file that cannot be taken in keeps no other from it.
    """
    notes = []
    stamps = dict(store.connection.execute("SELECT path, stamp FROM cases"))
    for path in sorted(store.cases_folder.glob(f"*{SUFFIX}")):
        try:
            stamp = file_stamp(path)
            if (stamp and stamps.get(path_text(path)) == stamp) or not is_free(path):
                continue
            file = loading.read_file(path)
            if not is_free(store.home(file.document.case)):
                continue
            if adopt(store, file) and not rebuilt:
                words = mark(
                    "Actions of {patient} were missing in the work list: they were taken from the case file."
                )
                notes.append(words.format(patient=file.document.patient.label))
        except (AlnReaderError, OSError) as error:
            notes.append(str(error))
        except Exception as fault:  # a file that nobody foresaw: the others are read all the same
            places = "\n".join(places_of(fault.__traceback__))
            _log.error("A case file was not taken in: %s\n%s", type(fault).__name__, places)
            notes.append(_UNFORESEEN.format(file=path, kind=type(fault).__name__))
    return notes


def adopt(store: Store, file: loading.Stored, *, again: bool = False) -> bool:
    """Take a case file into the list where it is ahead of it, and say whether it was.

    Parameters
    ----------
    again
        Take the case over also where both have the same entries: the list's copy is damaged.

    Raises
    ------
    CaseFileError
        If its journal does not hold.
    """
    fault = check_chain(file.entries, file.document.case, file.package.content)
    if fault is not None:
        raise CaseFileError(
            f"{file.path}: the journal does not hold at entry {fault.number}: {fault.sentence}"
        )
    known = store.entries(file.document.case)
    listed = store.place(file.document.case) is not None
    if not extends(file.entries, known) or (len(file.entries) == len(known) and listed and not again):
        return False
    values = loading.row_values(file)
    try:
        with transaction(store.connection):
            store.connection.execute(_ADOPT, storable(values))
            for entry in file.entries[len(known) :]:
                append(store.connection, entry)
    except sqlite3.Error as error:
        raise cannot_write(store.database, error) from error
    store.passed(file.entries[-1].at)
    return True


_ADOPT = """
INSERT INTO cases (id, path, patient, patient_id, study_date, state, mode, images, confirmed, created,
    changed, listed, opened, number, head, package, fingerprint)
VALUES (:id, :path, :patient, :patient_id, :study_date, :state, :mode, :images, :confirmed, :created,
    :changed, 1, 0, :number, :head, :package, :fingerprint)
ON CONFLICT (id) DO UPDATE SET patient = :patient, patient_id = :patient_id, study_date = :study_date,
    state = :state, mode = :mode, images = :images, confirmed = :confirmed, created = :created,
    changed = :changed, number = :number, head = :head, package = :package, fingerprint = :fingerprint,
    stamp = ''
"""

_COLUMNS = """
UPDATE cases SET patient = :patient, patient_id = :patient_id, study_date = :study_date, state = :state,
    mode = :mode, images = :images, confirmed = :confirmed, created = :created, changed = :changed
WHERE id = :id
"""


def mend_row(store: Store, case_id: str) -> None:
    """Write what the list shows of a case anew, out of the case.

    Raises
    ------
    CaseFileError
        If neither copy can be read.
    """
    values = loading.row_values(store.either(case_id))
    try:
        with transaction(store.connection):
            store.connection.execute(_COLUMNS, storable(values))
    except sqlite3.Error as error:
        raise cannot_write(store.database, error) from error


def put_foreign_aside(path: Path, entries: Sequence[Entry]) -> str:
    """Keep a file that another program has put in the place of a case that is open here.

    It comes by way of a synchronised folder, a backup, or a share without locks. Return its new name; empty
    where it says nothing that the journal does not.
    """
    try:
        file = loading.read_file(path)
        known = check_chain(file.entries, file.document.case, file.package.content) is None
        if known and extends(entries, file.entries):
            return ""
    except CaseFileError:
        if not path.exists():
            return ""
    return keep_aside(path)


def keep_aside(path: Path) -> str:
    """Give a file that is not continued another name, and return that."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.aside-{number}{path.suffix}{ASIDE}")).exists():
        number += 1
    with contextlib.suppress(OSError):
        path.replace(aside)
    return aside.name
