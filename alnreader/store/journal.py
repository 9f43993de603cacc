"""One entry an action, each chained to the one before by its hash: what was removed or changed shows.

The chain is the case's own, so that it travels with the case file. The work list chains the entries of all
cases once more, in the order in which they were written (`link`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alnreader.case.errors import CaseFileError, InvalidValueError
from alnreader.case.image import ImageKey
from alnreader.case.protocol import ReadingState
from alnreader.store.plain import canonical, from_plain, to_plain

START = "0" * 64
"""What the first entry of a chain follows."""

OPENED = "open case"
"""Event of the first entry. All others are those of `alnreader.case.protocol.Event`, or `NOTED`."""

NOTED = "note"
"""What changes nothing in the case: exports, reopening, recovery, pictures found in another folder."""


@dataclass(frozen=True)
class Entry:
    """One action.

    Attributes
    ----------
    case
        Identifier of the case.
    number
        Counts the case's entries from 1. Time may go backwards, this never does.
    at
        Wall clock of the computer, with time zone.
    event
        Of the protocol, `OPENED` or `NOTED`.
    action
        What was done, in a word.
    who
        Reader, as the preferences name them.
    program
        Version.
    state
        Of the reading after the action.
    content
        SHA-256 of ``case.json`` after the action; masks stand in it by their own hashes.
    image
        The image concerned.
    details
        What else an audit wants to know.
    clock_back
        Whether the wall clock is earlier than at the entry before: the order is that of `number`.
    previous
        Hash of the entry before, `START` for the first.
    hash
        SHA-256 over all of the above.
    """

    case: str
    number: int
    at: datetime
    event: str
    action: str
    who: str
    program: str
    state: ReadingState
    content: str
    image: ImageKey | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    clock_back: bool = False
    previous: str = START
    hash: str = ""

    def __post_init__(self) -> None:
        """Refuse a time that cannot be compared with another."""
        if self.at.utcoffset() is None:
            raise InvalidValueError(f"The time {self.at.isoformat()} has no time zone.")

    def sealed(self) -> Entry:
        """Return the entry with its hash."""
        return Entry(**{**vars(self), "hash": self.digest()})

    def digest(self) -> str:
        """Compute the hash over everything but itself."""
        plain = {name: value for name, value in to_plain(self).items() if name != "hash"}
        return hashlib.sha256(canonical(plain)).hexdigest()

    def line(self) -> str:
        """Return the entry as one line of JSON."""
        return canonical(to_plain(self)).decode("ascii")


@dataclass(frozen=True)
class Fault:
    """The first entry at which a chain does not hold.

    Attributes
    ----------
    number
        Of the entry, counted in the journal that was checked.
    sentence
        What is wrong.
    """

    number: int
    sentence: str


def link(previous: str, entry_hash: str) -> str:
    """Return the link of the work list's own chain."""
    return hashlib.sha256(f"{previous}{entry_hash}".encode("ascii")).hexdigest()


def read_line(text: str, place: str) -> Entry:
    """Read one line of a journal; the chain is not checked.

    Raises
    ------
    CaseFileError
        If it is no entry.
    """
    import json

    try:
        entry: Entry = from_plain(Entry, json.loads(text))
        canonical(to_plain(entry.details))  # what is nested too deeply could not be hashed
    except (ValueError, RecursionError) as error:
        raise CaseFileError(f"{place}: a journal entry cannot be read ({error}).") from error
    return entry


def read_lines(content: bytes, place: str) -> tuple[Entry, ...]:
    """Read a whole journal, one entry a line.

    Raises
    ------
    CaseFileError
        If a line is no entry.
    """
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise CaseFileError(f"{place}: the journal is damaged.") from error
    lines = text.splitlines()
    return tuple(read_line(line, f"{place}, entry {number}") for number, line in enumerate(lines, start=1))


def write_lines(entries: Iterable[Entry]) -> bytes:
    """Return a journal as a file."""
    return "".join(entry.line() + "\n" for entry in entries).encode("ascii")


def check_chain(entries: Sequence[Entry], case_id: str, content: str | None = None) -> Fault | None:
    """Return the first fault of one case's chain, None where it holds.

    Parameters
    ----------
    entries
        From the first on.
    case_id
        Whose they must be.
    content
        SHA-256 of ``case.json`` as it is: the last entry must name it. None: not known.
    """
    previous = START
    for number, entry in enumerate(entries, start=1):
        if entry.case != case_id:
            return Fault(number, "it belongs to another case.")
        if entry.hash != entry.digest():
            return Fault(number, "it was changed after it was written.")
        if entry.number != number:
            return Fault(number, f"entry {entry.number} stands in its place: one was removed or moved.")
        if entry.previous != previous:
            return Fault(number, "it does not follow the entry before: one was removed, put in or moved.")
        previous = entry.hash
    if content is not None and (not entries or entries[-1].content != content):
        return Fault(
            len(entries) + 1,
            "the case is not the one of the last entry: the end of the journal is missing, or the case was "
            "changed outside the program.",
        )
    return None


def extends(longer: Sequence[Entry], shorter: Sequence[Entry]) -> bool:
    """Whether a chain begins with another one."""
    return len(longer) >= len(shorter) and [entry.hash for entry in longer[: len(shorter)]] == [
        entry.hash for entry in shorter
    ]


def require_details(details: Mapping[str, object]) -> None:
    """Refuse details that cannot be written."""
    try:
        canonical(to_plain(dict(details)))
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"The details of a journal entry cannot be kept: {error}") from error
