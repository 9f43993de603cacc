"""What a session shows of a score, and what it keeps when things change."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case
from alnreader.case.clock import now
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.patient import Patient
from alnreader.case.protocol import Event, HumanReading, ReadingMode
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.case.score import ModelSummary, RunRecord, Score
from alnreader.gui.session import HeatMaps, PatientSession

MODEL = ModelSummary("m", "1", "0" * 64, True, "", "", "", "", (), 0.5)


def score_of(case: Case) -> Score:
    run = RunRecord(MODEL, "0", "cpu", revisions={i.key: case.input_revision(i.key) for i in case.images})
    return Score(0.4, (0.3, 0.5), 0.2, (), (), run)


def maps_of(session: PatientSession) -> HeatMaps:
    return HeatMaps(
        "Grad-CAM",
        "patient",
        session.revisions,
        {key: np.zeros((150, 190), np.float32) for key in session.revisions},
    )


def revealed() -> HumanReading:
    human = HumanReading().with_first_read(Assessment(NodeStatus.NEGATIVE, 80, "Lee", now()))
    return human.after(Event.LOCK_FIRST_READ).after(Event.REVEAL)


def node(mask: Any) -> Region:
    return Region(mask, RegionKind.LYMPH_NODE, Origin.DRAWN)


def test_nothing_of_a_score_is_seen_before_the_reveal(make_case: Callable[..., Case]) -> None:
    case = make_case()
    session = PatientSession.start(case, HumanReading())
    session.score, session.maps = score_of(case), maps_of(session)
    assert session.visible_score is None
    assert not session.score_is_stale
    assert not session.heat_maps
    assert session.reading().score is None
    assert not session.reading().heat_maps
    session.human = revealed()
    assert session.visible_score is session.score
    assert set(session.heat_maps) == {image.key for image in case.images}


def test_an_edit_makes_score_and_maps_stale(make_case: Callable[..., Case], disc: Callable[..., Any]) -> None:
    case = make_case()
    session = PatientSession.start(case, revealed())
    session.score, session.maps = score_of(case), maps_of(session)
    session.put_regions(session.current, (node(disc()),))
    assert session.visible_score is None
    assert session.score_is_stale
    assert not session.heat_maps
    assert session.reading().score is None
    # A score of the case as it is does not bring the maps of the earlier one back.
    session.score = score_of(session.case)
    assert session.visible_score is not None
    assert not session.heat_maps
    assert not session.reading().heat_maps


def test_confirming_leaves_the_score_true(make_case: Callable[..., Case], disc: Callable[..., Any]) -> None:
    session = PatientSession.start(make_case(), revealed())
    region = node(disc())
    session.put_regions(session.current, (region,))
    session.score = score_of(session.case)
    session.put_regions(session.current, (region.accepted(),))
    assert session.case.regions_of(session.current)[0].confirmed
    assert session.visible_score is session.score
    session.put_regions(session.current, (region.retyped(RegionKind.TUMOUR),))
    assert session.score_is_stale


def test_a_discarded_amendment_leaves_everything_as_signed(
    make_case: Callable[..., Case], disc: Callable[..., Any]
) -> None:
    session = PatientSession.start(make_case(cine=5), revealed())
    session.put_regions(session.current, (node(disc()),))
    session.score, session.score_full, session.maps = score_of(session.case), True, maps_of(session)
    session.keep_signed()
    signed = session.case, session.score, session.maps
    session.put_regions(session.current, ())
    session.put_frame(session.current, 4)
    session.score = None
    session.restore_signed()
    assert (session.case, session.score, session.maps) == signed
    assert session.visible_score is not None
    assert session.current in {image.key for image in session.case.images}


def test_each_frame_of_a_cine_keeps_its_regions_and_never_an_old_revision(
    make_case: Callable[..., Case], disc: Callable[..., Any]
) -> None:
    session = PatientSession.start(make_case(cine=5), HumanReading(mode=ReadingMode.CONCURRENT))
    first = session.current
    session.put_regions(first, (node(disc()),))
    session.case = session.case.with_included(first, included=False)
    session.score = score_of(session.case)
    second = session.put_frame(first, 3)
    assert session.current == second == ImageKey(first.uid, 3)
    assert session.image.key.frame == 3
    assert session.case.regions_of(second) == ()
    assert second in session.case.excluded
    assert session.visible_score is None
    assert session.put_frame(second, 3) == second
    again = session.put_frame(second, 1)
    assert again == first
    assert len(session.case.regions_of(first)) == 1
    assert session.visible_score is None, "the score is of an earlier time of that frame"


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(["edit", "confirm", "frame", "include"]), st.integers(1, 4)), max_size=12
    )
)
def test_no_state_of_the_case_ever_has_the_revisions_of_another(steps: list[tuple[str, int]]) -> None:
    image = UltrasoundImage(
        ImageKey("1.2"), "a.dcm", 6, 6, lambda _: np.zeros((6, 6, 3), np.uint8), number_of_frames=4
    )
    session = PatientSession.start(Case(Patient("P"), (), (image,)), HumanReading())
    seen: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def look() -> None:
        key = session.current
        revisions = tuple(sorted(session.revisions.items()))
        content = (
            tuple((region.kind, region.mask.tobytes()) for region in session.case.regions_of(key)),
            key in session.case.excluded,
        )
        assert seen.setdefault(revisions, content) == content

    look()
    for what, number in steps:
        key = session.current
        if what == "edit":
            mask = np.zeros((6, 6), bool)
            mask[:number] = True
            session.put_regions(key, (node(mask),))
        elif what == "confirm":
            session.put_regions(key, tuple(region.accepted() for region in session.case.regions_of(key)))
        elif what == "frame":
            session.put_frame(key, number)
        else:
            session.case = session.case.with_included(key, included=number % 2 == 0)
        look()


def test_another_model_takes_the_score_of_all_but_signed_readings(make_case: Callable[..., Case]) -> None:
    session = PatientSession.start(make_case(), revealed())
    session.score = score_of(session.case)
    session.forget_machine()
    assert session.score is None
    session.score = score_of(session.case)
    final = Assessment(NodeStatus.NEGATIVE, 80, "Lee", now())
    session.human = session.human.with_final_read(final).with_signature("Lee", now())
    session.forget_machine()
    assert session.visible_score is not None
    assert dataclasses.replace(session.reading()).score is session.score
