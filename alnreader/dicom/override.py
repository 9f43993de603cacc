"""The reader's word on the colour of one file: decoded anew, and recorded on the image (decision 0132)."""

from __future__ import annotations

import dataclasses

from alnreader.case.errors import InvalidValueError, UnreadableInputError
from alnreader.case.image import UltrasoundImage
from alnreader.dicom.formats import pixel_format
from alnreader.dicom.header import read_header
from alnreader.dicom.pixels import Colour, DicomLoader
from alnreader.dicom.refusal import refusing

_NOTES = {
    Colour.TAGGED: "Colour read as the file's tag says: the reader's decision.",
    Colour.RGB: "Colour read as RGB: the reader's decision.",
    Colour.YBR: "Colour read as YCbCr: the reader's decision.",
}
"""On the image, so in the kept case, the JSON document, the PDF and the report; read back from there."""


def colour_of(image: UltrasoundImage) -> Colour:
    """Return how the colour of an image's file is read; automatic where the reader has not decided."""
    return next((colour for colour, note in _NOTES.items() if note in image.notes), Colour.AUTOMATIC)


def has_colour(image: UltrasoundImage) -> bool:
    """Whether there is a choice: a DICOM file with three values a pixel that can be read now."""
    loader = image.loader
    if not isinstance(loader, DicomLoader):
        return False
    try:
        with refusing(loader.location):
            return pixel_format(read_header(loader.location)).samples == 3
    except UnreadableInputError:
        return False


def with_colour(image: UltrasoundImage, colour: Colour) -> UltrasoundImage:
    """Return the image with its file's colour read as the reader says.

    Raises
    ------
    InvalidValueError
        If it is a picture without DICOM, whose colour has no tag.
    """
    if not isinstance(image.loader, DicomLoader):
        raise InvalidValueError(f"{image.source}: this picture has no tag of its colour to overrule.")
    notes = tuple(note for note in image.notes if note not in _NOTES.values())
    if colour is not Colour.AUTOMATIC:
        notes = (*notes, _NOTES[colour])
    return dataclasses.replace(image, loader=dataclasses.replace(image.loader, colour=colour), notes=notes)


def restored(image: UltrasoundImage) -> UltrasoundImage:
    """Return an image of a kept case, whose file was found again, with the reader's word on its colour."""
    colour = colour_of(image)
    if colour is Colour.AUTOMATIC or not isinstance(image.loader, DicomLoader):
        return image
    return with_colour(image, colour)
