"""The work list: every case of this user, its journal, and what is done when something was lost."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from alnreader.case import atomic
from alnreader.case.errors import AlnReaderError, CannotWriteError, CaseFileError, CaseInUseError
from alnreader.case.exported import ExportedReport
from alnreader.case.image import ImageKey
from alnreader.store import database, loading
from alnreader.store.database import cannot_write, fingerprint, transaction
from alnreader.store.exported import exported_reports
from alnreader.store.handle import OpenCase, append, earlier, file_stamp
from alnreader.store.journal import Entry, check_chain, extends, read_line
from alnreader.store.loading import Loaded
from alnreader.store.lock import CaseLock, is_free
from alnreader.store.package import SUFFIX, unpack
from alnreader.store.rows import CaseRow, read_rows
from alnreader.store.snapshot import Snapshot

_OLD_LEFTOVER_SECONDS = 60.0
"""Temporary files of a killed program are removed when older: another one may be writing its own just now."""


@dataclass(frozen=True)
class Opened:
    """A case that was opened.

    Attributes
    ----------
    id, path
        Identifier and case file.
    snapshot
        The reading.
    case
        To change it; None where it can only be looked at.
    read_only
        Why, for the reader; empty where it can be changed.
    missing, changed
        Images whose pixels were not found, and those whose file is another one than when it was read.
    cautions
        What else the reader must know.
    reports
        Structured reports that were exported of it.
    """

    id: str
    path: Path
    snapshot: Snapshot
    case: OpenCase | None
    read_only: str = ""
    missing: tuple[ImageKey, ...] = ()
    changed: tuple[ImageKey, ...] = ()
    cautions: tuple[str, ...] = ()
    reports: tuple[ExportedReport, ...] = ()


class Store:
    """The work list and its folder. For one thread.

    Parameters
    ----------
    folder
        Holds ``worklist.sqlite`` and ``cases``; made where it is missing.

    Raises
    ------
    CannotWriteError
        If the folder cannot be written.
    CaseFileError
        If the work list is one of a newer program.
    """

    def __init__(self, folder: Path) -> None:
        """Open, migrate, and mend what a crash or a broken disk has left."""
        self.folder = folder
        self.database = folder / "worklist.sqlite"
        self.cases_folder = folder / "cases"
        self.notes: list[str] = []
        self._open: dict[str, OpenCase] = {}
        rebuilt = False
        try:
            self.connection = database.open_database(self.database)
        except database.DamagedError as error:
            aside = database.set_aside(self.database)
            self.notes.append(
                f"{error} It was kept as {aside.name}, and the list was made anew from the case files."
            )
            self.connection = database.open_database(self.database)
            rebuilt = True
        try:
            self.cases_folder.mkdir(exist_ok=True)
        except OSError as error:
            self.connection.close()
            raise atomic.refusal(self.cases_folder, error) from error
        self._last = self._last_time()
        self._sweep()
        self._take_in_files(rebuilt)

    def __enter__(self) -> Self:
        """Use for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    # --- the list ------------------------------------------------------------------------------------------

    def rows(self) -> list[CaseRow]:
        """Return the cases on the list, the one changed last first."""
        return read_rows(self.connection, self._open)

    def find(self, uids: Iterable[str], patient_id: str) -> str | None:
        """Return the listed case of exactly these images, the newest of several; None if there is none."""
        row = self.connection.execute(
            "SELECT id FROM cases WHERE fingerprint = ? AND patient_id = ? AND listed = 1 "
            "ORDER BY changed DESC LIMIT 1",
            (fingerprint(uids), patient_id),
        ).fetchone()
        return None if row is None else str(row[0])

    def remove(self, case_id: str, who: str = "") -> None:
        """Take a case off the list. Its file and its journal stay."""
        case = self._open.get(case_id)
        if case is not None:
            case.note("taken off the list", who)
            self.close_case(case)
        self._change("UPDATE cases SET listed = 0 WHERE id = ?", (case_id,))

    def _change(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            with transaction(self.connection):
                self.connection.execute(statement, values)
        except sqlite3.OperationalError as error:
            raise cannot_write(self.database, error) from error

    # --- cases ---------------------------------------------------------------------------------------------

    def create(self, snapshot: Snapshot, who: str = "") -> OpenCase:
        """Begin a case, and keep it as it is.

        Raises
        ------
        CannotWriteError
            If it cannot be kept.
        ProtocolError
            If the reading has begun already.
        """
        case_id = uuid.uuid4().hex
        path = self.cases_folder / f"{case_id}{SUFFIX}"
        case = OpenCase(self, case_id, path, CaseLock.take(path))
        try:
            case.record("", "opened", snapshot, who)
        except BaseException:
            case.release()
            raise
        self._open[case_id] = case
        with contextlib.suppress(CannotWriteError):  # the list has it; the file follows with the next action
            case.save_file()
        return case

    def open(self, case_id: str, folders: Iterable[Path] = (), who: str = "") -> Opened:
        """Open a case of the list.

        Parameters
        ----------
        folders
            Where else its pictures may be.

        Raises
        ------
        CaseFileError
            If there is no such case, or neither the list nor its file holds it whole.
        """
        row = self.connection.execute("SELECT path FROM cases WHERE id = ?", (case_id,)).fetchone()
        if row is None:
            raise CaseFileError(f"There is no case {case_id} on the work list.")
        return self._open_at(case_id, Path(row[0]), tuple(folders), who)

    def open_file(self, path: Path, folders: Iterable[Path] = (), who: str = "") -> Opened:
        """Open a case file, from wherever it comes, and put it on the list.

        Raises
        ------
        CaseFileError
            If it is none, or damaged.
        """
        path = path.absolute()
        file = loading.read_file(path)
        if path.is_dir():
            return self._look(file, tuple(folders), "An unpacked case can be looked at, not changed.")
        if file.document.case in self._open:
            raise CaseInUseError(f"{path.name}: this case is open already.")
        row = self.connection.execute("SELECT path FROM cases WHERE id = ?", (file.document.case,)).fetchone()
        if row is not None and Path(row[0]) != path and not self._same_story(file):
            return self._look(
                file,
                tuple(folders),
                f"{path.name} and the case of the same origin on the work list were both continued: this one "
                "can be looked at, not changed.",
            )
        if not _writable(path):
            return self._look(file, tuple(folders), f"{path.parent} is read-only: copy the case elsewhere.")
        try:
            lock = CaseLock.take(path)
        except (CaseInUseError, CannotWriteError) as error:
            return self._look(file, tuple(folders), str(error))
        try:
            self._adopt(file)
            self._change(
                "UPDATE cases SET path = ?, listed = 1 WHERE id = ?", (str(path), file.document.case)
            )
        finally:
            lock.release()
        return self._open_at(file.document.case, path, tuple(folders), who)

    def _open_at(self, case_id: str, path: Path, folders: tuple[Path, ...], who: str) -> Opened:
        if case_id in self._open:
            raise CaseInUseError("This case is open already.")
        try:
            lock = CaseLock.take(path)
        except CaseInUseError as error:
            return self._look(self._stored(case_id), folders, str(error), path)
        except CannotWriteError as error:
            # The folder of the file is away or read-only: the list has everything, and may not go on where
            # the file cannot follow it.
            return self._look(self._stored(case_id), folders, str(error), path)
        try:
            return self._continue(case_id, path, folders, lock, who)
        except BaseException:
            lock.release()
            raise

    def _continue(
        self, case_id: str, path: Path, folders: tuple[Path, ...], lock: CaseLock, who: str
    ) -> Opened:
        cautions: list[str] = []
        written = 0
        try:
            file = loading.read_file(path)
            if self._adopt(file):
                cautions.append("The case file had more than the work list: it was taken from there.")
            elif not self._same_story(file):
                cautions.append(f"{_keep_aside(path)} holds another continuation; the work list's is shown.")
            else:
                written = len(file.entries)
        except CaseFileError as error:
            if path.exists():
                cautions.append(f"{error} It was kept as {_keep_aside(path)} and written anew.")
        stored = self._stored(case_id)
        loaded = loading.load(stored, path, folders)
        case = OpenCase(self, case_id, path, lock)
        case.take_over(
            loaded.snapshot,
            list(stored.entries),
            stored.package.members,
            loading.seals(stored),
            stored.package.text,
            written,
        )
        unfinished = self._is_marked_open(case_id)
        self._change("UPDATE cases SET opened = 1, listed = 1 WHERE id = ?", (case_id,))
        self._open[case_id] = case
        try:
            case.note("reopened after the program had ended unexpectedly" if unfinished else "reopened", who)
            if loaded.missing or folders:
                case.note("pictures looked for", who, {"missing": len(loaded.missing)})
        except AlnReaderError:
            del self._open[case_id]
            raise
        with contextlib.suppress(CannotWriteError):
            case.save_file()
        return Opened(
            case_id,
            path,
            loaded.snapshot,
            case,
            "",
            loaded.missing,
            loaded.changed,
            (*cautions, *loaded.cautions),
            exported_reports(stored.entries),
        )

    def _look(
        self, stored: loading.Stored, folders: tuple[Path, ...], reason: str, path: Path | None = None
    ) -> Opened:
        place = stored.path if path is None else path
        loaded: Loaded = loading.load(stored, place, folders)
        return Opened(
            stored.document.case,
            place,
            loaded.snapshot,
            None,
            reason,
            loaded.missing,
            loaded.changed,
            loaded.cautions,
            exported_reports(stored.entries),
        )

    def close_case(self, case: OpenCase) -> None:
        """Close a case: its file is brought up to date if it can be, and other programs may have it."""
        try:
            with contextlib.suppress(CannotWriteError):
                case.save_file()
            self._change("UPDATE cases SET opened = 0, stamp = ? WHERE id = ?", (case.stamp(), case.id))
        finally:
            self._open.pop(case.id, None)
            case.release()

    def save_copy(self, case_id: str, target: Path) -> None:
        """Write a case file somewhere else, for another machine; the case stays where it is.

        Raises
        ------
        CannotWriteError
            If it cannot be written.
        """
        case = self._open.get(case_id)
        stored = self._stored(case_id) if case is None else None
        content = case.packed() if case is not None else loading.repack(stored) if stored is not None else b""
        atomic.write_bytes(target, content)

    def close(self) -> None:
        """Close every case and the list."""
        for case in list(self._open.values()):
            with contextlib.suppress(CannotWriteError):
                self.close_case(case)
        self.connection.close()

    # --- what is stored ------------------------------------------------------------------------------------

    def entries(self, case_id: str | None = None) -> tuple[Entry, ...]:
        """Return the journal of one case, or of all in the order of writing."""
        if case_id is None:
            rows = self.connection.execute("SELECT sequence, entry FROM journal ORDER BY sequence")
        else:
            rows = self.connection.execute(
                "SELECT number, entry FROM journal WHERE case_id = ? ORDER BY number", (case_id,)
            )
        return tuple(read_line(text, f"{self.database}, entry {number}") for number, text in rows)

    def every_case(self) -> Iterator[loading.Stored]:
        """Yield every case, also those taken off the list, in the order in which they were begun."""
        for (case_id,) in self.connection.execute("SELECT id FROM cases ORDER BY created, id").fetchall():
            yield self._stored(case_id)

    def _stored(self, case_id: str) -> loading.Stored:
        row = self.connection.execute("SELECT path, package FROM cases WHERE id = ?", (case_id,)).fetchone()
        if row is None:
            raise CaseFileError(f"There is no case {case_id} on the work list.")
        return loading.stored_of(unpack(row[1], str(self.database)), self.entries(case_id), Path(row[0]))

    def _is_marked_open(self, case_id: str) -> bool:
        row = self.connection.execute("SELECT opened FROM cases WHERE id = ?", (case_id,)).fetchone()
        return bool(row[0])

    def _last_time(self) -> datetime | None:
        row = self.connection.execute(
            "SELECT sequence, entry FROM journal ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        return None if row is None else read_line(row[1], f"{self.database}, entry {row[0]}").at

    def is_earlier(self, now: datetime) -> bool:
        """Whether the clock was set back since the last entry."""
        return earlier(now, self._last)

    def passed(self, at: datetime) -> None:
        """Remember the time of the last entry."""
        self._last = at

    # --- mending -------------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Remove temporary files that a killed program has left in our own folder."""
        for path in self.cases_folder.iterdir():
            with contextlib.suppress(OSError):
                if atomic.is_leftover(path) and time.time() - path.stat().st_mtime > _OLD_LEFTOVER_SECONDS:
                    path.unlink()

    def _take_in_files(self, rebuilt: bool) -> None:
        """Take from the case files what the list lost: with a cut log, or altogether."""
        stamps = dict(self.connection.execute("SELECT path, stamp FROM cases"))
        for path in sorted(self.cases_folder.glob(f"*{SUFFIX}")):
            try:
                if stamps.get(str(path)) == file_stamp(path) or not is_free(path):
                    continue
                file = loading.read_file(path)
                if self._adopt(file) and not rebuilt:
                    self.notes.append(
                        f"Actions of {file.document.patient.label} were missing in the work list: they were "
                        "taken from the case file."
                    )
            except (CaseFileError, OSError) as error:
                self.notes.append(str(error))

    def _same_story(self, file: loading.Stored) -> bool:
        """Whether the journal of a file is the beginning of the list's, or the other way round."""
        known = self.entries(file.document.case)
        return extends(known, file.entries) or extends(file.entries, known)

    def _adopt(self, file: loading.Stored) -> bool:
        """Take a case file into the list where it is ahead of it, and say whether it was.

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
        known = self.entries(file.document.case)
        if len(file.entries) <= len(known) or not extends(file.entries, known):
            return False
        values = loading.row_values(file)
        try:
            with transaction(self.connection):
                self.connection.execute(_ADOPT, values)
                for entry in file.entries[len(known) :]:
                    append(self.connection, entry)
        except sqlite3.OperationalError as error:
            raise cannot_write(self.database, error) from error
        self._last = file.entries[-1].at
        return True


_ADOPT = """
INSERT INTO cases (id, path, patient, patient_id, study_date, state, mode, images, confirmed, created,
    changed, listed, opened, number, head, package, fingerprint)
VALUES (:id, :path, :patient, :patient_id, :study_date, :state, :mode, :images, :confirmed, :created,
    :changed, 1, 0, :number, :head, :package, :fingerprint)
ON CONFLICT (id) DO UPDATE SET state = :state, mode = :mode, images = :images, confirmed = :confirmed,
    changed = :changed, number = :number, head = :head, package = :package, stamp = ''
"""


def _writable(path: Path) -> bool:
    """Whether a file could be replaced: its folder takes another one, and nobody has protected it."""
    import os

    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)


def _keep_aside(path: Path) -> str:
    """Give a file that is not continued another name, and return that."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.aside-{number}{path.suffix}.old")).exists():
        number += 1
    with contextlib.suppress(OSError):
        path.replace(aside)
    return aside.name
