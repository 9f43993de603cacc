"""What a signature is under: one hash over case, score and report, and over the signature before it."""

from __future__ import annotations

import hashlib

from alnreader.case.patient import Patient, Study
from alnreader.case.protocol import SignedVersion
from alnreader.case.score import Score
from alnreader.store.document import Document, KeptState
from alnreader.store.plain import canonical, to_plain


def seal(
    patient: Patient,
    studies: tuple[Study, ...],
    state: KeptState,
    score: Score | None,
    report: bytes,
    version: SignedVersion,
    previous: str,
) -> str:
    """Return the SHA-256 that a signature is kept with.

    Parameters
    ----------
    patient, studies, state
        The case; masks are named by their own hashes.
    score
        As signed, None without a model.
    report
        The reading's document, as bytes.
    version
        Final read, name and time.
    previous
        Seal of the version before, empty for the first: a version cannot be taken out.
    """
    parts = {
        "case": [to_plain(patient), to_plain(studies), to_plain(state)],
        "score": to_plain(score),
        "report": hashlib.sha256(report).hexdigest(),
        "version": to_plain(version),
        "previous": previous,
    }
    return hashlib.sha256(canonical(parts)).hexdigest()


def broken_seals(document: Document, reports: dict[str, bytes]) -> tuple[int, ...]:
    """Return the numbers, from 1, of the signatures under which something was changed."""
    broken, previous = [], ""
    for number, (kept, version) in enumerate(zip(document.signed, document.human.versions, strict=True), 1):
        made = seal(
            document.patient,
            document.studies,
            kept.state,
            kept.score,
            reports.get(kept.report, b""),
            version,
            previous,
        )
        if made != kept.seal:
            broken.append(number)
        previous = kept.seal
    return tuple(broken)
