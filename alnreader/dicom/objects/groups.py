"""The measurement groups of the structured report: of the patient, each image, each region, each read.

TID 1501 (Measurement and Qualitative Evaluation Group) and TID 1410 (Planar ROI Measurements).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from highdicom.sr import (
    AlgorithmIdentification,
    CodeContentItem,
    ContentItem,
    DateTimeContentItem,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    PnameContentItem,
    QualitativeEvaluation,
    ReferencedSegmentationFrame,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    SourceImageForSegmentation,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from alnreader.case.assessment import Assessment, FinalRead
from alnreader.case.measure import measure
from alnreader.case.protocol import SignedVersion
from alnreader.case.region import Origin, Region
from alnreader.case.score import EMPTY_BAG, ImageScore, ModelSummary, Score, SeenScore
from alnreader.dicom.objects import codes
from alnreader.dicom.objects.equipment import MANUFACTURER, Maker
from alnreader.dicom.objects.segmentation import origin_words, tracking_id, tracking_uid
from alnreader.dicom.objects.source import Source, derived_uid
from alnreader.dicom.objects.text import one_line, paragraph, person, stamp

PATIENT, FIRST_READ, FINAL_READ = "Patient", "First read", "Final read"
SUPERSEDED, PENDING = "Superseded final read", "Final read, not signed"
REVEALED = "Shown to the reader"
"""Tracking identifiers of the groups that belong to no image; superseded ones are numbered."""

NO_IMAGE = "No image counts: there is no probability of this patient."
"""Comment on the patient of whom the model was told nothing."""

AS_IT_WAS = "Shown to the reader of the case as it was then: not a result of this report."
"""Comment on a probability that was shown."""

NONE_SIGNED = "No probability of the program belongs to this signature."
"""Comment on a final read that was signed without one."""

PROBABILITY_DECIMALS = 6
LENGTH_DECIMALS = 3
"""As in the JSON document: finer than what an interval or a contour can mean."""

Group = MeasurementsAndQualitativeEvaluations | PlanarROIMeasurementsAndQualitativeEvaluations


def algorithm_of(maker: Maker) -> AlgorithmIdentification:
    """Return TID 4019 of the model, or of the program where there is none."""
    model = maker.model
    if model is None:
        return AlgorithmIdentification(MANUFACTURER, maker.program_version, manufacturer=MANUFACTURER)
    parameters = [f"SHA-256 of the bundle: {model.sha256}", *([maker.banner] if maker.banner else [])]
    return AlgorithmIdentification(
        paragraph(model.name) or MANUFACTURER,
        paragraph(model.version) or "not stated",
        parameters=parameters,
        manufacturer=MANUFACTURER,
    )


def patient_group(score: Score, maker: Maker, study: str) -> Group:
    """Return what the machine says of the patient.

    Where no image counts that is nothing: no probability, nor whether it reaches the threshold.
    """
    model, (low, high) = score.run.model, score.interval
    says = not score.of_no_image
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(PATIENT, study),
        finding_sites=[_site(codes.AXILLA)],
        algorithm_id=algorithm_of(maker),
        measurements=[
            *([_probability(codes.PATIENT_PROBABILITY, score.probability)] if says else []),
            _probability(codes.THRESHOLD, score.threshold),
            *(
                [_probability(codes.INTERVAL_LOW, low), _probability(codes.INTERVAL_HIGH, high)]
                if says
                else []
            ),
            _probability(codes.BASELINE, score.baseline),
        ],
        qualitative_evaluations=[_yes_no(codes.ABOVE_THRESHOLD, score.above_threshold)] if says else None,
    )
    said = [maker.banner, _operating_point(model), f"Device: {score.run.device}"]
    warnings = [warning.message for warning in score.warnings if says or warning.code != EMPTY_BAG]
    _add(group, _comments([*([] if says else [NO_IMAGE]), *said, *warnings]))
    return group


def revealed_group(seen: SeenScore, study: str) -> Group:
    """Return what the reader was shown, under a code that nobody takes for the patient's probability."""
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(REVEALED, study),
        finding_sites=[_site(codes.AXILLA)],
        measurements=[
            _probability(codes.SHOWN_PROBABILITY, seen.probability),
            _probability(codes.THRESHOLD, seen.threshold),
        ],
    )
    shown_at = DateTimeContentItem(codes.TIME_SHOWN, stamp(seen.when), _CONTAINS)
    _add(group, [*_comments([AS_IT_WAS]), shown_at])
    return group


def image_group(source: Source, entry: ImageScore | None, included: bool, maker: Maker) -> Group:
    """Return what the machine says of one image; what is outlined on it has groups of its own."""
    measurements = [] if entry is None else _image_measurements(entry)
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=derived_uid("image", source.study, source.uid, str(source.key.frame)),
            identifier=f"Image {source.number}",
        ),
        algorithm_id=algorithm_of(maker) if measurements else None,
        measurements=measurements,
        qualitative_evaluations=[_yes_no(codes.INCLUDED, included)],
        source_images=[
            SourceImageForMeasurementGroup(
                source.dataset.SOPClassUID, source.uid, None if source.frame is None else [source.frame]
            )
        ],
    )
    warnings = () if entry is None else entry.warnings
    _add(group, _comments([*(warning.message for warning in warnings), *source.image.notes]))
    return group


def region_group(
    source: Source, region: Region, label: str, segment: Dataset, number: int, maker: Maker
) -> Group:
    """Return one region with its measures.

    Lengths are in mm where the outline lies in a region calibrated in cm; elsewhere in pixels, as the unit
    says, and a comment gives the reason.

    Parameters
    ----------
    source
        The frame.
    region, label
        As in the segmentation.
    segment
        The segmentation object.
    number
        Segment number, which is the frame of the segmentation too.
    maker
        Of the export.
    """
    found = measure(region.mask, source.image.calibration)
    millimetres = found.long_axis.length_mm is not None
    lengths = [
        (code, axis.length_px if axis.length_mm is None else axis.length_mm)
        for code, axis in ((codes.LONG_AXIS, found.long_axis), (codes.SHORT_AXIS, found.short_axis))
    ]
    unit = codes.MILLIMETRE if millimetres else codes.PIXELS
    area, area_unit = (found.area_px, codes.PIXELS)
    if found.area_mm2 is not None:
        area, area_unit = (found.area_mm2, codes.SQUARE_MILLIMETRE)
    frame = None if source.frame is None else [source.frame]
    segment_frame = ReferencedSegmentationFrame(
        sop_class_uid=segment.SOPClassUID,
        sop_instance_uid=segment.SOPInstanceUID,
        frame_number=number,
        segment_number=number,
        source_image=SourceImageForSegmentation(source.dataset.SOPClassUID, source.uid, frame),
    )
    # The frame says it, and both must not be there (PS3.3 10.3, Image SOP Instance Reference Macro).
    del segment_frame[0].ReferencedSOPSequence[0].ReferencedSegmentNumber
    group = PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=tracking_uid(source, label), identifier=tracking_id(source, label)
        ),
        referenced_segment=segment_frame,
        finding_type=codes.FINDINGS[region.kind],
        finding_sites=[_site(codes.SITES[region.kind], source.image.laterality)],
        algorithm_id=None if region.origin is Origin.DRAWN else algorithm_of(maker),
        measurements=[
            *(Measurement(code, round(value, LENGTH_DECIMALS), unit) for code, value in lengths),
            Measurement(codes.AREA, round(area, LENGTH_DECIMALS), area_unit),
        ],
        qualitative_evaluations=[_yes_no(codes.CONFIRMED, region.confirmed)],
    )
    reason = f"No value in millimetres: {found.reason}" if found.reason and not millimetres else found.reason
    _add(group, _comments([f"{origin_words(region)}.", reason]))
    return group


def first_read_group(assessment: Assessment, study: str) -> Group:
    """Return the locked (or, in a draft, entered) first read."""
    return _read_group(FIRST_READ, assessment, [], study)


def final_read_group(
    final: FinalRead,
    version: SignedVersion | None,
    name: str,
    study: str,
    beside: Sequence[float | None] = (),
) -> Group:
    """Return a final read with its relation to the first, and its signature where it has one.

    Parameters
    ----------
    final, version
        What was said, and its signature.
    name, study
        Tracking identifier of the group, and the study that it belongs to.
    beside
        The probability that the signature stands beside, or None where it has none; empty: not known.
    """
    items: list[ContentItem] = []
    if final.reason.strip():
        items.append(_text(codes.REASON, final.reason))
    if version is not None:
        items.append(PnameContentItem(codes.SIGNED_BY, person(version.signed_by), _CONTAINS))
        items.append(DateTimeContentItem(codes.TIME_OF_SIGNATURE, stamp(version.when), _CONTAINS))
        if version.amendment_reason.strip():
            items.append(_text(codes.AMENDMENT_REASON, version.amendment_reason))
    items += [_text(codes.COMMENT, NONE_SIGNED)] if None in beside else []
    shown = [_probability(codes.SHOWN_PROBABILITY, value) for value in beside if value is not None]
    group = _read_group(name, final.assessment, items, study, shown)
    _add(group, [_code(codes.DECISION, final.decision)])
    return group


def comment(text: str) -> TextContentItem:
    """Return a comment for the root of the report."""
    return _text(codes.COMMENT, text)


def reading_mode(text: str) -> TextContentItem:
    """Return how the reading was done, for the root of the report."""
    return _text(codes.READING_MODE, text)


_CONTAINS = RelationshipTypeValues.CONTAINS


def _read_group(
    name: str,
    assessment: Assessment,
    more: Iterable[ContentItem],
    study: str,
    shown: Sequence[Measurement] = (),
) -> Group:
    criteria = assessment.criteria
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(name, study),
        finding_sites=[_site(codes.AXILLA)],
        measurements=[
            Measurement(codes.CONFIDENCE, assessment.confidence, codes.PERCENT),
            *(
                [Measurement(codes.CORTEX, round(criteria.cortex_mm, LENGTH_DECIMALS), codes.MILLIMETRE)]
                if criteria.cortex_mm is not None
                else []
            ),
            *shown,
        ],
        qualitative_evaluations=[
            _answer(codes.NODE_STATUS, assessment.status),
            *([_yes_no(codes.FOCAL_BULGE, criteria.focal_bulge)] if criteria.focal_bulge is not None else []),
            *(
                _answer(name, answer)
                for name, answer in (
                    (codes.HILUM, criteria.hilum),
                    (codes.SHAPE, criteria.shape),
                    (codes.OUTLINE, criteria.outline),
                    (codes.VASCULARITY, criteria.vascularity),
                )
                if answer is not None
            ),
        ],
    )
    items: list[ContentItem] = [
        PnameContentItem(codes.READER, person(assessment.reader), _CONTAINS),
        DateTimeContentItem(codes.TIME_OF_READ, stamp(assessment.when), _CONTAINS),
    ]
    if assessment.remarks.strip():
        items.append(_text(codes.REMARKS, assessment.remarks))
    _add(group, [*items, *more])
    return group


def _image_measurements(entry: ImageScore) -> list[Measurement]:
    found = [
        _probability(codes.IMAGE_PROBABILITY, entry.probability),
        _probability(codes.NODE_VIEW_PROBABILITY, entry.kind_probability),
    ]
    if entry.included:
        found.append(_probability(codes.CONTRIBUTION, entry.contribution))
    return found


def _tracking(name: str, study: str) -> TrackingIdentifier:
    return TrackingIdentifier(uid=derived_uid("group", study, name), identifier=name)


def _site(location: Code, laterality: str = "") -> FindingSite:
    return FindingSite(anatomic_location=location, laterality=codes.SIDES.get(laterality))


def _probability(name: Code, value: float) -> Measurement:
    return Measurement(name, round(float(value), PROBABILITY_DECIMALS) + 0.0, codes.NO_UNITS)


def _yes_no(name: Code, value: bool) -> QualitativeEvaluation:
    return QualitativeEvaluation(name, codes.YES if value else codes.NO)


def _answer(name: Code, answer: StrEnum) -> QualitativeEvaluation:
    return QualitativeEvaluation(name, codes.ANSWERS[answer])


def _code(name: Code, answer: StrEnum) -> CodeContentItem:
    return CodeContentItem(name, codes.ANSWERS[answer], _CONTAINS)


def _text(name: Code, text: str) -> TextContentItem:
    # A text of control characters alone leaves nothing, and a text item must have some.
    return TextContentItem(name, paragraph(text) or "-", _CONTAINS)


def _comments(texts: Iterable[str]) -> list[ContentItem]:
    return [_text(codes.COMMENT, text) for text in dict.fromkeys(texts) if text.strip()]


def _add(group: Group, items: Sequence[ContentItem]) -> None:
    group[0].ContentSequence.extend(items)


def _operating_point(model: ModelSummary) -> str:
    return f"Operating point: {one_line(model.operating_point)}" if model.operating_point else ""
