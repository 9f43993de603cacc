"""Masks stay private, non-empty and counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alnreader.case.errors import InvalidValueError
from alnreader.case.region import Origin, Region, RegionKind, union

masks = arrays(np.bool_, (5, 7)).filter(np.any)


def region(mask=None, **rest) -> Region:
    mask = np.eye(4, dtype=np.bool_) if mask is None else mask
    return Region(mask, RegionKind.TUMOUR, **rest)


@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((4, 4), np.bool_),
        np.zeros((0, 0), np.bool_),
        np.ones((4, 4), np.uint8),
        np.ones(4, np.bool_),
        np.ones((1, 4, 4), np.bool_),
    ],
)
def test_refuses_what_outlines_nothing(mask):
    with pytest.raises(InvalidValueError):
        region(mask)


def test_refuses_a_revision_below_none():
    with pytest.raises(InvalidValueError, match="-1"):
        region(revision=-1)


@given(mask=masks, view=st.sampled_from(["itself", "view", "read-only view", "broadcast"]))
def test_the_mask_is_private_and_read_only(mask, view):
    given_mask = {
        "itself": lambda: mask,
        "view": lambda: mask[:],
        "read-only view": lambda: _read_only(mask[:]),
        "broadcast": lambda: np.broadcast_to(mask, mask.shape),
    }[view]()
    one = region(given_mask)
    kept = one.mask.copy()
    mask[:] = ~mask
    assert np.array_equal(one.mask, kept)
    with pytest.raises(ValueError, match="read-only"):
        one.mask[0, 0] = True


def _read_only(mask):
    mask.setflags(write=False)
    return mask


def test_what_is_private_already_is_not_copied():
    one = region()
    assert one.accepted().mask is one.mask
    assert one.retyped(RegionKind.LYMPH_NODE).mask is one.mask


def test_every_change_is_counted_and_a_hand_remembered():
    proposed = region()
    edited = proposed.edited(np.ones((4, 4), np.bool_))
    assert (edited.origin, edited.revision, edited.mask.sum()) == (Origin.EDITED, 1, 16)
    assert (proposed.origin, proposed.revision, proposed.mask.sum()) == (Origin.PROPOSED, 0, 4)
    drawn = region(origin=Origin.DRAWN)
    assert drawn.edited(np.ones((4, 4), np.bool_)).origin is Origin.DRAWN
    retyped = edited.retyped(RegionKind.LYMPH_NODE)
    assert (retyped.kind, retyped.revision, retyped.origin) == (RegionKind.LYMPH_NODE, 2, Origin.EDITED)
    assert edited.accepted().confirmed
    assert edited.accepted().revision == 1
    assert RegionKind.LYMPH_NODE.words == "lymph node"


@given(one=masks, other=masks)
def test_union_holds_every_pixel_and_no_other(one, other):
    assert np.array_equal(union((region(one), region(other)), (5, 7)), one | other)
    assert not union((), (5, 7)).any()


def test_union_refuses_another_size():
    with pytest.raises(InvalidValueError, match="does not fit"):
        union((region(),), (4, 5))
