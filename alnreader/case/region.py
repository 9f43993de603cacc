"""A tumour or lymph node that is outlined on one image."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from alnreader.case.errors import InvalidValueError

Mask = NDArray[np.bool_]


class RegionKind(StrEnum):
    """What is outlined. The values are those of the JSON document."""

    TUMOUR = "tumour"
    LYMPH_NODE = "lymph_node"

    @property
    def words(self) -> str:
        """The kind as a person writes it."""
        return self.value.replace("_", " ")


class Origin(StrEnum):
    """Who made the outline: the network, the network corrected by a human, or a human."""

    PROPOSED = "proposed"
    EDITED = "edited"
    DRAWN = "drawn"


@dataclass(frozen=True, eq=False)
class Region:
    """One outlined structure.

    Attributes
    ----------
    mask
        ``(H, W) bool``, size of the picture, at least one pixel set; kept read-only.
    kind, origin, confirmed
        What it is, who made it, and whether a human accepted it.
    revision
        Counts the changes of this region, from 0.
    """

    mask: Mask
    kind: RegionKind
    origin: Origin = Origin.PROPOSED
    confirmed: bool = False
    revision: int = 0

    def __post_init__(self) -> None:
        """Refuse a mask that is not one, or is empty; keep a private read-only copy."""
        mask = np.asarray(self.mask)
        if mask.ndim != 2 or mask.dtype != np.bool_:
            raise InvalidValueError(
                f"A region's mask is (H, W) bool, not {mask.dtype} of shape {mask.shape}."
            )
        if not mask.any():
            raise InvalidValueError("A region without a single pixel is no region: delete it instead.")
        if self.revision < 0:
            raise InvalidValueError(f"A revision counts from 0, not {self.revision}.")
        # A read-only view of an array that someone else can write is not private.
        if mask.flags.writeable or mask.base is not None:
            mask = mask.copy()
            mask.setflags(write=False)
        object.__setattr__(self, "mask", mask)

    def edited(self, mask: Mask) -> Region:
        """Return the region with another mask, one revision on; a human's hand is remembered."""
        origin = Origin.DRAWN if self.origin is Origin.DRAWN else Origin.EDITED
        return dataclasses.replace(self, mask=mask, origin=origin, revision=self.revision + 1)

    def retyped(self, kind: RegionKind) -> Region:
        """Return the region as the other kind, one revision on."""
        return dataclasses.replace(self, kind=kind, revision=self.revision + 1)

    def accepted(self) -> Region:
        """Return the region as confirmed by a human. The outline and its revision stay."""
        return dataclasses.replace(self, confirmed=True)


def union(regions: tuple[Region, ...], shape: tuple[int, int]) -> Mask:
    """Return all regions of an image as one ``(H, W) bool`` mask."""
    result = np.zeros(shape, dtype=np.bool_)
    for region in regions:
        if region.mask.shape != shape:
            raise InvalidValueError(f"A region of {region.mask.shape} does not fit a picture of {shape}.")
        result |= region.mask
    return result
