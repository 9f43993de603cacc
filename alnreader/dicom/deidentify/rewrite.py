"""The bytes of a new file, made anew and never copied: pixels decoded, blanked and written losslessly.

Tables and pixels have room behind what is shown, and bytes that no picture needs can say anything.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGExtended12Bit, RLELossless

from alnreader.case.language import mark
from alnreader.case.progress import CancelToken
from alnreader.dicom.deidentify.area import Area, Mask
from alnreader.dicom.deidentify.source import Kind, Source, is_encapsulated
from alnreader.dicom.files import Location
from alnreader.dicom.formats import Family
from alnreader.dicom.lut import Table, apply_palette, grey_rendering, palette_tables
from alnreader.dicom.pixels import PixelSource, StoredFrame, stored_frames
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal

MAX_NATIVE_BYTES = 0xFFFFFFFE
"""Longest value (PS3.5 7.1.1)."""

_PIXEL_DATA = struct.pack("<HH", 0x7FE0, 0x0010)
_ITEM = struct.pack("<HH", 0xFFFE, 0xE000)
_END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
_UNDEFINED = 0xFFFFFFFF
_NO_TEXT = frozenset(("OB", "OW", "SQ", "UI", "US", "FD", "FL"))


def output_syntax(source: PixelSource) -> str:
    """Return how the pixels are written: RLE where a cine was compressed, else uncompressed."""
    stored = source.stored
    compressed = stored.family is not Family.NATIVE and stored.frames > 1
    return str(RLELossless if compressed else ExplicitVRLittleEndian)


def describe_pixels(copy: Dataset, source: PixelSource, frame: StoredFrame, blanked: bool) -> None:
    """Set the image pixel attributes of the new file (PS3.3 C.7.6.3) and whether it was changed."""
    if "NumberOfFrames" in copy or source.stored.frames > 1:
        copy.NumberOfFrames = source.stored.frames
    colour = frame.values.shape[-1] == 3
    copy.Rows, copy.Columns, copy.SamplesPerPixel = frame.values.shape
    if colour:
        copy.PhotometricInterpretation = "RGB"
        copy.PlanarConfiguration = int(output_syntax(source) == RLELossless)
        for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue"):
            if keyword in copy:
                delattr(copy, keyword)
    else:
        copy.PhotometricInterpretation = source.stored.photometric
        if "PlanarConfiguration" in copy:
            del copy.PlanarConfiguration
        _add_tables(copy, source)
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


def file_bytes(dataset: Dataset, syntax: str) -> bytes:
    """Return a file's bytes up to the pixel data that follow, in explicit VR little endian."""
    if any(not str(element.value).isascii() for element in dataset.iterall() if element.VR not in _NO_TEXT):
        dataset.SpecificCharacterSet = "ISO_IR 192"
    elif "SpecificCharacterSet" in dataset:
        del dataset.SpecificCharacterSet
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID = UID(dataset.SOPClassUID)
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta = meta
    buffer = io.BytesIO()
    with quiet():
        dcmwrite(buffer, dataset, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


def _add_tables(copy: Dataset, source: PixelSource) -> None:
    """Write the lookup tables of grey values anew; one that goes up and down may be a text."""
    grey = grey_rendering(source.header, source.stored.photometric, source.stored.signed)
    for keyword, table in (("ModalityLUTSequence", grey.modality), ("VOILUTSequence", grey.voi)):
        if table is not None and _is_steady(table):
            item = Dataset()
            bits = 8 if table.bits <= 8 else 16
            first = table.first if table.first >= 0 else table.first + 65536
            item.add_new("LUTDescriptor", "US", [len(table.entries) % 65536, first, table.bits])
            if keyword == "ModalityLUTSequence":
                item.ModalityLUTType = "US"
            data = table.entries.astype("<u2" if bits == 16 else np.uint8).tobytes()
            item.add_new("LUTData", "OW", data + b"\0" * (len(data) % 2))
            setattr(copy, keyword, [item])


def _is_steady(table: Table) -> bool:
    steps = np.diff(table.entries.astype(np.int32))
    return bool((steps >= 0).all() or (steps <= 0).all())


def frames_to_write(location: Location, source: PixelSource) -> Iterator[StoredFrame]:
    """Decode all frames of a file, one after the other: palettes are applied, other values stay as stored.

    Raises
    ------
    Refusal
        If one of them cannot be decoded.
    """
    palette = source.stored.photometric == "PALETTE COLOR"
    tables = palette_tables(source.header, source.stored.signed) if palette else None
    for frame in stored_frames(location, source):
        yield frame if tables is None else StoredFrame(apply_palette(frame.values[..., 0], tables), 8)


def add_bytes(source: Source, copy: Dataset) -> None:
    """Give the copy of a document its document, of a segmentation its pixels, of a report nothing.

    Raises
    ------
    Refusal
        If a segmentation is none of outlines alone: shades could show a page.
    """
    if source.kind is Kind.DOCUMENT:
        copy.EncapsulatedDocument = source.dataset.EncapsulatedDocument
    if source.kind is not Kind.SEGMENTATION:
        return
    binary = copy.get("SegmentationType") == "BINARY" and copy.get("BitsAllocated") == 1
    if not binary or is_encapsulated(source.header):
        raise Refusal(mark("only segmentations of outlines (BINARY), not compressed, are de-identified"))
    values = int(copy.Rows) * int(copy.Columns) * int(copy.get("NumberOfFrames") or 1)
    length = (values + 7) // 8
    data = source.dataset.PixelData[:length]
    if len(data) < length:
        raise Refusal(mark("the file ends within the pixel data: it was cut off"))
    copy.add_new("PixelData", "OB", data + b"\0" * (length % 2))
    copy.BurnedInAnnotation = "NO"


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
    for frame in frames_to_write(location, source):
        cancel.check()
        values = frame.values
        if outside is not None:
            values = values.copy()
            values[outside] = _black(frame, stored.photometric, outside)
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


def _black(frame: StoredFrame, photometric: str, outside: Mask) -> float:
    """Return the stored value that is shown darkest and does not change how the rest is shown."""
    signed = frame.values.dtype.kind == "i"
    low = -(1 << (frame.bits - 1)) if signed else 0
    high = low + (1 << frame.bits) - 1
    if frame.values.shape[-1] == 3:
        return 0
    inverted = photometric == "MONOCHROME1"
    if frame.bits > 8 and not outside.all():
        # Deep values are stretched from minimum to maximum where no window says otherwise.
        inside = frame.values[~outside]
        return int(inside.max() if inverted else inside.min())
    return high if inverted else low
