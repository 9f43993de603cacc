"""How the colour of an image's file is read: the reader may overrule the tag and the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alnreader.case.errors import AlnReaderError
from alnreader.case.language import tr
from alnreader.case.protocol import Event

if TYPE_CHECKING:
    from alnreader.gui.controller import Controller

CHOICES = ("automatic", "as tagged", "RGB", "YBR")
"""Values of `alnreader.dicom.pixels.Colour`, which is not imported before the window stands."""


def command(choice: str) -> str:
    """Return the name of a choice's command."""
    return f"colour_{choice.replace(' ', '_').lower()}"


def choose_colour(controller: Controller, choice: str) -> bool:
    """Read the file on the canvas anew with another colour; whether anything changed.

    The image is one revision on: its score is asked for again, from newly encoded pixels. Its outlines stay.
    """
    from alnreader.dicom.override import colour_of, has_colour, with_colour
    from alnreader.dicom.pixels import Colour

    session, colour = controller.session, Colour(choice)
    if session is None or colour_of(session.image) is colour:
        return False
    if not has_colour(session.image):
        controller.message.emit("info", tr("This picture is grey or has no tag of its colour."))
        return False
    try:
        image = with_colour(session.image, colour)
    except AlnReaderError as error:
        controller.tell(error)
        return False
    if not controller.take(session, Event.SET_INCLUDED):
        return False
    session.put_image(image)
    controller.record(session, Event.SET_INCLUDED, f"colour read {choice}", image.key)
    controller.session_changed.emit()
    controller.image_changed.emit()
    controller.scoring.rescore(session)
    return True
