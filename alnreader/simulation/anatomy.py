"""Layers of the breast and of the axilla around a lesion."""

from __future__ import annotations

import numpy as np

from alnreader.simulation.acoustics import Tissue
from alnreader.simulation.fields import Fields, step
from alnreader.simulation.geometry import FloatArray

FAT_DB, GLAND_DB, MUSCLE_DB, SKIN_DB = -10.0, 0.0, -12.5, -1.0
"""Backscatter relative to glandular tissue: fat and muscle are hypoechoic to it."""


def _strands(
    fields: Fields, length: tuple[float, float], width: float, facing: float, cover: float
) -> FloatArray:
    """Septa along the zero level of a field, broken up so that about `cover` of their length is seen."""
    wrinkled = fields.noise(*length) + 0.16 * fields.noise(length[0] * 0.3, length[1] * 0.45)
    sheets = fields.ridges(wrinkled, width, facing)
    gaps = 0.8 * fields.noise(length[0] * 0.4, length[1] * 0.8) + 0.6 * fields.noise(1.3, 0.8)
    return sheets * step(gaps + 2.2 * (cover - 0.5), 0.7)


def _grain(fields: Fields) -> FloatArray:
    """Unevenness of all tissue, dB: patches, and streaks along the layers."""
    rng = fields.rng
    patches = rng.uniform(1.2, 3.2) * fields.noise(rng.uniform(2.5, 8), rng.uniform(1.2, 4))
    streaks = rng.uniform(0.8, 2.8) * fields.noise(rng.uniform(1.5, 5), rng.uniform(0.3, 0.8))
    return patches + streaks + rng.uniform(0.8, 2.8) * fields.noise(15.0, 9.0)


def _flecks(fields: Fields, length: tuple[float, float], density: float) -> FloatArray:
    """Short bright dashes; `density` is the share of the area above the threshold, roughly."""
    threshold = 2.6 - 6 * density
    return np.clip(fields.noise(*length) - threshold, 0, 1.5)


def _sheet(fields: Fields, depth: FloatArray, width: float) -> FloatArray:
    """One reflecting sheet at a depth (1, lines) in mm, weaker where it is oblique."""
    slope = np.gradient(depth[0], fields.geometry.line_mm)[None, :]
    patches = step(fields.noise(6.0, 40.0) + 0.3, 0.9) * (
        0.5 + 0.5 * step(fields.noise(1.5, 40.0) + 0.3, 0.8)
    )
    depth = depth + 0.12 * fields.line(2.5)
    return np.exp(-0.5 * ((fields.s - depth) / (0.75 * width)) ** 2) / (1 + (2.2 * slope) ** 2) * patches


def _muscle(fields: Fields) -> tuple[FloatArray, FloatArray]:
    """Echo level and reflectors of striated muscle: long fine fibres."""
    fibres = fields.noise(9.0, 0.45)
    return MUSCLE_DB + 2.0 * fibres, 1.6 * np.clip(fields.noise(6.0, 0.26) - 1.2, 0, 1.2)


def _skin(fields: Fields, thickness: float) -> tuple[FloatArray, FloatArray]:
    """Weight of the skin layer and its two bright faces."""
    rng, s = fields.rng, fields.s
    inside = 1 - step(s - thickness - 0.12 * fields.line(9.0), 0.12)
    entry = np.exp(-0.5 * ((s - 0.15) / 0.12) ** 2)
    lower = _sheet(fields, thickness + 0.12 * fields.line(9.0), 0.09)
    return inside, rng.uniform(2, 6) * entry + rng.uniform(1.5, 5) * lower


def _shadow_streaks(fields: Fields, amount: float) -> FloatArray:
    """Excess loss below scattered spots (ligaments, poor contact), dB per mm."""
    depth = fields.rng.uniform(0.05, 0.4) * fields.geometry.depth_mm
    columns = np.clip(fields.line(fields.rng.uniform(2, 7)) - 0.9, 0, 2)
    streaks = amount * columns * np.exp(-0.5 * ((fields.s - depth) / 3.0) ** 2)
    # Dense spots anywhere, and lost contact at the ends of the probe.
    spots = 0.35 * amount * np.clip(fields.noise(5.0, 4.0) - 0.9, 0, 2)
    ends = np.clip(np.abs(fields.x) / fields.geometry.width_mm - fields.rng.uniform(0.33, 0.6), 0, 1)
    return streaks + spots + fields.rng.uniform(0, 4) * ends


def _wavy(fields: Fields, tissue: tuple[FloatArray, ...], amount: float) -> list[FloatArray]:
    """Bend all layers gently; nothing moves at the skin."""
    rng = fields.rng
    settle = np.clip(fields.s / 8.0, 0, 1)
    shift_z = settle * (amount * fields.noise(rng.uniform(9, 22), 16.0) + rng.normal(0, 0.06) * fields.x)
    shift_x = settle * 0.7 * amount * fields.noise(12.0, 10.0)
    return fields.warp(shift_z, shift_x, *tissue)


def _chest_wall(
    fields: Fields, echo: FloatArray, specular: FloatArray, loss: FloatArray, depth: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ribs (bright face, shadow) and pleura (bright line, reverberation) below the muscle."""
    rng, s = fields.rng, fields.s
    below = step(s - depth, 0.3)
    echo = echo * (1 - below) + below * (-24 + 3 * fields.noise(5.0, 2.0))
    specular = specular * (1 - below) + rng.uniform(3, 9) * _sheet(fields, depth, 0.22)
    for order in (1, 2):
        specular = specular + 0.4**order * _sheet(fields, depth + order * rng.uniform(4, 7), 0.35)
    if rng.random() < 0.6:
        centre = rng.uniform(-0.5, 0.5) * fields.geometry.width_mm
        half = rng.uniform(4, 8)
        across = np.clip(1 - ((fields.x - centre) / half) ** 2, 0, None)
        face = depth - 3.0 * np.sqrt(across)
        rib = (across > 0) & (s > face)
        echo = np.where(rib, -26.0, echo).astype(np.float32)
        specular = specular * ~rib + (across > 0) * rng.uniform(4, 9) * _sheet(fields, face, 0.2)
        loss = loss + np.where(rib, 2.5, 0.0).astype(np.float32)
    return echo, specular, loss


def breast(fields: Fields) -> Tissue:
    """Skin, subcutaneous fat with ligaments, gland, pectoral muscle and now and then the chest wall.

    Parameters
    ----------
    fields
        Grid and source of randomness.

    Returns
    -------
    Tissue
        Arrays (samples, lines) float32.
    """
    rng, s, depth = fields.rng, fields.s, fields.geometry.depth_mm
    skin_mm = rng.uniform(0.9, 2.2)
    dense = rng.beta(1.3, 1.0)
    fat_mm = rng.uniform(0.04, 0.28) * depth
    lobule = rng.uniform(6, 16)
    scallop = rng.uniform(0.8, 3.5) * np.abs(fields.line(lobule)) + 0.8 * fields.line(20.0)
    fat_end = skin_mm + fat_mm + scallop
    gland_end = fat_end + rng.uniform(0.2, 0.55) * depth * (0.35 + 0.65 * dense) + 1.6 * fields.line(14.0)
    retro_end = gland_end + rng.uniform(0.3, 6) + 0.9 * fields.line(12.0)
    muscle_end = retro_end + rng.uniform(4, 13) + 0.7 * fields.line(16.0)

    fat_db = FAT_DB + rng.normal(0, 2) + 1.2 * fields.noise(6.0, 3.0)
    islands = fields.noise(rng.uniform(2.0, 6.0), rng.uniform(0.7, 2.2))
    coarse = fields.noise(rng.uniform(6, 14), rng.uniform(3, 6))
    share = rng.uniform(-0.9, 1.6)
    gland_db = GLAND_DB + 1.5 * coarse - rng.uniform(4, 14) * step(0.9 * islands + 0.7 * coarse - share, 0.45)
    muscle_db, fibres = _muscle(fields)

    in_gland = step(s - fat_end, 0.35) * (1 - step(s - gland_end, 0.5))
    in_muscle = step(s - retro_end, 0.3)
    echo = fat_db + (gland_db - fat_db) * in_gland
    echo = echo + (muscle_db - echo) * in_muscle + _grain(fields)

    reflect = rng.uniform(0.3, 1.1)
    ligaments = _strands(
        fields, (lobule, rng.uniform(2.5, 6)), rng.uniform(0.05, 0.16), rng.uniform(0.6, 2), 0.5
    )
    fine = _strands(fields, (lobule * 0.6, 1.6), 0.07, 2.0, rng.uniform(0.25, 0.5))
    bands = np.clip(fields.noise(rng.uniform(3, 7), rng.uniform(0.35, 0.7)) - 0.7, 0, 1.5)
    dashes = _flecks(fields, (rng.uniform(0.8, 2.2), 0.22), rng.uniform(0.0, 0.1))
    outside_muscle = 1 - in_muscle
    specular = outside_muscle * (
        (2.4 * ligaments + 1.4 * fine) * (1 - 0.6 * in_gland) + 1.1 * bands * (0.25 + in_gland) + 1.6 * dashes
    )
    specular = specular + in_muscle * fibres * rng.uniform(0.4, 1.5)
    specular = specular + rng.uniform(0.5, 3) * _sheet(fields, fat_end, 0.16)
    specular = specular + rng.uniform(0, 2.5) * _sheet(fields, gland_end, 0.18)
    specular = specular + rng.uniform(1.5, 5) * _sheet(fields, retro_end, 0.17)
    specular = specular + rng.uniform(1.0, 4.5) * _sheet(fields, muscle_end, 0.17)
    loss = np.zeros_like(echo)
    if rng.random() < 0.55:
        echo, specular, loss = _chest_wall(fields, echo, specular, loss, muscle_end + rng.uniform(0.5, 5))
    loss = loss + _shadow_streaks(fields, rng.uniform(0.2, 1.8)) * (rng.random() < 0.8)
    echo, specular, loss = _wavy(fields, (echo, specular * reflect, loss), rng.uniform(0.3, 1.7))
    skin, faces = _skin(fields, skin_mm)
    echo = echo + (SKIN_DB - echo) * skin
    specular = specular * (1 - skin) + faces
    return Tissue(echo.astype(np.float32), specular.astype(np.float32), loss.astype(np.float32))


def axilla(fields: Fields) -> Tissue:
    """Skin and fat full of wavy strands over oblique muscle, now and then a vessel.

    Parameters
    ----------
    fields
        Grid and source of randomness.

    Returns
    -------
    Tissue
        Arrays (samples, lines) float32.
    """
    rng, s, depth = fields.rng, fields.s, fields.geometry.depth_mm
    skin_mm = rng.uniform(0.8, 1.8)
    slope = rng.normal(0, 0.18)
    muscle_start = rng.uniform(0.55, 0.95) * depth + slope * fields.x + 1.5 * fields.line(14.0)
    muscle_end = muscle_start + rng.uniform(5, 14)
    fat_db = FAT_DB + rng.normal(1.5, 2) + 2.2 * fields.noise(rng.uniform(5, 9), rng.uniform(2, 4))
    muscle_db, fibres = _muscle(fields)
    in_muscle = step(s - muscle_start, 0.3) * (1 - 0.8 * step(s - muscle_end, 0.5))
    echo = fat_db + (muscle_db - fat_db) * in_muscle + _grain(fields)
    long = rng.uniform(6, 13)
    strands = _strands(fields, (long, rng.uniform(1.6, 3.4)), rng.uniform(0.08, 0.18), 1.6, 0.6)
    strands = strands + 0.8 * _strands(fields, (long * 0.6, 1.3), 0.08, 2.0, 0.42)
    bands = np.clip(fields.noise(rng.uniform(3, 6), 0.5) - 0.9, 0, 1.5)
    dashes = _flecks(fields, (rng.uniform(0.9, 2.4), 0.22), rng.uniform(0.02, 0.12))
    specular = (1 - in_muscle) * (2.3 * strands + 1.0 * bands + 1.7 * dashes) + in_muscle * fibres
    specular = specular + rng.uniform(1.5, 5) * _sheet(fields, muscle_start, 0.2)
    specular = specular + rng.uniform(0.5, 4) * _sheet(fields, muscle_end, 0.2)
    loss = np.zeros_like(echo)
    if rng.random() < 0.3:
        echo, specular, loss = _chest_wall(fields, echo, specular, loss, muscle_end + rng.uniform(0.5, 4))
    loss = loss + _shadow_streaks(fields, rng.uniform(0.1, 0.9)) * (rng.random() < 0.5)
    reflect = rng.uniform(0.3, 1.1)
    echo, specular, loss = _wavy(fields, (echo, specular * reflect, loss), rng.uniform(0.6, 2.2))
    skin, faces = _skin(fields, skin_mm)
    echo = echo + (SKIN_DB - echo) * skin
    specular = specular * (1 - skin) + faces
    return Tissue(echo.astype(np.float32), specular.astype(np.float32), loss.astype(np.float32))
