"""Locks on files, which the system frees when a program ends however it ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def try_lock(descriptor: int) -> bool:
    """Lock a file for this program, if no other one has; freed when it is closed."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # Windows alone has it
        except OSError:
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Hold a lock file for the block, and take it away afterwards; yield whether it was to be had."""
    while True:
        stream = path.open("a+b")
        if not try_lock(stream.fileno()):
            stream.close()
            yield False
            return
        if _is(path, stream.fileno()):
            break
        stream.close()  # who held it before has taken it away meanwhile
    try:
        yield True
    finally:
        if os.name == "nt":
            stream.close()  # Windows removes no file that is open
        with contextlib.suppress(OSError):
            path.unlink()
        stream.close()


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False
