"""What a reader has begun to enter and not said yet. It is no read, and only the form itself shows it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from alnreader.case.assessment import Hilum, NodeShape, NodeStatus, Outline, Vascularity
from alnreader.case.errors import InvalidValueError
from alnreader.case.protocol import Event, HumanReading, allowed


@dataclass(frozen=True)
class Entered:
    """The fields of a judgement as they stand, finished or not.

    Attributes
    ----------
    status, confidence
        As chosen, the confidence from 0 to 100; None before.
    cortex
        As typed: it need be no number yet.
    focal_bulge, hilum, shape, outline, vascularity
        None where nothing is noted.
    remarks
        As typed.
    """

    status: NodeStatus | None = None
    confidence: int | None = None
    cortex: str = ""
    focal_bulge: bool | None = None
    hilum: Hilum | None = None
    shape: NodeShape | None = None
    outline: Outline | None = None
    vascularity: Vascularity | None = None
    remarks: str = ""

    def __post_init__(self) -> None:
        """Refuse what no form can show."""
        if self.confidence is not None and not 0 <= self.confidence <= 100:
            raise InvalidValueError(f"A confidence of {self.confidence} is not between 0 and 100.")


@dataclass(frozen=True)
class FinalDraft:
    """A decision on the final read that is not signed.

    Attributes
    ----------
    versions
        How often the reading was signed before: the draft is about the next version, and no other.
    stands
        Whether the first read stands; None where that is not said.
    reason
        Why it was changed, as typed.
    entered
        The other judgement.
    """

    versions: int
    stands: bool | None = None
    reason: str = ""
    entered: Entered = Entered()


@dataclass(frozen=True)
class Drafts:
    """What is entered in a reading and not said yet."""

    first_read: Entered | None = None
    final_read: FinalDraft | None = None

    def fitting(self, human: HumanReading) -> Drafts:
        """Return what can still become a read: nothing of one that is locked, signed or given up."""
        now = allowed(human.state, human.mode)
        final = self.final_read
        if Event.ENTER_FINAL_READ not in now or (final is not None and final.versions != len(human.versions)):
            final = None
        return Drafts(self.first_read if Event.ENTER_FIRST_READ in now else None, final)

    def after(self, event: Event, human: HumanReading) -> Drafts:
        """Return what is left after an event that led to this reading: a read that is said is no draft."""
        left = self.fitting(human)
        return dataclasses.replace(left, first_read=None) if event is Event.ENTER_FIRST_READ else left


NO_DRAFTS = Drafts()
"""Nothing is being entered."""
