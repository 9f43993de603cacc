"""The JSON document of a reading: a contract with programs, described by ``reading.schema.json``.

It holds no times of its own making and rounds every number, so the same reading gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import alnreader
from alnreader.case.assessment import Assessment, FinalRead
from alnreader.case.case import Reading
from alnreader.case.image import CalibrationRegion, ImageKey, UltrasoundImage
from alnreader.case.measure import measure
from alnreader.case.patient import Patient, Study
from alnreader.case.protocol import HumanReading
from alnreader.case.region import Region
from alnreader.case.score import ImageScore, ModelSummary, ScopeWarning, SeenScore
from alnreader.report.text import encodable
from alnreader.report.visible import shown

SCHEMA = "alnreader.reading/1"
"""Name and version of the contract. A change that an old program would misread counts it up."""

PROBABILITY_DECIMALS = 6
"""Finer than any interval, coarser than what two machines' arithmetic differs by."""

LENGTH_DECIMALS = 3
"""A micrometre, or a thousandth of a pixel: far below what a contour can mean."""

Document = dict[str, Any]
Files = Mapping[ImageKey, Mapping[str, str | None]]


def reading_document(reading: Reading, files: Files | None = None) -> Document:
    """Return one patient's reading as a document that ``json`` can write.

    Parameters
    ----------
    reading
        With or without a score; without, every number of the model is None, and `last_seen` alone tells what
        the reader was shown. Where no image counts there is no probability, interval or contribution, and
        the warnings say why.
    files
        Paths of ``image``, ``mask`` and ``heatmap`` of each image, relative to the output folder, with
        forward slashes. None where no pictures were written.
    """
    reading = shown(reading)
    case, score, seen = reading.case, reading.score, reading.last_seen
    hidden = reading.human is not None and not reading.human.score_visible
    model = score.run.model if score is not None else None if hidden else reading.model
    entries = {entry.key: entry for entry in score.images} if score is not None else {}
    # Of nothing the model tells where it starts from, and that is not this patient's probability.
    said = None if score is None or score.of_no_image else score
    return {
        "schema": SCHEMA,
        "program": {"name": "ALN Reader", "version": score.run.program_version if score else _version()},
        "patient": _patient(case.patient),
        "studies": [_study(study) for study in case.studies],
        "model": None if model is None else _model(model),
        "device": None if score is None else encodable(score.run.device),
        "probability": None if said is None else _probability(said.probability),
        "threshold": None if score is None else _probability(score.threshold),
        "above_threshold": None if said is None else said.above_threshold,
        "interval": None if said is None else [_probability(end) for end in said.interval],
        "baseline": None if score is None else _probability(score.baseline),
        "revealed": None if seen is None else _revealed(seen),
        "warnings": [] if score is None else _warnings(score.warnings),
        "human": None if reading.human is None else _human(reading.human, reading.signed_probabilities),
        "skipped": [
            {"path": encodable(item.path), "reason": encodable(item.reason)} for item in reading.skipped
        ],
        "images": [
            _image(
                image,
                case.regions_of(image.key),
                entries.get(image.key),
                image.key not in case.excluded,
                said is not None,
                None if files is None else files.get(image.key, {}),
            )
            for image in case.images
        ],
    }


def readings_document(
    readings: Sequence[Reading], files: Sequence[Files | None] | None = None
) -> Document | list[Document]:
    """Return one patient's document, or a list of them where there is not exactly one patient."""
    listed = [None] * len(readings) if files is None else files
    documents = [reading_document(reading, paths) for reading, paths in zip(readings, listed, strict=True)]
    return documents[0] if len(documents) == 1 else documents


def encode(document: Document | list[Document]) -> bytes:
    """Return a document as UTF-8 with two spaces of indent, text in its own script, a newline at the end."""
    return (json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode("utf-8")


@cache
def schema() -> Document:
    """Return the published JSON Schema (2020-12). It stands for one document and for a list of them."""
    text = resources.files("alnreader.report").joinpath("reading.schema.json").read_text(encoding="utf-8")
    loaded: Document = json.loads(text)
    return loaded


def _version() -> str:
    return alnreader.__version__


def _round(value: float, decimals: int) -> float:
    # Adding 0.0 turns a negative zero, which would be other bytes for the same number, into zero.
    return round(float(value), decimals) + 0.0


def _probability(value: float) -> float:
    return _round(value, PROBABILITY_DECIMALS)


def _length(value: float | None) -> float | None:
    return None if value is None else _round(value, LENGTH_DECIMALS)


def _patient(patient: Patient) -> Document:
    name = patient.name
    return {
        "id": encodable(patient.patient_id),
        "issuer": encodable(patient.issuer),
        "name": encodable(str(name)),
        "name_groups": {
            "alphabetic": encodable(name.alphabetic),
            "ideographic": encodable(name.ideographic),
            "phonetic": encodable(name.phonetic),
        },
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
        "sex": encodable(patient.sex),
    }


def _study(study: Study) -> Document:
    return {
        "study_instance_uid": study.study_instance_uid or None,
        "date": study.study_date.isoformat() if study.study_date else None,
        "description": encodable(study.description),
        "accession_number": encodable(study.accession_number),
        "institution": encodable(study.institution),
        "manufacturer": encodable(study.manufacturer),
    }


def _model(model: ModelSummary) -> Document:
    return {
        "name": encodable(model.name),
        "sha256": model.sha256,
        "demonstration": model.demonstration,
        "version": encodable(model.version),
        "operating_point": encodable(model.operating_point),
        "sensitivity": None if model.sensitivity is None else _probability(model.sensitivity),
        "specificity": None if model.specificity is None else _probability(model.specificity),
    }


def _revealed(seen: SeenScore) -> Document:
    return {
        "when": seen.when.isoformat(),
        "probability": _probability(seen.probability),
        "threshold": _probability(seen.threshold),
    }


def _human(human: HumanReading, probabilities: Sequence[float | None]) -> Document:
    # Whoever made the reading may not know them; then none is told rather than one beside another signature.
    known = len(probabilities) == len(human.versions)
    beside = probabilities if known else [None] * len(human.versions)
    return {
        "mode": human.mode.value,
        "state": human.state.value,
        "first_read": None if human.first_read is None else _assessment(human.first_read),
        "final_read": None if human.final_read is None else _final_read(human.final_read),
        "signed": [
            {
                "final_read": _final_read(version.final_read),
                "signed_by": encodable(version.signed_by),
                "when": version.when.isoformat(),
                "amendment_reason": encodable(version.amendment_reason),
                "probability": None if probability is None else _probability(probability),
            }
            for version, probability in zip(human.versions, beside, strict=True)
        ],
    }


def _final_read(final: FinalRead) -> Document:
    return {
        "decision": final.decision.value,
        "reason": encodable(final.reason),
        "assessment": _assessment(final.assessment),
    }


def _assessment(assessment: Assessment) -> Document:
    criteria = assessment.criteria
    return {
        "status": assessment.status.value,
        "confidence": assessment.confidence,
        "reader": encodable(assessment.reader),
        "when": assessment.when.isoformat(),
        "criteria": {
            "cortex_mm": _length(criteria.cortex_mm),
            "focal_bulge": criteria.focal_bulge,
            "hilum": criteria.hilum.value if criteria.hilum else None,
            "shape": criteria.shape.value if criteria.shape else None,
            "outline": criteria.outline.value if criteria.outline else None,
            "vascularity": criteria.vascularity.value if criteria.vascularity else None,
        },
        "remarks": encodable(assessment.remarks),
    }


def _warnings(warnings: Sequence[ScopeWarning]) -> list[Document]:
    return [{"code": warning.code, "message": encodable(warning.message)} for warning in warnings]


def _image(
    image: UltrasoundImage,
    regions: Sequence[Region],
    entry: ImageScore | None,
    included: bool,
    counted: bool,
    files: Mapping[str, str | None] | None,
) -> Document:
    without = None if entry is None or entry.without is None else _probability(entry.without)
    return {
        "source": encodable(image.source),
        "sop_instance_uid": image.key.uid if image.is_dicom else None,
        "frame": image.key.frame,
        "number_of_frames": image.number_of_frames,
        "rows": image.rows,
        "columns": image.columns,
        "laterality": image.laterality or None,
        "kind": None if entry is None else entry.kind.value,
        "kind_probability": None if entry is None else _probability(entry.kind_probability),
        "probability": None if entry is None else _probability(entry.probability),
        "contribution": None if entry is None or not counted else _probability(entry.contribution),
        "without": without,
        "included": included if entry is None else entry.included,
        "regions": [_region(region, image.calibration) for region in regions],
        "warnings": [] if entry is None else _warnings(entry.warnings),
        "notes": [encodable(note) for note in image.notes],
        "files": None if files is None else {name: files.get(name) for name in ("image", "mask", "heatmap")},
    }


def _region(region: Region, calibration: Sequence[CalibrationRegion]) -> Document:
    found = measure(region.mask, calibration)
    return {
        "kind": region.kind.value,
        "origin": region.origin.value,
        "confirmed": region.confirmed,
        "area_px": _length(found.area_px),
        "area_mm2": _length(found.area_mm2),
        "long_axis_px": _length(found.long_axis.length_px),
        "long_axis_mm": _length(found.long_axis.length_mm),
        "short_axis_px": _length(found.short_axis.length_px),
        "short_axis_mm": _length(found.short_axis.length_mm),
        "ratio": _length(found.ratio),
        "reason": found.reason,
    }
