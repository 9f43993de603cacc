"""Names in the right, the wrong and no character set."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_maker import dataset, save, speckle, write_ultrasound
from hypothesis import given
from hypothesis import strategies as st

from alnreader.dicom import discover
from alnreader.dicom.charset import decode_text

GB_58 = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="


@pytest.mark.parametrize(
    ("raw", "declared", "text"),
    [
        (b"Doe^Jane", (), "Doe^Jane"),
        (b"Doe^Jane \0", ("ISO_IR 100",), "Doe^Jane"),
        ("M\u00fcller^Ren\u00e9".encode("latin-1"), ("ISO_IR 100",), "Müller^René"),
        ("Dvořák".encode("iso8859-2"), ("ISO_IR 101",), "Dvořák"),
        ("Петров^Иван".encode("iso8859-5"), ("ISO_IR 144",), "Петров^Иван"),
        ("张^小东".encode(), ("ISO_IR 192",), "张^小东"),
        ("王^小東".encode("gb18030"), ("GB18030",), "王^小東"),
        ("王^小東".encode("gbk"), ("GBK",), "王^小東"),
        (GB_58, ("", "ISO 2022 IR 58"), "Zhang^XiaoDong=张^小东="),
        (b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", ("", "ISO 2022 IR 87"), "Yamada^Tarou=山田^太郎"),
        (b"Hong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", ("", "ISO 2022 IR 149"), "Hong=洪^吉洞"),
    ],
)
def test_as_declared(raw: bytes, declared: tuple[str, ...], text: str) -> None:
    assert decode_text(raw, declared) == (text, "")


@pytest.mark.parametrize("declared", [(), ("ISO_IR 100",), ("ISO_IR 6",), ("ISO_IR 101",), ("nonsense",)])
@pytest.mark.parametrize("name", ["张^小东", "欧阳^锋", "王小明", "Zhang^San=张^三", "李^四 "])
@pytest.mark.parametrize("codec", ["gb2312", "gb18030", "utf-8"])
def test_chinese_under_the_wrong_label(declared: tuple[str, ...], name: str, codec: str) -> None:
    text, assumed = decode_text(name.encode(codec), declared)
    assert text == name.strip()
    assert "does not fit the declared character set" in assumed


@pytest.mark.parametrize(
    ("raw", "declared", "text"),
    [
        ("张^小东".encode(), ("GB18030",), "张^小东"),
        ("张^小东".encode("gb18030"), ("ISO_IR 192",), "张^小东"),
        ("張^惠妹".encode("gbk"), (), "張^惠妹"),
        ("Müller".encode(), ("ISO_IR 100",), "Müller"),
        ("Müller".encode("latin-1"), (), "Müller"),
        ("Müller^Jörg".encode("latin-1"), ("ISO_IR 192",), "Müller^Jörg"),
        (GB_58, (), "Zhang^XiaoDong=张^小东="),
        (GB_58, ("ISO_IR 100",), "Zhang^XiaoDong=张^小东="),
    ],
)
def test_other_mistakes(raw: bytes, declared: tuple[str, ...], text: str) -> None:
    decoded, assumed = decode_text(raw, declared)
    assert decoded == text
    assert assumed


@given(st.binary(max_size=40), st.lists(st.sampled_from(["", "ISO_IR 100", "ISO 2022 IR 58", "GBK", "x"])))
def test_never_fails(raw: bytes, declared: list[str]) -> None:
    text, _ = decode_text(raw, tuple(declared))
    assert isinstance(text, str)
    if raw.isascii() and b"\x1b" not in raw:
        assert text == raw.rstrip(b"\0 ").decode().strip()


@given(
    st.text(st.characters(codec="gb2312", min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=4)
)
def test_gb2312_without_a_label_is_read_back(name: str) -> None:
    # Some pairs of bytes are also UTF-8 of one other ideograph; nobody could tell.
    raw = name.encode("gb2312")
    decoded, assumed = decode_text(raw, ())
    assert assumed
    assert decoded in (name, raw.decode("utf-8", errors="ignore"))


@given(st.text(st.sampled_from("aeilnorsäöüßéèñçÄÖ"), min_size=3, max_size=10))
def test_european_names_are_not_made_chinese(name: str) -> None:
    if not any(character.isascii() for character in name):
        name = f"a{name}"
    decoded, assumed = decode_text(name.encode("latin-1"), ("ISO_IR 100",))
    assert decoded == name
    assert not assumed


@pytest.mark.parametrize(
    "declared", [(), ("ISO_IR 100",), ("ISO_IR 6",), ("GB2312",), ("ISO_IR 58",), ("ISO_IR 192",)]
)
@pytest.mark.parametrize(
    "name",
    [
        *("李^玥", "张^珺", "张^祎", "朱^镕基", "朱^镕", "李玥", "张珺", "张祎", "朱镕基", "朱镕"),
        *("Li^Yue=李^玥", "刘^堃", "王^喆", "李^晓玥", "張^學友", "陈^㐀"),
    ],
)
def test_names_of_signs_that_gb2312_lacks(declared: tuple[str, ...], name: str) -> None:
    # The second byte of such a sign may be a Latin letter.
    text, assumed = decode_text(name.encode("gb18030"), declared)
    assert text == name
    assert bool(assumed) is (declared not in (("GB2312",), ("ISO_IR 58",)))
    assert ("read as GB18030" in assumed) is bool(assumed)


@given(
    st.sampled_from("李王张"),
    st.text(st.characters(codec="gbk", min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=2),
    st.sampled_from([(), ("ISO_IR 100",), ("GB2312",)]),
)
def test_gbk_names_in_two_components_are_read_back(
    surname: str, given_name: str, declared: tuple[str, ...]
) -> None:
    name = f"{surname}^{given_name}"
    assert decode_text(name.encode("gbk"), declared)[0] == name


@pytest.mark.parametrize("declared", [(), ("ISO_IR 100",)])
@pytest.mark.parametrize(
    "text",
    [
        "Öz^Ayse",
        "Éléa",
        "Ömür",
        "Ås^Åse",
        "5 µm",
        "5µm",
        "37°C",
        "20 °C",
        "RenéF",
        "ÖZ^ÇELIK",
        "Nº 1",
        "Zoé",
    ],
)
def test_short_latin_words_stay_latin(text: str, declared: tuple[str, ...]) -> None:
    assert decode_text(text.encode("latin-1"), declared)[0] == text


def test_a_patient_with_a_name_in_no_character_set(tmp_path: Path) -> None:
    folder = tmp_path / "检查 2024" / "王 小明"
    write_ultrasound(folder / "图像1.dcm", speckle(), PatientName="X")
    path = folder / "图像1.dcm"
    data = path.read_bytes()
    raw = "张^小东 ".encode("gb18030")
    new = b"\x10\x00\x10\x00PN" + len(raw).to_bytes(2, "little") + raw
    old = b"\x10\x00\x10\x00PN\x02\x00X "
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, new))
    found = discover([folder.parent])
    (case,) = found.patients
    assert str(case.patient.name) == "张小东"
    assert any("GB18030" in note for note in case.images[0].notes)
    assert case.images[0].source == str(path)
    assert case.images[0].pixels().shape == (48, 64, 3)


def test_a_character_set_that_pydicom_does_not_know(tmp_path: Path) -> None:
    ds = dataset("a", PatientName="Doe^Jane")
    ds.SpecificCharacterSet = "ISO_IR 100"
    write_ultrasound(tmp_path / "a.dcm", speckle())
    path = save(ds, tmp_path / "b.dcm")
    assert path.read_bytes().count(b"ISO_IR 100") == 1
    whole = tmp_path / "a.dcm"
    write_ultrasound(whole, speckle(), SpecificCharacterSet="ISO_IR 100")
    whole.write_bytes(whole.read_bytes().replace(b"ISO_IR 100", b"ISO_XX 999"))
    (case,) = discover([whole]).patients
    assert str(case.patient.name) == "Doe, Jane"
