"""What a test does to the picture with the mouse."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from alnreader.gui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def drag(
    window: MainWindow,
    *places: tuple[float, float],
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Drag over places of the picture, in its pixels."""
    canvas = window.stage.canvas
    spots = [canvas.to_widget(place).toPoint() for place in places]
    QTest.mousePress(canvas, LEFT, held, spots[0])
    for spot in spots[1:]:
        QTest.mouseMove(canvas, spot)
    QTest.mouseRelease(canvas, LEFT, held, spots[-1])


def click(window: MainWindow, *places: tuple[float, float]) -> None:
    """Click on places of the picture one after the other."""
    for place in places:
        QTest.mouseClick(window.stage.canvas, LEFT, pos=window.stage.canvas.to_widget(place).toPoint())


def ready(qtbot: Any, window: MainWindow) -> None:
    """Wait until the picture is decoded."""
    qtbot.waitUntil(lambda: window.stage.canvas.ready)
