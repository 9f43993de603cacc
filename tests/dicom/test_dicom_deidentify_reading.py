"""A reading without identity: its pictures are blanked, its readers are numbers where that is asked for."""

from __future__ import annotations

import dataclasses
import datetime
import io
from pathlib import Path

import numpy as np
from deidentify_maker import BANNER, SECRET, screen, write_secret
from dicom_maker import speckle, write_ultrasound
from PIL import Image

from alnreader.case.assessment import Assessment, NodeStatus
from alnreader.case.case import Case, Reading, Skipped
from alnreader.case.clock import NO_DATE
from alnreader.case.image import UltrasoundImage
from alnreader.case.protocol import Event, HumanReading
from alnreader.dicom import discover
from alnreader.dicom.deidentify import Fate, Pseudonyms
from alnreader.dicom.deidentify.reading import LOOK, NOBODY, changes_of, without_identity
from alnreader.report.output import write_reading

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
    nobody = without_identity(reading)
    assert SECRET not in repr(nobody)
    assert nobody.human is not None
    assert nobody.human.first_read is not None
    assert (nobody.human.first_read.reader, nobody.human.first_read.when) == ("Reader 1", NO_DATE)
    assert nobody.human.versions[0].signed_by == "Reader 2"
    assert nobody.human.state is human.state
    assert nobody.human.first_read.same_judgement(first)
    assert (nobody.case.patient.patient_id, nobody.case.patient.sex) == (NOBODY, "")
    assert without_identity(reading, sex=True).case.patient.sex == "F"


def test_a_preview_tells_what_becomes_of_every_word(tmp_path: Path) -> None:
    case = case_of(write_secret(tmp_path / "a.dcm"))
    first = Assessment(NodeStatus.SUSPICIOUS, 80, f"Dr {SECRET}", WHEN, remarks=f"Mrs {SECRET}")
    final = dataclasses.replace(first, status=NodeStatus.NEGATIVE, reader="Dr Other")
    human = HumanReading().with_first_read(first).after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    human = human.with_final_read(final, "Why").with_signature("Dr Other", WHEN).with_amendment("Wrong")
    told = {
        change.path: (change.before, change.fate, change.after)
        for change in changes_of(Reading(case, None, human=human, site="Klinik"))
    }
    assert told["First read, reader"] == (f"Dr {SECRET}", Fate.DUMMY, "Reader 1")
    assert told["First read, time"] == ("2024-01-31 09:00", Fate.REMOVE, "")
    assert told["First read, remarks"] == (f"Mrs {SECRET}", Fate.DUMMY, "Removed")
    assert told["Signed read 1, signed by"] == ("Dr Other", Fate.DUMMY, "Reader 2")
    assert told["Signed read 1, signed at"][1] is Fate.REMOVE
    assert told["Amendment open because"][1] is Fate.DUMMY
    assert told["Site"] == ("Klinik", Fate.REMOVE, "")
    assert changes_of(Reading(case, None)) == ()


def test_the_pdf_and_the_json_tell_no_reader_no_site_and_no_time(tmp_path: Path) -> None:
    from pypdf import PdfReader

    case = case_of(write_secret(tmp_path / "a.dcm"))
    first = Assessment(NodeStatus.SUSPICIOUS, 80, f"Dr {SECRET}", WHEN, remarks=f"Mrs {SECRET}")
    human = HumanReading().with_first_read(first).after(Event.LOCK_FIRST_READ).after(Event.REVEAL)
    human = human.with_final_read(first).with_signature(f"Dr {SECRET}", WHEN)
    reading = Reading(case, None, human=human, site=f"{SECRET} Klinik")
    out = tmp_path / "out"
    write_reading(without_identity(reading), out / "r.pdf", out / "r.json", dated=False)
    pdf = PdfReader(io.BytesIO((out / "r.pdf").read_bytes()))
    text = " ".join(page.extract_text() for page in pdf.pages) + str(pdf.metadata)
    json = (out / "r.json").read_text("utf-8")
    assert "Signed by Reader 1, time removed." in text
    assert "Site not recorded" in text
    assert '"signed_by": "Reader 1"' in json
    for content in (text, json):
        assert SECRET not in content
        assert "2024" not in content
        assert "09:00" not in content
    assert '"when": "1900-01-01T00:00:00+00:00"' in json
    assert "1900" not in text
    year = str(datetime.datetime.now(datetime.UTC).year)
    assert year not in text, "nor when it was made"
