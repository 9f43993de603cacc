"""To the PACS and back, for the window: nodes, queries, fetching, and the export queue."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from alnreader.case.atomic import make_folder
from alnreader.case.case import HeatMap
from alnreader.case.errors import AlnReaderError, CancelledError, ProtocolError
from alnreader.case.exported import predecessor_of
from alnreader.case.image import ImageKey
from alnreader.case.protocol import Event, step
from alnreader.dicom.network import places
from alnreader.dicom.network.nodes import Node, load_nodes, save_nodes
from alnreader.gui.controller import Controller
from alnreader.gui.judging import all_kept
from alnreader.gui.tasks import Task
from alnreader.paths import SCRATCH_PREFIX
from alnreader.store.exported import report_details
from alnreader.store.journal import NOTED

if TYPE_CHECKING:
    from alnreader.dicom.network.answers import Query, StudyAnswer
    from alnreader.dicom.network.inbox import Mark
    from alnreader.dicom.network.queue import ExportQueue, Job

_LOOK_MS = 15_000
"""How often the queue is looked at for jobs whose time has come."""

_FIRST_LOOK_MS = 2000
"""The first look waits until the window stands."""

_SEND = "pacs send"


class PacsDesk(QObject):
    """Owns nodes, queue and received studies; everything slow runs in the runner's pool ``pacs``.

    Parameters
    ----------
    controller
        Owns the readings; what is fetched is opened there. Nodes lie beside its settings, and so do queue and
        received studies until `start` names another folder.
    """

    nodes_changed = Signal()
    tested = Signal(str, str, str)
    """Name of the node, ``info`` or ``error``, and a sentence."""
    found = Signal(object)
    search_ended = Signal(str)
    """A sentence where the search failed, else empty."""
    fetched = Signal(object)
    received = Signal(object)
    """Studies that lie here, as `look_for_received` found them."""
    removed = Signal(str)
    """UID of a study that is not here any more."""
    queue_changed = Signal()

    def __init__(
        self,
        controller: Controller,
        parent: QObject | None = None,
    ) -> None:
        """Read the nodes; nothing is sent before `start` or an intent."""
        super().__init__(parent)
        self._controller = controller
        self._nodes_file = controller.settings_path.with_name(places.NODES)
        self._data = controller.settings_path.parent
        self.nodes: tuple[Node, ...] = load_nodes(self._nodes_file)
        self._held = False
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    # --- nodes ---------------------------------------------------------------------------------------------

    def save(self, nodes: Sequence[Node]) -> bool:
        """Keep these nodes; tell why where they cannot be."""
        try:
            save_nodes(nodes, self._nodes_file)
        except AlnReaderError as error:
            self._controller.tell(error)
            return False
        self.nodes = tuple(nodes)
        self.nodes_changed.emit()
        return True

    def test(self, node: Node) -> None:
        """Find out whether a node answers; the outcome comes by `tested`."""

        def work(task: Task) -> str:
            from alnreader.dicom.network.client import Client

            return Client(node).echo(task.cancel_token)

        def done(sentence: str | None, error: Exception | None) -> None:
            if sentence is not None:
                self.tested.emit(node.name, "info", sentence)
            else:
                self.tested.emit(node.name, "error", str(error))

        self._controller.submit("pacs", "pacs test", work, done, self.tr("Testing the connection"))

    @property
    def inbox(self) -> Path:
        """Where studies are received."""
        return self._data / places.INBOX

    @property
    def _queue_folder(self) -> Path:
        return self._data / places.QUEUE

    # --- asking and fetching -------------------------------------------------------------------------------

    def search(self, node: Node, query: Query) -> None:
        """Look for studies; they come by `found`."""

        def work(task: Task) -> Any:
            from alnreader.dicom.network.client import Client

            return Client(node).find_studies(query, task.cancel_token)

        def done(found: Any, error: Exception | None) -> None:
            if found is not None:
                self.found.emit(found)
            self.search_ended.emit("" if error is None else str(error))

        self._controller.submit("pacs", "pacs search", work, done, self.tr("Asking the PACS"))

    def fetch(self, node: Node, study: StudyAnswer) -> None:
        """Fetch a study, or the rest of it, and open it when it is whole; the outcome comes by `fetched`."""
        label = " ".join(
            filter(None, (study.patient.label, study.date.isoformat() if study.date is not None else ""))
        )
        self.fetch_uid(node, study.study_uid, label)

    def fetch_uid(self, node: Node, study_uid: str, label: str = "") -> None:
        """Fetch the study of a UID."""

        def work(task: Task) -> Any:
            from alnreader.dicom.network.receive import receive_study

            make_folder(self.inbox, private=True)  # patients' pictures
            return receive_study(node, study_uid, self.inbox, task.report, task.cancel_token, label=label)

        def done(received: Any, error: Exception | None) -> None:
            if received is None:
                self._controller.tell(error)
            elif received.complete:
                self._controller.open_paths([received.folder])
            else:
                words = self.tr("%n image(s) could not be fetched", "", len(received.refused))
                reason = next(iter(received.refused.values()))
                self._controller.message.emit("error", f"{words}: {reason}")
            self.fetched.emit(received)

        self._controller.submit("pacs", ("pacs fetch", study_uid), work, done, self.tr("Fetching the study"))

    def incomplete(self) -> list[tuple[Path, Mark]]:
        """Return the studies that are not here whole."""
        from alnreader.dicom.network.inbox import incomplete_studies

        return incomplete_studies(self.inbox)

    def is_here(self, study_uid: str) -> bool:
        """Whether a study was received whole."""
        from alnreader.dicom.network.inbox import StudyFolder

        folder = StudyFolder(self.inbox, study_uid)
        return folder.path.is_dir() and folder.mark() is None

    def images_here(self, study_uid: str) -> int:
        """Count what was received of a study."""
        from alnreader.dicom.network.inbox import StudyFolder

        return len(list(StudyFolder(self.inbox, study_uid).path.glob("*.dcm")))

    def open_received(self, study_uid: str) -> None:
        """Open a study that is here."""
        from alnreader.dicom.network.inbox import StudyFolder

        self._controller.open_paths([StudyFolder(self.inbox, study_uid).path])

    def look_for_received(self) -> None:
        """Find out which studies are here; they come by `received`."""

        def work(_task: Task) -> Any:
            from alnreader.dicom.network.received import received_studies

            return received_studies(self.inbox)

        def done(studies: Any, error: Exception | None) -> None:
            if studies is None:
                self._controller.tell(error)
            else:
                self.received.emit(studies)

        self._controller.submit("files", "pacs received", work, done, "")

    def remove_received(self, study_uid: str) -> None:
        """Delete what was received of a study, unless it is being fetched or its patient is open."""
        from alnreader.dicom.network.inbox import StudyFolder

        folder = StudyFolder(self.inbox, study_uid).path.resolve()
        message = self._controller.message
        if self._controller.runner.under_way(("pacs fetch", study_uid)):
            message.emit("caution", self.tr("The study is being fetched: stop that first."))
            return
        for session in self._controller.sessions:
            sources = (Path(image.source).resolve() for image in session.case.images)
            if any(folder in source.parents for source in sources):
                words = self.tr("{0} is open: close the patient first.").format(session.case.patient.label)
                message.emit("caution", words)
                return

        def work(_task: Task) -> int:
            from alnreader.dicom.network.received import remove_study

            return remove_study(self.inbox, study_uid)

        def done(images: int | None, error: Exception | None) -> None:
            if images is None:
                self._controller.tell(error)
                return
            message.emit("info", self.tr("%n image(s) deleted from this computer", "", images))
            self.removed.emit(study_uid)

        self._controller.submit("files", ("pacs remove", study_uid), work, done, self.tr("Deleting"))

    # --- sending -------------------------------------------------------------------------------------------

    @property
    def queue(self) -> ExportQueue:
        """The queue on the disk."""
        from alnreader.dicom.network.queue import ExportQueue

        return ExportQueue(self._queue_folder)

    def jobs(self) -> list[Job]:
        """Return the jobs of the queue; none where it cannot be read, which is told."""
        if not (self._queue_folder / "queue.sqlite").exists():
            return []
        try:
            return self.queue.jobs()
        except AlnReaderError as error:
            self._controller.tell(error)
            return []

    def may_send_reading(self) -> bool:
        """Whether the current reading is signed, so that it may leave the program."""
        session = self._controller.session
        return session is not None and session.may(Event.EXPORT)

    def send_reading(self, node: Node, *, sr: bool, seg: bool, sc: bool, pdf: bool) -> None:
        """Queue the signed reading as DICOM objects, and send it.

        Identity stays in: the objects belong to the study that the PACS holds.
        """
        desk, session = self._controller, self._controller.session
        if session is None:
            return
        try:
            step(session.human.state, Event.EXPORT, session.human.mode)
        except ProtocolError as error:
            desk.tell(error)
            return
        if not all_kept(desk, session):
            return
        title = self.tr("Preparing the reading for the PACS")

        def write(maps: Mapping[ImageKey, HeatMap]) -> None:
            if not session.may(Event.EXPORT):
                desk.message.emit("caution", self.tr("An amendment was opened meanwhile: nothing was sent."))
                return
            if not all_kept(desk, session):
                return
            settings = desk.settings
            reading = dataclasses.replace(
                session.reading(maps, desk.model), cut_offs=settings.cut_offs, site=settings.site
            )

            def work(task: Task) -> Any:
                from alnreader.dicom.network.store import inspect
                from alnreader.report.objects import Choices, exported_report, write_objects

                folder = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX))
                try:
                    choices = Choices(sr, seg, sc, pdf)
                    before = predecessor_of(reading.human, session.reports)
                    written = write_objects(
                        reading, choices, folder, task.report, task.cancel_token, predecessor=before
                    )
                    files = [inspect(path, path.name) for path in written.paths]
                    job = self.queue.add(node, files, reading.case.patient.label)
                    return job, exported_report(reading, written)
                finally:
                    shutil.rmtree(folder, ignore_errors=True)

            desk.submit("files", ("pacs objects", session.number), work, done, title)

        def done(result: Any, error: Exception | None) -> None:
            if result is None:
                desk.tell(error)
                return
            job, report = result
            event = Event.EXPORT if session.may(Event.EXPORT) else NOTED
            details = {"node": node.name, "job": job.id, **report_details(report)}
            session.reports += () if report is None else (report,)
            desk.saving.record(session, event, "exported", details=details)
            self.queue_changed.emit()
            self.send_now()

        desk.scoring.report_maps(session, "send", write, title)

    def send_now(self) -> None:
        """Work through the queue."""
        self._held = False
        self._send()

    def try_again(self, number: int) -> None:
        """Let a parked job be tried at once."""
        try:
            self.queue.try_again(number)
        except AlnReaderError as error:
            self._controller.tell(error)
        self.queue_changed.emit()
        self.send_now()

    def remove(self, number: int) -> None:
        """Take a job out of the queue."""
        try:
            self.queue.remove(number)
        except AlnReaderError as error:
            self._controller.tell(error)
        self.queue_changed.emit()

    def start(self, folder: Path) -> None:
        """Use the queue and the received studies in a folder, and go on with what an earlier run has left.

        Parameters
        ----------
        folder
            Of the program's data.
        """
        self._data = folder
        self._timer.start()
        self.queue_changed.emit()
        QTimer.singleShot(_FIRST_LOOK_MS, self._look)

    def _look(self) -> None:
        jobs = self.jobs()
        if self._held or not jobs or self._controller.runner.under_way(_SEND):
            return
        from alnreader.dicom.network.queue import JobState

        if any(job.state is JobState.WAITING for job in jobs) and self.queue.due():
            self._send()

    def _send(self) -> None:
        if self._controller.runner.under_way(_SEND):
            return
        nodes = self.nodes

        def work(task: Task) -> Any:
            from alnreader.dicom.network.sender import Sender

            try:
                return Sender(self.queue, lambda: nodes).run(task.cancel_token, task.report)
            except CancelledError:
                self._held = True  # the reader stopped it: nothing is sent before the reader says so
                raise

        def done(report: Any, error: Exception | None) -> None:
            if report is None:
                self._controller.tell(error)
            else:
                self._tell_outcome(report.tried)
            self.queue_changed.emit()

        self._controller.submit("pacs", _SEND, work, done, self.tr("Sending to the PACS"))

    def _tell_outcome(self, numbers: Sequence[int]) -> None:
        from alnreader.dicom.network.queue import JobState

        for job in self.jobs():
            if job.id not in numbers:
                continue
            if job.state is JobState.DONE:
                words = self.tr("{0}: sent to {1}").format(job.title, job.node)
                self._controller.message.emit("info", words)
            else:
                level = "error" if job.state is JobState.PARKED else "caution"
                self._controller.message.emit(level, job.reason)
