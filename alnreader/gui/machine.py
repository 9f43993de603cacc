"""The machine's half for the controller: a thin, lazily loaded engine that only the network thread touches."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case.case import Case, HeatMap
from alnreader.case.errors import AlnReaderError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.progress import CancelToken, Progress
from alnreader.case.region import Region
from alnreader.case.score import Score

if TYPE_CHECKING:
    from alnreader.inference.encode import Encoded
    from alnreader.inference.engine import Engine


class MachineUnavailableError(AlnReaderError):
    """The network cannot run here. Viewing, measuring and reporting go on without it."""


class Machine:
    """Loads the network when it is first asked for something, and keeps it.

    Every method runs in the pool ``network``, which has one thread.

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
        self._engine: Engine | None = None

    def engine(self) -> Engine:
        """Return the engine, loaded at the first call.

        Raises
        ------
        AlnReaderError
            If the bundle is absent or broken, or torch cannot be loaded on this machine.
        """
        if self._engine is None:
            from alnreader.model.bundle import find_bundle

            bundle = find_bundle(self._model)
            try:
                from alnreader.inference.engine import Engine
            except (ImportError, OSError) as error:
                # A broken torch shows as OSError where a library of its own cannot be loaded (Windows).
                raise MachineUnavailableError(
                    f"The network cannot run on this computer: torch cannot be loaded ({error}). "
                    "Viewing, measuring and reporting work without it. Install the program anew to mend it."
                ) from error
            self._engine = Engine(bundle, device=self._device)
        return self._engine

    def propose(self, image: UltrasoundImage, encoded: Encoded | None) -> tuple[Encoded, tuple[Region, ...]]:
        """Encode the image unless that was done, and outline what the network sees."""
        engine = self.engine()
        encoded = encoded or engine.encode(image)
        return encoded, engine.propose(image, encoded)

    def propose_in_box(self, image: UltrasoundImage, box: tuple[int, int, int, int]) -> tuple[Region, ...]:
        """Let the network look again at an enlarged box (x0, y0, x1, y1), ends exclusive.

        The regions are pasted back and have the size of the picture.
        """
        import numpy as np

        x0, y0, x1, y1 = box
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
        self, case: Case, encoded: Mapping[ImageKey, Encoded], progress: Progress, cancel: CancelToken
    ) -> dict[ImageKey, Encoded]:
        """Encode the images of the case that were not yet."""
        engine = self.engine()
        result = dict(encoded)
        missing = [image for image in case.images if image.key not in result]
        for number, image in enumerate(missing):
            cancel.check()
            progress(number, len(missing), "")
            result[image.key] = engine.encode(image)
        progress(len(missing), len(missing), "")
        return result

    def score(self, case: Case, encoded: Mapping[ImageKey, Encoded], *, full: bool) -> Score:
        """Score the case; without interval and contributions where ``full`` is False: milliseconds."""
        return self.engine().score(case, encoded, interval=full, contributions=full)

    def heat_maps(
        self, case: Case, encoded: Mapping[ImageKey, Encoded], method: str, target: str
    ) -> Mapping[ImageKey, HeatMap]:
        """Explain the case with a class activation method."""
        return self.engine().heat_maps(case, encoded, method=method, target=target)
