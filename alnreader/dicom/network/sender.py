"""Sends what the export queue holds: each file once, tried again after growing pauses, parked in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from alnreader.case.errors import (
    AlnReaderError,
    CancelledError,
    PacsError,
    PacsUnavailableError,
    UnreadableInputError,
)
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.queue import ExportQueue, Item, ItemState, Job, JobState, digest_of
from alnreader.dicom.network.retry import BACKGROUND, RetryPolicy
from alnreader.dicom.network.store import Outcome, Outgoing, inspect

_QUERIES = 2
"""So often a node is asked in vain whether it holds a file."""

_BROKE_OFF = "the connection ended while it was being sent"

_OPEN = (ItemState.WAITING, ItemState.UNSURE, ItemState.SENDING)


@dataclass(frozen=True)
class Report:
    """What one round did.

    Attributes
    ----------
    tried
        Numbers of the jobs that were worked on.
    elsewhere
        Whether another program is sending: nothing was done.
    """

    tried: tuple[int, ...] = ()
    elsewhere: bool = False


class Sender:
    """Works through the jobs of a queue.

    Parameters
    ----------
    nodes
        Says which nodes there are now: a corrected one counts at the next attempt.
    retries
        How long a job is tried before it is parked.
    """

    def __init__(
        self,
        queue: ExportQueue,
        nodes: Callable[[], Iterable[Node]],
        retries: RetryPolicy = BACKGROUND,
    ) -> None:
        """Do nothing yet."""
        self._queue = queue
        self._nodes = nodes
        self._retries = retries

    def run(
        self,
        token: CancelToken | None = None,
        progress: Progress = no_progress,
        only: int | None = None,
    ) -> Report:
        """Try every job that is due, or the one named whether it is due or not.

        Raises
        ------
        CancelledError
            If the token says so; the queue stays as far as it came.
        CannotWriteError
            If the queue cannot be written.
        """
        token = token or CancelToken()
        if not self._queue.jobs():
            return Report()
        tried: list[int] = []
        fault: Exception | None = None
        with self._queue.sending_lock() as ours:
            if not ours:
                return Report(elsewhere=True)
            self._queue.recover()
            for job in self._queue.due() if only is None else [self._queue.job(only)]:
                if job is not None and job.state is JobState.WAITING:
                    token.check()
                    tried.append(job.id)
                    try:
                        self._try(job, token, progress)
                    except AlnReaderError:
                        raise
                    except Exception as error:
                        # A fault of the program at one job keeps nothing from the others; it is told after.
                        self._later(job.id, f"The program failed on it ({type(error).__name__}).")
                        fault = fault or error
        if fault is not None:
            raise fault
        return Report(tuple(tried))

    def _try(self, job: Job, token: CancelToken, progress: Progress) -> None:
        """Try one job; whatever comes of it is in the queue afterwards."""
        queue = self._queue
        if job.attempts >= self._retries.attempts:
            queue.park(job.id, job.reason or "The program ended each time that it was sent.")
            return
        queue.begin(job.id)
        try:
            client = Client(self._node(job))
            self._ask_about_unsure(client, job, token)
            self._send(client, job, token, progress)
        except CancelledError:
            queue.stopped(job.id)
            raise
        except PacsUnavailableError as error:
            self._later(job.id, str(error))
        except AlnReaderError as error:
            queue.park(job.id, str(error))
        else:
            self._settle(job.id)

    def _node(self, job: Job) -> Node:
        for node in self._nodes():
            if node.name == job.node:
                return node
        # A node without entry is named by its address (`node_at`) and cannot have been removed.
        if job.snapshot.address != job.node:
            raise UnreadableInputError(
                f"There is no PACS node {job.node!r} any more. Add it again, or remove the job."
            )
        return job.snapshot

    def _ask_about_unsure(self, client: Client, job: Job, token: CancelToken) -> None:
        """Find out whether files arrived that were being sent when the connection or the program ended."""
        for item in job.items:
            if item.state is not ItemState.UNSURE:
                continue
            file = self._outgoing(job, item)
            there = False
            if file is None:
                continue
            try:
                there = client.holds(file.study_uid, file.series_uid, file.uid, token)
            except PacsError as error:
                # A node that answers no query is sent the file again: same UID, so it stays one instance.
                if isinstance(error, PacsUnavailableError) and job.attempts < _QUERIES:
                    raise
            if there:
                self._queue.set_item(job.id, item.place, ItemState.SENT)
            else:
                self._queue.set_item(job.id, item.place, ItemState.WAITING, _BROKE_OFF)

    def _send(self, client: Client, job: Job, token: CancelToken, progress: Progress) -> None:
        current = self._queue.job(job.id)
        if current is None:
            return
        places: dict[Path, int] = {}
        files = []
        # What the connection ended at comes last: it may be the reason.
        for item in sorted(current.items, key=lambda item: item.reason == _BROKE_OFF):
            if item.state is ItemState.WAITING:
                file = self._outgoing(current, item)
                if file is not None:
                    places[file.path] = item.place
                    files.append(file)
        total = len(current.items)
        done = total - len(files)
        progress(done, total, job.title)

        def sending(file: Outgoing) -> None:
            self._queue.set_item(job.id, places[file.path], ItemState.SENDING)

        def sent(file: Outgoing, outcome: Outcome) -> None:
            nonlocal done
            done += 1
            if outcome.stored:
                state = ItemState.SENT
            else:
                state = ItemState.WAITING if outcome.passing else ItemState.REFUSED
            self._queue.set_item(job.id, places[file.path], state, outcome.words)
            progress(done, total, job.title)

        if files:
            client.send(files, sending, sent, token)

    def _outgoing(self, job: Job, item: Item) -> Outgoing | None:
        """Return the copy of a file; None, and the reason in the queue, if it is no longer what it was."""
        path = job.file(item)
        try:
            if digest_of(path) == item.digest:
                return inspect(path, item.shown)
            reason = "its copy in the queue was changed"
        except (OSError, UnreadableInputError) as error:
            reason = f"its copy in the queue cannot be read ({error})"
        self._queue.set_item(job.id, item.place, ItemState.REFUSED, reason)
        return None

    def _settle(self, number: int) -> None:
        """Decide what comes next, after every file of a job had its turn."""
        job = self._queue.job(number)
        if job is None:
            return
        left = [item for item in job.items if item.state in _OPEN]
        refused = [item for item in job.items if item.state is ItemState.REFUSED]
        if left:
            self._later(number, _names(left))
        elif refused:
            count = f"{len(refused)} of {len(job.items)} files were refused"
            self._queue.park(number, f"{count}. {_names(refused)}")
        else:
            self._queue.finish(number)

    def _later(self, number: int, reason: str) -> None:
        job = self._queue.job(number)
        if job is None or job.state is not JobState.WAITING:
            return
        if job.attempts >= self._retries.attempts:
            self._queue.park(number, f"{reason} Tried {job.attempts} times.")
        else:
            self._queue.postpone(number, self._retries.pause(job.attempts), reason)


def _names(items: Iterable[Item]) -> str:
    """Name files with their reasons, the first few of many."""
    listed = [f"{item.shown}: {item.reason}" for item in items]
    more = f"; and {len(listed) - 5} more" if len(listed) > 5 else ""
    return "; ".join(listed[:5]) + more + "."
