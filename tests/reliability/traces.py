"""What a reading says, as one short word: the same before a kill and after it, or something was changed.

Written without the store's own document, which is what is tried.
"""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date, datetime
from enum import Enum

from alnreader.case.case import Case
from alnreader.case.image import ImageKey
from alnreader.case.region import Region
from alnreader.case.score import Score
from alnreader.store.snapshot import Snapshot


def reading_trace(snapshot: Snapshot) -> str:
    """Return a trace of everything but the newest score and the network's own outlines, pixel by pixel.

    Which image is looked at is no part of it: turning to another one is no action, and a note after it tells.
    """
    signed = [(_case(one.case), _score(one.score)) for one in snapshot.signed]
    left = sorted(
        (_key(key), _regions(regions), revision) for key, (regions, revision) in snapshot.left_frames.items()
    )
    parts = (_case(snapshot.case), snapshot.human, signed, left)
    return _short(parts)


def outlines_trace(snapshot: Snapshot) -> str:
    """Return a trace of what the network has outlined, also where it found nothing."""
    return _short(sorted((_key(key), _regions(regions)) for key, regions in snapshot.proposals.items()))


def score_trace(snapshot: Snapshot) -> str:
    """Return a trace of the newest score; ``-`` where there is none."""
    if snapshot.score is None:
        return "-"
    return _short((_score(snapshot.score), snapshot.score_full))


def _short(value: object) -> str:
    return hashlib.sha256(repr(_plain(value)).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _plain(value: object) -> object:
    """Return a value without what is another one in memory only, such as the name of a time zone."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [_plain(getattr(value, one.name)) for one in dataclasses.fields(value)]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(value)
    return value


def _key(key: ImageKey) -> str:
    return f"{key.uid}/{key.frame}"


def _regions(regions: tuple[Region, ...]) -> list[object]:
    return [
        (
            region.kind.value,
            region.origin.value,
            region.confirmed,
            region.mask.shape,
            hashlib.sha256(region.mask.tobytes()).hexdigest(),
        )
        for region in regions
    ]


def _case(case: Case) -> list[object]:
    images = [
        (
            _key(image.key),
            image.rows,
            image.columns,
            _regions(case.regions_of(image.key)),
            image.key in case.excluded,
            case.input_revision(image.key),
        )
        for image in case.images
    ]
    return [case.patient, case.studies, images]


def _score(score: Score | None) -> object:
    if score is None:
        return None
    revisions = sorted((_key(key), revision) for key, revision in score.run.revisions.items())
    return score.probability, score.interval, score.baseline, score.images, score.warnings, revisions
