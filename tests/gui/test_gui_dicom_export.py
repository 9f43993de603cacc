"""A reading that is signed in the window goes back to the archive as DICOM objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.protocol import ReadingMode
from alnreader.case.region import Region, RegionKind
from alnreader.dicom import discover
from alnreader.dicom.objects.readback import read_report
from alnreader.gui.controller import Controller
from alnreader.gui.panels.sign import SignPanel
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
