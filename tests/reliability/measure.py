"""What ``make reliability`` runs: prints its figures, and writes them to docs/reliability.md.

Every count is an option. The exit code is 1 where anything was lost, broken, mixed up, or grew.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests" / "store")]

from hypothesis import HealthCheck, settings  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402
from kills import kill_repeatedly  # noqa: E402
from store_desk import Desk, made_up_case, same  # noqa: E402
from store_protocol import Protocol, interleave  # noqa: E402

from alnreader.case.errors import AlnReaderError  # noqa: E402
from alnreader.store.journal import read_lines  # noqa: E402
from alnreader.store.loading import stored_of, without_pixels  # noqa: E402
from alnreader.store.package import unpack  # noqa: E402
from alnreader.store.verify import verify_work_list  # noqa: E402
from alnreader.store.worklist import Store  # noqa: E402

FLAT_MIB = 0.5
"""Growth a patient that counts as flat: a reading that stays takes twenty times that, the cache of thumbnails
(bounded at 1000 pictures) grows by 0.15 until it is full."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def kills(count: int, seed: int) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory() as folder:
        done = kill_repeatedly(Path(folder), count, seed, tell=lambda text: say(f"  {text}"))
    for fault in (*done.lost, *done.broken, *done.unread):
        say(f"  {fault}")
    return (
        f"{done.kills} kills (SIGKILL) at random moments; {done.acknowledged} actions had been told as kept, "
        f"{len(done.lost)} of them lost; {done.journalled} journal entries in the end; {len(done.broken)} "
        f"files half-written; {len(done.unread)} cases that did not open again",
        done.clean,
    )


def cuts(count: int, seed: int) -> tuple[str, bool]:
    """Cut the work list and its log by a random length, and count the actions that do not come back."""
    chance, lost, entries = random.Random(seed), 0, 0
    for _ in range(count):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "data"
            with Store(folder) as store:
                desks = [Desk(made_up_case()), Desk(made_up_case())]
                for desk in desks:
                    desk.kept = store.create(desk.now)
                for number in range(chance.randrange(1, 12)):
                    desk = desks[number % 2]
                    desk.draw(desk.now.current, number)
                    desk.kept.save_file()
                copy = Path(place) / "after"
                shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.lock"))
            for name in chance.sample(["worklist.sqlite-wal", "worklist.sqlite"], chance.randint(1, 2)):
                if (copy / name).exists():
                    size = (copy / name).stat().st_size
                    os.truncate(copy / name, size - chance.randint(1, size))
            with Store(copy) as after:
                for desk in desks:
                    entries += len(desk.kept.entries)
                    lost += not same(after.open(desk.kept.id).snapshot, desk.now)
            lost += verify_work_list(copy / "worklist.sqlite").fault is not None
    return (
        f"{count} power cuts (last bytes of database and log cut off); {entries} actions, {lost} lost",
        not lost,
    )


def damaged(count: int, seed: int) -> tuple[str, bool]:
    """Damage a case file, and count what is neither refused in words nor harmless."""
    chance, faults, refused = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        desk = Desk(made_up_case())
        desk.kept = store.create(desk.now)
        desk.whole_reading()
        whole = desk.kept.packed()
    for _ in range(count):
        content = bytearray(whole)
        if chance.random() < 0.3:
            content = content[: chance.randrange(len(content))]
        else:
            for _ in range(chance.randint(1, 6)):
                content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            package = unpack(bytes(content), "damaged")
            without_pixels(stored_of(package, read_lines(package.journal, "damaged"), Path("damaged")))
        except AlnReaderError:
            refused += 1
        except Exception as error:
            say(f"  {type(error).__name__}: {error}")
            faults += 1
    return f"{count} damaged case files: {refused} refused in words, {faults} faults", not faults


class Counted(Protocol):
    """Counts what was tried."""

    steps = 0

    def check_invariants(self, *arguments: object, **options: object) -> None:
        """Count, and check."""
        Counted.steps += 1
        super().check_invariants(*arguments, **options)


def protocol(examples: int) -> tuple[str, bool]:
    run_state_machine_as_test(
        Counted,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return f"{examples} random walks of the protocol, {Counted.steps} steps, none kept wrongly", True


def patients(steps: int, seed: int) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        taken = interleave(store, steps, seed)
        holds = verify_work_list(store.database).fault is None
    return (
        f"two patients in turns, {steps} random steps, {taken} taken, no region or score on the other",
        holds,
    )


def soak(way: str, count: int) -> tuple[str, bool]:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(Path(__file__).with_name("soak.py")), way, str(count), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"{count} patients through the {way}: failed\n{done.stderr[-3000:]}", False
    memory = json.loads(done.stdout.splitlines()[-1])
    half = memory[len(memory) // 2]
    growth = (memory[-1] - half) / max(1, len(memory) - len(memory) // 2 - 1)
    return (
        f"{count} patients through the {way}: {memory[0]:.0f} MiB after the first, {half:.0f} after half, "
        f"{memory[-1]:.0f} after the last, {growth:+.3f} MiB a patient over the second half, "
        f"{time.monotonic() - started:.0f} s",
        growth <= FLAT_MIB or count < 10,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Figures of reliability.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--damaged", type=int, default=5000)
    parser.add_argument("--walks", type=int, default=150)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--engine", type=int, default=300, help="patients through the engine")
    parser.add_argument("--window", type=int, default=100, help="patients through the window")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument(
        "--files",
        type=Path,
        default=ROOT / "out" / "dicom-reliability.txt",
        help="figures of benchmarks/dicom_reliability.py, for the page",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reliability.md")
    options = parser.parse_args()
    parts = [
        ("Two patients", lambda: patients(options.steps, options.seed), options.steps),
        ("Protocol", lambda: protocol(options.walks), options.walks),
        ("Power cuts", lambda: cuts(options.cuts, options.seed), options.cuts),
        ("Damage", lambda: damaged(options.damaged, options.seed), options.damaged),
        ("Kills", lambda: kills(options.kills, options.seed), options.kills),
        ("Window", lambda: soak("window", options.window), options.window),
        ("Engine", lambda: soak("engine", options.engine), options.engine),
    ]
    lines, good = [], True
    for title, run, count in parts:
        if not count:
            lines.append(f"| {title} | not run |")
            continue
        text, passed = run()
        good = good and passed
        say(f"{title}: {text}{'' if passed else ' - FAILED'}")
        lines.append(f"| {title} | {text}{'' if passed else ' **failed**'} |")
    if options.files.is_file():
        lines.append(f"| Files | {'; '.join(options.files.read_text('utf-8').split(chr(10))).strip('; ')} |")
    command = " ".join(["make reliability"] + ([f'ARGS="{" ".join(sys.argv[1:])}"'] if sys.argv[1:] else []))
    options.out.write_text(
        _PAGE.format(
            command=command,
            day=date.today().isoformat(),
            machine=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
            f"{os.cpu_count()} cores",
            lines="\n".join(lines),
        ),
        encoding="utf-8",
    )
    return 0 if good else 1


_PAGE = """# Nothing lost, nothing mixed up: the figures

Made by `{command}` on {day} ({machine}). It ends with an error if anything is lost, half-written, mixed up or
grows. `make test` runs the same with small counts.

| | |
|---|---|
{lines}

* **Kills**: the real window, offscreen, with its store, in the hands of a script that opens, draws, corrects,
  judges, signs and amends at random. After each kill every action that the program had told as kept must be
  in the journal, the chain must hold, every case file must be whole, and every case must open as it was.
  Ten kills a data folder, so that recovery itself is killed too. Without a model: scores are in the walks.
* **Power cuts**: the disk as a cut would leave it, with the end of the work list, of its write-ahead log, or
  of both missing. The case files and the list make each other whole.
* **Files**: damaged DICOM files and pictures, and very many files (`benchmarks/dicom_reliability.py`).
* **Damage**: bytes of a signed case's file changed, or its end cut off.
* **Protocol**: hypothesis walks all events with undo and redo, restarts, amendments, stale scores and forged
  events.
* **Two patients**: everything drawn tells whose it is.
* **Window, Engine**: memory of the whole process, after garbage collection, with the shipped model. The
  window's cache of thumbnails, bounded at 1000 pictures, takes 0.15 MiB of what it grows by a patient.
"""


if __name__ == "__main__":
    sys.exit(main())
