"""The text of the settings file: the bare frame needs a word of it before the program stands."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 1 << 20
"""A thousand times what the program writes: more is no settings file, and is not read into memory."""


def settings_text(path: Path) -> str:
    """Return the text of a settings file.

    Raises
    ------
    OSError
        If it cannot be read; FileNotFoundError where there is none.
    ValueError
        If it is a device or a pipe, of which reading would not come back, too long, or no text.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError("a device or a pipe")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    return content.decode("utf-8-sig")  # an editor may put a byte order mark
