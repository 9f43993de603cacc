"""Fit the multi-instance network on features of the frozen stage 1."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alnreader.case.errors import TrainingDataError
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.training import checkpoint
from alnreader.training.curves import Curves
from alnreader.training.features import Reading
from alnreader.training.recipes import Recipe
from alnreader.training.schedule import MovingAverage
from alnreader.training.stage1 import SEED_STRIDE

log = logging.getLogger(__name__)

CLIP = 1.0
CHECKPOINT = "stage2.safetensors"


@dataclass(frozen=True)
class Patient:
    """A patient with a known label: `instances[i]` (V, C) are the features of picture i, one a mask.

    The first row of each is that of the predicted mask.
    """

    name: str
    label: int
    readings: tuple[Reading, ...]

    @property
    def target(self) -> float:
        """What the loss aims at, 0..1 (`Record.target`)."""
        target = self.readings[0].record.target
        return float(self.label if target is None else target)

    @property
    def instances(self) -> list[Tensor]:
        """Features of each picture under its masks."""
        return [reading.variants for reading in self.readings]

    @property
    def bag(self) -> Tensor:
        """(N, C), every picture under its predicted mask: what the program shows before any edit."""
        return torch.stack([reading.pooled for reading in self.readings])


def patients_of(readings: Sequence[Reading], split: str) -> list[Patient]:
    """Return the labelled patients of a split whose pictures stage 2 may use."""
    grouped: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        record = reading.record
        if record.split == split and record.label is not None and "2" in record.stages:
            grouped[record.patient].append(reading)
    return [
        Patient(name, int(group[0].record.label or 0), tuple(group))
        for name, group in sorted(grouped.items())
    ]


def train(
    patients: Sequence[Patient],
    validation: Sequence[Patient],
    recipe: Recipe,
    seed: int,
    report: Callable[[str], None] = log.info,
    bar: Callable[[int, int, str], None] = lambda done, total, words: None,
    work: Path | None = None,
    checkpoint_minutes: float = 5.0,
    *,
    resume: bool = True,
) -> MultiInstanceNetwork:
    """Fit stage 2; where there are validation patients, return the epoch that was best on them.

    Small enough for one process on the CPU: a step takes milliseconds. With `work` it writes curves there,
    and checkpoints that the same run goes on from.

    Raises
    ------
    TrainingDataError
        If the training patients do not have both labels.
    """
    if {patient.label for patient in patients} != {0, 1}:
        raise TrainingDataError(
            "Stage 2 needs training patients with and without metastasis; label them 0 and 1."
        )
    fit = _Fit(patients, validation, recipe, seed)
    path, settings = work and work / CHECKPOINT, _settings(patients, validation, recipe, seed)
    if path and resume and checkpoint.matches(path, settings):
        fit.resume(path, settings)
        report(f"stage 2: going on from epoch {fit.epoch} of {path}")
    curves = Curves(work, ("stage2",), fit.epoch) if work else None
    saved = time.monotonic()
    try:
        while fit.epoch < recipe.bag_epochs:
            loss, score = fit.learn()
            words = f", validation {score:.4f} (best {fit.best:.4f})" if validation else ""
            report(f"stage 2: epoch {fit.epoch} of {recipe.bag_epochs}, loss {loss:.4f}{words}")
            bar(fit.epoch, recipe.bag_epochs, "stage 2")
            if curves:
                curves.add("stage2", epoch=fit.epoch, loss=loss, validation=score)
            now = time.monotonic()
            if path and (now - saved > 60 * checkpoint_minutes or fit.epoch == recipe.bag_epochs):
                fit.save(path, settings)
                saved = now
    finally:
        if curves:
            curves.close()
    return fit.result()


def _settings(
    patients: Sequence[Patient], validation: Sequence[Patient], recipe: Recipe, seed: int
) -> dict[str, Any]:
    """Return what must be the same for a run to go on: recipe, seed, and the features to the last bit."""
    features = hashlib.blake2b(digest_size=16)
    for patient in (*patients, *validation):
        features.update(f"{patient.name} {patient.label} {patient.target}".encode())
        for instances in patient.instances:
            features.update(instances.numpy().tobytes())
    return {**recipe.as_dict(), "seed": seed, "features": features.hexdigest()}


class _Fit:
    """Network, optimiser and the best epoch so far."""

    def __init__(
        self, patients: Sequence[Patient], validation: Sequence[Patient], recipe: Recipe, seed: int
    ) -> None:
        self.patients, self.validation, self.recipe, self.seed = patients, validation, recipe, seed
        torch.manual_seed(seed * SEED_STRIDE)
        width = patients[0].instances[0].shape[1]
        self.network = MultiInstanceNetwork(MultiInstanceConfig(embedding=width, depth=recipe.bag_depth))
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.bag_learning_rate, weight_decay=recipe.bag_weight_decay
        )
        self.kept = MovingAverage(self.network, 0.0)
        self.epoch, self.best = 0, float("inf")
        self.steps_an_epoch = -(-len(patients) // recipe.bags)

    def resume(self, path: Path, settings: dict[str, Any]) -> None:
        """Stand where the checkpoint stands."""
        position = checkpoint.resume(path, self.network, self.kept, self.optimiser, settings)
        self.epoch = position.step
        if self.validation:
            self.best = validation_loss(self.result(), self.validation)

    def save(self, path: Path, settings: dict[str, Any]) -> None:
        """Write a checkpoint."""
        where = checkpoint.Position(self.epoch)
        checkpoint.save(path, self.network, self.kept, self.optimiser, where, settings)

    def _of(self, state: dict[str, Tensor]) -> MultiInstanceNetwork:
        network = MultiInstanceNetwork(self.network.config)
        network.load_state_dict(state)
        return network.eval()

    def result(self) -> MultiInstanceNetwork:
        """Return the network of the best epoch, or of the last without validation patients."""
        return self._of(self.kept.state)

    def learn(self) -> tuple[float, float]:
        """Take one epoch; return the mean loss and the validation loss, nan without validation patients."""
        recipe = self.recipe
        # Of the epoch, not of the run: a resumed run draws the same patients, subsets and dropout.
        rng = np.random.default_rng((self.seed, 2, self.epoch))
        torch.manual_seed(self.seed * SEED_STRIDE + self.epoch + 1)
        self.network.train()
        order = rng.permutation(len(self.patients))
        total = 0.0
        for number, start in enumerate(range(0, len(order), recipe.bags)):
            step = self.epoch * self.steps_an_epoch + number
            rate = _factor(step, self.steps_an_epoch * recipe.bag_epochs, recipe)
            for group in self.optimiser.param_groups:
                group["lr"] = recipe.bag_learning_rate * rate
            chosen = [self.patients[i] for i in order[start : start + recipe.bags]]
            bags = [draw_bag(patient.instances, recipe, rng) for patient in chosen]
            targets = torch.tensor([(1 - patient.target, patient.target) for patient in chosen])
            loss = nn.functional.cross_entropy(self.network(*pad(bags)), targets)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
            self.optimiser.step()
            total += float(loss.detach()) * len(chosen)
        self.epoch += 1
        score = validation_loss(self.network, self.validation) if self.validation else float("nan")
        if not score >= self.best:  # without validation patients the last epoch is the best
            self.best = score
            self.kept.update(self.network, self.epoch)
        return total / len(self.patients), score


def _factor(step: int, steps: int, recipe: Recipe) -> float:
    # Never longer than a fifth of the run: few patients make few steps.
    warm = max(1, min(recipe.bag_warmup_steps, steps // 5))
    cosine = 0.5 * (1 + np.cos(np.pi * min(step / max(steps, 1), 1.0)))
    return float(min(1.0, (step + 1) / warm) * cosine)


def draw_bag(instances: Sequence[Tensor], recipe: Recipe, rng: np.random.Generator) -> Tensor:
    """Return (N, C): some of the pictures, each under one of its masks; now and then none at all.

    The empty bag teaches the answer that is given without evidence: the prevalence of the training data.
    """
    count = len(instances)
    chosen = np.arange(count)
    if recipe.random_subsets:
        if rng.random() < recipe.empty_bag_share:
            return instances[0].new_zeros(0, instances[0].shape[1])
        if rng.random() < 0.5:
            chosen = rng.permutation(count)[: rng.integers(1, count + 1)]
    return torch.stack([instances[int(i)][int(rng.integers(len(instances[int(i)])))] for i in chosen])


def pad(bags: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return bags of different sizes as (B, N, C) and where nothing is, (B, N) bool."""
    longest = max(len(bag) for bag in bags)
    padded = bags[0].new_zeros(len(bags), longest, bags[0].shape[-1])
    padding = torch.ones(len(bags), longest, dtype=torch.bool)
    for row, bag in enumerate(bags):
        padded[row, : len(bag)] = bag
        padding[row, : len(bag)] = False
    return padded, padding


@torch.inference_mode()
def evidence(network: MultiInstanceNetwork, bags: Sequence[Tensor]) -> NDArray[np.float64]:
    """Return logit "metastasis" less logit "none" of each bag, (B,) float64."""
    network.eval()
    logits = network(*pad(bags))
    return np.asarray((logits[:, 1] - logits[:, 0]).double().numpy())


def validation_loss(network: MultiInstanceNetwork, patients: Sequence[Patient]) -> float:
    """Return the mean cross-entropy over patients with all their pictures under the predicted masks."""
    values = evidence(network, [patient.bag for patient in patients])
    targets = np.array([patient.target for patient in patients])
    return float((np.logaddexp(0.0, values) - targets * values).mean())
