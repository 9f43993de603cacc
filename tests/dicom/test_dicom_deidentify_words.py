"""A patient's names, numbers and dates are found in every spelling, and words that are none are let be."""

from __future__ import annotations

from pathlib import Path

import pydicom
from deidentify_maker import (
    SECRET,
    code,
    content_item,
    leaks,
    needs_dciodvfy,
    standard_errors,
    write_report,
    write_secret,
)
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from alnreader.dicom.deidentify import deidentify_files
from alnreader.dicom.deidentify.clean import Cleaner
from alnreader.dicom.deidentify.identity import Words
from alnreader.dicom.deidentify.mapping import Pseudonyms


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
