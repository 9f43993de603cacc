"""Where an image's pixels are, told so that a moved case, or another machine, finds them again.

Pixels are never copied into a case. What is kept is the identity (SOP Instance UID or the picture's own
hash), the file's place - absolute, and relative to the case - and its hash.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from alnreader.case.errors import UnreadableInputError
from alnreader.case.image import ImageKey, PixelLoader, Pixels, UltrasoundImage
from alnreader.case.language import mark

HASHED_BYTES = 32 << 20
"""Of a larger file the first and the last so many bytes are hashed, and its length: a cine of a gigabyte on a
share must not hold up the first save."""

_MEMBER = "!/"
_AUTOMATIC = "automatic"
_TAIL = 5
"""So many folders above a picture may have come along with the case file."""


@dataclass(frozen=True)
class Source:
    """A file, or the member of a zip.

    Attributes
    ----------
    path
        Absolute, as it was when the case was saved, in the writing of that system.
    relative
        From the folder of the case file, with forward slashes; empty where there is no way (another drive).
    member
        Name in the zip, empty for a file.
    shown
        The member's name as it was meant, where that differs.
    size
        Bytes of the file or of the member.
    sha256
        Of its bytes; of the first and last `HASHED_BYTES` and the length where it is longer than both.
    colour
        How the reader wants its colour to be read (`alnreader.dicom.pixels.Colour`), empty for automatic.
    """

    path: str
    relative: str = ""
    member: str = ""
    shown: str = ""
    size: int = 0
    sha256: str = ""
    colour: str = ""


def _digest(stream: BinaryIO, size: int) -> str:
    digest = hashlib.sha256()
    if size <= 2 * HASHED_BYTES:
        while block := stream.read(1 << 20):
            digest.update(block)
    else:
        digest.update(stream.read(HASHED_BYTES))
        stream.seek(size - HASHED_BYTES)
        digest.update(stream.read(HASHED_BYTES))
        digest.update(str(size).encode())
    return digest.hexdigest()


def source_of(image: UltrasoundImage, case_file: Path) -> Source:
    """Describe where an image's pixels come from.

    A file that cannot be read now is described without size and hash: the case is kept all the same.
    """
    location = getattr(image.loader, "location", None)
    if isinstance(image.loader, MissingPixels):
        return image.loader.source
    if location is None:
        shown, _, member = image.source.partition(_MEMBER)
        return Source(path=shown, member=member)
    path = Path(os.path.abspath(location.path))  # noqa: PTH100 - a link stays the link that was opened
    try:
        relative = PurePath(os.path.relpath(path, case_file.parent)).as_posix()
    except ValueError:  # another drive
        relative = ""
    colour = getattr(image.loader, "colour", None)
    chosen = "" if colour is None or colour.value == _AUTOMATIC else str(colour.value)
    source = Source(str(path), relative, location.member, location.shown, colour=chosen)
    from alnreader.dicom.refusal import RefusedError, refusing

    try:
        with refusing(location), location.open() as stream:
            size = location.size()
            return dataclasses.replace(source, size=size, sha256=_digest(stream, size))
    except RefusedError:
        return source


@dataclass(frozen=True)
class MissingPixels:
    """Stands in for the loader of an image whose file is not where it was."""

    source: Source
    reason: str = "it is no longer there"

    def __call__(self, frame: int) -> Pixels:
        """Refuse, and say what to do."""
        name = self.source.path + (_MEMBER + self.source.member if self.source.member else "")
        raise UnreadableInputError(
            mark(
                "{name}: {reason}. The reading is kept; name the folder where the pictures are now "
                "(menu: Find the pictures)."
            ).format(name=name, reason=self.reason)
        )


@dataclass(frozen=True)
class Found:
    """Images with the pixels that could be found.

    Attributes
    ----------
    images
        As given, each with a loader.
    missing
        Identities whose pixels were not found.
    changed
        Identities whose file is not the one that was read, byte for byte.
    """

    images: tuple[UltrasoundImage, ...]
    missing: tuple[ImageKey, ...] = ()
    changed: tuple[ImageKey, ...] = ()


def find_pixels(
    images: Sequence[UltrasoundImage],
    sources: Sequence[Source],
    case_file: Path,
    folders: Iterable[Path] = (),
) -> Found:
    """Give each image a loader of its pixels.

    Looked for where it was, then at the same place relative to the case file, then beside and below that by
    its name and folders, then anywhere in the named folders. A file counts only if its identity, size in
    pixels and number of frames are the image's.

    Parameters
    ----------
    images
        As kept; their loaders are replaced.
    sources
        One an image.
    case_file
        Where the case lies now.
    folders
        Where else to look.
    """
    elsewhere: dict[str, UltrasoundImage] | None = None
    named = [Path(folder) for folder in folders]
    done, missing, changed = [], [], []
    for image, source in zip(images, sources, strict=True):
        found, reason = _at_its_place(image, source, case_file)
        if found is None and named:
            if elsewhere is None:
                elsewhere = _all_in(named)
            candidate = elsewhere.get(_base(image.key.uid))
            if candidate is not None and _fits(image, candidate):
                found = candidate
        if found is None:
            missing.append(image.key)
            done.append(dataclasses.replace(image, loader=MissingPixels(source, reason)))
            continue
        if source.sha256 and source_of(found, case_file).sha256 != source.sha256:
            changed.append(image.key)
        loader = _in_colour(found.loader, source.colour)
        done.append(dataclasses.replace(image, loader=loader, source=found.source))
    return Found(tuple(done), tuple(missing), tuple(changed))


def _in_colour(loader: PixelLoader, colour: str) -> PixelLoader:
    """Return the loader that reads colour as the reader had chosen."""
    if not colour:
        return loader
    from alnreader.dicom.pixels import Colour, DicomLoader

    if isinstance(loader, DicomLoader) and colour in {one.value for one in Colour}:
        return dataclasses.replace(loader, colour=Colour(colour))
    return loader


def _at_its_place(
    image: UltrasoundImage, source: Source, case_file: Path
) -> tuple[UltrasoundImage | None, str]:
    from alnreader.dicom.discovery import read_file
    from alnreader.dicom.files import Location
    from alnreader.dicom.refusal import RefusedError, refusing

    reason = "it is no longer there"
    places = [Path(source.path)]
    if source.relative:
        places.append(Path(os.path.normpath(case_file.parent / source.relative)))
    # A copy of the case that was put beside or above the pictures, also one from the other kind of system.
    names = [name for name in re.split(r"[\\/]", source.path) if name not in ("", ".", "..")]
    places += [case_file.parent.joinpath(*names[-depth:]) for depth in range(1, 1 + min(_TAIL, len(names)))]
    for place in dict.fromkeys(places):
        location = Location(place, source.member, source.shown)
        try:
            if not place.is_file():
                continue
            with refusing(location):
                read = read_file(location)
        except RefusedError as refused:
            reason = refused.reason
            continue
        except OSError as error:
            reason = error.strerror or str(error)
            continue
        if read is not None and _fits(image, read.image):
            return read.image, ""
        reason = "another picture lies there now"
    return None, reason


def _all_in(folders: Sequence[Path]) -> dict[str, UltrasoundImage]:
    from alnreader.dicom.discovery import discover

    found = discover(folders)
    return {_base(image.key.uid): image for case in found.patients for image in case.images}


def _base(uid: str) -> str:
    """Return the identity that the file alone gives: a second picture of the same bytes has a suffix."""
    parts = uid.split("-")
    return "-".join(parts[:2]) if parts[0] == "picture" else uid


def _fits(image: UltrasoundImage, candidate: UltrasoundImage) -> bool:
    """Whether a file shows the image that the regions were drawn on."""
    return (
        _base(candidate.key.uid) == _base(image.key.uid)
        and (candidate.rows, candidate.columns) == (image.rows, image.columns)
        and candidate.number_of_frames == image.number_of_frames
    )
