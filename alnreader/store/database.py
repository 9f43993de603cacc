"""The work list on disk: SQLite, versioned, append-only where it is a journal.

SQL takes values as parameters only; no text is ever put together from what a file says.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from alnreader.case.atomic import refusal
from alnreader.case.errors import CannotWriteError, CaseFileError
from alnreader.case.language import mark
from alnreader.case.sqlite_header import owner_and_version
from alnreader.paths import SCRATCH_PREFIX
from alnreader.store.package import unpack

APPLICATION_ID = 0x414C4E57
"""``ALNW`` in the file's header (SQLite ``PRAGMA application_id``): no other file is taken for ours."""

BUSY_SECONDS = 10.0
"""So long one program waits for another that writes to the same work list."""


_NO_TEXT = "json:"
"""How the path begins in the list whose bytes are no text; others are absolute and never begin so."""

_SCHEMA_FAULT = "SQLITE_ERROR"
"""What SQLite says of a table or column that is not there; full disks and locks have codes of their own."""


class DamagedError(CaseFileError):
    """The work list cannot be read: it is set aside, and made anew from the case files."""


_GUARDS = """
CREATE TRIGGER IF NOT EXISTS journal_is_not_changed BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS journal_is_not_cut BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""

_V1 = """
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    patient TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    study_date TEXT NOT NULL,
    state TEXT NOT NULL,
    mode TEXT NOT NULL,
    images INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    created TEXT NOT NULL,
    changed TEXT NOT NULL,
    listed INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    number INTEGER NOT NULL,
    head TEXT NOT NULL,
    package BLOB NOT NULL
) STRICT;
CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    number INTEGER NOT NULL,
    entry TEXT NOT NULL,
    link TEXT NOT NULL,
    UNIQUE (case_id, number)
) STRICT;
"""

_PROBES = (
    "SELECT id, path, patient, patient_id, study_date, state, mode, images, confirmed, created, changed, "
    "listed, opened, number, head, package, thumbnail, stamp, fingerprint FROM cases LIMIT 0",
    "SELECT sequence, case_id, number, entry, link FROM journal LIMIT 0",
)
"""What is there in a whole list of this version."""


def storable(values: Mapping[str, object]) -> dict[str, object]:
    """Return values as SQLite takes them: lone surrogates, which are no text, are written as escapes."""
    return {
        name: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for name, value in values.items()
    }


def path_text(path: Path) -> str:
    """Return a path as the list keeps it, also one whose bytes are no text."""
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _NO_TEXT + json.dumps(text)
    return text


def path_of(text: str) -> Path:
    """Return the path of `path_text`."""
    if text.startswith(_NO_TEXT):
        with contextlib.suppress(ValueError):
            return Path(str(json.loads(text.removeprefix(_NO_TEXT))))
    return Path(text)


def fingerprint(uids: Iterable[str]) -> str:
    """Return what the case of exactly these images is found by, whatever their order."""
    return hashlib.sha256("\n".join(sorted(uids)).encode(errors="surrogateescape")).hexdigest()


def _to_1(connection: sqlite3.Connection) -> None:
    for statement in _statements(_V1):
        connection.execute(statement)
    _guard(connection)


def _to_2(connection: sqlite3.Connection) -> None:
    """Cards have pictures; a case file's stamp; what finds a case when its pictures are opened once more."""
    connection.execute("ALTER TABLE cases ADD COLUMN thumbnail BLOB NOT NULL DEFAULT x''")
    connection.execute("ALTER TABLE cases ADD COLUMN stamp TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE cases ADD COLUMN fingerprint TEXT NOT NULL DEFAULT ''")
    connection.execute("CREATE INDEX cases_by_change ON cases (listed, changed)")
    connection.execute("CREATE INDEX cases_by_fingerprint ON cases (fingerprint)")
    for case_id, content in connection.execute("SELECT id, package FROM cases").fetchall():
        try:
            found = fingerprint(image["uid"] for image in unpack(content, case_id).document["images"])
        except (CaseFileError, KeyError, TypeError):
            continue  # a damaged copy is mended from the case file when the case is opened
        connection.execute("UPDATE cases SET fingerprint = ? WHERE id = ?", (found, case_id))


def _to_3(connection: sqlite3.Connection) -> None:
    """Signatures are found without reading the journal: the list asks after every action (`rows`)."""
    connection.execute(
        """CREATE INDEX journal_signed ON journal (case_id) WHERE instr(entry, '"event":"sign"')"""
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_to_1, _to_2, _to_3)
"""Each leads from its place in the tuple to the next version."""

SCHEMA_VERSION = len(MIGRATIONS)


def _statements(script: str) -> Iterator[str]:
    """Split a script where SQLite says that a statement is complete: `executescript` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if statement.strip() and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the work list, made or brought up to this version where need be.

    Raises
    ------
    CannotWriteError
        If it cannot be written: read-only folder, full disk.
    CaseFileError
        If it is damaged, another program's, or a newer program's.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            # It holds patients' names. Where this user may not write either, that stays so.
            path.parent.chmod(stat.S_IMODE(path.parent.stat().st_mode) & 0o700)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except OSError as error:
        raise refusal(path, error) from error
    except sqlite3.Error as error:
        raise cannot_write(path, error) from error
    try:
        _prepare(connection, path)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname != _SCHEMA_FAULT:
            raise cannot_write(path, error) from error
        if isinstance(error, sqlite3.Error):
            raise _damaged(path, error) from error
        raise
    return connection


def _damaged(path: Path, error: sqlite3.Error) -> DamagedError:
    return DamagedError(mark("{path}: the work list is damaged ({reason}).").format(path=path, reason=error))


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a work list for looking alone: on a read-only medium, on a full disk, beside a running program.

    SQLite wants to write even then, where the last program did not end in order and left its log. Such a
    list is read from a private copy that is removed again.

    Raises
    ------
    CaseFileError
        If it is another program's or a newer one's, or cannot be read.
    """
    log = path.with_name(path.name + "-wal")
    with contextlib.ExitStack() as stack:
        try:
            connection = _try_reading(path, "mode=ro")
            if connection is None and not (log.exists() and log.stat().st_size):
                connection = _try_reading(path, "mode=ro&immutable=1")
            if connection is None:
                copy = (
                    Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX))) / path.name
                )
                for name in (path, log):
                    if name.exists():
                        shutil.copyfile(name, copy.with_name(name.name))
                connection = sqlite3.connect(copy, isolation_level=None, check_same_thread=False)
            stack.callback(connection.close)
            _check_owner(connection, path)
            connection.execute("SELECT id FROM cases LIMIT 0")
        except (sqlite3.Error, OSError) as error:
            raise CaseFileError(
                mark("{path}: the work list cannot be read ({reason}).").format(path=path, reason=error)
            ) from error
        yield connection


def _try_reading(path: Path, how: str) -> sqlite3.Connection | None:
    """Open a list in one way; None where SQLite cannot in this."""
    uri = f"{Path(os.path.abspath(path)).as_uri()}?{how}"  # noqa: PTH100 - a link stays a link
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        return None
    except BaseException:
        connection.close()
        raise
    return connection


def _check_owner(connection: sqlite3.Connection, path: Path) -> None:
    identity, version = owner_and_version(connection)
    if identity not in (0, APPLICATION_ID) or (identity == 0 and version):
        raise CaseFileError(
            mark("{path} belongs to another program. Move it away, then start again.").format(path=path)
        )
    if version > SCHEMA_VERSION:
        raise CaseFileError(
            mark(
                "{path} was written by a newer ALN Reader (schema {version}, this program knows "
                "{SCHEMA_VERSION}). Start that program, or name another folder for the data."
            ).format(path=path, version=version, SCHEMA_VERSION=SCHEMA_VERSION)
        )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA busy_timeout = 10000")
    _check_owner(connection, path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (fault,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if fault != "ok":
        raise DamagedError(
            mark("{path}: the work list is damaged ({reason}).").format(path=path, reason=fault)
        )
    # A write-ahead log needs shared memory, which a network folder does not have: SQLite then keeps the mode
    # it has, which serves as well, only slower.
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    if version < SCHEMA_VERSION:
        migrate(connection, SCHEMA_VERSION)
    for probe in _PROBES:
        connection.execute(probe)
    if not _guarded(connection):
        _guard(connection)


def _guarded(connection: sqlite3.Connection) -> bool:
    (count,) = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'"
    ).fetchone()
    return bool(count == 2)


def _guard(connection: sqlite3.Connection) -> None:
    """Let nothing change or cut the journal; also where another program has taken the guards away."""
    for statement in _statements(_GUARDS):
        connection.execute(statement)


def migrate(connection: sqlite3.Connection, target: int) -> None:
    """Lead the schema to a version, all steps or none."""
    with transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for step in MIGRATIONS[version:target]:
            step(connection)
        if version < target:
            # PRAGMA takes no parameters; both numbers are this module's own.
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
            connection.execute(f"PRAGMA user_version = {target:d}")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of a block or nothing; other programs wait."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back by itself
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def cannot_write(path: Path, error: sqlite3.Error) -> CannotWriteError:
    """Return what to tell of a work list that could not be written."""
    words = str(error)
    if "readonly" in words or "read-only" in words:
        why = "the folder is read-only. Choose a folder that can be written"
    elif "full" in words:
        why = "the disk is full. Free some space; the program tries again with the next action"
    elif "locked" in words or "busy" in words:
        why = "another program holds it. Close that program; this one tries again with the next action"
    else:
        why = f"{words}. Check the disk and the folder's permissions"
    return CannotWriteError(
        mark("Cannot write {path}: {reason}. What was saved before is untouched.").format(
            path=path, reason=why
        )
    )


def in_use(path: Path) -> bool:
    """Whether another program has a work list open now."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorname.startswith("SQLITE_BUSY")
    except sqlite3.DatabaseError:  # so damaged that nobody can have it open
        return False
    finally:
        connection.close()
    return False


def set_aside(path: Path) -> Path:
    """Move a damaged work list out of the way, with its log, and return where it is now."""
    number = 1
    while (aside := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            try:
                part.replace(aside.with_name(aside.name + suffix))
            except OSError as error:
                raise refusal(part, error) from error
    return aside
