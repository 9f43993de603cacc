"""Writes DICOM files of every kind that the tests read back. Used by tests of other parts, too.

``write_ultrasound`` turns a picture into an Ultrasound (Multi-frame) Image Storage file; ``write_image``
writes any stored values under any photometric interpretation and transfer syntax.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import compress
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

# UIDs derived from an integer need no registered root (PS3.5 B.2).
_ROOT = "2.25"


NATIVE = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


def uid_of(text: str) -> str:
    """Return the same UID for the same text."""
    return f"{_ROOT}.{int(hashlib.sha256(text.encode()).hexdigest()[:30], 16)}"


def region_item(
    x0: int = 0,
    y0: int = 0,
    x1: int = 63,
    y1: int = 47,
    delta: tuple[float, float] = (0.01, 0.01),
    units: tuple[int, int] = (3, 3),
    kind: int = 1,
) -> Dataset:
    """Return an item of Sequence of Ultrasound Regions; ``delta`` in units (3: cm) a pixel."""
    item = Dataset()
    item.RegionSpatialFormat = 1
    item.RegionDataType = kind
    item.RegionFlags = 0
    item.RegionLocationMinX0, item.RegionLocationMinY0 = x0, y0
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = x1, y1
    item.PhysicalUnitsXDirection, item.PhysicalUnitsYDirection = units
    item.PhysicalDeltaX, item.PhysicalDeltaY = delta
    return item


def dataset(name: str, **attributes: Any) -> Dataset:
    """Return a data set with identity, without pixels. ``name`` makes its SOP Instance UID."""
    ds = Dataset()
    ds.SOPClassUID = UltrasoundImageStorage
    ds.SOPInstanceUID = uid_of(name)
    ds.StudyInstanceUID = uid_of("study")
    ds.SeriesInstanceUID = uid_of("series")
    ds.Modality = "US"
    ds.PatientID = "P1"
    ds.PatientName = "Doe^Jane"
    ds.StudyDate, ds.StudyTime = "20240131", "101500"
    ds.SeriesNumber, ds.InstanceNumber = 1, 1
    set_attributes(ds, attributes)
    return ds


def set_attributes(ds: Dataset, attributes: dict[str, Any]) -> None:
    """Set attributes by keyword, valid or not; None removes one."""
    with disable_value_validation():
        for keyword, value in attributes.items():
            if keyword in ds:
                delattr(ds, keyword)  # an element keeps the validation that it was made with
            if value is None:
                continue
            if isinstance(value, list) and value and isinstance(value[0], Dataset):
                setattr(ds, keyword, Sequence(value))
            else:
                setattr(ds, keyword, value)


def save(ds: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian, preamble: bool = True) -> Path:
    """Write a data set as a file; without preamble as a bare data set."""
    path.parent.mkdir(parents=True, exist_ok=True)
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    if not preamble:
        with disable_value_validation():
            ds.save_as(path, implicit_vr=implicit, little_endian=little, enforce_file_format=False)
        return path
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", UltrasoundImageStorage)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", uid_of("none"))
    with disable_value_validation():
        ds.save_as(path, enforce_file_format=True)
    return path


def describe(
    ds: Dataset, shape: tuple[int, ...], photometric: str, stored: int, allocated: int, signed: bool
) -> None:
    """Set the image pixel module for values ``(F, H, W, samples)``."""
    frames, ds.Rows, ds.Columns, ds.SamplesPerPixel = shape
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = allocated, stored, stored - 1
    ds.PixelRepresentation = int(signed)
    if shape[-1] == 3:
        ds.PlanarConfiguration = 0
    if frames > 1:
        ds.NumberOfFrames = frames
        ds.SOPClassUID = UltrasoundMultiFrameImageStorage
        ds.FrameTime = 40


def write_image(
    path: Path,
    values: NDArray[Any],
    photometric: str,
    syntax: str = ExplicitVRLittleEndian,
    bits: int = 0,
    planar: bool = False,
    preamble: bool = True,
    **attributes: Any,
) -> Path:
    """Write stored values ``(F, H, W, samples)``, lossless, with the bits they have.

    Compressed syntaxes: whatever pydicom can encode with the packages installed.
    """
    allocated = 8 * values.dtype.itemsize
    ds = dataset(path.name)
    describe(ds, values.shape, photometric, bits or allocated, allocated, values.dtype.kind == "i")
    set_attributes(ds, attributes)
    native = syntax in NATIVE
    stored = np.moveaxis(values, -1, 1) if planar and native else values
    if planar and native:
        ds.PlanarConfiguration = 1
    big = syntax == ExplicitVRBigEndian
    raw = np.ascontiguousarray(stored, dtype=stored.dtype.newbyteorder(">" if big else "<")).tobytes()
    if big and allocated == 8:
        raw = np.frombuffer(raw + b"\0" * (len(raw) % 2), dtype=np.uint8).reshape(-1, 2)[:, ::-1].tobytes()
    ds.PixelData = raw + b"\0" * (len(raw) % 2)
    ds["PixelData"].VR = "OW" if allocated == 16 or big else "OB"
    if native:
        return save(ds, path, syntax, preamble)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    # Named, as GDCM's RLE encoder aborts the interpreter on colour by plane.
    plugin = "pydicom" if syntax == RLELossless else "pylibjpeg"
    compress(ds, syntax, encoding_plugin=plugin, generate_instance_uid=False)
    if planar:
        ds.PlanarConfiguration = 1  # compressed frames have their own order, whatever the tag says
    return save(ds, path, syntax)


def write_encapsulated(
    path: Path,
    frames: list[bytes],
    shape: tuple[int, ...],
    photometric: str,
    syntax: str,
    bits: int = 8,
    has_bot: bool = True,
    fragments: int = 1,
    **attributes: Any,
) -> Path:
    """Write ready code streams under any tag, true or not; ``shape`` is ``(F, H, W, samples)``."""
    ds = dataset(path.name)
    describe(ds, shape, photometric, bits, 8 if bits <= 8 else 16, False)
    set_attributes(ds, attributes)
    ds.PixelData = encapsulate(frames, has_bot=has_bot, fragments_per_frame=fragments)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return save(ds, path, syntax)


def jpeg_bytes(rgb: NDArray[np.uint8], quality: int = 95, subsampling: int = 0, **options: Any) -> bytes:
    """Encode ``(H, W, 3)`` or ``(H, W)`` as JPEG with JFIF marker, as Pillow does."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling=subsampling, **options)
    return buffer.getvalue()


def write_ultrasound(path: Path, pixels: NDArray[np.uint8], jpeg: bool = False, **attributes: Any) -> Path:
    """Write a picture as ultrasound DICOM.

    Parameters
    ----------
    path
        Its name makes the SOP Instance UID; folders are made.
    pixels
        ``(H, W, 3)`` one picture or ``(F, H, W, 3)`` a cine, RGB.
    jpeg
        JPEG baseline (quality 95) instead of uncompressed RGB.
    attributes
        By keyword, such as ``PatientID="X"``; None removes one, a list of `Dataset` is a sequence. For
        ``SequenceOfUltrasoundRegions`` see `region_item`.
    """
    values = np.ascontiguousarray(pixels, dtype=np.uint8)
    if values.ndim == 3:
        values = values[np.newaxis]
    if not jpeg:
        return write_image(path, values, "RGB", **attributes)
    frames = [jpeg_bytes(frame) for frame in values]
    return write_encapsulated(path, frames, values.shape, "YBR_FULL_422", JPEGBaseline8Bit, **attributes)


def to_ybr(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert as PS3.3 C.7.6.3.1.2 writes YBR_FULL."""
    r, g, b = (rgb[..., channel].astype(np.float64) for channel in range(3))
    y = 0.2990 * r + 0.5870 * g + 0.1140 * b
    cb = -0.1687 * r - 0.3313 * g + 0.5000 * b + 128
    cr = 0.5000 * r - 0.4187 * g - 0.0813 * b + 128
    return np.rint(np.clip(np.stack([y, cb, cr], axis=-1), 0, 255)).astype(np.uint8)


def speckle(rows: int = 48, columns: int = 64, frames: int = 1, seed: int = 0) -> NDArray[np.uint8]:
    """Return grey pictures ``(F, H, W, 3)`` that look a little like B-mode: a dark margin and texture."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns]
    inside = np.hypot(x - columns / 2, y) < rows * 0.95
    grey = np.empty((frames, rows, columns), dtype=np.uint8)
    for frame in range(frames):
        smooth = 90 + 60 * np.sin((x + 3 * frame) / 7) * np.cos(y / 5)
        grey[frame] = np.where(inside, np.clip(smooth + rng.normal(0, 6, smooth.shape), 0, 255), 0)
    return np.repeat(grey[..., np.newaxis], 3, axis=-1)


def doppler(rows: int = 48, columns: int = 64, frames: int = 1, seed: int = 0) -> NDArray[np.uint8]:
    """Return `speckle` with a coloured patch on each picture."""
    pictures = speckle(rows, columns, frames, seed)
    pictures[:, rows // 3 : rows // 2, columns // 3 : columns // 2] = (200, 40, 30)
    pictures[:, rows // 3 : rows // 2, columns // 2 : columns // 2 + 5] = (20, 60, 210)
    return pictures
