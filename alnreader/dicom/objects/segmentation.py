"""Outlines of one key frame as a DICOM Segmentation (PS3.3 A.51): a segment for each region.

Ultrasound has no frame of reference, so one object holds the outlines of one frame (highdicom #284).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from highdicom.color import CIELabColor
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from highdicom.sr import CodedConcept

from alnreader.case.errors import InvalidValueError
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.dicom.objects import codes
from alnreader.dicom.objects.equipment import DEMONSTRATION_SHORT, MANUFACTURER, Kind, Maker
from alnreader.dicom.objects.source import Source, derived_uid, restore_references
from alnreader.dicom.quiet import quiet

LETTERS = {RegionKind.TUMOUR: "T", RegionKind.LYMPH_NODE: "N"}

ALGORITHM_TYPES = {
    Origin.PROPOSED: SegmentAlgorithmTypeValues.AUTOMATIC,
    Origin.EDITED: SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
    Origin.DRAWN: SegmentAlgorithmTypeValues.MANUAL,
}
"""Segment Algorithm Type (0062,0008)."""

_ORIGINS = {
    Origin.PROPOSED: "Proposed by the network",
    Origin.EDITED: "Proposed by the network, corrected by the reader",
    Origin.DRAWN: "Drawn by the reader",
}

# The outlines' colours on the screen.
_COLOURS = {
    RegionKind.TUMOUR: CIELabColor.from_rgb(0xFF, 0xB4, 0x54),
    RegionKind.LYMPH_NODE: CIELabColor.from_rgb(0x3F, 0xD3, 0xC1),
}


def labels_of(regions: Sequence[Region]) -> list[str]:
    """Return the regions' names on the picture: T1, T2 for tumours, N1, N2 for lymph nodes."""
    counts = dict.fromkeys(RegionKind, 0)
    labels = []
    for region in regions:
        counts[region.kind] += 1
        labels.append(f"{LETTERS[region.kind]}{counts[region.kind]}")
    return labels


def origin_words(region: Region) -> str:
    """Say who made an outline and whether a human accepted it."""
    accepted = "confirmed by the reader" if region.confirmed else "not confirmed by a reader"
    return f"{_ORIGINS[region.origin]}; {accepted}"


def tracking_uid(source: Source, label: str) -> str:
    """Return the UID under which segment and measurements of a region find each other."""
    return derived_uid("region", source.study, source.uid, str(source.key.frame), label)


def tracking_id(source: Source, label: str) -> str:
    """Return the same for people."""
    return f"Image {source.number}, {label}"


def segmentation(
    source: Source, regions: Sequence[Region], maker: Maker, series: str, instance: str, number: int
) -> Segmentation:
    """Return the outlines of one frame.

    Parameters
    ----------
    source
        The frame.
    regions
        At least one; they may overlap, fall apart or have holes.
    maker
        Of the export.
    series, instance
        UIDs of the new series and the new object.
    number
        Instance Number.

    Raises
    ------
    InvalidValueError
        If there is no region: a segmentation has at least one segment.
    """
    if not regions:
        raise InvalidValueError(f"{source.image.source}: there is nothing outlined to be written.")
    descriptions = [
        _description(source, region, label, place, maker)
        for place, (region, label) in enumerate(zip(regions, labels_of(regions), strict=True), start=1)
    ]
    masks = np.stack([region.mask for region in regions], axis=-1).astype(np.uint8)
    with quiet():
        dataset = Segmentation(
            source_images=[source.dataset],
            pixel_array=masks[np.newaxis],
            segmentation_type=SegmentationTypeValues.BINARY,
            segment_descriptions=descriptions,
            series_instance_uid=series,
            series_number=Kind.SEGMENTATION.series_number,
            sop_instance_uid=instance,
            instance_number=number,
            manufacturer=MANUFACTURER,
            manufacturer_model_name=MANUFACTURER,
            software_versions=maker.versions[0],
            device_serial_number=maker.serial,
            content_label="OUTLINES",
            content_description=DEMONSTRATION_SHORT if maker.demonstration else "Outlines on ultrasound",
            specific_character_set=None,
        )
        maker.finish(dataset, Kind.SEGMENTATION, source)
        # Type 2C, of unknown value: ultrasound does not say how the probe was held.
        dataset.PatientOrientation = None
        dataset.BurnedInAnnotation = "NO"
        restore_references(dataset, [source])
    return dataset


def _description(source: Source, region: Region, label: str, number: int, maker: Maker) -> SegmentDescription:
    drawn = region.origin is Origin.DRAWN
    description = SegmentDescription(
        segment_number=number,
        segment_label=f"{label} {region.kind.words}",
        segmented_property_category=codes.CATEGORIES[region.kind],
        segmented_property_type=codes.FINDINGS[region.kind],
        algorithm_type=ALGORITHM_TYPES[region.origin],
        algorithm_identification=None if drawn else maker.algorithm(),
        tracking_uid=tracking_uid(source, label),
        tracking_id=tracking_id(source, label),
        anatomic_regions=[codes.SITES[region.kind]],
        display_color=_COLOURS[region.kind],
    )
    side = codes.SIDES.get(source.image.laterality)
    if side is not None:
        description.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [CodedConcept.from_code(side)]
    words = origin_words(region)
    description.SegmentDescription = f"{words}. {maker.banner}" if maker.banner else f"{words}."
    return description
