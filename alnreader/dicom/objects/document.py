"""The report as an Encapsulated PDF (PS3.3 A.45.1), on highdicom's base class: it has none for documents."""

from __future__ import annotations

from collections.abc import Sequence

from highdicom.base import SOPClass
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from alnreader.dicom.objects.equipment import DEMONSTRATION_SHORT, MANUFACTURER, Kind, Maker
from alnreader.dicom.objects.source import Source
from alnreader.dicom.quiet import quiet

TITLE = "Second reading of breast and axillary ultrasound"


def encapsulated_pdf(
    pdf: bytes,
    sources: Sequence[Source],
    main: Source,
    verified: bool,
    maker: Maker,
    series: str,
    instance: str,
) -> SOPClass:
    """Return the report as an object of the patient's latest study.

    Parameters
    ----------
    pdf
        The document.
    sources
        What it was made from.
    main
        One of them: the object becomes part of its study.
    verified
        Whether a reader has signed.
    maker
        Of the export.
    series, instance
        UIDs of the new series and the new object.
    """
    with quiet():
        dataset = SOPClass(
            study_instance_uid=main.study,
            series_instance_uid=series,
            series_number=Kind.PDF.series_number,
            sop_instance_uid=instance,
            sop_class_uid=EncapsulatedPDFStorage,
            instance_number=1,
            modality="DOC",
            manufacturer=MANUFACTURER,
            transfer_syntax_uid=ExplicitVRLittleEndian,
            patient_birth_date="",
        )
        maker.finish(dataset, Kind.PDF, main)
        dataset.ConversionType = "WSD"
        dataset.AcquisitionDateTime = None
        dataset.BurnedInAnnotation = "YES"
        dataset.DocumentTitle = f"{TITLE} - {DEMONSTRATION_SHORT}" if maker.demonstration else TITLE
        dataset.ConceptNameCodeSequence = []
        dataset.VerificationFlag = "VERIFIED" if verified else "UNVERIFIED"
        dataset.SourceInstanceSequence = [
            _reference(source) for source in {source.uid: source for source in sources}.values()
        ]
        dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
        dataset.EncapsulatedDocumentLength = len(pdf)
        dataset.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return dataset


def _reference(source: Source) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = source.sop_class
    item.ReferencedSOPInstanceUID = source.uid
    return item
