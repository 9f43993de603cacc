"""A reading that cannot be kept action by action is kept as it is in the window: nothing of it is lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

from alnreader.case import atomic
from alnreader.case.errors import CannotWriteError, ProtocolError
from alnreader.case.image import ImageKey
from alnreader.store.handle import OpenCase
from alnreader.store.journal import Entry
from alnreader.store.lock import CaseLock
from alnreader.store.package import SUFFIX
from alnreader.store.snapshot import Snapshot
from alnreader.store.worklist import Store

_REASON = "its actions could not be kept one by one"


def record(
    case: OpenCase,
    event: str,
    action: str,
    snapshot: Snapshot,
    who: str,
    image: ImageKey | None,
    details: Mapping[str, object] | None,
) -> tuple[Entry, str]:
    """Keep an action as `OpenCase.record`; if it is refused, the reading as it is, and return why.

    Trying again would not help, and what comes after it would be refused as well.
    """
    try:
        return case.record(event, action, snapshot, who, image, details), ""
    except ProtocolError as refused:
        return case.record_as_shown(snapshot, str(refused), who), str(refused)


def rescue(store: Store, case: OpenCase | None, snapshot: Snapshot, who: str, target: Path | None) -> Path:
    """Write a reading as a case file, and return where it is.

    Parameters
    ----------
    case
        As far as it was kept; None where it never was.
    target
        Where; None: into the folder of the case files, where the next start takes it into the list.

    Raises
    ------
    CannotWriteError
        If it cannot be written.
    """
    if case is None:
        name = uuid.uuid4().hex
        with CaseLock.take(store.home(name)) as lock:
            content = OpenCase(store, name, store.home(name), lock).rescued(snapshot, _REASON, who)
    else:
        name, content = case.id, case.rescued(snapshot, _REASON, who)
    place, number = target, 0
    while place is None or (target is None and place.exists()):
        number += 1
        place = store.cases_folder / f"{name}.rescued-{number}{SUFFIX}"
    atomic.write_bytes(place, content)
    return place


def save_files(cases: Iterable[OpenCase]) -> str:
    """Bring the files of cases up to date; return what went wrong last, empty where nothing did."""
    trouble = ""
    for case in cases:
        try:
            case.save_file()
        except CannotWriteError as error:
            trouble = str(error)
    return trouble
