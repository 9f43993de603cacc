"""From the bytes of one frame to its stored values, by the codec that does it right.

Which package decodes what, and why, is said in docs/decisions/0041-codecs.md.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from alnreader.case.language import mark
from alnreader.dicom.codestream import (
    HUFFMAN_DCT,
    LOSSLESS,
    SOF_JPEG_LS,
    Jpeg2000Stream,
    JpegStream,
    read_jpeg,
    read_jpeg_2000,
)
from alnreader.dicom.colour import ColourSpace, declared_space, jpeg_space, libjpeg_converts
from alnreader.dicom.formats import Family, PixelFormat
from alnreader.dicom.gdcm_codec import Job
from alnreader.dicom.isolated import decode_isolated
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal

Values = NDArray[Any]
"""Stored values ``(H, W, samples)``, uint8, uint16 or int16, not more bits than ``bits``."""


_TAIL = 4


@dataclass(frozen=True, eq=False)
class DecodedFrame:
    """Stored values of one frame.

    Attributes
    ----------
    values
        ``(H, W, samples)``, uint8, uint16 or int16.
    bits
        Of which a value has this many.
    space
        How three values a pixel are to be read; None for one value a pixel.
    """

    values: Values
    bits: int
    space: ColourSpace | None


def check_stream(data: bytes, stored: PixelFormat) -> None:
    """Refuse a code stream that says itself that it cannot be decoded here, without decoding it.

    Raises
    ------
    Refusal
        If it is of another size than the header says, or of a kind that no codec at hand reads.
    """
    if stored.family is Family.RLE:
        _check_rle(data, stored)
        return
    if stored.family is Family.JPEG_2000:
        _check_jpeg_2000(data, stored)
    else:
        _check_jpeg(data, stored)
    # Codecs fill what is missing with grey and say nothing. All these streams end with FFD9, which their
    # coded data cannot hold; behind it stands padding: zeros, FF, or one byte of anything.
    if b"\xff\xd9" not in data.rstrip(b"\x00\xff")[-_TAIL:]:
        raise Refusal(mark("the compressed frame was cut off: it has no end marker"))


def decode_stream(data: bytes, stored: PixelFormat) -> DecodedFrame:
    """Decode the code stream of one frame.

    Parameters
    ----------
    data
        Bytes of one compressed frame.
    stored
        What the header says of it. Size and components must agree with the code stream.

    Raises
    ------
    Refusal
        If the code stream is damaged, of another size, or of a kind that no codec at hand reads.
    """
    check_stream(data, stored)
    try:
        with quiet():
            if stored.family is Family.RLE:
                return _rle(data, stored)
            if stored.family is Family.JPEG_2000:
                return _jpeg_2000(data, stored)
            return _jpeg(data, stored)
    except Refusal as refusal:
        raise Refusal(
            mark("the compressed frame is damaged ({family}): {reason}").format(
                family=stored.family, reason=refusal
            )
        ) from refusal
    except MemoryError:
        raise
    except Exception as error:  # codecs raise whatever their authors chose; the input is to blame
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        message = lines[-1] if lines else type(error).__name__  # pydicom: the last line has the cause
        raise Refusal(
            mark("the compressed frame is damaged ({family}): {message}").format(
                family=stored.family, message=message
            )
        ) from error


def _check_jpeg(data: bytes, stored: PixelFormat) -> JpegStream:
    jpeg = read_jpeg(data)
    _same_size(jpeg.rows, jpeg.columns, len(jpeg.components), stored)
    if jpeg.process == SOF_JPEG_LS:
        # CharLS in GDCM knows 8 bits and more only.
        supported = 8 <= jpeg.precision <= 16
    elif jpeg.process in LOSSLESS:
        supported = 2 <= jpeg.precision <= 16
    else:
        supported = jpeg.process in HUFFMAN_DCT and jpeg.precision in (8, 12)
    if not supported:
        kind = "JPEG-LS" if jpeg.process == SOF_JPEG_LS else f"JPEG (SOF{jpeg.process - 0xC0})"
        raise Refusal(
            mark("{kind} with {precision} bits a value is not supported").format(
                kind=kind, precision=jpeg.precision
            )
        )
    return jpeg


def _jpeg(data: bytes, stored: PixelFormat) -> DecodedFrame:
    jpeg = _check_jpeg(data, stored)
    if jpeg.process in HUFFMAN_DCT | {0xC3} and jpeg.precision == 8:
        return _jpeg_8(data, jpeg, stored)
    space = declared_space(stored) if stored.samples == 3 else None
    if jpeg.process == SOF_JPEG_LS:
        return _with_gdcm(data, JPEGLSLossless, jpeg.precision, stored, space)
    if jpeg.process in LOSSLESS:
        return _with_gdcm(data, JPEGLosslessSV1, jpeg.precision, stored, space)
    return _with_gdcm(data, JPEGExtended12Bit, jpeg.precision, stored, space)


def _jpeg_8(data: bytes, jpeg: JpegStream, stored: PixelFormat) -> DecodedFrame:
    """Decode with Pillow's libjpeg-turbo, colour as stored; lossless JPEG too since libjpeg-turbo 3."""
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        if stored.samples == 3 and libjpeg_converts(jpeg):
            image.draft("YCbCr", image.size)  # as stored: the conversion is done here, once
        image.load()
        values = np.asarray(image)
    space = None
    if stored.samples == 3:
        # Lossless JPEG does not transform colour (T.81 H); its writers put JFIF markers in all the same.
        space = declared_space(stored) if jpeg.process in LOSSLESS else jpeg_space(jpeg, stored)
    return _decoded(values, 8, stored, space)


def _with_gdcm(
    data: bytes, syntax: str, precision: int, stored: PixelFormat, space: ColourSpace | None
) -> DecodedFrame:
    """Decode with GDCM: lossless JPEG of more than 8 bits, 12-bit JPEG and JPEG-LS."""
    job = Job(data, syntax, stored.rows, stored.columns, stored.samples, precision, stored.signed)
    values = np.frombuffer(decode_isolated(job), dtype=f"<u{job.value_bytes}")
    return _decoded(values.reshape(stored.rows, stored.columns, stored.samples), precision, stored, space)


def _check_jpeg_2000(data: bytes, stored: PixelFormat) -> Jpeg2000Stream:
    stream = read_jpeg_2000(data)
    _same_size(stream.rows, stream.columns, stream.components, stored)
    if not stream.uniform:
        raise Refusal(mark("JPEG 2000 with components of different size or depth is not supported"))
    if stream.precision > 16:
        raise Refusal(
            mark("JPEG 2000 with {precision} bits a value is not supported").format(
                precision=stream.precision
            )
        )
    return stream


def _jpeg_2000(data: bytes, stored: PixelFormat) -> DecodedFrame:
    """Decode with OpenJPEG, HTJ2K too. It undoes the multiple component transform itself."""
    stream = _check_jpeg_2000(data, stored)
    options = _options(stored, 8 if stream.precision <= 8 else 16, stream.precision)
    options["pixel_representation"] = int(stream.signed)
    array = get_decoder(JPEG2000Lossless).as_array(
        encapsulate([data[stream.start :]], has_bot=False),
        raw=True,
        index=0,
        decoding_plugin="pylibjpeg",
        **options,
    )[0]
    space = None
    if stored.samples == 3:
        if stream.transformed:
            space = ColourSpace(False, True, "the JPEG 2000 component transform")
        elif stored.photometric in ("YBR_ICT", "YBR_RCT"):
            space = ColourSpace(False, False, "JPEG 2000 without component transform")
        else:
            space = declared_space(stored)
    return _decoded(array, stream.precision, stored, space)


def _check_rle(data: bytes, stored: PixelFormat) -> None:
    """Check the header of an RLE frame (PS3.5 G.5)."""
    segments = stored.samples * stored.bits_allocated // 8
    if len(data) < 64:
        raise Refusal(mark("the RLE header is cut off"))
    count, *offsets = struct.unpack_from("<16L", data)
    if count != segments:
        raise Refusal(
            mark("{count} RLE segments where {segments} must be").format(count=count, segments=segments)
        )
    edges = [*offsets[:count], len(data)]
    if edges != sorted(set(edges)) or edges[0] < 64:
        raise Refusal(mark("the RLE header is damaged"))


def _rle(data: bytes, stored: PixelFormat) -> DecodedFrame:
    """Decode with pylibjpeg-rle."""
    array = get_decoder(RLELossless).as_array(
        encapsulate([data], has_bot=False),
        raw=True,
        index=0,
        decoding_plugin="pylibjpeg",
        **_options(stored, stored.bits_allocated, stored.bits_stored),
    )[0]
    space = declared_space(stored) if stored.samples == 3 else None
    return _decoded(array, stored.bits_allocated, stored, space)


def _options(stored: PixelFormat, allocated: int, precision: int) -> dict[str, Any]:
    """Return what pydicom's decoders want to know of one frame."""
    return {
        "rows": stored.rows,
        "columns": stored.columns,
        "samples_per_pixel": stored.samples,
        "number_of_frames": 1,
        "bits_allocated": allocated,
        "bits_stored": min(precision, allocated),
        "pixel_representation": int(stored.signed),
        "photometric_interpretation": "RGB" if stored.samples == 3 else "MONOCHROME2",
        "planar_configuration": 0,
        "pixel_keyword": "PixelData",
    }


def _decoded(array: Values, bits: int, stored: PixelFormat, space: ColourSpace | None) -> DecodedFrame:
    values = array[..., np.newaxis] if array.ndim == 2 else array
    _expect(values, stored)
    if bits > stored.bits_stored and bits == stored.bits_allocated:
        # The codec had the whole room of a value: outside the used bits lies an overlay (PS3.5 8.1.1).
        return DecodedFrame(used_bits(values, stored), stored.bits_stored, space)
    return DecodedFrame(_as_signed(values, bits, stored), bits, space)


def _as_signed(values: Values, bits: int, stored: PixelFormat) -> Values:
    """Give values the sign that the header declares, where the codec left them unsigned."""
    if not stored.signed or values.dtype.kind == "i":
        return values
    room = 8 * values.dtype.itemsize
    shifted: Values = np.left_shift(values, room - bits).view(f"i{values.dtype.itemsize}") >> (room - bits)
    return shifted


def used_bits(values: Values, stored: PixelFormat) -> Values:
    """Return the used bits of values that fill their room, with their sign.

    Parameters
    ----------
    values
        uint8 or uint16 (or their signed forms), as allocated.
    stored
        Says which bits are used.
    """
    room = stored.bits_allocated
    if stored.bits_stored == room and not stored.signed:
        return values.view(f"u{values.dtype.itemsize}")
    up = np.left_shift(values.view(f"u{values.dtype.itemsize}"), room - 1 - stored.high_bit)
    kind = "i" if stored.signed else "u"
    shifted: Values = up.view(f"{kind}{values.dtype.itemsize}") >> (room - stored.bits_stored)
    return shifted


def _same_size(rows: int, columns: int, components: int, stored: PixelFormat) -> None:
    if (rows, columns) != (stored.rows, stored.columns):
        raise Refusal(
            f"the compressed frame is {columns} x {rows}, the header says {stored.columns} x {stored.rows}"
        )
    if components != stored.samples:
        raise Refusal(
            mark("the compressed frame has {components} components, the header says {samples}").format(
                components=components, samples=stored.samples
            )
        )


def _expect(values: Values, stored: PixelFormat) -> None:
    if values.shape != (stored.rows, stored.columns, stored.samples):
        raise Refusal(mark("the codec returned {shape} values").format(shape=values.shape))
