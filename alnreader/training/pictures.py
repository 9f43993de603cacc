"""The pictures of a run, decoded once and held small in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alnreader.case.errors import TrainingDataError
from alnreader.training.manifest import Record

STORE_FACTOR = 1.25
"""Pictures are held this much larger than the network's input, so that a zoom has something to show."""

MASK_LEVEL = 127
"""A mask pixel above this is lesion: masks are 0/255 but may have passed through a lossy format."""


@dataclass(frozen=True)
class Picture:
    """One picture for stage 1, squeezed to a square as the network will see it.

    `pixels` is (S, S) uint8 when the picture is grey, (S, S, 3) RGB otherwise; `mask` is (S, S) uint8 of 0
    and 1, or None where no mask is known.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    record: Record


def read_rgb(record: Record) -> NDArray[np.uint8]:
    """Return the picture's own pixels, (H, W, 3) uint8 RGB."""
    try:
        with Image.open(record.image) as picture:
            return np.asarray(picture.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise TrainingDataError(
            f"{record.image}: cannot be decoded ({error}). Remove or repair it."
        ) from error


def read_mask(record: Record) -> NDArray[np.bool_] | None:
    """Return the mask in the picture's own size, (H, W) bool, or None where none is known."""
    if record.mask is None:
        return None
    try:
        with Image.open(record.mask) as picture:
            return np.asarray(picture.convert("L")) > MASK_LEVEL
    except (OSError, SyntaxError, ValueError) as error:
        raise TrainingDataError(
            f"{record.mask}: cannot be decoded ({error}). Remove or repair it."
        ) from error


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
