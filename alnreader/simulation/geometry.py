"""Where a beam sample lies in the tissue, and where a point of the tissue lies on a beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
GeometryKind = Literal["linear", "trapezoid", "convex"]


@dataclass(frozen=True)
class Geometry:
    """Field of view of a transducer.

    Cartesian coordinates are millimetres: x to the right from the middle of the probe, z downwards from
    the top of the field's bounding box. Beam coordinates are (u, s): u in [0, 1] across the lines, s in
    millimetres from the probe's face.

    Attributes
    ----------
    kind
        `linear` (rectangle), `trapezoid` (linear with steered edge lines) or `convex`.
    width_mm
        Length of the probe's face (arc length for `convex`).
    depth_mm
        Depth along a line.
    lines, samples
        Size of the beam-space grid.
    steer_rad
        Angle of the outermost line of a trapezoid.
    radius_mm
        Radius of curvature of a convex probe.
    """

    kind: GeometryKind
    width_mm: float
    depth_mm: float
    lines: int = 320
    samples: int = 512
    steer_rad: float = 0.0
    radius_mm: float = 60.0

    @property
    def half_angle(self) -> float:
        """Half opening angle of a convex field, rad."""
        return self.width_mm / (2 * self.radius_mm)

    @property
    def spread(self) -> float:
        """Widening of each half of a trapezoid, mm per mm of depth; 0 for other kinds."""
        return float(np.tan(self.steer_rad)) if self.kind == "trapezoid" else 0.0

    @property
    def sample_mm(self) -> float:
        """Axial distance between two samples, mm."""
        return self.depth_mm / self.samples

    @property
    def line_mm(self) -> float:
        """Distance between two lines at the probe's face, mm."""
        return self.width_mm / self.lines

    @property
    def half_extent_mm(self) -> float:
        """Half width of the field's bounding box, mm."""
        if self.kind == "convex":
            return float((self.radius_mm + self.depth_mm) * np.sin(self.half_angle))
        return self.width_mm / 2 + self.depth_mm * self.spread

    @property
    def extent_z_mm(self) -> float:
        """Height of the field's bounding box, mm."""
        if self.kind == "convex":
            return float(self.radius_mm + self.depth_mm - self.radius_mm * np.cos(self.half_angle))
        return self.depth_mm

    def to_cartesian(self, u: FloatArray, s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Beam coordinates to (x, z) in mm. Arrays broadcast."""
        if self.kind == "convex":
            theta = (2 * u - 1) * self.half_angle
            r = self.radius_mm + s
            return r * np.sin(theta), r * np.cos(theta) - self.radius_mm * np.cos(self.half_angle)
        half = self.width_mm / 2 + s * self.spread
        x = (2 * u - 1) * half
        return x, np.broadcast_to(s, x.shape)

    def to_beam(self, x: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(x, z) in mm to beam coordinates (u, s). Arrays broadcast."""
        if self.kind == "convex":
            down = z + self.radius_mm * np.cos(self.half_angle)
            u = (np.arctan2(x, down) / self.half_angle + 1) / 2
            return u, np.hypot(x, down) - self.radius_mm
        u = (x / (self.width_mm / 2 + z * self.spread) + 1) / 2
        return u, np.broadcast_to(z, u.shape)

    def inside(self, x: FloatArray, z: FloatArray, margin_mm: float = 0.0) -> NDArray[np.bool_]:
        """Whether points lie in the field, `margin_mm` away from its border."""
        u, s = self.to_beam(x, z)
        mu = margin_mm / self.width_mm
        return (u >= mu) & (u <= 1 - mu) & (s >= margin_mm) & (s <= self.depth_mm - margin_mm)

    def beam_axes(self) -> tuple[FloatArray, FloatArray]:
        """Axes of the grid: u of shape (1, lines) and s in mm of shape (samples, 1), both float32."""
        u = (np.arange(self.lines, dtype=np.float32) + 0.5) / self.lines
        s = (np.arange(self.samples, dtype=np.float32) + 0.5) * np.float32(self.sample_mm)
        return u[None, :], s[:, None]
