"""What a DICOMDIR lists (PS3.3 F): used to tell which files are missing, as its folder is read anyway."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from alnreader.dicom.files import Location
from alnreader.dicom.header import BROKEN, open_content, parse_header
from alnreader.dicom.refusal import Refusal

_MAX_NAMED = 3


def is_dicomdir(name: str) -> bool:
    """Whether that is the name of a DICOMDIR (PS3.10 8.6)."""
    return name.upper() in ("DICOMDIR", "DICOMDIR.")


def listed_files(location: Location) -> tuple[str, ...]:
    """Return the files that a DICOMDIR refers to, as relative paths with ``/``.

    Raises
    ------
    Refusal
        If it is damaged, or a path leads out of its folder.
    """
    with open_content(location) as (stream, syntax, start):
        header = parse_header(stream, syntax, start)
        listed = []
        try:
            for record in header.items(0x00041220):
                parts = header.words(0x00041500, record)
                if parts:
                    listed.append("/".join(parts))
        except BROKEN as error:
            raise Refusal(f"damaged directory: {error}") from error
    for path in listed:
        if ".." in PurePosixPath(path).parts or path.startswith("/"):
            raise Refusal(f"its directory leads out of its folder: {path}")
    return tuple(dict.fromkeys(listed))


def missing_note(location: Location, present: frozenset[str]) -> str:
    """Return why a DICOMDIR stands in the list of what was skipped.

    Parameters
    ----------
    location
        Of the DICOMDIR on disk.
    present
        Upper-case paths of all files that were found, as text.
    """
    listed = listed_files(location)
    folder = location.folder
    missing = [
        path
        for path in listed
        if not {_joined(folder, path), _joined(folder, path) + ".DCM", _joined(folder, path) + ";1"} & present
    ]
    if not missing:
        return ""
    named = ", ".join(missing[:_MAX_NAMED]) + (", ..." if len(missing) > _MAX_NAMED else "")
    return f"directory: {len(missing)} of the {len(listed)} files that it lists are not there: {named}"


def _joined(folder: str, path: str) -> str:
    if "!/" in folder or folder.lower().endswith(".zip"):
        return f"{folder}{'/' if '!/' in folder else '!/'}{path}".upper()
    return str(Path(folder) / path).upper()
