"""How many names a zip holds, before anything believes its list of them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import BinaryIO

_ENTRY = b"PK\x01\x02"
"""With this a zip names each of its files (APPNOTE.TXT 4.3.12)."""

_BYTES_A_NAME = 1024
"""Of the list, on the average. A name with its dates takes 200; the list is read into memory whole."""

_STEP = 1 << 20
"""Bytes between two looks at whether the counting is still wanted."""

_ZIP64_END = 76
"""Bytes between the list and its end in a large zip (APPNOTE.TXT 4.3.14, 4.3.15)."""

_TOTAL, _SIZE, _PLACE = 4, 5, 9
"""Number of files, bytes of their list, and where its end stands: fields of the end record."""


def _nothing() -> None:
    pass


def too_many_names(stream: BinaryIO, limit: int, check: Callable[[], None] = _nothing) -> bool:
    """Whether a zip holds more names than a limit: `zipfile` needs 20 s and 300 MiB for a million.

    Parameters
    ----------
    stream
        Readable and seekable; it is left at some place.
    limit
        So many may be.
    check
        Called between steps; what it raises ends the counting.

    Returns
    -------
    bool
        False also for what is no zip: `zipfile` says that in its own words.

    Raises
    ------
    OSError
        As the file system says.
    """
    # What `zipfile` itself will read: another search for the end could be led to another list.
    end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]  # not in the stub: private
    if not end:
        return False
    if end[_TOTAL] > limit or end[_SIZE] > limit * _BYTES_A_NAME:
        return True
    # The number may be a lie: `zipfile` goes by the list's size, wherever the list is said to begin.
    place, found, tail = max(0, end[_PLACE] - end[_SIZE] - _ZIP64_END), 0, b""
    stream.seek(place)
    while place < end[_PLACE]:
        check()
        part = stream.read(min(_STEP, end[_PLACE] - place))
        if not part:
            break
        place += len(part)
        found += (tail + part).count(_ENTRY)
        tail = part[1 - len(_ENTRY) :]
        if found > limit:
            return True
    return False
