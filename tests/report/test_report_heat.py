"""Heat maps as they are drawn: each on its own scale, nothing where there is nothing, and said so."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from report_readings import picture, reading_of

from alnreader.case.case import Reading
from alnreader.case.image import CalibrationRegion, RegionContent, UltrasoundImage
from alnreader.report import figures, layout, pictures
from alnreader.report.figures import Figure
from alnreader.report.heat import EMPTY, FAINT, LEFT_OUT, OUTSIDE, drawn_alone, drawn_of_patient
from alnreader.report.pdf import render_pdf


def spot(image: UltrasoundImage, peak: float) -> np.ndarray:
    heat = np.zeros((image.rows, image.columns), np.float32)
    heat[20:40, 30:60] = peak / 2
    heat[25:30, 40:50] = peak
    return heat


@pytest.fixture
def reading() -> Reading:
    """Six images with the strengths that the shipped model gives the demo patient, one of them left out."""
    images = tuple(picture(number) for number in range(1, 7))
    peaks = (0.09, 0.04, 0.98, 0.002, 0.0, 0.0)
    maps = {image.key: spot(image, peak) for image, peak in zip(images, peaks, strict=True)}
    made = reading_of(images)
    case = made.case.with_included(images[5].key, False)
    return Reading(case, made.score, maps)


def test_a_weak_map_is_seen_and_its_strength_is_told(reading: Reading) -> None:
    weak = drawn_of_patient(reading.heat_maps, reading.case.images[0], included=True)
    assert weak is not None
    assert weak.values is not None
    assert weak.values.max() == pytest.approx(1.0)
    assert weak.values.min() == 0.0
    assert (weak.top, weak.note) == ("9 %", "9 % of the brightest image")
    brightest = drawn_of_patient(reading.heat_maps, reading.case.images[2], included=True)
    assert brightest is not None
    assert (brightest.top, brightest.note) == ("100 %", "the brightest image")


def test_on_one_scale_the_images_keep_their_ratio(reading: Reading) -> None:
    drawn = [
        drawn_of_patient(reading.heat_maps, image, included=True, own_scale=False)
        for image in reading.case.images[:3]
    ]
    peaks = [float(one.values.max()) for one in drawn if one is not None and one.values is not None]
    assert peaks == pytest.approx([0.09 / 0.98, 0.04 / 0.98, 1.0], abs=1e-4)
    assert {one.top for one in drawn if one is not None} == {"100 %"}


def test_where_nothing_is_drawn_a_sentence_says_why(reading: Reading) -> None:
    images = reading.case.images
    for image, included, why in (
        (images[3], True, FAINT),
        (images[4], True, EMPTY),
        (images[5], False, LEFT_OUT),
    ):
        drawn = drawn_of_patient(reading.heat_maps, image, included)
        assert drawn is not None
        assert (drawn.values, drawn.top, drawn.note) == (None, "", why)
    assert drawn_of_patient({}, images[0], included=True) is None
    alone = drawn_alone(reading.heat_maps, images[4])
    assert alone is not None
    assert alone.values is None
    # The map of an image alone is on its own scale already, and an image left out has one.
    last = drawn_alone(reading.heat_maps, images[3])
    assert last is not None
    assert last.values is reading.heat_maps[images[3].key]


def test_the_pages_tell_the_strength_of_each_map_and_why_one_is_missing(reading: Reading) -> None:
    from test_report_pdf import pages

    text = " ".join(pages(render_pdf(reading)))
    for words in ("9 %", "4 %", "100 %", LEFT_OUT, EMPTY, FAINT):
        assert words in text
    assert text.count("Heat map: where the network looked, not proof") == 3
    assert "share one scale" not in text
    without = dataclasses.replace(reading, heat_maps={})
    assert " ".join(pages(render_pdf(without))).count("No heat map.") == 6


def test_where_no_map_is_drawn_the_picture_stands_there_with_the_reason(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside: list[bytes] = []
    real = pictures.draw_figure

    def noted(canvas: object, figure: Figure, x: float, *rest: float) -> tuple[float, float, float]:
        if x > layout.WIDTH / 2 and rest[-1] > 10:  # not the colour bar
            beside.append(figure.jpeg)
        return real(canvas, figure, x, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pictures, "draw_figure", noted)
    render_pdf(reading)
    assert len(beside) == len(reading.case.images)
    for number, image in enumerate(reading.case.images):
        assert (beside[number] == figures.picture(image.pixels()).jpeg) == (number >= 3)


def test_nothing_is_drawn_in_the_margin_and_the_values_inside_stay(reading: Reading) -> None:
    image = reading.case.images[2]
    maps = reading.heat_maps
    whole = drawn_of_patient(maps, image, included=True)
    assert whole is not None
    assert whole.values is not None
    # A cine with a black margin right of column 44, and a bar of the screen that the file declares too.
    bar = CalibrationRegion(50, 0, 59, 9, content=RegionContent.OTHER)
    narrow = dataclasses.replace(image, calibration=(CalibrationRegion(0, 0, 44, image.rows - 1), bar))
    drawn = drawn_of_patient(maps, narrow, included=True)
    alone = drawn_alone(maps, narrow)
    assert drawn is not None
    assert alone is not None
    assert drawn.values is not None
    assert alone.values is not None
    assert (drawn.top, drawn.note) == (whole.top, whole.note)
    for values, before in ((drawn.values, whole.values), (alone.values, maps[image.key])):
        assert not values[:, 45:].any()
        assert np.array_equal(values[:, :45], before[:, :45])
        assert values.any()
    assert maps[image.key][:, 45:].any(), "the map itself stays"
    for regions in ((), (bar,)):
        unknown = drawn_of_patient(maps, dataclasses.replace(image, calibration=regions), included=True)
        assert unknown is not None
        assert unknown.values is not None
        assert np.array_equal(unknown.values, whole.values)


def test_a_map_that_lies_in_the_margin_only_is_not_drawn_and_it_is_said(reading: Reading) -> None:
    image = reading.case.images[2]
    far = dataclasses.replace(image, calibration=(CalibrationRegion(0, 0, 10, 10),))
    for drawn in (
        drawn_of_patient(reading.heat_maps, far, included=True),
        drawn_alone(reading.heat_maps, far),
    ):
        assert drawn is not None
        assert (drawn.values, drawn.top, drawn.note) == (None, "", OUTSIDE)
