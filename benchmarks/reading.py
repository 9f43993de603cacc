"""A reading in the window: cine frames a second, and from the release of the mouse to the new number painted.

The shipped model on a simulated patient, as DICOM, in the whole window, offscreen.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.clock import now
from alnreader.case.region import RegionKind
from alnreader.gui import app as program
from alnreader.gui.canvas import Tool
from alnreader.gui.main_window import MainWindow
from alnreader.simulation import simulate_patient, write_dicom

EDITS = 40
IMAGES = 6
CINE_SECONDS = 4.0
WAIT_S = 300
TARGET_MS = 100.0
"""From the release of the mouse to the new probability on the screen, with the B0 model."""


def wait(until: Callable[[], object]) -> None:
    """Let the window run until something is so."""
    begun = time.monotonic()
    while not until():
        if time.monotonic() - begun > WAIT_S:
            sys.exit("Waited in vain.")
        loop = QEventLoop()
        QTimer.singleShot(1, loop.quit)
        loop.exec()


def percentiles(name: str, times: list[float], busy: list[float]) -> None:
    """Write one line of milliseconds."""
    wall = np.percentile(times, (0, 50, 99))
    sys.stdout.write(
        f"{name:<58} wall min {wall[0]:6.1f}  p50 {wall[1]:6.1f}  p99 {wall[2]:6.1f} ms;"
        f"  processor p50 {np.median(busy):6.1f} ms;  p50 / target {wall[1] / TARGET_MS:.2f}\n"
    )


class Watch(QObject):
    """Calls back after a widget was painted."""

    def __init__(self, widget: QWidget, done: Callable[[], None]) -> None:
        super().__init__(widget)
        self._done = done
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, self._done)
        return False


class Painted:
    """Counts what was painted of the canvas."""

    def __init__(self, window: MainWindow) -> None:
        self.frames: list[int] = []
        canvas, draw = window.stage.canvas, window.stage.canvas.set_image

        def noted(image: object, pixels: object = None) -> None:
            draw(image, pixels)  # type: ignore[arg-type]
            if pixels is not None and canvas.image is not None:
                canvas.repaint()
                self.frames.append(canvas.image.key.frame)

        canvas.set_image = noted  # type: ignore[method-assign]  # to see when it is called


def cine(window: MainWindow) -> None:
    """Play the cine at real time and four times as fast, from files, with what is ahead decoded meanwhile."""
    session = window.controller.session
    assert session is not None
    moving = next(image for image in session.case.images if image.number_of_frames > 1)
    window.controller.select_image(moving.key)
    wait(lambda: window.stage.canvas.ready)
    painted = Painted(window)
    player = window.stage.player
    for speed in (1.0, 4.0):
        window.stage.cache.clear()
        player.set_speed(speed)
        painted.frames.clear()
        begun, busy = time.perf_counter(), time.process_time()
        player.play()
        wait(lambda begun=begun: time.perf_counter() - begun > CINE_SECONDS)
        player.pause()
        passed = time.perf_counter() - begun
        wanted = min(player.rate * speed, 1000 / 8)
        shown = len(painted.frames) / passed
        sys.stdout.write(
            f"cine {moving.columns} x {moving.rows}, {moving.number_of_frames} frames, {speed:g}x: "
            f"{shown:.1f} of {wanted:.1f} frames a second shown ({shown / wanted:.2f}); "
            f"processor {1000 * (time.process_time() - busy) / max(len(painted.frames), 1):.1f} ms a frame\n"
        )


def strokes(window: MainWindow, name: str, busy_network: bool) -> None:
    """Paint short strokes and wait for the number of each."""
    controller, canvas = window.controller, window.stage.canvas
    session = controller.session
    assert session is not None
    canvas.set_brush_size(30)
    scale = window.rail.score.scale
    first, all_of_it, processor = [], [], []
    shown: list[float] = []
    former = session.score

    def painted() -> None:
        score = session.visible_score
        if score is not None and score is not former and scale.probability == score.probability:
            shown.append(time.perf_counter())

    watch = Watch(scale, painted)
    columns, rows = canvas.picture_size
    for number in range(EDITS):
        # Paint beside the outline, then take it away again: every stroke changes the region.
        canvas.set_tool(Tool.ERASER if number % 2 else Tool.BRUSH)
        x, y = columns * (0.3 + 0.4 * (number // 2) / EDITS), rows * 0.8
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.to_widget((x, y)).toPoint())
        spot = canvas.to_widget((x + 14, y + 6)).toPoint()
        QTest.mouseMove(canvas, spot)
        QApplication.processEvents()
        shown.clear()
        former = session.score
        begun, busy = time.perf_counter(), time.process_time()
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=spot)
        wait(lambda: shown)
        processor.append(1000 * (time.process_time() - busy))
        wait(lambda: session.score_full and not session.scoring and session.visible_score is not None)
        first.append(1000 * (shown[0] - begun))
        all_of_it.append(1000 * (time.perf_counter() - begun))
    scale.removeEventFilter(watch)
    percentiles(f"edit to probability, {name}", first, processor)
    if not busy_network:
        sys.stdout.write(
            f"  with interval and contributions: wall min {min(all_of_it):.1f}  p50 "
            f"{np.median(all_of_it):.1f} ms\n"
        )


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="bundle in place of the one that ships")
    options, _ = parser.parse_known_args()
    application = QApplication.instance() or program.make_application([])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = f'"model": "{options.model.absolute().as_posix()}", ' if options.model else ""
        (folder / "settings.json").write_text(f'{{{model}"device": "cpu", "reader": "bench"}}')
        write_dicom(simulate_patient(7, images=IMAGES, cine=True), folder / "one")
        write_dicom(simulate_patient(11, images=IMAGES), folder / "two")
        window = program.make_window(folder / "settings.json")
        window.resize(1920, 1080)
        window.show()
        controller = window.controller
        controller.saving.start(folder / "data")
        controller.open_paths([folder / "one"])
        wait(lambda: controller.session is not None and window.stage.canvas.ready)
        cine(window)
        session = controller.session
        assert session is not None
        begun = time.perf_counter()
        controller.propose()
        wait(lambda: len(session.proposals) == len(session.case.images) and not controller.runner.busy)
        sys.stdout.write(
            f"propose on {len(session.case.images)} images, model loaded on the way: "
            f"{time.perf_counter() - begun:.1f} s\n"
        )
        controller.select_image(next(iter(session.revisions)))
        wait(lambda: window.stage.canvas.ready)
        controller.add_region(
            session.current, np.pad(np.ones((40, 40), bool), _around(session.image)), RegionKind.TUMOUR
        )
        controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "bench", now()))
        controller.lock_first_read()
        controller.reveal()
        wait(lambda: session.score_full and not session.scoring)
        window.rail.open(2)
        strokes(window, f"{len(session.case.images)} images, nothing else running", busy_network=False)
        controller.open_paths([folder / "two"])
        wait(lambda: len(controller.sessions) == 2 and controller.session is controller.sessions[1])
        other = controller.session
        assert other is not None

        def again(_key: object = None) -> None:
            other.encoded.clear()  # the run never ends while the strokes are timed
            controller.outlining.propose(other, None)

        again()
        controller.worklist_changed.connect(lambda: None if controller.underway.shown() else again())
        controller.open_session(0)
        wait(lambda: window.stage.canvas.ready)
        controller.select_region(0)
        window.rail.open(2)
        strokes(window, "while another patient is outlined", busy_network=True)
        window.close()
    application.processEvents()


def _around(image: object) -> tuple[tuple[int, int], tuple[int, int]]:
    rows, columns = image.rows, image.columns  # type: ignore[attr-defined]
    top, left = int(rows * 0.45), int(columns * 0.45)
    return (top, rows - 40 - top), (left, columns - 40 - left)


if __name__ == "__main__":
    main()
