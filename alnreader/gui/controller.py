"""The one owner of the readings in progress. Panels call its methods and listen to its signals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from alnreader.case.errors import AlnReaderError, CancelledError
from alnreader.case.protocol import Event
from alnreader.gui.helpers import Helpers
from alnreader.gui.saving import Saving
from alnreader.gui.settings import Settings, save_settings
from alnreader.gui.tasks import Done, TaskRunner, Underway, Urgency, Work

if TYPE_CHECKING:
    from alnreader.case.assessment import Assessment
    from alnreader.case.case import HeatMap
    from alnreader.case.draft import Drafts
    from alnreader.case.image import ImageKey, UltrasoundImage
    from alnreader.case.region import Mask, Region, RegionKind
    from alnreader.case.score import ModelSummary
    from alnreader.gui.machine import Box, KnownMachine
    from alnreader.gui.session import PatientSession

_NO_MAPS: Mapping[ImageKey, HeatMap] = MappingProxyType({})


class Controller(Helpers):
    """Owns the sessions, the settings and the machine; the only one that changes them.

    Intents that need a patient do nothing while none is open. What the protocol or a worker refuses comes as
    a `message`, never as an exception.

    Parameters
    ----------
    runner
        Runs everything slow.
    settings, settings_path
        As loaded, and where they are saved.
    """

    worklist_changed = Signal()
    session_changed = Signal()
    image_changed = Signal()
    regions_changed = Signal(object)
    selection_changed = Signal()
    protocol_changed = Signal()
    score_changed = Signal()
    maps_changed = Signal()
    progress = Signal(str, int, int)
    message = Signal(str, str)
    device_changed = Signal(str)
    model_changed = Signal()
    settings_changed = Signal()
    preview_ready = Signal(bytes)
    page_wanted = Signal(str)
    leaving = Signal()  # what is entered and not handed over yet is handed over now
    review_wanted = Signal(object)  # an export without identity: it is seen before it is written
    exported = Signal(list)
    saved = Signal(str)

    def __init__(
        self, runner: TaskRunner, settings: Settings, settings_path: Path, parent: QObject | None = None
    ) -> None:
        """Begin with no reading and nothing loaded."""
        super().__init__(parent)
        self.runner = runner
        self.settings = settings
        self.settings_path = settings_path
        self.sessions: list[PatientSession] = []
        self.session: PatientSession | None = None
        self.region_index: int | None = None
        self.model: ModelSummary | None = None
        self.model_error = ""
        self.device = ""
        self.map_method = "Grad-CAM"
        self.map_target = "patient"
        self.maps_wanted = self._steps_on = False
        self.underway = Underway(self)
        self.underway.changed.connect(self.progress)
        self.saving = Saving(self)

    # --- opening -------------------------------------------------------------------------------------------

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Look through files and add every patient in them to the work list; open the first."""
        self.opening.paths(paths)

    def open_demo(self) -> None:
        """Simulate the demo patient as DICOM in a folder of the user's and open it."""
        self.opening.demo()

    def open_session(self, index: int) -> None:
        """Show a patient of the work list."""
        if 0 <= index < len(self.sessions):
            self.enter(self.sessions[index])

    def close_session(self, index: int | None = None) -> None:
        """Close a patient (the current one, if none is named); the reading stays where it is kept."""
        if index is not None and not 0 <= index < len(self.sessions):
            return
        session = self.session if index is None else self.sessions[index]
        if session is None:
            return
        self.leaving.emit()
        self.drop_work(session)
        self.sessions.remove(session)
        self.saving.release(session)
        self.worklist_changed.emit()
        if session is self.session:
            self.enter(None)

    def open_kept(self, case_id: str) -> None:
        """Bring back a reading of the work list (`saving.rows`), or show it if it is open."""
        for session in self.sessions:
            if session.kept_as == case_id:
                self.enter(session)
                return
        self.saving.open(case_id)

    def drop_work(self, session: PatientSession) -> None:
        """Await nothing for a session any more."""
        for image in session.case.images:
            self.runner.drop(("propose", session.number, image.key))
        self.outlining.forget(session)
        self.scoring.drop(session)
        for kind in ("box", "maps", "preview maps", "preview", "export maps", "export", "send maps"):
            self.runner.drop((kind, session.number))
            self.underway.end((kind, session.number))

    def enter(self, session: PatientSession | None) -> None:
        """Show a session, or the start page. For the controller's helpers."""
        self.leaving.emit()
        self.session = session
        self.region_index = None
        for signal in (
            self.session_changed,
            self.image_changed,
            self.selection_changed,
            self.protocol_changed,
            self.score_changed,
            self.maps_changed,
        ):
            signal.emit()
        if session is not None:
            if not session.scoring and not session.score_error and session.lacks_score:
                self.scoring.rescore(session)  # a concurrent reading shows its score from the start
            self.scoring.explain(session)

    # --- looking -------------------------------------------------------------------------------------------

    @property
    def image(self) -> UltrasoundImage | None:
        """The image on the canvas."""
        return self.session.image if self.session else None

    def select_image(self, key: ImageKey) -> None:
        """Put an image of the current patient on the canvas."""
        session = self.session
        if session is None or key == session.current:
            return
        if key in {image.key for image in session.case.images}:
            session.current = key
            self.region_index = None
            self.image_changed.emit()
            self.selection_changed.emit()

    def step_image(self, steps: int) -> None:
        """Go some images on or back in the film strip; stops at its ends."""
        if self.session is not None:
            keys = [image.key for image in self.session.case.images]
            place = min(max(keys.index(self.session.current) + steps, 0), len(keys) - 1)
            self.select_image(keys[place])

    def set_frame(self, frame: int, *, drawn_on: bool = False) -> None:
        """Make another frame of the current cine the one that is read (its key frame).

        Regions belong to a frame: those of the one left wait for its return. ``drawn_on``: because it was
        drawn on; it is said, and undoing the drawing goes back to the frame left.
        """
        if self.session is not None:
            self.outlining.set_frame(self.session, frame, drawn_on=drawn_on)

    def select_region(self, index: int | None) -> None:
        """Choose one of the image's regions, or none."""
        if index is not None and not 0 <= index < len(self.regions()):
            index = None
        if index != self.region_index:
            self.region_index = index
            self.selection_changed.emit()

    def regions(self) -> tuple[Region, ...]:
        """Return the regions of the image on the canvas."""
        session = self.session
        return session.case.regions_of(session.current) if session else ()

    @property
    def heat_maps(self) -> Mapping[ImageKey, HeatMap]:
        """The heat maps to be shown now: asked for, of the method and target chosen, not stale or hidden."""
        session = self.session
        if session is None or session.maps is None or not self.maps_wanted:
            return _NO_MAPS
        chosen = (session.maps.method, session.maps.target) == (self.map_method, self.map_target)
        return session.heat_maps if chosen else _NO_MAPS

    # --- regions -------------------------------------------------------------------------------------------

    def propose(self, keys: Iterable[ImageKey] | None = None) -> None:
        """Let the network outline the named images, or all; what a human made or confirmed stays."""
        if self.session is not None:
            self.outlining.propose(self.session, keys)

    def propose_in_box(self, key: ImageKey, box: Box) -> None:
        """Let the network look again at an enlarged box; what it finds is added to the image."""
        if self.session is not None:
            self.outlining.propose_in_box(self.session, key, box)

    def replace_mask(
        self,
        key: ImageKey,
        index: int,
        mask: Mask,
        of: Region | None = None,
        joined: Sequence[Region] = (),
    ) -> None:
        """Take a stroke: the region gets another mask, or goes if nothing of it is left.

        ``of``, the region that the stroke began on, makes sure that it does not end on another one; those
        that it ``joined`` to it go.
        """
        if self.session is not None:
            self.outlining.replace_mask(self.session, key, index, mask, of, joined)

    def add_region(self, key: ImageKey, mask: Mask, kind: RegionKind) -> None:
        """Add what a human has drawn, and choose it."""
        if self.session is not None:
            self.outlining.add(self.session, key, mask, kind)

    def delete_region(self, key: ImageKey, index: int) -> None:
        """Reject a region."""
        if self.session is not None:
            self.outlining.delete(self.session, key, index)

    def retype(self, key: ImageKey, index: int, kind: RegionKind) -> None:
        """Call a region the other kind."""
        if self.session is not None:
            self.outlining.retype(self.session, key, index, kind)

    def confirm(self, key: ImageKey, index: int | None = None) -> None:
        """Accept one region of an image, or all."""
        if self.session is not None:
            self.outlining.confirm(self.session, key, index)

    def undo(self, key: ImageKey) -> None:
        """Take back the last change of the image's regions."""
        if self.session is not None:
            self.outlining.travel(self.session, key, backwards=True)

    def redo(self, key: ImageKey) -> None:
        """Make the change again that was taken back last."""
        if self.session is not None:
            self.outlining.travel(self.session, key, backwards=False)

    def include(self, key: ImageKey, included: bool) -> None:
        """Put an image into the patient's bag or leave it out."""
        if self.session is not None:
            self.outlining.include(self.session, key, included)

    def put_regions(
        self,
        session: PatientSession,
        key: ImageKey,
        regions: tuple[Region, ...],
        *,
        undoable: bool,
        event: Event = Event.EDIT_REGION,
        action: str = "edited",
        rescore: bool = False,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Put regions on an image, keep it and tell everyone. For the controller's own helpers."""
        if undoable:
            session.history.record(key, session.case.regions_of(key), regions)
        session.put_regions(key, regions)
        self.record(session, event, action, key, details)
        if rescore:  # before the panels are drawn: the number is worked out meanwhile
            self.scoring.rescore(session)
        if session is self.session:
            if key == session.current and self.region_index is not None and self.region_index >= len(regions):
                self.select_region(None)
            self.regions_changed.emit(key)

    # --- the protocol --------------------------------------------------------------------------------------

    def set_first_read(self, assessment: Assessment) -> None:
        """Enter the first read."""
        self._judging.take(Event.ENTER_FIRST_READ, lambda human: human.with_first_read(assessment))

    def lock_first_read(self) -> None:
        """Lock the first read: it stands before the score is seen."""
        self._judging.step(Event.LOCK_FIRST_READ)

    def unlock_first_read(self) -> None:
        """Open the first read again, as long as the score was not seen."""
        self._judging.step(Event.UNLOCK_FIRST_READ)

    def reveal(self) -> None:
        """Show the machine's score."""
        session = self.session
        if session is not None and self._judging.step(Event.REVEAL):
            self.scoring.rescore(session)

    def score_again(self) -> None:
        """Ask for the score again, after it was stopped or could not be made."""
        if self.session is not None:
            self.session.unreadable = {}  # a file may be within reach again
            self.scoring.rescore(self.session)

    def set_final_read(self, assessment: Assessment, reason: str = "") -> None:
        """Enter the final read."""
        if self._judging.score_settled():
            self._judging.take(
                Event.ENTER_FINAL_READ, lambda human: human.with_final_read(assessment, reason)
            )

    def sign(self, name: str) -> None:
        """Close the reading under a name."""
        self._judging.sign(name)

    def amend(self, reason: str) -> None:
        """Open a signed reading again; what was signed stays."""
        self._judging.take(Event.AMEND, lambda human: human.with_amendment(reason))

    def discard_amendment(self) -> None:
        """Leave the signed reading as it is: regions, images and score are those that were signed."""
        if self.session is not None:
            self._judging.discard_amendment(self.session)

    def may_write(self, session: PatientSession) -> bool:
        """Whether the reading may be changed here; say so where not. For the controller's helpers."""
        if session.read_only:
            self.message.emit("caution", session.read_only)
        return not session.read_only

    def take(self, session: PatientSession, event: Event) -> bool:
        """Take an event into a reading, or say that the protocol refuses. For helpers; `record` keeps it."""
        if not self.may_write(session):
            return False
        before = session.human
        try:
            session.human = before.after(event)
        except AlnReaderError as error:
            self.tell(error)
            return False
        self._steps_on = self._steps_on or session.human != before
        return True

    def record(
        self,
        session: PatientSession,
        event: Event,
        action: str,
        key: ImageKey | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Keep what an event that was taken has done, then tell of its step. For the controller's helpers.

        Kept first: whoever listens may do the next thing before this one is through.
        """
        stepped, self._steps_on = self._steps_on, False
        self.saving.record(session, event, action, key, details)
        if stepped and session is self.session:
            self.protocol_changed.emit()

    def may_or_tell(self, session: PatientSession, event: Event) -> bool:
        """Whether the protocol would take an event; say so where it would not."""
        if not self.may_write(session):
            return False
        try:
            session.human.after(event)
        except AlnReaderError as error:
            self.tell(error)
            return False
        return True

    # --- the machine ---------------------------------------------------------------------------------------

    def load_model(self) -> None:
        """Load card and network in the background, once the window stands."""
        self.scoring.load()

    def want_maps(self, wanted: bool) -> None:
        """Show heat maps from now on, or no longer."""
        self.maps_wanted = wanted
        self.maps_changed.emit()
        if self.session is not None:
            self.scoring.explain(self.session)

    def set_map(self, method: str, target: str) -> None:
        """Choose the class activation method, and whether the patient or each image is explained."""
        self.map_method, self.map_target = method, target
        self.maps_changed.emit()
        if self.session is not None:
            self.scoring.explain(self.session)

    def machine_is(self, known: KnownMachine) -> None:
        """Take what a worker has found out about model and device. For the controller's helpers."""
        known_before, self.model_error = not self.model_error and known.model == self.model, ""
        if not known_before:
            self.model = known.model
            self.model_changed.emit()
        if known.device != self.device:
            self.device = known.device
            self.device_changed.emit(known.device)

    def machine_fails(self, error: Exception | None) -> None:
        """Remember why there is no model. For the controller's helpers."""
        self.model_error = str(error)
        self.model_changed.emit()
        self.tell(error)

    def keep_draft(self, drafts: Drafts) -> None:
        """Take what is entered in the current reading and not said yet: kept with the case, and no read."""
        if self.session is not None:
            self.saving.drafting.enter(self.session, drafts)

    # --- reports -------------------------------------------------------------------------------------------

    def preview(self) -> None:
        """Make the report as it stands; it comes by `preview_ready`."""
        if self.session is not None:
            self.exports.preview(self.session)

    def export(self, report: Path | None, *more: Any) -> None:
        """Write the signed reading as PDF, JSON, pictures and DICOM objects, in this order."""
        if self.session is not None and self._judging.all_kept():
            self.exports.export(self.session, report, *more)

    # --- the rest ------------------------------------------------------------------------------------------

    def close(self) -> int:
        """End all work and keep everything; return how many actions the disk did not take."""
        self.runner.close()
        return self.saving.close()

    def cancel(self) -> None:
        """Stop what the progress bar shows; what was finished before is kept."""
        for session in self.sessions:
            self.outlining.stop(session)
            self.scoring.stop(session)
        for key in self.underway.shown():
            self.runner.drop(key)
            self.underway.end(key)
        self.message.emit("info", self.tr("Stopped."))

    def change_settings(self, settings: Settings) -> None:
        """Take other preferences, save them, and load the model anew where they name another."""
        before, self.settings = self.settings, settings
        try:
            save_settings(settings, self.settings_path)
        except AlnReaderError as error:
            self.tell(error)
        if (settings.model, settings.device) != (before.model, before.device):
            self.scoring.change_machine()
        elif settings.threshold != before.threshold:
            self.scoring.use_threshold()
        self.settings_changed.emit()

    def submit(
        self, pool: str, key: Any, work: Work, done: Done, title: str, urgency: Urgency = Urgency.ASKED
    ) -> None:
        """Run work under a title in the progress bar (none: unseen). For the controller's helpers."""

        def ended(result: Any, error: Exception | None) -> None:
            self.underway.end(key)
            done(result, error)

        def reported(now: int, total: int) -> None:
            if title:
                self.underway.show(key, title, now, total)

        self.runner.submit(pool, key, work, ended, reported, urgency)
        if title:
            self.underway.show(key, title)

    def tell(self, error: Exception | None) -> None:
        """Tell an error in the status line. A stop that the reader asked for is none."""
        if isinstance(error, CancelledError) or error is None:
            return
        if isinstance(error, AlnReaderError):
            self.message.emit("error", str(error))
        else:
            fault = f"{type(error).__name__}: {error}"
            self.message.emit("error", self.tr("A fault of the program: {0}").format(fault))
