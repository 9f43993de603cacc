"""The one owner of the readings in progress. Panels call its methods and listen to its signals."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from alnreader.case import clock
from alnreader.case.assessment import Assessment
from alnreader.case.case import Case
from alnreader.case.errors import AlnReaderError, CancelledError, InvalidValueError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.protocol import Event, HumanReading
from alnreader.case.region import Mask, Origin, Region, RegionKind
from alnreader.case.score import ModelSummary, Score
from alnreader.gui.machine import Machine
from alnreader.gui.session import PatientSession
from alnreader.gui.settings import Settings, save_settings
from alnreader.gui.tasks import Task, TaskRunner


class Controller(QObject):
    """Owns the sessions, the settings and the machine; the only one that changes them.

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
    saved = Signal(str)

    def __init__(
        self, runner: TaskRunner, settings: Settings, settings_path: Path, parent: QObject | None = None
    ) -> None:
        """Begin with no reading and nothing loaded."""
        super().__init__(parent)
        self.runner = runner
        self.settings = settings
        self._settings_path = settings_path
        self.sessions: list[PatientSession] = []
        self.session: PatientSession | None = None
        self.region_index: int | None = None
        self.model: ModelSummary | None = None
        self.device = ""
        self.map_method = "Grad-CAM"
        self.map_target = "patient"
        self._maps_wanted = False
        self._machine = self._new_machine()

    # --- opening -------------------------------------------------------------------------------------------

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Look through files and add every patient in them to the work list; open the first."""
        from alnreader.dicom import discover

        def work(task: Task) -> Any:
            return discover(paths, progress=task.report, cancel=task.cancel_token)

        def done(found: Any, error: Exception | None) -> None:
            self._end_progress()
            if error is not None:
                self._tell_error(error)
                return
            self._add(found, paths)

        self._submit("files", "discover", work, done, self.tr("Looking through files"))

    def open_demo(self) -> None:
        """Simulate the demo patient as DICOM in a temporary folder of the user and open it."""
        from alnreader.gui.demo import write_demo_patient

        def done(folder: Path | None, error: Exception | None) -> None:
            self._end_progress()
            if folder is None:
                self._tell_error(error)
            else:
                self.open_paths([folder])

        self._submit("files", "demo", lambda task: write_demo_patient(), done, self.tr("Simulating a patient"))

    def _add(self, found: Any, paths: Sequence[Path]) -> None:
        if not found.patients:
            reason = f": {found.skipped[0].reason}" if found.skipped else ""
            self.message.emit("error", self.tr("No ultrasound image in what was opened") + reason)
            return
        human = HumanReading(mode=self.settings.mode)
        new = [PatientSession.start(case, human, found.skipped) for case in found.patients]
        self.sessions.extend(new)
        self.change_settings(self.settings.with_recent(str(paths[0])))
        self.worklist_changed.emit()
        self._enter(new[0])
        if found.skipped:
            self.message.emit(
                "info", self.tr("%n file(s) were not read; the list says why", "", len(found.skipped))
            )

    def open_session(self, index: int) -> None:
        """Show a patient of the work list."""
        self._enter(self.sessions[index])

    def close_session(self, index: int | None = None) -> None:
        """Take a patient off the work list (the current one, if none is named)."""
        session = self.session if index is None else self.sessions[index]
        if session is None:
            return
        for kind in ("propose", "box", "score", "maps"):
            self.runner.drop((kind, session.number))
        self.sessions.remove(session)
        self.worklist_changed.emit()
        if session is self.session:
            self._enter(None)

    def _enter(self, session: PatientSession | None) -> None:
        self.session = session
        self.region_index = None
        self.session_changed.emit()
        self.image_changed.emit()
        self.protocol_changed.emit()
        self.score_changed.emit()

    # --- looking -------------------------------------------------------------------------------------------

    @property
    def image(self) -> UltrasoundImage | None:
        """The image on the canvas."""
        return self.session.image if self.session else None

    def select_image(self, key: ImageKey) -> None:
        """Put an image of the current patient on the canvas."""
        session = self._session()
        session.case.image(key)
        if key != session.current:
            session.current = key
            self.region_index = None
            self.image_changed.emit()

    def step_image(self, steps: int) -> None:
        """Go some images on or back in the film strip; stops at its ends."""
        session = self._session()
        keys = [image.key for image in session.case.images]
        place = min(max(keys.index(session.current) + steps, 0), len(keys) - 1)
        self.select_image(keys[place])

    def select_region(self, index: int | None) -> None:
        """Choose one of the image's regions, or none."""
        if index != self.region_index:
            self.region_index = index
            self.selection_changed.emit()

    # --- regions -------------------------------------------------------------------------------------------

    def regions(self) -> tuple[Region, ...]:
        """Return the regions of the image on the canvas."""
        session = self.session
        return session.case.regions_of(session.current) if session else ()

    def propose(self, keys: Iterable[ImageKey] | None = None) -> None:
        """Let the network outline the named images, or all; what a human made there stays."""
        session = self._session()
        if not self._take(session, Event.PROPOSE):
            return
        case = session.case
        images = [image for image in case.images if keys is None or image.key in set(keys)]
        encoded = dict(session.encoded)

        def work(task: Task) -> Any:
            results = {}
            for number, image in enumerate(images):
                task.cancel_token.check()
                task.report(number, len(images))
                results[image.key] = self._machine.propose(image, encoded.get(image.key))
            return results

        def done(results: Any, error: Exception | None) -> None:
            self._end_progress()
            if results is None:
                self._tell_error(error)
                return
            self._machine_known()
            for key, (seen, regions) in results.items():
                session.encoded[key] = seen
                # An image that was changed meanwhile, or that a human has outlined, keeps what it has.
                made_by_hand = any(region.origin is not Origin.PROPOSED for region in case.regions_of(key))
                if session.case.input_revision(key) == case.input_revision(key) and not made_by_hand:
                    session.proposals[key] = regions
                    self._set_regions(session, key, regions, undoable=True)
            self.worklist_changed.emit()
            self._rescore(session)

        self._submit("network", ("propose", session.number), work, done, self.tr("Outlining"))

    def propose_in_box(self, key: ImageKey, box: tuple[int, int, int, int]) -> None:
        """Let the network look again at an enlarged box; what it finds is added to the image."""
        session = self._session()
        image = session.case.image(key)
        revision = session.case.input_revision(key)
        if not self._take(session, Event.PROPOSE):
            return

        def done(regions: Any, error: Exception | None) -> None:
            self._end_progress()
            if regions is None:
                self._tell_error(error)
            elif session.case.input_revision(key) != revision:
                self.message.emit("caution", self.tr("The image was changed meanwhile: ask again."))
            elif not regions:
                self.message.emit("info", self.tr("Nothing was found in the box."))
            else:
                self._set_regions(session, key, (*session.case.regions_of(key), *regions), undoable=True)
                self._rescore(session)

        work: Callable[[Task], Any] = lambda task: self._machine.propose_in_box(image, box)  # noqa: E731
        self._submit("network", ("box", session.number), work, done, self.tr("Looking again"))

    def replace_mask(self, key: ImageKey, index: int, mask: Mask) -> None:
        """Take a stroke: the region gets another mask, or goes if nothing of it is left."""
        regions = list(self._session().case.regions_of(key))
        if mask.any():
            regions[index] = regions[index].edited(mask)
        else:
            del regions[index]
        self._edit(key, regions)

    def add_region(self, key: ImageKey, mask: Mask, kind: RegionKind) -> None:
        """Add what a human has drawn, and choose it."""
        regions = self._session().case.regions_of(key)
        self._edit(key, (*regions, Region(mask, kind, Origin.DRAWN, confirmed=True)))
        self.select_region(len(regions))

    def delete_region(self, key: ImageKey, index: int) -> None:
        """Reject a region."""
        regions = list(self._session().case.regions_of(key))
        del regions[index]
        self._edit(key, regions)
        self.select_region(None)

    def retype(self, key: ImageKey, index: int, kind: RegionKind) -> None:
        """Call a region the other kind."""
        regions = list(self._session().case.regions_of(key))
        if regions[index].kind is not kind:
            regions[index] = regions[index].retyped(kind)
            self._edit(key, regions)

    def confirm(self, key: ImageKey, index: int | None = None) -> None:
        """Accept one region of an image, or all."""
        regions = [
            region.accepted() if index in (None, place) else region
            for place, region in enumerate(self._session().case.regions_of(key))
        ]
        self._edit(key, regions)

    def undo(self, key: ImageKey) -> None:
        """Take back the last change of the image's regions."""
        self._travel(key, backwards=True)

    def redo(self, key: ImageKey) -> None:
        """Make the change again that was taken back last."""
        self._travel(key, backwards=False)

    def _travel(self, key: ImageKey, *, backwards: bool) -> None:
        session = self._session()
        possible = session.history.can_undo(key) if backwards else session.history.can_redo(key)
        if not possible or not self._take(session, Event.EDIT_REGION):
            return
        travel = session.history.undo if backwards else session.history.redo
        self._set_regions(session, key, travel(key, session.case.regions_of(key)), undoable=False)
        self._rescore(session)

    def include(self, key: ImageKey, included: bool) -> None:
        """Put an image into the patient's bag or leave it out."""
        session = self._session()
        if self._take(session, Event.SET_INCLUDED):
            session.case = session.case.with_included(key, included)
            self.regions_changed.emit(key)
            self._rescore(session)

    def _edit(self, key: ImageKey, regions: Sequence[Region]) -> None:
        session = self._session()
        if self._take(session, Event.EDIT_REGION):
            self._set_regions(session, key, tuple(regions), undoable=True)
            self._rescore(session)

    def _set_regions(
        self, session: PatientSession, key: ImageKey, regions: tuple[Region, ...], *, undoable: bool
    ) -> None:
        if undoable:
            session.history.record(key, session.case.regions_of(key), regions)
        session.case = session.case.with_regions(key, regions)
        if session is self.session:
            if self.region_index is not None and key == session.current and self.region_index >= len(regions):
                self.region_index = None
            self.regions_changed.emit(key)

    # --- the protocol --------------------------------------------------------------------------------------

    def set_first_read(self, assessment: Assessment) -> None:
        """Enter the first read."""
        self._human(lambda human: human.with_first_read(assessment))

    def lock_first_read(self) -> None:
        """Lock the first read: it stands before the score is seen."""
        self._human(lambda human: human.after(Event.LOCK_FIRST_READ))

    def unlock_first_read(self) -> None:
        """Open the first read again, as long as the score was not seen."""
        self._human(lambda human: human.after(Event.UNLOCK_FIRST_READ))

    def reveal(self) -> None:
        """Show the machine's score."""
        if self._human(lambda human: human.after(Event.REVEAL)):
            self._rescore(self._session())

    def set_final_read(self, assessment: Assessment, reason: str = "") -> None:
        """Enter the final read."""
        self._human(lambda human: human.with_final_read(assessment, reason))

    def sign(self, name: str) -> None:
        """Close the reading under a name."""
        if self._human(lambda human: human.with_signature(name, clock.now())):
            self.worklist_changed.emit()

    def amend(self, reason: str) -> None:
        """Open a signed reading again; what was signed stays."""
        self._human(lambda human: human.with_amendment(reason))

    def discard_amendment(self) -> None:
        """Leave the signed reading as it is."""
        self._human(lambda human: human.after(Event.DISCARD_AMENDMENT))

    def _human(self, change: Callable[[HumanReading], HumanReading]) -> bool:
        session = self._session()
        try:
            session.human = change(session.human)
        except AlnReaderError as error:
            self._tell_error(error)
            return False
        self.protocol_changed.emit()
        self.score_changed.emit()
        self.worklist_changed.emit()
        return True

    def _take(self, session: PatientSession, event: Event) -> bool:
        """Ask the protocol for a change of the case; say so where it refuses."""
        before = session.human
        try:
            session.human = session.human.after(event)
        except AlnReaderError as error:
            self._tell_error(error)
            return False
        if session.human != before and session is self.session:
            self.protocol_changed.emit()
        return True

    # --- the machine ---------------------------------------------------------------------------------------

    def _rescore(self, session: PatientSession) -> None:
        """Score what may be seen: the number at once, then interval and contributions."""
        if session is self.session:
            self.score_changed.emit()
        if not session.human.score_visible or session.signed or not session.case.images:
            return
        case, known, runner = session.case, dict(session.encoded), self.runner
        key = ("score", session.number)

        def quick(task: Task) -> Any:
            encoded = self._machine.encode_all(case, known, task.report, task.cancel_token)
            return encoded, self._machine.score(case, encoded, full=False)

        def after_quick(result: Any, error: Exception | None) -> None:
            self._end_progress()
            if result is None:
                self._tell_error(error)
                return
            session.encoded.update(result[0])
            self._machine_known()
            self._take_score(session, result[1])
            full: Callable[[Task], Any] = lambda task: self._machine.score(case, result[0], full=True)  # noqa: E731
            runner.submit("network", key, full, after_full)

        def after_full(score: Score | None, error: Exception | None) -> None:
            if score is None:
                self._tell_error(error)
            else:
                self._take_score(session, score)
                if self._maps_wanted:
                    self._explain(session)

        self._submit("network", key, quick, after_quick, self.tr("Scoring") if len(known) < len(case.images) else "")

    def _take_score(self, session: PatientSession, score: Score) -> None:
        """Keep a score, unless the case has changed since it was asked for."""
        if session.case.is_current(score):
            session.score = score
            if session is self.session:
                self.score_changed.emit()
                self.worklist_changed.emit()

    def want_maps(self, wanted: bool) -> None:
        """Show heat maps from now on, or no longer."""
        self._maps_wanted = wanted
        if wanted and self.session is not None:
            self._explain(self.session)

    def set_map(self, method: str, target: str) -> None:
        """Choose the class activation method, and whether the patient or each image is explained."""
        self.map_method, self.map_target = method, target
        if self.session is not None:
            self.session.heat_maps = {}
            self.maps_changed.emit()
            if self._maps_wanted:
                self._explain(self.session)

    def _explain(self, session: PatientSession) -> None:
        score = session.visible_score
        if score is None:
            return
        case, encoded = session.case, dict(session.encoded)
        method, target = self.map_method, self.map_target

        def work(task: Task) -> Any:
            return self._machine.heat_maps(case, encoded, method, target)

        def done(maps: Any, error: Exception | None) -> None:
            self._end_progress()
            if maps is None:
                self._tell_error(error)
            elif session.visible_score is score and (method, target) == (self.map_method, self.map_target):
                session.heat_maps = maps
                if session is self.session:
                    self.maps_changed.emit()

        self._submit("network", ("maps", session.number), work, done, self.tr("Explaining"))

    def _new_machine(self) -> Machine:
        return Machine(Path(self.settings.model) if self.settings.model else None, self.settings.device)

    def _machine_known(self) -> None:
        engine = self._machine.engine()
        model = engine.model_summary()
        if model != self.model or engine.device != self.device:
            self.model, self.device = model, engine.device
            self.model_changed.emit()
            self.device_changed.emit(engine.device)

    # --- the rest ------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Stop what is under way."""
        self.runner.drop_all()
        self._end_progress()
        self.message.emit("info", self.tr("Stopped."))

    def change_settings(self, settings: Settings) -> None:
        """Take other preferences, save them, and load the model anew where they name another."""
        other_machine = (settings.model, settings.device) != (self.settings.model, self.settings.device)
        self.settings = settings
        try:
            save_settings(settings, self._settings_path)
        except AlnReaderError as error:
            self._tell_error(error)
        if other_machine:
            self._machine = self._new_machine()
            for session in self.sessions:
                session.encoded, session.score, session.heat_maps = {}, None, {}
            self.model, self.device = None, ""
            self.model_changed.emit()
            self.score_changed.emit()
        self.settings_changed.emit()

    def _session(self) -> PatientSession:
        if self.session is None:
            raise InvalidValueError("No patient is open.")
        return self.session

    def _submit(self, pool: str, key: Any, work: Any, done: Any, title: str) -> None:
        task = self.runner.submit(pool, key, work, done)
        if title:
            self.progress.emit(title, 0, 0)
            task.progressed.connect(lambda now, total, _text: self.progress.emit(title, now, total))

    def _end_progress(self) -> None:
        self.progress.emit("", 1, 1)

    def _tell_error(self, error: Exception | None) -> None:
        if isinstance(error, CancelledError) or error is None:
            return
        if isinstance(error, AlnReaderError):
            self.message.emit("error", str(error))
        else:
            self.message.emit("error", self.tr("A fault of the program: {0}").format(f"{type(error).__name__}: {error}"))
