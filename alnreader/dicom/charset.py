"""Text of DICOM files, also where the character set is wrong or missing (PS3.3 C.12.1.1.2, PS3.5 6.1)."""

from __future__ import annotations

import re
import unicodedata

_CODECS = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 203": "iso8859-15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "tis-620",
    "ISO_IR 192": "utf-8",
    "GB18030": "gb18030",
    "GBK": "gb18030",
}
_NOT_DEFINED = {"GB2312": "gb18030", "GB_2312": "gb18030", "GB-2312": "gb18030", "ISO_IR 58": "gb18030"}
"""Labels that no table has and some Chinese systems write."""
_CODECS |= {name.replace("ISO_IR", "ISO 2022 IR"): codec for name, codec in _CODECS.items()}
_CODECS |= {"ISO 2022 IR 58": "gb2312", "ISO 2022 IR 149": "euc_kr", "ISO 2022 IR 87": "iso2022_jp"}
_CODECS |= {"ISO 2022 IR 159": "iso2022_jp_2", "ISO 2022 GBK": "gb18030", "ISO 2022 IR 6": "ascii"}

_CODECS |= _NOT_DEFINED

_ESCAPES = {
    b"(B": "ascii",
    b"(J": "ascii",
    b")I": "shift_jis",
    b"-A": "latin-1",
    b"-B": "iso8859-2",
    b"-C": "iso8859-3",
    b"-D": "iso8859-4",
    b"-L": "iso8859-5",
    b"-G": "iso8859-6",
    b"-F": "iso8859-7",
    b"-H": "iso8859-8",
    b"-M": "iso8859-9",
    b"-b": "iso8859-15",
    b"-T": "tis-620",
    b"$)A": "gb18030",
    b"$)C": "euc_kr",
    b"$B": "iso2022_jp",
    b"$@": "iso2022_jp",
    b"$(D": "iso2022_jp_2",
}
"""Escape sequences of PS3.3 tables C.12-3 and C.12-4. GB 18030 holds GB 2312 and forgives its extensions."""

_ESCAPE = re.compile(rb"\x1b(\$\(D|\$\)[AC]|\$[B@]|[-()][A-Za-z])")
_SINGLE_BYTE = frozenset(codec for codec in _CODECS.values() if codec.startswith(("iso8859", "latin", "tis")))
_LATIN = frozenset(("latin-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-9", "iso8859-15"))
_MULTI_BYTE = frozenset({"utf-8", "gb18030", "gb2312", "euc_kr", "shift_jis", "iso2022_jp", "iso2022_jp_2"})


def decode_text(raw: bytes, declared: tuple[str, ...] = ()) -> tuple[str, str]:
    r"""Return the text of a value, and what had to be assumed.

    Parameters
    ----------
    raw
        The value as stored.
    declared
        Values of Specific Character Set (0008,0005), empty where absent.

    Returns
    -------
    text
        Decoded; never fails. Padding is removed.
    assumed
        Empty where the declared character set fits, else a sentence for the reader.

    Notes
    -----
    Bytes above 127 are believed to be what is declared where they are valid there, except where Chinese is
    stored under a Latin label, which every byte string fits: a component (between ``^``, ``=``, ``\`` and
    spaces) that consists of pairs of GB 2312 alone is not a Latin name, in which accented letters stand among
    plain ones; what GBK adds is believed beside such a component, and where Latin would be no word
    (docs/decisions/0193-gbk-names.md). Cyrillic, Greek, Arabic, Hebrew and Thai look like such pairs: those
    labels are believed.
    """
    raw = raw.rstrip(b"\0 ")
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii").strip(), ""
    label = "\\".join(declared) or "none"
    if b"\x1b" in raw and _ESCAPE.search(raw):
        text = _decode_escapes(raw, declared)
        if text is not None:
            return text.strip(), "" if _announces_escapes(declared) else _assumed(label, "ISO 2022")
        raw = _ESCAPE.sub(b"", raw)
    codec = _declared_codec(declared)
    guess = _detect(raw, codec if codec in _LATIN else "latin-1")
    if codec in _MULTI_BYTE:
        text = _strict(raw, codec)
        if text is not None and not (codec != "utf-8" and guess == "utf-8" and _is_chinese(raw, "utf-8")):
            return text.strip(), ""
    elif codec in _SINGLE_BYTE:
        text = _strict(raw, codec)
        doubtful = ("utf-8", "gb2312", "gb18030") if codec in _LATIN else ("utf-8",)
        if text is not None and guess not in doubtful:
            return text.strip(), ""
    codec_name = {"gb2312": "gb18030"}.get(guess, guess)
    return raw.decode(codec_name, errors="replace").strip(), _assumed(label, codec_name.upper())


def _assumed(label: str, read_as: str) -> str:
    return f"Text does not fit the declared character set ({label}): read as {read_as}."


def _announces_escapes(declared: tuple[str, ...]) -> bool:
    return any(name.startswith("ISO 2022") for name in declared)


def _declared_codec(declared: tuple[str, ...]) -> str:
    """Return the codec of text without escape sequences: that of the first value that has one."""
    codecs = [_CODECS.get(name.strip().upper().replace("ISO-IR", "ISO_IR"), "ascii") for name in declared]
    return codecs[0] if codecs else "ascii"


def _strict(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return None


def _decode_escapes(raw: bytes, declared: tuple[str, ...]) -> str | None:
    """Decode text with ISO 2022 escape sequences, None where a part does not fit its set."""
    pieces = _ESCAPE.split(raw)
    start = _declared_codec(declared)
    texts = [_strict(pieces[0], start if start != "ascii" else "latin-1")]
    for sequence, content in zip(pieces[1::2], pieces[2::2], strict=True):
        codec = _ESCAPES.get(sequence)
        if codec is None:
            return None
        if codec.startswith("iso2022"):  # these codecs read the escape sequence themselves
            content = b"\x1b" + sequence + content
        texts.append(_strict(content, codec))
    return None if None in texts else "".join(text for text in texts if text is not None)


def _is_ideograph(character: str) -> bool:
    return "CJK UNIFIED IDEOGRAPH" in unicodedata.name(character, "")


def _is_chinese(raw: bytes, codec: str) -> bool:
    """Whether everything above ASCII is Chinese in that codec."""
    text = _strict(raw, codec)
    high = [character for character in text or "" if not character.isascii()]
    return bool(high) and all(_is_ideograph(character) or character in "·　，（）" for character in high)


def _detect(raw: bytes, latin: str) -> str:
    """Return the codec that bytes above 127 are most likely in; ``latin`` where they are Latin."""
    if _is_chinese(raw, "utf-8"):
        return "utf-8"
    components = [part for part in re.split(rb"[\^=\\ ]+", raw) if not part.isascii()]
    # Letters beside Chinese in one component would be letters beside accented letters in a European name.
    if not any(re.search(rb"[A-Za-z]", part) for part in components) and _is_chinese(raw, "gb2312"):
        return "gb2312"
    if _strict(raw, "utf-8") is not None:
        return "utf-8"
    return "gb18030" if _is_gbk(raw, latin) else "latin-1"


def _is_gbk(raw: bytes, latin: str) -> bool:
    """Whether the bytes are Chinese with signs that GB 2312 lacks: a second byte may be a plain letter."""
    if not _is_chinese(raw, "gb18030"):
        return False
    # Split after decoding: that second byte may be a separator too.
    parts = [part for part in re.split(r"[\^=\\ ]+", raw.decode("gb18030")) if not part.isascii()]
    if any(re.search("[A-Za-z]", part) for part in parts):
        return False
    as_latin = raw.decode(latin, errors="replace")
    if _CONTROL.search(as_latin) or any(_in_gb2312(part) for part in parts):
        return True
    signs = (character for part in parts for character in part if not character.isascii())
    return any(map(_in_gb2312, signs)) and not _is_latin_word(as_latin)


_CONTROL = re.compile("[\x80-\x9f]")
_TURN = re.compile("[a-z\xdf-\xff][A-Z]")
_SIGNS_OF_LATIN = "^=\\ -'.,()/"


def _is_latin_word(text: str) -> bool:
    """Whether text may be European: letters and what stands between them, no capital after a small letter."""
    letters = (
        character.isalnum() and character not in "ªµº"
        for character in text
        if character not in _SIGNS_OF_LATIN
    )
    return all(letters) and not _TURN.search(text)


def _in_gb2312(text: str) -> bool:
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
