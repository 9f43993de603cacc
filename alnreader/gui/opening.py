"""From files to sessions on the work list. Part of the controller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alnreader.case.protocol import HumanReading
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Task

if TYPE_CHECKING:
    from alnreader.gui.controller import Controller


class Opening:
    """Carries out the controller's intents that open patients."""

    def __init__(self, controller: Controller) -> None:
        """Belong to a controller."""
        self._controller = controller

    def paths(self, paths: Sequence[Path]) -> None:
        """Look through files and add every patient in them to the work list; open the first."""
        desk = self._controller

        def work(task: Task) -> Any:
            from alnreader.dicom import discover

            return discover(paths, progress=task.report, cancel=task.cancel_token)

        def done(found: Any, error: Exception | None) -> None:
            if found is None:
                desk.tell(error)
            else:
                self._add(found, paths)

        desk.submit("files", "discover", work, done, desk.tr("Looking through files"))

    def demo(self) -> None:
        """Simulate the demo patient as DICOM in a folder of the user's and open it."""
        desk = self._controller

        def work(task: Task) -> Path:
            from alnreader.gui.demo import write_demo_patient

            return write_demo_patient()

        def done(folder: Path | None, error: Exception | None) -> None:
            if folder is None:
                desk.tell(error)
            else:
                self.paths([folder])

        desk.submit("files", "demo", work, done, desk.tr("Simulating a patient"))

    def _add(self, found: Any, paths: Sequence[Path]) -> None:
        desk = self._controller
        if not found.patients:
            reason = f": {found.skipped[0].reason}" if found.skipped else "."
            desk.message.emit("error", desk.tr("No ultrasound image in what was opened") + reason)
            return
        human = HumanReading(mode=desk.settings.mode)
        entered: PatientSession | None = None
        for case in found.patients:
            session = self._already_open([image.key.uid for image in case.images])
            if session is None:
                session = PatientSession.start(case, human, found.skipped)
                desk.sessions.append(session)
            entered = entered or session
        desk.change_settings(desk.settings.with_recent(str(paths[0])))
        desk.worklist_changed.emit()
        desk.enter(entered)
        if found.skipped:
            count = len(found.skipped)
            desk.message.emit("info", desk.tr("%n file(s) were not read; the list says why", "", count))

    def _already_open(self, uids: list[str]) -> PatientSession | None:
        """Return the session of exactly these images: a patient opened twice is read once."""
        for session in self._controller.sessions:
            if sorted(image.key.uid for image in session.case.images) == sorted(uids):
                return session
        return None
