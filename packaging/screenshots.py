"""Drive the window through a whole reading of the demo patient and picture every screen (`make screenshots`).

Real mouse and key events, the real network, a store of its own. ``docs/screenshots/WIDTHxHEIGHT`` gets every
screen in both themes, and is not committed; those that the README shows lie above, in few colours.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# The same day in every picture.
os.environ.setdefault("SOURCE_DATE_EPOCH", "1767261600")

from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QWidget
from screenshot_driver import SHOWN, SIZES, Driver

from alnreader.case.assessment import Hilum, NodeShape, NodeStatus
from alnreader.case.protocol import ReadingMode
from alnreader.gui import app as program
from alnreader.gui import theme
from alnreader.gui.canvas import Tool
from alnreader.gui.crash import CrashReport
from alnreader.gui.pages.aftermath import CrashPage

PAGE_WIDTH = 827
"""Pixels of an A4 page at 100 dots an inch."""


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Folders to open: the demo patient, two more (one beside a broken file), and one without pictures."""

    demo: Path
    second: Path
    third: Path
    broken: Path
    exports: Path


def open_patient(driver: Driver, folder: Path) -> None:
    """Open a folder and wait for its patient to be on the screen."""
    controller = driver.window.controller
    before = controller.session
    controller.open_paths([folder])
    driver.wait(lambda: controller.session not in (None, before), f"the patient of {folder.name}")
    driver.rest()


def look_and_outline(driver: Driver, inputs: Inputs) -> None:
    """Step 1: open, propose, edit by mouse, confirm."""
    window = driver.window
    controller = window.controller
    driver.shoot("loading")
    load_model(driver)
    driver.shoot("start")
    window.go(window.work_list)
    driver.shoot("work-list-empty")
    window.back()
    driver.catch("opening", lambda: controller.open_paths([inputs.demo]), 1, lambda: close(driver))
    open_patient(driver, inputs.demo)
    driver.shoot("opened")
    driver.catch("proposing", controller.propose, 2, lambda: None)
    session = controller.session
    assert session is not None
    keys = [image.key for image in session.case.images]
    shown = next((key for key in keys if session.case.regions_of(key)), keys[0])
    controller.select_image(shown)
    if session.case.regions_of(shown):
        controller.select_region(0)
    driver.shoot("proposed")
    driver.shoot_menu("menu")
    edit_regions(driver)
    driver.shoot("regions")
    cine = next((image for image in session.case.images if image.number_of_frames > 1), None)
    if cine is not None:
        controller.select_image(cine.key)
        driver.shoot("cine")
    for key in keys:
        controller.confirm(key)
    controller.select_image(shown)


def load_model(driver: Driver) -> None:
    """Load the model, as the program does once its window stands."""
    controller = driver.window.controller
    controller.load_model()
    driver.wait(lambda: controller.model is not None or controller.model_error, "the model")
    if controller.model_error:
        sys.exit(controller.model_error)
    driver.rest()


def close(driver: Driver) -> None:
    """Take the patient off the list again."""
    driver.rest()
    driver.wait(lambda: driver.window.controller.session is not None, "the patient")
    driver.window.controller.close_session()


def edit_regions(driver: Driver) -> None:
    """Outline with the lasso, the brush and undo, as a hand would."""
    window = driver.window
    stage, controller = window.stage, window.controller
    before = sum(int(region.mask.sum()) for region in controller.regions())
    driver.press("tool_lasso")
    driver.stroke(
        [(0.62, 0.3), (0.74, 0.26), (0.82, 0.34), (0.84, 0.46), (0.78, 0.56), (0.68, 0.58), (0.62, 0.46)]
    )
    # Over the edge of what was proposed: a new region, or a part of the one of its kind that it meets
    # (docs/decisions/0227). Within it nothing would be drawn.
    if sum(int(region.mask.sum()) for region in controller.regions()) <= before:
        sys.exit(f"The lasso drew nothing. Said so far: {driver.said}")
    driver.press("tool_brush")
    driver.stroke([(0.82, 0.42), (0.85, 0.45), (0.82, 0.48)])
    driver.press("undo")
    driver.press("redo")
    driver.press("smooth")
    driver.press("tool_caliper")
    driver.stroke([(0.42, 0.45), (0.52, 0.45), (0.62, 0.45)])
    driver.press("tool_select")
    stage.canvas.setFocus()


def read_first(driver: Driver) -> None:
    """Step 2: the form by mouse and keys, and its lock."""
    rail = driver.window.rail
    rail.open(1)
    driver.shoot("first-read-empty")
    form = rail.first_read.form
    driver.click(form.status_buttons[NodeStatus.SUSPICIOUS])
    form.confidence.slider.setFocus()
    for _ in range(20):
        QTest.keyClick(form.confidence.slider, Qt.Key.Key_Right)
    QTest.keyClicks(form.cortex, "4.5")
    form.hilum.set_value(Hilum.LOST)
    form.shape.set_value(NodeShape.ROUND)
    QTest.keyClicks(form.remarks, "One node, level I.")
    driver.shoot("first-read")
    driver.shoot("first-read-end", before=lambda: scroll(rail.first_read, to_end=True))
    driver.window.controller.preview()
    driver.wait(lambda: driver.window.preview.pages > 0, "the preview")
    driver.shoot("preview-before-reveal")
    driver.window.back()
    driver.click_primary()
    driver.shoot("locked")


def scroll(panel: QWidget, *, to_end: bool) -> None:
    """Scroll a step's controls."""
    area = panel.parentWidget()
    area = area.parentWidget() if area is not None else None
    assert isinstance(area, QAbstractScrollArea)
    bar = area.verticalScrollBar()
    bar.setValue(bar.maximum() if to_end else 0)


def reveal_and_decide(driver: Driver, exports: Path) -> None:
    """Steps 3 and 4: score, what-if, heat maps, final read, signature, export."""
    window = driver.window
    controller, stage, rail = window.controller, window.stage, window.rail
    session = controller.session
    assert session is not None
    driver.click_primary()  # reveal
    driver.wait(lambda: session.visible_score is not None and not session.scoring, "the score")
    driver.shoot("second-reader")
    driver.press("include")
    driver.wait(lambda: session.score_full and not session.scoring, "the score without the image")
    driver.rest()
    driver.shoot("what-if", before=lambda: scroll(rail.score, to_end=True))
    driver.press("include")
    driver.wait(lambda: session.score_full and not session.scoring, "the score with the image")
    driver.press("heat")
    driver.wait(lambda: bool(controller.heat_maps), "the heat maps")
    first, maps = session.current, controller.heat_maps
    controller.select_image(max(maps, key=lambda key: float(maps[key].sum())))
    driver.rest()
    driver.shoot("heat-map-over", before=lambda: scroll(rail.score, to_end=True))
    driver.press("heat_place")
    driver.shoot("heat-map-beside")
    driver.press("heat_place")
    driver.press("heat")
    controller.select_image(first)
    stage.canvas.set_tool(Tool.BRUSH)
    window.commands["alone"].setChecked(True)
    driver.shoot("alone")
    window.commands["alone"].setChecked(False)
    stage.canvas.set_tool(Tool.SELECT)
    rail.open(3)
    rail.sign.change.setChecked(True)
    driver.shoot("final-read-changed")
    rail.sign.agree.setChecked(True)
    driver.shoot("final-read")
    driver.click_primary()
    driver.wait(lambda: session.signed, "the signature")
    driver.shoot("signed")
    rail.sign.folder_chooser = lambda: str(exports)
    driver.click(rail.sign.export)
    driver.rest()
    driver.wait(lambda: any(exports.iterdir()), "the export")
    driver.shoot("exported", told=True)
    rail.open(0)
    driver.shoot("signed-regions")
    rail.open(3)
    controller.preview()
    driver.wait(lambda: window.preview.pages > 0, "the preview")
    driver.shoot("preview")
    window.back()
    controller.amend("The second tumour is the same lesion.")
    driver.shoot("amendment")
    controller.discard_amendment()
    driver.rest()


def other_pages(driver: Driver, inputs: Inputs) -> None:
    """Show every page, more patients, and what goes wrong."""
    window = driver.window
    controller = window.controller
    for page in window.pages():
        if page not in (window.preview, window.work_list, window.skipped):
            window.go(page)
            driver.shoot(type(page).__name__.removesuffix("Page").lower())
    window.go(window.preferences)
    bar = window.preferences.area.verticalScrollBar()
    driver.shoot("preferences-end", before=lambda: bar.setValue(bar.maximum()))
    open_patient(driver, inputs.second)
    driver.shoot("second-patient", told=True)
    window.go(window.work_list)
    driver.shoot("work-list")
    window.go(window.skipped)
    driver.shoot("skipped")
    window.go(window.start)
    driver.shoot("start-again")
    window.back()
    controller.open_paths([inputs.broken])
    driver.wait(lambda: window.fault.isVisible(), "the error")
    driver.shoot("error")
    window.fault.hide()
    controller.change_settings(dataclasses.replace(controller.settings, mode=ReadingMode.CONCURRENT))
    open_patient(driver, inputs.third)
    session = controller.session
    assert session is not None
    driver.click_primary()  # propose
    driver.rest()
    driver.wait(lambda: session.visible_score is not None and not session.scoring, "the concurrent score")
    window.rail.open(2)
    driver.shoot("concurrent")
    controller.change_settings(dataclasses.replace(controller.settings, model=str(inputs.broken)))
    driver.wait(lambda: controller.model_error, "the model to be missed")
    driver.shoot("no-model")


def after_a_kill(driver: Driver, store: Path, folder: Path) -> None:
    """Start again on what a killed program would have left, with the description of a fault beside it."""
    left = folder / "left"
    shutil.copytree(store, left)
    driver.window.close()
    shutil.rmtree(store)
    left.rename(store)
    report = folder / "fault.txt"
    report.write_text("Places in the program, versions and kinds of errors.\n", encoding="utf-8")
    crash = CrashReport(report, report.read_text(encoding="utf-8"))
    window = program.make_window(write_settings(folder / "again.json", None), crash=crash)
    again = Driver(window, driver.out, driver.sizes, driver.themes)
    again.number = driver.number
    window.show()
    window.resize(*driver.sizes[0])
    window.controller.saving.start(store)
    again.wait(lambda: window.controller.saving.unfinished, "the offer of the readings")
    load_model(again)
    again.shoot("recovered")
    window.go(window.work_list)
    again.shoot("work-list-kept")
    window.back()
    again.click(window.start.recovery.reopen)
    again.wait(lambda: len(window.controller.sessions) > 1, "the readings")
    again.rest()
    again.shoot("reopened")
    for page in window.findChildren(CrashPage):
        window.go(page)
        again.shoot("fault")
    window.close()


def write_settings(path: Path, model: Path | None) -> Path:
    """Write the settings of a reader who has used the program before."""
    values = {"device": "cpu", "reader": "Dr Lee", "site": "Breast clinic"}
    if model is not None:
        values["model"] = model.absolute().as_posix()
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def picture_report(exports: Path, out: Path) -> None:
    """Picture the pages of what was exported; the first two are shown in the README."""
    import pypdfium2

    folder = out / "report"
    folder.mkdir(exist_ok=True)
    for report in exports.glob("*.pdf"):
        document = pypdfium2.PdfDocument(report)
        for number in range(len(document)):
            page = document[number]
            picture = page.render(scale=PAGE_WIDTH / page.get_width()).to_pil().convert("RGB")
            picture.save(folder / f"page-{number + 1}.png", optimize=True)
            if out == SHOWN and number < 2:
                # The octree keeps the few coloured lines beside the many greys.
                few = picture.quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
                few.save(SHOWN / f"report-page-{number + 1}.png", optimize=True)
        document.close()


def make_inputs(folder: Path) -> Inputs:
    """Write the patients and the folder without any picture."""
    from alnreader.gui.demo import write_demo_patient
    from alnreader.simulation import simulate_patient, write_dicom

    inputs = Inputs(
        write_demo_patient(), *(folder / name for name in ("second", "third", "broken", "exports"))
    )
    write_dicom(simulate_patient(11, images=2), inputs.second)
    (inputs.second / "notes.txt").write_text("not a picture", encoding="utf-8")
    whole = (inputs.demo / "IM0001.dcm").read_bytes()
    (inputs.second / "IM0009.dcm").write_bytes(whole[: len(whole) // 2])
    write_dicom(simulate_patient(23, images=3), inputs.third)
    inputs.broken.mkdir()
    (inputs.broken / "report.txt").write_text("no picture here", encoding="utf-8")
    inputs.exports.mkdir()
    return inputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="directory of a bundle instead of the one that ships")
    parser.add_argument("--out", type=Path, default=SHOWN)
    parser.add_argument("--draft", action="store_true", help="dark and small only")
    options = parser.parse_args()
    for size in SIZES:
        shutil.rmtree(options.out / f"{size[0]}x{size[1]}", ignore_errors=True)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ultrasound-") as name:
        folder = Path(name)
        # Nothing of the person who takes the pictures is shown or changed.
        for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            os.environ[variable] = str(folder / "home")
        application = program.make_application([])
        inputs = make_inputs(folder)
        window = program.make_window(write_settings(folder / "settings.json", options.model))
        window.show()
        window.controller.saving.start(folder / "store")
        sizes = list(SIZES[:1] if options.draft else SIZES)
        themes = list(theme.THEMES[:1] if options.draft else theme.THEMES)
        window.resize(*sizes[0])
        driver = Driver(window, options.out, sizes, themes)
        driver.rest()
        look_and_outline(driver, inputs)
        read_first(driver)
        reveal_and_decide(driver, inputs.exports)
        picture_report(inputs.exports, options.out)
        other_pages(driver, inputs)
        after_a_kill(driver, folder / "store", folder)
        application.quit()
    print(f"Pictures: {options.out}")


if __name__ == "__main__":
    main()
