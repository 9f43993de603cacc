"""The colour of a file is what its data are, whatever the tag says; an override is told."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_maker import doppler, jpeg_bytes, speckle, to_ybr, write_encapsulated, write_image
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from alnreader.dicom import decode_pixels, discover

SIZE = (96, 96)
"""JPEG works in blocks: pictures large enough that a patch is more than one."""


def marked(data: bytes, jfif: bool = False, adobe: int | None = None, identifiers: bytes = b"") -> bytes:
    """Rewrite the markers of a JPEG made by Pillow: its JFIF segment out, others in, components renamed."""
    position, kept = 2, [b"\xff\xd8"]
    if jfif:
        kept.append(b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    if adobe is not None:
        kept.append(b"\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0" + bytes([adobe]))
    while True:
        marker = data[position + 1]
        (length,) = struct.unpack_from(">H", data, position + 2)
        segment = bytearray(data[position : position + 2 + length])
        if identifiers and marker == 0xC0:
            for index, identifier in enumerate(identifiers):
                segment[10 + 3 * index] = identifier
        if identifiers and marker == 0xDA:
            for index, identifier in enumerate(identifiers):
                segment[5 + 2 * index] = identifier
        if marker not in (0xE0, 0xEE):
            kept.append(bytes(segment))
        position += 2 + length
        if marker == 0xDA:
            return b"".join(kept) + data[position:]


def coded(rgb: NDArray[np.uint8], ybr: bool, **markers: object) -> bytes:
    """Encode a picture as YCbCr or as RGB, without or with markers that say so."""
    if ybr:
        return marked(jpeg_bytes(rgb), **markers)  # type: ignore[arg-type]
    # As three components that nothing is done to: Pillow writes YCbCr mode as it is.
    buffer = io.BytesIO()
    Image.frombytes("YCbCr", rgb.shape[1::-1], rgb.tobytes()).save(buffer, "JPEG", quality=95, subsampling=0)
    return marked(buffer.getvalue(), **markers)  # type: ignore[arg-type]


def mean_error(path: Path, expected: NDArray[np.uint8]) -> float:
    return float(np.abs(decode_pixels(path).astype(int) - expected).mean())


def notes(path: Path) -> str:
    (case,) = discover([path]).patients
    return " ".join(case.images[0].notes)


@pytest.mark.parametrize("tag", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize(
    ("ybr", "markers"),
    [
        (True, {"jfif": True}),
        (True, {"adobe": 1}),
        (True, {}),
        (False, {"adobe": 0}),
        (False, {"identifiers": b"RGB"}),
        (False, {}),
    ],
    ids=["JFIF", "Adobe 1", "YCbCr without markers", "Adobe 0", "R G B", "RGB without markers"],
)
@pytest.mark.parametrize("picture", ["B-mode", "Doppler"])
def test_jpeg_markers_and_tags(
    tag: str, ybr: bool, markers: dict[str, object], picture: str, tmp_path: Path
) -> None:
    pixels = (doppler if picture == "Doppler" else speckle)(*SIZE)
    stream = coded(pixels[0], ybr, **markers)
    path = write_encapsulated(tmp_path / "a.dcm", [stream], pixels.shape, tag, JPEGBaseline8Bit)
    assert mean_error(path, pixels[0]) < 3
    wrong = ybr == (tag == "RGB")
    assert ("Colour read as" in notes(path)) == wrong
    if wrong:
        assert f"not as the tag says ({tag})" in notes(path)


@pytest.mark.parametrize("tag", ["RGB", "YBR_FULL"])
def test_subsampled_colour_is_ycbcr(tag: str, tmp_path: Path) -> None:
    pixels = doppler(*SIZE)
    stream = marked(jpeg_bytes(pixels[0], subsampling=2))
    path = write_encapsulated(tmp_path / "a.dcm", [stream], pixels.shape, tag, JPEGBaseline8Bit)
    assert mean_error(path, pixels[0]) < 4
    assert ("subsampled colour" in notes(path)) == (tag == "RGB")


@pytest.mark.parametrize("adobe", [0, 1])
def test_a_marker_that_makes_b_mode_green_is_not_believed(adobe: int, tmp_path: Path) -> None:
    pixels = speckle(*SIZE)
    truth_is_ybr = adobe == 0
    stream = coded(pixels[0], truth_is_ybr, adobe=adobe)
    tag = "YBR_FULL" if truth_is_ybr else "RGB"
    path = write_encapsulated(tmp_path / "a.dcm", [stream], pixels.shape, tag, JPEGBaseline8Bit)
    assert mean_error(path, pixels[0]) < 3
    assert notes(path) == "", "the tag was right"


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless], ids=lambda uid: uid.name)
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("tag", ["RGB", "YBR_FULL"])
def test_uncompressed_colour_under_the_wrong_tag(syntax: str, planar: bool, tag: str, tmp_path: Path) -> None:
    pixels = doppler(frames=3)
    stored = to_ybr(pixels) if tag == "RGB" else pixels
    path = write_image(tmp_path / "a.dcm", stored, tag, syntax, planar=planar)
    assert int(np.abs(decode_pixels(path).astype(int) - pixels[0]).max()) <= 2
    assert "is grey that way" in notes(path)


def test_a_colourful_picture_keeps_its_tag(tmp_path: Path) -> None:
    """Only what would be grey the other way is overridden: an elastogram in full colour stays."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1, 48, 64, 3)).astype(np.uint8)
    path = write_image(tmp_path / "a.dcm", pixels, "RGB")
    assert np.array_equal(decode_pixels(path), pixels[0])
    assert notes(path) == ""


@pytest.mark.parametrize("encoded_as", ["RGB", "YBR_RCT"])
@pytest.mark.parametrize("tag", ["RGB", "YBR_RCT", "YBR_ICT", "YBR_FULL"])
def test_jpeg_2000_component_transform(encoded_as: str, tag: str, tmp_path: Path) -> None:
    """OpenJPEG undoes the transform; converting once more would make the picture green."""
    pixels = doppler(*SIZE)
    path = write_image(tmp_path / "a.dcm", pixels, encoded_as, JPEG2000Lossless)
    retagged = tmp_path / "b.dcm"
    ds = pydicom.dcmread(path)
    ds.PhotometricInterpretation = tag
    ds.save_as(retagged)
    assert np.array_equal(decode_pixels(retagged), pixels[0])
