"""Grey values to display values: modality, VOI and palette (PS3.3 C.7.6.3.1.5, C.7.9, C.11.1, C.11.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from alnreader.case.image import Pixels
from alnreader.case.language import mark
from alnreader.dicom.header import Header
from alnreader.dicom.refusal import Refusal

Values = NDArray[Any]
MAX_LUT_ENTRIES = 65536
"""Entries of a table: their number is a 16-bit value in which 0 means 65536 (PS3.3 C.11.1.1)."""


@dataclass(frozen=True, eq=False)
class Table:
    """A lookup table: values up to the first one mapped get the first entry, those behind the last the last.

    Attributes
    ----------
    first
        Stored value that the first entry belongs to.
    entries
        ``(N,) uint16``.
    bits
        Bits an entry has.
    """

    first: int
    entries: NDArray[np.uint16]
    bits: int

    def apply(self, values: Values) -> NDArray[np.uint16]:
        """Return the entry of each value, shape kept."""
        index = np.clip(values.astype(np.int32) - self.first, 0, len(self.entries) - 1)
        return self.entries[index]


def _descriptor(header: Header, tag: int, item: Dataset | None, signed: bool) -> tuple[int, int, int]:
    words = header.integers(tag, item)
    if len(words) < 3:
        raise Refusal(mark("a lookup table has no descriptor"))
    count, first, bits = int(words[0]), int(words[1]), int(words[2])
    if signed and first >= 32768:
        first -= 65536
    if not 1 <= bits <= 16:
        raise Refusal(mark("a lookup table of {bits} bits").format(bits=bits))
    return count or MAX_LUT_ENTRIES, first, bits


def _entries(header: Header, raw: bytes, count: int) -> NDArray[np.uint16]:
    """Return the entries of a table: 16-bit words, or bytes where only that fits (PS3.3 C.7.6.3.1.6)."""
    if len(raw) >= 2 * count:
        words = np.frombuffer(raw, dtype="<u2" if header.little_endian else ">u2", count=count)
        return words.astype(np.uint16)
    if len(raw) >= count:
        data = np.frombuffer(raw, dtype=np.uint8)
        if not header.little_endian and len(data) % 2 == 0:
            data = data.reshape(-1, 2)[:, ::-1].reshape(-1)  # two entries in one big endian word
        return data[:count].astype(np.uint16)
    raise Refusal(f"a lookup table has {len(raw)} bytes for {count} entries")


# ---- palette ----


def palette_tables(header: Header, signed: bool) -> tuple[Table, Table, Table]:
    """Return the tables for red, green and blue (PS3.3 C.7.9).

    Raises
    ------
    Refusal
        If they are missing or too short.
    """
    tables = []
    for channel in (1, 2, 3):
        count, first, bits = _descriptor(header, 0x00281100 + channel, None, signed)
        if raw := header.raw(0x00281200 + channel):
            entries = _entries(header, raw, count)
        elif raw := header.raw(0x00281220 + channel):
            entries = _expand(header, raw, count, bits)
        else:
            raise Refusal(mark("PALETTE COLOR without its lookup tables"))
        tables.append(Table(first, entries, bits))
    if all(int(table.entries.max()) < 256 for table in tables):
        # Tables of 16 bits that hold 8: a common fault of old scanners, and no picture would be that dark.
        tables = [Table(table.first, table.entries, 8) for table in tables]
    return tables[0], tables[1], tables[2]


def _expand(header: Header, raw: bytes, count: int, bits: int) -> NDArray[np.uint16]:
    """Expand a segmented table (PS3.3 C.7.9.2): discrete, linear and indirect segments."""
    if bits <= 8 and len(raw) % 2 == 0 and not _words_fit(header, raw, count):
        codes = np.frombuffer(raw, dtype=np.uint8)
    else:
        codes = np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<u2" if header.little_endian else ">u2")
    entries = _segments([int(code) for code in codes], codes.dtype.itemsize, count)
    if len(entries) < count:
        raise Refusal(f"a segmented lookup table gives {len(entries)} of {count} entries")
    return np.array(entries[:count], dtype=np.uint16)


def _words_fit(header: Header, raw: bytes, count: int) -> bool:
    words = np.frombuffer(raw, dtype="<u2" if header.little_endian else ">u2")
    try:
        return len(_segments([int(word) for word in words], 2, count)) == count
    except Refusal:
        return False


def _segments(codes: list[int], width: int, count: int) -> list[int]:
    """Run the segments; no more than ``count`` entries are made, whatever the lengths say."""
    entries: list[int] = []
    position = 0
    try:
        while position < len(codes) and len(entries) < count:
            position = _segment(codes, position, width, entries, count)
    except IndexError as error:
        raise Refusal(mark("a segmented lookup table is cut off")) from error
    return entries


def _segment(codes: list[int], position: int, width: int, entries: list[int], count: int) -> int:
    """Run one segment and return where the next one begins."""
    kind, length = codes[position], codes[position + 1]
    if kind == 0:
        if position + 2 + length > len(codes):
            raise IndexError
        entries.extend(codes[position + 2 : position + 2 + length])
        return position + 2 + length
    if kind == 1:
        target = codes[position + 2]
        if not entries:
            raise Refusal(mark("a segmented lookup table begins with a linear segment"))
        start = entries[-1]
        entries.extend(
            round(start + (target - start) * step / length) for step in range(1, min(length, count) + 1)
        )
        return position + 3
    if kind == 2:
        words = codes[position + 2 : position + 2 + 4 // width]
        raw = struct.pack(f"<{len(words)}{'H' if width == 2 else 'B'}", *words)
        if len(raw) != 4:
            raise IndexError
        # The offset counts bytes from the beginning of the table.
        source = struct.unpack("<L", raw)[0] // width
        for _ in range(length):
            if codes[source] == 2:
                raise Refusal(mark("a segmented lookup table refers to a reference"))
            source = _segment(codes, source, width, entries, count)
            if len(entries) > count:
                break
        return position + 2 + 4 // width
    raise Refusal(mark("a segmented lookup table has a segment of kind {kind}").format(kind=kind))


def apply_palette(values: Values, tables: tuple[Table, Table, Table]) -> Pixels:
    """Return ``(H, W, 3) uint8 RGB`` of palette indices ``(H, W)``."""
    rgb = np.empty((*values.shape, 3), dtype=np.uint8)
    for channel, table in enumerate(tables):
        entries = table.entries
        eight = entries >> (table.bits - 8) if table.bits > 8 else entries
        rgb[..., channel] = Table(table.first, eight.astype(np.uint16), 8).apply(values)
    return rgb


# ---- grey ----


@dataclass(frozen=True, eq=False)
class GreyRendering:
    """How stored grey values become display values.

    Attributes
    ----------
    modality
        Modality LUT, None where there is a slope or nothing.
    slope, intercept
        Rescale Slope and Intercept.
    window
        Centre and width, None where there is no usable one.
    function
        VOI LUT Function: LINEAR, LINEAR_EXACT or SIGMOID.
    voi
        VOI LUT, None where there is none.
    padding
        Range of stored values that are no picture, None where there is none.
    inverted
        MONOCHROME1: the lowest value is white.
    """

    modality: Table | None
    slope: float
    intercept: float
    window: tuple[float, float] | None
    function: str
    voi: Table | None
    padding: tuple[int, int] | None
    inverted: bool


def grey_rendering(header: Header, photometric: str, signed: bool) -> GreyRendering:
    """Read how grey values are to be displayed.

    Raises
    ------
    Refusal
        If a lookup table is damaged.
    """
    modality_items, voi_items = header.items(0x00283000), header.items(0x00283010)
    slope = header.number(0x00281053)
    modality = _table(header, modality_items[0], signed) if modality_items else None
    shifted = modality is None and (header.number(0x00281052) or 0.0) < 0
    return GreyRendering(
        modality=modality,
        slope=slope if slope else 1.0,
        intercept=header.number(0x00281052) or 0.0,
        window=_window(header),
        function=header.text(0x00281056).upper() or "LINEAR",
        # The first value mapped has the sign of what goes into the table (PS3.3 C.11.2.1.1).
        voi=_table(header, voi_items[0], signed or shifted) if voi_items else None,
        padding=_padding(header, signed),
        inverted=photometric == "MONOCHROME1",
    )


def _table(header: Header, item: Dataset, signed: bool) -> Table:
    count, first, bits = _descriptor(header, 0x00283002, item, signed)
    entries = _entries(header, header.raw(0x00283006, item), count)
    return Table(first, entries, bits)


def _window(header: Header) -> tuple[float, float] | None:
    centre, width = header.number(0x00281050), header.number(0x00281051)
    if centre is None or width is None or width <= 0:
        return None
    if header.text(0x00281056).upper() in ("", "LINEAR") and width < 1:
        return None  # PS3.3 C.11.2.1.2.1
    return centre, width


def _padding(header: Header, signed: bool) -> tuple[int, int] | None:
    value = header.integer(0x00280120, code="h" if signed else "H")
    limit = header.integer(0x00280121, code="h" if signed else "H")
    if value is None:
        return None
    return (value, value) if limit is None else (min(value, limit), max(value, limit))


def render_grey(values: Values, bits: int, rendering: GreyRendering) -> NDArray[np.uint8]:
    """Return display values ``(H, W) uint8`` of stored values ``(H, W)``.

    Without a window, values of up to 8 bits are shown as they are, scaled to 0..255 by their number of bits:
    a B-mode picture is meant so, and stretching it would change the input of the network. Deeper values are
    stretched from the frame's minimum to its maximum, padding left out.

    Parameters
    ----------
    values
        Stored values.
    bits
        Bits that a stored value has.
    rendering
        What to apply.
    """
    padded = None
    if rendering.padding is not None and not (bits <= 8 and rendering.window is None):
        low, high = rendering.padding
        padded = (values >= low) & (values <= high)
    table, offset = _lookup(values, bits, rendering, padded)
    grey = table[values.astype(np.int32) - offset]
    if rendering.inverted:
        grey = 255 - grey
    if padded is not None:
        grey[padded] = 0
    return grey


def _lookup(
    values: Values, bits: int, rendering: GreyRendering, padded: NDArray[np.bool_] | None
) -> tuple[NDArray[np.uint8], int]:
    """Return the display value of every possible stored value, and the lowest stored value."""
    lowest = -(1 << (bits - 1)) if values.dtype.kind == "i" else 0
    stored = np.arange(lowest, lowest + (1 << bits), dtype=np.int32)
    if rendering.modality is not None:
        real: Values = rendering.modality.apply(stored).astype(np.float64)
    else:
        real = stored * rendering.slope + rendering.intercept
    if rendering.window is not None:
        shown: Values = voi_window(real, *rendering.window, rendering.function)
    elif rendering.voi is not None:
        table = rendering.voi
        # The third word of the descriptor is often wrong; what the entries need is not.
        depth = max(table.bits, int(table.entries.max()).bit_length())
        shown = table.apply(np.rint(real).astype(np.int64)) * (255.0 / ((1 << depth) - 1))
    elif bits <= 8 and rendering.modality is None and rendering.slope > 0:
        shown = (stored - lowest) * (255.0 / ((1 << bits) - 1))
    else:
        visible = values if padded is None else values[~padded]
        used = real[np.unique(visible).astype(np.int64) - lowest] if visible.size else real
        low, high = float(used.min()), float(used.max())
        shown = (real - low) * (255.0 / (high - low)) if high > low else np.zeros_like(real)
    return np.rint(np.clip(shown, 0, 255)).astype(np.uint8), lowest


def voi_window(values: Values, centre: float, width: float, function: str) -> Values:
    """Map values to 0..255 by a window (PS3.3 C.11.2.1.2.1 LINEAR, .3.2 LINEAR_EXACT, .3.1 SIGMOID).

    Parameters
    ----------
    values
        Of any shape, after the modality transform.
    centre, width
        Width of at least 1 for LINEAR, above 0 otherwise.
    function
        ``LINEAR``, ``LINEAR_EXACT`` or ``SIGMOID``; others are read as ``LINEAR``.
    """
    if function == "SIGMOID":
        return 255.0 / (1.0 + np.exp(np.clip(-4.0 * (values - centre) / width, -700, 700)))
    if function == "LINEAR_EXACT":
        return np.clip(((values - centre) / width + 0.5) * 255.0, 0, 255)
    if width == 1:
        return np.where(values > centre - 0.5, 255.0, 0.0)
    return np.clip(((values - (centre - 0.5)) / (width - 1) + 0.5) * 255.0, 0, 255)
