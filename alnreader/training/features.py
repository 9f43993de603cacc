"""What the frozen stage 1 says of every picture: the material of stage 2, calibration and evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alnreader.inference.encode import averaged_maps, overview
from alnreader.inference.gate import mask_to_logits, on_grid, pool
from alnreader.model.multitask import MultitaskNetwork
from alnreader.model.preprocess import Preprocessing
from alnreader.training.manifest import Record
from alnreader.training.pictures import read_mask, read_rgb

LOGIT_KS = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
"""Values of k that are tried for drawn masks. Gate weights are sigmoid(k / 2): 0.73 to 0.998."""

JITTERED_MASKS = 4
JITTER_SHARE = 0.15
"""Contours are moved, grown and shrunk by up to this share of the lesion's diameter, as readers differ."""


@dataclass(frozen=True)
class Reading:
    """One picture read by stage 1.

    `pooled` (C,) is the instance with the predicted mask, `variants` (V, C) those with other masks
    (predicted, true, jittered) for stage 2 to learn from, `overview` (C,) the ungated mean. `mask_logits`
    is (H, W) float16 in the network's input size. `x` (C, h, w) float16 is kept where it was asked for.
    """

    record: Record
    shape: tuple[int, int]
    pooled: Tensor
    variants: Tensor
    overview: Tensor
    image_logit: float
    type_logit: float
    mask_logits: NDArray[np.float16]
    x: Tensor | None


def read_pictures(
    network: MultitaskNetwork,
    preprocessing: Preprocessing,
    records: Sequence[Record],
    *,
    seed: int,
    device: str = "cpu",
    workers: int = 1,
    mixture: Callable[[Record], bool] = lambda record: True,
    keep_maps: Callable[[Record], bool] = lambda record: False,
) -> list[Reading]:
    """Read pictures with a network in eval mode, in order; with variants of other masks where `mixture`."""
    network.eval()

    def read(job: tuple[int, Record]) -> Reading:
        number, record = job
        rng = np.random.default_rng((seed, 3, number))
        return _read(network, preprocessing, record, rng, device, mixture(record), keep_maps(record))

    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(read, enumerate(records)))


@torch.inference_mode()
def _read(
    network: MultitaskNetwork,
    preprocessing: Preprocessing,
    record: Record,
    rng: np.random.Generator,
    device: str,
    mixture: bool,
    keep: bool,
) -> Reading:
    rgb = read_rgb(record)
    maps = averaged_maps(lambda batch: network.encode(batch.to(device)), preprocessing, rgb)
    heads = network.heads(*maps)
    x, logits = maps.x[0].float().cpu(), maps.mask_logits[0, 0].float().cpu()
    pooled = heads.pooled[0].float().cpu()
    variants = pooled[None]
    if mixture:
        size = (logits.shape[0], logits.shape[1])
        masks = _other_masks(read_mask(record), logits.numpy() > 0, rng)
        if masks:
            drawn = [mask_to_logits(mask, size, float(rng.choice(LOGIT_KS))) for mask in masks]
            grids = torch.stack([on_grid(one, (x.shape[1], x.shape[2])) for one in drawn])
            # The predicted mask counts as often as all others together: it is what is met most.
            variants = torch.cat([pooled.expand(len(masks), -1), pool(x, grids)])
    return Reading(
        record=record,
        shape=(rgb.shape[0], rgb.shape[1]),
        pooled=pooled,
        variants=variants,
        overview=overview(x),
        image_logit=float(heads.image_logit[0]),
        type_logit=float(heads.type_logit[0]),
        mask_logits=logits.numpy().astype(np.float16),
        x=x.half() if keep else None,
    )


def _other_masks(
    true: NDArray[np.bool_] | None, predicted: NDArray[np.bool_], rng: np.random.Generator
) -> list[NDArray[np.bool_]]:
    """Return the true mask and jittered ones, or the predicted one binarised and jittered.

    All in the size of `predicted`, the network's input: there the contours are moved in no time.
    """
    base = predicted
    if true is not None and true.any():
        small = cv2.resize(true.astype(np.float32), predicted.shape[::-1], interpolation=cv2.INTER_AREA)
        base = np.asarray(small) > 0.5
    if not base.any():
        return []
    return [base, *(jitter_mask(base, rng) for _ in range(JITTERED_MASKS))]


def jitter_mask(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return the mask as another reader might draw it: moved, grown or shrunk, with a wavy edge."""
    height, width = mask.shape
    reach = JITTER_SHARE * 2 * np.sqrt(mask.sum() / np.pi)
    # Signed distance to the edge, positive inside; a smooth random field moves the edge.
    inside = mask.astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(
        1 - inside, cv2.DIST_L2, 5
    )
    wave = cv2.resize(rng.standard_normal((5, 5)), (width, height), interpolation=cv2.INTER_LINEAR)
    field = np.asarray(distance + rng.uniform(-reach, reach) + 0.5 * reach * np.asarray(wave), np.float32)
    x, y = rng.uniform(-reach / 2, reach / 2, 2)
    shift = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    moved = np.asarray(cv2.warpAffine(field, shift, (width, height), borderValue=-1.0)) > 0
    return moved if moved.any() else mask
