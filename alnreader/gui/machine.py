"""The machine's half for the controller: an engine, loaded late, that only the pools' threads touch."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alnreader.case.case import Case, HeatMap
from alnreader.case.errors import AlnReaderError, UnreadableInputError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.progress import CancelToken, Progress
from alnreader.case.region import Region
from alnreader.case.score import SITE_OPERATING_POINT, ModelSummary, ScopeWarning, Score

if TYPE_CHECKING:
    from alnreader.inference.encode import Encoded
    from alnreader.inference.engine import Engine
    from alnreader.model.bundle import Bundle
    from alnreader.model.card import OperatingPoint

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, ends exclusive."""

SMALLEST_BOX = 16
"""Pixels a side. Enlarged to the network's input, a smaller part shows nothing but its own pixels."""


class MachineUnavailableError(AlnReaderError):
    """The network cannot run here. Viewing, measuring and reporting go on without it."""


@dataclass(frozen=True)
class KnownMachine:
    """What is known once the network is loaded."""

    model: ModelSummary
    device: str


class Machine:
    """Loads the network when it is first asked for something, and keeps it.

    Every method runs in a pool; those that may have to load or to encode in the pool ``network``, which has
    one thread. What is encoded is kept in a mapping of the caller's, one a patient: it is only ever added to.

    Parameters
    ----------
    model
        Directory of the bundle, None for the one that ships.
    device
        As the preferences say.
    """

    def __init__(self, model: Path | None, device: str) -> None:
        """Keep the wishes; nothing is imported or loaded yet."""
        self._model = model
        self._device = device
        self._bundle: Bundle | None = None
        self._engine: Engine | None = None
        self._lock = threading.RLock()

    def bundle(self) -> Bundle:
        """Return the bundle: its card is known without torch.

        Raises
        ------
        BundleError
            If it is absent or broken.
        """
        with self._lock:
            if self._bundle is None:
                from alnreader.model.bundle import find_bundle

                self._bundle = find_bundle(self._model)
            return self._bundle

    def engine(self) -> Engine:
        """Return the engine, loaded at the first call.

        Raises
        ------
        AlnReaderError
            If the bundle is absent or broken, or torch cannot be loaded on this machine.
        """
        with self._lock:
            if self._engine is None:
                self._engine = self._loaded(self.bundle())
            return self._engine

    def _loaded(self, bundle: Bundle) -> Engine:
        try:
            from alnreader.inference.engine import Engine
        except (ImportError, OSError) as error:
            # A broken torch shows as OSError where a library of its own cannot be loaded (Windows).
            raise MachineUnavailableError(
                f"The network cannot run on this computer: torch cannot be loaded ({error}). "
                "Viewing, measuring and reporting work without it. Install the program anew to mend it."
            ) from error
        return Engine(bundle, device=self._device)

    def summary(self, threshold: float | None) -> ModelSummary:
        """Return the card in short, at the operating point in use. Does not need torch."""
        bundle = self.bundle()
        return at_operating_point(bundle.summary, bundle.card["operating_points"], threshold)

    def known(self, threshold: float | None) -> KnownMachine:
        """Return model and device of the loaded engine."""
        return KnownMachine(self.summary(threshold), self.engine().device)

    def propose(
        self, image: UltrasoundImage, encoded: MutableMapping[ImageKey, Encoded]
    ) -> tuple[Region, ...]:
        """Encode the image unless that was done, and outline what the network sees."""
        engine = self.engine()
        if image.key not in encoded:
            encoded[image.key] = engine.encode(image)
        return engine.propose(image, encoded[image.key])

    def propose_in_box(self, image: UltrasoundImage, box: Box) -> tuple[Region, ...]:
        """Let the network look again at an enlarged box.

        The regions are pasted back and have the size of the picture. Empty where the box is too small.
        """
        x0, y0, x1, y1 = clipped(box, image)
        if min(x1 - x0, y1 - y0) < SMALLEST_BOX:
            return ()
        pixels = np.ascontiguousarray(image.pixels()[y0:y1, x0:x1])
        part = dataclasses.replace(image, rows=y1 - y0, columns=x1 - x0, calibration=())
        engine = self.engine()
        regions = []
        for region in engine.propose(part, engine.encode(part, pixels)):
            mask = np.zeros((image.rows, image.columns), dtype=np.bool_)
            mask[y0:y1, x0:x1] = region.mask
            regions.append(dataclasses.replace(region, mask=mask))
        return tuple(regions)

    def encode_all(
        self,
        case: Case,
        encoded: MutableMapping[ImageKey, Encoded],
        known_broken: Mapping[ImageKey, str],
        progress: Progress,
        cancel: CancelToken,
    ) -> tuple[dict[ImageKey, Encoded], dict[ImageKey, str]]:
        """Encode the images of the case that were not yet.

        Parameters
        ----------
        encoded
            Gets each image as soon as it is encoded: what was done when the work is stopped is kept.
        known_broken
            Images that are not tried again, with the reason.

        Returns
        -------
        encoded, unreadable
            Every image of the case is in one of them; ``unreadable`` holds the reason.
        """
        engine = self.engine()
        result: dict[ImageKey, Encoded] = {}
        unreadable: dict[ImageKey, str] = {}
        missing = [image for image in case.images if image.key not in encoded]
        for image in case.images:
            cancel.check()
            if image.key not in encoded and image.key in known_broken:
                unreadable[image.key] = known_broken[image.key]
                continue
            if image.key not in encoded:
                progress(missing.index(image), len(missing), "")
                try:
                    encoded[image.key] = engine.encode(image)
                except UnreadableInputError as error:
                    unreadable[image.key] = str(error)
                    continue
            result[image.key] = encoded[image.key]
        progress(len(missing), len(missing), "")
        return result, unreadable

    def score(
        self, case: Case, encoded: Mapping[ImageKey, Encoded], threshold: float | None, *, full: bool
    ) -> Score:
        """Score the case; without interval and contributions where ``full`` is False: milliseconds.

        An image that is not in ``encoded`` could not be read: it does not count, and a warning says so.

        Raises
        ------
        UnreadableInputError
            If none of the images could be read.
        """
        readable = _readable(case, encoded)
        score = self.engine().score(readable, encoded, interval=full, contributions=full)
        run = dataclasses.replace(
            score.run,
            model=self.summary(threshold),
            revisions={image.key: case.input_revision(image.key) for image in case.images},
        )
        lost = len(case.images) - len(readable.images)
        told = (ScopeWarning("unreadable_image", f"{lost} of {len(case.images)} images cannot be read."),)
        return dataclasses.replace(score, run=run, warnings=(*(told if lost else ()), *score.warnings))

    def heat_maps(
        self, case: Case, encoded: Mapping[ImageKey, Encoded], method: str, target: str, scored_by: str
    ) -> Mapping[ImageKey, HeatMap]:
        """Explain the case with a class activation method.

        Parameters
        ----------
        scored_by
            SHA-256 of the model whose score is explained.

        Raises
        ------
        MachineUnavailableError
            If that is not the model in use.
        """
        if self.bundle().sha256 != scored_by:
            raise MachineUnavailableError(
                "The score was made with another model than the one in use: heat maps of it cannot be made. "
                "Choose that model in the preferences."
            )
        return self.engine().heat_maps(_readable(case, encoded), encoded, method=method, target=target)


def _readable(case: Case, encoded: Mapping[ImageKey, Encoded]) -> Case:
    """Return the case with the encoded images alone."""
    images = tuple(image for image in case.images if image.key in encoded)
    if not images:
        raise UnreadableInputError("None of the patient's images can be read: there is no score.")
    if len(images) == len(case.images):
        return case
    return dataclasses.replace(
        case,
        images=images,
        regions={key: kept for key, kept in case.regions.items() if key in encoded},
        excluded=frozenset(key for key in case.excluded if key in encoded),
        revisions={key: count for key, count in case.revisions.items() if key in encoded},
    )


def clipped(box: Box, image: UltrasoundImage) -> Box:
    """Return the part of a box that lies on the picture, its corners in order."""
    xs, ys = sorted((box[0], box[2])), sorted((box[1], box[3]))
    x0, x1 = (min(max(x, 0), image.columns) for x in xs)
    y0, y1 = (min(max(y, 0), image.rows) for y in ys)
    return x0, y0, x1, y1


def at_operating_point(
    model: ModelSummary, points: Sequence[OperatingPoint], threshold: float | None
) -> ModelSummary:
    """Return the model as used at a threshold of the site's own.

    What is published of an operating point holds at that threshold only: at any other, nothing is told.

    Parameters
    ----------
    model
        At its default operating point.
    points
        The card's operating points.
    threshold
        None for the default.
    """
    if threshold is None:
        return model
    for point in points:
        if math.isclose(point["threshold"], threshold, abs_tol=1e-9):
            return dataclasses.replace(
                model,
                threshold=point["threshold"],
                operating_point=point["name"],
                sensitivity=point["sensitivity"],
                specificity=point["specificity"],
                chosen_on=point["chosen_on"],
            )
    return dataclasses.replace(
        model,
        threshold=threshold,
        operating_point=SITE_OPERATING_POINT,
        sensitivity=None,
        specificity=None,
        chosen_on="",
    )
