"""The command line. torch and Qt are imported only inside the command that needs them."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alnreader import __version__
from alnreader.case.errors import (
    AlnReaderError,
    CancelledError,
    CannotWriteError,
    ExitCode,
    NoUltrasoundError,
    UnreadableInputError,
)
from alnreader.case.language import LANGUAGES, SOURCE
from alnreader.case.progress import CancelToken
from alnreader.interrupt import heeding_interrupts
from alnreader.paths import SCRATCH_PREFIX
from alnreader.terminal import Bar

if TYPE_CHECKING:
    from alnreader.case.case import Case, Reading, Skipped
    from alnreader.dicom import Discovery
    from alnreader.inference.engine import Engine
    from alnreader.model.bundle import Bundle

_log = logging.getLogger(__name__)

_EXIT_CODES = """exit codes:
  0  done                        4  no usable model
  2  wrong use of the command    5  an output could not be written
  3  nothing readable            6  some patients were read, some were not
  7  the PACS could not be reached or refused
  1  a fault of the program    130  stopped by the user"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`ExitCode`)."""
    if getattr(sys, "frozen", False):
        from alnreader.dicom.worker_flag import serve_if_asked

        if serve_if_asked(sys.argv[1:]):
            return ExitCode.OK
    options = argparse.Namespace(debug=False)
    try:
        with heeding_interrupts():
            options = _parser().parse_args(arguments)
            level = logging.INFO if options.debug else logging.CRITICAL
            terminal = logging.StreamHandler()
            terminal.setLevel(level)  # pydicom sets a level of its own, which passes the root's by
            logging.basicConfig(level=level, handlers=[terminal])
            logging.captureWarnings(True)
            _choose_language(getattr(options, "language", SOURCE))
            return int(options.run(options))
    except (KeyboardInterrupt, CancelledError):
        _tell("Stopped.")
        return ExitCode.CANCELLED
    except AlnReaderError as error:
        _tell(f"alnreader: {error}")
        if options.debug:
            traceback.print_exc()
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output (head, less) has gone: nothing is wrong, and nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:  # the last line of defence: no traceback reaches a user
        _tell(
            f"alnreader: a fault of the program ({type(error).__name__}: {error}). "
            "Please report it with what 'alnreader --debug COMMAND ...' prints."
        )
        if options.debug:
            traceback.print_exc()
        return ExitCode.INTERNAL


class _SelfTest(argparse.Action):
    """Runs the self-test in place of a command, as ``--version`` does."""

    def __init__(self, option_strings: Sequence[str], dest: str, **others: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **others)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option: object = None,
    ) -> None:
        from alnreader import self_test

        parser.exit(self_test.run(lambda line: print(line, flush=True)))


def _tell(message: str) -> None:
    """Write one line for the user to the standard error stream."""
    sys.stderr.write(message + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="alnreader",
        description="Second reader for axillary lymph node metastasis on breast ultrasound.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"alnreader {__version__}")
    parser.add_argument("--debug", action="store_true", help="print logs and the traceback of a fault")
    parser.add_argument("--self-test", action=_SelfTest, help="check that everything works on this computer")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    read = commands.add_parser(
        "read",
        help="read patients: probability, heat maps, PDF and JSON",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    read.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        type=Path,
        help="folder, DICOMDIR, zip, DICOM file or PNG/JPEG picture",
    )
    read.add_argument(
        "--report",
        type=Path,
        metavar="PDF",
        help="write the report here; with several patients each one's ID is added to the name",
    )
    read.add_argument(
        "--json", type=Path, metavar="FILE", help="write the result as JSON here, '-' for standard output"
    )
    _add_reading_options(read)
    read.set_defaults(run=_read)

    demo = commands.add_parser("demo", help="simulate a patient as DICOM and read it")
    _add_reading_options(demo, out_dir=Path("alnreader-demo"))
    demo.set_defaults(run=_demo)

    from alnreader.dicom.network import command as pacs

    pacs.add_arguments(commands.add_parser("pacs", help="query a PACS, fetch studies, send objects"))

    from alnreader.report import command as exporting

    export = commands.add_parser(
        "export",
        help="write readings as DICOM objects: measurements, outlines, pictures, PDF",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    exporting.add_arguments(export)
    _add_language_option(export)
    _add_model_options(export)
    export.set_defaults(run=_export)

    from alnreader.report import reading_command as reading

    course = commands.add_parser("reading", help="first read, reveal, signature, amendment of one patient")
    reading.add_arguments(course, _add_model_options)
    course.set_defaults(run=_reading)

    convert = commands.add_parser(
        "import-checkpoint", help="turn the two checkpoints of the paper's authors into a bundle"
    )
    convert.add_argument("--multitask", type=Path, required=True, metavar="FILE", help="stage 1 (mmseg)")
    convert.add_argument("--multi-instance", type=Path, required=True, metavar="FILE", help="stage 2 (mmcls)")
    convert.add_argument("--out", type=Path, required=True, metavar="DIR", help="the new bundle")
    convert.add_argument(
        "--labels",
        choices=("clinical", "simulated", "unknown"),
        default="unknown",
        help="metastasis labels it was trained on; all but 'clinical' make it a demonstration model "
        "(default: unknown)",
    )
    convert.set_defaults(run=_import_checkpoint)

    from alnreader.store import command as store

    store.add_arguments(commands)

    from alnreader.report import deidentify_command as deidentifying

    deidentify = commands.add_parser("deidentify", help="copy files without identity", epilog=_EXIT_CODES)
    deidentify.formatter_class = argparse.RawDescriptionHelpFormatter
    deidentifying.add_arguments(deidentify)
    deidentify.set_defaults(run=_deidentify)

    from alnreader.training import command as training

    train = commands.add_parser("train", help="train both networks and write a bundle")
    training.add_arguments(train)
    train.set_defaults(run=training.run)

    from alnreader.training import compare as comparison

    compare = commands.add_parser("compare", help="train with several encoders and compare their figures")
    comparison.add_arguments(compare)
    compare.set_defaults(run=comparison.run)

    from alnreader.training.evaluation import command as evaluation

    evaluation.add_commands(commands)
    return parser


def _add_language_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--language",
        choices=tuple(LANGUAGES),
        default=SOURCE,
        help="of the report and of what is said of the patient (default: %(default)s)",
    )


def _choose_language(code: str) -> None:
    from alnreader.case.language import choose, current
    from alnreader.paths import resources_dir

    if code != current().code:
        choose(code, resources_dir() / "translations")


def _add_reading_options(parser: argparse.ArgumentParser, out_dir: Path | None = None) -> None:
    parser.add_argument(
        "--out-dir",
        type=Path,
        metavar="DIR",
        default=out_dir,
        help="write pictures, masks and heat maps here" + (f" (default: {out_dir})" if out_dir else ""),
    )
    _add_language_option(parser)
    _add_model_options(parser)


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="bundle to read with (default: the shipped)"
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:1, mps or xpu (default: auto)"
    )


def _open_engine(options: argparse.Namespace) -> Engine:
    """Check the bundle without torch first: a missing model must not cost seconds."""
    from alnreader.model.bundle import find_bundle

    bundle: Bundle = find_bundle(options.model)
    from alnreader.inference.engine import Engine

    return Engine(bundle, device=options.device)


def _read(options: argparse.Namespace) -> int:
    from alnreader.report.output import check_outputs

    _check_named(options.paths)
    json = None if options.json == Path("-") else options.json
    check_outputs(report=options.report, json=json, out_dir=options.out_dir)
    found = _look_through(options.paths)
    # Once more, now that the files are known that must not be written over.
    check_outputs(report=options.report, json=json, out_dir=options.out_dir, cases=found.patients)
    engine = _open_engine(options)
    readings, failures = _read_patients(found.patients, engine)
    if not readings:
        raise NoUltrasoundError("\n".join(failures))
    readings = _share_skipped(readings, found.skipped)
    _write(readings, options.report, options.json, options.out_dir)
    for failure in failures:
        _tell(f"alnreader: {failure}")
    return ExitCode.PARTIAL if failures else ExitCode.OK


def _deidentify(options: argparse.Namespace) -> int:
    from alnreader.report import deidentify_command as deidentifying

    _check_named(options.paths)
    return deidentifying.run(options, Bar, print, _tell)


def _export(options: argparse.Namespace) -> int:
    from alnreader.report import command as exporting

    _check_named(options.paths)
    engine = cache(lambda: _open_engine(options))

    def read(paths: Sequence[Path]) -> tuple[list[Reading], list[str]]:
        found = _look_through(paths)
        readings, failures = _read_patients(found.patients, engine())
        return _share_skipped(readings, found.skipped), failures

    def look(paths: Sequence[Path]) -> Sequence[Case]:
        return _look_through(paths).patients

    return exporting.run(options, look, read, engine, Bar, print, _tell)


def _reading(options: argparse.Namespace) -> int:
    from alnreader.report import reading_command as reading

    def look(paths: Sequence[Path]) -> tuple[Sequence[Case], Sequence[Skipped]]:
        _check_named(paths)
        found = _look_through(paths)
        return found.patients, found.skipped

    engine = cache(lambda: _open_engine(options))
    return reading.run(options, look, engine, print, _tell)


def _look_through(paths: Sequence[Path]) -> Discovery:
    """Find the patients below the paths, or refuse with the reasons."""
    from alnreader.dicom import discover

    with Bar("Looking through files", "file") as bar:
        found = discover(paths, progress=bar)
    if not found.patients:
        reasons = "".join(f"\n  {skip.path}: {skip.reason}" for skip in found.skipped[:20])
        more = f"\n  and {len(found.skipped) - 20} more" if len(found.skipped) > 20 else ""
        raise NoUltrasoundError(
            f"No ultrasound image in {', '.join(str(path) for path in paths)}. "
            f"Name a folder, DICOMDIR, zip or picture of a breast ultrasound.{reasons}{more}"
        )
    return found


def _check_named(paths: Sequence[Path]) -> None:
    """Refuse a path that is not there: half of what was meant must not look like all of it."""
    for path in paths:
        if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises where the folder above is closed
            raise UnreadableInputError(f"There is no file or folder {path}. Check the name.")
        if not os.access(path, os.R_OK):
            raise UnreadableInputError(f"There is no permission to read {path}. Ask for it or copy it.")


def _read_patients(cases: Sequence[Case], engine: Engine) -> tuple[list[Reading], list[str]]:
    """Read one patient after the other; one that cannot be read does not stop the rest."""
    from alnreader.inference.read import read_case

    readings, failures = [], []
    for number, case in enumerate(cases, start=1):
        _log.info("Reading patient %d of %d", number, len(cases))
        with Bar(f"Reading patient {number} of {len(cases)}", "image") as bar:
            try:
                readings.append(read_case(case, engine, progress=bar, cancel=CancelToken()))
            except NoUltrasoundError as error:
                failures.append(str(error))
    return readings, failures


def _demo(options: argparse.Namespace) -> int:
    from alnreader.case.atomic import Outbox
    from alnreader.dicom import discover
    from alnreader.report.output import check_outputs
    from alnreader.simulation import DEMO_NAME, DEMO_SEED, simulate_patient, write_dicom

    out_dir: Path = options.out_dir
    dicom_dir, report, json = out_dir / "dicom", out_dir / "report.pdf", out_dir / "reading.json"
    check_outputs(report=report, json=json, out_dir=out_dir / "images")
    engine = _open_engine(options)
    patient = simulate_patient(DEMO_SEED, cine=True)
    there = discover([dicom_dir]) if dicom_dir.exists() else None
    if there and (
        there.skipped or any(case.patient.patient_id != patient.patient_id for case in there.patients)
    ):
        raise CannotWriteError(f"{dicom_dir} holds other files. Name another folder with --out-dir.")
    try:
        with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX) as folder, Outbox() as outbox:
            for path in write_dicom(patient, Path(folder), name=DEMO_NAME):
                outbox.add(dicom_dir / path.name, path.read_bytes())
    except OSError as error:
        raise CannotWriteError(
            f"The simulated patient cannot be written: {error.strerror or error}. Make room, or set TMPDIR."
        ) from error
    found = discover([dicom_dir])
    readings, _ = _read_patients(found.patients, engine)
    _write(_share_skipped(readings, found.skipped), report, json, out_dir / "images")
    return ExitCode.OK


def _import_checkpoint(options: argparse.Namespace) -> int:
    from alnreader.model.authors import import_checkpoint

    bundle = import_checkpoint(options.multitask, options.multi_instance, options.out, labels=options.labels)
    sys.stdout.write(f"{bundle.name} {bundle.sha256[:12]} written to {options.out}\n")
    return ExitCode.OK


def _write(readings: Sequence[Reading], report: Path | None, json: Path | None, out_dir: Path | None) -> None:
    """Write what was asked for, and say what was found and where it is."""
    from alnreader.report.output import write_readings
    from alnreader.report.sentences import summary

    to_stdout = json == Path("-")
    with Bar("Writing", "file") as bar:
        written = write_readings(readings, report, None if to_stdout else json, out_dir, progress=bar)
    if to_stdout:
        sys.stdout.write(written.document.decode())
        return
    for reading in readings:
        sys.stdout.write(summary(reading) + "\n")
    for path in (*written.reports, json, out_dir):
        if path is not None:
            sys.stdout.write(f"Written: {path}\n")


def _share_skipped(readings: Sequence[Reading], skipped: Sequence[Skipped]) -> list[Reading]:
    from alnreader.case.sharing import share_skipped

    shares = share_skipped([reading.case for reading in readings], skipped)
    return [
        dataclasses.replace(reading, skipped=(*own, *reading.skipped))
        for reading, own in zip(readings, shares, strict=True)
    ]
