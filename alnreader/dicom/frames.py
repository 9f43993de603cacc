"""The bytes of one frame, found without reading the others (PS3.5 8.2, A.4)."""

from __future__ import annotations

import itertools
import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

from alnreader.dicom.formats import Family, PixelFormat
from alnreader.dicom.refusal import Refusal

MAX_FRAGMENTS = 1_000_000
"""Fragments of one value; each costs memory, and a file of empty ones could have half a billion."""

MAX_FRAME_BYTES = 1 << 30
"""Compressed bytes of one frame: more than the largest frame has uncompressed."""

_ITEM = 0xFFFEE000
_DELIMITER = 0xFFFEE0DD
_STARTS = {
    Family.JPEG: (b"\xff\xd8",),
    Family.JPEG_LS: (b"\xff\xd8",),
    Family.JPEG_2000: (b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "),
}
"""First bytes of a frame's first fragment."""

Span = tuple[int, int]
"""Where a fragment begins in the content, and its length."""


@dataclass(frozen=True)
class FrameIndex:
    """Where the frames of encapsulated pixels are.

    Attributes
    ----------
    spans
        Fragments of each frame; fewer frames than declared where the file ends early.
    size
        Bytes of the content: fragments that reach beyond were cut off.
    """

    spans: tuple[tuple[Span, ...], ...]
    size: int

    def whole(self) -> int:
        """Return how many frames are there to their last byte, from the first on."""
        cut = (any(offset + length > self.size for offset, length in spans) for spans in self.spans)
        return next((number for number, broken in enumerate(cut) if broken), len(self.spans))

    def read(self, stream: BinaryIO, frame: int, declared: int) -> bytes:
        """Return the code stream of one frame (1-based).

        Raises
        ------
        Refusal
            If the file ends before or within that frame.
        """
        if frame > len(self.spans):
            raise Refusal(f"holds {len(self.spans)} of {declared} frames: it was cut off")
        spans = self.spans[frame - 1]
        if any(offset + length > self.size for offset, length in spans):
            raise Refusal(f"ends within frame {frame} of {declared}: it was cut off")
        if sum(length for _, length in spans) > MAX_FRAME_BYTES:
            raise Refusal(f"frame {frame} has more than {MAX_FRAME_BYTES} bytes")
        parts = []
        for offset, length in spans:
            stream.seek(offset)
            parts.append(stream.read(length))
        return b"".join(parts)


def content_size(stream: BinaryIO) -> int:
    """Return the number of bytes of an open content."""
    return stream.seek(0, os.SEEK_END)


def index_frames(stream: BinaryIO, stored: PixelFormat, extended: bytes = b"") -> FrameIndex:
    """Find the frames of encapsulated pixels by their item headers alone.

    Parameters
    ----------
    stream
        The content.
    stored
        Where the pixels are.
    extended
        Extended Offset Table (7FE0,0001), empty where absent.

    Raises
    ------
    Refusal
        If the fragments cannot be assigned to frames.
    """
    size = content_size(stream)
    table, base, fragments, complete = _fragments(stream, stored.offset, size)
    if not fragments:
        raise Refusal("the pixel data is empty")
    if stored.frames == 1:
        return FrameIndex((tuple(fragments),), size)
    for offsets in (_offsets(extended, "Q"), _offsets(table, "L")):
        grouped = _group_by_offset(offsets, base, fragments, stored.frames, complete)
        if grouped:
            return FrameIndex(grouped, size)
    if not complete:
        started = _group_by_start(stream, stored.family, fragments)
        if 0 < len(started) < len(fragments):
            # Of a frame in several fragments the last ones may be missing.
            return FrameIndex(
                started[: stored.frames] if len(started) >= stored.frames else started[:-1], size
            )
    if len(fragments) == stored.frames or (len(fragments) < stored.frames and not complete):
        return FrameIndex(tuple((fragment,) for fragment in fragments), size)
    grouped = _group_by_start(stream, stored.family, fragments)
    if len(grouped) != stored.frames and complete:
        raise Refusal(f"{stored.frames} frames are declared, {len(grouped) or len(fragments)} are stored")
    return FrameIndex(grouped[: stored.frames], size)


def _fragments(stream: BinaryIO, position: int, size: int) -> tuple[bytes, int, list[Span], bool]:
    """Return offset table, where its offsets count from, fragments, and whether the end was reached."""
    table, base, fragments = b"", 0, list[Span]()
    complete = False
    first = True
    while position + 8 <= size:
        stream.seek(position)
        head = stream.read(8)
        if len(head) < 8:
            break
        group, element, length = struct.unpack("<HHL", head)
        tag = group << 16 | element
        if tag == _DELIMITER:
            complete = True
            break
        if tag != _ITEM or length == 0xFFFFFFFF:
            if fragments:  # a missing delimiter before the next element is forgiven
                break
            raise Refusal("the compressed pixel data is damaged: no item where one must be")
        position += 8
        if first:
            table = stream.read(length) if length <= 4 * MAX_FRAGMENTS else b""
            base = position + length
            first = False
        else:
            fragments.append((position, length))
            if len(fragments) > MAX_FRAGMENTS:
                raise Refusal("too many fragments")
        position += length
    return table, base, fragments, complete


def _offsets(table: bytes, code: str) -> tuple[int, ...]:
    width = struct.calcsize(f"<{code}")
    return struct.unpack(f"<{len(table) // width}{code}", table[: len(table) // width * width])


def _group_by_offset(
    offsets: tuple[int, ...], base: int, fragments: list[Span], frames: int, complete: bool
) -> tuple[tuple[Span, ...], ...]:
    """Group by the offset table; nothing where it does not fit the fragments.

    Of a file that was cut off the table knows more frames than there are: the last that has begun counts only
    if it ends where the next would begin.
    """
    if len(offsets) != frames or list(offsets) != sorted(set(offsets)):
        return ()
    starts = {offset - 8 - base: index for index, (offset, _) in enumerate(fragments)}
    end = sum(fragments[-1]) - base
    if not complete:
        starts.setdefault(end, len(fragments))
        offsets = tuple(itertools.takewhile(starts.__contains__, offsets))
    if not offsets or any(offset not in starts for offset in offsets) or offsets[0] != 0:
        return ()
    edges = [starts[offset] for offset in offsets]
    if complete or len(offsets) == frames:
        edges.append(len(fragments))
    return tuple(tuple(fragments[a:b]) for a, b in itertools.pairwise(edges))


def _group_by_start(stream: BinaryIO, family: Family, fragments: list[Span]) -> tuple[tuple[Span, ...], ...]:
    """Group by the first bytes of a code stream; nothing where the codec has none."""
    groups: list[list[Span]] = []
    for offset, length in fragments:
        stream.seek(offset)
        begins = stream.read(min(8, length)).startswith(_STARTS.get(family, ()))
        if begins:
            groups.append([])
        if groups:
            groups[-1].append((offset, length))
    return tuple(tuple(group) for group in groups)
