"""The page: colours, text styles, header, banner and footer, page x of y."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Table, TableStyle

from alnreader.case.language import tr
from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.report import fonts
from alnreader.report.text import one_line

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
"""Room between the margins, in points."""

TEXT = HexColor("#1b232b")
QUIET = HexColor("#4f5a65")
LINE = HexColor("#c3cad1")
PANEL = HexColor("#f3f5f7")
ACCENT = HexColor("#0b66c3")
BAND = HexColor("#a9cbee")
CAUTION = HexColor("#7a5200")
CAUTION_PANEL = HexColor("#fff4d6")

BODY_SIZE = 9.0
SMALL_SIZE = 7.5

_HEADER = 20.0
_BANNER = 21.0
_FOOTER = 20.0

BODY = ParagraphStyle(
    "body",
    fontName=fonts.REGULAR,
    bulletFontName=fonts.REGULAR,
    fontSize=BODY_SIZE,
    leading=12.4,
    textColor=TEXT,
    splitLongWords=1,
)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=SMALL_SIZE, leading=10.2)
QUIET_SMALL = ParagraphStyle("quiet", parent=SMALL, textColor=QUIET)
CLOSING = ParagraphStyle("closing", parent=QUIET_SMALL, spaceBefore=4)
TITLE = ParagraphStyle("title", parent=BODY, fontSize=16, leading=20, spaceAfter=1)
HEADING = ParagraphStyle("heading", parent=BODY, fontSize=11, leading=14, spaceBefore=9, spaceAfter=3)
SUBHEADING = ParagraphStyle("subheading", parent=BODY, leading=12.4, spaceBefore=5, spaceAfter=2)
VERDICT = ParagraphStyle("verdict", parent=BODY, fontSize=10, leading=13.6, spaceBefore=2, spaceAfter=3)
BULLET = ParagraphStyle("bullet", parent=BODY, leftIndent=9, bulletIndent=0, leading=12, spaceAfter=0.8)

TABLE_FONT = ("FONTNAME", (0, 0), (-1, -1), fonts.REGULAR)
"""In every table: its own default is Helvetica, which is never embedded."""

_IDEOGRAPHIC = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""Characters that lines break between: Chinese, Japanese and full-width ones."""

_LONGEST = 1000
"""Characters of one text at most: what is longer stands whole in the JSON document."""


@dataclass(frozen=True)
class Section:
    """What every page of one patient says around its content."""

    site: str
    patient: str
    identity: str
    model: str
    demonstration: bool


_NO_BREAK = "\N{NO-BREAK SPACE}"


def cut(text: str, limit: int = _LONGEST) -> str:
    """Return text as one line of at most ``limit`` characters, with an ellipsis where it was longer."""
    line = one_line(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def paragraph(text: str, style: ParagraphStyle = BODY, bold: bool = False) -> Paragraph:
    """Return a paragraph of plain text: no markup of its own gets through."""
    line = cut(text)
    return Paragraph(fonts.markup(line, bold), _wrapping(line, style))


def listing(text: str, items: Sequence[str]) -> Paragraph:
    """Return a paragraph of plain text in which these items are not broken at their spaces."""
    line = cut(text)
    markup = fonts.markup(line)  # before the spaces: it takes them all for plain ones
    for item in items:
        markup = markup.replace(item, item.replace(" ", _NO_BREAK))
    return Paragraph(markup, _wrapping(line, BODY))


def _wrapping(text: str, style: ParagraphStyle) -> ParagraphStyle:
    """Return the style that breaks the text's lines as its script does: Chinese has no spaces to break at."""
    if not _IDEOGRAPHIC.search(text):
        return style
    return ParagraphStyle(style.name, parent=style, wordWrap="CJK")


def heading(text: str) -> Paragraph:
    """Return a heading that stays with what follows."""
    result = paragraph(text, HEADING, bold=True)
    result.keepWithNext = 1
    return result


def bullet(text: str) -> Paragraph:
    """Return one entry of a list."""
    line = cut(text)
    return Paragraph(fonts.markup(line), _wrapping(line, BULLET), bulletText="•")


def pairs(entries: Sequence[tuple[str, str | Paragraph]], width: float, label: float) -> Table:
    """Return a table of label and value, without lines."""
    rows = [
        [paragraph(name, QUIET_SMALL), value if isinstance(value, Paragraph) else paragraph(value or "–")]
        for name, value in entries
    ]
    table = Table(rows, colWidths=[label, width - label])
    table.setStyle(
        TableStyle(
            [
                TABLE_FONT,
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (0, -1), 2.2),
                ("TOPPADDING", (1, 0), (1, -1), 0.4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0.4),
            ]
        )
    )
    return table


def grid(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], numbers: int) -> Table:
    """Return a table with a head; its last ``numbers`` columns are set flush right."""
    right = ParagraphStyle("right", parent=SMALL, alignment=2)
    right_head = ParagraphStyle("right head", parent=QUIET_SMALL, alignment=2)
    first = len(head) - numbers

    def cells(texts: Sequence[str], left: ParagraphStyle, flush: ParagraphStyle) -> list[Paragraph]:
        return [paragraph(text, flush if i >= first else left) for i, text in enumerate(texts)]

    table = Table(
        [cells(head, QUIET_SMALL, right_head), *(cells(row, SMALL, right) for row in rows)],
        colWidths=list(widths),
        repeatRows=1,
    )
    table.setStyle(
        TableStyle(
            [
                TABLE_FONT,
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.6, QUIET),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
                ("TOPPADDING", (0, 0), (-1, -1), 1.2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8),
            ]
        )
    )
    return table


def height_of(flowables: Sequence[Flowable]) -> float:
    """Return the height that flowables take one under the other, in points."""
    total, after = 0.0, 0.0
    for flowable in flowables:
        before = flowable.getSpaceBefore()
        total += max(before, after) + flowable.wrap(WIDTH, A4[1])[1]
        after = flowable.getSpaceAfter()
    return total


def frame_height(section: Section) -> float:
    """Return the room for content on a page, in points."""
    return float(A4[1] - 2 * MARGIN - _HEADER - _FOOTER - (_BANNER if section.demonstration else 0.0))


def page_template(section: Section) -> PageTemplate:
    """Return the pages of one patient."""
    frame = Frame(
        MARGIN,
        MARGIN + _FOOTER,
        WIDTH,
        frame_height(section),
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )

    def around(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.section = section
        _draw_header(canvas, section)

    return PageTemplate(id="page", frames=[frame], onPage=around, pagesize=A4)


def _draw_header(canvas: Canvas, section: Section) -> None:
    top = A4[1] - MARGIN
    canvas.saveState()
    canvas.setFillColor(TEXT)
    baseline = top - 9
    site_room = WIDTH * 0.4
    fonts.draw(canvas, MARGIN, baseline, fonts.fit(section.site, site_room, 8.0, bold=True), 8.0, bold=True)
    # A long name gives way to what tells the patient from another, down to a third of the room.
    room = WIDTH - site_room - 10
    identity = fonts.fit(section.identity, room * 2 / 3, 8.0)
    patient = fonts.fit(section.patient, room - fonts.width(identity, 8.0), 8.0)
    fonts.draw(canvas, MARGIN + WIDTH, baseline, patient + " " + identity, 8.0, anchor="end")
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, top - 14, MARGIN + WIDTH, top - 14)
    if section.demonstration:
        canvas.setFillColor(CAUTION_PANEL)
        canvas.setStrokeColor(CAUTION)
        canvas.setLineWidth(0.8)
        canvas.rect(MARGIN, top - _HEADER - 15, WIDTH, 15, stroke=1, fill=1)
        canvas.setFillColor(TEXT)
        middle = MARGIN + WIDTH / 2
        words = tr(DEMONSTRATION_BANNER)
        fonts.draw(canvas, middle, top - _HEADER - 10.6, words, 8.6, bold=True, anchor="middle")
    canvas.restoreState()


def _draw_footer(canvas: Canvas, section: Section, page: int, pages: int) -> None:
    canvas.saveState()
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, MARGIN + 12, MARGIN + WIDTH, MARGIN + 12)
    canvas.setFillColor(QUIET)
    place = tr("Page {page} of {pages}").format(page=page, pages=pages)
    room = WIDTH - fonts.width(place, SMALL_SIZE) - 12
    fonts.draw(canvas, MARGIN, MARGIN + 2, fonts.fit(section.model, room, SMALL_SIZE), SMALL_SIZE)
    fonts.draw(canvas, MARGIN + WIDTH, MARGIN + 2, place, SMALL_SIZE, anchor="end")
    canvas.restoreState()


class NumberedCanvas(Canvas):
    """A canvas that knows the number of pages when it writes the footers."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Start without pages."""
        # Its own first font would be Helvetica, which is never embedded.
        super().__init__(*arguments, **{**options, "initialFontName": fonts.REGULAR})
        self._pages: list[dict[str, Any]] = []
        self.section: Section | None = None

    def showPage(self) -> None:
        """Keep the page until all are known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write each page with its footer, then the file."""
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            _draw_footer(self, page["section"], number, len(self._pages))
            super().showPage()
        super().save()
