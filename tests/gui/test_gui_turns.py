"""Two patients in turns, with what the network says coming late; planted mix-ups are noticed."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from alnreader.gui.controller import Controller
from alnreader.gui.scoring import Scoring
from alnreader.gui.session import PatientSession
from alnreader.store.worklist import Store


@pytest.fixture(scope="module")
def turns() -> ModuleType:
    """What `make reliability` runs."""
    path = Path(__file__).parent.parent / "reliability" / "turns.py"
    spec = importlib.util.spec_from_file_location("turns", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["turns"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def desk(reading_controller: Controller, tmp_path: Path) -> Controller:
    reading_controller.saving.start(tmp_path / "data")
    return reading_controller


def test_nothing_lands_on_the_wrong_image_however_late(
    desk: Controller, turns: ModuleType, tmp_path: Path
) -> None:
    done = turns.take_turns(desk, 120, 3)
    assert desk.saving.close() == 0
    assert done.late > 0, "no score came while the other patient was on the screen"
    assert done.outlines > 3
    assert done.scores == 2 * (1 + turns.IMAGES)
    with Store(tmp_path / "data") as store:
        kept = [store.open(row.id).snapshot for row in store.rows()]
    for session in desk.sessions:
        (same,) = (one for one in kept if one.case.patient == session.case.patient)
        for image in session.case.images:
            now, then = session.case.regions_of(image.key), same.case.regions_of(image.key)
            assert [region.mask.tobytes() for region in now] == [region.mask.tobytes() for region in then]


def to_whoever_is_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A late proposal ends on the patient that is shown when it comes."""
    put = Controller.put_regions

    def wrong(self: Controller, session: PatientSession, key: Any, regions: Any, **more: Any) -> None:
        number = [image.key for image in session.case.images].index(key)
        shown = self.session
        assert shown is not None
        put(self, shown, shown.case.images[number].key, regions, **more)

    monkeypatch.setattr(Controller, "put_regions", wrong)


def shares_of_the_score_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of the two images changes places."""
    take = Scoring._take

    def wrong(self: Scoring, session: PatientSession, score: Any, *, full: bool) -> None:
        one, two = score.images
        swapped = (dataclasses.replace(two, key=one.key), dataclasses.replace(one, key=two.key))
        take(self, session, dataclasses.replace(score, images=swapped), full=full)

    monkeypatch.setattr(Scoring, "_take", wrong)


@pytest.mark.parametrize("plant", [to_whoever_is_on_the_screen, shares_of_the_score_in_turn])
def test_a_mix_up_in_the_window_is_noticed(
    plant: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    desk: Controller,
    turns: ModuleType,
) -> None:
    plant(monkeypatch)
    try:
        with pytest.raises(AssertionError, match="another"):
            turns.take_turns(desk, 60, 3)
    finally:
        desk.saving.close()
