"""The real program, offscreen, in the hands of a script: run by `kills` as a process of its own, and killed.

It waits for lines ``FOLDER SEED`` on its standard input and answers each with the number of a process that is
the program from then on: forked, as importing Qt and torch takes most of a start. That one writes to
``FOLDER/told``, one line each:

``TRY case number trace outlines-trace score-trace event: action``
    What the window hands to the store, before the disk has it.
``KEPT case number content action``
    What the program tells to be kept, with the hash of the case as it was kept.
``SHOWN``, ``READY``
    The window stands; the work list is open.

The model is one with random weights, so that there are scores. Half of the folders, by chance, read
concurrently: with the score from the start.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QApplication
from traces import outlines_trace, reading_trace, score_trace

from alnreader.case import clock
from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.region import RegionKind
from alnreader.gui import app as program
from alnreader.gui.controller import Controller
from alnreader.gui.machine import Machine
from alnreader.gui.main_window import MainWindow
from alnreader.store.handle import RESCUED, OpenCase
from alnreader.store.journal import NOTED, Entry
from alnreader.store.snapshot import Snapshot

ROWS, COLUMNS = 60, 80
PATIENTS, IMAGES = 3, 3
_STEPS = 100_000  # more than any session lives for


def make_pictures(folder: Path) -> list[Path]:
    """Small pictures of some patients, a folder each."""
    from PIL import Image

    made = []
    for patient in range(PATIENTS):
        place = folder / f"patient {patient}"
        made.append(place)
        if place.exists():
            continue
        place.mkdir(parents=True)
        for number in range(IMAGES):
            pixels = np.random.default_rng([patient, number]).integers(0, 255, (ROWS, COLUMNS, 3), np.uint8)
            Image.fromarray(pixels).save(place / f"{number}.png")
    return made


class Reader:
    """Does one random thing after the other, as a person would: refusals are part of it."""

    def __init__(self, window: MainWindow, pictures: list[Path], seed: int) -> None:
        self.window, self.pictures = window, pictures
        self.desk: Controller = window.controller
        self.chance = random.Random(seed)

    def step(self) -> None:
        """Do something."""
        if self.desk.session is None or self.chance.random() < 0.03:
            self.open()
            return
        doing: list[Callable[[], None]] = [
            self.draw,
            self.draw,
            self.stroke,
            self.stroke,
            self.retype,
            self.confirm,
            self.undo,
            self.redo,
            self.include,
            self.turn,
            self.first,
            self.desk.lock_first_read,
            self.desk.unlock_first_read,
            self.desk.reveal,
            self.final,
            lambda: self.desk.sign("Dr Lee"),
            lambda: self.desk.amend("another look"),
            self.propose,
            self.desk.discard_amendment,
        ]
        # The steps of the protocol come slowly, or every session would be signed at once.
        self.chance.choices(doing, weights=[6] * 10 + [1, 0.6, 0.2, 0.4, 0.4, 0.3, 0.6, 1, 0.3])[0]()

    def open(self) -> None:
        """Open another patient, or one that was kept."""
        rows = self.desk.saving.stored_rows()
        if rows and self.chance.random() < 0.5:
            self.desk.open_kept(self.chance.choice(rows).id)
        elif self.desk.sessions and self.chance.random() < 0.3:
            self.desk.close_session(0)
        else:
            self.desk.open_paths([self.chance.choice(self.pictures)])

    def _key(self) -> object:
        return self.desk.session.current  # type: ignore[union-attr]

    def _mask(self) -> np.ndarray:
        mask = np.zeros((ROWS, COLUMNS), dtype=bool)
        top, left = self.chance.randrange(ROWS - 8), self.chance.randrange(COLUMNS - 8)
        mask[top : top + 8, left : left + self.chance.randint(2, 8)] = True
        return mask

    def draw(self) -> None:
        if len(self.desk.regions()) < 5:
            self.desk.add_region(self._key(), self._mask(), self.chance.choice(list(RegionKind)))

    def propose(self) -> None:
        self.desk.propose([self._key()])

    def stroke(self) -> None:
        regions = self.desk.regions()
        if regions:
            index = self.chance.randrange(len(regions))
            mask = regions[index].mask | self._mask() if self.chance.random() < 0.9 else self._mask() & False
            self.desk.replace_mask(self._key(), index, mask)

    def retype(self) -> None:
        if self.desk.regions():
            self.desk.retype(self._key(), 0, self.chance.choice(list(RegionKind)))

    def confirm(self) -> None:
        self.desk.confirm(self._key())

    def undo(self) -> None:
        self.desk.undo(self._key())

    def redo(self) -> None:
        self.desk.redo(self._key())

    def include(self) -> None:
        session = self.desk.session
        self.desk.include(session.current, session.current in session.case.excluded)

    def turn(self) -> None:
        self.desk.step_image(self.chance.choice((-1, 1)))

    def _said(self) -> Assessment:
        return Assessment(
            self.chance.choice(list(NodeStatus)), self.chance.randrange(101), "Dr Lee", clock.now()
        )

    def first(self) -> None:
        self.desk.set_first_read(self._said())

    def final(self) -> None:
        self.desk.set_final_read(self._said(), "seen again")


def wait(app: QApplication, condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Let the program run until something is so."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.002)


def tell_what_is_handed_over(say: Callable[..., None]) -> dict[tuple[str, int], str]:
    """Write down each action before the store has it; the hash of what was kept comes into the result."""
    record, record_as_shown, contents = OpenCase.record, OpenCase.record_as_shown, {}

    def tell(case: OpenCase, snapshot: Snapshot, what: str) -> None:
        traces = reading_trace(snapshot), outlines_trace(snapshot), score_trace(snapshot)
        say("TRY", case.id, len(case.entries) + 1, *traces, what)

    def told(self: OpenCase, event: str, action: str, snapshot: Snapshot, *more: Any, **named: Any) -> Entry:
        tell(self, snapshot, f"{event}: {action}")
        entry = record(self, event, action, snapshot, *more, **named)
        contents[entry.case, entry.number] = entry.content
        return entry

    def told_as_shown(self: OpenCase, snapshot: Snapshot, *more: Any, **named: Any) -> Entry:
        tell(self, snapshot, f"{NOTED}: {RESCUED}")
        entry = record_as_shown(self, snapshot, *more, **named)
        contents[entry.case, entry.number] = entry.content
        return entry

    OpenCase.record = told  # type: ignore[method-assign]
    OpenCase.record_as_shown = told_as_shown  # type: ignore[method-assign]
    return contents


def run(folder: Path, seed: int, steps: int, machine: Machine) -> None:
    """Run the program on a folder for a number of steps."""
    pictures = make_pictures(folder / "pictures")
    settings = folder / "settings.json"
    if not settings.exists():
        mode = random.Random(seed).choice(["blinded", "concurrent"])
        settings.write_text(json.dumps({"reader": "Dr Lee", "device": "cpu", "mode": mode}), encoding="utf-8")
    app = program.make_application([])
    window = program.make_window(settings)
    window.controller.machine = machine
    saving = window.controller.saving

    told = os.open(folder / "told", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def say(*words: object) -> None:
        # Past every buffer of this process: a kill loses none of it.
        os.write(told, (" ".join(map(str, words)) + "\n").encode())

    contents = tell_what_is_handed_over(say)
    saving.kept.connect(
        lambda case, number, action: say("KEPT", case, number, contents[case, number], action)
    )
    window.show()
    saving.start(program.data_folder())
    say("SHOWN")
    wait(app, lambda: saving.ready)
    say("READY", len(saving.unfinished))
    for row in list(saving.unfinished):
        window.controller.open_kept(row.id)
    reader = Reader(window, pictures, seed)
    for _ in range(steps):
        reader.step()
        for _ in range(reader.chance.randint(1, 4)):
            app.processEvents()
            time.sleep(reader.chance.random() * 0.01)
        if window.controller.session is None:
            wait(app, lambda: window.controller.session is not None, 2.0)
    say("DONE")
    window.close()
    app.processEvents()


def make_model(folder: Path) -> Path:
    """Write a bundle with random weights: quick, and its scores differ from image to image."""
    from alnreader.model.bundle import write_bundle

    path = Path(__file__).resolve().parent.parent / "inference" / "conftest.py"
    spec = importlib.util.spec_from_file_location("random_weights", path)
    assert spec is not None
    assert spec.loader is not None
    weights = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(weights)
    networks = weights.Networks()
    bundle = folder / "random"
    write_bundle(
        bundle,
        weights.card_content(),
        networks.multitask.state_dict(),
        networks.multi_instance.state_dict(),
    )
    return bundle


def serve() -> None:
    """Become the program as often as asked."""
    import torch

    torch.set_num_threads(1)  # a thread of torch's would not come along with a fork
    with tempfile.TemporaryDirectory() as models:
        # Loaded before the fork: a session that is killed after three seconds would see few scores else.
        machine = Machine(make_model(Path(models)), "cpu")
        machine.engine()
        for line in sys.stdin:
            folder, _, seed = line.rstrip("\n").rpartition(" ")
            process = os.fork()
            if process == 0:
                os.environ["XDG_DATA_HOME"] = f"{folder}/share"
                run(Path(folder), int(seed), _STEPS, machine)
                os._exit(0)
            sys.stdout.write(f"{process}\n")
            sys.stdout.flush()
            os.waitpid(process, 0)


if __name__ == "__main__":
    serve()
