"""Whether a DICOM file is whole: its elements are stepped through to the end, no value is read (PS3.5 7)."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

_UNDEFINED = 0xFFFFFFFF
_DELIMITERS = 0xFFFE
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXEL_DATA = 0x7FE00010
_VRS = frozenset(str(vr).encode() for vr in VR if len(vr) == 2)
_LONG_VRS = frozenset(str(vr).encode() for vr in EXPLICIT_VR_LENGTH_32)
_DEEPEST = 64
"""Sequences within sequences that are followed."""


class _EndedError(Exception):
    """The content ends before it should."""


class _OddError(Exception):
    """What stands here is no element: nothing can be said."""


def ends_early(stream: BinaryIO, start: int, implicit: bool, little_endian: bool) -> bool:
    """Whether the content ends before its last element does.

    Parameters
    ----------
    stream
        The content, which can be sought in.
    start
        Where the data set begins.
    implicit, little_endian
        How it is encoded.

    Returns
    -------
    False also where the content is too odd to tell, and where padding stands behind it.
    """
    end = stream.seek(0, io.SEEK_END)
    stream.seek(start)
    try:
        _data_set(stream, end, implicit, "<" if little_endian else ">", 0)
    except _EndedError:
        return True
    except _OddError:
        return False
    return False


def _data_set(stream: BinaryIO, end: int, implicit: bool, order: str, depth: int) -> None:
    """Step through the elements of the content, or of an item of undefined length."""
    if depth > _DEEPEST:
        raise _OddError
    while True:
        head = stream.read(8)
        if depth == 0 and not head.strip(b"\0"):
            return  # the end, or padding that no element announces
        tag = _tag(head, order)
        if tag == _ITEM_END:
            return
        vr, length = head[4:6], struct.unpack_from(f"{order}L", head, 4)[0]
        if implicit or tag >> 16 == _DELIMITERS:
            vr = b""
        elif vr in _LONG_VRS:
            length = _number(stream.read(4), order)
        elif vr in _VRS:
            (length,) = struct.unpack_from(f"{order}H", head, 6)
        else:
            raise _OddError
        if length != _UNDEFINED:
            _skip(stream, length, end)
        elif tag == _PIXEL_DATA or vr in (b"OB", b"OW"):
            _items(stream, end, None, order, depth + 1)
        else:  # UN of undefined length is a sequence in implicit VR (PS3.5 6.2.2)
            _items(stream, end, implicit or vr == b"UN", order, depth + 1)


def _items(stream: BinaryIO, end: int, implicit: bool | None, order: str, depth: int) -> None:
    """Step through items to their delimiter; ``implicit`` is None where they are fragments of pixels."""
    while True:
        head = stream.read(8)
        tag, length = _tag(head, order), _number(head[4:], order)
        if tag == _SEQUENCE_END:
            return
        if tag != _ITEM:
            raise _OddError
        if length != _UNDEFINED:
            _skip(stream, length, end)
        elif implicit is None:
            raise _OddError
        else:
            _data_set(stream, end, implicit, order, depth)


def _tag(head: bytes, order: str) -> int:
    if len(head) < 8:
        raise _EndedError
    group, element = struct.unpack_from(f"{order}HH", head)
    return int(group) << 16 | int(element)


def _number(raw: bytes, order: str) -> int:
    if len(raw) < 4:
        raise _EndedError
    return int(struct.unpack(f"{order}L", raw)[0])


def _skip(stream: BinaryIO, length: int, end: int) -> None:
    if stream.tell() + length > end:
        raise _EndedError
    stream.seek(length, io.SEEK_CUR)
