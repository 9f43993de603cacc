"""Drive the window through a whole reading of the demo patient and picture every screen (`make screenshots`).

Real mouse and key events, the real network. The pictures that stand in the README go to
``docs/screenshots``, all others to ``out/screenshots``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# The same day in every picture.
os.environ.setdefault("SOURCE_DATE_EPOCH", "1767261600")

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from alnreader.case.assessment import Hilum, NodeShape, NodeStatus
from alnreader.gui import app as program
from alnreader.gui import theme
from alnreader.gui.canvas import Tool
from alnreader.gui.main_window import MainWindow
from alnreader.report.figures import inferno

ROOT = Path(__file__).resolve().parent.parent
SIZES = ((1366, 768), (2560, 1440))
COMMITTED = ("start", "regions", "first-read", "second-reader", "heat-map-beside", "preview", "work-list")
"""These stand in the repository, at the smaller size; the others can be made at any time."""
WAIT_S = 600
GREYS = 20


def palette() -> Image.Image:
    """Return the colours of both themes and of the heat map, with greys enough for tissue."""
    colours = {QColor(value).getRgb()[:3] for look in theme.THEMES for value in theme.tokens(look).values()}
    heat = inferno(np.linspace(0.1, 1, 16, dtype=np.float32))
    colours |= {tuple(int(part) for part in row[:3]) for row in heat}
    colours |= {(grey, grey, grey) for grey in np.linspace(0, 255, GREYS).astype(int).tolist()}
    image = Image.new("P", (1, 1))
    image.putpalette([part for colour in sorted(colours) for part in colour])
    return image


def _let_run(milliseconds: int) -> None:
    """Run the event loop for a while. `QTest.qWait` would keep Python's lock from the worker threads."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Driver:
    """A person with a mouse and a camera."""

    def __init__(
        self, window: MainWindow, out: Path, sizes: list[tuple[int, int]], themes: list[str]
    ) -> None:
        self.window, self.out, self.sizes, self.themes = window, out, sizes, themes
        self.number = 0
        self.said: list[str] = []
        window.controller.message.connect(lambda level, text: self.said.append(f"{level}: {text}"))

    def wait(self, until: Callable[[], object], what: str) -> None:
        began = time.monotonic()
        while not until():
            if time.monotonic() - began > WAIT_S:
                sys.exit(f"Waited in vain for {what}. Said so far: {self.said}")
            _let_run(20)

    def rest(self) -> None:
        """Wait until nothing is under way."""
        _let_run(50)
        self.wait(lambda: not self.window.controller.runner.busy, "the work to end")
        _let_run(50)

    def shoot(self, name: str) -> None:
        """Picture the window in every size and theme."""
        self.rest()
        self.number += 1
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        for look in self.themes:
            theme.apply_theme(application, look)
            for width, height in self.sizes:
                self.window.resize(width, height)
                _let_run(60)
                self.rest()
                path = self.out / f"{self.number:02d}-{name}-{look}-{width}x{height}.png"
                self.window.grab().save(str(path))
                small = name in COMMITTED and (width, height) == SIZES[0]
                if small and self.out == ROOT / "out" / "screenshots":
                    self.commit(path, ROOT / "docs" / "screenshots" / f"{name}-{look}.png")
        theme.apply_theme(application, self.themes[0])
        self.window.resize(*self.sizes[0])
        _let_run(60)
        print(f"{self.number:2d} {name}", flush=True)

    @staticmethod
    def commit(source: Path, target: Path) -> None:
        """Keep a picture in few colours: interface and grey tissue need no more."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(source) as picture:
            few = picture.convert("RGB").quantize(palette=palette(), dither=Image.Dither.NONE)
            few.save(target, optimize=True)

    def press(self, name: str) -> None:
        """Use a command, as its key does."""
        action = self.window.commands[name]
        if not action.isEnabled():
            sys.exit(f"The command {name} is not enabled. Said so far: {self.said}")
        action.trigger()
        _let_run(30)

    def click_primary(self) -> None:
        """Click the filled button of the open step."""
        rail = self.window.rail
        button = rail.panels[rail.steps.current].primary
        if not button.isEnabled():
            sys.exit(f"The button {button.text()!r} is not enabled. Said so far: {self.said}")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        _let_run(30)

    def stroke(self, points: list[tuple[float, float]]) -> None:
        """Draw with the left button through points of the picture, given as shares of its size."""
        canvas = self.window.stage.canvas
        columns, rows = canvas.picture_size
        places = [canvas.to_widget((x * columns, y * rows)) for x, y in points]
        spots = [QPoint(round(place.x()), round(place.y())) for place in places]
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=spots[0])
        for spot in spots[1:]:
            QTest.mouseMove(canvas, spot)
            _let_run(5)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=spots[-1])
        _let_run(30)


def drive(driver: Driver, demo: Path, second: Path, broken: Path, exports: Path) -> None:
    """Do a whole reading."""
    window = driver.window
    controller, stage, rail = window.controller, window.stage, window.rail
    driver.shoot("start")
    controller.open_paths([demo])
    driver.wait(lambda: controller.session is not None, "the demo patient")
    driver.rest()
    driver.shoot("opened")
    controller.load_model()
    driver.wait(lambda: controller.model is not None or controller.model_error, "the model")
    if controller.model_error:
        sys.exit(controller.model_error)
    driver.click_primary()
    driver.rest()
    session = controller.session
    assert session is not None
    keys = [image.key for image in session.case.images]
    shown = next((key for key in keys if session.case.regions_of(key)), keys[0])
    controller.select_image(shown)
    if session.case.regions_of(shown):
        controller.select_region(0)
    driver.shoot("proposed")
    edit_regions(driver)
    driver.shoot("regions")
    cine = next((image for image in session.case.images if image.number_of_frames > 1), None)
    if cine is not None:
        controller.select_image(cine.key)
        driver.shoot("cine")
    for key in keys:
        controller.confirm(key)
    controller.select_image(shown)
    rail.open(1)
    fill_first_read(driver)
    driver.shoot("first-read")
    driver.click_primary()
    driver.shoot("locked")
    driver.click_primary()  # reveal
    driver.wait(lambda: session.visible_score is not None and not session.scoring, "the score")
    driver.shoot("second-reader")
    rail.score.show_maps.setChecked(True)
    driver.wait(lambda: bool(controller.heat_maps), "the heat maps")
    driver.shoot("heat-map-over")
    rail.score.place.setCurrentIndex(1)
    driver.shoot("heat-map-beside")
    rail.score.place.setCurrentIndex(0)
    rail.score.show_maps.setChecked(False)
    stage.canvas.set_tool(Tool.BRUSH)
    window.commands["alone"].setChecked(True)
    driver.shoot("alone")
    window.commands["alone"].setChecked(False)
    rail.open(3)
    rail.sign.agree.setChecked(True)
    driver.shoot("final-read")
    driver.click_primary()
    driver.wait(lambda: session.signed, "the signature")
    driver.shoot("signed")
    rail.sign.folder_chooser = lambda: str(exports)
    rail.sign.export.click()
    driver.rest()
    driver.wait(lambda: any(exports.iterdir()), "the export")
    controller.preview()
    driver.wait(lambda: window.preview.pages > 0, "the preview")
    driver.shoot("preview")
    for name, page in (
        ("preferences", window.preferences),
        ("model", window.model_page),
        ("about", window.about),
        ("shortcuts", window.shortcuts),
    ):
        window.go(page)
        driver.shoot(name)
    window.preferences.area.verticalScrollBar().setValue(10_000)
    window.go(window.preferences)
    driver.shoot("preferences-end")
    controller.open_paths([second])
    driver.wait(lambda: len(controller.sessions) > 1, "the second patient")
    driver.shoot("second-patient")
    window.go(window.work_list)
    driver.shoot("work-list")
    window.go(window.skipped)
    driver.shoot("skipped")
    window.go(window.start)
    driver.shoot("start-again")
    window.back()
    controller.open_paths([broken])
    driver.wait(lambda: window.fault.isVisible(), "the error")
    driver.shoot("error")


def edit_regions(driver: Driver) -> None:
    """Outline with the lasso, the brush and undo, as a hand would."""
    window = driver.window
    stage, controller = window.stage, window.controller
    before = len(controller.regions())
    driver.press("tool_lasso")
    driver.stroke(
        [(0.42, 0.35), (0.5, 0.3), (0.6, 0.34), (0.64, 0.45), (0.58, 0.55), (0.47, 0.56), (0.4, 0.46)]
    )
    if len(controller.regions()) != before + 1:
        sys.exit(f"The lasso drew nothing. Said so far: {driver.said}")
    driver.press("tool_brush")
    driver.stroke([(0.6, 0.42), (0.64, 0.45), (0.67, 0.47)])
    driver.press("undo")
    driver.press("redo")
    driver.press("smooth")
    driver.press("tool_caliper")
    driver.stroke([(0.42, 0.45), (0.52, 0.45), (0.62, 0.45)])
    driver.press("tool_select")
    stage.canvas.setFocus()


def fill_first_read(driver: Driver) -> None:
    """Enter a first read through the form."""
    form = driver.window.rail.first_read.form
    QTest.mouseClick(form.status_buttons[NodeStatus.SUSPICIOUS], Qt.MouseButton.LeftButton)
    form.confidence.slider.setFocus()
    for _ in range(20):
        QTest.keyClick(form.confidence.slider, Qt.Key.Key_Right)
    QTest.keyClicks(form.cortex, "4.5")
    form.hilum.set_value(Hilum.LOST)
    form.shape.set_value(NodeShape.ROUND)
    QTest.keyClicks(form.remarks, "One node, level I.")


def make_inputs(folder: Path) -> tuple[Path, Path, Path]:
    """Write the demo patient, a second one beside a broken file, and a folder without any picture."""
    from alnreader.gui.demo import write_demo_patient
    from alnreader.simulation import simulate_patient, write_dicom

    demo = write_demo_patient()
    second, broken = folder / "second", folder / "broken"
    write_dicom(simulate_patient(11, images=2), second)
    (second / "notes.txt").write_text("not a picture", encoding="utf-8")
    whole = (demo / "IM0001.dcm").read_bytes()
    (second / "IM0009.dcm").write_bytes(whole[: len(whole) // 2])
    broken.mkdir()
    (broken / "report.txt").write_text("no picture here", encoding="utf-8")
    return demo, second, broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="directory of a bundle instead of the one that ships")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "screenshots")
    parser.add_argument("--draft", action="store_true", help="dark and small only")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    application = program.make_application([])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = folder / "settings.json"
        model = f'"model": "{options.model.absolute().as_posix()}", ' if options.model else ""
        settings.write_text(f'{{{model}"device": "cpu", "reader": "Dr Lee", "site": "Breast clinic"}}')
        demo, second, broken = make_inputs(folder)
        exports = folder / "exports"
        exports.mkdir()
        window = program.make_window(settings)
        window.show()
        sizes = list(SIZES[:1] if options.draft else SIZES)
        themes = list(theme.THEMES[:1] if options.draft else theme.THEMES)
        window.resize(*sizes[0])
        drive(Driver(window, options.out, sizes, themes), demo, second, broken, exports)
        window.close()
    application.quit()
    print(f"Pictures: {options.out}")


if __name__ == "__main__":
    main()
