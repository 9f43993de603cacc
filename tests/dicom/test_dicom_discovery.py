"""Folders, links, directories and doubles: one case a patient, and a reason for every file left out."""

from __future__ import annotations

import datetime
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import (
    dataset,
    jpeg_bytes,
    save,
    set_attributes,
    speckle,
    uid_of,
    write_image,
    write_ultrasound,
)
from discovery_maker import PIXELS, png, reasons
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from alnreader.case.errors import CancelledError
from alnreader.case.progress import CancelToken
from alnreader.dicom import Discovery, discover
from alnreader.dicom.files import natural


def names(found: Discovery) -> list[list[str]]:
    return [[Path(image.source).name for image in case.images] for case in found.patients]


def test_two_patients_never_mix(tmp_path: Path) -> None:
    for index in range(4):
        patient = f"P{index % 2}"
        write_ultrasound(
            tmp_path / f"{index}.dcm",
            PIXELS,
            PatientID=patient,
            PatientName=f"{patient}^X",
            InstanceNumber=9 - index,
        )
    found = discover([tmp_path])
    assert names(found) == [["2.dcm", "0.dcm"], ["3.dcm", "1.dcm"]]
    assert [case.patient.patient_id for case in found.patients] == ["P0", "P1"]
    assert found.skipped == ()


@pytest.mark.parametrize(
    ("first", "second", "patients"),
    [
        ({}, {}, 1),
        ({"PatientID": "A"}, {"PatientID": "B"}, 2),
        ({"IssuerOfPatientID": "X"}, {"IssuerOfPatientID": "Y"}, 2),
        ({"PatientBirthDate": "19700101"}, {"PatientBirthDate": "19700102"}, 2),
        ({"PatientBirthDate": "19700101"}, {"PatientBirthDate": "not a date"}, 1),
        ({"PatientName": "Doe^Jane"}, {"PatientName": "DOE^JANE"}, 1),
        ({"PatientName": "Doe^Jane"}, {"PatientName": "Roe^Mary"}, 2),
        ({"PatientName": "Doe^Jane"}, {"PatientName": ""}, 1),
        (
            {"PatientName": "Doe^Jane", "PatientBirthDate": "19700101"},
            {"PatientName": "Roe^Jane", "PatientBirthDate": "19700101"},
            1,
        ),
        ({"PatientID": None}, {"PatientID": None}, 1),
        ({"PatientID": None}, {"PatientID": None, "PatientName": "Roe^Mary"}, 2),
        (
            {"PatientID": "", "PatientName": "", "StudyInstanceUID": "1.2.3"},
            {"PatientID": "", "PatientName": "", "StudyInstanceUID": "1.2.4"},
            2,
        ),
        ({"PatientID": None}, {}, 2),
    ],
)
def test_who_is_one_patient(
    first: dict[str, object], second: dict[str, object], patients: int, tmp_path: Path
) -> None:
    write_ultrasound(tmp_path / "a.dcm", PIXELS, **first)
    write_ultrasound(tmp_path / "b.dcm", PIXELS, **second)
    assert len(discover([tmp_path]).patients) == patients


def test_missing_patient_id_is_told(tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "a.dcm", PIXELS, PatientID=None)
    (case,) = discover([tmp_path]).patients
    assert case.patient.patient_id == "Doe, Jane"
    assert "No Patient ID." in case.images[0].notes


def test_reading_order(tmp_path: Path) -> None:
    def write(name: str, **attributes: object) -> None:
        write_ultrasound(tmp_path / name, PIXELS, **attributes)

    write("late.dcm", StudyInstanceUID="1.9", StudyDate="20250101")
    write("img10.dcm", InstanceNumber=None)
    write("img9.dcm", InstanceNumber=None)
    write("n12.dcm", InstanceNumber=12)
    write("n2.dcm", InstanceNumber=2)
    write("series0.dcm", SeriesNumber=0, SeriesInstanceUID="1.5", InstanceNumber=99)
    assert names(discover([tmp_path])) == [
        ["series0.dcm", "n2.dcm", "n12.dcm", "img9.dcm", "img10.dcm", "late.dcm"]
    ]


def test_a_cine_is_one_image_at_its_middle(tmp_path: Path) -> None:
    pixels = speckle(16, 20, 7)
    write_ultrasound(tmp_path / "cine.dcm", pixels)
    (case,) = discover([tmp_path]).patients
    (image,) = case.images
    assert (image.key.frame, image.number_of_frames, image.frame_time) == (4, 7, 40)
    assert np.array_equal(image.pixels(), pixels[3])
    assert np.array_equal(image.at_frame(7).pixels(), pixels[6])


def test_attributes_that_are_not_what_they_should_be(tmp_path: Path) -> None:
    write_ultrasound(
        tmp_path / "a.dcm",
        PIXELS,
        PatientBirthDate="1970/1/1",
        PatientSex="X",
        StudyTime="9 o'clock",
        AcquisitionDate="20240131",
        AcquisitionTime="235959.5",
        ImageLaterality="B",
    )
    path = tmp_path / "a.dcm"
    data = path.read_bytes().replace(b"DA\x08\x0020240131", b"DA\x08\x0031.13.24", 1)
    path.write_bytes(data)
    (case,) = discover([tmp_path]).patients
    assert case.patient.birth_date is None
    assert case.patient.sex == ""
    assert case.studies[0].study_date is None
    assert case.studies[0].study_time is None
    assert case.images[0].laterality == ""
    assert case.images[0].acquired == datetime.datetime(2024, 1, 31, 23, 59, 59, 500000)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33"}, "Comprehensive SR"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.1"}, "Presentation State"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"}, "MR Image Storage, modality MR"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "Modality": "MG"}, "not ultrasound: modality MG"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "Modality": "CT"}, "not ultrasound: modality CT"),
    ],
)
def test_other_objects_are_left_out(attributes: dict[str, object], words: str, tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "a.dcm", PIXELS, **attributes)
    found = discover([tmp_path])
    assert found.patients == ()
    assert words in reasons(found)["a.dcm"]


@pytest.mark.parametrize(
    ("attributes", "noted"),
    [
        ({}, False),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6"}, False),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "Modality": "OT"}, True),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "Modality": "US"}, True),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "Modality": "UNKNOWN"}, True),
        ({"SOPClassUID": "1.2.3.4.5", "Modality": ""}, True),
        ({"SOPClassUID": None, "Modality": None}, True),
        ({"SOPClassUID": None}, False),
    ],
)
def test_what_counts_as_ultrasound(attributes: dict[str, object], noted: bool, tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "a.dcm", PIXELS, **attributes)
    (case,) = discover([tmp_path]).patients
    assert any("Not stored as ultrasound" in note for note in case.images[0].notes) == noted


def test_files_that_are_not_pictures(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("nothing")
    (tmp_path / "empty.dcm").write_bytes(b"")
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 10)
    save(dataset("report"), tmp_path / "headeronly.dcm")
    whole = write_ultrasound(tmp_path / "cut.dcm", PIXELS)
    whole.write_bytes(whole.read_bytes()[:-100])
    jpeg = write_ultrasound(tmp_path / "cutjpeg.dcm", PIXELS, jpeg=True)
    jpeg.write_bytes(jpeg.read_bytes()[:-100])
    header = write_ultrasound(tmp_path / "cutheader.dcm", PIXELS)
    header.write_bytes(header.read_bytes()[:400])
    found = discover([tmp_path, tmp_path / "absent"])
    assert found.patients == ()
    told = reasons(found)
    assert told["text.txt"] == told["noise"] == "not a DICOM file, PNG or JPEG picture"
    assert told["empty.dcm"] == "empty file"
    assert "has no pixel data" in told["headeronly.dcm"]
    assert "cut off" in told["cut.dcm"]
    assert "cut off" in told["cutjpeg.dcm"]
    assert told["cutheader.dcm"]
    assert told["absent"] == "there is no such file or folder"


# ---- links and doubles ----


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_links_and_loops(tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "a" / "1.dcm", PIXELS)
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "twin.dcm").symlink_to(tmp_path / "a" / "1.dcm")
    (tmp_path / "dead.dcm").symlink_to(tmp_path / "gone.dcm")
    os.mkfifo(tmp_path / "pipe")
    found = discover([tmp_path, tmp_path / "a", tmp_path / "a" / "1.dcm"])
    assert names(found) == [["1.dcm"]]
    told = reasons(found)
    assert told["dead.dcm"] == "a link that leads nowhere"
    assert "cannot be read" in told["self"]
    assert told["pipe"] == "not a file or folder"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", PIXELS)
    path.chmod(0)
    assert "cannot be read" in reasons(discover([tmp_path]))["a.dcm"]


def test_doubles_are_told_apart(tmp_path: Path) -> None:
    first = write_ultrasound(tmp_path / "1.dcm", PIXELS)
    shutil.copy(first, tmp_path / "2.dcm")
    uid = uid_of("1.dcm")
    write_ultrasound(tmp_path / "3.dcm", speckle(16, 20, seed=9), SOPInstanceUID=uid)
    write_ultrasound(tmp_path / "4.dcm", PIXELS, SOPInstanceUID=uid, PatientID="P2", PatientName="Roe^Mary")
    write_image(tmp_path / "5.dcm", PIXELS, "RGB", planar=True, SOPInstanceUID=uid)
    found = discover([tmp_path])
    assert names(found) == [["1.dcm"]]
    assert reasons(found) == {
        "2.dcm": f"same SOP Instance UID as {first}",
        "3.dcm": f"same SOP Instance UID as {first}, but with other pixels",
        "4.dcm": f"same SOP Instance UID as {first} of another patient",
        "5.dcm": f"same SOP Instance UID as {first}",
    }


def test_without_sop_instance_uid(tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "a.dcm", PIXELS, SOPInstanceUID=None)
    write_ultrasound(tmp_path / "b.dcm", speckle(16, 20, seed=3), SOPInstanceUID=None)
    (case,) = discover([tmp_path]).patients
    assert len(case.images) == 2
    assert not any(image.is_dicom for image in case.images)


# ---- DICOMDIR ----


def directory(path: Path, *listed: list[str]) -> Path:
    ds = Dataset()
    ds.FileSetID = "TEST"
    records = []
    for parts in listed:
        record = Dataset()
        set_attributes(record, {"DirectoryRecordType": "IMAGE", "ReferencedFileID": parts})
        records.append(record)
    ds.DirectoryRecordSequence = records
    ds.SOPClassUID = "1.2.840.10008.1.3.10"
    return save(ds, path)


def test_dicomdir_stands_for_its_folder_without_doubles(tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "IMAGES" / "A1", PIXELS)
    write_ultrasound(tmp_path / "EXTRA" / "not_listed.dcm", PIXELS)
    path = directory(tmp_path / "DICOMDIR", ["IMAGES", "A1"], ["IMAGES", "A2"])
    found = discover([path, tmp_path])
    assert names(found) == [["not_listed.dcm", "A1"]]
    assert reasons(found) == {
        "DICOMDIR": "directory: 1 of the 2 files that it lists are not there: IMAGES/A2"
    }
    directory(tmp_path / "DICOMDIR", ["IMAGES", "A1"])
    assert discover([path]).skipped == ()


def test_dicomdir_that_leads_out(tmp_path: Path) -> None:
    path = directory(tmp_path / "DICOMDIR", ["..", "..", "etc", "passwd"])
    assert "leads out of its folder" in reasons(discover([path]))["DICOMDIR"]


def test_dicomdir_that_is_damaged(tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "a.dcm", PIXELS)
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + bytes(range(200)))
    assert names(discover([tmp_path / "DICOMDIR"])) == [["a.dcm"]]


# ---- pictures, progress, cancel ----


def test_pictures_of_one_folder_are_one_patient(tmp_path: Path) -> None:
    png(tmp_path / "left" / "image10.png", 1)
    png(tmp_path / "left" / "image9.png", 2)
    (tmp_path / "right").mkdir()
    (tmp_path / "right" / "a.jpg").write_bytes(jpeg_bytes(PIXELS[0]))
    write_ultrasound(tmp_path / "left" / "a.dcm", PIXELS)
    found = discover([tmp_path])
    assert {
        case.patient.patient_id: [Path(i.source).name for i in case.images] for case in found.patients
    } == {
        "left": ["image9.png", "image10.png"],
        "P1": ["a.dcm"],
        "right": ["a.jpg"],
    }


def test_folders_of_one_name_are_two_patients(tmp_path: Path) -> None:
    png(tmp_path / "one" / "us" / "a.png")
    png(tmp_path / "two" / "us" / "a.png")
    found = discover([tmp_path])
    assert [case.patient.patient_id for case in found.patients] == ["one/us", "two/us"]
    keys = {image.key for case in found.patients for image in case.images}
    assert len(keys) == 2, "the same bytes, and still two pictures"


def test_identical_pictures_in_one_folder(tmp_path: Path) -> None:
    png(tmp_path / "a.png")
    png(tmp_path / "b.png")
    (case,) = discover([tmp_path]).patients
    first, second = case.images
    assert second.key.uid.startswith(f"{first.key.uid}-")
    (again,) = discover([tmp_path]).patients
    assert [image.key for image in again.images] == [image.key for image in case.images]


def test_the_same_every_time_and_by_any_way(tmp_path: Path) -> None:
    for index in range(30):
        write_ultrasound(tmp_path / f"d{index % 3}" / f"{index}.dcm", PIXELS, PatientID=f"P{index % 4}")
    by_folder = discover([tmp_path])
    by_files = discover(sorted(tmp_path.rglob("*.dcm"), reverse=True))
    assert names(by_folder) == names(by_files)
    assert names(by_folder) == names(discover([str(tmp_path)]))


def test_progress_and_cancel(tmp_path: Path) -> None:
    for index in range(20):
        write_ultrasound(tmp_path / f"{index}.dcm", PIXELS)
    reports: list[tuple[int, int]] = []
    discover([tmp_path], progress=lambda done, total, message="": reports.append((done, total)))
    assert [report for report in reports if report[1]] == [(done, 20) for done in range(1, 21)]
    token = CancelToken()

    def stop(done: int, total: int, message: str = "") -> None:
        if total and done == 3:
            token.cancel()

    with pytest.raises(CancelledError):
        discover([tmp_path], progress=stop, cancel=token)
    with pytest.raises(CancelledError):
        discover([tmp_path], cancel=token)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_natural_order_is_numeric(numbers: list[int]) -> None:
    ordered = sorted((f"Bild {number}.png" for number in numbers), key=natural)
    assert [int(name[5:-4]) for name in ordered] == sorted(numbers)


@given(st.text(max_size=8), st.text(max_size=8))
def test_natural_order_takes_any_names(one: str, other: str) -> None:
    assert (natural(one) < natural(other)) + (natural(other) < natural(one)) <= 1
