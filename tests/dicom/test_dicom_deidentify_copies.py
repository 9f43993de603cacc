"""Copies without identity: nothing of the source is left, and they are valid and belong together."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pydicom
import pytest
from deidentify_maker import (
    REGION,
    SECRET,
    leaks,
    needs_dciodvfy,
    screen,
    secrets_of,
    standard_errors,
    write_report,
    write_secret,
)
from dicom_maker import dataset, save, uid_of, write_image, write_ultrasound
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from alnreader.case.errors import CancelledError, CannotWriteError
from alnreader.case.progress import CancelToken
from alnreader.dicom import discover
from alnreader.dicom.deidentify import Deidentifier, Options, deidentify_files


def study(folder: Path) -> list[Path]:
    return [
        write_secret(folder / "a.dcm"),
        write_secret(folder / "b.dcm", frames=3, jpeg=True),
        write_report(folder / "r.dcm"),
    ]


# ---- nothing is left ----


def test_no_value_of_the_source_is_in_the_copies(tmp_path: Path) -> None:
    paths = study(tmp_path / SECRET)
    secrets = secrets_of(paths)
    assert len(secrets) > 30
    assert leaks(secrets, tmp_path / SECRET), "the search finds what is there"
    result = deidentify_files([tmp_path / SECRET], tmp_path / "out")
    assert len(result.written) == 3
    assert not result.refused
    assert leaks(secrets, tmp_path / "out") == []


def test_what_is_needed_stays(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    ds = pydicom.dcmread(path)
    assert ds.Manufacturer == "ACME"
    assert "SoftwareVersions" not in ds, "the patient's name was in it"
    assert ds.BodyPartExamined == "BREAST"
    assert ds.Laterality == "L"
    assert ds.AnatomicRegionSequence[0].CodeMeaning == "Breast"
    assert "ProcedureCodeSequence" not in ds
    region = ds.SequenceOfUltrasoundRegions[0]
    assert (region.RegionLocationMinX0, region.PhysicalDeltaX) == (20, 0.01)
    assert ds.PatientIdentityRemoved == "YES"
    assert ds.LongitudinalTemporalInformationModified == "REMOVED"
    assert ds.BurnedInAnnotation == "NO"
    assert [item.CodeValue for item in ds.DeidentificationMethodCodeSequence] == ["113100", "113101"]
    assert ds.PatientID == path.parent.name
    assert (ds.StudyDate, ds.PatientBirthDate, ds.PatientSex) == ("", "", "")


def test_characteristics_stay_where_asked_for(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out", Options(characteristics=True)).written
    ds = pydicom.dcmread(path)
    assert (ds.PatientSex, ds.PatientAge, ds.PatientBirthDate) == ("F", "063Y", "")
    assert "113108" in [item.CodeValue for item in ds.DeidentificationMethodCodeSequence]


@needs_dciodvfy
def test_copies_are_valid(tmp_path: Path) -> None:
    study(tmp_path / "in")
    for path in deidentify_files([tmp_path / "in"], tmp_path / "out").written:
        assert standard_errors(path) == [], path


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_other_encodings_of_the_header(syntax: str, tmp_path: Path) -> None:
    path = write_secret(tmp_path / "in" / "a.dcm")
    ds = pydicom.dcmread(path)
    secrets = secrets_of([path])
    values = screen()
    path.unlink()
    attributes = {
        element.keyword: element.value
        for element in ds
        if element.keyword and element.keyword not in ("PixelData", "SOPInstanceUID")
    }
    write_image(tmp_path / "in" / "a.dcm", values, "RGB", syntax, **attributes)
    (written,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert leaks(secrets, tmp_path / "out") == []
    assert pydicom.dcmread(written).file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_chinese_names_under_any_label(tmp_path: Path) -> None:
    raw = "Zhang^Weiwei=张^伟卫".encode("gb18030")
    for number, label in enumerate(("GB18030", None, "ISO_IR 100")):
        path = write_ultrasound(
            tmp_path / "in" / f"{number}.dcm",
            screen(),
            SpecificCharacterSet="ISO_IR 192",
            PatientName="P" * len(raw),
            SequenceOfUltrasoundRegions=[REGION],
            ImageComments="Q" * len("张伟卫".encode("gb18030")),
            Manufacturer="R" * len("张伟卫".encode("gb18030")),
        )
        data = path.read_bytes().replace(b"P" * len(raw), raw, 1)
        for letter in (b"Q", b"R"):
            data = data.replace(letter * 6, "张伟卫".encode("gb18030"), 1)
        path.write_bytes(data.replace(b"ISO_IR 192", (label or "          ").ljust(10).encode()))
    result = deidentify_files([tmp_path / "in"], tmp_path / "out")
    assert len(result.written) == 3
    for path in result.written:
        data = path.read_bytes()
        for part in ("伟卫", "Zhang", "Weiwei"):
            assert part.encode() not in data
            assert part.encode("gb18030") not in data


# ---- UIDs and patients ----


def test_references_stay_intact(tmp_path: Path) -> None:
    study(tmp_path / "in")
    written = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    first, second, report = (pydicom.dcmread(path, stop_before_pixels=True) for path in written)
    assert len({ds.StudyInstanceUID for ds in (first, second, report)}) == 1
    assert len({ds.PatientID for ds in (first, second, report)}) == 1
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.SeriesInstanceUID == first.SeriesInstanceUID
    assert evidence.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert first.ReferencedImageSequence[0].ReferencedSOPInstanceUID == second.SOPInstanceUID
    image = report.ContentSequence[-1].ReferencedSOPSequence[0]
    assert image.ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID


def test_the_words_of_a_report_go_and_its_numbers_stay(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    write_report(tmp_path / "in" / "r.dcm")
    path = next(
        p for p in deidentify_files([tmp_path / "in"], tmp_path / "out").written if p.name.startswith("SR")
    )
    content = pydicom.dcmread(path).ContentSequence
    by_meaning = {item.ConceptNameCodeSequence[0].CodeMeaning: item for item in content}
    assert by_meaning["Comment"].TextValue == "REMOVED"
    assert by_meaning["Algorithm Name"].TextValue == "REMOVED", "of another program's report"
    assert by_meaning["Person Observer Name"].PersonName == "REMOVED"
    assert by_meaning["Long axis"].MeasuredValueSequence[0].NumericValue == 12.5
    assert by_meaning["Finding Site"].ConceptCodeSequence[0].CodeMeaning == "Left"
    assert "Subject Age" not in by_meaning
    assert len(content) == 7, "the local concept, the age and the date are gone"


def test_two_patients_do_not_become_one(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    write_secret(tmp_path / "in" / "b.dcm", PatientID="other", PatientName="Other^Name")
    written = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert len({path.parent for path in written}) == 2


def test_two_exports_cannot_be_joined(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    one, two = (deidentify_files([tmp_path / "in"], tmp_path / name).written[0] for name in ("1", "2"))
    one, two = (pydicom.dcmread(path, stop_before_pixels=True) for path in (one, two))
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert one.PatientID != two.PatientID


# ---- what is not written ----


def test_documents_and_other_kinds_are_refused_in_words(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    pdf = dataset(
        "d.dcm",
        SOPClassUID=EncapsulatedPDFStorage,
        Modality="DOC",
        EncapsulatedDocument=b"%PDF-1.4 Xylophon ",
        MIMETypeOfEncapsulatedDocument="application/pdf",
        DocumentTitle=SECRET,
    )
    save(pdf, tmp_path / "in" / "d.dcm")
    save(dataset("c.dcm", SOPClassUID="1.2.840.10008.5.1.4.1.1.2", Modality="CT"), tmp_path / "in" / "c.dcm")
    (tmp_path / "in" / "note.txt").write_text(SECRET)
    result = deidentify_files([tmp_path / "in"], tmp_path / "out")
    assert len(result.written) == 1
    reasons = {Path(skip.path).name: skip.reason for skip in result.refused}
    assert "cannot be cleaned" in reasons["d.dcm"]
    assert "CT Image Storage" in reasons["c.dcm"]
    assert reasons["note.txt"] == "not a DICOM file"
    taken = deidentify_files([tmp_path / "in"], tmp_path / "two", Options(documents_are_clean=True))
    document = next(path for path in taken.written if path.name.startswith("PDF"))
    assert pydicom.dcmread(document).EncapsulatedDocument == b"%PDF-1.4 Xylophon "
    assert pydicom.dcmread(document).DocumentTitle == ""


def test_a_file_cut_off_is_refused_and_the_others_are_written(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    cut = write_secret(tmp_path / "in" / "b.dcm", frames=3, jpeg=True)
    cut.write_bytes(cut.read_bytes()[:-3000])
    result = deidentify_files([tmp_path / "in"], tmp_path / "out")
    assert len(result.written) == 1
    assert "cut off" in result.refused[0].reason
    assert [path.name for path in (tmp_path / "out").rglob("*.tmp")] == []


def test_stopping_leaves_nothing(tmp_path: Path) -> None:
    study(tmp_path / "in")
    token = CancelToken()
    seen: list[int] = []

    def progress(done: int, total: int, message: str = "") -> None:
        seen.append(done)
        if len(seen) == 8:  # six of looking through, then the second file that is written
            token.cancel()

    with pytest.raises(CancelledError):
        deidentify_files([tmp_path / "in"], tmp_path / "out", progress=progress, cancel=token)
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    (tmp_path / "out").write_text("a file")
    with pytest.raises(CannotWriteError, match="a file stands where a folder is needed"):
        deidentify_files([tmp_path / "in"], tmp_path / "out")
    assert (tmp_path / "out").read_text() == "a file"


def test_the_sources_stay_as_they_were(tmp_path: Path) -> None:
    paths = study(tmp_path / "in")
    before = [path.read_bytes() for path in paths]
    deidentify_files([tmp_path / "in"], tmp_path / "out")
    with pytest.raises(CannotWriteError, match="would be taken for originals"):
        deidentify_files([tmp_path / "in"], tmp_path / "in")
    assert [path.read_bytes() for path in paths] == before


# ---- the copies are read, and the folder is walked through, as any other ----


def test_copies_are_read_by_the_program(tmp_path: Path) -> None:
    study(tmp_path / "in")
    deidentify_files([tmp_path / "in"], tmp_path / "out")
    found = discover([tmp_path / "out"])
    (case,) = found.patients
    assert len(case.images) == 2
    assert case.images[0].calibration[0].mm_per_pixel_x == pytest.approx(0.1)
    assert uid_of("study") not in {study.study_instance_uid for study in case.studies}


def test_zips_and_a_dicomdir_in_the_folder(tmp_path: Path) -> None:
    path = write_secret(tmp_path / "a.dcm")
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / f"{SECRET}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, f"{SECRET}/one/a.dcm")
        archive.writestr("readme.txt", "hello")
    (tmp_path / "in" / "DICOMDIR").write_bytes(b"no matter")
    result = deidentify_files([tmp_path / "in"], tmp_path / "out")
    assert len(result.written) == 1
    assert [skip.reason for skip in result.refused] == ["not a DICOM file"]
    assert leaks({SECRET}, tmp_path / "out") == []


def test_reports_of_progress_end_where_they_said(tmp_path: Path) -> None:
    study(tmp_path / "in")
    told: list[tuple[int, int]] = []
    worker = Deidentifier()
    worker.survey([tmp_path / "in"], lambda done, total, message="": told.append((done, total)))
    assert told == [(number, 6) for number in range(1, 7)]
    told.clear()
    worker.write(tmp_path / "out", progress=lambda done, total, message="": told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
