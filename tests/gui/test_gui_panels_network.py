"""The panels with a real network: nothing before the reveal, the whole reading by mouse, nothing stale."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from on_panels import click
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from alnreader.case.assessment import NodeStatus
from alnreader.case.case import Case
from alnreader.case.protocol import ReadingMode, ReadingState
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.panels import (
    FilmStrip,
    FirstReadPanel,
    ModelCardPanel,
    RegionsPanel,
    SecondReaderPanel,
    SignPanel,
)
from alnreader.gui.panels.score import METHODS
from alnreader.gui.thumbnails import ThumbnailLoader
from alnreader.report.sentences import percent, verdict

Add = Callable[..., Any]
SLOW = 60_000


@pytest.fixture
def desk(reading_controller: Controller) -> Controller:
    return reading_controller


class Panels:
    """All panels side by side, as the window has them."""

    def __init__(self, qtbot: Any, desk: Controller) -> None:
        loader = ThumbnailLoader(desk.runner, desk)
        self.film = FilmStrip(desk, loader)
        self.regions = RegionsPanel(desk)
        self.first = FirstReadPanel(desk)
        self.second = SecondReaderPanel(desk, thumbnails=loader)
        self.sign = SignPanel(desk)
        self.card = ModelCardPanel(desk)
        self.film.chosen_changed.connect(self.regions.set_chosen)
        for panel in self.all:
            qtbot.addWidget(panel)
            panel.resize(340, 1000)
            with qtbot.waitExposed(panel):
                panel.show()

    @property
    def all(self) -> tuple[QWidget, ...]:
        return self.film, self.regions, self.first, self.second, self.sign, self.card

    def everything_said(self) -> Iterator[str]:
        """Whatever can be read, hovered over or heard."""
        for panel in (self.film, self.regions, self.second, self.sign):
            for widget in (panel, *panel.findChildren(QWidget)):
                yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
                yield widget.whatsThis()
                yield widget.statusTip()
                if isinstance(widget, QLabel | QAbstractButton):
                    yield widget.text()
        for row in range(self.film.count()):
            for role in (
                Qt.ItemDataRole.ToolTipRole,
                Qt.ItemDataRole.AccessibleTextRole,
                Qt.ItemDataRole.UserRole + 1,
            ):
                yield str(self.film.item(row).data(role))
        for panel in (self.regions, self.first, self.second, self.sign):
            yield from (panel.summary(), panel.locked_reason())


@pytest.fixture
def panels(qtbot: Any, desk: Controller) -> Panels:
    return Panels(qtbot, desk)


def idle(qtbot: Any, desk: Controller) -> None:
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)


def score_numbers(panels: Panels) -> list[str]:
    """Percentages and signed points: what only a score says. The scale of confidence has neither."""
    numbers = re.compile(r"\d\s*%|[+−]\d+\.\d|\boperating point\b")
    return [text for text in panels.everything_said() if numbers.search(text) and text != "50 %"]


def to_the_reveal(qtbot: Any, desk: Controller, panels: Panels) -> None:
    click(qtbot, panels.first.form.status_buttons[NodeStatus.NEGATIVE])
    qtbot.keyClick(panels.first.form.confidence.slider, Qt.Key.Key_Right)
    click(qtbot, panels.first.primary)
    click(qtbot, panels.second.primary)
    qtbot.waitUntil(lambda: desk.session.score_full, timeout=SLOW)


def test_a_reading_from_proposal_to_export_by_mouse(
    qtbot: Any, desk: Controller, panels: Panels, told: Any, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any], tmp_path: Path,
) -> None:  # fmt: skip
    session = add_session(make_case(images=3))
    click(qtbot, panels.regions.primary)
    idle(qtbot, desk)
    assert set(session.proposals) == set(session.revisions)
    while panels.regions.primary.text() != "Continue":
        click(qtbot, panels.regions.primary)
    assert panels.regions.finished()
    # A score that exists is hidden all the same: made beforehand, it must not be read anywhere.
    session.score = desk.machine.score(session.case, session.encoded, None, full=True)
    session.score_full = True
    desk.want_maps(True)
    desk.score_changed.emit()
    assert score_numbers(panels) == []
    assert not panels.second.content.isVisible()
    assert not desk.heat_maps
    desk.want_maps(False)
    session.score, session.score_full = None, False
    with qtbot.waitSignal(desk.preview_ready, timeout=SLOW):
        click(qtbot, panels.sign.preview)

    to_the_reveal(qtbot, desk, panels)
    second = panels.second
    score = session.visible_score
    assert score is not None
    assert second.sentence.text().replace("\xa0", " ") == verdict(score)
    assert second.scale.probability == score.probability
    assert score_numbers(panels) != []
    assert any("Demonstration model" in text for text in second.limits.texts) == score.run.model.demonstration
    assert (
        second.what_if.text()
        == f"Without this image it would be {percent(score.image(session.current).without)}."
    )
    assert f"Without any image: {percent(score.baseline)}" in second.without_any.text()
    assert "random" in panels.card.text()
    # A click on a bar selects its image.
    target = (
        session.case.images[2].key
        if session.current != session.case.images[2].key
        else session.case.images[0].key
    )
    row = [image.key for image in session.case.images].index(target)
    qtbot.mouseClick(second.bars, Qt.MouseButton.LeftButton, pos=second.bars.row_rect(row).center().toPoint())
    assert session.current == target
    # What if becomes what is.
    foretold = score.image(target).without
    click(qtbot, second.leave_out)
    assert not second.content.isVisible(), "the former score is not shown as current"
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=SLOW)
    assert session.visible_score.probability == pytest.approx(foretold, abs=1e-6)
    click(qtbot, second.leave_out)
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=SLOW)
    assert session.visible_score.probability == score.probability

    click(qtbot, second.show_maps)
    qtbot.waitUntil(lambda: set(desk.heat_maps) == set(session.revisions), timeout=SLOW)
    assert second.map_controls.accessibleDescription() == "where the network looked, not proof"
    with qtbot.waitSignal(second.opacity_changed) as caught:
        qtbot.keyClick(second.opacity.slider, Qt.Key.Key_Home)
    assert caught.args == [0.0]
    with qtbot.waitSignal(second.side_by_side_changed) as caught:
        qtbot.keyClick(second.place, Qt.Key.Key_Down)
    assert caught.args == [True]

    sign = panels.sign
    click(qtbot, sign.agree)
    # An edit after the choice: the score is made anew, and only then can it be signed.
    desk.add_region(session.current, disc(120, 110, 20, 10), RegionKind.LYMPH_NODE)
    assert not sign.primary.isEnabled()
    assert second.sentence.text() == ""
    assert second.scale.toolTip() == ""
    assert second.without_any.text() == ""
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=SLOW)
    click(qtbot, sign.primary)
    assert session.human.state is ReadingState.SIGNED
    for check in (sign.json, sign.pictures):
        click(qtbot, check)
    sign.folder_chooser = lambda: str(tmp_path)
    # A preview asked for meanwhile does not take the export's place.
    with qtbot.waitSignals([desk.exported, desk.preview_ready], timeout=SLOW):
        click(qtbot, sign.export)
        click(qtbot, sign.preview)
    document = json.loads((tmp_path / "aln-reader-P1.json").read_text(encoding="utf-8"))
    assert document["probability"] == pytest.approx(session.visible_score.probability, abs=1e-6)
    assert document["human"]["state"] == "signed"
    assert len(list((tmp_path / "aln-reader-P1-pictures").glob("*heatmap.png"))) == 3
    assert told.errors == []


def test_a_stale_score_never_stands_on_the_panel_and_never_on_another_patient(
    qtbot: Any, desk: Controller, panels: Panels, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:  # fmt: skip
    one = add_session(make_case("A", images=1))
    to_the_reveal(qtbot, desk, panels)
    shown: list[tuple[int, float | None]] = []
    desk.score_changed.connect(lambda: shown.append((desk.session.number, panels.second.scale.probability)))
    desk.add_region(one.current, disc(), RegionKind.LYMPH_NODE)
    two = add_session(make_case("B", images=2))
    assert panels.second.scale.probability is None
    assert not panels.second.content.isVisible()
    assert panels.first.form.chosen_status is None
    assert not panels.sign.agree.isChecked()
    idle(qtbot, desk)
    assert one.visible_score is not None, "scored while the other was on the screen"
    assert two.score is None
    assert all(number != two.number or value is None for number, value in shown)
    desk.open_session(0)
    assert panels.second.scale.probability == one.visible_score.probability


def test_a_concurrent_reading_shows_its_score_from_the_start(
    qtbot: Any, desk: Controller, panels: Panels, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=3), ReadingMode.CONCURRENT)
    assert panels.second.locked_reason() == ""
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    assert panels.second.sentence.text().replace("\xa0", " ") == verdict(session.visible_score)
    assert np.isfinite(panels.second.scale.probability)


def test_no_interval_is_said_before_there_is_one(
    qtbot: Any, desk: Controller, panels: Panels, add_session: Add, make_case: Callable[..., Case],
    disc: Callable[..., Any],
) -> None:  # fmt: skip
    session = add_session(make_case(images=1), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    go_on = threading.Event()
    desk.runner.submit("explain", "gate", lambda task: go_on.wait(60), lambda result, error: None)
    desk.add_region(session.current, disc(), RegionKind.TUMOUR)
    qtbot.waitUntil(lambda: session.visible_score is not None, timeout=SLOW)
    assert not session.score_full
    number = percent(session.visible_score.probability)
    quick = [text.replace("\xa0", " ") for text in panels.everything_said() if number in text]
    assert len(quick) >= 3, "the sentence, the fold, the scale"
    assert not any(f"{number} (" in text for text in quick)
    go_on.set()
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    assert re.search(r"%.\(\d+", panels.second.sentence.text())


def test_no_verdict_stands_where_every_image_is_left_out(
    qtbot: Any, desk: Controller, panels: Panels, add_session: Add, make_case: Callable[..., Case]
) -> None:
    session = add_session(make_case(images=2), ReadingMode.CONCURRENT)
    for image in session.case.images:
        desk.include(image.key, False)
    idle(qtbot, desk)
    assert session.visible_score.of_no_image
    assert panels.second.content.isVisible()
    assert "No image counts" in panels.second.sentence.text()
    assert "No image counts" in panels.second.summary()
    assert not panels.second.scale.isVisible()
    assert panels.second.scale.probability is None
    assert not re.search(r"\d\s*%", panels.second.sentence.text() + panels.second.summary())
    # One sentence, not an axis with rows that say nothing.
    assert not panels.second.bars.isVisible()
    assert not panels.second.bars_title.isVisible()
    assert "Every image is left out" in panels.second.without_any.text()
    desk.include(session.current, True)
    idle(qtbot, desk)
    assert panels.second.bars.isVisible()
    assert "Without any image" in panels.second.without_any.text()
    assert panels.second.scale.isVisible()
    assert panels.second.sentence.text().replace("\xa0", " ") == verdict(session.visible_score)


def test_the_methods_offered_are_those_that_there_are() -> None:
    from alnreader.inference.cam_methods import METHODS as KNOWN

    assert METHODS == KNOWN
