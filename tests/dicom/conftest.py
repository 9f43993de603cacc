"""Makes `dicom_maker` and `dicom_independent` importable: tests are imported by file, not by folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alnreader.dicom import close_archives

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _archives_closed() -> Iterator[None]:
    """Leave no zip open that the test's temporary folder held."""
    yield
    close_archives()
