"""The size of the window on a screen on which it has never been."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from alnreader.gui import app as program
from alnreader.gui import frame


@given(st.integers(640, 8000), st.integers(400, 5000))
def test_it_fits_the_screen_with_its_title_bar_or_fills_it(width: int, height: int) -> None:
    size = frame.first_size(width, height)
    if size is None:
        assert width < frame.SIZE[0] or height < frame.SIZE[1] + 40
    else:
        assert frame.SIZE[0] <= size[0] <= width
        assert frame.SIZE[1] <= size[1] <= height - 40


def test_the_usual_screens() -> None:
    assert frame.first_size(1366, 728) is None, "a laptop with a task bar"
    assert frame.first_size(1920, 1040) == (1632, 884)
    assert frame.first_size(2560, 1400) == (2176, 1190)


def test_a_small_screen_is_filled_once_and_what_is_remembered_counts(
    tmp_path: Path, qapp: QApplication
) -> None:
    window = program.make_window(tmp_path / "settings.json")
    screen = qapp.primaryScreen().availableGeometry()
    assert frame.first_size(screen.width(), screen.height()) is None
    window.fit_first_time()
    assert window.windowState() == Qt.WindowState.WindowMaximized
    window.setWindowState(Qt.WindowState.WindowNoState)
    window.show()
    window.resize(1400, 800)
    window.close()
    window.controller.close()
    window.deleteLater()
    again = program.make_window(tmp_path / "settings.json")
    again.fit_first_time()
    assert again.windowState() == Qt.WindowState.WindowNoState
    again.close()
    again.controller.close()
    again.deleteLater()
