"""The score drawn: the scale with the operating point, and what each image contributes. All vectors."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from alnreader.case.language import tr
from alnreader.case.score import Score
from alnreader.report import fonts, layout
from alnreader.report.figures import Figure
from alnreader.report.sentences import percent, points, telling_digits

_INSET = 16.0
"""Room left and right of a scale, for the labels at its ends."""


class ScaleChart(Flowable):
    """The scale 0-100 %: interval as a band, probability as a marker, operating point as a tick."""

    def __init__(self, score: Score) -> None:
        """Draw that score, as wide as the page's text."""
        super().__init__()
        self.score = score
        self.width, self.height = layout.WIDTH, 58.0

    def wrap(self, room_x: float, room_y: float) -> tuple[float, float]:
        """Return the size."""
        return self.width, self.height

    def place(self, probability: float) -> float:
        """Return where on the scale a probability lies, in points from the left."""
        return _INSET + probability * (self.width - 2 * _INSET)

    def draw(self) -> None:
        """Draw it."""
        canvas, score = self.canv, self.score
        digits = telling_digits(score.probability, score.threshold)
        bottom, top = 27.0, 37.0
        self._track(canvas, bottom, top)
        low, high = (self.place(end) for end in score.interval)
        canvas.setFillColor(layout.BAND)
        canvas.setStrokeColor(layout.ACCENT)
        canvas.setLineWidth(0.5)
        canvas.rect(low, bottom, max(high - low, 0.6), top - bottom, stroke=1, fill=1)
        self._operating_point(canvas, bottom, top, digits)
        x = self.place(score.probability)
        canvas.setFillColor(layout.TEXT)
        canvas.setStrokeColor(layout.TEXT)
        canvas.setLineWidth(1.6)
        canvas.line(x, bottom, x, top + 1)
        marker = canvas.beginPath()
        marker.moveTo(x, top)
        marker.lineTo(x - 4.2, top + 6.5)
        marker.lineTo(x + 4.2, top + 6.5)
        marker.close()
        canvas.drawPath(marker, stroke=0, fill=1)
        self._label(canvas, x, top + 9, percent(score.probability, digits), 10.5, bold=True)

    def _track(self, canvas: Canvas, bottom: float, top: float) -> None:
        left, right = self.place(0.0), self.place(1.0)
        canvas.setFillColor(layout.PANEL)
        canvas.setStrokeColor(layout.LINE)
        canvas.setLineWidth(0.6)
        canvas.rect(left, bottom, right - left, top - bottom, stroke=1, fill=1)
        threshold = self.place(self.score.threshold)
        canvas.setStrokeColor(layout.QUIET)
        for tenth in range(11):
            x = self.place(tenth / 10)
            canvas.line(x, bottom, x, bottom - 2.5)
            # The operating point's line runs down between the numbers.
            if tenth % 2 == 0 and abs(x - threshold) > 13:
                canvas.setFillColor(layout.QUIET)
                fonts.draw(canvas, x, bottom - 10.5, f"{10 * tenth} %", 7.0, anchor="middle")

    def _operating_point(self, canvas: Canvas, bottom: float, top: float, digits: int) -> None:
        x = self.place(self.score.threshold)
        canvas.setStrokeColor(layout.TEXT)
        canvas.setLineWidth(1.1)
        canvas.setDash(2.2, 1.4)
        canvas.line(x, top + 2, x, bottom - 13)
        canvas.setDash()
        canvas.setFillColor(layout.TEXT)
        words = tr("operating point {threshold}").format(threshold=percent(self.score.threshold, digits))
        self._label(canvas, x, bottom - 21, words, 7.5)

    def _label(self, canvas: Canvas, x: float, y: float, text: str, size: float, bold: bool = False) -> None:
        """Write a label over x, moved inwards where it would leave the page's text."""
        half = fonts.width(text, size, bold) / 2
        fonts.draw(canvas, min(max(x, half), self.width - half), y, text, size, bold, anchor="middle")


@dataclass(frozen=True)
class ContributionRow:
    """One image in the chart; ``contribution`` and ``without`` as in its ImageScore."""

    label: str
    thumbnail: Figure
    contribution: float
    without: float | None
    included: bool = True


_LEAST_SCALE = 0.05
"""Contribution that fills half a chart at least: five points. Smaller ones must not look large."""


class ContributionChart(Flowable):
    """Bars that grow left (against metastasis) and right (for it) from a middle line, an image a row."""

    ROW = 21.0
    HEAD = 23.0

    def __init__(self, rows: Sequence[ContributionRow], scale: float) -> None:
        """Draw those rows; ``scale`` is the largest contribution of the patient, drawn or not."""
        super().__init__()
        self.rows = rows
        self.scale = max(scale, _LEAST_SCALE)
        self.width, self.height = layout.WIDTH, self.HEAD + self.ROW * len(rows)

    def wrap(self, room_x: float, room_y: float) -> tuple[float, float]:
        """Return the size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        canvas = self.canv
        left, right = 190.0, self.width - 100.0
        middle, half = (left + right) / 2, (right - left) / 2
        points_x, without_x = self.width - 58.0, self.width - 2.0
        head = self.height - 9
        canvas.setFillColor(layout.QUIET)
        fonts.draw(canvas, 0, head, tr("Image"), 7.5)
        fonts.draw(canvas, middle - 6, head, tr("lowers the probability"), 7.5, anchor="end")
        fonts.draw(canvas, middle + 6, head, tr("raises it"), 7.5)
        fonts.draw(canvas, points_x, head, tr("points"), 7.5, anchor="end")
        fonts.draw(canvas, without_x, head, tr("without it"), 7.5, anchor="end")
        canvas.setStrokeColor(layout.QUIET)
        canvas.setLineWidth(0.6)
        canvas.line(0, self.height - 13, self.width, self.height - 13)
        fonts.draw(canvas, left, self.height - 20, points(-self.scale), 6.5, anchor="middle")
        fonts.draw(canvas, right, self.height - 20, points(self.scale), 6.5, anchor="middle")
        for number, row in enumerate(self.rows):
            bottom = self.height - self.HEAD - self.ROW * (number + 1)
            draw_figure(canvas, row.thumbnail, 0, bottom + 1.5, 28, self.ROW - 3)
            canvas.setFillColor(layout.TEXT)
            baseline = bottom + self.ROW / 2 - 2.8
            fonts.draw(canvas, 33, baseline, fonts.fit(row.label, left - 45, 8.0), 8.0)
            if row.included:
                self._bar(canvas, row.contribution, middle, half, bottom)
                fonts.draw(canvas, points_x, baseline, points(row.contribution), 8.0, anchor="end")
                without = "–" if row.without is None else percent(row.without)
                fonts.draw(canvas, without_x, baseline, without, 8.0, anchor="end")
            else:
                canvas.setFillColor(layout.QUIET)
                fonts.draw(canvas, without_x, baseline, tr("left out by the reader"), 8.0, anchor="end")
            canvas.setStrokeColor(layout.LINE)
            canvas.setLineWidth(0.3)
            canvas.line(0, bottom, self.width, bottom)
        canvas.setStrokeColor(layout.TEXT)
        canvas.setLineWidth(0.8)
        canvas.line(middle, 0, middle, self.height - self.HEAD + 2)

    def _bar(self, canvas: Canvas, contribution: float, middle: float, half: float, bottom: float) -> None:
        length = contribution / self.scale * half
        raises = contribution > 0
        canvas.setFillColor(layout.ACCENT if raises else layout.BAND)
        canvas.setStrokeColor(layout.ACCENT)
        canvas.setLineWidth(0.6)
        canvas.rect(min(middle, middle + length), bottom + 5.5, abs(length), self.ROW - 11, stroke=1, fill=1)
        canvas.setFillColor(layout.TEXT)


def draw_figure(
    canvas: Canvas, figure: Figure, x: float, y: float, room_x: float, room_y: float
) -> tuple[float, float, float]:
    """Draw a picture as large as the room allows, in its left upper corner.

    Returns
    -------
    tuple
        Left end and top of the picture, and points per pixel of it.
    """
    scale = min(room_x / figure.columns, room_y / figure.rows)
    width, height = figure.columns * scale, figure.rows * scale
    top = y + room_y
    canvas.drawImage(ImageReader(io.BytesIO(figure.jpeg)), x, top - height, width, height)
    return x, top, scale
