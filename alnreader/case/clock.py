"""The one place that reads the time, so that a test or a reproducible run can set it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, tzinfo


def now() -> datetime:
    """Return the current time in the local zone.

    ``SOURCE_DATE_EPOCH`` (seconds, reproducible-builds.org) replaces it where set, in UTC.
    """
    fixed = _fixed()
    return datetime.now().astimezone() if fixed is None else datetime.fromtimestamp(fixed, tz=UTC)


def zone_at(moment: datetime) -> tzinfo:
    """Return the offset of the local zone at a moment of local time, summer time regarded."""
    zone = moment.astimezone().tzinfo if _fixed() is None else None
    return zone or UTC


def _fixed() -> int | None:
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    return int(fixed) if fixed is not None and fixed.isdecimal() else None


NO_DATE = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands where a time was removed and a document needs one: in exports without identity."""
