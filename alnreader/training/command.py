"""`alnreader train`: the command's options. torch is imported only when it runs."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from alnreader.case.errors import ExitCode
from alnreader.training.recipes import RECIPES, changed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `alnreader train` to a parser."""
    parser.add_argument(
        "data",
        nargs="+",
        type=Path,
        metavar="DATA",
        help="CSV manifest (patient, split, label, image, kind, mask) or a folder images|labels/SPLIT/"
        "N|Y/PATIENT/T|L; several are taken together",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="the new bundle (not needed for --stage 1)")
    parser.add_argument(
        "--work",
        type=Path,
        required=True,
        metavar="DIR",
        help="checkpoints and curves; a run goes on from here",
    )
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="small-data", help="default: small-data")
    parser.add_argument("--stage", choices=["1", "all"], default="all", help="1: only the image network")
    parser.add_argument("--fresh", action="store_true", help="do not go on from a checkpoint in --work")
    parser.add_argument(
        "--replace", action="store_true", help="put the new bundle in the place of an old one"
    )
    parser.add_argument("--init-from", type=Path, metavar="FILE", help="start from a checkpoint's weights")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 ... (default: cpu)")
    parser.add_argument("--processes", type=int, default=1, help="processes that share each batch (CPU)")
    parser.add_argument(
        "--threads", type=int, default=None, help="threads of each process (default: all cores)"
    )
    parser.add_argument(
        "--labels",
        choices=["clinical", "simulated", "unknown"],
        default="unknown",
        help="where the metastasis labels come from; all but clinical make a demonstration",
    )
    parser.add_argument(
        "--card",
        type=Path,
        metavar="JSON",
        help="texts of the card (name, title, sources, earlier_commands ...)",
    )
    settings = parser.add_argument_group("changes to the recipe")
    settings.add_argument("--backbone", choices=["mit_b0", "mit_b1", "mit_b2"])
    settings.add_argument("--augmentation", choices=["published", "ultrasound"])
    for name, kind, text in (
        ("--size", int, "input height and width in pixels"),
        ("--early-size", int, "input size in the first part of stage 1"),
        ("--early-share", float, "how much of stage 1 the early size is used for, 0..1"),
        ("--batch", int, "pictures a step of stage 1"),
        ("--steps", int, "steps of stage 1"),
        ("--minutes", float, "wall-clock budget of stage 1; the schedule ends with it"),
        ("--learning-rate", float, "of stage 1's backbone"),
        ("--warmup-steps", int, "of stage 1"),
        ("--ema-decay", float, "of the moving average of the weights"),
        ("--bag-epochs", int, "epochs of stage 2"),
    ):
        settings.add_argument(name, type=kind, metavar="N", help=text)


def run(options: argparse.Namespace) -> int:
    """Run `alnreader train` and return the exit code."""
    recipe = changed(
        RECIPES[options.recipe],
        **{
            name: getattr(options, name)
            for name in (
                "backbone", "size", "early_size", "early_share", "batch", "steps", "minutes", "learning_rate",
                "warmup_steps", "ema_decay", "bag_epochs", "augmentation",
            )
        },
    )  # fmt: skip
    if options.stage == "all" and options.out is None:
        sys.stderr.write("alnreader train: --out is needed, or --stage 1.\n")
        return ExitCode.USAGE
    from alnreader.training.run import TrainingRun, train

    threads = options.threads or max(1, (os.cpu_count() or 1) // options.processes)
    train(
        TrainingRun(
            data=tuple(options.data),
            work=options.work,
            out=options.out if options.stage == "all" else None,
            recipe=recipe,
            seed=options.seed,
            device=options.device,
            processes=options.processes,
            threads=threads,
            resume=not options.fresh,
            replace=options.replace,
            init_from=options.init_from,
            labels=options.labels,
            card_texts=options.card,
            commands=(shlex.join(["alnreader", *sys.argv[1:]]),),
        ),
        _tell,
    )
    return ExitCode.OK


def _tell(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
