"""A reading as a structured report: TID 1500 Measurement Report in a Comprehensive SR (PS3.3 A.35.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from highdicom.sr import (
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as standard

from alnreader.case.case import Reading
from alnreader.case.exported import ExportedReport
from alnreader.case.image import ImageKey
from alnreader.case.protocol import HumanReading, ReadingState
from alnreader.dicom.objects import codes, groups
from alnreader.dicom.objects.equipment import MANUFACTURER, Kind, Maker, coding_scheme
from alnreader.dicom.objects.segmentation import labels_of
from alnreader.dicom.objects.source import Source, main_study, restore_references
from alnreader.dicom.objects.text import one_line, person, stamp
from alnreader.dicom.quiet import quiet

NO_ORGANISATION = "Not stated"
"""Verifying Organization (type 1) where neither the site nor the study names one."""

HIDDEN = (
    "The score is hidden until the first read is locked and the score revealed: it is not in this report."
)


@dataclass(frozen=True)
class Evidence:
    """What a report rests on: the sources, and the segmentation of each key frame that has regions."""

    sources: Sequence[Source]
    segmentations: Mapping[ImageKey, Dataset]


def is_signed(human: HumanReading | None) -> bool:
    """Whether the reading stands under a signature, with no amendment open."""
    return human is not None and human.state is ReadingState.SIGNED


def structured_report(
    reading: Reading,
    evidence: Evidence,
    maker: Maker,
    series: str,
    instance: str,
    notes: Sequence[str] = (),
    hidden: bool = False,
    predecessor: ExportedReport | None = None,
) -> ComprehensiveSR:
    """Return the reading as a report in the patient's latest study.

    A signed reading is COMPLETE, FINAL and VERIFIED by who signed; any other is PARTIAL, PRELIMINARY and
    UNVERIFIED.

    Parameters
    ----------
    reading
        Without a score, and without what was shown, where it may not be seen (`visible.shown`).
    evidence
        Of every image of the case.
    maker
        Of the export.
    series, instance
        UIDs of the new series and the new object.
    notes
        Facts about the export that the reader must know.
    hidden
        Whether there is a score that may not be seen yet.
    predecessor
        The report that this one replaces: it is named in Predecessor Documents Sequence (PS3.3 C.17.2.1).
    """
    main = main_study(evidence.sources)
    if main is None:
        raise ValueError("a report rests on at least one image")
    with quiet():
        said = [*notes, *([HIDDEN] if hidden else [])]
        said += [groups.NO_IMAGE] if reading.score is not None and reading.score.of_no_image else []
        content = _content(reading, evidence, main, maker, said)
        restore_references(content[0], evidence.sources)
        dataset = _document(reading, content, evidence, main, maker, series, instance, predecessor)
        maker.finish(dataset, Kind.REPORT, main)
        restore_references(dataset, evidence.sources)
    return dataset


def _document(
    reading: Reading,
    content: MeasurementReport,
    evidence: Evidence,
    main: Source,
    maker: Maker,
    series: str,
    instance: str,
    predecessor: ExportedReport | None,
) -> ComprehensiveSR:
    signed = is_signed(reading.human)
    version = reading.human.signed if reading.human is not None and signed else None
    first = [main, *(source for source in evidence.sources if source is not main)]
    instances = {source.uid: source.dataset for source in first}
    dataset = ComprehensiveSR(
        evidence=[*instances.values(), *evidence.segmentations.values()],
        content=content[0],
        series_instance_uid=series,
        series_number=Kind.REPORT.series_number,
        sop_instance_uid=instance,
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=signed,
        is_final=signed,
        is_verified=signed,
        verifying_observer_name=person(version.signed_by) if version is not None else None,
        verifying_organization=_organisation(reading, maker),
        performed_procedure_codes=[codes.PROCEDURE],
        coding_schemes=[coding_scheme()],
        specific_character_set=None,
        previous_versions=None if predecessor is None else [_named(predecessor)],
    )
    if version is not None:
        dataset.VerifyingObserverSequence[0].VerificationDateTime = stamp(version.when)
    return dataset


def _named(report: ExportedReport) -> Dataset:
    """Return of a report what a reference needs."""
    named = Dataset()
    named.StudyInstanceUID, named.SeriesInstanceUID = report.study, report.series
    named.SOPClassUID, named.SOPInstanceUID = report.sop_class, report.instance
    return named


def _organisation(reading: Reading, maker: Maker) -> str:
    named = (maker.site, *(study.institution for study in reading.case.studies))
    return next((one_line(name) for name in named if name.strip()), NO_ORGANISATION)


def _content(
    reading: Reading, evidence: Evidence, main: Source, maker: Maker, notes: Sequence[str]
) -> MeasurementReport:
    content = MeasurementReport(
        observation_context=_observers(reading.human, maker),
        procedure_reported=codes.PROCEDURE,
        imaging_measurements=_groups(reading, evidence, main, maker),
        referenced_images=list({source.uid: source.dataset for source in evidence.sources}.values()),
    )
    human = reading.human
    mode = f"{human.mode}; {human.state}" if human is not None else "read by the program alone"
    root = content[0].ContentSequence
    # TID 1500 is extensible. A reader of the report meets these before any number, which stand last.
    before = [groups.comment(text) for text in (maker.banner, *notes) if text]
    for item in (*before, groups.reading_mode(mode)):
        root.insert(len(root) - 1, item)
    return content


def _observers(human: HumanReading | None, maker: Maker) -> ObservationContext:
    context = ObservationContext(
        observer_device_context=ObserverContext(
            observer_type=standard.DCM.Device,
            observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
                uid=maker.device_uid,
                name=MANUFACTURER,
                manufacturer_name=MANUFACTURER,
                model_name=f"{MANUFACTURER} {maker.program_version}",
                serial_number=maker.serial,
            ),
        )
    )
    for name in readers_of(human):
        context.extend(
            ObserverContext(
                observer_type=standard.DCM.Person,
                observer_identifying_attributes=PersonObserverIdentifyingAttributes(
                    name=person(name), organization_name=one_line(maker.site) or None
                ),
            )
        )
    return context


def readers_of(human: HumanReading | None) -> tuple[str, ...]:
    """Return everybody who judged or signed, each once."""
    if human is None:
        return ()
    finals = [version.final_read for version in human.versions]
    reads = [
        *([human.first_read] if human.first_read is not None else []),
        *(final.assessment for final in finals),
        *([human.final_read.assessment] if human.final_read is not None else []),
    ]
    names = (*(read.reader for read in reads), *(version.signed_by for version in human.versions))
    return tuple(dict.fromkeys(name.strip() for name in names))


def _groups(reading: Reading, evidence: Evidence, main: Source, maker: Maker) -> list[groups.Group]:
    score, case = reading.score, reading.case
    entries = {} if score is None else {entry.key: entry for entry in score.images}
    found: list[groups.Group] = [] if score is None else [groups.patient_group(score, maker, main.study)]
    found += [] if reading.last_seen is None else [groups.revealed_group(reading.last_seen, main.study)]
    found += _reads(reading.human, reading.signed_probabilities, main.study)
    for source in evidence.sources:
        included = source.key not in case.excluded
        found.append(groups.image_group(source, entries.get(source.key), included, maker))
        regions = case.regions_of(source.key)
        segments = evidence.segmentations.get(source.key)
        if segments is None:
            continue
        for number, (region, label) in enumerate(zip(regions, labels_of(regions), strict=True), start=1):
            found.append(groups.region_group(source, region, label, segments, number, maker))
    return found


def _reads(
    human: HumanReading | None, probabilities: Sequence[float | None], study: str
) -> list[groups.Group]:
    if human is None:
        return []
    found: list[groups.Group] = []
    known = len(probabilities) == len(human.versions)
    beside = [[probability] for probability in probabilities] if known else [[] for _ in human.versions]
    if human.first_read is not None:
        found.append(groups.first_read_group(human.first_read, study))
    for number, version in enumerate(human.versions[:-1], start=1):
        name = f"{groups.SUPERSEDED} {number}"
        shown = beside[number - 1]
        found.append(groups.final_read_group(version.final_read, version, name, study, shown))
    if human.signed is not None:
        final = human.signed.final_read
        found.append(groups.final_read_group(final, human.signed, groups.FINAL_READ, study, beside[-1]))
    if human.final_read is not None:
        found.append(groups.final_read_group(human.final_read, None, groups.PENDING, study))
    return found
