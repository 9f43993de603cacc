"""Where the picture lies in a pane of the canvas. Plain arithmetic, no Qt.

Points on the picture are counted as in `alnreader.case.measure`: (0, 0) is the outer corner of the top left
pixel. Points in a pane are logical pixels of the screen from the pane's top left corner.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]
Box = tuple[int, int, int, int]
"""``(x0, y0, x1, y1)`` in pixels of the picture; the second corner is not part of it."""

MIN_SCALE: Final = 0.05
MAX_SCALE: Final = 40.0
"""Screen pixels per picture pixel: at the upper end a pixel is a square that one can count."""

MARGIN: Final = 12.0
"""Screen pixels left free around a fitted picture, so that outlines at its edge can be grasped."""

KEEP: Final = 48.0
"""Screen pixels of the picture that stay in the pane however far it is moved."""


@dataclass(frozen=True)
class Placement:
    """A picture's scale and place: ``pane = picture * scale + offset``."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    @classmethod
    def fitted(cls, columns: int, rows: int, width: float, height: float, left: float = 0.0) -> Placement:
        """Return the place where the whole picture is seen, as large as it can be, in the middle.

        ``left`` is the width of what stands over the pane's left edge: the picture keeps clear of it.
        """
        scale = min((width - left - 2 * MARGIN) / columns, (height - 2 * MARGIN) / rows)
        scale = min(max(scale, MIN_SCALE), MAX_SCALE)
        x = (width - columns * scale) / 2
        if left > 0:
            x = max(x, left + MARGIN)
        return cls(scale, x, (height - rows * scale) / 2)

    def to_pane(self, point: Point) -> Point:
        """Return where a point of the picture is seen."""
        return point[0] * self.scale + self.x, point[1] * self.scale + self.y

    def to_picture(self, point: Point) -> Point:
        """Return which point of the picture is seen at a point of the pane."""
        return (point[0] - self.x) / self.scale, (point[1] - self.y) / self.scale

    def scaled(self, scale: float, at: Point) -> Placement:
        """Return another scale, the picture's point at ``at`` of the pane staying there."""
        scale = min(max(scale, MIN_SCALE), MAX_SCALE)
        x, y = self.to_picture(at)
        return Placement(scale, at[0] - x * scale, at[1] - y * scale)

    def moved(self, dx: float, dy: float) -> Placement:
        """Return the picture moved by screen pixels."""
        return dataclasses.replace(self, x=self.x + dx, y=self.y + dy)

    def kept_in(self, columns: int, rows: int, width: float, height: float) -> Placement:
        """Return the nearest place at which some of the picture is still in the pane."""

        def keep(offset: float, size: float, room: float) -> float:
            part = min(KEEP, size, room)
            return min(max(offset, part - size), room - part)

        return dataclasses.replace(
            self,
            x=keep(self.x, columns * self.scale, width),
            y=keep(self.y, rows * self.scale, height),
        )


def box_of(first: Point, second: Point, columns: int, rows: int) -> Box | None:
    """Return the pixels that a box between two points touches, None if it holds no pixel of the picture."""
    x0, x1 = sorted((first[0], second[0]))
    y0, y1 = sorted((first[1], second[1]))
    box = (
        max(math.floor(x0), 0),
        max(math.floor(y0), 0),
        min(math.ceil(x1), columns),
        min(math.ceil(y1), rows),
    )
    return box if box[0] < box[2] and box[1] < box[3] else None
