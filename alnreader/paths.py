"""Where the program's own data lies: the shipped models, the resources, and what a user's work leaves."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

SCRATCH_PREFIX = "alnreader-"
"""Of temporary folders in which a reading is made ready for the PACS, or without identity; what a program
that was ended has left of them is removed (`alnreader.gui.leftovers`)."""


def data_dir() -> Path:
    """Return the folder that holds ``models`` and ``resources``.

    Returns
    -------
    Path
        A frozen program's unpacked folder (``sys._MEIPASS``), an installed wheel's ``alnreader/_data``, or
        the root of the source tree.
    """
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        return Path(frozen)
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent


def user_data_dir() -> Path:
    """Return the folder of this user's work list, cases and logs (it need not exist).

    The same as Qt's ``AppDataLocation`` for the name ``alnreader``, without Qt.
    """
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        named = os.environ.get("XDG_DATA_HOME", "")
        base = Path(named) if named.startswith("/") else Path.home() / ".local" / "share"
    return base / "alnreader"


def models_dir() -> Path:
    """Return the folder of the shipped bundles, one directory a bundle (it need not exist)."""
    return data_dir() / "models"


def resources_dir() -> Path:
    """Return the folder of icons, style sheet, translations, fonts and help pages (it need not exist)."""
    return data_dir() / "resources"
