"""What a user decides on de-identification, and what is told in return."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alnreader.case.case import Skipped
from alnreader.case.image import Pixels
from alnreader.dicom.deidentify.area import AreaKind, Box
from alnreader.dicom.deidentify.clean import Change
from alnreader.dicom.deidentify.rules import Fate
from alnreader.dicom.deidentify.source import Kind
from alnreader.dicom.files import Location


@dataclass(frozen=True)
class Options:
    """What the user decides.

    Attributes
    ----------
    characteristics
        Keep sex, age, size and weight (PS3.15 E.3.7).
    whole_pictures
        Pictures of which it cannot be told what is ultrasound stay whole: the user has looked.
    areas
        What stays of single files, by their source as text: boxes in pixels.
    boxes
        What stays of all other pictures, whatever their regions: none means that it is found out.
    documents_are_clean
        Documents were made from a reading without identity (`without_identity`): they are taken as they are.
    keep_texts
        Sentences of structured reports that may stay.
    """

    characteristics: bool = False
    whole_pictures: bool = False
    areas: Mapping[str, Sequence[Box]] = field(default_factory=dict)
    boxes: tuple[Box, ...] = ()
    documents_are_clean: bool = False
    keep_texts: Collection[str] = ()


@dataclass(frozen=True)
class Item:
    """One file that can be written, or is refused only for its picture.

    Attributes
    ----------
    location
        Where it is.
    kind
        What it is.
    code
        The patient's new code.
    area
        How it is known what of the picture stays; unknown: not written until the user says.
    share
        Part of the picture that stays, 0..1.
    frames
        Of a cine, each of which can be looked at.
    """

    location: Location
    kind: Kind
    code: str
    area: AreaKind = AreaKind.WHOLE
    share: float = 1.0
    frames: int = 1

    @property
    def shown_frame(self) -> int:
        """The frame (1-based) that a preview begins with."""
        return (self.frames + 1) // 2

    @property
    def writable(self) -> bool:
        """Whether the file can be written as it stands."""
        return self.area is not AreaKind.UNKNOWN


@dataclass(frozen=True, eq=False)
class Preview:
    """What writing would do to one file.

    Attributes
    ----------
    changes
        Attribute by attribute.
    before, after
        One frame of the picture, ``(H, W, 3) uint8 RGB``; None where there is none.
    """

    changes: tuple[Change, ...]
    before: Pixels | None = None
    after: Pixels | None = None

    def removed(self) -> tuple[Change, ...]:
        """Return what does not stay as it was."""
        return tuple(change for change in self.changes if change.fate is not Fate.KEEP)

    def kept(self) -> tuple[Change, ...]:
        """Return what stays."""
        return tuple(change for change in self.changes if change.fate is Fate.KEEP)


@dataclass(frozen=True)
class Result:
    """What was written.

    Attributes
    ----------
    written
        New files, in order of the old ones.
    refused
        Files that were not written, with the reason.
    mapping
        The encrypted mapping, None where none was asked for.
    """

    written: tuple[Path, ...]
    refused: tuple[Skipped, ...]
    mapping: Path | None = None
