"""The depth scale beside the picture: read on any grey, and off the picture where it can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from alnreader.case.image import CalibrationRegion
from alnreader.gui.canvas.geometry import Placement
from alnreader.gui.canvas.ornaments import draw_ruler

CALIBRATION = (CalibrationRegion(0, 0, 299, 299, 0.1, 0.1),)
"""300 x 300 pixels of 0.1 mm: 3 cm deep."""
FIGURES = 44
"""Screen pixels left of the ruler's line in which its figures stand."""


def painted(level: int, room_right: float) -> tuple[np.ndarray, int]:
    """Return the greys of a pane with a ruler over an even picture of 300 px, and where it stands."""
    pane = QImage(round(300 + room_right), 300, QImage.Format.Format_RGB32)
    pane.fill(0)
    painter = QPainter(pane)
    painter.fillRect(QRectF(0, 0, 300, 300), 0xFF000000 | level * 0x010101)
    place = draw_ruler(painter, Placement(), QRectF(pane.rect()), CALIBRATION, 300)
    painter.end()
    assert place is not None
    bytes_ = np.frombuffer(bytes(pane.constBits()), np.uint8).reshape(300, pane.bytesPerLine() // 4, 4)
    return bytes_[:, : pane.width(), 0].astype(int), round(place)


@pytest.mark.parametrize("level", [0, 128, 230])
def test_the_ruler_s_figures_are_read_on_any_grey(qapp: Any, level: int) -> None:
    pane, line = painted(level, room_right=12)
    figures = pane[92:109, line - FIGURES : line - 11]  # beside the tick of 1 cm, at 100 px
    assert figures.max() > 200, "the figure is light"
    dark = (figures < 90).mean()
    assert dark > 0.4, f"and stands on a dark ground: {dark:.0%}"


def test_the_ruler_s_figures_lie_off_the_picture_where_there_is_room(qapp: Any) -> None:
    pane, line = painted(128, room_right=120)
    assert line - FIGURES + 20 > 300, "the line stands off the picture"
    assert (pane[:, :300] == 128).all(), "and nothing of it is on the picture"
    assert line < 300 + 60, "but near it"


def test_the_ruler_stands_clear_of_what_a_scanner_wrote_beside_the_tissue(qapp: Any) -> None:
    pane = QImage(400, 300, QImage.Format.Format_RGB32)
    pane.fill(0)
    painter = QPainter(pane)
    # The tissue ends at 200; a scanner's own scale and settings fill the picture up to 300.
    tissue = (CalibrationRegion(0, 0, 199, 299, 0.1, 0.1),)
    line = draw_ruler(painter, Placement(), QRectF(pane.rect()), tissue, 300)
    painter.end()
    assert line is not None
    assert line - FIGURES + 20 > 300
