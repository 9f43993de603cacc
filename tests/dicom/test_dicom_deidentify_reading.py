"""A reading without identity: its pictures are blanked, its readers are numbers where that is asked for."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import numpy as np
from deidentify_maker import BANNER, SECRET, screen, write_secret
from dicom_maker import speckle, write_ultrasound
from PIL import Image

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case, Reading, Skipped
from alnreader.case.image import UltrasoundImage
from alnreader.case.protocol import Event, HumanReading
from alnreader.dicom import discover
from alnreader.dicom.deidentify import Pseudonyms
from alnreader.dicom.deidentify.reading import LOOK, NO_DATE, NOBODY, without_identity

WHEN = datetime.datetime(2024, 1, 31, 9, tzinfo=datetime.UTC)


def case_of(path: Path) -> Case:
    return discover([path]).patients[0]


def only(reading: Reading) -> UltrasoundImage:
    return reading.case.images[0]


def test_its_pictures_are_black_outside_the_regions(tmp_path: Path) -> None:
    case = case_of(write_secret(tmp_path / "a.dcm"))
    image = only(without_identity(Reading(case, None)))
    before, after = case.images[0].pixels(), image.pixels()
    assert before[BANNER[0], BANNER[1]].any()
    assert not after[BANNER[0], BANNER[1]].any()
    assert np.array_equal(after[40:220, 20:300], before[40:220, 20:300])
    assert LOOK not in image.notes


def test_where_it_is_not_certain_the_report_says_so(tmp_path: Path) -> None:
    Image.fromarray(screen()[0]).save(tmp_path / "a.png")
    image = only(without_identity(Reading(case_of(tmp_path / "a.png"), None)))
    assert LOOK in image.notes
    assert not image.pixels()[BANNER[0], BANNER[1]].any(), "the sector was found"
    whole = speckle(400, 320)[0][60:300]
    path = write_ultrasound(tmp_path / "b.dcm", whole)
    image = only(without_identity(Reading(case_of(path), None)))
    assert LOOK in image.notes
    assert np.array_equal(image.pixels(), whole), "a report is not refused; it says that one must look"


def test_uids_are_those_of_the_pictures_written_along(tmp_path: Path) -> None:
    case = case_of(write_secret(tmp_path / "a.dcm", frames=3))
    pseudonyms = Pseudonyms()
    image = only(without_identity(Reading(case, None), pseudonyms))
    assert image.key.uid == pseudonyms.uids[case.images[0].key.uid]
    assert image.key.frame == case.images[0].key.frame
    assert image.study == pseudonyms.uids[case.images[0].study]


def test_readers_become_numbers_and_their_words_go(tmp_path: Path) -> None:
    case = case_of(write_secret(tmp_path / "a.dcm"))
    first = Assessment(NodeStatus.SUSPICIOUS, 80, f"Dr {SECRET}", WHEN, remarks=f"Mrs {SECRET}")
    final = dataclasses.replace(first, status=NodeStatus.NEGATIVE, reader="Dr Other")
    human = HumanReading().with_first_read(first).after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    human = human.with_final_read(final, f"As {SECRET} says").with_signature("Dr Other", WHEN)
    human = human.with_amendment(f"Not {SECRET}'s side")
    reading = Reading(case, None, skipped=(Skipped(f"/{SECRET}/x", SECRET),), human=human, site=SECRET)
    nobody = without_identity(reading, readers=False, sex=False)
    assert SECRET not in repr(nobody)
    assert nobody.human is not None
    assert nobody.human.first_read is not None
    assert (nobody.human.first_read.reader, nobody.human.first_read.when) == ("Reader 1", NO_DATE)
    assert nobody.human.versions[0].signed_by == "Reader 2"
    assert nobody.human.state is human.state
    assert nobody.human.first_read.same_judgement(first)
    assert (nobody.case.patient.patient_id, nobody.case.patient.sex) == (NOBODY, "")
    kept = without_identity(reading)
    assert kept.human is human, "a signature without a name is none"
    assert kept.case.patient.sex == "F"
