"""How the window was left last, in a JSON file of its own.

Not with QSettings: PySide6 reads any Python object out of its files, as a pickle (docs/decisions/0258).
"""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from alnreader.gui.settings_text import settings_text

PARTS = ("film", "rail")
"""Parts of the window that can be hidden."""


@dataclass(frozen=True)
class KeptLayout:
    """Place and size of the window and its parts.

    Attributes
    ----------
    geometry, splitter
        As Qt packs them; empty where they are not known.
    hidden
        Those of `PARTS` that were not shown.
    """

    geometry: bytes = b""
    splitter: bytes = b""
    hidden: frozenset[str] = frozenset()


def read_layout(path: Path) -> KeptLayout:
    """Return what a file tells; of a missing or broken one, what can be told: a layout is nothing to lose."""
    try:
        values = json.loads(settings_text(path))
    except (OSError, ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        return KeptLayout()
    hidden = values.get("hidden")
    return KeptLayout(
        _bytes(values.get("geometry")),
        _bytes(values.get("splitter")),
        frozenset(part for part in PARTS if isinstance(hidden, list) and part in hidden),
    )


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return base64.b64decode(value, validate=True)
    return b""


def save_layout(path: Path, layout: KeptLayout) -> None:
    """Write the file whole; where it cannot be written, the window stands as before at the next start."""
    from alnreader.case.atomic import write_bytes
    from alnreader.case.errors import CannotWriteError

    values = {
        "geometry": base64.b64encode(layout.geometry).decode("ascii"),
        "splitter": base64.b64encode(layout.splitter).decode("ascii"),
        "hidden": sorted(layout.hidden),
    }
    with contextlib.suppress(CannotWriteError):
        write_bytes(path, (json.dumps(values, indent=1) + "\n").encode())
