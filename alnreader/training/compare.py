"""`alnreader compare`: the paper's comparison of encoders behind one decoder, by one command."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alnreader.case.errors import CannotWriteError, ExitCode, TrainingDataError
from alnreader.training.command import BACKBONES, add_common_arguments, recipe_of, run_of, usage_fault
from alnreader.training.console import Console

if TYPE_CHECKING:
    from alnreader.model.bundle import Bundle
    from alnreader.training.run import TrainingRun

SCHEMA: Final = "alnreader.comparison/1"
TABLE, RESULT = "comparison.csv", "comparison.json"
TIMED_PASSES: Final = 5

SHOWN: Final = (
    "AUC",
    "sensitivity",
    "specificity",
    "Brier score",
    "ECE",
    "Dice",
    "lesions found (IoU > 0.25)",
    "normal pictures with a false proposal",
    "kind right",
)
"""Figures that are printed; the files have them all."""

_COLUMNS: Final = ("backbone", "dataset", "name", "value", "low", "high", "n", "method")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `alnreader compare` to a parser."""
    parser.add_argument(
        "--backbones",
        nargs="+",
        choices=BACKBONES,
        default=list(BACKBONES),
        metavar="NAME",
        help=f"encoders to compare (default: {' '.join(BACKBONES)})",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help=f"a bundle for each encoder, {TABLE} and {RESULT}",
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="checkpoints and curves, a folder for each encoder; a stopped comparison goes on from here "
        "(default: OUT/work)",
    )
    add_common_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Run `alnreader compare` and return the exit code."""
    fault = usage_fault(options)
    if fault is None and options.backbone is not None:
        fault = "name the encoders with --backbones."
    if fault is not None:
        sys.stderr.write(f"alnreader compare: {fault}\n")
        return ExitCode.USAGE
    recipe, work = recipe_of(options), options.work or options.out / "work"
    runs = {
        name: run_of(options, replace(recipe, backbone=name), work / name, options.out / name)
        for name in dict.fromkeys(options.backbones)
    }
    console = Console()
    try:
        entries = compare(runs, options.out, console.report, console.progress)
    finally:
        console.close()
    if entries:
        sys.stdout.write(table(entries) + f"\nWritten: {options.out / TABLE}, {options.out / RESULT}\n")
    return ExitCode.OK


def compare(
    runs: dict[str, TrainingRun],
    out: Path,
    report: Callable[[str], None],
    progress: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> list[dict[str, Any]]:
    """Train a bundle for each encoder, alike in everything else, and put their figures side by side.

    What was finished before with the same settings and data is taken as it is.

    Parameters
    ----------
    runs : dict of str to TrainingRun
        By the encoder's name; each with a work folder and a bundle of its own.
    out : Path
        Where the result is written, after every encoder.
    report, progress : callable
        As for `alnreader.training.run.train`.

    Returns
    -------
    list of dict
        ``backbone``, ``parameters`` (of both stages), ``milliseconds`` (stage 1, one picture, CPU),
        ``settings``, ``bundle`` (SHA-256) and ``metrics`` as in the card. Empty in a process that only
        helps the first one.

    Raises
    ------
    TrainingDataError
        If `out` holds a comparison with other settings, or as in training.
    """
    from alnreader.training.engine import first_of_launched
    from alnreader.training.run import train

    before = _before(out / RESULT)
    data = _data_hash(next(iter(runs.values()))) if runs else ""
    settings = {name: _settings(job, data) for name, job in runs.items()}
    for name in runs:
        there = before.get(name)
        # A comparison of an older version noted no hash of the data.
        if there is not None and {"content": data, **there["settings"]} != settings[name]:
            raise TrainingDataError(
                f"{out / RESULT}: {name} was trained with other settings or data. Name another --out."
            )
    entries: list[dict[str, Any]] = []
    for name, job in runs.items():
        report(f"comparison: {name}, {len(entries) + 1} of {len(runs)}")
        bundle = _finished(job.out, before.get(name))
        if bundle is None:
            # A bundle in its place is this comparison's own only if its work folder is there, too: it was
            # stopped before the bundle was noted.
            train(replace(job, replace=job.work.is_dir()), report, progress)
            if not first_of_launched():
                continue
            bundle = _loaded(job.out)
        else:
            report(f"comparison: {name} is taken from {job.out}")
        entries.append({**_entry(name, bundle), "settings": settings[name]})
        # What was noted before stays noted until its turn comes.
        _write(out, [*entries, *(old for other, old in before.items() if other not in _names(entries))])
    return entries


def _names(entries: Sequence[dict[str, Any]]) -> set[str]:
    return {entry["backbone"] for entry in entries}


def _loaded(path: Path | None) -> Bundle:
    from alnreader.model.bundle import Bundle

    assert path is not None
    return Bundle.load(path)


def _finished(path: Path | None, entry: dict[str, Any] | None) -> Bundle | None:
    """Return the bundle that an earlier comparison noted, if it still lies there unchanged."""
    if entry is None or path is None or not path.is_dir():
        return None
    bundle = _loaded(path)
    return bundle if bundle.sha256 == entry["bundle"] else None


def _data_hash(job: TrainingRun) -> str:
    from alnreader.training.manifest import read_records
    from alnreader.training.pictures import content_hash

    return content_hash(read_records(job.data))


def _settings(job: TrainingRun, content: str) -> dict[str, Any]:
    """Return what makes two runs comparable, as JSON brings it back."""
    values = {
        "recipe": job.recipe.as_dict(),
        "seed": job.seed,
        "data": [str(path) for path in job.data],
        "labels": job.labels,
        "content": content,
    }
    return dict(json.loads(json.dumps(values)))


def _before(path: Path) -> dict[str, dict[str, Any]]:
    """Return the entries of an earlier comparison by encoder."""
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["schema"] == SCHEMA:
            return {entry["backbone"]: entry for entry in value["backbones"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingDataError(
            f"{path}: cannot be read as a comparison ({error}). Name another --out."
        ) from error
    raise TrainingDataError(f"{path}: no comparison of this program. Name another --out.")


def _entry(name: str, bundle: Bundle) -> dict[str, Any]:
    import torch

    stage_1, stage_2 = bundle.multitask(), bundle.multi_instance()
    preprocessing = bundle.preprocessing
    picture = torch.zeros(1, 3, preprocessing.height, preprocessing.width)
    times = []
    with torch.inference_mode():
        for _ in range(TIMED_PASSES):
            started = time.perf_counter()
            stage_1.encode(picture)
            times.append(time.perf_counter() - started)
    return {
        "backbone": name,
        "parameters": sum(p.numel() for network in (stage_1, stage_2) for p in network.parameters()),
        "milliseconds": round(1000 * sorted(times)[TIMED_PASSES // 2], 1),
        "bundle": bundle.sha256,
        "metrics": list(bundle.card["metrics"]),
    }


def _write(out: Path, entries: Sequence[dict[str, Any]]) -> None:
    """Write both files whole or not at all."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for entry in entries:
        for metric in entry["metrics"]:
            writer.writerow([entry["backbone"], *(metric[column] for column in _COLUMNS[1:])])
    value = {"schema": SCHEMA, "backbones": entries}
    result = json.dumps(value, indent=1, ensure_ascii=False)
    for name, content in ((TABLE, text.getvalue()), (RESULT, result)):
        fresh = out / f".{name}.part"
        try:
            out.mkdir(parents=True, exist_ok=True)
            fresh.write_text(content, encoding="utf-8", newline="")
            fresh.replace(out / name)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise CannotWriteError(f"{out / name} cannot be written ({error}).") from error


def table(entries: Sequence[dict[str, Any]]) -> str:
    """Return the figures that are compared as text, one encoder a column."""
    names = [entry["backbone"] for entry in entries]
    rows = [
        ["", *names],
        ["parameters, millions", *(f"{entry['parameters'] / 1e6:.1f}" for entry in entries)],
        ["one picture on this CPU, ms", *(f"{entry['milliseconds']:.0f}" for entry in entries)],
    ]
    found = [{(m["dataset"], m["name"]): m for m in entry["metrics"]} for entry in entries]
    keys = dict.fromkeys(key for metrics in found for key in metrics if key[1] in SHOWN)
    for key in sorted(keys, key=lambda key: (SHOWN.index(key[1]), key[0])):
        rows.append([f"{key[1]}, {key[0]}", *(_shown(metrics.get(key)) for metrics in found)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(names) + 1)]
    lines = []
    for first, *cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *padded]))
    return "\n".join(lines)


def _shown(metric: dict[str, Any] | None) -> str:
    if metric is None:
        return "-"
    if metric["low"] is None or metric["high"] is None:
        return f"{metric['value']:.3f}"
    return f"{metric['value']:.3f} ({metric['low']:.3f}-{metric['high']:.3f})"
