"""What a program that was ended has left in the system's folder for temporary files: objects with names."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from alnreader.paths import SCRATCH_PREFIX

_NAME: Final = re.compile(re.escape(SCRATCH_PREFIX) + r"[a-z0-9_]{8}")
"""As `tempfile.mkdtemp` makes them of the prefix; others of the program are longer (``alnreader-signs-``)."""

AGE: Final = timedelta(days=1)
"""Younger ones may belong to a program that runs: making objects takes seconds."""


def remove_leftovers(now: datetime, folder: Path | None = None) -> int:
    """Remove this user's old folders; return how many.

    Parameters
    ----------
    now
        With a time zone.
    folder
        The system's for temporary files if not given.
    """
    count = 0
    with contextlib.suppress(OSError):  # no such folder
        for path in (folder or Path(tempfile.gettempdir())).iterdir():
            if _NAME.fullmatch(path.name) and _is_old(path, now):
                shutil.rmtree(path, ignore_errors=True)
                count += 1
    return count


def _is_old(path: Path, now: datetime) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    is_ours = stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
    return is_ours and now.timestamp() - found.st_mtime > AGE.total_seconds()
