"""Real files: nothing of the identity is left, what stays of the pictures is what it was, no new fault."""

from __future__ import annotations

import shutil
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest
from deidentify_maker import needs_dciodvfy, standard_errors

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom import Location, decode_pixels
from alnreader.dicom.deidentify import Deidentifier, Options
from alnreader.dicom.deidentify.source import read_source

IDENTITY = (
    *("PatientName", "PatientID", "PatientBirthDate", "StudyDate", "SeriesDate", "AccessionNumber"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "InstitutionName", "ReferringPhysicianName"),
    *("OperatorsName", "StationName", "StudyDescription", "PatientComments", "ImageComments"),
)

KINDS = ("not de-identified by this program", "7 bits a value", "transfer syntax not supported", "DICOMDIR")
"""Reasons of the files that are of other kinds, or that the program does not decode."""


def files(shared: Path) -> list[Path]:
    return [
        path
        for path in sorted((shared / "dicom").rglob("*"))
        if path.is_file() and path.suffix != ".md" and "LICENSE" not in path.name and path.name != "DICOMDIR"
    ]


def identity(path: Path) -> set[bytes]:
    found: set[bytes] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        for keyword in IDENTITY:
            text = str(ds.get(keyword) or "").strip()
            for part in (text, *text.replace("=", "^").split("^")):
                if len(part) > 3:
                    found |= {
                        part.encode(),
                        part.encode("gb18030", "ignore"),
                        part.encode("latin-1", "ignore"),
                    }
    return {secret for secret in found if len(secret) > 3}


def test_every_real_file(shared: Path, tmp_path: Path) -> None:
    written = 0
    for number, path in enumerate(files(shared)):
        worker = Deidentifier(Options(whole_pictures=True))
        worker.survey([path])
        if not worker.items:
            (refused,) = worker.refused
            assert any(kind in refused.reason for kind in KINDS), refused
            with pytest.raises(UnreadableInputError):
                worker.write(tmp_path / "none")
            continue
        (copy,) = worker.write(tmp_path / str(number)).written
        written += 1
        data = copy.read_bytes()
        header = data[: data.index(b"\xe0\x7f\x10\x00")]
        assert [secret for secret in identity(path) if secret in header] == [], path.name
        mask = worker.area(read_source(Location(path))).mask
        before, after = decode_pixels(path), decode_pixels(copy)
        stays = np.ones(before.shape[:2], bool) if mask is None else mask
        # Deep values are stretched from minimum to maximum when shown, and the maximum may be outside.
        tolerance = 2 if pydicom.dcmread(copy, stop_before_pixels=True).BitsStored > 8 else 0
        assert np.abs(before[stays].astype(int) - after[stays]).max() <= tolerance, path.name
        shutil.rmtree(tmp_path / str(number))
    assert written > 30


@needs_dciodvfy
@pytest.mark.parametrize(
    "name", ["US1_UNCR.dcm", "gdcm-US-ALOKA-16_big.dcm", "OBXXXX1A_rle.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm"]
)
def test_no_new_fault(name: str, shared: Path, tmp_path: Path) -> None:
    path = shared / "dicom" / "pydicom-data" / name
    worker = Deidentifier(Options(whole_pictures=True))
    worker.survey([path])
    (copy,) = worker.write(tmp_path).written
    assert not Counter(standard_errors(copy)) - Counter(standard_errors(path))
