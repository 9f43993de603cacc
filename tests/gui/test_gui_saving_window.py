"""The window shows what was kept and what was half entered, and does not close over what is not saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from at_the_desk import killed, offered_again, opened, said, settled
from PySide6.QtWidgets import QFileDialog

from alnreader.case.assessment import NodeStatus
from alnreader.case.draft import NO_DRAFTS, Drafts, Entered
from alnreader.case.protocol import ReadingMode, ReadingState
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.pages.skipped import SkippedPage
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

Desks = Callable[..., Controller]


@pytest.fixture
def window(keeping_window: MainWindow) -> MainWindow:
    return keeping_window


def test_start_page_and_work_list_show_what_was_kept(
    window: MainWindow, folder: Path, qtbot: Any, disc: Any
) -> None:
    desk = window.controller
    opened(desk, folder / "Lin", qtbot)
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    desk.set_first_read(said())
    desk.lock_first_read()
    desk.close_session()
    settled(desk, qtbot)
    assert window.stack.currentWidget() is window.start
    # The list comes after the actions, which come after the opening: each shows the cards anew.
    qtbot.waitUntil(
        lambda: (
            len(window.start.cards) == 1
            and "First read locked" in window.start.cards[0].accessibleDescription()
        )
    )
    card = window.start.cards[0]
    assert card.accessibleName() == "Lin"
    assert "1 of 2 images confirmed" in card.accessibleDescription()
    window.commands["work_list"].trigger()
    table = window.work_list.table
    assert [table.item(0, column).text() for column in (0, 3)] == ["Lin", "First read locked"]
    table.selectRow(0)
    assert window.work_list._close_button.text() == "Take off the list"
    window.work_list._open_button.click()
    qtbot.waitUntil(lambda: desk.session is not None, timeout=30_000)
    assert desk.session.human.state is ReadingState.FIRST_READ_LOCKED
    window.go(window.work_list)
    assert window.work_list._close_button.text() == "Close"
    window.work_list._close_button.click()
    settled(desk, qtbot)
    window.go(window.work_list)
    table.selectRow(0)
    window.work_list._close_button.click()
    settled(desk, qtbot)
    qtbot.waitUntil(lambda: table.rowCount() == 0)


def test_start_page_and_work_list_tell_an_amended_reading_from_a_signed_one(
    window: MainWindow, folder: Path, qtbot: Any
) -> None:
    desk = window.controller
    desk.change_settings(replace(desk.settings, mode=ReadingMode.CONCURRENT))
    opened(desk, folder / "Lin", qtbot)
    qtbot.waitUntil(lambda: not desk.session.scoring, timeout=30_000)
    table = window.work_list.table
    for words in ("Signed", "Amended and signed"):
        settled(desk, qtbot)
        if desk.session.signed:
            desk.amend("Wrong side.")
        settled(desk, qtbot)
        desk.set_final_read(said())
        desk.sign("Dr Lee")
        assert desk.session.signed
        window.go(window.work_list)
        assert table.item(0, 3).text() == words
    settled(desk, qtbot)
    desk.close_session()
    settled(desk, qtbot)
    qtbot.waitUntil(
        lambda: any("Amended and signed" in card.accessibleDescription() for card in window.start.cards)
    )
    window.go(window.work_list)
    assert table.item(0, 3).text() == "Amended and signed"


def test_recovery_is_offered_once(desks: Desks, folder: Path, qtbot: Any, disc: Any) -> None:
    window = offered_again(desks, folder, qtbot, disc)
    assert "Lin" in window.start.recovery._names.text()
    window.start.recovery.reopen.click()
    qtbot.waitUntil(lambda: window.controller.session is not None, timeout=30_000)
    assert len(window.controller.regions()) == 1
    window.back()
    assert window.start.recovery.isHidden()
    settled(window.controller, qtbot)


def test_the_window_does_not_close_over_what_is_not_kept(
    window: MainWindow, folder: Path, qtbot: Any, disc: Any
) -> None:
    desk = window.controller
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    store = desk.saving._store
    store.connection.execute("PRAGMA query_only = ON")  # type: ignore[union-attr]
    desk.add_region(desk.session.current, disc(), RegionKind.TUMOUR)
    assert not window.close()
    assert "Actions that are not saved: 1." in window.fault.text
    store.connection.execute("PRAGMA query_only = OFF")  # type: ignore[union-attr]
    desk.add_region(desk.session.current, disc(x=60), RegionKind.TUMOUR)
    settled(desk, qtbot)
    assert window.close()


def again_in_a_window(desks: Desks, qtbot: Any) -> MainWindow:
    """Start the program anew and open the only case of its list."""
    window = MainWindow(desks())
    qtbot.addWidget(window)
    window.show()
    window.controller.open_kept(window.controller.saving.rows[0].id)
    qtbot.waitUntil(lambda: window.controller.session is not None, timeout=30_000)
    return window


def half_a_first_read(window: MainWindow, qtbot: Any) -> None:
    form = window.rail.first_read.form
    form.status_buttons[NodeStatus.SUSPICIOUS].click()
    form.cortex.setText("3,")
    form.bulge.setCurrentIndex(1)
    qtbot.keyClicks(form.remarks, "half a remark")


def is_half_a_first_read(window: MainWindow) -> bool:
    form = window.rail.first_read.form
    return (
        form.chosen_status is NodeStatus.SUSPICIOUS
        and form.confidence.given is None
        and (form.cortex.text(), form.bulge.currentData()) == ("3,", False)
        and form.remarks.toPlainText() == "half a remark"
    )


@pytest.mark.parametrize("end", ["the patient", "the window", "a kill"])
def test_half_a_first_read_comes_back(
    window: MainWindow, desks: Desks, folder: Path, qtbot: Any, tmp_path: Path, end: str
) -> None:
    desk = window.controller
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    half_a_first_read(window, qtbot)
    if end == "the patient":
        window.commands["close_case"].trigger()
        assert desk.session is None
        settled(desk, qtbot)
        desk.open_kept(desk.saving.rows[0].id)
        qtbot.waitUntil(lambda: desk.session is not None, timeout=30_000)
        again = window
    elif end == "the window":
        assert window.close()
        again = again_in_a_window(desks, qtbot)
    else:
        case = desk.session.kept_as
        qtbot.waitUntil(
            lambda: desk.saving.drafting.settled, timeout=30_000
        )  # half a second after the last letter
        killed(desk, qtbot)
        again = again_in_a_window(desks, qtbot)
        assert again.controller.session.kept_as == case
    assert is_half_a_first_read(again)
    session = again.controller.session
    assert session.human.first_read is None
    assert session.human.state is ReadingState.DRAFT
    assert not again.rail.first_read.primary.isEnabled(), "half a read is none"
    form = again.rail.first_read.form
    form.cortex.setText("3.1")
    form.confidence.give(80)
    form.changed.emit()
    again.rail.first_read.act()
    assert session.human.state is ReadingState.FIRST_READ_LOCKED
    assert session.drafts == NO_DRAFTS
    settled(again.controller, qtbot)
    assert verify_work_list(tmp_path / "data" / "worklist.sqlite").fault is None
    with Store(tmp_path / "data", only_look=True) as store:
        assert not any("draft" in entry.action for entry in store.entries())


@pytest.mark.parametrize("end", ["the window", "a kill"])
def test_half_a_final_read_comes_back_and_goes_with_the_signature(
    window: MainWindow, desks: Desks, folder: Path, qtbot: Any, end: str
) -> None:
    desk = window.controller
    opened(desk, folder / "Lin", qtbot)
    desk.set_first_read(said())
    desk.lock_first_read()
    desk.reveal()
    settled(desk, qtbot)
    sign = window.rail.sign
    sign.change.click()
    sign.form.status_buttons[NodeStatus.SUSPICIOUS].click()
    sign.reason.setText("the map")
    sign.form.remarks.setPlainText("thick")
    if end == "the window":
        assert window.close()
    else:
        qtbot.waitUntil(lambda: desk.saving.drafting.settled, timeout=30_000)
        killed(desk, qtbot)
    again = again_in_a_window(desks, qtbot)
    sign, session = again.rail.sign, again.controller.session
    settled(again.controller, qtbot)
    assert session.human.final_read is None
    assert sign.change.isChecked()
    assert not sign.agree.isChecked()
    assert sign.reason.text() == "the map"
    assert sign.form.chosen_status is NodeStatus.SUSPICIOUS
    assert sign.form.remarks.toPlainText() == "thick"
    sign.act()
    assert session.signed
    assert session.human.signed.final_read.reason == "the map"
    assert session.drafts == NO_DRAFTS
    again.controller.amend("another look")
    assert not sign.change.isChecked(), "another decision"


def test_a_reading_that_is_looked_at_takes_no_draft(desks: Desks, folder: Path, qtbot: Any) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    desk.session.read_only = "for a test"
    desk.keep_draft(Drafts(first_read=Entered(remarks="x")))
    assert desk.session.drafts == NO_DRAFTS
    desk.session.read_only = ""


def test_menu_writes_a_copy_and_the_tables(
    window: MainWindow, folder: Path, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = window.controller
    assert not window.commands["save_copy"].isEnabled()
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    names = iter(["copy.alncase", "journal", "reads.csv"])
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(tmp_path / next(names)), ""))
    )
    for name in ("save_copy", "export_journal", "export_reads"):
        qtbot.waitUntil(window.commands[name].isEnabled)
        window.commands[name].trigger()
    settled(desk, qtbot)
    for name in ("copy.alncase", "journal.csv", "reads.csv"):
        assert (tmp_path / name).stat().st_size > 100
    with Store(tmp_path / "elsewhere") as other:
        assert other.open_file(tmp_path / "copy.alncase").read_only == ""


def test_a_file_broken_since_is_listed_when_the_reading_goes_on(
    desks: Desks, folder: Path, qtbot: Any
) -> None:
    desk = desks()
    opened(desk, folder / "Lin", qtbot)
    settled(desk, qtbot)
    desk.close()
    (folder / "Lin" / "broken.png").write_bytes(b"no picture")
    again = desks()
    page = SkippedPage(again)
    qtbot.addWidget(page)
    opened(again, folder / "Lin", qtbot)
    assert len(again.saving.rows) == 1
    assert [Path(page.table.item(row, 0).text()).name for row in range(page.table.rowCount())] == [
        "broken.png"
    ]
    settled(again, qtbot)


def test_a_first_read_that_is_not_locked_comes_back_after_quitting(
    desks: Desks, folder: Path, qtbot: Any
) -> None:
    desk = desks()
    window = MainWindow(desk)
    qtbot.addWidget(window)
    opened(desk, folder / "Lin", qtbot)
    form = window.rail.first_read.form
    form.status_buttons[NodeStatus.SUSPICIOUS].click()
    form.confidence.slider.setValue(70)
    form.cortex.setText("4.5")
    # A pause of the reader is enough.
    qtbot.waitUntil(lambda: desk.session is not None and desk.session.human.first_read is not None)
    form.remarks.setPlainText("Hilum displaced")
    window.close()
    again = desks()
    window = MainWindow(again)
    qtbot.addWidget(window)
    again.open_kept(again.saving.rows[0].id)
    qtbot.waitUntil(lambda: again.session is not None, timeout=30_000)
    assert again.session is not None
    assert again.session.human.state is ReadingState.DRAFT
    form = window.rail.first_read.form
    assert form.chosen_status is NodeStatus.SUSPICIOUS
    assert form.cortex.text() == "4.5"
    assert form.remarks.toPlainText() == "Hilum displaced"
    # Closing the patient is enough too.
    form.remarks.setPlainText("Hilum gone")
    again.close_session()
    again.open_kept(again.saving.rows[0].id)
    qtbot.waitUntil(lambda: again.session is not None, timeout=30_000)
    assert form.remarks.toPlainText() == "Hilum gone"
    settled(again, qtbot)
    window.close()
