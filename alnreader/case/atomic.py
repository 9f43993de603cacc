"""Files that are written whole or not at all, several together."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from alnreader.case.errors import CannotWriteError

_PREFIX = ".alnreader-"
_UNLOCK = "Choose a folder that can be written, or close the file elsewhere"
_CAUSES = {
    errno.ENOSPC: ("the disk is full", "Free some space or choose another disk"),
    errno.EDQUOT: ("the disk quota is used up", "Free some space or choose another disk"),
    errno.EFBIG: ("the file would be larger than allowed here", "Free some space or choose another disk"),
    errno.EROFS: ("the disk is read-only", "Choose a folder that can be written"),
    errno.EACCES: (
        "there is no permission",
        _UNLOCK,
    ),
    errno.EPERM: (
        "there is no permission",
        _UNLOCK,
    ),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "Choose another folder"),
    errno.EISDIR: ("a folder of that name is in the way", "Choose another file name"),
    errno.EEXIST: ("a file stands where a folder is needed", "Choose another folder"),
    errno.ELOOP: ("its links lead in a circle", "Choose another folder"),
    errno.EINVAL: ("the name is not allowed here", "Choose another name"),
    errno.EIO: ("the disk reports a fault", "Choose another disk"),
}


def refusal(path: Path, error: OSError | ValueError) -> CannotWriteError:
    """Return what to tell of a file that could not be written: what, which file, what to do."""
    number = error.errno if isinstance(error, OSError) else errno.EINVAL
    reason, advice = _CAUSES.get(
        number or 0, (getattr(error, "strerror", None) or str(error), "Choose another place")
    )
    return CannotWriteError(f"Cannot write {path}: {reason}. {advice}. Nothing half-written was left.")


@dataclass
class _Staged:
    """One output: its place, the temporary file with its content, and the file that it replaced."""

    target: Path
    temporary: Path
    backup: Path | None = None
    placed: bool = False


class Outbox:
    """Outputs that appear together when the block ends well; otherwise the disk is as it was.

    Each content goes to a temporary file in its target's own folder (the same file system) and to the disk's
    surface; at the end each is renamed over its target. Where a rename fails, what was renamed before is put
    back. Missing folders are made, and removed again on failure. A target that is no ordinary file (a pipe, a
    terminal) cannot be renamed over: it is written to directly, at the end.

    Raises
    ------
    CannotWriteError
        From `add` and from the end of the block: what, which file, what to do.
    """

    def __init__(self, keep: Collection[Path] = ()) -> None:
        """Start with nothing staged. ``keep``: real paths that are never written over."""
        self._keep = keep
        self._staged: list[_Staged] = []
        self._targets: set[Path] = set()
        self._streams: list[tuple[Path, bytes]] = []
        self._folders: list[Path] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put everything in its place, or, after an error, take everything back."""
        done = False
        try:
            if kind is None:
                self._place()
                done = True
        finally:
            self._tidy(done)

    def add(
        self,
        path: Path,
        content: bytes | Iterable[bytes],
        shown: Path | None = None,
        *,
        private: bool = False,
    ) -> None:
        """Stage one file, whole or in parts that are made one by one.

        ``shown``: what a refusal names. ``private``: only this user may read it.
        """
        try:
            target = self._target(path)
            if target is None:
                whole = content if isinstance(content, bytes) else b"".join(content)
                self._streams.append((path, whole))
                return
            if target in self._keep:
                raise CannotWriteError(f"Cannot write {path}: this file is being read. Choose another name.")
            if target in self._targets:
                raise CannotWriteError(f"Cannot write {path}: two outputs have this name. Name them apart.")
            temporary = target.with_name(_temporary_name())
            try:
                pieces = (content,) if isinstance(content, bytes) else content
                _write_through(temporary, pieces, private=private)
            except BaseException:
                # Whoever goes on with the other outputs must not find half of this one in its place.
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
                raise
            self._staged.append(_Staged(target, temporary))
            self._targets.add(target)
        except (OSError, ValueError) as error:
            raise refusal(shown or path, error) from error

    def _target(self, path: Path) -> Path | None:
        """Return the real place of an output, its folder made; None where it is no ordinary file."""
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            # Also a link to a file that does not exist yet: the link stays, the file is made.
            target = Path(os.path.realpath(path))
            self._make_folder(target.parent)
            return target
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(path, os.W_OK):
            # A rename would quietly replace a file that someone has protected.
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return Path(os.path.realpath(path)) if stat.S_ISREG(mode) else None

    def _make_folder(self, folder: Path) -> None:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            self._folders.append(path)

    def _place(self) -> None:
        for item in self._staged:
            try:
                item.backup = _keep_old(item.target)
                item.temporary.replace(item.target)
                item.placed = True
            except OSError as error:
                raise refusal(item.target, error) from error
        for folder in {item.target.parent for item in self._staged}:
            with contextlib.suppress(OSError):  # what is there is whole; only a power cut would tell
                sync_folder(folder)
        for path, content in self._streams:
            try:
                with path.open("wb", buffering=0) as stream:
                    _write_all(stream.fileno(), content)
            except OSError as error:
                raise refusal(path, error) from error

    def _tidy(self, done: bool) -> None:
        """Remove what is temporary; unless all is done, put old files back and remove new ones."""
        for item in reversed(self._staged):
            with contextlib.suppress(OSError):
                if done:
                    if item.backup is not None:
                        item.backup.unlink()
                    continue
                item.temporary.unlink(missing_ok=True)
                if item.backup is not None:
                    item.backup.replace(item.target)
                elif item.placed:
                    item.target.unlink()
        if not done:
            for folder in reversed(self._folders):
                with contextlib.suppress(OSError):  # someone else has put a file there
                    folder.rmdir()


def write_bytes(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write one file whole or not at all, over an older one if need be, making missing folders.

    ``private``: only this user may read it.

    Raises
    ------
    CannotWriteError
        If it cannot be written. What was there before is untouched.
    """
    with Outbox() as outbox:
        outbox.add(path, content, private=private)


def replace_file(path: Path, content: bytes | Iterable[bytes | memoryview], *, private: bool = False) -> None:
    """Write one file whole or not at all, as often as after every action: write, fsync, rename.

    Unlike `write_bytes` it makes no folder and keeps no second copy on the way.

    Parameters
    ----------
    path
        In a folder that is there.
    content
        Whole, or in parts that are made one by one.
    private
        Only this user may read it.

    Raises
    ------
    CannotWriteError
        If it cannot be written. What was there before is untouched.
    """
    temporary = path.with_name(_temporary_name())
    try:
        _write_through(temporary, (content,) if isinstance(content, bytes) else content, private=private)
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, (OSError, ValueError)):
            raise refusal(path, error) from error
        raise


def make_folder(path: Path, *, private: bool = False) -> None:
    """Make a folder and those above it, where they are missing; ``private``: it is for this user alone.

    Raises
    ------
    CannotWriteError
        If it cannot be made.
    """
    with refusing(path):
        path.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)


@contextlib.contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn what the file system refuses in the block into what is told of that path (`refusal`)."""
    try:
        yield
    except OSError as error:
        raise refusal(path, error) from error


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed program has left in a folder that no other program writes to."""
    for path in folder.glob(f"{_PREFIX}*.tmp"):
        with contextlib.suppress(OSError):
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Bring a rename to the disk's surface: without it a power cut may bring the old file back.

    Windows knows no such call, and some network folders refuse it: there the system decides.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_leftover(path: Path) -> bool:
    """Whether a file is a temporary one that a killed program left behind."""
    return path.name.startswith(_PREFIX) and path.suffix == ".tmp"


def check_writable(files: Iterable[Path], folders: Iterable[Path] = (), keep: Collection[Path] = ()) -> None:
    """Try each output's place without leaving anything, so that a long reading does not end in a refusal.

    Parameters
    ----------
    files, folders
        Files, and folders for further files.
    keep
        As for `Outbox`.

    Raises
    ------
    CannotWriteError
        If one of them could not be written now.
    """
    outbox = Outbox(keep)
    try:
        for path in files:
            outbox.add(path, b"")
        for folder in folders:
            outbox.add(folder / _temporary_name(), b"", shown=folder)
    finally:
        outbox._tidy(done=False)


def _temporary_name() -> str:
    """Return a name that does not grow with the target's, which may be as long as the system allows."""
    return f"{_PREFIX}{secrets.token_hex(8)}.tmp"


def _write_through(path: Path, parts: Iterable[bytes | memoryview], *, private: bool = False) -> None:
    # O_EXCL: never through a link that someone has laid; 0o666: the user's umask decides who may read.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o600 if private else 0o666)
    try:
        for part in parts:
            _write_all(descriptor, part)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes | memoryview) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _keep_old(target: Path) -> Path | None:
    """Give the file that is about to be replaced a second name, and return it; None where there is none."""
    backup = target.with_name(_temporary_name())
    try:
        os.link(target, backup)
    except FileNotFoundError:
        return None
    except OSError:
        # A file system without hard links: move it. It is missing for the moment until the rename.
        if not target.exists():
            return None
        target.replace(backup)
    return backup
