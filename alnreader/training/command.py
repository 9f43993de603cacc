"""`alnreader train`: the command's options. torch is imported only when it runs."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alnreader.case.errors import ExitCode
from alnreader.training.console import Console
from alnreader.training.recipes import RECIPES, Recipe, changed

if TYPE_CHECKING:
    from alnreader.training.run import TrainingRun

DEFAULT_RECIPE: Final = "published"

BACKBONES: Final = ("mit_b0", "mit_b1", "mit_b2", "resnet50", "swin_t", "efficientnet_lite0")
"""Names of `alnreader.model.backbone.BACKBONES`, here without torch."""

_CHOICES: Final = {
    "backbone": BACKBONES,
    "decay": ("poly", "cosine", "late"),
    "augmentation": ("published", "ultrasound"),
}

_WORDS: Final = {
    "backbone": "encoder",
    "size": "input height and width in pixels",
    "scales": "sizes at which a picture is read and averaged, as factors of the input's",
    "mirrored": "read each of them mirrored, too",
    "early_size": "input size in the first part of stage 1",
    "early_share": "how much of stage 1 the early size is used for, 0..1",
    "batch": "pictures a step of stage 1",
    "steps": "steps of stage 1",
    "minutes": "wall-clock budget of stage 1; the schedule ends with it, or with the steps",
    "learning_rate": "of stage 1's encoder",
    "head_factor": "the rest of stage 1 learns so many times as fast",
    "weight_decay": "of stage 1",
    "warmup_steps": "of stage 1",
    "decay": "how the learning rate of stage 1 falls",
    "late_share": "in what last part of stage 1 it falls, if late, 0..1",
    "clip": "largest norm of stage 1's gradient, 0: none",
    "dice_weight": "weight of the overlap loss",
    "image_weight": "weight of the metastasis loss of single pictures",
    "kind_weight": "weight of the kind loss",
    "ema_decay": "of the moving average of the weights, 0: none",
    "augmentation": "how pictures are varied",
    "bags": "patients a step of stage 2",
    "bag_epochs": "epochs of stage 2",
    "bag_learning_rate": "of stage 2",
    "bag_weight_decay": "of stage 2",
    "bag_warmup_steps": "of stage 2",
    "bag_depth": "layers of stage 2",
    "empty_bag_share": "how often stage 2 sees a patient without pictures, 0..1",
}
"""The settings of a recipe that the command line offers, and what they are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `alnreader train` to a parser."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="the new bundle (not needed for --stage 1)")
    parser.add_argument(
        "--work",
        type=Path,
        required=True,
        metavar="DIR",
        help="checkpoints and curves; a run goes on from here",
    )
    parser.add_argument("--stage", choices=["1", "all"], default="all", help="1: only the image network")
    parser.add_argument(
        "--replace", action="store_true", help="put the new bundle in the place of an old one"
    )
    parser.add_argument(
        "--init-from",
        type=Path,
        metavar="FILE",
        help="start from a checkpoint's weights, or the encoder from ImageNet weights (docs/training.md)",
    )
    parser.add_argument(
        "--check-only", action="store_true", help="look at the data, say what is wrong with it, and stop"
    )
    add_common_arguments(parser)


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every command that trains is told: data, machine, recipe."""
    parser.add_argument(
        "data",
        nargs="+",
        type=Path,
        metavar="DATA",
        help="CSV manifest (patient, split, label, image, kind, mask) or a folder images|labels/SPLIT/"
        "N|Y/PATIENT/T|L; several are taken together (docs/training.md)",
    )
    parser.add_argument(
        "--recipe",
        choices=sorted(RECIPES),
        default=DEFAULT_RECIPE,
        help=f"published: the paper's schedule, for a GPU; small-data: for few pictures and a CPU "
        f"(default: {DEFAULT_RECIPE})",
    )
    parser.add_argument("--fresh", action="store_true", help="do not go on from a checkpoint in --work")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (default: 0)")
    parser.add_argument(
        "--accept-similar",
        action="store_true",
        help="go on where nearly the same picture is in two splits, and only say so",
    )
    parser.add_argument(
        "--labels",
        choices=["clinical", "simulated", "unknown"],
        default="unknown",
        help="where the metastasis labels come from; all but clinical make a demonstration "
        "(default: unknown)",
    )
    parser.add_argument(
        "--card",
        type=Path,
        metavar="JSON",
        help="texts of the card (name, title, sources, earlier_commands ...)",
    )
    machine = parser.add_argument_group("machine")
    machine.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps, xpu (default: auto)")
    machine.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="processes that share each batch: as many as GPUs, or as CPU cores (default: 1)",
    )
    machine.add_argument(
        "--threads", type=int, metavar="N", help="threads of each process (default: all cores, shared out)"
    )
    machine.add_argument(
        "--precision",
        choices=["auto", "bf16", "fp32"],
        default="auto",
        help="auto: bfloat16 where the machine has it (default: auto)",
    )
    machine.add_argument(
        "--checkpoint-minutes",
        type=float,
        default=5.0,
        metavar="N",
        help="what a killed run loses at most (default: 5)",
    )
    settings = parser.add_argument_group(
        "changes to the recipe", "in brackets what the published and the small-data recipe have"
    )
    kinds = {field.name: field.type for field in fields(Recipe)}
    for name, words in _WORDS.items():
        values = " | ".join(_shown(getattr(RECIPES[recipe], name)) for recipe in ("published", "small-data"))
        about: dict[str, Any] = {"help": f"{words} [{values}]"}
        if name in _CHOICES:
            about["choices"] = _CHOICES[name]
        elif name == "scales":
            about |= {"type": float, "nargs": "+", "metavar": "N"}
        elif kinds[name] == "bool":
            about["action"] = argparse.BooleanOptionalAction
        else:
            about |= {"type": int if kinds[name] == "int" else float, "metavar": "N"}
        settings.add_argument("--" + name.replace("_", "-"), **about)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return " ".join(_shown(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return the recipe that was asked for, with its changes."""
    choices = {name: getattr(options, name) for name in _WORDS}
    if choices["scales"] is not None:
        choices["scales"] = tuple(choices["scales"])
    return changed(RECIPES[options.recipe], **choices)


def usage_fault(options: argparse.Namespace) -> str | None:
    """Return what is wrong with the options that say what to work on, or None."""
    from alnreader.training.engine import launched

    if options.processes is not None and options.processes < 1:
        return f"--processes must be at least 1, not {options.processes}."
    if options.threads is not None and options.threads < 1:
        return f"--threads must be at least 1, not {options.threads}."
    if options.processes is not None and launched():
        return "accelerate launch has started the processes; leave --processes out."
    if options.checkpoint_minutes < 0:
        return f"--checkpoint-minutes must not be below 0, but is {options.checkpoint_minutes:g}."
    return None


def run_of(options: argparse.Namespace, recipe: Recipe, work: Path, out: Path | None) -> TrainingRun:
    """Return the run that the common options describe."""
    from alnreader.training.run import TrainingRun

    processes = options.processes or 1
    beside = int(os.environ.get("LOCAL_WORLD_SIZE", processes))
    return TrainingRun(
        data=tuple(options.data),
        work=work,
        out=out,
        recipe=recipe,
        seed=options.seed,
        device=options.device,
        processes=processes,
        threads=options.threads or max(1, (os.cpu_count() or 1) // beside),
        resume=not options.fresh,
        labels=options.labels,
        card_texts=options.card,
        commands=(shlex.join(["alnreader", *sys.argv[1:]]),),
        checkpoint_minutes=options.checkpoint_minutes,
        precision=options.precision,
        similar="tell" if options.accept_similar else "refuse",
    )


def run(options: argparse.Namespace) -> int:
    """Run `alnreader train` and return the exit code."""
    from dataclasses import replace

    recipe = recipe_of(options)
    fault = usage_fault(options)
    if fault is None and options.stage == "all" and options.out is None and not options.check_only:
        fault = "--out is needed, or --stage 1."
    if fault is not None:
        sys.stderr.write(f"alnreader train: {fault}\n")
        return ExitCode.USAGE
    from alnreader.training.run import check_data, train

    job = run_of(options, recipe, options.work, options.out if options.stage == "all" else None)
    job = replace(job, replace=options.replace, init_from=options.init_from)
    console = Console()
    try:
        if options.check_only:
            check_data(job, console.report, console.progress, both_stages=options.stage == "all")
        else:
            train(job, console.report, console.progress)
    finally:
        console.close()
    return ExitCode.OK
