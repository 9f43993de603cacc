"""A reading that is signed in the window goes back to the archive as DICOM objects."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pypdf import PdfReader

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dicom"))

from deidentify_maker import BANNER, SECRET, leaks, write_secret
from dicom_maker import speckle, write_ultrasound

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import ReadingMode
from alnreader.case.region import Region, RegionKind
from alnreader.dicom import decode_pixels, discover
from alnreader.dicom.files import Location
from alnreader.dicom.objects.readback import read_report
from alnreader.dicom.pictures import decode_picture
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.panels.sign import SignPanel
from alnreader.gui.settings import Settings
from alnreader.gui.tasks import TaskRunner
from alnreader.simulation import DEMO_NAME, simulate_patient, write_dicom

Add = Callable[..., Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("dicom")
    write_dicom(simulate_patient(12, images=1), folder, name=DEMO_NAME)
    return folder


@pytest.fixture
def case(files: Path) -> Case:
    case = discover([files]).patients[0]
    image = case.images[0]
    mask = np.zeros((image.rows, image.columns), dtype=np.bool_)
    mask[100:150, 100:180] = True
    return case.with_regions(image.key, [Region(mask, RegionKind.LYMPH_NODE)])


def signed(qtbot: Any, controller: Controller, add_session: Add, case: Case) -> Any:
    session = add_session(case, ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    controller.set_final_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
    controller.sign("Dr Lee")
    assert session.signed
    return session


def test_the_signed_reading_is_written_for_the_archive(
    qtbot: Any, controller: Controller, add_session: Add, case: Case, files: Path, tmp_path: Path
) -> None:
    panel = SignPanel(controller)
    qtbot.addWidget(panel)
    signed(qtbot, controller, add_session, case)
    panel.folder_chooser = lambda: str(tmp_path)
    panel.pdf.setChecked(False)
    assert not panel.export.isEnabled()
    panel.dicom.setChecked(True)
    assert panel.export.isEnabled()
    for name in ("aln-reader-SIM0000012-dicom", "aln-reader-SIM0000012-dicom-2"):
        with qtbot.waitSignal(controller.exported, timeout=60_000) as caught:
            panel.export.click()
        assert caught.args == [[tmp_path / name]]
        assert name in panel.written.text()
    sr = pydicom.dcmread(tmp_path / name / "sr.dcm")
    source = pydicom.dcmread(next(files.iterdir()))
    assert sr.StudyInstanceUID == source.StudyInstanceUID
    assert (sr.VerificationFlag, sr.VerifyingObserverSequence[0].VerifyingObserverName) == (
        "VERIFIED",
        "Dr Lee^",
    )
    read = read_report(sr, [pydicom.dcmread(path) for path in (tmp_path / name).glob("seg*")])
    assert [len(image.regions) for image in read.images] == [1]
    assert (tmp_path / name / "report.dcm").exists()
    assert list(tmp_path.glob("*.pdf")) == []


@pytest.mark.parametrize("deidentify", [False, True])
def test_an_export_that_fails_leaves_none_of_its_parts(
    deidentify: bool, qtbot: Any, controller: Controller, add_session: Add, case: Case, tmp_path: Path
) -> None:
    controller.change_settings(dataclasses.replace(controller.settings, deidentify=deidentify))
    signed(qtbot, controller, add_session, case)
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        controller.export(None, None, tmp_path / "pictures", tmp_path / "dicom")
    name = next(path for path in (tmp_path / "pictures").iterdir()).name
    (tmp_path / "there" / name).mkdir(parents=True)  # where a picture has to go
    before = sorted(tmp_path.rglob("*"))
    said: list[tuple[str, str]] = []
    controller.message.connect(lambda kind, text: said.append((kind, text)))
    controller.export(None, None, tmp_path / "there", tmp_path / "second")
    qtbot.waitUntil(lambda: any(name in text for _, text in said), timeout=60_000)
    assert sorted(tmp_path.rglob("*")) == before


def test_without_identity_where_so_set(
    qtbot: Any, controller: Controller, add_session: Add, case: Case, tmp_path: Path
) -> None:
    controller.change_settings(dataclasses.replace(controller.settings, deidentify=True))
    signed(qtbot, controller, add_session, case)
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        controller.export(None, None, None, tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.dcm"):
        content = path.read_bytes()
        assert b"SIM0000012" not in content
        assert b"XiaoDong" not in content
        assert pydicom.dcmread(path).PatientIdentityRemoved == "YES"
    assert (tmp_path / "out" / "sr.dcm").exists()


def test_an_export_without_identity_is_seen_before_it_is_written(
    qtbot: Any, controller: Controller, add_session: Add, tmp_path: Path
) -> None:
    write_secret(tmp_path / SECRET / "a.dcm")
    case = discover([tmp_path / SECRET]).patients[0]
    mask = np.zeros((case.images[0].rows, case.images[0].columns), dtype=np.bool_)
    mask[100:150, 100:180] = True
    case = case.with_regions(case.images[0].key, [Region(mask, RegionKind.LYMPH_NODE)])
    controller.change_settings(dataclasses.replace(controller.settings, deidentify=True, site="Klinik West"))
    window = MainWindow(controller)
    qtbot.addWidget(window)
    window.show()
    signed(qtbot, controller, add_session, case)
    panel, page = window.rail.sign, window.deidentify
    panel.folder_chooser = lambda: str(tmp_path / "out")
    for check in (panel.pdf, panel.json, panel.pictures, panel.dicom):
        check.setChecked(True)
    panel.export.click()
    assert window.stack.currentWidget() is page
    assert not page.choose.isVisible()
    assert not page.write_button.isEnabled(), "nothing was looked at yet"
    qtbot.waitUntil(lambda: page.after.pixels is not None, timeout=30_000)
    assert page.before.pixels[BANNER[0], BANNER[1]].any()
    assert not page.after.pixels[BANNER[0], BANNER[1]].any()
    shown = page.after.pixels
    # The last row is the reading itself.
    page.files.setCurrentCell(page.files.rowCount() - 1, 0)
    words = {
        page.attributes.item(row, 0).text(): [page.attributes.item(row, column).text() for column in (1, 2)]
        for row in range(page.attributes.rowCount())
    }
    assert words["Signed read 1, signed by"] == ["Dr Lee", "replaced: Reader 1"]
    assert words["Site"] == ["Klinik West", "removed"]
    assert not (tmp_path / "out").exists(), "nothing is written before the reader says so"

    # Turning away writes nothing, and the page is for copies of files again.
    window.back()
    assert not (tmp_path / "out").exists()
    window.commands["deidentify"].trigger()
    assert page.choose.isVisible()
    assert page.write_button.text() == "Write to a folder"
    qtbot.waitUntil(page.write_button.isEnabled, timeout=30_000)
    assert page.files.rowCount() == 1
    window.back()

    panel.export.click()
    qtbot.waitUntil(page.write_button.isEnabled, timeout=30_000)
    assert page.write_button.text() == "Write the export"
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        page.write_button.click()
    assert window.stack.currentWidget() is window.splitter
    out = tmp_path / "out"
    (picture,) = (out / "aln-reader-report-dicom" / "pictures").iterdir()
    assert np.array_equal(decode_pixels(picture), shown), "what was seen is what was written"
    (png,) = (out / "aln-reader-report-pictures").glob("*-image.png")
    assert np.array_equal(decode_picture(Location(png)), shown)
    text = (out / "aln-reader-report.json").read_text("utf-8")
    text += " ".join(page.extract_text() for page in PdfReader(out / "aln-reader-report.pdf").pages)
    assert [word for word in (SECRET, "Dr Lee", "Klinik West", f"{now():%Y-%m-%d}") if word in text] == []
    assert leaks({SECRET, "Dr Lee", "Klinik West"}, out) == []
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=30_000)


@pytest.mark.parametrize("place", ["", "new"])
def test_an_export_without_identity_does_not_go_among_the_originals(
    place: str, qtbot: Any, controller: Controller, add_session: Add, told: Any, tmp_path: Path
) -> None:
    originals = tmp_path / "in"
    write_secret(originals / "a.dcm")
    case = discover([originals]).patients[0]
    mask = np.zeros((case.images[0].rows, case.images[0].columns), dtype=np.bool_)
    mask[100:150, 100:180] = True
    case = case.with_regions(case.images[0].key, [Region(mask, RegionKind.LYMPH_NODE)])
    controller.change_settings(dataclasses.replace(controller.settings, deidentify=True))
    window = MainWindow(controller)
    qtbot.addWidget(window)
    window.show()
    signed(qtbot, controller, add_session, case)
    panel = window.rail.sign
    panel.folder_chooser = lambda: str(originals / place)
    panel.dicom.setChecked(True)
    before = sorted(tmp_path.rglob("*"))
    panel.export.click()
    assert "would be taken for originals" in panel.written.text(), "told where the export is told"
    assert window.stack.currentWidget() is window.splitter, "and before the reader looks through the pictures"
    # However it is asked for, and whichever part of it.
    report, pictures, dicom = (originals / place / name for name in ("r.pdf", "pictures", "dicom"))
    for asked in ((report,), (None, None, pictures), (None, None, None, dicom)):
        told.all.clear()
        controller.export(*asked)
        qtbot.waitUntil(lambda: bool(told.errors), timeout=30_000)
        assert "would be taken for originals" in told.errors[0]
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=30_000)
    assert sorted(tmp_path.rglob("*")) == before
    # With the identity in them, the files may lie beside the pictures.
    controller.change_settings(dataclasses.replace(controller.settings, deidentify=False))
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        panel.export.click()


def test_an_export_waits_until_it_is_said_what_of_each_picture_may_stay(
    qtbot: Any, controller: Controller, add_session: Add, tmp_path: Path
) -> None:
    write_ultrasound(tmp_path / "in" / "a.dcm", speckle(400, 320)[0][60:300])
    controller.change_settings(dataclasses.replace(controller.settings, deidentify=True))
    window = MainWindow(controller)
    qtbot.addWidget(window)
    window.show()
    signed(qtbot, controller, add_session, discover([tmp_path / "in"]).patients[0])
    page = window.deidentify
    window.rail.sign.folder_chooser = lambda: str(tmp_path / "out")
    window.rail.sign.export.click()
    qtbot.waitUntil(lambda: page.before.pixels is not None, timeout=30_000)
    assert not page.write_button.isEnabled()
    assert "Say of each picture" in page.summary.text()
    page.before.drawn.emit((20, 20, 200, 150))
    qtbot.waitUntil(page.write_button.isEnabled, timeout=30_000)
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        page.write_button.click()
    assert (tmp_path / "out" / "aln-reader-report.pdf").exists()
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=30_000)


def test_an_amended_report_names_the_one_it_replaces_also_after_a_restart(
    qtbot: Any, files: Path, tmp_path: Path
) -> None:
    def desk() -> Controller:
        settings = Settings(reader="Dr Lee", mode=ReadingMode.CONCURRENT, model=str(tmp_path / "none"))
        started = Controller(TaskRunner(), settings, tmp_path / "settings.json")
        started.saving.start(tmp_path / "data")
        qtbot.waitUntil(lambda: started.saving.ready, timeout=30_000)
        return started

    def exported(desk: Controller, name: str) -> pydicom.Dataset:
        qtbot.waitUntil(lambda: not desk.session.scoring, timeout=30_000)
        desk.set_final_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", now()))
        desk.sign("Dr Lee")
        with qtbot.waitSignal(desk.exported, timeout=60_000):
            desk.export(None, None, None, tmp_path / name)
        qtbot.waitUntil(lambda: not desk.saving.waiting and not desk.runner.busy, timeout=60_000)
        return pydicom.dcmread(tmp_path / name / "sr.dcm")

    first_desk = desk()
    first_desk.open_paths([files])
    qtbot.waitUntil(lambda: first_desk.session is not None, timeout=30_000)
    first = exported(first_desk, "first")
    assert "PredecessorDocumentsSequence" not in first
    first_desk.close()

    second_desk = desk()
    second_desk.open_kept(second_desk.saving.rows[0].id)
    qtbot.waitUntil(lambda: second_desk.session is not None, timeout=30_000)
    second_desk.amend("wrong side")
    amended = exported(second_desk, "amended")
    second_desk.amend("wrong side again")
    once_more = exported(second_desk, "once-more")
    second_desk.close()
    assert len({str(report.SOPInstanceUID) for report in (first, amended, once_more)}) == 3
    for report, before in ((amended, first), (once_more, amended)):
        (study,) = report.PredecessorDocumentsSequence
        (named,) = study.ReferencedSeriesSequence[0].ReferencedSOPSequence
        assert named.ReferencedSOPInstanceUID == before.SOPInstanceUID
        assert study.ReferencedSeriesSequence[0].SeriesInstanceUID == before.SeriesInstanceUID


def test_a_folder_in_the_way_is_told_and_nothing_written(
    qtbot: Any, controller: Controller, add_session: Add, case: Case, told: Any, tmp_path: Path
) -> None:
    signed(qtbot, controller, add_session, case)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.dcm").touch()
    controller.export(tmp_path / "r.pdf", None, None, tmp_path / "out")
    qtbot.waitUntil(lambda: "holds files already" in told.text, timeout=20_000)
    assert not (tmp_path / "r.pdf").exists()


def test_an_unsigned_reading_is_not_exported(
    controller: Controller, add_session: Add, case: Case, told: Any, tmp_path: Path
) -> None:
    add_session(case)
    controller.export(None, None, None, tmp_path / "out")
    assert "sign it" in told.text
    assert not (tmp_path / "out").exists()
