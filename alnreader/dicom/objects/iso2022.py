"""Chinese and Korean by escape sequences, on every line anew (PS3.5 6.1.2.5.3, annexes I and K).

pydicom 3.0 takes ISO 2022 IR 58 for a set whose escape sequences Python knows: it writes none, and leaves
those that it reads in the text. That of ISO 2022 IR 149 it writes once for a value of several lines.
"""

from __future__ import annotations

import re

from pydicom import charset

_LINES = re.compile(r"([\r\n\f\t\\]+)")
"""What ends a designation, beside ``^`` and ``=`` in a name, between which pydicom encodes one by one."""

_SEQUENCES = {"gb2312": b"\x1b$)A", "euc_kr": b"\x1b$)C"}


def teach_pydicom() -> None:
    """Have pydicom read and write both sets as the standard asks."""
    handled = tuple(name for name in charset.handled_encodings if name != "iso_ir_58")
    charset.handled_encodings = handled  # type: ignore[assignment]  # a tuple, as there
    charset.custom_encoders["iso_ir_58"] = _chinese
    charset.custom_encoders["euc_kr"] = _korean


def _chinese(value: str, errors: str = "strict") -> bytes:
    return _by_line(value, "gb2312", errors)


def _korean(value: str, errors: str = "strict") -> bytes:
    return _by_line(value, "euc_kr", errors)


def _by_line(value: str, codec: str, errors: str) -> bytes:
    sequence = _SEQUENCES[codec]
    pieces = []
    place = 0
    for line in _LINES.split(value):
        try:
            encoded = line.encode(codec, errors)
        except UnicodeEncodeError as error:
            # pydicom goes on from there with another set.
            start, end = place + error.start, place + error.end
            raise UnicodeEncodeError(codec, value, start, end, error.reason) from error
        # Before the first line, pydicom itself puts the sequence.
        pieces.append(sequence + encoded if place and not line.isascii() else encoded)
        place += len(line)
    return b"".join(pieces)
