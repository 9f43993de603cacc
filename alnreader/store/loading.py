"""From the parts of a stored case to a reading with its pixels."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alnreader.case.case import Case
from alnreader.case.draft import NO_DRAFTS, Drafts
from alnreader.case.errors import CaseFileError
from alnreader.case.image import ImageKey, PixelLoader
from alnreader.case.language import mark
from alnreader.case.protocol import ReadingState
from alnreader.store.database import fingerprint, path_text
from alnreader.store.document import Document, KeptImage, read_document, snapshot_of
from alnreader.store.handle import Sealed, confirmed_images, latest_day
from alnreader.store.journal import Entry, Fault, check_chain, read_lines, write_lines
from alnreader.store.package import DRAFTS, Package, mask_loader, pack, read_package
from alnreader.store.pixels import Source, find_pixels
from alnreader.store.plain import from_plain
from alnreader.store.seal import broken_seals, seals_told
from alnreader.store.snapshot import Snapshot

_UNSEALED = mark(
    "Signature {number} no longer fits what it was made under: case, score or report were changed outside "
    "the program."
)
_OTHER_SEALS = mark(
    "The signatures are not those that the journal tells of: check it (alnreader journal verify)."
)

_NO_DRAFT = mark("What was being entered and was not a read yet cannot be read: enter it again.")


@dataclass(frozen=True, eq=False)
class Stored:
    """A case as it is kept: checked, and without its pixels.

    Attributes
    ----------
    package, document, entries
        Its parts.
    path
        The case file.
    """

    package: Package
    document: Document
    entries: tuple[Entry, ...]
    path: Path


@dataclass(frozen=True)
class Loaded:
    """A reading with the pixels that were found; see `alnreader.store.worklist.Opened`."""

    snapshot: Snapshot
    missing: tuple[ImageKey, ...]
    changed: tuple[ImageKey, ...]
    cautions: tuple[str, ...]


def stored_of(package: Package, entries: Iterable[Entry], path: Path) -> Stored:
    """Check the document of a package and put the parts together.

    Raises
    ------
    CaseFileError
        If the document is not one.
    """
    return Stored(package, read_document(package.document, str(path)), tuple(entries), path)


def read_file(path: Path) -> Stored:
    """Read a case file, or the folder that one was unpacked to.

    Raises
    ------
    CaseFileError
        If it is none, or anything in it is damaged.
    """
    package = read_package(path)
    return stored_of(package, read_lines(package.journal, str(path)), path)


def without_pixels(stored: Stored) -> Snapshot:
    """Build the reading alone.

    Raises
    ------
    CaseFileError
        If a mask or a report is missing, changed or does not fit, or the parts contradict each other.
    """
    members, file = stored.package.members, str(stored.path)

    def report(name: str) -> bytes:
        if name not in members:
            raise CaseFileError(
                mark("{file}: the signed report {name} is missing.").format(file=file, name=name)
            )
        return members[name]

    snapshot = snapshot_of(stored.document, mask_loader(members, file), report, file)
    drafts = _drafts(stored) or NO_DRAFTS
    return dataclasses.replace(snapshot, drafts=drafts.fitting(snapshot.human))


def _drafts(stored: Stored) -> Drafts | None:
    """Return what was being entered; None where it cannot be read: no reason to keep the case closed."""
    content = stored.package.members.get(DRAFTS)
    if content is None:
        return NO_DRAFTS
    try:
        drafts: Drafts = from_plain(Drafts, json.loads(content))
    except (ValueError, RecursionError):
        return None
    return drafts


def load(stored: Stored, path: Path, folders: Iterable[Path] = ()) -> Loaded:
    """Build the reading and look for its pixels.

    Raises
    ------
    CaseFileError
        As `without_pixels`.
    """
    members = stored.package.members
    snapshot = without_pixels(stored)
    sources = [_as_read(image.file, image.uid, stored.document) for image in _in_order(stored.document)]
    found = find_pixels(snapshot.case.images, sources, path, folders)
    cautions = [_UNSEALED.format(number=number) for number in broken_seals(stored.document, dict(members))]
    if not cautions and seal_fault(stored):
        cautions.append(_OTHER_SEALS)
    if _drafts(stored) is None:
        cautions.append(_NO_DRAFT)
    if found.missing:
        words = mark(
            "The pictures of {count} of {all} images were not found. The reading is whole; name the folder "
            "where they are now (menu: Find the pictures)."
        )
        cautions.append(words.format(count=len(found.missing), all=len(found.images)))
    if found.changed:
        words = mark(
            "{count} of {all} files are not, byte for byte, those that were read. Their identity and size "
            "are the same: compare the outlines with the pictures."
        )
        cautions.append(words.format(count=len(found.changed), all=len(found.images)))
    loaders = {image.key.uid: (image.loader, image.source) for image in found.images}
    return Loaded(with_pixels(snapshot, loaders), found.missing, found.changed, tuple(cautions))


def unlooked(stored: Stored) -> Loaded:
    """Build the reading alone, as `load` does with its pixels."""
    return Loaded(without_pixels(stored), (), (), ())


def fault_of(stored: Stored) -> Fault | None:
    """Return the first thing that does not hold in a stored case: its journal, its document, its masks.

    Raises
    ------
    CaseFileError
        If a mask or a report is missing, or the parts contradict each other.
    """
    fault = check_chain(stored.entries, stored.document.case, stored.package.content)
    if fault is None:
        without_pixels(stored)
    return fault


def _as_read(source: Source, uid: str, document: Document) -> Source:
    """Return where a picture is, with the hash of the one under the signature where there is one.

    An entry names the files as they are then: it must not make another picture the one that was signed.
    """
    if document.human.state is not ReadingState.SIGNED:
        return source
    under = {image.uid: image.file for image in document.signed[-1].images}
    if uid not in under or not under[uid].sha256:
        return source
    return dataclasses.replace(source, size=under[uid].size, sha256=under[uid].sha256)


def _in_order(document: Document) -> list[KeptImage]:
    by_uid = {image.uid: image for image in document.images}
    return [by_uid[key.uid] for key in document.state.images]


def with_pixels(snapshot: Snapshot, loaders: dict[str, tuple[PixelLoader, str]]) -> Snapshot:
    """Return the snapshot with other loaders, in the signed cases too.

    Parameters
    ----------
    loaders
        By the identity of the file: what decodes it, and where it is, for messages.
    """
    from alnreader.dicom.override import restored  # pydicom comes with it

    def of(case: Case) -> Case:
        images = tuple(
            restored(
                dataclasses.replace(image, loader=loaders[image.key.uid][0], source=loaders[image.key.uid][1])
            )
            if image.key.uid in loaders
            else image
            for image in case.images
        )
        return dataclasses.replace(case, images=images)

    return dataclasses.replace(
        snapshot,
        case=of(snapshot.case),
        signed=tuple(dataclasses.replace(signed, case=of(signed.case)) for signed in snapshot.signed),
    )


def seals(stored: Stored) -> list[Sealed]:
    """Return what is kept of each signature."""
    members = stored.package.members
    return [Sealed(kept.seal, members.get(kept.report, b""), kept.images) for kept in stored.document.signed]


def trouble_of(stored: Stored) -> str:
    """Say what does not hold in a stored case, signatures included; empty where all holds."""
    try:
        fault = fault_of(stored)
    except CaseFileError as error:
        return str(error)
    return fault.sentence if fault is not None else seal_fault(stored)


def seal_fault(stored: Stored) -> str:
    """Say what is wrong with the signatures of a stored case; empty where they hold."""
    broken = broken_seals(stored.document, dict(stored.package.members))
    if broken:
        return _UNSEALED.format(number=broken[0])
    if seals_told(stored.entries) != [kept.seal for kept in stored.document.signed]:
        return _OTHER_SEALS
    return ""


def repack(stored: Stored) -> bytes:
    """Return the case file of a case that is not open."""
    return pack(stored.package.text, stored.package.members, write_lines(stored.entries))


def row_values(stored: Stored) -> dict[str, object]:
    """Return what the work list keeps of a case that comes from its file."""
    document = stored.document
    case = without_pixels(stored).case
    return {
        "id": document.case,
        "path": path_text(stored.path),
        "patient": document.patient.label,
        "patient_id": document.patient.patient_id,
        "study_date": latest_day(case),
        "state": document.human.state.value,
        "mode": document.human.mode.value,
        "images": len(document.images) - len(document.state.excluded),
        "confirmed": confirmed_images(case),
        "created": stored.entries[0].at.isoformat(),
        "changed": stored.entries[-1].at.isoformat(),
        "number": stored.entries[-1].number,
        "head": stored.entries[-1].hash,
        "package": pack(stored.package.text, stored.package.members),
        "fingerprint": fingerprint(image.uid for image in document.images),
    }
