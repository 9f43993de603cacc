"""Names and identities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alnreader.case.errors import InvalidValueError
from alnreader.case.patient import Patient, PersonName


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        (PersonName("Doe^Jane"), "Doe, Jane"),
        (PersonName("Doe^Jane^Mary^Dr^MD"), "Doe, Dr Jane Mary MD"),
        (PersonName("Doe"), "Doe"),
        (PersonName("^Jane"), "Jane"),
        (PersonName("Wang^XiaoDong", "王^小东", "Wáng^XiǎoDōng"), "王小东 (Wang, XiaoDong)"),
        (PersonName("", "王^小东"), "王小东"),
        (PersonName("王^小东"), "王小东"),
        (PersonName("Doe^Jane", "Doe^Jane"), "Doe, Jane"),
        (PersonName("^^^^"), ""),
        (PersonName("Doe^Jane", "^"), "Doe, Jane"),
        (PersonName("Doe^Jane", "\x1f"), "Doe, Jane"),
        (PersonName(), ""),
    ],
)
def test_names_as_a_person_writes_them(name, readable):
    assert str(name) == readable


@given(alphabetic=st.text(max_size=40), ideographic=st.text(max_size=40))
def test_any_text_is_a_name(alphabetic, ideographic):
    readable = str(PersonName(alphabetic, ideographic))
    assert "^" not in readable
    assert readable == readable.strip()


@pytest.mark.parametrize("identifier", ["", "   ", "\t"])
def test_refuses_a_patient_that_cannot_be_told_from_another(identifier):
    with pytest.raises(InvalidValueError, match="identifier"):
        Patient(identifier, PersonName("Doe^Jane"))


def test_label_is_the_name_where_there_is_one():
    assert Patient("17", PersonName("Doe^Jane")).label == "Doe, Jane"
    assert Patient("17").label == "17"
