"""Colour of ultrasound pictures: what it is said to be, what it must be, and the way to RGB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alnreader.case.image import Pixels
from alnreader.dicom.codestream import LOSSLESS, JpegStream
from alnreader.dicom.formats import YBR, PixelFormat

GREY_SPREAD = 30
"""Distance of the channels, of 255, up to which a pixel counts as grey: sepia maps stay below."""

PLAUSIBLE_GREY = 0.6
"""Share of grey pixels that B-mode has at least: colour Doppler, text and bars take less than the rest."""

GREY_MARGIN = 0.3
"""How much greyer the other colour space must make a picture before it is preferred. A wrong one turns black
green or cyan and leaves grey only what happens to be near 128, at most a third of a B-mode picture."""


@dataclass(frozen=True)
class ColourSpace:
    """How three values a pixel are to be read.

    Attributes
    ----------
    ybr
        Luminance and two colour differences, not RGB.
    certain
        Something better than the tag says so, or the tag and the code stream agree.
    evidence
        What says so, for a note.
    """

    ybr: bool
    certain: bool
    evidence: str


def declared_space(stored: PixelFormat) -> ColourSpace:
    """Return what the tag says."""
    return ColourSpace(stored.photometric in YBR, False, "Photometric Interpretation")


def jpeg_space(jpeg: JpegStream, stored: PixelFormat) -> ColourSpace:
    """Return what a lossy JPEG with three components holds; its own markers go before the tag.

    The order is that of decoders everywhere (libjpeg.txt, "special color spaces"): JFIF, Adobe's flag,
    component identifiers, subsampling (RGB is never subsampled). Identifiers 1, 2, 3 without any marker say
    nothing: RGB is written so, too.
    """
    if jpeg.jfif:
        return ColourSpace(True, True, "JFIF marker")
    if jpeg.adobe is not None:
        return ColourSpace(jpeg.adobe != 0, True, "Adobe marker")
    if jpeg.identifiers == tuple(b"RGB"):
        return ColourSpace(False, True, "component identifiers R, G, B")
    if jpeg.subsampled:
        return ColourSpace(True, True, "subsampled colour")
    return declared_space(stored)


def libjpeg_converts(jpeg: JpegStream) -> bool:
    """Whether libjpeg-turbo takes the stream for YCbCr (jdapimin.c, default_decompress_parms)."""
    if jpeg.jfif:
        return True
    if jpeg.adobe is not None:
        return jpeg.adobe != 0
    if jpeg.process in LOSSLESS:
        return False
    return jpeg.identifiers != tuple(b"RGB")


def grey_share(rgb: Pixels) -> float:
    """Return the share of pixels that are nearly grey, 0..1."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    # Channel by channel: a reduction over an axis of three is ten times slower.
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return float(np.mean(spread <= GREY_SPREAD))


def _share(sample: Pixels, ybr: bool) -> float:
    return grey_share(ybr_full_to_rgb(sample) if ybr else sample)


def settle(space: ColourSpace, stored: PixelFormat, sample: Pixels) -> tuple[bool, str]:
    """Decide how three values a pixel are read, and say where that differs from the tag.

    Parameters
    ----------
    space
        What the code stream or the tag says.
    stored
        With the tag.
    sample
        Values of the middle frame, or part of it, as stored: ``(..., 3) uint8``.

    Returns
    -------
    ybr, note
        The note is empty where the tag is right.
    """
    declared = stored.photometric in YBR
    ybr, evidence = space.ybr, space.evidence
    if not space.certain or ybr != declared:
        share = _share(sample, ybr)
        other = _share(sample, not ybr) if share < 1 - GREY_MARGIN else 0.0
        if other > PLAUSIBLE_GREY and other - share > GREY_MARGIN:
            ybr = not ybr
            evidence = f"{100 * other:.0f} % of the picture is grey that way"
    if ybr == declared:
        return ybr, ""
    read_as = "YCbCr" if ybr else "RGB"
    return ybr, f"Colour read as {read_as}, not as the tag says ({stored.photometric}): {evidence}."


_INVERSE = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]], dtype=np.float32)
"""Inverse of YBR_FULL, ITU-R BT.601 in full range (PS3.3 C.7.6.3.1.2, T.871 7)."""

_INVERSE_PARTIAL = np.array(
    [[1.1644, 0.0, 1.5960], [1.1644, -0.3917, -0.8129], [1.1644, 2.0173, 0.0]], dtype=np.float32
)
"""Inverse of YBR_PARTIAL_422 (PS3.3 C.7.6.3.1.2, retired), luminance from 16 to 235."""


_STRIP = 256


def ybr_full_to_rgb(ybr: Pixels) -> Pixels:
    """Convert ``(..., 3) uint8`` YCbCr of full range to RGB of the same shape."""
    return _matrix(ybr, _INVERSE, 0)


def ybr_partial_to_rgb(ybr: Pixels) -> Pixels:
    """Convert ``(..., 3) uint8`` YCbCr of partial range to RGB of the same shape."""
    return _matrix(ybr, _INVERSE_PARTIAL, 16)


def _matrix(ybr: Pixels, matrix: NDArray[np.float32], black: int) -> Pixels:
    rgb = np.empty_like(ybr)
    # In strips: floating point copies of a whole large frame would take twelve times its memory.
    for top in range(0, len(ybr), _STRIP):
        values = ybr[top : top + _STRIP].astype(np.float32)
        values -= np.array([black, 128, 128], dtype=np.float32)
        values = values @ matrix.T
        rgb[top : top + _STRIP] = np.clip(np.rint(values, out=values), 0, 255, out=values)
    return rgb
