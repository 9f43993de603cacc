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
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
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

_AMENDED_SHARE = 0.2
"""So many of the walks must come to the signature of an amendment."""

FLAT_MIB = 0.1
"""Growth a patient that counts as flat. A reading that stays takes 10 MiB, its small picture 0.08; what may
stay is a row of the work list, and what the allocator does not give back."""

FLAT_WORDS = (
    "The window's cache of thumbnails is bounded at 20 pictures here (1000 in the program, 77 KB each), so\n"
    f"  that it is full early; up to {FLAT_MIB} MiB a patient over the second half counts as flat."
)


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
        f"{len(done.lost)} of them lost or changed; {done.compared} readings ({done.scores} with a score) "
        f"compared with what the window had handed over last; {done.recovered} times a start found "
        f"a reading left open; {done.journalled} journal entries in the end; {len(done.broken)} files "
        f"half-written; {len(done.unread)} cases that did not open again",
        done.clean and (count < 20 or (done.scores > 0 and done.recovered > 0)),
    )


def cuts(count: int, seed: int) -> tuple[str, bool]:
    """Cut the work list and its log by a random length, and count the actions that do not come back.

    Case files lag behind by a random number of actions. What stood in the part that was cut off alone cannot
    come back; anything else must, and the reading that comes back is one that there was.
    """
    chance, lost, entries, gone = random.Random(seed), 0, 0, 0
    for _ in range(count):
        with tempfile.TemporaryDirectory() as place:
            folder, copy = Path(place) / "data", Path(place) / "after"
            with Store(folder) as store:
                desks = [Desk(made_up_case()), Desk(made_up_case())]
                for desk in desks:
                    desk.kept = store.create(desk.now)
                past = [{1: desk.now} for desk in desks]
                in_file = [1 for _ in desks]
                for number in range(chance.randrange(1, 12)):
                    which = number % 2
                    desk = desks[which]
                    desk.draw(desk.now.current, number)
                    past[which][len(desk.kept.entries)] = desk.now
                    if chance.random() < 0.5:
                        desk.kept.save_file()
                        in_file[which] = len(desk.kept.entries)
                shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.lock"))
            shutil.rmtree(folder)
            copy.rename(folder)  # where the list says that the case files are
            for name in chance.sample(["worklist.sqlite-wal", "worklist.sqlite"], chance.randint(1, 2)):
                if (folder / name).exists():
                    size = (folder / name).stat().st_size
                    os.truncate(folder / name, size - chance.randint(1, size))
            left = _left_in_list(folder)
            with Store(folder) as after:
                for desk, before, written in zip(desks, past, in_file, strict=True):
                    found = len(after.entries(desk.kept.id))
                    whole = (
                        same(after.open(desk.kept.id).snapshot, before[found]) if found in before else False
                    )
                    entries += max(before)
                    gone += max(before) - found
                    lost += not whole or found < max(written, left.get(desk.kept.id, 0))
            lost += verify_work_list(folder / "worklist.sqlite").fault is not None
    return (
        f"{count} power cuts (last bytes of database and log cut off, case files some actions behind); "
        f"{entries} actions, {gone} stood only in what was cut off, {lost} others lost",
        not lost,
    )


def _left_in_list(folder: Path) -> dict[str, int]:
    """Return the last number of each case in what is left of a work list, as SQLite alone reads it."""
    with tempfile.TemporaryDirectory() as place:
        for path in folder.glob("worklist.sqlite*"):
            shutil.copy(path, place)
        connection = sqlite3.connect(Path(place) / "worklist.sqlite")
        try:
            whole = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
            rows = connection.execute("SELECT case_id, max(number) FROM journal GROUP BY case_id").fetchall()
        except sqlite3.DatabaseError:
            return {}
        finally:
            connection.close()
    return dict(rows) if whole else {}


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

    steps = signed = amended = 0

    def check_invariants(self, *arguments: object, **options: object) -> None:
        """Count, and check."""
        Counted.steps += 1
        super().check_invariants(*arguments, **options)

    def teardown(self) -> None:
        """Count how far the walk came."""
        versions = len(self.desk.now.human.versions) if hasattr(self, "desk") else 0
        Counted.signed += versions > 0
        Counted.amended += versions > 1
        super().teardown()


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
    return (
        f"{examples} random walks of the protocol, {Counted.steps} steps, {Counted.signed} came to a "
        f"signature and {Counted.amended} to that of an amendment, none kept wrongly",
        # A proof about amendments that sees none proves nothing.
        Counted.amended >= examples * _AMENDED_SHARE or examples < 20,
    )


def patients(steps: int, seed: int) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        taken = interleave(store, steps, seed)
        holds = verify_work_list(store.database).fault is None
    return (
        f"two patients in turns, {steps} random steps, {taken} taken, no region or score on the other, "
        "nor on another image of the same",
        holds,
    )


def turns(steps: int, seed: int) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(__file__).with_name("turns.py")
        command = [sys.executable, str(script), str(steps), str(seed), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"two patients in turns through the window's controller: failed\n{done.stderr[-3000:]}", False
    found = json.loads(done.stdout.splitlines()[-1])
    return (
        f"two patients in turns through the window's controller, {found['steps']} random steps, "
        f"{found['late']} scores came while the other patient was shown; {found['outlines']} outlines and "
        f"{found['scores']} probabilities compared, none on the wrong image",
        found["late"] > 0,
    )


def soak(way: str, count: int) -> tuple[str, bool]:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(Path(__file__).with_name("soak.py")), way, str(count), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"{count} patients through the {way}: failed\n{done.stderr[-3000:]}", False
    memory = json.loads(done.stdout.splitlines()[-1])
    return (
        f"{count} patients through the {way}: {memory[0]:.0f} MiB after the first, "
        f"{memory[len(memory) // 2]:.0f} after half, {memory[-1]:.0f} after the last, "
        f"{growth(memory):+.3f} MiB a patient over the second half, {time.monotonic() - started:.0f} s",
        is_flat(memory),
    )


def growth(memory: list[float]) -> float:
    """Return MiB a patient over the second half."""
    half = len(memory) // 2
    return (memory[-1] - memory[half]) / max(1, len(memory) - half - 1)


def is_flat(memory: list[float]) -> bool:
    """Whether the memory stays. Over a few patients nothing can be said."""
    return len(memory) < 10 or growth(memory) <= FLAT_MIB


def main() -> int:
    parser = argparse.ArgumentParser(description="Figures of reliability.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--damaged", type=int, default=5000)
    parser.add_argument("--walks", type=int, default=150)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--turns", type=int, default=1000, help="steps of two patients in the controller")
    parser.add_argument("--engine", type=int, default=300, help="patients through the engine")
    parser.add_argument("--window", type=int, default=100, help="patients through the window")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument(
        "--files",
        type=Path,
        default=ROOT / "out" / "dicom-reliability.txt",
        help="figures of benchmarks/dicom_reliability.py, for the page",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="leave the rows of what is not run (a count of 0) as the page has them",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reliability.md")
    options = parser.parse_args()
    parts = [
        ("Two patients", lambda: patients(options.steps, options.seed), options.steps),
        ("Late words", lambda: turns(options.turns, options.seed), options.turns),
        ("Protocol", lambda: protocol(options.walks), options.walks),
        ("Power cuts", lambda: cuts(options.cuts, options.seed), options.cuts),
        ("Damage", lambda: damaged(options.damaged, options.seed), options.damaged),
        ("Kills", lambda: kills(options.kills, options.seed), options.kills),
        ("Window", lambda: soak("window", options.window), options.window),
        ("Engine", lambda: soak("engine", options.engine), options.engine),
    ]
    before = rows_of(options.out) if options.keep else {}
    rows = {title: before.get(title, "not run") for title, _run, _count in parts}
    if "Files" in before:
        rows["Files"] = before["Files"]
    if options.files.is_file():
        rows["Files"] = "; ".join(options.files.read_text("utf-8").split("\n")).strip("; ")
    good = True
    for title, run, count in parts:
        if not count:
            continue
        text, passed = told_of(run)
        good = good and passed
        say(f"{title}: {text}{'' if passed else ' - FAILED'}")
        rows[title] = f"{text}{'' if passed else ' **failed**'}"
        if options.keep:
            rows[title] += f" ({date.today().isoformat()})"
        write_page(options.out, rows)  # after each part: what ends this program costs no figure
    return 0 if good else 1


def told_of(run: Callable[[], tuple[str, bool]]) -> tuple[str, bool]:
    """Run a part. One that falls over has failed, and keeps no other from being run."""
    try:
        return run()
    except Exception as fault:
        traceback.print_exc()
        return f"fell over: {type(fault).__name__}", False


def rows_of(page: Path) -> dict[str, str]:
    """Return the rows of a page that was written before, by title."""
    if not page.is_file():
        return {}
    cells = [line.split(" | ", 1) for line in page.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {
        two[0].strip("| "): two[1].removesuffix(" |") for two in cells if len(two) == 2 and two[0].strip("| ")
    }


def write_page(page: Path, rows: Mapping[str, str]) -> None:
    """Write the figures as they are now."""
    command = " ".join(["make reliability"] + ([f'ARGS="{" ".join(sys.argv[1:])}"'] if sys.argv[1:] else []))
    text = _PAGE.format(
        command=command,
        day=date.today().isoformat(),
        machine=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores",
        lines="\n".join(f"| {title} | {row} |" for title, row in rows.items()),
        flat=FLAT_WORDS,
    )
    page.write_text(text, encoding="utf-8")


_PAGE = """# Nothing lost, nothing mixed up: the figures

Made by `{command}` on {day} ({machine}). It ends with an error if anything is lost, half-written, mixed up or
grows. `make test` runs it with small counts, the soaks and the files excepted. A count of 0 leaves a part
out; with `--keep` its row stays as it is here, and each row that is made tells its day.

| | |
|---|---|
{lines}

* **Two patients**: in the store. Every outline tells its patient and its image, every score its patient,
  and what it says of an image the image; the case, what is signed, the network's proposals, the journal
  and what is opened again are held to it.
* **Late words**: in the window's controller, with the shipped model. The network is held up at random, so
  that outlines and scores come while something else is shown; in the end they are compared with a second
  engine's.
* **Protocol**: hypothesis walks all events with undo and redo, restarts, amendments, stale scores and
  forged events; one rule leads onward, so that most walks come to a signature.
* **Power cuts**: the disk as a cut would leave it, with the end of the work list, of its write-ahead log,
  or of both missing, and case files some actions behind. What stood in the cut part alone cannot come
  back; everything else must, as a reading that there was.
* **Damage**: bytes of a signed case's file changed, or its end cut off.
* **Kills**: the real window, offscreen, with its store and a network with random weights, in the hands of
  a script that opens, draws, corrects, asks for proposals and scores, judges, signs and amends at random.
  A copy of what the kill left is looked at: every action told as kept must be there with the same
  content, every reading must be, pixel by pixel, what the window had handed over last, the chain must
  hold, every case file must be whole, every case must open. Ten kills a data folder: the next start finds
  it as the kill left it, so that recovery itself is killed too.
* **Window, Engine**: memory of the whole process, after garbage collection, with the shipped model.
  {flat}
* **Files**: damaged DICOM files and pictures, and very many files (`benchmarks/dicom_reliability.py`).

Tests plant the faults that these are about, and want them noticed
([0188](decisions/0188-proofs-that-can-fail.md)); for Files none is planted. Not tried: Windows, folders of
a file server, a power cut of a real machine.
"""


if __name__ == "__main__":
    sys.exit(main())
