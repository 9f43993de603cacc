"""A case is whole, immutable, and knows when a score is stale."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alnreader.case.case import Case
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.patient import Patient, Study
from alnreader.case.region import Region, RegionKind
from alnreader.case.score import ImageScore, ModelSummary, RunRecord, ScopeWarning, Score

KEYS = (ImageKey("1.1"), ImageKey("1.2"), ImageKey("1.2", 5))
STRANGER = ImageKey("9.9")


def image(key: ImageKey) -> UltrasoundImage:
    return UltrasoundImage(key, f"{key.uid}.dcm", 4, 4, lambda _: np.zeros((4, 4, 3), np.uint8), True, 9)


def region(shape=(4, 4)) -> Region:
    return Region(np.ones(shape, np.bool_), RegionKind.TUMOUR)


CASE = Case(Patient("17"), (Study(),), tuple(image(key) for key in KEYS))
MODEL = ModelSummary("m", "1", "00", True, "", "", "", "", (), 0.5)


def score_of(case: Case, probability: float = 0.5, **rest) -> Score:
    revisions = {one.key: case.input_revision(one.key) for one in case.images}
    entries = tuple(ImageScore(one.key, RegionKind.TUMOUR, 0.1, 0.2, 0.0, 0.3) for one in case.images)
    run = RunRecord(MODEL, "0", "cpu", {}, revisions)
    values = {"interval": (0.4, 0.6), "baseline": 0.2, "images": entries, "warnings": (), "run": run}
    return Score(probability, **(values | rest))


def test_refuses_doubled_images_and_strangers():
    with pytest.raises(InvalidValueError, match="same identity"):
        dataclasses.replace(CASE, images=(image(KEYS[0]), image(KEYS[0])))
    for change in (
        {"regions": {STRANGER: ()}},
        {"excluded": frozenset({STRANGER})},
        {"revisions": {STRANGER: 1}},
    ):
        with pytest.raises(InvalidValueError, match=r"no image 9\.9"):
            dataclasses.replace(CASE, **change)
    for ask in (
        CASE.image,
        lambda key: CASE.with_regions(key, ()),
        lambda key: CASE.with_included(key, True),
    ):
        with pytest.raises(InvalidValueError, match=r"no image 9\.9"):
            ask(STRANGER)


def test_refuses_a_region_of_another_size_and_names_the_file():
    with pytest.raises(InvalidValueError, match=r"1\.2\.dcm.*5 x 4 does not fit the picture of 4 x 4"):
        CASE.with_regions(KEYS[1], [region((4, 5))])


def test_a_change_makes_another_case():
    changed = CASE.with_regions(KEYS[1], [region()]).with_included(KEYS[0], False)
    assert (len(changed.regions_of(KEYS[1])), changed.excluded) == (1, {KEYS[0]})
    assert (CASE.regions_of(KEYS[1]), CASE.excluded) == ((), frozenset())
    assert changed.with_included(KEYS[0], True).excluded == frozenset()
    with pytest.raises(TypeError):
        changed.regions[KEYS[0]] = ()
    with pytest.raises(TypeError):
        changed.revisions[KEYS[0]] = 7


def test_a_case_does_not_follow_the_mapping_it_was_made_from():
    mapping = {KEYS[0]: (region(),)}
    case = dataclasses.replace(CASE, regions=mapping)
    mapping.clear()
    assert case.regions_of(KEYS[0])


@given(
    st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(["draw", "delete", "out", "in"])), max_size=8),
    st.integers(0, 8),
)
def test_a_score_is_current_exactly_until_something_changes(changes, scored_after):
    case, score = CASE, score_of(CASE)
    scored_at = 0
    for number, (key, change) in enumerate(changes, start=1):
        if change in ("draw", "delete"):
            case = case.with_regions(key, [region()] if change == "draw" else [])
        else:
            case = case.with_included(key, change == "in")
        if number == scored_after:
            score, scored_at = score_of(case), number
    assert case.is_current(score) == (scored_at == len(changes))


def test_a_score_of_other_images_is_not_current():
    fewer = dataclasses.replace(CASE, images=CASE.images[:2])
    assert not fewer.is_current(score_of(CASE))
    assert not CASE.is_current(score_of(fewer))
    other_frame = dataclasses.replace(CASE, images=(*CASE.images[:2], CASE.images[2].at_frame(6)))
    assert not other_frame.is_current(score_of(CASE))


@pytest.mark.parametrize("bad", [-0.01, 1.01, float("nan"), float("inf")])
def test_refuses_what_is_no_probability(bad):
    with pytest.raises(InvalidValueError, match="probability"):
        score_of(CASE, bad, interval=(0.0, 1.0))
    for change in ({"baseline": bad}, {"interval": (bad, 1.0)}, {"interval": (0.0, bad)}):
        with pytest.raises(InvalidValueError, match="from 0 to 1"):
            score_of(CASE, **change)
    entry = score_of(CASE).images[0]
    for change in ({"probability": bad}, {"kind_probability": bad}, {"without": bad}):
        with pytest.raises(InvalidValueError, match="from 0 to 1"):
            dataclasses.replace(entry, **change)
    assert dataclasses.replace(entry, without=None).without is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_refuses_a_contribution_that_is_no_number(bad):
    with pytest.raises(InvalidValueError, match="contribution"):
        dataclasses.replace(score_of(CASE).images[0], contribution=bad)


@pytest.mark.parametrize("interval", [(0.6, 0.7), (0.1, 0.4), (0.6, 0.4)])
def test_refuses_an_interval_that_misses_its_value(interval):
    with pytest.raises(InvalidValueError, match="does not hold"):
        score_of(CASE, 0.5, interval=interval)


def test_at_the_threshold_is_positive():
    assert score_of(CASE, 0.5).above_threshold
    assert not score_of(CASE, 0.499).above_threshold
    assert score_of(CASE).threshold == 0.5


def test_entries_are_found_by_image():
    score = score_of(CASE, warnings=(ScopeWarning("no_region", "No region."),))
    assert [score.image(key).key for key in KEYS] == list(KEYS)
    with pytest.raises(InvalidValueError, match=r"9\.9"):
        score.image(STRANGER)
