"""The export queue: copies of the files, and what became of each, on disk until a node has them."""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from alnreader.case import clock
from alnreader.case.atomic import make_folder, replace_file
from alnreader.case.atomic import refusing as refusing_to_write
from alnreader.case.errors import CannotWriteError
from alnreader.case.language import mark
from alnreader.dicom.network.locks import try_lock
from alnreader.dicom.network.nodes import Node, node_from
from alnreader.dicom.network.queue_schema import prepare
from alnreader.dicom.network.store import Outgoing, inspect
from alnreader.dicom.refusal import refusing

_log = logging.getLogger(__name__)

Now = Callable[[], datetime]
"""Says what time it is."""

KEPT_DONE = 100
"""Jobs that are done are remembered, so many of them; their files are not."""

_BUSY_SECONDS = 30.0
"""How long another process may hold the data base."""

_SET_ASIDE = "queue-{}.sqlite.broken"


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class ItemState(StrEnum):
    """Where a file stands.

    ``unsure``: it was being sent when the connection, or the program, ended; the node is asked before it is
    sent again.
    """

    WAITING = "waiting"
    SENDING = "sending"
    UNSURE = "unsure"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True)
class Item:
    """One file of a job."""

    place: int
    shown: str
    uid: str
    digest: str
    state: ItemState
    reason: str


@dataclass(frozen=True)
class Job:
    """Files for one node.

    Attributes
    ----------
    node
        Name of the node, as it is looked up when the job is sent.
    snapshot
        The node as it was, without password: for a node that has no entry in the preferences.
    title
        What it is, for the eye.
    attempts
        How often it was tried without progress.
    next_try
        Not before then.
    reason
        What happened last; of a parked job, why a person must look.
    """

    id: int
    node: str
    snapshot: Node
    title: str
    folder: Path
    created: datetime
    state: JobState
    attempts: int
    next_try: datetime
    reason: str
    items: tuple[Item, ...]

    def count(self, *states: ItemState) -> int:
        """Return how many files are in one of some states."""
        return sum(item.state in states for item in self.items)

    def file(self, item: Item) -> Path:
        """Return where the copy of a file lies."""
        return self.folder / f"{item.place:06d}.dcm"


class ExportQueue:
    """Jobs in a folder. Any number of programs may look and add; one at a time sends (`sending_lock`).

    Parameters
    ----------
    folder
        Of the queue; made when the first job is added, for this user alone.
    now
        The clock.
    """

    def __init__(self, folder: Path, now: Now = clock.now) -> None:
        """Open nothing yet."""
        self.folder = folder
        self._now = now

    # --- jobs ----------------------------------------------------------------------------------------------

    def add(self, node: Node, files: Sequence[Outgoing], title: str) -> Job:
        """Copy files into the queue, for a node. It is on the disk when this returns.

        Where the same content already waits for the same node, that job is returned and may be tried at once:
        nothing is sent twice because someone pressed twice.

        Raises
        ------
        CannotWriteError
            If the queue cannot be written. Nothing is half queued.
        UnreadableInputError
            If one of the files can no longer be read.
        """
        if not files:
            raise CannotWriteError(mark("There is nothing to send."))
        make_folder(self.folder, private=True)
        name = f"job-{secrets.token_hex(8)}"
        staged = self.folder / f".{name}"
        try:
            digests = []
            for place, file in enumerate(files):
                inspect(file.path, file.shown)  # still what it was when it was chosen
                with refusing(file.shown or file.path):
                    content = file.path.open("rb")
                with content:
                    digests.append(_copy(content, staged / f"{place:06d}.dcm"))
            with self._database() as database:
                database.execute("BEGIN IMMEDIATE")
                same = self._same(database, node.name, digests)
                if same is None:
                    with refusing_to_write(self.folder):
                        staged.replace(self.folder / name)
                    number = self._insert(database, node, title, name, files, digests)
                    return self._job(database, number)
            self.try_again(same)
            job = self.job(same)
            if job is None:
                raise CannotWriteError(mark("The job was taken out of the queue meanwhile. Send it again."))
            return job
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def _insert(
        self,
        database: sqlite3.Connection,
        node: Node,
        title: str,
        name: str,
        files: Sequence[Outgoing],
        digests: Sequence[str],
    ) -> int:
        stamp = self._now().timestamp()
        snapshot = json.dumps(node.public(), ensure_ascii=False)
        cursor = database.execute(
            "INSERT INTO jobs (node, snapshot, title, folder, created, state) VALUES (?, ?, ?, ?, ?, ?)",
            (node.name, snapshot, title, name, stamp, JobState.WAITING),
        )
        number = int(cursor.lastrowid or 0)
        database.executemany(
            "INSERT INTO items (job, place, shown, uid, digest, state) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (number, place, file.shown or file.path.name, file.uid, digest, ItemState.WAITING)
                for place, (file, digest) in enumerate(zip(files, digests, strict=True))
            ],
        )
        return number

    def _same(self, database: sqlite3.Connection, node: str, digests: Sequence[str]) -> int | None:
        rows = database.execute(
            "SELECT id FROM jobs WHERE node = ? AND state != ?", (node, JobState.DONE)
        ).fetchall()
        for (number,) in rows:
            held = database.execute(
                "SELECT digest FROM items WHERE job = ? ORDER BY place", (number,)
            ).fetchall()
            if [digest for (digest,) in held] == list(digests):
                return int(number)
        return None

    def jobs(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        if not self._file.exists():
            return []
        with self._database() as database:
            numbers = [row[0] for row in database.execute("SELECT id FROM jobs ORDER BY id")]
            return [self._job(database, number) for number in numbers]

    def job(self, number: int) -> Job | None:
        """Return a job, None if there is none of that number."""
        return next((job for job in self.jobs() if job.id == number), None)

    def due(self) -> list[Job]:
        """Return the jobs that are to be tried now."""
        now = self._now()
        return [job for job in self.jobs() if job.state is JobState.WAITING and job.next_try <= now]

    def next_time(self) -> datetime | None:
        """Return when the next job is to be tried, None if none waits."""
        waiting = [job.next_try for job in self.jobs() if job.state is JobState.WAITING]
        return min(waiting, default=None)

    def try_again(self, number: int) -> None:
        """Let a parked or waiting job be tried at once, refused files too."""
        with self._database() as database:
            database.execute(
                "UPDATE jobs SET state = ?, attempts = 0, next_try = 0, reason = '' "
                "WHERE id = ? AND state != ?",
                (JobState.WAITING, number, JobState.DONE),
            )
            database.execute(
                "UPDATE items SET state = ?, reason = '' WHERE job = ? AND state = ?",
                (ItemState.WAITING, number, ItemState.REFUSED),
            )

    def remove(self, number: int) -> None:
        """Take a job and its copies out of the queue; nothing of it is sent any more."""
        job = self.job(number)
        if job is None:
            return
        with self._database() as database:
            database.execute("DELETE FROM jobs WHERE id = ?", (number,))
        shutil.rmtree(job.folder, ignore_errors=True)

    # --- for the sender ------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Take note of files that were being sent when the program ended, and remove what was half queued.

        Only for the one who holds `sending_lock`.
        """
        if not self._file.exists():
            return
        with self._database() as database:
            database.execute(
                "UPDATE items SET state = ? WHERE state = ?", (ItemState.UNSURE, ItemState.SENDING)
            )
            known = {row[0] for row in database.execute("SELECT folder FROM jobs")}
        if any(self.folder.glob(_SET_ASIDE.format("*"))):
            return  # what the damaged list told of and nobody has sent lies in these folders
        day_ago = self._now().timestamp() - 86400
        for folder in [*self.folder.glob("job-*"), *self.folder.glob(".job-*")]:
            # A young one may belong to a program that is just adding it.
            with contextlib.suppress(OSError):
                if folder.name not in known and folder.stat().st_mtime < day_ago:
                    shutil.rmtree(folder, ignore_errors=True)

    def begin(self, number: int) -> None:
        """Count an attempt before it is made: a job that ends the program is not tried for ever."""
        with self._database() as database:
            database.execute("UPDATE jobs SET attempts = attempts + 1 WHERE id = ?", (number,))

    def stopped(self, number: int) -> None:
        """Note that the user stopped a job: that was no attempt."""
        self.postpone(number, 0.0, "Stopped.")
        with self._database() as database:
            database.execute("UPDATE jobs SET attempts = max(attempts - 1, 0) WHERE id = ?", (number,))

    def set_item(self, number: int, place: int, state: ItemState, reason: str = "") -> None:
        """Note where a file stands; progress sets the attempts back."""
        with self._database() as database:
            database.execute(
                "UPDATE items SET state = ?, reason = ? WHERE job = ? AND place = ?",
                (state, reason, number, place),
            )
            if state is ItemState.SENT:
                database.execute("UPDATE jobs SET attempts = 0 WHERE id = ?", (number,))

    def postpone(self, number: int, seconds: float, reason: str) -> None:
        """Let a job wait."""
        with self._database() as database:
            database.execute(
                "UPDATE jobs SET next_try = ?, reason = ? WHERE id = ?",
                (self._now().timestamp() + seconds, reason, number),
            )
            database.execute(
                "UPDATE items SET state = ? WHERE job = ? AND state = ?",
                (ItemState.UNSURE, number, ItemState.SENDING),
            )

    def park(self, number: int, reason: str) -> None:
        """Set a job aside until a person has looked at it."""
        self.postpone(number, 0.0, reason)
        with self._database() as database:
            database.execute("UPDATE jobs SET state = ? WHERE id = ?", (JobState.PARKED, number))

    def finish(self, number: int) -> None:
        """Note that a job is done, remove its copies, and forget the oldest ones that are done."""
        job = self.job(number)
        with self._database() as database:
            database.execute(
                "UPDATE jobs SET state = ?, reason = '', finished = ? WHERE id = ?",
                (JobState.DONE, self._now().timestamp(), number),
            )
            database.execute(
                "DELETE FROM jobs WHERE state = ? AND id NOT IN "
                "(SELECT id FROM jobs WHERE state = ? ORDER BY id DESC LIMIT ?)",
                (JobState.DONE, JobState.DONE, KEPT_DONE),
            )
        if job is not None:
            shutil.rmtree(job.folder, ignore_errors=True)

    @contextlib.contextmanager
    def sending_lock(self) -> Iterator[bool]:
        """Hold the right to send; yield whether it was to be had. It is free when the program ends."""
        make_folder(self.folder, private=True)
        with refusing_to_write(self.folder):
            stream = (self.folder / "sender.lock").open("a+b")
        with stream:
            yield try_lock(stream.fileno())

    # --- the data base -------------------------------------------------------------------------------------

    @property
    def _file(self) -> Path:
        return self.folder / "queue.sqlite"

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._open()
        except (sqlite3.Error, OSError) as error:
            raise CannotWriteError(
                mark("The export queue in {folder} cannot be opened: {reason}.").format(
                    folder=self.folder, reason=error
                )
            ) from error
        try:
            with connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise CannotWriteError(
                mark(
                    "The export queue in {folder} cannot be used: {reason}. "
                    "Make room, or allow writing there."
                ).format(folder=self.folder, reason=error)
            ) from error
        finally:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = self._file.with_name(_SET_ASIDE.format(int(time.time())))
            _log.warning("The export queue is damaged (%s); it is set aside", type(error).__name__)
            self._file.replace(aside)
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=_BUSY_SECONDS)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            prepare(connection, self._file)
        except BaseException:
            connection.close()
            raise
        return connection

    def _job(self, database: sqlite3.Connection, number: int) -> Job:
        row = database.execute(
            "SELECT node, snapshot, title, folder, created, state, attempts, next_try, reason "
            "FROM jobs WHERE id = ?",
            (number,),
        ).fetchone()
        node, snapshot, title, folder, created, state, attempts, next_try, reason = row
        items = database.execute(
            "SELECT place, shown, uid, digest, state, reason FROM items WHERE job = ? ORDER BY place",
            (number,),
        ).fetchall()
        zone = self._now().tzinfo
        return Job(
            id=number,
            node=node,
            snapshot=node_from(json.loads(snapshot)),
            title=title,
            folder=self.folder / folder,
            created=datetime.fromtimestamp(created, tz=zone),
            state=JobState(state),
            attempts=attempts,
            next_try=datetime.fromtimestamp(next_try, tz=zone),
            reason=reason,
            items=tuple(
                Item(place, shown, uid, digest, ItemState(item_state), why)
                for place, shown, uid, digest, item_state, why in items
            ),
        )


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    import hashlib

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_PIECE = 1 << 20
"""Bytes that are copied at once."""


def _copy(source: BinaryIO, target: Path) -> str:
    make_folder(target.parent)
    replace_file(target, iter(lambda: source.read(_PIECE), b""), private=True)
    return digest_of(target)
