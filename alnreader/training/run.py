"""A whole training run: data checked, both stages fitted, calibrated, evaluated, and written as a bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alnreader.training import stage1
from alnreader.training.manifest import read_data
from alnreader.training.recipes import SMALL_DATA, Recipe


@dataclass(frozen=True)
class TrainingRun:
    """What `alnreader train` was asked to do.

    `data` are manifests or folders, `work` holds checkpoints and curves, `out` is the new bundle or None to
    fit stage 1 alone. `labels` says where the metastasis labels come from. `card_texts` is a JSON file with
    those fields of the card that no measurement gives. `command` is what the user typed, for the card.
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
    init_from: Path | None = None
    labels: Literal["clinical", "simulated", "unknown"] = "unknown"
    card_texts: Path | None = None
    command: str = "alnreader train"
    checkpoint_minutes: float = 5.0


def train(run: TrainingRun, report: Callable[[str], None]) -> Path | None:
    """Run it and return the bundle's folder, or None where only stage 1 was asked for.

    Raises
    ------
    TrainingDataError
        Before the first step, naming every file that is wrong.
    CannotWriteError
        If a checkpoint or the bundle cannot be written.
    """
    records = read_data(run.data)
    counts = ", ".join(f"{sum(r.split == s for r in records)} {s}" for s in ("train", "val", "test"))
    report(f"data: {len(records)} pictures ({counts})")
    _network, seconds = stage1.train(
        records,
        run.recipe,
        stage1.Stage1Run(
            run.work,
            seed=run.seed,
            device=run.device,
            init_from=run.init_from,
            resume=run.resume,
            checkpoint_minutes=run.checkpoint_minutes,
            processes=run.processes,
            threads=run.threads,
        ),
        report,
    )
    report(f"stage 1: done in {seconds:.0f} s")
    return None
