"""Outlines or a heat map drawn into a picture's pixels, for viewers that show nothing else.

The picture keeps its own pixels; what has to be said stands in a strip under it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from alnreader.case.case import HeatMap
from alnreader.case.image import Pixels
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.paths import resources_dir
from alnreader.report.figures import blend, inferno
from alnreader.report.outline import Loop, outlines
from alnreader.report.sentences import HEAT_MAP_CAPTION

Colour = tuple[int, int, int]

OUTLINE_CAPTION = "Outlines by ALN Reader, for display"
HEAT_CAPTION = f"Heat map by ALN Reader: {HEAT_MAP_CAPTION}"

COLOURS: dict[RegionKind, Colour] = {
    RegionKind.TUMOUR: (0xFF, 0xB4, 0x54),
    RegionKind.LYMPH_NODE: (0x3F, 0xD3, 0xC1),
}
_TEXT: Colour = (0xE8, 0xEB, 0xEF)
_CAUTION: Colour = (0xF2, 0xC1, 0x4E)

_NARROWEST = 480
"""Columns that the strip's text needs; a smaller picture gets a black margin at its right."""

_FINE = 3
"""Lines are drawn this much larger and shrunk, so that they have no steps."""

_WIDE = 512
"""Columns of a picture on which a line is 1.5 pixels wide; on larger ones it grows with them."""


@dataclass(frozen=True)
class _Style:
    """Sizes that go with the picture's width, in pixels."""

    line: float
    text: int

    @classmethod
    def of(cls, columns: int) -> _Style:
        scale = max(1.0, columns / _WIDE)
        return cls(1.5 * scale, max(13, round(13 * min(scale, 2.0))))


def outline_capture(pixels: Pixels, regions: Sequence[Region], labels: Sequence[str], banner: str) -> Pixels:
    """Return the picture with its outlines and a legend.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``.
    regions, labels
        What is outlined, and the name of each on the picture.
    banner
        Of a demonstration model, else empty.

    Returns
    -------
    ``(H', W', 3) uint8 RGB``; the picture is its left upper part.
    """
    style = _Style.of(pixels.shape[1])
    drawn = pixels
    for region in regions:
        dashed = region.origin is Origin.PROPOSED and not region.confirmed
        drawn = _with_outline(drawn, outlines(region.mask), COLOURS[region.kind], dashed, style)
    image = Image.fromarray(np.ascontiguousarray(drawn))
    for region, label in zip(regions, labels, strict=True):
        _label(image, region, label, style)
    legend = (
        f"{OUTLINE_CAPTION}. T: tumour, N: lymph node. Dashed: proposed by the network, not confirmed by a "
        "reader. Solid: confirmed, corrected or drawn by a reader."
    )
    return _with_strip(np.asarray(image), legend, banner, style)


def heat_capture(pixels: Pixels, heat: HeatMap, top: str, banner: str) -> Pixels:
    """Return the picture under its heat map, with the colour bar and the caption.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``.
    heat
        ``(H, W)`` 0..1 as it is drawn, on its own scale.
    top
        What stands at the upper end of that scale: a percentage of the patient's brightest spot.
    banner
        Of a demonstration model, else empty.
    """
    style = _Style.of(pixels.shape[1])
    caption = f"{HEAT_CAPTION}. The scale ends at {top} of the brightest spot in the patient's images."
    return _with_strip(blend(pixels, heat), caption, banner, style, top)


def _with_outline(
    pixels: Pixels, loops: Sequence[Loop], colour: Colour, dashed: bool, style: _Style
) -> Pixels:
    dash = (style.line * 4.0, style.line * 2.6) if dashed else None
    halo = _coverage(pixels.shape[:2], loops, style.line * 2.2, None)
    line = _coverage(pixels.shape[:2], loops, style.line, dash)
    under = pixels * (1.0 - halo)
    return np.rint(under * (1.0 - line) + np.array(colour) * line).astype(np.uint8)


def _coverage(
    shape: tuple[int, ...], loops: Sequence[Loop], width: float, dash: tuple[float, float] | None
) -> NDArray[np.float64]:
    """Return how much of each pixel closed lines cover: ``(H, W, 1)`` 0..1."""
    rows, columns = shape
    sheet = Image.new("L", (columns * _FINE, rows * _FINE), 0)
    pen = ImageDraw.Draw(sheet)
    thick = max(1, round(width * _FINE))
    for loop in loops:
        closed = np.vstack([loop, loop[:1]]) * _FINE
        for piece in [closed] if dash is None else _dashes(closed, dash[0] * _FINE, dash[1] * _FINE):
            pen.line([(float(x), float(y)) for x, y in piece], fill=255, width=thick, joint="curve")
    small = sheet.resize((columns, rows), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)[..., None] / 255.0


def _dashes(line: Loop, on: float, off: float) -> Iterator[Loop]:
    """Yield the pieces of a line that dashes of that length and distance cover."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    for start in np.arange(0.0, along[-1], on + off):
        end = min(start + on, along[-1])
        inner = line[(along > start) & (along < end)]
        ends = [[np.interp(at, along, line[:, axis]) for axis in (0, 1)] for at in (start, end)]
        yield np.vstack([ends[0], inner, ends[1]])


def _label(image: Image.Image, region: Region, label: str, style: _Style) -> None:
    """Write a region's name above its highest point, within the picture."""
    pen = ImageDraw.Draw(image)
    rows, columns = np.nonzero(region.mask)
    top = int(rows.min())
    middle = float(columns[rows == top].mean())
    font = _font(style.text)
    left, upper, right, lower = font.getbbox(label)
    width, height = int(right - left) + 6, int(lower - upper) + 6
    x = min(max(int(middle) - width // 2, 0), max(image.width - width, 0))
    y = max(top - height - round(2 * style.line), 0)
    pen.rectangle((x, y, x + width, y + height), fill=(0, 0, 0))
    pen.text((x + 3 - left, y + 3 - upper), label, font=font, fill=COLOURS[region.kind])


def _with_strip(pixels: Pixels, caption: str, banner: str, style: _Style, top: str = "") -> Pixels:
    """Put what has to be said under a picture; with the label of its upper end, a colour bar too."""
    rows, columns = pixels.shape[:2]
    width = max(columns, _NARROWEST)
    font = _font(style.text)
    letters = max(20, int((width - 16) / font.getlength(caption) * len(caption)) - 2)
    lines = [(line, _TEXT) for line in textwrap.wrap(caption, letters)]
    lines += [(line, _CAUTION) for line in textwrap.wrap(banner, letters)]
    step = round(style.text * 1.4)
    bar_height = step + 6 if top else 0
    sheet = Image.new("RGB", (width, rows + 8 + bar_height + step * len(lines) + 6))
    sheet.paste(Image.fromarray(np.ascontiguousarray(pixels)), (0, 0))
    pen = ImageDraw.Draw(sheet)
    y = rows + 8
    if top:
        _colour_bar(sheet, pen, y, font, style, top)
        y += bar_height
    for line, colour in lines:
        pen.text((8, y), line, font=font, fill=colour)
        y += step
    return np.asarray(sheet)


def _colour_bar(
    sheet: Image.Image,
    pen: ImageDraw.ImageDraw,
    y: int,
    font: ImageFont.FreeTypeFont,
    style: _Style,
    top: str,
) -> None:
    length = min(sheet.width // 2, 20 * style.text)
    pen.text((8, y), "0", font=font, fill=_TEXT)
    left = 8 + round(font.getlength("0")) + 6
    values = np.linspace(0.0, 1.0, length, dtype=np.float32)[None].repeat(style.text, axis=0)
    sheet.paste(Image.fromarray(inferno(values)), (left, y + 3))
    pen.rectangle((left - 1, y + 2, left + length, y + 3 + style.text), outline=_TEXT)
    pen.text((left + length + 6, y), top, font=font, fill=_TEXT)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(resources_dir() / "fonts" / "OpenSans-Regular.ttf"), size)
