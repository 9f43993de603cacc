"""A snapshot as ``case.json``, and back. The classes are the file format: another field, another version."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alnreader.case.case import Case, Skipped
from alnreader.case.errors import CaseFileError, InvalidValueError
from alnreader.case.image import CalibrationRegion, ImageKey, UltrasoundImage
from alnreader.case.language import mark
from alnreader.case.patient import Patient, Study
from alnreader.case.protocol import HumanReading
from alnreader.case.region import Mask, Origin, Region, RegionKind
from alnreader.case.score import Score
from alnreader.store.pixels import MissingPixels, Source
from alnreader.store.plain import from_plain, to_plain
from alnreader.store.snapshot import LeftFrame, SignedCase, Snapshot

FORMAT = "alnreader.case"
VERSION = 2
"""Counts up whenever an older program would misread a newer file. `_MIGRATIONS` leads on from earlier."""


def _to_2(plain: dict[str, Any]) -> dict[str, Any]:
    """Signatures name the images that they stand under; those of version 1 do not."""
    return {**plain, "version": 2}


_MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _to_2}
"""From a version to the next one."""

MaskName = str
NameMask = Callable[[ImageKey, Region], MaskName]
LoadMask = Callable[[MaskName, tuple[int, int]], Mask]


@dataclass(frozen=True)
class KeptImage:
    """An image without its pixels; ``uid`` is its identity, the frame that is read stands in the state."""

    uid: str
    file: Source
    rows: int
    columns: int
    is_dicom: bool
    number_of_frames: int
    source: str
    frame_time: float | None = None
    calibration: tuple[CalibrationRegion, ...] = ()
    laterality: str = ""
    acquired: datetime | None = None
    study: str = ""
    series_instance_uid: str = ""
    series_number: int | None = None
    series_description: str = ""
    instance_number: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeptRegion:
    """A region, its mask in a file of its own."""

    kind: RegionKind
    origin: Origin
    confirmed: bool
    revision: int
    mask: MaskName


@dataclass(frozen=True)
class KeptFrame:
    """Regions of a frame that is not read now, with its input revision."""

    regions: tuple[KeptRegion, ...]
    revision: int


@dataclass(frozen=True)
class KeptState:
    """What can change in a case: the frame read of each image, in order, and what lies on them."""

    images: tuple[ImageKey, ...]
    regions: Mapping[ImageKey, tuple[KeptRegion, ...]]
    excluded: frozenset[ImageKey]
    revisions: Mapping[ImageKey, int]


@dataclass(frozen=True)
class KeptSignature:
    """What a signature stands under. ``seal`` is `alnreader.store.seal` over case, score and report.

    ``images`` are those of the case as they were; none in a signature of format version 1.
    """

    state: KeptState
    score: Score | None
    report: str
    seal: str
    images: tuple[KeptImage, ...] = ()


@dataclass(frozen=True)
class Document:
    """All of ``case.json``."""

    format: str
    version: int
    program: str
    case: str
    patient: Patient
    studies: tuple[Study, ...]
    images: tuple[KeptImage, ...]
    state: KeptState
    human: HumanReading
    current: ImageKey
    skipped: tuple[Skipped, ...] = ()
    score: Score | None = None
    score_full: bool = False
    proposals: Mapping[ImageKey, tuple[KeptRegion, ...]] = dataclasses.field(default_factory=dict)
    left_frames: Mapping[ImageKey, KeptFrame] = dataclasses.field(default_factory=dict)
    signed: tuple[KeptSignature, ...] = ()


_IMAGE_FIELDS = tuple(
    field.name for field in dataclasses.fields(KeptImage) if field.name not in ("uid", "file")
)


def state_of(case: Case, name: NameMask) -> KeptState:
    """Return what can change in a case."""
    return KeptState(
        images=tuple(image.key for image in case.images),
        regions={key: _kept(key, regions, name) for key, regions in case.regions.items() if regions},
        excluded=case.excluded,
        revisions=dict(case.revisions),
    )


def images_of(case: Case, source: Callable[[UltrasoundImage], Source]) -> tuple[KeptImage, ...]:
    """Return the images of a case without their pixels."""
    return tuple(
        KeptImage(
            uid=image.key.uid,
            file=source(image),
            **{field: getattr(image, field) for field in _IMAGE_FIELDS},
        )
        for image in case.images
    )


def _kept(key: ImageKey, regions: tuple[Region, ...], name: NameMask) -> tuple[KeptRegion, ...]:
    return tuple(
        KeptRegion(region.kind, region.origin, region.confirmed, region.revision, name(key, region))
        for region in regions
    )


def document_of(
    snapshot: Snapshot,
    case_id: str,
    program: str,
    source: Callable[[UltrasoundImage], Source],
    name: NameMask,
    signature: Callable[[int, SignedCase], KeptSignature],
) -> Document:
    """Return the document of a snapshot.

    Parameters
    ----------
    source
        Where the pixels of an image are.
    name
        Puts a mask into the package and returns its name there.
    signature
        The number of a signed version, from 0, and what it stands under, as kept.
    """
    case = snapshot.case
    return Document(
        format=FORMAT,
        version=VERSION,
        program=program,
        case=case_id,
        patient=case.patient,
        studies=case.studies,
        images=images_of(case, source),
        state=state_of(case, name),
        human=snapshot.human,
        current=snapshot.current,
        skipped=snapshot.skipped,
        score=snapshot.score,
        score_full=snapshot.score_full,
        proposals={key: _kept(key, regions, name) for key, regions in snapshot.proposals.items()},
        left_frames={
            key: KeptFrame(_kept(key, regions, name), revision)
            for key, (regions, revision) in snapshot.left_frames.items()
        },
        signed=tuple(signature(number, signed) for number, signed in enumerate(snapshot.signed)),
    )


def read_document(plain: object, file: str) -> Document:
    """Check a parsed ``case.json`` and return it, brought up to this program's version.

    Raises
    ------
    CaseFileError
        If it is none, of a newer program, or wrong anywhere.
    """
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise CaseFileError(mark("{file} is not a saved case of ALN Reader.").format(file=file))
    version = plain.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CaseFileError(
            mark("{file}: a saved case without a version. It was changed by another program.").format(
                file=file
            )
        )
    if version > VERSION:
        raise CaseFileError(
            mark(
                "{file} was saved by a newer ALN Reader ({program}; format "
                "{version}, this program knows {VERSION}). Open it with that program."
            ).format(
                file=file,
                program=f"{plain.get('program', 'unknown')!s:.40}",
                version=f"{version!s:.40}",
                VERSION=VERSION,
            )
        )
    try:
        while version < VERSION:
            plain = _MIGRATIONS[version](plain)
            version += 1
        document: Document = from_plain(Document, plain)
    except InvalidValueError as error:
        raise CaseFileError(
            mark("{file}: the saved case is damaged: {reason}.").format(file=file, reason=error)
        ) from error
    return document


def snapshot_of(document: Document, load: LoadMask, report: Callable[[str], bytes], file: str) -> Snapshot:
    """Build the snapshot that a document describes; no image has its pixels yet.

    Raises
    ------
    CaseFileError
        If its parts contradict each other.
    """
    try:
        case = _case(document, document.images, document.state, load)
        sizes = {image.key.uid: (image.rows, image.columns) for image in case.images}
        return Snapshot(
            case=case,
            human=document.human,
            current=document.current,
            skipped=document.skipped,
            score=document.score,
            score_full=document.score_full,
            proposals={key: _regions(key, kept, sizes, load) for key, kept in document.proposals.items()},
            left_frames={key: _left(key, kept, sizes, load) for key, kept in document.left_frames.items()},
            signed=tuple(
                SignedCase(
                    _case(document, kept.images or document.images, kept.state, load),
                    kept.score,
                    report(kept.report),
                )
                for kept in document.signed
            ),
        )
    except InvalidValueError as error:
        raise CaseFileError(
            mark("{file}: the saved case contradicts itself: {reason}").format(file=file, reason=error)
        ) from error


def _case(document: Document, images: tuple[KeptImage, ...], state: KeptState, load: LoadMask) -> Case:
    by_uid = {image.uid: image for image in images}
    if len(by_uid) != len(images):
        raise InvalidValueError(mark("two images have the same identity."))
    if sorted(key.uid for key in state.images) != sorted(by_uid):
        raise InvalidValueError(mark("the images and their frames do not go together."))
    sizes = {uid: (image.rows, image.columns) for uid, image in by_uid.items()}
    return Case(
        patient=document.patient,
        studies=document.studies,
        images=tuple(_image(by_uid[key.uid], key) for key in state.images),
        regions={key: _regions(key, kept, sizes, load) for key, kept in state.regions.items()},
        excluded=state.excluded,
        revisions=state.revisions,
    )


def _image(kept: KeptImage, key: ImageKey) -> UltrasoundImage:
    values = {field: getattr(kept, field) for field in _IMAGE_FIELDS}
    return UltrasoundImage(key=key, loader=MissingPixels(kept.file), **values)


def _regions(
    key: ImageKey, kept: tuple[KeptRegion, ...], sizes: Mapping[str, tuple[int, int]], load: LoadMask
) -> tuple[Region, ...]:
    if key.uid not in sizes:
        raise InvalidValueError(mark("no image {uid}.").format(uid=key.uid))
    return tuple(
        Region(load(one.mask, sizes[key.uid]), one.kind, one.origin, one.confirmed, one.revision)
        for one in kept
    )


def _left(key: ImageKey, kept: KeptFrame, sizes: Mapping[str, tuple[int, int]], load: LoadMask) -> LeftFrame:
    return _regions(key, kept.regions, sizes, load), kept.revision


def plain_of(document: Document) -> Any:
    """Return the document as ``json`` writes it."""
    return to_plain(document)
