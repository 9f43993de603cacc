"""Makes `store_desk` importable: tests are imported by file, without their folder on the path."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "dicom"))

from alnreader.case.case import Case
from alnreader.dicom import discover
from alnreader.store.worklist import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "data") as store:
        yield store


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder of real PNG files."""

    def make(name: str = "Lin", count: int = 2, rows: int = 40, columns: int = 56) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for number in range(count):
            generator = np.random.default_rng([number, *name.encode()])
            pixels = generator.integers(0, 255, (rows, columns, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
        return folder

    return make


@pytest.fixture
def case(pictures: Callable[..., Path]) -> Case:
    """A patient of two real pictures."""
    return discover([pictures()]).patients[0]
