"""How far the score moves when the outline moves as it would between two readers."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SAMPLES: Final = 64
"""Jittered bags behind an interval."""

PERCENTILES: Final = (2.5, 97.5)
"""Ends of the interval."""

SHIFT: Final = 0.08
SCALE: Final = 0.08
DISPLACEMENT: Final = 0.08
"""Standard deviations of the whole outline's shift, its scale and its local displacement, in half-axes of the
region.

Together they leave outlines with a mean overlap (intersection over union) of about 0.8 with themselves,
which is what three readers' manual tracings of benign masses reached with each other (PMC5438055): 0.83
for masks of BUS-BRA, 0.76 to 0.79 for ellipses with a soft edge.
"""

OFFSET: Final = 0.5
"""Standard deviation of a constant added to the gate's logits: a little more or less sure everywhere."""

CONTROL_POINTS: Final = 4
"""A side of the coarse grid from which the local displacement is interpolated."""


def _half_axes(inside: Tensor) -> tuple[Tensor, Tensor]:
    """Return centre and half-axes (x, y), in cells, of a (h, w) bool region; zeros where it is empty."""
    height, width = inside.shape
    rows, columns = torch.nonzero(inside, as_tuple=True)
    if not len(rows):
        return torch.tensor([(width - 1) / 2, (height - 1) / 2]), torch.zeros(2)
    points = torch.stack([columns, rows], dim=1).float()
    # A filled ellipse's standard deviation is half its half-axis; 1/12 is a cell's own variance.
    spread = (points.var(dim=0, correction=0) + 1 / 12).sqrt()
    return points.mean(dim=0), 2 * spread


def jittered(logits: Tensor, samples: int, seed: int) -> Tensor:
    """Move one image's gate at random, smoothly.

    Parameters
    ----------
    logits : Tensor
        (h, w) float32, the gate's logits on the network's grid, predicted or of an edited mask.
    samples : int
        How many moved gates to return.
    seed : int
        The same seed moves the same way.

    Returns
    -------
    Tensor
        (samples, h, w) float32. Where no logit is positive there is no outline to move, and only the constant
        offset varies.
    """
    height, width = logits.shape
    generator = torch.Generator().manual_seed(seed)
    centre, half_axes = _half_axes(logits > 0)
    shift = torch.randn(samples, 1, 1, 2, generator=generator) * SHIFT
    scale = torch.exp(torch.randn(samples, 1, 1, 1, generator=generator) * SCALE * bool(half_axes.any()))
    control = torch.randn(samples, 2, CONTROL_POINTS, CONTROL_POINTS, generator=generator) * DISPLACEMENT
    offset = torch.randn(samples, 1, 1, generator=generator) * OFFSET
    field = torch.nn.functional.interpolate(control, (height, width), mode="bicubic", align_corners=True)
    local = field.permute(0, 2, 3, 1)

    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    place = torch.stack([columns, rows], dim=-1).float()
    source = centre + (place - centre) / scale - (shift + local) * half_axes
    # -1..1 over cell borders, as grid_sample counts without align_corners.
    size = torch.tensor([width, height], dtype=torch.float32)
    grid = (2 * source + 1) / size - 1
    moved = torch.nn.functional.grid_sample(
        logits.expand(samples, 1, height, width), grid, padding_mode="border", align_corners=False
    )
    return moved[:, 0] + offset


def interval(probability: float, samples: NDArray[np.float64]) -> tuple[float, float]:
    """Return the percentile interval of the samples, widened to hold the probability itself."""
    if not samples.size:
        return probability, probability
    low, high = np.percentile(samples, PERCENTILES)
    return min(float(low), probability), max(float(high), probability)
