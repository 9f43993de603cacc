"""A real controller on small pictures, a real network with seeded random weights, and what no test may leave.

A warning of Qt's fails a test in set-up and call by ``qt_log_level_fail`` (pyproject.toml); in the teardown,
where widgets are closed and threads end, by the hook below.
"""

from __future__ import annotations

import gc
import importlib.util
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from alnreader.case.case import Case
from alnreader.case.errors import UnreadableInputError
from alnreader.case.image import CalibrationRegion, ImageKey, UltrasoundImage
from alnreader.case.patient import Patient
from alnreader.case.protocol import HumanReading, ReadingMode
from alnreader.gui import theme
from alnreader.gui.canvas import CanvasView
from alnreader.gui.controller import Controller
from alnreader.gui.machine import Machine
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession
from alnreader.gui.settings import Settings
from alnreader.gui.tasks import TaskRunner

# Makes `by_mouse` and its like importable: tests are imported by file, without their folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

THREAD_END_S = 5.0
"""So long a thread that was told to end may take."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail on what Qt complains of while widgets are closed and fixtures end."""
    told: list[str] = []

    def listen(kind: QtMsgType, _context: object, text: str) -> None:
        harmless = kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
        if not harmless and not any(re.search(known, text) for known in item.config.getini("qt_log_ignore")):
            told.append(text)

    before = qInstallMessageHandler(listen)
    try:
        result = yield
        # Windows that were closed go now: each that stays is dressed again with every change of theme.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        gc.freeze()  # what a test left standing is not searched again after the next: it took 0.2 s a test
    finally:
        gc.enable()
        qInstallMessageHandler(before)
    assert not told, f"Qt complained in the teardown: {told}"
    return result


@pytest.fixture(autouse=True)
def no_thread_collects() -> None:
    """Leave unused cycles to the end of the test, in this thread, as the window does (`gui.collector`)."""
    gc.disable()


@pytest.fixture(autouse=True)
def nothing_is_left_or_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that leaves a thread, or during which a warning was logged that it has not cleared away."""
    before = set(threading.enumerate())
    yield
    records = [record for phase in ("setup", "call", "teardown") for record in caplog.get_records(phase)]
    unexpected = [record.getMessage() for record in records if record.levelno >= logging.WARNING]
    end = time.monotonic() + THREAD_END_S
    for thread in set(threading.enumerate()) - before:
        thread.join(max(end - time.monotonic(), 0.0))
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert not unexpected, f"logged and not expected: {unexpected}"
    assert not left, f"threads that go on after the test: {left}"


@pytest.fixture
def child_pytest() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run tests in a process of their own: ``child_pytest(path, *options, **environment)``."""

    def run(path: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        # Not a worker of this run, and not in its folder of temporary files.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path), *options],
            env={**inherited, **environment},
            cwd=Path(__file__).resolve().parent.parent.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )

    return run


@pytest.fixture(scope="session")
def random_weights() -> ModuleType:
    """The module that makes seeded random networks for the tests of inference."""
    path = Path(__file__).resolve().parent.parent / "inference" / "conftest.py"
    spec = importlib.util.spec_from_file_location("random_weights", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def bundle_dir(random_weights: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with random weights: B0 at 128 x 128."""
    from alnreader.model.bundle import write_bundle

    folder = tmp_path_factory.mktemp("models") / "random"
    networks = random_weights.Networks()
    points = [
        {"name": "half", "threshold": 0.5, "sensitivity": 0.8, "specificity": 0.7, "chosen_on": "nothing"},
        {"name": "low", "threshold": 0.2, "sensitivity": 0.9, "specificity": 0.3, "chosen_on": "nothing"},
    ]
    content = random_weights.card_content(operating_points=points)
    write_bundle(folder, content, networks.multitask.state_dict(), networks.multi_instance.state_dict())
    return folder


@pytest.fixture(scope="session")
def machine(bundle_dir: Path) -> Machine:
    """One machine for all tests, as loading takes longest."""
    return Machine(bundle_dir, "cpu")


@pytest.fixture
def runner(qtbot: Any) -> Iterator[TaskRunner]:
    """A runner whose threads have ended when the test has."""
    runner = TaskRunner()
    yield runner
    runner.close()
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("alnreader")]
    assert left == []


@pytest.fixture
def controller(runner: TaskRunner, tmp_path: Path) -> Controller:
    """A controller without a model: the named one is not there."""
    settings = Settings(reader="Dr Lee", model=str(tmp_path / "no-model"), device="cpu")
    # As in the program, not a child of the runner: the garbage collector would delete it twice.
    return Controller(runner, settings, tmp_path / "settings.json")


@pytest.fixture
def reading_controller(controller: Controller, machine: Machine, bundle_dir: Path) -> Controller:
    """A controller with the random network."""
    controller.machine = machine
    return controller


class Told:
    """What the controller said in the status line."""

    def __init__(self, controller: Controller) -> None:
        self.all: list[tuple[str, str]] = []
        controller.message.connect(lambda level, text: self.all.append((level, text)))

    @property
    def errors(self) -> list[str]:
        return [text for level, text in self.all if level == "error"]

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.all)


@pytest.fixture
def window(
    reading_controller: Controller, qapp: QApplication, qtbot: Any, tmp_path: Path
) -> Iterator[MainWindow]:
    """The whole window, with a model to read with."""
    if not qapp.styleSheet():
        theme.apply_theme(qapp, "dark")
    window = MainWindow(reading_controller, tmp_path / "window.json")
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield window
    qtbot.waitUntil(lambda: not reading_controller.runner.busy, timeout=60_000)


@pytest.fixture
def desk(window: MainWindow) -> Controller:
    """The controller of the whole window."""
    return window.controller


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two patients of two pictures."""
    for name in ("Lin", "Wang"):
        place = tmp_path / "pictures" / name
        place.mkdir(parents=True)
        for number in range(2):
            pixels = np.random.default_rng([number, *name.encode()]).integers(0, 255, (150, 190, 3), np.uint8)
            Image.fromarray(pixels).save(place / f"{number}.png")
    return tmp_path / "pictures"


@pytest.fixture
def desks(qtbot: Any, tmp_path: Path) -> Iterator[Callable[..., Controller]]:
    """Start the program's controller on a data folder, as often as asked."""
    started: list[Controller] = []

    def start(data: str = "data", machine: Machine | None = None) -> Controller:
        settings = Settings(reader="Dr Lee", model=str(tmp_path / "no-model"), device="cpu")
        desk = Controller(TaskRunner(), settings, tmp_path / "settings.json")
        if machine is not None:
            desk.machine = machine
        started.append(desk)
        desk.saving.start(tmp_path / data)
        qtbot.waitUntil(lambda: desk.saving.ready, timeout=30_000)
        return desk

    yield start
    for desk in started:
        desk.close()


@pytest.fixture
def keeping_window(desks: Callable[..., Controller], qtbot: Any, qapp: QApplication) -> Iterator[MainWindow]:
    """The whole window, which keeps what is done in it; without a model."""
    if not qapp.styleSheet():
        theme.apply_theme(qapp, "dark")
    window = MainWindow(desks())
    qtbot.addWidget(window)
    window.show()
    yield window
    qtbot.waitUntil(lambda: not window.controller.runner.busy)


@pytest.fixture
def told(controller: Controller) -> Told:
    return Told(controller)


@pytest.fixture
def show(qtbot: Any) -> Callable[[QWidget], QWidget]:
    """Show a panel at the width it has in the window."""

    def shown(panel: QWidget) -> QWidget:
        qtbot.addWidget(panel)
        panel.resize(340, 900)
        with qtbot.waitExposed(panel):
            panel.show()
        return panel

    return shown


@pytest.fixture
def canvas(qtbot: Any) -> CanvasView:
    """A canvas alone, with a grey picture on it."""
    from on_canvas import grey, image_of

    widget = CanvasView()
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    widget.show()
    qtbot.waitExposed(widget)
    widget.set_image(image_of(grey()), grey())
    return widget


@pytest.fixture
def heard(canvas: CanvasView) -> Any:
    """What the canvas told."""
    from on_canvas import Listener

    return Listener(canvas)


def _picture(seed: int) -> np.ndarray:
    """Speckle with a dark ellipse: (150, 190, 3) uint8, grey."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:150, :190]
    centre_x, centre_y = generator.uniform(70, 120), generator.uniform(50, 100)
    inside = ((x - centre_x) / 40) ** 2 + ((y - centre_y) / 25) ** 2 < 1
    grey = generator.gamma(4.0, 20.0, (150, 190)) * np.where(inside, 0.15, 1.0)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.fixture
def make_case() -> Callable[..., Case]:
    """Make a patient with some small pictures, of which the first may be a cine or broken."""

    def make(
        name: str = "P1", images: int = 2, calibrated: bool = True, cine: int = 1, broken: bool = False
    ) -> Case:
        calibration = (CalibrationRegion(0, 0, 189, 149, 0.1, 0.1),) if calibrated else ()

        def image(number: int) -> UltrasoundImage:
            pixels = _picture(number + sum(map(ord, name)))

            def load(frame: int) -> np.ndarray:
                if broken and number == 0:
                    raise UnreadableInputError("0.dcm: the file has changed. Export it again.")
                return pixels

            return UltrasoundImage(
                key=ImageKey(f"1.2.{sum(map(ord, name))}.{number}"),
                source=f"{number}.dcm",
                rows=150,
                columns=190,
                loader=load,
                number_of_frames=cine if number == 0 else 1,
                calibration=calibration,
            )

        return Case(Patient(name), (), tuple(image(number) for number in range(images)))

    return make


@pytest.fixture
def add_session(controller: Controller) -> Callable[..., PatientSession]:
    """Put a patient on the work list and show it."""

    def add(case: Case, mode: ReadingMode = ReadingMode.BLINDED) -> PatientSession:
        session = PatientSession.start(case, HumanReading(mode=mode))
        controller.sessions.append(session)
        controller.enter(session)
        return session

    return add


@pytest.fixture
def disc() -> Callable[..., np.ndarray]:
    """Make a filled ellipse as a mask of the pictures' size."""

    def make(x: float = 80, y: float = 70, half_x: float = 30, half_y: float = 12) -> np.ndarray:
        rows, columns = np.mgrid[:150, :190]
        inside: np.ndarray = ((columns + 0.5 - x) / half_x) ** 2 + ((rows + 0.5 - y) / half_y) ** 2 < 1
        return inside

    return make
