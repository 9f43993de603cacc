"""The tools at the canvas's left edge, and under them how the picture is shown."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from alnreader.case.region import RegionKind
from alnreader.gui import icons
from alnreader.gui.actions import Commands
from alnreader.gui.canvas import CanvasView
from alnreader.gui.widgets import tool_button

_EDGE, _GAP = 12, 8
_SIGN = QSize(18, 18)
_UNBOUND = (1 << 24) - 1
"""QWIDGETSIZE_MAX, which PySide6 does not name."""


def _button(action: QAction, icon: str, parent: QWidget) -> QToolButton:
    action.setIcon(icons.icon(icon))
    button = tool_button(icon, action.text(), action=action, parent=parent)
    button.setToolTip(action.toolTip())
    button.setIconSize(_SIGN)
    # A press of the mouse leaves the keyboard with the picture; the tab key still reaches the button.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


class ToolColumn(QObject):
    """Two frames over a canvas: its tools, and its views while there is room for them.

    Parameters
    ----------
    canvas
        What they lie on; its fitted picture keeps clear of them.
    commands
        The registry that has the actions.
    tools
        Names of the tools' actions with their icons, in groups.
    kind
        Name of the action that draws the other kind.
    """

    def __init__(
        self,
        canvas: CanvasView,
        commands: Commands,
        tools: Iterable[Iterable[tuple[str, str]]],
        kind: QAction,
    ) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._shown = False
        self.tools, column = self._frame()
        for group in tools:
            if column.count():
                column.addSpacing(6)
            for name, icon in group:
                column.addWidget(_button(commands[name], icon, self.tools), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(6)
        self.kind_button = QToolButton(self.tools)
        self.kind_button.clicked.connect(kind.trigger)
        self._kind, self._drawn = kind, RegionKind.TUMOUR
        kind.changed.connect(self._follow_kind)
        self.kind_button.setIconSize(_SIGN)
        self.kind_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.kind_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.kind_button.setProperty("role", "kind")
        column.addWidget(self.kind_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.views, self._views_column = self._frame()
        self.show_kind(RegionKind.TUMOUR)
        canvas.installEventFilter(self)

    def _frame(self) -> tuple[QFrame, QVBoxLayout]:
        frame = QFrame(self._canvas)
        frame.setProperty("role", "card")
        frame.setCursor(Qt.CursorShape.ArrowCursor)
        column = QVBoxLayout(frame)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(2)
        frame.hide()
        return frame, column

    def add_view(self, action: QAction, icon: str) -> None:
        """Offer one more way to show the picture."""
        centre = Qt.AlignmentFlag.AlignHCenter
        self._views_column.addWidget(_button(action, icon, self.views), 0, centre)
        self._place()

    def show_kind(self, kind: RegionKind) -> None:
        """Say what is drawn from now on."""
        self._drawn = kind
        node = kind is RegionKind.LYMPH_NODE
        words = self.tr("lymph node") if node else self.tr("tumour")
        sign: QIcon = icons.icon("circle-dot" if node else "circle", "node_sign" if node else "tumour_sign")
        self.kind_button.setIcon(sign)
        self.kind_button.setText(self.tr("N", "node") if node else self.tr("T", "tumour"))
        tip = self.tr("What is drawn: {0}. Click for the other (Shift+T)").format(words)
        why = self._kind.toolTip().partition("\n")[2]
        self.kind_button.setToolTip(f"{tip}\n{why}" if why else tip)
        self.kind_button.setAccessibleName(self.tr("What is drawn: {0}").format(words))
        self._place()

    def _follow_kind(self) -> None:
        """Be offered, or refused with the same reason, as the command is."""
        self.kind_button.setEnabled(self._kind.isEnabled())
        self.show_kind(self._drawn)

    def set_shown(self, shown: bool) -> None:
        """Show or hide everything."""
        self._shown = shown
        self._place()

    def _place(self) -> None:
        """Put the views under the tools where they fit; their keys work without the buttons too."""
        for frame in (self.tools, self.views):
            # A style sheet may have come since, and what is hidden is not dressed yet.
            for widget in (frame, *frame.findChildren(QWidget)):
                widget.ensurePolished()
            frame.setMinimumWidth(0)
            frame.setMaximumWidth(_UNBOUND)
            frame.adjustSize()
        width = max(self.tools.width(), self.views.width())
        self.tools.setFixedWidth(width)
        self.views.setFixedWidth(width)
        self._canvas.set_left_inset(_EDGE + width)
        self.tools.move(_EDGE, _EDGE)
        self.views.move(_EDGE, _EDGE + self.tools.height() + _GAP)
        room = self.views.y() + self.views.height() + _EDGE <= self._canvas.height()
        self.tools.setVisible(self._shown)
        self.views.setVisible(self._shown and room and self._views_column.count() > 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the canvas's height; what is shown first may have been dressed after it was made."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False
