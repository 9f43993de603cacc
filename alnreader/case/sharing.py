"""Whose the files are that could not be read: a patient's report must not name another patient's files."""

from __future__ import annotations

import os
from collections.abc import Sequence

from alnreader.case.case import Case, Skipped


def share_skipped(cases: Sequence[Case], skipped: Sequence[Skipped]) -> list[tuple[Skipped, ...]]:
    """Return, for each patient, the skipped files of its own folders and those of no patient's folder.

    Parameters
    ----------
    cases : sequence of Case
        Every patient that was found beside the skipped files.
    skipped : sequence of Skipped

    Returns
    -------
    list of tuple of Skipped
        In the order of `cases`.
    """
    folders = [{folder_of(image.source) for image in case.images} for case in cases]
    everyone = set().union(*folders)
    return [
        tuple(skip for skip in skipped if (place := folder_of(skip.path)) in own or place not in everyone)
        for own in folders
    ]


def folder_of(source: str, separator: str = os.sep) -> str:
    """Return the folder of a source, in which a zip ends with ``!/`` on every system."""
    return source.replace(separator, "/").rpartition("/")[0]
