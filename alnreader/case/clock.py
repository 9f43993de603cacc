"""The one place that reads the time, so that a test or a reproducible run can set it."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in the local zone.

    ``SOURCE_DATE_EPOCH`` (seconds, reproducible-builds.org) replaces it where set, in UTC.
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    if fixed is not None and fixed.isdecimal():
        return datetime.fromtimestamp(int(fixed), tz=UTC)
    return datetime.now().astimezone()


NO_DATE = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands where a time was removed and a document needs one: in exports without identity."""
