"""The human's judgement: what is refused, which criteria are met, and what is never filled in."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alnreader.case.assessment import (
    PUBLISHED_CUT_OFFS,
    Assessment,
    CriteriaCutOffs,
    Decision,
    FinalRead,
    Hilum,
    NodeCriteria,
    NodeShape,
    NodeStatus,
    Outline,
    Vascularity,
    burden_grade,
    criteria_met,
)
from alnreader.case.errors import InvalidValueError

WHEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
FIRST = Assessment(NodeStatus.INDETERMINATE, 60, "Dr A", WHEN, NodeCriteria(cortex_mm=3.2))


def met(criteria: NodeCriteria, **rest) -> dict[str, bool | None]:
    return {one.code: one.met for one in criteria_met(criteria, **rest)}


def test_what_was_not_noted_is_not_judged():
    assert set(met(NodeCriteria()).values()) == {None}
    assert burden_grade(NodeCriteria()) is None
    assert met(NodeCriteria(hilum=Hilum.NOT_SEEN))["hilum_lost"] is None


@pytest.mark.parametrize(
    ("criteria", "code", "expected"),
    [
        (NodeCriteria(cortex_mm=3.0), "cortex", False),
        (NodeCriteria(cortex_mm=3.1), "cortex", True),
        (NodeCriteria(focal_bulge=True), "focal_bulge", True),
        (NodeCriteria(focal_bulge=False), "focal_bulge", False),
        (NodeCriteria(hilum=Hilum.LOST), "hilum_lost", True),
        (NodeCriteria(hilum=Hilum.PRESERVED), "hilum_lost", False),
        (NodeCriteria(hilum=Hilum.DISPLACED), "hilum_lost", False),
        (NodeCriteria(shape=NodeShape.ROUND), "round_shape", True),
        (NodeCriteria(shape=NodeShape.OVAL), "round_shape", False),
        (NodeCriteria(outline=Outline.IRREGULAR), "irregular_outline", True),
        (NodeCriteria(outline=Outline.SMOOTH), "irregular_outline", False),
        (NodeCriteria(vascularity=Vascularity.ABNORMAL), "abnormal_flow", True),
        (NodeCriteria(vascularity=Vascularity.HILAR), "abnormal_flow", False),
        (NodeCriteria(vascularity=Vascularity.NONE_SEEN), "abnormal_flow", False),
    ],
)
def test_each_criterion_answers_for_itself(criteria, code, expected):
    answers = met(criteria)
    assert answers.pop(code) is expected
    assert set(answers.values()) == {None}


@pytest.mark.parametrize(("ratio", "expected"), [(1.99, True), (2.0, False), (None, None)])
def test_the_measured_axes_are_one_more_criterion(ratio, expected):
    answers = met(NodeCriteria(shape=NodeShape.OVAL), axis_ratio=ratio)
    assert answers["axis_ratio"] is expected
    assert answers["round_shape"] is False


def test_every_number_comes_with_its_source():
    assert all(one.source and one.sentence for one in criteria_met(NodeCriteria()))
    published = {one.code: one for one in criteria_met(NodeCriteria())}
    assert "10.5812/ijradiol-139030" in published["cortex"].source
    assert "3 mm" in published["cortex"].sentence
    own = {one.code: one for one in criteria_met(NodeCriteria(cortex_mm=2.7), CriteriaCutOffs(cortex_mm=2.5))}
    assert own["cortex"].met is True
    assert "2.5 mm" in own["cortex"].sentence
    assert own["cortex"].source.startswith("set by this site")
    assert own["axis_ratio"].source == published["axis_ratio"].source


@pytest.mark.parametrize(
    ("cortex", "hilum", "grade", "percent"),
    [
        (1.9, Hilum.PRESERVED, 1, 1.5),
        (2.0, Hilum.PRESERVED, 2, 8.1),
        (4.9, Hilum.DISPLACED, 2, 8.1),
        (5.0, Hilum.PRESERVED, 3, 44.4),
        (5.0, None, 3, 44.4),
        (1.0, Hilum.LOST, 3, 44.4),
        (None, Hilum.LOST, 3, 44.4),
    ],
)
def test_burden_grades_as_published(cortex, hilum, grade, percent):
    result = burden_grade(NodeCriteria(cortex_mm=cortex, hilum=hilum))
    assert result is not None
    assert result.grade == grade
    assert round(100 * result.share, 1) == percent
    assert f"{percent}%" in result.sentence
    assert "10.1186/s40644-019-0191-y" in result.source


@pytest.mark.parametrize(
    ("cortex", "hilum"), [(1.0, None), (1.0, Hilum.NOT_SEEN), (4.0, None), (None, Hilum.PRESERVED)]
)
def test_no_grade_where_the_notes_do_not_settle_it(cortex, hilum):
    assert burden_grade(NodeCriteria(cortex_mm=cortex, hilum=hilum)) is None


def test_published_shares_do_not_hold_for_own_grades():
    own = burden_grade(NodeCriteria(5.5, hilum=Hilum.PRESERVED), CriteriaCutOffs(burden_high_mm=6.0))
    assert (own.grade, own.share) == (2, None)
    assert "%" not in own.sentence
    assert "set by this site" in own.source
    assert PUBLISHED_CUT_OFFS.burden_published


@pytest.mark.parametrize(
    "change",
    [
        {"cortex_mm": 0},
        {"cortex_mm": float("nan")},
        {"round_ratio": -1},
        {"burden_low_mm": 5},
        {"burden_high_mm": float("inf")},
    ],
)
def test_refuses_cut_offs_that_are_none(change):
    with pytest.raises(InvalidValueError):
        CriteriaCutOffs(**change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"confidence": -1}, "confidence"),
        ({"confidence": 101}, "confidence"),
        ({"confidence": 50.5}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({"reader": "  "}, "name"),
        ({"when": datetime(2026, 3, 1)}, "time zone"),
    ],
)
def test_refuses_an_assessment(change, words):
    with pytest.raises(InvalidValueError, match=words):
        dataclasses.replace(FIRST, **change)


@pytest.mark.parametrize("cortex", [-0.1, float("nan"), float("inf")])
def test_refuses_a_cortex(cortex):
    with pytest.raises(InvalidValueError, match="cortex"):
        NodeCriteria(cortex_mm=cortex)


def test_agreeing_needs_no_reason_and_other_remarks_are_no_change():
    later = dataclasses.replace(FIRST, reader="Dr B", remarks="seen the score")
    assert FinalRead(later, FIRST).decision is Decision.AGREE
    assert FinalRead(later, None).decision is Decision.NO_FIRST_READ


@given(
    status=st.sampled_from(NodeStatus),
    confidence=st.integers(0, 100),
    cortex=st.one_of(st.none(), st.floats(0, 20)),
)
def test_every_change_of_the_judgement_needs_a_reason(status, confidence, cortex):
    later = dataclasses.replace(
        FIRST, status=status, confidence=confidence, criteria=NodeCriteria(cortex_mm=cortex)
    )
    if later == FIRST:
        assert FinalRead(later, FIRST).decision is Decision.AGREE
        return
    for reason in ("", "  \n"):
        with pytest.raises(InvalidValueError, match="reason"):
            FinalRead(later, FIRST, reason)
    assert FinalRead(later, FIRST, "cortex measured again").decision is Decision.CHANGED
