"""The commands that look into the work list: ``alnreader journal`` and ``alnreader reads``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case.atomic import Outbox, write_bytes
from alnreader.case.errors import CaseFileError, CaseInUseError, ExitCode
from alnreader.paths import user_data_dir

if TYPE_CHECKING:  # every command passes here: numpy and SQLite wait until they are needed
    from alnreader.store.journal import Entry
    from alnreader.store.worklist import Store

_DATABASE = "worklist.sqlite"


def export_tables(store: Store, journal: Path | None, reads: Path | None) -> list[Path]:
    """Write the whole journal and all reads as CSV, both or none, and return what was written.

    Raises
    ------
    CannotWriteError
        If a file cannot be written.
    """
    from alnreader.store.exports import journal_csv, reads_csv

    written = []
    with Outbox() as outbox:
        if journal is not None:
            outbox.add(journal, journal_csv(store.entries()))
            written.append(journal)
        if reads is not None:
            outbox.add(reads, reads_csv(store.every_case()))
            written.append(reads)
    return written


def add_arguments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the command line."""
    journal = commands.add_parser("journal", help="verify or export the journal of the readings")
    actions = journal.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="check that no entry was removed, changed or moved")
    _add_place(verify)
    verify.set_defaults(run=_verify)
    export = actions.add_parser("export", help="write the journal for an audit")
    _add_place(export)
    export.add_argument("--csv", type=Path, metavar="FILE", help="as a table")
    export.add_argument("--jsonl", type=Path, metavar="FILE", help="as it is kept, one entry a line")
    export.set_defaults(run=_export)
    mend = actions.add_parser(
        "mend", help="put a work list that does not hold aside, and make it anew from the case files"
    )
    _add_place(mend)
    mend.set_defaults(run=_mend)
    reads = commands.add_parser("reads", help="write all reads as a table for a reader study")
    reads.add_argument("--csv", type=Path, metavar="FILE", required=True, help="the table")
    reads.add_argument("--without-identity", action="store_true", help="leave out patient ID and study date")
    _add_place(reads)
    reads.set_defaults(run=_reads)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place",
        nargs="?",
        type=Path,
        metavar="PLACE",
        help="a saved case, or the folder of a work list (default: this user's)",
    )


def _database(place: Path | None) -> Path:
    folder = user_data_dir() if place is None else place
    database = folder / _DATABASE if folder.is_dir() else folder
    if not database.is_file():
        raise CaseFileError(f"{folder}: there is no work list. Nothing was read in the window yet?")
    return database


def _is_case(place: Path | None) -> bool:
    return place is not None and (
        (place / "case.json").is_file() or (place.is_file() and place.suffix != ".sqlite")
    )


def _verify(options: argparse.Namespace) -> int:
    from alnreader.store.verify import verify_file, verify_work_list

    place: Path | None = options.place
    if place is not None and _is_case(place):
        result = verify_file(place)
    else:
        result = verify_work_list(_database(place))
    sys.stdout.write(result.sentence + "\n")
    if result.fault is not None:
        return ExitCode.INTERNAL
    return ExitCode.PARTIAL if result.unwitnessed else ExitCode.OK


def _entries(place: Path | None) -> tuple[Entry, ...]:
    from alnreader.store import loading
    from alnreader.store.worklist import Store

    if place is not None and _is_case(place):
        return loading.read_file(place).entries
    database = _database(place)
    with Store(database.parent, only_look=True) as store:
        return store.entries()


def _mend(options: argparse.Namespace) -> int:
    from alnreader.store.database import in_use, set_aside
    from alnreader.store.verify import verify_work_list
    from alnreader.store.worklist import Store

    database = _database(options.place)
    if in_use(database):
        raise CaseInUseError(f"{database}: a program has the work list open. Close it, then mend the list.")
    aside = set_aside(database)
    sys.stdout.write(f"Put aside: {aside}\n")
    with Store(database.parent) as store:
        for note in store.notes:
            sys.stdout.write(note + "\n")
    sys.stdout.write(verify_work_list(database).sentence + "\n")
    return ExitCode.OK


def _export(options: argparse.Namespace) -> int:
    from alnreader.store.exports import journal_csv
    from alnreader.store.journal import write_lines

    if options.csv is None and options.jsonl is None:
        raise CaseFileError("Name a file to write: --csv FILE or --jsonl FILE.")
    entries = _entries(options.place)
    for path, content in ((options.csv, journal_csv), (options.jsonl, write_lines)):
        if path is not None:
            write_bytes(path, content(entries))
            sys.stdout.write(f"Written: {path}\n")
    return ExitCode.OK


def _reads(options: argparse.Namespace) -> int:
    from alnreader.store import loading
    from alnreader.store.exports import reads_csv
    from alnreader.store.worklist import Store

    place: Path | None = options.place
    if place is not None and _is_case(place):
        cases = [loading.read_file(place)]
        write_bytes(options.csv, reads_csv(cases, identity=not options.without_identity))
    else:
        with Store(_database(place).parent, only_look=True) as store:
            write_bytes(options.csv, reads_csv(store.every_case(), identity=not options.without_identity))
    sys.stdout.write(f"Written: {options.csv}\n")
    return ExitCode.OK
