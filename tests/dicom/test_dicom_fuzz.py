"""Damaged files: each is read or refused in words, quickly, and never ends the program."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fuzz_cases
import numpy as np
import pytest
from dicom_maker import doppler, region_item, speckle, write_image, write_ultrasound
from PIL import Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom import discover
from alnreader.dicom.gdcm_codec import Job
from alnreader.dicom.isolated import Worker
from alnreader.dicom.refusal import Refusal
from alnreader.dicom.worker_flag import WORKER_FLAG

CASES = 25
SECONDS = 20.0
"""For one damaged file. It takes milliseconds, but a busy machine may start the codec's process slowly."""


def native(path: Path) -> Path:
    regions = [region_item(), region_item(kind=2)]
    return write_ultrasound(path, doppler(16, 20), SequenceOfUltrasoundRegions=regions)


def palette(path: Path) -> Path:
    attributes: dict[str, object] = {}
    for colour in ("Red", "Green", "Blue"):
        attributes[f"{colour}PaletteColorLookupTableDescriptor"] = [200, 0, 8]
        attributes[f"Segmented{colour}PaletteColorLookupTableData"] = np.array(
            [0, 2, 5, 9, 1, 198, 255], "<u2"
        ).tobytes()
    return write_image(path, speckle(16, 20)[..., :1], "PALETTE COLOR", **attributes)


def twelve_bit(path: Path) -> Path:
    if shutil.which("dcmcjpeg") is None:
        pytest.skip("not installed: dcmcjpeg")
    values = speckle(48, 48)[..., :1].astype(np.uint16) * 16
    write_image(path, values, "MONOCHROME2", bits=12)
    subprocess.run(["dcmcjpeg", "+e1", path, path], check=True, capture_output=True)
    return path


def picture(path: Path) -> Path:
    Image.fromarray(doppler(16, 20)[0]).save(path.with_suffix(".png"))
    return path.with_suffix(".png")


WRITERS: dict[str, Callable[[Path], Path]] = {
    "native": native,
    "jpeg cine": lambda path: write_ultrasound(path, speckle(16, 20, 3), jpeg=True),
    "implicit": lambda path: write_image(path, doppler(16, 20), "RGB", ImplicitVRLittleEndian),
    "big endian": lambda path: write_image(path, doppler(16, 20), "RGB", ExplicitVRBigEndian),
    "deflated": lambda path: write_image(path, doppler(16, 20), "RGB", DeflatedExplicitVRLittleEndian),
    "rle": lambda path: write_image(path, doppler(16, 20, 2), "RGB", RLELossless),
    "jpeg 2000": lambda path: write_image(path, doppler(48, 48), "RGB", JPEG2000Lossless),
    "palette": palette,
    "12 bit lossless jpeg": twelve_bit,
    "png": picture,
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    kind = chance.random()
    if kind < 0.25:
        return data[: chance.randrange(len(data))]
    changed = bytearray(data)
    if kind < 0.35:
        start = chance.randrange(len(data))
        del changed[start : start + chance.randrange(1, 64)]
        return bytes(changed)
    reach = len(data) if kind < 0.7 else min(len(data), 1500)  # headers more often than their share
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        changed[chance.randrange(reach)] = chance.choice((0, 0xFF, chance.randrange(256)))
    return bytes(changed)


@pytest.mark.parametrize("kind", WRITERS)
def test_damage(kind: str, tmp_path: Path) -> None:
    path = WRITERS[kind](tmp_path / "a.dcm")
    data = path.read_bytes()
    chance = random.Random(kind)
    for index in range(CASES):
        path.write_bytes(damaged(data, chance))
        start = time.monotonic()
        found = discover([path])
        refused: list[str] = []
        for case in found.patients:
            for image in case.images:
                try:
                    pixels = image.pixels()
                except UnreadableInputError as error:
                    refused.append(str(error))
                else:
                    assert pixels.shape == (image.rows, image.columns, 3)
                    assert pixels.dtype == np.uint8
        assert all(str(path) in message for message in refused), index
        assert all(entry.reason for entry in found.skipped), index
        if path.stat().st_size:
            assert len(found.patients) + len(found.skipped) == 1
        assert time.monotonic() - start < SECONDS


# ---- real files ----


SEED = 20261123
PORTIONS, PORTION = 10, 500
"""5000 cases of the real files, shared among the workers; 10 ms of a CPU each. ``make reliability`` takes
others."""

SIMULATED = 240
"""Cases of files made here, where the real ones are not at hand."""

MEMORY = 1 << 30
"""By which reading damaged files may make the process grow: several times the largest picture among them."""


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_damaged_real_files(portion: int, shared: Path, tmp_path: Path) -> None:
    files = {
        str(path.relative_to(shared)): path.read_bytes()
        for path in sorted((shared / "dicom").rglob("*"))
        if path.is_file() and path.suffix != ".md" and "LICENSE" not in path.name
    }
    assert len(files) > 40
    figures = fuzz_cases.run(files, PORTION, SEED, tmp_path, first=portion * PORTION)
    assert figures.faults == []
    assert figures.cases == PORTION
    assert figures.grown < MEMORY
    assert figures.read
    assert figures.refused


def test_damaged_simulated_files(tmp_path: Path) -> None:
    files = {
        kind: WRITERS[kind](tmp_path / "a.dcm").read_bytes()
        for kind in WRITERS
        if kind not in ("png", "12 bit lossless jpeg")
    }
    figures = fuzz_cases.run(files, SIMULATED, SEED, tmp_path)
    assert figures.faults == []
    assert figures.grown < MEMORY
    assert figures.read
    assert figures.refused


# ---- the codec's process ----


def job(**changes: object) -> Job:
    plain = {
        "data": b"\xff\xd8\xff\xd9",
        "syntax": "1.2.840.10008.1.2.4.70",
        "rows": 8,
        "columns": 8,
        "samples": 1,
        "precision": 12,
        "signed": False,
    }
    return Job(**{**plain, **changes})  # type: ignore[arg-type]


def test_a_process_that_died_is_started_again(tmp_path: Path) -> None:
    worker = Worker()
    try:
        with pytest.raises(Refusal, match=r"gave up|failed"):
            worker.run(job())
        process = worker._process
        assert process is not None
        process.kill()
        process.wait()
        with pytest.raises(Refusal, match=r"gave up|failed"):
            worker.run(job())
        assert worker._process is not process
    finally:
        worker.close()
    assert worker._process is None


def test_a_process_that_does_not_answer_is_ended() -> None:
    worker = Worker()
    try:
        with pytest.raises(Refusal, match="failed"):
            worker.run(job(), timeout=0.0)  # nothing starts in no time
    finally:
        worker.close()


def test_a_frozen_program_becomes_the_process_when_asked() -> None:
    program = (
        "import sys; from alnreader.dicom.worker_flag import serve_if_asked as s; print(s(sys.argv[1:]))"
    )
    for arguments, answer in (([], b"False"), ([WORKER_FLAG], b"")):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            input=b"",
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.strip() == answer, "the process keeps standard output for its answers"
