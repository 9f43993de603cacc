"""``alnreader deidentify``: copies without identity, from the command line."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dicom"))

from deidentify_maker import SECRET, leaks, secrets_of, write_report, write_secret
from dicom_maker import speckle, write_ultrasound
from PIL import Image
from pydicom.uid import SecondaryCaptureImageStorage

from alnreader.case.errors import ExitCode
from alnreader.cli import main
from alnreader.dicom.pictures import PROGRAM_MARK
from alnreader.report.deidentify_command import PASSPHRASE

Capture = pytest.CaptureFixture[str]
PHRASE = "correct horse battery"


def test_copies_and_an_encrypted_mapping(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, PHRASE)
    paths = [write_secret(tmp_path / "in" / "a.dcm"), write_report(tmp_path / "in" / "r.dcm")]
    out, mapping = tmp_path / "out", tmp_path / "mapping.json"
    arguments = ["deidentify", str(tmp_path / "in"), "--out", str(out), "--mapping", str(mapping)]
    assert main(arguments) == ExitCode.OK
    assert "2 files" in capsys.readouterr().out
    assert leaks(secrets_of(paths), out) == []
    assert SECRET not in mapping.read_text()
    assert main(["deidentify", "--show-mapping", str(mapping)]) == ExitCode.OK
    told = json.loads(capsys.readouterr().out)
    (code,) = {pydicom.dcmread(path, stop_before_pixels=True).PatientID for path in out.rglob("*.dcm")}
    assert list(told["patients"].values()) == [code]
    monkeypatch.setenv(PASSPHRASE, "wrong " + PHRASE)
    assert main(["deidentify", "--show-mapping", str(mapping)]) == ExitCode.NO_INPUT
    assert "pass phrase does not open" in capsys.readouterr().err


def test_a_preview_writes_nothing(tmp_path: Path, capsys: Capture) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    (tmp_path / "in" / "b.txt").write_text("hello")
    assert main(["deidentify", str(tmp_path / "in"), "--preview"]) == ExitCode.OK
    told = capsys.readouterr().out
    assert "a.dcm: ultrasound, picture: ultrasound regions of the file, 66% stays" in told
    assert "PatientName" in told
    assert "b.txt: not written: not a DICOM file" in told
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_refused_pictures_and_boxes(tmp_path: Path, capsys: Capture) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    write_ultrasound(tmp_path / "in" / "b.dcm", speckle(400, 320)[0][60:300])
    base = ["deidentify", str(tmp_path / "in"), "--out"]
    assert main([*base, str(tmp_path / "1")]) == ExitCode.PARTIAL
    assert "b.dcm: it cannot be told where the ultrasound ends" in capsys.readouterr().err
    assert len(list((tmp_path / "1").rglob("*.dcm"))) == 1
    assert main([*base, str(tmp_path / "2"), "--keep", "0,20,319,239"]) == ExitCode.OK
    assert main([*base, str(tmp_path / "3"), "--whole-pictures"]) == ExitCode.OK
    assert len(list((tmp_path / "3").rglob("*.dcm"))) == 2
    for wrong in ("1,2,3", "9,9,1,1", "a,b,c,d"):
        with pytest.raises(SystemExit) as stop:
            main([*base, str(tmp_path / "4"), "--keep", wrong])
        assert stop.value.code == ExitCode.USAGE


def test_what_is_missing_is_said(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["deidentify"]) != ExitCode.OK
    assert "Name a folder or file" in capsys.readouterr().err
    write_secret(tmp_path / "a.dcm")
    assert main(["deidentify", str(tmp_path / "a.dcm")]) == ExitCode.USAGE
    assert "--out" in capsys.readouterr().err
    monkeypatch.setenv(PASSPHRASE, "short")
    arguments = ["deidentify", str(tmp_path / "a.dcm"), "--out", str(tmp_path / "out"), "--mapping", "m.json"]
    assert main(arguments) != ExitCode.OK
    assert "at least 8 characters" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main(["deidentify", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == ExitCode.NO_INPUT


def test_copies_do_not_mix_with_originals_or_other_copies(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy taken for an original, or one patient under two codes, would be found out by nobody."""
    monkeypatch.setenv(PASSPHRASE, PHRASE)
    source, out, mapping = tmp_path / "in", tmp_path / "out", tmp_path / "mapping.json"
    write_secret(source / "a.dcm")
    before = sorted(tmp_path.rglob("*"))
    for inside in (source, source / "new" / "deeper"):
        assert main(["deidentify", str(source), "--out", str(inside)]) == ExitCode.CANNOT_WRITE
        assert "would be taken for originals" in capsys.readouterr().err
    for inside in (source, source / "new"):
        for words in (["deidentify"], ["export", "--deidentify"]):
            for named in (source, source / "a.dcm"):
                assert main([*words, str(named), "--out", str(inside)]) == ExitCode.CANNOT_WRITE
    assert sorted(tmp_path.rglob("*")) == before
    words = ["deidentify", str(source), "--out", str(out)]
    assert main([*words, "--mapping", str(mapping)]) == ExitCode.OK
    assert main(words) == ExitCode.CANNOT_WRITE
    assert "two codes" in capsys.readouterr().err
    assert main([*words, "--mapping", str(tmp_path / "other.json")]) == ExitCode.CANNOT_WRITE
    assert not (tmp_path / "other.json").exists()
    write_secret(source / "b.dcm", SeriesInstanceUID="1.2.3")
    assert main([*words, "--mapping", str(mapping)]) == ExitCode.OK
    assert len(list(out.iterdir())) == 1, "one patient, one code"
    assert len(list(out.rglob("*.dcm"))) == 2


def test_one_file_twice_stops_nothing(tmp_path: Path, capsys: Capture) -> None:
    first = write_secret(tmp_path / "in" / "a.dcm")
    shutil.copy(first, tmp_path / "in" / "b.dcm")
    write_report(tmp_path / "in" / "r.dcm")
    assert main(["deidentify", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == ExitCode.PARTIAL
    assert f"b.dcm: same SOP Instance UID as {first}" in capsys.readouterr().err
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 2


def test_a_capture_of_this_program_is_refused_with_its_reason(tmp_path: Path, capsys: Capture) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    drawn = pydicom.dcmread(write_secret(tmp_path / "in" / "b.dcm", SOPInstanceUID="1.2.3"))
    drawn.SOPClassUID, drawn.ImageType = SecondaryCaptureImageStorage, ["DERIVED", "SECONDARY"]
    drawn.Manufacturer = PROGRAM_MARK
    drawn.save_as(tmp_path / "in" / "b.dcm")
    assert main(["deidentify", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == ExitCode.PARTIAL
    assert "b.dcm: outlines or a heat map drawn by this program" in capsys.readouterr().err


def test_every_frame_of_a_cine_can_be_looked_at(tmp_path: Path, capsys: Capture) -> None:
    write_secret(tmp_path / "in" / "a.dcm", frames=14)
    write_ultrasound(tmp_path / "in" / "b.dcm", speckle(400, 320)[0][60:300])
    sheets = tmp_path / "sheets"
    words = ["deidentify", str(tmp_path / "in"), "--sheets", str(sheets)]
    assert main([*words, "--out", str(tmp_path / "out")]) == ExitCode.USAGE
    assert main([*words, "--preview"]) == ExitCode.OK
    assert "delete them" in capsys.readouterr().out
    names = sorted(path.name for path in sheets.iterdir())
    assert names == ["001-a.dcm-001.png", "001-a.dcm-002.png", "002-b.dcm-001.png"]
    with Image.open(sheets / names[0]) as full, Image.open(sheets / names[1]) as rest:
        assert full.size == (3 * 320, 4 * 256)
        assert rest.size == (2 * 320, 256), "frames 13 and 14"
        pixels = np.asarray(full)
    assert 0 < pixels[16 + 2 : 16 + 22, 10:200].max() <= 255 // 3, "the banner can be read, and is dark"
    assert pixels[16 + 60 : 16 + 200, 40:280].max() > 150
    assert main([*words, "--preview"]) == ExitCode.CANNOT_WRITE, "two looks do not mix"
