"""Where a picture is clearly coloured (Doppler, elastography), told from the tint of a grey map."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from alnreader.case.image import Pixels

CHROMA: Final = 50
"""Largest less smallest of R, G, B (0..255) from which a pixel is coloured at all.

Doppler maps are near saturation; chroma left by JPEG in grey speckle stays below 30.
"""

OFF_TINT: Final = 40
"""Distance of R-G or B-G from the picture's own tint from which a colour is not the tint's.

Scanners colour the grey map as a whole (sepia, blue): there, the two differences follow the brightness.
"""

LEVELS: Final = 16
"""Steps of brightness in which the tint is measured."""

POPULATED: Final = 0.005
"""Share of the picture that a step must hold to have a tint of its own; others take the next darker one's."""

GRID: Final = (64, 64)
"""Cells over the picture in which an image's colour is kept, however large the network's input is."""

DARKEST: Final = 16
"""Pixels below this brightness (0..255) are background: they say nothing about the tint."""


def coloured(pixels: Pixels) -> NDArray[np.bool_]:
    """Mark the clearly coloured pixels.

    Parameters
    ----------
    pixels : ndarray
        (H, W, 3) uint8 RGB.

    Returns
    -------
    ndarray
        (H, W) bool.
    """
    values = pixels.astype(np.int16)
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    strong: NDArray[np.bool_] = values.max(axis=2) - values.min(axis=2) >= CHROMA
    if not strong.any():
        return strong
    # Rec. 601 luma in eighths: what the grey map was before it was tinted, nearly.
    luma = (2 * red + 5 * green + blue) // 8
    differences = np.stack([red - green, blue - green], axis=-1)
    tint = _tint(luma, differences)
    distance: NDArray[np.int16] = np.abs(differences - tint[luma * LEVELS // 256]).max(axis=-1)
    off: NDArray[np.bool_] = distance >= OFF_TINT
    return np.logical_and(strong, off)


def _tint(luma: NDArray[np.int16], differences: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the median (R-G, B-G) at each step of brightness, (LEVELS, 2)."""
    visible = luma >= DARKEST
    level = (luma * LEVELS // 256)[visible]
    shown = differences[visible]
    tint = np.zeros((LEVELS, 2), dtype=np.int16)
    needed = POPULATED * luma.size
    for step in range(LEVELS):
        members = shown[level == step]
        if len(members) > needed:
            tint[step] = np.median(members, axis=0)
        elif step:
            tint[step] = tint[step - 1]
    return tint


def coloured_share(pixels: Pixels, grid: tuple[int, int] = GRID) -> NDArray[np.float32]:
    """Return the share of clearly coloured pixels in each cell of a grid over the picture.

    Parameters
    ----------
    pixels : ndarray
        (H, W, 3) uint8 RGB.
    grid : tuple of int
        (h, w) cells.

    Returns
    -------
    ndarray
        (h, w) float32, 0..1.
    """
    marked = coloured(pixels)
    height, width = marked.shape
    # By area sums at the cells' borders; a picture smaller than the grid repeats its pixels.
    tops, bottoms = _borders(height, grid[0])
    lefts, rights = _borders(width, grid[1])
    sums = np.zeros((height + 1, width + 1), dtype=np.int64)
    sums[1:, 1:] = marked.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    inside = (
        sums[np.ix_(bottoms, rights)]
        - sums[np.ix_(tops, rights)]
        - sums[np.ix_(bottoms, lefts)]
        + sums[np.ix_(tops, lefts)]
    )
    area = np.outer(bottoms - tops, rights - lefts)
    return (inside / area).astype(np.float32)


def flow(pixels: Pixels) -> float:
    """Return the largest patch of clear red or blue, a share of the picture, 0..1: blood as Doppler shows it.

    Calipers, boxes and letters are thin lines, mostly yellow or green: an opening by a cross of 3 x 3 pixels
    and the hue leave none of them.

    Parameters
    ----------
    pixels : ndarray
        (H, W, 3) uint8 RGB.
    """
    marked = coloured(pixels)
    if not marked.any():
        return 0.0
    red, green, blue = (pixels[..., channel].astype(np.int16) for channel in range(3))
    # Orange, where the flow is fast, is red here; cyan is blue.
    hues = (red >= green + CHROMA) & (red >= blue + CHROMA), blue >= red + CHROMA
    largest = 0
    for hue in hues:
        patches, count = ndimage.label(ndimage.binary_opening(marked & hue))
        if count:
            largest = max(largest, int(np.bincount(patches.ravel())[1:].max()))
    return largest / marked.size


def _borders(length: int, cells: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    starts = np.arange(cells) * length // cells
    ends = np.maximum(np.arange(1, cells + 1) * length // cells, starts + 1)
    return starts, ends
