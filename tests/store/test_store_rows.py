"""What the list is made of, after every action, is found without reading the journal."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from alnreader.store import rows
from alnreader.store.database import open_database


def test_signatures_are_counted_by_their_index(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "worklist.sqlite")) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {rows._SELECT}").fetchall()
    (journal,) = (told for *_, told in plan if "journal" in told)
    assert "journal_signed" in journal
