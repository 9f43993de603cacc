"""Objects in the source's own character set where that switches by escape sequences (PS3.5 6.1.2.5.3)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from objects_readings import case_in, export, judged, outlined, reading_of_case, signed, tool, write_case
from pydicom.charset import convert_encodings, decode_bytes, encode_string

from alnreader.dicom.charset import decode_text
from alnreader.dicom.objects.text import fitting_charset
from alnreader.report.objects import Choices

CHINESE, KOREAN = b"\x1b$)A", b"\x1b$)C"
RESET = {"\r", "\n", "\t", "\f"}


def source(folder: Path, charset: str, raw: bytes) -> None:
    """Write a picture whose patient has a name as stored."""
    marker = "x" * (len(raw) + len(raw) % 2)
    write_case(folder, 1, SpecificCharacterSet=["", charset], PatientName=marker)
    path = folder / "IM0.dcm"
    path.write_bytes(path.read_bytes().replace(marker.encode(), raw.ljust(len(marker))))


@pytest.mark.parametrize(
    ("charset", "raw", "site"),
    [
        (
            "ISO 2022 IR 58",
            b"Zhang^XiaoDong=" + CHINESE + "张".encode("gb2312") + b"^" + CHINESE + "小东".encode("gb2312"),
            "市立医院",
        ),
        (
            "ISO 2022 IR 149",
            b"Hong^Gildong=" + KOREAN + "洪".encode("euc_kr") + b"^" + KOREAN + "吉洞".encode("euc_kr"),
            "서울 병원",
        ),
    ],
)
def test_the_set_of_the_source_is_kept_with_its_escape_sequences(
    charset: str, raw: bytes, site: str, tmp_path: Path
) -> None:
    source(tmp_path / "in", charset, raw)
    case = outlined(case_in(tmp_path / "in"))
    written = export(reading_of_case(case, site=site), tmp_path / "out", Choices(pdf=False))
    for name, dataset in written.datasets.items():
        path = tmp_path / "out" / name
        assert list(dataset.SpecificCharacterSet) == ["", charset]
        assert raw in path.read_bytes(), "the name is written as the source has it"
        assert dataset.InstitutionName == site
        judged(path)
    assert written.read().patient_name == decode_text(raw, ("", charset))[0]
    dump = subprocess.run(
        [tool("dsrdump"), "+U8", str(tmp_path / "out" / "sr.dcm")], capture_output=True, check=True
    )
    assert written.read().patient_name.split("=")[1].split("^")[0] in dump.stdout.decode()


def test_a_reader_whose_name_the_set_lacks_needs_unicode(tmp_path: Path) -> None:
    source(tmp_path / "in", "ISO 2022 IR 149", b"Hong^Gildong=" + KOREAN + "洪".encode("euc_kr"))
    case = outlined(case_in(tmp_path / "in"))
    written = export(reading_of_case(case, signed(), site=""), tmp_path / "out", Choices(pdf=False))
    assert {item.SpecificCharacterSet for item in written.datasets.values()} == {"ISO_IR 192"}


@pytest.mark.parametrize(("charset", "word"), [("ISO 2022 IR 58", "张小"), ("ISO 2022 IR 149", "길동")])
@pytest.mark.parametrize("form", ["{}", "a {}", "one\r\n{}\r\n\r\nthree {} x", "a\\{}\\b{}", "{}\n", "x\t{}"])
def test_each_line_switches_anew(charset: str, word: str, form: str) -> None:
    text = form.format(word, word)
    assert fitting_charset(("", charset), ["KR1", text, "F"]) == ("", charset)
    encodings = convert_encodings(["", charset])
    raw = encode_string(text, encodings)
    assert decode_bytes(raw, encodings, RESET | {"\\"}) == text
    assert decode_text(raw, ("", charset)) == (text.strip(), "")
