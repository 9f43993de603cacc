"""The pass phrase of a mapping file: from the environment for scripts, else asked for on the terminal."""

from __future__ import annotations

import getpass
import os
import warnings

from alnreader.case.errors import WrongUseError

PASSPHRASE = "ALNREADER_PASSPHRASE"
"""Environment variable with the pass phrase of the mapping file, for scripts."""


def passphrase_of_mapping(is_new: bool) -> str:
    """Return the pass phrase; that of a new file is asked for twice, as nobody could open it after a slip.

    Raises
    ------
    WrongUseError
        If there is nobody to ask, a new one is too short, or the two differ.
    """
    from alnreader.dicom.deidentify.mapping import check_passphrase

    given = os.environ.get(PASSPHRASE)
    if given is not None:
        if is_new:
            check_passphrase(given)
        return given
    given = _ask("Pass phrase of the mapping file: ")
    if is_new:
        check_passphrase(given)
        if _ask("The same once more, for the new file: ") != given:
            raise WrongUseError("The two pass phrases differ, and nothing was written. Begin again.")
    return given


def _ask(question: str) -> str:
    try:
        with warnings.catch_warnings():
            # Without a terminal it would be read from standard input, and shown.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(question)
    except (EOFError, getpass.GetPassWarning) as error:
        raise WrongUseError(
            f"There is no terminal to ask for the pass phrase on: set {PASSPHRASE} in the environment."
        ) from error
