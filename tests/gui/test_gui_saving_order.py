"""Actions are kept in the order in which they are done; what is refused is said and blocks nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from at_the_desk import said, settled
from PySide6.QtCore import QEventLoop, QTimer

from alnreader.case.case import Case
from alnreader.case.protocol import HumanReading, ReadingMode
from alnreader.case.region import RegionKind
from alnreader.dicom.network.nodes import Node
from alnreader.gui.controller import Controller
from alnreader.gui.pacs import PacsDesk
from alnreader.gui.panels import SignPanel
from alnreader.gui.session import PatientSession
from alnreader.store.handle import RESCUED
from alnreader.store.verify import verify_work_list

SLOW = 60_000


@pytest.fixture
def desk(reading_controller: Controller, tmp_path: Path, qtbot: Any) -> Iterator[Controller]:
    """A controller with the network, and with a work list."""
    reading_controller.saving.start(tmp_path / "data")
    qtbot.waitUntil(lambda: reading_controller.saving.ready, timeout=SLOW)
    yield reading_controller
    assert reading_controller.close() == 0


def begin(desk: Controller, case: Case, mode: ReadingMode, qtbot: Any) -> PatientSession:
    """Begin a reading that is in the list."""
    session = PatientSession.start(case, HumanReading(mode=mode))
    desk.sessions.append(session)
    desk.saving.begin(session)
    desk.enter(session)
    settled(desk, qtbot)
    assert session.kept_as
    return session


@pytest.fixture
def begun(desk: Controller, make_case: Callable[..., Case], qtbot: Any) -> PatientSession:
    """A reading whose score is shown from the start."""
    session = begin(desk, make_case(images=1), ReadingMode.CONCURRENT, qtbot)
    assert session.score_full
    return session


def sound(desk: Controller) -> bool:
    store = desk.saving._store
    assert store is not None
    return verify_work_list(store.database).fault is None


def actions(desk: Controller) -> list[str]:
    store = desk.saving._store
    assert store is not None
    return [entry.action for entry in store.entries()]


def test_a_listener_that_waits_does_not_bring_the_score_before_the_edit(
    desk: Controller, begun: PatientSession, disc: Callable[..., Any], qtbot: Any
) -> None:
    before = actions(desk)
    waited: list[bool] = []

    def wait() -> None:
        """As a native question does that a slot opens: events go on meanwhile."""
        if waited:
            return
        waited.append(True)
        loop, poll = QEventLoop(), QTimer(interval=10)
        poll.timeout.connect(lambda: None if begun.scoring else loop.quit())
        poll.start()
        loop.exec()

    for signal in (desk.protocol_changed, desk.score_changed):
        waited.clear()
        signal.connect(wait)
        desk.add_region(begun.current, disc(x=70 + 10 * len(before)), RegionKind.TUMOUR)
        settled(desk, qtbot)
        signal.disconnect(wait)
        new, before = actions(desk)[len(before) :], actions(desk)
        assert new[:2] == ["drawn", "scored"], new
        assert RESCUED not in new
    assert not desk.saving.holds(begun)
    assert sound(desk)


def test_a_refused_step_is_told_and_blocks_nothing_after_it(
    desk: Controller, make_case: Callable[..., Case], disc: Callable[..., Any], qtbot: Any, told: Any
) -> None:
    begun = begin(desk, make_case(images=1), ReadingMode.BLINDED, qtbot)
    # A fault of the program: the case changes, and the next action does not account for it.
    begun.case = begun.case.with_regions(begun.current, ())
    desk.set_first_read(said())
    desk.add_region(begun.current, disc(), RegionKind.TUMOUR)
    settled(desk, qtbot)
    assert not desk.saving.holds(begun)
    assert RESCUED in actions(desk)
    assert actions(desk).index("drawn") > actions(desk).index(RESCUED)
    assert any("not told step by step" in text for _, text in told.all)
    assert sound(desk)
    desk.close_session()
    settled(desk, qtbot)
    desk.open_kept(begun.kept_as)
    qtbot.waitUntil(lambda: desk.session is not None, timeout=SLOW)
    assert np.array_equal(desk.regions()[0].mask, disc())


def test_nothing_is_signed_or_exported_while_a_change_is_not_saved(
    desk: Controller, begun: PatientSession, disc: Callable[..., Any], qtbot: Any, tmp_path: Path, told: Any
) -> None:
    desk.set_final_read(said())
    desk.sign("Dr Lee")
    settled(desk, qtbot)
    desk.amend("another look")
    settled(desk, qtbot)
    store = desk.saving._store
    assert store is not None
    store.connection.execute("PRAGMA query_only = ON")
    desk.add_region(begun.current, disc(), RegionKind.TUMOUR)
    qtbot.waitUntil(lambda: desk.saving.holds(begun) and not begun.scoring, timeout=SLOW)
    desk.set_final_read(said())
    desk.sign("Dr Lee")
    assert not begun.signed
    assert "not saved yet" in told.all[-1][1]
    desk.export(tmp_path / "report.pdf")
    assert "not saved yet" in told.all[-1][1]
    store.connection.execute("PRAGMA query_only = OFF")
    assert desk.saving.flush(30)
    settled(desk, qtbot)
    desk.sign("Dr Lee")
    assert begun.signed


def test_a_signed_reading_is_not_handed_on_before_its_last_action_is_saved(
    desk: Controller, begun: PatientSession, qtbot: Any, tmp_path: Path, told: Any
) -> None:
    sign, pacs = SignPanel(desk), PacsDesk(desk)
    qtbot.addWidget(sign)
    asked: list[str] = []
    sign.folder_chooser = lambda: asked.append("folder") or str(tmp_path)
    desk.set_final_read(said())
    desk.sign("Dr Lee")
    settled(desk, qtbot)
    assert sign.hint.text() == ""
    store = desk.saving._store
    assert store is not None
    store.connection.execute("PRAGMA query_only = ON")
    desk.saving.note(begun, "looked at again")
    qtbot.waitUntil(lambda: desk.saving.holds(begun) and "not saved yet" in sign.hint.text(), timeout=SLOW)
    told.all.clear()
    sign.export.click()
    assert asked == [], "no question where the answer is of no use"
    assert "not saved yet" in told.all[-1][1]
    told.all.clear()
    pacs.send_reading(
        Node("archive", host="127.0.0.1", port=1, ae_title="A"), sr=True, seg=False, sc=False, pdf=False
    )
    assert [level for level, _ in told.all] == ["caution"]
    assert "not saved yet" in told.all[-1][1]
    assert not desk.runner.busy
    store.connection.execute("PRAGMA query_only = OFF")
    assert desk.saving.flush(30)
    qtbot.waitUntil(lambda: sign.hint.text() == "", timeout=SLOW)
