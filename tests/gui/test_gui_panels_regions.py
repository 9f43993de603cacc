"""The panel of regions and the film strip: what they show, and what a click or key asks for."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from by_mouse import LEFT
from on_panels import click
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from alnreader.case.case import Case
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.panels import FilmStrip, RegionsPanel
from alnreader.gui.thumbnails import ThumbnailLoader

Add = Callable[..., Any]


def proposed(mask: np.ndarray, kind: RegionKind = RegionKind.LYMPH_NODE) -> Region:
    return Region(mask, kind, Origin.PROPOSED)


# --- regions ------------------------------------------------------------------------------------------------


def test_regions_are_listed_with_their_measurements_and_the_reason(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], show: Callable[..., Any],
) -> None:  # fmt: skip
    panel = show(RegionsPanel(controller))
    assert not panel.isEnabled()
    session = add_session(make_case(images=1))
    assert panel.isEnabled()
    assert "Nothing is outlined" in panel.empty.text()
    controller.add_region(session.current, disc(80, 70, 30, 12), RegionKind.LYMPH_NODE)
    row = panel.rows[0]
    assert row.measured.text() == "6.0 × 2.4 mm · ratio 2.5 · 11 mm²"
    assert row.reason.text() == ""
    assert "6.0" in row.accessibleDescription()
    assert panel.summary() == "0 tumour, 1 node regions confirmed"
    assert panel.finished()
    controller.replace_mask(session.current, 0, disc(80, 70, 60, 12))
    assert panel.rows[0].measured.text().startswith("12.0 × 2.4 mm")
    add_session(make_case("plain", calibrated=False))
    assert panel.rows == []
    controller.add_region(controller.session.current, disc(80, 70, 30, 12), RegionKind.TUMOUR)
    assert panel.rows[0].measured.text().startswith("60 × 24 px")
    assert panel.rows[0].reason.text() == "The picture carries no calibration."


def test_images_that_nobody_has_looked_at_are_the_next_step(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], show: Callable[..., Any], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    panel = show(RegionsPanel(controller))
    session = add_session(make_case(images=4))
    one, two, three, four = (image.key for image in session.case.images)
    assert panel.primary.text() == "Propose on all images"
    controller.add_region(one, disc(80, 70, 30, 12), RegionKind.TUMOUR)
    controller.include(four, False)
    assert not panel.finished()
    assert panel.primary.text() == "Propose on the other images"
    summary = panel.summary().replace("image(s)", "images")  # the plural is the English catalogue's
    assert summary == "1 tumour, 0 node regions confirmed, 2 images not outlined"
    asked: list[Any] = []
    monkeypatch.setattr(controller, "propose", asked.append)
    click(qtbot, panel.primary)
    assert asked == [[two, three]]
    session.proposals.update({two: (), three: ()})  # the network found nothing there
    controller.worklist_changed.emit()
    assert panel.finished()
    assert panel.primary.text() == "Continue"
    session.proposals.clear()
    controller.model_error = "There is no model."
    controller.model_changed.emit()
    assert panel.finished(), "without the network only the reader knows"


def test_regions_are_confirmed_retyped_and_rejected_by_mouse_and_key(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], show: Callable[..., Any],
) -> None:  # fmt: skip
    panel = show(RegionsPanel(controller))
    session = add_session(make_case(images=1))
    key = session.current
    controller.put_regions(
        session, key, tuple(proposed(disc(60 + 30 * n, 70, 12, 8)) for n in range(3)), undoable=True
    )
    assert panel.summary() == "To confirm: 3"
    click(qtbot, panel.rows[0].confirm)
    assert session.case.regions_of(key)[0].confirmed
    assert not panel.rows[0].confirm.isEnabled()
    click(qtbot, panel.rows[1].retype)
    assert session.case.regions_of(key)[1].kind is RegionKind.TUMOUR
    qtbot.mouseClick(panel.rows[2], LEFT)
    assert controller.region_index == 2
    assert panel.rows[2].property("current")
    panel.rows[2].setFocus()
    qtbot.keyClick(panel.rows[2], Qt.Key.Key_Delete)
    assert len(session.case.regions_of(key)) == 2
    click(qtbot, panel.undo)
    assert len(session.case.regions_of(key)) == 3
    click(qtbot, panel.redo)
    qtbot.keyClick(panel.rows[1], Qt.Key.Key_Return)
    assert panel.summary() == "1 tumour, 1 node regions confirmed"
    click(qtbot, panel.included)
    assert key in session.case.excluded
    click(qtbot, panel.included)
    assert key not in session.case.excluded


def test_the_primary_button_leads_from_image_to_image(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], show: Callable[..., Any],
) -> None:  # fmt: skip
    panel = show(RegionsPanel(controller))
    session = add_session(make_case())
    assert panel.primary.text() == "Propose on all images"
    for image in session.case.images:
        session.proposals[image.key] = (proposed(disc()),)
        controller.put_regions(session, image.key, session.proposals[image.key], undoable=True)
    assert panel.primary.text() == "Confirm, next image"
    click(qtbot, panel.primary)
    assert all(region.confirmed for region in session.case.regions_of(session.case.images[0].key))
    assert session.current == session.case.images[1].key
    assert panel.primary.text() == "Confirm"
    click(qtbot, panel.primary)
    assert panel.primary.text() == "Continue"
    with qtbot.waitSignal(panel.advance):
        click(qtbot, panel.primary)
    assert panel.finished()


def test_a_closed_patient_s_outlines_are_let_go(
    controller: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], show: Callable[..., Any],
) -> None:  # fmt: skip
    show(RegionsPanel(controller))
    session = add_session(make_case())
    controller.add_region(session.current, disc(), RegionKind.TUMOUR)
    kept = weakref.ref(session.case.regions_of(session.current)[0])
    controller.close_session()
    del session
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert kept() is None


def test_what_was_looked_at_is_confirmed_in_one_go(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], show: Callable[..., Any],
) -> None:  # fmt: skip
    panel = show(RegionsPanel(controller))
    session = add_session(make_case(images=3))
    keys = [image.key for image in session.case.images]
    for key in keys:
        controller.put_regions(session, key, (proposed(disc()),), undoable=True)
    assert panel.hint.text() == "Images to confirm: 3"
    assert not panel.confirm_rest.isVisible(), "two of them nobody has seen"
    for key in (keys[1], keys[2]):
        controller.select_image(key)
    assert panel.confirm_rest.isVisible()
    controller.put_regions(session, keys[0], (proposed(disc(60)),), undoable=True)
    assert not panel.confirm_rest.isVisible(), "another outline than was seen"
    controller.select_image(keys[0])
    assert panel.confirm_rest.text() == "Confirm all 3 images"
    click(qtbot, panel.confirm_rest)
    assert all(region.confirmed for key in keys for region in session.case.regions_of(key))
    assert panel.primary.text() == "Continue"
    assert not panel.confirm_rest.isVisible()
    assert panel.hint.text() == ""
    controller.undo(keys[1])
    assert not session.case.regions_of(keys[1])[0].confirmed
    assert session.case.regions_of(keys[0])[0].confirmed, "each is undone on its own image"


# --- film strip ---------------------------------------------------------------------------------------------


def test_the_film_strip_follows_and_leads(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], show: Callable[..., Any],
) -> None:  # fmt: skip
    loader = ThumbnailLoader(controller.runner)
    strip = show(FilmStrip(controller, loader))
    regions = RegionsPanel(controller)
    qtbot.addWidget(regions)
    strip.chosen_changed.connect(regions.set_chosen)
    session = add_session(make_case(images=3, cine=12))
    keys = [image.key for image in session.case.images]
    assert strip.count() == 3
    qtbot.waitUntil(lambda: all(loader.get(key) is not None for key in keys))
    spoken = strip.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "not outlined" in spoken
    assert "cine, frame 1 of 12" in spoken
    qtbot.keyClick(strip, Qt.Key.Key_Down)
    qtbot.keyClick(strip, Qt.Key.Key_Down)
    assert session.current == keys[2]
    qtbot.keyClick(strip, Qt.Key.Key_Up)
    assert session.current == keys[1]
    controller.step_image(1)
    assert strip.currentRow() == 2
    qtbot.mouseClick(strip.viewport(), LEFT, pos=strip.visualItemRect(strip.item(0)).center())
    assert session.current == keys[0]
    qtbot.mouseClick(
        strip.viewport(),
        LEFT,
        Qt.KeyboardModifier.ControlModifier,
        strip.visualItemRect(strip.item(1)).center(),
    )
    assert sorted(strip.chosen()) == keys[:2]
    assert regions.propose_chosen.isEnabled()
    controller.put_regions(session, keys[1], (proposed(disc()),), undoable=True)
    assert "1 to confirm" in strip.item(1).toolTip()
    controller.confirm(keys[1])
    assert "1 confirmed" in strip.item(1).toolTip()
    controller.include(keys[1], False)
    assert "left out" in strip.item(1).toolTip()
    add_session(make_case("B", images=1))
    assert strip.count() == 1
    assert not strip.grab().isNull()
