"""The window's parts made anew, in another language, with everything where it was.

What a window is made of says its words when it is made. So it is made again, on the same controller: one way
for every text, and none that a new part could forget (docs/decisions/0151-switching-language.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QMetaMethod, QObject, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QStackedWidget,
    QWidget,
)

if TYPE_CHECKING:
    from alnreader.gui.main_window import MainWindow


_LATER_MS = 500

Field = TypeVar("Field", bound=QWidget)


def rebuild(window: MainWindow, build: Callable[[], None]) -> None:
    """Make the parts of a window anew.

    Parameters
    ----------
    window
        Stays itself; its parts become others.
    build
        Makes the parts and listens to the controller.
    """
    stage, rail, commands, status = window.stage, window.rail, window.commands, window.status
    pacs, deidentify, splitter = window.pacs, window.deidentify, window.splitter
    place, scrolled = window.stack.currentIndex(), _scroll_of(window.stack)
    playing = stage.player.playing
    stage.player.pause()
    controller = window.controller
    for sender in (controller, controller.saving, window.pacs_desk, window.thumbnails):
        _let_go(sender)
    former = window.takeCentralWidget()
    commands.retire(former)
    for helper in (window.reading_commands, window.case_commands, window.window_commands):
        helper.setParent(former)
    build()
    window.splitter.restoreState(splitter.saveState())
    window.commands.take_over(commands)
    window.stage.take_over(stage, playing)
    window.status.take_over(status)
    window.rail.take_over(rail)
    for old, new in (
        (rail.first_read, window.rail.first_read),
        (rail.score, window.rail.score),
        (rail.sign, window.rail.sign),
        (pacs, window.pacs),
        (deidentify, window.deidentify),
    ):
        carry_fields(old, new)
    window.pacs.take_over(pacs)
    window.deidentify.take_over(deidentify)
    window.stack.setCurrentIndex(min(place, window.stack.count() - 1))
    # The page has no height yet.
    QTimer.singleShot(0, window.stack, lambda: _scroll(window.stack, scrolled))
    if former is not None:
        former.setParent(window)
        former.hide()
        _take_down(former, window)


def _take_down(former: QWidget, window: MainWindow) -> None:
    """Delete what is not shown any more, once no worker can bring it anything."""
    if window.controller.runner.busy:
        QTimer.singleShot(_LATER_MS, former, lambda: _take_down(former, window))
    else:
        former.deleteLater()


def carry_fields(old: QWidget, new: QWidget) -> None:
    """Fill the fields of a widget as those of another one of the same class are, typed and chosen."""
    for before, after in zip(_fields(old, QLineEdit), _fields(new, QLineEdit), strict=True):
        if after.text() != before.text():
            after.setText(before.text())
    for noted, note in zip(_fields(old, QPlainTextEdit), _fields(new, QPlainTextEdit), strict=True):
        if note.toPlainText() != noted.toPlainText():
            note.setPlainText(noted.toPlainText())
    for chosen, choice in zip(_fields(old, QComboBox), _fields(new, QComboBox), strict=True):
        choice.setCurrentIndex(chosen.currentIndex())
    for pressed, button in zip(_fields(old, QAbstractButton), _fields(new, QAbstractButton), strict=True):
        if button.isCheckable() and button.isChecked() != pressed.isChecked():
            button.setChecked(pressed.isChecked())
    for pulled, slider in zip(_fields(old, QSlider), _fields(new, QSlider), strict=True):
        slider.setValue(pulled.value())


def _fields(widget: QWidget, kind: type[Field]) -> list[Field]:
    parts = widget.findChildren(kind)
    return [part for part in parts if not isinstance(part.parent(), QAbstractSpinBox | QComboBox)]


def _let_go(sender: QObject) -> None:
    """Let nobody hear a sender's own signals any more: all who do are parts that are taken down."""
    meta = sender.metaObject()
    # Not from the meta object's own offset: PySide lays a dynamic one over that of the class.
    for number in range(QObject().metaObject().methodCount(), meta.methodCount()):
        method = meta.method(number)
        name = method.name().toStdString()
        if name.startswith("_"):
            continue  # what a sender tells itself
        if method.methodType() is QMetaMethod.MethodType.Signal and sender.isSignalConnected(method):
            getattr(sender, name).disconnect()


def _scroll_of(stack: QStackedWidget) -> list[int]:
    page = stack.currentWidget()
    areas = [] if page is None else page.findChildren(QAbstractScrollArea)
    return [area.verticalScrollBar().value() for area in areas]


def _scroll(stack: QStackedWidget, values: list[int]) -> None:
    page = stack.currentWidget()
    if page is not None:
        page.setFocus()
        for area, value in zip(page.findChildren(QAbstractScrollArea), values, strict=False):
            area.verticalScrollBar().setValue(value)
