"""What leaves the house: the site's own words in the report, and nothing of the patient where so wished."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from pypdf import PdfReader

from alnreader.case.assessment import Assessment, CriteriaCutOffs, NodeCriteria, NodeStatus
from alnreader.case.case import Case, Reading, Skipped
from alnreader.case.clock import now
from alnreader.case.patient import Patient, PersonName, Study
from alnreader.case.protocol import ReadingMode
from alnreader.case.region import Region, RegionKind
from alnreader.case.score import ImageScore, ModelSummary, RunRecord, Score
from alnreader.dicom.deidentify.reading import NOBODY, without_identity
from alnreader.gui.controller import Controller
from alnreader.report.document import reading_document

Add = Callable[..., Any]
SECRETS = (
    "Zhang",
    "张",
    "PID-4711",
    "Charite",
    "Kidney",
    "A-99",
    "1.2.840.77",
    "ward3",
    "19610203",
    "1961-02-03",
)


def identified(case: Case) -> Case:
    patient = Patient("PID-4711", PersonName("Zhang^Wei", "张^伟"), date(1961, 2, 3), "F", "ward3")
    study = Study("1.2.840.77.1", date(2026, 1, 2), None, "Kidney", "A-99", "Charite", "ACME")
    images = tuple(
        dataclasses.replace(
            image,
            key=dataclasses.replace(image.key, uid=f"1.2.840.77.9.{number}"),
            source=f"/ward3/Zhang/{number}.dcm",
            study="1.2.840.77.1",
            series_instance_uid="1.2.840.77.2",
            series_description="Zhang axilla",
            notes=(f"/ward3/Zhang/{number}.dcm: the colour space is not the one named.",),
        )
        for number, image in enumerate(case.images)
    )
    return Case(patient, (study,), images)


def test_a_reading_without_identity_keeps_its_numbers_and_nothing_of_the_patient(
    make_case: Callable[..., Case], disc: Callable[..., Any]
) -> None:
    case = identified(make_case(images=2))
    one, two = (image.key for image in case.images)
    case = case.with_regions(one, [Region(disc(), RegionKind.LYMPH_NODE)]).with_included(two, included=False)
    model = ModelSummary("m", "1", "0" * 64, True, "", "", "", "", (), 0.5)
    run = RunRecord(model, "0", "cpu", revisions={key: case.input_revision(key) for key in (one, two)})
    images = tuple(
        ImageScore(key, RegionKind.LYMPH_NODE, 0.9, 0.4, 0.1, None, included=key == one) for key in (one, two)
    )
    score = Score(0.4, (0.3, 0.5), 0.3, images, (), run)
    heat = {key: np.zeros((150, 190), np.float32) for key in (one, two)}
    reading = Reading(case, score, heat, (Skipped("/ward3/Zhang/note.txt", "Zhang's note"),))
    nobody = without_identity(reading)
    assert nobody.case.patient.patient_id == NOBODY
    assert nobody.case.is_current(nobody.score)
    assert len(nobody.case.regions_of(nobody.case.images[0].key)) == 1
    assert nobody.case.images[1].key in nobody.case.excluded
    assert set(nobody.heat_maps) == {image.key for image in nobody.case.images}
    text = json.dumps(reading_document(nobody), ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in text] == []
    before = json.dumps(reading_document(reading), ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in before] != []
    again = without_identity(reading)
    assert again.case.images[0].key != nobody.case.images[0].key, "no two exports can be joined"


def test_the_report_is_written_with_the_site_s_words_and_without_identity_where_so_set(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case], tmp_path: Path
) -> None:
    session = add_session(identified(make_case(images=1)), ReadingMode.CONCURRENT)
    qtbot.waitUntil(lambda: not session.scoring, timeout=20_000)
    settings = dataclasses.replace(
        controller.settings, site="Hospital of Nowhere", cut_offs=CriteriaCutOffs(cortex_mm=2.5)
    )
    controller.change_settings(settings)
    criteria = NodeCriteria(cortex_mm=2.8)
    controller.set_final_read(Assessment(NodeStatus.SUSPICIOUS, 70, "Dr Lee", now(), criteria))
    controller.sign("Dr Lee")

    def exported(name: str) -> str:
        with qtbot.waitSignal(controller.exported, timeout=60_000):
            controller.export(tmp_path / f"{name}.pdf", tmp_path / f"{name}.json", tmp_path / name)
        pages = PdfReader(io.BytesIO((tmp_path / f"{name}.pdf").read_bytes())).pages
        names = " ".join(path.name for path in (tmp_path / name).iterdir())
        return (
            " ".join(page.extract_text() for page in pages) + names + (tmp_path / f"{name}.json").read_text()
        )

    named = exported("named")
    assert "Hospital of Nowhere" in named
    assert "Cortex thicker than 2.5 mm" in named
    assert "Zhang" in named
    controller.change_settings(dataclasses.replace(settings, deidentify=True))
    nobody = exported("nobody")
    assert [secret for secret in SECRETS if secret in nobody] == []
    assert "Hospital of Nowhere" not in nobody
    assert "Cortex thicker than 2.5 mm" in nobody
    assert "Suspicious" in nobody


def test_the_model_is_named_in_the_report_before_its_score_may_be_seen(
    qtbot: Any, controller: Controller, add_session: Add, make_case: Callable[..., Case]
) -> None:
    add_session(make_case(images=1))
    controller.model = ModelSummary("proposer", "1.2", "ab" * 32, True, "", "", "", "", (), 0.5)
    with qtbot.waitSignal(controller.preview_ready, timeout=60_000) as caught:
        controller.preview()
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(caught.args[0])).pages)
    assert "model proposer 1.2 (abababababab)" in text
    assert "Demonstration model" in text
    assert "no model" not in text
    assert "hidden until the first read is locked" in text
