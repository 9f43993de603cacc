"""The mapping file: encrypted or not there, and of use later."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pydicom
import pytest
from deidentify_maker import SECRET, leaks, write_secret
from dicom_maker import uid_of
from hypothesis import given
from hypothesis import strategies as st

from alnreader.case.errors import InvalidValueError, UnreadableInputError, WrongPassphraseError
from alnreader.dicom.deidentify import Pseudonyms, deidentify_files, read_mapping, write_mapping

PHRASE = "correct horse battery"


def test_there_is_none_unless_asked_for(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    result = deidentify_files([tmp_path / "in"], tmp_path / "out")
    assert result.mapping is None
    assert [path.suffix for path in (tmp_path / "out").rglob("*") if path.is_file()] == [".dcm"]


def test_it_tells_who_became_whom_and_is_encrypted(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    mapping = tmp_path / "out" / "mapping.json"
    result = deidentify_files([tmp_path / "in"], tmp_path / "out", mapping=mapping, passphrase=PHRASE)
    assert result.mapping == mapping
    assert leaks({SECRET, "S4711", uid_of("study"), PHRASE}, tmp_path / "out") == []
    opened = read_mapping(mapping, PHRASE)
    copy = pydicom.dcmread(result.written[0], stop_before_pixels=True)
    assert opened.uids[uid_of("a.dcm")] == copy.SOPInstanceUID
    assert opened.uids[uid_of("study")] == copy.StudyInstanceUID
    assert opened.patients == {f"id {SECRET} ward {SECRET}-4711 19610203": copy.PatientID}


def test_a_later_export_with_it_belongs_to_the_first(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    write_secret(tmp_path / "1" / "a.dcm")
    write_secret(tmp_path / "2" / "b.dcm")
    one, two = (
        deidentify_files([tmp_path / name], tmp_path / f"out{name}", mapping=mapping, passphrase=PHRASE)
        for name in ("1", "2")
    )
    first, second = (pydicom.dcmread(result.written[0], stop_before_pixels=True) for result in (one, two))
    assert first.PatientID == second.PatientID
    assert first.StudyInstanceUID == second.StudyInstanceUID
    assert {uid_of("a.dcm"), uid_of("b.dcm")} <= set(read_mapping(mapping, PHRASE).uids)


def test_the_wrong_pass_phrase_and_a_changed_file(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    write_mapping(mapping, Pseudonyms(), PHRASE)
    with pytest.raises(WrongPassphraseError, match=r"The pass phrase does not open .*mapping\.json"):
        read_mapping(mapping, PHRASE + "!")
    write_secret(tmp_path / "in" / "a.dcm")
    before = mapping.read_bytes()
    with pytest.raises(WrongPassphraseError):
        deidentify_files([tmp_path / "in"], tmp_path / "out", mapping=mapping, passphrase="another one")
    assert mapping.read_bytes() == before
    assert not (tmp_path / "out").exists()
    document = json.loads(before)
    document["kdf"]["n"] //= 2
    mapping.write_text(json.dumps(document))
    with pytest.raises(WrongPassphraseError, match="or the file was changed"):
        read_mapping(mapping, PHRASE)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": "alnreader-mapping"}',
        "\x00\xff",
        '{"format": "alnreader-mapping", "version": 2}',
    ],
)
def test_other_files(content: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableInputError, match=r"mapping\.json"):
        read_mapping(path, PHRASE)


def test_costs_that_would_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    write_mapping(path, Pseudonyms(), PHRASE)
    document = json.loads(path.read_bytes())
    document["kdf"]["n"] = 1 << 40
    path.write_text(json.dumps(document))
    with pytest.raises(UnreadableInputError, match="not a whole mapping file"):
        read_mapping(path, PHRASE)


def test_absent_and_short(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="No such file"):
        read_mapping(tmp_path / "none.json", PHRASE)
    with pytest.raises(InvalidValueError, match="at least 8 characters"):
        deidentify_files([tmp_path], tmp_path / "out", mapping=tmp_path / "m.json", passphrase="short")
    with pytest.raises(InvalidValueError, match="no mapping file"):
        deidentify_files([tmp_path], tmp_path / "out", passphrase=PHRASE)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), max_size=5, unique=True))
def test_new_ones_are_valid_and_never_made_anew(olds: list[str]) -> None:
    pseudonyms = Pseudonyms(b"\1" * 32)
    again = Pseudonyms(b"\1" * 32)
    for old in olds:
        new = pseudonyms.uid(old)
        if new == old.strip("\0 "):
            continue
        assert pydicom.uid.UID(new).is_valid
        assert new == again.uid(old) == pseudonyms.uid(new)
        code = pseudonyms.patient(old)
        assert code == again.patient(old)
        assert len(code) == 12


def test_every_identifier_becomes_another_whatever_its_root() -> None:
    assert Pseudonyms().uid("1.2.840.10008.5.1.4.1.1.6.1") != "1.2.840.10008.5.1.4.1.1.6.1"
    assert Pseudonyms().uid("") == ""


def test_only_the_user_can_read_the_file(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    write_mapping(tmp_path / "one.json", Pseudonyms(), PHRASE)
    deidentify_files([tmp_path / "in"], tmp_path / "out", mapping=tmp_path / "two.json", passphrase=PHRASE)
    if os.name == "posix":
        for name in ("one.json", "two.json"):
            assert (tmp_path / name).stat().st_mode & 0o077 == 0
