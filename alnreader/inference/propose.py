"""From mask logits to the regions that are offered to the reader."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from alnreader.case.region import Region, RegionKind

MOST_STRUCTURES: Final = 24
"""The largest ones that are kept: a network that was badly trained finds thousands of specks."""

_EIGHT: Final = np.ones((3, 3), dtype=np.bool_)


def components(
    mask_logits: Tensor, shape: tuple[int, int], *, threshold: float, minimum_area_fraction: float
) -> tuple[NDArray[np.bool_], ...]:
    """Find the outlined structures in the picture.

    Parameters
    ----------
    mask_logits : Tensor
        (H, W) float32, of the network's input size.
    shape : tuple of int
        (rows, columns) of the picture.
    threshold : float
        Logit above which a pixel belongs to a structure.
    minimum_area_fraction : float
        Smaller structures, as a share of the picture, are dropped.

    Returns
    -------
    tuple of ndarray
        (rows, columns) bool, one for each 8-connected structure, holes filled, largest first; at most
        `MOST_STRUCTURES`.
    """
    resized = torch.nn.functional.interpolate(
        mask_logits[None, None], size=shape, mode="bilinear", align_corners=False
    )[0, 0]
    inside = ndimage.binary_fill_holes(resized.numpy() > threshold)
    labels, count = ndimage.label(inside, structure=_EIGHT)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    # Stable: of two equal ones the upper comes first.
    order = np.argsort(-areas, kind="stable")
    least = max(1.0, minimum_area_fraction * shape[0] * shape[1])
    return tuple(labels == index + 1 for index in order[:MOST_STRUCTURES] if areas[index] >= least)


def proposals(masks: tuple[NDArray[np.bool_], ...], type_logit: float) -> tuple[Region, ...]:
    """Return the structures as regions, all of the kind that the type logit says."""
    kind = RegionKind.LYMPH_NODE if type_logit > 0 else RegionKind.TUMOUR
    return tuple(Region(mask, kind) for mask in masks)
