"""Queries of a real Orthanc over C-FIND and QIDO-RS alike, and answers that other servers give."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from dicom_maker import uid_of
from orthanc import Orthanc
from pacs_maker import fill_server, node_by
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from servers import dicom_server, evt

from alnreader.case.errors import InvalidValueError
from alnreader.dicom.network.answers import Query, StudyAnswer
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.nodes import CharacterSet, Node


@pytest.fixture(params=("get", "web"))
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def names(found: tuple[StudyAnswer, ...]) -> list[str]:
    return sorted(str(study.patient.name) for study in found)


@pytest.fixture
def three_patients(fill: Callable[..., list[str]]) -> None:
    fill("s1", 2, PatientName="Doe^Jane", PatientID="P1", StudyDate="20240115", AccessionNumber="A1")
    fill(
        "s2",
        1,
        PatientName="Wang^Xiaodong=王^小东",
        PatientID="P2",
        StudyDate="20240220",
        AccessionNumber="A2",
    )
    fill("s3", 1, PatientName="Müller^Änne", PatientID="P3", StudyDate="20231231", Modality="MR")


@pytest.mark.usefixtures("three_patients")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), ["Doe, Jane", "Müller, Änne", "王小东 (Wang, Xiaodong)"]),
        (Query(patient_name="doe"), ["Doe, Jane"]),
        (Query(patient_name="Doe, J"), ["Doe, Jane"]),
        (Query(patient_name="*jane"), ["Doe, Jane"]),
        (Query(patient_name="D?e^Jane"), ["Doe, Jane"]),
        (Query(patient_name="王小东"), ["王小东 (Wang, Xiaodong)"]),
        (Query(patient_name="小东"), ["王小东 (Wang, Xiaodong)"]),
        (Query(patient_name="李"), []),
        (Query(patient_name="Müller"), ["Müller, Änne"]),
        (Query(patient_id="P2"), ["王小东 (Wang, Xiaodong)"]),
        (Query(patient_id="P*", modality="us"), ["Doe, Jane", "王小东 (Wang, Xiaodong)"]),
        (Query(accession="A2"), ["王小东 (Wang, Xiaodong)"]),
        (Query(date_from=date(2024, 1, 1)), ["Doe, Jane", "王小东 (Wang, Xiaodong)"]),
        (Query(date_to=date(2023, 12, 31)), ["Müller, Änne"]),
        (Query(date_from=date(2024, 1, 15), date_to=date(2024, 1, 15)), ["Doe, Jane"]),
        (Query(date_from=date(2023, 12, 1), date_to=date(2024, 1, 31)), ["Doe, Jane", "Müller, Änne"]),
        (Query(study_uid=uid_of("s1")), ["Doe, Jane"]),
        (Query(birth_date=date(1970, 2, 3), patient_id="P1"), ["Doe, Jane"]),
    ],
)
def test_studies_are_found(query: Query, expected: list[str], protocol: str, orthanc: Orthanc) -> None:
    found = Client(node_by(protocol, orthanc)).find_studies(query)
    assert names(found.studies) == expected
    assert not found.cut


@pytest.mark.usefixtures("three_patients")
def test_an_answer_is_read_whole(protocol: str, orthanc: Orthanc) -> None:
    (study,) = Client(node_by(protocol, orthanc)).find_studies(Query(patient_id="P1")).studies
    assert study.study_uid == uid_of("s1")
    assert (study.date, study.description, study.accession) == (date(2024, 1, 15), "Breast ultrasound", "A1")
    assert (study.modalities, study.instances) == (("US",), 2)
    assert study.time is not None
    assert study.time.isoformat() == "10:15:00"
    assert (study.patient.birth_date, study.patient.sex) == (date(1970, 2, 3), "F")


@pytest.mark.usefixtures("three_patients")
def test_patients_are_found(protocol: str, orthanc: Orthanc) -> None:
    found, more = Client(node_by(protocol, orthanc)).find_patients(Query(patient_name="王"))
    assert [patient.patient_id for patient in found] == ["P2"]
    assert not more


def test_answers_in_gb18030_are_decoded() -> None:
    def answer(event: Any) -> Any:
        asked.append(bytes(event.request.Identifier.getvalue()))
        reply = event.identifier
        reply.SpecificCharacterSet = "GB18030"
        reply.PatientName = "Wang^XiaoDong=王^小东"
        reply.StudyInstanceUID = "1.2.3"
        reply.StudyDescription = "乳腺超声"
        yield 0xFF00, reply
        yield 0x0000, None

    asked: list[bytes] = []
    with dicom_server([(evt.EVT_C_FIND, answer)], models=("1.2.840.10008.5.1.4.1.2.2.1",)) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC", character_set=CharacterSet.GB18030)
        (study,) = Client(node).find_studies(Query(patient_name="王")).studies
    assert str(study.patient.name) == "王小东 (Wang, XiaoDong)"
    assert study.description == "乳腺超声"
    assert "*王*".encode("gb18030") in asked[0]


def test_answers_with_a_wrong_character_set_are_decoded_and_told() -> None:
    def answer(event: Any) -> Any:
        reply = event.identifier
        reply.SpecificCharacterSet = "ISO_IR 100"
        name = "王^小东".encode("gb18030")
        reply[0x00100010] = RawDataElement(Tag(0x00100010), "PN", len(name), name, 0, False, True)
        reply.StudyInstanceUID = "1.2.3"
        yield 0xFF00, reply
        yield 0x0000, None

    with dicom_server([(evt.EVT_C_FIND, answer)], models=("1.2.840.10008.5.1.4.1.2.2.1",)) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        (study,) = Client(node).find_studies(Query()).studies
    assert study.patient.name.alphabetic == "王^小东"
    assert "does not fit the declared character set (ISO_IR 100)" in study.assumed


def test_a_name_that_the_character_set_cannot_write_is_refused() -> None:
    node = Node("N", host="127.0.0.1", port=1, ae_title="A", character_set=CharacterSet.LATIN1)
    with pytest.raises(InvalidValueError, match="cannot be written in ISO_IR 100"):
        Client(node).find_studies(Query(patient_name="王"))


def test_more_studies_than_anyone_reads_are_cut(monkeypatch: pytest.MonkeyPatch, orthanc: Orthanc) -> None:
    monkeypatch.setattr("alnreader.dicom.network.answers.MOST_ANSWERS", 3)
    for number in range(5):
        fill_server(orthanc, f"many {number}", 1, PatientID=f"M{number}")
    for protocol in ("get", "web"):
        found = Client(node_by(protocol, orthanc)).find_studies(Query())
        assert found.cut
        assert len(found.studies) == 3
        found = Client(node_by(protocol, orthanc)).find_studies(Query(patient_id="M1"))
        assert (len(found.studies), found.cut) == (1, False)


@pytest.mark.parametrize("term", ["a\\b", "a\nb", "x" * 65])
def test_terms_that_cannot_be_asked(term: str) -> None:
    with pytest.raises(InvalidValueError):
        Query(patient_name=term)


def test_dates_that_run_backwards() -> None:
    with pytest.raises(InvalidValueError, match="backwards"):
        Query(date_from=date(2024, 2, 1), date_to=date(2024, 1, 1))


def test_no_answer_is_lost_to_the_reactor_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its second thread must pause while answers are waited for, and sometimes does not. Here it never does.
    from pynetdicom.association import Association

    class NeverClosed:
        def wait(self) -> None:
            time.sleep(0.0005)

        def set(self) -> None:
            """Do nothing."""

        clear = set

    begin = Association.__init__

    def restless(self: Any, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        self._reactor_checkpoint = NeverClosed()

    def answer(event: Any) -> Any:
        for number in range(60):
            reply = event.identifier
            reply.StudyInstanceUID = f"1.2.{number + 1}"
            yield 0xFF00, reply
        yield 0x0000, None

    with dicom_server([(evt.EVT_C_FIND, answer)], models=("1.2.840.10008.5.1.4.1.2.2.1",)) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC", answer_timeout=5.0)
        with monkeypatch.context() as patch:
            patch.setattr(Association, "__init__", restless)
            found = Client(node).find_studies(Query())
    assert len(found.studies) == 60


@pytest.mark.usefixtures("three_patients")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("王*", 1),
        ("王?东", 1),
        ("王^小*", 1),
        ("*东", 1),
        ("wang*=王*", 1),
        ("小*", 0),
        ("王?", 0),
        ("*李*", 0),
    ],
)
def test_wildcards_in_a_chinese_name_are_those_of_its_group(
    name: str, count: int, protocol: str, orthanc: Orthanc
) -> None:
    client, query = Client(node_by(protocol, orthanc)), Query(patient_name=name)
    assert len(client.find_studies(query).studies) == count
    assert len(client.find_patients(query)[0]) == count
