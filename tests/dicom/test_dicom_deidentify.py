"""Copies without identity: nothing of the source is left, and they are valid and belong together."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from deidentify_maker import (
    BANNER,
    REGION,
    SECRET,
    code,
    leaks,
    reference,
    screen,
    secrets_of,
    standard_errors,
    write_report,
    write_secret,
)
from dicom_maker import (
    dataset,
    jpeg_bytes,
    region_item,
    save,
    set_attributes,
    speckle,
    to_ybr,
    uid_of,
    write_encapsulated,
    write_image,
    write_ultrasound,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
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
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from alnreader.case.errors import CancelledError, CannotWriteError, NoUltrasoundError
from alnreader.case.progress import CancelToken
from alnreader.dicom import decode_pixels, discover
from alnreader.dicom.deidentify import AreaKind, Deidentifier, Options, deidentify_files
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
    assert by_meaning["Algorithm Name"].TextValue == "ALN demo"
    assert by_meaning["Person Observer Name"].PersonName == "REMOVED"
    assert by_meaning["Long Axis"].MeasuredValueSequence[0].NumericValue == 12.5
    assert by_meaning["Finding Site"].ConceptCodeSequence[0].CodeMeaning == "Left"
    assert "Subject Age" not in by_meaning
    assert len(content) == 8, "the local concept and the age are gone"


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


# ---- pixels ----


def banner(pixels: np.ndarray) -> np.ndarray:
    return pixels[BANNER[0], BANNER[1]]


def test_pixels_outside_the_regions_are_black_and_inside_as_they_were(tmp_path: Path) -> None:
    source = write_secret(tmp_path / "in" / "a.dcm")
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    before, after = decode_pixels(source), decode_pixels(path)
    assert banner(before).max() == 255
    inside = np.zeros(before.shape[:2], bool)
    inside[40:220, 20:300] = True
    assert not after[~inside].any()
    assert np.array_equal(after[inside], before[inside])
    assert pydicom.dcmread(path).ImageType[0] == "DERIVED"


def test_every_frame_of_a_compressed_cine_is_cleaned(tmp_path: Path) -> None:
    source = write_secret(tmp_path / "in" / "a.dcm", frames=4, jpeg=True)
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    ds = pydicom.dcmread(path)
    assert ds.file_meta.TransferSyntaxUID == RLELossless
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    decoded = ds.pixel_array  # pydicom's own decoder
    for frame in range(1, 5):
        after = decode_pixels(path, frame)
        assert not banner(after).any()
        assert np.array_equal(after[40:220, 20:300], decode_pixels(source, frame)[40:220, 20:300])
        assert np.array_equal(after, decoded[frame - 1])


STORED = {
    "grey": lambda grey: (grey, "MONOCHROME2", {}),
    "inverted": lambda grey: (grey, "MONOCHROME1", {}),
    "12 bits": lambda grey: (grey.astype(np.uint16) << 4, "MONOCHROME2", {"bits": 12}),
    "signed": lambda grey: ((grey.astype(np.int16) - 128) << 4, "MONOCHROME2", {"bits": 12}),
    "palette": lambda grey: (255 - grey, "PALETTE COLOR", inverse_palette()),
    "YBR_FULL": lambda grey: (to_ybr(np.repeat(grey, 3, -1)), "YBR_FULL", {}),
    "planar": lambda grey: (np.repeat(grey, 3, -1), "RGB", {"planar": True}),
    "rle": lambda grey: (np.repeat(grey, 3, -1), "RGB", {"syntax": RLELossless}),
    "jpeg 2000": lambda grey: (grey, "MONOCHROME2", {"syntax": JPEG2000Lossless}),
}


def inverse_palette() -> dict[str, object]:
    table = np.arange(255, -1, -1, dtype="<u2") * 257
    made: dict[str, object] = {}
    for colour in ("Red", "Green", "Blue"):
        made[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        made[f"{colour}PaletteColorLookupTableData"] = table.tobytes()
    return made


@pytest.mark.parametrize("kind", STORED)
def test_every_way_of_storing_pixels(kind: str, tmp_path: Path) -> None:
    values, photometric, more = STORED[kind](screen()[..., :1])
    source = write_image(
        tmp_path / "in" / "a.dcm",
        values,
        photometric,
        SequenceOfUltrasoundRegions=[REGION],
        WindowCenter=None,
        **more,
    )
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    before, after = decode_pixels(source), decode_pixels(path)
    outside = np.ones(before.shape[:2], bool)
    outside[40:220, 20:300] = False
    assert after[outside].max() <= 1, "what is shown darkest"
    if values.itemsize == 1:
        assert np.array_equal(after[~outside], before[~outside])
    else:  # stretched from minimum to maximum when shown, and the banner was the maximum
        stored = pydicom.dcmread(path).pixel_array
        assert np.array_equal(stored[~outside], values[0, ..., 0][~outside])


@pytest.mark.parametrize("picture", ["fills the frame", "two sectors", "grown onto a bar", "black"])
def test_what_cannot_be_told_is_refused_and_not_guessed(picture: str, tmp_path: Path) -> None:
    pixels = np.zeros((240, 320, 3), np.uint8)
    texture = speckle(400, 320)[0][60:300]
    if picture == "fills the frame":
        pixels = texture.copy()
    elif picture == "two sectors":
        pixels[20:220, 5:150], pixels[20:220, 170:315] = texture[20:220, 5:150], texture[20:220, 170:315]
    elif picture == "grown onto a bar":
        pixels[0:40] = 200
        pixels[40:220, 100:220] = texture[40:220, 100:220]
    write_ultrasound(tmp_path / "in" / "a.dcm", pixels)
    with pytest.raises(NoUltrasoundError, match="cannot be told where the ultrasound ends"):
        deidentify_files([tmp_path / "in"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out", Options(whole_pictures=True)).written
    assert np.array_equal(decode_pixels(path), pixels)
    codes = [item.CodeValue for item in pydicom.dcmread(path).DeidentificationMethodCodeSequence]
    assert "113101" not in codes, "pixels were not cleaned"
    areas = {str(tmp_path / "in" / "a.dcm"): [(10, 50, 19, 59)]}
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "two", Options(areas=areas)).written
    after = decode_pixels(path)
    assert np.array_equal(after[50:60, 10:20], pixels[50:60, 10:20])
    after[50:60, 10:20] = 0
    assert not after.any()


def test_regions_that_cover_the_whole_screen_are_not_believed(tmp_path: Path) -> None:
    write_secret(
        tmp_path / "in" / "a.dcm", SequenceOfUltrasoundRegions=[region_item(0, 0, 319, 239)], regions=False
    )
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    assert worker.items[0].area is AreaKind.DETECTED


def test_a_capture_uses_the_regions_of_its_source(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    write_secret(
        tmp_path / "in" / "c.dcm",
        regions=False,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
        ConversionType="WSD",
        SourceImageSequence=[reference("a.dcm")],
    )
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    assert [item.area for item in worker.items] == [AreaKind.REGIONS, AreaKind.SOURCE]
    for path in worker.write(tmp_path / "out").written:
        assert not banner(decode_pixels(path)).any()


def test_png_pictures(tmp_path: Path) -> None:
    folder = tmp_path / f"{SECRET} Maria"
    folder.mkdir()
    info = PngInfo()
    info.add_text("Comment", SECRET)
    Image.fromarray(screen()[0]).save(folder / f"{SECRET}.png", pnginfo=info)
    (path,) = deidentify_files([folder], tmp_path / "out").written
    assert leaks({SECRET, "Maria"}, tmp_path / "out") == []
    with Image.open(path) as image:
        assert not image.info
        assert not banner(np.asarray(image)).any()


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
    path = write_secret(tmp_path / "a.dcm")
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
    for text in ("sleeve", "Ann", "伟", "AB-47110", "St. Mary", "1", "", "Marys"):
        assert not words.found_in(text), text


@given(st.text(max_size=20), st.text(max_size=8), st.text(max_size=8))
def test_any_name_is_found_again_between_spaces(name: str, before: str, behind: str) -> None:
    words = Words()
    words.add_name(name)
    if len(words):
        assert words.found_in(f"{before} {name} {behind}")


def test_nothing_stays_in_the_code_streams(tmp_path: Path) -> None:
    """JPEG has room for comments, uncompressed pixels for more frames and bytes than are declared."""
    stream = jpeg_bytes(screen()[0], comment=f"{SECRET} was here")
    path = write_encapsulated(
        tmp_path / "in" / "a.dcm",
        [stream],
        (1, 240, 320, 3),
        "YBR_FULL_422",
        JPEGBaseline8Bit,
        SequenceOfUltrasoundRegions=[REGION],
    )
    assert SECRET.encode() in path.read_bytes()
    longer = write_secret(tmp_path / "in" / "b.dcm")
    ds = pydicom.dcmread(longer)
    ds.PixelData = ds.PixelData + SECRET.encode() * 2
    ds.save_as(longer, enforce_file_format=True)
    written = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert len(written) == 2
    assert leaks({SECRET}, tmp_path / "out") == []
    assert [path for path in written if pydicom.dcmread(path).preamble != bytes(128)] == []


@pytest.mark.parametrize(("picture", "believed"), [("speckle", True), ("bar", False), ("banner", False)])
def test_regions_of_the_whole_screen_need_a_picture_that_agrees(
    picture: str, believed: bool, tmp_path: Path
) -> None:
    pixels = speckle(400, 320)[0][60:300].copy()
    if picture == "bar":
        pixels[:24] = 180
        pixels[6:18, 20:120:3] = 0  # letters
    elif picture == "banner":
        pixels[:40] = screen()[0][:40]
    write_ultrasound(
        tmp_path / "in" / "a.dcm", pixels, SequenceOfUltrasoundRegions=[region_item(0, 0, 319, 239)]
    )
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    (item,) = worker.items
    assert (item.area is AreaKind.REGIONS) is believed
    if believed:
        (path,) = worker.write(tmp_path / "out").written
        assert np.array_equal(decode_pixels(path), pixels)
    elif item.writable:
        after = worker.preview(item).after
        assert after is not None
        assert not after[:20].any(), "found, and the banner is gone"
