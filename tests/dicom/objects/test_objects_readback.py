"""What is written comes back: regions, values, reads, names, whatever the masks and the letters are."""

from __future__ import annotations

import dataclasses
import datetime
import io
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from objects_readings import (
    FINAL,
    FIRST,
    LATER,
    WHEN,
    all_text,
    amended,
    case_in,
    draft,
    export,
    faults,
    judged,
    outlined,
    pending,
    reading_of_case,
    signed,
    write_case,
)
from report_readings import MODEL

from alnreader.case.assessment import Decision
from alnreader.case.errors import InvalidValueError, UnreadableInputError
from alnreader.case.image import ImageKey
from alnreader.case.measure import measure
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.case.score import DEMONSTRATION_BANNER, EMPTY_BAG, ScopeWarning, SeenScore
from alnreader.dicom.objects import codes, groups
from alnreader.dicom.objects.equipment import Maker, new_uid
from alnreader.dicom.objects.readback import Quantity, read_report
from alnreader.dicom.objects.report import Evidence, structured_report
from alnreader.dicom.objects.segmentation import segmentation
from alnreader.dicom.objects.source import Source, sources_of
from alnreader.dicom.objects.text import (
    UNICODE,
    fitting_charset,
    from_stamp,
    one_line,
    person,
    plain_person,
    stamp,
)
from alnreader.report.objects import Choices

SR = Choices(True, False, False, False)


def test_the_whole_case_comes_back(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 3, frames=5))
    case = dataclasses.replace(case, excluded=frozenset({case.images[1].key}))
    reading = reading_of_case(case, signed())
    score = reading.score
    assert score is not None
    read = export(reading, tmp_path / "out", SR).read()
    assert (read.complete, read.verified, read.mode) == (True, True, "blinded; signed")
    assert (read.patient_id, read.patient_name) == ("P1", "Doe^Jane")
    assert read.comments[0] == DEMONSTRATION_BANNER
    assert read.probability == pytest.approx(score.probability, abs=1e-6)
    assert read.threshold == pytest.approx(score.threshold, abs=1e-6)
    assert read.interval == pytest.approx(score.interval, abs=1e-6)
    assert read.baseline == pytest.approx(score.baseline, abs=1e-6)
    assert read.above_threshold is score.above_threshold
    model = score.run.model
    assert read.model is not None
    assert (read.model.name, read.model.version) == (model.name, model.version)
    assert any(model.sha256 in text for text in read.model.parameters)
    assert DEMONSTRATION_BANNER in read.model.parameters
    assert read.first_read == FIRST
    assert read.final_read is not None
    assert read.final_read.assessment == FINAL
    assert read.final_read.decision is Decision.CHANGED
    assert read.final_read.reason == "The score drew my eye to the hilum."
    assert (read.final_read.signed_by, read.final_read.signed) == ("李四", LATER)
    assert [image.key for image in read.images] == [image.key for image in case.images]
    for image, mine in zip(read.images, case.images, strict=True):
        entry = score.image(mine.key)
        assert image.probability == pytest.approx(entry.probability, abs=1e-6)
        assert image.kind_probability == pytest.approx(entry.kind_probability, abs=1e-6)
        assert image.contribution == pytest.approx(entry.contribution, abs=1e-6)
        assert image.included is (mine.key not in case.excluded)
        for found, region in zip(image.regions, case.regions_of(mine.key), strict=True):
            assert np.array_equal(found.region.mask, region.mask)
            assert (found.region.kind, found.region.origin, found.region.confirmed) == (
                region.kind,
                region.origin,
                region.confirmed,
            )
            measured = measure(region.mask, mine.calibration)
            assert found.long_axis.unit == found.short_axis.unit == "mm"
            assert found.area.unit == "mm2"
            assert found.long_axis.value == pytest.approx(measured.long_axis.length_mm, abs=1e-3)
            assert found.short_axis.value == pytest.approx(measured.short_axis.length_mm, abs=1e-3)
            assert found.area.value == pytest.approx(measured.area_mm2, abs=1e-3)


def test_an_amended_reading_keeps_what_was_signed_before(tmp_path: Path) -> None:
    human = amended()
    read = export(
        reading_of_case(outlined(write_case(tmp_path / "in", 1)), human), tmp_path / "out", SR
    ).read()
    assert [final.assessment for final in read.superseded] == [FINAL]
    assert read.final_read is not None
    assert (read.final_read.amendment_reason, read.final_read.signed_by) == ("wrong side", "王五")


def test_a_final_read_that_nobody_signed_is_pending(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    read = export(reading_of_case(case, pending()), tmp_path / "out", SR).read()
    assert (read.final_read, read.verified) == (None, False)
    assert read.pending is not None
    assert (read.pending.signed_by, read.pending.signed) == ("", None)


def test_what_was_signed_counts_until_the_amendment_is_signed(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    human = signed().with_amendment("wrong side").with_final_read(FIRST, "")
    read = export(reading_of_case(case, human), tmp_path / "out", SR).read()
    assert (read.complete, read.verified, read.superseded) == (False, False, ())
    assert read.final_read is not None
    assert read.final_read.assessment == FINAL
    assert read.pending is not None
    assert read.pending.assessment == FIRST


def test_pixels_are_not_written_as_millimetres(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1, SequenceOfUltrasoundRegions=None))
    (image,) = export(reading_of_case(case), tmp_path / "out", SR).read().images
    measured = measure(case.regions_of(image.key)[0].mask, ())
    found = image.regions[0]
    assert found.long_axis == Quantity(round(measured.long_axis.length_px, 3), "{pixels}")
    assert {found.short_axis.unit, found.area.unit} == {"{pixels}"}
    assert "No value in millimetres: The picture carries no calibration." in found.comments


def test_an_area_partly_outside_the_scale_is_in_pixels_beside_axes_in_mm(tmp_path: Path) -> None:
    from dicom_maker import region_item

    case = write_case(
        tmp_path / "in", 1, SequenceOfUltrasoundRegions=[region_item(x0=20, y0=0, x1=127, y1=95)]
    )
    image = case.images[0]
    mask = np.zeros((image.rows, image.columns), dtype=np.bool_)
    mask[30:50, 30:80] = True
    mask[40, 15:30] = True
    mask[20:60, 60] = True
    case = dataclasses.replace(case, regions={image.key: (Region(mask, RegionKind.TUMOUR),)})
    measured = measure(mask, image.calibration)
    (found,) = export(reading_of_case(case), tmp_path / "out", SR).read().images[0].regions
    expected = "mm" if measured.long_axis.length_mm is not None else "{pixels}"
    assert (found.long_axis.unit, found.area.unit) == (expected, "{pixels}")
    assert measured.reason in " ".join(found.comments)


def test_nothing_outlined_is_still_a_report(tmp_path: Path) -> None:
    case = write_case(tmp_path / "in", 2)
    written = export(reading_of_case(case), tmp_path / "out", SR)
    assert list(written.datasets) == ["sr.dcm"]
    assert [image.regions for image in written.read().images] == [(), ()]
    assert faults(written.written.paths[0]) == []


def test_a_report_without_a_score_says_no_number(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    reading = dataclasses.replace(reading_of_case(case, draft()), score=None, heat_maps={})
    written = export(reading, tmp_path / "out", SR)
    assert written.read().probability is None
    assert written.read().model is None
    assert all(faults(path) == [] for path in written.written.paths)


def test_foreign_reports_and_missing_segmentations_are_refused(tmp_path: Path) -> None:
    written = export(reading_of_case(outlined(write_case(tmp_path / "in", 1))), tmp_path / "out", SR)
    with pytest.raises(UnreadableInputError, match="is missing"):
        read_report(written.sr, [])
    foreign = pydicom.dcmread(written.written.paths[-1])
    foreign.ContentTemplateSequence[0].TemplateIdentifier = "2000"
    with pytest.raises(UnreadableInputError, match="TID 1500"):
        read_report(foreign, written.kind("seg"))
    with pytest.raises(UnreadableInputError):
        read_report(written.kind("seg")[0], [])


# ---- masks ----


@cache
def _source() -> tuple[Source, Maker]:
    """One written picture that all examples refer to."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        case = write_case(Path(folder), 1)
        (source,) = sources_of(case)
    return source, Maker(None, datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC))


MASKS = st.lists(
    st.tuples(
        arrays(np.bool_, (96, 128), elements=st.booleans(), fill=st.just(False)).filter(lambda m: m.any()),
        st.sampled_from(RegionKind),
        st.sampled_from(Origin),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25)
@given(MASKS)
def test_any_masks_come_back(drawn: list[tuple[Any, RegionKind, Origin, bool]]) -> None:
    source, maker = _source()
    regions = [Region(mask, kind, origin, confirmed) for mask, kind, origin, confirmed in drawn]
    segments = segmentation(source, regions, maker, new_uid(), new_uid(), 1)
    stream = io.BytesIO()
    segments.save_as(stream)
    stream.seek(0)
    again = pydicom.dcmread(stream)
    pixels = np.asarray(again.pixel_array).reshape(-1, 96, 128)
    assert len(pixels) == len(regions)
    for number, region in enumerate(regions):
        assert np.array_equal(pixels[number] > 0, region.mask)


def test_a_segmentation_without_a_region_is_refused() -> None:
    source, maker = _source()
    with pytest.raises(InvalidValueError, match="nothing outlined"):
        segmentation(source, [], maker, new_uid(), new_uid(), 1)


def test_two_frames_of_one_cine_are_told_apart(tmp_path: Path) -> None:
    case = write_case(tmp_path / "in", 0, frames=6)
    cine = case.images[0]
    images = (cine.at_frame(2), cine.at_frame(5))
    masks = [np.zeros((96, 128), dtype=np.bool_) for _ in images]
    masks[0][10:20, 10:30], masks[1][50:60, 70:90] = True, True
    regions = {
        image.key: (Region(mask, RegionKind.LYMPH_NODE),) for image, mask in zip(images, masks, strict=True)
    }
    case = dataclasses.replace(case, images=images, regions=regions)
    written = export(reading_of_case(case), tmp_path / "out")
    assert all(faults(path) == [] for path in written.written.paths)
    read = written.read()
    assert [image.key for image in read.images] == [ImageKey(cine.key.uid, 2), ImageKey(cine.key.uid, 5)]
    for image, mask in zip(read.images, masks, strict=True):
        assert np.array_equal(image.regions[0].region.mask, mask)


# ---- letters ----

NAMES = {
    "UTF-8": ("ISO_IR 192", "Wang^XiaoDong=王^小东=", "ISO_IR 192"),
    "GB18030": ("GB18030", "Wang^XiaoDong=王^小东", "GB18030"),
    "Latin": ("ISO_IR 100", "Müller^Änne^von^Dr.^MSc", "ISO_IR 100"),
    "ASCII": (None, "Doe^Jane^Q^Prof.^Jr", None),
    "one component": (None, "Bono", None),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_sources_letters_are_kept(name: str, tmp_path: Path) -> None:
    declared, patient, expected = NAMES[name]
    case = outlined(write_case(tmp_path / "in", 1, SpecificCharacterSet=declared, PatientName=patient))
    human = draft() if name not in ("ASCII", "one component") else None
    if human is not None:
        first = dataclasses.replace(FIRST, reader="Anna Mueller", remarks="")
        human = human.with_first_read(first)
    written = export(reading_of_case(case, human, site=""), tmp_path / "out", Choices())
    for file, dataset in written.datasets.items():
        assert str(dataset.PatientName) == patient.rstrip("="), file
        kept = dataset.get("SpecificCharacterSet")
        assert (list(kept) if isinstance(expected, list) else kept) == expected
    assert all(faults(path) == [] for path in written.written.paths)


def test_letters_that_the_source_cannot_write_need_unicode(tmp_path: Path) -> None:
    case = outlined(
        write_case(tmp_path / "in", 1, SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Eva")
    )
    written = export(reading_of_case(case, signed()), tmp_path / "out", SR)
    for dataset in written.datasets.values():
        assert dataset.SpecificCharacterSet == UNICODE
        assert str(dataset.PatientName) == "Müller^Eva"
    assert written.read().final_read.signed_by == "李四"  # type: ignore[union-attr]


def test_a_wrong_label_is_put_right(tmp_path: Path) -> None:
    raw = "张^三".encode("gb18030")
    case = write_case(tmp_path / "in", 1, SpecificCharacterSet="ISO_IR 100", PatientName="xx^yy")
    path = tmp_path / "in" / "IM0.dcm"
    path.write_bytes(path.read_bytes().replace(b"xx^yy\x20", raw + b"\x20" * (6 - len(raw))))
    case = outlined(case_in(tmp_path / "in"))
    assert str(case.patient.name) == "张三"
    written = export(reading_of_case(case), tmp_path / "out", SR)
    assert {str(dataset.PatientName) for dataset in written.datasets.values()} == {"张^三"}
    assert {dataset.SpecificCharacterSet for dataset in written.datasets.values()} == {UNICODE}


@given(
    st.lists(st.text(max_size=30), max_size=3), st.sampled_from([(), ("ISO_IR 100",), ("GB18030",), ("X",)])
)
def test_a_character_set_that_fits_is_always_found(texts: list[str], declared: tuple[str, ...]) -> None:
    clean = [one_line(text) for text in texts]
    chosen = fitting_charset(declared, clean)
    assert chosen in (declared, (), (UNICODE,))
    assert chosen != ("X",)
    assert chosen or all(text.isascii() for text in clean)
    dataset = pydicom.Dataset()
    if chosen:
        dataset.SpecificCharacterSet = list(chosen)
    dataset.TextValue = "|".join(clean)
    stream = io.BytesIO()
    dataset.save_as(stream, implicit_vr=False, little_endian=True)
    stream.seek(0)
    again = pydicom.filereader.read_dataset(stream, False, True)
    assert again.TextValue == dataset.TextValue.rstrip(" ")


@pytest.mark.parametrize(
    ("declared", "text", "chosen"),
    [
        ((), "Doe", ()),
        ((), "Müller", (UNICODE,)),
        (("",), "Müller", (UNICODE,)),
        (("ISO_IR 100",), "Müller", ("ISO_IR 100",)),
        (("ISO_IR 100",), "王", (UNICODE,)),
        (("ISO_IR 144",), "Иванов", ("ISO_IR 144",)),
        (("GB18030",), "王 Müller", ("GB18030",)),
        (("", "ISO 2022 IR 149"), "김", ("", "ISO 2022 IR 149")),
        (("", "ISO 2022 IR 149"), "ü", (UNICODE,)),
        (("", "ISO 2022 IR 149"), "Hong^Gildong=洪^吉洞=홍^길동", ("", "ISO 2022 IR 149")),
        (("", "ISO 2022 IR 87"), "Yamada^Tarou=山田^太郎=やまだ^たろう", ("", "ISO 2022 IR 87")),
        (("", "ISO 2022 IR 58"), "Zhang^XiaoDong=张^小东", ("", "ISO 2022 IR 58")),
        (("", "ISO 2022 IR 58"), "李^玥", (UNICODE,)),
        (("", "ISO 2022 IR 58"), "one\r\n张 two\r\n\r\nthree 小", ("", "ISO 2022 IR 58")),
        (("ISO_IR 999",), "Doe", ()),
    ],
)
def test_the_character_set_that_is_chosen(
    declared: tuple[str, ...], text: str, chosen: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    assert fitting_charset(declared, [text, "plain", ""]) == chosen
    assert caplog.records == []


@given(st.text(max_size=90))
def test_a_line_fits_its_limit(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 64
    assert "\\" not in line
    assert line == line.strip()


@given(st.text(alphabet=st.characters(exclude_characters="^=\\", exclude_categories=("C", "Z")), max_size=40))
def test_a_typed_name_comes_back(name: str) -> None:
    assert plain_person(person(name)) == name


def test_odd_words_of_a_reader_do_not_stop_the_export(tmp_path: Path) -> None:
    first = dataclasses.replace(FIRST, reader="Lee=Ann\\=x=y", remarks="\x01\ud800" + "long " * 3000)
    case = outlined(write_case(tmp_path / "in", 1))
    written = export(reading_of_case(case, draft().with_first_read(first)), tmp_path / "out", SR)
    read = written.read().first_read
    assert read is not None
    assert read.reader == "Lee-Ann/-x-y"
    assert read.remarks.startswith("\ufffdlong long")
    bare = dataclasses.replace(FIRST, remarks="\x01")
    written = export(reading_of_case(case, draft().with_first_read(bare)), tmp_path / "bare", SR)
    assert written.read().first_read.remarks == "-"  # type: ignore[union-attr]
    assert all(faults(path) == [] for path in written.written.paths)


@given(
    st.datetimes(min_value=datetime.datetime(1950, 1, 1), max_value=datetime.datetime(2100, 1, 1)),
    st.integers(-11 * 60, 14 * 60),
)
def test_a_time_comes_back_to_the_second(moment: datetime.datetime, minutes: int) -> None:
    zone = datetime.timezone(datetime.timedelta(minutes=minutes))
    when = moment.replace(microsecond=0, tzinfo=zone)
    assert from_stamp(stamp(when)) == when


def test_where_no_image_counts_no_probability_is_written(tmp_path: Path) -> None:
    """A PACS that reads the numbers alone must not take the model's starting point for a result."""
    case = outlined(write_case(tmp_path / "in", 2))
    case = dataclasses.replace(case, excluded=frozenset(image.key for image in case.images))
    full = reading_of_case(case)
    assert full.score is not None
    empty = ScopeWarning(EMPTY_BAG, groups.NO_IMAGE)
    images = tuple(dataclasses.replace(entry, included=False) for entry in full.score.images)
    score = dataclasses.replace(full.score, images=images, warnings=(empty,))
    assert score.of_no_image
    made = export(dataclasses.replace(full, score=score), tmp_path / "out", SR)
    read = made.read()
    assert (read.probability, read.interval, read.above_threshold) == (None, None, None)
    assert [image.contribution for image in read.images] == [None, None]
    assert read.threshold == pytest.approx(score.threshold, abs=1e-6)
    assert groups.NO_IMAGE in read.comments
    meanings = [str(element.value) for element in made.sr.iterall() if element.keyword == "CodeMeaning"]
    assert not {codes.PATIENT_PROBABILITY.meaning, codes.ABOVE_THRESHOLD.meaning} & set(meanings)
    if shutil.which("dciodvfy"):
        judged(tmp_path / "out" / "sr.dcm")


def test_what_the_reader_was_shown_is_told_and_is_not_the_result(tmp_path: Path) -> None:
    """A reading that was signed after its score had gone; the amendment has one."""
    case = outlined(write_case(tmp_path / "in", 1))
    seen = (SeenScore(WHEN, 0.561, 0.42),)
    bare = dataclasses.replace(
        reading_of_case(case, amended()), score=None, heat_maps={}, model=MODEL, seen=seen
    )
    made = export(dataclasses.replace(bare, signed_probabilities=(0.25, None)), tmp_path / "out", SR)
    read = made.read()
    assert (read.probability, read.threshold, read.above_threshold) == (None, None, None)
    assert read.revealed == seen[0]
    assert [final.probability for final in read.superseded] == [0.25]
    assert read.final_read is not None
    assert read.final_read.probability is None
    # A PACS that reads the numbers alone must not take what was shown for a result.
    meanings = [str(element.value) for element in made.sr.iterall() if element.keyword == "CodeMeaning"]
    assert codes.PATIENT_PROBABILITY.meaning not in meanings
    assert meanings.count(codes.SHOWN_PROBABILITY.meaning) == 2
    text = all_text(made.sr)
    assert groups.NONE_SIGNED in text
    assert MODEL.sha256 in text
    if shutil.which("dciodvfy"):
        judged(tmp_path / "out" / "sr.dcm")


@pytest.mark.parametrize("scored", [False, True])
def test_nothing_of_what_was_shown_before_the_reveal(scored: bool, tmp_path: Path) -> None:
    reading = reading_of_case(outlined(write_case(tmp_path / "in", 1)), draft())
    reading = dataclasses.replace(
        reading, score=reading.score if scored else None, model=MODEL, seen=(SeenScore(WHEN, 0.561, 0.42),)
    )
    made = export(reading, tmp_path / "out", SR)
    assert made.read().revealed is None
    text = all_text(made.sr)
    assert "0.561" not in text
    assert codes.SHOWN_PROBABILITY.meaning not in text


def test_codes_are_told_apart() -> None:
    """Two answers under one code could not be read back."""
    from alnreader.dicom.objects import codes

    by_code = {(code.value, code.scheme_designator) for code in codes.ANSWERS.values()}
    assert len(by_code) == len(codes.ANSWERS)
    for answer, code in codes.ANSWERS.items():
        assert codes.answer_of(code, type(answer)) is answer
    own = [
        value
        for value in vars(codes).values()
        if isinstance(value, tuple) and hasattr(value, "scheme_designator")
    ]
    values = [(code.value, code.scheme_designator) for code in own]
    assert len(values) == len(set(values))
    assert all(len(code.value) <= 16 and len(code.meaning) <= 64 for code in (*own, *codes.ANSWERS.values()))


def test_a_report_of_no_image_is_refused() -> None:
    source, maker = _source()
    with pytest.raises(ValueError, match="at least one image"):
        structured_report(None, Evidence((), {}), maker, new_uid(), new_uid())  # type: ignore[arg-type]
    assert groups.PATIENT != groups.FIRST_READ
    assert source.number == 1
