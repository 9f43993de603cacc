"""The course of a reading: first the human, then the program, then the human again, then a signature.

`step` is the state table: for each mode, every pair of a state and an event is the next state or a refusal.
`HumanReading` walks it and keeps what was said (docs/decisions/0051-reading-protocol.md).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from alnreader.case.assessment import Assessment, FinalRead, require_signature
from alnreader.case.errors import InvalidValueError, ProtocolError
from alnreader.case.language import mark


class ReadingMode(StrEnum):
    """Whether the score is hidden until the first read is locked. Chosen before the reading, and recorded."""

    BLINDED = "blinded"
    CONCURRENT = "concurrent"


class ReadingState(StrEnum):
    """Where a reading stands."""

    DRAFT = "draft"
    FIRST_READ_LOCKED = "first read locked"
    REVEALED = "revealed"
    SIGNED = "signed"
    AMENDED = "amended"
    """Signed before and opened again; the signed version counts until the amendment is signed."""


class Event(StrEnum):
    """What a person (or the program for them) asks for. The values are those of the journal."""

    PROPOSE = "propose"
    EDIT_REGION = "edit region"
    SET_INCLUDED = "include or exclude image"
    EDIT_AFTER_REVEAL = "edit after reveal"
    """Any of the three above once the score was seen: the journal keeps them apart."""
    RESCORE = "rescore"
    ENTER_FIRST_READ = "enter first read"
    LOCK_FIRST_READ = "lock first read"
    UNLOCK_FIRST_READ = "unlock first read"
    REVEAL = "reveal"
    ENTER_FINAL_READ = "enter final read"
    SIGN = "sign"
    AMEND = "amend"
    DISCARD_AMENDMENT = "discard amendment"
    PREVIEW = "preview report"
    EXPORT = "export"


CASE_CHANGES = frozenset({Event.PROPOSE, Event.EDIT_REGION, Event.SET_INCLUDED, Event.EDIT_AFTER_REVEAL})
"""Events that change what is scored."""


@dataclass(frozen=True)
class Refusal:
    """The sentence that answers an event where it is not allowed."""

    sentence: str


Outcome = ReadingState | Refusal

_UNLOCK = Refusal(mark("The first read is locked: unlock it to change regions or images."))
_AFTER = Refusal(mark("The score was seen: the change is recorded as an edit after the reveal."))
_NOT_SEEN = Refusal(mark("The score was not revealed yet: this is an ordinary edit."))
_NO_REVEAL = Refusal(mark("A concurrent reading shows the score from the start: this is an ordinary edit."))
_AMEND = Refusal(mark("The reading is signed: open an amendment to change it."))
_UNLOCK_ENTRY = Refusal(mark("The first read is locked: unlock it to change it."))
_FIXED = Refusal(mark("The score was seen: the first read can no longer be changed, enter the final read."))
_IS_LOCKED = Refusal(mark("The first read is locked already."))
_NOT_LOCKED = Refusal(mark("The first read is not locked."))
_LOCK = Refusal(mark("The score is shown after the first read: enter and lock it."))
_IS_SHOWN = Refusal(mark("The score is shown already."))
_REVEAL = Refusal(mark("The final read follows the score: reveal it."))
_LOCK_FIRST = Refusal(mark("The final read follows the score: lock the first read and reveal it."))
_SIGN_FIRST = Refusal(
    mark("A reading is signed after the final read: lock the first read and reveal the score.")
)
_SIGN_SEEN = Refusal(mark("A reading is signed after the final read: reveal the score."))
_IS_SIGNED = Refusal(mark("The reading is signed already."))
_UNSIGNED = Refusal(mark("The reading is not signed: change it as it is."))
_IS_OPEN = Refusal(mark("An amendment is open already."))
_NO_AMENDMENT = Refusal(mark("No amendment is open."))
_SIGN_TO_EXPORT = Refusal(mark("Only a signed reading is exported: sign it."))
_SETTLE = Refusal(mark("An amendment is open: sign or discard it, then export."))
_NO_FIRST = Refusal(mark("A concurrent reading has no first read: enter the final read."))
_NEVER = Refusal(mark("A concurrent reading has no locked first read and no reveal."))

_D = ReadingState.DRAFT
_L = ReadingState.FIRST_READ_LOCKED
_R = ReadingState.REVEALED
_S = ReadingState.SIGNED
_A = ReadingState.AMENDED

# One row an event; columns: draft, first read locked, revealed, signed, amended.
_BLINDED: dict[Event, tuple[Outcome, Outcome, Outcome, Outcome, Outcome]] = {
    Event.PROPOSE: (_D, _UNLOCK, _AFTER, _AMEND, _AFTER),
    Event.EDIT_REGION: (_D, _UNLOCK, _AFTER, _AMEND, _AFTER),
    Event.SET_INCLUDED: (_D, _UNLOCK, _AFTER, _AMEND, _AFTER),
    Event.EDIT_AFTER_REVEAL: (_NOT_SEEN, _NOT_SEEN, _R, _AMEND, _A),
    Event.RESCORE: (_D, _L, _R, _AMEND, _A),
    Event.ENTER_FIRST_READ: (_D, _UNLOCK_ENTRY, _FIXED, _AMEND, _FIXED),
    Event.LOCK_FIRST_READ: (_L, _IS_LOCKED, _IS_LOCKED, _IS_LOCKED, _IS_LOCKED),
    Event.UNLOCK_FIRST_READ: (_NOT_LOCKED, _D, _FIXED, _AMEND, _FIXED),
    Event.REVEAL: (_LOCK, _R, _IS_SHOWN, _IS_SHOWN, _IS_SHOWN),
    Event.ENTER_FINAL_READ: (_LOCK_FIRST, _REVEAL, _R, _AMEND, _A),
    Event.SIGN: (_SIGN_FIRST, _SIGN_SEEN, _S, _IS_SIGNED, _S),
    Event.AMEND: (_UNSIGNED, _UNSIGNED, _UNSIGNED, _A, _IS_OPEN),
    Event.DISCARD_AMENDMENT: (_NO_AMENDMENT, _NO_AMENDMENT, _NO_AMENDMENT, _NO_AMENDMENT, _S),
    Event.PREVIEW: (_D, _L, _R, _S, _A),
    Event.EXPORT: (_SIGN_TO_EXPORT, _SIGN_TO_EXPORT, _SIGN_TO_EXPORT, _S, _SETTLE),
}
_CONCURRENT: dict[Event, tuple[Outcome, Outcome, Outcome, Outcome, Outcome]] = {
    Event.PROPOSE: (_D, _NEVER, _NEVER, _AMEND, _A),
    Event.EDIT_REGION: (_D, _NEVER, _NEVER, _AMEND, _A),
    Event.SET_INCLUDED: (_D, _NEVER, _NEVER, _AMEND, _A),
    Event.EDIT_AFTER_REVEAL: (_NO_REVEAL, _NEVER, _NEVER, _AMEND, _NO_REVEAL),
    Event.RESCORE: (_D, _NEVER, _NEVER, _AMEND, _A),
    Event.ENTER_FIRST_READ: (_NO_FIRST, _NEVER, _NEVER, _AMEND, _NO_FIRST),
    Event.LOCK_FIRST_READ: (_NO_FIRST, _NEVER, _NEVER, _NO_FIRST, _NO_FIRST),
    Event.UNLOCK_FIRST_READ: (_NO_FIRST, _NEVER, _NEVER, _NO_FIRST, _NO_FIRST),
    Event.REVEAL: (_IS_SHOWN, _NEVER, _NEVER, _IS_SHOWN, _IS_SHOWN),
    Event.ENTER_FINAL_READ: (_D, _NEVER, _NEVER, _AMEND, _A),
    Event.SIGN: (_S, _NEVER, _NEVER, _IS_SIGNED, _S),
    Event.AMEND: (_UNSIGNED, _NEVER, _NEVER, _A, _IS_OPEN),
    Event.DISCARD_AMENDMENT: (_NO_AMENDMENT, _NEVER, _NEVER, _NO_AMENDMENT, _S),
    Event.PREVIEW: (_D, _NEVER, _NEVER, _S, _A),
    Event.EXPORT: (_SIGN_TO_EXPORT, _NEVER, _NEVER, _S, _SETTLE),
}

TABLE: Mapping[tuple[ReadingMode, ReadingState, Event], Outcome] = MappingProxyType(
    {
        (mode, state, event): outcome
        for mode, rows in ((ReadingMode.BLINDED, _BLINDED), (ReadingMode.CONCURRENT, _CONCURRENT))
        for event, row in rows.items()
        for state, outcome in zip(ReadingState, row, strict=True)
    }
)
"""Every mode, state and event with what comes of it."""


def step(state: ReadingState, event: Event, mode: ReadingMode) -> ReadingState:
    """Return the state after an event.

    Raises
    ------
    ProtocolError
        If the event is not allowed there, with the sentence for the reader.
    """
    outcome = TABLE[mode, state, event]
    if isinstance(outcome, Refusal):
        raise ProtocolError(outcome.sentence)
    return outcome


def allowed(state: ReadingState, mode: ReadingMode) -> frozenset[Event]:
    """Return the events that are not refused: what the window offers."""
    return frozenset(event for event in Event if isinstance(TABLE[mode, state, event], ReadingState))


def score_visible(state: ReadingState, mode: ReadingMode) -> bool:
    """Whether the program's score (and heat maps, contributions, previews of them) may be shown."""
    return mode is ReadingMode.CONCURRENT or state not in (_D, _L)


def recorded_as(event: Event, state: ReadingState, mode: ReadingMode) -> Event:
    """Return the event that a change is recorded as: an edit after the reveal, once the score was seen."""
    seen = mode is ReadingMode.BLINDED and state in (_R, _A)
    return Event.EDIT_AFTER_REVEAL if seen and event in CASE_CHANGES else event


@dataclass(frozen=True)
class SignedVersion:
    """A final read under a signature. Never changed: an amendment adds another one.

    Attributes
    ----------
    final_read
        What was signed.
    signed_by, when
        The signature.
    amendment_reason
        Why there is another version; empty for the first, needed for every other.
    """

    final_read: FinalRead
    signed_by: str
    when: datetime
    amendment_reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a signature without a name or a time."""
        require_signature(self.signed_by, self.when)


@dataclass(frozen=True)
class HumanReading:
    """What the human has said of a case, and how far the reading is. Each method returns the next one.

    Attributes
    ----------
    mode, state
        The place in the state table.
    first_read
        As entered; fixed once the score was seen. None before, and in a concurrent reading.
    final_read
        As entered and not signed yet. A change of the case or a new score takes it back: it was said of
        something else.
    versions
        What was signed, the oldest first; the last one counts.
    amendment_reason
        Of the open amendment, else empty.
    """

    mode: ReadingMode = ReadingMode.BLINDED
    state: ReadingState = ReadingState.DRAFT
    first_read: Assessment | None = None
    final_read: FinalRead | None = None
    versions: tuple[SignedVersion, ...] = ()
    amendment_reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what the protocol cannot lead to."""
        blinded = self.mode is ReadingMode.BLINDED
        was_signed = self.state in (_S, _A)
        faults = {
            "a concurrent reading has neither a first read nor a reveal": not blinded
            and (self.first_read is not None or self.state in (_L, _R)),
            "the first read is missing": blinded and self.state is not _D and self.first_read is None,
            "it has signatures exactly if it was signed": was_signed != bool(self.versions),
            "only an open amendment has a reason, and it needs one": (self.state is _A)
            != bool(self.amendment_reason.strip()),
            "a final read waits for a signature only where it can be entered": self.final_read is not None
            and isinstance(TABLE[self.mode, self.state, Event.ENTER_FINAL_READ], Refusal),
            "a final read names another first read": any(
                final.first != self.first_read
                for final in (self.final_read, *(version.final_read for version in self.versions))
                if final is not None
            ),
            "every version but the first has a reason": any(
                bool(version.amendment_reason.strip()) != (number > 0)
                for number, version in enumerate(self.versions)
            ),
        }
        for fault, found in faults.items():
            if found:
                raise InvalidValueError(f"A {self.mode} reading that is {self.state}: {fault}.")

    @property
    def score_visible(self) -> bool:
        """Whether the program's score may be shown."""
        return score_visible(self.state, self.mode)

    @property
    def signed(self) -> SignedVersion | None:
        """The version that counts, None before the first signature."""
        return self.versions[-1] if self.versions else None

    def after(self, event: Event) -> HumanReading:
        """Take an event that brings nothing with it.

        Changes of the case are taken as `recorded_as` says. What brings something has its own method.

        Raises
        ------
        ProtocolError
            If it is not allowed now.
        """
        if event in _WITH_CONTENT:
            raise InvalidValueError(f"The event '{event}' brings something with it: use its own method.")
        event = recorded_as(event, self.state, self.mode)
        state = step(self.state, event, self.mode)
        if event is Event.LOCK_FIRST_READ and self.first_read is None:
            raise ProtocolError(mark("There is no first read to lock: enter it."))
        if event is Event.DISCARD_AMENDMENT:
            return dataclasses.replace(self, state=state, final_read=None, amendment_reason="")
        if event in CASE_CHANGES or event is Event.RESCORE:
            return dataclasses.replace(self, state=state, final_read=None)
        return dataclasses.replace(self, state=state)

    def with_first_read(self, assessment: Assessment) -> HumanReading:
        """Enter the first read, or another one while it is not locked."""
        state = step(self.state, Event.ENTER_FIRST_READ, self.mode)
        return dataclasses.replace(self, state=state, first_read=assessment)

    def with_final_read(self, assessment: Assessment, reason: str = "") -> HumanReading:
        """Enter the final read, or another one before it is signed.

        Raises
        ------
        ProtocolError
            If the score was not seen yet.
        InvalidValueError
            If it changes the first read without a reason.
        """
        state = step(self.state, Event.ENTER_FINAL_READ, self.mode)
        final = FinalRead(assessment, self.first_read, reason)
        return dataclasses.replace(self, state=state, final_read=final)

    def with_signature(self, signed_by: str, when: datetime) -> HumanReading:
        """Sign the final read.

        Raises
        ------
        ProtocolError
            If there is none, or none of the case as it is now.
        """
        state = step(self.state, Event.SIGN, self.mode)
        if self.final_read is None:
            raise ProtocolError(mark("There is no final read of the case as it is now: enter it, then sign."))
        version = SignedVersion(self.final_read, signed_by, when, self.amendment_reason)
        return dataclasses.replace(
            self, state=state, final_read=None, versions=(*self.versions, version), amendment_reason=""
        )

    def with_amendment(self, reason: str) -> HumanReading:
        """Open a signed reading for an amendment; what was signed stays.

        Raises
        ------
        ProtocolError
            If it is not signed, or no reason is given.
        """
        state = step(self.state, Event.AMEND, self.mode)
        if not reason.strip():
            raise ProtocolError(
                mark("An amendment needs a reason: say what is wrong with the signed reading.")
            )
        return dataclasses.replace(self, state=state, amendment_reason=reason)


_WITH_CONTENT = frozenset({Event.ENTER_FIRST_READ, Event.ENTER_FINAL_READ, Event.SIGN, Event.AMEND})
