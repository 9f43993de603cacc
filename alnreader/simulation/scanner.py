"""Looks of scanners: pulse, dynamic range, grey map, size and layout of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from alnreader.simulation.acoustics import Beam, Tissue, envelope
from alnreader.simulation.geometry import FloatArray, Geometry, GeometryKind

Layout = Literal["cropped", "framed", "screen"]


@dataclass(frozen=True)
class Scanner:
    """One scanner and the habits of its users; drawn once a patient, blind to the disease.

    Attributes
    ----------
    frequency_mhz, cycles, f_number, looks
        Pulse, beam and number of compounded looks.
    dynamic_range_db, reference, gamma, s_curve
        Log compression: grey of glandular tissue (0 to 1), exponent, and strength of an S-shaped map.
    deep_loss
        Under-compensated attenuation, dB per mm.
    noise_db
        Electronic noise at the probe's face.
    smoothing
        Standard deviations (axial, lateral) in samples of the speckle filter on the compressed picture.
    sharpen
        Strength of the edge enhancement.
    geometry, layout, height, aspect
        Field of view; arrangement, height in pixels and width over height of the picture.
    tint
        Colour of white (r, g, b) in 0 to 1.
    background
        Grey level of the surround.
    caption_grey
        Grey level of captions.
    ruler
        Side of the depth ruler.
    pixel_ratio
        Pixel width over height in millimetres, inverted: not 1 where pixels are not square.
    """

    frequency_mhz: float
    cycles: float
    f_number: float
    looks: int
    dynamic_range_db: float
    reference: float
    gamma: float
    s_curve: float
    deep_loss: float
    noise_db: float
    smoothing: tuple[float, float]
    sharpen: float
    geometry: GeometryKind
    layout: Layout
    height: int
    aspect: float
    tint: tuple[float, float, float]
    background: int
    caption_grey: int
    ruler: Literal["left", "right", "none"]
    pixel_ratio: float


def draw_scanner(rng: np.random.Generator) -> Scanner:
    """Draw a scanner; the spread is meant to be wider than that of any one hospital."""
    old = rng.random() < 0.18  # single look, coarse speckle, hard contrast
    smooth = not old and rng.random() < 0.45  # strongly filtered modern picture
    tint = (1.0, 1.0, 1.0)
    if rng.random() < 0.2:
        warm = rng.uniform(-0.14, 0.14)
        tint = (1.0 - max(warm, 0), 1.0 - abs(warm) / 3, 1.0 + min(warm, 0))
    return Scanner(
        frequency_mhz=float(rng.uniform(7, 10) if old else rng.uniform(8, 15)),
        cycles=float(rng.uniform(1.6, 3.0)),
        f_number=float(rng.uniform(2.0, 4.5)),
        looks=1 if old else int(rng.integers(3, 6) if smooth else rng.integers(1, 5)),
        dynamic_range_db=float(rng.uniform(36, 52) if old else rng.uniform(52, 84)),
        reference=float(rng.uniform(0.5, 0.78) if old else np.clip(rng.normal(0.56, 0.08), 0.38, 0.74)),
        gamma=float(rng.uniform(0.8, 1.5)),
        s_curve=float(rng.uniform(0, 0.8) if rng.random() < 0.5 else 0.0),
        deep_loss=float(np.clip(rng.normal(0.38, 0.3), -0.1, 1.1)),
        noise_db=float(rng.uniform(-58, -32)),
        smoothing=(float(rng.uniform(0.4, 1.0)), float(rng.uniform(0.5, 1.3))) if smooth else (0.0, 0.0),
        sharpen=float(rng.uniform(0.2, 1.0) if smooth or rng.random() < 0.4 else 0.0),
        geometry=str(rng.choice(["linear", "trapezoid", "convex"], p=[0.78, 0.13, 0.09])),  # type: ignore[arg-type]  # a literal
        layout=str(rng.choice(["cropped", "framed", "screen"], p=[0.45, 0.25, 0.3])),  # type: ignore[arg-type]  # a literal
        height=int(rng.choice([400, 450, 480, 540, 600, 720, 768, 864, 960])),
        aspect=float(rng.choice([1.0, 1.2, 1.25, 4 / 3, 1.4, 1.6])),
        tint=tint,
        background=int(rng.choice([0, 0, 0, 4, 10, 16])),
        caption_grey=int(rng.integers(170, 256)),
        ruler=str(rng.choice(["left", "right", "none"], p=[0.35, 0.4, 0.25])),  # type: ignore[arg-type]  # a literal
        pixel_ratio=float(1.0 if rng.random() < 0.85 else rng.uniform(0.9, 1.1)),
    )


def acquire(scanner: Scanner, tissue: Tissue, geometry: Geometry, rng: np.random.Generator) -> FloatArray:
    """Compressed beam-space picture, (samples, lines) float32 in [0, 1].

    Parameters
    ----------
    scanner, tissue, geometry
        Look, what is imaged, and where.
    rng
        Source of randomness for speckle, noise and the small changes of gain between pictures.
    """
    _, s = geometry.beam_axes()
    beam = Beam(
        scanner.frequency_mhz,
        scanner.cycles,
        scanner.f_number,
        focus_mm=float(rng.uniform(0.25, 0.6)) * geometry.depth_mm,
        aperture_mm=float(rng.uniform(10, 18)),
    )
    start = rng.uniform(0.2, 0.55) * geometry.depth_mm
    residual = scanner.deep_loss * np.clip(s - start, 0, None)
    # The gain that undoes attenuation lifts the noise: 0.5 dB/cm/MHz, two ways.
    lift = 0.1 * scanner.frequency_mhz * np.clip(s, 0, 0.85 * geometry.depth_mm)
    signal = envelope(tissue, geometry, beam, scanner.looks, scanner.noise_db + 0.6 * lift, rng)
    level = 20 * np.log10(signal + 1e-6) - residual + rng.normal(0, 1.5)
    level = level + rng.normal(0, 1.0) * np.sin(s / geometry.depth_mm * np.pi * rng.uniform(1, 2.5))
    grey = scanner.reference + level / scanner.dynamic_range_db
    if scanner.smoothing[0] > 0:
        grey = ndimage.gaussian_filter(grey, scanner.smoothing, truncate=2.5)
    if scanner.sharpen > 0:
        grey = grey + scanner.sharpen * (grey - ndimage.uniform_filter(grey, (7, 5)))
    grey = np.clip(grey, 0, 1) ** np.float32(scanner.gamma)
    bent = grey * grey * (3 - 2 * grey)
    return (grey + scanner.s_curve * (bent - grey)).astype(np.float32)


@dataclass(frozen=True)
class Placement:
    """Where the field of view lies in the picture.

    Attributes
    ----------
    height, width
        Size of the picture.
    x0, y0, x1, y1
        Bounding box of the field in pixels, both ends included.
    mm_x, mm_y
        Millimetres per pixel.
    """

    height: int
    width: int
    x0: int
    y0: int
    x1: int
    y1: int
    mm_x: float
    mm_y: float

    def millimetres(self, geometry: Geometry) -> tuple[FloatArray, FloatArray]:
        """Axes x (1, w) and z (h, 1) in mm of the pixel centres in the bounding box."""
        x = (np.arange(self.x0, self.x1 + 1, dtype=np.float32)[None, :] - self.x0 + 0.5) * np.float32(
            self.mm_x
        )
        z = (np.arange(self.y0, self.y1 + 1, dtype=np.float32)[:, None] - self.y0 + 0.5) * np.float32(
            self.mm_y
        )
        return x - np.float32(geometry.half_extent_mm), z

    def pixel(self, x_mm: float, z_mm: float, geometry: Geometry) -> tuple[float, float]:
        """Pixel (column, row), pixel centres at whole numbers, of a point of the tissue."""
        return (
            self.x0 + (x_mm + geometry.half_extent_mm) / self.mm_x - 0.5,
            self.y0 + z_mm / self.mm_y - 0.5,
        )


def place(scanner: Scanner, geometry: Geometry, rng: np.random.Generator) -> Placement:
    """Fit the field of view into the scanner's picture."""
    wide, high = 2 * geometry.half_extent_mm, geometry.extent_z_mm
    ratio = scanner.pixel_ratio
    if scanner.layout == "cropped":
        # The picture is the field itself, as in published collections; a few dark pixels may remain.
        scale = scanner.height / high
        width = wide * scale * ratio
        shrink = min(1.0, 1280 / width)
        scale *= shrink
        w, h = round(wide * scale * ratio), round(high * scale)
        side, below = (int(rng.integers(0, 12)), int(rng.integers(0, 40))) if rng.random() < 0.5 else (0, 0)
        return Placement(h + below, w + side, 0, 0, w - 1, h - 1, wide / w, high / h)
    height, width = scanner.height, int(np.clip(round(scanner.height * scanner.aspect), 500, 1280))
    if scanner.layout == "framed":
        box = (0.07 * width, 0.06 * height, 0.90 * width, 0.90 * height)
    else:
        left = rng.uniform(0.03, 0.16)
        box = (left * width, 0.1 * height, (0.95 - left) * width, 0.87 * height)
    scale = min(box[2] / (wide * ratio), box[3] / high)
    w, h = int(wide * scale * ratio), int(high * scale)
    x0 = int(box[0] + (box[2] - w) * (rng.uniform(0.3, 0.7)))
    y0 = int(box[1] + (box[3] - h) * (0.0 if rng.random() < 0.7 else 0.5))
    return Placement(height, width, x0, y0, x0 + w - 1, y0 + h - 1, wide / w, high / h)


def scan_convert(
    beam_space: FloatArray, geometry: Geometry, placement: Placement
) -> tuple[FloatArray, np.ndarray]:
    """Beam-space picture to the pixels of the bounding box.

    Parameters
    ----------
    beam_space
        (samples, lines) float32.
    geometry, placement
        Field of view and its place.

    Returns
    -------
    tuple
        Picture (h, w) float32, 0 outside the field, and the field (h, w) bool.
    """
    x, z = placement.millimetres(geometry)
    if geometry.kind == "linear":
        columns = (x[0] / geometry.width_mm + 0.5) * geometry.lines - 0.5
        rows = z[:, 0] / geometry.sample_mm - 0.5
        picture = _interpolate(_interpolate(beam_space, rows).T, columns).T
        return picture, np.ones(picture.shape, bool)
    u, s = geometry.to_beam(x, z)
    field = (u >= 0) & (u <= 1) & (s >= 0) & (s <= geometry.depth_mm)
    at = np.stack([s[field] / geometry.sample_mm - 0.5, u[field] * geometry.lines - 0.5])
    picture = np.zeros(field.shape, np.float32)
    picture[field] = ndimage.map_coordinates(beam_space, at, order=1, mode="nearest")
    return picture, field


def _interpolate(rows: FloatArray, at: FloatArray) -> FloatArray:
    """Rows of an array read at fractional positions, linear."""
    at = np.clip(at, 0, len(rows) - 1)
    low = np.minimum(at.astype(np.int32), len(rows) - 2)
    share = (at - low).astype(np.float32)[:, None]
    return rows[low] * (1 - share) + rows[low + 1] * share
