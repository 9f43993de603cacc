"""All that may stay of a file, attribute by attribute: what a reader of the pictures needs, and nothing else.

Numbers, pointers, sequences and code strings are listed as text is: an attribute that is not here is removed.
A code string stays if its value is one of the terms that the standard defines for it (PS3.3, PS3.5 6.2).
"""

from __future__ import annotations

from itertools import permutations

from pydicom.datadict import tag_for_keyword


def tags(*keywords: str) -> frozenset[int]:
    """Return the tags of keywords, every one of which the dictionary must know."""
    found = [tag_for_keyword(keyword) for keyword in keywords]
    if None in found:
        raise KeyError(keywords[found.index(None)])
    return frozenset(tag for tag in found if tag is not None)


def _listed(words: str) -> frozenset[int]:
    return tags(*words.split())


KEPT_TEXT = _listed(
    "Manufacturer ManufacturerModelName SoftwareVersions SegmentAlgorithmName SegmentLabel AlgorithmName "
    "AlgorithmVersion"
)
"""Text that says what made a picture. No presets and probes: people name and number them. What of it repeats
a word that identifies the patient goes all the same (`alnreader.dicom.deidentify.identity`), and the version
of the software unless it is this program's."""

KEPT_NUMBERS = _listed(
    # The picture (PS3.3 C.7.6.3, C.8.5.6, C.11.1, C.11.2).
    "SamplesPerPixel PlanarConfiguration NumberOfFrames Rows Columns UltrasoundColorDataPresent "
    "BitsAllocated BitsStored HighBit PixelRepresentation SmallestImagePixelValue LargestImagePixelValue "
    "PixelPaddingValue PixelPaddingRangeLimit WindowCenter WindowWidth RescaleIntercept RescaleSlope "
    "RepresentativeFrameNumber LossyImageCompressionRatio "
    # Lengths and places (C.7.6.2, C.10.7, C.8.24.3).
    "PixelSpacing PixelAspectRatio NominalScannedPixelSpacing ImagerPixelSpacing ImagePositionPatient "
    "ImageOrientationPatient SliceThickness SpacingBetweenSlices ImagePositionVolume ImageOrientationVolume "
    "DepthOfScanField "
    # Time within a cine (C.7.6.5, C.7.6.6).
    "FrameTime FrameTimeVector FrameDelay CineRate RecommendedDisplayFrameRate PreferredPlaybackSequencing "
    "ActualFrameDuration TemporalPositionTimeOffset TemporalPositionIndex "
    # Order.
    "SeriesNumber InstanceNumber DimensionIndexValues InStackPositionNumber FrameAcquisitionNumber "
    # Regions (C.8.5.5).
    "RegionSpatialFormat RegionDataType RegionFlags RegionLocationMinX0 RegionLocationMinY0 "
    "RegionLocationMaxX1 RegionLocationMaxY1 ReferencePixelX0 ReferencePixelY0 PhysicalUnitsXDirection "
    "PhysicalUnitsYDirection ReferencePixelPhysicalValueX ReferencePixelPhysicalValueY PhysicalDeltaX "
    "PhysicalDeltaY TransducerFrequency PulseRepetitionFrequency DopplerCorrectionAngle SteeringAngle "
    "DopplerSampleVolumeXPosition DopplerSampleVolumeYPosition TMLinePositionX0 TMLinePositionY0 "
    "TMLinePositionX1 TMLinePositionY1 PixelComponentOrganization PixelComponentMask "
    "PixelComponentRangeStart PixelComponentRangeStop PixelComponentPhysicalUnits PixelComponentDataType "
    # References, measurements, segments (C.17.3, C.18, C.8.20).
    "ReferencedFrameNumber ReferencedSegmentNumber ReferencedContentItemIdentifier NumericValue "
    "FloatingPointValue RationalNumeratorValue RationalDenominatorValue GraphicData SegmentNumber "
    "RecommendedDisplayGrayscaleValue RecommendedDisplayCIELabValue"
)
"""Numbers. Those of them that are an identifier or a date of the file go all the same. The tables of a
region's components are not among them: no reader of the picture needs them, and they can hold any text."""

KEPT_POINTERS = _listed("FrameIncrementPointer DimensionIndexPointer FunctionalGroupPointer")
"""Attributes whose values are tags."""

KEPT_SEQUENCES = _listed(
    "SequenceOfUltrasoundRegions AnatomicRegionSequence AnatomicRegionModifierSequence "
    "PrimaryAnatomicStructureSequence PrimaryAnatomicStructureModifierSequence ViewCodeSequence "
    "ViewModifierCodeSequence ReferencedImageSequence SourceImageSequence PurposeOfReferenceCodeSequence "
    # Reports (PS3.3 A.35).
    "ContentSequence ConceptNameCodeSequence ConceptCodeSequence MeasuredValueSequence "
    "MeasurementUnitsCodeSequence NumericValueQualifierCodeSequence ContentTemplateSequence "
    "VerifyingObserverSequence PerformedProcedureCodeSequence CurrentRequestedProcedureEvidenceSequence "
    "PertinentOtherEvidenceSequence IdenticalDocumentsSequence PredecessorDocumentsSequence "
    "ReferencedSeriesSequence ReferencedSOPSequence ReferencedInstanceSequence "
    # Segmentations and volumes (PS3.3 A.51, A.59).
    "SegmentSequence SegmentedPropertyCategoryCodeSequence SegmentedPropertyTypeCodeSequence "
    "SegmentedPropertyTypeModifierCodeSequence SegmentationAlgorithmIdentificationSequence "
    "AlgorithmFamilyCodeSequence DimensionOrganizationSequence DimensionIndexSequence "
    "SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence PixelMeasuresSequence "
    "PlanePositionSequence PlaneOrientationSequence PlanePositionVolumeSequence "
    "PlaneOrientationVolumeSequence FrameContentSequence SegmentIdentificationSequence "
    "DerivationImageSequence DerivationCodeSequence TemporalPositionSequence ImageDataTypeSequence "
    "USImageDescriptionSequence FrameVOILUTSequence TransducerScanPatternCodeSequence "
    "TransducerGeometryCodeSequence TransducerBeamSteeringCodeSequence TransducerApplicationCodeSequence"
)
"""Sequences that are looked into."""


def _terms(words: str) -> frozenset[str]:
    return frozenset(term.replace("-", " ") for term in words.split())


_YES_NO = _terms("YES NO")
_SIDES = _terms("L R B U")
_DIRECTIONS = frozenset(
    "".join(letters) for length in (1, 2, 3) for letters in permutations("LRAPHF", length)
)

_TERMS = {
    "Modality": _terms("US IVUS OT SC SR SEG DOC"),
    "ConversionType": _terms("DV DI DF WSD SD SI DRW SYN"),
    "ImageType": _terms(
        "ORIGINAL DERIVED PRIMARY SECONDARY ABDOMINAL BREAST CHEST SMALL-PARTS VASCULAR MUSCULOSKELETAL "
        "0001 0002 0003 0005 0009 0010 0011 0019 0020 0040"
    ),
    "FrameType": _terms("ORIGINAL DERIVED PRIMARY VOLUME NONE"),
    "BodyPartExamined": _terms("BREAST AXILLA CHEST"),
    "Laterality": _SIDES,
    "ImageLaterality": _SIDES,
    "FrameLaterality": _SIDES,
    "PatientOrientation": _DIRECTIONS,
    "PhotometricInterpretation": _terms(
        "MONOCHROME1 MONOCHROME2 PALETTE-COLOR RGB YBR_FULL YBR_FULL_422 YBR_PARTIAL_422 YBR_ICT YBR_RCT"
    ),
    "LossyImageCompression": _terms("00 01"),
    "LossyImageCompressionMethod": _terms("ISO_10918_1 ISO_14495_1 ISO_15444_1 ISO_15444_15"),
    "PixelSpacingCalibrationType": _terms("GEOMETRY FIDUCIAL"),
    "VOILUTFunction": _terms("LINEAR LINEAR_EXACT SIGMOID"),
    "PresentationLUTShape": _terms("IDENTITY INVERSE"),
    "RescaleType": _terms("US HU OD"),
    "TransducerType": _terms(
        "SECTOR_PHASED SECTOR_MECH SECTOR_ANNULAR LINEAR CURVED-LINEAR SINGLE-CRYSTAL SPLIT-XTAL-CWD"
    ),
    "BurnedInAnnotation": _YES_NO,
    "MIMETypeOfEncapsulatedDocument": _terms("application/pdf"),
    # Reports.
    "ValueType": _terms(
        "CONTAINER TEXT CODE NUM IMAGE SCOORD SCOORD3D UIDREF PNAME DATE TIME DATETIME COMPOSITE WAVEFORM "
        "TCOORD"
    ),
    "RelationshipType": _terms(
        "CONTAINS HAS-PROPERTIES HAS-OBS-CONTEXT HAS-CONCEPT-MOD HAS-ACQ-CONTEXT INFERRED-FROM SELECTED-FROM"
    ),
    "ContinuityOfContent": _terms("SEPARATE CONTINUOUS"),
    "CompletionFlag": _terms("COMPLETE PARTIAL"),
    "VerificationFlag": _terms("VERIFIED UNVERIFIED"),
    "PreliminaryFlag": _terms("PRELIMINARY FINAL"),
    "GraphicType": _terms("POINT MULTIPOINT POLYLINE CIRCLE ELLIPSE POLYGON ELLIPSOID"),
    "TemporalRangeType": _terms("POINT MULTIPOINT SEGMENT MULTISEGMENT BEGIN END"),
    "PixelOriginInterpretation": _terms("FRAME VOLUME"),
    "MappingResource": _terms("DCMR"),
    "TemplateIdentifier": _terms(
        "300 320 1400 1401 1402 1406 1410 1411 1419 1420 1500 1501 1502 1600 1601 1602 2000 2010 3900 4000 "
        "4100 4200 5000 5100 5200 5300 9007"
    ),
    # Segmentations and volumes.
    "SegmentationType": _terms("BINARY"),
    "SegmentAlgorithmType": _terms("AUTOMATIC SEMIAUTOMATIC MANUAL"),
    "SegmentsOverlap": _terms("YES NO UNDEFINED"),
    "DimensionOrganizationType": _terms("3D 3D_TEMPORAL TILED_FULL TILED_SPARSE"),
    "SpatialLocationsPreserved": _terms("YES NO REORIENTED_ONLY"),
    "ContentLabel": _terms("SEGMENTATION"),
    "ContentQualification": _terms("PRODUCT RESEARCH SERVICE"),
    "PixelPresentation": _terms("COLOR MONOCHROME MIXED TRUE_COLOR"),
    "VolumetricProperties": _terms("VOLUME SAMPLED DISTORTED MIXED"),
    "VolumeBasedCalculationTechnique": _terms("NONE MAX_IP MIN_IP VOLUME_RENDER MPR"),
    "PositionMeasuringDeviceUsed": _terms("RIGID FREEHAND"),
    "DataType": _terms("TISSUE_INTENSITY FLOW_VELOCITY FLOW_POWER"),
    "AliasedDataType": _YES_NO,
}
KEPT_TERMS = {next(iter(tags(keyword))): terms for keyword, terms in _TERMS.items()}
"""Code strings, and the values of each that stay. The third value of Image Type and those behind it may go
alone."""

INSTEAD = {
    next(iter(tags(keyword))): term
    for keyword, term in (
        ("Modality", "OT"),
        ("ContentLabel", "SEGMENTATION"),
        ("SeriesNumber", "1"),
        ("InstanceNumber", "1"),
        ("SegmentLabel", "REMOVED"),
        ("SegmentAlgorithmName", "REMOVED"),
        ("AlgorithmName", "REMOVED"),
        ("AlgorithmVersion", "REMOVED"),
        ("Manufacturer", ""),
    )
}
"""What stands for a value that may not stay, where a valid file needs one."""

CLASS_UIDS = _listed(
    "SOPClassUID ReferencedSOPClassUID OriginalSpecializedSOPClassUID RelatedGeneralSOPClassUID "
    "ReferencedSOPClassUIDInFile SOPClassesInStudy"
)
"""Where a UID that the standard assigns says what something is. Everywhere else it is somebody's number."""
