"""Read one patient from images to heat maps."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from alnreader.case.case import Case, Reading, Skipped
from alnreader.case.errors import NoUltrasoundError, UnreadableInputError
from alnreader.case.image import ImageKey
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.case.region import Region
from alnreader.inference.encode import Encoded
from alnreader.inference.engine import Engine


def read_case(
    case: Case, engine: Engine, progress: Progress = no_progress, cancel: CancelToken | None = None
) -> Reading:
    """Encode every image, propose regions where none are, score, and make the patient's heat maps.

    Parameters
    ----------
    case : Case
        Regions that are on it already are kept.
    engine : Engine
    progress : Progress
        Counts images, then the score and the heat maps.
    cancel : CancelToken, optional
        Looked at between images.

    Returns
    -------
    Reading
        Of the images that can be decoded; the others are in ``skipped`` with the reason.

    Raises
    ------
    NoUltrasoundError
        If no image of the patient can be decoded.
    CancelledError
        If a stop was asked for.
    """
    cancel = cancel or CancelToken()
    steps = len(case.images) + 2

    def counted(done: int, total: int, message: str = "") -> None:
        progress(done, steps, message)

    case, encoded, skipped = encode_case(case, engine, counted, cancel)
    case = _proposed(case, encoded, engine)
    cancel.check()
    progress(steps - 2, steps, "score")
    score = engine.score(case, encoded)
    cancel.check()
    progress(steps - 1, steps, "heat maps")
    heat_maps = engine.heat_maps(case, encoded)
    progress(steps, steps, "")
    return Reading(case, score, heat_maps, skipped)


def encode_case(
    case: Case, engine: Engine, progress: Progress = no_progress, cancel: CancelToken | None = None
) -> tuple[Case, dict[ImageKey, Encoded], tuple[Skipped, ...]]:
    """Encode every image; return the case of those that can be decoded, what they gave, and the others.

    Parameters and errors as for `read_case`.
    """
    cancel = cancel or CancelToken()
    total = len(case.images)
    encoded: dict[ImageKey, Encoded] = {}
    skipped: list[Skipped] = []
    for done, image in enumerate(case.images):
        cancel.check()
        progress(done, total, image.source)
        try:
            encoded[image.key] = engine.encode(image)
        except UnreadableInputError as error:
            skipped.append(Skipped(image.source, str(error)))
    if not encoded:
        reasons = "".join(f"\n  {entry.path}: {entry.reason}" for entry in skipped)
        raise NoUltrasoundError(
            f"{case.patient.label}: none of the {len(case.images)} images can be read. Export them again."
            f"{reasons}"
        )
    return _only(case, encoded), encoded, tuple(skipped)


def _only(case: Case, kept: Mapping[ImageKey, Encoded]) -> Case:
    """Return the case with the encoded images alone."""
    return dataclasses.replace(
        case,
        images=tuple(image for image in case.images if image.key in kept),
        regions={key: regions for key, regions in case.regions.items() if key in kept},
        excluded=frozenset(key for key in case.excluded if key in kept),
        revisions={key: revision for key, revision in case.revisions.items() if key in kept},
    )


def _proposed(case: Case, encoded: Mapping[ImageKey, Encoded], engine: Engine) -> Case:
    """Return the case with the network's regions on every image that has no entry yet."""
    regions: dict[ImageKey, tuple[Region, ...]] = dict(case.regions)
    for image in case.images:
        if image.key not in regions:
            regions[image.key] = engine.propose(image, encoded[image.key])
    return dataclasses.replace(case, regions=regions)
