"""Where the networks looked: gradient-weighted maps of g, without a pass through the backbone.

Both maps weigh g's channels by the gradient's mean over the grid, add them up and cut at zero (Grad-CAM,
doi 10.1109/ICCV.2017.74).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alnreader.inference.patient import PatientModel


class Target(StrEnum):
    """What a heat map explains: the patient's evidence, or one image's head."""

    PATIENT = "patient"
    IMAGE = "image"


def patient_gradients(bag: Tensor, patient: PatientModel) -> Tensor:
    """Return the gradient of the patient's evidence in each pooled feature, (N, C), of an (N, C) bag.

    The evidence is the difference of the two logits: the probability depends on nothing else.
    """
    leaf = bag.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        evidence = patient.evidence(leaf[None]).sum()
    (gradient,) = torch.autograd.grad(evidence, leaf)
    return gradient


def weighted_map(gated: Tensor, gradient: Tensor) -> NDArray[np.float32]:
    """Return the unscaled Grad-CAM of one image.

    Parameters
    ----------
    gated : Tensor
        (C, h, w), g.
    gradient : Tensor
        (C,), of the explained number in the mean of each channel of g.

    Returns
    -------
    ndarray
        (h, w) float32, not negative.
    """
    cells = gated.shape[-2] * gated.shape[-1]
    # Each cell has 1/cells of the mean's gradient.
    result: NDArray[np.float32] = torch.relu(torch.einsum("chw,c->hw", gated, gradient / cells)).numpy()
    return result


def on_picture(
    maps: Sequence[NDArray[np.float32]], shapes: Sequence[tuple[int, int]], *, common: bool
) -> list[NDArray[np.float32]]:
    """Scale maps to 0..1 and resize them to their pictures.

    Parameters
    ----------
    maps : sequence of ndarray
        (h, w) float32, not negative.
    shapes : sequence of tuple of int
        (rows, columns) of each picture.
    common : bool
        Divide all by their common maximum, so that they compare; else each by its own.

    Returns
    -------
    list of ndarray
        (rows, columns) float32, 0..1. A map without any evidence stays zero.
    """
    tops = [float(values.max(initial=0.0)) for values in maps]
    if common:
        tops = [max(tops, default=0.0)] * len(tops)
    result = []
    for values, top, shape in zip(maps, tops, shapes, strict=True):
        # A map too faint to be divided by its maximum without overflow shows nothing either.
        scaled = values / np.float32(top) if top > np.finfo(np.float32).tiny else np.zeros_like(values)
        resized = torch.nn.functional.interpolate(
            torch.from_numpy(scaled)[None, None], size=shape, mode="bilinear", align_corners=False
        )
        result.append(resized[0, 0].clamp_(0.0, 1.0).numpy())
    return result
