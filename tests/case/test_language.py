from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alnreader.case import language
from alnreader.case.errors import InvalidValueError

TS = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context><name></name>
<message><source>Lymph node</source><translation>淋巴结</translation></message>
<message><source>Half done</source><translation type="unfinished">一半</translation></message>
<message><source>Gone</source><translation type="vanished">没了</translation></message>
<message><source>{file}: frame {frame} of {frames} is {what}.</source>
<translation>{file}：{frames} 帧中的第 {frame} 帧{what}。</translation></message>
<message><source>{file}: {reason}</source><translation>无：{file}{reason}</translation></message>
<message><source>broken</source><translation>已损坏</translation></message>
<message><source>a &lt; b</source><translation>甲 &lt; 乙</translation></message>
</context>
<context><name>Start</name>
<message><source>Open folder</source><translation>打开文件夹</translation></message>
</context>
</TS>
"""

ENGLISH = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context><name>Start</name>
<message numerus="yes"><source>%n files</source>
<translation><numerusform>%n file</numerusform><numerusform>%n files</numerusform></translation></message>
</context>
</TS>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "alnreader_zh_CN.ts").write_text(TS, encoding="utf-8")
    (tmp_path / "alnreader_en.ts").write_text(ENGLISH, encoding="utf-8")
    language.choose("en", tmp_path)
    yield tmp_path
    language.choose("en", tmp_path)


def test_english_says_the_source_and_has_forms_for_one_and_for_several(folder: Path) -> None:
    assert language.tr("Lymph node") == "Lymph node"
    assert language.current().code == "en"
    assert language.current().find("Start", "%n files", 1) == "%n file"
    assert language.current().find("Start", "%n files", 0) == "%n files"
    assert language.current().find("Start", "%n files", 2) == "%n files"


def test_chosen_texts_and_those_that_are_not_finished(folder: Path) -> None:
    language.choose("zh_CN", folder)
    assert language.tr("Lymph node") == "淋巴结"
    assert language.tr("a < b") == "甲 < 乙"
    assert language.tr("Half done") == "Half done"
    assert language.tr("Gone") == "Gone"
    assert language.tr("Open folder") == "Open folder"
    assert language.current().find("Start", "Open folder") == "打开文件夹"


def test_what_cannot_be_read_is_told_and_changes_nothing(folder: Path) -> None:
    language.choose("zh_CN", folder)
    with pytest.raises(InvalidValueError, match="no language 'tlh'"):
        language.choose("tlh", folder)
    (folder / "alnreader_zh_CN.ts").write_text("<TS><context>", encoding="utf-8")
    with pytest.raises(InvalidValueError, match="cannot be read"):
        language.choose("zh_CN", folder)
    (folder / "alnreader_zh_CN.ts").unlink()
    with pytest.raises(InvalidValueError, match="cannot be read"):
        language.choose("zh_CN", folder)
    assert language.tr("Lymph node") == "淋巴结"


def test_marked_texts_are_kept_in_english() -> None:
    assert language.mark("Lymph node") == "Lymph node"


def test_a_sentence_with_values_is_told_wherever_the_values_stand(folder: Path) -> None:
    sentence = language.mark("{file}: frame {frame} of {frames} is {what}.")
    said = sentence.format(file="broken", frame=3, frames=12, what="broken")
    assert language.told(said) == said
    language.choose("zh_CN", folder)
    assert language.told(said) == "broken：12 帧中的第 3 帧已损坏。"
    assert language.told("a\nb.dcm: frame {frame} of 2 is {x}.") == "a\nb.dcm：2 帧中的第 {frame} 帧{x}。"


def test_what_has_hardly_words_of_its_own_is_no_sentence_and_the_unknown_stays(folder: Path) -> None:
    language.choose("zh_CN", folder)
    assert language.told("a.dcm: gone") == "a.dcm: gone"
    assert language.told("Frame 3 of 12") == "Frame 3 of 12"
    assert language.told("Lymph node") == "淋巴结"
    assert language.told("") == ""


def test_each_part_of_a_message_is_told(folder: Path) -> None:
    language.choose("zh_CN", folder)
    assert language.told("a.dcm: frame 3 of 12 is broken.\nb.dcm: frame 1 of 2 is gone.") == (
        "a.dcm：12 帧中的第 3 帧已损坏。\nb.dcm：2 帧中的第 1 帧gone。"
    )
    assert language.told("C:\\Bilder\\a.dcm: broken") == "C:\\Bilder\\a.dcm: 已损坏"
    assert language.told("Wang: Lymph node: broken") == "Wang: Lymph node: 已损坏"
    assert language.told("Wang: XiaoDong") == "Wang: XiaoDong"
