"""Heat maps checked against the picture they belong to, and as levels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from alnreader.case.case import HeatMap
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey, UltrasoundImage


def heat_map_of(heat_maps: Mapping[ImageKey, HeatMap], image: UltrasoundImage) -> HeatMap | None:
    """Return an image's heat map ``(H, W)`` 0..1, None where there is none.

    Raises
    ------
    InvalidValueError
        If it is not of the picture's size or not finite: it belongs to another picture, or to none.
    """
    heat = heat_maps.get(image.key)
    if heat is None:
        return None
    if heat.shape != (image.rows, image.columns) or not np.isfinite(heat).all():
        raise InvalidValueError(f"{image.source}: a heat map of {heat.shape} does not fit the picture.")
    return heat


def levels(heat: HeatMap) -> NDArray[np.uint8]:
    """Return a heat map ``(H, W)`` 0..1 as ``uint8`` 0..255, rounded."""
    return np.rint(np.clip(heat, 0.0, 1.0) * 255.0).astype(np.uint8)
