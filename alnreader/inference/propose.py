"""From mask logits to the regions that are offered to the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from alnreader.case.region import Region, RegionKind

if TYPE_CHECKING:
    from alnreader.model.card import MaskCard

MOST_STRUCTURES: Final = 24
"""The largest ones that are kept: a network that was badly trained finds thousands of specks."""

_EIGHT: Final = np.ones((3, 3), dtype=np.bool_)


def outlined(mask_logits: Tensor, shape: tuple[int, int], card: MaskCard) -> tuple[NDArray[np.bool_], ...]:
    """Find the structures that a bundle offers: `components` as its card says."""
    return components(
        mask_logits,
        shape,
        threshold=card["threshold_logit"],
        minimum_area_fraction=card["minimum_area_fraction"],
        sure=card.get("sure_logit"),
        smoothing=card.get("smoothing", 0.0),
    )


def components(
    mask_logits: Tensor,
    shape: tuple[int, int],
    *,
    threshold: float,
    minimum_area_fraction: float,
    sure: float | None = None,
    smoothing: float = 0.0,
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
    sure : float, optional
        Logit that a structure must reach somewhere: a faint one alone is not offered.
    smoothing : float
        Standard deviation, in pixels of the input, of the Gaussian that takes spikes off the outlines.

    Returns
    -------
    tuple of ndarray
        (rows, columns) bool, one for each 8-connected structure, holes filled, largest first; at most
        `MOST_STRUCTURES`.
    """
    if smoothing > 0:
        mask_logits = torch.from_numpy(smoothed(mask_logits.numpy(), smoothing))
    resized = torch.nn.functional.interpolate(
        mask_logits[None, None], size=shape, mode="bilinear", align_corners=False
    )[0, 0].numpy()
    inside = ndimage.binary_fill_holes(resized > threshold)
    labels, count = ndimage.label(inside, structure=_EIGHT)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    if sure is not None and count:
        peaks = ndimage.maximum(resized, labels, np.arange(1, count + 1))
        areas = np.where(peaks >= sure, areas, 0)
    # Stable: of two equal ones the upper comes first.
    order = np.argsort(-areas, kind="stable")
    least = max(1.0, minimum_area_fraction * shape[0] * shape[1])
    return tuple(labels == index + 1 for index in order[:MOST_STRUCTURES] if areas[index] >= least)


def smoothed(mask_logits: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Return (H, W) float32 logits without the spikes that are thinner than about `sigma` pixels."""
    return np.asarray(ndimage.gaussian_filter(mask_logits, sigma, mode="nearest"), np.float32)


def proposals(masks: tuple[NDArray[np.bool_], ...], type_logit: float) -> tuple[Region, ...]:
    """Return the structures as regions, all of the kind that the type logit says."""
    kind = RegionKind.LYMPH_NODE if type_logit > 0 else RegionKind.TUMOUR
    return tuple(Region(mask, kind) for mask in masks)
