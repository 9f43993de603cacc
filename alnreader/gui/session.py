"""One patient's reading in progress: the case, what the human said, what the machine said. No Qt."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alnreader.case.case import Case, HeatMap, Reading, Skipped
from alnreader.case.history import History
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.protocol import Event, HumanReading, ReadingState, allowed
from alnreader.case.region import Region
from alnreader.case.score import Score

if TYPE_CHECKING:
    from alnreader.inference.encode import Encoded

_numbers = itertools.count(1)


@dataclass(eq=False)
class PatientSession:
    """Everything the window knows of one patient. Only the controller changes it.

    Attributes
    ----------
    case, human
        The images with their regions, and the human's reading of them.
    current
        The image on the canvas.
    history
        Undo and redo, image by image.
    proposals
        The network's own outlines, kept beside the human's.
    encoded
        What the network saw in each image; an edit does not change it.
    score, heat_maps
        The machine's word; None and empty until asked for. Read them through `visible_score`.
    what_if
        Image that the reader asked to leave out in thought.
    number
        Tells sessions apart, also of the same patient.
    """

    case: Case
    human: HumanReading
    current: ImageKey
    skipped: tuple[Skipped, ...] = ()
    history: History = field(default_factory=History)
    proposals: dict[ImageKey, tuple[Region, ...]] = field(default_factory=dict)
    encoded: dict[ImageKey, Encoded] = field(default_factory=dict)
    score: Score | None = None
    heat_maps: Mapping[ImageKey, HeatMap] = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(_numbers))

    @classmethod
    def start(cls, case: Case, human: HumanReading, skipped: Sequence[Skipped] = ()) -> PatientSession:
        """Begin the reading of a case at its first image."""
        return cls(case=case, human=human, current=case.images[0].key, skipped=tuple(skipped))

    @property
    def image(self) -> UltrasoundImage:
        """The image on the canvas."""
        return self.case.image(self.current)

    @property
    def visible_score(self) -> Score | None:
        """The score, only where the protocol lets it be seen and nothing has changed since it was made."""
        if self.score is None or not self.human.score_visible or not self.case.is_current(self.score):
            return None
        return self.score

    @property
    def score_is_stale(self) -> bool:
        """Whether there is a score of an earlier state of the case, and it could be seen."""
        return self.score is not None and self.human.score_visible and not self.case.is_current(self.score)

    def may(self, event: Event) -> bool:
        """Whether the protocol allows the event now."""
        if event in (Event.PROPOSE, Event.EDIT_REGION, Event.SET_INCLUDED):
            now = allowed(self.human.state, self.human.mode)
            return event in now or Event.EDIT_AFTER_REVEAL in now
        return event in allowed(self.human.state, self.human.mode)

    @property
    def signed(self) -> bool:
        """Whether the reading is closed under a signature."""
        return self.human.state is ReadingState.SIGNED

    def reading(self) -> Reading:
        """Return what a report is made from; the score only where it may be seen."""
        score = self.visible_score
        return Reading(
            case=self.case,
            score=score,
            heat_maps=self.heat_maps if score is not None else {},
            skipped=self.skipped,
            human=self.human,
        )
