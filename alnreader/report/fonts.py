"""The report's one typeface and its fallbacks: which font writes which character.

Open Sans, with Droid Sans Fallback where it has no glyph (`docs/decisions/0070-fonts.md`). All are
embedded, and of each only the glyphs in use.
"""

from __future__ import annotations

import threading
from functools import cache
from itertools import groupby
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from alnreader.paths import resources_dir
from alnreader.report.text import one_line

REGULAR = "ALN-Regular"
BOLD = "ALN-Semibold"
_HAN = "ALN-Han"
_HANGUL = "ALN-Hangul"
_FILES = {
    REGULAR: "OpenSans-Regular.ttf",
    BOLD: "OpenSans-Semibold.ttf",
    _HAN: "DroidSansFallbackFull.ttf",
    _HANGUL: "DroidSansFallback-Hangul.ttf",
}
REPLACEMENT = "\ufffd"
"""Stands for a character that no font here can write. Open Sans has a glyph for it."""

_ELLIPSIS = "…"
_lock = threading.Lock()


@cache
def _glyphs(font: str) -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(font).face.charToGlyph)


def register() -> None:
    """Make the fonts known to reportlab, once."""
    with _lock:
        known = set(pdfmetrics.getRegisteredFontNames())
        for name, file in _FILES.items():
            if name not in known:
                pdfmetrics.registerFont(TTFont(name, str(resources_dir() / "fonts" / file)))
        pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def runs(text: str, bold: bool = False) -> list[tuple[str, str]]:
    """Return one line of text as (font, piece) runs, every piece in a font that has its glyphs."""
    first = BOLD if bold else REGULAR

    def font_of(character: str) -> str:
        for font in (first, _HAN, _HANGUL):
            if ord(character) in _glyphs(font):
                return font
        return ""

    pieces = []
    for font, group in groupby(one_line(text), key=font_of):
        piece = "".join(group)
        pieces.append((font or first, piece if font else REPLACEMENT * len(piece)))
    return pieces


def markup(text: str, bold: bool = False) -> str:
    """Return text for a reportlab paragraph in `REGULAR`: escaped, and each run in its font."""
    return "".join(
        escape(piece) if font == REGULAR else f'<font name="{font}">{escape(piece)}</font>'
        for font, piece in runs(text, bold)
    )


def width(text: str, size: float, bold: bool = False) -> float:
    """Return the length of a line in points."""
    return float(sum(pdfmetrics.stringWidth(piece, font, size) for font, piece in runs(text, bold)))


def fit(text: str, room: float, size: float, bold: bool = False) -> str:
    """Return the line, cut with an ellipsis where it is longer than the room in points."""
    line = one_line(text)
    if width(line, size, bold) <= room:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if width(line[:middle] + _ELLIPSIS, size, bold) <= room:
            low = middle
        else:
            high = middle - 1
    return line[:low].rstrip() + _ELLIPSIS


def draw(
    canvas: Canvas, x: float, y: float, text: str, size: float, bold: bool = False, anchor: str = "start"
) -> None:
    """Write one line on the canvas with its left end, middle or right end (``start, middle, end``) at x."""
    x -= {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width(text, size, bold)
    line = canvas.beginText(x, y)
    for font, piece in runs(text, bold):
        line.setFont(font, size)
        line.textOut(piece)
    canvas.drawText(line)
