"""A patient's images with the regions on them: the input of a score, as one immutable value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from alnreader.case.assessment import PUBLISHED_CUT_OFFS, CriteriaCutOffs
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.patient import Patient, Study
from alnreader.case.protocol import HumanReading, ReadingState
from alnreader.case.region import Region
from alnreader.case.score import ModelSummary, Score, SeenScore

HeatMap = NDArray[np.float32]


@dataclass(frozen=True)
class Skipped:
    """A file that was offered and not read, with the reason for the reader."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Case:
    """One patient, the studies, the images in reading order, and the regions on them.

    Attributes
    ----------
    patient
        Whose images these are. Images of two patients never share a case.
    studies
        The examinations that the images come from.
    images
        In reading order; identities differ from each other.
    regions
        Regions of each image; an image without an entry has none.
    excluded
        Images that the reader left out of the patient's bag.
    revisions
        Counts every change that can move the score, image by image.
    """

    patient: Patient
    studies: tuple[Study, ...]
    images: tuple[UltrasoundImage, ...]
    regions: Mapping[ImageKey, tuple[Region, ...]] = field(default_factory=dict)
    excluded: frozenset[ImageKey] = frozenset()
    revisions: Mapping[ImageKey, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse doubled identities, regions of no image, and masks of another size."""
        by_key = {image.key: image for image in self.images}
        if len(by_key) != len(self.images):
            raise InvalidValueError(f"{self.patient.label}: two images have the same identity.")
        for key in (*self.regions, *self.excluded, *self.revisions):
            if key not in by_key:
                raise InvalidValueError(f"{self.patient.label}: no image {key.uid} frame {key.frame}.")
        for key, regions in self.regions.items():
            image = by_key[key]
            for region in regions:
                if region.mask.shape != (image.rows, image.columns):
                    raise InvalidValueError(
                        f"{image.source}: a region of {region.mask.shape[1]} x {region.mask.shape[0]} does "
                        f"not fit the picture of {image.columns} x {image.rows}."
                    )
        object.__setattr__(self, "regions", MappingProxyType(dict(self.regions)))
        object.__setattr__(self, "revisions", MappingProxyType(dict(self.revisions)))

    def image(self, key: ImageKey) -> UltrasoundImage:
        """Return the image of that identity, or refuse."""
        for image in self.images:
            if image.key == key:
                return image
        raise InvalidValueError(f"{self.patient.label}: no image {key.uid} frame {key.frame}.")

    def regions_of(self, key: ImageKey) -> tuple[Region, ...]:
        """Return the regions on one image, possibly none."""
        return self.regions.get(key, ())

    def input_revision(self, key: ImageKey) -> int:
        """Return the number that changes whenever the image's part in the score may change."""
        return self.revisions.get(key, 0)

    def with_regions(self, key: ImageKey, regions: Iterable[Region]) -> Case:
        """Return the case with other regions on one image, that image one revision on."""
        self.image(key)
        return dataclasses.replace(
            self,
            regions={**self.regions, key: tuple(regions)},
            revisions={**self.revisions, key: self.input_revision(key) + 1},
        )

    def with_included(self, key: ImageKey, included: bool) -> Case:
        """Return the case with one image in or out of the patient's bag, that image one revision on."""
        self.image(key)
        return dataclasses.replace(
            self,
            excluded=self.excluded - {key} if included else self.excluded | {key},
            revisions={**self.revisions, key: self.input_revision(key) + 1},
        )

    def is_current(self, score: Score) -> bool:
        """Whether the score was made from exactly these images and regions. If not, it is stale."""
        return dict(score.run.revisions) == {
            image.key: self.input_revision(image.key) for image in self.images
        }


@dataclass(frozen=True, eq=False)
class Reading:
    """A case with what the machine says about it and shows of it: what a report is made from.

    Attributes
    ----------
    case
        With the proposed (or confirmed) regions on it.
    score
        None where there is no model.
    heat_maps
        The patient's heat map of each image: ``(H, W) float32`` of the picture's size, 0..1 on one common
        scale for the patient.
    skipped
        What was offered and not read.
    human
        The human's reading; None where no human has read (the command line).
    cut_offs
        Of the node criteria, as the site uses them.
    site
        The institution at the head of a report; empty: those of the studies.
    seen
        The probabilities that the reader saw, the oldest first: of the case as it was each time.
    signed_probabilities
        The probability that each signed version stands beside, the oldest first; None where it has none.
    no_score
        Why there is no score of the case as it is, in English or as shown; empty where that is not known.
    model
        The model at hand where there is no score, or none that may be seen: it is named, and its outlines are
        on the case.
    """

    case: Case
    score: Score | None
    heat_maps: Mapping[ImageKey, HeatMap] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    human: HumanReading | None = None
    cut_offs: CriteriaCutOffs = PUBLISHED_CUT_OFFS
    site: str = ""
    model: ModelSummary | None = None
    seen: tuple[SeenScore, ...] = ()
    no_score: str = ""
    signed_probabilities: tuple[float | None, ...] = ()

    @property
    def last_seen(self) -> SeenScore | None:
        """The probability that the reader saw last; of a signed reading, last before its signature."""
        human = self.human
        signed = human.signed if human is not None and human.state is ReadingState.SIGNED else None
        # Later ones belong to an amendment that was discarded.
        seen = [one for one in self.seen if signed is None or one.when <= signed.when]
        return seen[-1] if seen else None
