"""Whose data base a file is, and of which form: both of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def owner_and_version(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return ``application_id`` and ``user_version``, while another program may be writing them.

    Read one after the other they could be of two moments, and a new file taken for another program's.
    """
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    try:
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    finally:
        if alone:
            connection.rollback()
    return int(owner), int(version)
