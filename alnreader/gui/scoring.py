"""Scores and heat maps: asked for after every change, shown only if still true. Part of the controller."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from alnreader.case.case import Case, HeatMap
from alnreader.case.clock import now
from alnreader.case.errors import AlnReaderError
from alnreader.case.image import ImageKey
from alnreader.case.language import tr
from alnreader.case.protocol import Event
from alnreader.case.score import ModelSummary, Score, SeenScore
from alnreader.gui.machine import KnownMachine, Machine
from alnreader.gui.session import HeatMaps, PatientSession
from alnreader.gui.tasks import Task, Urgency
from alnreader.store.seen import SHOWN_AT

if TYPE_CHECKING:
    from alnreader.gui.controller import Controller
    from alnreader.inference.encode import Encoded

REPORT_METHOD = "Grad-CAM"
REPORT_TARGET = "patient"
"""The heat maps of a report, whatever is on the screen: the program's own, explaining the patient."""


class Scoring:
    """Carries out the controller's intents that need the machine's word."""

    def __init__(self, controller: Controller) -> None:
        """Belong to a controller."""
        self._controller = controller
        self._waiting: dict[int, Callable[[], None]] = {}

    def when_settled(self, session: PatientSession, then: Callable[[], None]) -> None:
        """Call ``then`` once no score of the session is awaited any more; the last one asked for counts."""
        self._waiting[session.number] = then

    # --- scores --------------------------------------------------------------------------------------------

    def rescore(self, session: PatientSession) -> None:
        """Score what may be seen: the number at once, then interval and contributions."""
        desk = self._controller
        key = ("score", session.number)
        wanted = session.human.score_visible and not session.signed
        if not wanted or (session.visible_score is not None and session.score_full):
            self.drop(session)
            self._tell(session)
            return
        session.scoring, session.score_error = True, ""
        case, known, broken = session.case, session.encoded, dict(session.unreadable)
        machine, threshold = desk.machine, desk.settings.threshold

        def quick(task: Task) -> Any:
            encoded, unreadable = machine.encode_all(case, known, broken, task.report, task.cancel_token)
            return (
                encoded,
                unreadable,
                machine.score(case, encoded, threshold, full=False),
                machine.known(threshold),
            )

        def after_quick(result: Any, error: Exception | None) -> None:
            if result is None:
                self._failed(session, error)
                return
            encoded, unreadable, score, machine_known = result
            session.unreadable = {**session.unreadable, **unreadable}
            desk.machine_is(machine_known)
            self._take(session, score, full=False)

            def full(_task: Task) -> Score:
                return machine.score(case, encoded, threshold, full=True)

            desk.runner.submit("explain", key, full, after_full)

        def after_full(score: Score | None, error: Exception | None) -> None:
            if score is None:
                self._failed(session, error)
            else:
                session.scoring = False
                self._take(session, score, full=True)
                self.explain(session)

        slow = any(image.key not in known and image.key not in broken for image in case.images)
        if slow:
            desk.submit("network", key, quick, after_quick, tr("Scoring"), Urgency.NOW)
        else:  # milliseconds, and in a thread of its own: an edit does not wait for an image being encoded
            desk.submit("score", key, quick, after_quick, "", Urgency.NOW)
        self._tell(session)

    def _take(self, session: PatientSession, score: Score, *, full: bool) -> None:
        """Keep a score of the case as it is. A word on another score is taken back."""
        desk = self._controller
        if not session.case.is_current(score) or session.signed:
            return
        before, session.score, session.score_full = session.score, score, full
        said_of = None if before is None else (before.probability, before.run.revisions, before.threshold)
        if said_of != (score.probability, score.run.revisions, score.threshold):
            if desk.take(session, Event.RESCORE):
                shown_at = now()
                if not score.of_no_image:
                    session.seen += (SeenScore(shown_at, score.probability, score.threshold),)
                details = {**_said(score, full=full), SHOWN_AT: shown_at.isoformat()}
                desk.record(session, Event.RESCORE, "scored", details=details)
        else:
            desk.saving.note(session, "score with interval and contributions", _said(score, full=full))
        self._tell(session)
        desk.worklist_changed.emit()

    def _failed(self, session: PatientSession, error: Exception | None) -> None:
        session.scoring, session.score, session.score_full = False, None, False
        session.score_error = str(error)
        self._controller.tell(error)
        self._tell(session)
        self._controller.worklist_changed.emit()

    def _tell(self, session: PatientSession) -> None:
        desk = self._controller
        if session is desk.session:
            desk.score_changed.emit()
            desk.maps_changed.emit()
        if not session.scoring:
            self._waiting.pop(session.number, lambda: None)()

    def drop(self, session: PatientSession) -> None:
        """Await no score of the case any more."""
        desk = self._controller
        desk.runner.drop(("score", session.number))
        desk.underway.end(("score", session.number))
        session.scoring = False

    def stop(self, session: PatientSession) -> None:
        """Give up the score and the heat maps under way, because the reader said so."""
        desk, maps = self._controller, ("maps", session.number)
        if desk.runner.under_way(maps):
            desk.runner.drop(maps)
            desk.underway.end(maps)
            self._no_maps(session, tr("Stopped."))
        if session.scoring:
            self.drop(session)
            session.score, session.score_full = None, False
            session.score_error = tr("Stopped.")
            self._tell(session)

    # --- heat maps -----------------------------------------------------------------------------------------

    def explain(self, session: PatientSession) -> None:
        """Make the heat maps that are asked for, unless they are there."""
        desk = self._controller
        score = session.visible_score
        if not desk.maps_wanted or session is not desk.session or score is None or desk.heat_maps:
            return
        case, revisions, method, target = session.case, session.revisions, desk.map_method, desk.map_target
        known, broken = session.encoded, dict(session.unreadable)
        machine, model = desk.machine, score.run.model.sha256
        session.map_error = ""

        def work(task: Task) -> Any:
            return _maps(machine, case, known, broken, method, target, model, task)

        def done(maps: Any, error: Exception | None) -> None:
            if maps is None:
                desk.tell(error)
                self._no_maps(session, str(error))
                return
            if session.revisions == revisions and (method, target) == (desk.map_method, desk.map_target):
                session.maps = HeatMaps(method, target, revisions, maps)
                if session is desk.session:
                    desk.maps_changed.emit()

        desk.submit("network", ("maps", session.number), work, done, tr("Explaining"))
        desk.maps_changed.emit()

    def _no_maps(self, session: PatientSession, reason: str) -> None:
        """Say why there are no heat maps, where they were awaited."""
        session.map_error = reason
        if session is self._controller.session:
            self._controller.maps_changed.emit()

    def report_maps(
        self,
        session: PatientSession,
        purpose: str,
        then: Callable[[Mapping[ImageKey, HeatMap]], None],
        title: str,
    ) -> None:
        """Hand the heat maps of a report to ``then``: none where there is no score or they cannot be made.

        ``purpose``, "preview" or "export": one takes the place of an earlier one of its own kind alone.
        """
        desk = self._controller
        score, shown = session.visible_score, session.maps
        if score is None:
            then({})
            return
        as_report = shown is not None and (shown.method, shown.target) == (REPORT_METHOD, REPORT_TARGET)
        if as_report and session.heat_maps:
            then(session.heat_maps)
            return
        case, known, broken = session.case, session.encoded, dict(session.unreadable)
        machine, model = desk.machine, score.run.model.sha256

        def work(task: Task) -> Any:
            return _maps(machine, case, known, broken, REPORT_METHOD, REPORT_TARGET, model, task)

        def done(result: Any, error: Exception | None) -> None:
            if isinstance(error, AlnReaderError):
                desk.message.emit("caution", tr("The report has no heat maps. {0}").format(error))
                then({})
            elif error is not None:
                desk.tell(error)
            else:
                then(result)

        desk.submit("network", (f"{purpose} maps", session.number), work, done, title)

    # --- the model -----------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read the card, then load the network, so that the first patient need not wait for either."""
        desk = self._controller
        machine, threshold = desk.machine, desk.settings.threshold

        def card_read(model: ModelSummary | None, error: Exception | None) -> None:
            if model is None:
                desk.machine_fails(error)
                return
            desk.machine_is(KnownMachine(model, desk.device))
            desk.runner.submit("network", "load", lambda task: machine.known(threshold), loaded)

        def loaded(known: KnownMachine | None, error: Exception | None) -> None:
            if known is None:
                desk.machine_fails(error)
            else:
                desk.machine_is(known)

        desk.runner.submit("network", "load", lambda task: machine.summary(threshold), card_read)

    def change_machine(self) -> None:
        """Start another machine; nothing that the former one says is awaited or kept."""
        desk = self._controller
        desk.forget_machine()
        desk.model, desk.device, desk.model_error = None, "", ""
        for session in desk.sessions:
            desk.drop_work(session)
            session.forget_machine()
        desk.model_changed.emit()
        desk.device_changed.emit("")
        for session in desk.sessions:
            self.rescore(session)
        desk.load_model()

    def use_threshold(self) -> None:
        """Judge every open reading's score at the operating point that the site has just set."""
        desk = self._controller
        machine, threshold = desk.machine, desk.settings.threshold

        def done(model: ModelSummary | None, error: Exception | None) -> None:
            if model is None:
                desk.machine_fails(error)
                return
            desk.machine_is(KnownMachine(model, desk.device))
            for session in desk.sessions:
                score = session.score
                if session.scoring:
                    self.rescore(session)
                elif score is not None and not session.signed and score.run.model.sha256 == model.sha256:
                    run = dataclasses.replace(score.run, model=model)
                    self._take(session, dataclasses.replace(score, run=run), full=session.score_full)

        desk.runner.submit("network", "load", lambda task: machine.summary(threshold), done)


def _said(score: Score, *, full: bool) -> dict[str, object]:
    """Return what the journal keeps of a score beside the score itself; no interval before there is one."""
    model, known = score.run.model, {"interval": list(score.interval)} if full else {}
    return {
        # Where no image counts, the sentence on the screen names no probability.
        "probability": None if score.of_no_image else score.probability,
        **known,
        "threshold": score.threshold,
        "model": model.name,
        "model_sha256": model.sha256,
        "device": score.run.device,
    }


def _maps(
    machine: Machine,
    case: Case,
    known: MutableMapping[ImageKey, Encoded],
    broken: Mapping[ImageKey, str],
    method: str,
    target: str,
    model: str,
    task: Task,
) -> Mapping[ImageKey, HeatMap]:
    """Make heat maps in the network's thread."""
    encoded, _ = machine.encode_all(case, known, broken, task.report, task.cancel_token)
    return machine.heat_maps(case, encoded, method, target, model)
