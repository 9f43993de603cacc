"""What is not listed does not stay: bytes, UIDs, numbers, code strings, codes and what a report says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from deidentify_maker import (
    SECRET,
    code,
    content_item,
    leaks,
    screen,
    valid_region,
    write_report,
    write_secret,
)
from dicom_maker import dataset, save, write_image
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import RLELossless, SegmentationStorage

from alnreader.case.errors import NoUltrasoundError
from alnreader.dicom import decode_pixels
from alnreader.dicom.deidentify import Deidentifier, Options, deidentify_files
from alnreader.dicom.deidentify.rules import Fate

DUMP = b"dump of Xylophon "
"""Bytes, an even number of them."""


def changed(path: Path, **attributes: object) -> Path:
    ds = pydicom.dcmread(path)
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
        if value is DUMP and keyword != "EncapsulatedDocument":
            ds[keyword].VR = "OB"
    ds.save_as(path, enforce_file_format=True)
    return path


def item_with(**attributes: object) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    if "PixelData" in item:
        item["PixelData"].VR = "OB"
    return item


# ---- bytes ----


def test_bytes_stay_nowhere(tmp_path: Path) -> None:
    """A document in a picture, pixels in a report or in an item, a table that is a text."""
    deep = item_with(PixelData=DUMP, Rows=1, Columns=17)
    table = item_with(LUTDescriptor=[17, 0, 8], LUTData=DUMP + b"!", ModalityLUTType=SECRET)
    table["LUTData"].VR = "OW"
    changed(
        write_secret(tmp_path / "in" / "a.dcm"),
        EncapsulatedDocument=DUMP,
        MIMETypeOfEncapsulatedDocument="application/pdf",
        BasicGrayscaleImageSequence=[deep],
        AnatomicRegionSequence=[item_with(EncapsulatedDocument=DUMP)],
        ModalityLUTSequence=[table],
        RedPaletteColorLookupTableData=DUMP,
    )
    changed(write_report(tmp_path / "in" / "r.dcm"), PixelData=DUMP, EncapsulatedDocument=DUMP)
    written = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert len(written) == 2
    assert leaks({SECRET}, tmp_path / "out") == []


@pytest.mark.parametrize("steady", [True, False])
def test_a_table_of_grey_values_is_written_anew_where_it_is_one(steady: bool, tmp_path: Path) -> None:
    values = screen()[..., :1]
    entries = np.arange(255, -1, -1, dtype=np.uint8)
    if not steady:
        entries[:256] = np.frombuffer(DUMP * 16, np.uint8)[:256]
    table = item_with(LUTDescriptor=[256, 0, 8], ModalityLUTType="US")
    table.add_new("LUTData", "OW", entries.tobytes() + DUMP)
    source = write_image(tmp_path / "in" / "a.dcm", values, "MONOCHROME2", ModalityLUTSequence=[table])
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out", Options(whole_pictures=True)).written
    assert leaks({SECRET}, tmp_path / "out") == []
    assert ("ModalityLUTSequence" in pydicom.dcmread(path)) is steady
    if steady:
        assert np.array_equal(decode_pixels(path), decode_pixels(source))


def write_outlines(path: Path, **more: object) -> Path:
    pixels = np.zeros(30 * 40, np.uint8)
    pixels[300:700] = 1
    packed = np.packbits(pixels, bitorder="little").tobytes()
    attributes = {
        "SOPClassUID": SegmentationStorage,
        "Modality": "SEG",
        "PatientID": "1",
        "SegmentationType": "BINARY",
        "Rows": 30,
        "Columns": 40,
        "NumberOfFrames": 1,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 1,
        "BitsStored": 1,
        "HighBit": 0,
        "PixelRepresentation": 0,
        "PixelData": packed,
        **more,
    }
    ds = dataset(path.name, **attributes)
    ds["PixelData"].VR = "OB"
    return save(ds, path)


def test_of_a_segmentation_the_outlines_stay_and_nothing_behind_them(tmp_path: Path) -> None:
    plain = pydicom.dcmread(write_outlines(tmp_path / "plain.dcm")).PixelData
    write_outlines(tmp_path / "in" / "s.dcm", PixelData=plain + DUMP)
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert leaks({SECRET}, tmp_path / "out") == []
    assert pydicom.dcmread(path).PixelData == plain


def test_what_an_object_needs_stays(tmp_path: Path) -> None:
    """Functional groups that share nothing, and the templates of a report's parts."""
    write_outlines(tmp_path / "in" / "s.dcm", SharedFunctionalGroupsSequence=[Dataset()])
    path = write_report(tmp_path / "in" / "t.dcm")
    ds = pydicom.dcmread(path)
    for item, number in zip(ds.ContentSequence, ("1410", "61023"), strict=False):
        item.ContentTemplateSequence = [item_with(MappingResource="DCMR", TemplateIdentifier=number)]
    ds.save_as(path, enforce_file_format=True)
    outlines, report = (
        pydicom.dcmread(path) for path in deidentify_files([tmp_path / "in"], tmp_path / "out").written
    )
    assert len(outlines.SharedFunctionalGroupsSequence) == 1
    assert report.ContentSequence[0].ContentTemplateSequence[0].TemplateIdentifier == "1410"
    assert "ContentTemplateSequence" not in report.ContentSequence[1]


@pytest.mark.parametrize("kind", ["shades", "shades said to be outlines", "compressed", "cut off"])
def test_other_segmentations_are_refused(kind: str, tmp_path: Path) -> None:
    more: dict[str, object] = {"PixelData": bytes(100)}
    if kind.startswith("shades"):
        more = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelData": bytes(1200)}
        more |= {} if "said" in kind else {"SegmentationType": "FRACTIONAL"}
    path = write_outlines(tmp_path / "in" / "s.dcm", **more)
    if kind == "compressed":
        ds = pydicom.dcmread(path)
        ds.PixelData = pydicom.encaps.encapsulate([DUMP + b"!"])
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = RLELossless
        ds.save_as(path, enforce_file_format=True)
    with pytest.raises(
        NoUltrasoundError, match="cut off" if kind == "cut off" else "only segmentations of out"
    ):
        deidentify_files([tmp_path / "in"], tmp_path / "out")


# ---- UIDs ----


def test_a_number_under_the_root_of_the_standard_is_a_number(tmp_path: Path) -> None:
    root = "1.2.840.10008.4711"
    write_secret(
        tmp_path / "in" / "a.dcm",
        StudyInstanceUID=f"{root}.1",
        SeriesInstanceUID="1.2.840.10008.5.1.4.1.1.6.1",
        ReferencedImageSequence=[
            item_with(ReferencedSOPClassUID=f"{root}.2", ReferencedSOPInstanceUID=f"{root}.3")
        ],
    )
    report = write_report(tmp_path / "in" / "r.dcm")
    ds = pydicom.dcmread(report)
    ds.ContentSequence[8].UID = f"{root}.4"
    ds.save_as(report, enforce_file_format=True)
    written = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert leaks({root}, tmp_path / "out") == []
    image, report = (pydicom.dcmread(path) for path in written)
    assert image.SOPClassUID == "1.2.840.10008.5.1.4.1.1.6.1"
    assert image.SeriesInstanceUID != image.SOPClassUID
    reference = report.ContentSequence[-1].ReferencedSOPSequence[0]
    assert reference.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.6.1"


# ---- the patient's group, and what a report says of the patient ----


def test_of_the_patient_and_the_trial_nothing_stays(tmp_path: Path) -> None:
    path = changed(
        write_secret(tmp_path / "in" / "a.dcm"),
        PatientBodyMassIndex="23.4",
        MeasuredAPDimension="321.5",
        MeasuredLateralDimension="322.5",
        PatientSexNeutered="ALTERED",
        ResponsiblePersonRole="MOTHER",
        LongitudinalTemporalOffsetFromEvent=4711.5,
        ClinicalTrialProtocolID="trial",
    )
    for options, kept in ((Options(), set()), (Options(characteristics=True), {0x00101010, 0x00101030})):
        (written,) = deidentify_files([path], tmp_path / f"out{options.characteristics}", options).written
        ds = pydicom.dcmread(written)
        stays = {int(tag) for tag in ds._dict if tag.group in (0x0010, 0x0012)}
        assert stays == {
            *(0x00100010, 0x00100020, 0x00100030, 0x00100040, 0x00120062, 0x00120063, 0x00120064),
            *kept,
        }


def measured(value: str, unit: str) -> Dataset:
    return item_with(NumericValue=value, MeasurementUnitsCodeSequence=[code(unit, "UCUM", unit)])


PERSONAL = [
    *(code("30525-0", "LN", "Age"), code("397669002", "SCT", "Age"), code("121033", "DCM", "Subject Age")),
    *(code("27113001", "SCT", "Body Weight"), code("8277-6", "LN", "BSA"), code("50373000", "SCT", "Height")),
    *(code("263495000", "SCT", "Gender"), code("364699009", "SCT", "Ethnic Group")),
    *(code("121032", "DCM", "Subject Sex"), code("11977-6", "LN", "Parity")),
]


def test_a_report_says_nothing_of_its_subject_in_any_scheme(tmp_path: Path) -> None:
    items = [
        content_item("NUM", name, MeasuredValueSequence=[measured("61.5", unit)])
        for name in PERSONAL
        for unit in ("1", "cm", "a")
    ]
    long_axis = code("103339001", "SCT", "Long axis")
    items += [content_item("NUM", long_axis, MeasuredValueSequence=[measured("1961", unit)]) for unit in "ad"]
    site = code("363698007", "SCT", "Finding Site")
    for said in (code("121026", "DCM", "Fetus"), code("111532", "DCM", "Pregnancy Status")):
        items.append(content_item("CODE", code("111532", "DCM", "x"), ConceptCodeSequence=[said]))
        items.append(content_item("CODE", site, ConceptCodeSequence=[said]))
    items.append(content_item("TEXT", code("111002", "DCM", "x"), TextValue="for Hildegard on ward 7"))
    path = write_report(tmp_path / "in" / "r.dcm")
    ds = pydicom.dcmread(path)
    before = len(ds.ContentSequence)
    ds.ContentSequence.extend(items)
    ds.save_as(path, enforce_file_format=True)
    (written,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    content = pydicom.dcmread(written).ContentSequence
    kept = [(i.ConceptNameCodeSequence[0].CodeValue, str(i.get("TextValue", ""))) for i in content]
    assert kept[before - 3 :] == [("111002", "REMOVED")], "and of those before three are gone"


# ---- code strings and codes ----


@pytest.mark.parametrize(
    ("keyword", "value", "stays"),
    [
        ("BodyPartExamined", "BREAST", "BREAST"),
        ("BodyPartExamined", "WANG XIAODONG", None),
        ("BodyPartExamined", "AUG 1961", None),
        ("ImageType", ["ORIGINAL", "PRIMARY", "AGE 63Y", "0001"], ["DERIVED", "PRIMARY", "0001"]),
        ("ImageType", ["MABUSE", "PRIMARY"], ["DERIVED", "PRIMARY"]),
        ("Laterality", "LI", None),
        ("PatientOrientation", ["PR", "H"], ["PR", "H"]),
        ("ScanOptions", "MABUSE", None),
        ("SeriesNumber", "101533", 1),
        ("SeriesNumber", "77", 77),
        ("AcquisitionNumber", "7", None),
        ("FrameTime", "40.5", 40.5),
        ("SoftwareVersions", "1340/02/03", None),
    ],
)
def test_values_that_the_standard_does_not_define_go(
    keyword: str, value: object, stays: object, tmp_path: Path
) -> None:
    write_secret(tmp_path / "in" / "a.dcm", **{keyword: value})
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    left = pydicom.dcmread(path).get(keyword)
    assert (list(left) if isinstance(stays, list) else left) == stays


def test_codes_are_written_as_their_scheme_has_them(tmp_path: Path) -> None:
    write_secret(
        tmp_path / "in" / "a.dcm",
        AnatomicRegionSequence=[code("76752008", "SCT", "Breast of aunt Hildegard")],
        ViewCodeSequence=[code("Hilde 0177555", "SCT", "Breast")],
        PrimaryAnatomicStructureSequence=[code("T-04000", "SRT", "Hildegard")],
    )
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert leaks({"Hilde", "0177555"}, tmp_path / "out") == []
    ds = pydicom.dcmread(path)
    assert ds.AnatomicRegionSequence[0].CodeMeaning == "Breast"
    assert ds.PrimaryAnatomicStructureSequence[0].CodeMeaning == "Breast"


# ---- whose files belong together ----


def patients_of(folder: Path, **attributes: list[str]) -> list[str]:
    """Write a file for each value of the attributes and return the new patient IDs in their order."""
    values = [dict(zip(attributes, row, strict=True)) for row in zip(*attributes.values(), strict=True)]
    for number, value in enumerate(values):
        write_secret(folder / f"{number}.dcm", StudyInstanceUID=f"1.2.3.{number}", **value)
    written = deidentify_files([folder], folder.parent / "out").written
    return [str(pydicom.dcmread(path, stop_before_pixels=True).PatientID) for path in written]


def test_two_persons_with_one_number_get_two_codes(tmp_path: Path) -> None:
    one, other, again = patients_of(
        tmp_path / "in",
        PatientID=["1", "1", "1"],
        PatientName=["Doe^Jane", "Meier^Ute", "DOE^JANE"],
        PatientBirthDate=["19610203", "19800101", ""],
        IssuerOfPatientID=["", "", ""],
    )
    assert one != other
    assert again == one


def test_codes_are_those_of_an_earlier_export_whatever_else_is_exported(tmp_path: Path) -> None:
    mapping, phrase = tmp_path / "m.json", "correct horse"
    codes = []
    for number, (name, born) in enumerate(
        (("Doe^Jane", "19610203"), ("Meier^Ute", "19800101"), ("Doe^J", "19610203"))
    ):
        write_secret(
            tmp_path / f"{number}" / "a.dcm",
            PatientID="1",
            PatientName=name,
            PatientBirthDate=born,
            SOPInstanceUID=f"1.2.3.{number}",
        )
        done = deidentify_files([tmp_path / f"{number}"], tmp_path / f"out{number}", None, mapping, phrase)
        codes.append(pydicom.dcmread(done.written[0]).PatientID)
    assert codes[0] == codes[2] != codes[1]


ABOUT_THE_PATIENT = (
    "HIV Positive",
    "Hispanic",
    "American Indian or Alaska native",
    "Hermaphrodite",
    "Hysterectomy",
    "Alcohol consumption",
    "Diabetic on Insulin",
    "Chewing tobacco",
    "Number of Fetuses",
    "Number of Fetuses by US",
    "Number of first-degree relatives affected by malignant melanoma",
    "Comparative Average10 Year CHD Risk",
)
ABOUT_THE_PICTURE = ("Hypoechoic", "Axillary lymph node", "Left", "Nodule", "Long axis", "Solid mass", "Area")


def test_only_codes_of_a_breast_and_its_picture_stay(tmp_path: Path) -> None:
    """Diseases, habits, descent and relatives are codes of the standard, too."""
    public = {
        concept.meaning: concept
        for scheme in ("DCM", "LN", "SCT")
        for concept in getattr(codes, scheme).concepts.values()
    }
    finding = code("121071", "DCM", "Finding")
    items = []
    for meaning in (*ABOUT_THE_PATIENT, *ABOUT_THE_PICTURE):
        known = code(public[meaning].value, public[meaning].scheme_designator, meaning)
        items.append(content_item("CODE", finding, ConceptCodeSequence=[known]))
        items.append(content_item("NUM", known, MeasuredValueSequence=[measured("3", "1")]))
    made_by = ("111001", "111003", "121014", "121015")
    items += [
        content_item("TEXT", code(value, "DCM", "x"), TextValue="for Hilde, room 7") for value in made_by
    ]
    write_report(tmp_path / "in" / "r.dcm", ContentSequence=items)
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    content = pydicom.dcmread(path).ContentSequence
    answers = {item.ConceptCodeSequence[0].CodeMeaning for item in content if item.ValueType == "CODE"}
    names = {item.ConceptNameCodeSequence[0].CodeMeaning for item in content if item.ValueType == "NUM"}
    assert answers == names == set(ABOUT_THE_PICTURE)
    assert [item.TextValue for item in content if item.ValueType == "TEXT"] == ["REMOVED"] * 4


def test_a_picture_keeps_no_content_of_a_report(tmp_path: Path) -> None:
    said = content_item("TEXT", code("121014", "DCM", "x"), TextValue="for Hilde, room 7")
    path = write_secret(tmp_path / "in" / "a.dcm", ContentSequence=[said])
    worker = Deidentifier()
    worker.survey([path])
    changes = worker.preview(worker.items[0]).changes
    assert [change.fate for change in changes if change.path.startswith("ContentSequence")] == [Fate.REMOVE]
    (written,) = worker.write(tmp_path / "out").written
    assert "ContentSequence" not in pydicom.dcmread(written)
    assert b"Hilde" not in written.read_bytes()


def test_tables_and_fractions_hold_no_dates(tmp_path: Path) -> None:
    region = valid_region()
    words = b"Born 03.02.1961"
    region.PixelComponentOrganization, region.NumberOfTableEntries = 3, len(words)
    region.TableOfPixelValues, region.TableOfParameterValues = list(words), [float(one) for one in words]
    path = write_secret(
        tmp_path / "in" / "a.dcm",
        frames=2,
        regions=False,
        SequenceOfUltrasoundRegions=[region],
        FrameTime="19610203.5",
    )
    (written,) = deidentify_files([path], tmp_path / "out").written
    ds = pydicom.dcmread(written)
    assert "TableOfPixelValues" not in ds.SequenceOfUltrasoundRegions[0]
    assert "TableOfParameterValues" not in ds.SequenceOfUltrasoundRegions[0]
    assert not ds.get("FrameTime")
    assert words not in written.read_bytes()
