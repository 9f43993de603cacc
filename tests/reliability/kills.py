"""Kill the program at random moments, and count what is lost."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from alnreader.case.errors import AlnReaderError
from alnreader.store.loading import read_file
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

_SESSION = Path(__file__).with_name("scripted_session.py")
_LONGEST_SECONDS = 3.0
"""A kill falls uniformly into this time after the first action is kept,"""

_AT_START = 0.15
"""or, in this share of the sessions, after the window stands: while the work list is being opened."""

_START_SECONDS = 90.0


@dataclass
class Kills:
    """What came of it.

    Attributes
    ----------
    kills, acknowledged, journalled
        Kills; actions that the program had told to be kept before; entries of all journals at the end.
    lost
        Actions told and not found.
    broken
        Files that were found half-written, and journals that did not hold.
    unread
        Cases that did not open again.
    """

    kills: int = 0
    acknowledged: int = 0
    journalled: int = 0
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
        told: dict[tuple[str, int], str] = {}
        for _ in range(min(per_folder, count - result.kills)):
            _kill_once(server, place, chance, told, result)
            _check(place, told, result)
            tell(f"{result.kills} kills, {result.acknowledged} actions told, {len(result.lost)} lost")
        result.journalled += _entries(place)


def _kill_once(
    server: subprocess.Popen[str],
    place: Path,
    chance: random.Random,
    told: dict[tuple[str, int], str],
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
    time.sleep(chance.uniform(0.0, _LONGEST_SECONDS))
    os.kill(process, signal.SIGKILL)
    while _runs(process):
        time.sleep(0.001)
    result.kills += 1
    content = log.read_bytes()
    if b"DONE" in content:
        raise RuntimeError("the session ended before it was killed")
    for line in content.splitlines(keepends=True):
        word, *rest = line.decode().rstrip("\n").split(" ", 3)
        # A line that the kill cut in the middle was not told.
        if word == "KEPT" and len(rest) == 3 and line.endswith(b"\n"):
            told[rest[0], int(rest[1])] = rest[2]
            result.acknowledged += 1


def _runs(process: int) -> bool:
    """Whether a process is still there; its parent reaps it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _check(place: Path, told: dict[tuple[str, int], str], result: Kills) -> None:
    data = place / "share" / "alnreader"
    database = data / "worklist.sqlite"
    if not database.exists():
        if told:
            result.lost += [f"{case} {number}" for case, number in told]
        return
    with contextlib.suppress(FileNotFoundError):
        json.loads((place / "settings.json").read_text("utf-8"))
    for path in (data / "cases").glob("*.alncase"):
        try:
            read_file(path)
        except AlnReaderError as error:
            result.broken.append(str(error))
    with Store(data) as store:
        journal = {(entry.case, entry.number): entry.action for entry in store.entries()}
        for key, action in told.items():
            if journal.get(key) != action:
                result.lost.append(f"{key}: {action} is {journal.get(key)}")
        for row in store.rows():
            try:
                opened = store.open(row.id)
            except AlnReaderError as error:
                result.unread.append(str(error))
                continue
            if opened.case is None or opened.missing:
                result.unread.append(f"{row.id}: {opened.read_only} {opened.missing}")
            # Reopening has written down that it did so.
            for entry in store.entries(row.id):
                told.setdefault((entry.case, entry.number), entry.action)
    found = verify_work_list(database)
    if found.fault is not None:
        result.broken.append(found.sentence)


def _entries(place: Path) -> int:
    database = place / "share" / "alnreader" / "worklist.sqlite"
    return verify_work_list(database).entries if database.exists() else 0
