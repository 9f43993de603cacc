"""What the list is made of, after every action, is found without reading the journal."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from store_desk import begin

from alnreader.gui.pages import start
from alnreader.store import rows
from alnreader.store.database import open_database
from alnreader.store.worklist import Store


def test_signatures_are_counted_by_their_index(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "worklist.sqlite")) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {rows._SELECT}", {"pictured": 1}).fetchall()
    (journal,) = (told for *_, told in plan if "journal" in told)
    assert "journal_signed" in journal


def test_only_the_newest_rows_carry_their_picture(store: Store) -> None:
    for _ in range(rows.PICTURED + 2):
        begin(store)
    store.connection.execute("UPDATE cases SET thumbnail = x'89'")  # the cases are made up, without pixels
    listed = store.rows()
    assert len(listed) == rows.PICTURED + 2
    assert [bool(row.thumbnail) for row in listed] == [True] * rows.PICTURED + [False] * 2
    assert start._MOST_CARDS <= rows.PICTURED, "every card of the start page has its picture"
