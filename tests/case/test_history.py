"""Undo and redo over several images against a plain list of states."""

from __future__ import annotations

import dataclasses
import itertools
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alnreader.case.errors import InvalidValueError
from alnreader.case.history import STEP_BYTES, History
from alnreader.case.image import ImageKey
from alnreader.case.region import Origin, Region, RegionKind

KEYS = [ImageKey("1.2.3"), ImageKey("1.2.3", 2), ImageKey("1.2.4")]
SHAPES = dict(zip(KEYS, [(11, 13), (1, 9), (16, 8)], strict=True))


def content(regions):
    """Everything that a region is, comparable byte for byte."""
    return [
        (one.mask.shape, one.mask.tobytes(), one.kind, one.origin, one.confirmed, one.revision)
        for one in regions
    ]


def box_mask(shape, corners):
    mask = np.zeros(shape, dtype=np.bool_)
    top, bottom = sorted(value % (shape[0] + 1) for value in corners[:2])
    left, right = sorted(value % (shape[1] + 1) for value in corners[2:])
    mask[min(top, shape[0] - 1) : bottom + 1, min(left, shape[1] - 1) : right + 1] = True
    return mask


corners = st.tuples(*[st.integers(0, 16)] * 4)
keys = st.sampled_from(KEYS)


class Editing(RuleBasedStateMachine):
    """Edits, undo and redo on several images. The model keeps whole states instead of differences."""

    def __init__(self):
        super().__init__()
        self.regions = dict.fromkeys(KEYS, ())
        self.past = {key: [] for key in KEYS}
        self.future = {key: [] for key in KEYS}

    @initialize(
        max_steps=st.one_of(st.integers(0, 6), st.just(1000)),
        max_bytes=st.one_of(st.integers(0, 20_000), st.just(10**9)),
    )
    def start(self, max_steps, max_bytes):
        self.max_steps, self.max_bytes = max_steps, max_bytes
        self.bounded = max_steps < 1000 or max_bytes < 10**9
        self.history = History(max_steps, max_bytes)

    def change(self, key, regions):
        before = self.regions[key]
        self.history.record(key, before, regions)
        if content(before) != content(regions):
            self.past[key].append(before)
            self.future[key] = []
        self.regions[key] = tuple(regions)

    def pick(self, key, number):
        return number % len(self.regions[key])

    def replace(self, key, number, region):
        regions = list(self.regions[key])
        regions[self.pick(key, number)] = region
        self.change(key, regions)

    @rule(key=keys, corners=corners, at=st.integers(0, 3), kind=st.sampled_from(RegionKind))
    def create(self, key, corners, at, kind):
        regions = list(self.regions[key])
        regions.insert(at, Region(box_mask(SHAPES[key], corners), kind, Origin.DRAWN))
        self.change(key, regions)

    @rule(key=keys, corners=corners, number=st.integers(0, 5), add=st.booleans())
    def stroke(self, key, corners, number, add):
        if not self.regions[key]:
            return
        region = self.regions[key][self.pick(key, number)]
        brush = box_mask(SHAPES[key], corners)
        mask = region.mask | brush if add else region.mask & ~brush
        if mask.any():
            self.replace(key, number, region.edited(mask))

    @rule(key=keys, number=st.integers(0, 5), kind=st.sampled_from(RegionKind))
    def retype(self, key, number, kind):
        if self.regions[key]:
            self.replace(key, number, self.regions[key][self.pick(key, number)].retyped(kind))

    @rule(key=keys, number=st.integers(0, 5))
    def confirm(self, key, number):
        """Confirming twice changes nothing and must be no step."""
        if self.regions[key]:
            self.replace(key, number, self.regions[key][self.pick(key, number)].accepted())

    @rule(key=keys, number=st.integers(0, 5))
    def delete(self, key, number):
        if self.regions[key]:
            number = self.pick(key, number)
            self.change(key, self.regions[key][:number] + self.regions[key][number + 1 :])

    @rule(key=keys, masks=st.lists(corners, max_size=3))
    def propose_anew(self, key, masks):
        """Several regions at once, none of them the old objects."""
        new = [Region(box_mask(SHAPES[key], one), RegionKind.LYMPH_NODE) for one in masks]
        self.change(key, new)

    @rule(key=keys)
    def reload(self, key):
        """The same regions as other objects, as after recovery: still undoable, and no step."""
        copies = [dataclasses.replace(one, mask=one.mask.copy()) for one in self.regions[key]]
        self.change(key, copies)

    @rule(key=keys)
    def undo(self, key):
        if not self.history.can_undo(key):
            with pytest.raises(InvalidValueError, match="nothing to undo"):
                self.history.undo(key, self.regions[key])
            return
        expected = self.past[key].pop()
        self.future[key].append(self.regions[key])
        self.regions[key] = self.history.undo(key, self.regions[key])
        assert content(self.regions[key]) == content(expected)

    @rule(key=keys)
    def redo(self, key):
        if not self.history.can_redo(key):
            with pytest.raises(InvalidValueError, match="nothing to redo"):
                self.history.redo(key, self.regions[key])
            return
        expected = self.future[key].pop()
        self.past[key].append(self.regions[key])
        self.regions[key] = self.history.redo(key, self.regions[key])
        assert content(self.regions[key]) == content(expected)

    @rule(key=keys)
    def back_to_the_start_and_forth(self, key):
        now = content(self.regions[key])
        steps = 0
        while self.history.can_undo(key):
            self.undo(key)
            steps += 1
        for _ in range(steps):
            self.redo(key)
        assert content(self.regions[key]) == now

    @rule(key=keys, corners=corners)
    def undo_then_edit(self, key, corners):
        self.undo(key)
        self.create(key, corners, 0, RegionKind.TUMOUR)
        assert not self.history.can_redo(key)

    @precondition(lambda self: not self.bounded)
    @rule(key=keys)
    def unbounded_history_knows_everything(self, key):
        assert self.history.can_undo(key) == bool(self.past[key])
        assert self.history.can_redo(key) == bool(self.future[key])

    @rule(key=keys)
    def clear(self, key):
        self.history.clear(key)
        self.past[key], self.future[key] = [], []
        assert not self.history.can_undo(key)
        assert not self.history.can_redo(key)

    @invariant()
    def bounds_hold(self):
        if hasattr(self, "history"):
            assert 0 <= self.history.steps <= self.max_steps
            assert self.history.steps * STEP_BYTES <= self.history.size <= self.max_bytes
            assert all(not one.mask.flags.writeable for regions in self.regions.values() for one in regions)


Editing.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestEditing = Editing.TestCase

KEY, OTHER = KEYS[0], KEYS[1]


def region(side, shape=(40, 40), **rest) -> Region:
    mask = np.zeros(shape, dtype=np.bool_)
    mask[:side, :side] = True
    return Region(mask, RegionKind.LYMPH_NODE, **rest)


def test_undo_survives_switching_images():
    history = History()
    small, large = region(3), region(9)
    history.record(KEY, (small,), (large,))
    history.record(OTHER, (), (small,))
    history.record(OTHER, (small,), (large,))
    assert content(history.undo(KEY, (large,))) == content((small,))
    assert content(history.undo(OTHER, (large,))) == content((small,))
    assert history.can_redo(KEY)


def test_the_oldest_step_goes_first_whatever_its_image():
    history = History(max_steps=2)
    history.record(KEY, (), (region(1),))
    history.record(OTHER, (), (region(1),))
    history.record(OTHER, (region(1),), (region(2),))
    assert not history.can_undo(KEY)
    assert history.steps == 2


def test_a_new_step_outlives_the_undone_ones_of_another_image():
    history = History(max_steps=1)
    history.record(OTHER, (), (region(1),))
    history.undo(OTHER, (region(1),))
    history.record(KEY, (), (region(2),))
    assert history.can_undo(KEY)
    assert not history.can_redo(OTHER)


def test_a_new_edit_ends_the_redo_of_its_image_only():
    history = History()
    history.record(OTHER, (), (region(1),))
    history.undo(OTHER, (region(1),))
    history.record(KEY, (), (region(1),))
    history.undo(KEY, (region(1),))
    history.record(KEY, (), (region(2),))
    assert not history.can_redo(KEY)
    assert history.can_redo(OTHER)
    assert history.steps == 2


def test_a_step_too_large_to_keep_leaves_no_step_that_leads_nowhere():
    rng = np.random.default_rng(0)
    history = History(max_bytes=8000)
    big = Region(rng.random((400, 400)) < 0.5, RegionKind.TUMOUR)
    small = region(3, (400, 400))
    history.record(OTHER, (), (region(1),))
    history.record(KEY, (), (small,))
    history.record(KEY, (small,), (big,))
    assert not history.can_undo(KEY)
    assert history.can_undo(OTHER)


@pytest.mark.parametrize(
    "current",
    [
        (),
        (region(9), region(3)),
        (region(8),),
        (region(9, confirmed=True),),
        (region(9, revision=4),),
        (region(9, (40, 41)),),
    ],
)
def test_refuses_regions_that_were_changed_behind_its_back(current):
    history = History()
    history.record(KEY, (region(3),), (region(9),))
    with pytest.raises(InvalidValueError, match="outside the undo history"):
        history.undo(KEY, current)
    assert content(history.undo(KEY, (region(9),))) == content((region(3),))


def test_refuses_a_missing_neighbour_of_a_new_region():
    history = History()
    history.record(KEY, (region(3),), (region(3), region(5)))
    history.undo(KEY, (region(3), region(5)))
    with pytest.raises(InvalidValueError, match="outside the undo history"):
        history.redo(KEY, ())


def test_refuses_masks_of_two_sizes_and_bounds_below_nothing():
    with pytest.raises(InvalidValueError, match="different sizes"):
        History().record(KEY, (region(3),), (region(3, (40, 41)),))
    with pytest.raises(InvalidValueError, match="bounded"):
        History(max_steps=-1)


def test_clear_forgets_everything():
    history = History()
    history.record(KEY, (), (region(1),))
    history.record(OTHER, (), (region(1),))
    history.undo(OTHER, (region(1),))
    history.clear()
    assert (history.steps, history.size) == (0, 0)


def test_a_stroke_costs_its_bounding_box_and_not_the_picture():
    shape = (1080, 1920)
    history = History()
    before = region(900, shape)
    mask = before.mask.copy()
    mask[850:950, 850:950] = True
    history.record(KEY, (before,), (before.edited(mask),))
    assert history.size < 5000


def test_the_stated_size_is_an_upper_bound_of_the_memory():
    history = History()
    states = [(region(side),) for side in (3, 4, 5)] * 100
    tracemalloc.start()
    try:
        for before, after in itertools.pairwise(states):
            history.record(KEY, before, after)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert history.steps == 299
    assert used <= history.size


def test_a_stroke_on_a_large_picture_takes_milliseconds():
    shape = (1080, 1920)
    before = region(900, shape)
    after = before.edited(before.mask | region(1000, shape).mask)
    history = History()
    start = time.perf_counter()
    for _ in range(3):
        history.record(KEY, (before,), (after,))
        history.undo(KEY, (after,))
    # Both together take about 10 ms.
    assert (time.perf_counter() - start) / 3 < 0.3
