"""What the slow parts cost with the shipped model (`make bench`). It prints times and judges none.

A bound in seconds would measure the machine; what is checked is that each step did its work.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alnreader.dicom import discover
from alnreader.inference.engine import Engine
from alnreader.inference.read import read_case
from alnreader.model.bundle import find_bundle
from alnreader.simulation import simulate_patient, write_dicom

pytestmark = pytest.mark.bench
SEED = 11


def median_ms(work: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def tell(what: str, milliseconds: float) -> None:
    sys.stdout.write(f"\n{what:<44}{milliseconds:>10.0f} ms")


@pytest.mark.parametrize("module", ["alnreader.cli", "alnreader.inference.engine"])
def test_start(module: str) -> None:
    command = [sys.executable, "-c", f"import {module}"]
    tell(f"import {module}", median_ms(lambda: subprocess.run(command, check=True), 3))


def test_patient(tmp_path: Path) -> None:
    patient = simulate_patient(SEED)
    count = len(patient.images)
    tell(f"simulate a patient of {count} images", median_ms(lambda: simulate_patient(SEED), 3))
    write_dicom(patient, tmp_path)
    tell("discover its files", median_ms(lambda: discover([tmp_path])))
    (case,) = discover([tmp_path]).patients
    engine = Engine(find_bundle(None))
    image = case.images[0]
    pixels = image.pixels()
    assert pixels.shape[2] == 3
    tell("decode a frame", median_ms(image.pixels))
    tell(f"encode an image ({engine.device})", median_ms(lambda: engine.encode(image, pixels)))
    tell("read the patient, everything included", median_ms(lambda: read_case(case, engine), 1))
