"""A reading that walks through the protocol without a window, and keeps each step in a store."""

from __future__ import annotations

import dataclasses
import itertools
import json
import zlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from alnreader.case.assessment import Assessment, Hilum, NodeCriteria, NodeStatus
from alnreader.case.case import Case
from alnreader.case.errors import UnreadableInputError
from alnreader.case.history import History
from alnreader.case.image import CalibrationRegion, ImageKey, Pixels, UltrasoundImage
from alnreader.case.patient import Patient, PersonName, Study
from alnreader.case.protocol import Event, HumanReading, ReadingMode
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.case.score import ImageScore, ModelSummary, RunRecord, ScopeWarning, Score
from alnreader.store.handle import OpenCase
from alnreader.store.snapshot import SignedCase, Snapshot
from alnreader.store.worklist import Store

ROWS, COLUMNS = 24, 36
_serial = itertools.count(1)
_START = datetime(2026, 3, 1, 8, tzinfo=UTC)

MODEL = ModelSummary(
    name="demo-b0",
    version="0.1",
    sha256="3f" * 32,
    demonstration=True,
    title="Two-stage reader",
    intended_use="Demonstration.",
    training_data="Simulated.",
    citation="doi 10.0000/example",
    limitations=("Labels are simulated.",),
    threshold=0.42,
)


def _no_pixels(frame: int) -> Pixels:
    raise UnreadableInputError("memory: this image has no file.")


def made_up_case(name: str = "Zhang^Yaping", images: int = 2, cine: int = 1) -> Case:
    """A patient without files; the first image may be a cine."""
    number = next(_serial)
    patient = Patient(f"P{number}", PersonName(name, "张^䶮萍"), date(1970, 1, 31), "F", "Clinic A")
    study = Study(f"1.2.{number}", date(2026, 2, 3), description="Mamma – Axilla rechts")
    return Case(
        patient,
        (study,),
        tuple(
            UltrasoundImage(
                key=ImageKey(f"1.2.{number}.{place}", 1),
                source=f"/nowhere/{number}/{place}.dcm",
                rows=ROWS,
                columns=COLUMNS,
                loader=_no_pixels,
                number_of_frames=cine if place == 0 else 1,
                frame_time=41.7,
                calibration=(CalibrationRegion(0, 0, COLUMNS - 1, ROWS - 1, 0.1, 0.12),),
                laterality="L",
                study=study.study_instance_uid,
                notes=("Colour: overridden.",),
            )
            for place in range(images)
        ),
    )


def blob(seed: int, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """A random rectangle as mask."""
    generator = np.random.default_rng(seed)
    mask = np.zeros((rows, columns), dtype=bool)
    top, left = generator.integers(0, rows - 4), generator.integers(0, columns - 4)
    mask[top : top + generator.integers(1, rows - top + 1), left : left + generator.integers(1, 5)] = True
    return mask


def marked(seed: int, whose: int, place: int) -> np.ndarray:
    """A random rectangle, and in the first row, which is else empty, one pixel that tells whose it is.

    Parameters
    ----------
    whose, place
        Number of the patient and of the image it is drawn on, from 0; below 4 and 8.
    """
    mask = blob(seed)
    mask[0] = False
    mask[0, 8 * whose + place] = True
    return mask


def told_by(mask: np.ndarray) -> tuple[int, int]:
    """Return patient and image that a mask of `marked` tells."""
    (column,) = np.flatnonzero(mask[0])
    return divmod(int(column), 8)


def own_number(key: ImageKey) -> float:
    """A number between 0 and 1 that tells an image."""
    return (zlib.crc32(key.uid.encode()) % 9973) / 9973


def score_of(case: Case, probability: float) -> Score:
    """A score of the case as it is; what it says of an image tells which image it is."""
    return Score(
        probability=probability,
        interval=(max(0.0, probability - 0.1), min(1.0, probability + 0.1)),
        baseline=0.3,
        images=tuple(
            ImageScore(
                image.key,
                RegionKind.TUMOUR,
                0.2,
                own_number(image.key),
                0.01,
                0.5,
                warnings=(ScopeWarning("x", "y"),),
            )
            for image in case.images
        ),
        warnings=(ScopeWarning("no_lymph_node_view", "There is no view of a node."),),
        run=RunRecord(
            MODEL,
            "0.0",
            "cpu",
            {"size": 512, "mean": [39.02, 39.34], "nested": {"k": None}},
            {image.key: case.input_revision(image.key) for image in case.images},
        ),
    )


class Desk:
    """Owns a reading as the window does. An intent that is refused raises ProtocolError and keeps nothing.

    Parameters
    ----------
    case
        To begin with.
    whose
        Number of the patient, told by what is drawn and scored.

    Attributes
    ----------
    kept
        Where it is kept; None: nowhere.
    drawn
        For the walks: the beginning of the hash of every outline, by the number of the image.
    """

    def __init__(self, case: Case, mode: ReadingMode = ReadingMode.BLINDED, whose: int = 0) -> None:
        self.whose = whose
        self.now = Snapshot(case, HumanReading(mode=mode), case.images[0].key)
        self.history = History()
        self.kept: OpenCase | None = None
        self.drawn: dict[int, set[str]] = {}
        self._ticks = itertools.count()

    def _when(self) -> datetime:
        return _START + timedelta(seconds=next(self._ticks))

    def assessment(self, confidence: int = 70, status: NodeStatus = NodeStatus.NEGATIVE) -> Assessment:
        return Assessment(status, confidence, "Dr 李", self._when(), NodeCriteria(2.5, hilum=Hilum.PRESERVED))

    def _keep(self, event: Event, action: str, now: Snapshot, key: ImageKey | None = None) -> None:
        if self.kept is not None:
            self.kept.record(event.value, action, now, "Dr 李", key)
        self.now = now

    def _change_case(self, event: Event, action: str, case: Case, key: ImageKey) -> None:
        human = self.now.human.after(event)
        self._keep(event, action, dataclasses.replace(self.now, case=case, human=human, current=key), key)

    # --- regions -------------------------------------------------------------------------------------------

    def put(self, key: ImageKey, regions: tuple[Region, ...], event: Event = Event.EDIT_REGION) -> None:
        before = self.now.case.regions_of(key)
        self._change_case(event, "stroke", self.now.case.with_regions(key, regions), key)
        self.history.record(key, before, regions)

    def draw(self, key: ImageKey, seed: int, mask: np.ndarray | None = None) -> None:
        image = self.now.case.image(key)
        region = Region(
            blob(seed, image.rows, image.columns) if mask is None else mask,
            (RegionKind.TUMOUR, RegionKind.LYMPH_NODE)[seed % 2],
            Origin.DRAWN,
            True,
        )
        self.put(key, (*self.now.case.regions_of(key)[-3:], region))

    def propose(self, key: ImageKey, seed: int, mask: np.ndarray | None = None) -> None:
        image = self.now.case.image(key)
        outline = blob(seed, image.rows, image.columns) if mask is None else mask
        region = Region(outline, RegionKind.LYMPH_NODE)
        human = self.now.human.after(Event.PROPOSE)
        before = self.now.case.regions_of(key)
        now = dataclasses.replace(
            self.now,
            case=self.now.case.with_regions(key, (region,)),
            human=human,
            proposals={**self.now.proposals, key: (region,)},
        )
        self._keep(Event.PROPOSE, "proposed", now, key)
        self.history.record(key, before, (region,))

    def travel(self, key: ImageKey, back: bool) -> bool:
        able = self.history.can_undo(key) if back else self.history.can_redo(key)
        if not able:
            return False
        self.now.human.after(Event.EDIT_REGION)
        walk = self.history.undo if back else self.history.redo
        regions = walk(key, self.now.case.regions_of(key))
        self._change_case(Event.EDIT_REGION, "undo", self.now.case.with_regions(key, regions), key)
        return True

    def include(self, key: ImageKey, included: bool) -> None:
        case = self.now.case.with_included(key, included)
        self._change_case(Event.SET_INCLUDED, "left out", case, key)

    # --- protocol ------------------------------------------------------------------------------------------

    def first(self, confidence: int = 70) -> None:
        human = self.now.human.with_first_read(self.assessment(confidence))
        self._keep(Event.ENTER_FIRST_READ, "first", dataclasses.replace(self.now, human=human))

    def step(self, event: Event) -> None:
        self._keep(event, event.value, dataclasses.replace(self.now, human=self.now.human.after(event)))

    def score(self, probability: float = 0.31) -> None:
        human = self.now.human.after(Event.RESCORE)
        now = dataclasses.replace(
            self.now, human=human, score=score_of(self.now.case, probability), score_full=True
        )
        self._keep(Event.RESCORE, "scored", now)

    def final(self, confidence: int = 70, reason: str = "") -> None:
        human = self.now.human.with_final_read(self.assessment(confidence), reason)
        self._keep(Event.ENTER_FINAL_READ, "final", dataclasses.replace(self.now, human=human))

    def sign(self) -> None:
        human = self.now.human.with_signature("Dr 李", self._when())
        current = self.now.score is not None and self.now.case.is_current(self.now.score)
        told = self.now.score.probability if current and self.now.score is not None else None
        confidence = human.versions[-1].final_read.assessment.confidence
        report = json.dumps({"probability": told, "confidence": confidence}).encode()
        signed = SignedCase(self.now.case, self.now.score if current else None, report)
        now = dataclasses.replace(
            self.now, human=human, signed=(*self.now.signed, signed), score=signed.score
        )
        self._keep(Event.SIGN, "signed", now)

    def amend(self, reason: str = "Wrong side.") -> None:
        human = self.now.human.with_amendment(reason)
        self._keep(Event.AMEND, "amend", dataclasses.replace(self.now, human=human))

    def discard(self) -> None:
        human = self.now.human.after(Event.DISCARD_AMENDMENT)
        last = self.now.signed[-1]
        now = dataclasses.replace(self.now, human=human, case=last.case, score=last.score)
        self._keep(Event.DISCARD_AMENDMENT, "discarded", now)
        self.history = History()

    def whole_reading(self) -> None:
        """From the first region to the signature."""
        for number, image in enumerate(self.now.case.images):
            self.draw(image.key, number)
        self.first()
        self.step(Event.LOCK_FIRST_READ)
        self.step(Event.REVEAL)
        self.score()
        self.final()
        self.sign()


def begin(store: Store, **options: Any) -> Desk:
    """Return a reading that has begun, kept in a store; `options` are those of `made_up_case`."""
    desk = Desk(made_up_case(**options))
    desk.kept = store.create(desk.now, "Dr 李")
    return desk


def signed(store: Store) -> Desk:
    """Return a reading that is signed, kept in a store."""
    desk = begin(store)
    desk.whole_reading()
    return desk


def same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots say the same, pixels of masks included."""

    def regions(case: Case) -> list[object]:
        return [
            (
                key,
                [(r.kind, r.origin, r.confirmed, r.revision, r.mask.tobytes()) for r in case.regions_of(key)],
            )
            for key in (image.key for image in case.images)
        ]

    def facts(case: Case) -> object:
        images = [dataclasses.replace(image, loader=_no_pixels) for image in case.images]
        plain = [{**vars(image), "loader": None, "source": None} for image in images]
        revisions = {key: count for key, count in case.revisions.items() if count}
        return case.patient, case.studies, plain, regions(case), case.excluded, revisions

    def scores(score: Score | None) -> object:
        if score is None:
            return None
        run = score.run
        return dataclasses.replace(score, run=None), run.model, dict(run.revisions), run.device  # type: ignore[arg-type]

    return (
        facts(one.case) == facts(other.case)
        and one.human == other.human
        and one.current == other.current
        and one.skipped == other.skipped
        and scores(one.score) == scores(other.score)
        and one.score_full == other.score_full
        and {key: len(kept) for key, kept in one.proposals.items()}
        == {key: len(kept) for key, kept in other.proposals.items()}
        and [(facts(s.case), scores(s.score)) for s in one.signed]
        == [(facts(s.case), scores(s.score)) for s in other.signed]
    )
