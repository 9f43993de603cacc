"""Attribute by attribute: the profile's table is obeyed, whatever a data set nests and breaks."""

from __future__ import annotations

from pathlib import Path

import pydicom
from deidentify_maker import SECRET, code, leaks, write_secret
from dicom_maker import set_attributes
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from alnreader.dicom.deidentify import deidentify_files
from alnreader.dicom.deidentify.clean import Cleaner
from alnreader.dicom.deidentify.identity import Words
from alnreader.dicom.deidentify.mapping import Pseudonyms
from alnreader.dicom.deidentify.rules import KEPT_TEXT, Fate, fate
from alnreader.dicom.deidentify.table import BASIC_PROFILE

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
