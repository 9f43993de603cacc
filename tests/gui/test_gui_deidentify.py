"""Copies without identity in the window: seen before they are written, as they are written."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dicom"))

from deidentify_maker import BANNER, SECRET, leaks, secrets_of, write_secret
from dicom_maker import speckle, write_ultrasound

from alnreader.dicom import decode_pixels, discover
from alnreader.dicom.deidentify import AreaKind, Fate, Kind, read_mapping
from alnreader.dicom.deidentify.mapping import SHORTEST_PASSPHRASE as SHORTEST
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.pages.deidentify import MAPPING, SHORTEST_PASSPHRASE, DeidentifyPage

Add = Callable[..., Any]


@pytest.fixture
def window(controller: Controller, qtbot: Any, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(controller, tmp_path / "window.json")
    qtbot.addWidget(window)
    window.show()
    yield window
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=30_000)


def words(page: DeidentifyPage) -> list[list[str]]:
    table = page.attributes
    return [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]


def test_what_is_seen_is_what_is_written(
    qtbot: Any, window: MainWindow, controller: Controller, add_session: Add, tmp_path: Path
) -> None:
    source = write_secret(tmp_path / "in" / "a.dcm")
    secrets = secrets_of([source])
    session = add_session(discover([tmp_path / "in"]).patients[0])
    window.commands["deidentify"].trigger()
    page = window.deidentify
    assert not page.write_button.isEnabled(), "nothing was looked at yet"
    qtbot.waitUntil(lambda: page.after.pixels is not None, timeout=30_000)
    assert page.files.item(0, 0).text() == "a.dcm"
    assert "ultrasound regions" in page.files.item(0, 2).text()
    happens = {path: (before, fate) for path, before, fate in words(page)}
    assert happens["PatientName"] == (f"Doe^{SECRET}^Maria", "emptied")
    assert happens["InstitutionName"][1] in ("removed", "emptied")
    assert happens["StudyInstanceUID"][1] == "new UID"
    assert happens["Manufacturer"] == ("ACME", "kept")
    assert page.before.pixels[BANNER[0], BANNER[1]].any()
    assert not page.after.pixels[BANNER[0], BANNER[1]].any()
    shown = page.after.pixels
    page.write_to(tmp_path / "out")
    qtbot.waitUntil(lambda: "1 files written" in page.summary.text(), timeout=30_000)
    (path,) = (tmp_path / "out").rglob("*.dcm")
    assert np.array_equal(decode_pixels(path), shown)
    assert leaks(secrets, tmp_path / "out") == []
    assert session.case.patient.patient_id == f"{SECRET}-4711", "the reading itself is as it was"


def test_the_mapping_needs_a_pass_phrase_twice(qtbot: Any, window: MainWindow, tmp_path: Path) -> None:
    assert SHORTEST_PASSPHRASE == SHORTEST
    write_secret(tmp_path / "in" / "a.dcm")
    page = window.deidentify
    window.go(page)
    page.look_at([tmp_path / "in"])
    qtbot.waitUntil(page.write_button.isEnabled, timeout=30_000)
    page.keep_mapping.setChecked(True)
    for phrase, again, enabled in (
        ("", "", False),
        ("short", "short", False),
        ("long enough", "other", False),
    ):
        page.passphrase.setText(phrase)
        page.again.setText(again)
        assert page.write_button.isEnabled() is enabled
    page.again.setText("long enough")
    assert page.write_button.isEnabled()
    page.write_to(tmp_path / "out")
    qtbot.waitUntil(lambda: (tmp_path / "out" / MAPPING).exists(), timeout=30_000)
    assert read_mapping(tmp_path / "out" / MAPPING, "long enough").patients


def test_a_picture_of_which_it_cannot_be_told_is_asked_for(
    qtbot: Any, window: MainWindow, tmp_path: Path
) -> None:
    write_ultrasound(tmp_path / "in" / "a.dcm", speckle(400, 320)[0][60:300])
    page = window.deidentify
    window.go(page)
    page.look_at([tmp_path / "in"])
    qtbot.waitUntil(lambda: page.before.pixels is not None, timeout=30_000)
    assert "say what may stay" in page.files.item(0, 2).text()
    assert not page.write_button.isEnabled()
    picture = page.before
    middle, away = QPoint(picture.width() // 2, picture.height() // 2), QPoint(30, 20)
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=middle - away)
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=middle + away)
    qtbot.waitUntil(lambda: page.write_button.isEnabled() and page.after.pixels is not None, timeout=30_000)
    assert "given by the user" in page.files.item(0, 2).text()
    kept = page.after.pixels.any(axis=2)
    assert 0 < kept.mean() < 0.5
    assert kept[kept.shape[0] // 2, kept.shape[1] // 2]
    page.whole.setChecked(True)
    qtbot.waitUntil(page.write_button.isEnabled, timeout=30_000)


def test_nothing_of_one_patient_stays_when_another_is_opened(
    qtbot: Any, window: MainWindow, controller: Controller, add_session: Add, tmp_path: Path, make_case: Any
) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    add_session(discover([tmp_path / "in"]).patients[0])
    page = window.deidentify
    window.go(page)
    qtbot.waitUntil(lambda: page.after.pixels is not None, timeout=30_000)
    window.back()
    add_session(make_case("other"))
    assert page.files.rowCount() == 0
    assert words(page) == []
    assert page.before.pixels is None
    assert not page.write_button.isEnabled()


def test_every_word_of_a_file_s_fate_is_known_to_the_page(window: MainWindow) -> None:

    source = inspect.getsource(DeidentifyPage._word)
    words = [member.value for kind in (Fate, Kind, AreaKind) for member in kind]
    unused = {Fate.WALK.value, AreaKind.UNKNOWN.value}
    assert [word for word in words if word not in unused and f'"{word}": self.tr(' not in source] == []


def test_every_frame_of_a_cine_can_be_looked_at(qtbot: Any, window: MainWindow, tmp_path: Path) -> None:
    """A name may stand in one frame only: what is not shown cannot be seen."""
    source = write_secret(tmp_path / "in" / "a.dcm", frames=5)
    write_secret(tmp_path / "in" / "b.dcm")
    page = window.deidentify
    window.go(page)
    page.look_at([tmp_path / "in"])
    qtbot.waitUntil(lambda: page.after.pixels is not None, timeout=30_000)
    assert page.frame.isVisible()
    assert (page.frame.minimum(), page.frame.value(), page.frame.maximum()) == (1, 3, 5)
    assert np.array_equal(page.before.pixels, decode_pixels(source, 3))
    for number in (5, 1):
        page.frame.setValue(number)
        wanted = decode_pixels(source, number)
        qtbot.waitUntil(lambda wanted=wanted: np.array_equal(page.before.pixels, wanted), timeout=30_000)
        assert not page.after.pixels[BANNER[0], BANNER[1]].any()
        assert page.after.pixels[60:200, 40:280].any()
        assert page.frame_label.text() == f"{number} of 5"
    page.files.setCurrentCell(1, 0)
    qtbot.waitUntil(lambda: page.after.pixels is not None, timeout=30_000)
    assert not page.frame.isVisible(), "a still has no other frame"
