"""Values that break DICOM's limits still give valid objects; identity stays the archive's where it can."""

from __future__ import annotations

import re
from pathlib import Path

import pydicom
import pytest
from dicom_maker import speckle, write_ultrasound
from objects_readings import case_in, export, outlined, reading_of_case, signed
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from alnreader.dicom.objects.text import (
    KEPT_IDENTITY,
    LONG_STRING,
    SHORT_STRING,
    identifier,
    name_value,
)
from alnreader.dicom.quiet import quiet

LIMITS = {"LO": 64, "SH": 16, "CS": 16, "ST": 1024}
"""Characters of a value (PS3.5 6.2)."""


def write_with(folder: Path, value: str, *keywords: str) -> None:
    """Write a picture with a value that no library would write."""
    path = folder / "a.dcm"
    write_ultrasound(path, speckle(48, 64)[0])
    with quiet():
        dataset = pydicom.dcmread(path)
        stored = value.encode("ascii") + b" " * (len(value) % 2)
        for keyword in keywords:
            tag = Tag(pydicom.datadict.tag_for_keyword(keyword))
            vr = pydicom.datadict.dictionary_VR(tag)
            dataset._dict[tag] = RawDataElement(tag, vr, len(stored), stored, 0, False, True)
        dataset.save_as(path)


def over_limits(dataset: Dataset) -> list[str]:
    """Every text of an object that is longer than its representation allows, or two where one is allowed."""
    found = []
    for element in dataset.iterall():
        if element.VR == "PN":
            groups = str(element.value).split("=")
            bad = len(groups) > 3 or any(len(group) > 64 for group in groups) or element.VM > 1
        elif element.VR in LIMITS:
            values = element.value if element.VM > 1 else [element.value]
            several = element.VM > 1 and pydicom.datadict.dictionary_has_tag(element.tag)
            bad = any(len(str(one)) > LIMITS[element.VR] for one in values)
            bad = bad or (several and pydicom.datadict.dictionary_VM(element.tag) == "1")
        else:
            continue
        if bad:
            found.append(f"{element.keyword}: {str(element.value)[:40]}")
    return found


KEYWORDS = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "ReferringPhysicianName",
    "StudyDescription",
    "InstitutionName",
    "AccessionNumber",
    "StudyID",
    "PatientAge",
    "PatientSex",
)


@pytest.mark.parametrize("value", ["A\\B", "A" * 10_000, "=^=\\==^^^^^=" + "b" * 100])
def test_objects_are_made_whatever_the_source_says(value: str, tmp_path: Path) -> None:
    write_with(tmp_path, value, *KEYWORDS)
    found = export(reading_of_case(outlined(case_in(tmp_path)), signed(), site=value), tmp_path / "out")
    assert found.datasets
    # Up to 255 characters an archive may file by them; a backslash goes from names all the same.
    kept_as_it_is = {"PatientID", "IssuerOfPatientID", "AccessionNumber", "StudyID"}
    if value != "A\\B":
        kept_as_it_is |= {"PatientName", "ReferringPhysicianName"}
    if len(value) > KEPT_IDENTITY:
        kept_as_it_is = set()
    for name, dataset in found.datasets.items():
        wrong = [one for one in over_limits(dataset) if one.partition(":")[0] not in kept_as_it_is]
        assert wrong == [], name


def test_an_identifier_that_is_a_little_too_long_stays_the_archive_s(tmp_path: Path) -> None:
    write_with(tmp_path, "2026-11-23-000017-MAMMA", "AccessionNumber")
    found = export(reading_of_case(outlined(case_in(tmp_path)), signed()), tmp_path / "out")
    assert {item.AccessionNumber for item in found.datasets.values()} == {"2026-11-23-000017-MAMMA"}


def test_two_patients_whose_long_identifiers_begin_alike_stay_two() -> None:
    one, other = identifier("A" * 5000 + "1"), identifier("A" * 5000 + "2")
    assert one != other
    assert len(one) == LONG_STRING
    assert identifier("A" * 5000 + "1") == one
    assert identifier("A" * 80) == "A" * 80
    assert len(identifier("A" * 300, SHORT_STRING)) == SHORT_STRING
    assert identifier("A\\B") == "A\\B"


def test_names_keep_their_groups() -> None:
    assert name_value("Wang^XiaoDong=王^小东") == "Wang^XiaoDong=王^小东"
    assert name_value("A\\B^C") == "A/B^C"
    assert name_value("a=b=c=d=e") == "a=b=c"
    assert len(name_value("x" * 300 + "=" + "y" * 300)) == 2 * LONG_STRING + 1
    assert name_value("") == ""
    assert re.fullmatch(r"A+~[0-9a-f]{16}", identifier("A" * 300))
