"""The errors that a user can cause, or can do something about."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line returns. A script can tell one cause from another.

    The numbers are part of the program's contract and are listed in the README.
    """

    OK = 0
    INTERNAL = 1
    USAGE = 2
    NO_INPUT = 3
    NO_MODEL = 4
    CANNOT_WRITE = 5
    PARTIAL = 6
    NETWORK = 7
    CANCELLED = 130


class AlnReaderError(Exception):
    """Base of every error with a message meant for the user.

    The message says what happened, to which file, and what to do. It is shown as it is, without a
    traceback.
    """

    exit_code: ExitCode = ExitCode.INTERNAL


class InvalidValueError(AlnReaderError, ValueError):
    """A value that cannot be part of a case: the sentence says why."""


class WrongUseError(InvalidValueError):
    """A value that the user gave and that cannot be meant: another one has to be given."""

    exit_code = ExitCode.USAGE


class ProtocolError(AlnReaderError):
    """A step that the reading does not allow where it stands: the sentence says why and what to do."""

    exit_code: ExitCode = ExitCode.USAGE


class UnreadableInputError(AlnReaderError):
    """A file or folder that cannot be read as an ultrasound picture."""

    exit_code = ExitCode.NO_INPUT


class NoUltrasoundError(UnreadableInputError):
    """Nothing in what was offered can be read by the program."""


class BundleError(AlnReaderError):
    """A model bundle or checkpoint that is absent, broken, changed, or of another schema."""

    exit_code = ExitCode.NO_MODEL


class CannotWriteError(AlnReaderError):
    """An output that could not be written (read-only, full disk). Nothing half-written is left."""

    exit_code = ExitCode.CANNOT_WRITE


class CaseFileError(UnreadableInputError):
    """A saved case, or the work list, that is broken, of a newer program, or larger than believed."""


class CaseInUseError(AlnReaderError):
    """A saved case that another program has open: it can be looked at, not changed."""

    exit_code = ExitCode.CANNOT_WRITE


class PacsError(AlnReaderError):
    """A PACS that refuses, or a node that is wrongly described: trying again alone does not help."""

    exit_code = ExitCode.NETWORK


class PacsUnavailableError(PacsError):
    """A PACS that is not there, does not answer, or broke off: trying again later may help."""


class WrongPassphraseError(UnreadableInputError):
    """A pass phrase that does not open an encrypted file, or a file that was changed since."""


class CancelledError(AlnReaderError):
    """The user stopped the work. What was finished before is kept."""

    exit_code = ExitCode.CANCELLED


class TrainingDataError(UnreadableInputError):
    """Pictures, masks or a manifest that nothing should be trained on. Every fault is named by file."""


class TrainingError(AlnReaderError):
    """A training run that cannot start or go on: a package is missing, or a process was lost."""
