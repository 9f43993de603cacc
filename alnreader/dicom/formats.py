"""How the pixels of a file are stored, checked before anything is decoded (PS3.3 C.7.6.3, PS3.5 8)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from alnreader.case.language import mark
from alnreader.dicom.header import Header, uid_name
from alnreader.dicom.refusal import Refusal

MAX_FRAME_PIXELS = 80_000_000
"""Pixels of one frame. Ultrasound screens have 1 to 8 million; Pillow warns from 89 million on."""

MAX_FRAMES = 100_000
"""Frames of one file: half an hour at 60 a second."""


class Family(StrEnum):
    """What kind of codec the frames need."""

    NATIVE = "uncompressed"
    RLE = "RLE"
    JPEG = "JPEG"
    JPEG_LS = "JPEG-LS"
    JPEG_2000 = "JPEG 2000"


FAMILIES = {
    ImplicitVRLittleEndian: Family.NATIVE,
    ExplicitVRLittleEndian: Family.NATIVE,
    ExplicitVRBigEndian: Family.NATIVE,
    DeflatedExplicitVRLittleEndian: Family.NATIVE,
    RLELossless: Family.RLE,
    JPEGBaseline8Bit: Family.JPEG,
    JPEGExtended12Bit: Family.JPEG,
    JPEGLossless: Family.JPEG,
    JPEGLosslessSV1: Family.JPEG,
    JPEGLSLossless: Family.JPEG_LS,
    JPEGLSNearLossless: Family.JPEG_LS,
    JPEG2000Lossless: Family.JPEG_2000,
    JPEG2000: Family.JPEG_2000,
    HTJ2KLossless: Family.JPEG_2000,
    HTJ2KLosslessRPCL: Family.JPEG_2000,
    HTJ2K: Family.JPEG_2000,
}
"""Transfer syntaxes that are read. Video (MPEG, HEVC) and JPIP are not."""

GREY = frozenset(("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"))
YBR = frozenset(("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_ICT", "YBR_RCT"))


@dataclass(frozen=True)
class PixelFormat:
    """How the pixels of a file are stored.

    Attributes
    ----------
    family, transfer_syntax
        What codec the frames need.
    rows, columns, samples, frames
        Size; ``samples`` is 1 or 3 values a pixel.
    bits_allocated, bits_stored, high_bit, signed
        Of one value: 8 or 16 bits of room, of which those up to ``high_bit`` are used.
    photometric
        Photometric Interpretation as declared.
    planar
        Colour by plane (R...G...B...) and not by pixel.
    swap_bytes
        8-bit values stored as big endian words (PS3.5 8.1.2, VR OW).
    big_endian
        16-bit values are big endian.
    subsampled
        Uncompressed with two luminance values for each pair of colour differences.
    offset, length
        Of the pixel data in the content; length -1 where encapsulated.
    notes
        Faults that were forgiven.
    """

    family: Family
    transfer_syntax: str
    rows: int
    columns: int
    samples: int
    frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    planar: bool
    swap_bytes: bool
    big_endian: bool
    subsampled: bool
    offset: int
    length: int
    notes: tuple[str, ...] = ()

    @property
    def row_values(self) -> int:
        """Values in one row of an uncompressed frame, of all samples."""
        return self.columns * (2 if self.subsampled else self.samples)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one uncompressed frame."""
        return self.rows * self.row_values * (self.bits_allocated // 8)


def pixel_format(header: Header) -> PixelFormat:
    """Read and check how the pixels are stored.

    Raises
    ------
    Refusal
        If there are none, or the program cannot decode them, or the header contradicts itself.
    """
    if header.pixel_tag == 0:
        raise Refusal(mark("has no pixel data, or was cut off before it"))
    if header.pixel_tag != 0x7FE00010:
        raise Refusal(mark("floating point pixels are no picture"))
    family = FAMILIES.get(header.transfer_syntax)  # type: ignore[call-overload]  # None is no key, as meant
    if family is None:
        raise Refusal(f"transfer syntax not supported: {uid_name(header.transfer_syntax)}")
    if (family is Family.NATIVE) != (header.pixel_length >= 0):
        stored = "compressed" if header.pixel_length < 0 else "uncompressed"
        raise Refusal(f"pixels are {stored}, but the transfer syntax says {uid_name(header.transfer_syntax)}")
    rows, columns = header.integer(0x00280010) or 0, header.integer(0x00280011) or 0
    if rows < 1 or columns < 1:
        raise Refusal(mark("Rows or Columns is missing"))
    if rows * columns > MAX_FRAME_PIXELS:
        raise Refusal(
            mark("a frame of {columns} x {rows} pixels is too large").format(columns=columns, rows=rows)
        )
    notes: list[str] = []
    frames = _frames(header, notes)
    allocated, bits_stored, high = _bits(header)
    samples, photometric = _photometric(header, notes)
    found = PixelFormat(
        family=family,
        transfer_syntax=header.transfer_syntax,
        rows=rows,
        columns=columns,
        samples=samples,
        frames=frames,
        bits_allocated=allocated,
        bits_stored=bits_stored,
        high_bit=high,
        signed=samples == 1 and header.integer(0x00280103) == 1,
        photometric=photometric,
        planar=samples == 3 and header.integer(0x00280006) == 1,
        swap_bytes=not header.little_endian and allocated == 8 and header.pixel_vr == "OW",
        big_endian=not header.little_endian,
        subsampled=False,
        offset=header.pixel_offset,
        length=header.pixel_length,
        notes=tuple(notes),
    )
    return _native(found) if family is Family.NATIVE else found


def _frames(header: Header, notes: list[str]) -> int:
    word = header.text(0x00280008)
    number = header.number(0x00280008)
    if word and (number is None or number < 1):
        notes.append(f"Number of Frames is {word!r}: read as one frame.")
    frames = int(number) if number is not None and number >= 1 else 1
    if frames > MAX_FRAMES:
        raise Refusal(mark("{frames} frames are too many").format(frames=frames))
    return frames


def _bits(header: Header) -> tuple[int, int, int]:
    allocated = header.integer(0x00280100) or 0
    if allocated == 1:
        raise Refusal(mark("one bit a pixel: a segmentation or overlay, no picture"))
    if allocated not in (8, 16):
        raise Refusal(mark("{allocated} bits a value are not supported").format(allocated=allocated))
    stored = header.integer(0x00280101) or allocated
    if not 1 < stored <= allocated:
        raise Refusal(
            mark("Bits Stored {stored} does not fit Bits Allocated {allocated}").format(
                stored=stored, allocated=allocated
            )
        )
    high = header.integer(0x00280102)
    if high is None or not stored - 1 <= high < allocated:
        high = stored - 1
    return allocated, stored, high


def _photometric(header: Header, notes: list[str]) -> tuple[int, str]:
    samples = header.integer(0x00280002) or 1
    photometric = " ".join(header.text(0x00280004).upper().replace("_COLOR", " COLOR").split())
    if samples not in (1, 3):
        raise Refusal(mark("{samples} values a pixel are not supported").format(samples=samples))
    if not photometric:
        photometric = "MONOCHROME2" if samples == 1 else "RGB"
        notes.append(
            mark("Photometric Interpretation is missing: read as {photometric}.").format(
                photometric=photometric
            )
        )
    if photometric not in GREY | YBR | {"RGB"}:
        raise Refusal(
            mark("Photometric Interpretation {photometric} is not supported").format(photometric=photometric)
        )
    if (photometric in GREY) != (samples == 1):
        raise Refusal(
            mark("Photometric Interpretation {photometric} with {samples} values a pixel").format(
                photometric=photometric, samples=samples
            )
        )
    return samples, photometric


def _native(stored: PixelFormat) -> PixelFormat:
    """Settle the layout of uncompressed pixels and check that the value has them all."""
    if stored.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        if stored.length in _padded(stored.frame_bytes * stored.frames):
            stored = replace(
                stored,
                photometric="YBR_FULL",
                notes=(*stored.notes, "Colour is tagged as subsampled but stored in full."),
            )
        else:
            if stored.columns % 2:
                raise Refusal(
                    mark("{photometric} needs an even number of columns").format(
                        photometric=stored.photometric
                    )
                )
            stored = replace(stored, subsampled=True, planar=False)
    needed = stored.frame_bytes * stored.frames
    if stored.length < needed:
        share = math.floor(100 * stored.length / needed)
        raise Refusal(
            mark("pixel data too short: {length} of {needed} bytes ({share} %)").format(
                length=stored.length, needed=needed, share=share
            )
        )
    return stored


def _padded(length: int) -> tuple[int, int]:
    return length, length + length % 2
