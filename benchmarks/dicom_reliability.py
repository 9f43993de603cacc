"""Damaged files and many files, as many as hospitals have: part of ``make reliability``.

5000 damaged files (real ones from ../shared/dicom where they are, and simulated ones), then a folder of
20 000 files: found, counted, stopped in the middle. One line of figures each; exits with 1 after a fault.
"""

from __future__ import annotations

import argparse
import logging
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "dicom")]

import dicom_maker  # noqa: E402
import fuzz_cases  # noqa: E402
from pydicom.uid import JPEG2000Lossless, RLELossless  # noqa: E402

from alnreader.case.errors import CancelledError  # noqa: E402
from alnreader.case.progress import CancelToken  # noqa: E402
from alnreader.dicom import discover  # noqa: E402

PATIENTS = 100
"""Among whom the many files are divided."""

MEMORY = 2 << 30
"""By which the process may grow in either part."""


def corpus(folder: Path) -> dict[str, bytes]:
    """Return the files to damage by name."""
    shared = ROOT.parent / "shared" / "dicom"
    files = {
        str(path.relative_to(shared)): path.read_bytes()
        for path in sorted(shared.rglob("*"))
        if path.is_file() and path.suffix != ".md" and "LICENSE" not in path.name
    }
    made = {
        "native": dicom_maker.write_image(folder / "n.dcm", dicom_maker.doppler(), "RGB"),
        "rle": dicom_maker.write_image(folder / "r.dcm", dicom_maker.doppler(frames=3), "RGB", RLELossless),
        "jpeg": dicom_maker.write_ultrasound(folder / "j.dcm", dicom_maker.speckle(frames=3), jpeg=True),
        "jpeg 2000": dicom_maker.write_image(
            folder / "k.dcm", dicom_maker.speckle(), "RGB", JPEG2000Lossless
        ),
    }
    return files | {f"simulated {name}": path.read_bytes() for name, path in made.items()}


def many_files(folder: Path, count: int) -> str:
    """Write so many files of `PATIENTS` patients, find them, and stop a second search half-way."""
    made = dicom_maker.write_ultrasound(folder / "x.dcm", dicom_maker.speckle(64, 96)[0])
    data = made.read_bytes()
    made.unlink()
    uid, patient = dicom_maker.uid_of("x.dcm").encode(), b"\x10\x00\x20\x00LO\x02\x00P1"
    for number in range(count):
        place = folder / f"patient {number % PATIENTS:03d}"
        place.mkdir(exist_ok=True)
        content = data.replace(uid, uid[:-6] + b"%06d" % number)
        content = content.replace(patient, patient[:-4] + b"\x04\x00P%03d" % (number % PATIENTS))
        (place / f"{number:06d}.dcm").write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told: list[int] = []
    start = time.monotonic()
    found = discover([folder], lambda done, total, message="": told.append(done))
    seconds = time.monotonic() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    images = sum(len(case.images) for case in found.patients)
    token = CancelToken()
    start = time.monotonic()

    def stop(done: int, total: int, message: str = "") -> None:
        if total and done >= count // 2:
            token.cancel()

    try:
        discover([folder], stop, token)
        stopped = False
    except CancelledError:
        stopped = True
    if (images, len(found.patients), stopped) != (count, PATIENTS, True) or grown << 20 > MEMORY:
        raise SystemExit(
            f"many files: {images} of {count} images, {len(found.patients)} patients, +{grown} MiB"
        )
    return (
        f"many files: {images} of {len(found.patients)} patients in {seconds:.1f} s, memory +{grown} MiB, "
        f"{len(told)} reports of progress, stopped half-way after {time.monotonic() - start:.1f} s"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what the codecs say of damage is not ours to print
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = corpus(folder)
        start = time.monotonic()
        figures = fuzz_cases.run(files, options.cases, options.seed, folder)
        print(f"{figures}, {len(files)} originals, {time.monotonic() - start:.0f} s in all")
        for fault in figures.faults:
            print(f"  {fault}")
    with tempfile.TemporaryDirectory() as name:
        print(many_files(Path(name), options.files))
    return 1 if figures.faults or figures.grown > MEMORY else 0


if __name__ == "__main__":
    sys.exit(main())
