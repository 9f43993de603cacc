"""A score that is there before the reveal is nowhere to be read, seen or exported."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from by_mouse import ready
from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication, QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.region import Mask, RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession

Add = Callable[..., PatientSession]
SLOW = 60_000


def everything(window: QWidget) -> str:
    """Whatever a window holds in words: texts, tips, spoken words, items of every list, actions."""
    parts = [window.windowTitle(), window.windowIconText()]
    for widget in [window, *window.findChildren(QWidget)]:
        parts += [widget.toolTip(), widget.statusTip(), widget.whatsThis()]
        parts += [widget.accessibleName(), widget.accessibleDescription()]
        words = (getattr(widget, name, None) for name in ("text", "toPlainText", "title"))
        parts += [str(word()) for word in words if callable(word)]
    for action in window.findChildren(QAction):
        parts += [action.text(), action.toolTip(), action.statusTip()]
    for model in window.findChildren(QAbstractItemModel):
        for row in range(model.rowCount()):
            columns = range(model.columnCount()) if isinstance(model, QAbstractTableModel) else (0,)
            for column in columns:
                values = model.itemData(model.index(row, column)).values()
                parts += [value for value in values if isinstance(value, str)]
    return "\n".join(parts)


def test_a_planted_score_changes_nothing_that_can_be_read_seen_or_exported(
    window: MainWindow,
    desk: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    qtbot: Any,
    disc: Callable[..., Mask],
    tmp_path: Path,
) -> None:
    from pypdf import PdfReader

    from alnreader.case.case import Reading
    from alnreader.report.document import encode, reading_document

    session = add_session(make_case(images=3))
    ready(qtbot, window)
    desk.propose()
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)
    desk.add_region(session.current, disc(), RegionKind.LYMPH_NODE)

    def state() -> tuple[str, list[QImage], str, str]:
        pictures = []
        for page in (window.work_list, window.start, window.model_page, window.splitter):
            window.go(page)
            desk.worklist_changed.emit()
            desk.score_changed.emit()
            desk.maps_changed.emit()
            for step in range(3):
                window.rail.open(step)
                QApplication.processEvents()
                pictures.append(window.stack.grab().toImage())
        words = everything(window)
        with qtbot.waitSignal(desk.preview_ready, timeout=SLOW) as caught:
            desk.preview()
        window.back()
        (tmp_path / "preview.pdf").write_bytes(caught.args[0])
        paper = "\n".join(page.extract_text() for page in PdfReader(tmp_path / "preview.pdf").pages)
        # Even handed over by mistake, the score is not written.
        handed = Reading(case=session.case, score=session.score, human=session.human)
        documents = [encode(reading_document(one)).decode() for one in (session.reading(), handed)]
        assert documents[0] == documents[1]
        return words, pictures, paper, documents[0]

    state()
    before = state()
    session.score = desk.machine.score(session.case, session.encoded, None, full=True)
    session.score_full = True
    number = f"{100 * session.score.probability:.0f} %"
    desk.want_maps(True)
    after = state()
    assert after[0] == before[0]
    assert number not in after[0].replace("\xa0", " ")
    assert [one == other for one, other in zip(after[1], before[1], strict=True)] == [True] * len(before[1])
    clock = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?")
    assert clock.sub("", after[2]) == clock.sub("", before[2])
    assert clock.sub("", after[3]) == clock.sub("", before[3])
    assert str(session.score.probability)[:6] not in after[3]
    desk.export(tmp_path / "early.pdf", tmp_path / "early.json")
    assert not (tmp_path / "early.pdf").exists()
    assert not (tmp_path / "early.json").exists()
    # The same eyes see it once it may be seen.
    desk.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    desk.lock_first_read()
    desk.reveal()
    qtbot.waitUntil(lambda: session.visible_score is not None and session.score_full, timeout=SLOW)
    assert number in everything(window).replace("\xa0", " ")
