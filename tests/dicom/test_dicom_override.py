"""The reader may overrule tag and program on a file's colour; it is recorded and survives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_maker import (
    doppler,
    jpeg_bytes,
    speckle,
    to_ybr,
    write_encapsulated,
    write_image,
    write_ultrasound,
)
from PIL import Image
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

from alnreader.case.case import Case
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import UltrasoundImage
from alnreader.case.patient import Patient
from alnreader.dicom import Location, discover
from alnreader.dicom.override import colour_of, has_colour, restored, with_colour
from alnreader.dicom.pixels import Colour, DicomLoader


def only(path: Path) -> UltrasoundImage:
    return discover([path]).patients[0].images[0]


def test_a_wrong_tag_that_nothing_else_contradicts(tmp_path: Path) -> None:
    """A colourful picture keeps its tag (decision 0042); the reader sees that it is wrong."""
    rng = np.random.default_rng(1)
    colourful = rng.integers(0, 255, (1, 40, 40, 3), np.uint8)
    image = only(write_image(tmp_path / "a.dcm", to_ybr(colourful), "RGB"))
    assert colour_of(image) is Colour.AUTOMATIC
    assert has_colour(image)
    changed = with_colour(image, Colour.YBR)
    assert np.abs(changed.pixels().astype(int) - colourful[0]).max() <= 3
    assert colour_of(changed) is Colour.YBR
    assert any("reader's decision" in note for note in changed.notes)
    assert changed == image, "another colour is not another image"
    again = with_colour(with_colour(changed, Colour.RGB), Colour.AUTOMATIC)
    assert again.notes == image.notes
    assert np.array_equal(again.pixels(), image.pixels())


def test_as_tagged_undoes_the_plausibility_check(tmp_path: Path) -> None:
    grey = speckle()
    image = only(write_image(tmp_path / "a.dcm", grey, "YBR_FULL"))
    assert np.array_equal(image.pixels(), grey[0]), "taken for RGB, since that is grey"
    tagged = with_colour(image, Colour.TAGGED).pixels()
    assert not np.array_equal(tagged, grey[0])
    assert np.array_equal(with_colour(image, Colour.YBR).pixels(), tagged)


@pytest.mark.parametrize("colour", list(Colour))
def test_every_choice_on_jpeg_and_jpeg_2000(colour: Colour, tmp_path: Path) -> None:
    picture = doppler()
    streams = [jpeg_bytes(picture[0])]
    lossy = write_encapsulated(tmp_path / "j.dcm", streams, (1, 48, 64, 3), "YBR_FULL_422", JPEGBaseline8Bit)
    lossless = write_image(tmp_path / "k.dcm", picture, "RGB", JPEG2000Lossless)
    for path in (lossy, lossless):
        pixels = with_colour(only(path), colour).pixels()
        difference = np.abs(pixels.astype(int) - picture[0]).mean()
        right = colour in (Colour.AUTOMATIC, Colour.TAGGED) or colour is (
            Colour.YBR if path == lossy else Colour.RGB
        )
        assert bool(difference < 4) == right, (path.name, colour)


def test_grey_pictures_and_pictures_without_dicom_have_no_choice(tmp_path: Path) -> None:
    grey = only(write_image(tmp_path / "a.dcm", speckle()[..., :1], "MONOCHROME2"))
    assert not has_colour(grey)
    Image.fromarray(speckle()[0]).save(tmp_path / "a.png")
    picture = only(tmp_path / "a.png")
    assert not has_colour(picture)
    with pytest.raises(InvalidValueError, match="no tag"):
        with_colour(picture, Colour.RGB)
    path = write_ultrasound(tmp_path / "gone.dcm", speckle()[0])
    gone = only(path)
    path.unlink()
    assert not has_colour(gone)


def test_a_kept_case_remembers_it(tmp_path: Path) -> None:
    import dataclasses

    from alnreader.case.protocol import HumanReading
    from alnreader.store.loading import with_pixels
    from alnreader.store.snapshot import Snapshot

    path = write_image(tmp_path / "a.dcm", speckle(), "YBR_FULL")
    image = with_colour(only(path), Colour.TAGGED)
    fresh = dataclasses.replace(image, loader=DicomLoader(Location(path)))
    assert not np.array_equal(fresh.pixels(), image.pixels())
    assert np.array_equal(restored(fresh).pixels(), image.pixels())
    case = Case(Patient("P1"), (), (fresh,))
    snapshot = Snapshot(case=case, human=HumanReading(), current=image.key)
    found = with_pixels(snapshot, {image.key.uid: (DicomLoader(Location(path)), str(path))})
    assert np.array_equal(found.case.images[0].pixels(), image.pixels())
