"""Pictures to be found, and what is said of those that are left out."""

from __future__ import annotations

from pathlib import Path

from dicom_maker import speckle
from PIL import Image

from alnreader.dicom import Discovery

PIXELS = speckle(16, 20)


def reasons(found: Discovery) -> dict[str, str]:
    """Return why each file was left out, by its name."""
    return {Path(entry.path).name: entry.reason for entry in found.skipped}


def png(path: Path, seed: int = 0) -> Path:
    """Write a picture that is not DICOM."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(speckle(16, 20, seed=seed)[0]).save(path)
    return path
