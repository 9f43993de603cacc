"""Text from files made fit to be written: nothing lost in silence, nothing that breaks an encoder."""

from __future__ import annotations

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")
_UNSAFE_IN_ALL_SCRIPTS = re.compile(r"[^\w.]+|_+")


def encodable(text: str) -> str:
    r"""Return text that UTF-8 can hold.

    Python keeps bytes of a path that are not UTF-8 as lone surrogates (PEP 383). They become ``\xNN``; any
    other lone surrogate becomes U+FFFD.
    """

    def visible(match: re.Match[str]) -> str:
        code = ord(match.group())
        return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else "\ufffd"

    return _SURROGATE.sub(visible, text)


def one_line(text: str) -> str:
    """Return text as one composed (NFC) line: control characters become spaces, runs of spaces one."""
    return " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", encodable(text))).split())


def file_stem(text: str, limit: int = 40, *, all_scripts: bool = False) -> str:
    """Return a piece of a file name that is safe on every system, possibly empty.

    Letters and digits, of ASCII or of all scripts, and dots stay, all else becomes ``-``. It never begins
    with a dot, holds no separator, and is not unique: the caller numbers its files.
    """
    unsafe = _UNSAFE_IN_ALL_SCRIPTS if all_scripts else _UNSAFE
    safe = re.sub(r"\.{2,}", ".", unsafe.sub("-", unicodedata.normalize("NFC", text)))
    return safe.strip("-.")[-limit:].strip("-.")


def file_name(source: str) -> str:
    """Return the last part of a source: a path of any system, or the member of a zip."""
    return re.split(r"[/\\]", source.rstrip("/\\"))[-1] or source
