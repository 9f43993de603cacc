"""A cine of 500 compressed frames from a real file: the first frame at once, the rest within the budget."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dicom"))

from dicom_maker import jpeg_bytes, speckle, write_encapsulated
from pydicom.uid import JPEGBaseline8Bit

from alnreader.dicom import discover, pixels
from alnreader.gui.canvas import FrameCache
from alnreader.gui.canvas.frames import AHEAD
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.tasks import TaskRunner

FRAMES = 500
SHAPE = (240, 320, 3)


@pytest.fixture
def cine(tmp_path: Path) -> Path:
    pictures = speckle(SHAPE[0], SHAPE[1], 8)
    streams = [jpeg_bytes(picture) for picture in pictures]
    frames = [streams[number % 8] for number in range(FRAMES)]
    path = tmp_path / "cine.dcm"
    return write_encapsulated(path, frames, (FRAMES, *SHAPE), "YBR_FULL_422", JPEGBaseline8Bit, has_bot=False)


def test_the_first_frame_is_there_before_the_rest_is_decoded(
    qtbot: Any, runner: TaskRunner, cine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    decode = pixels.decode_stream
    monkeypatch.setattr(pixels, "decode_stream", lambda *args: decoded.append(1) or decode(*args))
    (image,) = discover([cine]).patients[0].images
    cache = FrameCache(runner)
    at_first: list[int] = []
    cache.ready.connect(lambda key, _: at_first.append(len(decoded)))
    cache.want(image.at_frame(1))
    qtbot.waitUntil(lambda: bool(at_first))
    # The word of the first frame comes through the event loop while two threads go on: a few, never the cine.
    assert at_first[0] < FRAMES // 10
    qtbot.waitUntil(lambda: not runner.busy)
    assert len(decoded) <= AHEAD + 1


def test_the_window_shows_a_frame_before_the_rest_is_decoded_and_holds_no_more_than_its_budget(
    qtbot: Any, controller: Controller, cine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    decode = pixels.decode_stream
    monkeypatch.setattr(pixels, "decode_stream", lambda *args: decoded.append(1) or decode(*args))
    window = MainWindow(controller)
    qtbot.addWidget(window)
    window.show()
    stage, budget = window.stage, 20 * int(np.prod(SHAPE))
    monkeypatch.setattr(stage.cache, "_budget", budget)
    controller.open_paths([cine])
    qtbot.waitUntil(lambda: stage.canvas.ready, timeout=30_000)
    assert len(decoded) < FRAMES // 10, "what is on the screen was not waited for"
    assert stage.canvas.grab().toImage().pixelColor(stage.canvas.rect().center()).value() > 0, "it is drawn"
    (image,) = controller.session.case.images
    seen = image.key.frame
    assert np.array_equal(stage.canvas._scene.pixels, image.at_frame(seen).pixels())
    most = 0
    for frame in (1, 2, 120, 300, 499, 500, 1):
        stage.player.seek(frame)
        wanted = image.at_frame(frame)
        qtbot.waitUntil(lambda wanted=wanted: stage.cache.get(wanted.key) is not None, timeout=30_000)
        qtbot.waitUntil(lambda: stage.canvas.ready, timeout=30_000)
        qtbot.waitUntil(lambda frame=frame: stage.player.frame == frame)
        assert np.array_equal(stage.canvas._scene.pixels, wanted.pixels()), frame
        most = max(most, stage.cache.bytes)
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=30_000)
    assert 0 < max(most, stage.cache.bytes) <= budget
    assert len(decoded) < FRAMES // 2


def test_looking_through_all_frames_keeps_no_more_than_the_budget(
    qtbot: Any, runner: TaskRunner, cine: Path
) -> None:
    (image,) = discover([cine]).patients[0].images
    size = int(np.prod(SHAPE))
    cache = FrameCache(runner, budget=20 * size)
    most = 0
    for frame in range(1, FRAMES + 1, 25):
        cache.want(image.at_frame(frame))
        qtbot.waitUntil(lambda: not runner.busy)
        assert cache.get(image.at_frame(frame).key) is not None
        most = max(most, cache.bytes)
    assert 0 < most <= 20 * size
