"""A person with a mouse and a camera: drives the window and pictures it in every size and theme."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from alnreader.gui import theme
from alnreader.gui.main_window import MainWindow
from alnreader.report.figures import inferno

ROOT = Path(__file__).resolve().parent.parent
SHOWN = ROOT / "docs" / "screenshots"
SIZES = ((1366, 768), (2560, 1440))
COMMITTED = (
    "start",
    "proposed",
    "regions",
    "first-read",
    "second-reader",
    "heat-map-beside",
    "final-read",
    "preview",
    "work-list",
    "shortcuts",
)
"""These stand in the repository, at the smaller size; the others are made at any time."""
WAIT_S = 240
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


def commit(source: Path, target: Path) -> None:
    """Keep a picture in few colours: interface and grey tissue need no more."""
    with Image.open(source) as picture:
        few = picture.convert("RGB").quantize(palette=palette(), dither=Image.Dither.NONE)
        few.save(target, optimize=True)


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

    def _dress(self, look: str) -> None:
        """Choose a theme as the preferences do, which then show it."""
        desk = self.window.controller
        desk.change_settings(dataclasses.replace(desk.settings, theme=look))

    def _each(self, picture: Callable[[str], None], before: Callable[[], None] | None = None) -> None:
        """Dress the window in every size and theme; ``before`` is done in each of them."""
        self.number += 1
        for look in self.themes:
            self._dress(look)
            for width, height in self.sizes:
                self.window.resize(width, height)
                _let_run(60)
                self.rest()
                if before is not None:
                    before()
                    _let_run(30)
                picture(look)
        self._dress(self.themes[0])
        self.window.resize(*self.sizes[0])
        _let_run(60)

    def _keep(self, name: str, look: str, popup: QWidget | None = None) -> None:
        size = (self.window.width(), self.window.height())
        folder = self.out / f"{size[0]}x{size[1]}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.number:02d}-{name}-{look}.png"
        picture = self.window.grab()
        if popup is not None:
            painter = QPainter(picture)
            painter.drawPixmap(self.window.width() - popup.width() - 8, 46, popup.grab())
            painter.end()
        picture.save(str(path))
        if name in COMMITTED and size == SIZES[0] and self.out == SHOWN:
            commit(path, SHOWN / f"{name}-{look}.png")

    def shoot(self, name: str, *, told: bool = False, before: Callable[[], None] | None = None) -> None:
        """Picture the window at rest; ``told``: with what the status line says just now."""
        self.rest()
        if not told:
            self.window.status.forget()
        self._each(lambda look: self._keep(name, look), before)
        print(f"{self.number:2d} {name}", flush=True)

    def shoot_menu(self, name: str) -> None:
        """Picture the window with its menu open."""

        def picture(look: str) -> None:
            menu = self.window.header.menu
            menu.popup(self.window.mapToGlobal(QPoint(0, 46)))
            _let_run(60)
            self._keep(name, look, menu)
            menu.hide()

        self._each(picture)
        print(f"{self.number:2d} {name}", flush=True)

    def catch(self, name: str, start: Callable[[], None], least: int, end: Callable[[], None]) -> None:
        """Picture the window while work is under way, with ``least`` parts of it done."""
        controller = self.window.controller

        def picture(look: str) -> None:
            caught: list[bool] = []

            def progress(title: str, done: int, _total: int) -> None:
                if title and done >= least and not caught:
                    caught.append(True)
                    self._keep(name, look)

            controller.progress.connect(progress)
            start()
            self.wait(lambda: caught, f"{name} to get under way")
            controller.progress.disconnect(progress)
            end()
            self.rest()

        self._each(picture)
        print(f"{self.number:2d} {name}", flush=True)

    def press(self, name: str) -> None:
        """Use a command, as its key does."""
        action = self.window.commands[name]
        if not action.isEnabled():
            sys.exit(f"The command {name} is not enabled. Said so far: {self.said}")
        action.trigger()
        _let_run(30)

    def click(self, button: QWidget) -> None:
        """Click in the middle of a button that is offered."""
        if not (button.isEnabled() and button.isVisible()):
            sys.exit(f"The button {button.accessibleName()!r} is not offered. Said so far: {self.said}")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        _let_run(30)

    def click_primary(self) -> None:
        """Click the filled button of the open step."""
        rail = self.window.rail
        self.click(rail.panels[rail.steps.current].primary)

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
