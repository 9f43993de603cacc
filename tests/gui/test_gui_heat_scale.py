"""Heat maps on the canvas: a weak one is seen with its strength said, nothing has no colour bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from alnreader.case.case import Case
from alnreader.case.protocol import ReadingMode
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import HeatMaps, PatientSession
from alnreader.report.heat import EMPTY, LEFT_OUT

AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]


def put_maps(desk: Controller, session: PatientSession, target: str, peaks: tuple[float, ...]) -> None:
    """Give the images maps of these strengths, as if the network had made them."""
    maps = {}
    for image, peak in zip(session.case.images, peaks, strict=True):
        heat = np.zeros((image.rows, image.columns), np.float32)
        heat[40:60, 50:90] = peak
        maps[image.key] = heat
    desk.maps_wanted, desk.map_target = True, target
    session.maps = HeatMaps(desk.map_method, target, session.revisions, maps)
    desk.maps_changed.emit()


@pytest.fixture
def session(
    qtbot: Any, window: MainWindow, desk: Controller, add_session: AddSession, make_case: MakeCase
) -> PatientSession:
    made = add_session(make_case(images=3), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: made.score_full and not desk.runner.busy, timeout=60_000)
    return made


def drawn(window: MainWindow) -> tuple[float, str, str]:
    """Return how opaque the map is where it is strongest, the bar's upper end, and the words (0: no map)."""
    scene = window.stage.canvas._scene
    top, note = scene._heat_words
    return (0.0 if scene.heat is None else scene.heat.pixelColor(70, 50).alphaF(), top, note)


def test_a_weak_map_is_seen_and_a_map_of_nothing_has_no_colour_bar(
    window: MainWindow, desk: Controller, session: PatientSession
) -> None:
    keys = [image.key for image in session.case.images]
    put_maps(desk, session, "patient", (0.09, 0.9, 0.0))
    desk.select_image(keys[0])
    assert drawn(window) == (1.0, "10 %", "10 % of the brightest image")
    window.rail.score.scaling.setCurrentIndex(1)
    opacity, top, note = drawn(window)
    assert 0.1 < opacity < 0.5
    assert (top, note) == ("100 %", "10 % of the brightest image")
    window.rail.score.scaling.setCurrentIndex(0)
    desk.select_image(keys[2])
    assert drawn(window) == (0.0, "", EMPTY)
    desk.select_image(keys[1])
    assert drawn(window) == (1.0, "100 %", "the brightest image")
    put_maps(desk, session, "image", (1.0, 1.0, 0.0))
    assert drawn(window) == (1.0, "1", "")


def test_an_image_that_is_left_out_says_so(
    qtbot: Any, window: MainWindow, desk: Controller, session: PatientSession
) -> None:
    key = session.case.images[0].key
    desk.select_image(key)
    desk.include(key, False)
    qtbot.waitUntil(lambda: session.score_full and not desk.runner.busy, timeout=60_000)
    put_maps(desk, session, "patient", (0.0, 0.9, 0.5))
    assert drawn(window) == (0.0, "", LEFT_OUT)
    # Another picture has another say.
    desk.select_image(session.case.images[1].key)
    assert drawn(window)[2] == "the brightest image"
