"""Heat maps checked against the picture they belong to, as levels, and as they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alnreader.case.case import HeatMap
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey, RegionContent, UltrasoundImage
from alnreader.case.language import mark, tr


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


FAINTEST = 0.01
"""Share of the patient's brightest spot below which a map is not drawn: on a scale of its own, what is
next to nothing would look like something."""

LEFT_OUT = mark("Left out of the patient's score: there is no heat map of it.")
EMPTY = mark("The heat map is empty: nothing here speaks for metastasis.")
OUTSIDE = mark("The heat map is not drawn: it lies outside the ultrasound.")
FAINT = mark("The heat map is not drawn: it stays below 1 % of the brightest image.")


@dataclass(frozen=True, eq=False)
class DrawnHeat:
    """A heat map as it is drawn.

    Attributes
    ----------
    values
        ``(H, W) float32``, 0..1 from one end of the colour bar to the other; None where nothing is drawn.
    top
        What stands at the bar's upper end, in the language that was chosen.
    note
        What has to be said of it: how strong it is, or why nothing is drawn; it may be empty.
    """

    values: HeatMap | None
    top: str
    note: str


def drawn_of_patient(
    heat_maps: Mapping[ImageKey, HeatMap], image: UltrasoundImage, included: bool, *, own_scale: bool = True
) -> DrawnHeat | None:
    """Return how an image's part in the patient's heat maps is drawn; None where there is no map.

    Outside the ultrasound regions that the file declares nothing is drawn; the values inside are what they
    were. On its own scale the map reaches from 0 to its own maximum, which is told as a share of the
    patient's brightest spot; on the common one all images reach from 0 to that spot
    (docs/decisions/0220-a-heat-map-s-own-scale.md).

    Parameters
    ----------
    heat_maps
        Of the patient, on one scale.
    image
        One of them.
    included
        Whether it counts in the patient's score.

    Raises
    ------
    InvalidValueError
        As `heat_map_of`.
    """
    heat = heat_map_of(heat_maps, image)
    if heat is None:
        return None
    if not included:
        return DrawnHeat(None, "", tr(LEFT_OUT))
    strongest, peak = _brightest(heat_maps), float(heat.max(initial=0.0))
    if peak <= 0.0:
        return DrawnHeat(None, "", tr(EMPTY))
    share = peak / strongest
    if share < FAINTEST:
        return DrawnHeat(None, "", tr(FAINT))
    inside = _inside(heat, image)
    if float(inside.max(initial=0.0)) < FAINTEST * strongest:
        return DrawnHeat(None, "", tr(OUTSIDE))
    brightest = share >= 1.0
    note = tr("the brightest image") if brightest else tr("{share} of the brightest image")
    words = f"{100.0 * share:.0f} %"
    note = note.format(share=words)
    if own_scale:
        return DrawnHeat(inside / np.float32(peak), words, note)
    return DrawnHeat(inside / np.float32(strongest), "100 %", note)


def drawn_alone(heat_maps: Mapping[ImageKey, HeatMap], image: UltrasoundImage) -> DrawnHeat | None:
    """Return how the heat map of an image's own probability is drawn; None where there is none."""
    heat = heat_map_of(heat_maps, image)
    if heat is None:
        return None
    if not heat.any():
        return DrawnHeat(None, "", tr(EMPTY))
    inside = _inside(heat, image)
    return DrawnHeat(inside, "1", "") if inside.any() else DrawnHeat(None, "", tr(OUTSIDE))


def _inside(heat: HeatMap, image: UltrasoundImage) -> HeatMap:
    """Return the map, zero outside the regions of the file that show ultrasound; as it is without such.

    A cell of the network's grid is larger than a pixel and sees further than itself: beside an outline at
    the edge of the ultrasound the map reaches into the black margin, where there is nothing to see.
    """
    regions = [region for region in image.calibration if region.content is not RegionContent.OTHER]
    shown = np.zeros(heat.shape, np.bool_)
    for region in regions:
        shown[max(0, region.y0) : max(0, region.y1 + 1), max(0, region.x0) : max(0, region.x1 + 1)] = True
    return heat if shown.all() or not shown.any() else np.where(shown, heat, np.float32(0.0))


def _brightest(heat_maps: Mapping[ImageKey, HeatMap]) -> float:
    return max(float(heat.max(initial=0.0)) for heat in heat_maps.values())
