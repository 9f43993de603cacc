"""Other programs' decoders, run as programs: dcmtk 3.6 and GDCM's tools of the system, Pillow's OpenJPEG.

None of them is what the program uses for the same file: dcmtk has its own IJG, CharLS, RLE and rendering;
GDCM's tools of the system use the system's OpenJPEG, where the program has the one in pylibjpeg-openjpeg.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut

RGB = NDArray[np.uint8]


def _run(*command: str | Path) -> None:
    program = str(command[0])
    if shutil.which(program) is None:
        pytest.skip(
            f"the independent decoder is not installed: {program} (apt-get install dcmtk libgdcm-tools)"
        )
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=60)
    assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"


def dcmtk(path: Path, frame: int, scratch: Path, *options: str) -> RGB:
    """Decode and render with dcmtk's dcmj2pnm (called dcm2img from 3.6.8 on)."""
    out = scratch / "dcmtk.pnm"
    program = "dcmj2pnm" if shutil.which("dcmj2pnm") else "dcm2img"
    _run(program, "-q", "-O", *options, "+op", "+F", str(frame), path, out)
    with Image.open(out) as image:
        return np.asarray(image.convert("RGB"))


def dcmtk_jpeg_ls(path: Path, frame: int, scratch: Path, *options: str) -> RGB:
    """Decompress with dcmtk's dcmdjpls, render with dcmj2pnm."""
    raw = scratch / "raw.dcm"
    _run("dcmdjpls", path, raw)
    return dcmtk(raw, frame, scratch, *options)


def gdcm_then_dcmtk(path: Path, frame: int, scratch: Path, *options: str) -> RGB:
    """Decompress with the system's GDCM (and OpenJPEG), render with dcmtk."""
    raw = scratch / "raw.dcm"
    _run("gdcmconv", "--raw", path, raw)
    return dcmtk(raw, frame, scratch, *options)


def completed_then_dcmtk(path: Path, frame: int, scratch: Path, *options: str) -> RGB:
    """Append the sequence delimiter that the file lacks, then decode with GDCM and dcmtk."""
    copy = scratch / "copy.dcm"
    copy.write_bytes(path.read_bytes() + b"\xfe\xff\xdd\xe0\0\0\0\0")
    return gdcm_then_dcmtk(copy, frame, scratch, *options)


def without_regions_then_dcmtk(path: Path, frame: int, scratch: Path, *options: str) -> RGB:
    """Take out the calibration regions, which dcmtk cannot parse in that file, then decode with dcmtk."""
    ds = pydicom.dcmread(path)
    del ds.SequenceOfUltrasoundRegions
    del ds[0xFFFEE0DD]  # the stray delimiter that dcmtk stumbles over
    copy = scratch / "copy.dcm"
    ds.save_as(copy)
    return dcmtk(copy, frame, scratch, *options)


def pillow_openjpeg(path: Path, frame: int, scratch: Path) -> RGB:
    """Decode an RGB code stream with Pillow's own OpenJPEG: dcmtk and GDCM know no HTJ2K."""
    ds = pydicom.dcmread(path)
    data = get_frame(ds.PixelData, frame - 1, number_of_frames=int(ds.get("NumberOfFrames", 1)))
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def pydicom_palette(path: Path, frame: int, scratch: Path) -> RGB:
    """Apply the palette with pydicom: dcmtk reads no segmented tables."""
    ds = pydicom.dcmread(path)
    return (apply_color_lut(ds.pixel_array, ds) >> 8).astype(np.uint8)
