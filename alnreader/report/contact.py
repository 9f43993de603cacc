"""All frames of a picture on sheets, as an export without identity would write them: to be looked through."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from alnreader.case import atomic
from alnreader.case.image import Pixels
from alnreader.report.text import file_name

if TYPE_CHECKING:
    from alnreader.dicom.deidentify import Deidentifier
    from alnreader.dicom.deidentify.terms import Item

ACROSS, DOWN = 3, 4
"""Frames on a sheet."""

MOST_COLUMNS = 640
"""Pixels to which a wider frame is made smaller: letters of a screen can still be read."""

_LINE = 16
"""Pixels of the line that tells the frame's number."""


def write_sheets(worker: Deidentifier, out_dir: Path, told: Callable[[Path], None]) -> None:
    """Write the frames of every surveyed picture as PNG, what does not stay darkened and not blackened.

    Of a picture of which it is not known what may stay all is shown as it is: it is not written, and what may
    stay can be seen here. The sheets show the names that were found, and belong to nobody else.

    Parameters
    ----------
    worker
        After its survey.
    out_dir
        New or empty.
    told
        Takes each sheet's path.

    Raises
    ------
    CannotWriteError
        If the folder holds files, or cannot be written: nothing of it is left.
    UnreadableInputError
        If a picture cannot be read any more.
    """
    from alnreader.report.objects import check_folder

    check_folder(out_dir)
    paths = []
    with atomic.Outbox() as outbox:
        for number, item in enumerate(worker.items, start=1):
            if not item.kind.has_picture:
                continue
            for page, sheet in enumerate(_sheets(worker, item), start=1):
                paths.append(out_dir / f"{number:03d}-{file_name(item.location.name)}-{page:03d}.png")
                outbox.add(paths[-1], sheet)
    for path in paths:
        told(path)


def _sheets(worker: Deidentifier, item: Item) -> Iterator[bytes]:
    mask = worker.area_of(item).mask
    tiles: list[Image.Image] = []
    for frame in range(1, item.frames + 1):
        before = worker.frame(item, frame)
        shown = before if mask is None else np.where(mask[..., np.newaxis], before, before // 3)
        tiles.append(_tile(shown.astype(np.uint8), f"{frame} of {item.frames}"))
        if len(tiles) == ACROSS * DOWN or frame == item.frames:
            yield _sheet(tiles)
            tiles = []


def _tile(pixels: Pixels, words: str) -> Image.Image:
    image = Image.fromarray(pixels)
    if image.width > MOST_COLUMNS:
        image = image.resize((MOST_COLUMNS, max(1, image.height * MOST_COLUMNS // image.width)))
    tile = Image.new("RGB", (image.width, image.height + _LINE))
    tile.paste(image, (0, _LINE))
    ImageDraw.Draw(tile).text((2, 2), words, fill=(255, 255, 0))
    return tile


def _sheet(tiles: list[Image.Image]) -> bytes:
    width, height = tiles[0].size
    across = min(ACROSS, len(tiles))
    sheet = Image.new("RGB", (across * width, -(-len(tiles) // across) * height))
    for place, tile in enumerate(tiles):
        sheet.paste(tile, (place % across * width, place // across * height))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
