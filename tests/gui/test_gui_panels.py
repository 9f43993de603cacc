"""The panels with a real controller and no network: what they show, and what a click or key asks for."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QWidget,
)

from alnreader.case.assessment import Assessment, CriteriaCutOffs, Hilum, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import ReadingMode, ReadingState
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.panels import (
    FilmStrip,
    FirstReadPanel,
    ModelCardPanel,
    RegionsPanel,
    SecondReaderPanel,
    SignPanel,
)
from alnreader.gui.panels.assessment_form import millimetres
from alnreader.gui.panels.export_names import Names, new_names
from alnreader.gui.thumbnails import ThumbnailLoader
from alnreader.report.text import file_stem

Add = Callable[..., Any]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def show(qtbot: Any) -> Callable[[QWidget], QWidget]:
    """Show a panel at the width it has in the window."""

    def shown(panel: QWidget) -> QWidget:
        qtbot.addWidget(panel)
        panel.resize(340, 900)
        with qtbot.waitExposed(panel):
            panel.show()
        return panel

    return shown


def proposed(mask: np.ndarray, kind: RegionKind = RegionKind.LYMPH_NODE) -> Region:
    return Region(mask, kind, Origin.PROPOSED)


def click(qtbot: Any, button: QWidget) -> None:
    assert button.isEnabled(), button.accessibleName()
    assert button.isVisible(), button.accessibleName()
    # Of a radio button or check box only sign and words take the mouse, not the room to their right.
    at_sign = isinstance(button, QRadioButton | QCheckBox)
    where = QPoint(10, button.height() // 2) if at_sign else button.rect().center()
    qtbot.mouseClick(button, LEFT, pos=where)


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


def test_what_the_button_waits_for_is_in_sight(controller: Controller, show: Callable[..., Any]) -> None:
    first, sign = show(FirstReadPanel(controller)), show(SignPanel(controller))
    assert first.foot.isAncestorOf(first.reader)
    assert sign.foot.isAncestorOf(sign.name)
    column = sign.decide.layout()
    assert column.indexOf(sign.reason) < column.indexOf(sign.form), "above the form, not below the fold"


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


# --- first read ---------------------------------------------------------------------------------------------


def test_a_first_read_is_entered_judged_and_locked(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    panel = show(FirstReadPanel(controller))
    session = add_session(make_case())
    form = panel.form
    assert not panel.primary.isEnabled()
    assert "Choose negative" in panel.hint.text()
    click(qtbot, form.status_buttons[NodeStatus.SUSPICIOUS])
    assert not panel.primary.isEnabled(), "no judgement is filled in for the reader"
    assert "Set your confidence" in panel.hint.text()
    form.confidence.slider.setFocus()
    qtbot.keyClick(form.confidence.slider, Qt.Key.Key_End)
    assert panel.primary.isEnabled()
    qtbot.keyClicks(form.cortex, "5,2")
    form.hilum.set_value(Hilum.LOST)
    assert "Cortex thicker than 3 mm (doi 10.5812/ijradiol-139030)" in form.met.text()
    assert "Fatty hilum lost" in form.met.text()
    assert "44.4%" in form.met.text()
    qtbot.keyClicks(form.remarks, "left side")
    qtbot.keyClicks(form.cortex, "x")
    assert not panel.primary.isEnabled()
    assert form.fault.isVisible()
    qtbot.keyClick(form.cortex, Qt.Key.Key_Backspace)
    with qtbot.waitSignal(panel.advance):
        click(qtbot, panel.primary)
    first = session.human.first_read
    assert session.human.state is ReadingState.FIRST_READ_LOCKED
    assert (first.status, first.confidence, first.criteria.cortex_mm) == (NodeStatus.SUSPICIOUS, 100, 5.2)
    assert (first.reader, first.remarks) == ("Dr Lee", "left side")
    assert panel.summary() == "Suspicious, confidence 100 of 100"
    assert not form.isEnabled()
    click(qtbot, panel.unlock)
    assert session.human.state is ReadingState.DRAFT
    assert form.isEnabled()
    assert form.cortex.text() == "5,2" or form.cortex.text() == "5.2"


@pytest.mark.parametrize(
    ("give", "value"),
    [
        (lambda qtbot, slider: qtbot.keyClick(slider, Qt.Key.Key_Space), 50),
        (lambda qtbot, slider: qtbot.keyClick(slider, Qt.Key.Key_Left), 49),
        (lambda qtbot, slider: qtbot.mouseClick(slider, LEFT, pos=slider.rect().center()), 50),
        (lambda qtbot, slider: qtbot.mouseClick(slider, LEFT, pos=QPoint(1, slider.height() // 2)), 0),
    ],
)
def test_the_confidence_is_nobody_s_until_it_is_given(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case],
    show: Callable[..., Any], give: Callable[..., None], value: int,
) -> None:  # fmt: skip
    panel = show(FirstReadPanel(controller))
    add_session(make_case("A"))
    confidence = panel.form.confidence
    click(qtbot, panel.form.status_buttons[NodeStatus.NEGATIVE])
    assert confidence.given is None
    assert confidence.slider.accessibleDescription() == "not set"
    assert confidence._label.text() == "click to set"
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(confidence.slider, wheel)
    assert confidence.given is None, "a wheel that scrolls the panel is no judgement"
    give(qtbot, confidence.slider)
    assert confidence.given == pytest.approx(value, abs=1)
    assert panel.primary.isEnabled()
    add_session(make_case("B"))
    assert confidence.given is None
    controller.open_session(0)
    assert confidence.given == pytest.approx(value, abs=1)
    click(qtbot, panel.primary)
    assert controller.session.human.first_read.confidence == confidence.given


def test_the_cortex_comes_from_the_caliper_only_in_mm_and_only_when_asked(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    panel = show(FirstReadPanel(controller))
    add_session(make_case())
    panel.take_measurement("Caliper 31.0 px (The picture carries no calibration.)")
    assert not panel.form.from_caliper.isEnabled()
    panel.take_measurement("Ellipse 12.0 × 8.0 mm, 75.4 mm²")
    assert not panel.form.from_caliper.isEnabled()
    panel.take_measurement("Caliper 3.4 mm")
    assert panel.form.cortex.text() == ""
    click(qtbot, panel.form.from_caliper)
    assert panel.form.cortex.text() == "3.4"


def test_half_a_first_read_stays_with_its_patient(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    panel = show(FirstReadPanel(controller))
    add_session(make_case("A"))
    qtbot.keyClicks(panel.form.remarks, "of A")
    panel.take_measurement("Caliper 3.4 mm")
    add_session(make_case("B"))
    assert panel.form.remarks.toPlainText() == ""
    assert panel.form.chosen_status is None
    assert not panel.form.from_caliper.isEnabled(), "the caliper was on A"
    click(qtbot, panel.form.status_buttons[NodeStatus.NEGATIVE])
    controller.open_session(0)
    assert panel.form.remarks.toPlainText() == "of A"
    assert panel.form.chosen_status is None


def test_the_site_s_cut_offs_are_used_and_named_as_such(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], show: Callable[..., Any],
) -> None:  # fmt: skip
    panel = show(FirstReadPanel(controller))
    session = add_session(make_case())
    qtbot.keyClicks(panel.form.cortex, "2.7")
    assert panel.form.met.text() == ""
    controller.change_settings(
        dataclasses.replace(controller.settings, cut_offs=CriteriaCutOffs(cortex_mm=2.5))
    )
    assert "Cortex thicker than 2.5 mm (set by this site (default 3 mm" in panel.form.met.text()
    controller.add_region(session.current, disc(80, 70, 20, 15), RegionKind.LYMPH_NODE)
    assert "Long by short axis below 2, as measured" in panel.form.met.text()
    controller.retype(session.current, 0, RegionKind.TUMOUR)
    assert "Long by short" not in panel.form.met.text()


@pytest.mark.parametrize(("text", "value"), [("", None), ("3", 3.0), (" 2,5 mm ", 2.5), ("0", 0.0)])
def test_a_thickness_is_read_with_point_comma_and_unit(text: str, value: float | None) -> None:
    assert millimetres(text) == value


# --- second reader, signature, card: without a model -------------------------------------------------------


def test_without_a_model_everything_but_the_score_goes_on(
    qtbot: Any, controller: Controller, told: Any, add_session: Add, make_case: Callable[..., Case],
    show: Callable[..., Any], tmp_path: Any,
) -> None:  # fmt: skip
    first, second, sign = (show(kind(controller)) for kind in (FirstReadPanel, SecondReaderPanel, SignPanel))
    card = show(ModelCardPanel(controller))
    session = add_session(make_case(images=1))
    assert "Lock your first read" in second.locked_reason()
    assert "reveal it" in sign.locked_reason()
    assert not second.primary.isEnabled()
    click(qtbot, first.form.status_buttons[NodeStatus.NEGATIVE])
    qtbot.keyClick(first.form.confidence.slider, Qt.Key.Key_Right)
    click(qtbot, first.primary)
    assert second.locked_reason() == ""
    click(qtbot, second.primary)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    assert "no-model" in second.state.text()
    assert second.again.isVisible()
    assert not second.content.isVisible()
    assert second.summary() == "No score"
    assert not sign.primary.isEnabled()
    assert "whether the first read stands" in sign.hint.text()
    click(qtbot, sign.agree)
    assert sign.primary.text() == "Sign as Dr Lee"
    assert not sign.export.isEnabled()
    click(qtbot, sign.primary)
    assert session.signed
    assert sign.summary() == "Negative, signed by Dr Lee"
    click(qtbot, sign.json)
    sign.folder_chooser = lambda: str(tmp_path)
    with qtbot.waitSignal(controller.exported, timeout=60_000) as caught:
        click(qtbot, sign.export)
    assert sorted(path.name for path in caught.args[0]) == ["aln-reader-P1.json", "aln-reader-P1.pdf"]
    with qtbot.waitSignal(controller.preview_ready, timeout=60_000) as caught:
        click(qtbot, sign.preview)
    assert caught.args[0].startswith(b"%PDF")
    # Written once more, the first files stay as they are.
    first_pdf = (tmp_path / "aln-reader-P1.pdf").read_bytes()
    with qtbot.waitSignal(controller.exported, timeout=60_000) as caught:
        click(qtbot, sign.export)
    assert sorted(path.name for path in caught.args[0]) == ["aln-reader-P1-2.json", "aln-reader-P1-2.pdf"]
    assert (tmp_path / "aln-reader-P1.pdf").read_bytes() == first_pdf
    assert "not loaded" in card.none.text()


def test_a_changed_final_read_needs_its_reason_and_an_amendment_can_be_discarded(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    first, second, sign = (show(kind(controller)) for kind in (FirstReadPanel, SecondReaderPanel, SignPanel))
    session = add_session(make_case(images=1))
    click(qtbot, first.form.status_buttons[NodeStatus.NEGATIVE])
    qtbot.keyClick(first.form.confidence.slider, Qt.Key.Key_Right)
    click(qtbot, first.primary)
    click(qtbot, second.primary)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    click(qtbot, sign.change)
    click(qtbot, sign.form.status_buttons[NodeStatus.SUSPICIOUS])
    assert not sign.primary.isEnabled()
    assert sign.hint.text() == "Give the reason for the change."
    qtbot.keyClicks(sign.reason, "the map")
    click(qtbot, sign.primary)
    assert session.human.signed.final_read.reason == "the map"
    assert not sign.amend.isEnabled()
    qtbot.keyClicks(sign.amend_reason, "wrong side")
    click(qtbot, sign.amend)
    assert session.human.state is ReadingState.AMENDED
    assert "wrong side" in sign.said.text()
    assert not sign.primary.isEnabled(), "the decision is made anew"
    click(qtbot, sign.discard)
    assert session.signed
    qtbot.keyClicks(sign.amend_reason, "again")
    click(qtbot, sign.amend)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    click(qtbot, sign.agree)
    click(qtbot, sign.primary)
    assert [version.amendment_reason for version in session.human.versions] == ["", "again"]
    assert "Amended and signed: Negative" in sign.said.text()


def test_a_change_that_changes_nothing_is_not_signed_and_files_of_before_an_amendment_are_called_so(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
    tmp_path: Path,
) -> None:
    sign = show(SignPanel(controller))
    session = add_session(make_case("P1", images=1))
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    controller.reveal()
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    qtbot.keyClicks(sign.name, "Dr Lee")

    def nothing_changed_is_not_signed() -> None:
        click(qtbot, sign.change)
        assert not sign.primary.isEnabled()
        assert "Nothing is changed" in sign.hint.text()
        qtbot.keyClicks(sign.reason, "seen again")
        assert sign.primary.isEnabled(), "confirmed with a reason of its own"
        sign.reason.clear()
        assert not sign.primary.isEnabled()

    nothing_changed_is_not_signed()
    click(qtbot, sign.agree)
    click(qtbot, sign.primary)
    sign.folder_chooser = lambda: str(tmp_path)
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        click(qtbot, sign.export)
    assert sign.written.text() == "Written: aln-reader-P1.pdf"
    qtbot.keyClicks(sign.amend_reason, "wrong cortex")
    click(qtbot, sign.amend)
    earlier = "Written before the amendment, with the earlier reading: aln-reader-P1.pdf"
    assert sign.written.text() == earlier
    click(qtbot, sign.discard)
    assert sign.written.text() == "Written: aln-reader-P1.pdf"
    qtbot.keyClicks(sign.amend_reason, "wrong cortex")
    click(qtbot, sign.amend)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    nothing_changed_is_not_signed()
    click(qtbot, sign.agree)
    click(qtbot, sign.primary)
    assert len(session.human.versions) == 2
    assert sign.written.text() == earlier
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        click(qtbot, sign.export)
    assert sign.written.text() == "Written: aln-reader-P1-2.pdf"


def test_half_a_final_read_stays_with_its_patient(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    sign = show(SignPanel(controller))
    session = add_session(make_case("A", images=1))
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    controller.reveal()
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    click(qtbot, sign.change)
    click(qtbot, sign.form.status_buttons[NodeStatus.SUSPICIOUS])
    qtbot.keyClicks(sign.reason, "the map")
    add_session(make_case("B"))
    assert not sign.change.isChecked()
    assert sign.reason.text() == ""
    controller.open_session(0)
    assert sign.change.isChecked()
    assert not sign.agree.isChecked()
    assert sign.reason.text() == "the map"
    assert sign.form.chosen_status is NodeStatus.SUSPICIOUS
    assert sign.form.isVisible()
    click(qtbot, sign.primary)
    assert session.human.signed.final_read.reason == "the map"


def test_a_concurrent_reading_has_no_first_read_but_a_final_one(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    first, sign = (show(kind(controller)) for kind in (FirstReadPanel, SignPanel))
    session = add_session(make_case(images=1), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    assert "no first read" in first.locked_reason()
    assert first.finished()
    assert not sign.agree.isVisible()
    click(qtbot, sign.form.status_buttons[NodeStatus.INDETERMINATE])
    assert "Set your confidence" in sign.hint.text()
    qtbot.keyClick(sign.form.confidence.slider, Qt.Key.Key_Right)
    click(qtbot, sign.primary)
    assert session.signed


def test_every_control_has_a_name_and_a_tool_tip(
    controller: Controller, add_session: Add, make_case: Callable[..., Case], disc: Callable[..., Any],
    show: Callable[..., Any],
) -> None:  # fmt: skip
    panels = [show(kind(controller)) for kind in (RegionsPanel, FirstReadPanel, SecondReaderPanel, SignPanel)]
    session = add_session(make_case())
    controller.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    for panel in panels:
        for kind in (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit):
            for widget in panel.findChildren(kind):
                if isinstance(widget, QAbstractButton) and widget.objectName().startswith("qt_"):
                    continue  # a part that Qt makes itself
                name = widget.accessibleName() or (
                    widget.text() if isinstance(widget, QAbstractButton) else ""
                )
                assert name, f"{type(panel).__name__}: {widget}"
                assert widget.toolTip(), f"{type(panel).__name__}: {name}"


def test_an_export_never_takes_the_names_of_another(tmp_path: Path) -> None:
    def wanted(patient: str) -> Names:
        stem = f"aln-reader-{file_stem(patient, all_scripts=True)}"
        return tmp_path / f"{stem}.pdf", None, None, tmp_path / f"{stem}-dicom"

    assert wanted("张三")[0] != wanted("李四")[0]
    names = new_names(wanted("张三"), set())
    assert [path.name for path in names if path] == ["aln-reader-张三.pdf", "aln-reader-张三-dicom"]
    (tmp_path / "aln-reader-张三-dicom").mkdir()
    names = new_names(wanted("张三"), {tmp_path / "aln-reader-张三-2.pdf"})
    assert [path.name for path in names if path] == ["aln-reader-张三-3.pdf", "aln-reader-张三-dicom-3"]
