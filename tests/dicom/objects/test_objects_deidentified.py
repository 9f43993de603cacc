"""A signed reading exported without identity: nothing of the patient in pictures, SR, SEG, SC and PDF."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from deidentify_maker import BANNER, SECRET, leaks, screen, secrets_of, standard_errors, write_secret
from dicom_maker import speckle, uid_of, write_ultrasound
from objects_readings import FINAL, FIRST, outlined, reading_of_case, references, signed
from pypdf import PdfReader

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom import discover
from alnreader.dicom.deidentify import Deidentifier, Options
from alnreader.dicom.objects.readback import read_report
from alnreader.report.deidentified import PICTURES, Deidentified, write_deidentified
from alnreader.report.objects import Choices

HUMAN = {
    "Müller",
    "李四",
    "Cortex uneven",
    "Second node",
    "drew my eye",
    "市立医院",
    "2026-11-23",
    "20261123",
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], Deidentified, Path, Deidentifier]:
    folder = tmp_path_factory.mktemp("export")
    sources = [
        write_secret(folder / SECRET / "a.dcm"),
        write_secret(folder / SECRET / "b.dcm", frames=3, jpeg=True),
    ]
    (case,) = discover([folder / SECRET]).patients
    reading = reading_of_case(outlined(case), signed())
    assert FIRST.reader.endswith("Müller")
    assert FINAL.reader in HUMAN
    worker = Deidentifier()
    done = write_deidentified(reading, Choices(), folder / "out", worker)
    return secrets_of(sources) | HUMAN, done, folder / "out", worker


Exported = tuple[set[str], Deidentified, Path, Deidentifier]


def test_every_kind_is_there(exported: Exported) -> None:
    _, done, out, _ = exported
    names = {path.name for path in done.objects}
    assert {"sr.dcm", "report.dcm"} <= names
    assert {name[:3] for name in names} >= {"seg", "sc-"}
    assert len(done.pictures) == 2
    assert {path.parent for path in done.pictures} == {out / PICTURES}


def test_nothing_of_the_patient_or_the_reader_is_in_any_byte(exported: Exported) -> None:
    secrets, _, out, _ = exported
    assert leaks(secrets, out) == []


def test_nothing_is_in_the_text_and_the_metadata_of_the_pdf(exported: Exported) -> None:
    secrets, _, out, _ = exported
    document = bytes(pydicom.dcmread(out / "report.dcm").EncapsulatedDocument)
    reader = PdfReader(io.BytesIO(document))
    text = (
        " ".join(page.extract_text() for page in reader.pages)
        + str(reader.metadata)
        + str(reader.xmp_metadata)
    )
    assert "Reader 1" in text
    assert [secret for secret in secrets if secret in text] == []


def test_they_belong_together_and_to_nobody_else(exported: Exported) -> None:
    _, done, _, worker = exported
    pictures = [pydicom.dcmread(path, stop_before_pixels=True) for path in done.pictures]
    objects = [pydicom.dcmread(path, stop_before_pixels=True) for path in done.objects]
    known = {str(ds.SOPInstanceUID) for ds in (*pictures, *objects)}
    assert {ds.StudyInstanceUID for ds in (*pictures, *objects)} == {worker.pseudonyms.uids[uid_of("study")]}
    assert {ds.PatientID for ds in (*pictures, *objects)} == {done.code}
    for ds in objects:
        assert ds.PatientIdentityRemoved == "YES"
        codes = [item.CodeValue for item in ds.DeidentificationMethodCodeSequence]
        assert "113100" in codes
        assert ("113101" in codes) is (ds.Modality not in ("SEG", "SR", "DOC")), (
            "of a picture that was blanked"
        )
        for _, uid, _ in references(ds):
            assert uid in known, f"{ds.SOPClassUID.name} points at something that was not exported"
    report = next(ds for ds in objects if ds.Modality == "SR")
    assert {uid for _, uid, _ in references(report)} >= {str(ds.SOPInstanceUID) for ds in pictures}


def test_they_are_valid(exported: Exported) -> None:
    _, done, _, _ = exported
    for path in (*done.pictures, *done.objects):
        assert standard_errors(path) == [], path.name


def test_the_report_is_read_back(exported: Exported) -> None:
    _, done, _, _ = exported
    objects = [pydicom.dcmread(path) for path in done.objects]
    report = next(ds for ds in objects if ds.Modality == "SR")
    found = read_report(report, [ds for ds in objects if ds.Modality == "SEG"])
    assert found is not None


def test_captures_show_no_banner(exported: Exported) -> None:
    _, done, _, _ = exported
    letters = screen()[0][BANNER[0], BANNER[1], 0] > 0
    captures = [path for path in done.objects if path.name.startswith("sc-")]
    assert captures
    for path in captures:
        shown = np.asarray(pydicom.dcmread(path).pixel_array)[BANNER[0], BANNER[1]].astype(float)
        # A heat map is laid over black there; letters would stand out of it.
        assert abs(shown[letters].mean() - shown[~letters].mean()) < 3, path.name


def test_a_picture_of_which_it_cannot_be_told_stops_the_export(tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "in" / "a.dcm", speckle(400, 320)[0][60:300])
    (case,) = discover([tmp_path / "in"]).patients
    reading = reading_of_case(outlined(case), signed())
    with pytest.raises(UnreadableInputError, match="where the ultrasound ends"):
        write_deidentified(reading, Choices(), tmp_path / "out", Deidentifier())
    assert not (tmp_path / "out").exists()
    worker = Deidentifier(Options(whole_pictures=True))
    assert write_deidentified(reading, Choices(pdf=False), tmp_path / "out", worker).objects
