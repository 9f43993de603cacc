"""The tools at the canvas's left edge, and under them how the picture is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QFrame, QGridLayout, QMenu, QToolButton, QWidget

from alnreader.case.region import RegionKind
from alnreader.gui import icons
from alnreader.gui.actions import Commands
from alnreader.gui.canvas import CanvasView
from alnreader.gui.widgets import tool_button
from alnreader.report.sentences import kind_words

_EDGE, _GAP = 12, 8
_MARGIN, _BORDER, _SPACING, _APART = 4, 1, 2, 6
"""Pixels inside a frame, of its line, between buttons, and of the empty row between groups."""

_MOST_COLUMNS: Final = 2
"""More would cover the picture; what has no room in two goes into a menu."""

Groups = Sequence[Sequence[QToolButton]]

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


def _paired(groups: Groups, columns: int) -> Groups:
    """Return the groups for so many columns: one that would leave a button alone goes on with the next."""
    joined: list[list[QToolButton]] = []
    for group in groups:
        kinds = any(button.property("role") == "kind" for button in group)
        if joined and len(joined[-1]) % columns and not kinds:
            joined[-1].extend(group)
        else:
            joined.append(list(group))
    return joined


def _rows(groups: Groups, columns: int) -> list[Sequence[QToolButton]]:
    """Return the rows of some groups, with an empty one between two groups."""
    rows: list[Sequence[QToolButton]] = []
    for group in _paired(groups, columns):
        if group and rows:
            rows.append(())
        rows.extend(group[start : start + columns] for start in range(0, len(group), columns))
    return rows


def _height(groups: Groups, columns: int) -> int:
    """Return how high a frame with some groups of buttons is; 0 without any."""
    rows = _rows(groups, columns)
    heights = [max((button.sizeHint().height() for button in row), default=_APART) for row in rows]
    return sum(heights) + _SPACING * (len(rows) - 1) + 2 * (_MARGIN + _BORDER) if rows else 0


def _arrange(frame: QFrame, groups: Groups, columns: int) -> None:
    """Show these buttons of a frame in so many columns, and no others."""
    grid = frame.layout()
    assert isinstance(grid, QGridLayout)
    for row in range(grid.rowCount()):
        grid.setRowMinimumHeight(row, 0)
    shown = [button for group in groups for button in group]
    for button in frame.findChildren(QToolButton):
        grid.removeWidget(button)
        button.setVisible(button in shown)
    for row, buttons in enumerate(_rows(groups, columns)):
        if not buttons:
            grid.setRowMinimumHeight(row, _APART)
        for place, button in enumerate(buttons):
            span = columns if len(buttons) == 1 else 1
            grid.addWidget(button, row, place, 1, span, Qt.AlignmentFlag.AlignHCenter)


class ToolColumn(QObject):
    """Two frames over a canvas: its tools, and its views. A second column, then a menu, when it gets low.

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
        self._arranged: tuple[int, Groups, Groups] | None = None
        self.tools, self.views = self._frame(), self._frame()
        self._tools = [[_button(commands[name], icon, self.tools) for name, icon in group] for group in tools]
        self._edits: list[QToolButton] = []
        self._views: list[QToolButton] = []
        self.kind_button = QToolButton(self.tools)
        self.kind_button.clicked.connect(kind.trigger)
        self._kind, self._drawn = kind, RegionKind.TUMOUR
        kind.changed.connect(self._follow_kind)
        self.kind_button.setIconSize(_SIGN)
        self.kind_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.kind_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.kind_button.setProperty("role", "kind")
        self._menu = QMenu(self.views)
        self._menu.setToolTipsVisible(True)
        self.more = tool_button("menu", self.tr("More tools and views"), parent=self.views)
        self.more.setIconSize(_SIGN)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu)
        self.more.setProperty("role", "more")
        self.show_kind(RegionKind.TUMOUR)
        canvas.installEventFilter(self)

    def _frame(self) -> QFrame:
        frame = QFrame(self._canvas)
        frame.setProperty("role", "card")
        frame.setCursor(Qt.CursorShape.ArrowCursor)
        grid = QGridLayout(frame)
        grid.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        grid.setSpacing(_SPACING)
        frame.hide()
        return frame

    def add_edit(self, action: QAction, icon: str) -> None:
        """Offer something that is done to the chosen region at once."""
        self._edits.append(_button(action, icon, self.tools))
        self._place()

    def add_view(self, action: QAction, icon: str) -> None:
        """Offer one more way to show the picture."""
        self._views.append(_button(action, icon, self.views))
        self._place()

    def show_kind(self, kind: RegionKind) -> None:
        """Say what is drawn from now on."""
        self._drawn = kind
        node = kind is RegionKind.LYMPH_NODE
        sign: QIcon = icons.icon("circle-dot" if node else "circle", "node_sign" if node else "tumour_sign")
        self.kind_button.setIcon(sign)
        self.kind_button.setText(self.tr("N", "node") if node else self.tr("T", "tumour"))
        tip = self.tr("What is drawn: {0}. Click for the other (Shift+T)").format(kind_words(kind))
        why = self._kind.toolTip().partition("\n")[2]
        self.kind_button.setToolTip(f"{tip}\n{why}" if why else tip)
        self.kind_button.setAccessibleName(self.tr("What is drawn: {0}").format(kind_words(kind)))
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
        """Put the views under the tools: in one column, in two, or what is left over in a menu."""
        for frame in (self.tools, self.views):
            # A style sheet may have come since, and what is hidden is not dressed yet.
            for widget in (frame, *frame.findChildren(QWidget)):
                widget.ensurePolished()
        columns, left_over = self._fitting()
        tools, views = self._groups(left_over)
        if self._arranged != (columns, tools, views):
            self._arranged = columns, tools, views
            _arrange(self.tools, tools, columns)
            _arrange(self.views, views, columns)
            self._menu.clear()
            self._menu.addActions([button.defaultAction() for button in left_over])
            for one, other in pairwise([button for group in (*tools, *views) for button in group]):
                QWidget.setTabOrder(one, other)
        for frame in (self.tools, self.views):
            frame.setMinimumWidth(0)
            frame.setMaximumWidth(_UNBOUND)
            frame.adjustSize()
        width = max(self.tools.width(), self.views.width())
        self.tools.setFixedWidth(width)
        self.views.setFixedWidth(width)
        self._canvas.set_left_inset(_EDGE + width)
        self.tools.move(_EDGE, _EDGE)
        self.views.move(_EDGE, _EDGE + self.tools.height() + _GAP)
        self.tools.setVisible(self._shown)
        self.views.setVisible(self._shown and bool(self._views or left_over))

    def _groups(self, left_over: Sequence[QToolButton]) -> tuple[Groups, Groups]:
        """Return the tools and the views without what goes into the menu."""
        tools = [[one for one in group if one not in left_over] for group in (*self._tools, self._edits)]
        views = [one for one in self._views if one not in left_over]
        return [*tools, [self.kind_button]], [[*views, self.more] if left_over else views]

    def _fitting(self) -> tuple[int, Sequence[QToolButton]]:
        """Return in how many columns the buttons fit, and what goes into the menu even so: the last first."""
        room = self._canvas.height() - 2 * _EDGE - _GAP

        def fits(columns: int, left_over: Sequence[QToolButton]) -> bool:
            return sum(_height(part, columns) for part in self._groups(left_over)) <= room

        for columns in range(1, _MOST_COLUMNS + 1):
            if fits(columns, ()):
                return columns, ()
        movable = [one for group in (*self._tools, self._edits) for one in group] + self._views
        first = next((n for n in range(len(movable) - 1, 0, -1) if fits(_MOST_COLUMNS, movable[n:])), 0)
        return _MOST_COLUMNS, movable[first:]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the canvas's height; what is shown first may have been dressed after it was made."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False
