"""The form of the export queue's data base, with its number, and the way from every earlier one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from alnreader.case.errors import UnreadableInputError
from alnreader.case.language import mark
from alnreader.case.sqlite_header import owner_and_version

APPLICATION_ID = 0x414C4E51
"""``ALNQ`` in the file's header (SQLite ``PRAGMA application_id``): no other file is taken for ours."""

_V1 = (
    """
    CREATE TABLE IF NOT EXISTS jobs (
        id INTEGER PRIMARY KEY,
        node TEXT NOT NULL,
        snapshot TEXT NOT NULL,
        title TEXT NOT NULL,
        folder TEXT NOT NULL UNIQUE,
        created REAL NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        next_try REAL NOT NULL DEFAULT 0,
        reason TEXT NOT NULL DEFAULT '',
        finished REAL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS items (
        job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        shown TEXT NOT NULL,
        uid TEXT NOT NULL,
        digest TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (job, place)
    )
    """,
)

_PROBES = (
    "SELECT id, node, snapshot, title, folder, created, state, attempts, next_try, reason, finished "
    "FROM jobs LIMIT 0",
    "SELECT job, place, shown, uid, digest, state, reason FROM items LIMIT 0",
)
"""What is there in a whole queue of this version."""

_SCHEMA_FAULT = "SQLITE_ERROR"
"""What SQLite says of a table or column that is not there; full disks and locks have codes of their own."""


def _to_1(database: sqlite3.Connection) -> None:
    """Make the tables; those of the time before the form had a number are the same."""
    for statement in _V1:
        database.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_to_1,)
"""Each leads from its place in the tuple to the next version."""

SCHEMA_VERSION = len(MIGRATIONS)


def prepare(database: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a queue, or lead them to this version: all steps or none.

    Raises
    ------
    UnreadableInputError
        If it is another program's, or a newer program's. Nothing is changed.
    sqlite3.DatabaseError
        If it is damaged; a part that is not there counts as that.
    """
    if _version(database, path) < SCHEMA_VERSION:
        database.execute("BEGIN IMMEDIATE")
        with database:
            # Another program may have been quicker.
            for step in MIGRATIONS[_version(database, path) :]:
                step(database)
            # PRAGMA takes no parameters; both numbers are this module's own.
            database.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION:d}")
    try:
        for probe in _PROBES:
            database.execute(probe)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != _SCHEMA_FAULT:
            raise
        raise sqlite3.DatabaseError(str(error)) from error


def _version(database: sqlite3.Connection, path: Path) -> int:
    owner, version = owner_and_version(database)
    if owner not in (0, APPLICATION_ID) or (owner == 0 and version):
        raise UnreadableInputError(
            mark("{path} belongs to another program. Move it away, then start again.").format(path=path)
        )
    if version > SCHEMA_VERSION:
        raise UnreadableInputError(
            mark(
                "{path} was written by a newer ALN Reader (schema {version}, this program knows "
                "{SCHEMA_VERSION}). Start that program, or name another folder for the data."
            ).format(path=path, version=version, SCHEMA_VERSION=SCHEMA_VERSION)
        )
    return version
