"""Labels in the style sheet's roles."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget


def set_role(widget: QWidget, **properties: object) -> None:
    """Set properties that the style sheet asks for (``role``, ``tone``, ``hovered``) and dress it anew."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    for each in (widget, *widget.findChildren(QLabel, options=Qt.FindChildOption.FindDirectChildrenOnly)):
        each.style().unpolish(each)
        each.style().polish(each)
    widget.update()


def plain_tip(text: str) -> str:
    """Return a tool tip, or the text of a message box, that shows a text as it is.

    Names and reasons come from files, and Qt takes what looks like markup for markup: it would hide part of
    a name, or load the picture that a file names.
    """
    if not Qt.mightBeRichText(text):
        return text
    import html  # not for the window's front

    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>"


def text_label(
    text: str = "", role: str = "", *, wrap: bool = False, parent: QWidget | None = None
) -> QLabel:
    """Return a plain label: ``caption, quiet, strong, title, heading, caution, error, number`` or none."""
    label = QLabel(text, parent)
    # Names and reasons come from files: none of them is ever taken for markup.
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    if wrap:
        label.setWordWrap(True)
        label.setMinimumWidth(1)
    return label


def rule(*, upright: bool = False) -> QFrame:
    """Return a thin line between two parts."""
    frame = QFrame()
    frame.setProperty("role", "upright" if upright else "line")
    return frame


class ElidedLabel(QLabel):
    """One line that ends in an ellipsis where it is too long; its tool tip then says it whole."""

    def __init__(
        self,
        text: str = "",
        role: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        """Show the text; ``mode`` says where it is cut."""
        super().__init__(text, parent)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)

    def minimumSizeHint(self) -> QSize:
        """Allow any width from a few letters up."""
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out anew whether it is cut."""
        super().resizeEvent(event)
        self._tell()

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())

    def _tell(self) -> None:
        self.setToolTip(plain_tip(self.text()) if self._shown() != self.text() else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, self._shown())


class HintLabel(QLabel):
    """A quiet sentence that says what to do here; hidden while it is empty."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        """Show the sentence."""
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(1)
        self.setProperty("role", "quiet")
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show another sentence, or hide."""
        super().setText(text)
        self.setVisible(bool(text) and (self.parentWidget() is not None))
