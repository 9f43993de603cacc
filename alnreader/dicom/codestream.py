"""What a JPEG, JPEG-LS or JPEG 2000 code stream says of itself, read before a codec sees it.

Markers: ITU-T T.81 annex B (JPEG), T.871 (JFIF), T.872 6.5.3 (APP14), T.87 annex C (JPEG-LS), T.800 annex A.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from alnreader.dicom.refusal import Refusal

_SOF = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xF7))
SOF_JPEG_LS = 0xF7
LOSSLESS = frozenset((0xC3, 0xC7, 0xCB, 0xCF))
HUFFMAN_DCT = frozenset((0xC0, 0xC1, 0xC2))


@dataclass(frozen=True)
class JpegStream:
    """Header of a JPEG or JPEG-LS code stream.

    Attributes
    ----------
    process
        Low byte of the SOF marker: C0 baseline, C1 extended, C2 progressive, C3 lossless, F7 JPEG-LS.
    precision, rows, columns
        Bits a value, and size.
    components
        Identifier and sampling factors (horizontal, vertical) of each component.
    jfif
        A JFIF APP0 segment is there: the colour is YCbCr (T.871 7).
    adobe
        Transform flag of an Adobe APP14 segment: 0 RGB, 1 YCbCr; None where there is none.
    """

    process: int
    precision: int
    rows: int
    columns: int
    components: tuple[tuple[int, int, int], ...]
    jfif: bool
    adobe: int | None

    @property
    def identifiers(self) -> tuple[int, ...]:
        """Component identifiers."""
        return tuple(component[0] for component in self.components)

    @property
    def subsampled(self) -> bool:
        """Whether components differ in their sampling."""
        return len({component[1:] for component in self.components}) > 1


def read_jpeg(data: bytes) -> JpegStream:
    """Read the markers up to the first scan.

    Raises
    ------
    Refusal
        If this is no JPEG or ends before its frame header.
    """
    start = data.find(b"\xff\xd8", 0, 64)  # some writers put padding before
    if start < 0:
        raise Refusal("the frame is not a JPEG")
    position = start + 2
    jfif, adobe = False, None
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            raise Refusal("the JPEG is damaged: no marker where one must be")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        if marker in (0xD9, 0xDA):
            break
        (length,) = struct.unpack_from(">H", data, position + 2)
        segment = data[position + 4 : position + 2 + length]
        if marker == 0xE0 and segment[:5] == b"JFIF\0":
            jfif = True
        elif marker == 0xEE and segment[:5] == b"Adobe" and len(segment) >= 12:
            adobe = segment[11]
        elif marker in _SOF:
            return _frame_header(marker, segment, data, position + 2 + length, jfif, adobe)
        position += 2 + max(2, length)
    raise Refusal("the JPEG ends before its frame header")


def _frame_header(
    marker: int, segment: bytes, data: bytes, position: int, jfif: bool, adobe: int | None
) -> JpegStream:
    if len(segment) < 6 or len(segment) < 6 + 3 * segment[5]:
        raise Refusal("the JPEG's frame header is cut off")
    precision, rows, columns, count = struct.unpack_from(">BHHB", segment)
    components = tuple(
        (segment[6 + 3 * i], segment[7 + 3 * i] >> 4, segment[7 + 3 * i] & 15) for i in range(count)
    )
    # An Adobe marker may also follow the frame header.
    tail = data[position : position + 4096]
    late = tail.find(b"\xff\xee\x00\x0eAdobe")
    scan = tail.find(b"\xff\xda")
    if adobe is None and late >= 0 and (scan < 0 or late < scan) and late + 15 < len(tail):
        adobe = tail[late + 15]
    return JpegStream(marker, precision, rows, columns, components, jfif, adobe)


@dataclass(frozen=True)
class Jpeg2000Stream:
    """Header of a JPEG 2000 code stream.

    Attributes
    ----------
    rows, columns, components
        Size and number of components.
    precision, signed
        Of the first component.
    uniform
        All components have the same precision, sign and sampling 1 x 1.
    transformed
        The multiple component transform was used: a decoder returns RGB.
    start
        Where the code stream begins in the data (behind the boxes of a JP2 file).
    """

    rows: int
    columns: int
    components: int
    precision: int
    signed: bool
    uniform: bool
    transformed: bool
    start: int


def read_jpeg_2000(data: bytes) -> Jpeg2000Stream:
    """Read the SIZ and COD markers.

    Raises
    ------
    Refusal
        If this is no JPEG 2000 code stream or it is cut off.
    """
    start = data.find(b"\xff\x4f\xff\x51", 0, 4096)
    if start < 0 or len(data) < start + 42:
        raise Refusal("the frame is not a JPEG 2000 code stream")
    length, _, x1, y1, x0, y0 = struct.unpack_from(">HHLLLL", data, start + 4)
    tile_x, tile_y = struct.unpack_from(">LL", data, start + 24)
    (count,) = struct.unpack_from(">H", data, start + 40)
    if length != 38 + 3 * count or len(data) < start + 4 + length or count == 0:
        raise Refusal("the JPEG 2000 size marker is damaged")
    if x1 <= x0 or y1 <= y0 or tile_x == 0 or tile_y == 0:
        raise Refusal("the JPEG 2000 size marker says an empty picture")
    parameters = {tuple(data[start + 42 + 3 * i : start + 45 + 3 * i]) for i in range(count)}
    depth = data[start + 42]
    position = start + 4 + length
    transformed = False
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker in (0x90, 0x93):  # first tile part
            break
        (size,) = struct.unpack_from(">H", data, position + 2)
        if marker == 0x52 and position + 9 <= len(data):
            transformed = data[position + 8] == 1
            break
        position += 2 + max(2, size)
    return Jpeg2000Stream(
        rows=y1 - y0,
        columns=x1 - x0,
        components=count,
        precision=(depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        uniform=len(parameters) == 1 and tuple(data[start + 43 : start + 45]) == (1, 1),
        transformed=transformed,
        start=start,
    )
