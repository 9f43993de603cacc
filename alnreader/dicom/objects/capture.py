"""Pictures as Secondary Capture (PS3.3 A.8).

The outlines and the heat map for viewers that show no segmentation, and a copy of a picture that has no DICOM
identity of its own.
"""

from __future__ import annotations

import numpy as np
from highdicom.sc import SCImage
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset

from alnreader.case.image import Pixels
from alnreader.dicom.objects import codes
from alnreader.dicom.objects.equipment import MANUFACTURER, Kind, Maker
from alnreader.dicom.objects.source import Source
from alnreader.dicom.quiet import quiet

CAPTURE_TYPE = ["DERIVED", "SECONDARY", "OTHER"]
"""Image Type (0008,0008) of a picture that the program drew on."""

COPY_TYPE = ["ORIGINAL", "SECONDARY", "OTHER"]
"""Image Type of a picture as it was read."""


def capture(
    source: Source,
    pixels: Pixels,
    kind: Kind,
    caption: str,
    maker: Maker,
    series: str,
    instance: str,
    number: int,
) -> SCImage:
    """Return a picture made from one frame, that points at the frame.

    Parameters
    ----------
    source
        The frame.
    pixels
        ``(H, W, 3) uint8 RGB``, of any size: a legend may stand under the picture.
    kind
        `Kind.OUTLINES` or `Kind.HEAT_MAP`.
    caption
        What the picture shows, in words.
    maker
        Of the export.
    series, instance
        UIDs of the new series and the new object.
    number
        Instance Number.
    """
    with quiet():
        dataset = _image(source, pixels, kind, maker, series, instance, number)
        dataset.ImageType = CAPTURE_TYPE
        dataset.DerivationDescription = f"{caption}. {maker.banner}" if maker.banner else f"{caption}."
        item = Dataset()
        item.ReferencedSOPClassUID = source.sop_class
        item.ReferencedSOPInstanceUID = source.uid
        if source.frame is not None:
            item.ReferencedFrameNumber = source.frame
        item.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(codes.SOURCE_OF_DERIVED_IMAGE)]
        dataset.SourceImageSequence = [item]
        dataset.update(source.lossy)
    return dataset


def picture_copy(source: Source, pixels: Pixels, maker: Maker, number: int) -> SCImage:
    """Return a picture without DICOM identity as the instance that the other objects refer to."""
    with quiet():
        series = str(source.dataset.SeriesInstanceUID)
        dataset = _image(source, pixels, Kind.PICTURE, maker, series, source.uid, number)
        dataset.ImageType = COPY_TYPE
        dataset.update(source.lossy)
    return dataset


def _image(
    source: Source,
    pixels: Pixels,
    kind: Kind,
    maker: Maker,
    series: str,
    instance: str,
    number: int,
) -> SCImage:
    dataset = SCImage(
        pixel_array=np.ascontiguousarray(pixels),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        # highdicom insists on an orientation, which ultrasound does not know: taken out again below.
        patient_orientation=("L", "F"),
        study_instance_uid=source.study,
        series_instance_uid=series,
        series_number=kind.series_number,
        sop_instance_uid=instance,
        instance_number=number,
        manufacturer=MANUFACTURER,
        patient_birth_date="",
    )
    maker.finish(dataset, kind, source)
    del dataset.PatientOrientation
    dataset.add_new(0x00200020, "CS", None)
    if source.image.laterality:
        dataset.ImageLaterality = source.image.laterality
    else:
        # Type 2C of a paired body part, of unknown value.
        dataset.add_new(0x00200060, "CS", None)
    # A work station made it of pixels that it had (PS3.3 C.8.6.1).
    dataset.ConversionType = "WSD"
    dataset.DateOfSecondaryCapture, dataset.TimeOfSecondaryCapture = dataset.ContentDate, dataset.ContentTime
    # What the scanner wrote into the picture, the patient's name perhaps, is still there.
    dataset.BurnedInAnnotation = "YES"
    return dataset
