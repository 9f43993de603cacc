"""Time the canvas: from a mouse move, or from a decoded frame, to the pixels on the screen, in ms.

Wall time is what a person waits, and on a shared machine what others make them wait; processor time is what
the program itself needs.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from alnreader.case.image import CalibrationRegion, ImageKey, UltrasoundImage
from alnreader.case.region import Region, RegionKind
from alnreader.gui.canvas import CanvasView, Tool

SIZES = ((1024, 768), (1920, 1080))
BRUSHES = (24, 120)
"""Diameters in screen pixels."""

MOVES = 600


def canvas_of(columns: int, rows: int) -> CanvasView:
    """Return a canvas of the picture's own size, with three outlined regions and the brush in hand."""
    generator = np.random.default_rng(0)
    pixels = np.repeat(
        generator.gamma(4.0, 20.0, (rows, columns, 1)).clip(0, 255).astype(np.uint8), 3, axis=2
    )
    image = UltrasoundImage(
        ImageKey("1.2"),
        "bench",
        rows,
        columns,
        lambda _: pixels,
        calibration=(CalibrationRegion(0, 0, columns - 1, rows - 1, 0.05, 0.05),),
    )
    y, x = np.mgrid[:rows, :columns]
    angle = np.arctan2(y - rows / 2, x - columns / 2)
    spiky = np.hypot(y - rows / 2, x - columns / 2) < rows * (0.25 + 0.03 * np.sin(40 * angle))
    regions = (
        Region(spiky, RegionKind.TUMOUR, confirmed=True),
        Region(np.hypot(y - rows / 4, x - columns / 5) < rows / 8, RegionKind.LYMPH_NODE),
        Region(np.hypot(y - rows / 1.3, x - columns / 1.2) < rows / 8, RegionKind.LYMPH_NODE),
    )
    canvas = CanvasView()
    canvas.resize(columns, rows)
    canvas.set_image(image, pixels)
    canvas.set_regions(regions, 0)
    canvas.set_tool(Tool.BRUSH)
    canvas.show()
    QApplication.processEvents()
    return canvas


def path(columns: int, rows: int) -> Iterator[QPointF]:
    """Walk a spiral over the canvas, about 10 pixels a move."""
    for step in range(MOVES):
        turn = step / 25
        reach = rows * 0.08 + rows * 0.35 * step / MOVES
        yield QPointF(columns / 2 + reach * np.cos(turn), rows / 2 + reach * np.sin(turn))


def send(canvas: CanvasView, kind: QEvent.Type, at: QPointF, held: bool) -> None:
    """Send a mouse event and let everything it causes be painted."""
    none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
    button = none if kind is QEvent.Type.MouseMove else left
    event = QMouseEvent(
        kind, at, canvas.mapToGlobal(at), button, left if held else none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(canvas, event)
    QApplication.processEvents()


def brush_latency(columns: int, rows: int, brush: float) -> dict[str, float]:
    """Return p50 and p99 of a move, wall and processor, and the release with its new outline, in ms."""
    canvas = canvas_of(columns, rows)
    canvas.set_brush_size(brush)
    regions = canvas.contours
    canvas.mask_edited.connect(
        lambda index, mask: canvas.set_regions((Region(mask, regions[index].kind, confirmed=True),), 0)
    )
    places = list(path(columns, rows))
    send(canvas, QEvent.Type.MouseButtonPress, places[0], True)
    wall, busy = [], []
    for place in places[1:]:
        start = time.perf_counter(), time.process_time()
        send(canvas, QEvent.Type.MouseMove, place, True)
        wall.append((time.perf_counter() - start[0]) * 1000)
        busy.append((time.process_time() - start[1]) * 1000)
    begun = time.process_time()
    send(canvas, QEvent.Type.MouseButtonRelease, places[-1], False)
    release = (time.process_time() - begun) * 1000
    canvas.close()
    return {
        "wall p50": float(np.percentile(wall, 50)),
        "wall p99": float(np.percentile(wall, 99)),
        "processor p50": float(np.percentile(busy, 50)),
        "processor p99": float(np.percentile(busy, 99)),
        "release, processor": release,
    }


def redraw(columns: int, rows: int) -> dict[str, float]:
    """Return the median processor time of a whole canvas: the next frame of a cine, a pan, a window."""
    canvas = canvas_of(columns, rows)
    image = canvas.image
    assert image is not None
    pixels, region = image.pixels(), Region(canvas.contours[0].mask, RegionKind.TUMOUR, confirmed=True)

    def frame(_: int) -> None:
        canvas.set_image(image, pixels)

    def pan(number: int) -> None:
        canvas.move_picture(3 - 6 * (number % 2), 0)

    def window(number: int) -> None:
        canvas.set_window(120 + number % 2, 200)

    result = {}
    canvas.set_regions((region,))
    for name, change in {"frame": frame, "pan": pan, "window": window}.items():
        times = []
        for number in range(20):
            start = time.process_time()
            change(number)
            QApplication.processEvents()
            times.append((time.process_time() - start) * 1000)
        result[name] = float(np.median(times))
    canvas.close()
    return result


def main() -> None:
    """Write the table."""
    application = QApplication.instance() or QApplication([])
    for columns, rows in SIZES:
        for brush in BRUSHES:
            times = brush_latency(columns, rows, brush)
            told = ", ".join(f"{name} {value:.1f}" for name, value in times.items())
            sys.stdout.write(f"brush of {brush} px on {columns} x {rows}, ms: {told}\n")
        told = ", ".join(f"{name} {value:.1f}" for name, value in redraw(columns, rows).items())
        sys.stdout.write(f"whole canvas of {columns} x {rows}, processor ms: {told}\n")
    application.processEvents()


if __name__ == "__main__":
    main()
