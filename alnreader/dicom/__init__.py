"""Files to case: discovery, headers, pixels, calibration. What is named here is imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alnreader.dicom.discovery import Discovery, discover
    from alnreader.dicom.files import Location, close_archives
    from alnreader.dicom.pictures import decode_picture
    from alnreader.dicom.pixels import decode_pixels

__all__ = ["Discovery", "Location", "close_archives", "decode_picture", "decode_pixels", "discover"]

_HOMES = {
    "Discovery": "discovery",
    "discover": "discovery",
    "Location": "files",
    "close_archives": "files",
    "decode_picture": "pictures",
    "decode_pixels": "pixels",
}


def __getattr__(name: str) -> Any:
    """Import on demand (PEP 562): a command that only looks at its options does not wait for pydicom."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
