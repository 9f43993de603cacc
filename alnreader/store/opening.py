"""A case is opened: to go on with, under its lock, or to look at."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case.errors import AlnReaderError, CannotWriteError, CaseFileError
from alnreader.case.exported import ExportedReport
from alnreader.case.image import ImageKey
from alnreader.case.language import mark
from alnreader.case.score import ModelSummary, SeenScore
from alnreader.store import loading, mending
from alnreader.store.exported import exported_reports
from alnreader.store.handle import OpenCase, file_stamp
from alnreader.store.journal import check_chain, extends
from alnreader.store.lock import CaseLock
from alnreader.store.proposer import proposer_of
from alnreader.store.seen import seen_scores
from alnreader.store.snapshot import Snapshot

if TYPE_CHECKING:
    from alnreader.store.worklist import Store

_DISTRUSTED = mark(
    "The work list's copy of this case does not hold: {reason} What is left can be looked at, not changed. "
    "`alnreader journal verify` tells more; `alnreader journal mend` puts the work list aside and makes it "
    "anew from the case files."
)


REOPENED = "reopened"
REOPENED_UNFINISHED = "reopened after the program had ended unexpectedly"
"""Actions of the entry with which a case is open again, and on the list."""


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
    seen
        Probabilities that its reader saw.
    proposer
        The model that it was read with last (`alnreader.store.proposer.proposer_of`).
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
    seen: tuple[SeenScore, ...] = ()
    proposer: ModelSummary | None = None


def look(stored: loading.Stored, folders: tuple[Path, ...], reason: str, path: Path | None = None) -> Opened:
    """Open a case for looking; ``reason`` says why it cannot be changed."""
    place = stored.path if path is None else path
    loaded = loading.load(stored, place, folders)
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
        seen_scores(stored.entries),
        proposer_of(loaded.snapshot, stored.entries),
    )


def go_on(
    store: Store,
    case_id: str,
    path: Path,
    folders: tuple[Path, ...],
    lock: CaseLock,
    who: str,
    *,
    quietly: bool = False,
) -> Opened:
    """Go on with a case under its lock, which is given back where it can only be looked at."""
    cautions: list[str] = []
    written, stored, fault = 0, *_listed(store, case_id)
    stamp = file_stamp(path)
    unsealed = "" if stored is None else loading.seal_fault(stored)
    try:
        file = loading.read_file(path)
        # Nearly always both are the same, and the list's was looked through.
        trouble = unsealed if _alike(stored, file) and not fault else loading.trouble_of(file)
        if fault or (unsealed and not trouble):
            stored = _mended(store, stored, file) if fault and not trouble else None
            cautions.append(mark("The work list's copy was damaged: it was mended from the case file."))
            if stored is None:
                lock.release()
                return look(file, folders, _DISTRUSTED.format(reason=fault or unsealed), path)
        elif trouble and not unsealed:
            raise CaseFileError(f"{path}: {trouble}")
        elif mending.adopt(store, file):
            stored = store.stored(case_id)
            cautions.append(mark("The case file had more than the work list: it was taken from there."))
        if not store.same_story(file):
            cautions.append(
                mark("{file} holds another continuation; the work list's is shown.").format(
                    file=mending.keep_aside(path)
                )
            )
        else:
            written = len(file.entries)
    except CaseFileError as error:
        if stored is None:
            raise CaseFileError(
                mark("{reason} The work list's copy is no better: {what}").format(reason=error, what=fault)
            ) from error
        if fault:
            lock.release()
            return look(stored, folders, _DISTRUSTED.format(reason=fault), path)
        if path.exists():
            words = mark("{reason} It was kept as {name} and written anew.")
            cautions.append(words.format(reason=error, name=mending.keep_aside(path)))
    assert stored is not None
    loaded = loading.load(stored, path, folders) if not quietly else loading.unlooked(stored)
    case = OpenCase(store, case_id, path, lock)
    case.take_over(
        loaded.snapshot,
        list(stored.entries),
        stored.package.members,
        loading.seals(stored),
        stored.package.text,
        written,
        stamp,
    )
    if quietly:
        store.in_hand[case_id] = case
        return Opened(case_id, path, loaded.snapshot, case)
    unfinished = store.is_marked_open(case_id)
    store.in_hand[case_id] = case
    try:
        # Marks it as open, too: where the disk does not take it, nothing was left open.
        case.note(REOPENED_UNFINISHED if unfinished else REOPENED, who)
        store.change("UPDATE cases SET listed = 1 WHERE id = ?", (case_id,))
        if loaded.missing or loaded.changed or folders:
            counts = {"missing": len(loaded.missing), "changed": len(loaded.changed)}
            case.note("pictures looked for", who, counts)
    except AlnReaderError:
        del store.in_hand[case_id]
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
        seen_scores(stored.entries),
        proposer_of(loaded.snapshot, stored.entries),
    )


def _alike(stored: loading.Stored | None, file: loading.Stored) -> bool:
    return (
        stored is not None
        and stored.package.text == file.package.text
        and stored.package.members == file.package.members
        and [entry.hash for entry in stored.entries] == [entry.hash for entry in file.entries]
    )


def _listed(store: Store, case_id: str) -> tuple[loading.Stored | None, str]:
    """Return the list's copy of a case and what is wrong with it; None where it cannot be read at all."""
    try:
        stored = store.stored(case_id)
        fault = loading.fault_of(stored)
    except CaseFileError as error:
        return None, str(error)
    return stored, "" if fault is None else fault.sentence


def _mended(store: Store, stored: loading.Stored | None, file: loading.Stored) -> loading.Stored | None:
    """Take a case over from its file where the list's copy cannot be read or lacks entries; else None.

    A copy that reads well and does not hold was changed by somebody, as was a journal that does not hold:
    both stay as they are, for whoever looks into it.
    """
    if loading.fault_of(file) is not None:
        return None
    try:
        known = store.entries(file.document.case)
    except CaseFileError:
        return None
    if check_chain(known, file.document.case) is not None or not extends(file.entries, known):
        return None
    if stored is not None and len(file.entries) == len(known):
        return None
    mending.adopt(store, file, again=True)
    return store.stored(file.document.case)
