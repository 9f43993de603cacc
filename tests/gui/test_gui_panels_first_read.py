"""The panel of the first read: what is entered, by whom, and when it can be locked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from by_mouse import LEFT
from on_panels import click
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from alnreader.case.assessment import CriteriaCutOffs, Hilum, NodeStatus
from alnreader.case.case import Case
from alnreader.case.protocol import ReadingState
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.panels import FirstReadPanel
from alnreader.gui.panels.assessment_form import millimetres

Add = Callable[..., Any]


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
    assert form.count.text() == "Criteria met: 2"
    assert form.count.toolTip()
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
