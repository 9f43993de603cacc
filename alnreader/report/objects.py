"""A reading as DICOM objects in a folder: all that were asked for, or none.

The objects themselves are built in `alnreader.dicom.objects`; pictures and PDF come from this room.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alnreader.case import atomic
from alnreader.case.case import Reading
from alnreader.case.clock import now
from alnreader.case.errors import CannotWriteError, InvalidValueError, UnreadableInputError
from alnreader.case.exported import ExportedReport
from alnreader.case.image import ImageKey, Pixels, UltrasoundImage
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.report.heat import drawn_of_patient
from alnreader.report.text import file_name
from alnreader.report.visible import shown

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from alnreader.dicom.objects.equipment import Kind
    from alnreader.dicom.objects.source import Source


Finish = Callable[["Dataset"], None]

REPORT_NAME = "sr.dcm"

PICTURE = "picture"
"""How the names of copies of pictures without identity begin: they are no result by themselves."""


@dataclass(frozen=True)
class Choices:
    """Which objects are written: structured report, segmentations, secondary captures, encapsulated PDF.

    A report refers to the segmentations, so they are written with it whether chosen or not.
    """

    sr: bool = True
    seg: bool = True
    sc: bool = True
    pdf: bool = True

    def __post_init__(self) -> None:
        """Refuse to write nothing."""
        if not (self.sr or self.seg or self.sc or self.pdf):
            raise InvalidValueError("Choose at least one of report, segmentations, pictures and PDF.")


@dataclass(frozen=True)
class WrittenObject:
    """One file that was written, and what it is."""

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str


@dataclass(frozen=True)
class WrittenObjects:
    """What an export left.

    Attributes
    ----------
    objects
        In the order in which they can be sent: what is referred to comes first.
    notes
        Sentences for the user: what had to be decided.
    """

    objects: tuple[WrittenObject, ...]
    notes: tuple[str, ...]

    @property
    def report(self) -> WrittenObject | None:
        """The structured report, None where it was not chosen."""
        return next((item for item in self.objects if item.path.name == REPORT_NAME), None)

    @property
    def paths(self) -> list[Path]:
        """The files."""
        return [item.path for item in self.objects]


def write_objects(
    reading: Reading,
    choices: Choices,
    out_dir: Path,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
    when: datetime | None = None,
    finish: Finish | None = None,
    predecessor: ExportedReport | None = None,
) -> WrittenObjects:
    """Write a reading as DICOM objects: all of them, or, after any failure or a stop, none.

    What may not be seen yet (the score of a blinded reading before the reveal) is in none of them.

    Parameters
    ----------
    reading
        With at least one image.
    choices
        What is written.
    out_dir
        Made where it is missing. It must be empty: objects of two exports in one folder would be sent as one.
    progress, cancel
        Steps are images, then documents.
    when
        Of the objects; now if None.
    finish
        Changes each object before it is written.
    predecessor
        The structured report of this reading that the new one replaces (`predecessor_of`).

    Raises
    ------
    CannotWriteError
        If the folder holds files, or something cannot be written: nothing of it is left.
    UnreadableInputError
        If a file of the case is no longer where it was, or cannot be decoded any more; or if there is nothing
        to write: no image, or segmentations alone without any outline.
    """
    check_folder(out_dir)
    token = cancel if cancel is not None else CancelToken()
    export = _Export(reading, choices, when or now())
    export.dated = when is None
    export.predecessor = predecessor
    written: list[WrittenObject] = []
    with atomic.Outbox() as outbox:
        for name, dataset in export.objects(progress, token):
            token.check()
            if finish is not None:
                finish(dataset)
            path = out_dir / name
            outbox.add(path, _encoded(dataset))
            written.append(
                WrittenObject(
                    path,
                    str(dataset.SOPClassUID),
                    str(dataset.SOPInstanceUID),
                    str(dataset.SeriesInstanceUID),
                    str(dataset.StudyInstanceUID),
                )
            )
        if all(item.path.name.startswith(PICTURE) for item in written):
            raise UnreadableInputError(
                f"{reading.case.patient.label}: nothing is outlined and there is no heat map, so there is no "
                "such object to write. Choose the measurements or the PDF."
            )
        token.check()
    progress(export.total, export.total, "Written")
    return WrittenObjects(tuple(written), export.notes)


def exported_report(reading: Reading, written: WrittenObjects) -> ExportedReport | None:
    """Return what the journal is told of an export, so that a later report can name this one."""
    report, human = written.report, reading.human
    if report is None or human is None:
        return None
    return ExportedReport(
        len(human.versions),
        report.study_instance_uid,
        report.series_instance_uid,
        report.sop_instance_uid,
        report.sop_class_uid,
    )


def check_folder(out_dir: Path) -> None:
    """Refuse a folder that cannot take an export, before a long reading begins.

    Raises
    ------
    CannotWriteError
        If it holds files or cannot be written.
    """
    try:
        held = any(not entry.name.startswith(".") for entry in out_dir.iterdir())
    except FileNotFoundError:
        held = False
    except OSError as error:
        raise CannotWriteError(
            f"Cannot write to {out_dir}: {error.strerror or error}. Name an empty folder or a new one."
        ) from error
    if held:
        raise CannotWriteError(
            f"{out_dir} holds files already: objects of two exports must not mix. Name an empty folder or a "
            "new one."
        )
    atomic.check_writable([], [out_dir])


class _Export:
    """One export under way: the parts that several objects share."""

    dated = True
    """Whether the PDF says when it was made."""

    predecessor: ExportedReport | None = None
    """Report that this one replaces."""

    def __init__(self, reading: Reading, choices: Choices, when: datetime) -> None:
        from alnreader.dicom.objects.equipment import Maker
        from alnreader.dicom.objects.source import COPIES_NOTE, MIXED_NOTE, sources_of

        if not reading.case.images:
            raise UnreadableInputError(
                f"{reading.case.patient.label}: there is no image to write objects of."
            )
        # The model is named even where its score is still hidden.
        run = reading.score.run if reading.score is not None else None
        self._full, self._reading = reading, shown(reading)
        self._choices = choices
        named = run.model if run is not None else reading.model
        self._maker = (
            Maker(named, when, reading.site)
            if run is None
            else Maker(named, when, reading.site, run.program_version)
        )
        self._sources = sources_of(reading.case, _texts(reading))
        copies = [source.is_copy for source in self._sources]
        self.notes: tuple[str, ...] = ()
        if any(copies):
            self.notes = (COPIES_NOTE if all(copies) else MIXED_NOTE,)
        self.total = len(self._sources) + choices.pdf + choices.sr

    def objects(self, progress: Progress, token: CancelToken) -> Iterator[tuple[str, Dataset]]:
        """Yield name and object, one at a time: the pixels of a long case are never held together."""
        self._series: dict[tuple[Kind, str], str] = {}
        segmentations: dict[ImageKey, Dataset] = {}
        for done, source in enumerate(self._sources):
            token.check()
            progress(done, self.total, f"Writing {file_name(source.image.source)}")
            if source.is_copy:
                yield self._copy(source)
            if self._reading.case.regions_of(source.key) and (self._choices.seg or self._choices.sr):
                name, segments = self._segmentation(source)
                segmentations[source.key] = segments
                yield name, segments
                del segments.PixelData  # what refers to it needs none
            if self._choices.sc:
                yield from self._captures(source)
        done = len(self._sources)
        if self._choices.sr:
            progress(done, self.total, "Writing the measurements")
            yield self._report(segmentations)
            done += 1
        token.check()
        if self._choices.pdf:
            progress(done, self.total, "Writing the report")
            yield self._pdf()

    def _new(self, kind: Kind, source: Source) -> tuple[str, str]:
        """Return the UIDs of series and instance of the next object of a kind in a source's study."""
        from alnreader.dicom.objects.equipment import new_uid

        return self._series.setdefault((kind, source.study), new_uid()), new_uid()

    def _copy(self, source: Source) -> tuple[str, Dataset]:
        from alnreader.dicom.objects.capture import picture_copy

        pixels = _pixels(source.image)
        return _name(PICTURE, source), picture_copy(source, pixels, self._maker, source.number)

    def _segmentation(self, source: Source) -> tuple[str, Dataset]:
        from alnreader.dicom.objects.equipment import Kind
        from alnreader.dicom.objects.segmentation import segmentation

        series, instance = self._new(Kind.SEGMENTATION, source)
        regions = self._reading.case.regions_of(source.key)
        made = segmentation(source, regions, self._maker, series, instance, source.number)
        return _name("seg", source), made

    def _captures(self, source: Source) -> Iterator[tuple[str, Dataset]]:
        from alnreader.dicom.objects.capture import capture
        from alnreader.dicom.objects.equipment import Kind
        from alnreader.dicom.objects.segmentation import labels_of
        from alnreader.report import captures

        regions = self._reading.case.regions_of(source.key)
        included = source.key not in self._reading.case.excluded
        drawn = drawn_of_patient(self._reading.heat_maps, source.image, included)
        # A capture of a map of which nothing is drawn would show the picture once more, and a colour bar.
        heat = None if drawn is None else drawn.values
        if not regions and heat is None:
            return
        pixels, maker = _pixels(source.image), self._maker
        if regions:
            outlined = captures.outline_capture(pixels, regions, labels_of(regions), maker.banner)
            kind, caption = Kind.OUTLINES, captures.OUTLINE_CAPTION
            made = capture(source, outlined, kind, caption, maker, *self._new(kind, source), source.number)
            yield _name("sc-outlines", source), made
        if heat is not None and drawn is not None:
            picture = captures.heat_capture(pixels, heat, drawn.top, maker.banner)
            kind, caption = Kind.HEAT_MAP, captures.HEAT_CAPTION
            made = capture(source, picture, kind, caption, maker, *self._new(kind, source), source.number)
            yield _name("sc-heatmap", source), made

    def _report(self, segmentations: dict[ImageKey, Dataset]) -> tuple[str, Dataset]:
        from alnreader.dicom.objects.equipment import Kind
        from alnreader.dicom.objects.report import Evidence, structured_report

        series, instance = self._new(Kind.REPORT, self._main())
        evidence = Evidence(self._sources, segmentations)
        human = self._full.human
        hidden = human is not None and not human.score_visible
        return REPORT_NAME, structured_report(
            self._reading, evidence, self._maker, series, instance, self.notes, hidden, self.predecessor
        )

    def _pdf(self) -> tuple[str, Dataset]:
        from alnreader.dicom.objects.document import encapsulated_pdf
        from alnreader.dicom.objects.equipment import Kind
        from alnreader.dicom.objects.report import is_signed
        from alnreader.report.pdf import render_pdf

        main = self._main()
        series, instance = self._new(Kind.PDF, main)
        signed = is_signed(self._full.human)
        content = render_pdf(self._full, self.dated)
        return "report.dcm", encapsulated_pdf(
            content, self._sources, main, signed, self._maker, series, instance
        )

    def _main(self) -> Source:
        from alnreader.dicom.objects.source import main_study

        main = main_study(self._sources)
        assert main is not None, "a case has at least one image"
        return main


def _name(kind: str, source: Source) -> str:
    return f"{kind}-{source.number:03d}.dcm"


def _pixels(image: UltrasoundImage) -> Pixels:
    pixels = image.pixels()
    if pixels.shape != (image.rows, image.columns, 3):
        raise InvalidValueError(f"{image.source}: decoded to a picture of shape {pixels.shape}.")
    return pixels


def _texts(reading: Reading) -> Iterable[str]:
    """Return what people wrote: the character set has to hold it."""
    human = reading.human
    found = [reading.site, *(study.institution for study in reading.case.studies)]
    found += [note for image in reading.case.images for note in image.notes]
    found += [reading.model.name, reading.model.version] if reading.model is not None else []
    if reading.score is not None:
        score = reading.score
        found += [warning.message for warning in score.warnings]
        found += [warning.message for entry in score.images for warning in entry.warnings]
        found += [score.run.device, score.run.model.name, score.run.model.version]
        found.append(score.run.model.operating_point)
    if human is None:
        return found
    finals = [version.final_read for version in human.versions]
    finals += [human.final_read] if human.final_read is not None else []
    reads = [final.assessment for final in finals]
    reads += [human.first_read] if human.first_read is not None else []
    found += [text for read in reads for text in (read.reader, read.remarks)]
    found += [final.reason for final in finals]
    found += [text for version in human.versions for text in (version.signed_by, version.amendment_reason)]
    return found


def _encoded(dataset: Dataset) -> bytes:
    from alnreader.dicom.quiet import quiet

    stream = io.BytesIO()
    with quiet():
        dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
