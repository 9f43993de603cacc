"""The controller without a network: opening, looking, editing, the protocol, preferences."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.image import ImageKey
from alnreader.case.protocol import ReadingMode, ReadingState
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.settings import load_settings

Add = Callable[..., Any]
TUMOUR, NODE = RegionKind.TUMOUR, RegionKind.LYMPH_NODE


def judged(status: NodeStatus = NodeStatus.NEGATIVE) -> Assessment:
    return Assessment(status, 80, "Dr Lee", now())


def write_pictures(folder: Path, seed: int, count: int = 2) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.random.default_rng(seed + number).integers(0, 255, (60, 80), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_opening_a_folder_fills_the_work_list_and_shows_the_first(
    qtbot: Any, controller: Controller, told: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "all"
    write_pictures(folder / "p1", 1)
    write_pictures(folder / "p2", 5)
    (folder / "p1" / "notes.txt").write_text("no picture", encoding="utf-8")
    with qtbot.waitSignal(controller.session_changed, timeout=20_000):
        controller.open_paths([folder])
    assert len(controller.sessions) == 2
    assert controller.session is controller.sessions[0]
    assert controller.image is not None
    assert load_settings(tmp_path / "settings.json").recent == (str(folder),)
    assert [Path(skip.path).name for skip in controller.session.skipped] == ["notes.txt"]
    assert controller.sessions[1].skipped == ()  # the other patient's folder
    assert told.errors == []
    # Opened once more, nobody is read twice.
    with qtbot.waitSignal(controller.session_changed, timeout=20_000):
        controller.open_paths([folder])
    assert len(controller.sessions) == 2


def test_a_folder_without_ultrasound_is_told_with_the_reason(
    qtbot: Any, controller: Controller, told: Any, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    with qtbot.waitSignal(controller.message, timeout=20_000):
        controller.open_paths([tmp_path / "notes.txt"])
    assert "No ultrasound image" in told.errors[0]
    assert controller.sessions == []


def test_intents_without_a_patient_do_nothing(
    controller: Controller, told: Any, disc: Callable[..., Any]
) -> None:
    key = ImageKey("1.2")
    for act in (
        lambda: controller.propose(),
        lambda: controller.propose_in_box(key, (0, 0, 5, 5)),
        lambda: controller.replace_mask(key, 0, disc()),
        lambda: controller.add_region(key, disc(), NODE),
        lambda: controller.delete_region(key, 0),
        lambda: controller.retype(key, 0, NODE),
        lambda: controller.confirm(key),
        lambda: controller.undo(key),
        lambda: controller.redo(key),
        lambda: controller.include(key, False),
        lambda: controller.select_image(key),
        lambda: controller.step_image(1),
        lambda: controller.set_frame(2),
        lambda: controller.select_region(0),
        lambda: controller.set_first_read(judged()),
        controller.lock_first_read,
        controller.unlock_first_read,
        controller.reveal,
        controller.score_again,
        lambda: controller.set_final_read(judged()),
        lambda: controller.sign("Lee"),
        lambda: controller.amend("x"),
        controller.discard_amendment,
        controller.preview,
        lambda: controller.export(Path("x.pdf")),
        lambda: controller.want_maps(True),
        lambda: controller.set_map("Grad-CAM", "image"),
        controller.close_session,
    ):
        act()
    assert told.errors == []


def test_edits_and_undo_survive_switching_images(
    controller: Controller, add_session: Add, make_case: Callable[..., Case], disc: Callable[..., Any]
) -> None:
    session = add_session(make_case())
    one, two = (image.key for image in session.case.images)
    controller.add_region(one, disc(), NODE)
    assert controller.region_index == 0
    controller.replace_mask(one, 0, disc(90))
    controller.step_image(1)
    assert controller.region_index is None
    controller.add_region(two, disc(60), TUMOUR)
    controller.step_image(-5)
    assert session.current == one
    controller.undo(one)
    assert np.array_equal(session.case.regions_of(one)[0].mask, disc())
    assert session.case.regions_of(two)[0].kind is TUMOUR
    controller.undo(one)
    assert session.case.regions_of(one) == ()
    controller.undo(one)
    controller.redo(one)
    controller.redo(one)
    assert np.array_equal(session.case.regions_of(one)[0].mask, disc(90))


def test_what_no_longer_fits_is_told_and_harms_nothing(
    controller: Controller,
    add_session: Add,
    told: Any,
    make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:
    session = add_session(make_case())
    key = session.current
    controller.add_region(key, disc(), NODE)
    began_on = session.case.regions_of(key)[0]
    controller.replace_mask(key, 0, disc(90))
    before = session.case
    controller.replace_mask(key, 0, disc(40), of=began_on)  # a stroke that began before the last change
    controller.replace_mask(key, 3, disc(40))
    controller.delete_region(key, 3)
    controller.retype(key, -1, TUMOUR)
    controller.confirm(key, 3)
    controller.add_region(key, np.zeros((150, 190), bool), NODE)
    assert session.case is before
    assert "changed meanwhile" in told.text
    controller.select_region(9)
    assert controller.region_index is None


def test_an_erased_region_is_gone_and_a_locked_case_is_not_changed(
    controller: Controller,
    add_session: Add,
    told: Any,
    make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:
    session = add_session(make_case())
    key = session.current
    controller.add_region(key, disc(), NODE)
    controller.replace_mask(key, 0, np.zeros((150, 190), bool))
    assert session.case.regions_of(key) == ()
    controller.add_region(key, disc(), NODE)
    controller.set_first_read(judged())
    controller.lock_first_read()
    before = session.case
    controller.delete_region(key, 0)
    controller.undo(key)
    controller.add_region(key, disc(90), NODE)
    controller.include(key, False)
    controller.propose()
    controller.set_frame(2)
    assert session.case is before
    assert all("unlock" in text for text in told.errors)
    assert len(told.errors) == 5
    controller.unlock_first_read()
    controller.delete_region(key, 0)
    assert session.case.regions_of(key) == ()


def test_confirming_and_including_what_is_so_already_changes_nothing(
    controller: Controller, add_session: Add, make_case: Callable[..., Case], disc: Callable[..., Any]
) -> None:
    session = add_session(make_case())
    controller.add_region(session.current, disc(), NODE)
    before = session.case
    controller.confirm(session.current)
    controller.include(session.current, True)
    controller.retype(session.current, 0, NODE)
    assert session.case is before
    controller.include(session.current, False)
    assert session.current in session.case.excluded


def test_without_a_model_the_reading_goes_to_its_signature_and_its_report(
    qtbot: Any,
    controller: Controller,
    told: Any,
    add_session: Add,
    make_case: Callable[..., Case],
    tmp_path: Path,
) -> None:
    session = add_session(make_case(images=1))
    controller.export(tmp_path / "early.pdf")
    assert "sign" in told.errors.pop()
    controller.lock_first_read()
    assert "no first read" in told.text
    controller.set_first_read(judged())
    controller.lock_first_read()
    controller.reveal()
    assert session.scoring
    controller.set_final_read(judged())
    assert session.human.final_read is None, "while the score is being made"
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    assert "no-model" in session.score_error
    controller.set_final_read(judged())
    controller.sign("Dr Lee")
    assert session.signed
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        controller.export(tmp_path / "r.pdf", tmp_path / "r.json", tmp_path / "pictures")
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "r.json").is_file()
    assert len(list((tmp_path / "pictures").iterdir())) == 2


def test_a_discarded_amendment_brings_back_the_regions_that_were_signed(
    qtbot: Any, controller: Controller, add_session: Add, told: Any, make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:  # fmt: skip
    session = add_session(make_case(images=1), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    controller.add_region(session.current, disc(), NODE)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    controller.set_final_read(judged())
    controller.sign("Dr Lee")
    signed = session.case
    controller.amend("")
    assert session.human.state is ReadingState.SIGNED
    controller.amend("the wrong node")
    controller.delete_region(session.current, 0)
    assert session.case.regions_of(session.current) == ()
    controller.discard_amendment()
    assert session.human.state is ReadingState.SIGNED
    assert session.case is signed
    told.all.clear()
    controller.undo(session.current)
    assert session.case is signed
    controller.amend("again")
    controller.undo(session.current)  # the discarded amendment has left nothing to undo
    assert session.case is signed
    assert told.errors == []


def test_closing_a_session_shows_nobody(
    controller: Controller, add_session: Add, make_case: Callable[..., Case]
) -> None:
    one, two = add_session(make_case("A")), add_session(make_case("B"))
    controller.close_session(0)
    assert controller.sessions == [two]
    assert controller.session is two
    controller.close_session()
    assert controller.session is None
    assert controller.image is None
    assert one not in controller.sessions


def test_settings_that_cannot_be_saved_are_used_all_the_same(
    controller: Controller, told: Any, tmp_path: Path
) -> None:
    (tmp_path / "settings.json").mkdir()
    controller.change_settings(dataclasses.replace(controller.settings, reader="Ann"))
    assert controller.settings.reader == "Ann"
    assert len(told.errors) == 1


def test_stopping_ends_the_progress_for_good(qtbot: Any, controller: Controller) -> None:
    shown: list[tuple[str, int, int]] = []
    controller.progress.connect(lambda *entry: shown.append(entry))
    begun, go_on = threading.Event(), threading.Event()

    def work(task: Any) -> None:
        begun.set()
        go_on.wait(10)
        task.report(1, 3)

    controller.submit("files", "discover", work, lambda result, error: None, "Looking")
    assert begun.wait(10)
    controller.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: not controller.runner.busy)
    assert shown == [("Looking", 0, 0), ("", 1, 1)]


@pytest.mark.parametrize("where", ["", "absent"])
def test_no_model_is_told_when_it_is_to_be_loaded(
    qtbot: Any, controller: Controller, told: Any, tmp_path: Path, where: str
) -> None:
    if where:
        (tmp_path / "no-model").mkdir()
    with qtbot.waitSignal(controller.model_changed, timeout=20_000):
        controller.load_model()
    assert controller.model is None
    assert "no-model" in controller.model_error
    assert told.errors == [controller.model_error]
