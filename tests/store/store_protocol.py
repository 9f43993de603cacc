"""A walk through the whole protocol at random, with a store beside it."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from store_desk import Desk, blob, made_up_case, same, score_of

from alnreader.case.errors import InvalidValueError, ProtocolError
from alnreader.case.protocol import TABLE, Event, ReadingMode, Refusal, recorded_as
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

ACTIONS = (
    "draw",
    "propose",
    "undo",
    "redo",
    "include",
    "first",
    "lock",
    "unlock",
    "reveal",
    "score",
    "final",
    "sign",
    "amend",
    "discard",
    "preview",
    "export",
)
_EVENTS = {
    "lock": Event.LOCK_FIRST_READ,
    "unlock": Event.UNLOCK_FIRST_READ,
    "reveal": Event.REVEAL,
    "preview": Event.PREVIEW,
    "export": Event.EXPORT,
}


def act(desk: Desk, action: str, number: int) -> bool:
    """Do one thing at a desk; False where the protocol refuses it."""
    image = desk.now.case.images[number % len(desk.now.case.images)].key
    try:
        if action in _EVENTS:
            desk.step(_EVENTS[action])
        elif action in ("undo", "redo"):
            return desk.travel(image, back=action == "undo")
        elif action in ("draw", "propose"):
            getattr(desk, action)(image, number)
        elif action == "include":
            desk.include(image, image in desk.now.case.excluded)
        elif action == "score":
            desk.score((number % 101) / 100)
        elif action == "final":
            desk.final(number % 101, "another look")
        else:
            getattr(desk, action)()
    except (ProtocolError, InvalidValueError):
        return False
    return True


class Protocol(RuleBasedStateMachine):
    """One reading, its store, and restarts in between."""

    @initialize(mode=st.sampled_from(ReadingMode))
    def begin(self, mode: ReadingMode) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="alnreader-protocol-"))
        self.store = Store(self.folder)
        self.desk = Desk(made_up_case(), mode)
        self.desk.kept = self.store.create(self.desk.now)
        self.seen: list[Any] = []

    @rule(action=st.sampled_from(ACTIONS), number=st.integers(0, 999))
    def act(self, action: str, number: int) -> None:
        before, entries = self.desk.now, len(self.desk.kept.entries)
        if not act(self.desk, action, number):
            assert self.desk.now is before
            assert len(self.desk.kept.entries) == entries
        else:
            assert len(self.desk.kept.entries) == entries + 1

    @rule()
    def restart(self) -> None:
        case_id = self.desk.kept.id
        self.store.close()
        self.store = Store(self.folder)
        assert self.store.notes == []
        opened = self.store.open(case_id)
        assert same(opened.snapshot, self.desk.now)
        self.desk.kept, self.desk.now = opened.case, opened.snapshot
        self.desk.history.clear()

    @rule(action=st.sampled_from([event.value for event in Event]))
    def forged_event(self, action: str) -> None:
        """What the table refuses is refused by the store, whatever comes with it."""
        human = self.desk.now.human
        if isinstance(TABLE[human.mode, human.state, Event(action)], Refusal):
            entries = len(self.desk.kept.entries)
            if recorded_as(Event(action), human.state, human.mode) != action:
                return  # taken as an edit after the reveal
            with pytest.raises(ProtocolError):
                self.desk.kept.record(action, "forged", self.desk.now)
            assert len(self.desk.kept.entries) == entries

    @invariant()
    def first_version_stays(self) -> None:
        if not hasattr(self, "desk"):
            return
        versions = self.desk.kept.snapshot.human.versions
        assert list(versions[: len(self.seen)]) == self.seen
        self.seen = list(versions)

    @invariant()
    def stale_scores_are_told(self) -> None:
        if hasattr(self, "desk") and self.desk.now.score is not None:
            now = self.desk.now
            fresh = score_of(now.case, now.score.probability)
            assert now.case.is_current(now.score) == (
                dict(fresh.run.revisions) == dict(now.score.run.revisions)
            )

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            found = verify_work_list(self.folder / "worklist.sqlite")
            shutil.rmtree(self.folder)
            assert found.fault is None


def interleave(store: Store, steps: int, seed: int) -> int:
    """Two readings of two patients in turns; what is drawn tells whose it is. Returns the steps taken."""
    chance = random.Random(seed)
    desks = [Desk(made_up_case("Anna")), Desk(made_up_case("Berta"))]
    drawn: list[set[bytes]] = [set(), set()]
    for desk in desks:
        desk.kept = store.create(desk.now, "Dr 李")
    taken = 0
    for step in range(steps):
        whose = chance.randrange(2)
        desk, number = desks[whose], 2 * chance.randrange(500) + whose
        drawn[whose].add(blob(number).tobytes())
        taken += act(desk, chance.choice(ACTIONS), number)
        if step % 97 == 0:
            case_id = desk.kept.id
            store.close_case(desk.kept)
            opened = store.open(case_id)
            assert same(opened.snapshot, desk.now)
            desk.kept, desk.now = opened.case, opened.snapshot
            desk.history.clear()
    for whose, desk in enumerate(desks):
        own = {image.key.uid for image in desk.now.case.images}
        assert own & {image.key.uid for image in desks[1 - whose].now.case.images} == set()
        for entry in store.entries(desk.kept.id):
            assert entry.image is None or entry.image.uid in own
        kept = desk.kept.snapshot
        assert same(kept, desk.now)
        for score in (kept.score, *(signed.score for signed in kept.signed)):
            assert score is None or {image.key.uid for image in score.images} == own
        for case in (kept.case, *(signed.case for signed in kept.signed)):
            for key, regions in case.regions.items():
                assert key.uid in own
                assert all(region.mask.tobytes() in drawn[whose] for region in regions)
    return taken
