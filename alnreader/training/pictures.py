"""The pictures of a run, decoded once and held small in memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alnreader.case.errors import TrainingDataError
from alnreader.dicom.pictures import decode_picture
from alnreader.dicom.refusal import RefusedError
from alnreader.training.manifest import Record

STORE_FACTOR = 1.25
"""Pictures are held this much larger than the network's input, so that a zoom has something to show."""

MASK_LEVEL = 127
"""A mask pixel above this is lesion: masks are 0/255 but may have passed through a lossy format."""


FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
"""Of pictures and masks, by Pillow's names."""


_ORIENTATION = 0x0112
"""EXIF's tag; 2 to 8 are turns and mirrors (CIPA DC-008, 4.6.4)."""


@dataclass(frozen=True)
class Picture:
    """One picture for stage 1, squeezed to a square as the network will see it.

    `pixels` is (S, S) uint8 when the picture is grey, (S, S, 3) RGB otherwise; `mask` is (S, S) uint8 of 0
    and 1, or None where no mask is known.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    record: Record


def decoded(path: Path) -> NDArray[np.uint8]:
    """Return a picture as the program itself would read it, (H, W, 3) uint8 RGB.

    Raises
    ------
    TrainingDataError
        If it cannot be decoded.
    """
    try:
        return decode_picture(path, FORMATS)
    except RefusedError as error:
        raise TrainingDataError(
            f"{path}: not a readable picture ({error.reason}). Remove or repair it."
        ) from error


def read_rgb(record: Record) -> NDArray[np.uint8]:
    """Return the picture as the program reads it, (H, W, 3) uint8 RGB; `decoded`."""
    return decoded(record.image)


def read_mask(record: Record) -> NDArray[np.bool_] | None:
    """Return the mask in the picture's own size, (H, W) bool, or None where none is known."""
    return None if record.mask is None else levels(record.mask) > MASK_LEVEL


def levels(path: Path) -> NDArray[np.uint8]:
    """Return a mask's grey values as they are stored, (H, W) uint8: nothing is stretched or turned.

    Raises
    ------
    TrainingDataError
        If it cannot be decoded.
    """
    try:
        with Image.open(path, formats=FORMATS) as picture:
            return np.asarray(picture.convert("L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise TrainingDataError(f"{path}: not a readable picture ({error}). Remove or repair it.") from error


def is_turned(data: bytes) -> bool:
    """Return whether the file's EXIF asks for its picture to be turned or mirrored."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        return picture.getexif().get(_ORIENTATION, 1) in range(2, 9)


def content_hash(records: Sequence[Record]) -> str:
    """Return a hash of what is known of pictures, of the pictures and of their masks, in this order.

    Paths and times are not part of it: data may be moved or copied while a run rests. A file that cannot be
    read counts as none; the check of the data names it.
    """
    whole = hashlib.blake2b(digest_size=16)
    for record in records:
        known = replace(record, image=Path(record.image.name), mask=None)
        whole.update(repr(known).encode())
        for path in (record.image, record.mask):
            try:
                digest = hashlib.blake2b(path.read_bytes(), digest_size=16).digest() if path else b"none"
            except OSError:
                digest = b"unreadable"
            whole.update(digest)
    return whole.hexdigest()


def squeeze(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize to (size, size), the aspect ratio not kept; area mean when shrinking, so nothing aliases."""
    shrinking = pixels.shape[0] >= size and pixels.shape[1] >= size
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=method), np.uint8)


def load(records: Sequence[Record], input_size: int) -> list[Picture]:
    """Decode every picture once, for an input of `input_size` pixels."""
    size = round(input_size * STORE_FACTOR)
    pictures = []
    for record in records:
        rgb = read_rgb(record)
        grey = bool((rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 1] == rgb[..., 2]).all())
        mask = read_mask(record)
        small = None if mask is None else (squeeze(mask.astype(np.uint8) * 255, size) > MASK_LEVEL)
        pictures.append(
            Picture(
                squeeze(np.ascontiguousarray(rgb[..., 0]) if grey else rgb, size),
                None if small is None else small.astype(np.uint8),
                record,
            )
        )
    return pictures
