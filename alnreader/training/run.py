"""A whole training run: data checked, both stages fitted, calibrated, evaluated, and written as a bundle."""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alnreader.case.errors import CannotWriteError
from alnreader.model.bundle import Bundle, write_bundle
from alnreader.model.card import CardContent
from alnreader.model.multitask import MultitaskNetwork
from alnreader.model.preprocess import Preprocessing
from alnreader.training import card_writing, seen, stage1, stage2
from alnreader.training.calibrate import (
    choose_k,
    choose_mask,
    feature_check,
    operating_points,
    platt,
    probabilities,
)
from alnreader.training.check import read_data
from alnreader.training.engine import (
    Machine,
    Precision,
    bf16_pays,
    first_of_launched,
    process_count,
    require_accelerate,
)
from alnreader.training.evaluation import output
from alnreader.training.evaluation.card_figures import measured_fields
from alnreader.training.evaluation.cohort import Entry, entries_of
from alnreader.training.evaluation.evaluate import evaluate
from alnreader.training.features import read_pictures
from alnreader.training.manifest import SPLITS, Record, Split, read_records
from alnreader.training.recipes import SMALL_DATA, Recipe
from alnreader.training.stage2 import evidence, patients_of

STATISTICS_PICTURES = 1500
"""So many training pictures that serve stage 1 alone are enough for mean and covariance of 256 features."""

GPU_SIZE = 384
"""From this input size on a CPU is told of: a step of the published recipe takes it half a minute."""


@dataclass(frozen=True)
class TrainingRun:
    """What `alnreader train` was asked to do.

    `data` are manifests or folders, `work` holds checkpoints and curves, `out` is the new bundle or None to
    fit stage 1 alone. `measure` says whether the new bundle is measured on the test pictures. `labels` says
    where the metastasis labels come from. `card_texts` is a JSON file with those fields of the card that no
    measurement gives. `commands` are what the user typed, for the card.
    """

    data: tuple[Path, ...]
    work: Path
    out: Path | None = None
    recipe: Recipe = field(default=SMALL_DATA)
    seed: int = 0
    device: str = "cpu"
    processes: int = 1
    threads: int = 1
    resume: bool = True
    replace: bool = False
    measure: bool = True
    init_from: Path | None = None
    labels: Literal["clinical", "simulated", "unknown"] = "unknown"
    card_texts: Path | None = None
    commands: tuple[str, ...] = ("alnreader train",)
    checkpoint_minutes: float = 5.0
    precision: Precision = "auto"
    similar: Literal["refuse", "tell"] = "tell"

    @property
    def machine(self) -> Machine:
        """What the run works on."""
        return Machine(self.device, self.processes, self.threads, self.precision)


def train(
    run: TrainingRun,
    report: Callable[[str], None],
    progress: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> Path | None:
    """Run it and return the bundle's folder, or None where only stage 1 was asked for.

    Of several processes that `accelerate launch` has started the first does everything but stage 1 alone.

    Raises
    ------
    TrainingDataError
        Before the first step, naming every file that is wrong.
    CannotWriteError
        If a checkpoint or the bundle cannot be written.
    """
    texts = card_writing.read_texts(run.card_texts)
    if run.out is not None and run.out.exists() and not run.replace:
        raise CannotWriteError(f"{run.out} exists already. Name another directory, or give --replace.")
    require_accelerate()
    device = run.machine.resolved()
    if not first_of_launched():
        stage1.train(read_records(run.data), run.recipe, _stage1(run))
        return None
    records = check_data(run, report, progress, both_stages=run.out is not None)
    report(_plan(run, device))
    network, seconds = stage1.train(records, run.recipe, _stage1(run), report, progress)
    report(f"stage 1: done in {seconds:.0f} s")
    if run.out is None:
        return None
    return _finish(run, records, network.to(device), seconds, texts, report, progress)


def check_data(
    run: TrainingRun,
    report: Callable[[str], None],
    progress: Callable[[int, int, str], None] = lambda done, total, words: None,
    *,
    both_stages: bool,
) -> list[Record]:
    """Return the run's pictures, each of which can be trained on, in stage 1 alone or in both stages.

    Raises
    ------
    TrainingDataError
        Naming everything that is wrong.
    """
    records = read_data(
        run.data,
        both_labels=both_stages,
        similar=run.similar,
        report=report,
        progress=lambda done, total: progress(done, total, "checking the data"),
        remember=run.work / "checked.json",
    )
    counts = ", ".join(f"{sum(r.split == s for r in records)} {s}" for s in SPLITS)
    report(f"data: {len(records)} pictures ({counts})")
    return records


def _stage1(run: TrainingRun) -> stage1.Stage1Run:
    return stage1.Stage1Run(
        run.work,
        seed=run.seed,
        device=run.device,
        init_from=run.init_from,
        resume=run.resume,
        checkpoint_minutes=run.checkpoint_minutes,
        processes=run.processes,
        threads=run.threads,
        precision=run.precision,
    )


def _plan(run: TrainingRun, device: str) -> str:
    """Say what is going to be done, and where it will take very long."""
    recipe = run.recipe
    half = bf16_pays(device) if run.precision == "auto" else run.precision == "bf16"
    count = process_count(run.processes)
    processes = f"{count} processes" if count > 1 else "one process"
    words = (
        f"recipe {recipe.name}: {recipe.backbone}, {recipe.size} px, {recipe.steps} steps of {recipe.batch} "
        f"pictures; {device}, {processes}, {'bfloat16' if half else 'float32'}"
    )
    if device == "cpu" and recipe.size >= GPU_SIZE:
        words += (
            f"\nstage 1: on a CPU a step at {recipe.size} px takes many seconds. "
            "--recipe small-data is made for one; give it, or a GPU."
        )
    return words


def _finish(
    run: TrainingRun,
    records: list[Record],
    network: MultitaskNetwork,
    seconds: float,
    texts: dict[str, Any],
    report: Callable[[str], None],
    progress: Callable[[int, int, str], None],
) -> Path:
    """Read all pictures with the frozen stage 1, fit stage 2, calibrate, evaluate and write."""
    started = time.monotonic()
    torch.set_num_threads(run.threads)
    # Rounded first, so that everything below is measured on the weights that are shipped.
    multitask = stored(network.state_dict())
    network.load_state_dict({name: value.float() for name, value in multitask.items()})
    preprocessing = Preprocessing(
        run.recipe.size,
        run.recipe.size,
        antialias=run.recipe.antialias,
        scales=run.recipe.scales,
        mirrored=run.recipe.mirrored,
    )
    readings = read_pictures(
        network,
        preprocessing,
        _worth_reading(records),
        seed=run.seed,
        device=run.machine.resolved(),
        workers=run.processes,
        mixture=lambda record: run.recipe.mask_mixture and _teaches_stage2(record),
        keep_maps=lambda record: record.split == "val" and record.label is not None,
    )
    report(f"features: {len(readings)} pictures in {time.monotonic() - started:.0f} s")
    of_split = {split: [r for r in readings if r.record.split == split] for split in SPLITS}
    patients = {split: patients_of(of_split[split], split) for split in SPLITS}
    multi = stage2.train(
        patients["train"],
        patients["val"],
        run.recipe,
        run.seed,
        report,
        progress,
        run.work,
        run.checkpoint_minutes,
        resume=run.resume,
    )
    multi_instance = stored(multi.state_dict())
    multi.load_state_dict({name: value.float() for name, value in multi_instance.items()})

    # Without validation data the training data must do; the card says so where the figures stand.
    split: Split = "val" if patients["val"] else "train"
    # These words stand on reports of real patients: nobody may take a simulated patient for one.
    kind = "simulated " if run.labels == "simulated" else ""
    chosen_on = f"{kind}{'validation' if split == 'val' else 'training'} patients"
    labels = np.array([patient.label for patient in patients[split]]) > 0
    values = evidence(multi, [patient.bag for patient in patients[split]])
    calibration = platt(values, labels)
    points, default = operating_points(probabilities(values, calibration), labels, chosen_on)
    mask = choose_mask(of_split["val"] or of_split["train"])
    mask = choose_k(multi, patients["val"], mask, calibration)
    check = feature_check(of_split["train"], of_split["val"])
    arrays: dict[str, NDArray[np.floating]] = {**check.arrays, seen.ARRAY: seen.digests(records)}
    empty = evidence(multi, [torch.zeros(0, multi.config.embedding)])
    card = card_writing.compose(
        texts=texts,
        name=run.out.name if run.out else "",
        records=records,
        labels=run.labels,
        multitask=network.config,
        multi_instance=multi.config,
        preprocessing=preprocessing,
        points=points,
        default_point=default,
        calibration=calibration,
        mask=mask,
        check=check,
        empty_bag_probability=float(probabilities(empty, calibration)[0]),
        metrics=[],
        commands=run.commands,
        seed=run.seed,
        seconds=seconds + time.monotonic() - started,
    )
    assert run.out is not None
    tests = entries_of([r for r in records if r.split == "test"], run.data)
    if tests and run.measure:
        with tempfile.TemporaryDirectory(dir=run.work) as folder:
            draft = write_bundle(Path(folder) / run.out.name, card, multitask, multi_instance, arrays)
            card = _measured(run, draft, tests, card, report)
    bundle = write_bundle(run.out, card, multitask, multi_instance, arrays, replace=run.replace)
    report(f"bundle: {bundle.directory}")
    return bundle.directory


def _measured(
    run: TrainingRun,
    draft: Bundle,
    tests: list[Entry],
    card: CardContent,
    report: Callable[[str], None],
) -> CardContent:
    """Measure the bundle as it lies on the disk; return its card with the figures."""
    names = [str(path) for path in run.data]
    evaluation = evaluate(
        draft,
        tests,
        device=run.machine.resolved(),
        data=names,
        labels=run.labels,
        workers=max(run.processes, run.threads),
    )
    report(output.text(evaluation))
    output.write(evaluation, run.work / "evaluation")
    report(f"evaluation: {run.work / 'evaluation'}")
    command = ["alnreader", "evaluate", str(run.out), "--data", *names, "--labels", run.labels]
    fields = measured_fields(evaluation, shlex.join(command))
    return {**card, **fields}


def _teaches_stage2(record: Record) -> bool:
    return record.split == "train" and record.label is not None and "2" in record.stages


def _worth_reading(records: list[Record]) -> list[Record]:
    """Leave out the test, and most training pictures that serve nothing but the features' mean and spread."""
    needed = [r for r in records if r.split == "val" or _teaches_stage2(r)]
    others = [r for r in records if r.split == "train" and not _teaches_stage2(r)]
    step = max(1, len(others) // STATISTICS_PICTURES)
    return needed + others[::step]


def stored(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights as they are shipped: matrices as float16, vectors and the position code as float32.

    Norms and biases are few and sensitive; the position code's matrix is multiplied by large phases.
    """
    return {
        name: value.half() if value.ndim > 1 and not name.endswith("position.gaussian") else value.float()
        for name, value in state.items()
    }
