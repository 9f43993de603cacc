"""Simulated patients as DICOM: Ultrasound Image and Ultrasound Multi-frame Image Storage."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    RLELossless,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from alnreader.simulation.patient import FRAME_TIME_MS, SimulatedPatient, SimulatedRegion

DEMO_SEED = 7
"""Seed of the demonstration patient. Never part of a training, validation or test cohort."""

DEMO_NAME = "Wang^XiaoDong=王^小东"
"""Alphabetic and ideographic name (PS3.5 H) of the demonstration patient."""

_UNIT_CM, _DATA_TISSUE, _FORMAT_2D = 3, 1, 1
"""PS3.3 C.8.5.5.1: physical units cm, tissue data, two-dimensional format."""

_IMAGE_INTERVAL_S = 41
"""Seconds between two pictures of a study."""

_CINE_START_S = 15
"""Seconds of the cine after the last picture."""


def _uid(*what: str) -> str:
    """Return a UID that depends on the words alone: 128 bits below 2.25, as PS3.5 B.2 asks for a UUID."""
    digest = hashlib.sha256("/".join(("alnreader simulation", *what)).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def _region_item(region: SimulatedRegion) -> Dataset:
    item = Dataset()
    item.RegionSpatialFormat = _FORMAT_2D
    item.RegionDataType = _DATA_TISSUE
    item.RegionFlags = 0
    item.RegionLocationMinX0, item.RegionLocationMinY0 = region.x0, region.y0
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = region.x1, region.y1
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = _UNIT_CM
    item.PhysicalDeltaX = region.mm_per_pixel_x / 10
    item.PhysicalDeltaY = region.mm_per_pixel_y / 10
    return item


def _dataset(
    patient: SimulatedPatient, name: str, sop_class: str, number: int, laterality: str, seconds: int
) -> FileDataset:
    instance = _uid(str(patient.seed), "instance", str(number))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class  # type: ignore[assignment]  # pydicom makes a UID of it
    meta.MediaStorageSOPInstanceUID = instance  # type: ignore[assignment]  # pydicom makes a UID of it
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(_uid("implementation"))
    meta.ImplementationVersionName = "ALNREADER_SIM"
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)  # type: ignore[arg-type]  # not in a file yet
    start = datetime.datetime.combine(patient.study_date, datetime.time(9)) + datetime.timedelta(
        minutes=patient.seed % 400
    )
    taken = start + datetime.timedelta(seconds=seconds)
    day = patient.study_date.strftime("%Y%m%d")
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, instance
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
    ds.StudyTime = ds.SeriesTime = start.strftime("%H%M%S")
    ds.AcquisitionTime = ds.ContentTime = taken.strftime("%H%M%S")
    ds.AccessionNumber = f"S{patient.seed:07d}"
    ds.Modality = "US"
    ds.Manufacturer = "ALN Reader simulation"
    ds.ManufacturerModelName = "Simulated ultrasound"
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = "Breast ultrasound (simulated)"
    ds.SeriesDescription = "Breast and axilla"
    ds.PatientName = name
    ds.PatientID = patient.patient_id
    ds.PatientSex = patient.sex
    ds.PatientBirthDate = patient.birth_date.strftime("%Y%m%d")
    ds.PatientAge = f"{(patient.study_date - patient.birth_date).days // 365:03d}Y"
    ds.StudyInstanceUID = _uid(str(patient.seed), "study")
    ds.SeriesInstanceUID = _uid(str(patient.seed), "series")
    ds.StudyID = "1"
    ds.SeriesNumber = 1
    ds.InstanceNumber = number
    ds.Laterality = laterality
    ds.PatientOrientation = ""
    ds.ImageType = ["ORIGINAL", "PRIMARY", "BREAST", "0001"]
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    return ds


def _set_pixels(ds: FileDataset, pixels: np.ndarray, rle: bool) -> None:
    """Attach (H, W, 3) RGB or (F, H, W) grey uint8 pixels."""
    colour = pixels.shape[-1] == 3 and ds.SOPClassUID == UltrasoundImageStorage
    rows, columns = pixels.shape[:2] if colour else pixels.shape[1:]
    ds.SamplesPerPixel = 3 if colour else 1
    ds.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        ds.PlanarConfiguration = 0
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    data = np.ascontiguousarray(pixels).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OB"
    if rle:
        ds.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)


def write_dicom(
    patient: SimulatedPatient, directory: Path, *, rle: bool = False, name: str | None = None
) -> list[Path]:
    """Write a patient's pictures, and the cine if there is one, as DICOM files.

    Parameters
    ----------
    patient
        Patient; the same one gives the same bytes, with UIDs derived from the seed (PS3.5 B.2).
    directory
        Folder to write into; made if absent.
    rle
        Compress with RLE Lossless instead of writing Explicit VR Little Endian.
    name
        Patient's name as a DICOM PN value, for instance `DEMO_NAME`; None takes the patient's own.

    Returns
    -------
    list of Path
        `IM0001.dcm` and so on, in the order of acquisition.
    """
    directory.mkdir(parents=True, exist_ok=True)
    name = patient.name if name is None else name
    written = []
    for number, image in enumerate(patient.images, start=1):
        seconds = number * _IMAGE_INTERVAL_S
        ds = _dataset(patient, name, UltrasoundImageStorage, number, image.laterality, seconds)
        ds.SequenceOfUltrasoundRegions = [_region_item(region) for region in image.regions]
        _set_pixels(ds, image.pixels, rle)
        written.append(_save(ds, directory / f"IM{number:04d}.dcm"))
    if patient.cine is not None:
        number = len(patient.images) + 1
        seconds = len(patient.images) * _IMAGE_INTERVAL_S + _CINE_START_S
        laterality = patient.images[0].laterality
        ds = _dataset(patient, name, UltrasoundMultiFrameImageStorage, number, laterality, seconds)
        ds.SequenceOfUltrasoundRegions = [_region_item(region) for region in patient.cine_regions]
        ds.NumberOfFrames = len(patient.cine)
        ds.FrameTime = f"{FRAME_TIME_MS:g}"
        ds.FrameIncrementPointer = 0x00181063
        _set_pixels(ds, patient.cine, rle)
        written.append(_save(ds, directory / f"IM{number:04d}.dcm"))
    return written


def _save(ds: FileDataset, path: Path) -> Path:
    ds.save_as(path, enforce_file_format=True)
    return path
