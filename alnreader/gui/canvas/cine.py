"""Which frame of a cine is due, by the time that has passed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from alnreader.case.errors import InvalidValueError

DEFAULT_RATE: Final = 20.0
"""Frames a second where the file states no FrameTime (0018,1063); the reader is told that it is assumed."""

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Speeds offered: fractions of real time."""

_TICK_MS: Final = 8
"""The timer looks this often; which frame is due does not depend on it."""

Clock = Callable[[], float]
"""Milliseconds, always going on."""


def elapsed_clock() -> Clock:
    """Return a clock that no change of the system's time disturbs."""
    timer = QElapsedTimer()
    timer.start()
    return lambda: timer.nsecsElapsed() / 1e6


class CinePlayer(QObject):
    """Plays a cine in a loop.

    The frame that is due follows from the time that has passed since play was pressed: a slow machine skips
    frames, it does not play slower.

    Signals
    -------
    frame_requested(int)
        Frame that is due (1-based).
    state_changed()
        Playing, speed, or the cine itself is another.
    """

    frame_requested = Signal(int)
    state_changed = Signal()

    def __init__(self, parent: QObject | None = None, clock: Clock | None = None) -> None:
        """Begin with no cine."""
        super().__init__(parent)
        self._clock = clock or elapsed_clock()
        self._frames = 1
        self._frame_time: float | None = None
        self._frame = 1
        self._speed = 1.0
        self._began = 0.0
        self._first = 1
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.advance)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self._frames

    @property
    def frame(self) -> int:
        """Frame that is shown or due (1-based)."""
        return self._frame

    @property
    def playing(self) -> bool:
        """Whether it runs."""
        return self._timer.isActive()

    @property
    def speed(self) -> float:
        """Fraction of real time."""
        return self._speed

    @property
    def rate(self) -> float:
        """Frames a second at real time."""
        return 1000.0 / self._frame_time if self._frame_time else DEFAULT_RATE

    @property
    def rate_assumed(self) -> bool:
        """Whether the file states no frame time."""
        return not self._frame_time

    @property
    def rate_text(self) -> str:
        """The rate for the reader, with the word that it is assumed."""
        text = f"{self.rate * self._speed:.3g} fps"
        return (
            self.tr("{0} (assumed: the file states no frame time)").format(text)
            if self.rate_assumed
            else text
        )

    def set_cine(self, frames: int, frame_time: float | None, frame: int = 1) -> None:
        """Take another cine, at rest.

        Parameters
        ----------
        frames
            Number of frames; 1 for a still.
        frame_time
            Milliseconds a frame lasts; None or not positive where the file does not say.
        frame
            Frame to begin at (1-based).
        """
        if not 1 <= frame <= frames:
            raise InvalidValueError(f"Frame {frame} of {frames} does not exist.")
        self._timer.stop()
        self._frames, self._frame = frames, frame
        self._frame_time = frame_time if frame_time is not None and frame_time > 0 else None
        self.state_changed.emit()

    def play(self) -> None:
        """Run from the frame that is shown."""
        if self._frames > 1 and not self.playing:
            self._begin()
            self._timer.start()
            self.state_changed.emit()

    def pause(self) -> None:
        """Stop at the frame that is shown."""
        if self.playing:
            self._timer.stop()
            self.state_changed.emit()

    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def seek(self, frame: int) -> None:
        """Go to a frame, clipped to what there is; goes on playing from there."""
        frame = min(max(frame, 1), self._frames)
        changed = frame != self._frame
        self._frame = frame
        self._begin()
        if changed:
            self.frame_requested.emit(frame)

    def step(self, frames: int) -> None:
        """Pause and go some frames on or back, round the ends."""
        self.pause()
        self.seek((self._frame - 1 + frames) % self._frames + 1)

    def set_speed(self, speed: float) -> None:
        """Play at a fraction of real time."""
        if not speed > 0:
            raise InvalidValueError(f"A cine cannot play at {speed} times real time.")
        self._speed = speed
        self._begin()
        self.state_changed.emit()

    def advance(self) -> None:
        """Ask for the frame that is due now, if it is another than before."""
        passed = (self._clock() - self._began) * self.rate * self._speed / 1000.0
        # Rounding must not hold a frame back until the next tick when exactly its time has come.
        due = (self._first - 1 + int(passed + 1e-6)) % self._frames + 1
        if due != self._frame:
            self._frame = due
            self.frame_requested.emit(due)

    def _begin(self) -> None:
        self._began, self._first = self._clock(), self._frame
