"""Zips: what is in them is read where it lies, and what leads out, swells or is broken is named."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import speckle, write_ultrasound
from discovery_maker import PIXELS, png, reasons

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom import discover, files


def test_zip_with_nested_folders(tmp_path: Path) -> None:
    one = write_ultrasound(tmp_path / "1.dcm", PIXELS)
    two = write_ultrasound(tmp_path / "2.dcm", speckle(16, 20, 5, seed=2), jpeg=True)
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(one, "外/内/图1.dcm")
        zipped.write(two, "外/2.dcm")
        zipped.writestr("外/readme.txt", "nothing")
        zipped.writestr("外/inner.zip", b"PK\x03\x04 and more")
        zipped.writestr("pictures/p.png", png(tmp_path / "p.png").read_bytes())
    one.unlink(), two.unlink(), (tmp_path / "p.png").unlink()
    before = set(tmp_path.rglob("*"))
    found = discover([archive])
    dicom, pictures = found.patients
    assert [image.source for image in dicom.images] == [f"{archive}!/外/2.dcm", f"{archive}!/外/内/图1.dcm"]
    assert np.array_equal(dicom.images[1].pixels(), PIXELS[0])
    assert dicom.images[0].at_frame(5).pixels().shape == (16, 20, 3)
    assert pictures.patient.patient_id == "pictures"
    assert pictures.images[0].pixels().shape == (16, 20, 3)
    assert "zip within a zip" in reasons(found)["inner.zip"]
    assert "not a DICOM file" in reasons(found)["readme.txt"]
    assert set(tmp_path.rglob("*")) == before, "nothing is extracted"
    archive.unlink()
    with pytest.raises(UnreadableInputError, match="no longer there"):
        dicom.images[1].pixels()


def test_a_file_without_a_name_in_a_zip_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "x")
        archive.writestr("bb", "y")
    path.write_bytes(path.read_bytes().replace(b"a", b"\0"))  # a name ends at its first zero byte
    skipped = discover([path]).skipped
    assert skipped[0].reason == "a file without a name in the zip"
    assert len(skipped) == 2


def test_zip_names_written_by_chinese_windows(tmp_path: Path) -> None:
    one = write_ultrasound(tmp_path / "1.dcm", PIXELS)
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("????/1.dcm", one.read_bytes())
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b"????/1.dcm", "超声".encode("gb18030") + b"/1.dcm"))
    (case,) = discover([archive]).patients
    assert case.images[0].source == f"{archive}!/超声/1.dcm"
    assert np.array_equal(case.images[0].pixels(), PIXELS[0])


@pytest.mark.parametrize(
    "name", ["../evil.dcm", "a/../../evil.dcm", "/etc/evil.dcm", "C:\\evil.dcm", "..\\evil.dcm"]
)
def test_zip_slip(name: str, tmp_path: Path) -> None:
    one = write_ultrasound(tmp_path / "1.dcm", PIXELS)
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(one, "x")
        zipped.infolist()
        info = zipfile.ZipInfo("y")
        info.filename = name
        zipped.writestr(info, one.read_bytes())
    found = discover([archive])
    assert [entry.reason for entry in found.skipped] == ["its name in the zip leads out of the zip"]
    assert len(found.patients) == 1


def test_zip_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("zeros.dcm", b"\0" * (files.RATIO_APPLIES_FROM + 1))
        zipped.writestr("small.dcm", b"\0" * 1000)
    told = reasons(discover([archive]))
    assert "zip bomb" in told["zeros.dcm"]
    assert "not a DICOM file" in told["small.dcm"]
    monkeypatch.setattr(files, "MAX_MEMBERS", 1)
    files.close_archives()
    assert "more than 1 files in one zip" in reasons(discover([archive]))["bomb.zip"]


def test_zip_whose_files_overlap(tmp_path: Path) -> None:
    """The non-recursive bomb: many directory entries over one compressed kernel."""
    archive = tmp_path / "overlap.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("a", os.urandom(5000))
        first = zipped.infolist()[0]
        for index in range(20):
            copy = zipfile.ZipInfo(f"b{index}")
            copy.header_offset, copy.CRC = first.header_offset, first.CRC
            copy.compress_size = copy.file_size = first.file_size
            zipped.filelist.append(copy)
            zipped.NameToInfo[copy.filename] = copy
        zipped._didModify = True  # type: ignore[attr-defined]
    assert "overlap" in reasons(discover([archive]))["overlap.zip"]


def test_zips_that_are_broken_or_locked(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + os.urandom(300))
    one = write_ultrasound(tmp_path / "folder" / "1.dcm", speckle(64, 64))
    archive = tmp_path / "flipped.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(one, "1.dcm")
    data = bytearray(archive.read_bytes())
    data[2000:2400] = os.urandom(400)
    archive.write_bytes(data)
    locked = bytearray((tmp_path / "flipped.zip").read_bytes())
    directory_entry = locked.rindex(b"PK\x01\x02")
    locked[directory_entry + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    shutil.rmtree(tmp_path / "folder")
    found = discover([tmp_path])
    told = {entry.path: entry.reason for entry in found.skipped}
    assert "not a readable zip" in told[str(tmp_path / "broken.zip")]
    assert "encrypted" in told[f"{tmp_path / 'locked.zip'}!/1.dcm"]
    for case in found.patients:  # the damage may lie behind the header
        with pytest.raises(UnreadableInputError, match="damaged"):
            case.images[0].pixels()
