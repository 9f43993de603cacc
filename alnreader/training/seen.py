"""Which picture files a bundle has learned from: short digests in it, asked before a card is written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alnreader.model.bundle import Bundle
from alnreader.training.manifest import Record

ARRAY = "training_pictures"
"""Name of the digests beside the training features' statistics."""

DIGEST_BYTES = 8
"""Of a file's BLAKE2b: among ten thousand training pictures a stranger is found once in 10^15."""

TAUGHT_BY = ("train", "val")
"""Weights are fitted on the one, thresholds, calibration and the best epoch chosen on the other."""


def _digest(path: Path) -> bytes:
    return hashlib.blake2b(path.read_bytes(), digest_size=DIGEST_BYTES).digest()


def digests(records: Sequence[Record]) -> NDArray[np.float16]:
    """Return the digests of the picture files of the splits `TAUGHT_BY`, (N, 8) float16, in order of value.

    A bundle holds floating point numbers only: each number is a byte, 0 to 255, which is exact.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    found = sorted({_digest(record.image) for record in records if record.split in TAUGHT_BY})
    return np.frombuffer(b"".join(found), np.uint8).reshape(-1, DIGEST_BYTES).astype(np.float16)


def seen_by(bundle: Bundle, pictures: Sequence[Path]) -> tuple[Path, ...] | None:
    """Return those of some pictures that a bundle has learned from; None where it does not tell.

    A file is known by its bytes: a copy that was saved anew is not (`check` finds such copies in one cohort).

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    known = (bundle.features() or {}).get(ARRAY)
    if known is None:
        return None
    taught = {row.tobytes() for row in known.astype(np.uint8)}
    return tuple(path for path in pictures if _digest(path) in taught)
