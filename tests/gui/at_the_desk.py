"""What a test of saving does to a controller that keeps its readings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.clock import now
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow


def said(confidence: int = 70) -> Assessment:
    return Assessment(NodeStatus.NEGATIVE, confidence, "Dr Lee", now())


def opened(desk: Controller, path: Path, qtbot: Any) -> None:
    before = desk.session
    desk.open_paths([path])
    qtbot.waitUntil(lambda: desk.session is not None and desk.session is not before, timeout=30_000)


def settled(desk: Controller, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not desk.saving.waiting and not desk.runner.busy, timeout=60_000)


def killed(desk: Controller, qtbot: Any) -> None:
    """End as a kill does, as far as that goes within one process: nothing is closed, the locks are gone."""
    settled(desk, qtbot)
    desk.runner.close()
    for case in desk.saving._cases.values():
        case._lock.release()
    desk.saving._store.connection.close()  # type: ignore[union-attr]
    desk.saving._lists = None
    desk.saving._cases.clear()
    desk.saving.active = False
    desk.saving._writer.close(0.1)


def offered_again(desks: Callable[..., Controller], folder: Path, qtbot: Any, disc: Any) -> MainWindow:
    """Draw, end as a kill does, and start again: return the window that offers the reading."""
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    assert desk.session is not None
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    killed(desk, qtbot)
    window = MainWindow(desks())
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.start.recovery.isVisible)
    return window
