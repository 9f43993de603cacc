from __future__ import annotations

import copy
import dataclasses
import datetime
import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_readings import CHINESE, MODEL, disc, picture, reading_of, simulated_reading

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Reading, Skipped
from alnreader.case.image import CalibrationRegion
from alnreader.case.patient import Patient, PersonName, Study
from alnreader.case.protocol import Event, HumanReading
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.case.score import EMPTY_BAG, ScopeWarning, SeenScore
from alnreader.dicom.deidentify.reading import without_identity
from alnreader.report.document import encode, reading_document, readings_document, schema

VALIDATOR = jsonschema.Draft202012Validator(schema())

CONTRACT = [
    "schema",
    "patient",
    "model",
    "device",
    "probability",
    "threshold",
    "above_threshold",
    "interval",
    "warnings",
    "skipped",
    "images",
]
IMAGE_CONTRACT = [
    "source",
    "sop_instance_uid",
    "frame",
    "kind",
    "kind_probability",
    "probability",
    "contribution",
    "without",
    "regions",
    "warnings",
    "files",
]


def one_image() -> Reading:
    image = picture(1, calibration=(CalibrationRegion(0, 0, 127, 95, 0.1, 0.1),), laterality="L")
    region = Region(disc(96, 128), RegionKind.LYMPH_NODE)
    return reading_of(
        (image,),
        {image.key: (region,)},
        warnings=(ScopeWarning("no_tumour_view", "No view of the tumour."),),
        skipped=(Skipped("/data/x", "Broken."),),
    )


def all_objects(schema_part: Any) -> list[dict[str, Any]]:
    if isinstance(schema_part, list):
        return [found for item in schema_part for found in all_objects(item)]
    if not isinstance(schema_part, dict):
        return []
    own = [schema_part] if "properties" in schema_part else []
    return own + [found for item in schema_part.values() for found in all_objects(item)]


def test_where_no_image_counts_there_is_no_probability() -> None:
    reading = one_image()
    assert reading.score is not None
    why = ScopeWarning(EMPTY_BAG, "No image counts.")
    document = reading_document(
        dataclasses.replace(reading, score=dataclasses.replace(reading.score, warnings=(why,)))
    )
    VALIDATOR.validate(document)
    assert [document[name] for name in ("probability", "above_threshold", "interval")] == [None] * 3
    assert [image["contribution"] for image in document["images"]] == [None]
    assert document["threshold"] == reading.score.threshold
    assert document["warnings"] == [{"code": "empty_bag", "message": "No image counts."}]


def test_the_schema_is_one_and_closed() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    objects = all_objects(schema())
    assert len(objects) >= 10
    for part in objects:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


def test_the_document_is_what_the_contract_says() -> None:
    document = reading_document(simulated_reading())
    VALIDATOR.validate(document)
    assert set(CONTRACT) <= set(document)
    assert document["schema"] == "alnreader.reading/1"
    assert {"name", "sha256", "demonstration"} <= set(document["model"])
    assert len(document["images"]) == 6
    for image in document["images"]:
        assert set(IMAGE_CONTRACT) <= set(image)
        assert image["kind"] in ("tumour", "lymph_node")
        assert image["files"] is None
        for region in image["regions"]:
            assert region["long_axis_px"] >= region["short_axis_px"] > 0
            assert region["long_axis_mm"] is not None
            assert region["reason"] == ""
    total = document["baseline"] + sum(image["contribution"] for image in document["images"])
    low, high = document["interval"]
    assert low <= document["probability"] <= high
    assert document["above_threshold"] is False
    assert total == pytest.approx(document["probability"], abs=0.02)


def test_a_length_is_in_mm_where_calibrated_and_says_why_not() -> None:
    region = reading_document(one_image())["images"][0]["regions"][0]
    assert region["long_axis_mm"] == pytest.approx(region["long_axis_px"] * 0.1, abs=1e-3)
    assert region["area_mm2"] == pytest.approx(region["area_px"] * 0.01, abs=1e-3)
    image = picture(1)
    plain = reading_of((image,), {image.key: (Region(disc(96, 128), RegionKind.TUMOUR),)})
    region = reading_document(plain)["images"][0]["regions"][0]
    assert region["long_axis_mm"] is None
    assert region["area_mm2"] is None
    assert region["reason"]


def test_without_a_model_every_number_of_a_model_is_null() -> None:
    reading = reading_of((picture(1),), probability=None)
    document = reading_document(reading)
    VALIDATOR.validate(document)
    for name in ("model", "device", "probability", "threshold", "above_threshold", "interval", "baseline"):
        assert document[name] is None
    assert document["images"][0]["kind"] is None


MOMENT = datetime.datetime(2024, 5, 6, 10, 42, tzinfo=datetime.UTC)
LATER = MOMENT + datetime.timedelta(hours=1)


def judged(status: NodeStatus = NodeStatus.NEGATIVE) -> Assessment:
    return Assessment(status, 70, "Dr A", MOMENT)


def revealed() -> HumanReading:
    return HumanReading().with_first_read(judged()).after(Event.LOCK_FIRST_READ).after(Event.REVEAL)


def unscored(human: HumanReading | None, **facts: Any) -> Reading:
    """A reading whose score has gone: a model is at hand and the reader saw 56 %, then 61 %."""
    seen = (SeenScore(MOMENT, 0.56, 0.42), SeenScore(LATER, 0.61, 0.42))
    said = {"score": None, "heat_maps": {}, "model": MODEL, "seen": seen, **facts}
    return dataclasses.replace(one_image(), human=human, **said)


def test_what_the_reader_was_shown_is_told_where_no_score_is_left() -> None:
    document = reading_document(unscored(revealed()))
    VALIDATOR.validate(document)
    assert document["revealed"] == {"when": LATER.isoformat(), "probability": 0.61, "threshold": 0.42}
    assert document["model"]["sha256"] == MODEL.sha256
    for name in ("device", "probability", "threshold", "above_threshold", "interval", "baseline"):
        assert document[name] is None
    signed = revealed().with_final_read(judged()).with_signature("Dr A", MOMENT)
    document = reading_document(unscored(signed, signed_probabilities=(None,)))
    VALIDATOR.validate(document)
    # The later one was seen in an amendment that was discarded since.
    assert document["revealed"] == {"when": MOMENT.isoformat(), "probability": 0.56, "threshold": 0.42}
    assert [version["probability"] for version in document["human"]["signed"]] == [None]


def test_what_was_shown_stands_beside_the_score_that_came_of_it() -> None:
    document = reading_document(
        dataclasses.replace(one_image(), human=revealed(), seen=(SeenScore(MOMENT, 0.31, 0.42),))
    )
    VALIDATOR.validate(document)
    assert document["revealed"]["probability"] == document["probability"] == 0.31
    assert reading_document(one_image())["revealed"] is None


@pytest.mark.parametrize("steps", range(3))
def test_nothing_was_shown_before_the_reveal(steps: int) -> None:
    entered = HumanReading().with_first_read(judged())
    human = (HumanReading(), entered, entered.after(Event.LOCK_FIRST_READ))[steps]
    for reading in (unscored(human), unscored(human, score=one_image().score)):
        document = reading_document(reading)
        VALIDATOR.validate(document)
        assert document["revealed"] is None
        assert document["model"] is None
        written = encode(document)
        assert not [number for number in (b"0.56", b"0.61", b"0.42", b"0.31") if number in written]


def test_each_signature_has_the_probability_that_it_stands_beside() -> None:
    human = revealed().with_final_read(judged()).with_signature("Dr A", MOMENT)
    human = human.with_amendment("Images must count.").with_final_read(judged()).with_signature("Dr B", LATER)
    for known, told in (((None, 1 / 3), [None, 0.333333]), ((0.25, None), [0.25, None]), ((), [None, None])):
        document = reading_document(dataclasses.replace(one_image(), human=human, signed_probabilities=known))
        VALIDATOR.validate(document)
        assert [version["probability"] for version in document["human"]["signed"]] == told


def test_without_identity_the_time_of_what_was_shown_is_removed() -> None:
    signed = revealed().with_final_read(judged()).with_signature("Dr A", MOMENT)
    document = reading_document(without_identity(unscored(signed, signed_probabilities=(0.56,))))
    VALIDATOR.validate(document)
    assert document["revealed"] == {
        "when": "1900-01-01T00:00:00+00:00",
        "probability": 0.56,
        "threshold": 0.42,
    }
    assert document["human"]["signed"][0]["probability"] == 0.56
    assert b"2024-05-06" not in encode(document)


def test_a_picture_has_no_sop_instance_uid() -> None:
    document = reading_document(reading_of((picture(1, is_dicom=False), picture(2))))
    assert [image["sop_instance_uid"] is None for image in document["images"]] == [True, False]


def test_chinese_is_written_as_it_is() -> None:
    text = encode(reading_document(one_image())).decode("utf-8")
    assert "张䶮萍 (Zhang, Yaping)" in text
    assert "市立医院" in text
    assert json.loads(text)["patient"]["name_groups"]["ideographic"] == CHINESE.ideographic


def test_paths_that_are_not_utf_8_can_be_written() -> None:
    path = b"/data/\xff\xd5\xc5.dcm".decode("utf-8", "surrogateescape")
    reading = dataclasses.replace(one_image(), skipped=(Skipped(path, "Broken \ud800."),))
    document = json.loads(encode(reading_document(reading)))
    assert document["skipped"] == [{"path": "/data/\\xff\\xd5\\xc5.dcm", "reason": "Broken \ufffd."}]


def test_the_same_reading_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/report')\n"
        "from test_report_document import one_image\n"
        "from alnreader.report.document import encode, reading_document\n"
        "sys.stdout.buffer.write(encode(reading_document(one_image())))"
    )
    written = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert written == encode(reading_document(one_image()))


def test_numbers_are_rounded() -> None:
    document = reading_document(reading_of((picture(1),), probability=1 / 3))
    assert document["probability"] == 0.333333
    assert "e-" not in encode(document).decode()


def test_several_patients_are_a_list() -> None:
    documents = readings_document([one_image(), reading_of((picture(2),), patient=Patient("other"))])
    VALIDATOR.validate(documents)
    assert isinstance(documents, list)
    assert [document["patient"]["id"] for document in documents] == ["P-0042", "other"]
    assert isinstance(readings_document([one_image()]), dict)


def broken_documents() -> list[tuple[str, Any]]:
    human = revealed().with_final_read(judged()).with_signature("Dr A", MOMENT)
    document = reading_document(
        dataclasses.replace(
            one_image(), human=human, seen=(SeenScore(MOMENT, 0.31, 0.42),), signed_probabilities=(0.31,)
        )
    )
    found: list[tuple[str, Any]] = []

    def change(name: str, *path: Any, value: Any) -> None:
        changed = copy.deepcopy(document)
        part: Any = changed
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value
        found.append((name, changed))

    for key in document:
        missing = copy.deepcopy(document)
        del missing[key]
        found.append((f"without {key}", missing))
    for key in document["images"][0]:
        missing = copy.deepcopy(document)
        del missing["images"][0][key]
        found.append((f"image without {key}", missing))
    change("another schema", "schema", value="alnreader.reading/2")
    change("an unknown key", "made", value="2024-01-01")
    change("an unknown key in an image", "images", 0, "path", value="x")
    change("a probability above 1", "probability", value=1.2)
    change("a probability in words", "probability", value="31 %")
    change("an interval of one", "interval", value=[0.2])
    change("an interval of three", "interval", value=[0.2, 0.3, 0.4])
    change("another kind", "images", 0, "kind", value="node")
    change("frame 0", "images", 0, "frame", value=0)
    change("a short hash", "model", "sha256", value="3f3f")
    change("a probability shown without its threshold", "revealed", value={"probability": 0.3})
    change("a time without a date", "revealed", "when", value="10:42")
    change("a shown probability above 1", "revealed", "probability", value=1.2)
    change("a signed probability in words", "human", "signed", 0, "probability", value="31 %")
    change("a negative area", "images", 0, "regions", 0, "area_px", value=-1)
    files = {"image": "../001-image.png", "mask": "001-mask.png", "heatmap": None}
    change("a path that leaves the folder", "images", 0, "files", value=files)
    change("an absolute path", "images", 0, "files", value={**files, "image": "/tmp/x.png"})
    change("a patient without ID", "patient", "id", value="")
    found.append(("a list of something else", [document, {}]))
    return found


@pytest.mark.parametrize(
    ("name", "document"), [pytest.param(*item, id=item[0]) for item in broken_documents()]
)
def test_the_schema_refuses(name: str, document: Any) -> None:
    assert not VALIDATOR.is_valid(document), name


ANY_TEXT = st.text(max_size=30)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    count = draw(st.integers(0, 4))
    images, regions = [], {}
    for number in range(count):
        rows, columns = draw(st.integers(1, 40)), draw(st.integers(1, 40))
        scale = draw(st.none() | st.floats(0.01, 2))
        images.append(
            picture(
                number,
                rows,
                columns,
                is_dicom=draw(st.booleans()),
                laterality=draw(st.sampled_from(["", "L", "R"])),
                calibration=(CalibrationRegion(0, 0, columns - 1, rows - 1, scale, scale),),
                notes=tuple(draw(st.lists(ANY_TEXT, max_size=2))),
            )
        )
        regions[images[-1].key] = tuple(
            Region(
                disc(rows, columns, draw(st.floats(0.01, 0.5)), draw(st.floats(0, 1)), draw(st.floats(0, 1))),
                draw(st.sampled_from(RegionKind)),
                draw(st.sampled_from(Origin)),
                draw(st.booleans()),
            )
            for _ in range(draw(st.integers(0, 2)))
        )
    return reading_of(
        tuple(images),
        regions,
        patient=Patient(
            draw(ANY_TEXT.filter(str.strip)),
            PersonName(draw(ANY_TEXT), draw(ANY_TEXT), draw(ANY_TEXT)),
            draw(st.none() | st.dates(datetime.date(1000, 1, 1))),
            draw(ANY_TEXT),
        ),
        study=Study(
            draw(ANY_TEXT), draw(st.none() | st.dates(datetime.date(1000, 1, 1))), None, draw(ANY_TEXT)
        ),
        probability=draw(st.none() | st.floats(0, 1)),
        model=dataclasses.replace(MODEL, demonstration=draw(st.booleans()), name=draw(ANY_TEXT)),
        warnings=tuple(ScopeWarning("code", message) for message in draw(st.lists(ANY_TEXT, max_size=3))),
        skipped=tuple(Skipped(text, text) for text in draw(st.lists(ANY_TEXT, max_size=3))),
    )


@given(readings())
def test_every_reading_has_a_valid_document(reading: Reading) -> None:
    written = encode(reading_document(reading))
    VALIDATOR.validate(json.loads(written))
    assert encode(reading_document(reading)) == written
