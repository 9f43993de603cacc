"""``alnreader export``: readings as DICOM objects, from folders of pictures or from kept cases."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case.errors import ExitCode, ProtocolError, UnreadableInputError
from alnreader.case.progress import Progress
from alnreader.report.deidentify_command import box, say_changes, say_preview
from alnreader.report.passphrase import PASSPHRASE, passphrase_of_mapping

if TYPE_CHECKING:
    from alnreader.case.case import Case, Reading
    from alnreader.case.exported import ExportedReport
    from alnreader.case.score import ModelSummary
    from alnreader.dicom.deidentify import Options
    from alnreader.inference.engine import Engine
    from alnreader.report.objects import Choices

Read = Callable[[Sequence[Path]], tuple[list["Reading"], list[str]]]
"""Reads folders and files as ``alnreader read`` does: the readings, and what could not be read."""

Bar = Callable[[str, str], AbstractContextManager[Progress]]
"""Makes a progress bar with a title and a unit."""


Write = Callable[["Reading", Path | None, Path, Progress], list[str]]
"""Writes one reading (and its case file, where it has one) to a folder and returns what to say of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments; those of the model are the program's."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        type=Path,
        help="folder, DICOMDIR, zip, DICOM file or picture, which is read first; or a case file (.alncase)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="new or empty folder")
    group = parser.add_argument_group("objects (all of them if none is named)")
    group.add_argument("--sr", action="store_true", help="structured report, with the outlines it refers to")
    group.add_argument("--seg", action="store_true", help="outlines as segmentations")
    group.add_argument("--sc", action="store_true", help="pictures with outlines and with heat maps")
    group.add_argument("--pdf", action="store_true", help="the report as encapsulated PDF")
    group = parser.add_argument_group("without identity")
    group.add_argument(
        "--deidentify",
        action="store_true",
        help="new identifiers, no names, dates or free text; pictures go along, black outside the ultrasound",
    )
    group.add_argument(
        "--preview", action="store_true", help="say what would go and what would stay; write nothing"
    )
    group.add_argument("--characteristics", action="store_true", help="keep sex, age, size and weight")
    group.add_argument(
        "--keep",
        metavar="X0,Y0,X1,Y1",
        type=box,
        action="append",
        default=[],
        help="what stays of every picture, in pixels; may be repeated",
    )
    group.add_argument(
        "--whole-pictures",
        action="store_true",
        help="let pictures stay whole where it cannot be told what is ultrasound: look at them first",
    )
    group.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help=f"write who became whom, encrypted; the pass phrase is asked for, or taken from {PASSPHRASE}",
    )


def choices_of(options: argparse.Namespace) -> Choices:
    """Return what was asked for: everything where nothing was."""
    from alnreader.report.objects import Choices

    named = (options.sr, options.seg, options.sc, options.pdf)
    return Choices(*named) if any(named) else Choices()


def run(
    options: argparse.Namespace,
    look: Callable[[Sequence[Path]], Sequence[Case]],
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
    look
        Finds the patients in folders and files without reading them with a model.
    read, open_engine, bar
        The program's own.
    say, warn
        Take a line for standard output, and for standard error.
    """
    from alnreader.case.case import Reading
    from alnreader.report.deidentified import check_apart_from_images
    from alnreader.report.objects import check_folder
    from alnreader.report.output import patient_folder

    choices = choices_of(options)
    own = (options.whole_pictures, options.mapping, options.preview, options.characteristics, options.keep)
    if not options.deidentify and any(own):
        raise ProtocolError(
            "--preview, --characteristics, --keep, --whole-pictures and --mapping belong to an export with "
            "--deidentify."
        )
    cases = [path for path in options.paths if is_case_file(path)]
    folders = [path for path in options.paths if path not in cases]
    if options.preview:
        found = [Reading(case, None) for case in look(folders)] if folders else []
        kept = (_snapshot(path, warn, options.model) for path in cases)
        return _preview([*found, *kept], options, say)
    if options.out is None:
        raise ProtocolError("Name a folder to write to with --out.")
    check_folder(options.out)
    if options.deidentify:
        from alnreader.dicom.deidentify.target import check_apart

        check_apart(options.out, folders)
    write = _without_identity(options, choices) if options.deidentify else _as_read(choices)
    read_now, failures = read(folders) if folders else ([], [])
    readings: list[tuple[Reading, Path | None]] = [(reading, None) for reading in read_now]
    apart = options.out if options.deidentify else None
    for path in cases:
        snapshot = _snapshot(path, warn, options.model)
        if apart is not None:
            check_apart_from_images(snapshot.case, [apart])
        readings.append((_kept(snapshot, choices, open_engine, bar, warn), path))
    if not readings:
        raise UnreadableInputError("\n".join(failures))
    for number, (reading, kept_as) in enumerate(readings, start=1):
        name = patient_folder(number, "" if options.deidentify else reading.case.patient.patient_id)
        folder = options.out if len(readings) == 1 else options.out / name
        with bar(f"Writing patient {number} of {len(readings)}", "step") as progress:
            said = write(reading, kept_as, folder, progress)
        for line in said:
            say(line)
    for failure in failures:
        warn(f"alnreader: {failure}")
    return ExitCode.PARTIAL if failures else ExitCode.OK


def is_case_file(path: Path) -> bool:
    """Whether the path names a case that the program keeps."""
    from alnreader.store.package import SUFFIX

    return path.suffix.lower() == SUFFIX


def _as_read(choices: Choices) -> Write:
    def write(reading: Reading, kept_as: Path | None, folder: Path, progress: Progress) -> list[str]:
        from alnreader.case.exported import predecessor_of
        from alnreader.report.objects import exported_report, write_objects
        from alnreader.report.sentences import summary
        from alnreader.report.visible import shown
        from alnreader.store.exported import exported_reports
        from alnreader.store.loading import read_file

        reports = () if kept_as is None else exported_reports(read_file(kept_as).entries)
        before = predecessor_of(reading.human, reports)
        written = write_objects(reading, choices, folder, progress, predecessor=before)
        said = [
            summary(shown(reading)),
            *(f"  {note}" for note in written.notes),
            f"Written: {folder} ({len(written.objects)} DICOM objects)",
        ]
        if kept_as is not None:
            not_noted = _note(kept_as, folder, exported_report(reading, written))
            said += [f"  {not_noted}"] if not_noted else []
        return said

    return write


def _note(path: Path, folder: Path, report: ExportedReport | None) -> str:
    """Write the export into the journal of a case of this user's list, and say why where that cannot be.

    An amended reading's report names the one that it replaces (PS3.3 C.17.2.1): the journal remembers it.
    """
    from alnreader.case.errors import CannotWriteError, CaseInUseError
    from alnreader.case.protocol import Event, ReadingState
    from alnreader.paths import user_data_dir
    from alnreader.store.exported import report_details
    from alnreader.store.journal import NOTED
    from alnreader.store.worklist import Store

    words = "The export is not in the journal of the case: the report of an amendment will not name it"
    elsewhere = f"{words} (the case is not on this computer's work list)."
    if not (user_data_dir() / "worklist.sqlite").is_file():
        return elsewhere
    try:
        with Store(user_data_dir()) as store:
            if path.resolve() not in {row.path.resolve() for row in store.rows()}:
                return elsewhere
            opened = store.open_file(path)
            if opened.case is None:
                return f"{words} ({opened.read_only})."
            details = {"files": [str(folder)], **report_details(report)}
            event = Event.EXPORT if opened.snapshot.human.state is ReadingState.SIGNED else NOTED
            opened.case.record(event, "exported", opened.snapshot, details=details)
    except (CannotWriteError, CaseInUseError) as error:
        return f"{words} ({error})."
    return ""


def _without_identity(options: argparse.Namespace, choices: Choices) -> Write:
    """Open the mapping before anything is read: a wrong pass phrase must not cost a long reading."""
    from alnreader.dicom.deidentify import Deidentifier, read_mapping, write_mapping
    from alnreader.report.deidentified import write_deidentified

    mapping: Path | None = options.mapping
    is_new = mapping is not None and not mapping.exists()
    passphrase = "" if mapping is None else passphrase_of_mapping(is_new)
    known = None if mapping is None or is_new else read_mapping(mapping, passphrase)
    worker = Deidentifier(_decisions(options), known)

    def write(reading: Reading, _: Path | None, folder: Path, progress: Progress) -> list[str]:
        written = write_deidentified(reading, choices, folder, worker, progress)
        said = [
            *(f"  {note}" for note in written.notes),
            f"Written: {folder} ({len(written.pictures)} pictures, {len(written.objects)} objects, patient "
            f"{written.code}). Look at the pictures before they leave the house.",
        ]
        if mapping is not None:
            write_mapping(mapping, worker.pseudonyms, passphrase)
            said.append(f"Written: {mapping}")
        return said

    return write


def _decisions(options: argparse.Namespace) -> Options:
    from alnreader.dicom.deidentify import Options

    return Options(
        characteristics=options.characteristics,
        whole_pictures=options.whole_pictures,
        boxes=tuple(options.keep),
    )


def _preview(readings: Sequence[Reading], options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Say what an export without identity would do to each reading; no model is asked, nothing is written."""
    from alnreader.dicom.deidentify import Deidentifier
    from alnreader.dicom.deidentify.reading import changes_of
    from alnreader.report.deidentified import survey_case

    writable = True
    for reading in readings:
        worker = Deidentifier(_decisions(options))
        survey_case(reading.case, worker)
        say_preview(worker, say)
        changes = changes_of(reading)
        if changes:
            say("The reading:")
            say_changes(changes, say)
        unknown = [item for item in worker.items if not item.writable]
        if unknown or worker.refused:
            writable = False
            say(
                f"It would be refused: of {len(unknown)} pictures it cannot be told what is ultrasound, and "
                f"{len(worker.refused)} files cannot be cleaned. See --keep and --whole-pictures."
            )
    say("Nothing was written. To see the cleaned pictures, open the patient in the window (Ctrl+Shift+D).")
    return ExitCode.OK if writable else ExitCode.PARTIAL


def _snapshot(path: Path, warn: Callable[[str], None], model: Path | None) -> Reading:
    """Return a kept reading, as signed where it is, without heat maps."""
    from alnreader.case.case import Reading
    from alnreader.case.protocol import ReadingState
    from alnreader.store.loading import load, read_file
    from alnreader.store.proposer import proposer_of
    from alnreader.store.seen import seen_scores
    from alnreader.store.snapshot import probabilities

    stored = read_file(path)
    loaded = load(stored, path)
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
    return Reading(
        case,
        score,
        {},
        snapshot.skipped,
        snapshot.human,
        seen=seen_scores(stored.entries),
        signed_probabilities=probabilities(snapshot.signed),
        model=proposer_of(snapshot, stored.entries) or _model_at_hand(path, case, model, warn),
    )


def _model_at_hand(
    path: Path, case: Case, directory: Path | None, warn: Callable[[str], None]
) -> ModelSummary | None:
    """Return the model that outlines are put down to where the case does not say which one proposed them."""
    from alnreader.case.errors import BundleError
    from alnreader.case.region import Origin
    from alnreader.model.bundle import find_bundle

    if all(region.origin is Origin.DRAWN for regions in case.regions.values() for region in regions):
        return None
    unsaid = f"alnreader: {path}: the case does not say which model outlined its images;"
    try:
        found = find_bundle(directory).summary
    except BundleError as error:
        if directory is not None:
            raise
        warn(f"{unsaid} none is named: {error}")
        return None
    warn(f"{unsaid} named is the one at hand, {found.name} {found.version}. Name another with --model.")
    return found


def _kept(
    reading: Reading,
    choices: Choices,
    open_engine: Callable[[], Engine],
    bar: Bar,
    warn: Callable[[str], None],
) -> Reading:
    """Return a kept reading with heat maps where they may be seen and its model is at hand."""
    visible = reading.human is None or reading.human.score_visible
    if reading.score is None or not visible or not (choices.sc or choices.pdf):
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
