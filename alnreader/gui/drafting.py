"""Keeps what is entered and not said yet, a moment after the last letter. Part of the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from alnreader.case.draft import Drafts
    from alnreader.gui.saving import Saving
    from alnreader.gui.session import PatientSession

PAUSE_MS = 500
"""What is typed is kept when the reader has paused for so long: a kill costs no more than that."""


class Drafting(QObject):
    """Hands the drafts of sessions to the store."""

    def __init__(self, saving: Saving) -> None:
        """Belong to what keeps the actions."""
        super().__init__(saving)
        self._saving = saving
        self._due: dict[int, PatientSession] = {}
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.keep)

    @property
    def settled(self) -> bool:
        """Whether all that is entered was handed to the store."""
        return not self._due

    def enter(self, session: PatientSession, drafts: Drafts) -> None:
        """Take what is entered now; what can no longer become a read is left out."""
        drafts = drafts.fitting(session.human)
        if session.read_only or drafts == session.drafts:
            return
        session.drafts = drafts
        self._due[session.number] = session
        self._pause.start()

    def keep(self) -> None:
        """Keep what is entered now, without waiting for a pause."""
        self._pause.stop()
        due, self._due = self._due, {}
        for session in due.values():
            if self._saving.active:
                self._put(session.number, session.drafts)

    def _put(self, number: int, drafts: Drafts) -> None:
        saving = self._saving

        def work() -> str:
            saving.case(number).keep_drafts(drafts)
            return saving.save_files()

        saving.put(work, saving.is_written, line=number, lasting=True)
