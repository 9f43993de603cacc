"""The files of the translators: up to date, complete, and true to the sentences' values."""

from __future__ import annotations

import ast
import json
import re
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from alnreader.case.language import LANGUAGES, SOURCE, load

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
VALUES = re.compile(r"\{\w*\}|%n")


@pytest.fixture(scope="module")
def tool() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(ROOT / "packaging" / "translations.py")))


def messages(file: Path) -> list[tuple[str, list[str]]]:
    """Return every source text with its translations."""
    found = []
    for message in ElementTree.parse(file).getroot().iter("message"):
        translation = message.find("translation")
        assert translation is not None
        forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
        found.append((message.findtext("source") or "", forms))
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_of_the_program_is_translated(tool: SimpleNamespace, code: str, tmp_path: Path) -> None:
    kept = FOLDER / f"alnreader_{code}.ts"
    fresh = tmp_path / kept.name
    shutil.copyfile(kept, fresh)
    tool.update(fresh, code, tool.sources())
    assert tool.unfinished(fresh) == [], "translate these, after `make translations`"
    assert fresh.read_text("utf-8") == kept.read_text("utf-8"), "run `make translations`"


def test_a_text_that_is_not_translated_is_found(tool: SimpleNamespace, tmp_path: Path) -> None:
    source = tmp_path / "planted.py"
    source.write_text('TEXT = mark("A planted sentence with {what}.")\n', "utf-8")
    file = tmp_path / "alnreader_zh_CN.ts"
    tool.update(file, "zh_CN", [str(source)])
    assert tool.unfinished(file) == ["A planted sentence with {what}."]


def foreign(source: Path) -> list[str]:
    """Return the calls of another object's ``tr``.

    Qt's tool files their texts under the variable's name, and Qt asks for them under the object's class.
    """
    return [
        f"{source.name}:{node.lineno}"
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "tr"
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "self")
    ]


def test_no_text_is_translated_by_another_object() -> None:
    found = [call for source in sorted((ROOT / "alnreader").rglob("*.py")) for call in foreign(source)]
    assert found == [], "use self.tr, or tr of alnreader.case.language"


def test_a_text_that_another_object_translates_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text('desk.tr("One.")\nself.tr("Two.")\nself.desk.tr("Three.")\ntr("Four.")\n', "utf-8")
    assert foreign(planted) == ["planted.py:1", "planted.py:3"]


def test_every_text_of_a_window_s_part_stands_under_a_class() -> None:
    """A context of another name is one that Qt never asks for."""
    contexts = {
        name.text or ""
        for code in LANGUAGES
        for name in ElementTree.parse(FOLDER / f"alnreader_{code}.ts").getroot().iter("name")
    }
    assert {name for name in contexts if name and not name[0].isupper()} == set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_translations_hold_the_same_values(code: str) -> None:
    wrong = [
        (source, form)
        for source, forms in messages(FOLDER / f"alnreader_{code}.ts")
        for form in forms
        if sorted(set(VALUES.findall(source))) != sorted(set(VALUES.findall(form)))
        or source.count("\n") != form.count("\n")
    ]
    assert wrong == []


def test_the_shipped_cards_are_translated() -> None:
    languages = [load(code, FOLDER) for code in LANGUAGES if code != SOURCE]
    cards = [json.loads(path.read_text("utf-8")) for path in (ROOT / "models").glob("*/card.json")]
    assert cards
    for card in cards:
        texts = [card["title"], card["intended_use"], card["training_data"]["description"], card["licence"]]
        texts += [*card["limitations"], *(point["chosen_on"] for point in card["operating_points"])]
        for language in languages:
            missing = [text for text in texts if language.told(text) == text]
            assert missing == [], "add it to alnreader/model/shipped_words.py"


def _errors(tmp_path: Path) -> list[str]:
    """What the store, the PACS and the mapping file say, as they say it."""
    from alnreader.case.errors import AlnReaderError
    from alnreader.dicom.deidentify import mapping
    from alnreader.dicom.network import faults, nodes
    from alnreader.store.package import read_package

    node = nodes.Node("Kiosk", host="pacs.example", port=104, ae_title="ORTHANC")
    said = [
        str(faults.rejected(node, 1, source, reason)) for source, reason in ((1, 7), (1, 3), (3, 1), (2, 9))
    ]
    said += [str(faults.no_service(node, "C-FIND")), str(faults.silent(node, 5.0))]
    said += [str(faults.broken_off(node, aborted=aborted)) for aborted in (True, False)]
    said += [
        str(faults.connection_error(node, error)) for error in (ConnectionRefusedError(), TimeoutError())
    ]
    said += [
        faults.store_words(0xA700),
        faults.retrieve_words(0xA801, "no route"),
    ]
    (tmp_path / "cut.alncase").write_bytes(b"PK\x03\x04")
    (tmp_path / "folder.alncase").mkdir()
    (tmp_path / "map.bin").write_bytes(b"{}")
    attempts = [
        lambda: read_package(tmp_path / "gone.alncase"),
        lambda: read_package(tmp_path / "cut.alncase"),
        lambda: read_package(tmp_path / "folder.alncase"),
        lambda: mapping.check_passphrase("a"),
        lambda: mapping.read_mapping(tmp_path / "map.bin", "correct horse battery"),
        lambda: nodes.Node("Kiosk", host="pacs.example", port=0),
    ]
    for attempt in attempts:
        with pytest.raises(AlnReaderError) as caught:
            attempt()
        said.append(str(caught.value))
    return said


def test_errors_of_store_pacs_and_mapping_file_are_told_whole(tmp_path: Path) -> None:
    chinese = load("zh_CN", FOLDER)
    for sentence in _errors(tmp_path):
        told = chinese.told(sentence).replace(str(tmp_path), "").replace('"no route"', "")
        told = told.replace("File is not a zip file", "")  # Python's own word, in brackets
        assert re.search(r"[一-鿿]", told), sentence
        assert not re.search(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}", told), told
