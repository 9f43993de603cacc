"""Where nodes, the export queue and received studies lie for this user; the window uses the same places."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from alnreader.paths import user_data_dir

NODES, QUEUE, INBOX = "pacs.json", "export-queue", "received"
"""File of the nodes in the folder of the settings; folders of the export queue and of received studies in the
folder of the data."""

_APP = "alnreader"


def config_folder() -> Path:
    """Return the folder of the settings (what Qt calls AppConfigLocation), which need not exist."""
    if sys.platform == "win32":
        return _windows_folder()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Preferences" / _APP
    return _xdg("XDG_CONFIG_HOME", ".config")


def nodes_file() -> Path:
    """Return the file of the PACS nodes."""
    return config_folder() / NODES


def queue_folder() -> Path:
    """Return the folder of the export queue."""
    return user_data_dir() / QUEUE


def inbox_folder() -> Path:
    """Return the folder that the window receives studies into."""
    return user_data_dir() / INBOX


def _xdg(variable: str, default: str) -> Path:
    # The XDG specification: a relative path in the variable is to be ignored.
    value = os.environ.get(variable, "")
    return (Path(value) if Path(value).is_absolute() else Path.home() / default) / _APP


def _windows_folder() -> Path:
    value = os.environ.get("LOCALAPPDATA")
    return (Path(value) if value else Path.home() / "AppData" / "Local") / _APP
