"""`alnreader export`: folders and kept cases as DICOM objects."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import numpy as np
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


def kept(folder: Path, data: Path, signed: bool = True, proposed: bool = False) -> Path:
    """Return a case file of a reading of that folder, signed or before the reveal, drawn or proposed."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "store"))
    from store_desk import Desk

    desk = Desk(discover([folder]).patients[0])
    with Store(data) as store:
        desk.kept = store.create(desk.now)
        if signed:
            desk.whole_reading()
        else:
            (desk.propose if proposed else desk.draw)(desk.now.case.images[0].key, 1)
            desk.first()
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


@pytest.mark.parametrize("proposed", [True, False])
def test_outlines_of_an_unsaid_model_are_put_down_to_the_one_at_hand_and_that_is_told(
    proposed: bool,
    patients: Path,
    random_bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A case of an older program that was never scored; outlines drawn by hand name nobody."""
    path, out = kept(patients / "12", tmp_path / "data", signed=False, proposed=proposed), tmp_path / "out"
    arguments = ["export", str(path), "--model", str(random_bundle), "--out", str(out), "--sr"]
    assert main(arguments) == ExitCode.OK
    said = capsys.readouterr().err
    assert ("named is the one at hand, random 0" in said) == proposed
    assert ("random 0" in pydicom.dcmread(out / "sr.dcm").SoftwareVersions) == proposed


def test_a_case_whose_pictures_are_gone_says_so(
    patients: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(patients / "12", tmp_path / "in")
    path = kept(tmp_path / "in", tmp_path / "data")
    shutil.rmtree(tmp_path / "in")
    assert main(["export", str(path), "--out", str(tmp_path / "out")]) == ExitCode.NO_INPUT
    assert "were not found" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_identity(
    patients: Path,
    random_bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALNREADER_PASSPHRASE", "a long enough phrase for this")
    path, out = kept(patients / "12", tmp_path / "data"), tmp_path / "out"
    mapping = tmp_path / "who.alnmap"
    arguments = ["export", str(path), "--model", str(random_bundle), "--out", str(out), "--deidentify"]
    assert main([*arguments, "--mapping", str(mapping)]) == ExitCode.OK
    said = capsys.readouterr()
    assert "SIM" not in said.out
    pictures = [pydicom.dcmread(file) for file in (out / "pictures").iterdir()]
    objects = [pydicom.dcmread(file) for file in out.glob("*.dcm")]
    source = pydicom.dcmread(patients / "12" / "IM0001.dcm")
    secrets = [
        str(source[name].value) for name in ("PatientID", "StudyDate", "AccessionNumber", "StudyInstanceUID")
    ]
    secrets += [str(source.PatientName).split("^")[0], "Dr 李"]
    for dataset in (*pictures, *objects):
        assert dataset.PatientIdentityRemoved == "YES"
        assert dataset.PatientID == pictures[0].PatientID
        assert dataset.StudyInstanceUID == pictures[0].StudyInstanceUID
    for file in out.rglob("*.dcm"):
        content = file.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], file.name
    report = next(item for item in objects if item.Modality == "SR")
    read = read_report(report, [item for item in objects if item.Modality == "SEG"])
    assert {image.key.uid for image in read.images} == {str(item.SOPInstanceUID) for item in pictures}
    assert read.final_read is not None
    assert read.final_read.signed_by == "Reader 1"
    # The mapping says who it was, and gives the same code again.
    again = tmp_path / "again"
    arguments[arguments.index(str(out))] = str(again)
    assert main([*arguments, "--mapping", str(mapping), "--sr"]) == ExitCode.OK
    assert pydicom.dcmread(again / "sr.dcm").PatientID == pictures[0].PatientID
    assert source.PatientID.encode() not in mapping.read_bytes()


def test_of_a_kept_case_no_copy_goes_among_the_originals(
    patients: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(patients / "12", tmp_path / "in")
    path = kept(tmp_path / "in", tmp_path / "data")
    before = sorted(tmp_path.rglob("*"))
    for out in (tmp_path / "in" / "new", tmp_path / "in" / "new" / "deeper"):
        # No model is needed to say so, and none is loaded.
        arguments = [
            "export",
            str(path),
            "--out",
            str(out),
            "--deidentify",
            "--model",
            str(tmp_path / "none"),
        ]
        assert main(arguments) == ExitCode.CANNOT_WRITE
        assert "would be taken for originals" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_picture_that_may_hold_a_name_is_not_let_out_unseen(
    patients: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(patients / "11", tmp_path / "in")
    source = pydicom.dcmread(tmp_path / "in" / "IM0001.dcm")
    del source.SequenceOfUltrasoundRegions
    source.PixelData = np.random.default_rng(1).bytes(len(source.PixelData))
    source.save_as(tmp_path / "in" / "IM0001.dcm")
    out = tmp_path / "out"
    arguments = ["export", str(tmp_path / "in"), "--model", str(random_bundle), "--out", str(out)]
    assert main([*arguments, "--deidentify", "--sr"]) == ExitCode.NO_INPUT
    assert "--whole-pictures" in capsys.readouterr().err
    assert not out.exists()
    assert main([*arguments, "--deidentify", "--sr", "--whole-pictures"]) == ExitCode.OK
    kept = [pydicom.dcmread(file) for file in (out / "pictures").iterdir()]
    assert any("whole picture" in str(item.DeidentificationMethod) for item in kept)


def test_an_export_without_identity_is_seen_before_it_is_written(
    patients: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept(patients / "12", tmp_path / "data")
    before = sorted(tmp_path.rglob("*"))
    # No model is needed, and none is loaded.
    arguments = ["export", str(path), "--deidentify", "--preview", "--model", str(tmp_path / "none")]
    assert main(arguments) == ExitCode.OK
    said = capsys.readouterr().out
    assert "IM0001.dcm: ultrasound, picture: ultrasound regions of the file" in said
    assert "new UID: " in said
    assert "emptied: " in said
    assert "PatientName" in said
    replaced = next(line for line in said.splitlines() if "Signed read 1, signed by" in line)
    assert replaced.startswith("  replaced: First read, reader")
    assert "  removed: First read, time" in said
    assert "Nothing was written" in said
    assert "SIM0000012" not in said
    assert "Dr 李" not in said, "values are not for a terminal"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_preview_says_what_an_export_would_refuse(
    patients: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(patients / "11", tmp_path / "in")
    source = pydicom.dcmread(tmp_path / "in" / "IM0001.dcm")
    del source.SequenceOfUltrasoundRegions
    source.PixelData = np.random.default_rng(1).bytes(len(source.PixelData))
    source.save_as(tmp_path / "in" / "IM0001.dcm")
    arguments = ["export", str(tmp_path / "in"), "--deidentify", "--preview"]
    assert main(arguments) == ExitCode.PARTIAL
    said = capsys.readouterr().out
    assert "IM0001.dcm: ultrasound, picture: unknown, not written: say what may stay" in said
    assert "It would be refused: of " in said
    assert main([*arguments, "--keep", "10,10,100,100"]) == ExitCode.OK
    assert "given by the user" in capsys.readouterr().out


def test_an_export_needs_a_folder(patients: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(patients / "11"), "--sr"]) == ExitCode.USAGE
    assert "--out" in capsys.readouterr().err


def test_a_mapping_without_deidentification_is_wrong_use(
    patients: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for flags in (["--whole-pictures"], ["--preview"], ["--keep", "0,0,9,9"], ["--mapping", "m"]):
        assert main(["export", str(patients / "11"), "--out", str(tmp_path / "o"), *flags]) == ExitCode.USAGE
        assert "--deidentify" in capsys.readouterr().err


def test_the_pdf_without_identity_names_nobody(patients: Path, random_bundle: Path, tmp_path: Path) -> None:
    from pypdf import PdfReader

    out = tmp_path / "out"
    arguments = ["export", str(patients / "11"), "--model", str(random_bundle), "--out", str(out)]
    assert main([*arguments, "--deidentify", "--whole-pictures", "--pdf"]) == ExitCode.OK
    document = pydicom.dcmread(out / "report.dcm")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(document.EncapsulatedDocument)).pages)
    source = pydicom.dcmread(patients / "11" / "IM0001.dcm")
    assert document.PatientID in text
    assert source.PatientID not in text
    assert str(source.PatientName).split("^")[0] not in text
    assert "IM0001" not in text
