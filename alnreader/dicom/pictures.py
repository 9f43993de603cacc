"""PNG and JPEG pictures without DICOM identity."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from alnreader.case.image import Pixels
from alnreader.case.language import mark
from alnreader.dicom.files import Location
from alnreader.dicom.formats import MAX_FRAME_PIXELS
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal, reason_of, refusing

MAX_PICTURE_BYTES = 256 << 20
"""Bytes of a picture file: a PNG of the largest frame without any compression has as many."""

PROGRAM_MARK = "ALN Reader"
"""What the program's own PNGs (copies, masks, heat maps) carry under "Software": they are not read again."""

_FORMATS = ("PNG", "JPEG")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_HASH_CHARACTERS = 32
_QUARTER_TURNS = frozenset((5, 6, 7, 8))
_ORIENTATION = 0x0112


def looks_like_picture(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a PNG or a JPEG."""
    return head.startswith(_SIGNATURES)


@dataclass(frozen=True)
class PictureFacts:
    """What is known of a picture without decoding it.

    Attributes
    ----------
    uid
        ``picture-`` and the first 32 hexadecimal digits of the file's SHA-256.
    rows, columns
        Size as shown, after the turn that EXIF asks for.
    notes
        What was changed on the way to RGB.
    """

    uid: str
    rows: int
    columns: int
    notes: tuple[str, ...]


def inspect_picture(location: Location) -> PictureFacts:
    """Read size and identity of a picture.

    Raises
    ------
    Refusal
        If it is no picture, too large, or animated.
    OSError
        As the file system says.
    """
    with location.open() as stream:
        data = _read(stream)
    _check_end(data)
    digest = hashlib.sha256(data).hexdigest()[:_HASH_CHARACTERS]
    with _opened(data) as image:
        columns, rows = image.size
        if image.info.get("Software") == PROGRAM_MARK:
            raise Refusal(mark("a picture, mask or heat map written by this program: read the original"))
        notes = []
        if image.getexif().get(_ORIENTATION, 1) in _QUARTER_TURNS:
            rows, columns = columns, rows
        if image.mode == "CMYK":
            notes.append(mark("The picture is stored as CMYK: read as RGB."))
        if image.mode in ("I", "I;16", "I;16B"):
            notes.append(mark("The picture has 16 bits: read from its minimum to its maximum."))
        if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
            notes.append(mark("The picture is transparent in parts: read on black."))
    return PictureFacts(f"picture-{digest}", rows, columns, tuple(notes))


def decode_picture(location: Location | Path, formats: Sequence[str] = _FORMATS) -> Pixels:
    """Decode a PNG or JPEG picture, or one of other `formats` (Pillow's names).

    EXIF orientation is applied, transparency is laid on black, 16 bits are stretched from minimum to maximum.

    Returns
    -------
    ``(H, W, 3) uint8 RGB``

    Raises
    ------
    UnreadableInputError
        With the file's name and the reason.
    """
    if isinstance(location, Path):
        location = Location(location)
    with refusing(location):
        with location.open() as stream:
            data = _read(stream)
        with _opened(data, formats) as image:
            return _rgb(image)


def _read(stream: BinaryIO) -> bytes:
    data = stream.read(MAX_PICTURE_BYTES + 1)
    if len(data) > MAX_PICTURE_BYTES:
        raise Refusal(f"a picture of more than {MAX_PICTURE_BYTES >> 20} MiB is too large")
    return data


def _check_end(data: bytes) -> None:
    """Refuse a picture without its end: PNG's IEND chunk, JPEG's EOI marker behind the last scan."""
    if data.startswith(_SIGNATURES[0]):
        whole = data.rfind(b"IEND") >= 0
    else:
        # In the scans FF is always followed by 0 or a restart marker (T.81 B.1.1.5): no EOI by chance.
        whole = data.find(b"\xff\xd9", max(0, data.rfind(b"\xff\xda"))) >= 0
    if not whole:
        raise Refusal(mark("the picture is cut off"))


@contextmanager
def _opened(data: bytes, formats: Sequence[str] = _FORMATS) -> Iterator[Image.Image]:
    """Open a picture; what Pillow raises, while it is open too, becomes a Refusal."""
    try:
        with quiet(), Image.open(io.BytesIO(data), formats=list(formats)) as image:
            if image.width * image.height > MAX_FRAME_PIXELS:
                raise Refusal(
                    mark("a picture of {width} x {height} pixels is too large").format(
                        width=image.width, height=image.height
                    )
                )
            if getattr(image, "is_animated", False):
                raise Refusal(mark("an animated picture"))
            yield image
    except (Refusal, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise Refusal(mark("a picture of too many pixels")) from error
    except UnidentifiedImageError as error:
        if formats != _FORMATS:
            raise Refusal(f"damaged: not a {', '.join(formats)} picture") from error
        raise Refusal(mark("damaged: not a PNG or JPEG picture")) from error
    except OSError as error:
        raise Refusal(f"the picture is damaged: {reason_of(error)}") from error
    except Exception as error:  # Pillow's readers raise many kinds on damaged files; the input is to blame
        raise Refusal(f"the picture is damaged: {error or type(error).__name__}") from error


def _rgb(image: Image.Image) -> Pixels:
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("I", "I;16", "I;16B", "F"):
        return np.repeat(_stretched(turned)[..., np.newaxis], 3, axis=-1)
    if turned.mode in ("LA", "PA", "RGBA") or "transparency" in turned.info:
        over = turned.convert("RGBA")
        ground = Image.new("RGBA", over.size, (0, 0, 0, 255))
        return np.array(Image.alpha_composite(ground, over).convert("RGB"))
    return np.array(turned.convert("RGB"))


def _stretched(image: Image.Image) -> Pixels:
    values = np.asarray(image).astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(values.shape, dtype=np.uint8)
    return np.rint((values - low) * (255.0 / (high - low))).astype(np.uint8)


@dataclass(frozen=True)
class PictureLoader:
    """Decodes one picture on demand; see `decode_picture`."""

    location: Location

    def __call__(self, frame: int) -> Pixels:
        """Decode the picture; it has one frame."""
        if frame != 1:
            with refusing(self.location):
                raise Refusal(mark("has no frame {frame}: a picture has one").format(frame=frame))
        return decode_picture(self.location)
