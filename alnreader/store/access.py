"""The work list as it can be had now: to change, or at least to look at."""

from __future__ import annotations

from pathlib import Path

from alnreader.case.errors import CannotWriteError, CaseFileError
from alnreader.store.worklist import Store


class Access:
    """Opens the work list when it is needed, and again after it could not be opened. For one thread.

    Parameters
    ----------
    folder
        Of the work list.
    """

    def __init__(self, folder: Path) -> None:
        """Open nothing yet."""
        self._folder = folder
        self._store: Store | None = None
        self._looking: Store | None = None

    @property
    def store(self) -> Store | None:
        """The list, if it is open for changes."""
        return self._store

    def to_change(self) -> Store:
        """Return the list.

        Raises
        ------
        CannotWriteError, CaseFileError
            If it cannot be opened now; it may be tried again.
        """
        if self._store is None:
            self._store = Store(self._folder)
        return self._store

    def to_look_at(self) -> Store:
        """Return the list, or one that takes nothing where it cannot be written now.

        Raises
        ------
        CannotWriteError, CaseFileError
            If there is none that could be read.
        """
        try:
            return self.to_change()
        except CannotWriteError as error:
            try:
                self._looking = self._looking or Store(self._folder, only_look=True)
            except CaseFileError:
                raise error from None  # there is none yet
            return self._looking

    def close(self) -> None:
        """Close what is open."""
        for store in (self._store, self._looking):
            if store is not None:
                store.close()
        self._store = self._looking = None
