"""The header of a DICOM file: found and read with little trust, pixels untouched."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, BinaryIO

from pydicom.config import IGNORE
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from alnreader.case.language import mark
from alnreader.dicom.charset import decode_text
from alnreader.dicom.files import Location
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal

MAX_INFLATED = 1 << 30
"""Bytes that a deflated data set may have: deflate expands up to 1032 times, memory does not."""

DEFER_BYTES = 16 << 20
"""Longer values before the pixels (private dumps) are stepped over."""

_NO_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)))
_PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_UNDEFINED = 0xFFFFFFFF
_LONG_VR = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_TEXT_VR = frozenset(
    (b"AE", b"AS", b"CS", b"DA", b"DS", b"DT", b"IS", b"LO", b"LT", b"PN", b"SH", b"ST", b"TM")
)
_SHORT_VR = _TEXT_VR | {b"UI", b"AT", b"FL", b"FD", b"SL", b"SS", b"UL", b"US"}

BROKEN = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    EOFError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""What pydicom raises on a header that is not one."""

WANTED: tuple[int, ...] = (
    *(0x00080005, 0x00080008, 0x00080016, 0x00080018, 0x00080020, 0x00080021, 0x00080022, 0x00080023),
    *(0x0008002A, 0x00080030, 0x00080031, 0x00080032, 0x00080033, 0x00080050, 0x00080060, 0x00080070),
    *(0x00080080, 0x00081030, 0x0008103E, 0x00041220),
    *(0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00100040),
    *(0x00180040, 0x00181063, 0x00186011, 0x00082144, 0x00081090, 0x00200060, 0x00200062),
    *(0x0020000D, 0x0020000E, 0x00200011, 0x00200013),
    *(0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101),
    *(0x00280102, 0x00280103, 0x00280120, 0x00280121, 0x00281050, 0x00281051, 0x00281052, 0x00281053),
    *(0x00281056, 0x00281101, 0x00281102, 0x00281103, 0x00281201, 0x00281202, 0x00281203),
    *(0x00281221, 0x00281222, 0x00281223, 0x00283000, 0x00283010, 0x7FE00001, 0x7FE00002),
)
"""Elements that the program reads. Everything else is stepped over."""


@dataclass(frozen=True, eq=False)
class Header:
    """What a file says before its pixels.

    Attributes
    ----------
    dataset
        The elements of `WANTED`, values not yet converted.
    transfer_syntax
        Of the file meta information, or guessed from the data where that is absent.
    implicit, little_endian
        How the data set is really encoded.
    pixel_tag
        0x7FE00010 (or 08, 09 for floating point pixels); 0 where there are none.
    pixel_vr
        VR of the pixel data as stored, empty for implicit VR.
    pixel_offset, pixel_length
        Where the value begins in the content and how many bytes it has, -1 for encapsulated pixels.
    """

    dataset: Dataset
    transfer_syntax: str
    implicit: bool
    little_endian: bool
    pixel_tag: int
    pixel_vr: str
    pixel_offset: int
    pixel_length: int

    def raw(self, tag: int, item: Dataset | None = None) -> bytes:
        """Return a value as stored, empty where it is absent."""
        try:
            value = (self.dataset if item is None else item).get_item(BaseTag(tag)).value
        except (*BROKEN, KeyError):
            return b""
        return value if isinstance(value, bytes) else b""

    @cached_property
    def charset(self) -> tuple[str, ...]:
        """Values of Specific Character Set."""
        text = self.raw(0x00080005).decode("ascii", errors="replace").strip("\0 ")
        return tuple(part.strip() for part in text.split("\\")) if text else ()

    def text(self, tag: int, item: Dataset | None = None) -> str:
        """Return a text value without control characters; an unfit character set is guessed."""
        return decode_text(self.raw(tag, item), self.charset)[0].translate(_NO_CONTROLS).strip()

    def assumed(self, *tags: int) -> str:
        """Return what had to be assumed to read these values, empty if nothing."""
        for tag in tags:
            if assumption := decode_text(self.raw(tag), self.charset)[1]:
                return assumption
        return ""

    def words(self, tag: int, item: Dataset | None = None) -> tuple[str, ...]:
        """Return the values of a text with several values, none where it is absent."""
        text = self.text(tag, item)
        return tuple(part.strip() for part in text.split("\\")) if text else ()

    def numbers(self, tag: int, item: Dataset | None = None) -> tuple[float, ...]:
        """Return the values of a DS or IS; what is no finite number is left out."""
        found = []
        for word in self.words(tag, item):
            try:
                number = float(word.replace(",", "."))
            except ValueError:
                continue
            if math.isfinite(number):
                found.append(number)
        return tuple(found)

    def number(self, tag: int, item: Dataset | None = None) -> float | None:
        """Return the first value of a DS or IS, None where there is none."""
        return next(iter(self.numbers(tag, item)), None)

    def integers(self, tag: int, item: Dataset | None = None, code: str = "H") -> tuple[int | float, ...]:
        """Return the values of a binary element.

        Parameters
        ----------
        tag, item
            The element, in the data set or in an item of a sequence.
        code
            Of `struct`: ``H`` US, ``h`` SS, ``L`` UL, ``l`` SL, ``d`` FD.
        """
        raw = self.raw(tag, item)
        size = struct.calcsize(f"<{code}")
        count = len(raw) // size
        return struct.unpack_from(f"{'<' if self.little_endian else '>'}{count}{code}", raw)

    def integer(self, tag: int, item: Dataset | None = None, code: str = "H") -> int | None:
        """Return the first value of a binary element, None where there is none."""
        values = self.integers(tag, item, code)
        return int(values[0]) if values else None

    def items(self, tag: int) -> tuple[Dataset, ...]:
        """Return the items of a sequence, none where it is absent or broken."""
        if BaseTag(tag) not in self.dataset:
            return ()
        try:
            with quiet():
                # On its own: pydicom would convert Pixel Representation along with a sequence beside it, and
                # `raw` would no longer find the bytes.
                alone = Dataset({BaseTag(tag): self.dataset.get_item(BaseTag(tag))})
                value: Any = alone[BaseTag(tag)].value
                return tuple(item for item in value if isinstance(item, Dataset))
        except (*BROKEN, OSError):
            return ()

    def date(self, tag: int) -> date | None:
        """Return a DA value (PS3.5 6.2, also the retired form with points), None where it is no date."""
        digits = self.text(tag)[:10].replace(".", "").replace("-", "")[:8]
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
        except ValueError:
            return None

    def time(self, tag: int) -> time | None:
        """Return a TM value, None where it is no time."""
        return _time(self.text(tag))

    def datetime(self, tag: int) -> datetime | None:
        """Return a DT value without its zone, None where it is none or has no time of day."""
        text = self.text(tag)
        day, clock = self.date(tag), _time(text[8:].split("+")[0].split("-")[0])
        return datetime.combine(day, clock) if day and clock else None


def _time(text: str) -> time | None:
    digits, _, fraction = text.replace(":", "").partition(".")
    if not digits.isdecimal() or len(digits) < 2:
        return None
    digits = digits.ljust(6, "0")
    micro = int(fraction[:6].ljust(6, "0")) if fraction[:6].isdecimal() else 0
    try:
        return time(int(digits[:2]), int(digits[2:4]), min(59, int(digits[4:6])), micro)
    except ValueError:
        return None


def looks_like_dicom(head: bytes) -> bool:
    """Whether the first bytes of a file (132 or more, if it has them) are those of DICOM.

    With the preamble (PS3.10 7.1) there is no doubt. Without it, the first element must be of group 2 or 8
    and have a known VR or, in implicit VR, a short length.
    """
    if head[128:132] == b"DICM":
        return True
    if len(head) < 16:
        return False
    if head[:3] == b"\x00\x08\x00":  # big endian, which is always explicit
        return head[4:6] in _SHORT_VR
    group, element, length = struct.unpack_from("<HHL", head)
    if group not in (0x0002, 0x0008):
        return False
    return head[4:6] in _SHORT_VR | _LONG_VR or (length < 1024 and element < 0x0100)


def _meta(head: bytes) -> tuple[str, int]:
    """Return the transfer syntax of the file meta information and where the data set begins.

    The meta information is always explicit VR little endian (PS3.10 7.1) but its length is often wrong:
    its elements are counted instead.
    """
    position = 132 if head[128:132] == b"DICM" else 0
    syntax = ""
    while position + 12 <= len(head):
        group, element = struct.unpack_from("<HH", head, position)
        if group != 0x0002:
            break
        vr = head[position + 4 : position + 6]
        if vr in _LONG_VR:
            (length,) = struct.unpack_from("<L", head, position + 8)
            start = position + 12
        elif vr in _SHORT_VR:
            (length,) = struct.unpack_from("<H", head, position + 6)
            start = position + 8
        else:  # some write it in implicit VR
            (length,) = struct.unpack_from("<L", head, position + 4)
            start = position + 8
        if element == 0x0010:
            syntax = head[start : start + length].decode("ascii", errors="replace").strip("\0 ")
        position = start + length
    return syntax, position


def _guess_syntax(first: bytes) -> str:
    """Return the transfer syntax of a data set without file meta information, from its first element."""
    if first[4:6] in _SHORT_VR | _LONG_VR:
        return str(ExplicitVRBigEndian if first[0] == 0 and first[1] else ExplicitVRLittleEndian)
    return str(ImplicitVRLittleEndian)


_META_BYTES = 1 << 16


@contextmanager
def open_content(location: Location) -> Iterator[tuple[BinaryIO, str, int]]:
    """Open a DICOM file, inflated where its data set is deflated.

    Yields
    ------
    stream, transfer syntax, position of the data set

    Raises
    ------
    Refusal
        If the file is no DICOM file.
    """
    with location.open() as stream:
        head = stream.read(_META_BYTES)
        if not looks_like_dicom(head):
            raise Refusal(mark("not a DICOM file"))
        syntax, start = _meta(head)
        if not syntax:
            syntax = _guess_syntax(head[start : start + 8])
        if syntax == DeflatedExplicitVRLittleEndian:
            stream.seek(start)
            yield io.BytesIO(_inflate(stream)), syntax, 0
        else:
            stream.seek(start)
            yield stream, syntax, start


def _inflate(stream: BinaryIO) -> bytes:
    """Inflate a data set (PS3.5 A.5), refusing what outgrows the limit."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(stream.read(), MAX_INFLATED)
    except zlib.error as error:
        raise Refusal(mark("the deflated data set is damaged: {reason}").format(reason=error)) from error
    if inflater.unconsumed_tail:
        raise Refusal(f"the deflated data set has more than {MAX_INFLATED} bytes: looks like a bomb")
    return content


def read_header(location: Location, more: tuple[int, ...] = ()) -> Header:
    """Read what a file says before its pixels.

    Parameters
    ----------
    location
        The file.
    more
        Tags that are read besides `WANTED`.

    Raises
    ------
    Refusal
        If it is no DICOM file or its header is damaged.
    OSError
        As the file system says.
    """
    with open_content(location) as (stream, syntax, start):
        return parse_header(stream, syntax, start, more)


def parse_header(stream: BinaryIO, syntax: str, start: int, more: tuple[int, ...] = ()) -> Header:
    """Read the header of an open content; see `read_header`."""
    found: list[tuple[int, str, int, int]] = []

    def at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
        if tag in _PIXEL_TAGS:
            found.append((int(tag), vr or "", stream.tell(), length))
            return True
        return tag > 0x7FE00010

    little = syntax != ExplicitVRBigEndian
    stream.seek(start)
    try:
        with quiet():
            dataset = read_dataset(
                stream,
                is_implicit_VR=syntax == ImplicitVRLittleEndian,
                is_little_endian=little,
                stop_when=at_pixels,
                defer_size=DEFER_BYTES,
                specific_tags=[Tag(tag) for tag in (*WANTED, *more)],
            )
    except OSError as error:
        if error.errno is not None:
            raise
        raise Refusal(
            mark("damaged header: {reason}").format(reason=error)
        ) from error  # pydicom's own, of a broken sequence
    except BROKEN as error:
        raise Refusal(f"damaged header: {error or type(error).__name__}") from error
    implicit = bool(dataset.original_encoding[0])
    tag, vr, offset, length = found[0] if found else (0, "", 0, 0)
    return Header(
        dataset=dataset,
        transfer_syntax=syntax,
        implicit=implicit,
        little_endian=little,
        pixel_tag=tag,
        pixel_vr=vr,
        pixel_offset=offset,
        pixel_length=-1 if length == _UNDEFINED else length,
    )


def uid_name(uid: str) -> str:
    """Return the name of a UID where the standard has one, else the UID itself."""
    return UID(uid, IGNORE).name
