"""Copies without identity: nothing of the source is left, and they are valid and belong together."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest
from deidentify_maker import (
    REGION,
    SECRET,
    code,
    content_item,
    leaks,
    screen,
    secrets_of,
    standard_errors,
    write_report,
    write_secret,
)
from dicom_maker import (
    dataset,
    save,
    set_attributes,
    uid_of,
    write_image,
    write_ultrasound,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
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
from alnreader.dicom.deidentify.clean import Cleaner
from alnreader.dicom.deidentify.identity import Words
from alnreader.dicom.deidentify.mapping import Pseudonyms
from alnreader.dicom.deidentify.rules import KEPT_TEXT, Fate, fate
from alnreader.dicom.deidentify.table import BASIC_PROFILE

needs_dciodvfy = pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="not installed: dciodvfy (Debian's dicom3tools)"
)


# ---- nothing is left ----


def study(folder: Path) -> list[Path]:
    return [
        write_secret(folder / "a.dcm"),
        write_secret(folder / "b.dcm", frames=3, jpeg=True),
        write_report(folder / "r.dcm"),
    ]


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


NOT_TEXT = {"SQ", "OB", "OW", "OF", "OD", "OL", "OV", "UN", "NONE", "OB or OW", "US or OW", "US or SS or OW"}
ATTRIBUTES = [
    (tag, entry[0])
    for tag, entry in DicomDictionary.items()
    if tag >> 16 not in (0x0000, 0x0002, 0x0004, 0x7FE0, 0xFFFE) and entry[0] != "NONE"
]
SEQUENCES = [tag for tag, vr in ATTRIBUTES if vr == "SQ"]
WORD = "Zqxwvk"
TEXTUAL = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")


def value_of(vr: str, number: int) -> object:
    if vr == "UR":
        return f"http://{WORD}"
    if vr == "CS":
        return WORD.upper()
    if vr in TEXTUAL:
        return f"{WORD} {number}" if vr != "PN" else f"{WORD}^Doe"
    return {
        "UI": f"1.2.3.77001.{number}",
        "DA": "19770102",
        "TM": "112233",
        "DT": "19770102112233",
        "AS": "045Y",
        "OB": WORD.encode(),
        "OW": WORD.encode(),
        "UN": WORD.encode(),
    }.get(vr, 0 if vr not in ("DS", "IS") else "7")


@st.composite
def datasets(draw: st.DrawFn, depth: int = 3) -> Dataset:
    ds = Dataset()
    for number in range(draw(st.integers(1, 6))):
        if depth and draw(st.booleans()):
            ds.add_new(
                draw(st.sampled_from(SEQUENCES)),
                "SQ",
                Sequence(draw(st.lists(datasets(depth=depth - 1), max_size=2))),
            )
        elif draw(st.integers(0, 5)) == 0:
            group = draw(st.integers(4, 0x3000)) * 2 + 1
            ds.add_new(group << 16 | draw(st.integers(0x1000, 0x10FF)), "LO", f"{WORD} private")
        else:
            tag, vr = draw(st.sampled_from(ATTRIBUTES))
            if tag == 0x00080005 or " or " in vr or vr == "SQ" or vr.startswith("O") or vr == "AT":
                continue
            ds.add_new(tag, vr, value_of(vr, number))
    return ds


@given(datasets())
@settings(max_examples=50)
def test_of_any_nested_data_set_nothing_is_left(ds: Dataset) -> None:
    ds.PatientName = f"{WORD}^Doe"
    ds.pop(0x00080005, None)
    words = Words()
    words.add_dataset(ds)
    copy, changes = Cleaner(Pseudonyms(), words).clean(ds)
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_dataset(stream, copy)
    data = stream.getvalue().lower()
    for secret in (WORD.lower(), "1.2.3.77001.", "19770102", "112233", "045y"):
        assert secret.encode() not in data
    assert len(changes) >= sum(1 for element in ds if element.VR != "SQ")


def test_the_table_is_obeyed_attribute_by_attribute() -> None:
    assert len(BASIC_PROFILE) > 640
    for tag, action in BASIC_PROFILE.items():
        entry = DicomDictionary.get(tag)
        done = fate(tag, entry[0] if entry else "LO")
        assert done is not Fate.KEEP or tag == tag_for_keyword("EncapsulatedDocument"), hex(tag)
        if action == "X":
            assert done is Fate.REMOVE, hex(tag)
    assert not set(BASIC_PROFILE) & KEPT_TEXT


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


# ---- the copies are read as any other file ----


def test_copies_are_read_by_the_program(tmp_path: Path) -> None:
    study(tmp_path / "in")
    deidentify_files([tmp_path / "in"], tmp_path / "out")
    found = discover([tmp_path / "out"])
    (case,) = found.patients
    assert len(case.images) == 2
    assert case.images[0].calibration[0].mm_per_pixel_x == pytest.approx(0.1)
    assert uid_of("study") not in {study.study_instance_uid for study in case.studies}


def test_of_a_label_that_is_no_code_nothing_stays() -> None:
    ds = Dataset()
    ds.ConceptNameCodeSequence = [code("1", "99HOSPITAL", "Secret")]
    set_attributes(ds, {"BodyPartExamined": "breast of Jane"})
    copy, changes = Cleaner(Pseudonyms()).clean(ds)
    assert len(copy) == 0
    assert {change.fate for change in changes} == {Fate.REMOVE}


def test_values_that_are_none_and_kinds_that_are_wrong_cost_the_attribute_only(tmp_path: Path) -> None:
    path = write_secret(tmp_path / "in" / "a.dcm")
    set_attributes(ds := pydicom.dcmread(path), {"FrameTime": "33.333", "ImageType": ["ORIGINAL", "PRIMARY"]})
    ds.save_as(path, enforce_file_format=True)
    data = path.read_bytes().replace(b"33.333", b"33;333", 1)
    place = data.index(b"\x08\x00\x08\x00CS")
    data = data[: place + 4] + b"US" + data[place + 6 :]  # Image Type as numbers
    path.write_bytes(data)
    (written,) = deidentify_files([path], tmp_path / "out").written
    ds = pydicom.dcmread(written)
    assert "FrameTime" not in ds
    assert list(ds.ImageType) == ["DERIVED", "PRIMARY"]
    assert leaks({SECRET}, tmp_path / "out") == []


def test_words_are_found_where_they_stand_alone() -> None:
    words = Words()
    words.add_name("Lee^Anna-Maria=张^伟卫")
    words.add_identifier("AB-4711")
    words.add_identifier("St. Mary Hospital")
    words.add_identifier("1")
    for text in ("for lee", "ANNA-MARIA", "x张y", "伟卫", "id AB-4711", "(ab-4711)", "At ST. MARY HOSPITAL."):
        assert words.found_in(text), text
    for text in ("AB-47110", "ab 4711", "AnnaMaria", "Sono_Maria-7", "ST_MARY_HOSPITAL", "xMARIAx"):
        assert words.found_in(text), text
    for text in ("sleeve", "Ann", "伟", "St. Marcus Hospital", "1", "", "Martha", "Hospital Systems"):
        assert not words.found_in(text), text


def test_short_words_are_found_as_words_and_dates_in_every_spelling() -> None:
    words = Words()
    words.add_name("Li^Wu")
    words.add_identifier("QZ7")
    words.add_date("19610203")
    for text in (
        "1.2 Li",
        "SONO_WU",
        "wu-7",
        "for QZ7",
        "19610203",
        "1961-02-03",
        "03.02.1961",
        "born 3.2.1961",
    ):
        assert words.found_in(text), text
    for text in ("3 Feb 1961", "February 3, 1961", "02/03/1961", "1961年2月3日", "BREAST 19610203"):
        assert words.found_in(text), text
    for text in ("Linear", "Wuhan", "QZ77", "1961", "0203", "19610204"):
        assert not words.found_in(text), text


def test_the_label_of_a_segment_is_searched_too() -> None:
    ds = Dataset()
    ds.PatientName = "Xylophon^Maria"
    ds.SegmentLabel = "tumour"
    for value, label in (("4147007", "Mass"), ("1", "REMOVED")):
        ds.SegmentedPropertyTypeCodeSequence = [code(value, "SCT", "Tumour of aunt Hildegard")]
        copy, _ = Cleaner(Pseudonyms()).clean(ds)
        assert copy.SegmentLabel == label
        types = copy.get("SegmentedPropertyTypeCodeSequence", [])
        assert [item.CodeMeaning for item in types] == [label] * (label == "Mass")


def test_terms_of_the_standard_stay_whatever_the_patient_is_called() -> None:
    ds = Dataset()
    ds.PatientName, ds.PatientID = "Breast^Left^Us", "RGB"
    ds.Modality, ds.PhotometricInterpretation, ds.BodyPartExamined = "US", "RGB", "BREASTLI"
    ds.ConceptCodeSequence = [code("7771000", "SCT", "Left")]
    words = Words()
    words.add_dataset(ds)
    copy, _ = Cleaner(Pseudonyms(), words).clean(ds)
    assert (copy.Modality, copy.PhotometricInterpretation) == ("US", "RGB")
    assert "BodyPartExamined" not in copy
    assert copy.ConceptCodeSequence[0].CodeMeaning == "Left"


def test_a_meaning_of_a_public_scheme_that_says_who_is_replaced(tmp_path: Path) -> None:
    write_secret(
        tmp_path / "in" / "a.dcm",
        AnatomicRegionSequence=[code("76752008", "SCT", f"Breast of Mrs {SECRET} 19610203")],
        ProcedureCodeSequence=[code("999999123", "SCT", f"US {SECRET}Maria")],
        BodyPartExamined=f"{SECRET[:8].upper()}MARIA",
        SoftwareVersions=["Li1.2", "03.02.1961"],
    )
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert leaks({SECRET, SECRET.upper(), "19610203", "03.02.1961"}, tmp_path / "out") == []
    ds = pydicom.dcmread(path)
    assert ds.AnatomicRegionSequence[0].CodeMeaning == "Breast"
    assert "ProcedureCodeSequence" not in ds
    assert "BodyPartExamined" not in ds
    assert "SoftwareVersions" not in ds


def test_numbers_that_are_an_identifier_or_a_date_do_not_stay(tmp_path: Path) -> None:
    write_secret(
        tmp_path / "in" / "a.dcm",
        PatientID="0055667788",
        SeriesNumber="55667788",
        InstanceNumber="19610203",
        AcquisitionNumber="20240131",
        HeartRate="61",
    )
    report = write_report(tmp_path / "in" / "r.dcm", PatientID="0055667788")
    ds = pydicom.dcmread(report)
    measured = Dataset()
    measured.NumericValue = "19610203"
    measured.FloatingPointValue = 19610203.0
    measured.MeasurementUnitsCodeSequence = [code("1", "UCUM", "no units")]
    ds.ContentSequence.append(
        content_item("NUM", code("11111", "LN", "A number"), MeasuredValueSequence=[measured])
    )
    ds.save_as(report, enforce_file_format=True)
    written = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert leaks({"55667788", "19610203", "20240131"}, tmp_path / "out") == []
    image, report = (pydicom.dcmread(path) for path in written)
    assert (image.SeriesNumber, image.InstanceNumber) == (1, 1)
    assert "AcquisitionNumber" not in image
    assert "HeartRate" not in image
    meanings = [item.ConceptNameCodeSequence[0].CodeMeaning for item in report.ContentSequence]
    assert "A number" not in meanings
    assert "Long axis" in meanings


@needs_dciodvfy
def test_cleaning_leaves_files_valid_where_the_name_was_in_codes_and_makers(tmp_path: Path) -> None:
    write_secret(
        tmp_path / "in" / "a.dcm",
        Manufacturer=f"Dr. {SECRET}",
        ManufacturerModelName=SECRET,
        AnatomicRegionSequence=[code(f"{SECRET}1", "SCT", "Breast")],
    )
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    ds = pydicom.dcmread(path)
    assert ds.Manufacturer == ""
    assert "AnatomicRegionSequence" not in ds, "a meaning without its code is no code"
    assert standard_errors(path) == []


def test_the_makers_of_a_segmentation_are_replaced() -> None:
    ds = Dataset()
    ds.PatientName, ds.Modality = SECRET, "SEG"
    ds.Manufacturer = ds.ManufacturerModelName = ds.SoftwareVersions = ds.SegmentAlgorithmName = SECRET
    words = Words()
    words.add_dataset(ds)
    copy, _ = Cleaner(Pseudonyms(), words).clean(ds)
    assert {copy.Manufacturer, copy.ManufacturerModelName, copy.SoftwareVersions} == {"REMOVED"}
    assert copy.SegmentAlgorithmName == "REMOVED"


def test_other_spellings_of_a_name_are_found() -> None:
    words = Words()
    for name in ("Müller^Änne", "Großmann^Łukasz", "Schroeder^Søren", "Şahin^I\u015f\u0131l", "王^小东=ﾜﾝ"):
        words.add_name(name)
    for text in (
        *("MUELLER", "Muller", "Mu\u0308ller", "\uff2düller", "xMÜLLERx", "GROSSMANN", "Lukasz", "SCHRÖDER"),
        *("Soren", "SOEREN", "SAHIN", "isil", "小东", "ワン", "anne", "AENNE"),
    ):
        assert words.found_in(text), text
    for text in ("Miller", "Schrader", "Grossman"):
        assert not words.found_in(text), text


def test_parts_of_houses_and_numbers_are_found() -> None:
    words = Words()
    for text in ("Charite Westend", "US-ROOM3a", "HOSP-0012345", "030 5551234", "Xylophon-4711"):
        words.add_identifier(text)
    for text in ("for Charite", "Westend Sono", "Sono ROOM3a", "0012345", "v12345", "5551234", "4711"):
        assert words.found_in(text), text
    for number in ("12345", "305551234", "5551234", "4711.0"):
        assert words.is_number(number), number
    for text in ("GE Medical Systems", "Room", "US 3", "123"):
        assert not words.found_in(text), text


def test_times_and_short_dates_are_found() -> None:
    words = Words()
    words.add_date("19610203")
    words.add_time("101533.25")
    for text in (
        *(
            "03.02.61",
            "610203",
            "030261",
            "02/03/61",
            "3 Feb 61",
            "3rd Feb 1961",
            "FEB 1961",
            "1961 February 3",
        ),
        *("10:15:33", "101533"),
    ):
        assert words.found_in(text), text
    assert words.is_number("610203")
    assert words.is_number("101533")
    assert words.is_number("1961")
    for text in ("1961", "3261", "Feb", "1015"):
        assert not words.found_in(text), text


@given(st.text(max_size=20), st.text(max_size=8), st.text(max_size=8))
def test_any_name_is_found_again_between_spaces(name: str, before: str, behind: str) -> None:
    words = Words()
    words.add_name(name)
    if len(words):
        assert words.found_in(f"{before} {name} {behind}")


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
