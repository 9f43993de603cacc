"""The report in Chinese: no sentence of it is left in English."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from report_readings import disc, picture, reading_of

from alnreader.case import language
from alnreader.case.assessment import Assessment, Hilum, NodeCriteria, NodeShape, NodeStatus
from alnreader.case.case import Skipped
from alnreader.case.clock import now
from alnreader.case.protocol import Event, HumanReading
from alnreader.case.region import Region, RegionKind
from alnreader.case.score import ScopeWarning
from alnreader.paths import resources_dir
from alnreader.report import fonts
from alnreader.report.document import encode, reading_document
from alnreader.report.layout import BODY_SIZE, WIDTH, paragraph
from alnreader.report.pdf import render_pdf
from alnreader.report.sentences import summary

SENTENCE = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")
"""Three Latin words in a row: a name of a file or a product has fewer."""

QUOTED = ("Breast US", "City Hospital", "Dr Lee", "SOP Instance UID")


@pytest.fixture
def chinese() -> Iterator[None]:
    folder = resources_dir() / "translations"
    language.choose("zh_CN", folder)
    yield
    language.choose("en", folder)


def reading() -> object:
    """A signed reading with all that a report can say of it."""
    images = (picture(1, laterality="L"), picture(2), picture(3, number_of_frames=9))
    node = Region(disc(96, 128), RegionKind.LYMPH_NODE)
    tumour = Region(disc(96, 128, 0.1), RegionKind.TUMOUR, confirmed=True)
    warnings = (
        ScopeWarning("both_sides", "The images are of the left and the right side; the score does not say "
                     "which it is about. Read each side by itself."),
    )  # fmt: skip
    skipped = (Skipped("/data/notes.txt", "not a DICOM file, PNG or JPEG picture"),)
    made = reading_of(
        images, {images[0].key: (node, tumour), images[1].key: (tumour,)}, warnings=warnings, skipped=skipped
    )
    card = dataclasses.replace(
        made.score.run.model, title="", intended_use="", training_data="", citation="", licence="",
        limitations=(), chosen_on="simulated validation patients", operating_point="sensitive",
    )  # fmt: skip
    criteria = NodeCriteria(5.2, True, Hilum.LOST, NodeShape.ROUND)
    read = Assessment(NodeStatus.SUSPICIOUS, 80, "Dr Lee", now(), criteria, "见图")
    human = HumanReading().with_first_read(read).after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    human = human.with_final_read(read).with_signature("Dr Lee", now())
    run = dataclasses.replace(made.score.run, model=card)
    return dataclasses.replace(made, score=dataclasses.replace(made.score, run=run), human=human)


def test_no_sentence_is_left_in_english(chinese: None, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    content = render_pdf(reading())  # type: ignore[arg-type]
    file.write_bytes(content)
    assert b"/Lang (zh-CN)" in content
    text = subprocess.run(
        ["pdftotext", "-raw", str(file), "-"], capture_output=True, check=True
    ).stdout.decode()
    plain = " ".join(text.split())
    for name in QUOTED:
        plain = plain.replace(name, "")
    assert SENTENCE.findall(plain) == []
    for words in (
        "首次判读",
        "皮质厚度 5.2 mm",
        "脂肪淋巴门消失",
        "低于本模型的阈值",
        "第 1 页",
        "演示模型",
        "未读取",
    ):
        assert words in text.replace("\n", ""), words


def test_the_terminal_speaks_it_and_the_document_never_does(chinese: None) -> None:
    made = reading()
    said = summary(made)  # type: ignore[arg-type]
    assert "幅图像" in said
    assert SENTENCE.findall(said) == []
    document = encode(reading_document(made)).decode()  # type: ignore[arg-type]
    language.choose("en", resources_dir() / "translations")
    assert document == encode(reading_document(made)).decode()  # type: ignore[arg-type]


def test_lines_of_chinese_break_anywhere_and_words_in_latin_letters_do_not() -> None:
    run = "皮质厚度大于三毫米且淋巴门消失" * 3
    text = f"见图 {run} {run} {run} probability {run} {run}"
    fonts.register()
    made = paragraph(text)
    made.wrap(WIDTH, 1000)
    lines = made.blPara.lines
    assert len(lines) >= 4
    room = [line.extraSpace if hasattr(line, "extraSpace") else line[0] for line in lines[:-1]]
    latin = [number for number, line in enumerate(lines) if "probability" in _said(line)]
    assert len(latin) == 1
    assert all(0 <= left < 2 * BODY_SIZE for number, left in enumerate(room) if number + 1 not in latin), (
        "a line ends early only before a Latin word"
    )


def _said(line: object) -> str:
    if hasattr(line, "words"):
        return "".join(getattr(word, "text", str(word)) for word in line.words)
    words = line[1]  # type: ignore[index]
    return words if isinstance(words, str) else "".join(map(str, words))
