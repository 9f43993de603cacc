"""C-STORE: files to a node, byte for byte as they are on the disk (PS3.4 annex B)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID

from alnreader.case.errors import UnreadableInputError
from alnreader.case.progress import CancelToken
from alnreader.dicom.files import Location
from alnreader.dicom.header import BROKEN, read_header
from alnreader.dicom.network import faults
from alnreader.dicom.network.association import Answers, associated
from alnreader.dicom.network.contexts import MOST_CONTEXTS, UNCOMPRESSED, contexts_needed, for_sending
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal, refusing

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


Sending = Callable[[Outgoing], None]
"""Told of each file before it is sent."""
Sent = Callable[[Outgoing, Outcome], None]
"""Told what became of each file."""


def inspect(path: Path, shown: str = "") -> Outgoing:
    """Read what has to be known of a file to send it.

    Raises
    ------
    UnreadableInputError
        If it is no DICOM file with file meta information (PS3.10), or names no instance.
    """
    location = Location(path)
    with refusing(shown or location):
        with path.open("rb") as stream:
            if stream.read(132)[128:] != b"DICM":
                raise Refusal("not a DICOM file (PS3.10): only such files can be sent")
        header = read_header(location)
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

    In a folder, files that are not DICOM are passed over in silence, except damaged ones.
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
    return found, faulty


def _has_preamble(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return True  # it cannot be read: that is to be said


def send(node: Node, files: Sequence[Outgoing], sending: Sending, sent: Sent, token: CancelToken) -> None:
    """Send files one after the other.

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
    for batch in _batches(files):
        contexts = for_sending((file.sop_class, file.syntax) for file in batch)
        with associated(node, contexts, "storage of these objects (C-STORE)", token) as association:
            for file in batch:
                token.check()
                sending(file)
                sent(file, _send(node, association, file, token))


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
