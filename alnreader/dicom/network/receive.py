"""A study from a node to a folder: with progress, tried again, and resumed where it broke off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alnreader.case.errors import PacsError, PacsUnavailableError
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.dicom.network.answers import Instance
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.inbox import StudyFolder, missing_of
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.retry import INTERACTIVE, RetryPolicy, Sleep, sleeper


@dataclass(frozen=True)
class Received:
    """What was received.

    Attributes
    ----------
    folder
        Of the study.
    instances
        Files in it.
    fetched
        How many of them are new.
    refused
        UIDs that are missing, with the node's reason.
    """

    folder: Path
    instances: int
    fetched: int
    refused: dict[str, str]

    @property
    def complete(self) -> bool:
        """Whether the study is whole."""
        return not self.refused


def receive_study(
    node: Node,
    study_uid: str,
    root: Path,
    progress: Progress = no_progress,
    token: CancelToken | None = None,
    *,
    label: str = "",
    retries: RetryPolicy = INTERACTIVE,
    sleep: Sleep | None = None,
) -> Received:
    """Fetch a study into a folder of its own below ``root``; only what is not there yet is fetched.

    As long as something is missing, the folder holds a mark (`alnreader.dicom.network.inbox.MARK`), also
    after a fault, a stop or a power cut; calling this again goes on from there.

    Parameters
    ----------
    progress
        Told instances received and instances of the study (0: the node does not say).
    label
        Patient and date, for the mark.
    retries
        Where the connection breaks off: tries without a single new instance in between.
    sleep
        How a pause is waited for, for tests.

    Raises
    ------
    PacsError
        If the node refuses, or has no such study.
    PacsUnavailableError
        If it stayed away. What was received is kept.
    CannotWriteError
        If the disk takes no more. What was received is kept.
    CancelledError
        If the token says so. What was received is kept.
    """
    token = token or CancelToken()
    reception = _Reception(Client(node), StudyFolder(root, study_uid), progress, token)
    wait = sleeper(token, sleep)
    failed = 0
    while True:
        before = reception.fetched
        try:
            return reception.run(label)
        except PacsUnavailableError as error:
            failed = 1 if reception.fetched > before else failed + 1
            if failed >= retries.attempts:
                raise reception.given_up(error) from error
            progress(reception.done, reception.total, f"{node.name} broke off: trying again")
            wait(retries.pause(failed))


class _Reception:
    """One study on its way."""

    def __init__(self, client: Client, folder: StudyFolder, progress: Progress, token: CancelToken) -> None:
        self._client = client
        self._folder = folder
        self._progress = progress
        self._token = token
        self.fetched = 0
        self.done = 0
        self.total = 0

    def run(self, label: str) -> Received:
        """Fetch what is missing; raise what stops it."""
        node, folder = self._client.node, self._folder
        self._token.check()
        instances = self._client.list_instances(folder.study_uid, self._token)
        if instances is not None and not instances:
            raise PacsError(f"{node.name}: there is no study {folder.study_uid}, or it is empty.")
        with folder.receiving():
            folder.begin(node, label)
            return self._run_blindly() if instances is None else self._run(instances)

    def _run(self, instances: Sequence[Instance]) -> Received:
        folder = self._folder
        folder.expect(instance.uid for instance in instances)
        missing = missing_of(folder, instances)
        self.total, self.done = len(instances), len(instances) - len(missing)
        self._progress(self.done, self.total, "")
        refused: dict[str, str] = {}
        if missing:
            whole = len(missing) == len(instances)
            refused = self._client.retrieve(folder, missing, self._kept, self._token, whole=whole)
        left = missing_of(folder, instances)
        return self._finished(
            {each.uid: refused.get(each.uid, "the PACS did not send it") for each in left},
        )

    def _run_blindly(self) -> Received:
        """Ask for the whole study of a node that does not list instances: it knows when it has sent all."""
        self.done = len(self._folder.uids())
        refused = self._client.retrieve(self._folder, None, self._kept, self._token)
        return self._finished({uid: why for uid, why in refused.items() if not self._folder.holds(uid)})

    def _finished(self, refused: dict[str, str]) -> Received:
        if refused:
            self._folder.refuse(refused)
        else:
            self._folder.finish()
        return Received(self._folder.path, len(self._folder.uids()), self.fetched, refused)

    def _kept(self, uid: str) -> None:
        self.fetched += 1
        self.done += 1
        self._progress(self.done, max(self.total, self.done) if self.total else 0, "")

    def given_up(self, error: PacsUnavailableError) -> PacsUnavailableError:
        """Return the error with what was received until then."""
        if not self.done:
            return error
        of = f" of {self.total}" if self.total else ""
        return PacsUnavailableError(
            f"{error} {self.done}{of} images are kept in {self._folder.path}; "
            "fetch the study again for the rest."
        )
