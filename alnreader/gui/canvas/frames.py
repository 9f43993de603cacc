"""Decoded frames: off the main thread, what is looked at first, bounded in bytes."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Signal

from alnreader.case.errors import AlnReaderError
from alnreader.case.image import ImageKey, Pixels, UltrasoundImage
from alnreader.gui.tasks import Task, TaskRunner

BUDGET: Final = 256 * 2**20
"""Bytes of decoded pixels that are kept: about 110 frames of 1024 x 768."""

AHEAD: Final = 48
"""Frames decoded ahead of the one that is shown, at most."""

_AT_ONCE: Final = 2
"""Decodings under way: the threads of the pool. More would only queue before the frame wanted next."""


class FrameCache(QObject):
    """Pixels of frames by identity.

    `want` names the frame that is looked at. It is decoded before anything else, then the frames after it,
    round the end as a cine plays. Another file makes the work on the last one stale.

    Signals
    -------
    ready(ImageKey, object)
        Pixels ``(H, W, 3) uint8``, read-only, of a frame that was wanted and was not there. Not sent for
        frames decoded ahead, nor for one before another that was shown since. A frame that comes late, while
        the cine has gone on, is sent: else a slow machine would show none.
    failed(ImageKey, str)
        Why a wanted frame cannot be decoded.
    """

    ready = Signal(object, object)
    failed = Signal(object, str)

    def __init__(self, runner: TaskRunner, parent: QObject | None = None, budget: int = BUDGET) -> None:
        """Decode in the runner's pool ``decode``, and keep so many bytes."""
        super().__init__(parent)
        self._runner = runner
        self._budget = budget
        self._kept: dict[ImageKey, Pixels] = {}
        self._bytes = 0
        self._under_way: set[ImageKey] = set()
        self._broken: dict[ImageKey, str] = {}
        self._wanted: UltrasoundImage | None = None
        self._owed: list[ImageKey] = []

    @property
    def bytes(self) -> int:
        """Bytes of the pixels kept."""
        return self._bytes

    def get(self, key: ImageKey) -> Pixels | None:
        """Return a frame's pixels if they are there."""
        return self._kept.get(key)

    def want(self, image: UltrasoundImage) -> Pixels | None:
        """Name the frame that is looked at, and decode it and what follows.

        Returns
        -------
        ndarray or None
            Its pixels if they are there already; else None, and `ready` or `failed` will tell.
        """
        if self._wanted is None or self._wanted.key.uid != image.key.uid:
            self._drop()
        self._wanted = image
        pixels = self._kept.get(image.key)
        if pixels is not None:
            self._owed.clear()
            # Most recently seen last: other files go in the order in which they were last looked at.
            self._kept[image.key] = self._kept.pop(image.key)
        else:
            self._broken.pop(image.key, None)
            self._owed = [*(key for key in self._owed if key != image.key), image.key]
        self._decode()
        return pixels

    def clear(self) -> None:
        """Forget everything: another patient is opened, or none."""
        self._drop()
        self._wanted = None
        self._kept.clear()
        self._broken.clear()
        self._bytes = 0

    def _drop(self) -> None:
        for key in self._under_way:
            self._runner.drop(("frame", id(self), key))
        self._under_way.clear()
        self._owed.clear()

    def _decode(self) -> None:
        """Start what is missing, the nearest first."""
        wanted = self._wanted
        if wanted is None:
            return
        size = wanted.rows * wanted.columns * 3
        # One frame is always decoded, however large; ahead only what can be kept beside it.
        ahead = min(AHEAD, self._budget // size - 1, wanted.number_of_frames - 1)
        for step in range(max(ahead, 0) + 1):
            if len(self._under_way) >= _AT_ONCE:
                return
            frame = (wanted.key.frame - 1 + step) % wanted.number_of_frames + 1
            image = wanted.at_frame(frame)
            key = image.key
            if key not in self._kept and key not in self._under_way and key not in self._broken:
                self._start(image)

    def _start(self, image: UltrasoundImage) -> None:
        key = image.key

        def work(_task: Task) -> Pixels:
            # Read-only, and no view of something larger that would live as long.
            pixels = np.ascontiguousarray(image.pixels())
            if pixels.base is not None or pixels.flags.writeable:
                pixels = pixels.copy()
                pixels.setflags(write=False)
            return pixels

        def done(pixels: Pixels | None, error: Exception | None) -> None:
            self._under_way.discard(key)
            if pixels is not None:
                self._keep(key, pixels)
            else:
                self._broken[key] = str(error) if isinstance(error, AlnReaderError) else repr(error)
            self._answer(key, pixels)
            self._decode()

        self._under_way.add(key)
        self._runner.submit("decode", ("frame", id(self), key), work, done)

    def _answer(self, key: ImageKey, pixels: Pixels | None) -> None:
        if key not in self._owed:
            return
        del self._owed[: self._owed.index(key) + 1]
        if pixels is not None:
            self.ready.emit(key, pixels)
        else:
            self.failed.emit(key, self._broken[key])

    def _keep(self, key: ImageKey, pixels: Pixels) -> None:
        """Keep pixels within the budget: others go, the one needed last first."""
        self._kept[key] = pixels
        self._bytes += pixels.nbytes
        while self._bytes > self._budget and len(self._kept) > 1:
            victim = self._needed_last()
            self._bytes -= self._kept.pop(victim).nbytes

    def _needed_last(self) -> ImageKey:
        """Return a frame of another file, the one seen longest ago; else the one that plays last."""
        wanted = self._wanted
        if wanted is None:
            return next(iter(self._kept))
        for key in self._kept:
            if key.uid != wanted.key.uid:
                return key
        return max(self._kept, key=lambda key: (key.frame - wanted.key.frame) % wanted.number_of_frames)
