"""The pictures of a report: outline left, heat map right, and what was measured under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.colors import HexColor, black, white
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from alnreader.case.case import Reading
from alnreader.case.image import UltrasoundImage
from alnreader.case.language import mark, told, tr
from alnreader.case.measure import Axis, Measurement, measure
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.case.score import ImageScore
from alnreader.report import figures, fonts, layout
from alnreader.report.charts import draw_figure
from alnreader.report.heat import DrawnHeat, drawn_of_patient
from alnreader.report.outline import Loop, outlines
from alnreader.report.sentences import HEAT_MAP_CAPTION, kind_words, percent, points
from alnreader.report.text import file_name

COLOURS = {RegionKind.TUMOUR: HexColor("#ffb454"), RegionKind.LYMPH_NODE: HexColor("#3fd3c1")}
_LETTERS = {RegionKind.TUMOUR: "T", RegionKind.LYMPH_NODE: "N"}
_ORIGINS = {
    Origin.PROPOSED: mark("{region}, proposed by the network"),
    Origin.EDITED: mark("{region}, proposed by the network, corrected by the reader"),
    Origin.DRAWN: mark("{region}, drawn by the reader"),
}

_GAP = 12.0
_HALF = (layout.WIDTH - _GAP) / 2
_TALLEST = 190.0
"""Height of a picture at most, in points: two images with their tables fill a page."""

_LINE = 1.3
_HALO = 0.75
"""Width of an outline, and of the black border on each side of it: a pixel of a screen, in points."""

LEGEND = mark(
    "T: tumour, N: lymph node. A dashed outline was proposed by the network and not confirmed by a reader; a "
    "solid one was confirmed or drawn. Small crosses mark the ends of the long and short axis. "
    "Each heat map has a scale of its own: the end of its colour bar says how strong it is beside the "
    "brightest image of the patient."
)


@dataclass(frozen=True)
class Outlined:
    """A region with its name on the picture, its lines and its measures."""

    name: str
    region: Region
    loops: list[Loop]
    measured: Measurement

    @property
    def dashed(self) -> bool:
        """Whether it is the network's own proposal still."""
        return self.region.origin is Origin.PROPOSED and not self.region.confirmed


@dataclass(frozen=True)
class Prepared:
    """All that the report shows of one image. The pixels themselves are let go."""

    number: int
    image: UltrasoundImage
    entry: ImageScore | None
    included: bool
    regions: tuple[Outlined, ...]
    thumbnail: figures.Figure
    plain: figures.Figure
    heat: figures.Figure | None
    drawn: DrawnHeat | None

    @property
    def title(self) -> str:
        """What the image shows, in words."""
        side = {"L": tr("left"), "R": tr("right"), "": ""}[self.image.laterality]
        shown = dict.fromkeys(kind_words(item.region.kind) for item in self.regions)
        what = tr(", ").join(shown)
        if not what and self.entry is not None:
            tumour = self.entry.kind is RegionKind.TUMOUR
            what = tr("tumour view") if tumour else tr("lymph node view")
        what = what or tr("image")
        return f"{self.number}  {what[0].upper()}{what[1:]}{tr(', ') + side if side else ''}"


def prepare(reading: Reading, number: int, image: UltrasoundImage) -> Prepared:
    """Decode one image once, and make all its figures."""
    score = reading.score
    entries = {} if score is None else {entry.key: entry for entry in score.images}
    pixels = image.pixels()
    included = image.key not in reading.case.excluded
    drawn = drawn_of_patient(reading.heat_maps, image, included)
    values = None if drawn is None else drawn.values
    counts: dict[RegionKind, int] = {}
    regions = []
    for region in reading.case.regions_of(image.key):
        counts[region.kind] = counts.get(region.kind, 0) + 1
        name = f"{_LETTERS[region.kind]}{counts[region.kind]}"
        measured = measure(region.mask, image.calibration)
        regions.append(Outlined(name, region, outlines(region.mask), measured))
    return Prepared(
        number,
        image,
        entries.get(image.key),
        included,
        tuple(regions),
        figures.picture(pixels, figures.THUMBNAIL_EDGE),
        figures.picture(pixels),
        None if values is None else figures.heat_picture(pixels, values),
        drawn,
    )


class PicturePair(Flowable):
    """The picture with its outlines, and beside it the heat map with its colour bar."""

    _CAPTION = 13.0

    def __init__(self, prepared: Prepared) -> None:
        """Draw that image, as wide as the page's text."""
        super().__init__()
        self.prepared = prepared
        self.scale = min(_HALF / prepared.image.columns, _TALLEST / prepared.image.rows)
        self.width, self.height = layout.WIDTH, prepared.image.rows * self.scale + self._CAPTION

    def wrap(self, room_x: float, room_y: float) -> tuple[float, float]:
        """Return the size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        canvas, prepared = self.canv, self.prepared
        columns, rows = prepared.image.columns * self.scale, prepared.image.rows * self.scale
        draw_figure(canvas, prepared.plain, 0, self._CAPTION, columns, rows)
        canvas.saveState()
        clip = canvas.beginPath()
        clip.rect(0, self._CAPTION, columns, rows)
        canvas.clipPath(clip, stroke=0)
        for item in prepared.regions:
            self._outline(canvas, item)
        for item in prepared.regions:
            self._label(canvas, item, columns)
        canvas.restoreState()
        right = _HALF + _GAP
        canvas.setFillColor(layout.QUIET)
        origin = _origin(prepared.image)
        fonts.draw(canvas, 0, 4, origin, layout.SMALL_SIZE)
        if prepared.drawn is None:
            why = tr("No heat map.")
            fonts.draw(canvas, right, self.height - 10, why, layout.SMALL_SIZE)
            return
        # The same picture again, without outlines: what is said of its heat map must not stand for one.
        draw_figure(canvas, prepared.heat or prepared.plain, right, self._CAPTION, columns, rows)
        if prepared.heat is None:
            why = fonts.fit(prepared.drawn.note, _HALF, layout.SMALL_SIZE)
            fonts.draw(canvas, right, 4, why, layout.SMALL_SIZE)
            return
        caption = tr("Heat map: {caption}").format(caption=tr(HEAT_MAP_CAPTION))
        fonts.draw(canvas, right, 4, caption, layout.SMALL_SIZE)
        self._colour_bar(canvas, right + fonts.width(caption, layout.SMALL_SIZE) + 6, prepared.drawn.top)

    def _colour_bar(self, canvas: Canvas, x: float, top: str) -> None:
        canvas.setFillColor(layout.QUIET)
        fonts.draw(canvas, x, 4, "0", 6.5)
        draw_figure(canvas, figures.colour_bar(), x + 6, 4, 36, 5)
        canvas.setStrokeColor(layout.QUIET)
        canvas.setLineWidth(0.4)
        canvas.rect(x + 6, 4, 36, 5, stroke=1, fill=0)
        fonts.draw(canvas, x + 45, 4, top, 6.5)

    def _at(self, point: Sequence[float]) -> tuple[float, float]:
        """Return where a point x, y of the picture lies in the figure."""
        return point[0] * self.scale, self.height - point[1] * self.scale

    def _outline(self, canvas: Canvas, item: Outlined) -> None:
        path = canvas.beginPath()
        for loop in item.loops:
            path.moveTo(*self._at(loop[0]))
            for corner in loop[1:]:
                path.lineTo(*self._at(corner))
            path.close()
        node = item.region.kind is RegionKind.LYMPH_NODE
        canvas.saveState()
        canvas.setLineJoin(1)
        canvas.setStrokeColor(black)
        canvas.setLineWidth(_LINE + 2 * _HALO)
        canvas.drawPath(path, stroke=1, fill=0)
        canvas.setStrokeColor(COLOURS[item.region.kind])
        canvas.setLineWidth(_LINE)
        canvas.setLineCap(1 if node else 0)
        if item.dashed:
            canvas.setDash(*((2.4, 3.2) if node else (4.6, 2.0)))
        canvas.drawPath(path, stroke=1, fill=0)
        canvas.setDash()
        for axis in (item.measured.long_axis, item.measured.short_axis):
            self._crosses(canvas, axis)
        canvas.restoreState()

    def _crosses(self, canvas: Canvas, axis: Axis) -> None:
        for colour, line in ((black, 1.8), (white, 0.7)):
            canvas.setStrokeColor(colour)
            canvas.setLineWidth(line)
            for end in (axis.start, axis.end):
                x, y = self._at(end)
                canvas.line(x - 2.6, y, x + 2.6, y)
                canvas.line(x, y - 2.6, x, y + 2.6)

    def _label(self, canvas: Canvas, item: Outlined, columns: float) -> None:
        highest = min((loop[loop[:, 1].argmin()] for loop in item.loops), key=lambda corner: corner[1])
        x, y = self._at(highest)
        width = fonts.width(item.name, 7.0, bold=True) + 4
        left = min(max(x - width / 2, 0.0), columns - width)
        bottom = min(y + 4, self.height - 9)
        canvas.setFillColor(black)
        canvas.rect(left, bottom, width, 9, stroke=0, fill=1)
        canvas.setFillColor(COLOURS[item.region.kind])
        fonts.draw(canvas, left + 2, bottom + 2, item.name, 7.0, bold=True)


def blocks(prepared: Prepared) -> list[Flowable]:
    """Return one image's part of the report. The first two stay together."""
    image, entry = prepared.image, prepared.entry
    flowables: list[Flowable] = [
        layout.paragraph(prepared.title, layout.SUBHEADING, bold=True),
        PicturePair(prepared),
    ]
    if entry is not None:
        flowables.append(_numbers(entry))
    if prepared.regions:
        flowables.append(_measurements(prepared.regions))
    else:
        flowables.append(layout.paragraph(tr("Nothing is outlined on this image."), layout.SMALL))
    reasons = dict.fromkeys(item.measured.reason for item in prepared.regions if item.measured.reason)
    remarks = [tr("No value in millimetres: {reason}").format(reason=told(reason)) for reason in reasons]
    if not (prepared.included if entry is None else entry.included):
        remarks.append(tr("The reader left this image out of the patient's probability."))
    remarks += [] if entry is None else [told(warning.message) for warning in entry.warnings]
    notes = dict.fromkeys([*remarks, *map(told, image.notes)])
    if notes:
        flowables.append(Spacer(1, 3))
    flowables += [layout.paragraph(note, layout.SMALL) for note in notes]
    flowables.append(Spacer(1, 6))
    return flowables


def _origin(image: UltrasoundImage) -> str:
    """Say in half a line where an image comes from, and its series' description only where it fits whole."""
    parts = [file_name(image.source)]
    if image.number_of_frames > 1:
        words = tr("frame {frame} of {frames}")
        parts.append(words.format(frame=image.key.frame, frames=image.number_of_frames))
    if image.acquired is not None:
        parts.append(image.acquired.strftime("%Y-%m-%d %H:%M:%S"))
    parts.append(f"{image.columns} × {image.rows} px")
    line = " · ".join(layout.cut(part, 120) for part in parts)
    if image.series_description:
        described = f"{line} · {layout.cut(image.series_description, 120)}"
        if fonts.width(described, layout.SMALL_SIZE) <= _HALF:
            return described
    return fonts.fit(line, _HALF, layout.SMALL_SIZE)


def _numbers(entry: ImageScore) -> Table:
    """Return what the model says of the image, four numbers in a row."""
    without = "–" if entry.without is None else percent(entry.without)
    moved = tr("{points} points").format(points=points(entry.contribution))
    cells = [
        (tr("Lymph node view"), percent(entry.kind_probability)),
        (tr("Probability, this image alone"), percent(entry.probability)),
        (tr("Contribution"), moved if entry.included else tr("left out")),
        (tr("Patient without this image"), without),
    ]
    table = Table(
        [
            [layout.paragraph(name, layout.QUIET_SMALL) for name, _ in cells],
            [layout.paragraph(value, layout.BODY) for _, value in cells],
        ],
        colWidths=[layout.WIDTH / len(cells)] * len(cells),
    )
    table.setStyle(
        TableStyle(
            [
                layout.TABLE_FONT,
                ("BACKGROUND", (0, 0), (-1, -1), layout.PANEL),
                ("LEFTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, 0), 1.5),
                ("BOTTOMPADDING", (0, 0), (-1, 0), 0),
                ("TOPPADDING", (0, 1), (-1, 1), 0),
                ("BOTTOMPADDING", (0, 1), (-1, 1), 3),
            ]
        )
    )
    table.spaceBefore = 3
    return table


def _measurements(regions: Sequence[Outlined]) -> Table:
    rows = []
    for item in regions:
        found = item.measured
        what = tr(_ORIGINS[item.region.origin]).format(region=kind_words(item.region.kind).capitalize())
        if item.region.confirmed:
            what = tr("{region}, confirmed").format(region=what)
        rows.append(
            [
                item.name,
                what,
                _length(found.long_axis),
                _length(found.short_axis),
                f"{found.ratio:.2f}",
                f"{found.area_px:.0f} px" if found.area_mm2 is None else f"{found.area_mm2:.0f} mm²",
            ]
        )
    widths = [24.0, layout.WIDTH - 24.0 - 4 * 66.0, *[66.0] * 4]
    head = ["", tr("Region"), tr("Long axis"), tr("Short axis"), tr("Long / short"), tr("Area")]
    table = layout.grid(head, rows, widths, 4)
    table.spaceBefore = 2
    return table


def _length(axis: Axis) -> str:
    return f"{axis.length_px:.0f} px" if axis.length_mm is None else f"{axis.length_mm:.1f} mm"
