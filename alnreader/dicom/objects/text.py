"""Text that fits where it is written: the character set of an object, and values within their limits."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pydicom import dcmread
from pydicom.charset import python_encoding
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from alnreader.dicom.objects.iso2022 import teach_pydicom
from alnreader.dicom.quiet import quiet

teach_pydicom()

UNICODE = "ISO_IR 192"

LONG_STRING = 64
"""Characters of an LO value, and of each group of a PN value (PS3.5 6.2)."""

SHORT_STRING = 16
"""Characters of an SH value (PS3.5 6.2)."""

KEPT_IDENTITY = 255
"""Characters of an identifier or a name that an archive can have filed, whatever the standard says: the width
of these columns in dcm4chee-arc's database, and more than any other's."""

SHORT_TEXT = 1024
"""Characters of an ST value (PS3.5 6.2)."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATES = re.compile("[\ud800-\udfff]")


def fitting_charset(declared: Sequence[str], texts: Iterable[str]) -> tuple[str, ...]:
    """Return the character set to write with: the source's where every text comes back from it.

    Parameters
    ----------
    declared
        Values of Specific Character Set (0008,0005) of the source, empty where absent.
    texts
        All that is going to be written.

    Returns
    -------
    Values of the attribute; empty for none (ASCII), `UNICODE` where the source's does not hold every text or
    is none of the standard's (PS3.3 C.12.1.1.2).
    """
    listed = [text for text in texts if text]
    wanted = tuple(declared) if any(declared) else ()
    known = all(term in _TERMS for term in wanted)
    if all(text.isascii() for text in listed):
        return wanted if known else ()
    return wanted if known and _can_hold(wanted, listed) and _comes_back(wanted, listed) else (UNICODE,)


def _can_hold(declared: tuple[str, ...], texts: list[str]) -> bool:
    """Whether each character is in one of the sets. pydicom would take Latin 1 for plain ASCII."""
    codecs = ["ascii" if term in _ASCII else python_encoding[term] for term in declared]
    return bool(codecs) and all(
        any(_holds(codec, character) for codec in codecs)
        for character in {character for text in texts for character in text if not character.isascii()}
    )


def _holds(codec: str, character: str) -> bool:
    try:
        character.encode(_PYTHON_NAMES.get(codec, codec))
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _comes_back(declared: tuple[str, ...], texts: list[str]) -> bool:
    """Write the texts and read them again."""
    return all(_text_comes_back(declared, text) for text in texts)


def _text_comes_back(declared: tuple[str, ...], text: str) -> bool:
    with quiet():
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        if declared:
            dataset.SpecificCharacterSet = list(declared)
        dataset.TextValue = text.rstrip()
        short = all(len(group) <= LONG_STRING for group in text.split("="))
        name = text if short and _MAY_BE_NAME.fullmatch(text) else ""
        dataset.PatientName = name
        stream = io.BytesIO()
        try:
            dataset.save_as(stream, enforce_file_format=False)
            stream.seek(0)
            again = dcmread(stream, force=True)
            return bool(again.TextValue == dataset.TextValue and str(again.PatientName) == name)
        except (LookupError, ValueError):
            return False


_MAY_BE_NAME = re.compile(r"[^\\=\r\n]+(=[^\\=\r\n]+){0,2}(?<! )")
"""One value of up to three groups (PS3.5 6.2.1): what else is written as a name was made one by `person`."""

_ASCII = ("", "ISO_IR 6", "ISO 2022 IR 6")
_PYTHON_NAMES = {"iso_ir_58": "gb2312"}
"""pydicom's own names of codecs, in Python's."""

_TERMS = frozenset(
    (
        "",
        *(f"ISO_IR {n}" for n in (6, 100, 101, 109, 110, 144, 127, 126, 138, 148, 203, 13, 166, 192)),
        *(f"ISO 2022 IR {n}" for n in (6, 100, 101, 109, 110, 144, 127, 126, 138, 148, 203, 13, 166)),
        *(f"ISO 2022 IR {n}" for n in (87, 159, 149, 58)),
        "GB18030",
        "GBK",
    )
)
"""Defined terms (PS3.3 tables C.12-2 to C.12-5)."""


def one_line(text: str, limit: int = LONG_STRING) -> str:
    """Return text as the value of an LO: one line without backslash, cut where it is too long."""
    clean = _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", text)).replace("\\", "/").strip()
    return clean if len(clean) <= limit else clean[: limit - 3].rstrip() + "..."


def identifier(text: str, limit: int = LONG_STRING, kept: int = KEPT_IDENTITY) -> str:
    """Return what a patient or an examination is called by in an archive, as it is called there.

    An archive files by these values: another spelling would be another patient. So what is merely against
    the rules stays. A value longer than `kept`, which no archive can have filed, is cut to the limit, with a
    hash of the whole, so that two that begin alike stay two.
    """
    clean = _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", text)).strip()
    if len(clean) <= kept:
        return clean
    mark = hashlib.sha256(clean.encode()).hexdigest()[: min(16, limit // 2)]
    return f"{clean[: limit - len(mark) - 1].replace(chr(92), '/').rstrip()}~{mark}"


def name_value(text: str) -> str:
    """Return the value of a PN: three groups at most, none of more than one line (PS3.5 6.2).

    As an identifier, a name that is a little too long stays as it is.
    """
    limit = KEPT_IDENTITY if len(text) <= KEPT_IDENTITY else LONG_STRING
    clean = [one_line(group, limit) for group in text.split("=")[:3]]
    return "=".join(clean).rstrip("=")


def paragraph(text: str) -> str:
    """Return text as the value of a UT: lines end as DICOM has it, other control characters are dropped."""
    lines = _SURROGATES.sub("\ufffd", text).splitlines()
    return "\r\n".join(_CONTROLS.sub(" ", line).rstrip() for line in lines).strip()


def stamp(when: datetime) -> str:
    """Return a DT value with its zone (PS3.5 6.2).

    An offset of nought is left out: DCMTK 3.6.7 takes +0000 for a fault and reads no report that has it.
    """
    zone = f"{when:%z}"[:5]
    return f"{when:%Y%m%d%H%M%S}{'' if zone in ('+0000', '-0000') else zone}"


def from_stamp(value: str) -> datetime:
    """Return the time that `stamp` wrote.

    Raises
    ------
    ValueError
        If it is none.
    """
    pattern = "%Y%m%d%H%M%S%z" if len(value) > len("20240131101500") else "%Y%m%d%H%M%S"
    when = datetime.strptime(value, pattern)
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def person(name: str) -> str:
    """Return a name that was typed in one piece as a PN value.

    Nothing tells family from given name: it becomes the family name complex as a whole, and a caret says that
    this is meant (PS3.5 6.2.1). The sign between groups of a name becomes a dash.
    """
    clean = one_line(name, LONG_STRING - 1).replace("=", "-")
    return clean if "^" in clean or not clean else f"{clean}^"


def plain_person(value: str) -> str:
    """Return a name that `person` made as it was typed."""
    return value.removesuffix("^")
