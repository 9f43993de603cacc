"""Tumours and lymph nodes: exact outlines, and what they do to the tissue's echo."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alnreader.simulation.acoustics import Tissue
from alnreader.simulation.fields import Fields, step
from alnreader.simulation.geometry import FloatArray
from alnreader.simulation.risk import Node, Tumour

_ANGLES = 720
"""Points of an outline."""


@dataclass(frozen=True)
class Outline:
    """A star-shaped closed curve around a centre.

    Attributes
    ----------
    x_mm, z_mm
        Centre.
    radius_mm
        Distance from the centre at `_ANGLES` equal steps of the angle (0 to the right, growing downwards).
    """

    x_mm: float
    z_mm: float
    radius_mm: NDArray[np.float64]

    @property
    def points(self) -> NDArray[np.float64]:
        """Corners (n, 2), mm."""
        angle = np.arange(len(self.radius_mm)) * 2 * np.pi / len(self.radius_mm)
        return np.stack(
            [self.x_mm + self.radius_mm * np.cos(angle), self.z_mm + self.radius_mm * np.sin(angle)], axis=1
        )

    @property
    def diameter(self) -> tuple[float, NDArray[np.float64]]:
        """Longest distance between two points of the curve, mm, and these points (2, 2)."""
        points = self.points[::2]
        apart = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
        i, j = np.unravel_index(int(np.argmax(apart)), apart.shape)
        return float(apart[i, j]), points[[i, j]]

    def polar(self, x: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Distance beyond the curve along the ray from the centre, mm (negative inside), and angle, rad."""
        dx, dz = x - np.float32(self.x_mm), z - np.float32(self.z_mm)
        angle = np.arctan2(dz, dx)
        return np.hypot(dx, dz) - self.at(self.radius_mm, angle), angle

    @staticmethod
    def at(values: NDArray[np.float64], angle: FloatArray) -> FloatArray:
        """Values given around the circle, read at angles (linear interpolation)."""
        n = len(values)
        position = (angle * np.float32(n / (2 * np.pi))) % n
        low = position.astype(np.int32)
        share = position - low
        ring = np.append(values, values[:2]).astype(np.float32)
        return ring[low] * (1 - share) + ring[low + 1] * share

    def contains(self, x: FloatArray, z: FloatArray) -> NDArray[np.bool_]:
        """Whether points lie within the curve."""
        return self.polar(x, z)[0] <= 0

    def moved(self, x_mm: float, z_mm: float) -> Outline:
        """The same curve around another centre."""
        return replace(self, x_mm=x_mm, z_mm=z_mm)


def _ellipse(ratio: float, tilt: float) -> NDArray[np.float64]:
    angle = np.arange(_ANGLES) * 2 * np.pi / _ANGLES - tilt
    return 1 / np.hypot(np.cos(angle), np.sin(angle) / ratio)


def _rough(rng: np.random.Generator, low: int, high: int, slope: float) -> NDArray[np.float64]:
    """Random periodic function of unit standard deviation with harmonics low..high falling as n**-slope."""
    angle = np.arange(_ANGLES) * 2 * np.pi / _ANGLES
    orders = np.arange(low, high + 1)[:, None]
    waves = np.cos(orders * angle + rng.uniform(0, 2 * np.pi, orders.shape)) * orders ** (-slope)
    total = (waves * rng.normal(1, 0.3, orders.shape)).sum(axis=0)
    return np.asarray(total / total.std())


def _scaled(radius: NDArray[np.float64], diameter_mm: float) -> Outline:
    outline = Outline(0.0, 0.0, np.maximum(radius, 0.2))
    return Outline(0.0, 0.0, outline.radius_mm * diameter_mm / outline.diameter[0])


def tumour_outline(tumour: Tumour, rng: np.random.Generator) -> Outline:
    """Outline around the origin whose longest diameter is exactly the tumour's size.

    Benign-looking ones are wide ovals; with growing irregularity they get taller, lobulated and angular.
    """
    wild = tumour.irregularity
    ratio = float(np.clip(rng.normal(0.58 + 0.2 * wild, 0.1), 0.42, 0.95))
    taller = rng.random() < 0.35 * wild
    tilt = rng.normal(np.pi / 2 if taller else 0.0, 0.12 + 0.25 * wild)
    radius = _ellipse(ratio, tilt)
    radius = radius * (1 + (0.03 + 0.04 * rng.random()) * _rough(rng, 2, 4, 1.0))
    radius = radius * (1 + 0.14 * wild * _rough(rng, 2, 7, 0.6))
    lobes = np.abs(_rough(rng, 3, 6, 0.0))
    radius = radius * (1 - 0.08 * wild * rng.random() * (1 - np.clip(lobes, 0, 1)))
    radius = radius * (1 + 0.035 * wild * _rough(rng, 8, 26, 0.4))
    if tumour.spiculation > 0.3:
        thorns = np.clip(_rough(rng, 5, 16, 0.1) - 1.1, 0, 1.5)
        radius = radius * (1 + 0.14 * tumour.spiculation * thorns)
    return _scaled(radius, tumour.size_mm)


def node_outline(node: Node, rng: np.random.Generator) -> Outline:
    """Outline around the origin with the node's diameters: a smooth oval, slightly bean-shaped."""
    tilt = rng.normal(0, 0.25)
    radius = _ellipse(node.roundness, tilt) * (1 + 0.022 * _rough(rng, 2, 5, 0.8))
    return _scaled(radius, node.long_mm)


@dataclass(frozen=True)
class _Margin:
    """Distances of the grid's samples from an outline."""

    beyond: FloatArray
    angle: FloatArray
    weight: FloatArray


def _margin(fields: Fields, outline: Outline, softness: float) -> _Margin:
    g = fields.geometry
    x, z = g.to_cartesian(*g.beam_axes())
    beyond, angle = outline.polar(x, z)
    return _Margin(beyond, angle, 1 - step(beyond, softness))


def _edge_shadows(fields: Fields, margin: _Margin, amount: float) -> FloatArray:
    """Loss at the sides of a smooth round body, where the beam is refracted; dB per mm."""
    side = np.abs(np.cos(margin.angle)) ** 6
    return amount * side * np.exp(-0.5 * (margin.beyond / 0.5) ** 2)


def add_tumour(fields: Fields, tissue: Tissue, tumour: Tumour, outline: Outline) -> Tissue:
    """Draw a tumour into the tissue.

    Parameters
    ----------
    fields
        Grid and source of randomness.
    tissue
        Surroundings, (samples, lines).
    tumour, outline
        What is drawn, and its curve placed in the field.

    Returns
    -------
    Tissue
        New tissue; the input is unchanged.
    """
    rng = fields.rng
    wild, spiky = tumour.irregularity, tumour.spiculation
    margin = _margin(fields, outline, rng.uniform(0.12, 0.35) + rng.uniform(0, 1.1) * wild)
    beyond, angle = margin.beyond, margin.angle
    cyst = wild < 0.3 and rng.random() < 0.3
    level = rng.uniform(-44, -30) if cyst else float(np.clip(rng.normal(-16 - 2 * wild, 3.5), -27, -9))
    texture = fields.noise(rng.uniform(1.2, 4), rng.uniform(0.8, 2))
    inside_db = level + (0.5 if cyst else rng.uniform(0.8, 2.8)) * texture
    inside_db = inside_db + rng.uniform(0.3, 1.8) * fields.noise(6.0, 4.0)
    inside_spec = np.zeros_like(inside_db)
    if not cyst:
        inside_db = inside_db + rng.uniform(0.5, 2.5) * fields.noise(rng.uniform(1.5, 3.5), 0.5)
        inside_spec = rng.uniform(0, 0.3) * np.clip(fields.noise(1.8, 0.35) - 1.2, 0, 1.5)
        if rng.random() < 0.08 + 0.2 * wild:  # calcifications: few, tiny, bright
            inside_spec = inside_spec + rng.uniform(2, 6) * np.clip(fields.noise(0.35, 0.25) - 2.7, 0, 1)

    echo, specular, loss = tissue.echo_db, tissue.specular, tissue.loss_db_per_mm
    outside = np.clip(beyond, 0, None)
    if wild > 0.35:
        # Malignant-looking: a thick echogenic halo, and spicules as dark and bright rays through it.
        reach = 1.0 + 3.0 * spiky
        halo = np.exp(-outside / (0.8 + 1.5 * wild * rng.random()))
        echo = echo + rng.uniform(0, 8) * wild * halo * np.clip(-echo / 14, 0, 1)
        if spiky > 0.05:
            rays = _rough(rng, 9, 34, 0.2) + 0.6 * _rough(rng, 3, 8, 0.0)
            strength = Outline.at(rays, angle) * np.exp(-outside / reach) * (beyond > -0.3)
            echo = echo + spiky * (6 * np.clip(strength, 0, 1.6) - 11 * np.clip(-strength - 0.1, 0, 1.6))
            specular = specular * (1 - 0.7 * spiky * np.exp(-outside / reach))
    facing = np.abs(np.sin(angle)) ** 3 * step(fields.noise(4.0, 4.0) + 0.3, 0.8)
    capsule = np.exp(-0.5 * ((beyond - 0.15) / 0.16) ** 2) * facing
    specular = specular + rng.uniform(0.2, 2.6) * (1 - wild) ** 1.2 * capsule

    weight = margin.weight
    echo = echo + (inside_db - echo) * weight
    specular = specular * (1 - weight) + inside_spec * weight
    if cyst:
        back = rng.uniform(-1.4, -0.5)
    elif rng.random() < 0.2 + 0.55 * wild:
        back = rng.uniform(0.2, 1.5) + 1.2 * spiky * rng.random()
    else:
        back = rng.uniform(-0.7, 0.15)
    # The farther the path through a big tumour, the less loss per mm keeps the picture readable.
    loss = loss * (1 - weight) + weight * back * min(1.0, 12 / tumour.size_mm)
    loss = loss + _edge_shadows(fields, margin, rng.uniform(0, 2.2) * (1 - wild))
    return Tissue(echo.astype(np.float32), specular.astype(np.float32), loss.astype(np.float32))


def add_node(fields: Fields, tissue: Tissue, node: Node, outline: Outline) -> Tissue:
    """Draw a lymph node: hypoechoic cortex of the stated greatest thickness, echogenic fatty hilum.

    The parameters are those of `add_tumour`. The cortex is thickest on one side (towards the probe or away
    from it) and thinner on the other; where the hilum is lost the whole node is cortex.
    """
    rng = fields.rng
    margin = _margin(fields, outline, rng.uniform(0.12, 0.35))
    beyond, angle = margin.beyond, margin.angle
    cortex_db = float(np.clip(rng.normal(-16.5, 2.5), -24, -12.5))
    inside_db = (
        cortex_db
        + rng.uniform(0.5, 1.8) * fields.noise(2.5, 1.2)
        + rng.uniform(0.3, 1.5) * fields.noise(2.5, 0.5)
    )
    inside_spec = np.zeros_like(inside_db)
    if not node.hilum_lost:
        hilum = hilum_outline(node, outline, rng)
        hilum_beyond, _ = hilum.polar(*fields.geometry.to_cartesian(*fields.geometry.beam_axes()))
        core = 1 - step(hilum_beyond, rng.uniform(0.12, 0.3))
        hilum_db = rng.uniform(-8.5, -2) + 2.0 * fields.noise(2.5, 0.8) + 1.5 * fields.noise(4.0, 2.0)
        inside_db = inside_db + (hilum_db - inside_db) * core
        inside_spec = core * rng.uniform(0.2, 1.1) * np.clip(fields.noise(2.2, 0.35) - 0.5, 0, 1.5)
    weight = margin.weight
    echo = tissue.echo_db + (inside_db - tissue.echo_db) * weight
    facing = np.abs(np.sin(angle)) ** 3 * step(fields.noise(3.0, 3.0) + 0.2, 0.8)
    rim = np.exp(-0.5 * ((beyond - 0.12) / 0.15) ** 2) * facing
    specular = tissue.specular * (1 - weight) + inside_spec * weight + rng.uniform(0.1, 1.6) * rim
    loss = tissue.loss_db_per_mm * (1 - weight) + weight * rng.uniform(-0.7, 0.2)
    loss = loss + _edge_shadows(fields, margin, rng.uniform(0, 1.2))
    return Tissue(echo.astype(np.float32), specular.astype(np.float32), loss.astype(np.float32))


def hilum_outline(node: Node, outline: Outline, rng: np.random.Generator) -> Outline:
    """Curve of the fatty hilum within a node.

    The cortex has the node's `cortex_mm` on the thick side along the short axis, and what the hilum's
    extent leaves on the thin one.
    """
    angle = np.arange(_ANGLES) * 2 * np.pi / _ANGLES
    _, ends = outline.diameter
    axis = float(np.arctan2(*(ends[1] - ends[0])[::-1]))
    thick_side = axis + np.pi / 2 * (1 if rng.random() < 0.5 else -1)
    short = node.short_mm
    height = node.hilum * short
    thin = max(short - height - node.cortex_mm, 0.03 * short)
    height = short - thin - node.cortex_mm
    offset = (thin + height / 2) - short / 2  # of the hilum's middle towards the thick side; negative: away
    along = max(node.long_mm / 2 - 0.75 * (node.cortex_mm + thin) / 2 - 0.06 * node.long_mm, height / 2)
    radius = 1 / np.hypot(np.cos(angle - axis) / along, np.sin(angle - axis) / (height / 2))
    # Uneven, but never beyond the thick side's border: there the cortex has its stated thickness.
    away = 0.5 - 0.5 * np.cos(angle - thick_side)
    radius = radius * (1 + away * 0.12 * _rough(rng, 2, 5, 0.6))
    if rng.random() < 0.6:
        # Vessels enter on the thin side: there the hilum's fat reaches the surface.
        gate = thick_side + np.pi + rng.normal(0, 0.3)
        turn = np.angle(np.exp(1j * (angle - gate)))
        reach = (thin + height / 2) / (height / 2) - 1
        radius = radius * (1 + 1.15 * reach * np.exp(-0.5 * (turn / rng.uniform(0.25, 0.6)) ** 2))
    return Outline(
        outline.x_mm + offset * float(np.cos(thick_side)),
        outline.z_mm + offset * float(np.sin(thick_side)),
        radius,
    )
