"""Cine by elapsed time, decoding ahead within a budget, thumbnails: with real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alnreader.case.errors import InvalidValueError, UnreadableInputError
from alnreader.case.image import ImageKey, Pixels, UltrasoundImage
from alnreader.gui.canvas import CinePlayer, FrameCache
from alnreader.gui.tasks import TaskRunner
from alnreader.gui.thumbnails import ThumbnailLoader

ROWS, COLUMNS = 60, 80
FRAME_BYTES = ROWS * COLUMNS * 3


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class File:
    """A cine whose decoding a test can hold back."""

    def __init__(self, uid: str, frames: int, broken: tuple[int, ...] = ()) -> None:
        self.decoded: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self._broken = broken
        self.image = UltrasoundImage(
            ImageKey(uid), uid, ROWS, COLUMNS, self.load, number_of_frames=frames, frame_time=40.0
        )

    def load(self, frame: int) -> Pixels:
        self.gate.wait()
        self.decoded.append(frame)
        if frame in self._broken:
            raise UnreadableInputError(f"frame {frame} cannot be decoded")
        return np.full((ROWS, COLUMNS, 3), frame, dtype=np.uint8)


@pytest.fixture
def make_file() -> Iterator[Callable[..., File]]:
    files: list[File] = []

    def make(uid: str, frames: int = 1, broken: tuple[int, ...] = ()) -> File:
        files.append(File(uid, frames, broken))
        return files[-1]

    yield make
    for file in files:
        file.gate.set()


class Told:
    def __init__(self, source: FrameCache | ThumbnailLoader) -> None:
        self.ready: list[tuple[ImageKey, Any]] = []
        self.failed: list[tuple[ImageKey, str]] = []
        source.ready.connect(lambda key, what: self.ready.append((key, what)))
        source.failed.connect(lambda key, why: self.failed.append((key, why)))


def player_of(frames: int, frame_time: float | None, first: int = 1) -> tuple[CinePlayer, Clock, list[int]]:
    clock = Clock()
    player = CinePlayer(clock=clock)
    player.set_cine(frames, frame_time, first)
    asked: list[int] = []
    player.frame_requested.connect(asked.append)
    return player, clock, asked


# --- which frame is due


def test_a_late_tick_skips_frames(qapp: Any) -> None:
    player, clock, asked = player_of(10, 40.0)
    player.play()
    for late in (39, 1, 40, 120):
        clock.now += late
        player.advance()
    assert asked == [2, 3, 6]
    player.pause()


@given(
    st.integers(2, 500),
    st.floats(5.0, 500.0),
    st.sampled_from((0.25, 0.5, 1.0, 2.0, 4.0)),
    st.lists(st.floats(0.0, 400.0), max_size=20),
)
def test_the_frame_follows_from_the_time_however_it_is_cut(
    frames: int, frame_time: float, speed: float, ticks: list[float]
) -> None:
    player, clock, _ = player_of(frames, frame_time)
    player.set_speed(speed)
    player.play()
    for tick in ticks:
        clock.now += tick
        player.advance()
    position = sum(ticks) * speed / frame_time
    assert min((player.frame - 1 - int(position + near)) % frames for near in (-1e-5, 1e-5)) == 0
    player.pause()


def test_without_a_frame_time_twenty_a_second_are_assumed_and_said(qapp: Any) -> None:
    player, clock, asked = player_of(10, None)
    player.play()
    clock.now += 50
    player.advance()
    assert asked == [2]
    assert player.rate_assumed
    assert player.rate_text == "20 fps (assumed: the file states no frame time)"
    player.pause()
    player.set_cine(10, 40.0)
    assert player.rate_text == "25 fps"
    player.set_cine(10, 0.0)
    assert player.rate_assumed


def test_another_speed_goes_on_from_the_frame_that_is_shown(qapp: Any) -> None:
    player, clock, asked = player_of(100, 40.0)
    player.play()
    clock.now += 400
    player.advance()
    player.set_speed(0.5)
    clock.now += 80
    player.advance()
    assert asked == [11, 12]
    player.pause()
    clock.now += 4000
    player.toggle()
    player.advance()
    assert asked == [11, 12]
    player.toggle()
    assert not player.playing
    with pytest.raises(InvalidValueError):
        player.set_speed(0)


def test_steps_pause_and_go_round_the_ends(qapp: Any) -> None:
    player, _, asked = player_of(3, 40.0)
    player.play()
    player.step(-1)
    assert not player.playing
    player.step(1)
    player.seek(99)
    assert asked == [3, 1, 3]


def test_a_still_does_not_play(qapp: Any) -> None:
    player, _, _ = player_of(1, None)
    player.play()
    assert not player.playing
    with pytest.raises(InvalidValueError):
        player.set_cine(3, None, 4)


def test_it_plays_by_its_own_timer(qtbot: Any) -> None:
    player = CinePlayer()
    player.set_cine(50, 10.0)
    with qtbot.waitSignals([player.frame_requested] * 3, timeout=20_000):
        player.play()
    player.pause()


# --- decoding


def test_the_wanted_frame_is_decoded_first_then_what_follows(
    qtbot: Any, runner: TaskRunner, make_file: Callable[..., File]
) -> None:
    cache, file = FrameCache(runner), make_file("1.1", 6)
    told = Told(cache)
    assert cache.want(file.image.at_frame(4)) is None
    qtbot.waitUntil(lambda: not runner.busy)
    # Two threads: of two that begin together either may end first.
    assert sorted(file.decoded[:2]) == [4, 5]
    assert sorted(file.decoded) == [1, 2, 3, 4, 5, 6]
    [(key, pixels)] = told.ready
    assert key == ImageKey("1.1", 4)
    assert (pixels == 4).all()
    assert not pixels.flags.writeable
    known = cache.want(file.image.at_frame(6))
    assert known is not None
    assert (known == 6).all()
    assert len(told.ready) == 1


def test_another_file_makes_what_is_under_way_stale(
    qtbot: Any, runner: TaskRunner, make_file: Callable[..., File]
) -> None:
    cache, slow, other = FrameCache(runner), make_file("1.1", 5), make_file("1.2")
    told = Told(cache)
    slow.gate.clear()
    cache.want(slow.image)
    cache.want(other.image)
    slow.gate.set()
    qtbot.waitUntil(lambda: not runner.busy)
    assert [key for key, _ in told.ready] == [other.image.key]
    assert cache.get(slow.image.key) is None


def test_a_frame_that_comes_late_is_told_but_none_before_one_that_was_shown(
    qtbot: Any, runner: TaskRunner, make_file: Callable[..., File]
) -> None:
    cache, file = FrameCache(runner), make_file("1.1", 4)
    told = Told(cache)
    file.gate.clear()
    cache.want(file.image.at_frame(1))
    cache.want(file.image.at_frame(3))
    file.gate.set()
    qtbot.waitUntil(lambda: not runner.busy)
    frames = [key.frame for key, _ in told.ready]
    assert frames in ([1, 3], [3])
    assert cache.want(file.image.at_frame(1)) is not None
    assert [key.frame for key, _ in told.ready] == frames


@given(st.integers(1, 12), st.integers(0, 8), st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_no_more_is_kept_than_the_budget_and_the_wanted_frame_always(
    frames: int, room: int, wanted: list[int]
) -> None:
    runner = TaskRunner()
    cache, file = FrameCache(runner, budget=room * FRAME_BYTES), File("1.1", frames)
    largest = 0

    def watch(*_: object) -> None:
        nonlocal largest
        largest = max(largest, cache.bytes)

    cache.ready.connect(watch)
    for number in wanted:
        image = file.image.at_frame((number - 1) % frames + 1)
        cache.want(image)
        settle(runner, watch)
        assert cache.get(image.key) is not None
    assert largest <= max(room, 1) * FRAME_BYTES
    assert cache.bytes == FRAME_BYTES * sum(
        cache.get(file.image.at_frame(n + 1).key) is not None for n in range(frames)
    )
    cache.clear()
    assert cache.bytes == 0
    runner.close()


def settle(runner: TaskRunner, watch: Callable[[], None]) -> None:
    """Let the event loop run until nothing is under way."""
    from PySide6.QtCore import QCoreApplication, QEventLoop

    while runner.busy:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
        watch()


def test_frames_of_files_left_long_ago_go_first(
    qtbot: Any, runner: TaskRunner, make_file: Callable[..., File]
) -> None:
    cache = FrameCache(runner, budget=3 * FRAME_BYTES)
    files = [make_file(f"1.{n}") for n in range(3)]
    for file in [*files, files[0]]:
        cache.want(file.image)
        qtbot.waitUntil(lambda: not runner.busy)
    fourth = make_file("1.9")
    cache.want(fourth.image)
    qtbot.waitUntil(lambda: not runner.busy)
    assert [cache.get(file.image.key) is not None for file in files] == [True, False, True]


def test_a_frame_that_cannot_be_decoded_says_why_and_does_not_stop_the_rest(
    qtbot: Any, runner: TaskRunner, make_file: Callable[..., File]
) -> None:
    cache, file = FrameCache(runner), make_file("1.1", 4, broken=(1, 3))
    told = Told(cache)
    cache.want(file.image)
    qtbot.waitUntil(lambda: not runner.busy)
    assert told.failed == [(ImageKey("1.1", 1), "frame 1 cannot be decoded")]
    assert cache.get(ImageKey("1.1", 4)) is not None
    assert sorted(file.decoded) == [1, 2, 3, 4]
    # Asked for again, it is tried again.
    cache.want(file.image)
    qtbot.waitUntil(lambda: not runner.busy)
    assert len(told.failed) == 2


# --- thumbnails


def test_thumbnails_come_one_after_the_other_and_are_kept(
    qtbot: Any, runner: TaskRunner, make_file: Callable[..., File]
) -> None:
    loader = ThumbnailLoader(runner, size=(40, 40))
    told = Told(loader)
    files = [make_file(f"1.{n}") for n in range(3)] + [make_file("1.9", broken=(1,))]
    for file in files:
        assert loader.request(file.image) is None
        loader.request(file.image)
    qtbot.waitUntil(lambda: not runner.busy)
    assert [key for key, _ in told.ready] == [file.image.key for file in files[:3]]
    assert told.failed == [(ImageKey("1.9"), "frame 1 cannot be decoded")]
    thumbnail = loader.request(files[0].image)
    assert thumbnail is not None
    assert (thumbnail.width(), thumbnail.height()) == (40, 30)
    assert files[0].decoded == [1]


def test_thumbnails_of_a_patient_that_was_left_are_not_told(
    qtbot: Any, runner: TaskRunner, make_file: Callable[..., File]
) -> None:
    loader = ThumbnailLoader(runner)
    told = Told(loader)
    slow, waiting, new = make_file("1.1"), make_file("1.2"), make_file("1.3")
    slow.gate.clear()
    loader.request(slow.image)
    loader.request(waiting.image)
    loader.clear()
    loader.request(new.image)
    slow.gate.set()
    qtbot.waitUntil(lambda: not runner.busy)
    assert [key for key, _ in told.ready] == [new.image.key]
    assert waiting.decoded == []
