"""Fit the multi-task network: mask, node status of the image, and kind, each where it is known."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from alnreader.case.errors import TrainingDataError
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork, MultitaskOutput
from alnreader.model.preprocess import Preprocessing
from alnreader.training import checkpoint
from alnreader.training.augment import augment
from alnreader.training.manifest import Record
from alnreader.training.parallel import Team, team
from alnreader.training.pictures import Picture, load, squeeze
from alnreader.training.recipes import Recipe
from alnreader.training.schedule import (
    Draws,
    MovingAverage,
    input_size,
    learning_rate_factor,
    parameter_groups,
    progress,
)

log = logging.getLogger(__name__)

UNKNOWN = -1.0
"""Target of a label or kind that is not known: no loss."""

GPU_ATTENTION = (SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH)
REPORT_STEPS = 50
WATCHED_PICTURES = 150
SEED_STRIDE = 1_000_003
"""Keeps the torch seeds of the steps of two runs with neighbouring seeds apart."""


class Batch(NamedTuple):
    """One step's pictures: (B, 3, S, S) uint8; masks (B, 1, S, S) float; the others (B,) float."""

    images: Tensor
    masks: Tensor
    mask_known: Tensor
    labels: Tensor
    kinds: Tensor


class Losses(NamedTuple):
    """Means over the pictures that have the target, 0 where none has."""

    mask: Tensor
    dice: Tensor
    image: Tensor
    kind: Tensor


@dataclass(frozen=True)
class Stage1Run:
    """Where and how a run works. `resume` goes on from `work/stage1.safetensors` if it is there.

    `processes` share every batch, each with `threads` threads.
    """

    work: Path
    seed: int = 0
    device: str = "cpu"
    init_from: Path | None = None
    resume: bool = True
    checkpoint_minutes: float = 5.0
    stop_after_steps: int | None = None
    processes: int = 1
    threads: int = 1


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


def normalise(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return (B, 3, H, W) uint8 as the network wants it, float and channels last."""
    mean = torch.tensor(preprocessing.mean, device=images.device).view(1, 3, 1, 1)
    std = torch.tensor(preprocessing.std, device=images.device).view(1, 3, 1, 1)
    return ((images.float() - mean) / std).contiguous(memory_format=torch.channels_last)


def losses(output: MultitaskOutput, batch: Batch) -> Losses:
    """Return the losses, each over the pictures whose target is known (network.md).

    The overlap (soft Dice) is asked only where there is a lesion: on empty masks it is 0/0, and there
    the cross-entropy alone says that nothing should be found.
    """
    logits = output.mask_logits.float()
    zero = logits.sum() * 0.0
    known = batch.mask_known
    mask = dice = zero
    if known.any():
        logits, target = logits[known], batch.masks[known]
        mask = functional.binary_cross_entropy_with_logits(logits, target)
        lesion = target.flatten(1).sum(1) > 0
        if lesion.any():
            p, t = logits[lesion].sigmoid().flatten(1), target[lesion].flatten(1)
            dice = (1 - (2 * (p * t).sum(1) + 1) / (p.sum(1) + t.sum(1) + 1)).mean()
    return Losses(
        mask,
        dice,
        _known_bce(output.image_logit, batch.labels, zero),
        _known_bce(output.type_logit, batch.kinds, zero),
    )


def _known_bce(logits: Tensor, targets: Tensor, zero: Tensor) -> Tensor:
    known = targets >= 0
    if not known.any():
        return zero
    return functional.binary_cross_entropy_with_logits(logits.float()[known], targets[known])


def bf16_pays(device: str) -> bool:
    """Return whether bfloat16 is worth it: always on a GPU, on a CPU where it has instructions for it."""
    if device != "cpu":
        return True
    # Private, but the only way to ask; without the instructions bfloat16 is emulated and slower.
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe and probe())


def train(
    records: Sequence[Record], recipe: Recipe, run: Stage1Run, report: Callable[[str], None] = log.info
) -> tuple[MultitaskNetwork, float]:
    """Fit stage 1 and return the averaged network in eval mode and the seconds that it took.

    Raises
    ------
    TrainingDataError
        If no picture may be learned from, or the checkpoint is another run's.
    """
    usable = [r for r in records if r.split == "train" and "1" in r.stages and r.weight > 0]
    if not usable:
        raise TrainingDataError("No picture of the split 'train' is left for stage 1.")
    run.work.mkdir(parents=True, exist_ok=True)
    path = run.work / "stage1.safetensors"
    if run.resume and path.is_file():
        position, weights = checkpoint.finished(path, _settings(usable, recipe, run))
        if progress(recipe, position.step, position.seconds) >= 1:
            network = MultitaskNetwork(MultitaskConfig(backbone=recipe.backbone))
            network.load_state_dict(weights)
            report(f"stage 1: taken from {path}")
            return network.to(run.device).eval(), position.seconds
    with team(run.processes, run.threads, _train_member, usable, recipe, run) as us:
        watched = [r for r in records if r.split == "val" and r.mask is not None]
        # A few, evenly spaced, are enough to watch a run; the figures come from all of them at the end.
        watched = watched[:: max(1, len(watched) // WATCHED_PICTURES)]
        return _train_member(us, usable, recipe, run, report, load(watched, recipe.size))


def _settings(records: Sequence[Record], recipe: Recipe, run: Stage1Run) -> dict[str, Any]:
    """Return what must be the same for a run to go on."""
    return {**recipe.stage1(), "seed": run.seed, "pictures": len(records)}


def _train_member(
    us: Team,
    records: Sequence[Record],
    recipe: Recipe,
    run: Stage1Run,
    report: Callable[[str], None] = log.info,
    validation: Sequence[Picture] = (),
) -> tuple[MultitaskNetwork, float]:
    cv2.setNumThreads(1)
    pictures = load(records, recipe.size)
    torch.manual_seed(run.seed)
    network = MultitaskNetwork(MultitaskConfig(backbone=recipe.backbone))
    if run.init_from is not None:
        network.load_state_dict(checkpoint.averaged_weights(run.init_from))
    network = network.to(run.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(parameter_groups(network, recipe), lr=recipe.learning_rate, fused=True)
    average = MovingAverage(network, recipe.ema_decay)
    path = run.work / "stage1.safetensors"
    settings = _settings(records, recipe, run)
    position = checkpoint.Position()
    if run.resume and path.is_file():
        position = checkpoint.resume(path, network, average, optimiser, settings)
        if us.leads:
            report(f"stage 1: going on from step {position.step} of {path}")
    loop = _Loop(pictures, validation, recipe, run, network, optimiser, average, position, us)
    try:
        loop.run(report, lambda where: checkpoint.save(path, network, average, optimiser, where, settings))
    finally:
        loop.close()
    network.load_state_dict(average.state)
    return network.eval(), loop.position.seconds


class _Loop:
    """The steps of one run; the next batch is prepared while the network works on this one."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        validation: Sequence[Picture],
        recipe: Recipe,
        run: Stage1Run,
        network: MultitaskNetwork,
        optimiser: torch.optim.Optimizer,
        average: MovingAverage,
        position: checkpoint.Position,
        us: Team,
    ) -> None:
        self.pictures, self.validation, self.recipe, self.job = pictures, validation, recipe, run
        self.network, self.optimiser, self.average = network, optimiser, average
        self.position = position
        self.us = us
        self.draws = Draws([p.record.weight for p in pictures], run.seed)
        self.preprocessing = Preprocessing(recipe.size, recipe.size, antialias=recipe.antialias)
        self.half = bf16_pays(run.device)
        self.pool = ThreadPoolExecutor(1)
        self.sums = np.zeros(5)

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)

    def _order(self, step: int, drawn: int, seconds: float) -> Future[Batch]:
        size = input_size(self.recipe, progress(self.recipe, step, seconds))
        numbers = range(drawn, drawn + self.recipe.batch)[self.us.share(self.recipe.batch)]
        chosen = [(number, self.draws[number]) for number in numbers]
        return self.pool.submit(make_batch, self.pictures, chosen, size, self.recipe, self.job.seed)

    def run(self, report: Callable[[str], None], save: Callable[[checkpoint.Position], None]) -> None:
        step, drawn, before = self.position.step, self.position.drawn, self.position.seconds
        started = saved = time.monotonic()
        batch_size = self.recipe.batch
        waiting = self._order(step, drawn, before)
        last = self.recipe.steps
        if self.job.stop_after_steps is not None:
            last = min(last, self.job.stop_after_steps)
        while step < last and progress(self.recipe, step, self.position.seconds) < 1:
            batch = waiting.result()
            waiting = self._order(step + 1, drawn + batch_size, self.position.seconds)
            now = time.monotonic()
            rate, seconds = self._step(batch, step, before + now - started)
            step, drawn = step + 1, drawn + batch_size
            self.position = checkpoint.Position(step, drawn, seconds)
            if not self.us.leads:
                continue
            if step % REPORT_STEPS == 0:
                self._report(report, rate, batch.images.shape[-1])
            if now - saved > 60 * self.job.checkpoint_minutes:
                save(self.position)
                saved = now
                if self.validation:
                    report(f"stage 1: validation Dice {self._validate():.3f} of {len(self.validation)}")
        if self.us.leads:
            save(self.position)

    def _step(self, batch: Batch, step: int, seconds: float) -> tuple[float, float]:
        """Learn from one batch; return the learning rate and the leader's seconds, the same for all."""
        device = self.job.device
        # Stochastic depth draws from torch: seeded by the step, so that a resumed run draws the same.
        torch.manual_seed((self.job.seed * SEED_STRIDE + step) * self.us.size + self.us.rank)
        done = progress(self.recipe, step, self.position.seconds)
        factor = learning_rate_factor(self.recipe, step, done)
        for group in self.optimiser.param_groups:
            group["lr"] = group["base_lr"] * factor
        batch = Batch(*(part.to(device, non_blocking=True) for part in batch))
        self.network.train()
        recipe = self.recipe
        # On a CPU the backward pass of flash attention costs a fifth of a step; plain attention far less.
        kernels = [SDPBackend.MATH] if device == "cpu" else list(GPU_ATTENTION)
        with sdpa_kernel(kernels):
            parts = self._backward(batch)
        clock = seconds * self.us.size if self.us.leads else 0.0
        numbers = self.us.average(self.network, torch.tensor([*(float(part) for part in parts), clock]))
        if recipe.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip)
        self.optimiser.step()
        self.average.update(self.network, step)
        self.sums += [*numbers[:4].tolist(), 1]
        return recipe.learning_rate * factor, float(numbers[4])

    def _backward(self, batch: Batch) -> Losses:
        recipe = self.recipe
        with torch.autocast(self.job.device.split(":")[0], torch.bfloat16, enabled=self.half):
            output = self.network(normalise(batch.images, self.preprocessing))
        parts = losses(output, batch)
        total = (
            parts.mask
            + recipe.dice_weight * parts.dice
            + recipe.image_weight * parts.image
            + recipe.kind_weight * parts.kind
        )
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        return Losses(*(part.detach() for part in parts))

    def _report(self, report: Callable[[str], None], rate: float, size: int) -> None:
        mask, dice, image, kind = self.sums[:4] / self.sums[4]
        self.sums[:] = 0
        where = self.position
        report(
            f"stage 1: step {where.step}, {where.seconds:.0f} s, {size} px, mask {mask:.4f}, "
            f"dice {dice:.3f}, image {image:.3f}, kind {kind:.3f}, lr {rate:.1e}"
        )
        curve = self.job.work / "stage1.csv"
        fresh = not curve.is_file()
        with curve.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(["step", "seconds", "size", "mask", "dice", "image", "kind", "lr"])
            writer.writerow([where.step, f"{where.seconds:.1f}", size, mask, dice, image, kind, rate])

    @torch.inference_mode()
    def _validate(self) -> float:
        """Return the mean Dice of the averaged weights over the validation pictures with a lesion."""
        kept = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average.state)
        self.network.eval()
        size, scores = self.recipe.size, []
        for start in range(0, len(self.validation), self.recipe.batch):
            part = self.validation[start : start + self.recipe.batch]
            views = [squeeze(p.pixels, size) for p in part]
            views = [v if v.ndim == 3 else np.repeat(v[..., None], 3, axis=2) for v in views]
            images = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).to(self.job.device)
            with torch.autocast(self.job.device.split(":")[0], torch.bfloat16, enabled=self.half):
                output = self.network(normalise(images, self.preprocessing))
            for picture, logits in zip(part, output.mask_logits.float().cpu().numpy(), strict=True):
                if picture.mask is not None and picture.mask.any():
                    truth = squeeze(picture.mask * 255, size) > 127
                    found = logits[0] > 0
                    scores.append(2 * (truth & found).sum() / (truth.sum() + found.sum()))
        self.network.load_state_dict(kept)
        return float(np.mean(scores)) if scores else float("nan")
