"""What a scanner writes around and upon the picture: ruler, captions, body mark, calipers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from alnreader.simulation.geometry import FloatArray, Geometry
from alnreader.simulation.lesions import Outline
from alnreader.simulation.scanner import Placement, Scanner

Kind = str
_TRUE_CALIPERS, _FALSE_CALIPERS = 0.3, 0.3
"""Share of pictures with calipers on the lesion, and with calipers elsewhere: no sign of where it lies."""

_PLACES = (
    "UOQ",
    "UIQ",
    "LOQ",
    "LIQ",
    "RETROAREOLAR",
    "10 O'CLOCK",
    "2 O'CLOCK",
    "RAD",
    "ARAD",
    "LONG",
    "TRANS",
    "",
)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def compose(scanner: Scanner, picture: FloatArray, field: np.ndarray, placement: Placement) -> Image.Image:
    """Grey field of view on the scanner's dark surround, tinted; an RGB image."""
    canvas = np.full((placement.height, placement.width), scanner.background, np.uint8)
    part = canvas[placement.y0 : placement.y1 + 1, placement.x0 : placement.x1 + 1]
    np.copyto(part, (picture * 255).astype(np.uint8), where=field)
    if scanner.tint == (1.0, 1.0, 1.0):
        return Image.fromarray(canvas).convert("RGB")
    ramp = np.arange(256)[:, None] * np.asarray(scanner.tint)[None, :]
    return Image.fromarray(ramp.astype(np.uint8)[canvas])


def annotate(
    image: Image.Image,
    scanner: Scanner,
    geometry: Geometry,
    placement: Placement,
    outline: Outline,
    kind: Kind,
    laterality: str,
    rng: np.random.Generator,
) -> None:
    """Write ruler, captions, body mark and calipers onto a picture, in place.

    Nothing written depends on the disease; captions may say breast or axilla, as they do in clinics.
    """
    draw = ImageDraw.Draw(image)
    grey = scanner.caption_grey
    ink = tuple(int(grey * t) for t in scanner.tint)
    if scanner.ruler != "none":
        _ruler(draw, scanner, placement, ink, rng)
    size = max(10, round(placement.height * rng.uniform(0.022, 0.036)))
    caption = _caption(kind, laterality, rng)
    if scanner.layout == "screen":
        _screen(image, draw, scanner, geometry, placement, ink, rng)
    if caption and rng.random() < 0.65:
        across = placement.x1 - placement.x0
        down = placement.y1 - placement.y0
        where = (placement.x0 + rng.uniform(0.03, 0.5) * across, placement.y0 + rng.uniform(0.7, 0.92) * down)
        if rng.random() < 0.2:
            where = (where[0], placement.y0 + rng.uniform(0.01, 0.1) * down)
        draw.text(where, caption, fill=ink, font=_font(size))
    if rng.random() < (0.7 if scanner.layout == "screen" else 0.15):
        _body_mark(draw, placement, ink, kind, laterality, rng)
    _calipers(draw, geometry, placement, outline, rng)


def _caption(kind: Kind, laterality: str, rng: np.random.Generator) -> str:
    side = {"L": ("LEFT", "LT", "L"), "R": ("RIGHT", "RT", "R")}[laterality][int(rng.integers(3))]
    part = (
        ("BREAST", "BR", "")[int(rng.integers(3))]
        if kind == "tumour"
        else ("AXILLA", "AX", "")[int(rng.integers(3))]
    )
    place = str(rng.choice(_PLACES)) if kind == "tumour" else ""
    text = " ".join(word for word in (side, part, place) if word)
    return text.lower() if rng.random() < 0.2 else text


def _ruler(
    draw: ImageDraw.ImageDraw,
    scanner: Scanner,
    placement: Placement,
    ink: tuple[int, ...],
    rng: np.random.Generator,
) -> None:
    """Depth ruler: a tick every 5 mm and a longer or numbered one every 10 mm."""
    inside = scanner.layout == "cropped"
    right = scanner.ruler == "right"
    gap = -8 if inside else 6
    column = placement.x1 + gap if right else placement.x0 - gap
    dots = rng.random() < 0.4
    step_mm = 5.0
    depth = (placement.y1 - placement.y0 + 1) * placement.mm_y
    font = _font(max(9, round(placement.height * 0.02)))
    for i in range(int(depth / step_mm) + 1):
        row = placement.y0 + i * step_mm / placement.mm_y
        major = i % 2 == 0
        if dots:
            r = 2 if major else 1
            draw.ellipse((column - r, row - r, column + r, row + r), outline=ink)
        else:
            length = 6 if major else 3
            draw.line((column - length // 2, row, column + length // 2, row), fill=ink)
        if major and i and rng.random() < 0.9:
            shift = -16 if (right == inside) else 7
            draw.text((column + shift, row - 6), str(i // 2), fill=ink, font=font)
    focus = placement.y0 + rng.uniform(0.2, 0.7) * (placement.y1 - placement.y0)
    way = -5 if right else 5
    draw.polygon([(column, focus), (column - way, focus - 4), (column - way, focus + 4)], fill=ink)


def _screen(
    image: Image.Image,
    draw: ImageDraw.ImageDraw,
    scanner: Scanner,
    geometry: Geometry,
    placement: Placement,
    ink: tuple[int, ...],
    rng: np.random.Generator,
) -> None:
    """Head line, settings and grey bar of a full-screen picture."""
    height, width = placement.height, placement.width
    small = _font(max(9, round(height * 0.02)))
    dim = tuple(int(v * 0.75) for v in ink)
    draw.text((0.02 * width, 0.015 * height), "SIMULATED  ULTRASOUND", fill=ink, font=small)
    draw.text(
        (0.6 * width, 0.015 * height),
        f"MI {rng.uniform(0.6, 1.3):.1f}  TIS {rng.uniform(0.1, 0.6):.1f}",
        fill=dim,
        font=small,
    )
    draw.text((0.02 * width, 0.05 * height), "BREAST", fill=dim, font=small)
    if rng.random() < 0.3:
        draw.rectangle((0, 0, width, 0.09 * height), outline=dim)
    settings = (
        f"FR {rng.integers(14, 45)}",
        f"{scanner.frequency_mhz:.1f} MHz",
        f"D {geometry.depth_mm / 10:.1f} cm",
        f"DR {rng.integers(50, 80)}",
        f"G {rng.integers(30, 80)} %",
    )
    left = placement.x0 > 0.14 * width
    column = 0.015 * width if left else 0.9 * width
    if left or placement.x1 < 0.88 * width:
        for i, text in enumerate(settings):
            draw.text((column, (0.12 + 0.03 * i) * height), text, fill=dim, font=small)
    if rng.random() < 0.7:
        bar_h, bar_w = int(0.22 * height), max(6, int(0.012 * width))
        ramp = np.linspace(255, 0, bar_h).astype(np.uint8)[:, None].repeat(bar_w, axis=1)
        tinted = (ramp[..., None] * np.asarray(scanner.tint)).astype(np.uint8)
        x = int(0.975 * width) if placement.x1 < 0.96 * width else int(0.005 * width)
        image.paste(Image.fromarray(tinted), (x, int(0.3 * height)))


def _body_mark(
    draw: ImageDraw.ImageDraw,
    placement: Placement,
    ink: tuple[int, ...],
    kind: Kind,
    laterality: str,
    rng: np.random.Generator,
) -> None:
    """Circle of the breast with its axillary tail and the probe's place."""
    r = 0.035 * placement.height
    cx = placement.x0 + 1.6 * r if rng.random() < 0.5 else placement.x1 - 3.2 * r
    cy = placement.y1 - 1.6 * r
    draw.ellipse((cx - r, cy - r, cx + r, cy + r), outline=ink)
    draw.ellipse((cx - 2, cy - 2, cx + 2, cy + 2), outline=ink)
    outer = 1 if laterality == "L" else -1
    draw.line((cx + outer * r * 0.6, cy - r * 0.8, cx + outer * r * 1.4, cy - r * 1.4), fill=ink)
    angle = rng.uniform(0, 2 * np.pi)
    px, py = (cx + 0.5 * r * np.cos(angle), cy + 0.5 * r * np.sin(angle))
    if kind == "lymph_node":
        px, py = cx + outer * r * 1.4, cy - r * 1.4
    turn = rng.uniform(0, np.pi)
    dx, dy = 0.45 * r * np.cos(turn), 0.45 * r * np.sin(turn)
    draw.line((px - dx, py - dy, px + dx, py + dy), fill=ink, width=2)


def _calipers(
    draw: ImageDraw.ImageDraw,
    geometry: Geometry,
    placement: Placement,
    outline: Outline,
    rng: np.random.Generator,
) -> None:
    """Calipers on the lesion on some pictures, false ones on others."""
    chance = rng.random()
    if chance > _TRUE_CALIPERS + _FALSE_CALIPERS:
        return
    if chance < _TRUE_CALIPERS:
        _, ends = outline.diameter
        pairs = [ends]
        if rng.random() < 0.6:
            across = outline.points
            axis = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
            along = (across - ends.mean(axis=0)) @ axis
            reach = (across - ends.mean(axis=0)) @ np.array([-axis[1], axis[0]])
            near = np.abs(along) < 0.08 * np.linalg.norm(ends[1] - ends[0])
            points = across[near]
            pairs.append(np.stack([points[np.argmin(reach[near])], points[np.argmax(reach[near])]]))
    else:
        pairs = []
        for _ in range(int(rng.integers(1, 3))):
            u, s = rng.uniform(0.08, 0.92, 2), rng.uniform(0.08, 0.9, 2) * geometry.depth_mm
            pairs.append(np.stack(geometry.to_cartesian(u, s), axis=1))
    yellow = rng.random() < 0.15
    ink = (230, 220, 60) if yellow else (int(rng.integers(190, 256)),) * 3
    arm = max(3, round(placement.height * rng.uniform(0.006, 0.012)))
    style = rng.integers(3)
    dotted = rng.random() < 0.5
    font = _font(max(9, round(placement.height * 0.022)))
    for number, pair in enumerate(pairs, start=1):
        ends_px = [placement.pixel(float(x), float(z), geometry) for x, z in pair]
        for x, y in ends_px:
            if style == 1:
                draw.line((x - arm, y - arm, x + arm, y + arm), fill=ink)
                draw.line((x - arm, y + arm, x + arm, y - arm), fill=ink)
            else:
                draw.line((x - arm, y, x + arm, y), fill=ink, width=2 if style == 2 else 1)
                draw.line((x, y - arm, x, y + arm), fill=ink, width=2 if style == 2 else 1)
        if dotted:
            (ax, ay), (bx, by) = ends_px
            n = max(2, int(np.hypot(bx - ax, by - ay) / rng.integers(4, 9)))
            draw.point([(ax + (bx - ax) * i / n, ay + (by - ay) * i / n) for i in range(n + 1)], fill=ink)
        draw.text((ends_px[0][0] - 2.5 * arm, ends_px[0][1] + arm * 0.5), str(number), fill=ink, font=font)
