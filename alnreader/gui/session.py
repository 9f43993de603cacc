"""One patient's reading in progress: the case, what the human said, what the machine said. No Qt."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from alnreader.case.case import Case, HeatMap, Reading, Skipped
from alnreader.case.draft import NO_DRAFTS, Drafts
from alnreader.case.exported import ExportedReport
from alnreader.case.history import History
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.language import told
from alnreader.case.protocol import TABLE, Event, HumanReading, ReadingState, Refusal, allowed
from alnreader.case.region import Region
from alnreader.case.score import ModelSummary, Score, SeenScore
from alnreader.store import snapshot as kept

if TYPE_CHECKING:
    from alnreader.inference.encode import Encoded

_numbers = itertools.count(1)
_NO_MAPS: Mapping[ImageKey, HeatMap] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """Heat maps with what they explain.

    Attributes
    ----------
    method, target
        As asked for.
    revisions
        Input revision of each image when they were made.
    of
        The maps.
    """

    method: str
    target: str
    revisions: Mapping[ImageKey, int]
    of: Mapping[ImageKey, HeatMap]


@dataclass(frozen=True, eq=False)
class SignedCase:
    """What a signature stands under: an amendment that is discarded goes back to it."""

    case: Case
    score: Score | None
    maps: HeatMaps | None


@dataclass(eq=False)
class PatientSession:
    """Everything the window knows of one patient. Only the controller changes it.

    Attributes
    ----------
    case, human
        The images with their regions, and the human's reading of them.
    current
        The image on the canvas.
    skipped
        What was offered and not read.
    history
        Undo and redo, image by image.
    proposals
        The network's own outlines, kept beside the human's.
    encoded
        What the network saw in each image; an edit does not change it. Workers add to it.
    turned
        Frames that are read because they were drawn on, with the frame that was read before.
    unreadable
        Images that could not be decoded for the network, with the reason.
    score, score_error
        The machine's word, and why there is none. Read it through `visible_score`.
    score_full
        Whether the score has its interval and contributions; the bare number comes first.
    maps
        Heat maps as last made. Read them through `heat_maps`.
    map_error
        Why the heat maps asked for last are not there; empty while they are being made.
    scoring
        Whether a score of the case as it is now is on its way.
    signed_case
        As it was when it was signed last.
    signed_versions
        Case and score under each signature, the oldest first.
    reports
        Structured reports that were exported of it, the oldest first.
    seen
        Probabilities that were on the screen, the oldest first.
    proposer
        The model that outlined last, as the journal tells.
    drafts
        What is entered and not said yet: no read, and in no report.
    kept_as
        Identifier in the work list; empty as long as there is none.
    read_only
        Why nothing may be changed; empty where it may.
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
    turned: dict[ImageKey, int] = field(default_factory=dict)
    unreadable: dict[ImageKey, str] = field(default_factory=dict)
    score: Score | None = None
    score_error: str = ""
    score_full: bool = False
    maps: HeatMaps | None = None
    map_error: str = ""
    scoring: bool = False
    signed_case: SignedCase | None = None
    signed_versions: tuple[kept.SignedCase, ...] = ()
    reports: tuple[ExportedReport, ...] = ()
    seen: tuple[SeenScore, ...] = ()
    proposer: ModelSummary | None = None
    drafts: Drafts = NO_DRAFTS
    kept_as: str = ""
    read_only: str = ""
    number: int = field(default_factory=lambda: next(_numbers))
    _left_frames: dict[ImageKey, tuple[tuple[Region, ...], int]] = field(default_factory=dict)

    @classmethod
    def start(cls, case: Case, human: HumanReading, skipped: Sequence[Skipped] = ()) -> PatientSession:
        """Begin the reading of a case at its first image."""
        return cls(case=case, human=human, current=case.images[0].key, skipped=tuple(skipped))

    @classmethod
    def resume(cls, snapshot: kept.Snapshot, kept_as: str, read_only: str = "") -> PatientSession:
        """Go on with a reading that was kept. Undo begins anew; heat maps are made when asked for."""
        session = cls(
            case=snapshot.case,
            human=snapshot.human,
            current=snapshot.current,
            skipped=snapshot.skipped,
            proposals=dict(snapshot.proposals),
            score=snapshot.score,
            score_full=snapshot.score_full,
            signed_versions=snapshot.signed,
            drafts=snapshot.drafts,
            kept_as=kept_as,
            read_only=read_only,
        )
        session._left_frames = dict(snapshot.left_frames)
        if snapshot.signed:
            session.signed_case = SignedCase(snapshot.signed[-1].case, snapshot.signed[-1].score, None)
        return session

    def snapshot(self) -> kept.Snapshot:
        """Return what is kept of the reading as it is now. Nothing is copied but the lists."""
        return kept.Snapshot(
            case=self.case,
            human=self.human,
            current=self.current,
            skipped=self.skipped,
            score=self.score,
            score_full=self.score_full,
            proposals=dict(self.proposals),
            left_frames=dict(self._left_frames),
            signed=self.signed_versions,
            drafts=self.drafts,
        )

    # --- what may be seen ----------------------------------------------------------------------------------

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

    @property
    def lacks_score(self) -> bool:
        """Whether the score is not there, not whole, or one of an earlier state of the case."""
        return not self.score_full or self.score_is_stale

    @property
    def heat_maps(self) -> Mapping[ImageKey, HeatMap]:
        """The heat maps, only where they may be seen and explain the case as it is now."""
        if self.maps is None or not self.human.score_visible or self.maps.revisions != self.revisions:
            return _NO_MAPS
        return self.maps.of

    @property
    def revisions(self) -> dict[ImageKey, int]:
        """Input revision of each image as it is now."""
        return {image.key: self.case.input_revision(image.key) for image in self.case.images}

    def may(self, event: Event) -> bool:
        """Whether the protocol allows the event now."""
        if self.read_only and event not in (Event.PREVIEW, Event.EXPORT):
            return False
        now = allowed(self.human.state, self.human.mode)
        if event in (Event.PROPOSE, Event.EDIT_REGION, Event.SET_INCLUDED):
            return event in now or Event.EDIT_AFTER_REVEAL in now
        return event in now

    def refusal(self, event: Event) -> str:
        """Say why the event is refused now and what to do; empty where it is allowed."""
        if self.may(event):
            return ""
        outcome = TABLE[self.human.mode, self.human.state, event]
        return told(self.read_only or (outcome.sentence if isinstance(outcome, Refusal) else ""))

    @property
    def signed(self) -> bool:
        """Whether the reading is closed under a signature."""
        return self.human.state is ReadingState.SIGNED

    def reading(
        self, maps: Mapping[ImageKey, HeatMap] | None = None, model: ModelSummary | None = None
    ) -> Reading:
        """Return what a report is made from; the score and maps only where they may be seen.

        Parameters
        ----------
        maps
            In place of those on the screen.
        model
            That is loaded: named where the journal tells of none that outlined.
        """
        score = self.visible_score
        shown = self.heat_maps if maps is None else maps
        return Reading(
            case=self.case,
            score=score,
            heat_maps=shown if score is not None else _NO_MAPS,
            skipped=self.skipped,
            human=self.human,
            seen=self.seen,
            no_score=self.score_error,
            model=self.proposer or model,
            signed_probabilities=kept.probabilities(self.signed_versions),
        )

    # --- changes -------------------------------------------------------------------------------------------

    def put_regions(self, key: ImageKey, regions: tuple[Region, ...]) -> None:
        """Put regions on an image. What the score is made from is one revision on, if it changed."""
        if _same_input(self.case.regions_of(key), regions):
            # Confirming an outline moves nothing: the score that is shown stands.
            self.case = dataclasses.replace(self.case, regions={**self.case.regions, key: regions})
        else:
            self.case = self.case.with_regions(key, regions)

    def put_image(self, image: UltrasoundImage) -> None:
        """Put an image that is decoded otherwise in the place of the one with its identity."""
        images = tuple(image if other.key == image.key else other for other in self.case.images)
        case = dataclasses.replace(self.case, images=images)
        self.case = case.with_regions(image.key, case.regions_of(image.key))
        # Another mapping: what a worker still makes of the old pixels goes into the one left.
        uid = image.key.uid
        self.encoded = {key: encoded for key, encoded in self.encoded.items() if key.uid != uid}
        self.unreadable = {key: reason for key, reason in self.unreadable.items() if key.uid != uid}
        self.proposals = {key: regions for key, regions in self.proposals.items() if key.uid != uid}

    def put_frame(self, key: ImageKey, frame: int) -> ImageKey:
        """Make another frame of a cine its key frame; the regions of each frame wait for its return."""
        image = self.case.image(key).at_frame(frame)
        if image.key == key:
            return key
        self._left_frames[key] = (self.case.regions_of(key), self.case.input_revision(key))
        # A revision never comes back: a score of the frame's earlier time stays stale.
        regions, revision = self._left_frames.pop(image.key, ((), -1))
        case = self.case
        others = {other: kept for other, kept in case.regions.items() if other != key}
        counts = {other: count for other, count in case.revisions.items() if other != key}
        self.case = dataclasses.replace(
            case,
            images=tuple(image if other.key == key else other for other in case.images),
            regions={**others, image.key: regions},
            excluded=frozenset(image.key if other == key else other for other in case.excluded),
            revisions={**counts, image.key: revision + 1},
        )
        if self.current == key:
            self.current = image.key
        return image.key

    def turned_from(self, key: ImageKey) -> ImageKey | None:
        """Return the frame that was drawn on while this one was read, its drawing undone since."""
        return next(
            (
                drawn
                for drawn, left in self.turned.items()
                if (drawn.uid, left) == (key.uid, key.frame) and self.history.can_redo(drawn)
            ),
            None,
        )

    def can_redo(self, key: ImageKey) -> bool:
        """Whether a change of the image was undone, on this frame or on one drawn on from here."""
        return self.history.can_redo(key) or self.turned_from(key) is not None

    def keep_signed(self) -> None:
        """Remember the case that the signature stands under."""
        score = self.visible_score
        self.signed_case = SignedCase(self.case, score, self.maps if score is not None else None)
        self.signed_versions = (*self.signed_versions, kept.SignedCase(self.case, score))

    def restore_signed(self) -> None:
        """Bring back the case as signed. No work on the discarded one may be under way any more."""
        signed = self.signed_case
        if signed is None:
            return
        self.case, self.score, self.maps = signed.case, signed.score, signed.maps
        self.score_error, self.score_full, self.scoring = "", signed.score is not None, False
        self.history = History()
        if self.current not in {image.key for image in self.case.images}:
            self.current = next(
                (image.key for image in self.case.images if image.key.uid == self.current.uid),
                self.case.images[0].key,
            )

    def forget_machine(self) -> None:
        """Forget what another network said; a signed reading keeps its score."""
        self.encoded, self.unreadable, self.scoring, self.map_error = {}, {}, False, ""
        if not self.signed:
            self.score, self.score_full, self.maps, self.score_error = None, False, None, ""


def _same_input(before: Sequence[Region], after: Sequence[Region]) -> bool:
    """Whether two sets of regions of an image score alike: kinds and masks, in order."""
    return len(before) == len(after) and all(
        one.kind is other.kind and (one.mask is other.mask or np.array_equal(one.mask, other.mask))
        for one, other in zip(before, after, strict=True)
    )
