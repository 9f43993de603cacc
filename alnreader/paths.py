"""Where the program's own data lies: the shipped models and the resources."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


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


def models_dir() -> Path:
    """Return the folder of the shipped bundles, one directory a bundle (it need not exist)."""
    return data_dir() / "models"


def resources_dir() -> Path:
    """Return the folder of icons, style sheet, translations, fonts and help pages (it need not exist)."""
    return data_dir() / "resources"
