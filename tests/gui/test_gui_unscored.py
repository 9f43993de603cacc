"""A probability was revealed and there is none of the case any more: it is asked about, and told."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pypdf
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import Event
from alnreader.case.region import RegionKind
from alnreader.cli import main as command
from alnreader.gui.controller import Controller
from alnreader.gui.panels import SecondReaderPanel, SignPanel
from alnreader.gui.session import PatientSession
from alnreader.report.sentences import percent
from alnreader.report.unscored import without_score
from alnreader.simulation import simulate_patient, write_dicom
from alnreader.store.loading import read_file, without_pixels

SLOW = 60_000
AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]


def first_page(content: bytes) -> str:
    return " ".join(pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


def revealed(qtbot: Any, desk: Controller, session: PatientSession) -> float:
    """Read, lock and reveal; return what was shown."""
    desk.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    desk.lock_first_read()
    desk.reveal()
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    idle(qtbot, desk)
    assert session.score is not None
    return session.score.probability


def idle(qtbot: Any, desk: Controller) -> None:
    qtbot.waitUntil(lambda: not desk.runner.busy, timeout=SLOW)


def kept_file(desk: Controller) -> Path:
    (row,) = desk.saving.rows
    return row.path


def shown(qtbot: Any, panel: QWidget) -> Any:
    qtbot.addWidget(panel)
    panel.resize(340, 1000)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def test_a_signature_without_the_probability_that_was_shown_is_asked_for_and_told(
    qtbot: Any, reading_controller: Controller, add_session: AddSession, make_case: MakeCase, tmp_path: Path
) -> None:
    desk = reading_controller
    desk.saving.start(tmp_path / "store")
    sign = shown(qtbot, SignPanel(desk))
    second = shown(qtbot, SecondReaderPanel(desk))
    session = add_session(make_case(images=2))
    desk.saving.begin(session)
    number = percent(revealed(qtbot, desk, session))
    assert not sign.unscored.isVisible()
    desk.include(session.case.images[0].key, False)
    desk.cancel()
    assert session.visible_score is None
    assert second.summary() == f"No score of the case as it is; {number} was shown before"
    sign.agree.setChecked(True)
    assert "earlier state: score again, or sign without it" in sign.hint.text()
    assert sign.unscored.isVisible()
    assert not sign.primary.isEnabled()
    # Scoring again answers it as well.
    qtbot.mouseClick(sign.unscored.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.score_full, timeout=SLOW)
    assert not sign.unscored.isVisible()
    number = percent(session.score.probability) if session.score else number
    desk.include(session.case.images[0].key, True)
    desk.cancel()
    idle(qtbot, desk)
    sign.agree.setChecked(True)
    sign.unscored.without.setChecked(True)
    assert "it is signed without one" in sign.hint.text()
    sign.act()
    assert session.signed
    assert second.summary() == f"Signed without a score; {number} was shown before"
    assert f"A probability was revealed to the reader: {number}" in second.state.text()
    pdfs: list[bytes] = []
    desk.preview_ready.connect(pdfs.append)
    desk.preview()
    qtbot.waitUntil(lambda: bool(pdfs), timeout=SLOW)
    page = first_page(pdfs[-1])
    assert f"A probability was revealed to the reader: {number} (threshold" in page
    assert "No probability belongs to what is signed" in page
    assert "No model was loaded" not in page
    # It is told as well of the reading that was closed and comes back.
    idle(qtbot, desk)
    qtbot.waitUntil(lambda: bool(session.kept_as), timeout=SLOW)
    assert desk.saving.flush(20)
    kept_as, seen = session.kept_as, session.seen
    (document,) = (json.loads(one.report) for one in without_pixels(read_file(kept_file(desk))).signed)
    assert desk.model is not None
    assert (document["probability"], document["model"]["sha256"]) == (None, desk.model.sha256)
    desk.close_session()
    desk.open_kept(kept_as)
    qtbot.waitUntil(lambda: desk.session is not None, timeout=SLOW)
    back = desk.session
    assert back is not None
    assert back.signed
    assert [one.probability for one in back.seen] == pytest.approx([one.probability for one in seen])
    assert f"A probability was revealed to the reader: {number}" in without_score(back.reading())
    idle(qtbot, desk)
    desk.close()


@pytest.mark.parametrize("boxed", [False, True])
def test_a_reading_signed_without_a_score_names_the_model_that_outlined_it(
    qtbot: Any,
    reading_controller: Controller,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    boxed: bool,
) -> None:
    """Its journal tells: exported where another model is at hand, its objects name the one of the window."""
    write_dicom(simulate_patient(12, images=1), tmp_path / "in")
    desk = reading_controller
    desk.saving.start(tmp_path / "store")
    desk.open_paths([tmp_path / "in"])
    qtbot.waitUntil(lambda: desk.session is not None, timeout=SLOW)
    session = desk.session
    assert session is not None
    desk.score_changed.connect(lambda: desk.cancel() if session.scoring else None)  # each is stopped
    if boxed:
        desk.propose_in_box(session.current, (0, 0, session.image.columns, session.image.rows))
    else:
        desk.propose()
    qtbot.waitUntil(lambda: bool(session.case.regions_of(session.current)), timeout=SLOW)
    idle(qtbot, desk)
    judged = Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now())
    desk.set_first_read(judged)
    desk.lock_first_read()
    desk.reveal()
    assert session.score_error
    desk.set_final_read(judged)
    desk.sign("Dr Lee")
    assert session.signed
    idle(qtbot, desk)
    assert desk.saving.flush(20)
    qtbot.waitUntil(lambda: bool(desk.saving.rows), timeout=SLOW)
    path = kept_file(desk)
    (row,) = desk.saving.rows
    assert desk.model is not None
    other = dataclasses.replace(desk.model, sha256="0" * 64)
    desk.close_session()
    idle(qtbot, desk)
    desk.open_kept(row.id)
    qtbot.waitUntil(lambda: desk.session is not None, timeout=SLOW)
    assert desk.session is not None
    named = desk.session.reading({}, other).model
    assert named is not None
    assert named.sha256 == desk.model.sha256, "opened again beside another model"
    idle(qtbot, desk)
    desk.close()
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)  # else a thread of the command's bar stays
    stored = read_file(path)
    assert [one.score for one in without_pixels(stored).signed] == [None]
    (told,) = (entry.details for entry in stored.entries if entry.event == Event.PROPOSE)
    assert desk.model is not None
    assert told["model"]["sha256"] == desk.model.sha256
    assert command(["export", str(path), "--out", str(tmp_path / "out"), "--sr"]) == 0
    assert "does not say which model" not in capsys.readouterr().err
    for written in (tmp_path / "out").glob("*.dcm"):
        assert pydicom.dcmread(written).DeviceSerialNumber == desk.model.sha256, written.name


def test_no_question_where_there_was_never_a_model(
    qtbot: Any, controller: Controller, add_session: AddSession, make_case: MakeCase
) -> None:
    sign = shown(qtbot, SignPanel(controller))
    second = shown(qtbot, SecondReaderPanel(controller))
    session = add_session(make_case(images=1))
    controller.load_model()
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    controller.reveal()
    qtbot.waitUntil(lambda: bool(session.score_error), timeout=SLOW)
    idle(qtbot, controller)
    sign.agree.setChecked(True)
    assert not sign.unscored.isVisible()
    assert sign.primary.isEnabled()
    assert not second.again.isVisible(), "it can only fail again"
    assert controller.model_error
    controller.close()  # a draft waits in a timer


def test_a_preview_waits_for_the_score_that_is_being_made(
    qtbot: Any, reading_controller: Controller, add_session: AddSession, make_case: MakeCase,
    disc: Callable[..., Any],
) -> None:  # fmt: skip
    desk = reading_controller
    session = add_session(make_case(images=1))
    revealed(qtbot, desk, session)
    pdfs: list[bytes] = []
    titles: list[str] = []
    desk.preview_ready.connect(pdfs.append)
    desk.progress.connect(lambda title, _done, _total: titles.append(title))
    go_on = threading.Event()
    desk.runner.submit("score", "gate", lambda task: go_on.wait(60), lambda result, error: None)
    desk.add_region(session.current, disc(), RegionKind.TUMOUR)
    assert session.scoring
    desk.preview()
    assert "The report waits for the score" in titles
    go_on.set()
    qtbot.waitUntil(lambda: bool(pdfs), timeout=SLOW)
    assert session.score is not None
    assert percent(session.score.probability) in first_page(pdfs[0])
    # A stop takes the wish back.
    go_on.clear()
    desk.runner.submit("score", "gate", lambda task: go_on.wait(60), lambda result, error: None)
    desk.undo(session.current)
    desk.preview()
    desk.cancel()
    go_on.set()
    idle(qtbot, desk)
    assert len(pdfs) == 1
    assert titles[-1] == ""
