"""The rail of numbered steps: one is open, finished ones fold to a sentence, locked ones say why."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from alnreader.gui import icons, theme
from alnreader.gui.widgets.buttons import tip_with_key
from alnreader.gui.widgets.labels import rule, set_role


class StepState(StrEnum):
    """Where a step stands."""

    READY = "ready"
    DONE = "done"
    LOCKED = "locked"


_EDGE = 12
_DISC = 22


class _Head(QAbstractButton):
    """A step's head: its number (or a tick, or a lock), its title, and a sentence while it is folded."""

    def __init__(self, number: int, title: str, shortcut: str) -> None:
        super().__init__()
        self._number, self._title, self._shortcut = number, title, shortcut
        self.state = StepState.READY
        self.sentence = ""
        self.open = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.signals().changed.connect(self.update)
        self.tell()

    def tell(self) -> None:
        """Bring the words for tool tip and screen reader up to date, and paint anew."""
        self.setToolTip(tip_with_key(self.sentence or self._title, self._shortcut))
        self.setAccessibleName(f"{self._number} {self._title}")
        self.setAccessibleDescription(self.sentence)
        self.updateGeometry()
        self.update()

    def _sentence_rect(self, width: int) -> QRectF:
        left = _EDGE + _DISC + 10
        metrics = self.fontMetrics()
        flags = int(Qt.TextFlag.TextWordWrap)
        rect = metrics.boundingRect(0, 0, max(width - left - _EDGE, 40), 1000, flags, self.sentence)
        return QRectF(left, 10 + _DISC, width - left - _EDGE, rect.height())

    def sizeHint(self) -> QSize:
        """Return the height of title and sentence at the present width."""
        width = max(self.width(), 200)
        folded = bool(self.sentence) and not self.open
        return QSize(240, 20 + _DISC + (round(self._sentence_rect(width).height()) if folded else 0))

    minimumSizeHint = sizeHint

    def resizeEvent(self, event: object) -> None:
        """Wrap the sentence anew."""
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        locked = self.state is StepState.LOCKED
        if self.underMouse() and not locked and not self.open:
            painter.fillRect(self.rect(), theme.token("hover"))
        disc = QRectF(_EDGE, 10, _DISC, _DISC)
        self._disc(painter, disc)
        painter.setFont(theme.font(strong=True))
        painter.setPen(theme.token("quiet" if locked else "text"))
        title = QRectF(disc.right() + 10, disc.top(), self.width() - disc.right() - 10 - _EDGE, _DISC)
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, self._title)
        if not self.open and not locked:
            sign = icons.pixmap("chevron-down", "quiet", 14, self.devicePixelRatioF())
            painter.drawPixmap(self.width() - _EDGE - 14, round(disc.center().y()) - 7, sign)
        if self.sentence and not self.open:
            painter.setFont(theme.font())
            painter.setPen(theme.token("quiet"))
            painter.drawText(self._sentence_rect(self.width()), Qt.TextFlag.TextWordWrap, self.sentence)
        if self.hasFocus():
            painter.setPen(theme.token("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5), 4, 4)

    def _disc(self, painter: QPainter, disc: QRectF) -> None:
        colour = theme.token("accent" if self.open else "quiet")
        painter.setPen(colour)
        painter.setBrush(theme.token("accent_soft") if self.open else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
        sign = {StepState.DONE: "check", StepState.LOCKED: "lock"}.get(self.state, "")
        if sign:
            name = "good" if self.state is StepState.DONE else "quiet"
            picture = icons.pixmap(sign, name, 13, self.devicePixelRatioF())
            painter.drawPixmap(round(disc.center().x() - 6.5), round(disc.center().y() - 6.5), picture)
        else:
            painter.setFont(theme.font(12, strong=True))
            painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(self._number))


class StepRail(QWidget):
    """Steps from top to bottom, at most one of them open."""

    opened = Signal(int)
    """A step was opened; -1: none is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Begin without steps."""
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._heads: list[_Head] = []
        self._bodies: list[QScrollArea] = []
        self._feet: list[QWidget] = []
        self._current = -1
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)

    def add_step(self, title: str, body: QWidget, shortcut: str = "", foot: QWidget | None = None) -> int:
        """Put a step at the end.

        Parameters
        ----------
        title
            Of the step.
        body
            Its controls; they scroll where they are too tall.
        shortcut
            Named in the tool tip.
        foot
            Stays in sight under the body: the primary button.

        Returns
        -------
        int
            Its place, from 0.
        """
        place = len(self._heads)
        head = _Head(place + 1, title, shortcut)
        head.clicked.connect(lambda: self._clicked(place))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(body)
        area.setVisible(False)
        under = QWidget()
        if foot is not None:
            box = QVBoxLayout(under)
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)
            line = rule()
            inner = QVBoxLayout()
            inner.setContentsMargins(12, 8, 12, 12)
            inner.addWidget(foot)
            box.addWidget(line)
            box.addLayout(inner)
            # The line says that there is more than is seen.
            bar = area.verticalScrollBar()
            bar.rangeChanged.connect(lambda _low, high: set_role(line, more=high > 0))
            set_role(line, more=False)
        under.setVisible(False)
        stretch = self._column.count() - 1
        for offset, widget in enumerate((head, area, under, rule())):
            self._column.insertWidget(stretch + offset, widget)
        self._heads.append(head)
        self._feet.append(under)
        self._bodies.append(area)
        return place

    def set_step(self, index: int, state: StepState, sentence: str = "") -> None:
        """Say where a step stands, and what it says folded. An open step that gets locked is closed."""
        head = self._heads[index]
        head.state, head.sentence = state, sentence
        head.tell()
        if state is StepState.LOCKED and index == self._current:
            self.open(-1)

    def state(self, index: int) -> StepState:
        """Return where a step stands."""
        return self._heads[index].state

    def sentence(self, index: int) -> str:
        """Return what a step says folded."""
        return self._heads[index].sentence

    @property
    def current(self) -> int:
        """The open step, -1 if none is."""
        return self._current

    def open(self, index: int) -> None:
        """Open a step and fold the others; a locked one stays shut."""
        if index >= 0 and self._heads[index].state is StepState.LOCKED:
            return
        if index == self._current:
            return
        # The keyboard goes on in the step that follows, where it was in the one that is folded.
        follow = self._keyboard_in(self._current)
        self._current = index
        for place, (head, body) in enumerate(zip(self._heads, self._bodies, strict=True)):
            head.open = place == index
            body.setVisible(place == index)
            foot = self._feet[place]
            foot.setVisible(place == index and foot.layout() is not None)
            head.tell()
        # The open step takes the height; with none open the rail's end does.
        for place, body in enumerate(self._bodies):
            self._column.setStretchFactor(body, 1 if place == index else 0)
        self._column.setStretch(self._column.count() - 1, 0 if index >= 0 else 1)
        self.opened.emit(index)
        if follow and index >= 0:
            self.take_keyboard()

    def _keyboard_in(self, index: int) -> bool:
        focused = QApplication.focusWidget()
        if index < 0 or focused is None:
            return False
        return self._bodies[index].isAncestorOf(focused) or self._feet[index].isAncestorOf(focused)

    def take_keyboard(self) -> None:
        """Put the keyboard on the open step's button, or before its first control while that is not offered.

        No control gets it unasked: a ring around the first choice would look like a choice.
        """
        if self._current < 0:
            return
        body, foot = self._bodies[self._current].widget(), self._feet[self._current]
        for button in foot.findChildren(QAbstractButton):
            if button.isEnabled() and button.isVisibleTo(self):
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                return
        if body is not None:
            body.setFocus(Qt.FocusReason.OtherFocusReason)

    def _clicked(self, index: int) -> None:
        self.open(-1 if index == self._current else index)
