"""One program at a time changes a case. The others look.

A file beside the case is locked by the operating system as long as the program runs, and whatever ends the
program ends the lock: nothing stale can stay. Where the system has no locks (some network folders), what is
written in the file has to do: computer and process. Links are followed: one file has one lock.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from alnreader.case import clock
from alnreader.case.atomic import refusal
from alnreader.case.errors import CaseInUseError
from alnreader.case.language import mark

_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, getattr(errno, "ENOTSUP", 0), getattr(errno, "EOPNOTSUPP", 0)}
_OFFSET = 1 << 30
"""Windows locks bytes; one far behind the text leaves that readable for others."""

PATIENCE_SECONDS = 0.2
"""So long a lock is asked for again: another program's list looks at it for a moment (`is_free`)."""

_CLAIM_SECONDS = 2.0
"""Taking a lock without the system's takes milliseconds: a claim that is still there was left by a kill."""

_PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Owner:
    """Who holds a lock, as far as the file says."""

    host: str = ""
    process: int = 0
    since: str = ""

    @property
    def words(self) -> str:
        """The owner for a message."""
        here = self.host == socket.gethostname()
        place = "on this computer" if here else f"on {self.host}" if self.host else "elsewhere"
        return f"{place}, process {self.process}, since {self.since}" if self.process else place


class CaseLock:
    """Holds a case. Use `CaseLock.take`.

    Attributes
    ----------
    path
        File that is locked.
    by_system
        Whether the operating system sees to it.
    within
        Another lock that is given back with this one.
    """

    def __init__(self, path: Path, descriptor: int, by_system: bool) -> None:
        """Keep the open file; `take` makes it."""
        self.path = path
        self._descriptor = descriptor
        self.by_system = by_system
        self.within: CaseLock | None = None

    def is_of(self, case_file: Path) -> bool:
        """Whether this is the lock of that file, by whatever name."""
        return self.path == lock_file(case_file)

    @classmethod
    def take(cls, case_file: Path) -> Self:
        """Lock a case file, which need not exist yet.

        Raises
        ------
        CaseInUseError
            If another program, or another window of this one, has it.
        CannotWriteError
            If the folder cannot be written.
        """
        path = lock_file(case_file)
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            descriptor, ours = _open(path)
            try:
                by_system = _lock(descriptor)
            except BlockingIOError as error:
                owner = _owner(descriptor)
                os.close(descriptor)
                if time.monotonic() < until:
                    time.sleep(_PAUSE_SECONDS)
                    continue
                raise _in_use(case_file, owner) from error
            # Whoever had it may have removed the file between our opening and our locking it.
            if _same(path, descriptor) and (ours or not by_system or not _make_room(path)):
                break
            os.close(descriptor)
        if by_system:
            _sign(descriptor)
            return cls(path, descriptor, by_system)
        os.close(descriptor)
        with _claim(path):
            descriptor, ours = _open(path)
            owner = _owner(descriptor)
            if owner.process and _alive(owner):
                os.close(descriptor)
                raise _in_use(case_file, owner)
            if not ours and _make_room(path):
                os.close(descriptor)
                descriptor, ours = _open(path)
            _sign(descriptor)
        return cls(path, descriptor, by_system)

    def release(self) -> None:
        """Give the case free. May be called twice."""
        if self.within is not None:
            self.within.release()
        if self._descriptor < 0:
            return
        with contextlib.nullcontext() if self.by_system else _claim(self.path):
            if sys.platform != "win32":  # an open file cannot be removed there: it is closed before
                _make_room(self.path)
            os.close(self._descriptor)
            self._descriptor = -1
            if sys.platform == "win32":
                with contextlib.suppress(OSError):
                    self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Hold it for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it free."""
        self.release()


def lock_file(case_file: Path) -> Path:
    """Return the file that stands for the lock of a case, beside the file itself and not beside a link."""
    real = Path(os.path.realpath(case_file))
    return real.with_name(real.name + ".lock")


def is_free(case_file: Path) -> bool:
    """Whether nobody has the case open now: its program has ended, by whatever way. Nothing is changed."""
    try:
        descriptor = os.open(lock_file(case_file), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:  # there is none, or none that this user may look at
        return True
    try:
        owner = _owner(descriptor)
        return _lock(descriptor, shared=True) or not (owner.process and _alive(owner))
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)


def _open(path: Path) -> tuple[int, bool]:
    """Open the file of a lock, and say whether it can be written: not where another user has made it."""
    binary = getattr(os, "O_BINARY", 0)
    try:
        # Computer, process and time stand there: on a shared folder the others must be able to read them.
        return os.open(path, os.O_RDWR | os.O_CREAT | binary, 0o666), True
    except PermissionError as error:
        try:
            return os.open(path, os.O_RDONLY | binary), False
        except OSError:
            raise refusal(path, error) from error
    except OSError as error:
        raise refusal(path, error) from error


def _make_room(path: Path) -> bool:
    """Remove the file of a lock that is held, or that nobody holds; False where the folder does not let."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _sign(descriptor: int) -> None:
    """Write down who holds a lock."""
    text = {"host": socket.gethostname(), "process": os.getpid(), "since": clock.now().isoformat()}
    with contextlib.suppress(OSError):  # a full disk: the system's lock holds without words
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(text).encode())


@contextlib.contextmanager
def _claim(path: Path) -> Iterator[None]:
    """Let one program at a time read and write who holds a lock, where the system does not see to it.

    A file that must not exist yet is made by one of two programs only, also on a share (open(2), O_EXCL).
    """
    claim = path.with_name(path.name + ".claim")
    until = time.monotonic() + _CLAIM_SECONDS
    while True:
        try:
            os.close(os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            break
        except FileExistsError:
            if time.monotonic() > until:
                claim.unlink(missing_ok=True)
                until = time.monotonic() + _CLAIM_SECONDS
            time.sleep(_PAUSE_SECONDS)
        except OSError as error:
            raise refusal(claim, error) from error
    try:
        yield
    finally:
        claim.unlink(missing_ok=True)


def _in_use(case_file: Path, owner: Owner) -> CaseInUseError:
    return CaseInUseError(
        mark(
            "{case_file} is open in another program ({reason}). It can be looked at, not changed: "
            "close it there, then open it again."
        ).format(case_file=case_file.name, reason=owner.words)
    )


def _lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock for the system; False where it cannot. Raises BlockingIOError where someone else has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _OFFSET, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except PermissionError as error:
                raise BlockingIOError(errno.EWOULDBLOCK, "locked") from error
        else:
            import fcntl

            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return False
        raise BlockingIOError(errno.EWOULDBLOCK, "locked") from error
    return True


def _owner(descriptor: int) -> Owner:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        values = json.loads(os.read(descriptor, 4096) or b"{}")
        return Owner(str(values["host"])[:100], int(values["process"]), str(values["since"])[:40])
    except (OSError, ValueError, KeyError, TypeError):
        return Owner()


def _alive(owner: Owner) -> bool:
    """Whether the process that wrote the file may still run. Another computer's cannot be asked."""
    if owner.host != socket.gethostname():
        return True
    if owner.process == os.getpid():
        return True
    if sys.platform == "win32":  # a signal would end it there
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, owner.process)
        if not handle:
            return False
        ctypes.windll.kernel32.CloseHandle(handle)
        return True
    try:
        os.kill(owner.process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _same(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
