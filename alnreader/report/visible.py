"""What of a reading may be shown: nothing of the score before a blinded first read is locked and revealed."""

from __future__ import annotations

import dataclasses

from alnreader.case.case import Reading


def shown(reading: Reading) -> Reading:
    """Return the reading without what the model says, or ever said, where the reader may not see it yet."""
    if reading.human is None or reading.human.score_visible:
        return reading
    return dataclasses.replace(reading, score=None, heat_maps={}, seen=())
