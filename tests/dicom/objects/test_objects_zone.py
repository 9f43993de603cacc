"""In which zone the times of the objects are: the source's, where it names one (PS3.3 C.12.1.1.8)."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from objects_readings import FINAL, FIRST, judged, outlined, reading_of_case, write_case
from pydicom.dataset import Dataset

from alnreader.case.clock import NO_DATE
from alnreader.case.protocol import Event, HumanReading
from alnreader.dicom.objects.readback import read_report
from alnreader.report.objects import Choices, write_objects

WHEN = datetime.datetime(2026, 11, 23, 1, 30, tzinfo=datetime.UTC)


def signed_at(when: datetime.datetime) -> HumanReading:
    first, final = (dataclasses.replace(read, when=when) for read in (FIRST, FINAL))
    locked = HumanReading().with_first_read(first).after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    return locked.with_final_read(final, "As seen.").with_signature("李四", when)


def objects(folder: Path, when: datetime.datetime, **attributes: str) -> dict[str, Dataset]:
    case = outlined(write_case(folder / "in", 1, **attributes))
    written = write_objects(reading_of_case(case, signed_at(when)), Choices(), folder / "out", when=when)
    return {path.name: pydicom.dcmread(path) for path in written.paths}


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer in Berlin: +0100 in winter, +0200 in summer."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of the computer cannot be set here")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_every_time_is_in_the_zone_of_the_source(tmp_path: Path) -> None:
    found = objects(tmp_path, WHEN, TimezoneOffsetFromUTC="+0800", StudyDate="20261123", StudyTime="090000")
    for name, dataset in found.items():
        assert dataset.TimezoneOffsetFromUTC == "+0800", name
        assert dataset.StudyTime == "090000"
        assert (dataset.ContentDate, dataset.ContentTime) == ("20261123", "093000"), name
        assert dataset.InstanceCreationTime == dataset.SeriesTime == "093000"
        judged(tmp_path / "out" / name)
    report = found["sr.dcm"]
    assert report.VerifyingObserverSequence[0].VerificationDateTime == "20261123093000+0800"
    times = {str(item.value) for item in report.iterall() if item.keyword == "DateTime"}
    assert times == {"20261123093000+0800"}
    back = read_report(report, [found["seg-001.dcm"]])
    final = back.final_read
    assert final is not None
    assert final.signed == final.assessment.when == WHEN


def test_without_one_it_is_this_computers_on_the_day_of_the_study(berlin: None, tmp_path: Path) -> None:
    found = objects(tmp_path, WHEN, StudyDate="20260701", StudyTime="090000")
    for dataset in found.values():
        assert dataset.TimezoneOffsetFromUTC == "+0200"
        assert dataset.ContentTime == "033000"
    assert found["sr.dcm"].VerifyingObserverSequence[0].VerificationDateTime == "20261123033000+0200"


@pytest.mark.parametrize("stored", ["8", "+2500", "-0000", "CST", "+08:00"])
def test_what_is_no_zone_is_none(stored: str, berlin: None, tmp_path: Path) -> None:
    found = objects(tmp_path, WHEN, TimezoneOffsetFromUTC=stored, StudyDate="20261123", StudyTime="090000")
    assert {dataset.TimezoneOffsetFromUTC for dataset in found.values()} == {"+0100"}


def test_without_identity_no_zone_tells_the_place(tmp_path: Path) -> None:
    found = objects(tmp_path, NO_DATE, StudyDate="19000101")
    for dataset in found.values():
        assert "TimezoneOffsetFromUTC" not in dataset
        assert dataset.ContentDate == "19000101"
