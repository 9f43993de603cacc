"""Files to case: discovery, headers, pixels, calibration."""

from alnreader.dicom.discovery import Discovery, discover
from alnreader.dicom.files import Location, close_archives
from alnreader.dicom.pictures import decode_picture
from alnreader.dicom.pixels import decode_pixels

__all__ = ["Discovery", "Location", "close_archives", "decode_picture", "decode_pixels", "discover"]
