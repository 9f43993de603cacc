"""The first read as it opens: which picture it shows, what of the form is in sight, what the fields say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QFormLayout, QScrollArea, QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.panels import ModelCardPanel

Add = Callable[..., Any]


def outline(
    controller: Controller, session: Any, disc: Callable[..., Any], *kinds: RegionKind | None
) -> None:
    """Put a confirmed region of a kind on each image."""
    for image, kind in zip(session.case.images, kinds, strict=True):
        if kind is not None:
            controller.add_region(image.key, disc(), kind)
            controller.confirm(image.key)


def in_sight(widget: QWidget) -> bool:
    """Whether the whole of a control lies in what its scroll area shows."""
    area = widget.parentWidget()
    while not isinstance(area, QScrollArea):
        assert area is not None
        area = area.parentWidget()
    place = QRect(widget.mapTo(area.viewport(), QPoint(0, 0)), widget.size())
    return area.viewport().rect().contains(place)


@pytest.mark.parametrize(("nodes_at", "shown"), [((2, 3), 2), ((), 0)])
def test_the_first_read_opens_with_a_node_on_the_screen(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], nodes_at: tuple[int, ...], shown: int,
) -> None:  # fmt: skip
    session = add_session(make_case(images=4))
    kinds = [RegionKind.LYMPH_NODE if place in nodes_at else RegionKind.TUMOUR for place in range(4)]
    outline(desk, session, disc, *kinds)
    keys = [image.key for image in session.case.images]
    desk.select_image(keys[0])
    window.rail.open(0)
    assert window.rail.regions.primary.text() == "Continue"
    window.rail.regions.primary.click()
    assert window.rail.steps.current == 1
    assert session.current == keys[shown]


def test_an_image_with_a_node_stays_and_one_that_is_left_out_is_not_sought(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:  # fmt: skip
    node, tumour = RegionKind.LYMPH_NODE, RegionKind.TUMOUR
    session = add_session(make_case(images=4))
    keys = [image.key for image in session.case.images]
    outline(desk, session, disc, node, tumour, node, node)
    desk.select_image(keys[3])
    window.rail.open(0)
    window.rail.regions.primary.click()
    assert session.current == keys[3]
    window.rail.open(0)
    desk.include(keys[0], False)
    desk.select_image(keys[1])
    window.rail.regions.primary.click()
    assert session.current == keys[2]


def test_a_locked_first_read_is_gone_past_without_another_picture(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:  # fmt: skip
    session = add_session(make_case(images=2))
    outline(desk, session, disc, RegionKind.TUMOUR, RegionKind.LYMPH_NODE)
    desk.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    desk.lock_first_read()
    first = session.case.images[0].key
    desk.select_image(first)
    window.rail.open(0)
    window.rail.regions.primary.click()
    assert session.current == first


def test_the_remarks_are_in_sight_on_a_small_screen_and_grow_with_what_is_written(
    qtbot: Any, window: MainWindow, add_session: Add, make_case: Callable[..., Case]
) -> None:
    add_session(make_case())
    window.resize(1366, 768)
    window.rail.open(1)
    remarks = window.rail.first_read.form.remarks
    qtbot.waitUntil(lambda: in_sight(remarks))
    low = remarks.height()
    remarks.setPlainText("One node,\nlevel I,\nhilum kept.")
    qtbot.waitUntil(lambda: remarks.height() > low)
    assert remarks.verticalScrollBar().maximum() == 0, "three lines are seen without scrolling"
    three = remarks.height()
    remarks.setPlainText("\n".join("abcdefgh"))
    assert remarks.height() == three, "more than that scrolls"
    remarks.setPlainText("")
    assert remarks.height() == low


def test_a_confidence_says_of_what_and_a_caliper_why_it_is_not_offered(
    window: MainWindow, desk: Controller, add_session: Add, make_case: Callable[..., Case]
) -> None:
    add_session(make_case())
    form = window.rail.first_read.form
    form.confidence.give(70)
    assert form.confidence._label.text() == "70 of 100"
    assert not form.from_caliper.isEnabled()
    assert form.from_caliper.text() == "No caliper in mm"
    form.set_caliper(3.4)
    assert form.from_caliper.text() == "Take 3.4 mm"
    desk.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    assert "confidence 60 of 100" in window.rail.first_read.summary()


def test_a_name_on_the_model_card_stands_by_the_first_line_of_what_it_names(
    qtbot: Any, desk: Controller
) -> None:
    card = ModelCardPanel(desk)
    qtbot.addWidget(card)
    card.resize(340, 1000)
    desk.load_model()
    qtbot.waitUntil(lambda: desk.model is not None)
    with qtbot.waitExposed(card):
        card.show()
    form = card.findChild(QFormLayout)
    wrapped = 0
    for row in range(form.rowCount()):
        name = form.itemAt(row, QFormLayout.ItemRole.LabelRole).widget()
        value = form.itemAt(row, QFormLayout.ItemRole.FieldRole).widget()
        wrapped += value.height() > 2 * name.sizeHint().height()
        assert name.y() == value.y(), name.text()
        assert name.alignment() & Qt.AlignmentFlag.AlignTop, name.text()
    assert wrapped, "one of them has several lines"
