"""The state table, pair by pair, and readings walked along it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alnreader.case.assessment import Assessment, Decision, NodeStatus
from alnreader.case.errors import AlnReaderError, InvalidValueError, ProtocolError
from alnreader.case.protocol import (
    CASE_CHANGES,
    TABLE,
    Event,
    HumanReading,
    ReadingMode,
    ReadingState,
    Refusal,
    allowed,
    recorded_as,
    score_visible,
    step,
)

STATES = {"D": ReadingState.DRAFT, "L": ReadingState.FIRST_READ_LOCKED, "R": ReadingState.REVEALED}
STATES |= {"S": ReadingState.SIGNED, "A": ReadingState.AMENDED}

# What a clinic needs, written without looking at the table. One letter a state, in the order D L R S A: where
# the event leads, `-` where it is refused.
BLINDED = {
    Event.PROPOSE: "D----",
    Event.EDIT_REGION: "D----",
    Event.SET_INCLUDED: "D----",
    Event.EDIT_AFTER_REVEAL: "--R-A",
    Event.RESCORE: "DLR-A",
    Event.ENTER_FIRST_READ: "D----",
    Event.LOCK_FIRST_READ: "L----",
    Event.UNLOCK_FIRST_READ: "-D---",
    Event.REVEAL: "-R---",
    Event.ENTER_FINAL_READ: "--R-A",
    Event.SIGN: "--S-S",
    Event.AMEND: "---A-",
    Event.DISCARD_AMENDMENT: "----S",
    Event.PREVIEW: "DLRSA",
    Event.EXPORT: "---S-",
}
CONCURRENT = {
    Event.PROPOSE: "D---A",
    Event.EDIT_REGION: "D---A",
    Event.SET_INCLUDED: "D---A",
    Event.EDIT_AFTER_REVEAL: "-----",
    Event.RESCORE: "D---A",
    Event.ENTER_FIRST_READ: "-----",
    Event.LOCK_FIRST_READ: "-----",
    Event.UNLOCK_FIRST_READ: "-----",
    Event.REVEAL: "-----",
    Event.ENTER_FINAL_READ: "D---A",
    Event.SIGN: "S---S",
    Event.AMEND: "---A-",
    Event.DISCARD_AMENDMENT: "----S",
    Event.PREVIEW: "D--SA",
    Event.EXPORT: "---S-",
}
EXPECTED = {ReadingMode.BLINDED: BLINDED, ReadingMode.CONCURRENT: CONCURRENT}
PAIRS = [
    pytest.param(mode, state, event, rows[event][column], id=f"{mode}, {state}, {event}")
    for mode, rows in EXPECTED.items()
    for event in Event
    for column, state in enumerate(STATES.values())
]


def test_the_table_is_whole():
    assert set(TABLE) == {
        (mode, state, event) for mode in ReadingMode for state in ReadingState for event in Event
    }
    assert len(PAIRS) == len(TABLE)


@pytest.mark.parametrize(("mode", "state", "event", "expected"), PAIRS)
def test_every_pair(mode, state, event, expected):
    assert (event in allowed(state, mode)) == (expected != "-")
    if expected == "-":
        with pytest.raises(ProtocolError) as refusal:
            step(state, event, mode)
        sentence = str(refusal.value)
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert len(sentence) > 15
    else:
        assert step(state, event, mode) is STATES[expected]


@pytest.mark.parametrize(("mode", "state", "event", "expected"), PAIRS)
def test_a_refusal_speaks_of_the_state_it_is_given_in(mode, state, event, expected):
    outcome = TABLE[mode, state, event]
    if not isinstance(outcome, Refusal):
        return
    if mode is ReadingMode.CONCURRENT and state in (ReadingState.FIRST_READ_LOCKED, ReadingState.REVEALED):
        assert "concurrent" in outcome.sentence
    if "The reading is signed" in outcome.sentence:
        assert state is ReadingState.SIGNED
    if "amendment is open" in outcome.sentence.lower() and "No " not in outcome.sentence:
        assert state is ReadingState.AMENDED
    if "unlock it" in outcome.sentence:
        assert Event.UNLOCK_FIRST_READ in allowed(state, mode)
    if "open an amendment" in outcome.sentence:
        assert Event.AMEND in allowed(state, mode)
    if "is not signed" in outcome.sentence:
        assert state not in (ReadingState.SIGNED, ReadingState.AMENDED)


def test_the_score_is_hidden_exactly_until_the_reveal():
    hidden = {
        (mode, state) for mode in ReadingMode for state in ReadingState if not score_visible(state, mode)
    }
    assert hidden == {
        (ReadingMode.BLINDED, ReadingState.DRAFT),
        (ReadingMode.BLINDED, ReadingState.FIRST_READ_LOCKED),
    }


def test_only_reveal_shows_what_was_hidden():
    for (mode, state, event), outcome in TABLE.items():
        hidden = not score_visible(state, mode)
        if hidden and isinstance(outcome, ReadingState) and score_visible(outcome, mode):
            assert event is Event.REVEAL


def test_nothing_leads_back_behind_the_reveal():
    """Once the score was seen, no event hides it, unlocks the first read, or takes a signature away."""
    for (mode, state, event), outcome in TABLE.items():
        if mode is ReadingMode.BLINDED and score_visible(state, mode) and isinstance(outcome, ReadingState):
            assert score_visible(outcome, mode)
            assert event not in (Event.ENTER_FIRST_READ, Event.UNLOCK_FIRST_READ, Event.LOCK_FIRST_READ)
        if state in (ReadingState.SIGNED, ReadingState.AMENDED) and isinstance(outcome, ReadingState):
            assert outcome in (ReadingState.SIGNED, ReadingState.AMENDED)


def test_a_change_of_the_case_is_recorded_as_something_that_is_allowed_or_refused_alike():
    for mode in ReadingMode:
        for state in (ReadingState.DRAFT, ReadingState.REVEALED, ReadingState.AMENDED):
            if mode is ReadingMode.CONCURRENT and state is ReadingState.REVEALED:
                continue
            for event in CASE_CHANGES - {Event.EDIT_AFTER_REVEAL}:
                assert recorded_as(event, state, mode) in allowed(state, mode)
    assert recorded_as(Event.SIGN, ReadingState.REVEALED, ReadingMode.BLINDED) is Event.SIGN


NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FIRST = Assessment(NodeStatus.NEGATIVE, 70, "Dr A", NOW)
CHANGED = Assessment(NodeStatus.SUSPICIOUS, 90, "Dr A", NOW + timedelta(minutes=5))


def revealed() -> HumanReading:
    reading = HumanReading().with_first_read(FIRST).after(Event.LOCK_FIRST_READ)
    return reading.after(Event.REVEAL)


def test_the_usual_reading():
    reading = revealed().with_final_read(CHANGED, "missed the second node").with_signature("Dr A", NOW)
    assert reading.state is ReadingState.SIGNED
    assert reading.first_read == FIRST
    assert reading.signed.final_read.decision is Decision.CHANGED
    assert reading.signed.final_read.first == FIRST
    assert reading.after(Event.EXPORT) == reading


def test_an_amendment_keeps_what_was_signed():
    signed = revealed().with_final_read(FIRST).with_signature("Dr A", NOW)
    with pytest.raises(ProtocolError, match="needs a reason"):
        signed.with_amendment(" ")
    opened = signed.with_amendment("wrong side entered")
    assert opened.signed == signed.signed
    with pytest.raises(ProtocolError, match="sign or discard"):
        opened.after(Event.EXPORT)
    with pytest.raises(ProtocolError, match="no final read of the case as it is now"):
        opened.with_signature("Dr B", NOW)
    amended = opened.with_final_read(CHANGED, "side").with_signature("Dr B", NOW)
    assert [version.amendment_reason for version in amended.versions] == ["", "wrong side entered"]
    assert amended.versions[0] == signed.signed
    assert amended.first_read == FIRST
    assert opened.with_final_read(CHANGED, "side").after(Event.DISCARD_AMENDMENT) == signed


def test_the_concurrent_reading_has_one_read():
    reading = HumanReading(ReadingMode.CONCURRENT)
    assert reading.score_visible
    with pytest.raises(ProtocolError, match="no first read"):
        reading.with_first_read(FIRST)
    signed = reading.with_final_read(FIRST).with_signature("Dr A", NOW)
    assert signed.signed.final_read.decision is Decision.NO_FIRST_READ
    assert signed.with_amendment("typing error").after(Event.EDIT_REGION).state is ReadingState.AMENDED


@pytest.mark.parametrize("event", [Event.PROPOSE, Event.EDIT_REGION, Event.SET_INCLUDED, Event.RESCORE])
def test_a_final_read_does_not_outlive_what_it_was_said_of(event):
    reading = revealed().with_final_read(FIRST).after(event)
    assert reading.state is ReadingState.REVEALED
    with pytest.raises(ProtocolError, match="final read"):
        reading.with_signature("Dr A", NOW)


def test_looking_takes_no_final_read_back():
    assert revealed().with_final_read(FIRST).after(Event.PREVIEW).final_read is not None


def test_there_must_be_something_to_lock():
    with pytest.raises(ProtocolError, match="no first read to lock"):
        HumanReading().after(Event.LOCK_FIRST_READ)


def test_unlocking_keeps_the_entry_until_it_is_changed():
    locked = HumanReading().with_first_read(FIRST).after(Event.LOCK_FIRST_READ)
    again = locked.after(Event.UNLOCK_FIRST_READ)
    assert (again.state, again.first_read) == (ReadingState.DRAFT, FIRST)
    assert again.with_first_read(CHANGED).first_read == CHANGED


@pytest.mark.parametrize("event", [Event.ENTER_FIRST_READ, Event.ENTER_FINAL_READ, Event.SIGN, Event.AMEND])
def test_an_event_with_content_is_not_taken_without_it(event):
    with pytest.raises(InvalidValueError, match="its own method"):
        HumanReading().after(event)


SIGNED = revealed().with_final_read(FIRST).with_signature("Dr A", NOW)


@pytest.mark.parametrize(
    ("base", "change"),
    [
        (revealed(), {"first_read": None}),
        (revealed(), {"mode": ReadingMode.CONCURRENT}),
        (revealed(), {"state": ReadingState.SIGNED}),
        (revealed(), {"amendment_reason": "why"}),
        (SIGNED, {"versions": ()}),
        (SIGNED, {"state": ReadingState.REVEALED}),
        (SIGNED, {"state": ReadingState.AMENDED}),
        (SIGNED, {"first_read": CHANGED}),
        (SIGNED, {"final_read": SIGNED.versions[0].final_read}),
        (SIGNED, {"versions": SIGNED.versions * 2}),
        (HumanReading(), {"final_read": SIGNED.versions[0].final_read}),
    ],
)
def test_refuses_a_reading_that_no_protocol_leads_to(base, change):
    with pytest.raises(InvalidValueError, match="reading that is"):
        dataclasses.replace(base, **change)


class AnyReader(RuleBasedStateMachine):
    """A reader who presses everything. Refusals are fine; a lost signature or a changed first read is not."""

    def __init__(self):
        super().__init__()
        self.reading = HumanReading()
        self.seen: Assessment | None = None
        self.signed = ()

    def attempt(self, action):
        try:
            self.reading = action()
        except AlnReaderError:
            return
        if self.reading.score_visible and self.seen is None:
            self.seen = self.reading.first_read

    @rule(event=st.sampled_from(sorted(Event)))
    def press(self, event):
        self.attempt(lambda: self.reading.after(event))

    @rule(assessment=st.sampled_from([FIRST, CHANGED]))
    def first(self, assessment):
        self.attempt(lambda: self.reading.with_first_read(assessment))

    @rule(assessment=st.sampled_from([FIRST, CHANGED]), reason=st.sampled_from(["", "because"]))
    def final(self, assessment, reason):
        self.attempt(lambda: self.reading.with_final_read(assessment, reason))

    @rule()
    def sign(self):
        self.attempt(lambda: self.reading.with_signature("Dr A", NOW))

    @rule(reason=st.sampled_from(["", "because"]))
    def amend(self, reason):
        self.attempt(lambda: self.reading.with_amendment(reason))

    @rule()
    def hurry(self):
        """Walk on, so that the later states are reached often."""
        self.first(FIRST)
        self.press(Event.LOCK_FIRST_READ)
        self.press(Event.REVEAL)

    @invariant()
    def nothing_is_lost(self):
        assert self.reading.versions[: len(self.signed)] == self.signed
        self.signed = self.reading.versions
        if self.seen is not None:
            assert self.reading.score_visible
            assert self.reading.first_read == self.seen


TestAnyReader = AnyReader.TestCase
