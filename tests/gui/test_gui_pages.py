"""The pages: preferences that hold at once, lists without a score, the PDF as it will be printed."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from at_the_desk import opened, settled
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from alnreader.case.case import Case, Skipped
from alnreader.case.protocol import HumanReading, ReadingMode
from alnreader.gui.actions import Commands
from alnreader.gui.controller import Controller
from alnreader.gui.demo import demo_folder, write_demo_patient
from alnreader.gui.header import age_in_years
from alnreader.gui.pages.about import AboutPage
from alnreader.gui.pages.licences import listed_packages
from alnreader.gui.pages.preferences import PreferencesPage
from alnreader.gui.pages.preview import PreviewPage, render_pages
from alnreader.gui.pages.shortcuts import ShortcutsPage
from alnreader.gui.pages.skipped import SkippedPage
from alnreader.gui.pages.start import StartPage
from alnreader.gui.pages.work_list import WorkListPage
from alnreader.gui.session import PatientSession
from alnreader.gui.settings import load_settings
from alnreader.gui.thumbnails import ThumbnailLoader
from alnreader.gui.widgets import FlowLayout
from alnreader.gui.widgets.step_rail import StepRail, StepState
from alnreader.report.pdf import render_pdf

AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]


def test_preferences_hold_at_once(controller: Controller, qtbot: Any, tmp_path: Path) -> None:
    page = PreferencesPage(controller)
    qtbot.addWidget(page)
    page.reader.setText("Dr Wang")
    page.reader.editingFinished.emit()
    page.mode.setCurrentIndex(1)
    page.mode.activated.emit(1)
    page.deidentify.setChecked(True)
    page.cut_offs["cortex_mm"].setValue(3.5)
    page.own_threshold.setChecked(False)
    page.threshold.setValue(30)
    saved = load_settings(tmp_path / "settings.json")
    assert saved == controller.settings
    assert (saved.reader, saved.mode, saved.deidentify) == ("Dr Wang", ReadingMode.CONCURRENT, True)
    assert saved.cut_offs.cortex_mm == 3.5
    assert saved.threshold == pytest.approx(0.3)


def test_cut_offs_that_contradict_are_refused(controller: Controller, qtbot: Any) -> None:
    page = PreferencesPage(controller)
    qtbot.addWidget(page)
    page.show()
    before = controller.settings.cut_offs
    page.cut_offs["burden_low_mm"].setValue(9.0)
    assert controller.settings.cut_offs == before
    assert page.fault.isVisible()
    assert "nodal burden" in page.fault.text


def test_start_page_shows_recent_folders_and_those_that_are_gone(
    controller: Controller, qtbot: Any, tmp_path: Path
) -> None:
    there = tmp_path / "case 1"
    there.mkdir()
    settings = controller.settings.with_recent(str(tmp_path / "gone")).with_recent(str(there))
    controller.change_settings(settings)
    page = StartPage(controller, ThumbnailLoader(controller.runner))
    qtbot.addWidget(page)
    assert [card.accessibleName() for card in page.cards] == ["case 1", "gone"]
    assert [card.isEnabled() for card in page.cards] == [True, False]
    assert "no longer there" in page.cards[1].accessibleDescription()


def test_start_page_forgets_the_pictures_of_cases_that_are_no_longer_on_it(
    desks: Callable[..., Controller], folder: Path, qtbot: Any
) -> None:
    desk = desks()
    for name in ("Lin", "Wang"):
        opened(desk, folder / name, qtbot)
        desk.close_session()
        settled(desk, qtbot)
    page = StartPage(desk, ThumbnailLoader(desk.runner))
    qtbot.addWidget(page)
    page.refresh()
    first, *others = desk.saving.stored_rows()
    assert set(page._kept_pictures) == {first.id, *(row.id for row in others)}
    desk.open_kept(first.id)
    qtbot.waitUntil(lambda: desk.session is not None, timeout=30_000)
    page.refresh()
    assert set(page._kept_pictures) == {row.id for row in others}


def test_a_case_has_one_card_and_not_one_of_its_folder_beside_it(
    controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any, tmp_path: Path
) -> None:
    controller.change_settings(controller.settings.with_recent(str(tmp_path)))
    page = StartPage(controller, ThumbnailLoader(controller.runner))
    qtbot.addWidget(page)
    assert [card.accessibleName() for card in page.cards] == [tmp_path.name]
    session = add_session(make_case("Anna"))
    page.refresh()
    assert [card.accessibleName() for card in page.cards] == [session.case.patient.label]
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=30_000)


def test_card_opens_by_keyboard(controller: Controller, qtbot: Any, tmp_path: Path) -> None:
    controller.change_settings(controller.settings.with_recent(str(tmp_path)))
    page = StartPage(controller, ThumbnailLoader(controller.runner))
    qtbot.addWidget(page)
    page.show()
    with qtbot.waitSignal(page.cards[0].chosen):
        qtbot.keyClick(page.cards[0], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=30_000)


def test_work_list_shows_every_patient_and_opens_one(
    controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    add_session(make_case("Anna"))
    add_session(make_case("Berta"), ReadingMode.CONCURRENT)
    page = WorkListPage(controller)
    qtbot.addWidget(page)
    rows = [[page.table.item(row, column).text() for column in range(6)] for row in range(2)]
    assert [row[0] for row in rows] == ["Anna", "Berta"]
    assert rows[0][3:] == ["Not read yet", "0 of 2 images confirmed", "Blinded"]
    assert page.table.currentRow() == 1
    page.table.selectRow(0)
    page._open_button.click()
    assert controller.session is controller.sessions[0]
    page._close_button.click()
    assert [session.case.patient.label for session in controller.sessions] == ["Berta"]


def test_skipped_files_stand_with_their_reasons(
    controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    page = SkippedPage(controller)
    qtbot.addWidget(page)
    session = add_session(make_case())
    session.skipped = (Skipped("/x/IM9.dcm", "it was cut off"),)
    controller.enter(session)
    assert page.table.rowCount() == 1
    assert page.table.item(0, 1).text() == "it was cut off"


def test_preview_shows_the_pages_and_another_patient_clears_them(
    controller: Controller, add_session: AddSession, make_case: MakeCase, qtbot: Any
) -> None:
    page = PreviewPage(controller)
    qtbot.addWidget(page)
    page.show()
    session = add_session(make_case("Anna"))
    content = render_pdf(session.reading())
    page.show_pdf(content)
    qtbot.waitUntil(lambda: page.pages > 0, timeout=30_000)
    assert page._badge.text() == "not signed"
    images = render_pages(content, 400)
    assert len(images) == page.pages
    assert {image.width() for image in images} == {400}
    # A page is not empty: paper and ink.
    colours = {images[0].pixelColor(x, y).lightness() for x in range(0, 400, 3) for y in range(0, 500, 3)}
    assert max(colours) == 255
    assert min(colours) < 100
    add_session(make_case("Berta"))
    assert page.pages == 0


def test_a_broken_report_is_said(
    controller: Controller,
    add_session: AddSession,
    make_case: MakeCase,
    qtbot: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    page = PreviewPage(controller)
    qtbot.addWidget(page)
    page.show()
    add_session(make_case())
    page.show_pdf(b"not a PDF")
    qtbot.waitUntil(lambda: "cannot be shown" in page._empty.text(), timeout=30_000)
    assert page.pages == 0
    assert "PdfiumError" in caplog.text, "the log says where it was"
    caplog.clear()


def test_sheet_lists_the_registry(qtbot: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    commands = Commands(window)
    commands.add("one", "Group", "Do it", ["Ctrl+K"], lambda: None)
    commands.add("two", "Group", "Has no key", [], lambda: None)
    commands.add_gesture("Group", "Zoom", "Wheel")
    assert [(row.text, row.keys) for row in commands.sheet()["Group"]] == [
        ("Do it", "Ctrl+K"),
        ("Zoom", "Wheel"),
    ]
    page = ShortcutsPage(commands)
    qtbot.addWidget(page)
    assert commands.tip("one") == "Do it (Ctrl+K)"


def test_about_names_versions_and_licences(qtbot: Any) -> None:
    page = AboutPage()
    qtbot.addWidget(page)
    page.show()
    table = page.table
    rows = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]
    titles = [title for title, _version, _licence in rows]
    assert {"ALN Reader", "Python", "Qt, PySide6", "PyTorch", "Lucide icons"} <= set(titles)
    assert all(licence for _title, _version, licence in rows)
    for row in range(table.rowCount()):
        table.selectRow(row)
        assert len(page.text.toPlainText()) > 40, titles[row]
    table.selectRow(titles.index("ALN Reader"))
    assert "Apache License" in page.text.toPlainText()


def test_about_knows_every_dependency() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    named = {re.split(r"[^\w-]", line)[0].lower() for line in project["project"]["dependencies"]}
    known = {package.lower() for package in listed_packages()}
    assert named <= known, f"add to alnreader/gui/pages/licences.py: {named - known}"


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(1960, 8, 13), date(2024, 8, 12), 63),
        (date(1960, 8, 13), date(2024, 8, 13), 64),
        (date(2000, 2, 29), date(2001, 2, 28), 0),
        (date(2000, 2, 29), date(2001, 3, 1), 1),
    ],
)
def test_age(born: date, day: date, years: int) -> None:
    assert age_in_years(born, day) == years


def test_rail_opens_one_step_and_keeps_locked_ones_shut(qtbot: Any) -> None:
    rail = StepRail()
    qtbot.addWidget(rail)
    bodies = [QWidget() for _ in range(3)]
    for number, body in enumerate(bodies):
        rail.add_step(str(number), body)
    rail.show()
    rail.set_step(2, StepState.LOCKED, "first the other")
    rail.open(0)
    rail.open(2)
    assert rail.current == 0
    assert [body.isVisible() for body in bodies] == [True, False, False]
    rail.open(1)
    assert [body.isVisible() for body in bodies] == [False, True, False]
    rail.set_step(1, StepState.LOCKED, "no more")
    assert rail.current == -1
    assert rail.sentence(1) == "no more"


def test_flow_wraps(qtbot: Any) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    flow = FlowLayout(box, spacing=10)
    for _ in range(5):
        widget = QWidget()
        widget.setFixedSize(100, 20)
        flow.addWidget(widget)
    assert flow.heightForWidth(540) == 20
    assert flow.heightForWidth(539) == 50
    assert flow.heightForWidth(100) == 5 * 20 + 4 * 10


def test_concurrent_reading_is_said_in_the_list(
    controller: Controller, make_case: MakeCase, qtbot: Any
) -> None:
    session = PatientSession.start(make_case("A"), HumanReading(mode=ReadingMode.CONCURRENT))
    controller.sessions.append(session)
    page = WorkListPage(controller)
    qtbot.addWidget(page)
    assert page.table.item(0, 3).text() == "Concurrent reading"


def test_demo_patient_is_kept(tmp_path: Path) -> None:
    folder = demo_folder(tmp_path)
    folder.mkdir(parents=True)
    assert write_demo_patient(tmp_path) == folder


def test_settings_do_not_change_without_a_change(controller: Controller, qtbot: Any) -> None:
    page = PreferencesPage(controller)
    qtbot.addWidget(page)
    told = []
    controller.settings_changed.connect(lambda: told.append(1))
    page.fill()
    page.reader.editingFinished.emit()
    assert told == []
    controller.change_settings(dataclasses.replace(controller.settings, site="Clinic"))
    assert page.site.text() == "Clinic"
