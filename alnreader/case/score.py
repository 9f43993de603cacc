"""What the machine says about a patient, and exactly what it said it about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey
from alnreader.case.language import mark
from alnreader.case.region import RegionKind


def _probability(name: str, value: float) -> None:
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        raise InvalidValueError(f"{name} is a probability from 0 to 1, not {value}.")


@dataclass(frozen=True)
class ScopeWarning:
    """A reason to trust the score less.

    Attributes
    ----------
    code
        Short and stable, for programs: ``no_lymph_node_view``, ``colour_doppler``,
        ``unlike_training_images``, ``no_region``, ``cine_frame``, ...
    message
        One sentence for the reader.
    """

    code: str
    message: str


@dataclass(frozen=True)
class ModelSummary:
    """What the reader is told of the model: the card in short.

    Attributes
    ----------
    name, version, sha256
        The bundle, and the hash that stands for its card and weights.
    demonstration
        True unless the card says that the metastasis labels are clinical.
    title, intended_use, training_data, citation
        Sentences of the card.
    limitations
        Sentences of the card.
    threshold
        Probability at and above which the patient is called positive.
    sensitivity, specificity
        At that threshold, on the data named by ``chosen_on``; None where not published.
    """

    name: str
    version: str
    sha256: str
    demonstration: bool
    title: str
    intended_use: str
    training_data: str
    citation: str
    limitations: tuple[str, ...]
    threshold: float
    operating_point: str = ""
    sensitivity: float | None = None
    specificity: float | None = None
    chosen_on: str = ""
    licence: str = ""


SITE_OPERATING_POINT = mark("set by this site")
"""Name of an operating point that is none of the model's own: nothing is published about it."""

EMPTY_BAG = "empty_bag"
"""Code of the warning that no image counts."""

DEMONSTRATION_BANNER = mark(
    "Demonstration model - trained on simulated metastasis labels - not for clinical use"
)
"""Shown wherever a number of such a model is shown, in the reader's language."""


@dataclass(frozen=True)
class RunRecord:
    """How a score was made, so that it can be made again.

    Attributes
    ----------
    model
        The bundle's summary.
    program_version
        Version of this program.
    device
        What the network ran on, with the reason where it is not the one asked for.
    preprocessing
        The bundle's preprocessing, as in its card.
    revisions
        Input revision of each image at the time of scoring (`Case.input_revision`).
    """

    model: ModelSummary
    program_version: str
    device: str
    preprocessing: Mapping[str, object] = field(default_factory=dict)
    revisions: Mapping[ImageKey, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SeenScore:
    """A probability that was on a reader's screen, whatever became of it.

    Attributes
    ----------
    when
        When it came.
    probability, threshold
        As shown.
    """

    when: datetime
    probability: float
    threshold: float

    def __post_init__(self) -> None:
        """Refuse values that are not probabilities."""
        _probability("The probability that was seen", self.probability)
        _probability("The threshold", self.threshold)


@dataclass(frozen=True)
class ImageScore:
    """What the machine says about one image.

    Attributes
    ----------
    key
        The image.
    kind
        Kind of what was outlined, or of the view where nothing was.
    kind_probability
        Probability that the image shows a lymph node (type head).
    probability
        Probability of metastasis from this image alone (image head).
    contribution
        Shapley value of the image in the patient's probability; all of them add up to
        ``probability - baseline`` of the score. 0 for an image left out.
    without
        The patient's probability without this image; None for the only image or one left out.
    included
        Whether the image is in the bag.
    warnings
        Reasons to trust this image less.
    """

    key: ImageKey
    kind: RegionKind
    kind_probability: float
    probability: float
    contribution: float
    without: float | None
    included: bool = True
    warnings: tuple[ScopeWarning, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that are not probabilities, and a contribution that is no number."""
        _probability("The kind's probability", self.kind_probability)
        _probability("An image's probability", self.probability)
        if not math.isfinite(self.contribution):
            raise InvalidValueError(f"A contribution is a number, not {self.contribution}.")
        if self.without is not None:
            _probability("The probability without an image", self.without)


@dataclass(frozen=True)
class Score:
    """What the machine says about the patient.

    Attributes
    ----------
    probability
        Of axillary lymph node metastasis, calibrated as the card says.
    interval
        Low and high end of the probability under jittered contours; holds ``probability``.
    baseline
        The probability of an empty bag: where the contributions start from.
    images
        One entry an image, in the case's order.
    warnings
        Scope warnings of the patient.
    run
        The record of the run.
    """

    probability: float
    interval: tuple[float, float]
    baseline: float
    images: tuple[ImageScore, ...]
    warnings: tuple[ScopeWarning, ...]
    run: RunRecord

    def __post_init__(self) -> None:
        """Refuse values that are not probabilities, and an interval that misses its own value."""
        _probability("The patient's probability", self.probability)
        _probability("The baseline", self.baseline)
        low, high = self.interval
        _probability("The interval's low end", low)
        _probability("The interval's high end", high)
        if not low <= self.probability <= high:
            raise InvalidValueError(f"The interval {self.interval} does not hold {self.probability}.")

    @property
    def threshold(self) -> float:
        """The operating point in use."""
        return self.run.model.threshold

    @property
    def above_threshold(self) -> bool:
        """Whether the patient is called positive."""
        return self.probability >= self.threshold

    @property
    def of_no_image(self) -> bool:
        """Whether every image was left out: the probability is then the model's, not this patient's."""
        return any(warning.code == EMPTY_BAG for warning in self.warnings)

    def image(self, key: ImageKey) -> ImageScore:
        """Return the entry of one image.

        Raises
        ------
        InvalidValueError
            If the score was not made with that image.
        """
        for entry in self.images:
            if entry.key == key:
                return entry
        raise InvalidValueError(f"Image {key.uid} frame {key.frame} is not part of this score.")
