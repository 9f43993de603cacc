"""Marks burnt into ultrasound pictures: painting false ones, and blanking what looks like one."""

from __future__ import annotations

import string

import cv2
import numpy as np
from numpy.typing import NDArray

MARK_LEVEL = 170
"""Burnt-in marks are bright: white, or the yellow and green of calipers."""

MARK_CONTRAST = 70
"""How much brighter than its opening (7 x 7 pixels) a pixel must be to count as part of a thin mark."""

_CAPTION = string.ascii_uppercase + string.digits + " .-"
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX)


def blank_marks(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture with thin, very bright strokes replaced by their surroundings.

    `pixels` is (H, W) or (H, W, 3) uint8. Specular reflections may be thin and bright as well and are
    then softened: harmless for training, but no restoration.
    """
    grey = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    opened = cv2.morphologyEx(grey, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    marks = ((grey > MARK_LEVEL) & (grey.astype(np.int16) - opened > MARK_CONTRAST)).astype(np.uint8)
    if not marks.any():
        return pixels
    where = cv2.dilate(marks, np.ones((3, 3), np.uint8)) > 0
    blanked = pixels.copy()
    blanked[where] = cv2.medianBlur(pixels, 15)[where]
    return blanked


def paint_marks(view: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the view with random false calipers, captions, depth bars, body marks and grey bars.

    They stand anywhere, so that none of them says where a lesion is or that there is one.
    """
    chance = rng.random(5)
    if (chance >= (0.35, 0.25, 0.2, 0.08, 0.12)).all():
        return view
    view = np.ascontiguousarray(view).copy()
    if chance[0] < 0.35:
        for _ in range(rng.integers(1, 4)):
            _calipers(view, rng)
    if chance[1] < 0.25:
        for _ in range(rng.integers(1, 4)):
            _caption(view, rng)
    if chance[2] < 0.2:
        _depth_bar(view, rng)
    if chance[3] < 0.08:
        _body_mark(view, rng)
    if chance[4] < 0.12:
        _grey_bar(view, rng)
    return view


def _ink(view: NDArray[np.uint8], rng: np.random.Generator) -> tuple[int, ...] | int:
    level = int(rng.integers(150, 256))
    if view.ndim == 2:
        return level
    return (
        tuple(int(level * part) for part in rng.choice([0.2, 1.0], 3)) if rng.random() < 0.5 else (level,) * 3
    )


def _calipers(view: NDArray[np.uint8], rng: np.random.Generator) -> None:
    size = view.shape[0]
    ink = _ink(view, rng)
    ends = rng.uniform(0.05, 0.95, 2) * size
    turn, length = rng.uniform(0, np.pi), rng.uniform(0.08, 0.45) * size
    other = ends + length * np.array([np.cos(turn), np.sin(turn)])
    arm = int(rng.integers(2, 6))
    style = rng.integers(3)
    for x, y in (ends, other):
        centre = (round(x), round(y))
        if style == 0:
            cv2.drawMarker(view, centre, ink, cv2.MARKER_CROSS, 2 * arm, 1)
        elif style == 1:
            cv2.drawMarker(view, centre, ink, cv2.MARKER_TILTED_CROSS, 2 * arm, 1)
        else:
            cv2.drawMarker(view, centre, ink, cv2.MARKER_DIAMOND, 2 * arm, 1)
    if rng.random() < 0.6:
        for part in np.linspace(0, 1, max(3, int(length / rng.integers(3, 7)))):
            x, y = ends + part * (other - ends)
            cv2.circle(view, (round(x), round(y)), 0, ink, -1)


def _caption(view: NDArray[np.uint8], rng: np.random.Generator) -> None:
    size = view.shape[0]
    text = "".join(rng.choice(list(_CAPTION), int(rng.integers(2, 14))))
    # Captions stand near an edge more often than in the middle of the picture.
    y = rng.choice([rng.uniform(0.03, 0.15), rng.uniform(0.85, 0.99), rng.uniform(0.0, 1.0)]) * size
    place = (round(rng.uniform(0, 0.8) * size), round(y))
    font = _FONTS[rng.integers(len(_FONTS))]
    cv2.putText(view, text, place, font, rng.uniform(0.25, 0.6) * size / 256, _ink(view, rng), 1)


def _depth_bar(view: NDArray[np.uint8], rng: np.random.Generator) -> None:
    size = view.shape[0]
    ink = _ink(view, rng)
    x = round(rng.choice([rng.uniform(0, 0.06), rng.uniform(0.94, 1.0)]) * size)
    step, tick = rng.uniform(0.03, 0.14) * size, int(rng.integers(1, 5))
    for number, y in enumerate(np.arange(rng.uniform(0, step), size, step)):
        long = 2 * tick if number % 5 == 0 else tick
        cv2.line(view, (x - long, round(y)), (x + long, round(y)), ink, 1)


def _body_mark(view: NDArray[np.uint8], rng: np.random.Generator) -> None:
    size = view.shape[0]
    ink = _ink(view, rng)
    x, y = (round(v) for v in rng.choice([0.1, 0.9], 2) * size)
    radius = round(rng.uniform(0.03, 0.08) * size)
    cv2.circle(view, (x, y), radius, ink, 1)
    cv2.circle(view, (x, y), max(1, radius // 5), ink, 1)
    turn = rng.uniform(0, 2 * np.pi)
    end = (round(x + radius * np.cos(turn)), round(y + radius * np.sin(turn)))
    cv2.line(view, (x, y), end, ink, 2)


def _grey_bar(view: NDArray[np.uint8], rng: np.random.Generator) -> None:
    size = view.shape[0]
    height, width = round(rng.uniform(0.15, 0.5) * size), round(rng.uniform(0.015, 0.04) * size)
    top = int(rng.integers(0, size - height))
    left = int(rng.choice([0, size - width]))
    ramp = np.linspace(255, 0, height).astype(np.uint8)[:, None]
    view[top : top + height, left : left + width] = ramp[..., None] if view.ndim == 3 else ramp
