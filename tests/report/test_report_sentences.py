from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_readings import MODEL, picture, reading_of

from alnreader.case.score import EMPTY_BAG, ScopeWarning, Score
from alnreader.report.sentences import percent, points, telling_digits, verdict


def score(probability: float, **model: object) -> Score:
    made = reading_of((picture(1),), probability=probability, model=dataclasses.replace(MODEL, **model)).score
    assert made is not None
    return made


def test_the_plain_sentence() -> None:
    assert verdict(score(0.31)) == (
        "31 % (25–38 %): below this model's threshold of 42 %, at which it found 85 % of metastatic axillae "
        "and cleared 70 % of the others in its validation set of simulated patients."
    )
    assert verdict(score(0.57, specificity=None, chosen_on="")) == (
        "57 % (51–64 %): above this model's threshold of 42 %, at which it found 85 % of metastatic axillae."
    )


def test_an_interval_without_a_width_is_not_said() -> None:
    bare = dataclasses.replace(score(0.57), interval=(0.57, 0.57))
    assert verdict(bare).startswith("57 %: above this model's threshold of 42 %, at which")


def test_no_verdict_is_said_where_no_image_counts() -> None:
    empty = dataclasses.replace(score(0.62), warnings=(ScopeWarning(EMPTY_BAG, "No image counts."),))
    assert empty.of_no_image
    assert "%" not in verdict(empty)
    assert verdict(empty).startswith("No image counts")


def test_nothing_published_is_nothing_said() -> None:
    said = verdict(score(0.42, sensitivity=None, specificity=None))
    assert said == "42 % (36–49 %): at this model's threshold of 42 %, which counts as above."


def test_two_sides_of_the_threshold_never_read_alike() -> None:
    assert verdict(score(0.4196)).startswith(
        "41.96 % (35.96–48.96 %): below this model's threshold of 42.00 %"
    )
    assert verdict(score(0.424)).startswith("42.4 % (36.4–49.4 %): above this model's threshold of 42.0 %")


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0 %"), (0.004, "< 1 %"), (0.006, "1 %"), (0.31, "31 %"), (0.996, "> 99 %"), (1.0, "100 %")],
)
def test_percent(value: float, words: str) -> None:
    assert percent(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0.0412, "+4.1"), (-0.0412, "−4.1"), (0.0, "0.0"), (-0.0001, "0.0"), (1.0, "+100.0")]
)
def test_points(value: float, words: str) -> None:
    assert points(value) == words


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_digits_tell_apart_what_the_document_tells_apart(first: float, second: float) -> None:
    digits = telling_digits(first, second)
    if abs(first - second) > 2e-6:
        assert percent(first, digits) != percent(second, digits)
