"""Small instances, and the nodes that describe the servers of the tests."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from typing import Any

import pytest
from dicom_maker import uid_of
from orthanc import DICOMWEB, OUR_TITLE, Orthanc
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
    UltrasoundImageStorage,
)

from alnreader.dicom.network.nodes import Node, Protocol, Retrieve
from alnreader.dicom.quiet import quiet

WAYS = ("get", "move", "web")
"""Ways to fetch a study: C-GET, C-MOVE, DICOMweb."""

SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEG2000Lossless,
    RLELossless,
)


def small_instance(name: str, study: str, **attributes: Any) -> Dataset:
    """Return a tiny ultrasound picture as a data set that can be written."""
    ds = Dataset()
    ds.SpecificCharacterSet = attributes.pop("SpecificCharacterSet", "ISO_IR 192")
    ds.SOPClassUID = UltrasoundImageStorage
    ds.SOPInstanceUID = uid_of(name)
    ds.StudyInstanceUID = uid_of(study)
    ds.SeriesInstanceUID = uid_of(f"{study} series")
    ds.StudyDate, ds.StudyTime = "20240115", "101500"
    ds.StudyDescription = "Breast ultrasound"
    ds.AccessionNumber = "A1"
    ds.Modality = "US"
    ds.PatientID, ds.PatientName = "P1", "Doe^Jane"
    ds.PatientBirthDate, ds.PatientSex = "19700203", "F"
    ds.SeriesNumber, ds.InstanceNumber = 1, 1
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = 8, 8
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    ds.PixelData = bytes(range(64))
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return ds


def encoded(ds: Dataset) -> bytes:
    """Return a data set as a DICOM file."""
    stream = io.BytesIO()
    with quiet():
        dcmwrite(stream, ds, enforce_file_format=True)
    return stream.getvalue()


def node_of(server: Orthanc, **changes: Any) -> Node:
    """Return the node that describes a server."""
    node = Node(
        "Test PACS",
        host="127.0.0.1",
        port=server.port,
        ae_title=server.title,
        own_ae_title=OUR_TITLE,
        listen_port=server.move_port,
        connect_timeout=5.0,
        answer_timeout=10.0,
    )
    return dataclasses.replace(node, **changes)


def web_node_of(server: Orthanc, **changes: Any) -> Node:
    """Return the node that describes a server's DICOMweb service."""
    if not DICOMWEB.exists():
        pytest.skip("Orthanc's DICOMweb plug-in is not installed (Debian: apt-get install orthanc-dicomweb)")
    url = f"http://127.0.0.1:{server.http_port}/dicom-web"
    node = Node("Test web", Protocol.DICOMWEB, url=url, connect_timeout=5.0, answer_timeout=10.0)
    return dataclasses.replace(node, **changes)


def node_by(way: str, server: Orthanc, **changes: Any) -> Node:
    """Return the node by which a server is asked in one of `WAYS`."""
    if way == "web":
        return web_node_of(server, **changes)
    return node_of(server, retrieve=Retrieve(way), **changes)


def fill_server(server: Orthanc, study: str, count: int, *, first: int = 0, **attributes: Any) -> list[str]:
    """Put small pictures of a study into a server, all at once; return their UIDs."""
    uids = []
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(first, first + count):
            ds = small_instance(f"{study} {number}", study, **{"InstanceNumber": number + 1, **attributes})
            archive.writestr(f"{number}.dcm", encoded(ds))
            uids.append(str(ds.SOPInstanceUID))
    server.upload(content.getvalue())
    return uids
