"""The work list: every case of this user, its journal, and what is done when something was lost."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from alnreader.case import atomic
from alnreader.case.errors import AlnReaderError, CannotWriteError, CaseFileError, CaseInUseError
from alnreader.case.language import mark
from alnreader.store import database, loading, mending
from alnreader.store.database import cannot_write, fingerprint, path_of, path_text, storable, transaction
from alnreader.store.handle import OpenCase, earlier
from alnreader.store.journal import Entry, extends, read_line
from alnreader.store.lock import CaseLock, is_free
from alnreader.store.opening import Opened as Opened
from alnreader.store.opening import go_on, look
from alnreader.store.package import SUFFIX, unpack
from alnreader.store.rows import CaseRow, read_rows
from alnreader.store.snapshot import Snapshot

_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
"""Identifiers that may be part of a file's name. Ours are; a foreign file may say anything."""


TAKEN_OFF = "taken off the list"
"""Action of the entry of that."""


class Store:
    """The work list and its folder. For one thread.

    Parameters
    ----------
    folder
        Holds ``worklist.sqlite`` and ``cases``; made where it is missing.
    only_look
        Change nothing, also not in the folder: for a medium or a disk that takes nothing. Every case opens
        for looking.

    Raises
    ------
    CannotWriteError
        If the folder cannot be written.
    CaseFileError
        If the work list is one of a newer program.
    """

    def __init__(self, folder: Path, *, only_look: bool = False) -> None:
        """Open, migrate, and mend what a crash or a broken disk has left."""
        self.folder = folder
        self.database = folder / "worklist.sqlite"
        self.cases_folder = folder / "cases"
        self.notes: list[str] = []
        self.only_look = only_look
        self.in_hand: dict[str, OpenCase] = {}
        self._after = contextlib.ExitStack()
        self._last: datetime | None = None
        if only_look:
            self.connection = self._after.enter_context(database.reading(self.database))
            return
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
        self._after.callback(self.connection.close)
        try:
            self.cases_folder.mkdir(exist_ok=True)
        except OSError as error:
            self._after.close()
            raise atomic.refusal(self.cases_folder, error) from error
        self._last = self._last_time()
        mending.sweep(self.cases_folder)
        self.notes += mending.take_in_files(self, rebuilt=rebuilt)

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
        try:
            rows, damaged = read_rows(self.connection, self.in_hand, self.is_free)
            for case_id in damaged if not self.only_look else ():
                with contextlib.suppress(AlnReaderError):  # one that cannot be mended is not on the list
                    mending.mend_row(self, case_id)
            return read_rows(self.connection, self.in_hand, self.is_free)[0] if damaged else rows
        except sqlite3.Error as error:
            raise CaseFileError(
                mark("{database}: the work list cannot be read ({reason}).").format(
                    database=self.database, reason=error
                )
            ) from error

    def find(self, uids: Iterable[str], patient_id: str) -> str | None:
        """Return the listed case of exactly these images, the newest of several; None if there is none."""
        uids = sorted(uids)
        rows = self.connection.execute(
            "SELECT id FROM cases WHERE fingerprint = ? AND patient_id = ? AND listed = 1 "
            "ORDER BY changed DESC",
            tuple(storable({"uids": fingerprint(uids), "patient": patient_id}).values()),
        )
        for (case_id,) in rows.fetchall():
            # The row leads there, the case itself decides: a damaged row must not show another patient's.
            with contextlib.suppress(CaseFileError):
                if sorted(image.uid for image in self.either(case_id).document.images) == uids:
                    return str(case_id)
        return None

    def remove(self, case_id: str, who: str = "") -> None:
        """Take a case off the list. Its file and its journal stay, and the journal tells of it.

        Raises
        ------
        CaseInUseError
            If another program has the case open.
        """
        case = self.in_hand.get(case_id) or self._for_a_note(case_id)
        case.note(TAKEN_OFF, who)
        self.close_case(case)
        self.change("UPDATE cases SET listed = 0 WHERE id = ?", (case_id,))

    def _for_a_note(self, case_id: str) -> OpenCase:
        """Take a case that is not open here, without its pictures."""
        opened = self._open_at(case_id, self._place(case_id), (), "", quietly=True)
        if opened.case is None:
            raise CaseInUseError(opened.read_only)
        return opened.case

    def change(self, statement: str, values: tuple[object, ...]) -> None:
        """Change the list, not the journal, in a transaction. For this room."""
        try:
            with transaction(self.connection):
                self.connection.execute(statement, values)
        except sqlite3.Error as error:
            raise cannot_write(self.database, error) from error

    # --- where cases are -----------------------------------------------------------------------------------

    def home(self, case_id: str) -> Path:
        """Return where a case's file lies in this folder, or would: whoever changes it here has its lock."""
        if not _NAME.fullmatch(case_id):
            raise CaseFileError(
                mark("{case_id} is no identifier of a case.").format(case_id=f"{case_id!r:.80}")
            )
        return self.cases_folder / f"{case_id}{SUFFIX}"

    def place(self, case_id: str) -> Path | None:
        """Return where the list says that a case's file lies; None where there is no such case."""
        row = self.connection.execute("SELECT path FROM cases WHERE id = ?", (case_id,)).fetchone()
        return None if row is None else path_of(row[0])

    def _place(self, case_id: str) -> Path:
        place = self.place(case_id)
        if place is None:
            raise CaseFileError(mark("There is no case {case_id} on the work list.").format(case_id=case_id))
        return place

    def is_free(self, case_id: str) -> bool:
        """Whether no program with this folder has a case open."""
        return is_free(self.home(case_id))

    def _lock(self, case_id: str, path: Path) -> CaseLock:
        """Lock a case by what it is, for every program with this folder, and its file for all others."""
        lock = CaseLock.take(self.home(case_id))
        if not lock.is_of(path):
            try:
                lock.within = CaseLock.take(path)
            except BaseException:
                lock.release()
                raise
        return lock

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
        self._require_writable()
        case_id = uuid.uuid4().hex
        path = self.home(case_id)
        case = OpenCase(self, case_id, path, CaseLock.take(path))
        try:
            case.record("", "opened", snapshot, who)
        except BaseException:
            case.release()
            raise
        self.in_hand[case_id] = case
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
        return self._open_at(case_id, self._place(case_id), tuple(folders), who)

    def open_file(self, path: Path, folders: Iterable[Path] = (), who: str = "") -> Opened:
        """Open a case file, from wherever it comes, and put it on the list.

        Raises
        ------
        CaseFileError
            If it is none, or damaged.
        """
        path = Path(os.path.realpath(path))
        file = loading.read_file(path)
        case_id, looked = file.document.case, tuple(folders)
        if path.is_dir():
            return look(file, looked, mark("An unpacked case can be looked at, not changed."))
        if self.only_look:
            return look(file, looked, self._only_looking())
        if case_id in self.in_hand:
            raise CaseInUseError(mark("{path}: this case is open already.").format(path=path.name))
        listed = self.place(case_id)
        elsewhere = listed is not None and Path(os.path.realpath(listed)) != path
        if elsewhere and not self.same_story(file):
            return look(
                file,
                looked,
                mark(
                    "{file} and the case of the same origin on the work list were both continued: this one "
                    "can be looked at, not changed."
                ).format(file=path.name),
            )
        if not _writable(path):
            return look(
                file,
                looked,
                mark("{folder} is read-only: copy the case elsewhere.").format(folder=path.parent),
            )
        try:
            lock = self._lock(case_id, path)
            if elsewhere and listed is not None and not lock.is_of(listed):
                CaseLock.take(listed).release()  # a program with another folder may have it open there
        except (CaseInUseError, CannotWriteError) as error:
            return look(file, looked, str(error))
        try:
            mending.adopt(self, file)
            self.change("UPDATE cases SET path = ?, listed = 1 WHERE id = ?", (path_text(path), case_id))
            return go_on(self, case_id, path, looked, lock, who)
        except CannotWriteError as error:
            lock.release()
            return look(file, looked, str(error))
        except BaseException:
            lock.release()
            raise

    def _open_at(
        self, case_id: str, path: Path, folders: tuple[Path, ...], who: str, *, quietly: bool = False
    ) -> Opened:
        if case_id in self.in_hand:
            raise CaseInUseError(mark("This case is open already."))
        if self.only_look:
            return look(self.either(case_id), folders, self._only_looking(), path)
        try:
            lock = self._lock(case_id, path)
        except (CaseInUseError, CannotWriteError) as error:
            # Where the folder of the file is away or read-only: the list has everything, and may not go on
            # where the file cannot follow it.
            return look(self.either(case_id), folders, str(error), path)
        try:
            return go_on(self, case_id, path, folders, lock, who, quietly=quietly)
        except CannotWriteError as error:  # a full disk
            lock.release()
            return look(self.either(case_id), folders, str(error), path)
        except BaseException:
            lock.release()
            raise

    def close_case(self, case: OpenCase) -> None:
        """Close a case: its file is brought up to date if it can be, and other programs may have it."""
        try:
            with contextlib.suppress(CannotWriteError):
                case.save_file()
            self.change("UPDATE cases SET opened = 0, stamp = ? WHERE id = ?", (case.stamp(), case.id))
        finally:
            self.in_hand.pop(case.id, None)
            case.release()

    def save_copy(self, case_id: str, target: Path, who: str = "") -> None:
        """Write a case file somewhere else, for another machine; the case stays where it is.

        The journal tells of it, unless another program has the case.

        Raises
        ------
        CannotWriteError
            If it cannot be written.
        """
        case = self.in_hand.get(case_id)
        content = case.packed() if case is not None else loading.repack(self.either(case_id))
        atomic.write_bytes(target, content)
        if self.only_look:
            return
        told = {"file": str(target)}
        with contextlib.suppress(CaseInUseError):
            if case is not None:
                case.note("copied", who, told)
            else:
                case = self._for_a_note(case_id)
                case.note("copied", who, told)
                self.close_case(case)

    def close(self) -> None:
        """Close every case and the list."""
        for case in list(self.in_hand.values()):
            with contextlib.suppress(CannotWriteError):
                self.close_case(case)
        self._after.close()

    def _only_looking(self) -> str:
        return mark("{folder} takes nothing now: the case can be looked at, not changed.").format(
            folder=self.folder
        )

    def _require_writable(self) -> None:
        if self.only_look:
            raise CannotWriteError(
                mark("Cannot write {database}: it was opened for looking.").format(database=self.database)
            )

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
            yield self.either(case_id)

    def stored(self, case_id: str) -> loading.Stored:
        """Return the list's copy of a case; CaseFileError where it cannot be read."""
        row = self.connection.execute("SELECT path, package FROM cases WHERE id = ?", (case_id,)).fetchone()
        if row is None:
            raise CaseFileError(mark("There is no case {case_id} on the work list.").format(case_id=case_id))
        return loading.stored_of(unpack(row[1], str(self.database)), self.entries(case_id), path_of(row[0]))

    def either(self, case_id: str) -> loading.Stored:
        """Return a case from the list, or from its file where the list's copy cannot be read.

        Raises
        ------
        CaseFileError
            If neither can.
        """
        try:
            return self.stored(case_id)
        except CaseFileError as error:
            try:
                return loading.read_file(self._place(case_id))
            except CaseFileError as other:
                raise error from other

    def is_marked_open(self, case_id: str) -> bool:
        """Whether the program that had the case last did not close it."""
        row = self.connection.execute("SELECT opened FROM cases WHERE id = ?", (case_id,)).fetchone()
        return bool(row[0])

    def _last_time(self) -> datetime | None:
        """Return the time of the last entry that can be read."""
        for (text,) in self.connection.execute("SELECT entry FROM journal ORDER BY sequence DESC LIMIT 9"):
            with contextlib.suppress(CaseFileError):
                return read_line(text, str(self.database)).at
        return None

    def is_earlier(self, now: datetime) -> bool:
        """Whether the clock was set back since the last entry."""
        return earlier(now, self._last)

    def passed(self, at: datetime) -> None:
        """Remember the time of the last entry."""
        self._last = at

    def same_story(self, file: loading.Stored) -> bool:
        """Whether the journal of a file is the beginning of the list's, or the other way round."""
        try:
            known = self.entries(file.document.case)
        except CaseFileError:
            return False
        return extends(known, file.entries) or extends(file.entries, known)


def _writable(path: Path) -> bool:
    """Whether a file could be replaced: its folder takes another one, and nobody has protected it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
