"""Which study the objects belong to, pictures without identity, and all of an export or nothing."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from objects_readings import (
    case_in,
    export,
    faults,
    outlined,
    reading_of_case,
    references,
    signed,
    write_case,
)
from PIL import Image
from report_readings import disc

from alnreader.case.case import Case, Reading
from alnreader.case.errors import CancelledError, CannotWriteError, InvalidValueError, UnreadableInputError
from alnreader.case.progress import CancelToken
from alnreader.case.region import Region, RegionKind
from alnreader.dicom.objects.source import COPIES_NOTE, MIXED_NOTE, main_study, sources_of
from alnreader.dicom.quiet import quiet
from alnreader.report.objects import Choices, check_folder, write_objects


def pictures(folder: Path, count: int = 2) -> Case:
    folder.mkdir(parents=True)
    for number in range(count):
        noise = np.random.default_rng(number).integers(0, 200, (60, 80), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
    return case_in(folder)


# ---- pictures without DICOM identity ----


def test_pictures_become_a_study_of_their_own(tmp_path: Path) -> None:
    case = outlined(pictures(tmp_path / "患者 7"))
    written = export(reading_of_case(case), tmp_path / "out", Choices())
    assert written.written.notes == (COPIES_NOTE,)
    copies = written.kind("picture")
    assert [
        np.array_equal(copy.pixel_array, image.pixels())
        for copy, image in zip(copies, case.images, strict=True)
    ]
    known = {str(dataset.SOPInstanceUID) for dataset in written.datasets.values()}
    for name, dataset in written.datasets.items():
        assert faults(tmp_path / "out" / name) == []
        assert (dataset.PatientID, dataset.TypeOfPatientID) == ("患者 7", "TEXT")
        assert {instance for _, instance, _ in references(dataset)} <= known
        assert dataset.StudyInstanceUID == copies[0].StudyInstanceUID
    assert COPIES_NOTE in written.read().comments
    # The report calls the copies by their new identity, in the case's order.
    assert [image.key.uid for image in written.read().images] == [copy.SOPInstanceUID for copy in copies]


def test_the_same_pictures_are_the_same_study_in_every_export(tmp_path: Path) -> None:
    case = outlined(pictures(tmp_path / "p"))
    first, second = (export(reading_of_case(case), tmp_path / name) for name in ("a", "b"))
    for mine, other in zip(first.kind("picture"), second.kind("picture"), strict=True):
        assert mine.SOPInstanceUID == other.SOPInstanceUID
        assert mine.StudyInstanceUID == other.StudyInstanceUID
    assert first.sr.SOPInstanceUID != second.sr.SOPInstanceUID
    assert first.sr.SeriesInstanceUID != second.sr.SeriesInstanceUID
    elsewhere = outlined(pictures(tmp_path / "q"))
    third = export(reading_of_case(elsewhere), tmp_path / "c")
    assert third.sr.StudyInstanceUID != first.sr.StudyInstanceUID


@pytest.mark.parametrize("missing", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
def test_a_file_without_an_identifier_joins_the_patients_study(missing: str, tmp_path: Path) -> None:
    write_case(tmp_path / "in", 1)
    path = tmp_path / "in" / "IM0.dcm"
    shutil.copy(path, tmp_path / "in" / "whole.dcm")
    broken = pydicom.dcmread(path)
    broken.SOPInstanceUID = "2.25.77"
    broken.PixelData = bytes(len(broken.PixelData))
    delattr(broken, missing)
    broken.save_as(path, enforce_file_format=False)
    case = outlined(case_in(tmp_path / "in"))
    written = export(reading_of_case(case), tmp_path / "out")
    whole = pydicom.dcmread(tmp_path / "in" / "whole.dcm")
    assert written.written.notes == (MIXED_NOTE,)
    assert {str(item.StudyInstanceUID) for item in written.datasets.values()} == {str(whole.StudyInstanceUID)}
    assert len(written.kind("picture")) == 1
    assert all(faults(file) == [] for file in written.written.paths)
    assert [len(image.regions) for image in written.read().images] == [1, 3]


def test_a_folders_long_name_fits(tmp_path: Path) -> None:
    case = outlined(pictures(tmp_path / ("very long name of a folder " * 4).strip(), 1))
    written = export(reading_of_case(case), tmp_path / "out", Choices(True, False, False, False))
    assert len(written.sr.PatientID) <= 64
    assert all(faults(path) == [] for path in written.written.paths)


# ---- studies ----


def test_objects_go_where_their_images_are_and_the_report_to_the_latest_study(tmp_path: Path) -> None:
    write_case(
        tmp_path / "in" / "a", 1, StudyDate="20230101", StudyInstanceUID="2.25.1001", SOPInstanceUID="2.25.1"
    )
    write_case(
        tmp_path / "in" / "b", 1, StudyDate="20240101", StudyInstanceUID="2.25.1002", SOPInstanceUID="2.25.2"
    )
    case = outlined(case_in(tmp_path / "in"))
    assert [image.study for image in case.images] == ["2.25.1001", "2.25.1002"]
    written = export(reading_of_case(case, signed()), tmp_path / "out", Choices())
    studies = {name: str(dataset.StudyInstanceUID) for name, dataset in written.datasets.items()}
    assert (studies["seg-001.dcm"], studies["seg-002.dcm"]) == ("2.25.1001", "2.25.1002")
    assert (studies["sc-outlines-001.dcm"], studies["sr.dcm"]) == ("2.25.1001", "2.25.1002")
    assert studies["report.dcm"] == "2.25.1002"
    assert (
        written.datasets["seg-001.dcm"].SeriesInstanceUID != written.datasets["seg-002.dcm"].SeriesInstanceUID
    )
    (other,) = written.sr.PertinentOtherEvidenceSequence
    assert other.StudyInstanceUID == "2.25.1001"
    assert all(faults(path) == [] for path in written.written.paths)


def test_identity_is_the_studys_own(tmp_path: Path) -> None:
    """An archive files an object under what stands in it: the patient of the study, to the letter."""
    facts = {
        "PatientID": "",
        "PatientBirthDate": "19611",
        "StudyTime": "101112.5",
        "StudyID": "S1",
        "AccessionNumber": "A7",
        "PatientAge": "063Y",
        "ReferringPhysicianName": "Lee^Ann",
        "IssuerOfPatientID": "Hospital",
        "StudyDescription": "Breast US",
    }
    case = outlined(write_case(tmp_path / "in", 1, **facts))
    assert case.patient.patient_id  # the reader needs one, and makes it of the name
    for dataset in export(reading_of_case(case), tmp_path / "out").datasets.values():
        for keyword, value in facts.items():
            kept = "" if keyword == "PatientBirthDate" else value
            assert str(dataset[keyword].value or "") == kept, keyword


def test_a_lossy_source_is_told_of_in_what_is_made_from_it(tmp_path: Path) -> None:
    facts = {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": "12.5",
        "LossyImageCompressionMethod": "ISO_10918_1",
    }
    case = outlined(write_case(tmp_path / "in", 1, **facts))
    written = export(reading_of_case(case), tmp_path / "out")
    for dataset in written.kind("sc-"):
        assert (dataset.LossyImageCompression, dataset.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
        assert float(dataset.LossyImageCompressionRatio) == 12.5
    assert all(faults(path) == [] for path in written.written.paths)


def test_the_first_of_the_latest_study_stands_for_the_patient(tmp_path: Path) -> None:
    sources = sources_of(write_case(tmp_path, 3))
    assert main_study(sources) is sources[0]
    assert main_study(()) is None


# ---- all or none ----


def test_choices() -> None:
    with pytest.raises(InvalidValueError, match="at least one"):
        Choices(False, False, False, False)


@pytest.mark.parametrize(
    ("choices", "kinds"),
    [
        (Choices(True, False, False, False), {"seg", "sr"}),
        (Choices(False, True, False, False), {"seg"}),
        (Choices(False, False, True, False), {"sc-outlines", "sc-heatmap"}),
        (Choices(False, False, False, True), {"report"}),
    ],
)
def test_only_what_was_chosen_is_written(choices: Choices, kinds: set[str], tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    names = export(reading_of_case(case), tmp_path / "out", choices).datasets
    assert {name.removesuffix(".dcm").removesuffix("-001") for name in names} == kinds


def test_segmentations_of_nothing_are_refused(tmp_path: Path) -> None:
    for case in (write_case(tmp_path / "in", 1), pictures(tmp_path / "p", 1)):
        with pytest.raises(UnreadableInputError, match="nothing is outlined"):
            write_objects(reading_of_case(case), Choices(False, True, False, False), tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_a_case_without_images_is_refused(tmp_path: Path) -> None:
    case = dataclasses.replace(write_case(tmp_path / "in", 1), images=())
    with pytest.raises(UnreadableInputError, match="no image"):
        write_objects(Reading(case, None), Choices(), tmp_path / "out")


def test_a_picture_that_is_lost_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 2))
    path = tmp_path / "in" / "IM1.dcm"
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(UnreadableInputError, match=r"IM1\.dcm"):
        write_objects(reading_of_case(case), Choices(), tmp_path / "out" / "deep")
    assert not (tmp_path / "out").exists()


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 2))
    (tmp_path / "in" / "IM0.dcm").unlink()
    with pytest.raises(UnreadableInputError, match=r"IM0\.dcm: the file is no longer there"):
        write_objects(reading_of_case(case), Choices(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_stop_leaves_nothing(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 3))
    token = CancelToken()

    def progress(done: int, total: int, message: str = "") -> None:
        assert 0 <= done <= total
        if done == 2:
            token.cancel()

    with pytest.raises(CancelledError):
        write_objects(reading_of_case(case), Choices(), tmp_path / "out", progress, token)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".hidden").touch()
    check_folder(tmp_path / "out")
    check_folder(tmp_path / "new" / "one")
    assert not (tmp_path / "new").exists()
    (tmp_path / "out" / "old.dcm").touch()
    with pytest.raises(CannotWriteError, match="holds files already"):
        check_folder(tmp_path / "out")
    with pytest.raises(CannotWriteError, match="Name an empty folder"):
        check_folder(tmp_path / "out" / "old.dcm")


def test_masks_at_every_border_are_drawn_and_written(tmp_path: Path) -> None:
    case = write_case(tmp_path / "in", 1)
    image = case.images[0]
    whole = np.ones((image.rows, image.columns), dtype=np.bool_)
    dot = np.zeros_like(whole)
    dot[-1, -1] = True
    parts = disc(image.rows, image.columns, 0.1, 0.2) | disc(image.rows, image.columns, 0.1, 0.8)
    kinds = (RegionKind.TUMOUR, RegionKind.LYMPH_NODE, RegionKind.TUMOUR)
    regions = tuple(Region(mask, kind) for mask, kind in zip((whole, dot, parts), kinds, strict=True))
    case = dataclasses.replace(case, regions={image.key: regions})
    written = export(reading_of_case(case), tmp_path / "out")
    for found, mine in zip(written.read().images[0].regions, regions, strict=True):
        assert np.array_equal(found.region.mask, mine.mask)
    assert [item.label for item in written.read().images[0].regions] == ["T1", "N1", "T2"]
    segments = written.kind("seg")[0]
    assert [item.SegmentLabel for item in segments.SegmentSequence] == [
        "T1 tumour",
        "N1 lymph node",
        "T2 tumour",
    ]
    assert {item.SegmentAlgorithmType for item in segments.SegmentSequence} == {"AUTOMATIC"}
    assert all("not confirmed" in item.SegmentDescription for item in segments.SegmentSequence)


ODD = {
    "values beyond their limits": {
        "PatientID": "P" * 80,
        "PatientName": "Family" * 15 + "^Given^Middle^Dr.^Jr^more",
        "AccessionNumber": "A" * 30,
        "StudyID": "S" * 30,
    },
    "dates that are none": {"StudyDate": "soon", "StudyTime": "25:99", "PatientBirthDate": "about 1960"},
    "an old date": {"StudyDate": "2024.01.31", "StudyTime": "10:15:00"},
    "a sex in words": {"PatientSex": "FEMALE", "PatientAge": "62"},
    "zeros in UIDs": {
        "StudyInstanceUID": "1.2.03.4",
        "SOPInstanceUID": "1.2.005.6",
        "SeriesInstanceUID": "1.00",
    },
    "a class of 1993": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6"},
    "a private class": {"SOPClassUID": "1.2.276.0.7230010.99.1"},
    "nothing of the patient": {"PatientID": None, "PatientName": None, "PatientSex": None, "StudyDate": None},
    "a broken character set": {"SpecificCharacterSet": "ISO_IR 999", "PatientName": "Doe^Jane"},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_sources_are_written_and_come_back(name: str, tmp_path: Path) -> None:
    """What scanners send is not changed, and nothing of it stops an export."""
    with quiet():
        case = outlined(write_case(tmp_path / "in", 1, **ODD[name]))
        source = pydicom.dcmread(tmp_path / "in" / "IM0.dcm")
        list(source.iterall())
    written = export(reading_of_case(case, signed()), tmp_path / "out", Choices())
    for dataset in written.datasets.values():
        assert dataset.StudyInstanceUID == source.StudyInstanceUID
        assert str(dataset.get("PatientID") or "") == str(source.get("PatientID") or "")
        assert str(dataset.get("PatientName") or "") == str(source.get("PatientName") or "")
        assert (str(source.SOPClassUID), str(source.SOPInstanceUID)) in {
            (sop_class, instance) for sop_class, instance, _ in references(dataset)
        }
    (image,) = written.read().images
    assert image.key == case.images[0].key
    assert np.array_equal(image.regions[0].region.mask, case.regions_of(image.key)[0].mask)
