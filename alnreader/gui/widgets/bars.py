"""What each image adds to the score: bars that grow left (against) and right (for) from a middle line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from alnreader.gui import theme
from alnreader.gui.widgets.labels import plain_tip
from alnreader.report.sentences import points

_ROW, _THUMB, _GAP = 34, 28, 8
_HEAD = 20
_LEAST_SCALE = 0.01
"""Bars never fill the width for less than one percentage point."""


@dataclass(frozen=True)
class Contribution:
    """One bar.

    Attributes
    ----------
    key
        Handed back when the row is chosen.
    label
        Short name of the image.
    value
        Contribution to the probability, -1 to 1.
    note
        Sentence for the tool tip ("without this image ...").
    thumbnail
        Small picture, or None.
    included
        Whether the image is in the bag; a bar of one left out is not drawn.
    """

    key: Any
    label: str
    value: float
    note: str = ""
    thumbnail: QPixmap | None = None
    included: bool = True


class ContributionBars(QWidget):
    """Rows of thumbnail, name, bar and number. A click or Return chooses the image."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Begin empty."""
        super().__init__(parent)
        self._rows: tuple[Contribution, ...] = ()
        self._current: Any = None
        self._hovered = -1
        self._pale = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Contribution of each image"))
        self.setToolTip(self.tr("Click a bar, or press up and down, to see its image"))
        theme.signals().changed.connect(self.update)

    def set_rows(self, rows: Sequence[Contribution], current: Any = None, *, pale: bool = False) -> None:
        """Show these contributions; ``current`` is the key of the image on the canvas."""
        self._rows, self._current, self._pale = tuple(rows), current, pale
        self.setAccessibleDescription("; ".join(f"{row.label}: {points(row.value)}" for row in rows))
        self.updateGeometry()
        self.update()

    def set_current(self, key: Any) -> None:
        """Mark the row of another image."""
        self._current = key
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of all rows."""
        return QSize(280, _HEAD + _ROW * len(self._rows))

    minimumSizeHint = sizeHint

    def row_rect(self, index: int) -> QRectF:
        """Return where a row stands."""
        return QRectF(0, _HEAD + index * _ROW, self.width(), _ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        if not self._rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        left, right = self._bar_ends()
        middle = (left + right) / 2
        painter.setFont(theme.font(theme.CAPTION_PIXELS))
        painter.setPen(theme.token("quiet"))
        painter.drawText(
            QRectF(left - 30, 0, middle - left + 26, _HEAD), Qt.AlignmentFlag.AlignRight, self.tr("against")
        )
        painter.drawText(
            QRectF(middle + 4, 0, right - middle + 30, _HEAD), Qt.AlignmentFlag.AlignLeft, self.tr("for")
        )
        scale = max(_LEAST_SCALE, *(abs(row.value) for row in self._rows))
        for index, row in enumerate(self._rows):
            self._paint_row(painter, index, row, middle, (right - left) / 2 / scale)
        painter.setPen(QPen(theme.token("edge"), 1))
        painter.drawLine(QPointF(middle, _HEAD - 2), QPointF(middle, _HEAD + _ROW * len(self._rows)))

    def _paint_row(
        self, painter: QPainter, index: int, row: Contribution, middle: float, scale: float
    ) -> None:
        rect = self.row_rect(index)
        if row.key == self._current or index == self._hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.token("accent_soft" if row.key == self._current else "hover"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)
        thumb = QRectF(rect.left() + 4, rect.center().y() - _THUMB / 2, _THUMB, _THUMB)
        if row.thumbnail is not None:
            self._thumbnail(painter, thumb, row.thumbnail)
        painter.setFont(theme.font(theme.CAPTION_PIXELS))
        painter.setPen(theme.token("text" if row.included else "quiet"))
        name = QRectF(thumb.right() + _GAP, rect.top(), self._label_width(), rect.height())
        text = painter.fontMetrics().elidedText(row.label, Qt.TextElideMode.ElideRight, int(name.width()))
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, text)
        painter.save()
        if self._pale:
            painter.setOpacity(0.35)
        if row.included:
            x0, x1 = sorted((middle, middle + row.value * scale))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.token("accent"))
            painter.drawRect(QRectF(x0, rect.center().y() - 5, x1 - x0, 10))
        number = QRectF(rect.right() - 48, rect.top(), 44, rect.height())
        painter.setPen(theme.token("text" if row.included else "quiet"))
        words = points(row.value) if row.included else self.tr("left out")
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
        painter.restore()

    @staticmethod
    def _thumbnail(painter: QPainter, rect: QRectF, picture: QPixmap) -> None:
        """Paint the middle square of a picture."""
        edge = min(picture.width(), picture.height())
        source = QRectF((picture.width() - edge) / 2, (picture.height() - edge) / 2, edge, edge)
        painter.drawPixmap(rect, picture, source)

    def _label_width(self) -> float:
        return min(92.0, self.width() * 0.28)

    def _bar_ends(self) -> tuple[float, float]:
        return 4 + _THUMB + _GAP + self._label_width() + _GAP, self.width() - 56.0

    def _row_at(self, y: float) -> int:
        index = int((y - _HEAD) // _ROW)
        return index if y >= _HEAD and index < len(self._rows) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the row under the mouse."""
        hovered = self._row_at(event.position().y())
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(Qt.CursorShape.PointingHandCursor if hovered >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Mark none."""
        self._hovered = -1
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose a row."""
        index = self._row_at(event.position().y())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._rows[index].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the row before or after with the arrow keys."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not self._rows:
            super().keyPressEvent(event)
            return
        keys = [row.key for row in self._rows]
        place = keys.index(self._current) + step if self._current in keys else 0
        self.chosen.emit(keys[min(max(place, 0), len(keys) - 1)])

    def event(self, event: QEvent) -> bool:
        """Say the note of the row under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._row_at(event.pos().y())
            note = plain_tip(self._rows[index].note) if index >= 0 else self.toolTip()
            QToolTip.showText(event.globalPos(), note, self)
            return True
        return super().event(event)
