"""One frame offered to the reader, and what its pixels measure."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from alnreader.case.errors import InvalidValueError

Pixels = NDArray[np.uint8]
PixelLoader = Callable[[int], Pixels]
"""Frame number (1-based) to pixels ``(H, W, 3) uint8 RGB``; raises UnreadableInputError."""


@dataclass(frozen=True, order=True)
class ImageKey:
    """Identity of an image: SOP Instance UID and frame number (1-based, as DICOM counts)."""

    uid: str
    frame: int = 1

    def __post_init__(self) -> None:
        """Refuse an identity that could belong to two pictures."""
        if not self.uid or self.frame < 1:
            raise InvalidValueError(f"Not an image identity: UID {self.uid!r}, frame {self.frame}.")


class RegionContent(StrEnum):
    """What a calibration region shows: Region Data Type (0018,6014), as far as the program cares."""

    TISSUE = "tissue"
    COLOUR_FLOW = "colour flow"
    SPECTRAL = "spectral"
    OTHER = "other"


@dataclass(frozen=True)
class CalibrationRegion:
    """A calibrated rectangle of the picture (PS3.3 C.8.5.5).

    Attributes
    ----------
    x0, y0, x1, y1
        Region Location Min/Max (0018,6018..601E) in pixels, both ends inclusive.
    mm_per_pixel_x, mm_per_pixel_y
        Millimetres per pixel, None unless both axes are in cm: nothing is measured then.
    content
        What the region shows.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    mm_per_pixel_x: float | None = None
    mm_per_pixel_y: float | None = None
    content: RegionContent = RegionContent.TISSUE

    def __post_init__(self) -> None:
        """Refuse an empty rectangle and a scale that is not a positive number."""
        if self.x1 < self.x0 or self.y1 < self.y0:
            raise InvalidValueError(
                f"A calibration region ends before it begins: {(self.x0, self.y0, self.x1, self.y1)}."
            )
        scales = (self.mm_per_pixel_x, self.mm_per_pixel_y)
        if (scales[0] is None) != (scales[1] is None):
            raise InvalidValueError("A calibration region needs a scale on both axes or on none.")
        if any(scale is not None and not (math.isfinite(scale) and scale > 0) for scale in scales):
            raise InvalidValueError(f"A calibration of {scales} mm per pixel is not a positive number.")

    @property
    def calibrated(self) -> bool:
        """Whether lengths in this region can be given in mm."""
        return self.mm_per_pixel_x is not None

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies in the region or on its edge.

        Points count from the outer corner of the top left pixel (`alnreader.case.measure`): the bounds name
        whole pixels, so that the last one ends at ``x1 + 1``.
        """
        return self.x0 <= x <= self.x1 + 1 and self.y0 <= y <= self.y1 + 1


@dataclass(frozen=True)
class UltrasoundImage:
    """One frame offered to the reader. Two are equal when their identity is.

    Attributes
    ----------
    key
        Identity. ``key.uid`` is the SOP Instance UID, or a made-up one for a picture without DICOM.
    source
        The file it came from, for messages: a path, with ``!/`` before the member of a zip.
    rows, columns
        Size of the frame in pixels.
    loader
        Decodes a frame of this file on demand.
    is_dicom
        False for PNG and JPEG pictures, whose key is not a DICOM UID.
    number_of_frames
        Frames in the file; more than one is a cine.
    frame_time
        Milliseconds a frame lasts (0018,1063), None where absent.
    calibration
        Calibration regions of the file.
    laterality
        ``L``, ``R`` or an empty string.
    acquired
        Acquisition (or content) date and time, None where absent.
    study, series_instance_uid, series_number, series_description, instance_number
        Where the image belongs; ``study`` is the Study Instance UID.
    notes
        Facts about this file that the reader must know (an overridden colour space, say).
    """

    key: ImageKey
    source: str = field(compare=False)
    rows: int = field(compare=False)
    columns: int = field(compare=False)
    loader: PixelLoader = field(compare=False, repr=False)
    is_dicom: bool = field(default=True, compare=False)
    number_of_frames: int = field(default=1, compare=False)
    frame_time: float | None = field(default=None, compare=False)
    calibration: tuple[CalibrationRegion, ...] = field(default=(), compare=False)
    laterality: str = field(default="", compare=False)
    acquired: datetime | None = field(default=None, compare=False)
    study: str = field(default="", compare=False)
    series_instance_uid: str = field(default="", compare=False)
    series_number: int | None = field(default=None, compare=False)
    series_description: str = field(default="", compare=False)
    instance_number: int | None = field(default=None, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Refuse a picture without area or a frame that the file does not have."""
        if self.rows < 1 or self.columns < 1:
            raise InvalidValueError(f"{self.source}: a picture of {self.columns} x {self.rows} pixels.")
        if not 1 <= self.key.frame <= self.number_of_frames:
            raise InvalidValueError(
                f"{self.source}: frame {self.key.frame} of {self.number_of_frames} does not exist."
            )
        if self.laterality not in ("", "L", "R"):
            raise InvalidValueError(f"{self.source}: laterality is L, R or empty, not {self.laterality!r}.")

    def pixels(self) -> Pixels:
        """Decode this frame: ``(H, W, 3) uint8 RGB``.

        Raises
        ------
        UnreadableInputError
            If the file has changed or cannot be decoded.
        """
        return self.loader(self.key.frame)

    def at_frame(self, frame: int) -> UltrasoundImage:
        """Return another frame of the same cine."""
        return dataclasses.replace(self, key=ImageKey(self.key.uid, frame))
