"""A whole reading by mouse and keys, with the shipped model: offscreen, and once on a real X server.

The same test runs twice. Offscreen the hand is Qt's own test events; on the X server, in a process of its
own, it is xdotool, and the events come the way they come from a mouse.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from by_mouse import seen
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QStyle, QStyleOptionSlider, QWidget

from alnreader.case.assessment import NodeStatus
from alnreader.case.image import ImageKey
from alnreader.case.region import Origin
from alnreader.gui import app as program
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession

ON_X = "ALNREADER_TEST_ON_X"
"""Set in the process that works on the X server."""

SCREEN = (1600, 900)
SIZE = (1366, 768)
SLOW = 60_000
STROKE_STEPS = 8


class Hand(Protocol):
    """Mouse and keyboard."""

    def drag(self, widget: QWidget, *points: QPoint) -> None:
        """Press at the first point, move through the others, release."""

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click, in the middle unless told."""

    def key(self, window: QWidget, keys: str) -> None:
        """Type a key with its modifiers, in Qt's notation."""

    def drop(self, window: QWidget, folder: Path) -> None:
        """Drop a folder on the window."""


class QtHand:
    """Test events of Qt's."""

    def drag(self, widget: QWidget, *points: QPoint) -> None:
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=points[0])
        for point in points[1:]:
            QTest.mouseMove(widget, point)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=points[-1])

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        seen(widget)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or widget.rect().center())

    def key(self, window: QWidget, keys: str) -> None:
        QTest.keySequence(window, QKeySequence(keys))

    def drop(self, window: QWidget, folder: Path) -> None:
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(folder))])
        # To the window itself: Qt delivers a drop only out of a drag that the screen has begun.
        event = QDropEvent(
            QPointF(400, 300),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        window.dropEvent(event)


DRAG_SOURCE = """
import sys
from pathlib import Path
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel

class Source(QLabel):
    def mouseMoveEvent(self, event):
        drag = QDrag(self)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag.setMimeData(mime)
        drag.exec(Qt.DropAction.CopyAction)

app = QApplication([])
source = Source("a folder")
source.setGeometry(1420, 100, 150, 100)
source.show()
print("ready", flush=True)
app.exec()
"""


class XHand:
    """xdotool on the X server's own pointer and keyboard."""

    def __init__(self, qtbot: Any) -> None:
        self._qtbot = qtbot

    def _do(self, *words: object) -> None:
        """Let the program run while xdotool moves the mouse, and a moment longer: the events travel."""
        process = subprocess.Popen(["xdotool", *map(str, words)])
        self._qtbot.waitUntil(lambda: process.poll() is not None, timeout=SLOW)
        assert process.returncode == 0, words
        self._qtbot.wait(60)

    @staticmethod
    def _at(widget: QWidget, point: QPoint) -> tuple[int, int]:
        there = widget.mapToGlobal(point)
        return there.x(), there.y()

    def drag(self, widget: QWidget, *points: QPoint) -> None:
        words: list[object] = ["mousemove", *self._at(widget, points[0]), "sleep", 0.03, "mousedown", 1]
        for point in points[1:]:
            words += ["mousemove", *self._at(widget, point), "sleep", 0.01]
        self._do(*words, "sleep", 0.03, "mouseup", 1)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        seen(widget)
        self._do("mousemove", *self._at(widget, at or widget.rect().center()), "sleep", 0.03, "click", 1)

    def key(self, window: QWidget, keys: str) -> None:
        if not window.isActiveWindow():  # no window manager gives it the keyboard
            self._do("windowfocus", int(window.winId()))
            self._qtbot.waitUntil(window.isActiveWindow)
        *modifiers, key = keys.split("+")
        name = {"PgDown": "Next", "PgUp": "Prior"}.get(key, key.lower())
        self._do("key", "+".join([*(one.lower() for one in modifiers), name]))

    def drop(self, window: QWidget, folder: Path) -> None:
        source = subprocess.Popen(
            [sys.executable, "-c", DRAG_SOURCE, str(folder)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert source.stdout is not None
            assert source.stdout.readline() == "ready\n"
            self._qtbot.wait(500)
            x, y = self._at(window, QPoint(500, 400))
            steps: list[object] = []
            for part in (step / 10 for step in range(1, 11)):
                there = round(1490 + (x - 1490) * part), round(150 + (y - 150) * part)
                steps += ["mousemove", *there, "sleep", 0.05]
            self._do("mousemove", 1490, 150, "sleep", 0.1, "mousedown", 1, *steps, "sleep", 0.3, "mouseup", 1)
        finally:
            self._qtbot.wait(300)
            source.kill()
            source.communicate()


@pytest.fixture
def hand(qtbot: Any) -> Hand:
    return XHand(qtbot) if ON_X in os.environ else QtHand()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures of a simulated patient, as DICOM."""
    from alnreader.simulation import simulate_patient, write_dicom

    folder = tmp_path_factory.mktemp("patients") / "simulated"
    write_dicom(simulate_patient(7, images=3), folder, name="Wang^XiaoDong")
    return folder


@pytest.fixture
def window(qtbot: Any, qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    """The program's window as `alnreader.gui.app.run` makes it, with the shipped model."""
    (tmp_path / "settings.json").write_text('{"device": "cpu", "reader": "Dr Lee"}', encoding="utf-8")
    window = program.make_window(tmp_path / "settings.json")
    qtbot.addWidget(window)
    window.move(0, 0)
    window.resize(*SIZE)
    with qtbot.waitExposed(window):
        window.show()
    window.controller.saving.start(tmp_path / "data")
    window.controller.load_model()
    yield window
    window.close()


def points(canvas: Any, *places: tuple[float, float]) -> list[QPoint]:
    """Where on the canvas a line through points of the picture runs, step by step."""
    result = []
    for (x0, y0), (x1, y1) in itertools.pairwise(places):
        for step in range(STROKE_STEPS):
            part = step / STROKE_STEPS
            result.append(canvas.to_widget((x0 + (x1 - x0) * part, y0 + (y1 - y0) * part)).toPoint())
    return [*result, canvas.to_widget(places[-1]).toPoint()]


def handle_of(slider: QSlider) -> QRect:
    """Where a slider is grasped."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    return slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )


def go_to(qtbot: Any, hand: Hand, window: MainWindow, wanted: ImageKey) -> None:
    """Turn to an image by the keys of the film strip."""
    session = window.controller.session
    assert session is not None
    keys = list(session.revisions)
    while session.current != wanted:
        before = session.current
        hand.key(window, "PgDown" if keys.index(wanted) > keys.index(before) else "PgUp")
        qtbot.waitUntil(lambda before=before: session.current != before)
    qtbot.waitUntil(lambda: window.stage.canvas.ready)


def settled(qtbot: Any, session: PatientSession) -> None:
    qtbot.waitUntil(
        lambda: session.visible_score is not None and session.score_full and not session.scoring, timeout=SLOW
    )


def test_a_whole_reading_by_hand(
    qtbot: Any, window: MainWindow, hand: Hand, patient: Path, tmp_path: Path
) -> None:
    from pypdf import PdfReader

    desk, stage, rail = window.controller, window.stage, window.rail
    canvas = stage.canvas
    hand.drop(window, patient)
    qtbot.waitUntil(lambda: desk.session is not None and canvas.ready, timeout=SLOW)
    session = desk.session
    assert session is not None
    assert len(session.case.images) == 3
    assert "Wang" in window.header.text

    # Propose.
    qtbot.waitUntil(lambda: desk.model is not None and bool(desk.device), timeout=SLOW)
    titles: list[str] = []
    desk.progress.connect(lambda title, done, total: titles.append(title))
    hand.click(rail.regions.primary)
    qtbot.waitUntil(lambda: len(session.proposals) == 3 and not desk.runner.busy, timeout=SLOW)
    assert "Outlining" in titles
    assert "CPU" in " ".join(child.toolTip() for child in window.header.findChildren(QWidget))
    regions_of = session.case.regions_of
    shown = next(key for key in session.revisions if regions_of(key))

    # Edit by mouse, undo and redo by keys, across images.
    go_to(qtbot, hand, window, shown)
    before = session.case.regions_of(shown)
    mask = before[0].mask
    rows, columns = mask.any(axis=1).nonzero()[0], mask.any(axis=0).nonzero()[0]
    middle = (float(columns.mean()), float(rows.mean()))
    edge = (float(columns[-1]) + 12.0, middle[1])
    hand.key(window, "B")
    hand.drag(canvas, *points(canvas, middle, edge))
    edited = session.case.regions_of(shown)[0]
    assert edited.origin is Origin.EDITED
    assert edited.mask.sum() > mask.sum()
    assert (edited.mask & mask).sum() == mask.sum()
    go_to(qtbot, hand, window, next(key for key in session.revisions if key != shown))
    go_to(qtbot, hand, window, shown)
    hand.key(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: session.case.regions_of(shown)[0].mask.sum() == mask.sum())
    assert session.case.regions_of(shown)[0].origin is Origin.PROPOSED
    hand.key(window, "Ctrl+Y")
    qtbot.waitUntil(lambda: session.case.regions_of(shown)[0].mask.sum() == edited.mask.sum())
    while rail.regions.primary.text() != "Continue":
        hand.click(rail.regions.primary)
    hand.click(rail.regions.primary)

    # First read, locked; nothing of a score before the reveal.
    assert rail.steps.current == 1
    assert session.score is None
    hand.click(rail.first_read.form.status_buttons[NodeStatus.NEGATIVE], QPoint(12, 12))
    qtbot.keyClick(rail.first_read.form.confidence.slider, Qt.Key.Key_Right)
    hand.click(rail.first_read.primary)
    assert rail.steps.current == 2
    assert not rail.score.content.isVisible()
    hand.click(rail.score.primary)
    settled(qtbot, session)
    first = session.visible_score
    assert first is not None
    assert rail.score.scale.probability == first.probability

    # An edit scores anew, and the former number is not shown meanwhile. The brush was put away by the lock.
    go_to(qtbot, hand, window, shown)
    hand.key(window, "B")
    numbers: list[float | None] = []
    desk.score_changed.connect(lambda: numbers.append(rail.score.scale.probability))
    hand.drag(canvas, *points(canvas, edge, (edge[0] + 25.0, edge[1] + 10.0)))
    settled(qtbot, session)
    second = session.visible_score
    assert second is not None
    assert second.run.revisions != first.run.revisions
    assert numbers[0] is None
    assert first.probability not in numbers or second.probability == first.probability
    assert numbers[-1] == second.probability

    # The heat map, and its opacity by its handle.
    hand.click(rail.score.show_maps, QPoint(10, rail.score.show_maps.height() // 2))
    qtbot.waitUntil(lambda: bool(desk.heat_maps), timeout=SLOW)
    slider = rail.score.opacity.slider
    seen(slider)
    half, right, left = (QPoint(x, 8) for x in (slider.width() // 2, slider.width() - 2, 1))
    hand.drag(slider, handle_of(slider).center(), half, right)
    assert slider.value() > 90
    covered = canvas.grab().toImage()
    hand.drag(slider, handle_of(slider).center(), half, left)
    assert slider.value() < 10
    assert canvas.grab().toImage() != covered

    # Decide, sign, export.
    rail.open(3)
    hand.click(rail.sign.agree, QPoint(10, rail.sign.agree.height() // 2))
    hand.click(rail.sign.primary)
    qtbot.waitUntil(lambda: session.signed)
    exports = tmp_path / "exports"
    exports.mkdir()
    rail.sign.folder_chooser = lambda: str(exports)
    with qtbot.waitSignal(desk.exported, timeout=SLOW):
        hand.click(rail.sign.export)
    (pdf,) = exports.glob("*.pdf")
    text = " ".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert "Wang" in text
    assert "Dr Lee" in text
    assert re.search(rf"\b{100 * second.probability:.0f}\s?%", text.replace("\xa0", " "))


@pytest.mark.skipif(ON_X in os.environ, reason="this is the process on the X server")
def test_the_whole_reading_on_a_real_x_server(
    child_pytest: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    missing = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    reading, writing = os.pipe()
    with (tmp_path / "xvfb.log").open("wb") as log:
        screen = f"{SCREEN[0]}x{SCREEN[1]}x24"
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp"],
            pass_fds=[writing], stdout=log, stderr=log,
        )  # fmt: skip
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        assert number, (tmp_path / "xvfb.log").read_text()
        environment = {ON_X: "1", "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        ended = child_pytest(Path(__file__), "-k", "whole_reading_by_hand", **environment)
    finally:
        server.terminate()
        server.wait(20)
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr
