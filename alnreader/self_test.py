"""What the installed program can do on this computer: `alnreader --self-test`.

It decodes a sample of every transfer syntax, reads the demo patient, compares the probability with the one
that was noted when the program was built, writes PDF, SR and SEG and reads them back, and opens the window
without showing it.
Nothing of the user's is read or written.
"""

from __future__ import annotations

import base64
import gc
import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alnreader import __version__
from alnreader.case.case import Reading
from alnreader.case.errors import AlnReaderError, ExitCode
from alnreader.paths import models_dir, resources_dir

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

SAMPLES: Final = "self_test/samples.json"
EXPECTED: Final = "self_test/expected.json"
"""Written when the program is frozen; a source tree has none, and says that nothing was compared."""

PROBABILITY_TOLERANCE: Final = 0.002
"""Of a probability, 0..1: other processors round otherwise. It is less than what the window shows (1 %)."""

WINDOW_SECONDS: Final = 120.0
"""How long the window may take to show the demo patient on a slow, busy computer."""

_LEAST_GREYS: Final = 40
"""Different greys among some thousand points of the window's middle where an ultrasound picture is shown."""


class SelfTestError(AlnReaderError):
    """A part of the program does not do here what it should: the sentence says which."""


@dataclass
class _Run:
    """What the steps hand on to each other."""

    folder: Path
    reading: Reading | None = None


def run(tell: Callable[[str], None], note_expected: Path | None = None) -> int:
    """Run every step, tell the outcome of each, and return the exit code.

    Parameters
    ----------
    tell
        Takes one line of text for the user.
    note_expected
        Write the demo patient's probability to this file, for the comparison by a frozen program.
    """
    frozen = "frozen" if getattr(sys, "frozen", False) else "source"
    tell(f"ALN Reader {__version__} ({frozen}), Python {platform.python_version()}, {platform.platform()}")
    steps: tuple[tuple[str, Callable[[_Run], str]], ...] = (
        ("transfer syntaxes", _decode),
        ("demo patient", _read),
        ("probability", _compare),
        ("PDF, SR and SEG", _write),
        ("window", _open_window),
    )
    failed = 0
    with tempfile.TemporaryDirectory(prefix="alnreader-self-test-", ignore_cleanup_errors=True) as folder:
        state = _Run(Path(folder))
        for name, step in steps:
            started = time.monotonic()
            try:
                outcome = step(state)
            except Exception as error:  # whatever fails here is what the self-test is for
                failed += 1
                tell(f"FAILED  {name}: {type(error).__name__}: {error}")
            else:
                tell(f"ok      {name}: {outcome} ({time.monotonic() - started:.1f} s)")
        if note_expected is not None and state.reading is not None:
            note_expected.write_text(json.dumps(_noted(state.reading)) + "\n", encoding="utf-8")
    tell("Self-test passed." if not failed else f"Self-test failed: {failed} of {len(steps)} steps.")
    return ExitCode.OK if not failed else ExitCode.INTERNAL


def samples() -> dict[str, Any]:
    """Return the sample files as they are stored (packaging/make_samples.py)."""
    found: dict[str, Any] = json.loads((resources_dir() / SAMPLES).read_text(encoding="utf-8"))
    return found


def _decode(state: _Run) -> str:
    import numpy as np

    from alnreader.dicom.pixels import decode_pixels

    def decoded(name: str, content: str) -> Any:
        path = state.folder / f"{name}.dcm"
        path.write_bytes(base64.b64decode(content))
        return decode_pixels(path).astype(int)

    stored = samples()
    references = {name: decoded(name, content) for name, content in stored["references"].items()}
    for sample in stored["samples"]:
        syntax = sample["transfer_syntax"]
        try:
            pixels = decoded(syntax, sample["dicom"])
        except AlnReaderError as error:
            raise SelfTestError(f"{syntax} cannot be decoded: {error}") from error
        off = np.abs(pixels - references[sample["reference"]]).max()
        if off > sample["tolerance"]:
            raise SelfTestError(f"{syntax} is decoded wrongly: {off} of 255 grey values off.")
    return f"{len(stored['samples'])} decoded"


def _read(state: _Run) -> str:
    from alnreader.dicom import discover
    from alnreader.inference.engine import Engine
    from alnreader.inference.read import read_case
    from alnreader.model.bundle import find_bundle
    from alnreader.simulation import DEMO_NAME, DEMO_SEED, simulate_patient, write_dicom

    files = state.folder / "demo patient"
    write_dicom(simulate_patient(DEMO_SEED, cine=True), files, name=DEMO_NAME)
    found = discover([files])
    engine = Engine(find_bundle(None), device="cpu")
    state.reading = read_case(found.patients[0], engine)
    score = state.reading.score
    if score is None:
        raise SelfTestError("The demo patient got no score.")
    return f"{len(state.reading.case.images)} images, {score.run.model.name}"


def _noted(reading: Reading) -> dict[str, Any]:
    assert reading.score is not None
    model = reading.score.run.model
    return {"model": model.name, "sha256": model.sha256, "probability": reading.score.probability}


def _compare(state: _Run) -> str:
    if state.reading is None:
        raise SelfTestError("There is nothing to compare: the demo patient was not read.")
    noted = _noted(state.reading)
    file = resources_dir() / EXPECTED
    if not file.is_file():
        return f"{noted['probability']:.4f}, not compared (a source tree has nothing noted)"
    expected = json.loads(file.read_text(encoding="utf-8"))
    if expected["sha256"] != noted["sha256"]:
        raise SelfTestError(f"The model is not the one that the program was built with ({models_dir()}).")
    off = abs(expected["probability"] - noted["probability"])
    if not math.isfinite(off) or off > PROBABILITY_TOLERANCE:
        raise SelfTestError(f"{noted['probability']:.4f} where {expected['probability']:.4f} was noted.")
    return f"{noted['probability']:.4f}, {off:.6f} from what was noted when the program was built"


def _write(state: _Run) -> str:
    from pydicom import dcmread
    from pydicom.uid import ComprehensiveSRStorage, EncapsulatedPDFStorage, SegmentationStorage

    from alnreader.report.objects import Choices, write_objects
    from alnreader.report.output import write_readings

    if state.reading is None:
        raise SelfTestError("There is nothing to write: the demo patient was not read.")
    pdf = state.folder / "report.pdf"
    write_readings([state.reading], report=pdf)
    content = pdf.read_bytes()
    pages = _pages(content, "What was written as the report")
    chosen = Choices(sr=True, seg=True, sc=False, pdf=True)
    written = write_objects(state.reading, chosen, state.folder / "objects")
    found = [dcmread(path) for path in written.paths]
    needed = (ComprehensiveSRStorage, SegmentationStorage, EncapsulatedPDFStorage)
    kinds = {uid: [item for item in found if item.SOPClassUID == uid] for uid in needed}
    for uid, of_kind in kinds.items():
        if not of_kind:
            raise SelfTestError(f"Among the DICOM objects that were written is no {uid.name}.")
    segmentations = kinds[SegmentationStorage]
    if not all(item.pixel_array.any() for item in segmentations):
        raise SelfTestError("A segmentation that was written outlines nothing.")
    for item in kinds[EncapsulatedPDFStorage]:
        _pages(item.EncapsulatedDocument, "The document in the DICOM object")
    _compare_report(state.reading, kinds[ComprehensiveSRStorage][0], segmentations)
    size = len(content) // 1024
    return f"PDF of {pages} pages ({size} KiB), SR, {len(segmentations)} SEG, {len(found)} DICOM objects"


def _compare_report(reading: Reading, report: Dataset, segmentations: list[FileDataset]) -> None:
    """Fail where a structured report does not say what the reading does."""
    from alnreader.dicom.objects.readback import read_report

    assert reading.score is not None
    said = read_report(report, segmentations)
    if said.probability is None or abs(said.probability - reading.score.probability) > PROBABILITY_TOLERANCE:
        raise SelfTestError(f"The structured report says {said.probability} as the probability.")
    if not any(image.regions for image in said.images):
        raise SelfTestError("The structured report refers to no outline.")


def _pages(content: bytes, name: str) -> int:
    """Return how many pages a PDF has, or fail where it cannot be opened or its first page has no words."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise SelfTestError(f"{name} is no PDF that can be read: {error}") from error
    with document:
        count = len(document)
        if count == 0 or not document[0].get_textpage().get_text_bounded().strip():
            raise SelfTestError(f"{name} is a PDF without words.")
        return count


def _open_window(state: _Run) -> str:
    if sys.platform != "darwin":  # there the offscreen platform is not shipped
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QEventLoop, QTimer

    from alnreader.gui import app

    application = app.make_application([])
    window = app.make_window(state.folder / "settings.json")
    loop = QEventLoop()
    give_up = time.monotonic() + WINDOW_SECONDS
    try:
        window.resize(1366, 768)
        window.show()
        window.controller.open_paths([state.folder / "demo patient"])
        app.go_on(window, state.folder)
        shown = loaded = False
        while not (shown and loaded) and time.monotonic() < give_up:
            QTimer.singleShot(100, loop.quit)
            loop.exec()
            shown, loaded = _shows_a_picture(window), window.controller.model is not None
        if not shown:
            raise SelfTestError(f"The window did not show the demo patient within {WINDOW_SECONDS:.0f} s.")
        if not loaded:
            error = window.controller.model_error
            raise SelfTestError(f"The window did not load the model within {WINDOW_SECONDS:.0f} s. {error}")
        return "it shows the demo patient, and its model is loaded"
    finally:
        window.collector = None
        gc.enable()
        window.close()
        window.controller.close()
        application.processEvents()


def _shows_a_picture(window: Any) -> bool:
    """Return whether the middle of the window holds tissue: many greys, where the empty canvas has one."""
    if window.controller.image is None:
        return False
    seen = window.grab().toImage()
    width, height = seen.width(), seen.height()
    greys = {
        seen.pixelColor(x, y).lightness()
        for x in range(width * 2 // 5, width * 3 // 5, 4)
        for y in range(height * 2 // 5, height * 3 // 5, 4)
    }
    return len(greys) >= _LEAST_GREYS
