"""Which part of a picture is ultrasound, and may stay; the rest is where scanners write the patient's name.

Scanners say it (Sequence of Ultrasound Regions). Where they do not, it is looked for, and where it cannot be
told from the rest the answer is "unknown", not a guess: the reader must say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alnreader.case.image import CalibrationRegion, Pixels, RegionContent

Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]
"""``x0, y0, x1, y1`` in pixels, both ends inclusive."""

WHOLE_SHARE = 0.97
"""A found sector above this share of the picture says nothing: the names would lie inside."""

REGIONS_SHARE = 0.85
"""Declared regions above this share of the picture are not believed unseen. A bar of the screen, a line of
settings and a column of measures take more than the rest; scanners that declare more have them inside."""

SMALLEST_SHARE = 0.10
"""A found sector below this share is something else: a logo, a grey bar, a thumbnail."""

SOLID_SHARE = 0.85
"""Share of its convex hull that a found sector fills: fans and rectangles fill it, a sector with a bar grown
onto it or two pictures side by side do not."""

_LIT = 12
"""Grey value, of 255, from which a pixel is not background: noise of compression stays below."""

_WINDOW_SHARE = 0.03
"""Side of the window in which lit pixels are counted, of the shorter side of the picture: more than a line of
text."""

_DENSE = 0.55
"""Share of lit pixels in the window that speckle has. Lines of text have a third at most."""


_EDGE, _EVEN_SHARE = 0.08, 0.1
"""Share of the picture's height and width in which bars of a screen lie, and how much of it may look like
one."""

_EVEN_WINDOW, _EVEN, _BRIGHT = 5, 2.0, 40.0
"""Pixels of a window; standard deviation of grey values below which it is even, and mean above which it is
bright: speckle of that brightness varies by ten and more, a bar of the screen not at all."""

_EVEN_PATCH = 0.004
"""Share of the kept area that one even, bright patch may cover. Measured on published breast ultrasound
without bars: 0.002 at most; a title bar covers 0.03 and more."""

_SHARP, _SHARP_SHARE = 110, 0.3
"""Grey values between neighbours that letters and lines have and the blurred echoes of ultrasound seldom, and
the share of such pixels in a window that is writing. Measured on the same pictures: most have below 0.28."""

_LETTERS_SHARE = 0.06
"""Side of the window in which sharp edges are counted, of the shorter side of the picture."""

_BOX_SHARE, _BOX_FILL = 0.002, 0.9
"""A patch without texture, dark or bright, that covers this share of the kept area and fills its bounding box
so far is a box that was drawn: cysts and shadows have no straight sides."""

_LEAST_TEXTURE = 0.25
"""Share of the texture of a file's fullest frame that each frame has: a beating heart leaves 0.9 of it, a
page of writing a tenth."""


_ODD_SHARE, _BLOCK = 0.5, 4
"""Share of the frames, at most, that look drawn at a place where the rest do not: they show another thing.
Where more do, it is a scale or the way this scanner's pictures look. Compared in blocks of some pixels."""

_ODD_BLOCKS = 16
"""Blocks that one frame must have alone: in a published cine of 65 frames none had more than one, and a name
of letters ten pixels high in one of them has 55."""


class AreaKind(StrEnum):
    """How it is known what may stay."""

    REGIONS = "ultrasound regions of the file"
    SOURCE = "ultrasound regions of the image it was made from"
    DETECTED = "found in the picture"
    GIVEN = "given by the user"
    WHOLE = "whole picture, as the user decided"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Area:
    """What of a picture stays.

    Attributes
    ----------
    kind
        How it is known.
    mask
        ``(H, W) bool``, True where pixels stay; None where all do, or nothing is known.
    """

    kind: AreaKind
    mask: Mask | None = None

    @property
    def share(self) -> float:
        """Part of the picture that stays, 0..1."""
        return 1.0 if self.mask is None else float(self.mask.mean())

    def apply(self, pixels: Pixels) -> Pixels:
        """Return RGB pixels ``(H, W, 3) uint8`` with black outside the area."""
        return (
            pixels if self.mask is None else np.where(self.mask[..., np.newaxis], pixels, 0).astype(np.uint8)
        )


def area_of_boxes(boxes: Iterable[Box], rows: int, columns: int, kind: AreaKind) -> Area:
    """Return the union of boxes, cut to the picture."""
    mask = np.zeros((rows, columns), dtype=np.bool_)
    for x0, y0, x1, y1 in boxes:
        mask[max(0, y0) : max(0, y1 + 1), max(0, x0) : max(0, x1 + 1)] = True
    return Area(kind, mask)


def area_of_regions(regions: Iterable[CalibrationRegion], rows: int, columns: int) -> Area:
    """Return what the file's regions keep; unknown where they keep nothing or nearly everything.

    A bar, a trace or a line of writing may have a region, too: only those that show tissue, flow or a
    spectrum of it count.
    """
    area = area_of_boxes(_boxes(regions), rows, columns, AreaKind.REGIONS)
    return area if 0 < area.share <= REGIONS_SHARE else Area(AreaKind.UNKNOWN)


def _boxes(regions: Iterable[CalibrationRegion]) -> list[Box]:
    shown = (region for region in regions if region.content is not RegionContent.OTHER)
    return [(region.x0, region.y0, region.x1, region.y1) for region in shown]


def area_of_whole_screen(regions: Iterable[CalibrationRegion], frames: Iterable[Pixels]) -> Area:
    """Return regions that cover nearly the whole picture where the picture itself agrees.

    That is speckle up to every edge, or one sector: what of it is in the regions. Neither is believed alone.
    A bar of the screen is even and bright where speckle is not, and writing on black leaves most pixels
    unlit.
    """
    frames = list(frames)
    brightest = _brightest(frames)
    if brightest is None:
        return Area(AreaKind.UNKNOWN)
    rows, columns = brightest.shape
    area = area_of_boxes(_boxes(regions), rows, columns, AreaKind.REGIONS)
    if area.mask is None or area.share <= REGIONS_SHARE:
        return Area(AreaKind.UNKNOWN)
    if _dense(brightest)[area.mask].mean() < WHOLE_SHARE:
        found = detect_area(frames).mask
        return Area(AreaKind.UNKNOWN) if found is None else Area(AreaKind.DETECTED, area.mask & found)
    even = _even(brightest) & (_mean(brightest) > _BRIGHT)
    edge_rows, edge_columns = (max(1, round(_EDGE * length)) for length in (rows, columns))
    edges = (even[:edge_rows], even[-edge_rows:], even[:, :edge_columns], even[:, -edge_columns:])
    agrees = all(float(edge.mean()) < _EVEN_SHARE for edge in edges)
    return area if agrees and _is_speckle(brightest, area.mask) else Area(AreaKind.UNKNOWN)


def _mean(brightest: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.blur(brightest.astype(np.float32), (_EVEN_WINDOW, _EVEN_WINDOW)))


def _even(brightest: NDArray[np.uint8]) -> Mask:
    """Return where the window round a pixel has no texture."""
    import cv2

    values = brightest.astype(np.float32)
    squares = cv2.blur(values * values, (_EVEN_WINDOW, _EVEN_WINDOW))
    return np.asarray(squares - _mean(brightest) ** 2 < _EVEN**2)


def _is_speckle(brightest: NDArray[np.uint8], mask: Mask) -> bool:
    """Whether nothing in a part of a picture looks drawn: no bar, no box, no writing on an even ground."""
    return not _drawn(brightest, mask).any()


def _drawn(brightest: NDArray[np.uint8], mask: Mask) -> Mask:
    """Return where a part of a picture looks drawn."""
    import cv2

    window = np.ones((_EVEN_WINDOW, _EVEN_WINDOW), np.uint8)
    inner = cv2.erode(mask.astype(np.uint8), window, borderValue=1).astype(np.bool_)
    size = float(mask.sum())
    flat = _even(brightest) & inner
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (flat & (_mean(brightest) > _BRIGHT)).astype(np.uint8), connectivity=4
    )
    drawn = _those(labels, stats[:, cv2.CC_STAT_AREA] > _EVEN_PATCH * size)
    # Letters part a box into pieces: they are filled before its shape is looked at.
    side = max(3, round(_WINDOW_SHARE * min(brightest.shape)) | 1)
    filler = np.ones((side, side), np.uint8)
    whole = cv2.morphologyEx(flat.astype(np.uint8), cv2.MORPH_CLOSE, filler) * inner.astype(np.uint8)
    for boxes in (flat.astype(np.uint8), whole):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(boxes, connectivity=4)
        areas = stats[:, cv2.CC_STAT_AREA]
        bounds = stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT]
        drawn |= _those(labels, (areas > _BOX_SHARE * size) & (areas > _BOX_FILL * bounds))
    neighbours = np.ones((3, 3), np.uint8)
    steps = cv2.morphologyEx(brightest, cv2.MORPH_GRADIENT, neighbours)
    sharp = ((steps > _SHARP) & inner).astype(np.float32)
    side = max(3, round(_LETTERS_SHARE * min(brightest.shape)) | 1)
    return np.asarray(drawn | (cv2.blur(sharp, (side, side)) > _SHARP_SHARE))


def _those(labels: NDArray[Any], chosen: NDArray[Any]) -> Mask:
    """Return the pixels of the chosen components; the first is the background and none."""
    numbers = 1 + np.flatnonzero(chosen[1:])
    return np.isin(labels, numbers) if numbers.size else np.zeros(labels.shape, np.bool_)


def frames_agree(area: Area, frames: Iterable[Pixels]) -> bool:
    """Whether every frame of a file, each looked at alone, shows ultrasound where pixels are to stay.

    An area was chosen by a few frames, and a page of the screen may be any. Where the file does not vouch for
    the area nothing in a frame may look drawn. Where it does, the frames are held against each other: scales
    and settings within a region look drawn in all of them, a bar or a page in one; and no frame may have far
    less texture than others. A frame without anything in it agrees.

    Parameters
    ----------
    area
        What stays. What a user has decided is not looked at.
    frames
        All of them, ``(H, W, 3) uint8 RGB``; one after the other is in memory.
    """
    if area.mask is None or area.kind is AreaKind.GIVEN:
        return True
    alone = area.kind is AreaKind.DETECTED or area.share > REGIONS_SHARE
    textures: list[float] = []
    drawn: list[Mask] = []
    for frame in frames:
        grey = frame.max(axis=2)
        if not (grey[area.mask] > _LIT).any():
            continue
        drawn.append(_coarse(_drawn(grey, area.mask)))
        if alone and drawn[-1].any():
            return False
        textures.append(float((_dense(grey) & ~_even(grey))[area.mask].mean()))
    if 0 < _odd(drawn) <= _ODD_SHARE * len(drawn):
        return False
    return not textures or min(textures) >= _LEAST_TEXTURE * max(textures)


def _coarse(mask: Mask) -> Mask:
    """Return a mask with a pixel for each block that holds any: all those of a long cine are kept at once."""
    import cv2

    size = (-(-mask.shape[1] // _BLOCK), -(-mask.shape[0] // _BLOCK))
    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0)


def _odd(drawn: list[Mask]) -> int:
    """Return how many frames have something drawn where most have nothing."""
    import cv2

    if not drawn:
        return 0
    count = np.zeros(drawn[0].shape, np.int64)
    for one in drawn:
        count += one
    lasting = cv2.dilate((count > _ODD_SHARE * len(drawn)).astype(np.uint8), np.ones((3, 3), np.uint8))
    return sum(int((one & (lasting == 0)).sum()) >= _ODD_BLOCKS for one in drawn)


def _brightest(frames: Iterable[Pixels]) -> NDArray[np.uint8] | None:
    brightest: NDArray[np.uint8] | None = None
    for frame in frames:
        grey = frame.max(axis=2)
        brightest = grey if brightest is None else np.maximum(brightest, grey)
    return brightest


def _dense(brightest: NDArray[np.uint8]) -> Mask:
    """Return where most pixels of the window round a pixel are lit."""
    import cv2

    side = max(3, round(_WINDOW_SHARE * min(brightest.shape)) | 1)
    lit = (brightest > _LIT).astype(np.float32)
    share = cv2.boxFilter(lit, -1, (side, side), borderType=cv2.BORDER_REFLECT)
    return np.asarray(share > _DENSE)


def detect_area(frames: Iterable[Pixels]) -> Area:
    """Look for the one solid textured patch that an ultrasound picture is.

    Parameters
    ----------
    frames
        A few frames of one file, ``(H, W, 3) uint8 RGB``.

    Returns
    -------
    Area
        The convex hull of the patch; unknown where there is none, more than one could be meant, or it fills
        the picture, or something in it is not texture.
    """
    import cv2

    brightest = _brightest(frames)
    if brightest is None:
        return Area(AreaKind.UNKNOWN)
    dense = _dense(brightest).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dense, connectivity=4)
    if count < 2:
        return Area(AreaKind.UNKNOWN)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    patch = (labels == largest).astype(np.uint8)
    contours, _ = cv2.findContours(patch, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(patch), contours, -1, 1, cv2.FILLED)
    hull = cv2.convexHull(np.concatenate(contours))
    mask = cv2.fillConvexPoly(np.zeros_like(patch), hull, 1).astype(np.bool_)
    share, solidity = float(mask.mean()), float(filled.sum()) / float(mask.sum())
    if not SMALLEST_SHARE <= share <= WHOLE_SHARE or solidity < SOLID_SHARE:
        return Area(AreaKind.UNKNOWN)
    others = np.delete(stats[1:, cv2.CC_STAT_AREA], largest - 1)
    if others.size and others.max() > SMALLEST_SHARE * brightest.size:
        return Area(AreaKind.UNKNOWN)  # two pictures on one screen: which is meant?
    if not _is_speckle(brightest, mask):
        return Area(AreaKind.UNKNOWN)  # a bar, a box or a page of the screen grown onto the hull
    return Area(AreaKind.DETECTED, mask)
