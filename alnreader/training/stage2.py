"""Fit the multi-instance network on features of the frozen stage 1."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alnreader.case.errors import TrainingDataError
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.training.features import Reading
from alnreader.training.recipes import Recipe
from alnreader.training.stage1 import SEED_STRIDE

log = logging.getLogger(__name__)

CLIP = 1.0
REPORT_EPOCHS = 10


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
) -> MultiInstanceNetwork:
    """Fit stage 2; where there are validation patients, return the epoch that was best on them.

    Raises
    ------
    TrainingDataError
        If the training patients do not have both labels.
    """
    if {patient.label for patient in patients} != {0, 1}:
        raise TrainingDataError(
            "Stage 2 needs training patients with and without metastasis; label them 0 and 1."
        )
    torch.manual_seed(seed * SEED_STRIDE)
    width = patients[0].instances[0].shape[1]
    network = MultiInstanceNetwork(MultiInstanceConfig(embedding=width, depth=recipe.bag_depth))
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.bag_learning_rate, weight_decay=recipe.bag_weight_decay
    )
    steps = -(-len(patients) // recipe.bags) * recipe.bag_epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _factor(step, steps, recipe))
    best, kept = float("inf"), None
    for epoch in range(recipe.bag_epochs):
        rng = np.random.default_rng((seed, 2, epoch))
        loss = _epoch(network, patients, recipe, rng, optimiser, schedule)
        if validation:
            score = validation_loss(network, validation)
            if score < best:
                best = score
                kept = {name: value.detach().clone() for name, value in network.state_dict().items()}
            if (epoch + 1) % REPORT_EPOCHS == 0:
                report(
                    f"stage 2: epoch {epoch + 1}, loss {loss:.4f}, validation {score:.4f} (best {best:.4f})"
                )
    if kept is not None:
        network.load_state_dict(kept)
    return network.eval()


def _factor(step: int, steps: int, recipe: Recipe) -> float:
    # Never longer than a fifth of the run: few patients make few steps.
    warm = max(1, min(recipe.bag_warmup_steps, steps // 5))
    cosine = 0.5 * (1 + np.cos(np.pi * min(step / max(steps, 1), 1.0)))
    return float(min(1.0, (step + 1) / warm) * cosine)


def _epoch(
    network: MultiInstanceNetwork,
    patients: Sequence[Patient],
    recipe: Recipe,
    rng: np.random.Generator,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> float:
    network.train()
    order = rng.permutation(len(patients))
    total = 0.0
    for start in range(0, len(order), recipe.bags):
        chosen = [patients[i] for i in order[start : start + recipe.bags]]
        bags = [draw_bag(patient.instances, recipe, rng) for patient in chosen]
        targets = torch.tensor([(1 - patient.target, patient.target) for patient in chosen])
        loss = nn.functional.cross_entropy(network(*pad(bags)), targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        schedule.step()
        total += float(loss.detach()) * len(chosen)
    return total / len(patients)


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
