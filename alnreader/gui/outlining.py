"""Regions of the images: what the network proposes and what a human makes of it. Part of the controller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from alnreader.case.errors import AlnReaderError, UnreadableInputError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.language import tr
from alnreader.case.protocol import Event
from alnreader.case.region import Mask, Origin, Region, RegionKind
from alnreader.gui.machine import Box, KnownMachine, clipped
from alnreader.gui.saving import NOTED
from alnreader.gui.session import PatientSession
from alnreader.gui.tasks import Task, Urgency

if TYPE_CHECKING:
    from alnreader.gui.controller import Controller

OUTLINED = "outlined, no region changed"
"""Action of what the network says of an image where it finds nothing, or where a human was quicker."""


def _made_by_hand(region: Region) -> bool:
    """Whether a human has drawn, changed or confirmed it."""
    return region.confirmed or region.origin is not Origin.PROPOSED


def _replaced(old: Region, box: Box, image: UltrasoundImage, found: Sequence[Region]) -> bool:
    """Whether what was found in a box replaces an outline: most of it lies there, and both overlap."""
    x0, y0, x1, y1 = clipped(box, image)
    inside = np.count_nonzero(old.mask[y0:y1, x0:x1])
    mostly = 2 * inside > np.count_nonzero(old.mask)
    return bool(mostly and any((old.mask & new.mask).any() for new in found))


class Outlining:
    """Carries out the controller's intents that concern regions."""

    def __init__(self, controller: Controller) -> None:
        """Belong to a controller."""
        self._controller = controller
        self._waiting: dict[int, set[ImageKey]] = {}
        self._asked: dict[int, int] = {}

    # --- by the network ------------------------------------------------------------------------------------

    def propose(self, session: PatientSession, keys: Iterable[ImageKey] | None) -> None:
        """Outline images one by one: what is finished when the reader stops it stays."""
        desk = self._controller
        if not desk.may_or_tell(session, Event.PROPOSE):
            return
        waiting = self._waiting.setdefault(session.number, set())
        wanted = None if keys is None else set(keys)
        for image in session.case.images:
            if (wanted is None or image.key in wanted) and image.key not in waiting:
                waiting.add(image.key)
                self._asked[session.number] = self._asked.get(session.number, 0) + 1
                urgency = Urgency.WHOLE if wanted is None else Urgency.ASKED
                self._propose_one(session, image.key, urgency)
        if waiting:
            self._show(session)
        else:
            self._finish(session)

    def _propose_one(self, session: PatientSession, key: ImageKey, urgency: Urgency) -> None:
        desk = self._controller
        image, known = session.case.image(key), session.encoded
        revision = session.case.input_revision(key)
        machine, threshold = desk.machine, desk.settings.threshold

        def work(task: Task) -> Any:
            return machine.propose(image, known), machine.known(threshold)

        def done(result: Any, error: Exception | None) -> None:
            if result is None:
                desk.tell(error)
                if not isinstance(error, UnreadableInputError):
                    self.stop(session)  # the others would fail alike
                    return
                session.unreadable[key] = str(error)
            else:
                regions, machine_known = result
                desk.machine_is(machine_known)
                session.unreadable.pop(key, None)
                if key in {image.key for image in session.case.images}:
                    self._land(session, key, regions, revision, machine_known)
            self._finish(session, key)

        desk.runner.submit("network", ("propose", session.number, key), work, done, urgency=urgency)

    def _land(
        self,
        session: PatientSession,
        key: ImageKey,
        regions: tuple[Region, ...],
        revision: int,
        by: KnownMachine,
    ) -> None:
        """Put what the network has outlined beside what a human has made or confirmed on that image.

        It is kept also where no region comes of it: what the network has said would be lost with a kill, or
        go into the journal under the next action's name.
        """
        desk = self._controller
        if not session.may(Event.PROPOSE):
            desk.message.emit("caution", tr("The reading was closed before the network had finished."))
            return
        session.proposals[key] = regions
        if session.case.input_revision(key) != revision:
            desk.message.emit(
                "caution", tr("An image was changed while the network outlined it: your change stays.")
            )
            desk.saving.record(session, NOTED, OUTLINED, key)
            return
        old = session.case.regions_of(key)
        human = [region for region in old if _made_by_hand(region)]
        fresh = [new for new in regions if not any((new.mask & kept.mask).any() for kept in human)]
        if not (human or old or fresh):
            desk.saving.record(session, NOTED, OUTLINED, key)
        elif desk.take(session, Event.PROPOSE):
            self._put(session, key, (*human, *fresh), by, "proposed")

    def _put(
        self,
        session: PatientSession,
        key: ImageKey,
        regions: tuple[Region, ...],
        by: KnownMachine,
        action: str,
        *,
        rescore: bool = False,
    ) -> None:
        """Put regions of the network on an image, with the model's name: the case may never be scored."""
        from alnreader.store.proposer import proposer_details

        session.proposer = by.model
        self._controller.put_regions(
            session,
            key,
            regions,
            undoable=True,
            event=Event.PROPOSE,
            action=action,
            rescore=rescore,
            details=proposer_details(by.model),
        )

    def _finish(self, session: PatientSession, key: ImageKey | None = None) -> None:
        waiting = self._waiting.get(session.number, set())
        waiting.discard(key)
        if waiting:
            self._show(session)
            return
        self.forget(session)
        self._controller.worklist_changed.emit()
        self._controller.scoring.rescore(session)

    def _show(self, session: PatientSession) -> None:
        asked = self._asked[session.number]
        left = len(self._waiting[session.number])
        self._controller.underway.show(("propose", session.number), tr("Outlining"), asked - left, asked)

    def stop(self, session: PatientSession) -> None:
        """Ask for no more outlines; what was finished stays."""
        for key in self._waiting.get(session.number, set()):
            self._controller.runner.drop(("propose", session.number, key))
        stopped = session.number in self._waiting
        self.forget(session)
        if stopped:
            self._controller.worklist_changed.emit()
            self._controller.scoring.rescore(session)

    def forget(self, session: PatientSession) -> None:
        """Forget what was asked for."""
        self._waiting.pop(session.number, None)
        self._asked.pop(session.number, None)
        self._controller.underway.end(("propose", session.number))

    def propose_in_box(self, session: PatientSession, key: ImageKey, box: Box) -> None:
        """Let the network look again at an enlarged box; what it finds is added to the image.

        What it had proposed in the box before, and nobody has confirmed, gives way to what it finds now.
        """
        desk = self._controller
        if not desk.may_or_tell(session, Event.PROPOSE):
            return
        image, revision = session.case.image(key), session.case.input_revision(key)
        machine, threshold = desk.machine, desk.settings.threshold

        def work(task: Task) -> Any:
            return machine.propose_in_box(image, box), machine.known(threshold)

        def done(result: Any, error: Exception | None) -> None:
            if result is None:
                desk.tell(error)
                return
            regions, machine_known = result
            desk.machine_is(machine_known)
            if session.revisions.get(key) != revision:
                desk.message.emit("caution", tr("The image was changed meanwhile: ask again."))
            elif not regions:
                desk.message.emit("info", tr("Nothing was found in the box."))
            elif desk.take(session, Event.PROPOSE):
                old = session.case.regions_of(key)
                kept = [one for one in old if _made_by_hand(one) or not _replaced(one, box, image, regions)]
                before = session.proposals.get(key, ())
                others = (one for one in before if not _replaced(one, box, image, regions))
                session.proposals[key] = (*others, *regions)
                self._put(session, key, (*kept, *regions), machine_known, "proposed in a box", rescore=True)
                if session is desk.session and key == session.current:
                    desk.select_region(len(kept))
                desk.worklist_changed.emit()

        desk.submit("network", ("box", session.number), work, done, tr("Looking again"))

    # --- frames --------------------------------------------------------------------------------------------

    def set_frame(self, session: PatientSession, frame: int, *, drawn_on: bool = False) -> None:
        """Make another frame of the cine on the canvas the one that is read."""
        desk, left = self._controller, session.current
        if frame == left.frame or not 1 <= frame <= session.image.number_of_frames:
            return
        if not desk.take(session, Event.SET_INCLUDED):
            return
        now = session.put_frame(left, frame)
        session.turned.pop(now, None)
        desk.record(session, Event.SET_INCLUDED, "frame chosen", now)
        desk.region_index = None
        desk.session_changed.emit()
        desk.image_changed.emit()
        desk.selection_changed.emit()
        desk.scoring.rescore(session)
        if drawn_on:
            session.turned[now] = left.frame
            text = tr("Frame {0} is read now in place of frame {1}: it was drawn on. Undo takes both back.")
            desk.message.emit("caution", text.format(frame, left.frame))

    # --- by hand -------------------------------------------------------------------------------------------

    def replace_mask(
        self,
        session: PatientSession,
        key: ImageKey,
        index: int,
        mask: Mask,
        of: Region | None,
        joined: Sequence[Region] = (),
    ) -> None:
        """Take a stroke: the region gets another mask, or goes if nothing of it is left."""
        regions = self._found(session, key, index, of)
        if regions is None:
            return
        if joined:
            self._join(session, key, regions, index, mask, joined)
            return
        if mask.any():
            regions[index] = regions[index].edited(mask)
        else:
            del regions[index]
        self._edit(session, key, regions, "stroke")

    def _join(
        self,
        session: PatientSession,
        key: ImageKey,
        regions: Sequence[Region],
        index: int,
        mask: Mask,
        joined: Sequence[Region],
    ) -> None:
        """Make regions one, the one at an index; it stays the chosen one."""
        whole = regions[index].edited(mask)
        left = [whole if place == index else one for place, one in enumerate(regions) if one not in joined]
        if self._edit(session, key, left, "stroke") and session is self._controller.session:
            self._controller.select_region(left.index(whole))

    def add(self, session: PatientSession, key: ImageKey, mask: Mask, kind: RegionKind) -> None:
        """Add what a human has drawn, and choose it."""
        if not mask.any():
            self._controller.message.emit("info", tr("Nothing was drawn."))
            return
        regions = session.case.regions_of(key)
        drawn = Region(mask, kind, Origin.DRAWN, confirmed=True)
        if self._edit(session, key, (*regions, drawn), "drawn") and key == session.current:
            self._controller.select_region(len(regions))

    def delete(self, session: PatientSession, key: ImageKey, index: int) -> None:
        """Reject a region."""
        regions = self._found(session, key, index)
        if regions is not None:
            del regions[index]
            if self._edit(session, key, regions, "deleted"):
                self._controller.select_region(None)

    def retype(self, session: PatientSession, key: ImageKey, index: int, kind: RegionKind) -> None:
        """Call a region the other kind."""
        regions = self._found(session, key, index)
        if regions is not None and regions[index].kind is not kind:
            regions[index] = regions[index].retyped(kind)
            self._edit(session, key, regions, "retyped")

    def confirm(self, session: PatientSession, key: ImageKey, index: int | None) -> None:
        """Accept one region of an image, or all."""
        regions = list(session.case.regions_of(key))
        places = range(len(regions)) if index is None else (index,)
        open_ones = [place for place in places if place < len(regions) and not regions[place].confirmed]
        for place in open_ones:
            regions[place] = regions[place].accepted()
        if open_ones:
            self._edit(session, key, regions, "confirmed")

    def travel(self, session: PatientSession, key: ImageKey, *, backwards: bool) -> None:
        """Undo or redo on one image; a drawing that made another frame the one that is read, with that."""
        history, desk = session.history, self._controller
        possible = history.can_undo(key) if backwards else session.can_redo(key)
        if not possible or not desk.may_or_tell(session, Event.EDIT_REGION):
            return
        if not backwards and not history.can_redo(key):
            back = session.turned_from(key)
            if back is None or key != session.current:
                return
            self.set_frame(session, back.frame)
            session.turned[back] = key.frame
            key = back
        walk = history.undo if backwards else history.redo
        try:
            regions = walk(key, session.case.regions_of(key))
        except AlnReaderError as error:
            history.clear(key)
            desk.tell(error)
            return
        if desk.take(session, Event.EDIT_REGION):
            action = "undo" if backwards else "redo"
            desk.put_regions(session, key, regions, undoable=False, action=action, rescore=True)
            if backwards and key == session.current and key in session.turned and not history.can_undo(key):
                frame = session.turned[key]
                self.set_frame(session, frame)

    def include(self, session: PatientSession, key: ImageKey, included: bool) -> None:
        """Put an image into the patient's bag or leave it out."""
        desk = self._controller
        if included == (key not in session.case.excluded):
            return
        if desk.take(session, Event.SET_INCLUDED):
            session.case = session.case.with_included(key, included)
            desk.record(session, Event.SET_INCLUDED, "included" if included else "left out", key)
            if session is desk.session:
                desk.regions_changed.emit(key)
            desk.worklist_changed.emit()
            desk.scoring.rescore(session)

    def _found(
        self, session: PatientSession, key: ImageKey, index: int, of: Region | None = None
    ) -> list[Region] | None:
        """Return the image's regions if the one meant is still there."""
        regions = list(session.case.regions_of(key))
        if 0 <= index < len(regions) and of in (None, regions[index]):
            return regions
        self._controller.message.emit("caution", tr("The region was changed meanwhile: try again."))
        return None

    def _edit(self, session: PatientSession, key: ImageKey, regions: Sequence[Region], action: str) -> bool:
        desk = self._controller
        if not desk.take(session, Event.EDIT_REGION):
            return False
        undone = session.turned_from(key)
        if undone is not None:  # what is drawn now is done in its place
            del session.turned[undone]
        desk.put_regions(session, key, tuple(regions), undoable=True, action=action, rescore=True)
        desk.worklist_changed.emit()
        return True
