from __future__ import annotations

import dataclasses
import datetime
import io
import re
import subprocess
import sys
from functools import cache

import jsonschema
import numpy as np
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from report_readings import MODEL, disc, picture, reading_of, simulated_reading

from alnreader.case.assessment import Assessment, Hilum, NodeCriteria, NodeStatus
from alnreader.case.case import Reading, Skipped
from alnreader.case.image import ImageKey
from alnreader.case.patient import Patient, PersonName
from alnreader.case.protocol import Event, HumanReading, ReadingMode
from alnreader.case.region import Region, RegionKind
from alnreader.case.score import DEMONSTRATION_BANNER, EMPTY_BAG, ScopeWarning, SeenScore
from alnreader.dicom.deidentify.reading import without_identity
from alnreader.report import figures, fonts, layout
from alnreader.report.charts import ScaleChart
from alnreader.report.document import encode, reading_document, schema
from alnreader.report.pdf import render_pdf
from alnreader.report.record import _preprocessing
from alnreader.report.sentences import verdict

VALIDATOR = jsonschema.Draft202012Validator(schema())
MOMENT = datetime.datetime(2024, 5, 6, 10, 42, tzinfo=datetime.UTC)


def pages(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def embedded(content: bytes) -> dict[str, bool]:
    """Every font of every page, and whether its file is in the PDF."""
    found = {}
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            font = font.get_object()
            descriptor = font.get("/FontDescriptor")
            found[font["/BaseFont"]] = descriptor is not None and "/FontFile2" in descriptor.get_object()
    return found


@cache
def demonstration() -> bytes:
    return render_pdf(simulated_reading())


def test_page_1_is_the_answer() -> None:
    first = pages(demonstration())[0]
    for words in (
        "Second reading of breast and axillary ultrasound",
        "张䶮萍 (Zhang, Yaping)",
        "P-0042",
        "1961-03-09, 63 years at the examination",
        "No first read was entered.",
        "operating point 42 %",
        "31 % (25–38 %): below this model's threshold of 42 %",
        "What limits this answer",
        "Image 2 is unlike the images the model was trained on.",
        "1 file was offered and not read",
        "lowers the probability",
        "With no image at all the model says 20 %",
        "No final read was entered. This report is not signed.",
    ):
        assert words in first
    order = ["First read", "Second reader", "What limits", "What each image", "Final read"]
    assert sorted(order, key=first.index) == order


def test_every_page_names_site_patient_model_and_its_number() -> None:
    read = pages(demonstration())
    assert len(read) == 5
    for number, page in enumerate(read, start=1):
        assert "市立医院 City Hospital" in page
        assert "张䶮萍 (Zhang, Yaping) · ID P-0042 · born 1961-03-09" in page
        assert f"model demo-b0 0.1 ({MODEL.sha256[:12]})" in page
        assert f"Page {number} of 5" in page


def test_the_banner_stands_on_every_page_of_a_demonstration_and_on_no_other() -> None:
    assert all(DEMONSTRATION_BANNER in page for page in pages(demonstration()))
    clinical = dataclasses.replace(MODEL, demonstration=False)
    for page in pages(render_pdf(reading_of((picture(1),), model=clinical))):
        assert "emonstration" not in page.replace("Research and demonstration", "")


def test_the_pictures_with_their_numbers() -> None:
    text = " ".join(pages(demonstration())[1:])
    assert text.count("where the network looked, not proof") == 6
    assert len(re.findall(r"\d+\.\d mm \d+\.\d mm \d\.\d\d \d+ mm²", text)) == 6
    assert text.count("Patient without this image") == 6
    uncalibrated = picture(1)
    reading = reading_of((uncalibrated,), {uncalibrated.key: (Region(disc(96, 128), RegionKind.TUMOUR),)})
    text = " ".join(pages(render_pdf(reading)))
    assert re.search(r"\d+ px \d+ px \d\.\d\d \d+ px No value in millimetres: ", text)


def test_the_back_holds_what_was_not_read_the_model_card_and_the_run() -> None:
    text = " ".join(pages(demonstration())[-2:])
    for words in ("notes.txt", MODEL.sha256, MODEL.training_data, MODEL.limitations[0], "CPU (2 threads)"):
        assert words in text
    assert "1.2.826.0.1.3680043.10.543.3.1" in text


def test_how_pictures_become_input_stands_in_words() -> None:
    card = {"height": 256, "width": 320, "mean": [39.02, 39.0, 41.44], "std": [54.45, 53.0, 53.74]}
    published = _preprocessing({**card, "antialias": False})
    assert published == (
        "320 x 256 pixels; mean of red, green, blue 39.02, 39, 41.44; standard deviation 54.45, 53, 53.74"
    )
    more = _preprocessing({**card, "antialias": True, "scales": [0.875, 1.25], "mirrored": True})
    assert more.removeprefix(published) == (
        "; averaged when made smaller; read at 0.875, 1.25 times this size; read mirrored, too"
    )
    assert _preprocessing({}) == "not recorded"


def test_every_font_is_embedded() -> None:
    korean = Patient("1", PersonName("Hong^Gildong", "洪^吉洞", "홍^길동"))
    text = reading_of((picture(1),), patient=Patient("1", PersonName("Hong", "홍길동 龘 ヤマダ αβ Жы ế")))
    for content in (demonstration(), render_pdf(text), render_pdf(reading_of((), patient=korean))):
        found = embedded(content)
        assert len(found) >= 3
        assert all(found.values()), found
    first = pages(render_pdf(text))[0]
    assert "홍길동 龘 ヤマダ αβ Жы ế" in first


def test_a_report_is_small() -> None:
    assert len(demonstration()) < 3_000_000


def test_text_from_files_is_no_markup() -> None:
    name = "<b>Bold</b> &amp; <img src='x'/> </para>"
    image = picture(1, notes=("<font size=40>note", "tab\tand\nline\x00end"), series_description="<u>")
    text = " ".join(pages(render_pdf(reading_of((image,), patient=Patient("<i>", PersonName(name))))))
    for words in (
        "<b>Bold</b> &amp; <img src='x'/> </para>",
        "<font size=40>note",
        "tab and line end",
        "<u>",
    ):
        assert words in text


def test_what_no_font_has_is_replaced_for_all_to_see() -> None:
    fonts.register()
    assert fonts.runs("אA\U0001f600") == [
        (fonts.REGULAR, "\ufffd"),
        (fonts.REGULAR, "A"),
        (fonts.REGULAR, "\ufffd"),
    ]
    assert ord(fonts.REPLACEMENT) in fonts._glyphs(fonts.REGULAR)
    assert fonts.runs("王A", bold=True) == [("ALN-Han", "王"), (fonts.BOLD, "A")]


@given(st.text(max_size=60), st.floats(1, 300), st.booleans())
def test_a_cut_line_fits(text: str, room: float, bold: bool) -> None:
    fonts.register()
    cut = fonts.fit(text, room, 8.0, bold)
    assert cut == "…" or fonts.width(cut, 8.0, bold) <= room


def test_the_same_reading_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    image = picture(1)
    reading = reading_of((image, picture(2)), {image.key: (Region(disc(96, 128), RegionKind.TUMOUR),)})
    one, other = render_pdf(reading), render_pdf(reading)
    assert one == other
    assert "2023-11-14 22:13 UTC" in pages(one)[0]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    assert render_pdf(reading) != one


def test_the_properties_name_nobody() -> None:
    properties = pypdf.PdfReader(io.BytesIO(demonstration())).metadata
    assert properties is not None
    assert properties.title == "ALN Reader report"
    assert properties.subject == "Second reading of breast and axillary ultrasound"
    assert "Zhang" not in str(properties)
    assert "P-0042" not in str(properties)


def test_without_a_model() -> None:
    reading = dataclasses.replace(simulated_reading(), score=None, heat_maps={})
    read = pages(render_pdf(reading))
    assert "No model was loaded" in read[0]
    assert "operating point" not in " ".join(read)
    assert all("no model" in page and "emonstration" not in page for page in read)


def test_no_image_at_all() -> None:
    assert len(pages(render_pdf(reading_of(())))) == 2


def test_fifty_images_many_warnings_and_skipped_files() -> None:
    images = tuple(picture(number, 48, 64) for number in range(50))
    warnings = tuple(ScopeWarning("w", f"Warning {n:02d}. {'So it is. ' * 20}") for n in range(25))
    skipped = tuple(Skipped(f"/{'long_name' * 12}/{n}.dcm", "Not ultrasound.") for n in range(300))
    patient = Patient("ID" * 32, PersonName("Wolfeschlegelsteinhausenbergerdorff" * 4), None, "F")
    content = render_pdf(reading_of(images, warnings=warnings, skipped=skipped, patient=patient))
    read = pages(content)
    assert 25 < len(read) < 45
    assert "Shown are the 3 images that move it most" in read[0]
    assert "This report is not signed." in read[1] or "This report is not signed." in read[0]
    assert "20 more: see “All limits and warnings”" in read[0]
    everything = " ".join(read)
    assert "Warning 24" in everything
    assert "and 240 more; the JSON document lists all of them." in everything
    assert "Not read (300)" in everything
    assert all("IDIDIDIDID" in page for page in read)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (8, 3000), (3000, 8), (1200, 1600)])
def test_pictures_of_any_shape(rows: int, columns: int) -> None:
    image = picture(1, rows, columns)
    reading = reading_of((image,), {image.key: (Region(disc(rows, columns), RegionKind.LYMPH_NODE),)})
    content = render_pdf(reading)
    assert len(pages(content)) == 2
    assert len(content) < 1_500_000


def test_an_image_of_very_many_regions_runs_over_pages() -> None:
    image = picture(1, 200, 200)
    regions = tuple(
        Region(disc(200, 200, 0.02, (n % 10 + 0.5) / 10, (n // 10 + 0.5) / 10), RegionKind.TUMOUR)
        for n in range(90)
    )
    text = " ".join(pages(render_pdf(reading_of((image,), {image.key: regions}))))
    assert "T90" in text


def test_every_page_names_patient_and_number() -> None:
    read = pages(render_pdf(reading_of((picture(1),))))
    assert [re.findall(r"Page \d of \d", page) for page in read] == [["Page 1 of 2"], ["Page 2 of 2"]]
    assert all("P-0042" in page for page in read)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_scale_holds_every_score(probability: float, threshold: float) -> None:
    fonts.register()
    reading = reading_of((), probability=probability, model=dataclasses.replace(MODEL, threshold=threshold))
    assert reading.score is not None
    chart = ScaleChart(reading.score)
    low, high = (chart.place(end) for end in reading.score.interval)
    assert 0 < low <= chart.place(probability) <= high < chart.width
    assert chart.place(0.5) == pytest.approx(chart.width / 2)


@settings(max_examples=15)
@given(st.text(max_size=200), st.text(max_size=60), st.floats(0, 1))
def test_any_text_lays_out(name: str, text: str, probability: float) -> None:
    reading = reading_of(
        (picture(1, 10, 12, notes=(text,)),),
        patient=Patient("x" + text, PersonName(name, text)),
        probability=probability,
        warnings=(ScopeWarning("w", text),),
        skipped=(Skipped(name, text),),
    )
    assert reading.score is not None
    first = pages(render_pdf(reading))[0]
    assert " ".join(verdict(reading.score).split()) in first


def test_heat_is_transparent_where_nothing_is() -> None:
    pixels = np.full((40, 60, 3), 120, dtype=np.uint8)
    heat = np.zeros((40, 60), dtype=np.float32)
    heat[:, 40:] = 1.0
    with Image.open(io.BytesIO(figures.heat_picture(pixels, heat).jpeg)) as opened:
        shown = np.asarray(opened.convert("RGB")).astype(int)
    assert np.abs(shown[:, :30] - 120).max() <= 3
    assert shown[20, 50, 0] - shown[20, 50, 2] > 40


def test_the_colours_rise_evenly_in_grey() -> None:
    grey = figures.inferno(np.linspace(0, 1, 65, dtype=np.float32)).astype(float) @ (0.299, 0.587, 0.114)
    assert (np.diff(grey) > 0).all()
    assert grey[0] < 5
    assert grey[-1] > 230


# --- what the human said -----------------------------------------------------------------------------


def assessment(status: NodeStatus, confidence: int = 80) -> Assessment:
    criteria = NodeCriteria(cortex_mm=5.2, hilum=Hilum.LOST)
    return Assessment(status, confidence, "Dr 王 <Wang>", MOMENT, criteria, "Near the vein.")


def with_human(human: HumanReading) -> Reading:
    image = picture(1)
    reading = reading_of((image,), {image.key: (Region(disc(96, 128), RegionKind.TUMOUR),)})
    return dataclasses.replace(reading, human=human)


def test_nothing_of_the_score_before_the_reveal() -> None:
    entered = HumanReading().with_first_read(assessment(NodeStatus.SUSPICIOUS))
    for human in (HumanReading(), entered, entered.after(Event.LOCK_FIRST_READ)):
        reading = with_human(human)
        read = pages(render_pdf(reading))
        assert "The score is hidden until the first read is locked and the score revealed." in read[0]
        for words in ("31 %", "operating point", "Heat map", "Contribution"):
            assert words not in " ".join(read)
        document = reading_document(reading)
        assert document["probability"] is None
        assert all(DEMONSTRATION_BANNER in page and "demo-b0" in page for page in read)
        assert b"0.31" not in encode(document)


def test_first_and_final_read_with_signature_and_amendment() -> None:
    human = HumanReading().with_first_read(assessment(NodeStatus.INDETERMINATE))
    human = human.after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    human = human.with_final_read(assessment(NodeStatus.SUSPICIOUS, 90), "The cortex.")
    first = pages(render_pdf(with_human(human)))[0]
    assert "Indeterminate, confidence 80 of 100. Dr 王 <Wang>, 2024-05-06 10:42 UTC." in first
    assert "Noted of the node: cortex 5.2 mm, hilum lost." in first
    assert "Cortex thicker than 3 mm (doi 10.5812/ijradiol-139030)" in first
    assert "Grade 3" in first
    assert "Remarks: Near the vein." in first
    assert "Suspicious, confidence 90 of 100." in first
    assert "The first read was changed. Reason: The cortex." in first
    assert "This report is not signed." in first
    signed = human.with_signature("Dr 王 <Wang>", MOMENT)
    first = pages(render_pdf(with_human(signed)))[0]
    assert "Signed by Dr 王 <Wang>, 2024-05-06 10:42 UTC." in first
    assert "not signed" not in first
    document = reading_document(with_human(signed))
    VALIDATOR.validate(document)
    assert document["human"]["signed"][0]["final_read"]["decision"] == "changed"
    amended = signed.with_amendment("Wrong side.")
    assert "An amendment is open and not signed (Wrong side.)" in pages(render_pdf(with_human(amended)))[0]


def test_a_round_node_by_its_outline_stands_with_the_criteria_of_the_first_read() -> None:
    round_one, flat = disc(96, 128), np.zeros((96, 128), dtype=np.bool_)
    flat[40:48, 20:90] = True
    image, other = picture(1), picture(2)
    nodes = [Region(mask, RegionKind.LYMPH_NODE) for mask in (flat, round_one)]
    reading = reading_of((image, other), {image.key: tuple(nodes), other.key: (nodes[1],)})
    human = HumanReading().with_first_read(assessment(NodeStatus.SUSPICIOUS))
    reading = dataclasses.replace(reading, human=human, case=reading.case.with_included(other.key, False))
    first = pages(render_pdf(reading))[0].partition("Second reader")[0]
    assert (
        "Long by short axis below 2, as measured on the outlines of this report: image 1 N2 (1.56) (often"
        in first
    )
    assert "image 1 N1" not in first
    assert "image 2" not in first, "it does not count"


def test_each_signature_stands_under_what_it_signed() -> None:
    human = HumanReading().with_first_read(assessment(NodeStatus.SUSPICIOUS, 80))
    human = human.after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    human = human.with_final_read(assessment(NodeStatus.NEGATIVE, 70), "Second look.")
    human = human.with_signature("Dr A", MOMENT).with_amendment("Images must count.")
    human = human.with_final_read(assessment(NodeStatus.SUSPICIOUS, 80)).with_signature("Dr B", MOMENT)
    reading = dataclasses.replace(with_human(human), signed_probabilities=(None, 0.31))
    text = pages(render_pdf(reading))[0]
    assert text.count("Remarks: Near the vein.") == 1
    assert text.count("Criteria and remarks are those of the first read.") == 2
    places = [
        text.index(words)
        for words in (
            "Final read As signed first Negative, confidence 70",
            "Reason: Second look.",
            "Signed by Dr A",
            "No probability of the second reader belongs to it.",
            "Amendment 1: this read counts Suspicious, confidence 80",
            "The first read stands.",
            "Amended and signed (Images must count.) by Dr B",
            "The second reader's probability at this signature: 31 %.",
        )
    ]
    assert places == sorted(places)


def test_a_report_of_an_open_amendment_says_whose_numbers_it_shows() -> None:
    human = HumanReading(mode=ReadingMode.CONCURRENT).with_final_read(assessment(NodeStatus.NEGATIVE))
    signed = human.with_signature("Dr A", MOMENT)
    reading = dataclasses.replace(with_human(signed), signed_probabilities=(None,))
    assert "amendment" not in " ".join(pages(render_pdf(reading)))
    amended = dataclasses.replace(reading, human=signed.with_amendment("Images must count."))
    first, second = pages(render_pdf(amended))[:2]
    said = "score, outlines and images in this report are those of the amendment"
    assert said in first
    assert said in second
    assert "No probability of the second reader belongs to it." in first


def test_three_reasons_for_no_probability_have_three_sentences() -> None:
    human = HumanReading().with_first_read(assessment(NodeStatus.NEGATIVE))
    human = human.after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    bare = dataclasses.replace(with_human(human), score=None, heat_maps={})
    assert "No model was loaded" in pages(render_pdf(bare))[0]
    stopped = dataclasses.replace(bare, model=MODEL, no_score="Stopped.")
    first = pages(render_pdf(stopped))[0]
    assert "There is no probability of the case as it is now. Reason: Stopped." in first
    assert "No model was loaded" not in first
    later = MOMENT + datetime.timedelta(hours=1)
    seen = (SeenScore(MOMENT, 0.56, 0.42), SeenScore(later, 0.61, 0.42))
    signed = human.with_final_read(assessment(NodeStatus.NEGATIVE)).with_signature("Dr A", MOMENT)
    after = dataclasses.replace(stopped, human=signed, seen=seen)
    first = pages(render_pdf(after))[0]
    revealed = "A probability was revealed to the reader: 56 % (threshold 42 %) on 2024-05-06 10:42 UTC"
    assert revealed in first
    assert "No probability belongs to what is signed" in first
    assert "No model was loaded" not in first
    assert "61 %" not in first  # seen in an amendment that was discarded since
    nobody = " ".join(pages(render_pdf(without_identity(after), dated=False)))
    assert "56 % (threshold 42 %), of the case as it was then" in nobody
    assert "2024" not in nobody


def test_where_no_image_counts_there_is_no_number_of_the_patient_and_no_chart() -> None:
    reading = with_human(HumanReading(mode=ReadingMode.CONCURRENT))
    assert reading.score is not None
    empty = ScopeWarning(EMPTY_BAG, "The probability is the model's starting point.")
    score = dataclasses.replace(reading.score, warnings=(empty,))
    first = pages(render_pdf(dataclasses.replace(reading, score=score)))[0]
    assert "No image counts" in first
    for words in ("starting point", "What each image contributes", "the model says"):
        assert words not in first


@given(width=st.integers(90, 400))
def test_a_count_stays_with_what_is_counted(width: int) -> None:
    fonts.register()
    items = ["5 × tumour", "1 × lymph node"]
    made = layout.listing("6 (2 from a cine), outlined: " + ", ".join(items), items)
    lines = [" ".join(words) for _, words in made.breakLines(width).lines]
    assert " ".join(lines).replace("\N{NO-BREAK SPACE}", " ").endswith("5 × tumour, 1 × lymph node")
    for item in items:
        assert any(item in line.replace("\N{NO-BREAK SPACE}", " ") for line in lines)


def test_the_first_read_names_a_blinded_reading() -> None:
    human = HumanReading().with_first_read(Assessment(NodeStatus.NEGATIVE, 60, "Dr Lee", MOMENT))
    image = picture(1)

    def first_page(human: HumanReading) -> str:
        return pages(render_pdf(dataclasses.replace(reading_of((image,)), human=human)))[0]

    assert "Blinded reading. Not locked yet." in first_page(human)
    locked = human.after(Event.LOCK_FIRST_READ)
    for one in (locked, locked.after(Event.REVEAL)):
        assert "Blinded reading: locked before the score could be seen." in first_page(one)


def test_a_concurrent_reading_says_so() -> None:
    first = pages(render_pdf(with_human(HumanReading(mode=ReadingMode.CONCURRENT))))[0]
    assert "Concurrent reading: the score was shown from the start" in first
    assert "31 %" in first


def test_an_excluded_image_is_marked() -> None:
    reading = reading_of((picture(1), picture(2)))
    key: ImageKey = reading.case.images[1].key
    case = reading.case.with_included(key, False)
    assert reading.score is not None
    images = tuple(
        dataclasses.replace(entry, included=entry.key != key, contribution=0.0, without=None)
        for entry in reading.score.images
    )
    score = dataclasses.replace(reading.score, images=images)
    text = " ".join(pages(render_pdf(Reading(case, score, reading.heat_maps))))
    assert "left out by the reader" in text
    assert "The reader left this image out of the patient's probability." in text
    assert "With no image at all the model says 20 %; this image moves" in text
    # Of the answer only what counts can be a limit.
    assert "Image 2 is unlike" not in pages(render_pdf(Reading(case, score, reading.heat_maps)))[0]


def test_a_report_needs_neither_networks_nor_windows() -> None:
    code = (
        "import sys, alnreader.report.pdf, alnreader.report.output\n"
        "print({'torch', 'PySide6', 'matplotlib', 'cv2', 'scipy', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_is_odd_about_a_file_stands_on_page_1() -> None:
    images = tuple(picture(number, notes=("Not stored as ultrasound.",)) for number in (1, 2))
    first = pages(render_pdf(reading_of((*images, picture(3)))))[0]
    assert "Images 1, 2: Not stored as ultrasound." in first
