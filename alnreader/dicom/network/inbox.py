"""A study being received: its folder, its files, and the mark that says that it is not whole yet."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from alnreader.case import clock
from alnreader.case.atomic import make_folder, refusing, remove_leftovers, replace_file
from alnreader.case.errors import CannotWriteError
from alnreader.case.language import mark
from alnreader.dicom.discovery import INCOMPLETE as MARK
from alnreader.dicom.files import Location
from alnreader.dicom.header import parse_header, read_header
from alnreader.dicom.network.answers import Instance
from alnreader.dicom.network.locks import exclusive
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal, RefusedError

_SCHEMA = "alnreader.received/1"

LOCK = ".receiving"
"""File in the folder of a study that is being fetched; one that a killed program has left has no effect."""


_UID = re.compile(r"\d+(\.\d+)*")
_UID_LENGTH = 64
"""Characters that a UID has at most (PS3.5 9.1)."""


class ForeignInstanceError(Exception):
    """The node sent something else than was asked for."""


def is_uid(text: str) -> bool:
    """Whether a text is a UID (PS3.5 9.1)."""
    return len(text) <= _UID_LENGTH and _UID.fullmatch(text) is not None


def uid_name(uid: str) -> str:
    """Return a file name for a UID: itself where it is one (PS3.5 9.1), else a digest of what was sent."""
    if is_uid(uid):
        return uid
    return f"uid-{sha256(uid.encode(errors='surrogateescape')).hexdigest()[:32]}"


@dataclass(frozen=True)
class Mark:
    """What is known of a study that is not whole.

    Attributes
    ----------
    study_uid, node
        Which study, and the name of the node it comes from.
    label
        Patient and date, for the eye.
    expected
        UIDs of all its instances; None where the node does not say.
    refused
        Instances that the node could not hand out, with its reason.
    since
        When it was first asked for (ISO 8601).
    """

    study_uid: str
    node: str = ""
    label: str = ""
    expected: tuple[str, ...] | None = None
    refused: dict[str, str] = dataclasses.field(default_factory=dict)
    since: str = ""


class StudyFolder:
    """The folder of one study below the folder that studies are received into.

    Parameters
    ----------
    root
        Folder of studies.
    study_uid
        As the node says it; as a file name only where it is a UID.
    """

    def __init__(self, root: Path, study_uid: str) -> None:
        """Make nothing yet."""
        self.study_uid = study_uid
        self.path = root / uid_name(study_uid)

    def begin(self, node: Node, label: str) -> None:
        """Make the folder, with the mark of a study that is not whole.

        Raises
        ------
        CannotWriteError
            If it cannot be made.
        """
        make_folder(self.path)
        remove_leftovers(self.path)
        before = self.mark()
        since = before.since if before else clock.now().isoformat(timespec="seconds")
        expected = before.expected if before else None
        label = label or (before.label if before else "")
        self._put(Mark(self.study_uid, node.name, label, expected, {}, since))

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Keep other programs from fetching or removing the study during the block.

        Raises
        ------
        CannotWriteError
            If another one is at it, or the folder cannot be written.
        """
        make_folder(self.path)
        with contextlib.ExitStack() as stack:
            with refusing(self.path):
                had = stack.enter_context(exclusive(self.path / LOCK))
            if not had:
                raise CannotWriteError(
                    mark(
                        "{path}: this study is being fetched just now. Wait until it is here, or stop that."
                    ).format(path=self.path)
                )
            yield

    def expect(self, uids: Iterable[str]) -> None:
        """Note what the study consists of."""
        self._change(expected=tuple(dict.fromkeys(uids)))

    def refuse(self, refused: dict[str, str]) -> None:
        """Note what the node could not hand out."""
        self._change(refused=refused)

    def finish(self) -> None:
        """Take the mark away: the study is whole."""
        with refusing(self.path):
            (self.path / MARK).unlink(missing_ok=True)

    def mark(self) -> Mark | None:
        """Return the mark, None where the study is whole or was never begun."""
        return read_mark(self.path)

    def holds(self, uid: str) -> bool:
        """Whether an instance is here."""
        return self._file(uid).exists()

    def uids(self) -> set[str]:
        """Return the UIDs of the instances that are here."""
        found = set()
        for path in self.path.glob("*.dcm") if self.path.is_dir() else ():
            name = path.stem
            found.add(name if not name.startswith("uid-") else _uid_in(path))
        return found

    def keep(self, uid: str, sop_class: str, syntax: str, content: io.BytesIO) -> None:
        """Write a received data set as a file (PS3.10 7.1), bytes as they came.

        Parameters
        ----------
        uid, sop_class, syntax
            SOP instance and class UID and transfer syntax UID.
        content
            The data set, encoded.

        Raises
        ------
        ForeignInstanceError
            If it belongs to another study.
        CannotWriteError
            If it cannot be written.
        """
        self._check_study(syntax, content)
        meta = FileMetaDataset()
        with quiet():
            meta.MediaStorageSOPClassUID = UID(sop_class)
            meta.MediaStorageSOPInstanceUID = UID(uid)
            meta.TransferSyntaxUID = UID(syntax)

        encoded = DicomBytesIO()
        with quiet():
            write_file_meta_info(encoded, meta, enforce_standard=True)
        parts = (b"\0" * 128 + b"DICM", encoded.getvalue(), content.getbuffer())
        replace_file(self._file(uid), parts)

    def keep_file(self, uid: str, content: bytes) -> None:
        """Write a received DICOM file as it came (DICOMweb).

        Raises
        ------
        ForeignInstanceError
            If it is not the instance that was asked for: a proxy may answer with another one, or with a page.
        CannotWriteError
            If it cannot be written.
        """
        stream = io.BytesIO(content)
        if _uids_of(stream) != (self.study_uid, uid):
            raise ForeignInstanceError(uid)
        replace_file(self._file(uid), content)

    def _check_study(self, syntax: str, content: io.BytesIO) -> None:
        if syntax == "1.2.840.10008.1.2.1.99":
            return  # deflated: inflating it only to look would not be bounded
        try:
            study = parse_header(content, syntax, 0).text(0x0020000D)
        except (Refusal, RefusedError):
            return  # damaged: kept as it came, the reader will name it
        if study != self.study_uid:
            raise ForeignInstanceError(study)

    def _file(self, uid: str) -> Path:
        return self.path / f"{uid_name(uid)}.dcm"

    def _change(self, **values: Any) -> None:
        mark = self.mark() or Mark(self.study_uid)
        self._put(dataclasses.replace(mark, **values))

    def _put(self, mark: Mark) -> None:
        document = {"schema": _SCHEMA, **dataclasses.asdict(mark)}
        content = json.dumps(document, indent=1, ensure_ascii=False).encode()
        replace_file(self.path / MARK, content)


def read_mark(folder: Path) -> Mark | None:
    """Return the mark of a folder, None where there is none.

    A mark that cannot be read is still a mark: of a study of which nothing else is known.
    """
    try:
        values = json.loads((folder / MARK).read_text(encoding="utf-8"))
        expected = values["expected"]
        return Mark(
            study_uid=str(values["study_uid"]),
            node=str(values["node"]),
            label=str(values["label"]),
            expected=None if expected is None else tuple(map(str, expected)),
            refused={str(uid): str(reason) for uid, reason in dict(values["refused"]).items()},
            since=str(values["since"]),
        )
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except (OSError, ValueError, TypeError, LookupError):
        return Mark(study_uid="")


def missing_words(folder: Path) -> str:
    """Return what the mark of a folder means to who reads its pictures."""
    mark = read_mark(folder)
    here = len(list(folder.glob("*.dcm")))
    of = f" of {len(mark.expected)}" if mark is not None and mark.expected is not None else ""
    return f"this study was not fetched completely: {here}{of} images are here. Fetch it again for the rest"


def incomplete_studies(root: Path) -> list[tuple[Path, Mark]]:
    """Return the studies below a folder that are not whole, with their marks."""
    found = []
    with contextlib.suppress(OSError):
        for folder in sorted(root.iterdir()):
            mark = read_mark(folder)
            if mark is not None:
                found.append((folder, mark))
    return found


def missing_of(folder: StudyFolder, instances: Iterable[Instance]) -> list[Instance]:
    """Return the instances that are not in a folder yet."""
    return [instance for instance in instances if not folder.holds(instance.uid)]


def _uid_in(path: Path) -> str:
    try:
        return read_header(Location(path)).text(0x00080018)
    except (Refusal, RefusedError, OSError):
        return path.stem


def _uids_of(stream: io.BytesIO) -> tuple[str, str]:
    """Return Study and SOP Instance UID of a DICOM file in memory, empty where it is none."""
    from pydicom import dcmread

    with quiet():
        dataset = dcmread(
            stream, force=True, stop_before_pixels=True, specific_tags=["StudyInstanceUID", "SOPInstanceUID"]
        )
        return str(dataset.get("StudyInstanceUID", "")), str(dataset.get("SOPInstanceUID", ""))
