"""Where a file's bytes are: on disk or in a zip. Nothing is ever extracted to disk."""

from __future__ import annotations

import io
import lzma
import os
import re
import struct
import threading
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from alnreader.case.language import mark
from alnreader.case.progress import CancelToken
from alnreader.case.zipped import too_many_names
from alnreader.dicom.refusal import Refusal, reason_of

MAX_MEMBERS = 200_000
"""Files in one zip. Ten times the largest study archive that the program is meant for."""

MAX_MEMBER_BYTES = 4 << 30
"""Size of one file in a zip: the length of a value in DICOM ends there (PS3.5 7.1.1, 32 bits)."""

MAX_RATIO = 200
"""Expansion that is believed. Pictures reach 20, black screens 100; deflate ends at 1032 (zlib manual)."""

RATIO_APPLIES_FROM = 16 << 20
"""Bytes below which a high ratio does no harm."""

MAX_DEPTH = 64
"""Folders within folders. Deeper trees are made by faults, not by people."""

_OPEN_ARCHIVES = 4
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError)


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return the key that sorts ``image2`` before ``image10``, without regard to case."""
    parts = re.split(r"([0-9]+)", text.casefold())
    return tuple((0, int(part), part) if index % 2 else (1, 0, part) for index, part in enumerate(parts))


def _as_text(name: str) -> str:
    """Return a file name as text: bytes that are no UTF-8 are read as Latin-1, so that no two become one."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("latin-1")
    return name


@dataclass(frozen=True)
class Location:
    """A file, or a member of a zip file.

    Attributes
    ----------
    path
        The file on disk.
    member
        Name of the member in the zip as its directory has it, empty for a file on disk.
    shown
        The same name as it was meant: see `member_name`.
    """

    path: Path
    member: str = ""
    shown: str = ""

    def __str__(self) -> str:
        """Path as the reader sees it, ``!/`` before the member of a zip."""
        return f"{self.path}!/{self.shown or self.member}" if self.member else str(self.path)

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.shown or self.member).name if self.member else self.path.name

    @property
    def folder(self) -> str:
        """Folder that holds the file, as text: a path, or zip and folder in it."""
        if not self.member:
            return str(self.path.parent)
        inner = str(PurePosixPath(self.shown or self.member).parent)
        return str(self.path) if inner == "." else f"{self.path}!/{inner}"

    @property
    def folder_name(self) -> str:
        """Name of the folder that holds the file; a zip is a folder named without its suffix."""
        if self.member:
            return PurePosixPath(self.shown or self.member).parent.name or self.path.stem
        return _as_text(self.path.absolute().parent.name) or str(self.path.absolute().parent)

    def stamp(self) -> tuple[int, int]:
        """Return size and time of change of the file on disk: another stamp is another content."""
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open for reading and seeking.

        Raises
        ------
        Refusal
            If the zip is broken or the member is not in it.
        OSError
            As the file system says.
        """
        if not self.member:
            with self.path.open("rb") as stream:
                yield stream
            return
        try:
            member = _open_member(self.path, self.stamp(), self.member)
        except KeyError as error:
            raise Refusal(mark("the zip no longer holds this file")) from error
        except (*_BROKEN_ZIP, EOFError, ValueError, OverflowError, struct.error) as error:
            raise Refusal(mark("the zip is damaged here: {reason}").format(reason=error)) from error
        except (NotImplementedError, RuntimeError) as error:  # packed in a way unknown here; locked
            raise Refusal(mark("the zip cannot be read here: {reason}").format(reason=error)) from error
        try:
            with member:
                # Small steps back, which the reader of headers takes, would inflate from the start again.
                yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, member), 1 << 16))
        except _BROKEN_ZIP as error:
            raise Refusal(mark("the zip is damaged here: {reason}").format(reason=error)) from error

    def size(self) -> int:
        """Return the number of bytes."""
        if not self.member:
            return self.path.stat().st_size
        try:
            return _archive(self.path, self.stamp()).getinfo(self.member).file_size
        except KeyError as error:
            raise Refusal(mark("the zip no longer holds this file")) from error
        except _BROKEN_ZIP as error:
            raise Refusal(mark("the zip is damaged here: {reason}").format(reason=error)) from error


_archives: OrderedDict[tuple[Path, tuple[int, int]], zipfile.ZipFile] = OrderedDict()
_archives_lock = threading.Lock()


def _archive(path: Path, stamp: tuple[int, int], check: Callable[[], None] = lambda: None) -> zipfile.ZipFile:
    """Return the opened zip. A few stay open: reading the directory of a large one takes long.

    Raises
    ------
    Refusal
        If it holds too many names; they are counted before they are read.
    """
    key = (path, stamp)
    with _archives_lock:
        if key in _archives:
            _archives.move_to_end(key)
            return _archives[key]
    fresh = _read_directory(path, check)  # without the lock: nobody else waits meanwhile
    with _archives_lock:
        if key in _archives:  # another thread was faster
            fresh.close()
        archive = _archives.setdefault(key, fresh)
        _archives.move_to_end(key)
        while len(_archives) > _OPEN_ARCHIVES:
            # Members that are being read keep the file open until they are closed.
            _archives.popitem(last=False)[1].close()
        return archive


def _read_directory(path: Path, check: Callable[[], None]) -> zipfile.ZipFile:
    """Open a zip that holds no more names than one may."""
    with path.open("rb") as stream:
        if too_many_names(stream, MAX_MEMBERS, check):
            raise Refusal(f"more than {MAX_MEMBERS} files in one zip: looks like a zip bomb")
    check()
    return zipfile.ZipFile(path)


def _open_member(path: Path, stamp: tuple[int, int], member: str) -> IO[bytes]:
    """Open a member, once more where another thread has closed the zip in between."""
    while True:
        archive = _archive(path, stamp)
        try:
            return archive.open(member)
        except ValueError:
            if archive.fp is not None:
                raise


def close_archives() -> None:
    """Close the zips that are kept open, so that they can be moved or deleted on Windows."""
    with _archives_lock:
        while _archives:
            _archives.popitem()[1].close()


def member_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name as it was meant.

    Names without the UTF-8 flag are read as code page 437 (APPNOTE.TXT 4.4.4); Chinese Windows writes GBK.
    """
    name = info.filename
    if info.flag_bits & 0x800:
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    if raw.isascii():
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


def _refuse_member(info: zipfile.ZipInfo) -> str:
    """Return why a member is not read, or an empty string."""
    name = info.filename
    if not name:
        return "a file without a name in the zip"
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:", name):
        return "its name in the zip leads out of the zip"
    if info.flag_bits & 0x1:
        return "encrypted in the zip: unpack it with its password first"
    if info.file_size > MAX_MEMBER_BYTES:
        return f"too large in the zip: {info.file_size} bytes"
    if info.file_size > RATIO_APPLIES_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return f"expands {info.file_size // max(1, info.compress_size)} times: looks like a zip bomb"
    return ""


def walk_zip(path: Path, cancel: CancelToken) -> Iterator[Location | tuple[str, str]]:
    """Yield the members of a zip, and (source, reason) for what is refused."""
    try:
        members = _archive(path, Location(path).stamp(), cancel.check).infolist()
    except Refusal as refusal:
        yield str(path), str(refusal)
        return
    except (*_BROKEN_ZIP, EOFError, ValueError, NotImplementedError, struct.error) as error:
        yield str(path), mark("not a readable zip: {reason}").format(reason=error)
        return
    except OSError as error:
        yield str(path), mark("cannot be read: {reason}").format(reason=reason_of(error))
        return
    if sum(info.compress_size for info in members) > path.stat().st_size:
        yield str(path), "its files overlap: looks like a zip bomb"
        return
    seen: set[str] = set()
    for info in sorted(members, key=lambda info: natural(member_name(info))):
        cancel.check()
        if info.filename.endswith("/"):  # `is_dir` fails on a name that is empty
            continue
        location = Location(path, info.filename, member_name(info))
        reason = _refuse_member(info)
        if not reason and info.filename in seen:
            reason = mark("twice in the zip under one name")
        seen.add(info.filename)
        if reason:
            yield str(location), reason
        else:
            yield location


def is_zip(path: Path) -> bool:
    """Whether the file begins like a zip. Its end alone would also fit a picture with a zip behind it."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def walk(paths: Iterable[Path], cancel: CancelToken) -> Iterator[Location | tuple[str, str]]:
    """Yield every file below the paths once, in natural order, and (source, reason) for what is refused.

    Symbolic links are followed; a folder or file that was met before, by whatever name, is not met again. A
    DICOMDIR stands for its folder. Zips are walked into; zips within zips are not.
    """
    seen: set[tuple[int, int] | Path] = set()
    for path in paths:
        if path.name.upper() == "DICOMDIR" and path.is_file():
            path = path.parent
        yield from _walk(path, seen, cancel, 0)


def _walk(
    path: Path, seen: set[tuple[int, int] | Path], cancel: CancelToken, depth: int
) -> Iterator[Location | tuple[str, str]]:
    cancel.check()
    try:
        status = path.stat()
        # Some Windows file systems number nothing.
        identity = (status.st_dev, status.st_ino) if status.st_ino else path.resolve()
        if identity in seen:
            return
        seen.add(identity)
        if path.is_dir():
            if depth > MAX_DEPTH:
                yield str(path), f"more than {MAX_DEPTH} folders deep"
                return
            with os.scandir(path) as entries:
                names = sorted((entry.name for entry in entries), key=natural)
        elif not path.is_file():
            yield str(path), "not a file or folder"
            return
        else:
            if status.st_size == 0:
                yield str(path), "empty file"
            elif is_zip(path):
                yield from walk_zip(path, cancel)
            else:
                yield Location(path)
            return
    except FileNotFoundError:
        broken = path.is_symlink()
        yield (
            str(path),
            mark("a link that leads nowhere") if broken else mark("there is no such file or folder"),
        )
        return
    except OSError as error:  # a link that leads to itself, no permission
        yield str(path), mark("cannot be read: {reason}").format(reason=reason_of(error))
        return
    for name in names:
        yield from _walk(path / name, seen, cancel, depth + 1)
