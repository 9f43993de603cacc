"""What the network outlines is an action of its own, also where it changes no region."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.clock import now
from alnreader.case.region import Mask, Origin, Region, RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.settings import Settings
from alnreader.gui.tasks import TaskRunner
from alnreader.store.journal import NOTED, Entry
from alnreader.store.snapshot import Snapshot
from alnreader.store.worklist import Store


@pytest.fixture
def desk(qtbot: Any, tmp_path: Path) -> Iterator[Controller]:
    """A reading of one picture that is being kept; there is no network: the test says what it would."""
    pixels = np.random.default_rng(1).integers(0, 255, (150, 190, 3), np.uint8)
    (tmp_path / "pictures").mkdir()
    Image.fromarray(pixels).save(tmp_path / "pictures" / "0.png")
    settings = Settings(reader="Dr Lee", model=str(tmp_path / "no-model"), device="cpu")
    desk = Controller(TaskRunner(), settings, tmp_path / "settings.json")
    desk.saving.start(tmp_path / "data")
    qtbot.waitUntil(lambda: desk.saving.ready, timeout=30_000)
    desk.open_paths([tmp_path / "pictures"])
    qtbot.waitUntil(lambda: desk.session is not None and not desk.runner.busy, timeout=30_000)
    yield desk
    desk.close()


def proposed(mask: Mask) -> Region:
    return Region(mask, RegionKind.TUMOUR, Origin.PROPOSED)


def kept(desk: Controller, qtbot: Any, data: Path) -> tuple[Snapshot, list[Entry]]:
    """What the disk has now, as another program would find it."""
    qtbot.waitUntil(lambda: not desk.saving.waiting, timeout=30_000)
    assert desk.session is not None
    with Store(data, only_look=True) as store:
        opened = store.open(desk.session.kept_as)
        return opened.snapshot, list(store.entries())


def test_an_image_without_a_finding_stays_looked_at(desk: Controller, qtbot: Any, tmp_path: Path) -> None:
    session = desk.session
    assert session is not None
    key = session.current
    desk.outlining._land(session, key, (), session.case.input_revision(key), {})
    snapshot, entries = kept(desk, qtbot, tmp_path / "data")
    assert snapshot.proposals == {key: ()}
    assert (entries[-1].event, entries[-1].image) == (NOTED, key)


def test_an_outline_that_comes_after_an_edit_is_kept_at_once(
    desk: Controller, qtbot: Any, tmp_path: Path, disc: Callable[..., Any]
) -> None:
    session = desk.session
    assert session is not None
    key, asked_at = session.current, session.case.input_revision(session.current)
    desk.add_region(key, disc(), RegionKind.TUMOUR)
    before = session.case
    found = (proposed(disc(20, 20, 6, 6)),)
    desk.outlining._land(session, key, found, asked_at, {})
    snapshot, entries = kept(desk, qtbot, tmp_path / "data")
    assert session.case is before, "the human's change stays"
    assert np.array_equal(snapshot.proposals[key][0].mask, found[0].mask)
    assert (entries[-1].event, entries[-1].image) == (NOTED, key)
    # A note that follows has nothing to carry along.
    desk.saving.note(session, "seen")
    assert list(kept(desk, qtbot, tmp_path / "data")[0].proposals) == [key]


def test_a_closed_reading_takes_no_outline(
    desk: Controller, qtbot: Any, tmp_path: Path, disc: Callable[..., Any]
) -> None:
    session = desk.session
    assert session is not None
    key = session.current
    desk.set_first_read(Assessment(NodeStatus.NEGATIVE, 70, "Dr Lee", now()))
    desk.lock_first_read()
    desk.outlining._land(session, key, (proposed(disc()),), session.case.input_revision(key), {})
    assert session.proposals == {}
    snapshot, entries = kept(desk, qtbot, tmp_path / "data")
    assert snapshot.proposals == {}
    assert entries[-1].action == "lock first read"
