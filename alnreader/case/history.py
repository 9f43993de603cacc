"""Undo and redo of region edits, image by image, so that they survive switching images.

A step keeps, of each region that it touched, what was known of it before and after, and the pixels that
changed: their bounding box and one bit a pixel. The same bits lead back and forth
(docs/decisions/0052-undo.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey
from alnreader.case.region import Mask, Origin, Region, RegionKind

MAX_STEPS = 1000
"""Steps kept over all images by default: more than a reading takes."""

MAX_BYTES = 64 * 2**20
"""Memory by default. A stroke of 200 x 200 pixels takes 7 KB, a whole picture of 1920 x 1080 260 KB."""

STEP_BYTES = 512
"""What a step takes beside its changes, rounded up: counted in, so that small steps are bounded too."""

CHANGE_BYTES = 1024
"""What a change takes beside its bits, rounded up."""


@dataclass(frozen=True)
class _Facts:
    """What is known of a region beside its pixels, and a digest of those."""

    kind: RegionKind
    origin: Origin
    confirmed: bool
    revision: int
    shape: tuple[int, int]
    digest: bytes

    @classmethod
    def of(cls, region: Region) -> _Facts:
        rows, columns = region.mask.shape
        digest = hashlib.blake2b(np.packbits(region.mask).tobytes(), digest_size=16).digest()
        return cls(region.kind, region.origin, region.confirmed, region.revision, (rows, columns), digest)


@dataclass(frozen=True)
class _Change:
    """One region before and after; None where it did not exist.

    ``bits`` says, packed row by row, which pixels differ within ``box``: (top, left, bottom, right), ends
    exclusive. A region that does not exist counts as empty.
    """

    before: _Facts | None
    after: _Facts | None
    box: tuple[int, int, int, int]
    bits: bytes

    @classmethod
    def between(cls, before: Region | None, after: Region | None) -> _Change:
        masks = [region.mask for region in (before, after) if region is not None]
        differing = masks[0] ^ masks[1] if len(masks) == 2 else masks[0]
        box = top, left, bottom, right = _bounding_box(differing)
        bits = np.packbits(differing[top:bottom, left:right]).tobytes()
        return cls(
            None if before is None else _Facts.of(before),
            None if after is None else _Facts.of(after),
            box,
            bits,
        )

    def make(self, target: _Facts, source: Region | None) -> Region:
        """Make one side of the change from the other; ``source`` is None where that did not exist."""
        if source is not None and not self.bits:
            mask = source.mask
        else:
            mask = np.zeros(target.shape, dtype=np.bool_) if source is None else source.mask.copy()
            top, left, bottom, right = self.box
            size = (bottom - top) * (right - left)
            bits = np.unpackbits(np.frombuffer(self.bits, dtype=np.uint8), count=size).astype(np.bool_)
            mask[top:bottom, left:right] ^= bits.reshape(bottom - top, right - left)
            mask.setflags(write=False)
        return Region(mask, target.kind, target.origin, target.confirmed, target.revision)


@dataclass(frozen=True)
class _Step:
    """One edit of one image: the changes stand between ``skipped`` regions and ``following`` ones."""

    serial: int
    skipped: int
    following: int
    changes: tuple[_Change, ...]

    @property
    def size(self) -> int:
        return STEP_BYTES + sum(CHANGE_BYTES + len(change.bits) for change in self.changes)

    def apply(self, current: Sequence[Region], back: bool) -> tuple[Region, ...]:
        """Walk the step over the regions on its one side; return those on the other side."""
        sides = [(one.after, one.before) if back else (one.before, one.after) for one in self.changes]
        touched = current[self.skipped : len(current) - self.following]
        expected = [source for source, _ in sides if source is not None]
        complete = len(current) == self.skipped + len(expected) + self.following
        if not complete or [_Facts.of(region) for region in touched] != expected:
            raise InvalidValueError(
                "The regions were changed outside the undo history: it does not fit them."
            )
        remaining = iter(touched)
        made = []
        for change, (source, target) in zip(self.changes, sides, strict=True):
            region = None if source is None else next(remaining)
            if target is not None:
                made.append(change.make(target, region))
        return (*current[: self.skipped], *made, *current[len(current) - self.following :])


class History:
    """What can be undone and redone, for every image of a case. For one thread.

    Whatever `undo` and `redo` return is to be put into the case by `Case.with_regions`, which counts it as
    another change: region revisions come back with the old regions, the case's input revision never does.

    Parameters
    ----------
    max_steps, max_bytes
        Bounds over all images together. Beyond them the oldest steps are forgotten, whatever their image.
    """

    def __init__(self, max_steps: int = MAX_STEPS, max_bytes: int = MAX_BYTES) -> None:
        """Start without a step."""
        if max_steps < 0 or max_bytes < 0:
            raise InvalidValueError(f"A history cannot be bounded by {max_steps} steps, {max_bytes} bytes.")
        self._max_steps = max_steps
        self._max_bytes = max_bytes
        self._done: dict[ImageKey, list[_Step]] = {}
        self._undone: dict[ImageKey, list[_Step]] = {}
        self._steps = 0
        self._bytes = 0
        self._serial = 0

    @property
    def steps(self) -> int:
        """Steps kept over all images, done and undone."""
        return self._steps

    @property
    def size(self) -> int:
        """Bytes they take, estimated from above."""
        return self._bytes

    def can_undo(self, key: ImageKey) -> bool:
        """Whether the image has a step to undo."""
        return bool(self._done.get(key))

    def can_redo(self, key: ImageKey) -> bool:
        """Whether the image has a step to redo."""
        return bool(self._undone.get(key))

    def record(self, key: ImageKey, before: Sequence[Region], after: Sequence[Region]) -> None:
        """Remember one edit of one image: a stroke, a new, deleted, retyped or confirmed region, or several.

        What was undone of that image can no longer be redone. An edit that changed nothing is no step.

        Raises
        ------
        InvalidValueError
            If the masks are not all of one size.
        """
        if len({region.mask.shape for region in (*before, *after)}) > 1:
            raise InvalidValueError("The regions of one image have masks of different sizes.")
        shorter = min(len(before), len(after))
        skipped = 0
        while skipped < shorter and _same(before[skipped], after[skipped]):
            skipped += 1
        following = 0
        while following < shorter - skipped and _same(before[-1 - following], after[-1 - following]):
            following += 1
        old = before[skipped : len(before) - following]
        new = after[skipped : len(after) - following]
        if not old and not new:
            return
        changes = tuple(
            _Change.between(
                old[number] if number < len(old) else None, new[number] if number < len(new) else None
            )
            for number in range(max(len(old), len(new)))
        )
        self._serial += 1
        step = _Step(self._serial, skipped, following, changes)
        self._forget(self._undone.pop(key, []))
        if step.size > self._max_bytes or self._max_steps == 0:
            # Without it the older steps of the image lead nowhere.
            self._forget(self._done.pop(key, []))
            return
        self._done.setdefault(key, []).append(step)
        self._steps += 1
        self._bytes += step.size
        while self._steps > self._max_steps or self._bytes > self._max_bytes:
            self._forget_oldest()

    def undo(self, key: ImageKey, current: Sequence[Region]) -> tuple[Region, ...]:
        """Return the image's regions as they were before its last edit.

        Raises
        ------
        InvalidValueError
            If there is nothing to undo, or ``current`` is not what that edit left. The history stays then.
        """
        if not self.can_undo(key):
            raise InvalidValueError("There is nothing to undo on this image.")
        regions = self._done[key][-1].apply(current, back=True)
        self._undone.setdefault(key, []).append(self._done[key].pop())
        return regions

    def redo(self, key: ImageKey, current: Sequence[Region]) -> tuple[Region, ...]:
        """Return the image's regions as they were after the edit that was undone last.

        Raises
        ------
        InvalidValueError
            If there is nothing to redo, or ``current`` is not what the undo left. The history stays then.
        """
        if not self.can_redo(key):
            raise InvalidValueError("There is nothing to redo on this image.")
        regions = self._undone[key][-1].apply(current, back=False)
        self._done.setdefault(key, []).append(self._undone[key].pop())
        return regions

    def clear(self, key: ImageKey | None = None) -> None:
        """Forget the steps of one image, or of all."""
        for stacks in (self._done, self._undone):
            for one in [key] if key is not None else list(stacks):
                self._forget(stacks.pop(one, []))

    def _forget(self, steps: list[_Step]) -> None:
        self._steps -= len(steps)
        self._bytes -= sum(step.size for step in steps)

    def _forget_oldest(self) -> None:
        """Forget the oldest step at the far end of a stack. The newest of all goes last."""
        stacks = [steps for steps in (*self._done.values(), *self._undone.values()) if steps]
        self._forget([min(stacks, key=lambda steps: steps[0].serial).pop(0)])


def _same(one: Region, other: Region) -> bool:
    """Whether two regions are the same in everything."""
    return one is other or _Facts.of(one) == _Facts.of(other)


def _bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    """Top, left, bottom and right (exclusive) of the pixels that are set; all 0 where none is."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return 0, 0, 0, 0
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
