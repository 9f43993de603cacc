"""Batches of stage 1 and their losses, shared so that any number of processes learns the same from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from alnreader.model.multitask import MultitaskNetwork
from alnreader.model.preprocess import Preprocessing
from alnreader.training.augment import augment
from alnreader.training.pictures import Picture
from alnreader.training.recipes import Recipe

UNKNOWN = -1.0
"""Target of a label or kind that is not known: no loss."""


class Batch(NamedTuple):
    """One step's pictures: (B, 3, S, S) uint8; masks (B, 1, S, S) float; the others (B,) float."""

    images: Tensor
    masks: Tensor
    mask_known: Tensor
    labels: Tensor
    kinds: Tensor


class Logits(NamedTuple):
    """What is learned from: mask (B, 1, S, S), image and type (B,)."""

    mask_logits: Tensor
    image_logit: Tensor
    type_logit: Tensor


class Losses(NamedTuple):
    """Sums over the pictures that have the target, 0 where none has."""

    mask: Tensor
    dice: Tensor
    image: Tensor
    kind: Tensor


class Learner(nn.Module):
    """The network as training calls it: pictures in, the three answers out.

    Parameters
    ----------
    network : MultitaskNetwork
    preprocessing : Preprocessing
        Gives mean and standard deviation.
    """

    def __init__(self, network: MultitaskNetwork, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self._mean, self._std = preprocessing.mean, preprocessing.std

    def forward(self, images: Tensor) -> Logits:
        """Return the answers to (B, 3, S, S) uint8."""
        mean = torch.tensor(self._mean, device=images.device).view(1, 3, 1, 1)
        std = torch.tensor(self._std, device=images.device).view(1, 3, 1, 1)
        normal = ((images.float() - mean) / std).contiguous(memory_format=torch.channels_last)
        output = self.network(normal)
        return Logits(output.mask_logits, output.image_logit, output.type_logit)


def make_batch(
    pictures: Sequence[Picture], draws: Sequence[tuple[int, int]], size: int, recipe: Recipe, seed: int
) -> Batch:
    """Return one augmented batch; `draws` are (draw number, index of the picture)."""
    images, masks, known, labels, kinds = [], [], [], [], []
    for number, index in draws:
        picture = pictures[index]
        rng = np.random.default_rng((seed, 1, number))
        view, mask, emptied = augment(picture.pixels, picture.mask, size, rng, recipe.augmentation)
        images.append(view if view.ndim == 3 else np.repeat(view[..., None], 3, axis=2))
        masks.append(np.zeros((size, size), np.uint8) if mask is None else mask)
        known.append(mask is not None)
        record = picture.record
        target = record.target
        labels.append(UNKNOWN if emptied or target is None else float(target))
        kinds.append(UNKNOWN if emptied or record.kind is None else float(record.kind))
    return Batch(
        torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2),
        torch.from_numpy(np.stack(masks)).unsqueeze(1).float(),
        torch.tensor(known),
        torch.tensor(labels),
        torch.tensor(kinds),
    )


def target_counts(batch: Batch) -> Tensor:
    """Return how many pictures have each of the targets of `Losses`, (4,) float32."""
    lesion = batch.mask_known & (batch.masks.flatten(1).sum(1) > 0)
    known = (batch.mask_known, lesion, batch.labels >= 0, batch.kinds >= 0)
    return torch.stack([one.sum() for one in known]).float()


def losses(output: Logits, batch: Batch) -> Losses:
    """Return the sums of the losses over the pictures whose target is known (network.md).

    The overlap (soft Dice) is asked only where there is a lesion: on empty masks it is 0/0, and there
    the cross-entropy alone says that nothing should be found.
    """
    logits = output.mask_logits.float()
    known = batch.mask_known
    # Not a bare 0: the processes that share a batch all have a gradient for every part of the network.
    mask = dice = logits.sum() * 0.0
    if known.any():
        logits, target = logits[known], batch.masks[known]
        pixels = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        mask = pixels.flatten(1).mean(1).sum()
        lesion = target.flatten(1).sum(1) > 0
        if lesion.any():
            p, t = logits[lesion].sigmoid().flatten(1), target[lesion].flatten(1)
            dice = (1 - (2 * (p * t).sum(1) + 1) / (p.sum(1) + t.sum(1) + 1)).sum()
    return Losses(
        mask,
        dice,
        _known_bce(output.image_logit, batch.labels),
        _known_bce(output.type_logit, batch.kinds),
    )


def _known_bce(logits: Tensor, targets: Tensor) -> Tensor:
    known = targets >= 0
    if not known.any():
        return logits.float().sum() * 0.0
    return functional.binary_cross_entropy_with_logits(logits.float()[known], targets[known], reduction="sum")


def total(sums: Losses, counts: Tensor, recipe: Recipe, processes: int) -> Tensor:
    """Return what this process derives from, such that the mean over the processes is the batch's loss.

    Parameters
    ----------
    sums : Losses
        Of this process's part of the batch.
    counts : Tensor
        (4,) `target_counts` of the whole batch. A mean of the parts' own means would weigh a picture by how
        many of its part have the target.
    recipe : Recipe
    processes : int
    """
    weights = torch.tensor([1.0, recipe.dice_weight, recipe.image_weight, recipe.kind_weight])
    shares = weights.to(counts) * processes / counts.clamp(min=1)
    return (torch.stack(list(sums)) * shares).sum()
