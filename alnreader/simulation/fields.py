"""Smooth random fields and the ridges (septa, fasciae) that are drawn from them."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from alnreader.simulation.geometry import FloatArray, Geometry

_NODES_PER_LENGTH = 1.6
"""Grid nodes per correlation length: dense enough that the lattice of nodes cannot be seen."""


def _kernel(points: FloatArray, length: float, span: tuple[float, float]) -> FloatArray:
    step = length / _NODES_PER_LENGTH
    nodes = np.arange(span[0] - 2 * length, span[1] + 2 * length + step, step, dtype=np.float32)
    weights = np.exp(-2.0 * ((points[:, None] - nodes[None, :]) / np.float32(length)) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return weights.astype(np.float32)


class Fields:
    """Source of random fields on the beam-space grid of a geometry.

    Fields are Gaussian with zero mean and unit variance, made of Gaussian bumps with random heights;
    the separable sum costs two small matrix products.

    Parameters
    ----------
    geometry
        Grid to draw on. Lateral lengths are taken at the probe's face.
    rng
        Source of randomness.
    """

    def __init__(self, geometry: Geometry, rng: np.random.Generator) -> None:
        self.geometry = geometry
        self.rng = rng
        u, s = geometry.beam_axes()
        self.x = ((u - 0.5) * geometry.width_mm).astype(np.float32)
        self.s = s

    def noise(self, length_x: float, length_z: float) -> FloatArray:
        """Field of shape (samples, lines), float32, with the given correlation lengths in mm."""
        g = self.geometry
        kx = _kernel(self.x[0], length_x, (-g.width_mm / 2, g.width_mm / 2))
        kz = _kernel(self.s[:, 0], length_z, (0.0, g.depth_mm))
        heights = self.rng.standard_normal((kz.shape[1], kx.shape[1]), dtype=np.float32)
        return kz @ heights @ kx.T

    def line(self, length_x: float) -> FloatArray:
        """Random curve of shape (1, lines), float32, zero mean and unit variance."""
        g = self.geometry
        kx = _kernel(self.x[0], length_x, (-g.width_mm / 2, g.width_mm / 2))
        return (kx @ self.rng.standard_normal(kx.shape[1], dtype=np.float32))[None, :]

    def ridges(self, level: FloatArray, width_mm: float, facing: float) -> FloatArray:
        """Bright sheets along the zero level of a field.

        Parameters
        ----------
        level
            Field whose zero crossings are the sheets, (samples, lines).
        width_mm
            Thickness of a sheet (standard deviation), mm.
        facing
            Exponent of the cosine between beam and the sheet's normal: 0 draws all alike; a specular
            reflector, seen best when it faces the probe, has 2 or more.

        Returns
        -------
        array
            (samples, lines) float32 in [0, 1].
        """
        dz = np.empty_like(level)
        dx = np.empty_like(level)
        dz[1:-1] = (level[2:] - level[:-2]) / (2 * self.geometry.sample_mm)
        dz[0], dz[-1] = dz[1], dz[-2]
        dx[:, 1:-1] = (level[:, 2:] - level[:, :-2]) / (2 * self.geometry.line_mm)
        dx[:, 0], dx[:, -1] = dx[:, 1], dx[:, -2]
        slope2 = dz**2 + dx**2 + 1e-6
        sheet = np.exp(-0.5 * level**2 / (slope2 * width_mm**2))
        if facing:
            sheet *= (dz**2 / slope2) ** (facing / 2)
        return sheet

    def warp(self, shift_z: FloatArray, shift_x: FloatArray, *layers: FloatArray) -> list[FloatArray]:
        """Layers read at displaced positions (displacements in mm), bilinear, mirrored at the border."""
        g = self.geometry
        rows = np.arange(g.samples, dtype=np.float32)[:, None] + shift_z / g.sample_mm
        columns = np.arange(g.lines, dtype=np.float32)[None, :] + shift_x / g.line_mm
        at = np.stack(np.broadcast_arrays(rows, columns))
        return [ndimage.map_coordinates(layer, at, order=1, mode="reflect") for layer in layers]


def step(value: FloatArray, width: float) -> FloatArray:
    """Smooth step from 0 to 1 around `value` = 0, about `width` wide."""
    return 0.5 * (1 + np.tanh(value / width))
