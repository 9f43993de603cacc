"""Why something cannot be read: a reason found deep inside, and the file named at the edge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alnreader.case.errors import UnreadableInputError

_LONGEST = 300


class Refusal(Exception):  # noqa: N818 - it is a verdict about the input, not a fault of the program
    """A reason, in words for the reader, why an input is not read. Never leaves this package."""


class RefusedError(UnreadableInputError):
    """An input that is not read.

    Attributes
    ----------
    source
        The file, with ``!/`` before the member of a zip.
    reason
        Why, without the file's name.
    """

    def __init__(self, source: str, reason: str) -> None:
        """Keep both halves, so that a list can show them in two columns."""
        # A reason may quote what a damaged file says.
        reason = "".join(character if character.isprintable() else "?" for character in reason)[:_LONGEST]
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


def reason_of(error: OSError) -> str:
    """Return what the system says of a file, without the path that the message repeats."""
    return error.strerror or str(error) or type(error).__name__


@contextmanager
def refusing(source: object) -> Iterator[None]:
    """Turn a reason found inside into an error that names the file.

    Raises
    ------
    RefusedError
        For every Refusal, every error of the file system and an exhausted memory.
    """
    try:
        yield
    except Refusal as refusal:
        raise RefusedError(str(source), str(refusal)) from refusal
    except FileNotFoundError as error:
        raise RefusedError(str(source), "the file is no longer there") from error
    except OSError as error:
        raise RefusedError(str(source), f"cannot be read: {reason_of(error)}") from error
    except MemoryError as error:
        raise RefusedError(str(source), "too large for this machine's memory") from error
