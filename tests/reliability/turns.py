"""Two patients in turns through the real controller: what a network says late lands where it was asked for.

Usage: turns.py STEPS SEED FOLDER. Runs with the shipped model, and prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication

from alnreader.case import clock
from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.patient import Patient
from alnreader.case.protocol import HumanReading, ReadingMode
from alnreader.case.region import Origin, RegionKind
from alnreader.case.score import Score
from alnreader.gui.controller import Controller
from alnreader.gui.machine import Machine
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Urgency

ROWS, COLUMNS, IMAGES = 150, 190, 2
_WAIT_SECONDS = 300.0
_LOOK_EVERY = 10
_SAME = 1e-6
"""Probabilities of one computation, made twice, agree to this."""
_WORKERS = ("network", "score", "explain")


@dataclass
class Turns:
    """What was done and compared.

    Attributes
    ----------
    steps, outlines, scores, late
        Steps; outlines and scores that were held to their image and patient; scores that came while the other
        patient was on the screen.
    """

    steps: int = 0
    outlines: int = 0
    scores: int = 0
    late: int = 0


def make_case(whose: int) -> Case:
    """Two pictures of speckle with a dark ellipse, in memory, other ones for each patient."""

    def image(place: int) -> UltrasoundImage:
        generator = np.random.default_rng([whose, place])
        y, x = np.mgrid[:ROWS, :COLUMNS]
        centre = generator.uniform(70, 120), generator.uniform(50, 100)
        inside = ((x - centre[0]) / 40) ** 2 + ((y - centre[1]) / 25) ** 2 < 1
        grey = generator.gamma(4.0, 20.0, (ROWS, COLUMNS)) * np.where(inside, 0.15, 1.0)
        pixels = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
        key = ImageKey(f"1.2.{whose}.{place}")
        return UltrasoundImage(key, f"{whose}/{place}.dcm", ROWS, COLUMNS, lambda _frame: pixels)

    return Case(Patient(f"P{whose}"), (), tuple(image(place) for place in range(IMAGES)))


def marked(chance: random.Random, whose: int, place: int) -> np.ndarray:
    """A rectangle that could be a tumour, and one pixel of the first row that tells patient and image."""
    mask = np.zeros((ROWS, COLUMNS), dtype=bool)
    top, left = chance.randrange(20, 100), chance.randrange(20, 130)
    mask[top : top + chance.randint(8, 40), left : left + chance.randint(8, 50)] = True
    mask[0, 8 * whose + place] = True
    return mask


def wait(condition: Callable[[], bool]) -> None:
    """Let the program run until something is so."""
    end = time.monotonic() + _WAIT_SECONDS
    while not condition():
        QCoreApplication.processEvents()
        time.sleep(0.002)
        if time.monotonic() > end:
            raise TimeoutError("the controller does not come to an end")


class _Gate:
    """Holds the network's threads up, so that what they say comes when something else is on the screen."""

    def __init__(self, desk: Controller) -> None:
        self._go_on = threading.Event()
        for pool in _WORKERS:
            key, hold = f"gate of {pool}", lambda _task: self._go_on.wait(_WAIT_SECONDS)
            desk.runner.submit(pool, key, hold, lambda _result, _error: None, urgency=Urgency.NOW)

    def open(self) -> None:
        self._go_on.set()


def take_turns(desk: Controller, steps: int, seed: int, mode: ReadingMode = ReadingMode.CONCURRENT) -> Turns:
    """Read two patients at random, with proposals and scores that come late, then look at everything.

    Raises
    ------
    AssertionError
        If an outline or a score is with the wrong image or the wrong patient.
    """
    chance, done = random.Random(seed), Turns()
    sessions: list[PatientSession] = []
    gate: _Gate | None = _Gate(desk)
    for whose in range(2):
        session = PatientSession.start(make_case(whose), HumanReading(mode=mode))
        desk.sessions.append(session)
        desk.saving.begin(session)
        sessions.append(session)
        desk.enter(session)
        desk.propose()
    asked = [_Asked(desk, session) for session in sessions]
    # The first patient's outlines come while the second is shown; from here on it is a matter of chance.
    gate.open()
    gate = None
    wait(lambda: not desk.runner.busy)
    done.outlines += sum(one.hold_outlines(whose) for whose, one in enumerate(asked))
    take = desk.scoring._take

    def took(session: PatientSession, score: Score, *, full: bool) -> None:
        done.late += session is not desk.session
        take(session, score, full=full)

    desk.scoring._take = took  # type: ignore[method-assign]
    for step in range(1, steps + 1):
        if gate is None and chance.random() < 0.3:
            gate = _Gate(desk)
        elif gate is not None and chance.random() < 0.3:
            gate.open()
            gate = None
        _step(desk, sessions, chance)
        done.steps += 1
        for _ in range(chance.randint(0, 3)):
            QCoreApplication.processEvents()
            time.sleep(0.001)
        if step % _LOOK_EVERY == 0:
            done.outlines += sum(one.hold_outlines(whose) for whose, one in enumerate(asked))
    if gate is not None:
        gate.open()
    wait(lambda: not desk.runner.busy and not desk.saving.waiting)
    for whose, (session, anew) in enumerate(zip(sessions, asked, strict=True)):
        desk.enter(session)
        wait(lambda session=session: not session.scoring and not desk.runner.busy)  # type: ignore[misc]
        done.outlines += anew.hold_outlines(whose)
        done.scores += anew.hold_score(desk)
    wait(lambda: not desk.saving.waiting)
    return done


def _step(desk: Controller, sessions: list[PatientSession], chance: random.Random) -> None:
    whose, place = chance.randrange(2), chance.randrange(IMAGES)
    session = sessions[whose]
    if session is not desk.session and chance.random() < 0.5:
        desk.open_session(whose)
    session = desk.session  # type: ignore[assignment]
    whose = sessions.index(session)
    key = session.case.images[place].key
    if chance.random() < 0.5:
        desk.select_image(key)
    regions = session.case.regions_of(key)
    doing: list[Callable[[], Any]] = [
        lambda: desk.add_region(key, marked(chance, whose, place), RegionKind.TUMOUR),
        lambda: desk.replace_mask(key, 0, marked(chance, whose, place)) if regions else None,
        lambda: desk.delete_region(key, 0) if len(regions) > 2 else None,
        lambda: desk.propose([key]),
        lambda: desk.undo(key),
        lambda: desk.redo(key),
        lambda: desk.include(key, key in session.case.excluded),
        lambda: desk.set_first_read(_said(chance)),
        lambda: desk.set_final_read(_said(chance), "seen again"),
    ]
    chance.choices(doing, weights=[3, 3, 1.5, 2, 2, 1, 0.5, 0.5, 0.3])[0]()


def _said(chance: random.Random) -> Assessment:
    return Assessment(NodeStatus.NEGATIVE, chance.randrange(101), "Dr Lee", clock.now())


class _Asked:
    """What the network says of a patient's images when it is asked alone, with nothing else under way."""

    def __init__(self, desk: Controller, session: PatientSession) -> None:
        self._session = session
        # An engine of its own: a mix-up within the other one must not repeat itself here.
        self._machine = Machine(desk.machine.bundle().directory, "cpu")
        self._encoded: dict[ImageKey, Any] = {}
        self._own = {image.key: self._machine.propose(image, self._encoded) for image in session.case.images}

    def hold_outlines(self, whose: int) -> int:
        """Hold every outline to the patient and image that it tells, or that it was proposed for."""
        session, held = self._session, 0
        for place, key in enumerate(image.key for image in session.case.images):
            for region in (*session.case.regions_of(key), *session.proposals.get(key, ())):
                if region.origin is Origin.PROPOSED:
                    right = any(np.array_equal(region.mask, own.mask) for own in self._own[key])
                else:
                    right = np.flatnonzero(region.mask[0]).tolist() == [8 * whose + place]
                assert right, f"an outline of another image or patient on {key.uid}"
                held += 1
        return held

    def hold_score(self, desk: Controller) -> int:
        """Hold the score that is shown to one made anew of the case as it is."""
        session = self._session
        score = session.visible_score
        assert score is not None, session.score_error
        encoded, threshold = dict(self._encoded), desk.settings.threshold
        right = self._machine.score(session.case, encoded, threshold, full=True)
        assert [image.key for image in score.images] == list(self._own), "another patient's score"
        told = [score.probability, *(image.probability for image in score.images)]
        true = [right.probability, *(image.probability for image in right.images)]
        assert np.allclose(told, true, rtol=0, atol=_SAME), "the score of another case or image"
        return len(told)


def main() -> int:
    """Run with the shipped model."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    steps, seed, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    from alnreader.gui import app as program
    from alnreader.gui.settings import Settings
    from alnreader.gui.tasks import TaskRunner
    from alnreader.store.verify import verify_work_list

    application = program.make_application([])
    runner = TaskRunner()
    desk = Controller(runner, Settings(reader="Dr Lee", device="cpu"), folder / "settings.json")
    desk.saving.start(folder / "data")
    done = take_turns(desk, steps, seed)
    assert desk.close() == 0
    assert verify_work_list(folder / "data" / "worklist.sqlite").fault is None
    sys.stdout.write(json.dumps(asdict(done)) + "\n")
    sys.stdout.flush()
    del application
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
