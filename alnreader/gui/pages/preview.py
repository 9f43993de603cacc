"""The report as it will be printed: pages of a PDF, rendered off the main thread."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from alnreader.case.protocol import Event
from alnreader.gui.controller import Controller
from alnreader.gui.pages.page import Page
from alnreader.gui.tasks import Task
from alnreader.gui.widgets import Badge, push_button, text_label, tool_button
from alnreader.gui.widgets.buttons import tip_with_key

_PAGE_WIDTH = 820
"""Logical pixels of a page at 100 %."""
_ZOOMS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


def render_pages(content: bytes, width: int, task: Task | None = None) -> list[QImage]:
    """Render a PDF's pages, each so many pixels wide. For a worker of a pool with one thread.

    PDFium must not be called from two threads at a time.
    """
    import pypdfium2

    pages = []
    document = pypdfium2.PdfDocument(content)
    try:
        for number in range(len(document)):
            if task is not None:
                task.cancel_token.check()
                task.report(number, len(document))
            page = document[number]
            bitmap = page.render(scale=width / page.get_width(), rev_byteorder=True, prefer_bgrx=True)
            image = QImage(
                bytes(bitmap.buffer),
                bitmap.width,
                bitmap.height,
                bitmap.stride,
                QImage.Format.Format_RGBX8888,
            )
            pages.append(image.copy())
            bitmap.close()
            page.close()
    finally:
        document.close()
    return pages


class PreviewPage(Page):
    """Shows `Controller.preview_ready`. Another patient, or another state of the reading, clears it."""

    export_wanted = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Begin empty."""
        super().__init__(self.tr("Report"), parent, width=0, scroll=False)
        self._controller = controller
        self._content = b""
        self._zoom = _ZOOMS.index(1.0)
        self._number = -1
        self._badge = Badge("", "quiet")
        self._count = text_label("", "quiet")
        self.bar.addWidget(self._badge)
        self.bar.addWidget(self._count)
        out, closer = self.tr("Smaller pages"), self.tr("Larger pages")
        self.bar.addWidget(tool_button("zoom-out", out, lambda: self.zoom(-1), shortcut="-"))
        self.bar.addWidget(tool_button("zoom-in", closer, lambda: self.zoom(1), shortcut="+"))
        self.export = push_button(
            self.tr("Export"), self.export_wanted.emit, icon="download", shortcut="Ctrl+E"
        )
        self.bar.addWidget(self.export)
        self._pages = QWidget()
        self._pages_column = QVBoxLayout(self._pages)
        self._pages_column.setSpacing(16)
        self._pages_column.setContentsMargins(0, 16, 0, 16)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.area.setAccessibleName(self.tr("Pages of the report"))
        self.area.setWidget(self._pages)
        self.column.setContentsMargins(0, 0, 0, 0)
        self._empty = text_label(self.tr("The report is being made."), "quiet")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.column.addWidget(self._empty, 1)
        self.column.addWidget(self.area, 1)
        self.area.hide()
        self._badge.hide()
        self.export.setEnabled(False)
        self.setFocusProxy(self.area)
        controller.session_changed.connect(self._session_changed)

    @property
    def pages(self) -> int:
        """So many pages are shown."""
        return self._pages_column.count()

    def show_pdf(self, content: bytes) -> None:
        """Render a report of the current patient."""
        session = self._controller.session
        if session is None:
            return
        self._content = content
        self._number = session.number
        signed = session.signed
        self._badge.set(
            self.tr("signed") if signed else self.tr("not signed"), "good" if signed else "caution"
        )
        self._badge.show()
        self.export.setEnabled(signed)
        tip = session.refusal(Event.EXPORT) or self.tr("Write the signed reading to a folder")
        self.export.setToolTip(tip_with_key(tip, "Ctrl+E"))
        width = round(_PAGE_WIDTH * _ZOOMS[self._zoom] * self.devicePixelRatioF())

        def done(pages: list[QImage] | None, error: Exception | None) -> None:
            if pages is None:
                self._empty.setText(self.tr("The report cannot be shown: {0}").format(error))
            elif self._content is content:
                self._show(pages)

        def work(task: Task) -> Any:
            return render_pages(content, width, task)

        self._controller.runner.submit("files", "preview pages", work, done)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with plus and minus; scroll with the keys that scroll."""
        steps = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}.get(Qt.Key(event.key()), 0)
        if steps:
            self.zoom(steps)
        else:
            super().keyPressEvent(event)

    def zoom(self, steps: int) -> None:
        """Make the pages larger or smaller."""
        zoom = min(max(self._zoom + steps, 0), len(_ZOOMS) - 1)
        if zoom != self._zoom and self._content:
            self._zoom = zoom
            self.show_pdf(self._content)

    def clear(self) -> None:
        """Show nothing."""
        self._content = b""
        self._controller.runner.drop("preview pages")
        self._take_away()
        self._empty.setText(self.tr("The report is being made."))
        self._empty.show()
        self.area.hide()
        self._count.setText("")
        self._badge.hide()
        self.export.setEnabled(False)

    def _take_away(self) -> None:
        while (item := self._pages_column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _session_changed(self) -> None:
        session = self._controller.session
        if (session.number if session is not None else -1) != self._number:
            self.clear()

    def _show(self, pages: list[QImage]) -> None:
        self._take_away()
        ratio = self.devicePixelRatioF()
        for number, page in enumerate(pages, start=1):
            label = QLabel()
            picture = QPixmap.fromImage(page)
            picture.setDevicePixelRatio(ratio)
            label.setPixmap(picture)
            label.setFixedSize(picture.deviceIndependentSize().toSize())
            label.setAccessibleName(self.tr("Page {0} of {1}").format(number, len(pages)))
            self._pages_column.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        self._count.setText(self.tr("Pages: {0}").format(len(pages)))
        self._empty.hide()
        self.area.show()
        self.area.verticalScrollBar().setValue(0)
