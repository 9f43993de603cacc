"""What the window's bare frame must know first: where its settings lie, the theme they name, and its size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from PySide6.QtCore import QStandardPaths

from alnreader.gui import theme
from alnreader.gui.settings_text import settings_text

SIZE: Final = (1366, 768)
"""Pixels, where nothing is remembered; on a larger screen it is more (`first_size`)."""
_TITLE_BAR: Final = 40
"""Pixels that the desktop's own frame may take above and below a window."""
_SHARE: Final = 0.85
"""Of a large screen: most of it for the picture, with the desktop still in sight."""


def settings_file() -> Path:
    """Return where the settings of this user lie."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(folder) / "settings.json"


def kept_theme(settings: Path) -> str:
    """Return the theme that a settings file names; the default where it names none.

    What is wrong with the file is told a moment later, by `alnreader.gui.settings.read_settings`.
    """
    try:
        values = json.loads(settings_text(settings))
    except (OSError, ValueError, RecursionError):
        return theme.DEFAULT
    chosen = values.get("theme") if isinstance(values, dict) else None
    return chosen if chosen in theme.THEMES else theme.DEFAULT


def first_size(width: int, height: int) -> tuple[int, int] | None:
    """Return how large the window is on a screen on which it has never been; None: as large as the screen.

    Parameters
    ----------
    width, height
        What a window may take of the screen, in pixels of the desktop.
    """
    if width < SIZE[0] or height < SIZE[1] + _TITLE_BAR:
        return None
    return max(SIZE[0], int(width * _SHARE)), max(SIZE[1], int(height * _SHARE))
