"""From files to sessions on the work list. Part of the controller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alnreader.case.case import Case
from alnreader.case.protocol import HumanReading
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Task
from alnreader.store.package import SUFFIX

if TYPE_CHECKING:
    from alnreader.gui.controller import Controller
    from alnreader.store.worklist import Opened


class Opening:
    """Carries out the controller's intents that open patients."""

    def __init__(self, controller: Controller) -> None:
        """Belong to a controller."""
        self._controller = controller

    def paths(self, paths: Sequence[Path]) -> None:
        """Look through files and add every patient in them to the work list; open the first.

        A saved case is opened where it lies.
        """
        desk = self._controller
        saved = [path for path in paths if path.suffix == SUFFIX or (path / "case.json").is_file()]
        for path in saved:
            desk.saving.open_file(path)
        paths = [path for path in paths if path not in saved]
        if not paths:
            return

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
        desk.change_settings(desk.settings.with_recent(str(paths[0])))
        new = [case for case in found.patients if self._already_open(case) is None]
        desk.saving.look_up(new, lambda known: self._begin(found, new, known))

    def _begin(self, found: Any, new: Sequence[Case], known: Sequence[Opened | None]) -> None:
        """Open patients: those of whom a reading was kept with that, the others from the start."""
        desk = self._controller
        for case, opened in zip(new, known, strict=True):
            if opened is not None:
                desk.saving.adopt(opened)
                desk.message.emit("info", desk.tr("These pictures were read before: the reading goes on."))
            elif self._already_open(case) is None:
                session = PatientSession.start(case, HumanReading(mode=desk.settings.mode), found.skipped)
                desk.sessions.append(session)
                desk.saving.begin(session)
        desk.worklist_changed.emit()
        desk.enter(self._already_open(found.patients[0]))
        if found.skipped:
            count = len(found.skipped)
            desk.message.emit("info", desk.tr("%n file(s) were not read; the list says why", "", count))

    def _already_open(self, case: Case) -> PatientSession | None:
        """Return the session of exactly these images: a patient opened twice is read once."""
        uids = [image.key.uid for image in case.images]
        for session in self._controller.sessions:
            if sorted(image.key.uid for image in session.case.images) == sorted(uids):
                return session
        return None
