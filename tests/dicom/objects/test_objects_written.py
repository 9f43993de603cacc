"""What is written, held to validators and readers that are not ours."""

from __future__ import annotations

import dataclasses
import io
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from highdicom.seg import segread
from highdicom.sr import ComprehensiveSR
from objects_readings import (
    Export,
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
    references,
    signed,
    tool,
    write_case,
)
from PIL import Image
from pydicom.sr.codedict import codes
from report_readings import MODEL

from alnreader.case.case import Reading
from alnreader.case.exported import predecessor_of
from alnreader.case.region import Region, RegionKind
from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.dicom import discover
from alnreader.report.objects import Choices, exported_report, write_objects

HUMANS = {"unread": lambda: None, "draft": draft, "pending": pending, "signed": signed, "amended": amended}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Everything of a simulated patient with a cine, outlines as the truth has them."""
    from alnreader.simulation import DEMO_NAME, simulate_patient, write_dicom

    folder = tmp_path_factory.mktemp("simulated")
    patient = simulate_patient(7, 3, cine=True)
    write_dicom(patient, folder / "in", name=DEMO_NAME)
    case = outlined(case_in(folder / "in"))
    truth = {
        image.key: (Region(one.mask, RegionKind(one.kind)),)
        for image, one in zip(case.images, patient.images, strict=False)
    }
    case = dataclasses.replace(case, regions={**case.regions, **truth})
    return export(reading_of_case(case, signed()), folder / "out", Choices())


def test_everything_of_a_simulated_patient_is_valid(simulated: Export) -> None:
    names = sorted(name.removesuffix(".dcm") for name in simulated.datasets)
    pictures = [f"{kind}-{n:03d}" for kind in ("sc-heatmap", "sc-outlines", "seg") for n in (1, 2, 3, 4)]
    assert names == sorted([*pictures, "report", "sr"])
    for path in simulated.written.paths:
        judged(path)


def test_the_validator_would_see_a_fault(simulated: Export, tmp_path: Path) -> None:
    broken = pydicom.dcmread(simulated.written.paths[0])
    del broken.SegmentSequence
    broken.save_as(tmp_path / "broken.dcm")
    assert faults(tmp_path / "broken.dcm")


def test_same_study_new_series(simulated: Export) -> None:
    folder = simulated.written.paths[0].parent.parent / "in"
    sources = [pydicom.dcmread(path, stop_before_pixels=True) for path in folder.rglob("*.dcm")]
    (study,) = {str(source.StudyInstanceUID) for source in sources}
    assert {str(dataset.StudyInstanceUID) for dataset in simulated.datasets.values()} == {study}
    series = {}
    for name, dataset in simulated.datasets.items():
        kind = name.rstrip("0123456789.dcm").rstrip("-")
        series.setdefault(kind, set()).add((str(dataset.SeriesInstanceUID), int(dataset.SeriesNumber)))
        assert str(dataset.PatientName) == "Wang^XiaoDong=王^小东"
        assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert all(len(one) == 1 for one in series.values())
    assert len({next(iter(one))[0] for one in series.values()}) == len(series)
    theirs = {str(source.SeriesInstanceUID) for source in sources}
    assert not theirs & {uid for one in series.values() for uid, _number in one}
    assert len({str(dataset.SOPInstanceUID) for dataset in simulated.datasets.values()}) == len(
        simulated.datasets
    )


def test_the_banner_stands_in_every_object(simulated: Export) -> None:
    for name, dataset in simulated.datasets.items():
        assert dataset.ContentQualification == "RESEARCH"
        if name != "report.dcm":
            assert DEMONSTRATION_BANNER in all_text(dataset)
        assert "emonstration" in dataset.SeriesDescription
    assert "Demonstration model" in simulated.datasets["report.dcm"].DocumentTitle
    for segments in simulated.kind("seg"):
        assert all(DEMONSTRATION_BANNER in item.SegmentDescription for item in segments.SegmentSequence)


def test_a_clinical_model_carries_no_banner(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    model = dataclasses.replace(MODEL, demonstration=False)
    written = export(reading_of_case(case, None, model), tmp_path / "out")
    for dataset in written.datasets.values():
        assert "emonstration" not in all_text(dataset)
        assert "ContentQualification" not in dataset


def test_the_captures_are_opened_by_dcmtk(simulated: Export, tmp_path: Path) -> None:
    for path in simulated.written.paths:
        if not path.name.startswith("sc-"):
            continue
        target = tmp_path / "picture.ppm"
        subprocess.run([tool("dcmj2pnm"), "+op", str(path), str(target)], check=True, capture_output=True)
        seen = np.asarray(Image.open(target))
        mine = pydicom.dcmread(path).pixel_array
        assert np.array_equal(seen, mine)


def test_the_outlines_are_opened_by_dcmtk_and_by_highdicoms_parser(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 2))
    written = export(reading_of_case(case, signed()), tmp_path / "out").written
    paths = [path for path in written.paths if path.name.startswith("seg-")]
    seen = []
    for path in paths:
        parsed = segread(path)
        for frame, number in enumerate(parsed.segment_numbers, start=1):
            target = tmp_path / "mask.pgm"
            command = [tool("dcmj2pnm"), "+op", "+Wn", "+F", str(frame), str(path), str(target)]
            subprocess.run(command, check=True, capture_output=True)
            mask = np.asarray(Image.open(target)) > 0
            assert parsed.get_segment_description(number).segment_label
            assert np.array_equal(parsed.pixel_array.reshape(-1, *mask.shape)[frame - 1] > 0, mask)
            seen.append(mask)
    drawn = [region.mask for image in case.images for region in case.regions_of(image.key)]
    assert len(seen) == len(drawn) > 1
    for mask in drawn:
        assert any(np.array_equal(mask, other) for other in seen)


def test_a_capture_keeps_the_picture_and_adds_the_outline(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    image = case.images[0]
    written = export(reading_of_case(case), tmp_path / "out", Choices(False, False, True, False))
    drawn, mapped = (written.kind(kind)[0].pixel_array for kind in ("sc-outlines", "sc-heatmap"))
    original = image.pixels()
    part = drawn[: image.rows, : image.columns]
    changed = (part != original).any(axis=-1)
    mask = np.logical_or.reduce([region.mask for region in case.regions_of(image.key)])
    assert changed.any()
    assert (~changed).mean() > 0.5
    assert drawn.shape[0] > image.rows  # the legend's strip
    assert drawn[image.rows :].any()
    hot = mapped[: image.rows, : image.columns].astype(int)
    assert np.abs(hot - original).sum(axis=-1)[mask].mean() > 20


def test_the_pdf_comes_out_again(simulated: Export, tmp_path: Path) -> None:
    from pypdf import PdfReader

    (path,) = (path for path in simulated.written.paths if path.name == "report.dcm")
    target = tmp_path / "report.pdf"
    subprocess.run([tool("dcm2pdf"), str(path), str(target)], check=True, capture_output=True)
    content = target.read_bytes()
    dataset = simulated.datasets["report.dcm"]
    assert len(dataset.EncapsulatedDocument) - dataset.EncapsulatedDocumentLength in (0, 1)
    assert content[: dataset.EncapsulatedDocumentLength].startswith(b"%PDF-")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert "Demonstration model" in text
    assert "SIM0000007" in text


@pytest.mark.parametrize("name", HUMANS)
def test_every_state_of_a_reading_is_valid(name: str, tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 2, frames=5))
    written = export(
        reading_of_case(case, HUMANS[name]()), tmp_path / "out", Choices(True, False, False, True)
    )
    for path in written.written.paths:
        judged(path)
    sealed = name in ("signed", "amended")
    sr = written.sr
    assert (sr.CompletionFlag, sr.VerificationFlag, sr.PreliminaryFlag) == (
        ("COMPLETE", "VERIFIED", "FINAL") if sealed else ("PARTIAL", "UNVERIFIED", "PRELIMINARY")
    )
    assert written.datasets["report.dcm"].VerificationFlag == ("VERIFIED" if sealed else "UNVERIFIED")
    if sealed:
        (observer,) = sr.VerifyingObserverSequence
        assert observer.VerifyingObserverName == ("李四^" if name == "signed" else "王五^")
        assert observer.VerifyingOrganization == "市立医院"
        assert str(observer.VerificationDateTime) == "20261123093700+0800"
    else:
        assert "VerifyingObserverSequence" not in sr


def test_a_report_that_names_its_predecessor_is_valid(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    first = reading_of_case(case, signed())
    before = exported_report(first, export(first, tmp_path / "first").written)
    assert before is not None
    assert before.signatures == 1
    human = amended()
    assert predecessor_of(human, [before]) == before
    assert predecessor_of(signed(), [before]) is None, "of the same version"
    opened = signed().with_amendment("wrong side")
    assert predecessor_of(opened, [before]) == before
    assert predecessor_of(None, [before]) is None
    again = write_objects(
        reading_of_case(case, human), Choices(pdf=False), tmp_path / "again", predecessor=before
    )
    for path in again.paths:
        judged(path)
    report = pydicom.dcmread(tmp_path / "again" / "sr.dcm")
    (study,) = report.PredecessorDocumentsSequence
    (named,) = study.ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert (named.ReferencedSOPClassUID, named.ReferencedSOPInstanceUID) == (
        before.sop_class,
        before.instance,
    )
    assert report.SOPInstanceUID != before.instance


def test_an_open_amendment_is_not_verified(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    human = signed().with_amendment("wrong side")
    sr = export(reading_of_case(case, human), tmp_path / "out").sr
    assert (sr.CompletionFlag, sr.VerificationFlag) == ("PARTIAL", "UNVERIFIED")


def test_nothing_of_a_hidden_score_gets_out(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 2))
    reading = reading_of_case(case, draft())
    assert reading.score is not None
    written = export(reading, tmp_path / "out", Choices())
    assert not any(name.startswith("sc-heatmap") for name in written.datasets)
    read = written.read()
    assert (read.probability, read.threshold, read.interval, read.baseline, read.above_threshold) == (
        None,
    ) * 5
    assert all(
        (image.probability, image.kind_probability, image.contribution) == (None,) * 3
        for image in read.images
    )
    numbers = {f"{reading.score.probability:.6g}", *(f"{e.probability:.6g}" for e in reading.score.images)}
    text = "".join(all_text(dataset) for dataset in written.datasets.values())
    assert not [number for number in numbers if number in text]
    assert any("hidden" in comment for comment in read.comments)
    # The model that proposed the outlines is named all the same.
    assert MODEL.sha256 in text


def test_every_reference_can_be_followed(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 2, frames=5))
    written = export(reading_of_case(case, signed()), tmp_path / "out", Choices())
    classes = {str(item.SOPInstanceUID): str(item.SOPClassUID) for item in written.datasets.values()}
    for path in (tmp_path / "in").iterdir():
        source = pydicom.dcmread(path)
        classes[str(source.SOPInstanceUID)] = str(source.SOPClassUID)
    cine = case.images[-1]
    frames = set()
    for dataset in written.datasets.values():
        found = list(references(dataset))
        assert found
        for sop_class, instance, frame in found:
            assert classes[instance] == sop_class
            if instance == cine.key.uid:
                frames.add(frame)
    assert frames == {None, cine.key.frame}
    for name in ("seg-003.dcm", "sc-outlines-003.dcm"):
        assert cine.key.frame in {frame for *_, frame in references(written.datasets[name])}


def test_the_programs_own_captures_are_not_read_as_ultrasound(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    export(reading_of_case(case), tmp_path / "in" / "out")
    found = discover([tmp_path / "in"])
    assert [len(patient.images) for patient in found.patients] == [1]
    assert sum("drawn by this program" in skip.reason for skip in found.skipped) == 2


REAL = (
    "pydicom-data/US1_UNCR.dcm",
    "pydicom-data/US1_J2KR.dcm",
    "pydicom-data/gdcm-US-ALOKA-16.dcm",
    "pydicom-data/gdcm-US-ALOKA-16_big.dcm",
    "pydicom-data/OBXXXX1A.dcm",
    "pydicom-data/OBXXXX1A_rle_2frame.dcm",
    "pydicom-data/JPGLosslessP14SV1_1s_1f_8b.dcm",
    "fo-dicom/DIRW0007",
    "slicer-breast-us/000056.dcm",
)


@pytest.mark.parametrize("name", REAL)
def test_objects_of_real_files_are_valid(name: str, shared: Path, tmp_path: Path) -> None:
    case = outlined(case_in(shared / "dicom" / name))
    reading = Reading(case, reading_of_case(case).score, human=signed())
    written = export(reading, tmp_path / "out", Choices(True, True, True, False))
    for path in written.written.paths:
        judged(path)
    read = written.read()
    assert [len(image.regions) for image in read.images] == [3]
    for region, mine in zip(read.images[0].regions, case.regions_of(case.images[0].key), strict=True):
        assert np.array_equal(region.region.mask, mine.mask)


@pytest.mark.parametrize(
    ("side", "code"), [("L", ("7771000", "Left")), ("R", ("24028007", "Right")), (None, None)]
)
def test_site_and_side_are_coded(side: str | None, code: tuple[str, str] | None, tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 2, Laterality=side))
    written = export(reading_of_case(case), tmp_path / "out")
    content = ComprehensiveSR.from_dataset(written.sr).content
    first, second, *_ = content.get_planar_roi_measurement_groups()
    for group, finding, site in (
        (first, "4147007", "76752008"),
        (second, "59441001", "91470000"),
    ):
        (found,) = group.finding_sites
        assert (group.finding_type.value, found.value.value) == (finding, site)
        laterality = found.laterality
        assert (None if laterality is None else (laterality.value, laterality.meaning)) == code
    segments = written.kind("seg")[0].SegmentSequence[0]
    assert segments.SegmentedPropertyTypeCodeSequence[0].CodeValue == "4147007"
    (region,) = segments.AnatomicRegionSequence
    modifiers = [item.CodeValue for item in region.get("AnatomicRegionModifierSequence", [])]
    assert (region.CodeValue, modifiers) == ("76752008", [] if code is None else [code[0]])
    for name in ("sc-outlines-001.dcm", "sc-heatmap-001.dcm"):
        assert written.datasets[name].get("ImageLaterality") == side


def test_who_and_what_observed_is_named(tmp_path: Path) -> None:
    case = outlined(write_case(tmp_path / "in", 1))
    written = export(reading_of_case(case, signed()), tmp_path / "out")
    content = ComprehensiveSR.from_dataset(written.sr).content
    people = content.get_observer_contexts(codes.DCM.Person)
    names = [str(one.observer_identifying_attributes.name) for one in people]
    assert names == ["Dr. Anna Müller^", "李四^"]
    (device,) = content.get_observer_contexts(codes.DCM.Device)
    attributes = device.observer_identifying_attributes
    assert (attributes.name, attributes.serial_number) == ("ALN Reader", MODEL.sha256)
    again = export(reading_of_case(case, signed()), tmp_path / "again")
    (same,) = ComprehensiveSR.from_dataset(again.sr).content.get_observer_contexts(codes.DCM.Device)
    assert same.observer_identifying_attributes.uid == attributes.uid
