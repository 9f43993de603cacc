"""How a reading's state is told in lists. Nothing of the score: it may not be known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alnreader.case.language import tr
from alnreader.case.protocol import ReadingMode, ReadingState

if TYPE_CHECKING:
    from alnreader.gui.session import PatientSession


def state_words(session: PatientSession) -> str:
    """Return where a reading stands."""
    human = session.human
    if human.state is ReadingState.DRAFT and human.first_read is not None:
        return tr("First read entered")
    return kept_state_words(human.state, human.mode, amended=len(human.versions) > 1)


def kept_state_words(state: ReadingState, mode: ReadingMode, amended: bool) -> str:
    """Return where a reading stands that is not open."""
    if state is ReadingState.DRAFT:
        return tr("Concurrent reading") if mode is ReadingMode.CONCURRENT else tr("Not read yet")
    return {
        ReadingState.FIRST_READ_LOCKED: tr("First read locked"),
        ReadingState.REVEALED: tr("Score seen"),
        ReadingState.SIGNED: tr("Amended and signed") if amended else tr("Signed"),
        ReadingState.AMENDED: tr("Amendment open"),
    }[state]


def mode_words(session: PatientSession) -> str:
    """Return how a reading is done."""
    return kept_mode_words(session.human.mode)


def kept_mode_words(mode: ReadingMode) -> str:
    """Return how a reading that is not open is done."""
    return tr("Blinded") if mode is ReadingMode.BLINDED else tr("Concurrent")


def progress_words(session: PatientSession) -> str:
    """Return how many images have their regions confirmed."""
    case = session.case
    images = [image for image in case.images if image.key not in case.excluded]
    done = sum(
        bool(case.regions_of(image.key)) and all(region.confirmed for region in case.regions_of(image.key))
        for image in images
    )
    return kept_progress_words(done, len(images))


def kept_progress_words(confirmed: int, images: int) -> str:
    """Return how many images of a reading that is not open have their regions confirmed."""
    return tr("{0} of {1} images confirmed").format(confirmed, images)
