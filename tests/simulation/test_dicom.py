"""Simulated patients as DICOM: read back identical, and free of errors for an independent validator."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from alnreader.simulation import DEMO_NAME, SimulatedPatient, simulate_patient, write_dicom


@pytest.fixture(scope="module")
def patient() -> SimulatedPatient:
    return simulate_patient(11, 3, cine=True)


@pytest.mark.parametrize("rle", [False, True])
def test_reads_back_identical(patient: SimulatedPatient, tmp_path: Path, rle: bool) -> None:
    paths = write_dicom(patient, tmp_path, rle=rle)
    assert len(paths) == len(patient.images) + 1
    for path, image in zip(paths, patient.images, strict=False):
        ds = pydicom.dcmread(path)
        np.testing.assert_array_equal(ds.pixel_array, image.pixels)
        assert ds.Laterality == image.laterality
        region, item = image.regions[0], ds.SequenceOfUltrasoundRegions[0]
        assert (item.RegionLocationMinX0, item.RegionLocationMinY0) == (region.x0, region.y0)
        assert (item.RegionLocationMaxX1, item.RegionLocationMaxY1) == (region.x1, region.y1)
        assert item.PhysicalUnitsXDirection == item.PhysicalUnitsYDirection == 3
        assert item.PhysicalDeltaX * 10 == pytest.approx(region.mm_per_pixel_x)
        assert item.PhysicalDeltaY * 10 == pytest.approx(region.mm_per_pixel_y)
    cine = pydicom.dcmread(paths[-1])
    assert cine.FrameTime == 50
    assert patient.cine is not None
    np.testing.assert_array_equal(cine.pixel_array, patient.cine)


def test_same_patient_gives_same_bytes(patient: SimulatedPatient, tmp_path: Path) -> None:
    first, again = write_dicom(patient, tmp_path / "a"), write_dicom(patient, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]


def test_identifiers(patient: SimulatedPatient, tmp_path: Path) -> None:
    headers = [
        pydicom.dcmread(p, stop_before_pixels=True) for p in write_dicom(patient, tmp_path, name=DEMO_NAME)
    ]
    assert len({ds.SOPInstanceUID for ds in headers}) == len(headers)
    assert len({ds.StudyInstanceUID for ds in headers}) == 1
    for uid in (ds.SOPInstanceUID for ds in headers):
        assert uid.startswith("2.25.")
        assert int(uid.removeprefix("2.25.")) < 2**128
    assert [ds.InstanceNumber for ds in headers] == list(range(1, len(headers) + 1))
    assert headers[0].PatientName.ideographic == "王^小东"
    times = [ds.AcquisitionTime for ds in headers]
    assert times == sorted(times)
    assert headers[0].StudyTime < times[0]


@pytest.mark.parametrize("rle", [False, True])
def test_validator_finds_no_error(patient: SimulatedPatient, tmp_path: Path, rle: bool) -> None:
    dciodvfy = shutil.which("dciodvfy")
    if dciodvfy is None:
        pytest.skip("dciodvfy (package dicom3tools) is not installed")
    for path in write_dicom(patient, tmp_path, rle=rle, name=DEMO_NAME):
        report = subprocess.run([dciodvfy, str(path)], capture_output=True, text=True, check=False)
        output = report.stdout + report.stderr
        assert "Error" not in output, output
        assert "USImage" in output or "USMultiFrameImage" in output
