"""What a test does to the picture and the buttons, what it sees, and what is typed that no key has."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QRadioButton, QScrollArea, QToolButton, QWidget

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


def shot(window: MainWindow) -> QImage:
    """The canvas as it is seen, without what follows the mouse."""
    window.stage.canvas.handler.hover(None)
    return window.stage.canvas.grab().toImage()


def ready(qtbot: Any, window: MainWindow) -> None:
    """Wait until the picture is decoded."""
    qtbot.waitUntil(lambda: window.stage.canvas.ready)


def seen(widget: QWidget) -> None:
    """Scroll to a widget, as its user would, and make sure that it can be clicked."""
    QApplication.processEvents()  # what has just changed has its place only then
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
    # A hand waits until nothing moves under it any more.
    before = None
    while (place := (widget.mapToGlobal(QPoint()), widget.size())) != before:
        before = place
        QTest.qWait(50)
    assert widget.isVisible(), widget
    assert widget.isEnabled(), widget
    assert not widget.visibleRegion().isEmpty(), widget


def press(widget: QWidget, at: QPoint | None = None) -> None:
    """Click on a widget once it can be seen and is still: in the middle, or on the sign of a check box."""
    seen(widget)
    if at is None:
        sign = isinstance(widget, QCheckBox | QRadioButton)
        at = QPoint(10, widget.height() // 2) if sign else widget.rect().center()
    QTest.mouseClick(widget, LEFT, pos=at)


def compose(field: QWidget, text: str) -> None:
    """Enter signs as an input method does; `QTest.keyClicks` knows Latin ones alone."""
    press(field)
    entered = QInputMethodEvent()
    entered.setCommitString(text)
    QApplication.sendEvent(field, entered)


def take_up(window: MainWindow, tool: str) -> None:
    """Choose a tool by its button on the canvas."""
    buttons = window.stage.column.tools.findChildren(QToolButton)
    press(next(one for one in buttons if one.defaultAction() is window.commands[f"tool_{tool}"]))
