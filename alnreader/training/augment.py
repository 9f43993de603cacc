"""Random changes that an ultrasound picture may undergo without its lesion becoming another.

What differs between clinics and scanners and must not be learned: gain, time gain compensation, grain,
zoom, aspect ratio (the network's input keeps none), the dark surround, and what is burnt in: calipers
stand on the edges of lesions, and only pictures with lesions have them.
"""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from alnreader.training.marks import blank_marks, paint_marks

Grey = NDArray[np.uint8]

LEAST_LESION_LEFT = 0.35
"""A random view that keeps less of the lesion than this is drawn again: half a lesion is a poor teacher."""

GENTLE_SHARE = 0.5
"""Share of views with about the published zoom and next to no turn or stretch: the network must also learn
pictures much as it will meet them."""

PLAIN_GREY_SHARE = 0.4
"""Share of views whose grey values stay as they are."""

EMPTY_VIEW_SHARE = 0.1
"""How often a part of a lesion's picture without the lesion is shown: tissue of the same scanner with
nothing to find, which normal pictures of a single clinic cannot teach."""


def augment(
    pixels: NDArray[np.uint8],
    mask: Grey | None,
    size: int,
    rng: np.random.Generator,
    kind: Literal["published", "ultrasound"] = "ultrasound",
) -> tuple[NDArray[np.uint8], Grey | None, bool]:
    """Return a random view of one picture.

    Parameters
    ----------
    pixels
        (S, S) grey or (S, S, 3) RGB, uint8.
    mask
        (S, S) uint8 of 0 and 1, or None where no mask is known.
    size
        Height and width of the view in pixels.

    Returns
    -------
    view
        (size, size) or (size, size, 3) uint8.
    mask
        (size, size) uint8 of 0 and 1, or None.
    emptied
        True if a lesion's picture was cut so that the lesion is gone: what the picture's labels say
        about kind and node status no longer holds for the view.
    """
    if kind == "published":
        published = _view_matrix(pixels.shape[0], size, rng, zoom=(0.8, 1.25), aspect=1.0, angle=0.0)
        view, mask = _warp(pixels, mask, published, size)
        return _photometric(view, rng), mask, False
    emptied = False
    matrix: NDArray[np.float64] | None = None
    if mask is not None and rng.random() < EMPTY_VIEW_SHARE and mask.any():
        matrix = _empty_view(pixels, mask, size, rng)
        emptied = matrix is not None
    if matrix is None:
        matrix = _lesion_view(pixels.shape[0], mask, size, rng)
    if rng.random() < 0.25:
        pixels = blank_marks(pixels)
    view, mask = _warp(pixels, mask, matrix, size)
    if rng.random() >= PLAIN_GREY_SHARE:
        view = _scanner(view, rng)
    view = _surround(view, mask, rng)
    view = paint_marks(view, rng)
    view = _degrade(view, rng)
    return view, mask, emptied


def _view_matrix(
    stored: int,
    size: int,
    rng: np.random.Generator,
    *,
    zoom: tuple[float, float],
    aspect: float,
    angle: float,
) -> NDArray[np.float64]:
    """Return the 2x3 matrix from stored pixels to the view: flip, turn, stretch, zoom and shift."""
    scale = np.exp(rng.uniform(np.log(zoom[0]), np.log(zoom[1])))
    stretch = np.exp(rng.uniform(-np.log(aspect), np.log(aspect)) / 2)
    turn = np.deg2rad(rng.uniform(-angle, angle))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = np.diag([scale * stretch, scale / stretch]) @ linear @ np.diag([flip, 1.0]) * (size / stored)
    # Zoomed in, the window may go anywhere in the picture; zoomed out, the picture anywhere in the window.
    play = np.abs(np.array([scale * stretch, scale / stretch]) - 1) / 2 + 0.04
    centre = (size - 1) / 2 + rng.uniform(-play, play) * size
    offset = centre - linear @ np.full(2, (stored - 1) / 2)
    return np.column_stack([linear, offset])


def _lesion_view(stored: int, mask: Grey | None, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    area = 0 if mask is None else int(mask.sum())
    matrix = None
    for _ in range(4):
        if rng.random() < GENTLE_SHARE:
            matrix = _view_matrix(stored, size, rng, zoom=(0.85, 1.2), aspect=1.15, angle=3.0)
        else:
            # Now and then small in a dark surround, as in the capture of a whole screen.
            zoom = (0.5, 0.8) if rng.random() < 0.12 else (0.8, 1.5)
            matrix = _view_matrix(stored, size, rng, zoom=zoom, aspect=1.5, angle=8.0)
        if mask is None or area == 0:
            return matrix
        kept = cv2.warpAffine(mask[::4, ::4], _quartered(matrix), (size // 4, size // 4)).sum()
        if kept >= LEAST_LESION_LEFT * area / 16 * abs(np.linalg.det(matrix[:, :2])):
            return matrix
    return _view_matrix(stored, size, rng, zoom=(0.9, 1.0), aspect=1.2, angle=5.0)


def _quartered(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([matrix[:, :2], matrix[:, 2] / 4])


def _empty_view(
    pixels: NDArray[np.uint8], mask: Grey, size: int, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """Return the matrix of a random window without lesion that is not just dark surround, if one is found."""
    stored = pixels.shape[0]
    for _ in range(8):
        height, width = (rng.uniform(0.35, 0.75, 2) * stored).astype(int)
        top, left = rng.integers(0, stored - height), rng.integers(0, stored - width)
        window = np.s_[top : top + height, left : left + width]
        if mask[window].any() or pixels[window][::4, ::4].mean() < 25:
            continue
        scale = np.array([size / width, size / height])
        flip = -1.0 if rng.random() < 0.5 else 1.0
        linear = np.diag([flip * scale[0], scale[1]])
        centre = np.array([left + width / 2, top + height / 2])
        return np.column_stack([linear, np.full(2, size / 2) - linear @ centre])
    return None


def _warp(
    pixels: NDArray[np.uint8], mask: Grey | None, matrix: NDArray[np.float64], size: int
) -> tuple[NDArray[np.uint8], Grey | None]:
    view = np.asarray(cv2.warpAffine(pixels, matrix, (size, size), flags=cv2.INTER_LINEAR), np.uint8)
    if mask is not None:
        mask = (cv2.warpAffine(mask * 255, matrix, (size, size), flags=cv2.INTER_LINEAR) > 127).astype(
            np.uint8
        )
    return view, mask


def _like(plane: NDArray[np.float32], view: NDArray[np.float32]) -> NDArray[np.float32]:
    return plane[..., None] if view.ndim == 3 else plane


def _photometric(view: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Brightness and contrast, as the paper's photometric distortion does to a grey picture."""
    levels = np.arange(256, dtype=np.float32)
    if rng.random() < 0.5:
        levels = levels + rng.uniform(-32, 32)
    if rng.random() < 0.5:
        levels = levels * rng.uniform(0.5, 1.5)
    return np.clip(levels, 0, 255).astype(np.uint8)[view]


def _scanner(view: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Gain, dynamic range, time gain compensation, shading, shadow, grain and tint."""
    size = view.shape[0]
    levels = np.linspace(0, 1, 256, dtype=np.float32)
    if rng.random() < 0.8:
        levels = levels ** np.exp(rng.uniform(-0.55, 0.55))
        changed = (levels - 0.5) * rng.uniform(0.75, 1.3) + 0.5 + rng.uniform(-0.12, 0.12)
        # Black stays black whatever the gain: it is where nothing was measured.
        levels = levels + (changed - levels) * np.minimum(1, 12 * levels)
    image = np.clip(levels, 0, 1)[view].astype(np.float32)
    if rng.random() < 0.5:
        nodes = rng.uniform(0.65, 1.35, 5)
        image *= _like(
            np.interp(np.linspace(0, 4, size), np.arange(5), nodes).astype(np.float32)[:, None], image
        )
    if rng.random() < 0.25:
        nodes = rng.uniform(0.7, 1.2, 4)
        image *= _like(
            np.interp(np.linspace(0, 3, size), np.arange(4), nodes).astype(np.float32)[None, :], image
        )
    if rng.random() < 0.12:
        image *= _like(_shadow(size, rng), image)
    if rng.random() < 0.4:
        grain = rng.standard_normal((size, size), dtype=np.float32)
        wide, high = rng.uniform(0.0, 1.8), rng.uniform(0.0, 1.0)
        if wide > 0.4:
            grain = np.asarray(
                cv2.GaussianBlur(grain, (0, 0), sigmaX=wide, sigmaY=max(high, 0.3)), np.float32
            )
            grain /= grain.std() + 1e-6
        image *= _like(1 + rng.uniform(0.03, 0.22) * grain, image)
    np.clip(image, 0, 1, out=image)
    if rng.random() < 0.05:
        if image.ndim == 2:
            image = np.repeat(image[..., None], 3, axis=2)
        image = image * rng.uniform(0.75, 1.0, 3).astype(np.float32)
    return (image * 255 + 0.5).astype(np.uint8)


def _shadow(size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the darkening of one acoustic shadow (a band below a random depth), (size, size)."""
    columns = np.arange(size, dtype=np.float32)
    width = rng.uniform(0.02, 0.12) * size
    band = np.exp(-(((columns - rng.uniform(0, size)) / width) ** 2))
    depth = 1 / (1 + np.exp(-(columns - rng.uniform(0, 0.7) * size) / 4))
    return 1 - np.float32(rng.uniform(0.3, 0.85)) * depth[:, None] * band[None, :]


def _surround(view: NDArray[np.uint8], mask: Grey | None, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Sometimes cut the view to a fan, or put a flat border beside it, where no lesion is."""
    size = view.shape[0]
    dice = rng.random()
    if dice < 0.07:
        fan = np.zeros((size, size), np.uint8)
        apex = (size / 2 + rng.uniform(-0.1, 0.1) * size, -rng.uniform(0.1, 0.9) * size)
        half = float(np.rad2deg(np.arctan2(size * rng.uniform(0.5, 0.75), size - apex[1])))
        radius = size * rng.uniform(0.95, 1.1) - apex[1]
        centre = (round(apex[0]), round(apex[1]))
        cv2.ellipse(fan, centre, (round(radius), round(radius)), 0, 90 - half, 90 + half, 1, -1)
        cv2.circle(fan, centre, round(-apex[1] + rng.uniform(0, 0.08) * size), 0, -1)
        if mask is None or not (mask & (1 - fan)).any():
            view = view * (fan[..., None] if view.ndim == 3 else fan)
    elif dice < 0.15:
        border = int(rng.uniform(0.03, 0.15) * size)
        side = rng.integers(4)
        where = (np.s_[:border], np.s_[-border:], np.s_[:, :border], np.s_[:, -border:])[side]
        if mask is None or not mask[where].any():
            view = view.copy()
            view[where] = rng.integers(0, 80)
    return view


def _degrade(view: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blur, sharpen, coarsen or compress, as exports and screen captures do."""
    return np.asarray(_degraded(view, rng), np.uint8)


def _degraded(view: Any, rng: np.random.Generator) -> Any:  # OpenCV's types say nothing of the kind of array
    size = view.shape[0]
    dice = rng.random()
    if dice < 0.15:
        view = cv2.GaussianBlur(view, (0, 0), rng.uniform(0.4, 1.3))
    elif dice < 0.25:
        soft = cv2.GaussianBlur(view, (0, 0), 1.2)
        amount = rng.uniform(0.3, 1.0)
        view = cv2.addWeighted(view, 1 + amount, soft, -amount, 0)
    elif dice < 0.35:
        small = round(size * rng.uniform(0.4, 0.8))
        view = cv2.resize(cv2.resize(view, (small, small), interpolation=cv2.INTER_AREA), (size, size))
    if rng.random() < 0.12:
        _, coded = cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))])
        view = cv2.imdecode(coded, cv2.IMREAD_UNCHANGED)
    return view
