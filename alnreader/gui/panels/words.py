"""The words of the window for what the case holds."""

from __future__ import annotations

from PySide6.QtGui import QPixmap

from alnreader.case.assessment import Hilum, NodeShape, NodeStatus, Outline, Vascularity
from alnreader.case.image import UltrasoundImage
from alnreader.case.language import tr
from alnreader.case.measure import Measurement
from alnreader.case.region import Origin, RegionKind
from alnreader.gui import icons
from alnreader.report.text import file_name


def of(value: NodeStatus | Hilum | NodeShape | Outline | Vascularity | RegionKind | Origin) -> str:
    """Return an enumeration's value as a person writes it."""
    # Written out, so that the translation's tools find every word.
    words = {
        NodeStatus.NEGATIVE: tr("Negative"),
        NodeStatus.INDETERMINATE: tr("Indeterminate"),
        NodeStatus.SUSPICIOUS: tr("Suspicious"),
        Hilum.PRESERVED: tr("Preserved"),
        Hilum.DISPLACED: tr("Displaced"),
        Hilum.LOST: tr("Lost"),
        Hilum.NOT_SEEN: tr("Not seen"),
        NodeShape.OVAL: tr("Oval"),
        NodeShape.ROUND: tr("Round"),
        Outline.SMOOTH: tr("Smooth"),
        Outline.IRREGULAR: tr("Irregular"),
        Vascularity.NONE_SEEN: tr("None seen"),
        Vascularity.HILAR: tr("Hilar"),
        Vascularity.ABNORMAL: tr("Abnormal"),
        RegionKind.TUMOUR: tr("Tumour"),
        RegionKind.LYMPH_NODE: tr("Lymph node"),
        Origin.PROPOSED: tr("Proposed"),
        Origin.EDITED: tr("Edited"),
        Origin.DRAWN: tr("Drawn"),
    }
    return words[value]


def image_name(number: int, image: UltrasoundImage) -> str:
    """Return what an image is called in lists: its number from 1 and its file."""
    return f"{number} · {file_name(image.source)}"


def axes(measured: Measurement) -> str:
    """Return long and short axis with their ratio, and the area: in mm, or in px where there are none."""
    long_axis, short_axis = measured.long_axis, measured.short_axis
    if long_axis.length_mm is not None and short_axis.length_mm is not None:
        lengths = f"{long_axis.length_mm:.1f} × {short_axis.length_mm:.1f} mm"
    else:
        lengths = f"{long_axis.length_px:.0f} × {short_axis.length_px:.0f} px"
    area = f"{measured.area_px:.0f} px²" if measured.area_mm2 is None else f"{measured.area_mm2:.0f} mm²"
    ratio = tr("ratio {0}").format(f"{measured.ratio:.1f}")
    return f"{lengths} · {ratio} · {area}"


def kind_pixmap(kind: RegionKind, size: int, ratio: float, *, on_canvas: bool = False) -> QPixmap:
    """Return a kind's sign in the kind's colour, for a panel or for black; the signs differ in form too."""
    ground = "" if on_canvas else "_sign"
    if kind is RegionKind.TUMOUR:
        return icons.pixmap("circle", f"tumour{ground}", size, ratio)
    return icons.pixmap("circle-dot", f"node{ground}", size, ratio)
