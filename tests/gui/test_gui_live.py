"""While the network is at work: what goes first, what is done once, and where a second look lands."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.image import UltrasoundImage
from alnreader.case.protocol import ReadingMode
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.machine import Box, Machine
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Task, TaskRunner, Urgency

Add = Callable[..., PatientSession]
SLOW = 60_000


@pytest.fixture
def desk(reading_controller: Controller) -> Controller:
    return reading_controller


class Gate:
    """Holds up the network's thread from the start of a piece of work."""

    def __init__(self, desk: Controller) -> None:
        self._go_on, began = threading.Event(), threading.Event()

        def hold(_task: Task) -> None:
            began.set()
            self._go_on.wait(60)

        desk.runner.submit("network", "gate", hold, lambda result, error: None, urgency=Urgency.NOW)
        assert began.wait(60)

    def open(self) -> None:
        self._go_on.set()


def idle(qtbot: Any, desk: Controller) -> None:
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)


def reveal(qtbot: Any, desk: Controller) -> PatientSession:
    session = desk.session
    assert session is not None
    desk.set_first_read(Assessment(NodeStatus.NEGATIVE, 80, "Dr Lee", now()))
    desk.lock_first_read()
    desk.reveal()
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    return session


def test_what_is_urgent_goes_before_what_waits_longer(qtbot: Any, runner: TaskRunner) -> None:
    go_on, began = threading.Event(), threading.Event()
    order: list[int] = []

    def hold(_task: Task) -> None:
        began.set()
        go_on.wait(10)

    runner.submit("network", "hold", hold, lambda result, error: None)
    assert began.wait(10)
    wishes = (Urgency.WHOLE, Urgency.ASKED, Urgency.WHOLE, Urgency.NOW, Urgency.ASKED)
    for number, urgency in enumerate(wishes):
        runner.submit(
            "network",
            number,
            lambda task, number=number: order.append(number),
            lambda result, error: None,
            urgency=urgency,
        )
    go_on.set()
    qtbot.waitUntil(lambda: len(order) == len(wishes))
    assert order == [3, 1, 4, 0, 2]


def test_an_edit_is_scored_while_the_network_is_busy_with_another_patient(
    qtbot: Any, desk: Controller, add_session: Add, make_case: Callable[..., Case], disc: Callable[..., Any]
) -> None:
    session = add_session(make_case("A", images=2))
    reveal(qtbot, desk)
    before = session.visible_score
    other = add_session(make_case("B", images=3))
    gate = Gate(desk)
    desk.propose()
    desk.open_session(0)
    desk.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    assert session.visible_score is None, "the former score is not shown as current"
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=SLOW)
    assert before is not None
    assert session.visible_score is not None
    assert session.visible_score.probability != before.probability
    assert other.proposals == {}, "the run was still waiting"
    gate.open()
    idle(qtbot, desk)
    assert len(other.proposals) == 3


def test_a_score_goes_before_the_rest_of_a_run(
    qtbot: Any, desk: Controller, add_session: Add, make_case: Callable[..., Case]
) -> None:
    add_session(make_case("A", images=4))
    run = desk.session
    assert run is not None
    gate = Gate(desk)
    desk.propose()
    wanted = add_session(make_case("B", images=2), ReadingMode.CONCURRENT)
    done_at_score: list[int] = []
    desk.score_changed.connect(
        lambda: done_at_score.append(len(run.proposals)) if wanted.visible_score is not None else None
    )
    gate.open()
    idle(qtbot, desk)
    assert done_at_score[0] == 0, "the patient on the screen came first"
    assert len(run.proposals) == 4


def test_each_image_is_encoded_once_whoever_asks_first(
    qtbot: Any, desk: Controller, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=3), ReadingMode.CONCURRENT)
    gate = Gate(desk)
    desk.propose()  # waits behind the score, which encodes the same images
    first: list[dict[Any, Any]] = []
    desk.score_changed.connect(
        lambda: first.append(dict(session.encoded)) if session.score is not None else None
    )
    gate.open()
    qtbot.waitUntil(lambda: len(session.proposals) == 3 and session.score_full, timeout=SLOW)
    idle(qtbot, desk)
    assert set(first[0]) == set(session.revisions)
    assert all(session.encoded[key] is kept for key, kept in first[0].items())


def test_what_was_encoded_before_a_stop_is_kept(
    qtbot: Any, desk: Controller, add_session: Add, make_case: Callable[..., Case]
) -> None:
    case = make_case(images=4)
    one, stopped = threading.Event(), threading.Event()
    slow = case.images[1]

    def load(frame: int) -> np.ndarray:
        one.set()  # the first image is encoded by now
        assert stopped.wait(60)
        return slow.loader(frame)

    waiting = dataclasses.replace(slow, loader=load)
    case = dataclasses.replace(case, images=(case.images[0], waiting, *case.images[2:]))
    session = add_session(case, ReadingMode.CONCURRENT)
    qtbot.waitUntil(one.is_set, timeout=SLOW)
    desk.cancel()
    stopped.set()
    idle(qtbot, desk)
    assert session.visible_score is None
    assert list(session.encoded) == [image.key for image in case.images[:2]]
    kept = session.encoded[case.images[0].key]
    desk.score_again()
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    assert session.encoded[case.images[0].key] is kept


def test_a_broken_image_is_not_decoded_at_every_edit_but_when_asked_again(
    qtbot: Any, desk: Controller, add_session: Add, make_case: Callable[..., Case], disc: Callable[..., Any]
) -> None:
    case = make_case(images=2, broken=True)
    tries: list[int] = []
    broken = case.images[0]

    def load(frame: int) -> np.ndarray:
        tries.append(frame)
        return broken.loader(frame)

    counted = dataclasses.replace(broken, loader=load)
    session = add_session(dataclasses.replace(case, images=(counted, case.images[1])), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    asked = len(tries)
    desk.add_region(case.images[1].key, disc(), RegionKind.LYMPH_NODE)
    qtbot.waitUntil(lambda: session.score_full and session.visible_score is not None, timeout=SLOW)
    assert len(tries) == asked
    assert session.visible_score.warnings[0].code == "unreadable_image"
    alone = add_session(dataclasses.replace(case, images=(counted,)), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: bool(alone.score_error), timeout=SLOW)
    asked = len(tries)
    desk.score_again()
    idle(qtbot, desk)
    assert len(tries) > asked, "the file may be within reach again"


def _second_look(machine: Machine, image: UltrasoundImage) -> tuple[Box, tuple[Region, ...]]:
    """A box in which the random network finds something, and what: the crop as a picture of its own."""
    engine = machine.engine()
    for box in ((20, 20, 150, 120), (5, 5, 185, 145), (40, 10, 180, 140), (60, 40, 120, 100)):
        x0, y0, x1, y1 = box
        pixels = np.ascontiguousarray(image.pixels()[y0:y1, x0:x1])
        part = UltrasoundImage(image.key, "crop", y1 - y0, x1 - x0, lambda _, pixels=pixels: pixels)
        found = engine.propose(part, engine.encode(part))
        if found:
            return box, found
    raise AssertionError("no box of this picture finds anything: choose another picture")


def test_a_second_look_is_pasted_back_where_it_was_taken(
    qtbot: Any, desk: Controller, machine: Machine, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=1))
    key = session.current
    box, found = _second_look(machine, session.image)
    x0, y0, x1, y1 = box
    desk.propose_in_box(key, box)
    idle(qtbot, desk)
    regions = session.case.regions_of(key)
    assert len(regions) == len(found)
    for region, one in zip(regions, found, strict=True):
        assert region.mask.shape == (150, 190)
        assert np.array_equal(region.mask[y0:y1, x0:x1], one.mask)
        outside = region.mask.copy()
        outside[y0:y1, x0:x1] = False
        assert not outside.any()
    assert desk.region_index == 0
    assert session.proposals[key] == regions, "it stays available beside what the human makes of it"
    desk.undo(key)
    assert session.case.regions_of(key) == ()


def test_a_second_look_replaces_what_nobody_has_confirmed(
    qtbot: Any,
    desk: Controller,
    machine: Machine,
    add_session: Add,
    make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:
    session = add_session(make_case(images=1))
    key = session.current
    box, found = _second_look(machine, session.image)
    x0, y0, x1, y1 = box
    there = np.zeros((150, 190), dtype=np.bool_)
    there[y0:y1, x0:x1] = found[0].mask
    loose = Region(there, RegionKind.TUMOUR, Origin.PROPOSED)
    confirmed = Region(there.copy(), RegionKind.TUMOUR, Origin.PROPOSED, confirmed=True)
    drawn = Region(there.copy(), RegionKind.LYMPH_NODE, Origin.DRAWN, confirmed=True)
    reaching_out = Region(np.ones((150, 190), dtype=np.bool_), RegionKind.TUMOUR, Origin.PROPOSED)
    old = (loose, confirmed, drawn, reaching_out)
    desk.put_regions(session, key, old, undoable=True)
    desk.propose_in_box(key, box)
    idle(qtbot, desk)
    regions = session.case.regions_of(key)
    kept = (confirmed, drawn) if 2 * (x1 - x0) * (y1 - y0) > 150 * 190 else (confirmed, drawn, reaching_out)
    assert regions[: len(kept)] == kept
    assert loose not in regions
    assert len(regions) == len(kept) + len(found)
    desk.undo(key)
    assert [region.mask.sum() for region in session.case.regions_of(key)] == [r.mask.sum() for r in old]
