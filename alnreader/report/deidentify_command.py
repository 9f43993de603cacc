"""``alnreader deidentify``: copies of files without identity, and a look into the mapping."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case.errors import ExitCode, ProtocolError
from alnreader.case.progress import Progress
from alnreader.report.passphrase import PASSPHRASE, passphrase_of_mapping

if TYPE_CHECKING:
    from alnreader.dicom.deidentify import Deidentifier
    from alnreader.dicom.deidentify.clean import Change

Bar = Callable[[str, str], AbstractContextManager[Progress]]
"""Makes a progress bar with a title and a unit."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", type=Path, help="folder, zip, DICOM file or picture"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="gets a folder for each patient's new code")
    parser.add_argument(
        "--preview", action="store_true", help="say what would go and what would stay; write nothing"
    )
    parser.add_argument(
        "--sheets",
        type=Path,
        metavar="DIR",
        help="with --preview: every frame of every picture as PNG; what would not stay is darkened",
    )
    parser.add_argument(
        "--characteristics", action="store_true", help="keep sex, age, size and weight of the patients"
    )
    parser.add_argument(
        "--whole-pictures",
        action="store_true",
        help="let pictures stay whole where it cannot be told what is ultrasound: look at them first",
    )
    parser.add_argument(
        "--keep",
        metavar="X0,Y0,X1,Y1",
        type=box,
        action="append",
        default=[],
        help="what stays of every picture, in pixels; may be repeated",
    )
    parser.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help=f"write who became whom, encrypted; the pass phrase is asked for, or taken from {PASSPHRASE}",
    )
    parser.add_argument("--show-mapping", type=Path, metavar="FILE", help="print what a mapping file says")


def box(text: str) -> tuple[int, int, int, int]:
    """Return a box of pixels, both ends inclusive.

    Raises
    ------
    ArgumentTypeError
        If it is none.
    """
    try:
        x0, y0, x1, y1 = (int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not four whole numbers with commas") from error
    if not (0 <= x0 <= x1 and 0 <= y0 <= y1):
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return x0, y0, x1, y1


def run(
    options: argparse.Namespace, bar: Bar, say: Callable[[str], None], warn: Callable[[str], None]
) -> int:
    """Run the command, and return the exit code.

    Parameters
    ----------
    options
        With `add_arguments`.
    bar, say, warn
        The program's own: progress, standard output, standard error.
    """
    from alnreader.dicom.deidentify import Deidentifier, Options, read_mapping
    from alnreader.dicom.deidentify.target import check_target

    if options.show_mapping is not None:
        pseudonyms = read_mapping(options.show_mapping, passphrase_of_mapping(is_new=False))
        told = {"patients": pseudonyms.patients, "uids": pseudonyms.uids}
        say(json.dumps(told, ensure_ascii=False, indent=1))
        return ExitCode.OK
    if not options.paths:
        raise ProtocolError("Name a folder or file to copy without identity.")
    if options.sheets is not None and not options.preview:
        raise ProtocolError("--sheets belongs to --preview.")
    if not options.preview and options.out is None:
        raise ProtocolError("Name a folder to write to with --out, or see with --preview what would be.")
    known, passphrase = None, ""
    if options.mapping is not None and not options.preview:
        is_new = not options.mapping.exists()
        passphrase = passphrase_of_mapping(is_new)
        known = None if is_new else read_mapping(options.mapping, passphrase)
    worker = Deidentifier(
        Options(
            characteristics=options.characteristics,
            whole_pictures=options.whole_pictures,
            boxes=tuple(options.keep),
        ),
        known,
    )
    if not options.preview:
        check_target(options.out, options.paths, worker.pseudonyms, options.mapping)
    with bar("Looking through the files", "file") as progress:
        worker.survey(options.paths, progress)
    if options.preview:
        say_preview(worker, say)
        if options.sheets is not None:
            from alnreader.report.contact import write_sheets

            write_sheets(worker, options.sheets, lambda path: say(f"Written: {path}"))
            say("These pictures show whatever is written in the originals: delete them when you have looked.")
        return ExitCode.OK
    with bar("Writing copies without identity", "file") as progress:
        result = worker.write(options.out, options.mapping, passphrase, progress)
    for skip in result.refused:
        warn(f"alnreader: {skip.path}: {skip.reason}")
    count = len(result.written)
    say(f"Written: {count} files to {options.out}. Look at the pictures before they leave the house.")
    if result.mapping is not None:
        say(f"Written: {result.mapping}")
    return ExitCode.PARTIAL if result.refused else ExitCode.OK


def say_preview(worker: Deidentifier, say: Callable[[str], None]) -> None:
    """Say of every surveyed file what would go and what would stay; nothing is written."""
    for item in worker.items:
        preview = worker.preview(item)
        stays = f"{item.share:.0%} stays" if item.writable else "not written: say what may stay"
        picture = f", picture: {item.area.value}, {stays}" if item.kind.has_picture else ""
        say(f"{item.location}: {item.kind.value}{picture}")
        say_changes(preview.changes, say)
    for skip in worker.refused:
        say(f"{skip.path}: not written: {skip.reason}")


def say_changes(changes: Iterable[Change], say: Callable[[str], None]) -> None:
    """Say what happens and to which attributes; their values are not for a terminal."""
    fates: dict[str, list[str]] = {}
    for change in changes:
        fates.setdefault(change.fate.value, []).append(change.path)
    for fate, paths in sorted(fates.items()):
        say(f"  {fate}: {', '.join(paths)}")
