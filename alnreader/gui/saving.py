"""Keeps every action of a reading, off the main thread, and brings readings back. Part of the controller."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from alnreader.case import clock
from alnreader.case.errors import AlnReaderError, CannotWriteError
from alnreader.case.language import tr
from alnreader.case.protocol import Event
from alnreader.gui.drafting import Drafting
from alnreader.gui.under_signature import with_report
from alnreader.store.writer import Writer

if TYPE_CHECKING:
    from alnreader.case.case import Case, Reading
    from alnreader.case.image import ImageKey
    from alnreader.gui.controller import Controller
    from alnreader.gui.session import PatientSession
    from alnreader.store.access import Access
    from alnreader.store.handle import OpenCase
    from alnreader.store.rows import CaseRow
    from alnreader.store.snapshot import Snapshot
    from alnreader.store.worklist import Opened, Store

CLOSING_SECONDS = 10.0
"""So long the program waits at its end for a disk that takes its time."""

NOTED = "note"
"""`alnreader.store.journal.NOTED`, which is not imported before it is needed."""

Then = Callable[[Any, Exception | None], None]


class Saving(QObject):
    """Carries out what has to do with the store. Without `start` nothing is kept.

    ``kept`` tells of each action that the disk has taken: case, number in its journal, action.
    """

    kept = Signal(str, int, str)
    rows_changed = Signal()
    unsaved = Signal(str)
    """What is not kept, for the status line; empty when all is."""

    _delivered = Signal(object, object, object)
    _waiting = Signal(int, object)

    def __init__(self, controller: Controller) -> None:
        """Belong to a controller."""
        super().__init__(controller)
        self._controller = controller
        self.active = False
        self.ready = False
        self._to_open: Path | None = None
        self.rows: tuple[CaseRow, ...] = ()
        self.unfinished: tuple[CaseRow, ...] = ()
        # Both belong to the writer's thread.
        self._lists: Access | None = None
        self._cases: dict[int, OpenCase] = {}
        self._rows_stale = False
        self._trouble = self._file_trouble = ""
        self._asked_to_close, self._opening = False, set[str]()
        self._leaving: dict[int, PatientSession] = {}
        self._told: dict[int, Snapshot] = {}
        self._delivered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._waiting.connect(self._disk_refuses, Qt.ConnectionType.QueuedConnection)
        self._writer = Writer(self._waiting.emit)
        self.drafting = Drafting(self)

    def put(
        self, work: Callable[[], Any], then: Then, *, line: int | None = None, lasting: bool = False
    ) -> None:
        """Do something with the store, in its thread, and tell ``then`` in this one; see `Writer.put`."""
        self.open_list()

        def and_rows() -> Any:
            result = work()
            # Of many cases that are opened at once, the list is read after the last.
            store = self._store
            if self._rows_stale and store is not None and self._writer.pending <= 1:
                self._rows_stale = False
                self._delivered.emit(lambda rows, _error: self._take_rows(rows), store.rows(), None)
            return result

        self._writer.put(
            and_rows,
            lambda result, error: self._delivered.emit(then, result, error),
            line=line,
            lasting=lasting,
        )

    def _deliver(self, then: Then, result: Any, error: Exception | None) -> None:
        then(result, error)

    # --- beginning and end ---------------------------------------------------------------------------------

    def start(self, folder: Path, *, later: bool = False) -> None:
        """Open the work list in a folder; what it holds comes by `rows_changed`.

        ``later``: not before `open_list`, or before something is asked of it.
        """
        self.active, self._to_open = True, folder
        if not later:
            self.open_list()

    def open_list(self) -> None:
        """Open the work list that `start` named, if it is not open yet."""
        folder, self._to_open = self._to_open, None
        if folder is None:
            return

        def work() -> Any:
            from alnreader.store.access import Access

            self._lists = Access(folder)
            try:
                store, trouble = self._the_store(), None
            except CannotWriteError as error:
                store, trouble = self.a_store(), error
            self._rows_stale = False
            return store.rows(), tuple(store.notes), trouble

        def done(result: Any, error: Exception | None) -> None:
            self.ready = True
            rows, notes, trouble = ((), (), error) if result is None else result
            self.unfinished = tuple(row for row in rows if row.unfinished)
            self._take_rows(rows)
            if notes:
                self._controller.message.emit("caution", "\n".join(notes))
            if trouble is not None:
                self._not_kept(trouble)

        self.put(work, done)

    def close(self) -> int:
        """Keep what is not kept yet, close every case, and return how many actions the disk did not take."""
        self.drafting.keep()
        if not self.active:
            self._writer.close(0)
            return 0
        every = (*self._leaving.values(), *self._controller.sessions)
        sessions = {session.number: session for session in every}
        last = [session for session in sessions.values() if not session.read_only]
        self._writer.put(lambda: self._close_store(last), lambda _result, _error: None)
        left = self._writer.close(CLOSING_SECONDS)
        self.active = False
        return left

    def may_close(self) -> bool:
        """Whether everything is kept. If something cannot be, that is told; asking again counts as a yes."""
        self.drafting.keep()
        if not self.active or self._writer.flush(CLOSING_SECONDS) or self._asked_to_close:
            return True
        self._asked_to_close = True
        words = tr(
            "Actions that are not saved: {0}. Save the case as a file in another place (Ctrl+S), or close "
            "again to quit without them."
        )
        self._controller.message.emit("error", words.format(self.waiting))
        return False

    def _close_store(self, last: Sequence[PatientSession]) -> None:
        for session in last:  # the main thread waits: nobody changes them
            if self._writer.holds(session.number):
                with contextlib.suppress(AlnReaderError):  # it counts as left, and the others have their turn
                    self._rescue(session.number, session.snapshot(), session.reading({}), None)
                    self._writer.drop(session.number)
        if self._lists is not None:
            self._lists.close()

    def _rescue(self, number: int, snapshot: Snapshot, reading: Reading, target: Path | None) -> None:
        """Write a reading of which something could not be kept as a case file, as it is in the window."""
        from alnreader.store.rescue import rescue

        case, who = self._cases.get(number), self._controller.settings.reader
        reading = dataclasses.replace(reading, model=self._controller.model)
        rescue(self._the_store(), case, with_report(snapshot, reading), who, target)

    def holds(self, session: PatientSession) -> bool:
        """Whether something of a reading could not be kept yet."""
        return self._writer.holds(session.number)

    @property
    def waiting(self) -> int:
        """Actions that the disk has not taken yet."""
        return self._writer.pending + self._writer.held

    def flush(self, seconds: float) -> bool:
        """Wait until everything is kept, or the time is over; say which."""
        return self._writer.flush(seconds)

    @property
    def _store(self) -> Store | None:
        return None if self._lists is None else self._lists.store

    def _the_store(self) -> Store:
        """Return the work list, opened if it could not be opened before."""
        return self._access.to_change()

    def a_store(self) -> Store:
        """Return the work list, or one to look at where it cannot be written now."""
        return self._access.to_look_at()

    @property
    def _access(self) -> Access:
        if self._lists is None:
            raise CannotWriteError(tr("The work list could not be opened: nothing is being saved."))
        self._rows_stale = self._rows_stale or self._lists.store is None
        return self._lists

    def _take_rows(self, rows: Iterable[CaseRow]) -> None:
        self.rows = tuple(rows)
        self.rows_changed.emit()
        self._controller.worklist_changed.emit()

    def stored_rows(self) -> tuple[CaseRow, ...]:
        """Return the cases of the list that are not open here."""
        here = {session.kept_as for session in self._controller.sessions}
        return tuple(row for row in self.rows if row.id not in here)

    # --- every action --------------------------------------------------------------------------------------

    def begin(self, session: PatientSession) -> None:
        """Keep a reading that has just been begun."""
        if not self.active:
            return
        snapshot, who, number = session.snapshot(), self._controller.settings.reader, session.number
        self._told[number] = snapshot

        def work() -> Any:
            store = self._the_store()
            case = store.create(snapshot, who)
            self._cases[number], self._rows_stale = case, True
            return case.id, self.save_files()

        def done(result: Any, error: Exception | None) -> None:
            if result is None:
                self._not_kept(error)
                return
            session.kept_as, trouble = result
            self._is_kept(session.kept_as, 1, "opened", trouble)
            self._controller.worklist_changed.emit()

        self.put(work, done, line=number, lasting=True)

    def record(
        self,
        session: PatientSession,
        event: Event | str,
        action: str,
        image: ImageKey | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Keep an action that has just been done."""
        if not self.active or session.read_only:
            return
        snapshot, before = session.snapshot(), self._told.get(session.number)
        if before is not None and before.score is not None and snapshot.score is None:
            # Another model, a stop or a fault took it back before this action: no part of the action.
            less = dataclasses.replace(before, score=None, score_full=False)
            self._keep(session, NOTED, "score taken back", less)
        self._keep(session, event, action, snapshot, image, details)

    def _keep(
        self,
        session: PatientSession,
        event: Event | str,
        action: str,
        snapshot: Snapshot,
        image: ImageKey | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        who, number = self._controller.settings.reader, session.number
        self._told[number] = snapshot
        signed = session.reading({}, self._controller.model) if event == Event.SIGN else None

        def work() -> Any:
            from alnreader.store.rescue import record

            case = self.case(number)
            kept = snapshot if signed is None else with_report(snapshot, signed)
            entry, refused = record(case, str(event), action, kept, who, image, details)
            return case.id, entry.number, entry.action, self.save_files(), refused

        def done(result: Any, error: Exception | None) -> None:
            if result is None:
                self._not_kept(error)
            else:
                self._is_kept(*result)

        self.put(work, done, line=number, lasting=True)

    def note(self, session: PatientSession, action: str, details: Mapping[str, object] | None = None) -> None:
        """Write down what changes nothing in the case."""
        self.record(session, NOTED, action, details=details)

    def case(self, number: int) -> OpenCase:
        """Return the case of a session. In the store's thread."""
        case = self._cases.get(number)
        if case is None:
            raise AlnReaderError(tr("This reading is not being saved: the work list does not have it."))
        return case

    def save_files(self) -> str:
        """Bring case files up to date, or after the last action that waits; return what went wrong."""
        from alnreader.store.rescue import save_files

        return "" if self._writer.pending > 1 else save_files(self._cases.values())

    def _is_kept(self, case_id: str, number: int, action: str, trouble: str, refused: str = "") -> None:
        self.is_written(trouble)
        if refused:
            words = tr("Saved as it is on the screen, but not told step by step. {0}")
            self._controller.message.emit("caution", words.format(refused))
        self.kept.emit(case_id, number, action)

    def is_written(self, trouble: str | None, error: Exception | None = None) -> None:
        """Tell that the list was written, and what is wrong with the case files; or why it was not."""
        if trouble is None:
            self._not_kept(error)
            return
        if trouble and trouble != self._file_trouble:
            words = tr("Saved in the work list of this computer only. {0}").format(trouble)
            self._controller.message.emit("caution", words)
        self._file_trouble = trouble
        self._asked_to_close = False
        held = self._writer.held
        self._tell_trouble(tr("not saved: {0} waiting").format(held) if held else "")
        self._controller.saved.emit(clock.now().strftime("%H:%M:%S"))

    def _not_kept(self, error: Exception | None) -> None:
        self._controller.tell(error)
        self._tell_trouble(tr("not saved"))

    def _disk_refuses(self, waiting: int, error: Exception | None) -> None:
        if not self._trouble and isinstance(error, CannotWriteError):
            words = tr("Not saved yet. Actions that wait for the disk: {0}. {1}").format(waiting, error)
            self._controller.message.emit("error", words)
        elif not self._trouble:
            self._controller.tell(error)
        self._tell_trouble(tr("not saved: {0} waiting").format(waiting))

    def _tell_trouble(self, text: str) -> None:
        if text != self._trouble:
            self._trouble = text
            self.unsaved.emit(text)

    # --- readings that were kept ---------------------------------------------------------------------------

    def look_up(self, cases: Sequence[Case], then: Callable[[list[Opened | None]], None]) -> None:
        """Hand to ``then``, for each case, the reading of exactly these images that was kept, or None."""
        if not self.active:
            then([None] * len(cases))
            return
        who = self._controller.settings.reader

        def work() -> tuple[list[Opened | None], list[str]]:
            store = self.a_store()
            found: list[Opened | None] = []
            troubles: list[str] = []
            for case in cases:
                case_id = store.find([image.key.uid for image in case.images], case.patient.patient_id)
                folders = sorted({Path(image.source.partition("!/")[0]).parent for image in case.images})
                try:
                    found.append(None if case_id is None else store.open(case_id, folders, who))
                except AlnReaderError as error:  # one damaged case must not keep the others from coming back
                    found.append(None)
                    troubles.append(str(error))
            self._rows_stale = True
            return found, troubles

        def done(result: Any, error: Exception | None) -> None:
            self._controller.tell(error)
            nothing: list[Opened | None] = [None] * len(cases)
            found, troubles = result or (nothing, [])
            if troubles:
                self._controller.message.emit("error", "\n".join(troubles))
            then(found)

        self.put(work, done)

    def open(self, case_id: str, folders: Sequence[Path] = ()) -> None:
        """Bring back a reading of the list and show it."""
        if case_id in self._opening:
            return  # a double click
        self._opening.add(case_id)
        who = self._controller.settings.reader

        def done(opened: Opened | None, error: Exception | None) -> None:
            self._opening.discard(case_id)
            self._show(opened, error)

        self.put(lambda: self._opened(self.a_store().open(case_id, folders, who)), done)

    def find_pictures(self, folder: Path) -> None:
        """Look in a folder for pictures of the current patient that are no longer where they were."""
        session = self._controller.session
        if session is not None and session.kept_as:
            self._controller.close_session()
            self.open(session.kept_as, [folder])

    def open_file(self, path: Path) -> None:
        """Open a case file from wherever it lies and show the reading."""
        who = self._controller.settings.reader
        self.put(lambda: self._opened(self.a_store().open_file(path, (), who)), self._show)

    def _opened(self, opened: Opened) -> Opened:
        self._rows_stale = True
        return opened

    def _show(self, opened: Opened | None, error: Exception | None) -> None:
        if opened is None:
            self._controller.tell(error)
        else:
            self._controller.enter(self.adopt(opened))

    def adopt(self, opened: Opened) -> PatientSession:
        """Put a reading that was kept on the list of those in progress."""
        from alnreader.gui.session import PatientSession

        desk = self._controller
        session = PatientSession.resume(opened.snapshot, opened.id, opened.read_only)
        session.reports, session.seen, session.proposer = opened.reports, opened.seen, opened.proposer
        number, case = session.number, opened.case
        self._told[number] = opened.snapshot
        if case is not None:
            self.put(lambda: self._cases.__setitem__(number, case), lambda _result, _error: None)
        desk.sessions.append(session)
        self.unfinished = tuple(row for row in self.unfinished if row.id != opened.id)
        told = [text for text in (opened.read_only, *opened.cautions) if text]
        if told:
            desk.message.emit("caution", "\n".join(told))
        return session

    def release(self, session: PatientSession) -> None:
        """Close a reading's case: it stays on the list, and other programs may open it."""
        if not self.active:
            return
        self.drafting.keep()
        number = session.number
        self._leaving[number] = session
        self._told.pop(number, None)

        def work() -> Any:
            case = self._cases.pop(number, None)
            if case is not None:
                self._the_store().close_case(case)
            self._rows_stale = True

        def done(_nothing: Any, error: Exception | None) -> None:
            self._leaving.pop(number, None)
            self._controller.tell(error)

        self.put(work, done, line=number)

    def remove(self, case_id: str) -> None:
        """Take a case off the list. Its file and its journal stay."""
        who = self._controller.settings.reader

        def work() -> Any:
            self._the_store().remove(case_id, who)
            self._rows_stale = True

        def done(_nothing: Any, error: Exception | None) -> None:
            self.unfinished = tuple(row for row in self.unfinished if row.id != case_id)
            self._controller.tell(error)

        self.put(work, done)

    def dismiss(self) -> None:
        """Offer the unfinished readings no more; they stay on the list."""
        self.unfinished = ()
        self.rows_changed.emit()

    def save_copy(self, session: PatientSession, target: Path) -> None:
        """Write the reading as a case file for another machine."""
        self.drafting.keep()
        case_id, who, told = session.kept_as, self._controller.settings.reader, self._controller.message
        snapshot, reading, number = session.snapshot(), session.reading({}), session.number

        def work() -> None:
            if case_id and not self._writer.holds(number):
                self.a_store().save_copy(case_id, target, who)
            else:
                self._rescue(number, snapshot, reading, target)

        def done(_result: Any, error: Exception | None) -> None:
            if error is not None:
                self._controller.tell(error)
            else:
                told.emit("info", tr("Written: {0}").format(target))

        self.put(work, done)
