"""Make resources/self_test/samples.json: one tiny DICOM file of every transfer syntax that is read.

    python packaging/make_samples.py

The encoders are not those of the program: dcmtk for JPEG, JPEG-LS and RLE, imagecodecs (needed for this
alone: `pip install imagecodecs`) for JPEG 2000. `alnreader --self-test` decodes the files and compares them
with the uncompressed one of the same content.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    UltrasoundImageStorage,
)

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "resources" / "self_test" / "samples.json"
ROWS, COLUMNS = 24, 32
LOSSY_TOLERANCE = 6
"""Grey values of 255 by which a lossy sample may differ; these encoders change a smooth picture by 1 or 2."""

BY_DCMTK = {
    ImplicitVRLittleEndian: ["dcmconv", "+ti"],
    ExplicitVRBigEndian: ["dcmconv", "+tb"],
    DeflatedExplicitVRLittleEndian: ["dcmconv", "+td"],
    RLELossless: ["dcmcrle"],
    JPEGBaseline8Bit: ["dcmcjpeg", "+eb", "+q", "95"],
    JPEGExtended12Bit: ["dcmcjpeg", "+ee", "+q", "95"],
    JPEGLossless: ["dcmcjpeg", "+el"],
    JPEGLosslessSV1: ["dcmcjpeg", "+e1"],
    JPEGLSLossless: ["dcmcjpls", "+el"],
    JPEGLSNearLossless: ["dcmcjpls", "+en", "+md", "2"],
}
BY_IMAGECODECS: dict[str, tuple[str, dict[str, Any]]] = {
    JPEG2000Lossless: ("jpeg2k", {"reversible": True, "codecformat": "j2k"}),
    JPEG2000: ("jpeg2k", {"level": 60, "codecformat": "j2k"}),
    HTJ2KLossless: ("htj2k", {"reversible": True}),
    HTJ2KLosslessRPCL: ("htj2k", {"reversible": True}),
    HTJ2K: ("htj2k", {"reversible": False}),
}
LOSSY = {JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless, JPEG2000, HTJ2K}


def plain(bits: int) -> Dataset:
    """Return an uncompressed picture: two gradients and a bright hill."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    values = 3.0 * y + 2.0 * x + 60 * np.exp(-((y - 12) ** 2 + (x - 16) ** 2) / 40)
    stored = np.round(values * (2 ** (bits - 8))).astype(np.uint8 if bits == 8 else np.uint16)
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = UltrasoundImageStorage
    data.SOPInstanceUID = f"2.25.{bits}"
    data.StudyInstanceUID, data.SeriesInstanceUID = "2.25.1", "2.25.2"
    data.PatientID, data.PatientName, data.Modality = "SELFTEST", "Self^Test", "US"
    data.Rows, data.Columns, data.SamplesPerPixel = ROWS, COLUMNS, 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = 8 if bits == 8 else 16
    data.BitsStored, data.HighBit, data.PixelRepresentation = bits, bits - 1, 0
    data.PixelData = stored.tobytes()
    return data


def file_bytes(data: Dataset) -> bytes:
    stream = io.BytesIO()
    dcmwrite(stream, data, enforce_file_format=True)
    return stream.getvalue()


def through_dcmtk(data: Dataset, command: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.dcm", Path(folder) / "after.dcm"
        before.write_bytes(file_bytes(data))
        subprocess.run([*command, before, after], check=True)
        return after.read_bytes()


def through_imagecodecs(data: Dataset, syntax: str, codec: str, options: dict[str, Any]) -> bytes:
    frame = np.frombuffer(data.PixelData, np.uint8).reshape(ROWS, COLUMNS)
    coded = getattr(imagecodecs, f"{codec}_encode")(frame, **options)
    coded += b"\0" * (len(coded) % 2)
    data.file_meta.TransferSyntaxUID = syntax
    data.PixelData = encapsulate([coded])
    data["PixelData"].is_undefined_length = True
    return file_bytes(data)


def sample(syntax: str, content: bytes, reference: str) -> dict[str, Any]:
    """Return one sample, checked to be of the syntax that it is named after."""
    actual = dcmread(io.BytesIO(content), stop_before_pixels=True).file_meta.TransferSyntaxUID
    if actual != syntax:
        raise SystemExit(f"{syntax} came out as {actual}")
    tolerance = LOSSY_TOLERANCE if syntax in LOSSY else 0
    return {
        "transfer_syntax": syntax,
        "reference": reference,
        "tolerance": tolerance,
        "dicom": base64.b64encode(content).decode(),
    }


def main() -> None:
    references = {f"{bits} bits": plain(bits) for bits in (8, 12)}
    samples = [sample(ExplicitVRLittleEndian, file_bytes(plain(8)), "8 bits")]
    for syntax, command in BY_DCMTK.items():
        bits = 12 if syntax == JPEGExtended12Bit else 8
        samples.append(sample(syntax, through_dcmtk(plain(bits), command), f"{bits} bits"))
    for syntax, (codec, options) in BY_IMAGECODECS.items():
        samples.append(sample(syntax, through_imagecodecs(plain(8), syntax, codec, options), "8 bits"))
    plain_files = {name: base64.b64encode(file_bytes(data)).decode() for name, data in references.items()}
    written = {"references": plain_files, "samples": samples}
    SAMPLES.parent.mkdir(parents=True, exist_ok=True)
    SAMPLES.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    print(f"{SAMPLES}: {len(samples)} samples, {SAMPLES.stat().st_size} bytes")


if __name__ == "__main__":
    main()
