"""Kill the program at random moments, and count what is lost."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from traces import outlines_trace, reading_trace, score_trace

from alnreader.case.errors import AlnReaderError
from alnreader.case.protocol import Event
from alnreader.store.handle import RESCUED
from alnreader.store.journal import NOTED
from alnreader.store.loading import read_file
from alnreader.store.snapshot import Snapshot
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

_SESSION = Path(__file__).with_name("scripted_session.py")
_LONGEST_SECONDS = 3.0
"""A kill falls uniformly into this time after the first action is kept,"""

_AT_START = 0.2
"""or, in this share of the sessions, after the window stands: while the work list is being opened."""

_LONGEST_START_SECONDS = 0.5

_START_SECONDS = 300.0

Traces = tuple[str, str, str]
"""Of the reading, of the network's own outlines, of the score."""

_OUTLINES = (Event.PROPOSE, Event.SET_INCLUDED, Event.EDIT_AFTER_REVEAL)
"""What may change the network's own outlines, besides the note that says so:"""

_OUTLINED = "outlined, no region changed"


@dataclass
class Kills:
    """What came of it.

    Attributes
    ----------
    kills, acknowledged, journalled
        Kills; actions that the program had told to be kept before; entries of all journals at the end.
    compared, scores
        Readings that were compared, pixel by pixel, with what the window had handed over last; those of them
        with a score.
    recovered
        Readings that a killed program had left open and the next one found so.
    lost
        Actions told and not found, or found otherwise.
    broken
        Files that were found half-written, and journals that did not hold.
    unread
        Cases that did not open again.
    """

    kills: int = 0
    acknowledged: int = 0
    journalled: int = 0
    compared: int = 0
    scores: int = 0
    recovered: int = 0
    lost: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.broken or self.unread)


def kill_repeatedly(
    folder: Path, count: int, seed: int, per_folder: int = 10, tell: Callable[[str], None] = lambda _: None
) -> Kills:
    """Run the scripted session and kill it, several times on the same folder, then on a fresh one."""
    result, chance = Kills(), random.Random(seed)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    server = subprocess.Popen(
        [sys.executable, str(_SESSION)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    try:
        _kill_all(server, folder, count, per_folder, chance, result, tell)
    finally:
        server.communicate()
    return result


def _kill_all(
    server: subprocess.Popen[str],
    folder: Path,
    count: int,
    per_folder: int,
    chance: random.Random,
    result: Kills,
    tell: Callable[[str], None],
) -> None:
    while result.kills < count:
        place = folder / f"disk-{result.kills}"
        place.mkdir()
        told = Told()
        for _ in range(min(per_folder, count - result.kills)):
            _kill_once(server, place, chance, told, result)
            check_copy(place, told, result)
            tell(f"{result.kills} kills, {result.acknowledged} actions told, {len(result.lost)} lost")
        result.journalled += _entries(place)


def _kill_once(
    server: subprocess.Popen[str],
    place: Path,
    chance: random.Random,
    told: Told,
    result: Kills,
) -> None:
    log = place / "told"
    log.unlink(missing_ok=True)
    awaited = b"SHOWN" if chance.random() < _AT_START else b"KEPT"
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(f"{place} {chance.randrange(1 << 30)}\n")
    server.stdin.flush()
    process = int(server.stdout.readline())
    end = time.monotonic() + _START_SECONDS
    while not (log.exists() and awaited in log.read_bytes()):
        if time.monotonic() > end:
            os.kill(process, signal.SIGKILL)
            raise RuntimeError("the program did not start")
        time.sleep(0.005)
    longest = _LONGEST_START_SECONDS if awaited == b"SHOWN" else _LONGEST_SECONDS
    time.sleep(chance.uniform(0.0, longest))
    os.kill(process, signal.SIGKILL)
    while _runs(process):
        time.sleep(0.001)
    result.kills += 1
    told.read(log.read_bytes(), result)


@dataclass
class Told:
    """What the program has said on a folder, all its starts together.

    Attributes
    ----------
    kept
        Case and number of an action to the hash of the case as kept, and the action.
    tried
        Case and number to traces of the reading, as handed to the store last.
    """

    kept: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    tried: dict[tuple[str, int], Traces] = field(default_factory=dict)

    def read(self, content: bytes, result: Kills) -> None:
        """Take what one start has written."""
        for line in content.splitlines(keepends=True):
            word, *rest = line.decode().rstrip("\n").split(" ", 6)
            if not line.endswith(b"\n"):
                continue  # a line that the kill cut in the middle was not told
            if word == "DONE":
                raise RuntimeError("the session ended before it was killed")
            if word == "READY":
                result.recovered += int(rest[0])
            elif word == "TRY":
                case, number, trace, outlines, score, event = rest
                self._changes_what_it_says(case, int(number), event, (trace, outlines, score), result)
                self.tried[case, int(number)] = trace, outlines, score
            elif word == "KEPT":
                case, number, kept, *action = rest
                self.kept[case, int(number)] = kept, " ".join(action)
                result.acknowledged += 1

    def _changes_what_it_says(self, case: str, number: int, event: str, now: Traces, result: Kills) -> None:
        """A note changes nothing: what a start reads is what was kept. No action brings others' outlines."""
        before = self.tried.get((case, number - 1))
        name, _, action = event.partition(": ")
        if action == RESCUED:
            result.lost.append(f"{case}: a step of the program's own before {number} was refused")
        if before is None:
            return
        if name == NOTED and before[0] != now[0]:
            result.lost.append(f"{case}: the program itself read another case than was kept as {number - 1}")
        if name not in _OUTLINES and action != _OUTLINED and before[1] != now[1]:
            result.lost.append(f"{case}: the network's outlines before {number} ({event}) were no action")


def _runs(process: int) -> bool:
    """Whether a process is still there; its parent reaps it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def check_copy(place: Path, told: Told, result: Kills) -> None:
    """Look at a copy of what the kill has left, in the place of it: the next start finds it untouched."""
    share, left = place / "share", place / "as the kill left it"
    if not share.exists():
        check(place, told, result)
        return
    share.rename(left)
    try:
        shutil.copytree(left, share)
        check(place, told, result)
    finally:
        shutil.rmtree(share, ignore_errors=True)
        left.rename(share)


def check(place: Path, told: Told, result: Kills) -> None:
    """Compare a folder with what the program has told."""
    data = place / "share" / "alnreader"
    database = data / "worklist.sqlite"
    if not database.exists():
        result.lost += [f"{case} {number}: no work list" for case, number in told.kept]
        return
    with contextlib.suppress(FileNotFoundError):
        json.loads((place / "settings.json").read_text("utf-8"))
    for path in (data / "cases").glob("*.alncase"):
        try:
            read_file(path)
        except AlnReaderError as error:
            result.broken.append(str(error))
    with Store(data) as store:
        journal = {(entry.case, entry.number): (entry.content, entry.action) for entry in store.entries()}
        for key, kept in told.kept.items():
            if journal.get(key) != kept:
                result.lost.append(f"{key}: {kept} is {journal.get(key)}")
        for row in store.rows():
            last = max(number for case, number in journal if case == row.id)
            try:
                opened = store.open(row.id)
            except AlnReaderError as error:
                result.unread.append(str(error))
                continue
            if opened.case is None or opened.missing:
                result.unread.append(f"{row.id}: {opened.read_only} {opened.missing}")
            _compare(opened.snapshot, told.tried[row.id, last], f"{row.id} {last}", result)
    found = verify_work_list(database)
    if found.fault is not None:
        result.broken.append(found.sentence)


def _compare(snapshot: Snapshot, tried: Traces, place: str, result: Kills) -> None:
    reading, outlines, score = tried
    result.compared += 1
    result.scores += score != "-"
    if reading_trace(snapshot) != reading:
        result.lost.append(f"{place}: another reading than the window had handed over")
    if outlines_trace(snapshot) != outlines:
        result.lost.append(f"{place}: other outlines of the network than the window had handed over")
    if score_trace(snapshot) != score:
        result.lost.append(f"{place}: another score than the window had handed over")


def _entries(place: Path) -> int:
    database = place / "share" / "alnreader" / "worklist.sqlite"
    return verify_work_list(database).entries if database.exists() else 0
