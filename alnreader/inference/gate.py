"""The fast half of stage 1: a mask over the encoded maps, pooled; milliseconds an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alnreader.inference.encode import Encoded
from alnreader.model.multitask import GATE_DIVISOR, MultitaskNetwork


@dataclass(frozen=True, eq=False)
class HeadWeights:
    """The two linear heads of stage 1, on the CPU.

    Attributes
    ----------
    image, type
        ``(C,)`` and ``(32,) float32``.
    image_bias, type_bias
        Their constants.
    """

    image: Tensor
    image_bias: float
    type: Tensor
    type_bias: float

    @classmethod
    def of(cls, network: MultitaskNetwork) -> HeadWeights:
        """Copy the heads out of a network."""
        parameters: Mapping[str, Tensor] = network.state_dict()
        kept = {
            name: parameters[f"{name}_head.weight"].detach().to("cpu", torch.float32, copy=True).flatten()
            for name in ("image", "type")
        }
        biases = {name: float(parameters[f"{name}_head.bias"]) for name in ("image", "type")}
        return cls(kept["image"], biases["image"], kept["type"], biases["type"])


@dataclass(frozen=True, eq=False)
class Instance:
    """One image under one mask: its row of the patient's bag, and what the heads say of it alone.

    Attributes
    ----------
    pooled
        ``(C,) float32``, mean of the gated map: the instance of stage 2.
    image_logit
        Metastasis from this image alone.
    type_logit
        Negative: tumour; positive: lymph node.
    grid_logits
        ``(h, w) float32``, the mask logits on the grid of ``Encoded.x``.
    """

    pooled: Tensor
    image_logit: float
    type_logit: float
    grid_logits: Tensor


def mask_to_logits(mask: NDArray[np.bool_], size: tuple[int, int], logit_k: float) -> Tensor:
    """Turn a drawn outline into mask logits.

    The mask is averaged over the area of each target pixel, so that a border pixel takes a value between
    -k and k.

    Parameters
    ----------
    mask : ndarray
        (rows, columns) bool, of the picture's size.
    size : tuple of int
        (H, W) of the network's input.
    logit_k : float
        The bundle's k.

    Returns
    -------
    Tensor
        (H, W) float32, -k..k.
    """
    values = torch.from_numpy(mask.astype(np.float32))[None, None]
    resized = torch.nn.functional.interpolate(
        values, size=size, mode="bilinear", align_corners=False, antialias=True
    )
    return (2.0 * resized[0, 0] - 1.0) * logit_k


def on_grid(logits: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (H, W) logits to a map's grid, as the network's own gate does."""
    return torch.nn.functional.interpolate(
        logits[None, None], size=size, mode="bilinear", align_corners=False
    )[0, 0]


def pool(maps: Tensor, grid_logits: Tensor) -> Tensor:
    """Gate and average maps under one or many masks, without writing the gated maps down.

    Parameters
    ----------
    maps : Tensor
        (C, h, w).
    grid_logits : Tensor
        (..., h, w).

    Returns
    -------
    Tensor
        (..., C).
    """
    weights = torch.sigmoid(grid_logits / GATE_DIVISOR).flatten(-2)
    flat = maps.flatten(1)
    return weights @ flat.T / flat.shape[1]


def gated(encoded: Encoded, instance: Instance) -> Tensor:
    """Return g of one image, (C, h, w): the layer that heat maps explain."""
    return encoded.x * torch.sigmoid(instance.grid_logits / GATE_DIVISOR)


def instance(encoded: Encoded, logits: Tensor, heads: HeadWeights) -> Instance:
    """Run gate, pool and heads.

    Parameters
    ----------
    encoded : Encoded
    logits : Tensor
        (H, W) mask logits, predicted or of `mask_to_logits`.
    heads : HeadWeights

    Returns
    -------
    Instance
    """
    with torch.no_grad():
        grid = on_grid(logits, (encoded.x.shape[-2], encoded.x.shape[-1]))
        pooled = pool(encoded.x, grid)
        fine = on_grid(logits, (encoded.type_map.shape[-2], encoded.type_map.shape[-1]))
        return Instance(
            pooled=pooled,
            image_logit=float(pooled @ heads.image) + heads.image_bias,
            type_logit=float(pool(encoded.type_map[None], fine)) + heads.type_bias,
            grid_logits=grid,
        )
