"""Files full of secrets, valid but for what scanners get wrong, and the search for what is left of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from dicom_maker import dataset, region_item, save, speckle, uid_of, write_ultrasound
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, UltrasoundImageStorage

SECRET = "Xylophon"
"""In every text of the files below that must not stay."""

BANNER = (slice(2, 22), slice(10, 200))
"""Rows and columns of the picture where a scanner would write the name."""

REGION = region_item(20, 40, 299, 219)

needs_dciodvfy = pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="not installed: dciodvfy (Debian's dicom3tools)"
)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def reference(name: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = UltrasoundImageStorage
    item.ReferencedSOPInstanceUID = uid_of(name)
    return item


def identity() -> dict[str, Any]:
    """Return attributes of a patient that a valid file has."""
    return {
        "PatientName": f"Doe^{SECRET}^Maria",
        "PatientID": f"{SECRET}-4711",
        "IssuerOfPatientID": f"{SECRET} ward",
        "PatientBirthDate": "19610203",
        "PatientSex": "F",
        "PatientAge": "063Y",
        "PatientWeight": "71.25",
        "AccessionNumber": f"A{SECRET}",
        "StudyID": "S4711",
        "StudyDate": "20240131",
        "StudyTime": "101533",
        "ReferringPhysicianName": f"Referrer^{SECRET}",
        "Manufacturer": "ACME",
        "ManufacturerModelName": "Sono 7",
        "DeviceSerialNumber": f"SN{SECRET}",
        "StudyInstanceUID": uid_of("study"),
    }


def noise() -> dict[str, Any]:
    """Return what else scanners and hospitals put in."""
    request = Dataset()
    request.RequestedProcedureDescription = f"{SECRET} axilla"
    request.ScheduledProcedureStepID = SECRET
    deep = Dataset()
    deep.PatientName = f"Deep^{SECRET}"
    deep.add_new(0x00091001, "LO", SECRET)
    request.ReferencedStudySequence = [deep]
    return {
        "InstitutionName": f"{SECRET} Hospital",
        "InstitutionAddress": f"{SECRET} street 1",
        "StationName": SECRET.upper(),
        "OperatorsName": f"Op^{SECRET}",
        "StudyDescription": f"Breast {SECRET}",
        "SeriesDescription": SECRET,
        "ProtocolName": SECRET,
        "ImageComments": f"Mrs {SECRET} has pain",
        "PatientComments": SECRET,
        "AdditionalPatientHistory": f"Sister of {SECRET}",
        "AcquisitionDateTime": "20240131101533.25",
        "ContentDate": "20240131",
        "ContentTime": "101534",
        "RequestAttributesSequence": [request],
        "ProcedureCodeSequence": [code("X1", f"99{SECRET.upper()[:6]}", f"US {SECRET}")],
        "AnatomicRegionSequence": [code("76752008", "SCT", "Breast")],
        "ReferencedImageSequence": [reference("b.dcm")],
        "SoftwareVersions": ["1.2", f"for {SECRET}"],
        "BodyPartExamined": "BREAST",
        "TransducerData": ["L12-5", f"{SECRET} probe"],
        "ProcessingFunction": "DR MABUSE BREAST",
    }


def screen(rows: int = 240, columns: int = 320, frames: int = 1, seed: int = 0) -> NDArray[np.uint8]:
    """Return pictures with a bright banner above a sector, ``(F, H, W, 3)``."""
    pictures = np.zeros((frames, rows, columns, 3), np.uint8)
    pictures[:, 40:220, 20:300] = speckle(400, 280, frames, seed)[:, 60:240]
    letters = np.random.default_rng(seed).random((20, 190)) < 0.3
    pictures[:, BANNER[0], BANNER[1]] = np.where(letters, 255, 0)[None, :, :, None]
    return pictures


def write_secret(path: Path, frames: int = 1, jpeg: bool = False, regions: bool = True, **more: Any) -> Path:
    """Write a valid ultrasound file that is full of secrets."""
    attributes = {
        **identity(),
        **noise(),
        "Laterality": "L",
        "PatientOrientation": "",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SeriesInstanceUID": uid_of(f"series {SECRET}"),
        "UltrasoundColorDataPresent": 0,
        **({"SequenceOfUltrasoundRegions": [valid_region()]} if regions else {}),
        **({"FrameIncrementPointer": 0x00181063} if frames > 1 else {}),
        **more,
    }
    write_ultrasound(path, screen(frames=frames), jpeg=jpeg, **attributes)
    ds = pydicom.dcmread(path)
    ds.add_new(0x00090010, "LO", f"{SECRET} PRIVATE")
    ds.add_new(0x00091001, "UT", f"dump of {SECRET}")
    ds.add_new(0x60000010, "US", 4)
    ds.add_new(0x60000022, "LO", SECRET)
    ds.add_new(0x60003000, "OW", SECRET.encode())
    ds.add_new(0x50000022, "LO", SECRET)
    ds.save_as(path, enforce_file_format=True)
    return path


def valid_region() -> Dataset:
    item = region_item(20, 40, 299, 219)
    item.ReferencePixelX0, item.ReferencePixelY0 = 0, 0
    return item


def content_item(kind: str, name: Dataset, **attributes: Any) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", kind
    item.ConceptNameCodeSequence = [name]
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def write_report(path: Path, image: str = "a.dcm", **more: Any) -> Path:
    """Write a Comprehensive SR with secrets in its content, that refers to an image."""
    series = Dataset()
    series.SeriesInstanceUID = uid_of(f"series {SECRET}")
    series.ReferencedSOPSequence = [reference(image)]
    study = Dataset()
    study.StudyInstanceUID = uid_of("study")
    study.ReferencedSeriesSequence = [series]
    observer = Dataset()
    observer.VerifyingObserverName = f"Dr^{SECRET}"
    observer.VerifyingOrganization = f"{SECRET} Hospital"
    observer.VerificationDateTime = "20240131120000"
    observer.VerifyingObserverIdentificationCodeSequence = []
    measured = Dataset()
    measured.NumericValue = "12.5"
    measured.MeasurementUnitsCodeSequence = [code("mm", "UCUM", "millimeter")]
    content = [
        content_item("TEXT", code("121106", "DCM", "Comment"), TextValue=f"Mrs {SECRET}, as her sister"),
        content_item("TEXT", code("111001", "DCM", "Algorithm Name"), TextValue="ALN demo"),
        content_item("TEXT", code("1", f"99{SECRET.upper()[:5]}", SECRET), TextValue="local"),
        content_item("PNAME", code("121008", "DCM", "Person Observer Name"), PersonName=f"Dr^{SECRET}"),
        content_item("NUM", code("121033", "DCM", "Subject Age"), MeasuredValueSequence=[measured]),
        content_item("NUM", code("103339001", "SCT", "Long Axis"), MeasuredValueSequence=[measured]),
        content_item(
            "CODE",
            code("363698007", "SCT", "Finding Site"),
            ConceptCodeSequence=[code("7771000", "SCT", "Left")],
        ),
        content_item("DATE", code("111060", "DCM", "Study Date"), Date="20240131"),
        content_item("UIDREF", code("112040", "DCM", "Tracking Unique Identifier"), UID=uid_of("tracking")),
        content_item(
            "IMAGE", code("121112", "DCM", "Source of Measurement"), ReferencedSOPSequence=[reference(image)]
        ),
    ]
    ds = dataset(
        path.name,
        **{
            **identity(),
            "SOPClassUID": ComprehensiveSRStorage,
            "Modality": "SR",
            "SeriesInstanceUID": uid_of("sr series"),
            "ContentDate": "20240131",
            "ContentTime": "101534",
            "ValueType": "CONTAINER",
            "ContinuityOfContent": "SEPARATE",
            "ConceptNameCodeSequence": [code("126000", "DCM", "Imaging Measurement Report")],
            "CompletionFlag": "COMPLETE",
            "VerificationFlag": "VERIFIED",
            "VerifyingObserverSequence": [observer],
            "PerformedProcedureCodeSequence": [],
            "ReferencedPerformedProcedureStepSequence": [],
            "CurrentRequestedProcedureEvidenceSequence": [study],
            "ContentSequence": content,
            **more,
        },
    )
    return save(ds, path)


def texts_of(ds: Dataset) -> Iterator[str]:
    """Yield every word, name, date and UID of a data set, nested ones too."""
    for element in ds.iterall():
        if element.VR in ("SQ", "CS") or isinstance(element.value, (bytes, int, float)):
            continue
        values = element.value if hasattr(element.value, "__iter__") else [element.value]
        for value in [values] if isinstance(values, str) else values:
            if element.VR in ("DS", "IS"):
                continue
            yield str(value)


STAYS = frozenset(("ACME", "Sono 7", "1.2", "Breast", "76752008", "SCT", "7771000", "Left", "millimeter"))
"""What of the files above may stay: who made the scanner, and codes that mean the same everywhere."""


def secrets_of(paths: Iterable[Path]) -> set[str]:
    """Return all that must not be found in copies of some files."""
    found: set[str] = {SECRET, SECRET.upper(), SECRET.lower(), "Maria"}
    for path in paths:
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        codes = {
            text
            for element in ds.iterall()
            if element.VR == "SQ"
            for item in element.value or ()
            if item.get("CodingSchemeDesignator") in ("DCM", "SCT", "UCUM")
            for text in texts_of(item)
        }
        for text in texts_of(ds):
            plain = text not in STAYS and text not in codes and not text.startswith("1.2.840.10008.")
            if plain and len(text) > 3 and not text.startswith("ALN demo"):
                found.add(text)
                found |= {part for part in text.split("^") if len(part) > 3}
    return found


def leaks(secrets: Iterable[str], folder: Path) -> list[tuple[str, str]]:
    """Return (secret, file) of everything found in the names and bytes of the files of a folder."""
    found = []
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        for secret in secrets:
            if (
                secret.encode() in data
                or secret.encode("gb18030", "ignore") in data
                or secret in str(path.name)
            ):
                found.append((secret, path.name))
    return found


def standard_errors(path: Path) -> list[str]:
    """Return what dciodvfy calls an error."""
    done = subprocess.run(["dciodvfy", path], capture_output=True, text=True, errors="replace", check=False)
    return [line for line in (done.stderr + done.stdout).splitlines() if line.startswith("Error")]
