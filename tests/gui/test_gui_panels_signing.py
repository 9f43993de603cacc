"""The panels from the second reader to the signature without a model, and the files that are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from on_panels import click
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import ReadingMode, ReadingState
from alnreader.case.region import RegionKind
from alnreader.gui.controller import Controller
from alnreader.gui.panels import FirstReadPanel, ModelCardPanel, RegionsPanel, SecondReaderPanel, SignPanel
from alnreader.gui.panels.export_names import Names, new_names
from alnreader.report.text import file_stem

Add = Callable[..., Any]


def test_what_the_button_waits_for_is_in_sight(controller: Controller, show: Callable[..., Any]) -> None:
    first, sign = show(FirstReadPanel(controller)), show(SignPanel(controller))
    assert first.foot.isAncestorOf(first.reader)
    assert sign.foot.isAncestorOf(sign.name)
    column = sign.decide.layout()
    assert column.indexOf(sign.reason) < column.indexOf(sign.form), "above the form, not below the fold"


def test_without_a_model_everything_but_the_score_goes_on(
    qtbot: Any, controller: Controller, told: Any, add_session: Add, make_case: Callable[..., Case],
    show: Callable[..., Any], tmp_path: Any,
) -> None:  # fmt: skip
    first, second, sign = (show(kind(controller)) for kind in (FirstReadPanel, SecondReaderPanel, SignPanel))
    card = show(ModelCardPanel(controller))
    session = add_session(make_case(images=1))
    assert "Lock your first read" in second.locked_reason()
    assert "reveal it" in sign.locked_reason()
    assert not second.primary.isEnabled()
    click(qtbot, first.form.status_buttons[NodeStatus.NEGATIVE])
    qtbot.keyClick(first.form.confidence.slider, Qt.Key.Key_Right)
    click(qtbot, first.primary)
    assert second.locked_reason() == ""
    click(qtbot, second.primary)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    assert "no-model" in second.state.text()
    assert second.again.isVisible()
    assert not second.content.isVisible()
    assert second.summary() == "No score"
    assert not sign.primary.isEnabled()
    assert "whether the first read stands" in sign.hint.text()
    click(qtbot, sign.agree)
    assert sign.primary.text() == "Sign as Dr Lee"
    assert not sign.export.isEnabled()
    click(qtbot, sign.primary)
    assert session.signed
    assert sign.summary() == "Negative, signed by Dr Lee"
    click(qtbot, sign.json)
    sign.folder_chooser = lambda: str(tmp_path)
    with qtbot.waitSignal(controller.exported, timeout=60_000) as caught:
        click(qtbot, sign.export)
    assert sorted(path.name for path in caught.args[0]) == ["aln-reader-P1.json", "aln-reader-P1.pdf"]
    with qtbot.waitSignal(controller.preview_ready, timeout=60_000) as caught:
        click(qtbot, sign.preview)
    assert caught.args[0].startswith(b"%PDF")
    # Written once more, the first files stay as they are.
    first_pdf = (tmp_path / "aln-reader-P1.pdf").read_bytes()
    with qtbot.waitSignal(controller.exported, timeout=60_000) as caught:
        click(qtbot, sign.export)
    assert sorted(path.name for path in caught.args[0]) == ["aln-reader-P1-2.json", "aln-reader-P1-2.pdf"]
    assert (tmp_path / "aln-reader-P1.pdf").read_bytes() == first_pdf
    assert "not loaded" in card.none.text()


def test_a_changed_final_read_needs_its_reason_and_an_amendment_can_be_discarded(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    first, second, sign = (show(kind(controller)) for kind in (FirstReadPanel, SecondReaderPanel, SignPanel))
    session = add_session(make_case(images=1))
    click(qtbot, first.form.status_buttons[NodeStatus.NEGATIVE])
    qtbot.keyClick(first.form.confidence.slider, Qt.Key.Key_Right)
    click(qtbot, first.primary)
    click(qtbot, second.primary)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    click(qtbot, sign.change)
    click(qtbot, sign.form.status_buttons[NodeStatus.SUSPICIOUS])
    assert not sign.primary.isEnabled()
    assert sign.hint.text() == "Give the reason for the change."
    qtbot.keyClicks(sign.reason, "the map")
    click(qtbot, sign.primary)
    assert session.human.signed.final_read.reason == "the map"
    assert not sign.amend.isEnabled()
    qtbot.keyClicks(sign.amend_reason, "wrong side")
    click(qtbot, sign.amend)
    assert session.human.state is ReadingState.AMENDED
    assert "wrong side" in sign.said.text()
    assert not sign.export.isEnabled()
    why = "An amendment is open: sign or discard it, then export."
    assert why in sign.export.toolTip()
    assert sign.waiting.text() == why
    assert sign.waiting.isVisible()
    assert sign.agree.text() == "The first read stands: Negative, 51 of 100"
    assert not sign.primary.isEnabled(), "the decision is made anew"
    click(qtbot, sign.discard)
    assert session.signed
    assert sign.export.isEnabled()
    assert not sign.waiting.isVisible()
    qtbot.keyClicks(sign.amend_reason, "again")
    click(qtbot, sign.amend)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    click(qtbot, sign.agree)
    click(qtbot, sign.primary)
    assert [version.amendment_reason for version in session.human.versions] == ["", "again"]
    assert "Amended and signed: Negative" in sign.said.text()


def test_a_change_that_changes_nothing_is_not_signed_and_files_of_before_an_amendment_are_called_so(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
    tmp_path: Path,
) -> None:
    sign = show(SignPanel(controller))
    session = add_session(make_case("P1", images=1))
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    controller.reveal()
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    qtbot.keyClicks(sign.name, "Dr Lee")

    def nothing_changed_is_not_signed() -> None:
        click(qtbot, sign.change)
        assert not sign.primary.isEnabled()
        assert "Nothing is changed" in sign.hint.text()
        qtbot.keyClicks(sign.reason, "seen again")
        assert sign.primary.isEnabled(), "confirmed with a reason of its own"
        sign.reason.clear()
        assert not sign.primary.isEnabled()

    nothing_changed_is_not_signed()
    click(qtbot, sign.agree)
    click(qtbot, sign.primary)
    sign.folder_chooser = lambda: str(tmp_path)
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        click(qtbot, sign.export)
    assert sign.written.text() == "Written: aln-reader-P1.pdf"
    qtbot.keyClicks(sign.amend_reason, "wrong cortex")
    click(qtbot, sign.amend)
    earlier = "Written before the amendment, with the earlier reading: aln-reader-P1.pdf"
    assert sign.written.text() == earlier
    click(qtbot, sign.discard)
    assert sign.written.text() == "Written: aln-reader-P1.pdf"
    qtbot.keyClicks(sign.amend_reason, "wrong cortex")
    click(qtbot, sign.amend)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    nothing_changed_is_not_signed()
    click(qtbot, sign.agree)
    click(qtbot, sign.primary)
    assert len(session.human.versions) == 2
    assert sign.written.text() == earlier
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        click(qtbot, sign.export)
    assert sign.written.text() == "Written: aln-reader-P1-2.pdf"


def test_half_a_final_read_stays_with_its_patient(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    sign = show(SignPanel(controller))
    session = add_session(make_case("A", images=1))
    controller.set_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.lock_first_read()
    controller.reveal()
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    click(qtbot, sign.change)
    click(qtbot, sign.form.status_buttons[NodeStatus.SUSPICIOUS])
    qtbot.keyClicks(sign.reason, "the map")
    add_session(make_case("B"))
    assert not sign.change.isChecked()
    assert sign.reason.text() == ""
    controller.open_session(0)
    assert sign.change.isChecked()
    assert not sign.agree.isChecked()
    assert sign.reason.text() == "the map"
    assert sign.form.chosen_status is NodeStatus.SUSPICIOUS
    assert sign.form.isVisible()
    click(qtbot, sign.primary)
    assert session.human.signed.final_read.reason == "the map"


def test_a_concurrent_reading_has_no_first_read_but_a_final_one(
    qtbot: Any,
    controller: Controller,
    add_session: Add,
    make_case: Callable[..., Case],
    show: Callable[..., Any],
) -> None:
    first, sign = (show(kind(controller)) for kind in (FirstReadPanel, SignPanel))
    session = add_session(make_case(images=1), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    assert "no first read" in first.locked_reason()
    assert first.finished()
    assert not sign.agree.isVisible()
    click(qtbot, sign.form.status_buttons[NodeStatus.INDETERMINATE])
    assert "Set your confidence" in sign.hint.text()
    qtbot.keyClick(sign.form.confidence.slider, Qt.Key.Key_Right)
    click(qtbot, sign.primary)
    assert session.signed


def test_every_control_has_a_name_and_a_tool_tip(
    controller: Controller, add_session: Add, make_case: Callable[..., Case], disc: Callable[..., Any],
    show: Callable[..., Any],
) -> None:  # fmt: skip
    panels = [show(kind(controller)) for kind in (RegionsPanel, FirstReadPanel, SecondReaderPanel, SignPanel)]
    session = add_session(make_case())
    controller.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    for panel in panels:
        for kind in (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit):
            for widget in panel.findChildren(kind):
                if isinstance(widget, QAbstractButton) and widget.objectName().startswith("qt_"):
                    continue  # a part that Qt makes itself
                name = widget.accessibleName() or (
                    widget.text() if isinstance(widget, QAbstractButton) else ""
                )
                assert name, f"{type(panel).__name__}: {widget}"
                assert widget.toolTip(), f"{type(panel).__name__}: {name}"


def test_an_export_never_takes_the_names_of_another(tmp_path: Path) -> None:
    def wanted(patient: str) -> Names:
        stem = f"aln-reader-{file_stem(patient, all_scripts=True)}"
        return tmp_path / f"{stem}.pdf", None, None, tmp_path / f"{stem}-dicom"

    assert wanted("张三")[0] != wanted("李四")[0]
    names = new_names(wanted("张三"), set())
    assert [path.name for path in names if path] == ["aln-reader-张三.pdf", "aln-reader-张三-dicom"]
    (tmp_path / "aln-reader-张三-dicom").mkdir()
    names = new_names(wanted("张三"), {tmp_path / "aln-reader-张三-2.pdf"})
    assert [path.name for path in names if path] == ["aln-reader-张三-3.pdf", "aln-reader-张三-dicom-3"]
