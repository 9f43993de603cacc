"""The work list as it is shown, without opening a case."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from alnreader.case.protocol import ReadingMode, ReadingState
from alnreader.store.database import path_of

PICTURED: Final = 8
"""Rows that have their picture, the newest: a list of years would take hundreds of MB with all of them."""


@dataclass(frozen=True)
class CaseRow:
    """What the work list shows of a case without opening it.

    Attributes
    ----------
    id, path
        Identifier and case file.
    patient, patient_id, study_date
        For the eye; the date as ISO, empty where unknown.
    state, mode, images, confirmed
        Where the reading stands.
    amended
        Whether an amendment was signed: what counts is not what was signed first.
    created, changed
        Time of the first and the last action.
    unfinished
        Whether a program had it open and ended without closing it.
    thumbnail
        PNG; empty where there is none, and beyond the newest `PICTURED` rows.
    """

    id: str
    path: Path
    patient: str
    patient_id: str
    study_date: str
    state: ReadingState
    mode: ReadingMode
    images: int
    confirmed: int
    created: datetime
    changed: datetime
    unfinished: bool
    thumbnail: bytes
    amended: bool = False


_SELECT = """
SELECT id, path, patient, patient_id, study_date, state, mode, images, confirmed, created, changed, opened,
    CASE WHEN id IN (SELECT id FROM cases WHERE listed = 1 ORDER BY changed DESC, id LIMIT :pictured)
        THEN thumbnail ELSE x'' END,
    (SELECT count(*) FROM journal WHERE case_id = cases.id AND instr(entry, '"event":"sign"')) > 1
FROM cases WHERE listed = 1 ORDER BY changed DESC, id
"""


def read_rows(
    connection: sqlite3.Connection, open_here: Container[str], is_free: Callable[[str], bool]
) -> tuple[list[CaseRow], list[str]]:
    """Return the cases on the list, the one changed last first, and the identifiers of damaged rows.

    Parameters
    ----------
    open_here
        Identifiers of the cases that this program has open: they are not unfinished.
    is_free
        Whether no program has a case open.
    """
    rows, damaged = [], []
    for values in connection.execute(_SELECT, {"pictured": PICTURED}).fetchall():
        case_id, opened = values[0], bool(values[11])
        try:
            rows.append(
                CaseRow(
                    id=case_id,
                    path=path_of(values[1]),
                    patient=values[2],
                    patient_id=values[3],
                    study_date=values[4],
                    state=ReadingState(values[5]),
                    mode=ReadingMode(values[6]),
                    images=values[7],
                    confirmed=values[8],
                    created=datetime.fromisoformat(values[9]),
                    changed=datetime.fromisoformat(values[10]),
                    unfinished=opened and case_id not in open_here and is_free(case_id),
                    thumbnail=values[12],
                    amended=bool(values[13]),
                )
            )
        except ValueError:
            damaged.append(case_id)
    return rows, damaged
