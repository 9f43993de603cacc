"""A place where files are dropped, or opened by a click."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from alnreader.gui import icons, theme
from alnreader.gui.widgets.labels import set_role, text_label


def dropped_paths(mime: QMimeData) -> list[Path]:
    """Return the files of this machine in what is dragged, without addresses of anything else."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()] if mime.hasUrls() else []


class DropZone(QFrame):
    """A dashed field: files dropped on it, a click, Return or Space."""

    dropped = Signal(list)
    clicked = Signal()

    def __init__(self, title: str, hint: str, parent: QWidget | None = None) -> None:
        """Show an invitation and what is accepted."""
        super().__init__(parent)
        set_role(self, role="drop")
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self.setToolTip(hint)
        self._sign = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(self._sign)
        for text, role in ((title, "title"), (hint, "quiet")):
            label = text_label(text, role, wrap=True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addStretch(1)
        theme.signals().changed.connect(self._dress)
        self._dress()

    def _dress(self, _theme: str = "") -> None:
        self._sign.setPixmap(icons.pixmap("folder-open", "accent", 40, self.devicePixelRatioF()))

    def _hover(self, hovered: bool) -> None:
        set_role(self, hovered="true" if hovered else "false")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if dropped_paths(event.mimeData()):
            self._hover(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Look as before."""
        self._hover(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand the files on."""
        self._hover(False)
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take a click."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Return and Space as a click."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keyboard is here."""
        self._hover(True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it is not."""
        self._hover(False)
        super().focusOutEvent(event)
