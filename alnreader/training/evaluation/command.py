"""`alnreader evaluate` and `alnreader model-card`: their options. torch is imported only when they run."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case.errors import ExitCode, WrongUseError
from alnreader.training.manifest import SPLITS

if TYPE_CHECKING:
    from alnreader.training.evaluation.evaluate import Evaluation

MOST_WORKERS = 8


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `alnreader evaluate` and `alnreader model-card`."""
    evaluate = commands.add_parser("evaluate", help="measure a bundle on a cohort: JSON, PDF and figures")
    add_arguments(evaluate)
    evaluate.set_defaults(run=run)
    page = commands.add_parser("model-card", help="write a bundle's card as a page for people")
    add_page_arguments(page)
    page.set_defaults(run=run_page)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `alnreader evaluate` to a parser."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder of the model")
    parser.add_argument(
        "--data",
        nargs="+",
        type=Path,
        required=True,
        metavar="DATA",
        help="CSV manifest (patient, split, label, image, kind, mask; source; mm_per_pixel or mm_x and mm_y; "
        "any further column makes subgroups) or a folder images|labels/SPLIT/N|Y/PATIENT/T|L; several are "
        "taken together",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write JSON, PDF, figures and tables here (without it the table is only printed)",
    )
    parser.add_argument(
        "--split", nargs="+", choices=SPLITS, default=["test"], metavar="SPLIT", help="default: test"
    )
    parser.add_argument(
        "--labels",
        choices=["clinical", "simulated", "unknown"],
        default="unknown",
        help="where the data's metastasis labels come from; rows of simulated ones say so",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        nargs="+",
        default=[],
        metavar="P",
        help="further operating points, from 0 to 1",
    )
    parser.add_argument(
        "--blank-marks", action="store_true", help="read once more with calipers and captions blanked"
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="only the first N patients of each source and split"
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:1, mps or xpu (default: auto)"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="patients read side by side (default: cores)"
    )
    card = parser.add_mutually_exclusive_group()
    card.add_argument(
        "--compare-card",
        action="store_true",
        help="say of each figure of the card whether it equals the measured one; exit code 1 if one does "
        "not, or if only one of the two has it",
    )
    card.add_argument(
        "--write-card", action="store_true", help="put the measured figures into the bundle's card"
    )


def run(options: argparse.Namespace) -> int:
    """Run `alnreader evaluate` and return the exit code."""
    _check(options)
    from alnreader.model.bundle import Bundle

    bundle = Bundle.load(options.bundle)
    if options.compare_card:
        from alnreader.training.evaluation.card_comparison import says_blanked

        options.blank_marks = options.blank_marks or says_blanked(bundle.card)
    if options.out is not None:
        from alnreader.case.atomic import check_writable

        check_writable([], [options.out])
    from alnreader.training.evaluation.cohort import read_cohort

    entries = read_cohort(options.data, options.split, options.limit, report=_tell)
    import torch

    from alnreader.training.evaluation.evaluate import evaluate

    workers = options.workers or min(os.cpu_count() or 1, MOST_WORKERS)
    # Patients side by side on one thread each: most of the work beside the network is on one thread anyway.
    torch.set_num_threads(1)
    with _Bar(len(entries) * (2 if options.blank_marks else 1)) as bar:
        evaluation = evaluate(
            bundle,
            entries,
            device=options.device,
            data=[str(path) for path in options.data],
            limit=options.limit,
            thresholds=options.threshold,
            labels=options.labels,
            blank_marks=options.blank_marks,
            workers=workers,
            progress=bar,
        )
    return _finish(options, evaluation)


def _check(options: argparse.Namespace) -> None:
    if options.limit is not None and options.limit < 1:
        raise WrongUseError(f"--limit is a number of patients from 1 up, not {options.limit}.")
    if options.workers is not None and options.workers < 1:
        raise WrongUseError(f"--workers is a number from 1 up, not {options.workers}.")
    for value in options.threshold:
        if not 0 <= value <= 1:
            raise WrongUseError(f"--threshold is a probability from 0 to 1, not {value}.")
    if options.limit is not None and (options.compare_card or options.write_card):
        raise WrongUseError("A card's figures are of all patients: leave --limit away.")
    if "test" not in options.split and (options.compare_card or options.write_card):
        raise WrongUseError("A card's figures are of the split test: name it with --split.")


def _finish(options: argparse.Namespace, evaluation: Evaluation) -> int:
    from alnreader.training.evaluation import card_figures, output

    sys.stdout.write(output.text(evaluation) + "\n")
    if options.out is not None:
        output.write(evaluation, options.out)
        sys.stdout.write(f"Written: {options.out / output.PDF_FILE} and {output.JSON_FILE} beside it\n")
    if options.write_card:
        bundle = card_figures.write_card(evaluation, shlex.join(["alnreader", *sys.argv[1:]]))
        sys.stdout.write(f"Written: {bundle.directory / 'card.json'} ({bundle.sha256[:12]})\n")
    if options.compare_card:
        from alnreader.training.evaluation.card_comparison import compare

        comparisons = compare(evaluation)
        sys.stdout.write("".join(f"{one.sentence()}\n" for one in comparisons))
        wrong = sum(not one.equal for one in comparisons)
        sys.stdout.write(f"{len(comparisons) - wrong} of {len(comparisons)} figures are equal\n")
        if "val" not in options.split:
            sys.stdout.write("The operating points were chosen on validation patients: --split val test\n")
        return ExitCode.INTERNAL if wrong or not comparisons else ExitCode.OK
    return ExitCode.OK


def add_page_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `alnreader model-card` to a parser."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder of the model")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the page, Markdown")
    parser.add_argument(
        "--examples",
        type=Path,
        metavar="DIR",
        help="folder with the pictures that the card names, as 'alnreader evaluate' writes it; they are "
        "copied into a folder beside the page that has its name",
    )


def run_page(options: argparse.Namespace) -> int:
    """Run `alnreader model-card` and return the exit code."""
    from alnreader.training.evaluation.card_page import write_page

    for path in write_page(options.bundle, options.out, options.examples):
        sys.stdout.write(f"Written: {path}\n")
    return ExitCode.OK


def _tell(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


class _Bar:
    """A progress bar on the standard error stream; where that is no terminal, a line now and then."""

    LINES = 10

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(desc="Reading", total=total, unit="picture", disable=None, leave=False)
        self._told = 0

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, done: int, total: int) -> None:
        if not self._bar.disable:
            self._bar.update(done - self._bar.n)
        elif done * self.LINES // total > self._told:
            self._told = done * self.LINES // total
            _tell(f"read {done} of {total} pictures")
