"""Raster figures of a report: pictures at print resolution, heat maps in colour, thumbnails."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alnreader.case.case import HeatMap
from alnreader.case.image import Pixels

PRINT_EDGE = 720
"""Longest edge of a picture in the report, in pixels: 85 mm at 215 dots per inch."""

THUMBNAIL_EDGE = 96
"""Longest edge of a thumbnail, in pixels: 8 mm at 300 dots per inch."""

_JPEG_QUALITY = 90
"""Speckle and burned-in text stay as they are to the eye; a picture takes some 60 kB."""

_INFERNO = (
    (0, 0, 4),
    (11, 7, 36),
    (33, 12, 74),
    (61, 9, 101),
    (87, 16, 110),
    (113, 25, 110),
    (138, 34, 106),
    (163, 44, 97),
    (188, 55, 84),
    (210, 70, 68),
    (228, 90, 49),
    (241, 115, 29),
    (249, 142, 9),
    (252, 172, 17),
    (249, 203, 53),
    (242, 234, 105),
    (252, 255, 164),
)
"""Every 16th colour of inferno (S. van der Walt, N. Smith, CC0): even to the eye, in grey too."""

_OPAQUE_FROM = 0.35
"""Heat at and above which the map has its full opacity; below, it fades out to nothing at 0."""

_OPACITY = 0.72
"""At most: the anatomy stays visible under the map."""


@dataclass(frozen=True)
class Figure:
    """An encoded picture and its size in pixels."""

    jpeg: bytes
    columns: int
    rows: int


def inferno(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return colours ``(..., 3) uint8`` of values 0..1."""
    places = np.linspace(0.0, 1.0, len(_INFERNO))
    table = np.array(_INFERNO, dtype=np.float64)
    channels = [np.interp(values, places, table[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def opacity(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the map's opacity 0..1: none where there is nothing."""
    return (np.clip(values / np.float32(_OPAQUE_FROM), 0.0, 1.0) * np.float32(_OPACITY)).astype(np.float32)


def shrink(pixels: Pixels, edge: int) -> Pixels:
    """Return a picture ``(H, W, 3) uint8`` whose longer edge is at most ``edge``; a smaller one as it is."""
    rows, columns = pixels.shape[:2]
    scale = edge / max(rows, columns)
    if scale >= 1.0:
        return pixels
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def picture(pixels: Pixels, edge: int = PRINT_EDGE) -> Figure:
    """Return the picture for print."""
    return _encode(shrink(pixels, edge))


def heat_picture(pixels: Pixels, heat: HeatMap, edge: int = PRINT_EDGE) -> Figure:
    """Return the picture with the heat map ``(H, W)`` 0..1 over it, for print."""
    return _encode(blend(shrink(pixels, edge), heat))


def blend(small: Pixels, heat: HeatMap) -> Pixels:
    """Lay a heat map ``(H, W)`` 0..1 over a picture ``(h, w, 3)``, whose size it takes."""
    size = (small.shape[1], small.shape[0])
    levels = Image.fromarray(np.ascontiguousarray(heat, dtype=np.float32))
    values = np.clip(np.asarray(levels.resize(size, Image.Resampling.BILINEAR)), 0.0, 1.0)
    cover = opacity(values)[..., None]
    # The anatomy under the map in grey: a colour of the scanner must not pass for a colour of the map.
    grey = small.astype(np.float32).mean(axis=-1, keepdims=True)
    under = np.where(cover > 0, grey * cover + small * (1 - cover), small)
    return np.rint(under * (1 - cover) + inferno(values) * cover).astype(np.uint8)


def colour_bar(steps: int = 64) -> Figure:
    """Return the map's colours from 0 to 1, left to right."""
    return _encode(inferno(np.linspace(0.0, 1.0, steps, dtype=np.float32))[None].repeat(4, axis=0))


def _encode(pixels: Pixels) -> Figure:
    image = Image.fromarray(pixels)
    if (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all():
        image = image.convert("L")
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return Figure(stream.getvalue(), image.width, image.height)
