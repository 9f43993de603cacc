"""The reader overrules the colour of a file: the picture changes, the score is stale, the record says so."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dicom"))

from dicom_maker import speckle, write_image

from alnreader.case.case import Reading
from alnreader.case.protocol import ReadingMode
from alnreader.dicom import discover
from alnreader.gui.colour import CHOICES, choose_colour, command
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.report.document import reading_document

Add = Callable[..., Any]


def test_another_colour_is_shown_recorded_and_scored_again(
    qtbot: Any, reading_controller: Controller, add_session: Add, tmp_path: Path
) -> None:
    (case,) = discover([write_image(tmp_path / "a.dcm", speckle(150, 190), "YBR_FULL")]).patients
    session = add_session(case, ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: session.visible_score is not None and session.score_full, timeout=60_000)
    key, before, encoded = session.current, session.image.pixels(), session.encoded
    old = encoded[key]
    score = session.visible_score
    assert choose_colour(reading_controller, "as tagged")
    assert session.visible_score is None, "the score was of other pixels"
    assert not np.array_equal(session.image.pixels(), before)
    assert key not in session.encoded
    qtbot.waitUntil(lambda: session.visible_score is not None and session.score_full, timeout=60_000)
    assert session.encoded[key] is not old
    assert session.visible_score is not score
    document = json.dumps(reading_document(Reading(session.case, session.score)))
    assert "the reader's decision" in document
    assert not choose_colour(reading_controller, "as tagged"), "nothing to change"
    assert choose_colour(reading_controller, "automatic")
    assert np.array_equal(session.image.pixels(), before)


def test_grey_pictures_are_told(controller: Controller, add_session: Add, told: Any, tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.dcm", speckle(150, 190)[..., :1], "MONOCHROME2")
    session = add_session(discover([path]).patients[0])
    assert not choose_colour(controller, "RGB")
    assert "grey" in told.text
    assert session.image.notes == discover([path]).patients[0].images[0].notes


def test_the_menu_s_commands_change_the_picture_on_the_canvas(
    qtbot: Any, controller: Controller, add_session: Add, tmp_path: Path
) -> None:
    window = MainWindow(controller, tmp_path / "window.json")
    qtbot.addWidget(window)
    window.show()
    (case,) = discover([write_image(tmp_path / "a.dcm", speckle(150, 190), "YBR_FULL")]).patients
    session = add_session(case, ReadingMode.CONCURRENT)
    cache = window.stage.cache
    qtbot.waitUntil(lambda: cache.get(session.current) is not None)
    before = cache.get(session.current)
    names = [command(choice) for choice in CHOICES]
    assert all(window.commands[name].isEnabled() for name in names)
    window.commands[command("as tagged")].trigger()
    qtbot.waitUntil(lambda: cache.get(session.current) is not None)
    assert not np.array_equal(cache.get(session.current), before)
    window.commands[command("automatic")].trigger()
    qtbot.waitUntil(lambda: cache.get(session.current) is not None)
    assert np.array_equal(cache.get(session.current), before)
    qtbot.waitUntil(lambda: not controller.runner.busy)
