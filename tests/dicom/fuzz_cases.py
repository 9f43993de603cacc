"""Damages files and reads them: each is read or refused in words. For tests and ``make reliability``."""

from __future__ import annotations

import faulthandler
import random
import shutil
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom import discover
from alnreader.dicom.deidentify import Options, deidentify_files

HANG_SECONDS = 120.0
"""After which a case counts as hanging: it takes milliseconds, starting the codec's process seconds."""

DEIDENTIFIED = 5
"""Every so many cases are de-identified, too."""

_VRS = tuple(
    vr.encode()
    for words in ("AE AS AT CS DA DS DT FD FL IS LO LT OB OW PN", "SH SL SQ SS ST TM UI UL UN US UT XX")
    for vr in words.split()
)
_TAGS = (
    *(0x00020010, 0x00080005, 0x00080008, 0x00080016, 0x00080018, 0x00080020, 0x00100010, 0x00100020),
    *(0x00186011, 0x00186018, 0x0020000D, 0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010),
    *(0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00281101, 0x00281201, 0x00283000),
    *(0x7FE00001, 0x7FE00010, 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD, 0x00091001, 0x00000000, 0xFFFFFFFF),
)
_HEADER = 4096


def flip(data: bytes, chance: random.Random) -> bytes:
    """Change some bytes, more often of the header than its share."""
    changed = bytearray(data)
    reach = len(data) if chance.random() < 0.4 else min(len(data), _HEADER)
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        changed[chance.randrange(reach)] = chance.choice((0, 0xFF, chance.randrange(256)))
    return bytes(changed)


def truncate(data: bytes, chance: random.Random) -> bytes:
    """Cut the end off, or a piece out of the middle."""
    if chance.random() < 0.7:
        return data[: chance.randrange(len(data))]
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 256) :]


def rewrite_tags(data: bytes, chance: random.Random) -> bytes:
    """Give elements other tags, value representations and lengths, or repeat them."""
    changed = bytearray(data)
    places = [
        at for at in range(128, min(len(data), _HEADER) - 12) if data[at + 4 : at + 6] in _VRS and not at % 2
    ]
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.choice(places) if places else chance.randrange(max(1, len(data) - 12))
        kind = chance.randrange(4)
        if kind == 0:
            tag = chance.choice(_TAGS)
            struct.pack_into("<HH", changed, at, tag >> 16, tag & 0xFFFF)
        elif kind == 1:
            changed[at + 4 : at + 6] = chance.choice(_VRS)
        elif kind == 2:
            struct.pack_into(
                "<H", changed, at + 6, chance.choice((0, 1, 2, 0xFFFF, chance.randrange(1 << 16)))
            )
        else:
            end = at + 8 + struct.unpack_from("<H", data, at + 6)[0]
            changed[at:at] = data[at : min(end, at + 512)]
    return bytes(changed)


DAMAGES: Sequence[Callable[[bytes, random.Random], bytes]] = (flip, truncate, rewrite_tags)


@dataclass
class Figures:
    """What came out.

    Attributes
    ----------
    cases, read, refused
        How many; a case that is read shows at least its middle frame.
    copied
        De-identified copies written.
    faults
        Anything else than pixels or a reason in words.
    slowest
        Seconds, and which case.
    grown
        Bytes by which the process has grown at its largest, 0 where that is not known.
    """

    cases: int = 0
    read: int = 0
    refused: int = 0
    copied: int = 0
    faults: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    grown: int = 0

    def __str__(self) -> str:
        """One line."""
        return (
            f"fuzz: {self.cases} damaged files, {self.read} read, {self.refused} refused in words, "
            f"{self.copied} de-identified, {len(self.faults)} faults, slowest {self.slowest[0]:.2f} s "
            f"({self.slowest[1]}), memory +{self.grown >> 20} MiB"
        )


def run(files: Mapping[str, bytes], cases: int, seed: int, folder: Path, first: int = 0) -> Figures:
    """Damage the files in turn, so many cases in all from the ``first`` on, and read each.

    A case that does not end in `HANG_SECONDS` ends the process with a traceback.
    """
    figures = Figures()
    before = _largest()
    names = sorted(files)
    for number in range(first, first + cases):
        name = names[number % len(names)]
        chance = random.Random(f"{seed} {name} {number}")
        damage = chance.choice(DAMAGES)
        case = f"{name} {damage.__name__} {number}"
        path = folder / "damaged.dcm"
        path.write_bytes(damage(files[name], chance))
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
        start = time.monotonic()
        try:
            _one(path, number, figures)
        except Exception as error:
            figures.faults.append(f"{case}: {type(error).__name__}: {error}")
            shutil.copy(path, Path(tempfile.gettempdir()) / f"fuzz-{seed}-{number}.dcm")
        finally:
            faulthandler.cancel_dump_traceback_later()
        figures.cases += 1
        figures.slowest = max(figures.slowest, (time.monotonic() - start, case))
    figures.grown = _largest() - before
    return figures


def _one(path: Path, number: int, figures: Figures) -> None:
    found = discover([path])
    shown = 0
    for case in found.patients:
        for image in case.images:
            for frame in {image.key.frame, 1, image.number_of_frames}:
                try:
                    pixels = image.at_frame(frame).pixels()
                except UnreadableInputError as error:
                    if str(path) not in str(error):
                        raise RuntimeError(f"a refusal without its file: {error}") from error
                else:
                    assert pixels.shape == (image.rows, image.columns, 3)
                    assert pixels.dtype == np.uint8
                    shown += 1
    assert all(entry.reason for entry in found.skipped)
    figures.read += bool(shown)
    figures.refused += not shown
    if number % DEIDENTIFIED == 0:
        out = path.parent.with_name(f"{path.parent.name}-out{number}")
        try:
            figures.copied += len(deidentify_files([path], out, Options(whole_pictures=True)).written)
        except UnreadableInputError:
            assert not out.exists()
        shutil.rmtree(out, ignore_errors=True)


def _largest() -> int:
    """Return the largest size of the process so far, bytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
