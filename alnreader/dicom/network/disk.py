"""Files that are whole or not there, also after the power has failed."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from alnreader.case.errors import CannotWriteError

_UID = re.compile(r"\d+(\.\d+)*")
_UID_LENGTH = 64
"""Characters that a UID has at most (PS3.5 9.1)."""

_ADVICE = {
    errno.ENOSPC: "the disk is full. Free some space or choose another disk",
    errno.EDQUOT: "the disk quota is used up. Free some space or choose another disk",
    errno.EROFS: "the disk is read-only. Choose a folder that can be written",
    errno.EACCES: "there is no permission. Choose a folder that can be written",
    errno.EPERM: "there is no permission. Choose a folder that can be written",
    errno.ENOTDIR: "a file stands where a folder is needed. Choose another folder",
    errno.EEXIST: "a file stands where a folder is needed. Choose another folder",
    errno.EFBIG: "the file would be larger than allowed here. Choose another disk",
}


def uid_name(uid: str) -> str:
    """Return a file name for a UID: itself where it is one (PS3.5 9.1), else a digest of what was sent."""
    if len(uid) <= _UID_LENGTH and _UID.fullmatch(uid):
        return uid
    return f"uid-{sha256(uid.encode(errors='surrogateescape')).hexdigest()[:32]}"


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the file system refuses in the block into a sentence for the user."""
    try:
        yield
    except OSError as error:
        reason = _ADVICE.get(error.errno or 0) or f"{error.strerror or error}. Choose another place"
        raise CannotWriteError(f"Cannot write {path}: {reason}.") from error


def write_whole(path: Path, write: Callable[[BinaryIO], object], *, private: bool = False) -> None:
    """Write a file by way of a temporary one; it appears whole or not at all and replaces an older one.

    Parameters
    ----------
    path
        Its folder is made if it is not there.
    write
        Writes the content into a stream.
    private
        Only this user may read it.

    Raises
    ------
    CannotWriteError
        If it cannot be written. Nothing half-written is left.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(temporary, flags, 0o600 if private else 0o666), "wb") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed program has left in a folder of ours."""
    for path in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            path.unlink()
