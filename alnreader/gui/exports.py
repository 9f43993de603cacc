"""The report: its preview and what is written to a folder. Part of the controller."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alnreader.case.case import Case, HeatMap, Reading
from alnreader.case.errors import CannotWriteError, ProtocolError
from alnreader.case.exported import ExportedReport, predecessor_of
from alnreader.case.image import ImageKey
from alnreader.case.language import told, tr
from alnreader.case.protocol import Event, step
from alnreader.gui.judging import all_kept
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Task
from alnreader.store.exported import report_details
from alnreader.store.journal import NOTED

if TYPE_CHECKING:
    from alnreader.dicom.deidentify import Deidentifier
    from alnreader.gui.controller import Controller

Outputs = tuple[Path | None, ...]
"""Where PDF, JSON, pictures and DICOM objects go; None: not asked for."""


class Exports:
    """Carries out the controller's intents that make a report."""

    def __init__(self, controller: Controller) -> None:
        """Belong to a controller."""
        self._controller = controller

    def _wait_for_score(self, session: PatientSession) -> None:
        """Show the report as soon as the score that is being made has come, or cannot be had."""
        desk, key = self._controller, ("preview", session.number)

        def settled() -> None:
            # A stop, or another patient on the screen, has taken the wish back.
            wanted = key in desk.underway.shown() and session is desk.session
            desk.underway.end(key)
            if wanted:
                self.preview(session)

        desk.underway.show(key, tr("The report waits for the score"))
        desk.scoring.when_settled(session, settled)

    def _identified(self, session: PatientSession, maps: Mapping[ImageKey, HeatMap]) -> Reading:
        settings, model = self._controller.settings, self._controller.model
        reading = session.reading(maps, model)
        return dataclasses.replace(reading, cut_offs=settings.cut_offs, site=settings.site)

    def _reading(self, session: PatientSession, maps: Mapping[ImageKey, HeatMap]) -> Reading:
        reading = self._identified(session, maps)
        if not self._controller.settings.deidentify:
            return reading
        from alnreader.dicom.deidentify.reading import without_identity  # pydicom comes with it

        return without_identity(reading)

    def preview(self, session: PatientSession) -> None:
        """Make the report as it stands, for the eye only; while a score is made, wait for that."""
        desk = self._controller
        if session.scoring:
            self._wait_for_score(session)
            return

        def render(maps: Mapping[ImageKey, HeatMap]) -> None:
            reading, dated = self._reading(session, maps), not desk.settings.deidentify

            def work(task: Task) -> bytes:
                from alnreader.report.pdf import render_pdf

                return render_pdf(reading, dated)

            desk.submit("files", ("preview", session.number), work, done, tr("Preparing the report"))

        def done(content: bytes | None, error: Exception | None) -> None:
            if content is None:
                desk.tell(error)
            elif session is desk.session:
                desk.saving.record(session, Event.PREVIEW, "previewed")
                desk.preview_ready.emit(content)

        desk.scoring.report_maps(session, "preview", render, tr("Preparing the report"))

    def review(self, session: PatientSession, outputs: Outputs) -> str:
        """Show an export without identity before it is written, or return why it may not go there."""
        try:
            _check_apart(session.case, outputs)
        except CannotWriteError as error:
            return told(str(error))
        self._controller.review_wanted.emit(outputs)
        return ""

    def export(
        self,
        session: PatientSession,
        report: Path | None,
        json: Path | None = None,
        out_dir: Path | None = None,
        dicom: Path | None = None,
        worker: Deidentifier | None = None,
    ) -> None:
        """Write a signed reading: all of it or nothing; DICOM objects first, into a folder of their own.

        ``worker``: what the reader has decided on the pictures of an export without identity.
        """
        desk = self._controller
        try:
            step(session.human.state, Event.EXPORT, session.human.mode)
        except ProtocolError as error:
            desk.tell(error)
            return

        def write(maps: Mapping[ImageKey, HeatMap]) -> None:
            if not session.may(Event.EXPORT):
                desk.message.emit("caution", tr("An amendment was opened meanwhile: nothing was written."))
                return
            if not all_kept(desk, session):
                return
            identified, deidentify = self._identified(session, maps), desk.settings.deidentify

            def work(task: Task) -> Any:
                from alnreader.report.output import check_outputs, write_reading

                if deidentify:
                    _check_apart(identified.case, (report, json, out_dir, dicom))
                check_outputs(report, json, out_dir, [identified.case])
                reading = _cleaned(identified, worker, task) if deidentify else identified
                notes: tuple[str, ...] = ()
                exported: ExportedReport | None = None
                with ExitStack() as undo:
                    if dicom is not None:
                        new = not dicom.exists()
                        if deidentify:
                            notes, made = _write_deidentified(identified, dicom, worker, task)
                        else:
                            notes, made, exported = _write_objects(identified, dicom, session.reports, task)
                        undo.callback(_take_back, made, dicom, new)
                    written = write_reading(
                        reading, report, json, out_dir, task.report, task.cancel_token, dated=not deidentify
                    )
                    undo.pop_all()
                return written, notes, exported

            desk.submit("files", ("export", session.number), work, done, tr("Writing the report"))

        def done(result: Any, error: Exception | None) -> None:
            if result is None:
                desk.tell(error)
                return
            written, notes, report_object = result
            paths = [path for path in (*written.reports, json, out_dir, dicom) if path is not None]
            event = Event.EXPORT if session.may(Event.EXPORT) else NOTED
            details = {"files": [str(path) for path in paths], **report_details(report_object)}
            session.reports += () if report_object is None else (report_object,)
            desk.saving.record(session, event, "exported", details=details)
            words = tr("Written: {0}").format(", ".join(map(str, paths)))
            desk.message.emit("caution" if notes else "info", " ".join((words, *notes)))
            desk.exported.emit(paths)

        desk.scoring.report_maps(session, "export", write, tr("Writing the report"))


def _check_apart(case: Case, outputs: Outputs) -> None:
    """Refuse places among the originals, for the files and for the folder that they were to go to."""
    from alnreader.report.deidentified import check_apart_from_images  # pydicom comes with it

    asked = [path for path in outputs if path is not None]
    check_apart_from_images(case, dict.fromkeys([*asked, *(path.parent for path in asked)]))


def _take_back(made: Sequence[Path], folder: Path, new: bool) -> None:
    """Remove the DICOM objects of an export whose other part could not be written, and their folders."""
    for path in made:
        path.unlink(missing_ok=True)
    with suppress(OSError):  # what somebody else put in stays
        for inner in {path.parent for path in made} - {folder}:
            inner.rmdir()
        if new:
            folder.rmdir()


def _cleaned(reading: Reading, worker: Deidentifier | None, task: Task) -> Reading:
    """Return the reading without identity, as the reader saw and decided it where there was a preview."""
    if worker is not None:
        from alnreader.report.deidentified import cleaned_reading

        return cleaned_reading(reading, worker, task.cancel_token)[1]
    from alnreader.dicom.deidentify.reading import without_identity

    return without_identity(reading)


def _write_objects(
    reading: Reading, folder: Path, reports: tuple[ExportedReport, ...], task: Task
) -> tuple[tuple[str, ...], Sequence[Path], ExportedReport | None]:
    """Write the reading's DICOM objects; return what the reader has to know, the files and the report."""
    from alnreader.report.objects import Choices, exported_report, write_objects

    before = predecessor_of(reading.human, reports)
    written = write_objects(reading, Choices(), folder, task.report, task.cancel_token, predecessor=before)
    return written.notes, written.paths, exported_report(reading, written)


def _write_deidentified(
    reading: Reading, folder: Path, worker: Deidentifier | None, task: Task
) -> tuple[tuple[str, ...], Sequence[Path]]:
    """Write the DICOM objects without identity; return what the reader has to know, and the files."""
    from alnreader.dicom.deidentify import Deidentifier
    from alnreader.report.deidentified import write_deidentified
    from alnreader.report.objects import Choices

    worker = worker or Deidentifier()
    written = write_deidentified(reading, Choices(), folder, worker, task.report, task.cancel_token)
    return written.notes, (*written.pictures, *written.objects)
