"""What the window's bare frame must know first: where its settings lie, and the theme they name."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from alnreader.gui import theme


def settings_file() -> Path:
    """Return where the settings of this user lie."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(folder) / "settings.json"


def kept_theme(settings: Path) -> str:
    """Return the theme that a settings file names; the default where it names none.

    What is wrong with the file is told a moment later, by `alnreader.gui.settings.read_settings`.
    """
    try:
        values = json.loads(settings.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return theme.DEFAULT
    chosen = values.get("theme") if isinstance(values, dict) else None
    return chosen if chosen in theme.THEMES else theme.DEFAULT
