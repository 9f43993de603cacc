"""Whether the journal is what was written: every hash, every link, every end."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alnreader.case.errors import CaseFileError
from alnreader.store import loading
from alnreader.store.database import APPLICATION_ID
from alnreader.store.journal import START, Entry, Fault, check_chain, link, read_line
from alnreader.store.package import SUFFIX, unpack


@dataclass(frozen=True)
class Verification:
    """What was found.

    Attributes
    ----------
    entries, cases
        How many were checked.
    fault
        The first bad entry, counted from 1 in the order of writing (0: of no entry); None where all holds.
    """

    entries: int
    cases: int
    fault: Fault | None

    @property
    def sentence(self) -> str:
        """The outcome for a person."""
        if self.fault is None:
            return f"The journal holds: {self.entries} entries of {self.cases} cases."
        place = f"entry {self.fault.number}" if self.fault.number else "the end"
        return f"The journal does not hold at {place}: {self.fault.sentence}"


def verify_file(path: Path) -> Verification:
    """Check the journal of a case file against itself and against the case.

    Raises
    ------
    CaseFileError
        If the file cannot be read at all.
    """
    stored = loading.read_file(path)
    entries = stored.entries
    fault = check_chain(entries, stored.document.case, stored.package.content)
    return Verification(len(entries), 1, fault)


def verify_work_list(database: Path) -> Verification:
    """Check a work list's journal, the cases that it leads to, and the case files that witness its end.

    Raises
    ------
    CaseFileError
        If it is no work list or cannot be read.
    """
    if not database.is_file():
        raise CaseFileError(f"{database}: there is no work list.")
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        try:
            (identity,) = connection.execute("PRAGMA application_id").fetchone()
            if identity != APPLICATION_ID:
                raise CaseFileError(f"{database} is not a work list of ALN Reader.")
            journal = connection.execute(
                "SELECT sequence, case_id, number, entry, link FROM journal ORDER BY sequence"
            ).fetchall()
            heads = connection.execute("SELECT id, number, head, package, path FROM cases").fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise CaseFileError(f"{database}: the work list is damaged ({error}).") from error
    entries, fault = _walk(journal, str(database))
    if fault is None:
        fault = _ends(entries, heads, database.parent / "cases")
    return Verification(len(journal), len(heads), fault)


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


def _ends(
    entries: list[Entry], cases: Iterable[tuple[str, int, str, bytes, str]], folder: Path
) -> Fault | None:
    """Compare the last entry of each case with the case, and with its file: a cut end shows there alone."""
    last = {entry.case: entry for entry in entries}
    known = {entry.hash for entry in entries}
    for case_id, number, head, package, _path in cases:
        end = last.pop(case_id, None)
        if end is None or (end.number, end.hash) != (number, head):
            return Fault(0, f"the last entries of case {case_id} are missing.")
        text = unpack(package, case_id).text
        if hashlib.sha256(text).hexdigest() != end.content:
            return Fault(0, f"case {case_id} is not the one of its last entry: it was changed.")
    if last:
        return Fault(0, f"the case {next(iter(last))} of the journal is missing.")
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            file = loading.read_file(path)
        except CaseFileError:
            continue  # a broken case file is told of where it is opened; it bears no witness
        if file.entries and file.entries[-1].hash not in known:
            return Fault(0, f"{path.name} has an entry that is missing here: the end of the journal was cut.")
    return None
