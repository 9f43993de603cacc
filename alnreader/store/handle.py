"""One case that is open for changes: takes a snapshot an action, and keeps it twice.

The work list takes the entry and the whole case in one transaction; an action is acknowledged by that.
The case file follows. If it cannot be written (a share that is away, a full stick) nothing is lost.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alnreader import __version__
from alnreader.case import clock
from alnreader.case.atomic import replace_file
from alnreader.case.case import Case
from alnreader.case.draft import NO_DRAFTS, Drafts
from alnreader.case.errors import CaseInUseError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.language import mark
from alnreader.case.protocol import Event
from alnreader.case.region import Mask, Region
from alnreader.store.database import cannot_write, fingerprint, path_text, storable, transaction
from alnreader.store.document import KeptImage, KeptSignature, document_of, images_of, plain_of, state_of
from alnreader.store.journal import NOTED, OPENED, START, Entry, link, require_details, write_lines
from alnreader.store.lock import CaseLock
from alnreader.store.package import DRAFTS, encode_mask, mask_name, pack
from alnreader.store.pixels import Source, source_of
from alnreader.store.plain import readable, to_plain
from alnreader.store.rules import RefusedChangeError, check_start, check_step, event_of
from alnreader.store.snapshot import SignedCase, Snapshot

if TYPE_CHECKING:
    from alnreader.store.worklist import Store

_THUMBNAIL = 112
"""Pixels of the longer side: twice a card's picture, for dense screens."""

RESCUED = "rescued"
"""Action of the entry under which a reading is kept whose own actions could not be."""


@dataclass(frozen=True)
class Sealed:
    """What is kept of a signature and never made again."""

    seal: str
    report: bytes
    images: tuple[KeptImage, ...]


@dataclass(frozen=True)
class _Made:
    """The next entry of a case, and what is kept with it."""

    entry: Entry
    content: bytes
    members: dict[str, bytes]
    masks: dict[int, tuple[Mask, str]]
    seals: list[Sealed]


class OpenCase:
    """A case of the work list that this program may change. For one thread.

    Made by `Store.create` and `Store.open`.

    Attributes
    ----------
    id, path
        Identifier, and the case file.
    snapshot
        As kept last.
    """

    def __init__(self, store: Store, case_id: str, path: Path, lock: CaseLock) -> None:
        """Take over a lock; `Store` fills in the rest."""
        self._store = store
        self.id = case_id
        self.path = path
        self._lock = lock
        self.snapshot: Snapshot | None = None
        self.entries: list[Entry] = []
        self._written, self._stamp = 0, ""
        self._draft_is_behind = False
        self._content = b""
        self._members: dict[str, bytes] = {}
        self._masks: dict[int, tuple[Mask, str]] = {}
        self._sources: dict[str, tuple[object, Source]] = {}
        self._seals: list[Sealed] = []
        self.closed = False

    # --- taking over what is there -------------------------------------------------------------------------

    def take_over(
        self,
        snapshot: Snapshot,
        entries: list[Entry],
        members: Mapping[str, bytes],
        seals: list[Sealed],
        content: bytes,
        written: int,
        stamp: str,
    ) -> None:
        """Continue a case: ``content`` is its ``case.json``, ``written`` the last number in its file.

        ``stamp`` is the file's (`file_stamp`), empty where there is none.
        """
        self.snapshot, self.entries, self._seals = snapshot, entries, seals
        self._members, self._content, self._written = dict(members), content, written
        self._stamp = stamp

    # --- changes -------------------------------------------------------------------------------------------

    def record(
        self,
        event: str,
        action: str,
        snapshot: Snapshot,
        who: str = "",
        image: ImageKey | None = None,
        details: Mapping[str, object] | None = None,
    ) -> Entry:
        """Keep one action: when this returns, it survives whatever happens to the program.

        Parameters
        ----------
        event
            Of the protocol, or `NOTED`.
        action
            What was done, in a word.
        snapshot
            The reading after it. A signature needs its report.
        who
            The reader.
        image, details
            For the audit.

        Raises
        ------
        ProtocolError
            If the protocol does not allow it. Nothing is kept.
        CannotWriteError
            If the disk does not take it. It may be tried again.
        CaseInUseError
            If another program has changed the case in spite of the lock.
        """
        snapshot = self._with_reports(snapshot)
        if self.snapshot is None:
            check_start(snapshot)
            recorded = OPENED
        else:
            recorded = check_step(self.snapshot, event, snapshot)
        snapshot = dataclasses.replace(snapshot, drafts=_drafts_left(snapshot, event_of(recorded)))
        return self._take(self._make(snapshot, recorded, action, who, image, details), snapshot)

    def record_as_shown(self, snapshot: Snapshot, reason: str, who: str = "") -> Entry:
        """Keep a reading as it is in the window although a step to it was refused; `RESCUED` says so."""
        snapshot = self._with_reports(snapshot)
        return self._take(self._make(snapshot, NOTED, RESCUED, who, None, {"reason": reason}), snapshot)

    def _take(self, made: _Made, snapshot: Snapshot) -> Entry:
        """Commit the next entry, and go on from it."""
        entry, content, members = made.entry, made.content, made.members
        self._commit(entry, snapshot, pack(content, members))
        self._store.passed(entry.at)
        self.entries.append(entry)
        self.snapshot, self._content, self._members = snapshot, content, members
        self._masks, self._seals = made.masks, made.seals
        return entry

    def keep_drafts(self, drafts: Drafts) -> None:
        """Keep what is entered and not said yet. That is no action: the journal does not tell of it.

        Parameters
        ----------
        drafts
            All there is; what can no longer become a read is left out.

        Raises
        ------
        CannotWriteError, CaseInUseError
            As `record`.
        """
        if self.snapshot is None:
            raise RefusedChangeError(mark("A case begins by being opened."))
        drafts = drafts.fitting(self.snapshot.human)
        if drafts == self.snapshot.drafts:
            return
        members = {name: content for name, content in self._members.items() if name != DRAFTS}
        members.update(_draft_file(drafts))
        values = (pack(self._content, members), self.id, self.entries[-1].hash)
        try:
            with transaction(self._store.connection):
                if self._store.connection.execute(_UPDATE_PACKAGE, values).rowcount != 1:
                    raise self._changed_elsewhere()
        except sqlite3.Error as error:
            raise cannot_write(self._store.database, error) from error
        self.snapshot, self._members = dataclasses.replace(self.snapshot, drafts=drafts), members
        self._draft_is_behind = True

    def rescued(self, snapshot: Snapshot, reason: str, who: str = "") -> bytes:
        """Return a case file of a reading that could not be kept as it is.

        What was kept is its beginning; one more entry says that, and why, the rest is not told step by step.
        """
        snapshot = self._with_reports(snapshot)
        made = self._make(snapshot, NOTED, RESCUED, who, None, {"reason": reason})
        return pack(made.content, made.members, write_lines([*self.entries, made.entry]))

    def _make(
        self,
        snapshot: Snapshot,
        event: str,
        action: str,
        who: str,
        image: ImageKey | None,
        details: Mapping[str, object] | None,
    ) -> _Made:
        """Make the next entry, and what is kept with it; nothing is changed yet."""
        details, now = dict(details or {}), clock.now()
        before = self.entries[-1].at if self.entries else None
        masks: dict[int, tuple[Mask, str]] = {}
        members: dict[str, bytes] = {}
        seals = list(self._seals)
        content = self._document(snapshot, masks, members, seals)
        members.update(_draft_file(_drafts_left(snapshot, None)))
        if len(seals) > len(self._seals):
            details["seal"] = seals[-1].seal
        if action == RESCUED and event == NOTED:
            details["seals"] = [made.seal for made in seals]
        if image is not None:
            details["regions"] = [
                {
                    "kind": region.kind.value,
                    "origin": region.origin.value,
                    "confirmed": region.confirmed,
                    "mask": masks[id(region.mask)][1].rpartition("-")[2][:16],
                }
                for region in snapshot.case.regions_of(image)
            ]
        require_details(details)
        entry = Entry(
            case=self.id,
            number=len(self.entries) + 1,
            at=now,
            event=event,
            action=action,
            who=who,
            program=__version__,
            state=snapshot.human.state,
            content=hashlib.sha256(content).hexdigest(),
            image=image,
            details=details,
            clock_back=self._store.is_earlier(now) or earlier(now, before),
            previous=self.entries[-1].hash if self.entries else START,
        ).sealed()
        return _Made(entry, content, members, masks, seals)

    def note(self, action: str, who: str = "", details: Mapping[str, object] | None = None) -> Entry:
        """Write down what changes nothing in the case."""
        if self.snapshot is None:
            raise RefusedChangeError(mark("A case begins by being opened."))
        return self.record(NOTED, action, self.snapshot, who, details=details)

    def _with_reports(self, snapshot: Snapshot) -> Snapshot:
        """Give the signed versions the reports that they were kept with."""
        if all(signed.report for signed in snapshot.signed[: len(self._seals)]):
            return snapshot
        signed = tuple(
            dataclasses.replace(one, report=self._seals[number].report)
            if number < len(self._seals) and not one.report
            else one
            for number, one in enumerate(snapshot.signed)
        )
        return dataclasses.replace(snapshot, signed=signed)

    def _document(
        self,
        snapshot: Snapshot,
        masks: dict[int, tuple[Mask, str]],
        members: dict[str, bytes],
        seals: list[Sealed],
    ) -> bytes:
        from alnreader.store.seal import seal

        numbers = {image.key.uid: place for place, image in enumerate(snapshot.case.images, start=1)}

        def name(key: ImageKey, region: Region) -> str:
            known = masks.get(id(region.mask)) or self._masks.get(id(region.mask))
            if known is None:
                content = encode_mask(region.mask)
                known = (region.mask, mask_name(numbers[key.uid], content))
                members[known[1]] = content
            elif known[1] not in members:
                members[known[1]] = self._members[known[1]]
            # Holding the array keeps its number from being given to another one.
            masks[id(region.mask)] = known
            return known[1]

        def signature(number: int, signed: SignedCase) -> KeptSignature:
            state = state_of(signed.case, name)
            if number == len(seals):
                before = seals[-1].seal if seals else ""
                version = snapshot.human.versions[number]
                case, images = signed.case, images_of(signed.case, self._source)
                made = seal(
                    case.patient, case.studies, state, signed.score, signed.report, version, before, images
                )
                seals.append(Sealed(made, signed.report, images))
            place, known = f"signed/{number + 1}/report.json", seals[number]
            members[place] = known.report
            return KeptSignature(state, signed.score, place, known.seal, known.images)

        document = document_of(snapshot, self.id, __version__, self._source, name, signature)
        return readable(plain_of(document))

    def _source(self, image: UltrasoundImage) -> Source:
        """Describe where the pixels are, once for each loader: the file is hashed."""
        known = self._sources.get(image.key.uid)
        if known is None or known[0] is not image.loader:
            known = (image.loader, source_of(image, self.path))
            self._sources[image.key.uid] = known
        return known[1]

    def _commit(self, entry: Entry, snapshot: Snapshot, package: bytes) -> None:
        connection = self._store.connection
        case, human = snapshot.case, snapshot.human
        now = entry.at.isoformat()
        values: dict[str, object] = {
            "id": self.id,
            "path": path_text(self.path),
            "patient": case.patient.label,
            "patient_id": case.patient.patient_id,
            "study_date": latest_day(case),
            "state": human.state.value,
            "mode": human.mode.value,
            "images": len(case.images) - len(case.excluded),
            "confirmed": confirmed_images(case),
            "now": now,
            "number": entry.number,
            "head": entry.hash,
            "before": entry.previous,
            "package": package,
            "fingerprint": fingerprint(image.key.uid for image in case.images),
        }
        values = storable(values)
        try:
            with transaction(connection):
                if entry.number == 1:
                    values["thumbnail"] = thumbnail(case.images[0])
                    connection.execute(_INSERT, values)
                elif connection.execute(_UPDATE, values).rowcount != 1:
                    raise self._changed_elsewhere()
                append(connection, entry)
        except sqlite3.Error as error:
            raise cannot_write(self._store.database, error) from error

    def _changed_elsewhere(self) -> CaseInUseError:
        return CaseInUseError(
            mark(
                "{path} was changed by another program meanwhile: nothing was written "
                "over. Close it there, then open it again here."
            ).format(path=self.path.name)
        )

    # --- the case file -------------------------------------------------------------------------------------

    @property
    def file_is_behind(self) -> bool:
        """Whether the case file lacks an action, or a draft, that the work list has."""
        return self._written < len(self.entries) or self._draft_is_behind

    def save_file(self) -> None:
        """Bring the case file up to what was kept last.

        A file that another program has put in its place, with more or other than is known here, is put aside.

        Raises
        ------
        CannotWriteError
            If it cannot be written; the older file is untouched.
        """
        if not self.file_is_behind:
            return
        if file_stamp(self.path) not in ("", self._stamp):
            self._put_foreign_aside()
        replace_file(self.path, self.packed())
        self._written, self._draft_is_behind = len(self.entries), False
        self._stamp = file_stamp(self.path)

    def _put_foreign_aside(self) -> None:
        from alnreader.store.mending import put_foreign_aside

        aside = put_foreign_aside(self.path, self.entries)
        if aside:
            self.note("another continuation was put aside", details={"file": aside})

    def packed(self) -> bytes:
        """Return the case file as bytes, with its journal."""
        return pack(self._content, self._members, write_lines(self.entries))

    def release(self) -> None:
        """Give the case free for other programs."""
        self.closed = True
        self._lock.release()

    def stamp(self) -> str:
        """Return size and time of the case file as it was written, empty where it is behind."""
        return "" if self.file_is_behind else self._stamp


_INSERT = """
INSERT INTO cases (id, path, patient, patient_id, study_date, state, mode, images, confirmed, created,
    changed, listed, opened, number, head, package, fingerprint, thumbnail)
VALUES (:id, :path, :patient, :patient_id, :study_date, :state, :mode, :images, :confirmed, :now, :now,
    1, 1, :number, :head, :package, :fingerprint, :thumbnail)
"""
_UPDATE = """
UPDATE cases SET patient = :patient, patient_id = :patient_id, study_date = :study_date, state = :state,
    mode = :mode, images = :images, confirmed = :confirmed, changed = :now, number = :number, head = :head,
    package = :package, stamp = '', opened = 1
WHERE id = :id AND head = :before
"""
_UPDATE_PACKAGE = "UPDATE cases SET package = ?, stamp = '' WHERE id = ? AND head = ?"


def _drafts_left(snapshot: Snapshot, event: Event | None) -> Drafts:
    human = snapshot.human
    return snapshot.drafts.fitting(human) if event is None else snapshot.drafts.after(event, human)


def _draft_file(drafts: Drafts) -> dict[str, bytes]:
    """Return the file of what is entered, none where nothing is."""
    return {} if drafts == NO_DRAFTS else {DRAFTS: readable(to_plain(drafts))}


def append(connection: sqlite3.Connection, entry: Entry) -> None:
    """Put an entry at the end of the journal, within a transaction."""
    last = connection.execute("SELECT sequence, link FROM journal ORDER BY sequence DESC LIMIT 1").fetchone()
    sequence, before = last if last is not None else (0, START)
    connection.execute(
        "INSERT INTO journal (sequence, case_id, number, entry, link) VALUES (?, ?, ?, ?, ?)",
        (sequence + 1, entry.case, entry.number, entry.line(), link(before, entry.hash)),
    )


def file_stamp(path: Path) -> str:
    """Return size and time of change of a file, empty where it is not there: another one is other content."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}"


def latest_day(case: Case) -> str:
    """Return the date of the latest study as ISO, empty where none is known."""
    days = [study.study_date for study in case.studies if study.study_date is not None]
    return max(days).isoformat() if days else ""


def confirmed_images(case: Case) -> int:
    """Count the images whose regions are all confirmed."""
    return sum(
        bool(case.regions_of(image.key)) and all(region.confirmed for region in case.regions_of(image.key))
        for image in case.images
        if image.key not in case.excluded
    )


def thumbnail(image: UltrasoundImage) -> bytes:
    """Return a small PNG of an image, empty where its pixels cannot be read: a card can do without."""
    import io

    from PIL import Image

    from alnreader.case.errors import UnreadableInputError

    try:
        picture = Image.fromarray(np.ascontiguousarray(image.pixels()))
    except UnreadableInputError:
        return b""
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def earlier(now: datetime, last: datetime | None) -> bool:
    """Whether the clock was set back since the last entry."""
    return last is not None and now < last
