"""Copies of files that no longer say whose they are (PS3.15 E.2; docs/deidentification.md)."""

from alnreader.dicom.deidentify.area import AreaKind
from alnreader.dicom.deidentify.mapping import Pseudonyms, read_mapping, write_mapping
from alnreader.dicom.deidentify.rules import Fate
from alnreader.dicom.deidentify.run import Deidentifier, deidentify_files
from alnreader.dicom.deidentify.source import Kind
from alnreader.dicom.deidentify.terms import Item, Options, Preview, Result

__all__ = [
    "AreaKind",
    "Deidentifier",
    "Fate",
    "Item",
    "Kind",
    "Options",
    "Preview",
    "Pseudonyms",
    "Result",
    "deidentify_files",
    "read_mapping",
    "write_mapping",
]
