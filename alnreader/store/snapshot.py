"""What is kept of a reading: everything that a person did or saw, and nothing that can be computed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alnreader.case.case import Case, Skipped
from alnreader.case.draft import NO_DRAFTS, Drafts
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey
from alnreader.case.protocol import HumanReading
from alnreader.case.region import Region
from alnreader.case.score import Score

LeftFrame = tuple[tuple[Region, ...], int]
"""Regions of a cine's frame that is not read now, and that frame's input revision."""


@dataclass(frozen=True, eq=False)
class SignedCase:
    """What one signature stands under: the case and the score as they were.

    Attributes
    ----------
    case, score
        As signed.
    report
        The JSON document of the reading (`alnreader.report.document`) as UTF-8; empty as long as nobody has
        made it. A signature that is kept has one.
    """

    case: Case
    score: Score | None
    report: bytes = b""


def probabilities(versions: Iterable[SignedCase]) -> tuple[float | None, ...]:
    """Return the probability that each signature stands beside, None where it has none."""
    scores = [version.score for version in versions]
    return tuple(None if score is None or score.of_no_image else score.probability for score in scores)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One reading at one moment.

    Attributes
    ----------
    case, human
        The images with their regions, and the human's reading of them.
    current
        The image on the canvas.
    skipped
        What was offered and not read.
    score, score_full
        The machine's word, and whether it has its interval and contributions. It may be stale: ask
        `Case.is_current`.
    proposals
        The network's own outlines.
    left_frames
        Regions and revisions of a cine's frames that were read before another one.
    signed
        One entry a version of ``human.versions``, the oldest first.
    drafts
        What is entered and not said yet; it belongs to no read, score or signature.
    """

    case: Case
    human: HumanReading
    current: ImageKey
    skipped: tuple[Skipped, ...] = ()
    score: Score | None = None
    score_full: bool = False
    proposals: Mapping[ImageKey, tuple[Region, ...]] = field(default_factory=dict)
    left_frames: Mapping[ImageKey, LeftFrame] = field(default_factory=dict)
    signed: tuple[SignedCase, ...] = ()
    drafts: Drafts = NO_DRAFTS

    def __post_init__(self) -> None:
        """Refuse what belongs to another case."""
        if self.current not in {image.key for image in self.case.images}:
            raise InvalidValueError(f"The image {self.current.uid} on the canvas is not one of the case.")
        if len(self.signed) != len(self.human.versions):
            raise InvalidValueError(
                f"{len(self.human.versions)} signatures stand under {len(self.signed)} signed cases."
            )
        uids = {image.key.uid for image in self.case.images}
        for key in (*self.proposals, *self.left_frames):
            if key.uid not in uids:
                raise InvalidValueError(f"No image {key.uid} frame {key.frame} in the case.")
        for signed in self.signed:
            if {image.key.uid for image in signed.case.images} != uids:
                raise InvalidValueError("A signed version is one of other images.")
            if signed.case.patient != self.case.patient:
                raise InvalidValueError("A signed version is one of another patient.")
        scores = (self.score, *(signed.score for signed in self.signed))
        if any(entry.key.uid not in uids for score in scores if score is not None for entry in score.images):
            raise InvalidValueError("A score is one of other images.")
