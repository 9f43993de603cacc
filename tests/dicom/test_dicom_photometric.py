"""Every photometric interpretation under every transfer syntax that can be written here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_maker import (
    NATIVE,
    dataset,
    doppler,
    jpeg_bytes,
    save,
    speckle,
    to_ybr,
    write_encapsulated,
    write_image,
    write_ultrasound,
)
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom import decode_pixels

LOSSLESS = [*NATIVE, RLELossless, JPEG2000Lossless]


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.name)
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("shape", [(1, 48, 64), (3, 48, 64), (3, 33, 35)], ids=str)
def test_rgb(syntax: str, planar: bool, shape: tuple[int, int, int], tmp_path: Path) -> None:
    frames, rows, columns = shape
    pixels = doppler(rows, columns, frames)
    path = write_image(tmp_path / "a.dcm", pixels, "RGB", syntax, planar=planar)
    for frame in range(1, frames + 1):
        assert np.array_equal(decode_pixels(path, frame), pixels[frame - 1])


@pytest.mark.parametrize("syntax", [*NATIVE, RLELossless], ids=lambda uid: uid.name)
def test_ybr_full(syntax: str, tmp_path: Path) -> None:
    pixels = doppler(frames=2)
    path = write_image(tmp_path / "a.dcm", to_ybr(pixels), "YBR_FULL", syntax)
    # Rounded twice: to YCbCr and back.
    assert int(np.abs(decode_pixels(path, 2).astype(int) - pixels[1]).max()) <= 2


@pytest.mark.parametrize("syntax", NATIVE, ids=lambda uid: uid.name)
@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_FULL"])
def test_ybr_422_uncompressed(syntax: str, photometric: str, tmp_path: Path) -> None:
    """The same file with the whole colour under the tag of the subsampled one is read as what it is."""
    pixels = np.repeat(doppler(40, 32, 2), 2, axis=2)  # colour the same in each pair of pixels
    ybr = to_ybr(pixels)
    if photometric == "YBR_FULL":
        path = write_image(
            tmp_path / "a.dcm", ybr, photometric, syntax, PhotometricInterpretation="YBR_FULL_422"
        )
    else:
        packed = np.empty((*ybr.shape[:2], ybr.shape[2] // 2, 4), dtype=np.uint8)
        packed[..., 0], packed[..., 1] = ybr[:, :, ::2, 0], ybr[:, :, 1::2, 0]
        packed[..., 2], packed[..., 3] = ybr[:, :, ::2, 1], ybr[:, :, ::2, 2]
        ds = dataset("a", SamplesPerPixel=3, PlanarConfiguration=0, PhotometricInterpretation=photometric)
        ds.Rows, ds.Columns, ds.NumberOfFrames = 40, 64, 2
        ds.BitsAllocated = ds.BitsStored = 8
        ds.HighBit, ds.PixelRepresentation = 7, 0
        raw = packed.tobytes()
        if syntax == ExplicitVRBigEndian:
            raw = packed.reshape(-1, 2)[:, ::-1].tobytes()
        ds.PixelData = raw
        ds["PixelData"].VR = "OW" if syntax == ExplicitVRBigEndian else "OB"
        path = save(ds, tmp_path / "a.dcm", syntax)
    for frame in (1, 2):
        assert int(np.abs(decode_pixels(path, frame).astype(int) - pixels[frame - 1]).max()) <= 2


def test_ybr_partial(tmp_path: Path) -> None:
    grey = np.array([16, 126, 235], dtype=np.uint8)
    packed = np.stack([grey, grey, np.full(3, 128), np.full(3, 128)], axis=-1).astype(np.uint8)
    ds = dataset("a", SamplesPerPixel=3, PlanarConfiguration=0, PhotometricInterpretation="YBR_PARTIAL_422")
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = (
        3,
        2,
        8,
        8,
        7,
        0,
    )
    ds.PixelData = packed.tobytes()
    ds["PixelData"].VR = "OB"
    decoded = decode_pixels(save(ds, tmp_path / "a.dcm"))
    assert decoded[:, 0].tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.name)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_grey_8(syntax: str, photometric: str, tmp_path: Path) -> None:
    grey = speckle(33, 35)[..., :1]
    path = write_image(tmp_path / "a.dcm", grey, photometric, syntax)
    expected = grey[0] if photometric == "MONOCHROME2" else 255 - grey[0]
    assert np.array_equal(decode_pixels(path), np.repeat(expected, 3, axis=-1))


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.name)
@pytest.mark.parametrize(("bits", "signed"), [(10, False), (12, False), (12, True), (16, False), (16, True)])
def test_grey_deep(syntax: str, bits: int, signed: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    low = -(1 << (bits - 1)) if signed else 0
    values = rng.integers(low, low + (1 << bits), (2, 32, 33, 1)).astype(np.int16 if signed else np.uint16)
    path = write_image(tmp_path / "a.dcm", values, "MONOCHROME2", syntax, bits=bits)
    frame = values[1, ..., 0].astype(np.float64)
    expected = np.rint((frame - frame.min()) / (frame.max() - frame.min()) * 255)
    assert np.array_equal(decode_pixels(path, 2)[..., 0], expected)


def test_7_bits_are_scaled_to_8(tmp_path: Path) -> None:
    values = np.arange(128, dtype=np.uint8).reshape(1, 8, 16, 1)
    decoded = decode_pixels(write_image(tmp_path / "a.dcm", values, "MONOCHROME2", bits=7))
    assert (int(decoded.min()), int(decoded.max())) == (0, 255)


@pytest.mark.parametrize("high_bit", [11, 15])
def test_an_overlay_in_unused_bits_is_not_shown(high_bit: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    values = rng.integers(0, 4096, (1, 20, 20, 1)).astype(np.uint16)
    shift = high_bit - 11
    noise = rng.integers(0, 16, values.shape).astype(np.uint16)
    stored = (values << shift) | (noise << 12 if shift == 0 else noise)
    clean = decode_pixels(write_image(tmp_path / "clean.dcm", values, "MONOCHROME2", bits=12))
    dirty = write_image(tmp_path / "dirty.dcm", stored, "MONOCHROME2", bits=12, HighBit=high_bit)
    assert np.array_equal(decode_pixels(dirty), clean)


@pytest.mark.parametrize("syntax", [*NATIVE, RLELossless], ids=lambda uid: uid.name)
@pytest.mark.parametrize("index_bits", [8, 16])
@pytest.mark.parametrize("entry_bits", [8, 16])
def test_palette(syntax: str, index_bits: int, entry_bits: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    count, first = 200, 10
    tables = rng.integers(0, 256, (3, count))
    indices = rng.integers(0, 256, (1, 17, 19, 1)).astype(np.uint8 if index_bits == 8 else np.uint16)
    order = ">u2" if syntax == ExplicitVRBigEndian else "<u2"
    attributes: dict[str, object] = {}
    for channel, colour in enumerate(("Red", "Green", "Blue")):
        attributes[f"{colour}PaletteColorLookupTableDescriptor"] = [count, first, entry_bits]
        entries = tables[channel] * (1 if entry_bits == 8 else 257)
        attributes[f"{colour}PaletteColorLookupTableData"] = entries.astype(order).tobytes()
    path = write_image(tmp_path / "a.dcm", indices, "PALETTE COLOR", syntax, **attributes)
    expected = tables[:, np.clip(indices[0, ..., 0].astype(int) - first, 0, count - 1)]
    assert np.array_equal(decode_pixels(path), np.moveaxis(expected, 0, -1))


def test_palette_of_bytes(tmp_path: Path) -> None:
    """8-bit entries, two in a word, as PS3.3 C.7.6.3.1.6 has them."""
    table = np.arange(255, -1, -1, dtype=np.uint8)
    attributes: dict[str, object] = {}
    for colour in ("Red", "Green", "Blue"):
        attributes[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        attributes[f"{colour}PaletteColorLookupTableData"] = table.tobytes()
    indices = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        path = write_image(tmp_path / "a.dcm", indices, "PALETTE COLOR", syntax, **attributes)
        assert np.array_equal(decode_pixels(path)[..., 1], 255 - indices[0, ..., 0])


def test_segmented_palette(tmp_path: Path) -> None:
    # Discrete: 3 entries; linear: 4 steps to 255; indirect: the linear one again, from 255 to 255.
    segments = np.array([0, 3, 0, 10, 20, 1, 4, 255, 2, 1, 10, 0], dtype="<u2")
    attributes: dict[str, object] = {}
    for colour in ("Red", "Green", "Blue"):
        attributes[f"{colour}PaletteColorLookupTableDescriptor"] = [11, 0, 16]
        attributes[f"Segmented{colour}PaletteColorLookupTableData"] = segments.tobytes()
    indices = np.arange(11, dtype=np.uint8).reshape(1, 1, 11, 1)
    decoded = decode_pixels(write_image(tmp_path / "a.dcm", indices, "PALETTE COLOR", **attributes))
    assert decoded[0, :, 0].tolist() == [0, 10, 20, 79, 138, 196, 255, 255, 255, 255, 255]


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ([0, 9, 1], "cut off"),
        ([1, 4, 255], "begins with a linear"),
        ([0, 2, 1, 2], "2 of 11 entries"),
        ([7, 1, 1], "segment of kind 7"),
        ([0, 1, 5, 2, 1, 6, 0], "refers to a reference"),
    ],
)
def test_damaged_segmented_palette(segments: list[int], words: str, tmp_path: Path) -> None:
    attributes: dict[str, object] = {}
    for colour in ("Red", "Green", "Blue"):
        attributes[f"{colour}PaletteColorLookupTableDescriptor"] = [11, 0, 16]
        attributes[f"Segmented{colour}PaletteColorLookupTableData"] = np.array(segments, "<u2").tobytes()
    indices = np.zeros((1, 2, 2, 1), dtype=np.uint8)
    path = write_image(tmp_path / "a.dcm", indices, "PALETTE COLOR", **attributes)
    with pytest.raises(UnreadableInputError, match=words):
        decode_pixels(path)


def test_palette_without_tables_is_refused(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.dcm", np.zeros((1, 2, 2, 1), np.uint8), "PALETTE COLOR")
    with pytest.raises(UnreadableInputError, match="lookup table"):
        decode_pixels(path)


def test_jpeg_baseline_cine(tmp_path: Path) -> None:
    pixels = speckle(frames=5)
    path = write_ultrasound(tmp_path / "a.dcm", pixels, jpeg=True)
    for frame in (1, 3, 5):
        difference = np.abs(decode_pixels(path, frame).astype(int) - pixels[frame - 1])
        assert float(difference.mean()) < 2, "JPEG of quality 95"


@pytest.mark.parametrize(
    ("program", "options", "tolerance"),
    [
        ("dcmcjpeg", ["+e1"], 0),  # lossless, all predictors
        ("dcmcjpeg", ["+el", "+sv", "7"], 0),
        ("dcmcjpls", ["+el"], 0),
        ("dcmcjpls", ["+en", "+md", "2"], 2),
        ("dcmcrle", [], 0),
    ],
    ids=["lossless SV1", "lossless predictor 7", "JPEG-LS", "JPEG-LS near lossless", "RLE"],
)
@pytest.mark.parametrize("kind", ["grey 8", "grey 12", "grey 16", "RGB"])
def test_what_dcmtk_encodes(
    program: str, options: list[str], tolerance: int, kind: str, tmp_path: Path
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"not installed: {program}")
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:40, :56]
    smooth = (np.sin(x / 9) + np.cos(y / 7) + 2) / 4
    if kind == "RGB":
        values, photometric, bits = doppler(40, 56, 2), "RGB", 8
    else:
        bits, photometric = int(kind.split()[1]), "MONOCHROME2"
        top = (1 << bits) - 1
        deep = np.clip(smooth * top + rng.normal(0, top / 50, (2, 40, 56)), 0, top)
        values = deep[..., np.newaxis].astype(np.uint8 if bits == 8 else np.uint16)
    # A window over the whole range: what is shown tells the stored values, to the rounding of 8 bits.
    window = {"WindowCenter": (1 << bits) / 2, "WindowWidth": 1 << bits, "VOILUTFunction": "LINEAR_EXACT"}
    plain = write_image(tmp_path / "plain.dcm", values, photometric, bits=bits, **window)
    packed = tmp_path / "packed.dcm"
    subprocess.run([program, *options, plain, packed], check=True, capture_output=True)
    for frame in (1, 2):
        difference = np.abs(decode_pixels(packed, frame).astype(int) - decode_pixels(plain, frame))
        assert int(difference.max()) <= (tolerance if bits == 8 else min(tolerance, 1))


def test_12_bit_extended_jpeg(tmp_path: Path) -> None:
    if shutil.which("dcmcjpeg") is None:
        pytest.skip("not installed: dcmcjpeg")
    y, x = np.mgrid[:40, :56]
    values = ((np.sin(x / 9) + np.cos(y / 7) + 2) * 1000).astype(np.uint16)[np.newaxis, ..., np.newaxis]
    window = {"WindowCenter": 2048, "WindowWidth": 4096}
    plain = write_image(tmp_path / "plain.dcm", values, "MONOCHROME2", bits=12, **window)
    subprocess.run(["dcmcjpeg", "+ee", plain, tmp_path / "jpeg.dcm"], check=True, capture_output=True)
    subprocess.run(
        ["dcmdjpeg", tmp_path / "jpeg.dcm", tmp_path / "back.dcm"], check=True, capture_output=True
    )
    decoded, theirs = decode_pixels(tmp_path / "jpeg.dcm"), decode_pixels(tmp_path / "back.dcm")
    assert int(np.abs(decoded.astype(int) - theirs).max()) <= 1
    assert int(np.abs(decoded.astype(int) - decode_pixels(plain)).max()) <= 2


@pytest.mark.parametrize("signed", [False, True])
def test_jpeg_2000_of_another_sign_than_declared(signed: bool, tmp_path: Path) -> None:
    """The code stream knows whether its values have a sign; the header is often wrong about it."""
    values = np.arange(-640, 640, dtype=np.int16).reshape(1, 32, -1, 1)
    path = write_image(tmp_path / "a.dcm", values, "MONOCHROME2", JPEG2000Lossless, PixelRepresentation=1)
    ds = pydicom.dcmread(path)
    ds.PixelRepresentation = int(signed)
    save(ds, tmp_path / "b.dcm", JPEG2000Lossless)
    frame = values[0, ..., 0].astype(float)
    expected = np.rint((frame - frame.min()) / (frame.max() - frame.min()) * 255)
    assert np.array_equal(decode_pixels(tmp_path / "b.dcm")[..., 0], expected)


# ---- how frames are found ----


@pytest.mark.parametrize("has_bot", [True, False])
@pytest.mark.parametrize("fragments", [1, 3])
def test_fragments_and_offset_tables(has_bot: bool, fragments: int, tmp_path: Path) -> None:
    pixels = speckle(frames=4)
    frames = [jpeg_bytes(frame) for frame in pixels]
    path = write_encapsulated(
        tmp_path / "a.dcm",
        frames,
        pixels.shape,
        "YBR_FULL",
        JPEGBaseline8Bit,
        has_bot=has_bot,
        fragments=fragments,
    )
    for frame in (4, 1, 3):
        assert float(np.abs(decode_pixels(path, frame).astype(int) - pixels[frame - 1]).mean()) < 2


def test_an_offset_table_that_lies_is_not_believed(tmp_path: Path) -> None:
    pixels = speckle(frames=3)
    frames = [jpeg_bytes(frame) for frame in pixels]
    path = write_encapsulated(tmp_path / "a.dcm", frames, pixels.shape, "YBR_FULL", JPEGBaseline8Bit)
    data = path.read_bytes()
    table = data.rindex(b"\xfe\xff\x00\xe0\x0c\x00\x00\x00")
    path.write_bytes(data[: table + 12] + b"\x07" * 8 + data[table + 20 :])
    assert float(np.abs(decode_pixels(path, 3).astype(int) - pixels[2]).mean()) < 2


def test_only_the_asked_frame_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a cine, the bytes of one frame and the item headers are read, not the rest."""
    pixels = np.random.default_rng(5).integers(0, 256, (60, 64, 64, 3)).astype(np.uint8)
    frames = [jpeg_bytes(frame) for frame in pixels]
    path = write_encapsulated(tmp_path / "a.dcm", frames, pixels.shape, "YBR_FULL", JPEGBaseline8Bit)
    from alnreader.dicom import frames as module

    read: list[int] = []
    original = module.FrameIndex.read

    def counted(self: module.FrameIndex, *arguments: object) -> bytes:
        data = original(self, *arguments)  # type: ignore[arg-type]
        read.append(len(data))
        return data

    monkeypatch.setattr(module.FrameIndex, "read", counted)
    decode_pixels(path, 7)
    # The middle frame once, for the colour, and the frame itself.
    assert sum(read) <= len(frames[29]) + len(frames[6]) + 2
    read.clear()
    decode_pixels(path, 8)
    assert sum(read) <= len(frames[7]) + 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Rows": 47}, "the compressed frame is 64 x 48, the header says 64 x 47"),
        ({"NumberOfFrames": 9}, "9 frames are declared, 3 are stored"),
        ({"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2"}, "3 components"),
        ({"PhotometricInterpretation": "CMYK"}, "CMYK is not supported"),
        ({"BitsAllocated": 32}, "32 bits"),
        ({"BitsAllocated": 1}, "segmentation"),
        ({"Rows": 0}, "Rows or Columns"),
        ({"Rows": 65535, "Columns": 65535}, "too large"),
        ({"NumberOfFrames": 10_000_000}, "too many"),
    ],
)
def test_headers_that_contradict(change: dict[str, object], words: str, tmp_path: Path) -> None:
    pixels = speckle(frames=3)
    frames = [jpeg_bytes(frame) for frame in pixels]
    path = write_encapsulated(
        tmp_path / "a.dcm", frames, pixels.shape, "YBR_FULL", JPEGBaseline8Bit, **change
    )
    with pytest.raises(UnreadableInputError, match=words):
        decode_pixels(path)


def test_more_frames_than_bytes(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", speckle(), NumberOfFrames=2)
    with pytest.raises(UnreadableInputError, match=r"pixel data too short: 9216 of 18432 bytes \(50 %\)"):
        decode_pixels(path)


def test_frames_that_are_not_there(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", speckle(frames=2))
    for frame in (0, 3, -1):
        with pytest.raises(UnreadableInputError, match="has no frame"):
            decode_pixels(path, frame)


def test_a_file_that_vanished(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", speckle())
    decode_pixels(path)
    path.unlink()
    with pytest.raises(UnreadableInputError, match="no longer there"):
        decode_pixels(path)


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    first, second = speckle(seed=1), speckle(40, 50, seed=2)
    path = write_ultrasound(tmp_path / "a.dcm", first)
    assert np.array_equal(decode_pixels(path), first[0])
    write_ultrasound(path, second)
    assert np.array_equal(decode_pixels(path), second[0])


def test_without_preamble(tmp_path: Path) -> None:
    pixels = doppler()
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian):
        path = write_image(tmp_path / "a.dcm", pixels, "RGB", syntax, preamble=False)
        assert path.read_bytes()[128:132] != b"DICM"
        assert np.array_equal(decode_pixels(path), pixels[0])
