"""`alnreader reading`: from the pictures to the signature by commands, as the protocol's table has it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from alnreader.case.errors import ExitCode
from alnreader.case.protocol import ReadingState
from alnreader.cli import main
from alnreader.simulation import simulate_patient, write_dicom
from alnreader.store.loading import read_file, without_pixels
from alnreader.store.verify import verify_file

Run = Callable[..., int]
JUDGED = ("--status", "suspicious", "--confidence", 80)


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("patient")
    write_dicom(simulate_patient(12, images=2), folder)
    return folder


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, random_bundle: Path) -> Run:
    """Run ``alnreader reading ACTION`` on a case with a work list of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def run(action: str, *arguments: object, case: Path | None = None) -> int:
        named = [tmp_path / "one.alncase"] if case is None else [case]
        if action == "begin":
            named = [*arguments[:1], "--case", *named]
            arguments = arguments[1:]
        if action in ("begin", "reveal", "score"):
            arguments = (*arguments, "--model", random_bundle)
        return main(["reading", action, *map(str, (*named, *arguments))])

    return run


def state(path: Path) -> ReadingState:
    return without_pixels(read_file(path)).human.state


def events(path: Path) -> list[str]:
    return [entry.event for entry in read_file(path).entries if entry.event != "note"]


def test_a_blinded_reading_from_the_pictures_to_an_amendment(
    reading: Run, patient: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "one.alncase"

    def said() -> str:
        return capsys.readouterr().out

    assert reading("begin", patient, "--reader", "Dr Lee") == ExitCode.OK
    begun = said()
    assert f"Kept: {case}" in begun
    assert "Probability" not in begun, "the score is hidden"
    assert list((tmp_path / "data" / "alnreader" / "cases").glob("*.alncase")) == [], "one case, in one place"
    first = ("--reader", "Dr Lee", *JUDGED, "--cortex", 3.4, "--hilum", "not-seen", "--remarks", "Uneven.")
    assert reading("first", *first) == ExitCode.OK
    assert reading("show") == ExitCode.OK
    locked = said()
    assert "first read locked" in locked
    assert "Probability" not in locked
    assert reading("reveal", "--reader", "Dr Lee") == ExitCode.OK
    assert "Probability of axillary lymph node metastasis" in said()
    assert reading("score") == ExitCode.OK
    assert "Probability" in said()
    assert reading("sign", "--reader", "Dr Lee") == ExitCode.OK
    assert "Signed: suspicious, confidence 80 of 100, Dr Lee." in said()
    signed = without_pixels(read_file(case))
    (version,) = signed.human.versions
    assert version.final_read.assessment.criteria.cortex_mm == 3.4
    assert version.final_read.assessment.criteria.hilum == "not seen"
    assert signed.signed[0].score is not None
    assert signed.signed[0].report.startswith(b"{")

    # An amendment is given up, another one is signed.
    assert reading("amend", "--reader", "Dr Wu", "--reason", "wrong side") == ExitCode.OK
    assert reading("discard", "--reader", "Dr Wu") == ExitCode.OK
    assert state(case) is ReadingState.SIGNED
    assert reading("amend", "--reader", "Dr Wu", "--reason", "wrong side") == ExitCode.OK
    changed = ("--status", "negative", "--confidence", 60, "--reason", "Other axilla.")
    assert reading("sign", "--reader", "Dr Wu", *changed) == ExitCode.OK
    amended = without_pixels(read_file(case))
    assert [one.signed_by for one in amended.human.versions] == ["Dr Lee", "Dr Wu"]
    assert amended.human.versions[1].amendment_reason == "wrong side"
    # The document under each signature tells what was shown, and beside which probability it stands.
    for count, kept in enumerate(amended.signed, start=1):
        assert kept.score is not None
        document, probability = json.loads(kept.report), round(kept.score.probability, 6)
        assert document["revealed"]["probability"] == probability
        assert [one["probability"] for one in document["human"]["signed"]] == [probability] * count
    assert events(case) == [
        "open case",
        "propose",
        "propose",
        "enter first read",
        "lock first read",
        "reveal",
        "rescore",
        "enter final read",
        "sign",
        "amend",
        "discard amendment",
        "amend",
        "enter final read",
        "sign",
    ]
    assert verify_file(case).fault is None
    assert main(["journal", "verify"]) == ExitCode.OK


def test_what_the_table_refuses_is_refused_and_nothing_is_kept(
    reading: Run, patient: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reading("begin", patient, "--no-outlines") == ExitCode.OK
    case = tmp_path / "one.alncase"
    who, lee = ("--reader", "Dr Lee"), ("--reader", "Dr Lee", *JUDGED)

    def refused(action: str, words: str, *arguments: object) -> None:
        before = without_pixels(read_file(case)).human, events(case)
        assert reading(action, *arguments) == ExitCode.USAGE, action
        assert words in capsys.readouterr().err
        assert (without_pixels(read_file(case)).human, events(case)) == before, action

    refused("reveal", "enter and lock it", *who)
    refused("score", "after the first read")
    refused("sign", "lock the first read and reveal it", *lee)
    refused("unlock", "is not locked", *who)
    refused("amend", "is not signed", *who, "--reason", "x")
    assert reading("first", *lee) == ExitCode.OK
    refused("first", "unlock it", *lee)
    refused("sign", "reveal it", *lee)
    assert reading("unlock", *who) == ExitCode.OK
    assert reading("first", *who, "--status", "negative", "--confidence", 55) == ExitCode.OK
    assert reading("reveal", *who) == ExitCode.OK
    refused("unlock", "can no longer be changed", *who)
    refused("reveal", "shown already", *who)
    refused("sign", "give the reason", *lee)
    refused("sign", "needs its --status", *who, "--confidence", 10)
    refused("sign", "--confidence", *who, "--status", "negative")
    refused("sign", "from 0 to 100", *who, "--status", "negative", "--confidence", 101)
    refused("sign", "name is missing", "--reader", " ")
    assert reading("sign", *who) == ExitCode.OK
    refused("sign", "open an amendment", *who)
    refused("discard", "No amendment is open", *who)
    assert reading("amend", *who, "--reason", "x") == ExitCode.OK
    refused("sign", "a judgement of its own", *who)


def test_a_concurrent_reading_shows_the_score_and_has_no_first_read(
    reading: Run, patient: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reading("begin", patient, "--concurrent") == ExitCode.OK
    assert "Probability" in capsys.readouterr().out
    assert reading("first", "--reader", "Dr Lee", *JUDGED) == ExitCode.USAGE
    assert "no first read" in capsys.readouterr().err
    assert reading("sign", "--reader", "Dr Lee") == ExitCode.USAGE
    assert "no first read that could stand" in capsys.readouterr().err
    assert reading("sign", "--reader", "Dr Lee", *JUDGED) == ExitCode.OK
    assert state(tmp_path / "one.alncase") is ReadingState.SIGNED


def test_a_case_is_not_written_over_and_is_one_patient_s(
    reading: Run, patient: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "one.alncase"
    case.write_bytes(b"mine")
    assert reading("begin", patient) == ExitCode.CANNOT_WRITE
    assert "is there already" in capsys.readouterr().err
    assert case.read_bytes() == b"mine"
    case.unlink()
    assert reading("begin", patient, case=tmp_path / "one.zip") == ExitCode.USAGE
    assert "ends in .alncase" in capsys.readouterr().err
    shutil.copytree(patient, tmp_path / "two" / "a")
    write_dicom(simulate_patient(11, images=1), tmp_path / "two" / "b")
    assert reading("begin", tmp_path / "two") == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "one patient's; there are 2" in said
    assert said.count("Ellwood") == 2
    assert not case.exists()
    assert reading("reveal", "--reader", "x", case=tmp_path / "none.alncase") == ExitCode.NO_INPUT
    assert "There is no case" in capsys.readouterr().err


def test_the_report_of_an_amendment_names_the_one_that_it_replaces(
    reading: Run, patient: Path, tmp_path: Path, random_bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "one.alncase"
    who = ("--reader", "Dr Lee")

    def exported(name: str) -> pydicom.Dataset:
        arguments = [
            "export",
            str(case),
            "--sr",
            "--model",
            str(random_bundle),
            "--out",
            str(tmp_path / name),
        ]
        assert main(arguments) == ExitCode.OK
        assert "not in the journal" not in capsys.readouterr().out
        return pydicom.dcmread(tmp_path / name / "sr.dcm")

    assert reading("begin", patient) == ExitCode.OK
    assert reading("first", *who, *JUDGED) == ExitCode.OK
    preliminary = exported("preliminary")
    assert "PredecessorDocumentsSequence" not in preliminary
    assert reading("reveal", *who) == ExitCode.OK
    assert reading("sign", *who) == ExitCode.OK
    first, again = exported("first"), exported("again")
    assert reading("amend", *who, "--reason", "wrong side") == ExitCode.OK
    assert (
        reading("sign", *who, "--status", "negative", "--confidence", 60, "--reason", "Seen.") == ExitCode.OK
    )
    amended = exported("amended")
    reports = (preliminary, first, again, amended)
    assert len({str(report.SOPInstanceUID) for report in reports}) == 4, "each is an instance of its own"
    for report, before in ((first, preliminary), (again, preliminary), (amended, again)):
        (study,) = report.PredecessorDocumentsSequence
        (series,) = study.ReferencedSeriesSequence
        (named,) = series.ReferencedSOPSequence
        assert study.StudyInstanceUID == before.StudyInstanceUID
        assert series.SeriesInstanceUID == before.SeriesInstanceUID
        assert named.ReferencedSOPInstanceUID == before.SOPInstanceUID
        assert named.ReferencedSOPClassUID == before.SOPClassUID

    # A copy on another computer's list says that it remembers nothing.
    elsewhere = tmp_path / "copy.alncase"
    shutil.copyfile(case, elsewhere)
    arguments = [
        "export",
        str(elsewhere),
        "--sr",
        "--model",
        str(random_bundle),
        "--out",
        str(tmp_path / "x"),
    ]
    assert main(arguments) == ExitCode.OK
    assert "not in the journal of the case" in capsys.readouterr().out
    # Without identity no report is named: its UIDs would lead back.
    arguments = [
        "export",
        str(case),
        "--sr",
        "--deidentify",
        "--whole-pictures",
        "--model",
        str(random_bundle),
    ]
    assert main([*arguments, "--out", str(tmp_path / "nobody")]) == ExitCode.OK
    assert "PredecessorDocumentsSequence" not in pydicom.dcmread(tmp_path / "nobody" / "sr.dcm")


def test_a_reading_signed_without_a_score_names_the_model_that_outlined_it(
    reading: Run, patient: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], random_bundle: Path
) -> None:
    """Its outlines are said to be a model's: of which one, every document tells."""
    from pypdf import PdfReader

    who, case = ("--reader", "Dr Lee"), tmp_path / "one.alncase"
    assert reading("begin", patient, *who) == ExitCode.OK
    assert reading("first", *who, *JUDGED) == ExitCode.OK
    with pytest.MonkeyPatch.context() as without:  # revealed where the program's models are not
        without.setattr("alnreader.model.bundle.models_dir", lambda: tmp_path / "none")
        assert main(["reading", "reveal", str(case), *who]) == ExitCode.OK
    assert reading("sign", *who) == ExitCode.OK
    (signed,) = without_pixels(read_file(case)).signed
    assert signed.score is None
    named = json.loads(signed.report)["model"]
    assert (named["name"], named["demonstration"]) == ("random", True)
    out = tmp_path / "out"
    # Another model at hand changes nothing.
    assert main(["export", str(case), "--out", str(out)]) == ExitCode.OK
    for path in out.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        assert dataset.DeviceSerialNumber == named["sha256"], path.name
        assert "random 0" in dataset.SoftwareVersions, path.name
    (outlines, *_) = out.glob("seg*.dcm")
    for segment in pydicom.dcmread(outlines).SegmentSequence:
        assert segment.SegmentationAlgorithmIdentificationSequence[0].AlgorithmName == "random"
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(pydicom.dcmread(out / "report.dcm").EncapsulatedDocument)
    assert "random" in " ".join(page.extract_text() for page in PdfReader(pdf).pages)
