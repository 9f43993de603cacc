"""From files to sessions on the work list. Part of the controller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alnreader.case.case import Case, Skipped
from alnreader.case.language import told, tr
from alnreader.case.protocol import HumanReading
from alnreader.case.sharing import share_skipped
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
        self.skipped: tuple[Skipped, ...] = ()
        """What was not read when files were last looked through, also where no patient came of it."""

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

        desk.submit("files", "discover", work, done, tr("Looking through files"))

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

        desk.submit("files", "demo", work, done, tr("Simulating a patient"))

    def _add(self, found: Any, paths: Sequence[Path]) -> None:
        desk = self._controller
        self.skipped = tuple(found.skipped)
        if not found.patients:
            words = tr("No ultrasound image in what was opened.")
            if found.skipped:
                words = tr("No ultrasound image in what was opened: {reason}")
                words = words.format(reason=told(found.skipped[0].reason))
            if len(found.skipped) > 1:
                count = len(found.skipped)
                words += "\n" + _not_read(count)
                desk.page_wanted.emit("skipped")
            desk.message.emit("error", words)
            return
        desk.change_settings(desk.settings.with_recent(str(paths[0])))
        new = [case for case in found.patients if self._already_open(case) is None]
        desk.saving.look_up(new, lambda known: self._begin(found, new, known))

    def _begin(self, found: Any, new: Sequence[Case], known: Sequence[Opened | None]) -> None:
        """Open patients: those of whom a reading was kept with that, the others from the start."""
        desk = self._controller
        shares = share_skipped(found.patients, found.skipped)
        skipped = {id(case): share for case, share in zip(found.patients, shares, strict=True)}
        for case, opened in zip(new, known, strict=True):
            if opened is not None:
                desk.saving.adopt(opened)
                desk.message.emit("info", tr("These pictures were read before: the reading goes on."))
            elif self._already_open(case) is None:
                session = PatientSession.start(case, HumanReading(mode=desk.settings.mode), skipped[id(case)])
                desk.sessions.append(session)
                desk.saving.begin(session)
        desk.worklist_changed.emit()
        desk.enter(self._already_open(found.patients[0]))
        patients, count = len(found.patients), len(found.skipped)
        words = []
        if patients > 1:
            words.append(tr("{0} patients were found; the work list shows them").format(patients))
            desk.page_wanted.emit("work_list")
        if count:
            words.append(f"{_not_read(count)} (Ctrl+J)")
        if words:
            desk.message.emit("info", ". ".join(words))

    def _already_open(self, case: Case) -> PatientSession | None:
        """Return the session of exactly these images: a patient opened twice is read once."""
        uids = [image.key.uid for image in case.images]
        for session in self._controller.sessions:
            if sorted(image.key.uid for image in session.case.images) == sorted(uids):
                return session
        return None


def _not_read(files: int) -> str:
    if files == 1:
        return tr("1 file was not read; the list says why")
    return tr("{files} files were not read; the list says why").format(files=files)
