"""What every object carries: who made it, when, in which series, and that a model is a demonstration."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from highdicom import AlgorithmIdentificationSequence
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.enum import ContentQualificationValues
from pydicom.dataset import Dataset

from alnreader import __version__
from alnreader.case.clock import NO_DATE
from alnreader.case.score import DEMONSTRATION_BANNER, ModelSummary
from alnreader.dicom.objects import codes
from alnreader.dicom.objects.source import Source, derived_uid
from alnreader.dicom.objects.text import from_stamp, one_line, stamp
from alnreader.dicom.pictures import PROGRAM_MARK

MANUFACTURER = PROGRAM_MARK
"""Manufacturer (0008,0070) of every object; by it the program knows its own captures when it meets them."""

DEMONSTRATION_SHORT = "Demonstration model - not for clinical use"
"""The banner where 64 characters are the limit (LO)."""

NOT_A_MODEL = "none"
"""Device Serial Number where no model is known."""


class Kind(Enum):
    """A kind of object: the number of its series and what that is called.

    Numbers far above a scanner's own, so that the program's series stand last in a viewer's list.
    """

    PICTURE = (9600, "Pictures read by ALN Reader")
    SEGMENTATION = (9601, "ALN Reader outlines")
    REPORT = (9602, "ALN Reader measurements")
    OUTLINES = (9603, "ALN Reader outlines, for display")
    HEAT_MAP = (9604, "ALN Reader heat maps, no proof")
    PDF = (9605, "ALN Reader report")

    @property
    def series_number(self) -> int:
        """Series Number (0020,0011)."""
        return self.value[0]

    @property
    def words(self) -> str:
        """What the series is called."""
        return self.value[1]


def new_uid() -> str:
    """Return a UID that nobody has used (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


@dataclass(frozen=True)
class Maker:
    """The program with its model at one moment: it signs the objects of one export.

    Attributes
    ----------
    model
        The model in use, None where there is none.
    when
        With time zone.
    site
        Where it runs, possibly empty.
    program_version
        That made the reading.
    """

    model: ModelSummary | None
    when: datetime
    site: str = ""
    program_version: str = __version__

    @property
    def demonstration(self) -> bool:
        """Whether the model's labels were not clinical."""
        return self.model is not None and self.model.demonstration

    @property
    def banner(self) -> str:
        """The sentence that stands wherever a result of a demonstration model does, else nothing."""
        return DEMONSTRATION_BANNER if self.demonstration else ""

    @property
    def versions(self) -> list[str]:
        """Software Versions (0018,1020): the program's, and the model's with its name."""
        model = [] if self.model is None else [one_line(f"{self.model.name} {self.model.version}")]
        return [one_line(self.program_version), *model]

    @property
    def serial(self) -> str:
        """Device Serial Number (0018,1000): the hash of the model, all that varies of the device."""
        return NOT_A_MODEL if self.model is None else one_line(self.model.sha256)

    @property
    def device_uid(self) -> str:
        """UID of the program with this model, the same in every export."""
        return derived_uid("device", self.program_version, self.serial)

    def algorithm(self) -> AlgorithmIdentificationSequence:
        """Return the model as PS3.3 10.16 (Algorithm Identification Macro) has it."""
        if self.model is None:
            return AlgorithmIdentificationSequence(
                name=MANUFACTURER,
                family=codes.ARTIFICIAL_INTELLIGENCE,
                version=one_line(self.program_version),
                source=MANUFACTURER,
            )
        parameters = {"sha256": self.model.sha256}
        if self.demonstration:
            parameters["note"] = DEMONSTRATION_BANNER
        return AlgorithmIdentificationSequence(
            name=one_line(self.model.name),
            family=codes.ARTIFICIAL_INTELLIGENCE,
            version=one_line(self.model.version),
            source=MANUFACTURER,
            parameters=parameters,
        )

    def finish(self, dataset: Dataset, kind: Kind, source: Source) -> None:
        """Set what all objects have alike, on an object of that source's study.

        Identity is the source's to the letter; highdicom checks or rewrites some of it.
        """
        for keyword in _IDENTITY:
            if keyword in source.dataset:
                setattr(dataset, keyword, source.dataset[keyword].value)
        if source.charset:
            dataset.SpecificCharacterSet = list(source.charset)
        elif "SpecificCharacterSet" in dataset:
            del dataset.SpecificCharacterSet
        words = f"{kind.words} - {DEMONSTRATION_SHORT}" if self.demonstration else kind.words
        dataset.SeriesNumber = kind.series_number
        dataset.SeriesDescription = words if len(words) <= 64 else f"{kind.words} - demonstration"
        dataset.Manufacturer = MANUFACTURER
        dataset.ManufacturerModelName = MANUFACTURER
        dataset.SoftwareVersions = self.versions
        dataset.DeviceSerialNumber = self.serial
        if self.site:
            dataset.InstitutionName = one_line(self.site)
        when = self.when.astimezone(source.zone) if self.when != NO_DATE and source.zone else self.when
        if self.when != NO_DATE:
            dataset.TimezoneOffsetFromUTC = f"{when:%z}"[:5]
            _set_zone(dataset, when)
        day, clock = f"{when:%Y%m%d}", f"{when:%H%M%S}"
        dataset.InstanceCreationDate = dataset.SeriesDate = dataset.ContentDate = day
        dataset.InstanceCreationTime = dataset.SeriesTime = dataset.ContentTime = clock
        if self.demonstration:
            # PS3.3 C.12.1.1.10: not intended for clinical use.
            dataset.ContentQualification = ContentQualificationValues.RESEARCH.value
        _order_contributors(dataset)


def coding_scheme() -> CodingSchemeIdentificationItem:
    """Return the identification of the program's own codes (PS3.3 C.12.1)."""
    return CodingSchemeIdentificationItem(
        codes.SCHEME, name=codes.SCHEME_NAME, responsible_organization=MANUFACTURER
    )


def _set_zone(dataset: Dataset, when: datetime) -> None:
    """Give times that were noted in UTC, which `stamp` leaves out, the zone of the object."""
    for element in dataset.iterall():
        if element.keyword in ("DateTime", "VerificationDateTime"):
            noted = from_stamp(str(element.value))
            if not noted.utcoffset():
                element.value = stamp(noted.astimezone(when.tzinfo))


def _order_contributors(dataset: Dataset) -> None:
    """Give the entry that highdicom makes of itself the object's own time."""
    for item in dataset.get("ContributingEquipmentSequence", ()):
        if "ContributionDateTime" in item:
            item.ContributionDateTime = f"{dataset.ContentDate}{dataset.ContentTime}"


_IDENTITY = (
    "PatientID",
    "IssuerOfPatientID",
    "TypeOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
)
