"""What the human says, step by step through the protocol. Part of the controller."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alnreader.case import clock
from alnreader.case.errors import AlnReaderError
from alnreader.case.language import mark, tr
from alnreader.case.protocol import Event, HumanReading
from alnreader.gui.session import PatientSession

if TYPE_CHECKING:
    from alnreader.gui.controller import Controller

NOT_ALL_SAVED = mark(
    "A change is not saved yet: it is tried again. What is not saved is neither signed nor exported."
)


def all_kept(desk: Controller, session: PatientSession) -> bool:
    """Whether nothing of a reading waits to be saved; say so where something does."""
    if not desk.saving.holds(session):
        return True
    desk.message.emit("caution", tr(NOT_ALL_SAVED))
    return False


class Judging:
    """Carries out the controller's intents that lead from one state of a reading to the next."""

    def __init__(self, controller: Controller) -> None:
        """Belong to a controller."""
        self._controller = controller

    def take(self, event: Event, change: Callable[[HumanReading], HumanReading]) -> bool:
        """Take a step into the current reading and keep it; say so where the protocol refuses."""
        desk, session = self._controller, self._controller.session
        if session is None or not desk.may_write(session):
            return False
        try:
            session.human = change(session.human)
        except AlnReaderError as error:
            desk.tell(error)
            return False
        session.drafts = session.drafts.after(event, session.human)
        if event is Event.SIGN:
            session.keep_signed()
        desk.saving.record(session, event, event.value)
        desk.protocol_changed.emit()
        desk.score_changed.emit()
        desk.worklist_changed.emit()
        return True

    def step(self, event: Event) -> bool:
        """Take a step that brings nothing with it."""
        return self.take(event, lambda human: human.after(event))

    def sign(self, name: str) -> None:
        """Close the reading under a name."""
        if self.score_settled() and self.all_kept():
            self.take(Event.SIGN, lambda human: human.with_signature(name, clock.now()))

    def score_settled(self) -> bool:
        """Whether the score that is shown is that of the case as it is, or none can be had."""
        session = self._controller.session
        if session is None or not (session.scoring or session.score_is_stale):
            return True
        words = tr("The score is being made anew: wait for it, then decide.")
        self._controller.message.emit("caution", words)
        return False

    def all_kept(self) -> bool:
        """Whether nothing of the current reading waits to be saved; say so where something does."""
        session = self._controller.session
        return session is None or all_kept(self._controller, session)

    def discard_amendment(self, session: PatientSession) -> None:
        """Leave the signed reading as it is: regions, images and score are those that were signed."""
        desk = self._controller
        if not session.may(Event.DISCARD_AMENDMENT):
            self.step(Event.DISCARD_AMENDMENT)
            return
        desk.drop_work(session)
        session.restore_signed()
        desk.region_index = None
        self.step(Event.DISCARD_AMENDMENT)
        for signal in (desk.session_changed, desk.image_changed, desk.selection_changed, desk.maps_changed):
            signal.emit()
