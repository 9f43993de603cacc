"""The film strip: every image of the patient with what is known of it."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QPixmapCache, QResizeEvent
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.language import told
from alnreader.case.region import Region, RegionKind
from alnreader.gui import icons, theme
from alnreader.gui.controller import Controller
from alnreader.gui.panels import words
from alnreader.gui.session import PatientSession
from alnreader.gui.thumbnails import ThumbnailLoader
from alnreader.gui.widgets import plain_tip

_PICTURE = QSize(136, 96)
_MARGIN = 8
_LINE = 18
_KEY = Qt.ItemDataRole.UserRole
_LINES = Qt.ItemDataRole.UserRole + 1
_KINDS = Qt.ItemDataRole.UserRole + 2
_OUT = Qt.ItemDataRole.UserRole + 3
_CINE = Qt.ItemDataRole.UserRole + 4
_PIXELS = Qt.ItemDataRole.UserRole + 5
_CURRENT = Qt.ItemDataRole.UserRole + 6
_TIP = Qt.ItemDataRole.UserRole + 7

_Index = QModelIndex | QPersistentModelIndex


def _shrunk(picture: QImage, size: QSize, ratio: float) -> QPixmap:
    """Return a thumbnail in the size it is shown in, made once: the strip is painted at every stroke."""
    name = f"film {picture.cacheKey()} {size.width()} {size.height()} {ratio}"
    made = QPixmap()
    if not QPixmapCache.find(name, made):
        pixels = (size.toSizeF() * ratio).toSize()
        smooth = Qt.TransformationMode.SmoothTransformation
        made = QPixmap.fromImage(picture.scaled(pixels, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))
        made.setDevicePixelRatio(ratio)
        QPixmapCache.insert(name, made)
    return made


def _put(item: QListWidgetItem, role: int, value: object) -> None:
    """Change what an item holds, if it is another: a change paints it again."""
    if item.data(role) != value:
        item.setData(role, value)


class _Delegate(QStyledItemDelegate):
    """Paints one image: thumbnail, badges, and two lines of words."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(_PICTURE.width() + 2 * _MARGIN, _PICTURE.height() + 2 * _LINE + 2 * _MARGIN + 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(2, 2, -2, -2)
        current, chosen = bool(index.data(_CURRENT)), bool(option.state & QStyle.StateFlag.State_Selected)
        if current or chosen:
            painter.setPen(QPen(theme.token("accent"), 2) if current else Qt.PenStyle.NoPen)
            painter.setBrush(theme.token("accent_soft"))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.token("hover"))
            painter.drawRoundedRect(rect, theme.RADIUS, theme.RADIUS)
        out = bool(index.data(_OUT))
        frame = QRectF(
            rect.center().x() - _PICTURE.width() / 2, rect.top() + 6, _PICTURE.width(), _PICTURE.height()
        )
        self._picture(painter, frame, index.data(_PIXELS), out)
        self._badges(painter, frame, index)
        name, state = index.data(_LINES)
        top = frame.bottom() + 3
        for place, (text, token) in enumerate(((name, "text"), (state, "quiet"))):
            painter.setFont(theme.font(theme.CAPTION_PIXELS, strong=place == 0 and current))
            painter.setPen(theme.token(token))
            line = QRectF(frame.left(), top + place * _LINE, frame.width(), _LINE)
            mode = Qt.TextElideMode.ElideMiddle if place == 0 else Qt.TextElideMode.ElideRight
            text = painter.fontMetrics().elidedText(text, mode, int(line.width()))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    @staticmethod
    def _picture(painter: QPainter, frame: QRectF, picture: QImage | None, out: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.token("canvas"))
        painter.drawRoundedRect(frame, 3, 3)
        if picture is None:
            return
        size = picture.size().scaled(frame.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(frame.center())
        device = painter.device()
        painter.setOpacity(0.35 if out else 1.0)
        painter.drawPixmap(
            target.topLeft(), _shrunk(picture, size, device.devicePixelRatioF() if device else 1.0)
        )
        painter.setOpacity(1.0)

    @staticmethod
    def _badges(painter: QPainter, frame: QRectF, index: _Index) -> None:
        """Signs on the picture's corners: kinds left, cine and left-out right."""
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0

        def badge(x: float, picture: QPixmap) -> None:
            back = QColor(0, 0, 0, 190)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(back)
            painter.drawRoundedRect(QRectF(x, frame.top() + 4, 20, 20), 4, 4)
            painter.drawPixmap(round(x) + 3, round(frame.top()) + 7, picture)

        for place, kind in enumerate(index.data(_KINDS)):
            badge(
                frame.left() + 4 + 22 * place, words.kind_pixmap(RegionKind(kind), 14, ratio, on_canvas=True)
            )
        right = frame.right() - 24
        if index.data(_CINE):
            badge(right, icons.pixmap("film", "on_canvas", 14, ratio))
            right -= 22
        if index.data(_OUT):
            badge(right, icons.pixmap("circle-minus", "on_canvas", 14, ratio))


class FilmStrip(QListWidget):
    """All images in reading order. Up and down go through them; Ctrl or Shift chooses several.

    Signals
    -------
    chosen_changed(list)
        Keys of the images that are chosen for a common action.
    """

    chosen_changed = Signal(list)

    def __init__(
        self, controller: Controller, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        """Follow the controller."""
        super().__init__(parent)
        self._controller, self._thumbnails = controller, thumbnails
        self._filling = False
        self.setItemDelegate(_Delegate(self))
        self.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setMinimumWidth(_PICTURE.width() + 2 * _MARGIN + 14)
        self.setAccessibleName(self.tr("Images of the patient"))
        self.setToolTip(self.tr("Click an image to open it, with Ctrl or Shift to choose several"))
        self.currentItemChanged.connect(self._current_changed)
        self.itemSelectionChanged.connect(self._tell_chosen)
        controller.session_changed.connect(self._fill)
        controller.image_changed.connect(self._mark)
        controller.regions_changed.connect(self._regions_changed)
        controller.worklist_changed.connect(self._refresh)
        controller.score_changed.connect(self._refresh)
        thumbnails.ready.connect(self._picture_ready)
        thumbnails.failed.connect(self._picture_failed)
        theme.signals().changed.connect(self._repaint)
        self._fill()

    def chosen(self) -> list[ImageKey]:
        """Return the images that are chosen."""
        return [item.data(_KEY) for item in self.selectedItems()]

    def _fill(self) -> None:
        """Show another patient's images."""
        session = self._controller.session
        self._filling = True
        self.clear()
        if session is not None:
            for image in session.case.images:
                item = QListWidgetItem(self)
                item.setData(_KEY, image.key)
                item.setData(_PIXELS, self._thumbnails.request(image))
        self._filling = False
        self._refresh()
        self._mark()

    def _refresh(self) -> None:
        session = self._controller.session
        if session is None:
            return
        for row, image in enumerate(session.case.images):
            item = self.item(row)
            # A patient that has just been opened is filled in by the signal that follows.
            if item is not None and item.data(_KEY) == image.key:
                self._describe(item, session, row + 1, image)

    def _describe(
        self, item: QListWidgetItem, session: PatientSession, number: int, image: UltrasoundImage
    ) -> None:
        regions = session.case.regions_of(image.key)
        name, state = words.image_name(number, image), self._state(session, image, regions)
        out = image.key in session.case.excluded
        kinds = [kind for kind in RegionKind if any(region.kind is kind for region in regions)]
        _put(item, _LINES, (name, state))
        _put(item, _KINDS, kinds)
        _put(item, _OUT, out)
        _put(item, _CINE, image.number_of_frames > 1)
        parts = [name, ", ".join(words.of(kind) for kind in kinds), state]
        if image.number_of_frames > 1:
            parts.append(
                self.tr("cine, frame {0} of {1} is read").format(image.key.frame, image.number_of_frames)
            )
        if out:
            parts.append(self.tr("left out of the score"))
        _put(item, Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in parts if part))
        tip = "\n".join(part for part in (*parts, *image.notes) if part)
        _put(item, _TIP, tip)
        _put(item, Qt.ItemDataRole.ToolTipRole, plain_tip(tip))

    def _state(self, session: PatientSession, image: UltrasoundImage, regions: tuple[Region, ...]) -> str:
        if image.key in session.unreadable:
            return self.tr("cannot be read")
        if not regions:
            return self.tr("nothing found") if image.key in session.proposals else self.tr("not outlined")
        waiting = sum(not region.confirmed for region in regions)
        if waiting:
            return self.tr("{0} to confirm").format(waiting)
        return self.tr("{0} confirmed").format(len(regions))

    def _mark(self) -> None:
        """Mark the image on the canvas and bring it into view."""
        session = self._controller.session
        for row in range(self.count()):
            item = self.item(row)
            current = session is not None and item.data(_KEY) == session.current
            item.setData(_CURRENT, current)
            if current and item is not self.currentItem():
                self._filling = True
                self.setCurrentItem(item, QItemSelectionModel.SelectionFlag.ClearAndSelect)
                self._filling = False
                self.scrollToItem(item)
        self._tell_chosen()

    def _regions_changed(self, _key: ImageKey) -> None:
        self._refresh()

    def _current_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None and not self._filling:
            self._controller.select_image(item.data(_KEY))

    def _tell_chosen(self) -> None:
        if not self._filling:
            self.chosen_changed.emit(self.chosen())

    def _picture_ready(self, key: ImageKey, picture: QImage) -> None:
        for row in range(self.count()):
            if self.item(row).data(_KEY) == key:
                self.item(row).setData(_PIXELS, picture)

    def _picture_failed(self, key: ImageKey, reason: str) -> None:
        for row in range(self.count()):
            if self.item(row).data(_KEY) == key:
                self.item(row).setToolTip(plain_tip(f"{self.item(row).data(_TIP)}\n{told(reason)}"))

    def _repaint(self, _theme: str) -> None:
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the image on the canvas in sight."""
        super().resizeEvent(event)
        if self.currentItem() is not None:
            self.scrollToItem(self.currentItem())

    def changeEvent(self, event: QEvent) -> None:
        """Say everything anew in another language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._refresh()
