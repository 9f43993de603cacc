"""Whether the journal is what was written: every hash, every link, every end."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alnreader.case.errors import CaseFileError
from alnreader.store import loading
from alnreader.store.database import APPLICATION_ID, path_of, reading, storable
from alnreader.store.journal import START, Entry, Fault, link, read_line
from alnreader.store.mending import ASIDE
from alnreader.store.opening import REOPENED, REOPENED_UNFINISHED
from alnreader.store.package import SUFFIX, unpack
from alnreader.store.worklist import TAKEN_OFF

_Case = sqlite3.Row
"""A row of the list."""

_TOLD = (
    "patient",
    "patient_id",
    "study_date",
    "state",
    "mode",
    "images",
    "confirmed",
    "created",
    "changed",
    "fingerprint",
)
"""What a row tells of its case."""


_ROWS = """
SELECT id, number, head, package, path, listed, patient, patient_id, study_date, state, mode, images,
    confirmed, created, changed, fingerprint
FROM cases
"""


@dataclass(frozen=True)
class Verification:
    """What was found.

    Attributes
    ----------
    entries, cases
        How many were checked.
    fault
        The first bad entry, counted from 1 in the order of writing (0: of no entry); None where all holds.
    unwitnessed
        Case files that are missing or cannot be read: nothing proves the end of their cases' journals.
    """

    entries: int
    cases: int
    fault: Fault | None
    unwitnessed: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The outcome for a person."""
        if self.fault is not None:
            place = f"entry {self.fault.number}" if self.fault.number else "the end"
            return f"The journal does not hold at {place}: {self.fault.sentence}"
        holds = f"The journal holds: {self.entries} entries of {self.cases} cases."
        if not self.unwitnessed:
            return holds
        files = "".join(f"\n  {name}" for name in self.unwitnessed)
        return (
            f"{holds} But {len(self.unwitnessed)} case files are missing or cannot be read, so that nothing "
            f"proves the end of their journals:{files}"
        )


def verify_file(path: Path) -> Verification:
    """Check the journal of a case file against itself, the case, its masks and its signatures.

    Raises
    ------
    CaseFileError
        If the file cannot be read at all.
    """
    stored = loading.read_file(path)
    fault = _case_fault(stored)
    return Verification(len(stored.entries), 1, fault)


def _case_fault(stored: loading.Stored) -> Fault | None:
    """Return what does not hold in a case: its chain, its masks and reports, its signatures."""
    try:
        fault = loading.fault_of(stored)
    except CaseFileError as error:
        return Fault(0, str(error))
    if fault is None and (broken := loading.seal_fault(stored)):
        return Fault(0, broken)
    return fault


def verify_work_list(database: Path) -> Verification:
    """Check a work list's journal, the cases that it leads to, and the case files that witness its end.

    Nothing is changed, and nothing need be: a copy on a read-only medium is checked as well.

    Raises
    ------
    CaseFileError
        If it is no work list or cannot be read.
    """
    if not database.is_file():
        raise CaseFileError(f"{database}: there is no work list.")
    try:
        with reading(database) as connection:
            (identity,) = connection.execute("PRAGMA application_id").fetchone()
            if identity != APPLICATION_ID:
                raise CaseFileError(f"{database} is not a work list of ALN Reader.")
            journal = connection.execute(
                "SELECT sequence, case_id, number, entry, link FROM journal ORDER BY sequence"
            ).fetchall()
            connection.row_factory = sqlite3.Row
            cases = connection.execute(_ROWS).fetchall()
    except sqlite3.Error as error:
        raise CaseFileError(f"{database}: the work list is damaged ({error}).") from error
    entries, fault = _walk(journal, str(database))
    unwitnessed: list[str] = []
    rows: list[Fault] = []
    if fault is None:
        fault = _ends(entries, cases, rows)
    if fault is None:
        fault = _witnesses(entries, cases, database.parent / "cases", unwitnessed)
    if fault is None and rows:
        fault = rows[0]
    return Verification(len(journal), len(cases), fault, tuple(unwitnessed))


def _walk(journal: Iterable[tuple[int, str, int, str, str]], place: str) -> tuple[list[Entry], Fault | None]:
    """Follow the list's own chain, and with it each case's."""
    entries: list[Entry] = []
    before = START
    heads: dict[str, tuple[int, str]] = {}
    for expected, (sequence, case_id, number, line, linked) in enumerate(journal, start=1):
        if sequence != expected:
            return entries, Fault(expected, "it is missing: one or more entries were removed here.")
        try:
            entry = read_line(line, f"{place}, entry {sequence}")
        except CaseFileError as error:
            return entries, Fault(expected, str(error))
        same_place = (entry.case, entry.number) == (case_id, number)
        if entry.hash != entry.digest() or entry.line() != line or not same_place:
            return entries, Fault(expected, "it was changed after it was written.")
        if linked != link(before, entry.hash):
            return entries, Fault(expected, "it does not follow the entry before: one was removed or moved.")
        count, head = heads.get(case_id, (0, START))
        if entry.number != count + 1 or entry.previous != head:
            return entries, Fault(expected, "it does not follow its case's entry before: one was removed.")
        heads[case_id] = (entry.number, entry.hash)
        before = linked
        entries.append(entry)
    return entries, None


def _ends(entries: list[Entry], cases: Iterable[_Case], rows: list[Fault]) -> Fault | None:
    """Compare the last entry of each case with the case: a cut end shows there, and a changed case.

    What a row shows otherwise than its case goes to ``rows``: the case files may tell more of it.
    """
    of_case: dict[str, list[Entry]] = {}
    for entry in entries:
        of_case.setdefault(entry.case, []).append(entry)
    for row in cases:
        case_id = row["id"]
        known = of_case.pop(case_id, [])
        if not known or (known[-1].number, known[-1].hash) != (row["number"], row["head"]):
            return Fault(0, f"the last entries of case {case_id} are missing.")
        try:
            parts = unpack(row["package"], f"the list's copy of case {case_id}")
            if hashlib.sha256(parts.text).hexdigest() != known[-1].content:
                return Fault(0, f"case {case_id} is not the one of its last entry: it was changed.")
            stored = loading.stored_of(parts, known, path_of(row["path"]))
        except CaseFileError as error:
            return Fault(0, str(error))
        fault = _case_fault(stored)
        if fault is not None:
            return Fault(0, f"case {case_id}: {fault.sentence}")
        wrong = _row_fault(row, stored)
        if wrong:
            rows.append(Fault(0, f"case {case_id}: {wrong}"))
    if of_case:
        return Fault(0, f"the case {next(iter(of_case))} of the journal is missing.")
    return None


def _row_fault(row: _Case, stored: loading.Stored) -> str:
    """Say what a row of the list tells otherwise than its case; no words of the patient's."""
    true = storable(loading.row_values(stored))
    for name in _TOLD:
        if row[name] != true[name]:
            return f"what the list shows of it ({name}) is not what is kept: it was changed."
    if not row["listed"]:
        ways = [
            one.action for one in stored.entries if one.action in (TAKEN_OFF, REOPENED, REOPENED_UNFINISHED)
        ]
        if ways[-1:] != [TAKEN_OFF]:
            return "it is not on the list (listed), and no entry says that it was taken off."
    return ""


def _witnesses(
    entries: Iterable[Entry], cases: Iterable[_Case], folder: Path, unwitnessed: list[str]
) -> Fault | None:
    """Ask every case file, wherever it lies, also those that were put aside: each knows its last entry."""
    known = {entry.hash for entry in entries}
    cases = list(cases)
    listed = {path_of(row["path"]) for row in cases}
    for path in sorted(
        {*listed, *_files(folder), *(one for place in listed for one in _files(place.parent))}
    ):
        try:
            file = loading.read_file(path)
        except CaseFileError as error:
            if path in listed:
                unwitnessed.append(str(error))
            continue  # another one is told of where it is opened; it bears no witness
        if not file.entries or file.document.case not in {row["id"] for row in cases}:
            if path in listed or path.parent == folder:
                return Fault(0, f"{path.name} holds a case that is missing here.")
            continue
        if file.entries[-1].hash not in known:
            return Fault(0, f"{path.name} has an entry that is missing here: it was cut off or changed.")
        fault = _case_fault(file) if path in listed else None
        if fault is not None:
            return Fault(0, f"{path.name}: {fault.sentence}")
    return None


def _files(folder: Path) -> Iterator[Path]:
    """Find the case files of a folder, and what was put aside beside them."""
    yield from folder.glob(f"*{SUFFIX}")
    yield from folder.glob(f"*{SUFFIX}{ASIDE}")
