"""The journal for an audit, and all reads as a table for a reader study."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from alnreader.case.assessment import Assessment
from alnreader.case.protocol import Event
from alnreader.store.journal import Entry
from alnreader.store.loading import Stored
from alnreader.store.plain import to_plain

_JOURNAL_COLUMNS = (
    "case",
    "number",
    "at",
    "clock_back",
    "who",
    "event",
    "action",
    "state",
    "image_uid",
    "image_frame",
    "details",
    "program",
    "content",
    "previous",
    "hash",
)
READS_COLUMNS = (
    "case",
    "patient_id",
    "study_date",
    "mode",
    "state",
    "version",
    "reader",
    "opened",
    "first_status",
    "first_confidence",
    "first_cortex_mm",
    "first_hilum",
    "first_shape",
    "first_entered",
    "first_locked",
    "revealed",
    "score",
    "score_low",
    "score_high",
    "threshold",
    "model",
    "model_version",
    "model_sha256",
    "demonstration",
    "final_status",
    "final_confidence",
    "final_cortex_mm",
    "final_hilum",
    "final_shape",
    "decision",
    "reason",
    "final_entered",
    "signed_by",
    "signed",
    "amendment_reason",
    "edits_before_reveal",
    "edits_after_reveal",
    "seconds_to_first_read",
    "seconds_from_reveal_to_signature",
)
"""One row a signed version, or one a case that is not signed. Times are ISO 8601 with zone."""

_UNSAFE = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that begins so as a formula (CWE-1236)."""


def journal_csv(entries: Iterable[Entry]) -> bytes:
    """Return journal entries as CSV (UTF-8 with a byte order mark, for spreadsheets), in their order."""
    rows = []
    for entry in entries:
        plain = to_plain(entry)
        image = plain.pop("image")
        plain["image_uid"] = "" if image is None else image["uid"]
        plain["image_frame"] = "" if image is None else image["frame"]
        plain["details"] = json.dumps(plain["details"], ensure_ascii=False, sort_keys=True)
        rows.append([plain[name] for name in _JOURNAL_COLUMNS])
    return _csv(_JOURNAL_COLUMNS, rows)


def reads_csv(cases: Iterable[Stored], *, identity: bool = True) -> bytes:
    """Return the reads of all cases as CSV.

    Parameters
    ----------
    cases
        As kept.
    identity
        False leaves patient ID and study date empty; the case's own identifier says nothing of the patient.
    """
    rows = [row for case in cases for row in _rows(case, identity)]
    return _csv(READS_COLUMNS, [[row.get(name, "") for name in READS_COLUMNS] for row in rows])


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    # Lone surrogates of an odd path have no UTF-8.
    return b"\xef\xbb\xbf" + buffer.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(_UNSAFE):
        return "'" + value
    return value


def _rows(stored: Stored, identity: bool) -> list[dict[str, object]]:
    document, human = stored.document, stored.document.human
    days = [study.study_date for study in document.studies if study.study_date is not None]
    base: dict[str, object] = {
        "case": document.case,
        "patient_id": document.patient.patient_id if identity else "",
        "study_date": max(days).isoformat() if days and identity else "",
        "mode": human.mode.value,
        "state": human.state.value,
        "opened": stored.entries[0].at.isoformat(),
        **_judgement("first", human.first_read),
        **_milestones(stored.entries),
    }
    if not human.versions:
        return [{**base, **_score(document.score if human.score_visible else None), "version": ""}]
    rows = []
    for number, (version, kept) in enumerate(zip(human.versions, document.signed, strict=True), start=1):
        final = version.final_read
        rows.append(
            {
                **base,
                **_score(kept.score),
                **_judgement("final", final.assessment),
                "version": number,
                "decision": final.decision.value,
                "reason": final.reason,
                "reader": final.assessment.reader,
                "signed_by": version.signed_by,
                "signed": version.when.isoformat(),
                "amendment_reason": version.amendment_reason,
            }
        )
    return rows


def _score(score: object) -> dict[str, object]:
    from alnreader.case.score import Score

    if not isinstance(score, Score):
        return {}
    model = score.run.model
    return {
        "score": score.probability,
        "score_low": score.interval[0],
        "score_high": score.interval[1],
        "threshold": score.threshold,
        "model": model.name,
        "model_version": model.version,
        "model_sha256": model.sha256,
        "demonstration": model.demonstration,
    }


def _judgement(which: str, read: Assessment | None) -> dict[str, object]:
    if read is None:
        return {}
    criteria = read.criteria
    values: dict[str, object] = {
        f"{which}_status": read.status.value,
        f"{which}_confidence": read.confidence,
        f"{which}_cortex_mm": criteria.cortex_mm,
        f"{which}_hilum": None if criteria.hilum is None else criteria.hilum.value,
        f"{which}_shape": None if criteria.shape is None else criteria.shape.value,
        f"{which}_entered": read.when.isoformat(),
    }
    return {**values, "reader": read.reader} if which == "first" else values


def _milestones(entries: Sequence[Entry]) -> dict[str, object]:
    """Return when the reading passed its stations, by the journal and not by what was entered."""
    times: dict[str, datetime] = {}
    for entry in entries:
        if entry.event in (Event.LOCK_FIRST_READ, Event.REVEAL):
            times[entry.event] = entry.at
        elif entry.event == Event.SIGN:
            times.setdefault(entry.event, entry.at)
    started, locked = entries[0].at, times.get(Event.LOCK_FIRST_READ)
    seen, signed = times.get(Event.REVEAL), times.get(Event.SIGN)
    edits = (Event.EDIT_REGION, Event.PROPOSE, Event.SET_INCLUDED)
    return {
        "first_locked": locked.isoformat() if locked else "",
        "revealed": seen.isoformat() if seen else "",
        "edits_before_reveal": sum(entry.event in edits for entry in entries),
        "edits_after_reveal": sum(entry.event == Event.EDIT_AFTER_REVEAL for entry in entries),
        "seconds_to_first_read": round((locked - started).total_seconds(), 1) if locked else "",
        "seconds_from_reveal_to_signature": (
            round((signed - seen).total_seconds(), 1) if signed and seen else ""
        ),
    }
