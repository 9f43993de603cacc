"""What the journal of a case tells of the reports that were exported of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from alnreader.case.exported import ExportedReport
from alnreader.store.journal import Entry

_KEY = "report"


def report_details(report: ExportedReport | None) -> dict[str, object]:
    """Return the details by which a journal entry of an export tells of its report; none of no report."""
    return {} if report is None else {_KEY: dataclasses.asdict(report)}


def exported_reports(entries: Iterable[Entry]) -> tuple[ExportedReport, ...]:
    """Return the reports that a journal tells of, the oldest first; none that it does not tell whole."""
    found = []
    for entry in entries:
        told = entry.details.get(_KEY)
        if not isinstance(told, Mapping):
            continue
        count = told.get("signatures")
        uids = [told.get(name) for name in ("study", "series", "instance", "sop_class")]
        if isinstance(count, int) and all(isinstance(uid, str) and uid for uid in uids):
            study, series, instance, sop_class = map(str, uids)
            found.append(ExportedReport(count, study, series, instance, sop_class))
    return tuple(found)
