"""Which mask gates an image, and what was already computed for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alnreader.case.region import Origin, Region, union
from alnreader.inference.encode import Encoded
from alnreader.inference.gate import HeadWeights, Instance, instance, mask_to_logits, pool
from alnreader.inference.jitter import SAMPLES, jittered
from alnreader.inference.propose import outlined
from alnreader.model.card import MaskCard


@dataclass(eq=False)
class _Known:
    """What was computed for one encoded image. Results only: losing it costs time, nothing else."""

    masks: tuple[NDArray[np.bool_], ...] | None = None
    predicted: Instance | None = None
    # Of the last regions only: the objects themselves are compared, so that no outline can be mistaken.
    current: tuple[tuple[Region, ...], Instance] | None = None
    moved: tuple[Instance, Tensor] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Instances:
    """Turns encoded images and regions into instances of the patient's bag.

    An image whose regions are the network's whole, unchanged proposal is gated with the network's soft
    logits, as published; any other set of regions enters as logits of -k and k. An image without regions is
    gated with the soft logits too.

    Parameters
    ----------
    heads : HeadWeights
    mask : MaskCard
        The card's mask section.
    """

    def __init__(self, heads: HeadWeights, mask: MaskCard) -> None:
        self._heads = heads
        self._mask = mask
        self._known: WeakKeyDictionary[Encoded, _Known] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def _of(self, encoded: Encoded) -> _Known:
        with self._lock:
            return self._known.setdefault(encoded, _Known())

    def proposed_masks(self, encoded: Encoded) -> tuple[NDArray[np.bool_], ...]:
        """Return the network's own outlines in the picture, largest first."""
        known = self._of(encoded)
        with known.lock:
            if known.masks is None:
                shape = (encoded.rows, encoded.columns)
                known.masks = outlined(encoded.mask_logits, shape, self._mask)
            return known.masks

    def predicted(self, encoded: Encoded) -> Instance:
        """Return the image under the network's own soft mask."""
        known = self._of(encoded)
        with known.lock:
            if known.predicted is None:
                known.predicted = instance(encoded, encoded.mask_logits, self._heads)
            return known.predicted

    def current(self, encoded: Encoded, regions: tuple[Region, ...]) -> Instance:
        """Return the image under its regions."""
        if not regions:
            return self.predicted(encoded)
        known = self._of(encoded)
        with known.lock:
            last = known.current
        if last is not None and last[0] == regions:
            return last[1]
        if self._is_whole_proposal(encoded, regions):
            found = self.predicted(encoded)
        else:
            size = (encoded.mask_logits.shape[0], encoded.mask_logits.shape[1])
            mask = union(regions, (encoded.rows, encoded.columns))
            logits = mask_to_logits(mask, size, self._mask["logit_k"])
            found = instance(encoded, logits, self._heads)
        with known.lock:
            known.current = (regions, found)
        return found

    def _is_whole_proposal(self, encoded: Encoded, regions: tuple[Region, ...]) -> bool:
        """Whether the regions are the whole proposal, untouched; neither kind nor confirmation matters."""
        masks = self.proposed_masks(encoded)
        if len(regions) != len(masks) or any(region.origin is not Origin.PROPOSED for region in regions):
            return False
        shape = (encoded.rows, encoded.columns)
        proposed = np.zeros(shape, dtype=np.bool_)
        for mask in masks:
            proposed |= mask
        return bool(np.array_equal(proposed, union(regions, shape)))

    def moved(self, encoded: Encoded, current: Instance, seed: int) -> Tensor:
        """Return the pooled feature under `SAMPLES` jittered contours, (SAMPLES, C)."""
        known = self._of(encoded)
        with known.lock:
            if known.moved is None or known.moved[0] is not current:
                with torch.no_grad():
                    pooled = pool(encoded.x, jittered(current.grid_logits, SAMPLES, seed))
                known.moved = (current, pooled)
            return known.moved[1]
