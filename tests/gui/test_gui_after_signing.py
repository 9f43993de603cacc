"""Where the keyboard is after the signature, and what the folded steps and the panels say then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from alnreader.case.case import Case
from alnreader.case.protocol import ReadingMode
from alnreader.gui.main_window import MainWindow
from alnreader.gui.session import PatientSession

SLOW = 60_000
AddSession = Callable[..., PatientSession]
MakeCase = Callable[..., Case]


def to_the_signature(qtbot: Any, window: MainWindow, session: PatientSession) -> Any:
    """Decide in the fourth step; return it, ready to be signed."""
    qtbot.waitUntil(lambda: session.score_full and not window.controller.runner.busy, timeout=SLOW)
    window.rail.open(3)
    sign = window.rail.sign
    button = next(iter(sign.form.status_buttons.values()))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    sign.form.confidence.give(60)
    sign.form.changed.emit()
    qtbot.waitUntil(sign.primary.isEnabled, timeout=SLOW)
    return sign


@pytest.mark.parametrize("how", ["click", "space", "shortcut in the name", "shortcut in the remarks"])
def test_the_keyboard_is_on_export_after_the_signature(
    qtbot: Any, window: MainWindow, add_session: AddSession, make_case: MakeCase, how: str
) -> None:
    session = add_session(make_case(images=1), ReadingMode.CONCURRENT)
    sign = to_the_signature(qtbot, window, session)
    if how == "click":
        QTest.mouseClick(sign.primary, Qt.MouseButton.LeftButton)
    elif how == "space":
        sign.primary.setFocus()
        QTest.keyClick(sign.primary, Qt.Key.Key_Space)
    else:
        field = sign.name if how.endswith("name") else sign.form.remarks
        field.setFocus()
        window.rail.act()
    assert session.signed
    qtbot.waitUntil(lambda: not window.controller.runner.busy, timeout=SLOW)
    assert QApplication.focusWidget() is sign.export
