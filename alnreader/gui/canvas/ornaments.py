"""What is drawn beside the picture: region labels, ruler, colour bar, and the words of an empty canvas."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from alnreader.case.image import CalibrationRegion, RegionContent
from alnreader.case.measure import length
from alnreader.gui import theme
from alnreader.gui.canvas.geometry import Placement, Point

_TICKS_MM: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Distances of the ruler's ticks to choose from."""

_TICK_ROOM: Final = 7.0
"""Screen pixels that two ticks must be apart to be told apart."""

_MAJOR: Final = 9.0
"""Length of a whole centimetre's tick in screen pixels."""

_FIGURE_PAD: Final = 3.0
_FIGURE_GAP: Final = 2.0
"""Room around a figure of the ruler on its ground, and from there to the tick and to the picture."""

_PAD: Final = 5.0
_RULER_ROOM: Final = 48.0
"""Screen pixels left of the ruler's line that its figures need."""

_BAR: Final = (10.0, 140.0)
"""Width and height of the colour bar in screen pixels."""


def draw_chip(
    painter: QPainter, text: str, at: Point, colour: QColor, room: QRectF, taken: list[QRectF]
) -> QRectF:
    """Draw a caption on a dark ground with its lower left corner at a point, moved to where it is free."""
    font = theme.font(theme.CAPTION_PIXELS, strong=True)
    metrics = QFontMetricsF(font)
    size = metrics.horizontalAdvance(text) + 2 * _PAD, metrics.height() + 4
    chip = QRectF(at[0], at[1] - size[1], *size)
    chip.moveLeft(min(max(chip.left(), room.left() + 2), room.right() - size[0] - 2))
    chip.moveTop(min(max(chip.top(), room.top() + 2), room.bottom() - size[1] - 2))
    while any(chip.intersects(other) for other in taken) and chip.top() > room.top() - size[1]:
        chip.translate(0, -size[1] - 1)
    taken.append(chip)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.token("scrim", 0.8))
    painter.drawRoundedRect(chip, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)
    return chip


def ruler_region(calibration: tuple[CalibrationRegion, ...]) -> CalibrationRegion | None:
    """Return the region that the ruler measures: calibrated, tissue first, the largest of them."""
    calibrated = [region for region in calibration if region.calibrated]
    return max(
        calibrated,
        key=lambda one: (one.content is RegionContent.TISSUE, (one.x1 - one.x0) * (one.y1 - one.y0)),
        default=None,
    )


def draw_ruler(
    painter: QPainter,
    placement: Placement,
    room: QRectF,
    calibration: tuple[CalibrationRegion, ...],
    columns: int,
) -> float | None:
    """Draw a depth scale in cm beside a picture of ``columns``, zero at the top of the calibrated region.

    Beside the picture, not the region: next to the tissue a scanner writes its own scale and settings.

    Returns where it stands, x in the room, or None where nothing is calibrated or it would be too fine.
    """
    region = ruler_region(calibration)
    if region is None:
        return None
    x = (region.x0 + region.x1 + 1) / 2
    pixel_mm = length((x, region.y0), (x, region.y0 + 1), calibration).mm
    if pixel_mm is None:
        return None
    step = next((tick for tick in _TICKS_MM if tick / pixel_mm * placement.scale >= _TICK_ROOM), None)
    if step is None:
        return None
    font = theme.font(theme.CAPTION_PIXELS)
    metrics = QFontMetricsF(font)
    # Off the picture where there is room for the widest figure.
    beside = metrics.horizontalAdvance("10 cm") + 2 * _FIGURE_PAD + _MAJOR + 2 * _FIGURE_GAP
    right = min(room.right() - 8, placement.to_pane((columns, 0))[0] + beside)
    top = max(room.top(), placement.to_pane((0, region.y0))[1])
    bottom = min(room.bottom(), placement.to_pane((0, region.y1 + 1))[1])
    per_tick = step / pixel_mm * placement.scale
    zero = placement.to_pane((0, region.y0))[1]
    painter.setFont(font)
    named = False
    for tick in range(math.ceil((top - zero) / per_tick), math.floor((bottom - zero) / per_tick) + 1):
        y = zero + tick * per_tick
        major = math.isclose(tick * step % 10, 0, abs_tol=1e-6)
        reach = _MAJOR if major else 4.0
        for ink, width in ((theme.token("halo"), 3.0), (theme.token("on_canvas", 0.8), 1.0)):
            painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(right - reach, y), QPointF(right, y))
        if major and tick > 0 and y < bottom - 6:
            text = f"{tick * step / 10:.0f}" if named else f"{tick * step / 10:.0f} cm"
            named = True
            wide = metrics.horizontalAdvance(text) + 2 * _FIGURE_PAD
            ground = QRectF(
                right - reach - _FIGURE_GAP - wide, y - metrics.height() / 2, wide, metrics.height()
            )
            # A ground of its own: over tissue the figures would be grey on grey.
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.token("scrim", 0.8))
            painter.drawRoundedRect(ground, 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.token("on_canvas"))
            painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)
    return right


def draw_colour_bar(
    painter: QPainter, bar: QImage, room: QRectF, caption: str, top: str, ruler: float | None
) -> list[QRectF]:
    """Draw the heat map's colours from 0 to ``top``, and the caption, at the lower right, clear of the ruler.

    Returns what it covers.
    """
    width, height = _BAR
    font = theme.font(theme.CAPTION_PIXELS)
    metrics = QFontMetricsF(font)
    ground = draw_caption(painter, room, caption)
    right = room.right() - 4
    beside = max(26.0, metrics.horizontalAdvance(top) + 12.0)
    if ruler is not None and ruler > right - _RULER_ROOM - width:
        right = ruler - _RULER_ROOM
    box = QRectF(right - width - beside, ground.top() - height - 14, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.token("scrim", 0.8))
    around = box.adjusted(-6, -8, beside, 8)
    painter.drawRoundedRect(around, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawImage(box, bar)
    painter.setFont(font)
    painter.setPen(theme.token("on_canvas"))
    for text, y in ((top, box.top()), ("0", box.bottom())):
        painter.drawText(QPointF(box.right() + 6, y + 4), text)
    return [ground, around]


def draw_caption(painter: QPainter, room: QRectF, text: str) -> QRectF:
    """Draw a line at the lower right, and return what it covers."""
    font = theme.font(theme.CAPTION_PIXELS)
    metrics = QFontMetricsF(font)
    wide = min(metrics.horizontalAdvance(text) + 2 * _PAD, room.width() - 8)
    ground = QRectF(room.right() - wide - 4, room.bottom() - metrics.height() - 8, wide, metrics.height() + 4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.token("scrim", 0.8))
    painter.drawRoundedRect(ground, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(font)
    painter.setPen(theme.token("on_canvas"))
    short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, ground.width() - 2 * _PAD)
    painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, short)
    return ground


def heat_caption() -> str:
    """Return what stands under every heat map."""
    return QCoreApplication.translate("Canvas", "where the network looked, not proof")
