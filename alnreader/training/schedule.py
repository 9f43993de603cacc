"""Learning rate, drawing order and moving average: what a step is given, as functions of its number."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from alnreader.training.recipes import Recipe


def progress(recipe: Recipe, step: int, seconds: float) -> float:
    """Return how far the run is, 0..1: by steps, or by the clock where a budget is given."""
    done = step / recipe.steps
    if recipe.minutes is not None:
        done = max(done, seconds / (60 * recipe.minutes))
    return min(done, 1.0)


def learning_rate_factor(recipe: Recipe, step: int, done: float) -> float:
    """Return the factor on the learning rate: linear warm-up, then down to zero when the run is done."""
    warm = min(1.0, (step + 1) / max(recipe.warmup_steps, 1))
    if recipe.decay == "poly":
        return warm * (1 - done)
    if recipe.decay == "late":
        done = max(0.0, 1 - (1 - done) / recipe.late_share)
    return warm * 0.5 * (1 + math.cos(math.pi * done))


def input_size(recipe: Recipe, done: float) -> int:
    """Return the input size in pixels at this point of the run."""
    return recipe.early_size if done < recipe.early_share else recipe.size


class Draws:
    """Which picture comes when: every one as often as its weight says, to within one, in random order.

    The n-th draw is a function of the seed and n alone, so a resumed run goes on as if never stopped.
    """

    def __init__(self, weights: Sequence[float], seed: int) -> None:
        self._shares = np.cumsum(np.asarray(weights, float))
        self._shares /= self._shares[-1]
        self._seed = seed
        self._epoch = -1
        self._order: NDArray[np.intp] = np.empty(0, np.intp)

    def __getitem__(self, number: int) -> int:
        """Return the index of the picture of draw `number`."""
        epoch, place = divmod(number, len(self._shares))
        if epoch != self._epoch:
            rng = np.random.default_rng((self._seed, 0, epoch))
            # Systematic sampling: equally spaced pointers hit each share as often as it is due.
            pointers = (np.arange(len(self._shares)) + rng.random()) / len(self._shares)
            order = np.searchsorted(self._shares, pointers, side="right")
            self._order = rng.permutation(np.minimum(order, len(self._shares) - 1))
            self._epoch = epoch
        return int(self._order[place])


class MovingAverage:
    """Exponential moving average of a network's weights (decay 0: the weights themselves)."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move towards the network's weights; faster in the first steps, whose average means nothing."""
        keep = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - keep)
            else:
                self.state[name].copy_(value)


def parameter_groups(network: nn.Module, recipe: Recipe) -> list[dict[str, object]]:
    """Return AdamW's groups: backbone and heads, weights with decay and norms and biases without.

    Each group carries its `base_lr`; the schedule multiplies it.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        key = (name.startswith("backbone."), parameter.ndim > 1)
        groups.setdefault(key, []).append(parameter)
    made: list[dict[str, object]] = []
    for (backbone, decays), parameters in groups.items():
        rate = recipe.learning_rate * (1.0 if backbone else recipe.head_factor)
        decay = recipe.weight_decay if decays else 0.0
        made.append({"params": parameters, "lr": rate, "base_lr": rate, "weight_decay": decay})
    return made
