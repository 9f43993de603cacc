"""Many patients through the engine, and through the window: memory must stay flat.

Usage: soak.py engine|window COUNT FOLDER. One line of JSON comes out. A process of its own, so that nothing
else counts.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

IMAGES, ROWS, COLUMNS = 2, 300, 400
_MIB = 1 << 20


def resident() -> float:
    """Return the memory of this process that is really there, in MiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def make_patient(folder: Path, number: int) -> Path:
    """Speckle with a dark ellipse, as PNG: another one for each number."""
    place = folder / f"patient {number:04d}"
    place.mkdir(parents=True)
    generator = np.random.default_rng(number)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    for image in range(IMAGES):
        centre = generator.uniform(120, 280), generator.uniform(100, 200)
        inside = ((x - centre[0]) / 70) ** 2 + ((y - centre[1]) / 45) ** 2 < 1
        grey = generator.gamma(4.0, 20.0, (ROWS, COLUMNS)) * np.where(inside, 0.15, 1.0)
        pixels = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
        Image.fromarray(pixels).save(place / f"{image}.png")
    return place


def through_engine(count: int, folder: Path) -> list[float]:
    """Read patients one by one with the shipped model; return the memory after each."""
    from alnreader.dicom import close_archives, discover
    from alnreader.inference.engine import Engine
    from alnreader.inference.read import read_case
    from alnreader.model.bundle import find_bundle

    engine = Engine(find_bundle(None), device="cpu")
    memory = []
    for number in range(count):
        (case,) = discover([make_patient(folder, number)]).patients
        reading = read_case(case, engine)
        assert reading.score is not None
        close_archives()
        del reading, case
        gc.collect()
        memory.append(resident())
    return memory


def through_window(count: int, folder: Path) -> list[float]:
    """Read patients from opening to signature in the window, with the shipped model and the store."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["XDG_DATA_HOME"] = str(folder / "share")
    from PySide6.QtCore import QCoreApplication, QEvent

    from alnreader.case import clock
    from alnreader.case.assessment import Assessment, NodeStatus
    from alnreader.case.protocol import ReadingState
    from alnreader.case.region import RegionKind
    from alnreader.gui import app as program
    from alnreader.gui import thumbnails

    # The cache's bound is reached after a few patients: what grows later grows for another reason.
    thumbnails.KEPT = 20  # type: ignore[misc]
    (folder / "settings.json").write_text('{"reader": "Dr Lee", "device": "cpu"}', encoding="utf-8")
    app = program.make_application([])
    window = program.make_window(folder / "settings.json")
    desk = window.controller
    window.show()
    desk.saving.start(program.data_folder())

    def wait(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 300
        while not condition():
            # As in the program: what is to be deleted later is not by processEvents alone.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            app.processEvents()
            time.sleep(0.002)
            if time.monotonic() > end:
                raise TimeoutError(window.status.text + window.fault.text)

    def said() -> Assessment:
        return Assessment(NodeStatus.NEGATIVE, 70, "Dr Lee", clock.now())

    memory = []
    for number in range(count):
        desk.open_paths([make_patient(folder, number)])
        wait(lambda: desk.session is not None)
        session = desk.session
        assert session is not None
        for image in session.case.images:
            desk.select_image(image.key)
            mask = np.zeros((ROWS, COLUMNS), dtype=bool)
            mask[100:180, 150:260] = True
            desk.add_region(image.key, mask, RegionKind.TUMOUR)
            for stroke in range(5):
                mask = mask.copy()
                mask[80 + stroke : 100, 150:200] = True
                desk.replace_mask(image.key, 0, mask)
            desk.undo(image.key)
        desk.set_first_read(said())
        desk.lock_first_read()
        desk.reveal()
        wait(lambda session=session: session.visible_score is not None and not session.scoring)
        desk.set_final_read(said())
        desk.sign("Dr Lee")
        assert session.human.state is ReadingState.SIGNED
        desk.close_session()
        del session
        wait(lambda: not desk.runner.busy and not desk.saving.waiting)
        gc.collect()
        memory.append(resident())
    assert len(desk.saving.rows) == count
    window.close()
    return memory


if __name__ == "__main__":
    way, patients, place = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    memory = through_engine(patients, place) if way == "engine" else through_window(patients, place)
    sys.stdout.write(json.dumps([round(value, 1) for value in memory]) + "\n")
    sys.stdout.flush()
    os._exit(0)  # what counts has been said; the end of a process is proved elsewhere
