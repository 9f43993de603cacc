"""PNG and JPEG pictures of every mode, and those that are not what they seem."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import doppler, jpeg_bytes
from PIL import Image

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom import decode_picture, discover

RGB = doppler(24, 30)[0]


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def notes(path: Path) -> str:
    (case,) = discover([path]).patients
    image = case.images[0]
    assert not image.is_dicom
    assert image.pixels().shape == (image.rows, image.columns, 3)
    return " ".join(image.notes)


def test_rgb_and_grey(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(RGB))
    assert np.array_equal(decode_picture(path), RGB)
    assert notes(path) == ""
    grey = save(tmp_path / "b.png", Image.fromarray(RGB[..., 0]))
    assert np.array_equal(decode_picture(grey), np.repeat(RGB[..., :1], 3, axis=-1))


def test_identity_is_the_bytes(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(RGB))
    (case,) = discover([path]).patients
    uid = case.images[0].key.uid
    assert uid.startswith("picture-")
    assert len(uid) == len("picture-") + 32
    path.rename(tmp_path / "other.png")
    (again,) = discover([tmp_path]).patients
    assert again.images[0].key.uid == uid


def test_one_bit_palette_and_alpha(tmp_path: Path) -> None:
    bits = save(tmp_path / "1.png", Image.fromarray(RGB[..., 0]).convert("1"))
    assert set(np.unique(decode_picture(bits))) <= {0, 255}
    palette = save(tmp_path / "p.png", Image.fromarray(RGB).convert("P", palette=Image.Palette.ADAPTIVE))
    assert float(np.abs(decode_picture(palette).astype(int) - RGB).mean()) < 4
    alpha = np.dstack([RGB, np.full(RGB.shape[:2], 255, dtype=np.uint8)])
    alpha[:5, :, 3] = 0
    path = save(tmp_path / "a.png", Image.fromarray(alpha))
    decoded = decode_picture(path)
    assert not decoded[:5].any()
    assert np.array_equal(decoded[5:], RGB[5:])
    assert "transparent" in notes(path)


def test_16_bit_png(tmp_path: Path) -> None:
    values = np.linspace(1000, 5000, 256).astype(np.uint16).reshape(16, 16)
    path = save(tmp_path / "a.png", Image.fromarray(values))
    decoded = decode_picture(path)
    assert (int(decoded.min()), int(decoded.max())) == (0, 255)
    assert (np.diff(decoded[..., 0].reshape(-1).astype(int)) >= 0).all()
    assert "16 bits" in notes(path)


def test_cmyk_jpeg(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Image.fromarray(RGB).convert("CMYK"), quality=95)
    assert decode_picture(path).shape == (24, 30, 3)
    assert "CMYK" in notes(path)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.jpg", Image.fromarray(RGB), exif=exif, quality=95, subsampling=0)
    turned = {
        1: RGB,
        2: RGB[:, ::-1],
        3: RGB[::-1, ::-1],
        4: RGB[::-1],
        5: RGB.transpose(1, 0, 2),
        6: np.rot90(RGB, -1),
        7: RGB[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(RGB),
    }[orientation]
    decoded = decode_picture(path)
    assert decoded.shape == turned.shape
    assert float(np.abs(decoded.astype(int) - turned).mean()) < 4
    notes(path)  # the size from the header is that of the pixels


@pytest.mark.parametrize("kind", ["png", "jpg"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_truncated(kind: str, share: float, tmp_path: Path) -> None:
    path = save(tmp_path / f"a.{kind}", Image.fromarray(RGB))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(UnreadableInputError) as caught:
        decode_picture(path)
    assert str(path) in str(caught.value)
    found = discover([path])
    assert found.patients == ()
    assert len(found.skipped) == 1


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (10_000, 9_000), (0, 5), (2**31 - 1, 1)])
def test_decompression_bombs(width: int, height: int, tmp_path: Path) -> None:
    header = struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )
    with pytest.raises(UnreadableInputError):
        decode_picture(path)
    assert len(discover([path]).skipped) == 1


def test_animated_png_and_other_formats(tmp_path: Path) -> None:
    frames = [Image.fromarray(RGB), Image.fromarray(RGB[::-1])]
    path = save(tmp_path / "a.png", frames[0], save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadableInputError, match="animated"):
        decode_picture(path)
    gif = io.BytesIO()
    frames[0].save(gif, "GIF")
    (tmp_path / "b.png").write_bytes(gif.getvalue())
    with pytest.raises(UnreadableInputError, match="not a PNG or JPEG"):
        decode_picture(tmp_path / "b.png")


def test_a_picture_that_vanished(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(RGB))
    (case,) = discover([path]).patients
    path.unlink()
    with pytest.raises(UnreadableInputError, match="no longer there"):
        case.images[0].pixels()
    with pytest.raises(UnreadableInputError, match="no frame 2"):
        case.images[0].loader(2)


def test_a_name_that_lies(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(jpeg_bytes(RGB))
    assert discover([tmp_path]).patients[0].images[0].rows == 24
