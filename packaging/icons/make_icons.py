"""Draw the application's icon in the sizes and forms that systems want, from alnreader.svg.

Run after a change of the drawing; the results are committed, since Windows and macOS builds have no rsvg.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

HERE = Path(__file__).resolve().parent
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def main() -> int:
    application = QGuiApplication([])
    renderer = QSvgRenderer(str(HERE / "alnreader.svg"))
    for size in SIZES:
        picture = QImage(size, size, QImage.Format.Format_ARGB32)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        picture.save(str(HERE / f"alnreader-{size}.png"))
    largest = Image.open(HERE / f"alnreader-{SIZES[-1]}.png")
    largest.save(HERE / "alnreader.ico", sizes=[(size, size) for size in SIZES if size <= 256])
    largest.save(HERE / "alnreader.icns")
    application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
