"""``alnreader export``: readings as DICOM objects, from folders of pictures or from kept cases."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case.case import Reading
from alnreader.case.errors import ExitCode, UnreadableInputError
from alnreader.case.progress import Progress
from alnreader.case.protocol import ReadingState
from alnreader.report.objects import Choices, WrittenObjects, check_folder, write_objects
from alnreader.report.output import patient_folder

if TYPE_CHECKING:
    from alnreader.inference.engine import Engine

Read = Callable[[Sequence[Path]], tuple[list[Reading], list[str]]]
"""Reads folders and files as ``alnreader read`` does: the readings, and what could not be read."""

Bar = Callable[[str, str], AbstractContextManager[Progress]]
"""Makes a progress bar with a title and a unit."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments; those of the model are the program's."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        type=Path,
        help="folder, DICOMDIR, zip, DICOM file or picture, which is read first; or a case file (.alncase)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new or empty folder")
    group = parser.add_argument_group("objects (all of them if none is named)")
    group.add_argument("--sr", action="store_true", help="structured report, with the outlines it refers to")
    group.add_argument("--seg", action="store_true", help="outlines as segmentations")
    group.add_argument("--sc", action="store_true", help="pictures with outlines and with heat maps")
    group.add_argument("--pdf", action="store_true", help="the report as encapsulated PDF")


def choices_of(options: argparse.Namespace) -> Choices:
    """Return what was asked for: everything where nothing was."""
    named = (options.sr, options.seg, options.sc, options.pdf)
    return Choices(*named) if any(named) else Choices()


def run(
    options: argparse.Namespace,
    read: Read,
    open_engine: Callable[[], Engine],
    bar: Bar,
    say: Callable[[str], None],
    warn: Callable[[str], None],
) -> int:
    """Export, and return the exit code.

    Parameters
    ----------
    options
        With `add_arguments`.
    read, open_engine, bar
        The program's own.
    say, warn
        Take a line for standard output, and for standard error.
    """
    choices = choices_of(options)
    check_folder(options.out)
    cases = [path for path in options.paths if is_case_file(path)]
    folders = [path for path in options.paths if path not in cases]
    readings, failures = read(folders) if folders else ([], [])
    readings += [_kept(path, choices, open_engine, bar, warn) for path in cases]
    if not readings:
        raise UnreadableInputError("\n".join(failures))
    for number, reading in enumerate(readings, start=1):
        name = patient_folder(number, reading.case.patient.patient_id)
        folder = options.out if len(readings) == 1 else options.out / name
        with bar(f"Writing patient {number} of {len(readings)}", "step") as progress:
            _tell(reading, write_objects(reading, choices, folder, progress), folder, say)
    for failure in failures:
        warn(f"alnreader: {failure}")
    return ExitCode.PARTIAL if failures else ExitCode.OK


def is_case_file(path: Path) -> bool:
    """Whether the path names a case that the program keeps."""
    from alnreader.store.package import SUFFIX

    return path.suffix.lower() == SUFFIX


def _tell(reading: Reading, written: WrittenObjects, folder: Path, say: Callable[[str], None]) -> None:
    from alnreader.report.sentences import summary
    from alnreader.report.visible import shown

    say(summary(shown(reading)))
    for note in written.notes:
        say(f"  {note}")
    say(f"Written: {folder} ({len(written.objects)} DICOM objects)")


def _kept(
    path: Path, choices: Choices, open_engine: Callable[[], Engine], bar: Bar, warn: Callable[[str], None]
) -> Reading:
    """Return a kept reading: as signed where it is, with heat maps where its model is at hand."""
    from alnreader.store.loading import load, read_file

    loaded = load(read_file(path), path)
    if loaded.missing:
        raise UnreadableInputError(f"{path}: {' '.join(loaded.cautions)}")
    for caution in loaded.cautions:
        warn(f"alnreader: {path}: {caution}")
    snapshot = loaded.snapshot
    case, score = snapshot.case, snapshot.score
    if snapshot.human.state is ReadingState.SIGNED:
        case, score = snapshot.signed[-1].case, snapshot.signed[-1].score
    if score is not None and not case.is_current(score):
        score = None
    reading = Reading(case, score, {}, snapshot.skipped, snapshot.human)
    if score is None or not snapshot.human.score_visible or not (choices.sc or choices.pdf):
        return reading
    return _with_heat_maps(reading, open_engine(), bar, warn)


def _with_heat_maps(reading: Reading, engine: Engine, bar: Bar, warn: Callable[[str], None]) -> Reading:
    score, case = reading.score, reading.case
    if score is None or engine.bundle.sha256 != score.run.model.sha256:
        name = "" if score is None else f" {score.run.model.name} ({score.run.model.sha256[:12]})"
        warn(
            f"alnreader: {case.patient.label}: without heat maps, which only the model{name} can make. "
            "Name it with --model."
        )
        return reading
    with bar("Making heat maps", "image") as progress:
        encoded = {}
        for done, image in enumerate(case.images):
            progress(done, len(case.images), image.source)
            encoded[image.key] = engine.encode(image)
        return dataclasses.replace(reading, heat_maps=engine.heat_maps(case, encoded))
