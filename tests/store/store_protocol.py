"""A walk through the whole protocol at random, with a store beside it."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from store_desk import Desk, made_up_case, marked, own_number, same, score_of, told_by

from alnreader.case.errors import InvalidValueError, ProtocolError
from alnreader.case.protocol import TABLE, Event, ReadingMode, Refusal, recorded_as
from alnreader.store.package import encode_mask
from alnreader.store.snapshot import Snapshot
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
_ON_AN_IMAGE = frozenset({"draw", "propose", "undo", "redo", "include"})
_EVENTS = {
    "lock": Event.LOCK_FIRST_READ,
    "unlock": Event.UNLOCK_FIRST_READ,
    "reveal": Event.REVEAL,
    "preview": Event.PREVIEW,
    "export": Event.EXPORT,
}


def act(desk: Desk, action: str, number: int) -> bool:
    """Do one thing at a desk; False where the protocol refuses it."""
    place = number % len(desk.now.case.images)
    image = desk.now.case.images[place].key
    try:
        if action in _EVENTS:
            desk.step(_EVENTS[action])
        elif action in ("undo", "redo"):
            return desk.travel(image, back=action == "undo")
        elif action in ("draw", "propose"):
            mask = marked(number, desk.whose, place)
            desk.drawn.setdefault(place, set()).add(hashlib.sha256(encode_mask(mask)).hexdigest()[:16])
            getattr(desk, action)(image, number, mask)
        elif action == "include":
            desk.include(image, image in desk.now.case.excluded)
        elif action == "score":
            desk.score((number % 50 * 2 + desk.whose) / 100)
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

    @rule(number=st.integers(0, 999))
    def onward(self, number: int) -> None:
        """Take the next step towards a signature, or an amendment: by chance alone few walks come so far."""
        for action in ("sign", "final", "reveal", "lock", "first", "amend"):
            entries = len(self.desk.kept.entries)
            if act(self.desk, action, number):
                assert len(self.desk.kept.entries) == entries + 1
                return

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
    """Two readings of two patients in turns, on all their images. Returns the steps taken.

    Every outline tells its patient and image, every score its patient, and what it says of an image the
    image: the case, what was signed, what the network proposed, the journal and what is opened again are held
    to it.
    """
    chance = random.Random(seed)
    desks = [Desk(made_up_case(name), whose=whose) for whose, name in enumerate(("Anna", "Berta"))]
    for desk in desks:
        desk.kept = store.create(desk.now, "Dr 李")
    taken = 0
    for step in range(steps):
        desk, action, number = desks[chance.randrange(2)], chance.choice(ACTIONS), chance.randrange(1000)
        if act(desk, action, number):
            taken += 1
            place = number % len(desk.now.case.images)
            done_on = desk.now.case.images[place].key if action in _ON_AN_IMAGE else None
            assert desk.kept.entries[-1].image == done_on, "the journal names the wrong image"
        if step % 97 == 0:
            case_id = desk.kept.id
            store.close_case(desk.kept)
            opened = store.open(case_id)
            assert same(opened.snapshot, desk.now)
            desk.kept, desk.now = opened.case, opened.snapshot
            desk.history.clear()
    for desk in desks:
        assert same(desk.kept.snapshot, desk.now)
        case_id = desk.kept.id
        store.close_case(desk.kept)
        for reading in (desk.now, store.open(case_id).snapshot):
            require_own(reading, desk.whose)
        require_own_journal(store, case_id, desk)
    return taken


def require_own(reading: Snapshot, whose: int) -> None:
    """Hold everything in a reading to the patient and the image that it tells it belongs to."""
    places = {image.key: place for place, image in enumerate(reading.case.images)}
    outlines = [
        *(case.regions for case in (reading.case, *(signed.case for signed in reading.signed))),
        reading.proposals,
    ]
    for outlined in outlines:
        for key, regions in outlined.items():
            for region in regions:
                assert told_by(region.mask) == (whose, places[key]), "an outline on the wrong image"
    for score in (reading.score, *(signed.score for signed in reading.signed)):
        if score is not None:
            assert round(score.probability * 100) % 2 == whose, "another patient's score"
            assert [image.key for image in score.images] == list(places)
            for image in score.images:
                assert image.probability == own_number(image.key), "another image's share of the score"


def require_own_journal(store: Store, case_id: str, desk: Desk) -> None:
    """Hold what the journal says of each image to the outlines that were drawn on it."""
    places = {image.key: place for place, image in enumerate(desk.now.case.images)}
    for entry in store.entries(case_id):
        if entry.image is not None:
            drawn = desk.drawn[places[entry.image]]
            regions = entry.details["regions"]
            assert {region["mask"] for region in regions} <= drawn, "the journal names the wrong image"
