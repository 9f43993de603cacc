"""The window's front, laid into its frame: head, start page with drop zone, and foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from alnreader.case.protocol import TABLE, Refusal
from alnreader.gui.header import Header
from alnreader.gui.pages.start import StartPage
from alnreader.gui.status_line import StatusLine
from alnreader.gui.thumbnails import ThumbnailLoader
from alnreader.gui.widgets import Banner

if TYPE_CHECKING:
    from alnreader.gui.main_window import MainWindow

REFUSALS: Final = frozenset(outcome.sentence for outcome in TABLE.values() if isinstance(outcome, Refusal))
"""What the protocol answers where a step is not allowed yet, or no longer: no fault of anything."""


def make_front(window: MainWindow) -> None:
    """Make the front's parts of a window that has its controller."""
    controller = window.controller
    if not hasattr(window, "thumbnails"):  # they stay when the parts are made anew in another language
        window.thumbnails = ThumbnailLoader(controller.runner, window)
    window.header = Header(controller)
    window.fault = Banner(tone="error", closable=True, parent=window)
    window.status = StatusLine(controller)
    window.start = StartPage(controller, window.thumbnails)
    window.stack = QStackedWidget()
    window.stack.addWidget(window.start)
    centre = QWidget()
    centre.setProperty("role", "window")
    window.column = QVBoxLayout(centre)
    window.column.setContentsMargins(0, 0, 0, 0)
    window.column.setSpacing(0)
    window.column.addWidget(window.header)
    window.column.addWidget(window.fault)
    window.column.addWidget(window.stack, 1)
    window.column.addWidget(window.status)
    window.setCentralWidget(centre)
    centre.show()  # a window that is seen already does not show it by itself
