"""Picture and heat map as Qt images. Window and inversion act here, on what is shown, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from alnreader.case.case import HeatMap
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import Pixels
from alnreader.report.figures import inferno

LEVELS: Final = 256

_FADE_IN: Final = 0.35
"""Heat at and above which the map covers fully; below it fades out to nothing at 0 (as in the report)."""


@dataclass(frozen=True)
class Window:
    """Grey levels shown between black and white: centre and width, 0..255 (PS3.3 C.11.2.1.2)."""

    centre: float = 127.5
    width: float = 255.0

    def __post_init__(self) -> None:
        """Refuse a window without width."""
        if not self.width >= 1:
            raise InvalidValueError(f"A window is at least 1 wide, not {self.width}.")

    def table(self, *, inverted: bool = False) -> NDArray[np.uint8]:
        """Return the level shown for each of the 256 stored ones."""
        stored = np.arange(LEVELS, dtype=np.float64)
        shown = np.clip((stored - self.centre) / self.width + 0.5, 0.0, 1.0) * (LEVELS - 1)
        table = np.rint(shown).astype(np.uint8)
        return LEVELS - 1 - table if inverted else table


def picture_image(pixels: Pixels, window: Window, *, inverted: bool = False) -> QImage:
    """Return the picture ``(H, W, 3) uint8 RGB`` as it is shown; the pixels are not changed."""
    shown = pixels
    if window != Window() or inverted:
        shown = window.table(inverted=inverted)[pixels]
    shown = np.ascontiguousarray(shown)
    rows, columns = shown.shape[:2]
    view = QImage(shown.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


def heat_image(heat: HeatMap) -> QImage:
    """Return a heat map ``(H, W)`` 0..1 as colours, transparent where there is nothing."""
    levels = np.rint(np.clip(heat, 0.0, 1.0) * (LEVELS - 1)).astype(np.uint8)
    scale = np.arange(LEVELS, dtype=np.float32) / (LEVELS - 1)
    cover = np.clip(scale / _FADE_IN, 0.0, 1.0)
    colours = np.rint(inferno(scale.astype(np.float32)) * cover[:, None]).astype(np.uint32)
    alpha = np.rint(cover * 255).astype(np.uint32)
    table = alpha << 24 | colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2]
    shown = np.ascontiguousarray(table[levels])
    rows, columns = shown.shape
    view = QImage(shown.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
    return view.copy()


def colour_bar_image() -> QImage:
    """Return the map's colours, 1 at the top: one column of 256 rows."""
    colours = inferno(np.linspace(1.0, 0.0, LEVELS, dtype=np.float32)).astype(np.uint32)
    table = np.ascontiguousarray(0xFF000000 | colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2])
    return QImage(table.data, 1, LEVELS, 4, QImage.Format.Format_RGB32).copy()
