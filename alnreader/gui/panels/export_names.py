"""The names of what an export writes."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

Names = tuple[Path | None, Path | None, Path | None, Path | None]
"""Where PDF, JSON, pictures and DICOM objects go; None: not asked for."""


def new_names(wanted: Names, taken: Set[Path]) -> Names:
    """Return these paths, or all of them with the next number: no export replaces what another one wrote.

    ``taken`` are those of exports that may still be under way.
    """
    names, number = wanted, 1
    while any(path is not None and (path in taken or path.exists()) for path in names):
        number += 1
        report, json, pictures, dicom = (
            path and path.with_name(f"{path.stem}-{number}{path.suffix}") for path in wanted
        )
        names = (report, json, pictures, dicom)
    return names
