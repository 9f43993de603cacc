"""What a signature is under: one hash over case, score and report, and over the signature before it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from alnreader.case.patient import Patient, Study
from alnreader.case.protocol import Event, ReadingState, SignedVersion
from alnreader.case.score import Score
from alnreader.store.document import Document, KeptImage, KeptSignature, KeptState
from alnreader.store.handle import RESCUED
from alnreader.store.journal import Entry
from alnreader.store.plain import canonical, to_plain


def seal(
    patient: Patient,
    studies: tuple[Study, ...],
    state: KeptState,
    score: Score | None,
    report: bytes,
    version: SignedVersion,
    previous: str,
    images: tuple[KeptImage, ...],
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
    images
        Those of the case, with calibration, side and the hash of the picture; not where it lies. None in
        format version 1.
    """
    parts: dict[str, object] = {
        "case": [to_plain(patient), to_plain(studies), to_plain(state)],
        "score": to_plain(score),
        "report": hashlib.sha256(report).hexdigest(),
        "version": to_plain(version),
        "previous": previous,
    }
    if images:
        parts["images"] = [_facts(image, pixels=True) for image in images]
    return hashlib.sha256(canonical(parts)).hexdigest()


def _facts(image: KeptImage, *, pixels: bool) -> dict[str, Any]:
    """Return what an image is, whatever the place of its file."""
    plain: dict[str, Any] = to_plain(image)
    file = plain.pop("file")
    del plain["source"]
    return {**plain, "size": file["size"], "sha256": file["sha256"]} if pixels else plain


def seals_told(entries: Sequence[Entry]) -> list[object]:
    """Return the seals that the journal tells of: a signature cannot be made anew without its entry."""
    told: list[object] = []
    for entry in entries:
        if entry.event == Event.SIGN:
            told.append(entry.details.get("seal"))
        elif entry.action == RESCUED and isinstance(seals := entry.details.get("seals"), list | tuple):
            told = list(seals)
    return told


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
            kept.images,
        )
        last = number == len(document.signed) and document.human.state is ReadingState.SIGNED
        if made != kept.seal or (last and kept.images and not _as_signed(kept, document)):
            broken.append(number)
        previous = kept.seal
    return tuple(broken)


def _as_signed(kept: KeptSignature, document: Document) -> bool:
    """Whether what is shown is what was signed; a picture whose file is another one is told elsewhere."""
    signed, now = kept.images, document.images
    return (
        [_facts(image, pixels=False) for image in signed] == [_facts(image, pixels=False) for image in now]
        and _state(kept.state) == _state(document.state)
        and (kept.score is None or to_plain(kept.score) == to_plain(document.score))
    )


def _state(state: KeptState) -> tuple[object, ...]:
    counts = {key: count for key, count in state.revisions.items() if count}
    return state.images, {key: kept for key, kept in state.regions.items() if kept}, state.excluded, counts
