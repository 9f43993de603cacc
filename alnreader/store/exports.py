"""The journal for an audit, and all reads as a table for a reader study."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from alnreader.case.assessment import Assessment
from alnreader.case.protocol import Event
from alnreader.case.sheet import harmless
from alnreader.store.journal import Entry
from alnreader.store.loading import Stored, without_pixels
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
    "clock_back",
)
"""One row a signed version, or one a case that is not signed. Times are ISO 8601 with zone.

Edits are those of the version: from the opening, or its amendment, to its signature. Where the clock was set
back in that time, ``clock_back`` says so and no seconds are given: they would be made up.
"""

_EDITS = (Event.EDIT_REGION, Event.PROPOSE, Event.SET_INCLUDED)


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
    return harmless(value) if isinstance(value, str) else value


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
    }
    times = _stations(stored.entries)
    if not human.versions:
        score = document.score
        seen = human.score_visible and score is not None and without_pixels(stored).case.is_current(score)
        return [{**base, **_score(score if seen else None), **times[-1], "version": ""}]
    rows = []
    for number, (version, kept) in enumerate(zip(human.versions, document.signed, strict=True), start=1):
        final = version.final_read
        rows.append(
            {
                **base,
                **times[min(number, len(times)) - 1],
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
    # Where no image counts there is no probability of this patient.
    low, high = ("", "") if score.of_no_image else score.interval
    return {
        "score": "" if score.of_no_image else score.probability,
        "score_low": low,
        "score_high": high,
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


def _stations(entries: Sequence[Entry]) -> list[dict[str, object]]:
    """Return when the reading passed its stations, for each version, by the journal alone.

    The last one is that of the version that is not signed yet. A discarded amendment leaves nothing.
    """
    result: list[dict[str, object]] = []
    locked: Entry | None = None
    seen: Entry | None = None
    before = after = 0
    for entry in entries:
        if entry.event == Event.LOCK_FIRST_READ:
            locked = entry
        elif entry.event == Event.UNLOCK_FIRST_READ:
            locked = None
        elif entry.event == Event.REVEAL:
            seen = entry
        elif entry.event == Event.AMEND:
            before = after = 0
        elif entry.event in _EDITS:
            before += 1
        elif entry.event == Event.EDIT_AFTER_REVEAL:
            after += 1
        elif entry.event == Event.SIGN:
            result.append(_times(entries, locked, seen, entry, before, after))
    result.append(_times(entries, locked, seen, None, before, after))
    return result


def _times(
    entries: Sequence[Entry],
    locked: Entry | None,
    seen: Entry | None,
    signed: Entry | None,
    before: int,
    after: int,
) -> dict[str, object]:
    upto = signed or entries[-1]
    return {
        "first_locked": locked.at.isoformat() if locked else "",
        "revealed": seen.at.isoformat() if seen else "",
        "edits_before_reveal": before,
        "edits_after_reveal": after,
        "seconds_to_first_read": _seconds(entries, entries[0], locked),
        "seconds_from_reveal_to_signature": _seconds(entries, seen, signed),
        "clock_back": any(entry.clock_back for entry in entries[1 : upto.number]),
    }


def _seconds(entries: Sequence[Entry], start: Entry | None, end: Entry | None) -> object:
    """Return the time between two entries; none where the clock was set back in between."""
    if start is None or end is None or any(one.clock_back for one in entries[start.number : end.number]):
        return ""
    seconds = round((end.at - start.at).total_seconds(), 1)
    return seconds if seconds >= 0 else ""
