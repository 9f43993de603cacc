"""The pixels of a file without what lies outside the ultrasound: decoded, blanked and written losslessly."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGExtended12Bit, RLELossless

from alnreader.case.progress import CancelToken
from alnreader.dicom.deidentify.area import Area, Mask
from alnreader.dicom.files import Location
from alnreader.dicom.formats import Family
from alnreader.dicom.header import Header
from alnreader.dicom.lut import apply_palette, palette_tables
from alnreader.dicom.pixels import PixelSource, StoredFrame, stored_frames
from alnreader.dicom.refusal import Refusal

MAX_NATIVE_BYTES = 0xFFFFFFFE
"""Longest value (PS3.5 7.1.1)."""

_PIXEL_DATA = struct.pack("<HH", 0x7FE0, 0x0010)
_ITEM = struct.pack("<HH", 0xFFFE, 0xE000)
_END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
_UNDEFINED = 0xFFFFFFFF


def output_syntax(source: PixelSource) -> str:
    """Return how the pixels are written: RLE where a cine was compressed, else uncompressed."""
    stored = source.stored
    compressed = stored.family is not Family.NATIVE and stored.frames > 1
    return str(RLELossless if compressed else ExplicitVRLittleEndian)


def describe_pixels(copy: Dataset, source: PixelSource, frame: StoredFrame, blanked: bool) -> None:
    """Set the image pixel attributes of the new file (PS3.3 C.7.6.3) and whether it was changed."""
    colour = frame.values.shape[-1] == 3
    copy.Rows, copy.Columns, copy.SamplesPerPixel = frame.values.shape
    if colour:
        copy.PhotometricInterpretation = "RGB"
        copy.PlanarConfiguration = int(output_syntax(source) == RLELossless)
        for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue"):
            if keyword in copy:
                delattr(copy, keyword)
    elif "PlanarConfiguration" in copy:
        del copy.PlanarConfiguration
    copy.BitsAllocated = 8 * frame.values.dtype.itemsize
    copy.BitsStored, copy.HighBit = frame.bits, frame.bits - 1
    copy.PixelRepresentation = int(frame.values.dtype.kind == "i")
    if (
        source.stored.family is Family.JPEG
        and copy.get("LossyImageCompression") != "01"
        and _is_lossy(source)
    ):
        # What was lost stays lost, whatever the new encoding (PS3.3 C.7.6.1.1.5).
        copy.LossyImageCompression, copy.LossyImageCompressionMethod = "01", "ISO_10918_1"
        copy.LossyImageCompressionRatio = _ratio(source)
    copy.BurnedInAnnotation = "NO"
    if blanked:
        kind = [str(part) for part in copy.get("ImageType") or ("DERIVED", "PRIMARY")]
        copy.ImageType = ["DERIVED", *kind[1:]] if len(kind) > 1 else ["DERIVED", "PRIMARY"]
        copy.DerivationDescription = "Pixels outside the ultrasound set to black"


def _is_lossy(source: PixelSource) -> bool:
    return source.stored.transfer_syntax in (JPEGBaseline8Bit, JPEGExtended12Bit)


def _ratio(source: PixelSource) -> str:
    """Return how many times smaller the frames were than uncompressed (0028,2112)."""
    stored, index = source.stored, source.index
    spans = [] if index is None else [length for frame in index.spans for _, length in frame]
    size = stored.rows * stored.columns * stored.samples * (stored.bits_allocated // 8) * stored.frames
    return f"{size / max(1, sum(spans)):.4g}"


def pixel_element(
    location: Location, source: PixelSource, area: Area, cancel: CancelToken
) -> Iterator[bytes]:
    """Yield the bytes of the Pixel Data element, explicit VR little endian, frame by frame.

    Raises
    ------
    Refusal
        If a frame cannot be decoded, or all together are too long.
    """
    stored = source.stored
    rle = output_syntax(source) == RLELossless
    outside = None if area.mask is None else ~area.mask
    written = 0
    for frame in stored_frames(location, source):
        cancel.check()
        values = frame.values
        if outside is not None:
            values = values.copy()
            values[outside] = _black(source.header, frame, stored.photometric, outside)
        if written == 0:
            yield _head(rle, values, stored.frames)
        data = (
            _rle(values, frame.bits) if rle else np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        )
        if isinstance(data, bytes):
            data += b"\0" * (len(data) % 2)
            yield _ITEM + struct.pack("<L", len(data))
            yield data
        else:
            yield data.tobytes()
        written += values.nbytes
    yield _END if rle else b"\0" * (written % 2)


def _head(rle: bool, values: NDArray[Any], frames: int) -> bytes:
    if rle:
        return _PIXEL_DATA + b"OB\0\0" + struct.pack("<L", _UNDEFINED) + _ITEM + struct.pack("<L", 0)
    length = values.nbytes * frames
    length += length % 2
    if length > MAX_NATIVE_BYTES:
        raise Refusal(f"{length} bytes of pixels do not fit one file")
    return _PIXEL_DATA + (b"OW" if values.itemsize == 2 else b"OB") + b"\0\0" + struct.pack("<L", length)


def _rle(values: NDArray[Any], bits: int) -> bytes:
    rows, columns, samples = values.shape
    return get_encoder(RLELossless).encode(
        np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes(),
        encoding_plugin="pylibjpeg",
        rows=rows,
        columns=columns,
        samples_per_pixel=samples,
        number_of_frames=1,
        bits_allocated=8 * values.dtype.itemsize,
        bits_stored=bits,
        pixel_representation=int(values.dtype.kind == "i"),
        photometric_interpretation="RGB" if samples == 3 else "MONOCHROME2",
        planar_configuration=0,
    )


def _black(header: Header, frame: StoredFrame, photometric: str, outside: Mask) -> float:
    """Return the stored value that is shown darkest and does not change how the rest is shown."""
    signed = frame.values.dtype.kind == "i"
    low = -(1 << (frame.bits - 1)) if signed else 0
    high = low + (1 << frame.bits) - 1
    if frame.values.shape[-1] == 3:
        return 0
    if photometric == "PALETTE COLOR":
        every = np.arange(low, high + 1, dtype=frame.values.dtype)[np.newaxis]
        shown = apply_palette(every, palette_tables(header, signed)).astype(np.int64).sum(axis=-1)
        return int(every[0, int(np.argmin(shown[0]))])
    inverted = photometric == "MONOCHROME1"
    if frame.bits > 8 and not outside.all():
        # Deep values are stretched from minimum to maximum where no window says otherwise.
        inside = frame.values[~outside]
        return int(inside.max() if inverted else inside.min())
    return high if inverted else low
