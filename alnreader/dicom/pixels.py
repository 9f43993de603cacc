"""The one function from pixels of a DICOM file to RGB: decoded per frame, on demand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from alnreader.case.image import Pixels
from alnreader.case.language import mark
from alnreader.dicom.codecs import DecodedFrame, check_stream, decode_stream, used_bits
from alnreader.dicom.codestream import HUFFMAN_DCT, read_jpeg, read_jpeg_2000
from alnreader.dicom.colour import (
    ColourSpace,
    declared_space,
    jpeg_space,
    settle,
    ybr_full_to_rgb,
    ybr_partial_to_rgb,
)
from alnreader.dicom.files import Location
from alnreader.dicom.formats import YBR, Family, PixelFormat, pixel_format
from alnreader.dicom.frames import FrameIndex, content_size, index_frames
from alnreader.dicom.header import Header, open_content, read_header
from alnreader.dicom.lut import apply_palette, grey_rendering, palette_tables, render_grey
from alnreader.dicom.refusal import Refusal, refusing

Values = NDArray[Any]
_SAMPLE_ROWS = 8
_KEPT = 8
_CUT = mark("The file was cut off: {whole} of {declared} frames are there.")


class Colour(StrEnum):
    """How three values a pixel are read: as the program decides, or as the reader does."""

    AUTOMATIC = "automatic"
    TAGGED = "as tagged"
    RGB = "RGB"
    YBR = "YBR"


@dataclass(frozen=True, eq=False)
class PixelSource:
    """All that is known of a file's pixels before one is decoded.

    Attributes
    ----------
    header
        For palette and window.
    stored
        How the pixels are stored.
    index
        Where the frames are; None for uncompressed pixels.
    ybr
        Three values a pixel are luminance and colour differences.
    notes
        What the reader must know of the pixels.
    colour
        Whether the reader decided otherwise than ``ybr`` says.
    declared
        Frames that the file says it has: more than ``stored.frames`` where it was cut off.
    """

    header: Header
    stored: PixelFormat
    index: FrameIndex | None
    ybr: bool
    notes: tuple[str, ...]
    colour: Colour = Colour.AUTOMATIC
    declared: int = 1

    @property
    def is_cut(self) -> bool:
        """Whether frames are missing at the end."""
        return self.stored.frames < self.declared


def middle_frame(frames: int) -> int:
    """Return the frame (1-based) that stands for a cine."""
    return (frames + 1) // 2


def inspect_pixels(location: Location, header: Header) -> PixelSource:
    """Check that the middle frame is there and settle its colour, decoding as little as that needs.

    Of a cine that was cut off the frames that are there to their last byte are all that it has.

    Raises
    ------
    Refusal
        If the pixels cannot be decoded, or no frame is whole.
    """
    stored = pixel_format(header)
    declared, notes = stored.frames, list(stored.notes)
    with open_content(location) as (stream, _, _):
        index = None
        if stored.family is Family.NATIVE:
            whole = (content_size(stream) - stored.offset) // stored.frame_bytes
        else:
            index = index_frames(stream, stored, header.raw(0x7FE00001))
            whole = index.whole()
        if whole < 1:
            raise Refusal(mark("the file ends within the pixel data: it was cut off"))
        if whole < declared:
            stored = replace(stored, frames=whole)
            notes.append(_CUT.format(whole=whole, declared=declared))
        ybr, note = _settle_colour(stream, stored, index, middle_frame(stored.frames))
    notes += [note] if note else []
    return PixelSource(header, stored, index, ybr, tuple(notes), declared=declared)


def _settle_colour(
    stream: BinaryIO, stored: PixelFormat, index: FrameIndex | None, frame: int
) -> tuple[bool, str]:
    if index is None:
        if stored.samples == 1 or stored.photometric == "YBR_PARTIAL_422":
            return False, ""
        return settle(declared_space(stored), stored, _native_sample(stream, stored, frame))
    data = index.read(stream, frame, stored.frames)
    check_stream(data, stored)
    if stored.samples == 1:
        return False, ""
    space = _stream_space(data, stored)
    if space is not None and space.certain and space.ybr == (stored.photometric in YBR):
        return space.ybr, ""
    if space is not None and space.certain and stored.photometric in ("YBR_ICT", "YBR_RCT"):
        return space.ybr, ""
    decoded = decode_stream(data, stored)
    if decoded.space is None:
        return False, ""
    return settle(decoded.space, stored, _eight_bits(decoded.values[::4, ::4], decoded.bits))


def _stream_space(data: bytes, stored: PixelFormat) -> ColourSpace | None:
    """Return what the code stream's markers say, None where only decoding tells."""
    if stored.family is Family.JPEG:
        jpeg = read_jpeg(data)
        return jpeg_space(jpeg, stored) if jpeg.process in HUFFMAN_DCT and len(jpeg.components) == 3 else None
    if stored.family is Family.JPEG_2000 and read_jpeg_2000(data).transformed:
        return ColourSpace(False, True, "the JPEG 2000 component transform")
    return None


# ---- uncompressed ----


def _native(stream: BinaryIO, stored: PixelFormat, frame: int, top: int, bottom: int) -> Values:
    """Read rows of an uncompressed frame: ``(rows, W, samples)``, all bits as stored."""
    offset = stored.offset + (frame - 1) * stored.frame_bytes
    if stored.planar:
        plane = stored.rows * stored.columns * (stored.bits_allocated // 8)
        planes = [
            _values(stream, stored, offset + channel * plane, top, bottom, stored.columns)
            for channel in range(3)
        ]
        return np.stack(planes, axis=-1)
    values = _values(stream, stored, offset, top, bottom, stored.row_values)
    if stored.subsampled:
        return _upsample(values)
    return values.reshape(bottom - top, stored.columns, stored.samples)


def _values(
    stream: BinaryIO, stored: PixelFormat, offset: int, top: int, bottom: int, row_values: int
) -> Values:
    size = stored.bits_allocated // 8
    begin, end = offset + top * row_values * size, offset + bottom * row_values * size
    if stored.swap_bytes:
        # Two values share a big endian word, and a row may begin in the middle of one.
        first = begin - (begin - stored.offset) % 2
        last = end + (end - stored.offset) % 2
        raw = np.frombuffer(_read(stream, first, last - first), dtype=np.uint8)
        swapped = raw.reshape(-1, 2)[:, ::-1].reshape(-1)
        values = swapped[begin - first : begin - first + end - begin]
    else:
        order = ">" if stored.big_endian else "<"
        values = np.frombuffer(_read(stream, begin, end - begin), dtype=f"{order}u{size}")
    return values.astype(f"u{size}").reshape(bottom - top, row_values)


def _read(stream: BinaryIO, offset: int, length: int) -> bytes:
    stream.seek(offset)
    data = stream.read(length)
    if len(data) < length:
        raise Refusal(mark("the file ends within the pixel data: it was cut off"))
    return data


def _upsample(values: Values) -> Values:
    """Give each pixel of Y1 Y2 Cb Cr its own colour differences (PS3.3 C.7.6.3.1.2, YBR_FULL_422)."""
    rows = values.shape[0]
    pairs = values.reshape(rows, -1, 4)
    out = np.empty((rows, pairs.shape[1], 2, 3), dtype=values.dtype)
    out[..., 0] = pairs[..., :2]
    out[..., 1] = pairs[..., 2:3]
    out[..., 2] = pairs[..., 3:4]
    return out.reshape(rows, -1, 3)


def _native_sample(stream: BinaryIO, stored: PixelFormat, frame: int) -> Pixels:
    """Read a few rows of a frame at three heights."""
    blocks = []
    for quarter in (1, 2, 3):
        top = min(stored.rows * quarter // 4, max(0, stored.rows - _SAMPLE_ROWS))
        rows = _native(stream, stored, frame, top, min(stored.rows, top + _SAMPLE_ROWS))
        blocks.append(_eight_bits(used_bits(rows[:, ::4], stored), stored.bits_stored))
    return np.concatenate(blocks)


# ---- decoding ----


def _eight_bits(values: Values, bits: int) -> Pixels:
    """Scale unsigned values of that many bits to 8."""
    if bits > 8:
        return (values >> (bits - 8)).astype(np.uint8)
    if bits == 8:
        return values.astype(np.uint8)
    return np.rint(values * (255.0 / ((1 << bits) - 1))).astype(np.uint8)


def _colour(decoded: DecodedFrame, source: PixelSource) -> Pixels:
    """Return three values a pixel as RGB."""
    colour = _eight_bits(decoded.values, decoded.bits)
    if source.colour is Colour.AUTOMATIC:
        partial, ybr = source.stored.photometric == "YBR_PARTIAL_422", source.ybr
    elif source.colour is Colour.TAGGED:
        partial = source.stored.photometric == "YBR_PARTIAL_422"
        # The JPEG 2000 component transforms (ICT, RCT) are undone by the decoder.
        ybr = source.stored.photometric in ("YBR_FULL", "YBR_FULL_422")
    else:
        partial, ybr = False, source.colour is Colour.YBR
    if partial:
        return ybr_partial_to_rgb(colour)
    return ybr_full_to_rgb(colour) if ybr else np.ascontiguousarray(colour)


def _to_rgb(decoded: DecodedFrame, source: PixelSource) -> Pixels:
    stored = source.stored
    if stored.samples == 3:
        return _colour(decoded, source)
    grey = decoded.values[..., 0]
    if stored.photometric == "PALETTE COLOR":
        return apply_palette(grey, palette_tables(source.header, stored.signed))
    shown = render_grey(grey, decoded.bits, grey_rendering(source.header, stored.photometric, stored.signed))
    return np.repeat(shown[..., np.newaxis], 3, axis=-1)


def _frame(stream: BinaryIO, source: PixelSource, frame: int) -> DecodedFrame:
    stored = source.stored
    if stored.frames < frame <= source.declared:
        raise Refusal(
            mark("holds {whole} of {declared} frames: it was cut off").format(
                whole=stored.frames, declared=source.declared
            )
        )
    if not 1 <= frame <= stored.frames:
        raise Refusal(
            mark("has no frame {frame}: there are {frames}").format(frame=frame, frames=stored.frames)
        )
    if source.index is None:
        values = used_bits(_native(stream, stored, frame, 0, stored.rows), stored)
        return DecodedFrame(values, stored.bits_stored, None)
    return decode_stream(source.index.read(stream, frame, stored.frames), stored)


def _decode(location: Location, source: PixelSource, frame: int) -> Pixels:
    with open_content(location) as (stream, _, _):
        return _to_rgb(_frame(stream, source, frame), source)


@dataclass(frozen=True, eq=False)
class StoredFrame:
    """One frame before window and palette.

    Attributes
    ----------
    values
        ``(H, W, 3) uint8 RGB``, or ``(H, W, 1)`` grey values or palette indices, uint8, uint16 or int16.
    bits
        Of which a value has this many.
    """

    values: Values
    bits: int


def stored_frames(location: Location, source: PixelSource) -> Iterator[StoredFrame]:
    """Decode all frames of a file, one after the other, to be written again without loss.

    Raises
    ------
    Refusal
        If one of them cannot be decoded.
    OSError
        As the file system says.
    """
    with open_content(location) as (stream, _, _):
        for number in range(1, source.stored.frames + 1):
            decoded = _frame(stream, source, number)
            if source.stored.samples == 3:
                yield StoredFrame(_colour(decoded, source), 8)
            else:
                yield StoredFrame(decoded.values, decoded.bits)


_sources: OrderedDict[tuple[Location, tuple[int, int]], PixelSource] = OrderedDict()
_sources_lock = threading.Lock()


def _source(location: Location) -> PixelSource:
    """Return what is known of a file, kept for the last few: a cine is decoded frame after frame."""
    key = (location, location.stamp())
    with _sources_lock:
        if key in _sources:
            _sources.move_to_end(key)
            return _sources[key]
    source = inspect_pixels(location, read_header(location))
    with _sources_lock:
        _sources[key] = source
        while len(_sources) > _KEPT:
            _sources.popitem(last=False)
    return source


def decode_pixels(location: Location | Path, frame: int = 1, colour: Colour = Colour.AUTOMATIC) -> Pixels:
    """Decode one frame of a DICOM file to RGB, whatever its modality.

    Only that frame's bytes are read. What is shown of deep grey values follows the file's first window, else
    the frame's minimum and maximum; see `render_grey`.

    Parameters
    ----------
    location
        A file, or a member of a zip.
    frame
        Number of the frame, from 1.
    colour
        How the reader wants colour to be read; grey pictures know no choice.

    Returns
    -------
    ``(H, W, 3) uint8 RGB``

    Raises
    ------
    UnreadableInputError
        With the file's name and the reason.
    """
    if isinstance(location, Path):
        location = Location(location)
    with refusing(location):
        return _decode(location, replace(_source(location), colour=colour), frame)


@dataclass(frozen=True)
class DicomLoader:
    """Decodes the frames of one file on demand; see `decode_pixels`."""

    location: Location
    colour: Colour = Colour.AUTOMATIC

    def __call__(self, frame: int) -> Pixels:
        """Decode a frame (1-based)."""
        return decode_pixels(self.location, frame, self.colour)
