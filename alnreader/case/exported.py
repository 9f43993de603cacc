"""Structured reports of a reading that have left the program: an amended one names the one it replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alnreader.case.protocol import HumanReading, ReadingState


@dataclass(frozen=True)
class ExportedReport:
    """One structured report that was written or sent.

    Attributes
    ----------
    signatures
        Signed versions of the reading when it was made; 0: it was preliminary.
    study, series, instance, sop_class
        UIDs of the object.
    """

    signatures: int
    study: str
    series: str
    instance: str
    sop_class: str


def predecessor_of(human: HumanReading | None, reports: Sequence[ExportedReport]) -> ExportedReport | None:
    """Return the report that one of the reading as it stands replaces (PS3.3 C.17.2.1), or None.

    Parameters
    ----------
    human
        The reading.
    reports
        All that were exported of it, the oldest first. A report of the same version is no predecessor: it
        says the same.
    """
    if human is None:
        return None
    before = len(human.versions) + (human.state is ReadingState.AMENDED)
    return next((report for report in reversed(reports) if report.signatures < before), None)
