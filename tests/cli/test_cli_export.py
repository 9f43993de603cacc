"""`alnreader export`: folders and kept cases as DICOM objects."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pydicom
import pytest

from alnreader.case.errors import ExitCode
from alnreader.cli import main
from alnreader.dicom import discover
from alnreader.dicom.objects.readback import read_report
from alnreader.simulation import simulate_patient, write_dicom
from alnreader.store.worklist import Store


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("patients")
    for seed in (11, 12):
        write_dicom(simulate_patient(seed, images=2), folder / f"{seed}")
    return folder


def names(folder: Path) -> set[str]:
    return {path.name.removesuffix(".dcm").rstrip("0123456789").rstrip("-") for path in folder.iterdir()}


def test_a_folder_is_read_and_everything_written(
    patients: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "out"
    code = main(["export", str(patients / "11"), "--model", str(random_bundle), "--out", str(out)])
    assert code == ExitCode.OK
    said = capsys.readouterr()
    assert f"Written: {out} (" in said.out
    assert "not for clinical use" in said.out
    assert said.err == ""
    assert {"sr", "report", "sc-heatmap"} <= names(out)
    sr = pydicom.dcmread(out / "sr.dcm")
    assert (sr.CompletionFlag, sr.VerificationFlag) == ("PARTIAL", "UNVERIFIED")
    source = pydicom.dcmread(patients / "11" / "IM0001.dcm")
    assert sr.StudyInstanceUID == source.StudyInstanceUID


@pytest.mark.parametrize(
    ("flags", "kinds"),
    [(["--sr"], {"sr"}), (["--pdf"], {"report"}), (["--sr", "--pdf"], {"sr", "report"})],
)
def test_only_what_is_named_is_written(
    flags: list[str], kinds: set[str], patients: Path, random_bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code = main(["export", str(patients / "11"), "--model", str(random_bundle), "--out", str(out), *flags])
    assert code == ExitCode.OK
    assert names(out) - {"seg"} == kinds


def test_several_patients_get_a_folder_each(patients: Path, random_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["export", str(patients), "--model", str(random_bundle), "--out", str(out), "--sr"]) == 0
    folders = sorted(out.iterdir())
    assert [folder.name for folder in folders] == ["patient-001-SIM0000011", "patient-002-SIM0000012"]
    ids = [pydicom.dcmread(folder / "sr.dcm").PatientID for folder in folders]
    assert ids == ["SIM0000011", "SIM0000012"]


def test_refusals(
    patients: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "old.dcm").touch()
    one = str(patients / "11")
    assert main(["export", one, "--out", str(full)]) == ExitCode.CANNOT_WRITE
    assert main(["export", str(tmp_path / "none"), "--out", str(tmp_path / "o")]) == ExitCode.NO_INPUT
    assert main(["export", one, "--model", str(tmp_path), "--out", str(tmp_path / "o")]) == ExitCode.NO_MODEL
    broken = tmp_path / "broken.alncase"
    broken.write_bytes(b"no case")
    assert main(["export", str(broken), "--out", str(tmp_path / "o")]) != ExitCode.OK
    said = capsys.readouterr().err
    assert "holds files already" in said
    assert "broken.alncase" in said
    assert not (tmp_path / "o").exists()


def kept(folder: Path, data: Path, signed: bool = True) -> Path:
    """Return a case file of a reading of that folder, signed or before the reveal."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "store"))
    from store_desk import Desk

    desk = Desk(discover([folder]).patients[0])
    with Store(data) as store:
        desk.kept = store.create(desk.now)
        if signed:
            desk.whole_reading()
        else:
            desk.draw(desk.now.case.images[0].key, 1)
            desk.first()
        path = data / "kept.alncase"
        path = data / "kept.alncase"
        store.save_copy(desk.kept.id, path)
    return path


def test_a_signed_case_is_written_as_it_was_signed(
    patients: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = kept(patients / "12", tmp_path / "data"), tmp_path / "out"
    assert main(["export", str(path), "--model", str(random_bundle), "--out", str(out)]) == ExitCode.OK
    said = capsys.readouterr()
    assert "without heat maps" in said.err  # another model made its score
    assert {"sr", "seg", "sc-outlines", "report"} == names(out)
    sr = pydicom.dcmread(out / "sr.dcm")
    assert (sr.CompletionFlag, sr.VerificationFlag) == ("COMPLETE", "VERIFIED")
    read = read_report(sr, [pydicom.dcmread(file) for file in out.glob("seg*")])
    assert read.probability == pytest.approx(0.31)
    assert read.final_read is not None
    assert read.final_read.signed_by == "Dr 李"
    assert [len(image.regions) for image in read.images] == [1, 1]


def test_a_case_before_the_reveal_gives_no_score_away(
    patients: Path, random_bundle: Path, tmp_path: Path
) -> None:
    path, out = kept(patients / "12", tmp_path / "data", signed=False), tmp_path / "out"
    arguments = ["export", str(path), "--model", str(random_bundle), "--out", str(out), "--sr"]
    assert main(arguments) == ExitCode.OK
    read = read_report(pydicom.dcmread(out / "sr.dcm"), [pydicom.dcmread(file) for file in out.glob("seg*")])
    assert (read.probability, read.verified) == (None, False)
    assert read.first_read is not None


def test_a_case_whose_pictures_are_gone_says_so(
    patients: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(patients / "12", tmp_path / "in")
    path = kept(tmp_path / "in", tmp_path / "data")
    shutil.rmtree(tmp_path / "in")
    assert main(["export", str(path), "--out", str(tmp_path / "out")]) == ExitCode.NO_INPUT
    assert "were not found" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
