"""The controller with a real network: what it says lands where it was asked for, or nowhere."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import ReadingMode, ReadingState
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.case.score import SITE_OPERATING_POINT
from alnreader.gui.controller import Controller
from alnreader.gui.panels.score import SecondReaderPanel
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Urgency
from alnreader.report.sentences import verdict

Add = Callable[..., Any]
SLOW = 60_000
"""Milliseconds to wait for the network on a busy machine."""


@pytest.fixture
def desk(reading_controller: Controller) -> Controller:
    return reading_controller


class Gate:
    """Holds up the threads of the machine, or some of them, so that a test can act while work waits."""

    def __init__(self, desk: Controller, *pools: str) -> None:
        self._go_on = threading.Event()
        for pool in pools or ("network", "score", "explain"):
            began = threading.Event()

            def hold(_task: Any, began: threading.Event = began) -> None:
                began.set()
                self._go_on.wait(60)

            desk.runner.submit(pool, f"gate of {pool}", hold, lambda result, error: None, urgency=Urgency.NOW)
            assert began.wait(60)

    def open(self) -> None:
        self._go_on.set()


def judged(status: NodeStatus = NodeStatus.NEGATIVE) -> Assessment:
    return Assessment(status, 80, "Dr Lee", now())


def idle(qtbot: Any, desk: Controller) -> None:
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)


def reveal(qtbot: Any, desk: Controller) -> PatientSession:
    session = desk.session
    assert session is not None
    desk.set_first_read(judged())
    desk.lock_first_read()
    desk.reveal()
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    return session


def test_a_proposal_lands_on_the_patient_it_was_asked_for(
    qtbot: Any, desk: Controller, told: Any, add_session: Add, make_case: Callable[..., Case]
) -> None:
    one = add_session(make_case("A", images=3))
    gate = Gate(desk)
    desk.propose()
    two = add_session(make_case("B", images=2))
    desk.propose()
    desk.open_session(0)
    desk.open_session(1)
    gate.open()
    changed: list[Any] = []
    desk.regions_changed.connect(changed.append)
    idle(qtbot, desk)
    for session in (one, two):
        assert set(session.proposals) == {image.key for image in session.case.images}
        for image in session.case.images:
            assert session.case.regions_of(image.key) == session.proposals[image.key]
            known = session.encoded[image.key]
            again = desk.machine.engine().propose(image, known)
            for mine, other in zip(session.proposals[image.key], again, strict=True):
                assert np.array_equal(mine.mask, other.mask)
    assert any(session.case.regions_of(key) for session in (one, two) for key in session.revisions)
    assert set(changed) <= {image.key for image in two.case.images}, "only the patient on the screen is told"
    assert one.score is None
    assert told.errors == []


def test_a_human_s_regions_and_confirmations_outlast_a_proposal(
    qtbot: Any, desk: Controller, add_session: Add, make_case: Callable[..., Case], disc: Callable[..., Any]
) -> None:
    session = add_session(make_case(images=2))
    one, two = (image.key for image in session.case.images)
    desk.add_region(one, np.ones((150, 190), dtype=bool), RegionKind.LYMPH_NODE)  # overlaps all there can be
    confirmed = Region(disc(), RegionKind.TUMOUR, Origin.PROPOSED, confirmed=True)
    rejected = Region(disc(10, 10, 3, 3), RegionKind.TUMOUR, Origin.PROPOSED)
    desk.put_regions(session, two, (confirmed, rejected), undoable=True)
    desk.propose()
    idle(qtbot, desk)
    assert len(session.case.regions_of(one)) == 1
    assert session.case.regions_of(two)[0] is confirmed
    assert rejected not in session.case.regions_of(two)
    assert session.proposals[one], "the network's own word stays available"
    desk.undo(two)
    assert len(session.case.regions_of(two)) == 2


def test_what_changed_while_the_network_looked_stays_as_the_human_left_it(
    qtbot: Any,
    desk: Controller,
    told: Any,
    add_session: Add,
    make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:
    session = add_session(make_case(images=2))
    one, two = (image.key for image in session.case.images)
    gate = Gate(desk)
    desk.propose()
    desk.propose_in_box(one, (20, 20, 150, 120))
    desk.add_region(one, disc(), RegionKind.LYMPH_NODE)
    gate.open()
    idle(qtbot, desk)
    assert [region.origin for region in session.case.regions_of(one)] == [Origin.DRAWN]
    assert session.case.regions_of(two) == session.proposals[two]
    assert "your change stays" in told.text
    assert "ask again" in told.text


def test_a_first_read_that_is_locked_meanwhile_keeps_its_regions(
    qtbot: Any, desk: Controller, told: Any, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=1))
    gate = Gate(desk)
    desk.propose()
    desk.set_first_read(judged())
    desk.lock_first_read()
    before = session.case
    gate.open()
    idle(qtbot, desk)
    assert session.case is before
    assert "closed before" in told.text


def test_stopping_keeps_what_was_finished(
    qtbot: Any, desk: Controller, told: Any, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=4))
    shown: list[tuple[str, int, int]] = []
    desk.progress.connect(lambda *entry: shown.append(entry))
    desk.propose()
    qtbot.waitUntil(lambda: len(session.proposals) == 1, timeout=SLOW)
    desk.cancel()
    idle(qtbot, desk)
    assert 1 <= len(session.proposals) < 4
    assert ("Outlining", 1, 4) in shown
    assert shown[-1] == ("", 1, 1)
    assert told.errors == []
    desk.propose()
    idle(qtbot, desk)
    assert len(session.proposals) == 4


def test_an_edit_while_a_score_is_made_drops_that_score(
    qtbot: Any,
    desk: Controller,
    told: Any,
    add_session: Add,
    make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:
    session = add_session(make_case(images=2))
    reveal(qtbot, desk)
    first = session.visible_score
    assert first is not None
    key = session.current
    shown: list[Any] = []
    desk.score_changed.connect(lambda: shown.append(session.visible_score))
    gate = Gate(desk)
    desk.add_region(key, disc(), RegionKind.LYMPH_NODE)
    assert session.visible_score is None
    assert session.score_is_stale
    desk.replace_mask(key, len(session.case.regions_of(key)) - 1, disc(100, 90, 50, 40))
    gate.open()
    qtbot.waitUntil(lambda: session.score_full and session.visible_score is not None, timeout=SLOW)
    assert all(score is None or session.case.is_current(score) for score in shown)
    final = session.visible_score
    assert final is not None
    assert final.probability != first.probability
    full = desk.machine.score(session.case, session.encoded, None, full=True)
    assert final.probability == full.probability
    assert final.interval == full.interval
    assert told.errors == []


def test_a_final_read_waits_for_the_score_and_falls_with_another(
    qtbot: Any,
    desk: Controller,
    told: Any,
    add_session: Add,
    make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:
    session = add_session(make_case(images=1))
    reveal(qtbot, desk)
    desk.set_final_read(judged())
    assert session.human.final_read is not None
    gate = Gate(desk)
    desk.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    assert session.human.final_read is None
    desk.set_final_read(judged())
    desk.sign("Dr Lee")
    assert session.human.final_read is None
    assert not session.signed
    assert "wait for it" in told.text
    desk.cancel()
    gate.open()
    idle(qtbot, desk)
    assert session.visible_score is None
    assert session.score_error == "Stopped."
    desk.score_again()
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    desk.set_final_read(judged())
    desk.sign("Dr Lee")
    assert session.signed
    signed = session.score
    desk.amend("another node")
    desk.add_region(session.current, disc(120, 100), RegionKind.LYMPH_NODE)
    qtbot.waitUntil(lambda: session.score_full and session.score is not signed, timeout=SLOW)
    gate = Gate(desk)
    desk.add_region(session.current, disc(120, 40), RegionKind.LYMPH_NODE)
    desk.discard_amendment()
    gate.open()
    idle(qtbot, desk)
    assert session.visible_score is signed
    assert len(session.case.regions_of(session.current)) == 1
    assert session.human.state is ReadingState.SIGNED


def test_a_concurrent_reading_shows_its_score_at_once_and_on_the_right_patient(
    qtbot: Any, desk: Controller, add_session: Add, make_case: Callable[..., Case]
) -> None:
    one = add_session(make_case("A", images=1), ReadingMode.CONCURRENT)
    two = add_session(make_case("B", images=2), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: one.score_full and two.score_full, timeout=SLOW)
    for session in (one, two):
        assert session.visible_score is not None
        assert {entry.key for entry in session.visible_score.images} == set(session.revisions)
    assert desk.model is not None
    assert desk.device


def test_heat_maps_are_shown_only_of_the_score_on_the_screen(
    qtbot: Any,
    desk: Controller,
    told: Any,
    add_session: Add,
    make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:
    session = add_session(make_case(images=2))
    desk.want_maps(True)
    reveal(qtbot, desk)
    qtbot.waitUntil(lambda: bool(desk.heat_maps), timeout=SLOW)
    by_patient = desk.heat_maps
    assert all(0.0 <= heat.min() <= heat.max() <= 1.0 for heat in by_patient.values())
    gate = Gate(desk)
    desk.set_map("Grad-CAM", "image")
    assert not desk.heat_maps
    desk.set_map("Grad-CAM", "patient")
    assert desk.heat_maps is by_patient
    desk.set_map("Grad-CAM", "image")
    gate.open()
    qtbot.waitUntil(lambda: bool(desk.heat_maps), timeout=SLOW)
    assert desk.heat_maps is not by_patient
    gate = Gate(desk)
    desk.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    assert not desk.heat_maps
    desk.want_maps(False)
    gate.open()
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    idle(qtbot, desk)
    assert not desk.heat_maps
    assert not session.heat_maps
    assert told.errors == []


def test_the_site_s_threshold_counts_for_scores_and_for_those_on_the_screen(
    qtbot: Any, desk: Controller, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=1))
    reveal(qtbot, desk)
    score = session.visible_score
    assert score is not None
    assert score.threshold == 0.5
    assert "found 80 %" in verdict(score)
    desk.set_final_read(judged())
    desk.change_settings(dataclasses.replace(desk.settings, threshold=0.2))
    qtbot.waitUntil(lambda: session.score.threshold == 0.2, timeout=SLOW)
    assert session.score.run.model.sensitivity == 0.9
    assert session.human.final_read is None, "it was said of another threshold"
    desk.change_settings(dataclasses.replace(desk.settings, threshold=0.123))
    qtbot.waitUntil(lambda: session.score.threshold == 0.123, timeout=SLOW)
    assert desk.model.operating_point == SITE_OPERATING_POINT
    words = verdict(session.visible_score)
    assert "this site's threshold of 12 %" in words
    assert "found" not in words
    second = add_session(make_case("B", images=1), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: second.score_full, timeout=SLOW)
    assert second.score.threshold == 0.123


def test_a_broken_image_does_not_take_the_others_with_it(
    qtbot: Any, desk: Controller, told: Any, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=3, broken=True))
    broken = session.current
    desk.propose()
    idle(qtbot, desk)
    assert len(session.proposals) == 2
    assert told.errors == [session.unreadable[broken]]
    reveal(qtbot, desk)
    score = session.visible_score
    assert score is not None
    assert {entry.key for entry in score.images} == set(session.revisions) - {broken}
    assert score.warnings[0].code == "unreadable_image"


def test_a_box_may_end_outside_the_picture(
    qtbot: Any, desk: Controller, told: Any, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=1))
    desk.propose_in_box(session.current, (400, 200, -30, -20))
    idle(qtbot, desk)
    assert session.case.regions_of(session.current) or "Nothing was found" in told.text
    desk.propose_in_box(session.current, (10, 10, 14, 14))
    idle(qtbot, desk)
    assert "Nothing was found" in told.text
    assert told.errors == []


def test_closing_a_patient_or_the_program_in_the_middle_leaves_nothing_behind(
    qtbot: Any, desk: Controller, told: Any, add_session: Add, make_case: Callable[..., Case]
) -> None:
    first = add_session(make_case("A", images=3), ReadingMode.CONCURRENT)
    gate = Gate(desk)
    desk.propose()
    desk.close_session()
    add_session(make_case("B", images=3), ReadingMode.CONCURRENT)
    desk.propose()
    gate.open()
    shown: list[Any] = []
    desk.progress.connect(lambda *entry: shown.append(entry))
    desk.runner.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("alnreader")]
    assert first.score is None
    assert first.proposals == {}
    assert told.errors == []


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # what Python itself keeps for a module that cannot be imported
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from alnreader.gui.controller import Controller
from alnreader.gui.settings import Settings
from alnreader.gui.tasks import TaskRunner
app = QCoreApplication([])
runner = TaskRunner()
desk = Controller(runner, Settings(model=sys.argv[1]), Path(sys.argv[2]))
desk.message.connect(lambda level, text: (print(level, text), app.quit()))
desk.load_model()
QTimer.singleShot(60000, app.quit)
app.exec()
runner.close()
print("model", desk.model.name)
"""


def test_a_torch_that_cannot_be_loaded_is_told_and_the_card_is_known(bundle_dir: Any, tmp_path: Any) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(bundle_dir), str(tmp_path / "s.json")],
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    assert "torch cannot be loaded" in ran.stdout
    assert "model random" in ran.stdout


def test_a_signed_score_outlives_its_model_and_is_not_explained_by_another(
    qtbot: Any,
    desk: Controller,
    told: Any,
    add_session: Add,
    make_case: Callable[..., Case],
    bundle_dir: Path,
    tmp_path: Path,
) -> None:
    session = add_session(make_case(images=1), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    desk.set_final_read(judged())
    desk.sign("Dr Lee")
    signed = session.score
    other = tmp_path / "other"
    shutil.copytree(bundle_dir, other)
    card = json.loads((other / "card.json").read_text(encoding="utf-8"))
    card["name"] = "other"
    (other / "card.json").write_text(json.dumps(card), encoding="utf-8")
    desk.change_settings(dataclasses.replace(desk.settings, model=str(other)))
    qtbot.waitUntil(lambda: desk.model is not None, timeout=SLOW)
    assert desk.model.name == "other"
    assert session.visible_score is signed
    desk.want_maps(True)
    idle(qtbot, desk)
    assert not desk.heat_maps
    assert "made with another model" in told.text


def test_heat_maps_that_were_stopped_or_failed_say_so_and_can_be_made_again(
    qtbot: Any, desk: Controller, told: Any, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=2))
    reveal(qtbot, desk)
    idle(qtbot, desk)
    panel = SecondReaderPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    gate = Gate(desk)
    panel.show_maps.setChecked(True)
    desk.want_maps(True)
    assert "being made" in panel.map_state.text()
    desk.cancel()
    assert "Stopped." in panel.map_state.text()
    assert panel.map_again.isVisible()
    gate.open()
    idle(qtbot, desk)
    assert not desk.heat_maps
    assert "Stopped." in panel.map_state.text()
    # Another model than the one that scored: the machine refuses.
    score = session.score
    assert score is not None
    model = dataclasses.replace(score.run.model, sha256="0" * 64)
    session.score = dataclasses.replace(score, run=dataclasses.replace(score.run, model=model))
    panel.map_again.click()
    assert "being made" in panel.map_state.text()
    assert not panel.map_again.isVisible()
    idle(qtbot, desk)
    assert "another model" in panel.map_state.text()
    assert "another model" in told.errors[-1]
    session.score = score
    panel.map_again.click()
    qtbot.waitUntil(lambda: bool(desk.heat_maps), timeout=SLOW)
    assert panel.map_state.text() == ""
    assert not panel.map_again.isVisible()
