"""After an unexpected end: the readings that were open are offered again, and a description of the fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from alnreader.gui.controller import Controller
from alnreader.gui.crash import CrashReport
from alnreader.gui.pages.page import Page
from alnreader.gui.widgets import push_button, set_role, text_label

if TYPE_CHECKING:
    from alnreader.gui.pages.start import StartPage

_MOST_NAMES = 6


class Recovery(QFrame):
    """Offers the readings that a program had open when it ended; hidden where there are none."""

    def __init__(self, controller: Controller, parent: QWidget) -> None:
        """Follow the controller's store. Without a parent it would be a window of its own."""
        super().__init__(parent)
        self._controller = controller
        set_role(self, role="card")
        self._title = text_label("", "strong", wrap=True)
        self._names = text_label("", "quiet", wrap=True)
        self.reopen = push_button(self.tr("Open them again"), self._reopen, icon="history")
        self.leave = push_button(self.tr("Not now"), controller.saving.dismiss)
        self.leave.setToolTip(self.tr("They stay on the work list"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._names)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(self.leave)
        row.addWidget(self.reopen)
        controller.saving.rows_changed.connect(self.refresh)
        controller.session_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say which readings wait."""
        rows = self._controller.saving.unfinished
        self.setVisible(bool(rows))
        if not rows:
            return
        count = len(rows)
        self._title.setText(
            self.tr("The program ended unexpectedly. Every action of %n reading(s) was kept.", "", count)
        )
        names = ", ".join(row.patient for row in rows[:_MOST_NAMES])
        self._names.setText(names if count <= _MOST_NAMES else self.tr("{0} and others").format(names))
        self.setAccessibleName(self._title.text())

    def _reopen(self) -> None:
        for row in self._controller.saving.unfinished[::-1]:
            self._controller.open_kept(row.id)  # the one changed last is shown in the end


class CrashNotice(QFrame):
    """Tells that a description of the last fault lies here; hidden where there is none."""

    wanted = Signal()

    def __init__(self, report: CrashReport, parent: QWidget) -> None:
        """Show the notice where the report has a text. Without a parent it would be a window of its own."""
        super().__init__(parent)
        set_role(self, role="card")
        text = text_label(
            self.tr(
                "The program met a fault. A description without any patient data was saved on this computer."
            ),
            "quiet",
            wrap=True,
        )
        self.show_button = push_button(self.tr("Show"), self.wanted.emit, icon="file-text")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.addWidget(text, 1)
        row.addWidget(self.show_button)
        self.setVisible(bool(report.text))


class CrashPage(Page):
    """The description of the last fault: to be read, copied, and put away. It goes nowhere by itself."""

    def __init__(self, report: CrashReport, parent: QWidget | None = None) -> None:
        """Show a report."""
        super().__init__(self.tr("What went wrong"), parent, width=900, scroll=False)
        self._report = report
        self.column.addWidget(
            text_label(
                self.tr(
                    "This text holds no patient data: places in the program, versions, and kinds of errors. "
                    "It was saved on this computer only and is sent nowhere. Copy it into a message to "
                    "whoever looks after the program."
                ),
                wrap=True,
            )
        )
        self.text = QPlainTextEdit(report.text)
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("Description of the fault"))
        self.column.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.addWidget(text_label(str(report.path), "quiet", wrap=True), 1)
        row.addWidget(push_button(self.tr("Copy"), self._copy, icon="file-text"))
        self.put_away = push_button(self.tr("Put away"), self._put_away, icon="check")
        row.addWidget(self.put_away)
        self.column.addLayout(row)

    def _copy(self) -> None:
        self.text.selectAll()
        self.text.copy()

    def _put_away(self) -> None:
        self._report.put_away()
        self.left.emit()


def show_crash(
    start: StartPage,
    stack: QStackedWidget,
    go: Callable[[QWidget], None],
    back: Callable[[], None],
    report: CrashReport,
) -> None:
    """Put notice and page of a fault into the window."""
    page, notice = CrashPage(report), CrashNotice(report, start)
    stack.addWidget(page)
    start.add_notice(notice)
    notice.wanted.connect(lambda: go(page))
    page.left.connect(back)
    page.put_away.clicked.connect(notice.hide)
