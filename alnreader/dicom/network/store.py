"""C-STORE: files to a node, byte for byte as they are on the disk (PS3.4 annex B)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID

from alnreader.case.errors import PacsUnavailableError, UnreadableInputError
from alnreader.case.progress import CancelToken
from alnreader.dicom.files import Location
from alnreader.dicom.header import BROKEN, open_content, parse_header
from alnreader.dicom.network import faults
from alnreader.dicom.network.association import Answers, associated
from alnreader.dicom.network.contexts import MOST_CONTEXTS, UNCOMPRESSED, contexts_needed, for_sending
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal, RefusedError, refusing
from alnreader.dicom.whole import ends_early

if TYPE_CHECKING:
    from pynetdicom.association import Association


@dataclass(frozen=True)
class Outgoing:
    """A DICOM file that is to be sent.

    Attributes
    ----------
    path
        Where it lies.
    uid, sop_class, syntax, study_uid, series_uid
        Of the instance in it.
    shown
        How it is named to the user.
    """

    path: Path
    uid: str
    sop_class: str
    syntax: str
    study_uid: str
    series_uid: str
    shown: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes
    ----------
    stored
        Whether the node has it.
    words
        Why not, or what it warned of; empty if all is well.
    passing
        Whether trying again later may help.
    """

    stored: bool
    words: str = ""
    passing: bool = False


_MOST_IN_A_ROW = 5
"""So many files at which the connection ends, one after the other, are the node's fault and not theirs."""

Sending = Callable[[Outgoing], None]
"""Told of each file before it is sent."""
Sent = Callable[[Outgoing, Outcome], None]
"""Told what became of each file."""


def inspect(path: Path, shown: str = "") -> Outgoing:
    """Read what has to be known of a file to send it.

    Raises
    ------
    UnreadableInputError
        If it is no DICOM file with file meta information (PS3.10), names no instance, or ends early: some
        PACS wait for the rest, and all other files with them.
    """
    location = Location(path)
    with refusing(shown or location):
        with path.open("rb") as stream:
            if stream.read(132)[128:] != b"DICM":
                raise Refusal("not a DICOM file (PS3.10): only such files can be sent")
        with open_content(location) as (content, syntax, start):
            header = parse_header(content, syntax, start)
            if ends_early(content, start, header.implicit, header.little_endian):
                raise Refusal("the file ends before its content does: it is not sent. Copy it once more")
        uid, sop_class = header.text(0x00080018), header.text(0x00080016)
        if not uid or not sop_class:
            raise Refusal("no SOP instance or class UID: it cannot be sent")
        return Outgoing(
            path,
            uid,
            sop_class,
            header.transfer_syntax,
            header.text(0x0020000D),
            header.text(0x0020000E),
            shown or str(path),
        )


def dicom_files(paths: Iterable[Path]) -> tuple[list[Outgoing], list[UnreadableInputError]]:
    """Return the DICOM files at and below some paths, and why others are none.

    In a folder, files that are not DICOM are passed over in silence, except damaged ones; so are copies.
    """
    found: list[Outgoing] = []
    faulty: list[UnreadableInputError] = []
    for path in paths:
        named = not path.is_dir()
        for file in [path] if named else sorted(each for each in path.rglob("*") if each.is_file()):
            try:
                found.append(inspect(file))
            except UnreadableInputError as error:
                if named or _has_preamble(file):
                    faulty.append(error)
    return _each_once(found, faulty), faulty


def _each_once(files: Iterable[Outgoing], faulty: list[UnreadableInputError]) -> list[Outgoing]:
    """Keep one file of each instance, as a PACS does whatever it answers; name those with other content."""
    kept: dict[str, Outgoing] = {}
    for file in files:
        first = kept.setdefault(file.uid, file)
        if first is file:
            continue
        try:
            with refusing(file.path):
                same = cmp(first.path, file.path, shallow=False)
        except RefusedError as error:
            faulty.append(error)
            continue
        if not same:
            words = f"not sent: same SOP Instance UID as {first.path}, other content. A PACS keeps one"
            faulty.append(RefusedError(str(file.path), words))
    return list(kept.values())


def _has_preamble(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return True  # it cannot be read: that is to be said


def send(node: Node, files: Sequence[Outgoing], sending: Sending, sent: Sent, token: CancelToken) -> None:
    """Send files one after the other.

    Some nodes end the connection, or hang, at a file that they cannot understand. Such a file does not stop
    the others: it is tried once more after them, alone, and is refused if that happens again.

    Parameters
    ----------
    sending, sent
        Told before and after each file.

    Raises
    ------
    PacsError
        If the node refuses or cannot be reached; ``sent`` was called for what was done before.
    CancelledError
        If a stop is asked for.
    """
    suspects: list[Outgoing] = []
    answered, in_a_row = False, 0
    for batch in _batches(files):
        rest = batch
        while rest:
            done, error = _send_batch(node, rest, sending, sent, token)
            if done:
                answered, in_a_row = True, 0
            if error is not None:
                suspects.append(rest[done])
                in_a_row += 1
                if in_a_row == _MOST_IN_A_ROW or (not answered and len(suspects) == len(files)):
                    raise _at(suspects[-in_a_row], error) from error
            rest = rest[done + 1 :]
    for file in suspects:
        done, error = _send_batch(node, [file], sending, sent, token)
        if error is not None:
            words = "the PACS answers to other files; at this one it ends the connection, or says nothing"
            sent(file, Outcome(False, words))


def _at(file: Outgoing, error: PacsUnavailableError) -> PacsUnavailableError:
    return PacsUnavailableError(f"{error} It was being sent {file.shown}.")


def _send_batch(
    node: Node, files: Sequence[Outgoing], sending: Sending, sent: Sent, token: CancelToken
) -> tuple[int, PacsUnavailableError | None]:
    """Send files over one association; return how many were answered, and what ended it before that."""
    begun = done = 0
    contexts = for_sending((file.sop_class, file.syntax) for file in files)
    try:
        with associated(node, contexts, "storage of these objects (C-STORE)", token) as association:
            for file in files:
                token.check()
                sending(file)
                begun += 1
                sent(file, _send(node, association, file, token))
                done += 1
    except PacsUnavailableError as error:
        if begun == done < len(files):
            raise
        return done, error if done < len(files) else None
    return done, None


def _batches(files: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """Cut into portions whose contexts fit into one association."""
    batch: list[Outgoing] = []
    kinds: set[tuple[str, str]] = set()
    for file in files:
        kind = (file.sop_class, file.syntax)
        if kind not in kinds and sum(contexts_needed(s) for _, s in kinds | {kind}) > MOST_CONTEXTS:
            yield batch
            batch, kinds = [], set()
        batch.append(file)
        kinds.add(kind)
    if batch:
        yield batch


def _send(node: Node, association: Association, file: Outgoing, token: CancelToken) -> Outcome:
    taken = {
        (str(context.abstract_syntax), str(context.transfer_syntax[0]))
        for context in association.accepted_contexts
        if context.transfer_syntax
    }
    try:
        if (file.sop_class, file.syntax) in taken:
            content: Path | Dataset = file.path
        else:
            content = _encoded_anew(file, taken)
        waiting = Answers(node, association, token)
        with quiet():
            answer = association.send_c_store(content)
    except Refusal as refusal:
        return Outcome(False, str(refusal))
    except (OSError, *BROKEN) as error:
        return Outcome(False, f"the file cannot be read: {getattr(error, 'strerror', None) or error}")
    status = waiting.status(answer)
    comment = str(answer.get("ErrorComment", ""))
    if faults.is_stored(status):
        return Outcome(True, f"stored with a warning (status 0x{status:04X})" if status else "")
    return Outcome(False, faults.store_words(status, comment), faults.is_passing(status))


def _encoded_anew(file: Outgoing, taken: set[tuple[str, str]]) -> Dataset:
    """Read an uncompressed file that the node takes in another uncompressed encoding only."""
    others = [syntax for sop_class, syntax in taken if sop_class == file.sop_class]
    if not others:
        raise Refusal(f"the PACS does not take this kind of object ({UID(file.sop_class).name})")
    if file.syntax not in UNCOMPRESSED or not set(others) & set(UNCOMPRESSED):
        raise Refusal(f"the PACS does not take this compression ({UID(file.syntax).name})")
    with quiet():
        return dcmread(file.path)
