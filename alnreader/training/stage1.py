"""Fit the multi-task network: mask, node status of the image, and kind, each where it is known."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from alnreader.case.errors import TrainingDataError, TrainingError
from alnreader.inference.device import is_out_of_memory
from alnreader.model import pretrained
from alnreader.model.backbone import share_batch
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork
from alnreader.model.preprocess import Preprocessing
from alnreader.training import checkpoint
from alnreader.training.batches import Batch, Learner, Logits, losses, make_batch, target_counts, total
from alnreader.training.curves import Curves
from alnreader.training.engine import Machine, Precision, Voice, engine, in_processes, launched, process_count
from alnreader.training.manifest import Record
from alnreader.training.pictures import Picture, content_hash, load, squeeze
from alnreader.training.recipes import Recipe
from alnreader.training.schedule import (
    Draws,
    MovingAverage,
    input_size,
    learning_rate_factor,
    parameter_groups,
    progress,
)

if TYPE_CHECKING:
    from accelerate import Accelerator

log = logging.getLogger(__name__)

GPU_ATTENTION = (SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH)
CURVE_STEPS = 50
WATCHED_PICTURES = 150
SEED_STRIDE = 1_000_003
"""Keeps the torch seeds of the steps of two runs with neighbouring seeds apart."""

CHECKPOINT = "stage1.safetensors"


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
    precision: Precision = "auto"

    @property
    def machine(self) -> Machine:
        """What the run works on."""
        return Machine(self.device, self.processes, self.threads, self.precision)

    @property
    def checkpoint(self) -> Path:
        """The file that a resumed run goes on from."""
        return self.work / CHECKPOINT


def train(
    records: Sequence[Record],
    recipe: Recipe,
    run: Stage1Run,
    report: Callable[[str], None] = log.info,
    bar: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> tuple[MultitaskNetwork, float]:
    """Fit stage 1 and return the averaged network in eval mode, on the CPU, and the seconds that it took.

    Raises
    ------
    TrainingDataError
        If no picture may be learned from, or the checkpoint is another run's.
    TrainingError
        If a process is lost or the memory is full.
    """
    usable = [r for r in records if r.split == "train" and "1" in r.stages and r.weight > 0]
    if not usable:
        raise TrainingDataError("No picture of the split 'train' is left for stage 1.")
    if process_count(run.processes) > recipe.batch:
        raise TrainingError(
            f"{process_count(run.processes)} processes cannot share a batch of {recipe.batch} pictures. "
            "Give fewer --processes or a larger --batch."
        )
    run.work.mkdir(parents=True, exist_ok=True)
    run = replace(run, device=run.machine.resolved())
    settings = _settings(usable, recipe, run)
    if run.resume and run.checkpoint.is_file():
        position, weights = checkpoint.finished(run.checkpoint, settings)
        if progress(recipe, position.step, position.seconds) >= 1:
            report(f"stage 1: taken from {run.checkpoint}")
            return _network(recipe, weights), position.seconds
    watched = [r for r in records if r.split == "val" and r.mask is not None]
    # A few, evenly spaced, are enough to watch a run; the figures come from all of them at the end.
    watched = watched[:: max(1, len(watched) // WATCHED_PICTURES)]
    voice = Voice(report, bar)
    if run.processes == 1 or launched():
        return _work(usable, watched, recipe, run, settings, voice)
    in_processes(run.machine, _work, (usable, watched, recipe, run, settings), voice)
    position, weights = checkpoint.finished(run.checkpoint, settings)
    return _network(recipe, weights), position.seconds


def _network(recipe: Recipe, weights: dict[str, torch.Tensor]) -> MultitaskNetwork:
    network = MultitaskNetwork(MultitaskConfig(backbone=recipe.backbone))
    network.load_state_dict(weights)
    return network.eval()


def _start_from(network: MultitaskNetwork, path: Path) -> None:
    """Fill the network from a checkpoint of this program, or its encoder from one trained on photographs."""
    if pretrained.is_pretrained(path):
        if network.config.backbone != pretrained.BACKBONE:
            raise TrainingDataError(
                f"{path}: weights trained on photographs are known for {pretrained.BACKBONE} alone. "
                f"Give --backbone {pretrained.BACKBONE}, or another --init-from."
            )
        pretrained.fill_encoder(network.backbone, path)
        return
    weights, own = checkpoint.averaged_weights(path), network.state_dict()
    if {name: value.shape for name, value in weights.items()} != {n: v.shape for n, v in own.items()}:
        raise TrainingDataError(
            f"{path}: its weights are those of another network. --init-from needs the same --backbone."
        )
    network.load_state_dict(weights)


def _settings(records: Sequence[Record], recipe: Recipe, run: Stage1Run) -> dict[str, Any]:
    """Return what must be the same for a run to go on."""
    return {
        **recipe.stage1(),
        "seed": run.seed,
        "pictures": len(records),
        "data": content_hash(records),
    }


def _work(
    records: Sequence[Record],
    watched: Sequence[Record],
    recipe: Recipe,
    run: Stage1Run,
    settings: dict[str, Any],
    voice: Voice,
) -> tuple[MultitaskNetwork, float]:
    """Do one process's part of a run; the first writes the checkpoint."""
    cv2.setNumThreads(1)
    with engine(run.machine) as accelerator:
        if not accelerator.is_main_process:
            watched, voice = (), Voice()
        pictures, validation = load(records, recipe.size), load(watched, recipe.size)
        loop = _Loop(pictures, validation, recipe, run, settings, voice, accelerator)
        try:
            loop.run()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise TrainingError(
                f"The memory of {accelerator.device} is full at step {loop.position.step}. Give a smaller "
                "--batch or --size and another --work, or more --processes."
            ) from error
        finally:
            loop.close()
        weights = {name: value.cpu() for name, value in loop.average.state.items()}
        return _network(recipe, weights), loop.position.seconds


class _Loop:
    """The steps of one run; the next batch is prepared while the network works on this one."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        validation: Sequence[Picture],
        recipe: Recipe,
        run: Stage1Run,
        settings: dict[str, Any],
        voice: Voice,
        accelerator: Accelerator,
    ) -> None:
        self.pictures, self.validation, self.recipe, self.job = pictures, validation, recipe, run
        self.voice, self.engine = voice, accelerator
        self.whole = recipe.batch
        self.part = slice(accelerator.process_index, recipe.batch, accelerator.num_processes)
        self._build()
        self.settings = settings
        self.position = checkpoint.Position()
        if run.resume and run.checkpoint.is_file():
            self.position = checkpoint.resume(
                run.checkpoint, self.network, self.average, self.raw_optimiser, self.settings
            )
            voice.report(f"stage 1: going on from step {self.position.step} of {run.checkpoint}")
        self._check_same_place()
        self.draws = Draws([p.record.weight for p in pictures], run.seed)
        self.threads = ThreadPoolExecutor(1)
        self.curves: Curves | None = None
        if accelerator.is_main_process:
            self.curves = Curves(run.work, ("stage1", "stage1_validation"), self.position.step)
        # Sums of the losses and of the pictures that have them: since the last row, and of the epoch.
        self.sums = torch.zeros(2, 4, device=accelerator.device)
        self.epoch_sums = np.zeros((2, 4))

    def _build(self) -> None:
        recipe, run, device = self.recipe, self.job, self.engine.device
        torch.manual_seed(run.seed)
        network = MultitaskNetwork(MultitaskConfig(backbone=recipe.backbone))
        if run.init_from is not None:
            _start_from(network, run.init_from)
        if device.type == "cuda" and self.engine.num_processes > 1:
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        share_batch(network, self.whole, self.part)
        self.network = network
        fused = device.type in ("cpu", "cuda", "xpu", "mps")
        self.raw_optimiser = torch.optim.AdamW(
            parameter_groups(network, recipe), lr=recipe.learning_rate, fused=fused
        )
        self.average = MovingAverage(network, recipe.ema_decay)
        learner = Learner(network, Preprocessing(recipe.size, recipe.size, antialias=recipe.antialias))
        self.learner, self.optimiser = self.engine.prepare(learner, self.raw_optimiser)
        # Buffers are alike, or each process's own (batch norms on a CPU): they need no meeting.
        self.learner.require_forward_param_sync = False

    def _check_same_place(self) -> None:
        """Refuse to start where the processes of several machines do not see the same checkpoint."""
        here = torch.tensor([self.position.step], device=self.engine.device)
        steps = sorted(set(self.engine.gather(here).tolist()))
        if len(steps) > 1:
            raise TrainingError(
                f"{self.job.checkpoint}: some processes see step {steps[0]}, others {steps[-1]}. "
                "--work must be a folder that all machines share."
            )

    def close(self) -> None:
        """Stop preparing batches and write what is left of the curves."""
        self.threads.shutdown(cancel_futures=True)
        if self.curves is not None:
            self.curves.close()

    def _order(self, step: int, drawn: int) -> Future[Batch]:
        size = input_size(self.recipe, progress(self.recipe, step, self.position.seconds))
        numbers = range(drawn, drawn + self.whole)[self.part]
        chosen = [(number, self.draws[number]) for number in numbers]
        return self.threads.submit(make_batch, self.pictures, chosen, size, self.recipe, self.job.seed)

    def run(self) -> None:
        """Take all steps; the first process reports, and writes a checkpoint now and then and at the end."""
        before = self.position.seconds
        started = saved = watched = time.monotonic()
        waiting = self._order(self.position.step, self.position.drawn)
        last = self.recipe.steps
        if self.job.stop_after_steps is not None:
            last = min(last, self.job.stop_after_steps)
        while self.position.step < last and progress(self.recipe, *self._clock()) < 1:
            step, drawn = self.position.step, self.position.drawn
            batch = waiting.result()
            waiting = self._order(step + 1, drawn + self.whole)
            now = time.monotonic()
            batch = Batch(*(part.to(self.engine.device, non_blocking=True) for part in batch))
            counts, seconds = self._agree(batch, before + now - started)
            rate = self._step(batch, step, counts)
            self.position = checkpoint.Position(step + 1, drawn + self.whole, seconds)
            ended = step + 1 == last or progress(self.recipe, *self._clock()) >= 1
            epoch = (drawn + self.whole) // len(self.pictures)
            full = epoch > drawn // len(self.pictures)
            line = ended or full
            if line or (step + 1) % CURVE_STEPS == 0:
                self._row(rate, batch.images.shape[-1])
            if self.curves is None:
                continue
            late = 60 * self.job.checkpoint_minutes
            if now - saved > late or ended:
                self._save()
                saved = now
            score = None
            if line and self.validation and (now - watched > late or ended):
                score, watched = self._validate(), now
            if line:
                self._line(epoch + (not full), rate, batch.images.shape[-1], score)
            self._show(line)

    def _clock(self) -> tuple[int, float]:
        return self.position.step, self.position.seconds

    def _agree(self, batch: Batch, seconds: float) -> tuple[torch.Tensor, float]:
        """Return the whole batch's counts of targets, and the first process's clock."""
        clock = torch.tensor([seconds if self.engine.is_main_process else 0.0], device=batch.images.device)
        numbers = self.engine.reduce(torch.cat([target_counts(batch), clock]), "sum")
        return numbers[:4], float(numbers[4])

    def _step(self, batch: Batch, step: int, counts: torch.Tensor) -> float:
        """Learn from one batch; return the learning rate."""
        recipe = self.recipe
        # Stochastic depth draws from torch: seeded by the step, alike in every process.
        torch.manual_seed(self.job.seed * SEED_STRIDE + step)
        factor = learning_rate_factor(recipe, step, progress(recipe, step, self.position.seconds))
        for group in self.raw_optimiser.param_groups:
            group["lr"] = group["base_lr"] * factor
        self.learner.train()
        # On a CPU the backward pass of flash attention costs a fifth of a step; plain attention far less.
        with sdpa_kernel([SDPBackend.MATH] if self.engine.device.type == "cpu" else list(GPU_ATTENTION)):
            parts = losses(self.learner(batch.images), batch)
            self.raw_optimiser.zero_grad(set_to_none=True)
            self.engine.backward(total(parts, counts, recipe, self.engine.num_processes))
        if recipe.clip:
            self.engine.clip_grad_norm_(self.learner.parameters(), recipe.clip)
        self.optimiser.step()
        self.average.update(self.network, step)
        self.sums[0] += torch.stack([part.detach() for part in parts])
        self.sums[1] += target_counts(batch)
        return recipe.learning_rate * factor

    def _save(self) -> None:
        where = self.job.checkpoint
        checkpoint.save(where, self.network, self.average, self.raw_optimiser, self.position, self.settings)

    def _row(self, rate: float, size: int) -> None:
        """Add up the processes' losses since the last row; the first process writes their means."""
        sums = self.engine.reduce(self.sums, "sum").cpu().numpy().astype(float)
        self.sums.zero_()
        self.epoch_sums += sums
        if self.curves is not None:
            mask, dice, image, kind = sums[0] / np.maximum(sums[1], 1)
            step, seconds = self._clock()
            self.curves.add(
                "stage1",
                step=step, seconds=seconds, size=size, mask=mask, dice=dice, image=image, kind=kind, lr=rate,
            )  # fmt: skip

    def _line(self, epoch: int, rate: float, size: int, score: float | None) -> None:
        """Report the epoch that has ended."""
        mask, dice, image, kind = self.epoch_sums[0] / np.maximum(self.epoch_sums[1], 1)
        self.epoch_sums[:] = 0
        step, seconds = self._clock()
        words = "" if score is None else f", validation Dice {score:.3f} of {len(self.validation)}"
        self.voice.report(
            f"stage 1: epoch {epoch}, step {step} of {self.recipe.steps}, {seconds:.0f} s, {size} px, "
            f"mask {mask:.4f}, dice {dice:.3f}, image {image:.3f}, kind {kind:.3f}, lr {rate:.1e}{words}"
        )
        if score is not None and self.curves is not None:
            self.curves.add("stage1_validation", step=step, dice=score)

    def _show(self, full: bool) -> None:
        """Move the epoch's progress bar."""
        count = len(self.pictures)
        epoch, done = divmod(self.position.drawn, count)
        self.voice.progress(count if full else done, count, f"stage 1, epoch {epoch + (not full)}")

    @torch.inference_mode()
    def _validate(self) -> float:
        """Return the mean Dice of the averaged weights over the validation pictures with a lesion."""
        kept = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average.state)
        # Not the wrapped one: the other processes take no part.
        learner: Callable[[torch.Tensor], Logits] = self.engine.unwrap_model(self.learner).eval()
        size, scores = self.recipe.size, []
        for start in range(0, len(self.validation), self.whole):
            part = self.validation[start : start + self.whole]
            views = [squeeze(p.pixels, size) for p in part]
            views = [v if v.ndim == 3 else np.repeat(v[..., None], 3, axis=2) for v in views]
            images = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).to(self.engine.device)
            found = (learner(images).mask_logits.float() > 0).cpu().numpy()[:, 0]
            for picture, mask in zip(part, found, strict=True):
                if picture.mask is not None and picture.mask.any():
                    truth = squeeze(picture.mask * 255, size) > 127
                    scores.append(2 * (truth & mask).sum() / (truth.sum() + mask.sum()))
        self.network.load_state_dict(kept)
        return float(np.mean(scores)) if scores else float("nan")
