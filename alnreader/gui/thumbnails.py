"""Small pictures for the start page and the film strip, made off the main thread."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from alnreader.case.errors import AlnReaderError
from alnreader.gui.tasks import Task, TaskRunner

if TYPE_CHECKING:
    from alnreader.case.image import ImageKey, UltrasoundImage

SIZE: Final = (160, 120)
"""Width and height that a thumbnail fits into, in device pixels of a common screen."""

KEPT: Final = 1000
"""Thumbnails remembered: about 60 MB."""


class ThumbnailLoader(QObject):
    """Makes thumbnails, one at a time: the canvas's own frame never waits behind them.

    Signals
    -------
    ready(ImageKey, QImage)
        The picture, fitted into the size.
    failed(ImageKey, str)
        Why there is none.
    """

    ready = Signal(object, QImage)
    failed = Signal(object, str)

    def __init__(
        self, runner: TaskRunner, parent: QObject | None = None, size: tuple[int, int] = SIZE
    ) -> None:
        """Work in the runner's pool ``decode``."""
        super().__init__(parent)
        self._runner = runner
        self._size = size
        self._kept: OrderedDict[ImageKey, QImage] = OrderedDict()
        self._waiting: OrderedDict[ImageKey, UltrasoundImage] = OrderedDict()
        self._under_way: ImageKey | None = None

    def get(self, key: ImageKey) -> QImage | None:
        """Return a thumbnail if it is there."""
        return self._kept.get(key)

    def request(self, image: UltrasoundImage) -> QImage | None:
        """Return an image's thumbnail, or None and tell `ready` when it is there."""
        known = self._kept.get(image.key)
        if known is not None:
            self._kept.move_to_end(image.key)
            return known
        if image.key != self._under_way:
            self._waiting[image.key] = image
            self._next()
        return None

    def clear(self) -> None:
        """Forget everything, and what is not made yet: another patient is opened."""
        self._waiting.clear()
        self._kept.clear()
        self._under_way = None
        self._runner.drop(("thumbnail", id(self)))

    def _next(self) -> None:
        if self._under_way is not None or not self._waiting:
            return
        key, image = self._waiting.popitem(last=False)
        self._under_way = key
        size = QSize(*self._size)

        def work(_task: Task) -> QImage:
            from alnreader.gui.canvas.display import Window, picture_image

            return picture_image(image.pixels(), Window()).scaled(
                size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )

        def done(thumbnail: QImage | None, error: Exception | None) -> None:
            self._under_way = None
            if thumbnail is None:
                self.failed.emit(key, str(error) if isinstance(error, AlnReaderError) else repr(error))
            else:
                self._kept[key] = thumbnail
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
                self.ready.emit(key, thumbnail)
            self._next()

        self._runner.submit("decode", ("thumbnail", id(self)), work, done)
