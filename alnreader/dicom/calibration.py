"""Calibration regions of an ultrasound picture (PS3.3 C.8.5.5)."""

from __future__ import annotations

from pydicom.dataset import Dataset

from alnreader.case.image import CalibrationRegion, RegionContent
from alnreader.dicom.header import Header

CENTIMETRES = 3
"""Physical Units X/Y Direction (0018,6024/6026): 3 is cm (PS3.3 C.8.5.5.1.15)."""

MM_PER_CM = 10.0

MIN_MM_PER_PIXEL, MAX_MM_PER_PIXEL = 1e-4, 10.0
"""Scales that a picture of a body can have: 0.1 micrometre to 1 cm a pixel. Others are faults of the file."""

_SEQUENCE = 0x00186011

_SHOWN_FORMATS = (1, 2, 3)
"""Region Spatial Format (0018,6012), PS3.3 C.8.5.5.1.1: 2D, M-mode and spectral show echoes. 0 (none), 4
(waveform) and 5 (graphics) are drawn by the scanner, whatever their data type says."""

_CONTENTS = {
    1: RegionContent.TISSUE,
    2: RegionContent.COLOUR_FLOW,
    3: RegionContent.SPECTRAL,
    4: RegionContent.SPECTRAL,
}
"""Region Data Type (0018,6014), PS3.3 C.8.5.5.1.2: tissue, flow, and spectra of pulsed and continuous wave
Doppler. Above are traces, bars and what else is computed from echoes; none of that is one."""


def calibration_regions(
    header: Header, rows: int, columns: int
) -> tuple[tuple[CalibrationRegion, ...], tuple[str, ...]]:
    """Return the calibration regions of a file and what was wrong with the others.

    A region without cm on both axes is kept without a scale: a length in it exists in pixels only. A negative
    delta says that the axis runs the other way; its size is the scale.

    Parameters
    ----------
    header
        Of the file.
    rows, columns
        Size of the picture; regions are cut to it, as some scanners count one pixel too many.
    """
    regions: list[CalibrationRegion] = []
    notes: list[str] = []
    for index, item in enumerate(header.items(_SEQUENCE), start=1):
        region, note = _region(header, item, rows, columns)
        if region is not None:
            regions.append(region)
        if note:
            notes.append(f"Calibration region {index}: {note}.")
    return tuple(regions), tuple(notes)


def _region(header: Header, item: Dataset, rows: int, columns: int) -> tuple[CalibrationRegion | None, str]:
    bounds = [header.integer(tag, item, "L") for tag in (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E)]
    if None in bounds:
        return None, "has no bounds and is left out"
    x0, y0, x1, y1 = (int(bound) for bound in bounds if bound is not None)
    if x1 < x0 or y1 < y0 or x0 >= columns or y0 >= rows:
        return None, f"bounds {(x0, y0, x1, y1)} are not in the picture of {columns} x {rows}; it is left out"
    scales, note = _scales(header, item)
    return (
        CalibrationRegion(
            x0=x0,
            y0=y0,
            x1=min(x1, columns - 1),
            y1=min(y1, rows - 1),
            mm_per_pixel_x=scales[0] if scales else None,
            mm_per_pixel_y=scales[1] if scales else None,
            content=_content(header, item),
        ),
        note,
    )


def _content(header: Header, item: Dataset) -> RegionContent:
    """Return what a region shows; where the format is missing its data type alone says it."""
    form, kind = header.integer(0x00186012, item), header.integer(0x00186014, item)
    if kind is None or (form is not None and form not in _SHOWN_FORMATS):
        return RegionContent.OTHER
    return _CONTENTS.get(kind, RegionContent.OTHER)


def _scales(header: Header, item: Dataset) -> tuple[tuple[float, float] | None, str]:
    units = (header.integer(0x00186024, item), header.integer(0x00186026, item))
    if units != (CENTIMETRES, CENTIMETRES):
        return None, ""  # Doppler and M-mode: no fault, only no length
    deltas = [header.integers(tag, item, "d") for tag in (0x0018602C, 0x0018602E)]
    if not all(deltas):
        return None, "says cm but gives no scale; nothing is measured in it"
    x, y = (abs(float(delta[0])) * MM_PER_CM for delta in deltas)
    if not all(MIN_MM_PER_PIXEL <= scale <= MAX_MM_PER_PIXEL for scale in (x, y)):
        return None, f"a scale of {x:g} x {y:g} mm per pixel is not believed; nothing is measured in it"
    return (x, y), ""
