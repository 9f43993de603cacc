"""What the store takes: the protocol's table once more, and what each event may change.

The window asks the same table before it offers anything. Here it is asked again, of what was kept last and
what is to be kept now, so that no fault above can put into the journal what the protocol does not allow.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping

import numpy as np

from alnreader.case.case import Case
from alnreader.case.errors import ProtocolError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.protocol import CASE_CHANGES, Event, HumanReading, ReadingState, recorded_as, step
from alnreader.case.region import Region
from alnreader.case.score import Score
from alnreader.store.journal import NOTED, OPENED
from alnreader.store.snapshot import LeftFrame, Snapshot

_PROBABILITY_TOLERANCE = 1e-6
"""A report rounds to six places (`alnreader.report.document`)."""

_MAY_CHANGE = frozenset({"key", "loader", "source"})
"""Of an image: the frame that is read, and where the file lies now."""

RESTORES = frozenset({Event.DISCARD_AMENDMENT})
"""Events that put the signed case back."""

_OUTLINES = frozenset({None, *CASE_CHANGES} - {Event.EDIT_REGION})
"""What may bring the network's outlines along. A note does where no region came of them."""

_FRAMES = frozenset({Event.SET_INCLUDED, Event.EDIT_AFTER_REVEAL})
"""What may make another frame of a cine the one that is read."""


class RefusedChangeError(ProtocolError):
    """A change that its event does not allow. It is not kept; the reading stays as it was kept before."""


def event_of(name: str) -> Event | None:
    """Return the protocol's event of that name; None for what changes nothing.

    Raises
    ------
    RefusedChangeError
        If there is no such event.
    """
    if name in (NOTED, OPENED):
        return None
    try:
        return Event(name)
    except ValueError as error:
        raise RefusedChangeError(f"There is no event '{name}' in the protocol.") from error


def check_step(before: Snapshot, name: str, after: Snapshot) -> str:
    """Refuse a step that the protocol does not allow, and return what it is recorded as.

    Parameters
    ----------
    before
        As kept last.
    name
        The event.
    after
        To be kept.

    Raises
    ------
    ProtocolError
        With the sentence of the table, or with what changed that may not.
    """
    event = event_of(name)
    old, new = before.human, after.human
    if event is None:
        state, recorded = old.state, name
    else:
        event = recorded_as(event, old.state, old.mode)
        state, recorded = step(old.state, event, old.mode), event.value
    faults = {
        "the mode of a reading never changes": new.mode is not old.mode,
        f"it leads to '{state}', not to '{new.state}'": new.state is not state,
        "the case is another patient's": after.case.patient != before.case.patient,
        "the images are others": _uids(after.case) != _uids(before.case),
        "the studies are others": after.case.studies != before.case.studies,
        "what is known of an image changed": not _same_images(
            before.case, after.case, notes=event not in (*CASE_CHANGES, *RESTORES)
        ),
        "what was signed may not change": new.versions[: len(old.versions)] != old.versions
        or not _same_signed(before, after),
        "a revision went back": any(_went_back(before, after)),
        **_content_faults(event, before, after),
    }
    for fault, found in faults.items():
        if found:
            raise RefusedChangeError(f"The change '{recorded}' was not kept: {fault}.")
    return recorded


def _content_faults(event: Event | None, before: Snapshot, after: Snapshot) -> dict[str, bool]:
    old, new = before.human, after.human
    changes_case = event in CASE_CHANGES or event in RESTORES
    keeps_final = event not in (
        *CASE_CHANGES,
        Event.RESCORE,
        Event.ENTER_FINAL_READ,
        Event.SIGN,
        Event.DISCARD_AMENDMENT,
    )
    return {
        "it may not change regions, images or frames": not changes_case
        and not same_case(before.case, after.case),
        "it may not change the network's outlines": event not in _OUTLINES
        and not _same_kept(before.proposals, after.proposals),
        "it may not change regions of other frames": event not in _FRAMES
        and not _same_left(before.left_frames, after.left_frames),
        "it may not change the first read": event is not Event.ENTER_FIRST_READ
        and new.first_read != old.first_read,
        "it may not change the final read": keeps_final and new.final_read != old.final_read,
        "only a signature adds a version": (len(new.versions) - len(old.versions))
        != (1 if event is Event.SIGN else 0),
        "only an amendment has a reason": event not in (Event.AMEND, Event.SIGN, Event.DISCARD_AMENDMENT)
        and new.amendment_reason != old.amendment_reason,
        "it may not change the score": not _score_may_follow(event, before, after),
        "what is signed is not the case and the score as they are": event is Event.SIGN
        and not _signs_what_is_there(before, after),
        "the report is not that of what is signed": event is Event.SIGN and not _reports(after),
        "what was signed did not come back": event is Event.DISCARD_AMENDMENT and not _is_as_signed(after),
        "a final read that was not entered was signed": event is Event.SIGN
        and new.versions[-1:] != ()
        and new.versions[-1].final_read != old.final_read,
    }


def _score_may_follow(event: Event | None, before: Snapshot, after: Snapshot) -> bool:
    """Whether the score is as before, or what this event may make of it."""
    old, new = before.score, after.score
    if same_score(old, new) or event in (Event.RESCORE, Event.DISCARD_AMENDMENT):
        return True
    if event is Event.SIGN:  # a stale one is not signed, and goes
        return new is None and old is not None and not before.case.is_current(old)
    if event is not None or before.human.state is ReadingState.SIGNED:
        return False
    if new is None:  # another model, or a stop: a note of its own
        return True
    return old is not None and (old.probability, old.threshold, old.run.model, dict(old.run.revisions)) == (
        new.probability,
        new.threshold,
        new.run.model,
        dict(new.run.revisions),
    )  # its interval and contributions come after the number


def _signs_what_is_there(before: Snapshot, after: Snapshot) -> bool:
    signed, score = after.signed[-1], before.score
    visible = score if score is not None and before.case.is_current(score) else None
    return (
        same_case(signed.case, after.case)
        and _same_images(signed.case, after.case, notes=True)
        and signed.case.studies == after.case.studies
        and same_score(signed.score, visible)
    )


def _reports(after: Snapshot) -> bool:
    """Whether the report under a signature is a document of the score that is signed."""
    signed = after.signed[-1]
    try:
        document = json.loads(signed.report)
    except ValueError:
        return False
    if not isinstance(document, dict) or "probability" not in document:
        return False
    told = document["probability"]
    if signed.score is not None and signed.score.of_no_image and told is None:
        return True  # earlier versions told where the model starts from
    if signed.score is None or told is None:
        return signed.score is None and told is None
    return isinstance(told, int | float) and abs(told - signed.score.probability) <= _PROBABILITY_TOLERANCE


def _same_images(one: Case, other: Case, *, notes: bool) -> bool:
    """Whether the images are the same ones, wherever their files lie; ``notes``: and so is what they tell."""
    return one.images is other.images or all(
        _facts(a, notes) == _facts(b, notes) for a, b in zip(one.images, other.images, strict=True)
    )


def _facts(image: UltrasoundImage, notes: bool) -> tuple[object, ...]:
    left = _MAY_CHANGE if notes else {*_MAY_CHANGE, "notes"}
    return (image.key.uid, *(getattr(image, field) for field in _FIELDS if field not in left))


_FIELDS = tuple(field.name for field in dataclasses.fields(UltrasoundImage))


def _is_as_signed(after: Snapshot) -> bool:
    signed = after.signed[-1]
    return same_case(signed.case, after.case) and same_score(signed.score, after.score)


def _uids(case: Case) -> list[str]:
    return [image.key.uid for image in case.images]


def _same_signed(before: Snapshot, after: Snapshot) -> bool:
    kept = after.signed[: len(before.signed)]
    return len(kept) == len(before.signed) and all(
        same_case(old.case, new.case)
        and _same_images(old.case, new.case, notes=True)
        and old.case.studies == new.case.studies
        and same_score(old.score, new.score)
        and old.report in (b"", new.report)
        for old, new in zip(before.signed, kept, strict=True)
    )


def _went_back(before: Snapshot, after: Snapshot) -> Iterator[bool]:
    """Whether the count of an image is lower than it was, unless the signed case was put back."""
    if after.signed and same_case(after.signed[-1].case, after.case):
        return
    for image in after.case.images:
        if image.key in {one.key for one in before.case.images}:
            yield after.case.input_revision(image.key) < before.case.input_revision(image.key)


def same_case(one: Case, other: Case) -> bool:
    """Whether two cases agree in frames, regions, images left out and revisions."""
    if one is other:
        return True
    keys = [image.key for image in one.images]
    return (
        keys == [image.key for image in other.images]
        and one.excluded == other.excluded
        and _counts(one.revisions) == _counts(other.revisions)
        and all(_same_regions(one.regions_of(key), other.regions_of(key)) for key in keys)
    )


def _same_kept(
    one: Mapping[ImageKey, tuple[Region, ...]], other: Mapping[ImageKey, tuple[Region, ...]]
) -> bool:
    return one.keys() == other.keys() and all(_same_regions(one[key], other[key]) for key in one)


def _same_left(one: Mapping[ImageKey, LeftFrame], other: Mapping[ImageKey, LeftFrame]) -> bool:
    return one.keys() == other.keys() and all(
        one[key][1] == other[key][1] and _same_regions(one[key][0], other[key][0]) for key in one
    )


def _counts(revisions: Mapping[ImageKey, int]) -> dict[ImageKey, int]:
    return {key: count for key, count in revisions.items() if count}


def _same_regions(one: tuple[Region, ...], other: tuple[Region, ...]) -> bool:
    return len(one) == len(other) and all(
        a is b
        or (
            (a.kind, a.origin, a.confirmed, a.revision) == (b.kind, b.origin, b.confirmed, b.revision)
            and (a.mask is b.mask or np.array_equal(a.mask, b.mask))
        )
        for a, b in zip(one, other, strict=True)
    )


def same_score(one: Score | None, other: Score | None) -> bool:
    """Whether two scores say the same about the same."""
    if one is None or other is None:
        return one is other
    return one is other or (
        dataclasses.replace(one, run=other.run) == other
        and dict(one.run.revisions) == dict(other.run.revisions)
    )


def check_start(snapshot: Snapshot) -> None:
    """Refuse a reading that begins in the middle.

    Raises
    ------
    RefusedChangeError
        If anything was said already, by the reader or by the program.
    """
    human = snapshot.human
    if snapshot.score is not None:
        raise RefusedChangeError("A case begins without a score.")
    if human != HumanReading(mode=human.mode):
        raise RefusedChangeError("A case begins without a read, a lock or a signature.")
