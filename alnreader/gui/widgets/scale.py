"""The scale 0-100 %: probability as a marker, its interval as a band, the operating point as a tick."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from alnreader.gui import theme
from alnreader.report.sentences import percent, telling_digits

_INSET = 18
_TOP, _THICK = 34, 12


class ProbabilityScale(QWidget):
    """Empty until a probability is set; then it can be painted pale, as one that is being made anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show an empty scale."""
        super().__init__(parent)
        self._probability: float | None = None
        self._interval = (0.0, 0.0)
        self._threshold: float | None = None
        self._pale = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Probability of axillary metastasis"))
        theme.signals().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a size for a side panel."""
        return QSize(300, _TOP + _THICK + 38)

    minimumSizeHint = sizeHint

    @property
    def probability(self) -> float | None:
        """What is shown, None for nothing."""
        return self._probability

    def set_score(
        self,
        probability: float | None,
        interval: tuple[float, float] | None = None,
        threshold: float | None = None,
        *,
        pale: bool = False,
    ) -> None:
        """Show a probability with its interval and the operating point, all 0 to 1; None clears it."""
        self._probability = probability
        self._interval = interval or (probability or 0.0, probability or 0.0)
        self._threshold = threshold
        self._pale = pale
        words = "" if probability is None else self._words(probability)
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    def _digits(self) -> int:
        if self._probability is None or self._threshold is None:
            return 0
        return telling_digits(self._probability, self._threshold)

    def _words(self, probability: float) -> str:
        digits = self._digits()
        low, high = self._interval
        text = percent(probability, digits)
        if low != high:
            text += f" ({100 * low:.{digits}f}–{100 * high:.{digits}f} %)"
        if self._threshold is not None:
            text += ", " + self.tr("operating point {0}").format(percent(self._threshold, digits))
        return text

    def _x(self, probability: float) -> float:
        return _INSET + probability * (self.width() - 2 * _INSET)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._x(0), self._x(1)
        track = QRectF(left, _TOP, right - left, _THICK)
        painter.setPen(QPen(theme.token("edge"), 1))
        painter.setBrush(theme.token("window"))
        painter.drawRoundedRect(track, 3, 3)
        painter.setFont(theme.font(theme.CAPTION_PIXELS))
        for tenth in range(11):
            x = self._x(tenth / 10)
            painter.setPen(QPen(theme.token("edge"), 1))
            painter.drawLine(
                QPointF(x, track.bottom()), QPointF(x, track.bottom() + (5 if tenth % 5 == 0 else 3))
            )
            # The operating point's line would go through the figure.
            crossed = self._threshold is not None and abs(self._threshold - tenth / 10) < 0.05
            if tenth % 5 == 0 and not crossed:
                self._label(painter, x, track.bottom() + 6, f"{tenth * 10} %", "quiet")
        if self._pale:
            painter.setOpacity(0.35)
        if self._probability is not None and self._interval[0] < self._interval[1]:
            band = QRectF(
                QPointF(self._x(self._interval[0]), _TOP), QPointF(self._x(self._interval[1]), _TOP + _THICK)
            )
            painter.setPen(QPen(theme.token("accent"), 1))
            painter.setBrush(theme.token("accent", 0.35))
            painter.drawRect(band)
        if self._threshold is not None:
            x = self._x(self._threshold)
            painter.setPen(QPen(theme.token("text"), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, _TOP - 4), QPointF(x, track.bottom() + 20))
            text = self.tr("operating point {0}").format(percent(self._threshold, self._digits()))
            self._label(painter, x, track.bottom() + 20, text, "text")
        if self._probability is not None:
            self._marker(painter, self._x(self._probability), percent(self._probability, self._digits()))

    def _marker(self, painter: QPainter, x: float, text: str) -> None:
        painter.setPen(QPen(theme.token("text"), 2))
        painter.drawLine(QPointF(x, _TOP - 1), QPointF(x, _TOP + _THICK + 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.token("text"))
        painter.drawPolygon(QPolygonF([QPointF(x, _TOP), QPointF(x - 6, _TOP - 9), QPointF(x + 6, _TOP - 9)]))
        painter.setFont(theme.font(15, strong=True))
        self._label(painter, x, 2, text, "text")

    def _label(self, painter: QPainter, x: float, top: float, text: str, token: str) -> None:
        """Write centred at x, but not over the widget's edges."""
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(text) + 2
        left = min(max(x - width / 2, 0.0), self.width() - width)
        painter.setPen(theme.token(token))
        painter.drawText(QRectF(left, top, width, metrics.height()), Qt.AlignmentFlag.AlignCenter, text)
