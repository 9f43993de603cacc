"""The start page: drop zone, recent cases, and the ways in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QImage, QKeyEvent, QMouseEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from alnreader.gui import icons, theme
from alnreader.gui.controller import Controller
from alnreader.gui.header import day_words
from alnreader.gui.pages.aftermath import Recovery
from alnreader.gui.pages.words import kept_progress_words, kept_state_words, progress_words, state_words
from alnreader.gui.thumbnails import ThumbnailLoader
from alnreader.gui.widgets import (
    DropZone,
    ElidedLabel,
    FlowLayout,
    plain_tip,
    push_button,
    set_role,
    text_label,
)

if TYPE_CHECKING:
    from alnreader.case.image import ImageKey
    from alnreader.store.rows import CaseRow

_CARD = (322, 76)
_MOST_CARDS = 8  # as many as have a picture: `store.rows.PICTURED`


class Card(QFrame):
    """A case to open by a click, Return or Space."""

    chosen = Signal()

    def __init__(self, title: str, lines: tuple[str, str], sign: str, parent: QWidget | None = None) -> None:
        """Show a title and two quiet lines beside a picture or a sign."""
        super().__init__(parent)
        set_role(self, role="card")
        self.setFixedSize(*_CARD)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.setAccessibleDescription(", ".join(lines))
        self.setToolTip(plain_tip("\n".join((title, *lines))))
        self.picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.picture.setFixedSize(56, 56)
        self.picture.setPixmap(icons.pixmap(sign, "quiet", 28, self.devicePixelRatioF()))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(ElidedLabel(title, "strong"))
        words.addWidget(ElidedLabel(lines[0], "caption", Qt.TextElideMode.ElideMiddle))
        words.addWidget(ElidedLabel(lines[1], "caption"))
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self.picture)
        row.addLayout(words, 1)

    def set_picture(self, image: QImage) -> None:
        """Show a thumbnail instead of the sign, cut to the square."""
        ratio = self.devicePixelRatioF()
        edge = round(56 * ratio)
        scaled = QPixmap.fromImage(image).scaled(
            edge,
            edge,
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )
        x, y = (scaled.width() - edge) // 2, (scaled.height() - edge) // 2
        cut = scaled.copy(x, y, edge, edge)
        cut.setDevicePixelRatio(ratio)
        self.picture.setPixmap(cut)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up."""
        set_role(self, hovered="true")

    def leaveEvent(self, event: QEvent) -> None:
        """Go back."""
        set_role(self, hovered="false")

    def focusInEvent(self, event: object) -> None:
        """Show that the keyboard is here."""
        set_role(self, current="true")

    def focusOutEvent(self, event: object) -> None:
        """Show that it is not."""
        set_role(self, current="false")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take a click."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Return and Space as a click."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


class StartPage(QWidget):
    """What is seen before a patient is open."""

    folder_wanted = Signal()
    files_wanted = Signal()
    pacs_wanted = Signal()

    def __init__(
        self, controller: Controller, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        """Follow the controller's work list and recent paths."""
        super().__init__(parent)
        self._controller = controller
        self._thumbnails = thumbnails
        self._waiting: dict[ImageKey, Card] = {}
        self.setProperty("role", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.drop = DropZone(
            self.tr("Drop an examination here"),
            self.tr("A DICOM folder, a DICOMDIR, a zip, single files, or PNG and JPEG pictures"),
        )
        self.drop.setMinimumHeight(180)
        self.drop.setMaximumHeight(320)
        self.drop.dropped.connect(controller.open_paths)
        self.drop.clicked.connect(self.folder_wanted)
        self.folder_button = push_button(
            self.tr("Open folder"),
            self.folder_wanted.emit,
            icon="folder-open",
            role="primary",
            shortcut="Ctrl+O",
        )
        self.files_button = push_button(
            self.tr("Open files"), self.files_wanted.emit, icon="file-plus", shortcut="Ctrl+Shift+O"
        )
        self.demo_button = push_button(
            self.tr("Open demo patient"),
            controller.open_demo,
            icon="sparkles",
            tip=self.tr("A simulated patient, made on this computer"),
            shortcut="Ctrl+D",
        )
        self.pacs_button = push_button(
            self.tr("Query PACS"), self.pacs_wanted.emit, icon="search", shortcut="Ctrl+Shift+P"
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self.folder_button, self.files_button, self.pacs_button, self.demo_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._cards_title = text_label(self.tr("Recent cases"), "strong")
        self._cards_box = QWidget()
        self._cards = FlowLayout(self._cards_box, spacing=12)
        self._empty = text_label(
            self.tr(
                "Cases that you open will stand here. Nothing leaves this computer but to a PACS you name."
            ),
            "quiet",
        )
        self._kept_pictures: dict[str, QImage] = {}
        self._stale = False
        self.recovery = Recovery(controller, self)
        self._notices = QVBoxLayout()
        self._notices.setSpacing(12)
        self._notices.addWidget(self.recovery)
        content = QWidget()
        content.setMaximumWidth(1040)
        column = QVBoxLayout(content)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addStretch(1)
        column.addLayout(self._notices)
        column.addWidget(self.drop, 4)
        column.addLayout(buttons)
        column.addSpacing(8)
        column.addWidget(self._cards_title)
        column.addWidget(self._empty)
        column.addWidget(self._cards_box)
        column.addStretch(1)
        middle = QWidget()
        sides = QHBoxLayout(middle)
        sides.addStretch(1)
        sides.addWidget(content, 100)
        sides.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(middle)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        thumbnails.ready.connect(self._picture)
        controller.worklist_changed.connect(self._changed)
        controller.settings_changed.connect(self._changed)
        theme.signals().changed.connect(self._redress)
        self.refresh()

    def add_notice(self, notice: QWidget) -> None:
        """Show something above the ways in."""
        self._notices.addWidget(notice)

    def _changed(self) -> None:
        """Make the cards anew, but not behind a picture at every stroke."""
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        if self._stale:
            self.refresh()
        super().showEvent(event)

    @property
    def cards(self) -> list[Card]:
        """The cards, open cases first."""
        return [card for card in self._cards_box.findChildren(Card) if not card.isHidden()]

    def _redress(self, _theme: str) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Make the cards anew: patients that are open, readings that were kept, else folders opened last."""
        self._stale = False
        self._cards.clear()
        self._waiting.clear()
        count = 0
        for index, session in enumerate(self._controller.sessions):
            card = Card(
                session.case.patient.label,
                (state_words(session), progress_words(session)),
                "user",
                self._cards_box,
            )
            card.chosen.connect(lambda index=index: self._controller.open_session(index))
            self._cards.addWidget(card)
            image = session.case.images[0]
            self._waiting[image.key] = card
            thumbnail = self._thumbnails.request(image)
            if thumbnail is not None:
                card.set_picture(thumbnail)
            count += 1
        rows = self._controller.saving.stored_rows()[: max(0, _MOST_CARDS - count)]
        # Of those on the page, not of every case that ever was: the program runs for days.
        self._kept_pictures = {
            row.id: self._kept_pictures.get(row.id) or QImage.fromData(row.thumbnail)
            for row in rows
            if row.thumbnail
        }
        for row in rows:
            self._add_kept(row)
            count += 1
        saving = self._controller.saving
        listed = saving.ready or not saving.active
        if listed and count == 0:  # else a folder's card would stand beside those of the cases in it
            for entry in self._controller.settings.recent[:_MOST_CARDS]:
                self._add_recent(Path(entry))
                count += 1
        self._cards_title.setVisible(count > 0)
        self._cards_box.setVisible(count > 0)
        self._empty.setVisible(count == 0)
        self._cards_box.updateGeometry()

    def _add_kept(self, row: CaseRow) -> None:
        when = self.tr("changed {0}").format(day_words(row.changed.astimezone().date()))
        state = f"{kept_state_words(row.state, row.mode, row.amended)} · {when}"
        progress = kept_progress_words(row.confirmed, row.images)
        card = Card(row.patient, (state, progress), "user", self._cards_box)
        if row.id in self._kept_pictures:
            card.set_picture(self._kept_pictures[row.id])
        card.chosen.connect(lambda: self._controller.open_kept(row.id))
        self._cards.addWidget(card)

    def _add_recent(self, path: Path) -> None:
        try:
            when = datetime.fromtimestamp(path.stat().st_mtime).date()
            stamp = day_words(when)
            there = True
        except OSError:
            stamp, there = self.tr("no longer there"), False
        demo = path.name.startswith("demo-patient")
        title = self.tr("Demo patient") if demo else path.name
        card = Card(title, (str(path.parent), stamp), "sparkles" if demo else "folder", self._cards_box)
        card.setToolTip(plain_tip(str(path)))
        card.setEnabled(there)
        card.chosen.connect(lambda: self._controller.open_paths([path]))
        self._cards.addWidget(card)

    def _picture(self, key: ImageKey, image: QImage) -> None:
        card = self._waiting.get(key)
        if card is not None:
            card.set_picture(image)
