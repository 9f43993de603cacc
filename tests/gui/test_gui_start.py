"""How the program starts where something is missing: a display, a library, torch, a model."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PySide6
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton

from alnreader.case.assessment import NodeStatus
from alnreader.case.case import Case
from alnreader.case.errors import ExitCode
from alnreader.case.region import RegionKind
from alnreader.gui import app as program
from alnreader.gui import theme
from alnreader.gui.canvas import Tool
from alnreader.gui.controller import Controller
from alnreader.gui.display import missing_library, what_to_install, why_no_window
from alnreader.gui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton
BROKEN_TORCH = "ALNREADER_TEST_BROKEN_TORCH"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only there Qt ends a process without a display")


def start(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the program as a user does, with nothing known of a display but what is given."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR")
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "alnreader.gui.launch", *arguments],
        env={**inherited, "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


# --- a display ---------------------------------------------------------------------------------------------


@LINUX
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ":77"}, "The X display :77 cannot be opened"),
        ({"DISPLAY": "nonsense"}, "The X display nonsense cannot be opened"),
        ({"WAYLAND_DISPLAY": "wayland-9"}, "The Wayland display wayland-9 cannot be opened"),
        ({"QT_QPA_PLATFORM": "xcb"}, "DISPLAY is not set"),
        ({"QT_QPA_PLATFORM": "wayland;xcb", "DISPLAY": ":77"}, "The X display :77 cannot be opened"),
    ],
)
def test_without_a_display_a_sentence_says_so(
    tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    ended = start(tmp_path, **environment)
    assert ended.returncode == ExitCode.INTERNAL, ended.stderr
    assert words in ended.stderr
    assert "alnreader read FOLDER" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stdout == ""


def test_help_needs_no_display(tmp_path: Path) -> None:
    ended = start(tmp_path, "--help")
    assert ended.returncode == 0
    assert "--demo" in ended.stdout


def test_the_frozen_program_is_its_own_decoder(tmp_path: Path) -> None:
    # A frozen program has no ``-m``: it is called again with the decoder's flag, and opens no window then.
    code = (
        "import sys; sys.frozen = True; sys.argv = ['alnreader-gui', '--decode-frames'];"
        "from alnreader.gui.{0} import main; sys.exit(main())"
    )
    for module in ("launch", "app"):
        hidden = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
        ended = subprocess.run(
            [sys.executable, "-c", code.format(module)],
            stdin=subprocess.DEVNULL, env=hidden, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, "")


def test_another_kind_of_display_is_left_to_qt() -> None:
    assert why_no_window({"QT_QPA_PLATFORM": "offscreen"}) == ""
    assert why_no_window({"QT_QPA_PLATFORM": "xcb;offscreen:size=80x60"}) == ""


# --- a library ---------------------------------------------------------------------------------------------


@LINUX
def test_a_missing_library_is_named_with_its_package(tmp_path: Path) -> None:
    qt = Path(PySide6.__file__).parent / "Qt"
    plugin = qt / "plugins" / "platforms" / "libqxcb.so"
    assert missing_library(plugin) == ""
    # The same plug-in beside a library that asks for one that no system has: what a bare system does to it.
    libraries = tmp_path / "lib"
    libraries.mkdir()
    for library in (qt / "lib").iterdir():
        (libraries / library.name).symlink_to(library)
    broken = libraries / "libQt6XcbQpa.so.6"
    content = broken.read_bytes()
    assert content.count(b"libxcb-icccm.so.4\0") == 1
    broken.unlink()
    broken.write_bytes(content.replace(b"libxcb-icccm.so.4\0", b"libxcb-icccm.so.9\0"))
    (tmp_path / "plugins" / "platforms").mkdir(parents=True)
    copy = tmp_path / "plugins" / "platforms" / "libqxcb.so"
    shutil.copy(plugin, copy)
    code = (
        "import sys; from pathlib import Path; from alnreader.gui.display import missing_library;"
        "print(missing_library(Path(sys.argv[1])))"
    )
    # In a process of its own: here the sound library is loaded already and would be taken.
    told = subprocess.run(
        [sys.executable, "-c", code, str(copy)], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "needs the library libxcb-icccm.so.9, which is not on this system" in told
    missing = OSError("libEGL.so.1: cannot open shared object file: No such file or directory")
    assert "apt install libegl1" in what_to_install(missing)


@LINUX
def test_a_qt_that_cannot_be_imported_is_told_without_a_traceback(tmp_path: Path) -> None:
    package = tmp_path / "PySide6"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    words = "libGL.so.1: cannot open shared object file: No such file or directory"
    (package / "QtCore.py").write_text(f"raise ImportError({words!r})", encoding="utf-8")
    ended = start(tmp_path, PYTHONPATH=str(tmp_path), QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == ExitCode.INTERNAL
    assert "apt install libgl1" in ended.stderr
    assert "Traceback" not in ended.stderr


# --- the window --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["dark", "light"])
def test_a_window_that_is_dressed_last_looks_like_one_that_was_dressed_first(
    qtbot: Any,
    qapp: QApplication,
    controller: Controller,
    add_session: Callable[..., Any],
    make_case: Callable[..., Case],
    disc: Callable[..., np.ndarray],
    look: str,
) -> None:
    def pictures(window: MainWindow) -> list[QImage]:
        qtbot.addWidget(window)
        window.resize(1366, 768)
        window.show()
        qtbot.waitExposed(window)
        shots = []
        for page in (*window.pages(), window.start, window.splitter):
            window.go(page)
            qtbot.waitUntil(lambda: window.stage.canvas.ready and not controller.runner.busy, timeout=60_000)
            for step in range(4 if page is window.splitter else 1):
                window.rail.open(step)
                QApplication.processEvents()
                shots.append(window.grab().toImage())
        window.hide()
        return shots

    session = add_session(make_case(cine=3))
    controller.add_region(session.current, disc(), RegionKind.LYMPH_NODE)
    theme.apply_theme(qapp, look)
    first = pictures(MainWindow(controller))
    qapp.setStyleSheet("")
    theme.prepare(qapp, look)
    window = MainWindow(controller)
    theme.lay_sheet(qapp)
    last = pictures(window)
    theme.apply_theme(qapp, "dark")
    assert [one == other for one, other in zip(first, last, strict=True)] == [True] * len(first)


# --- the network -------------------------------------------------------------------------------------------


def click(qtbot: Any, button: QAbstractButton) -> None:
    assert button.isEnabled(), button.text()
    qtbot.mouseClick(button, LEFT, pos=QPoint(10, button.height() // 2))


def read_without_network(qtbot: Any, qapp: QApplication, tmp_path: Path, settings: str, words: str) -> None:
    """The whole window: look, measure, draw, first read, sign, report; and what it says of the network."""
    from pypdf import PdfReader

    folder = tmp_path / "Wang"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(2):
        grey = generator.gamma(4.0, 20.0, (150, 200)).clip(0, 255).astype(np.uint8)
        Image.fromarray(grey).save(folder / f"{number}.png")
    (tmp_path / "settings.json").write_text(settings, encoding="utf-8")
    window = program.make_window(tmp_path / "settings.json")
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    desk, canvas, rail = window.controller, window.stage.canvas, window.rail
    desk.load_model()
    desk.open_paths([folder])
    qtbot.waitUntil(lambda: desk.session is not None and canvas.ready, timeout=60_000)
    qtbot.waitUntil(lambda: bool(desk.model_error), timeout=60_000)
    session = desk.session
    assert session is not None
    assert words in desk.model_error
    badge = "No model" if desk.model is None else "No network"
    badges = [button for button in window.header.findChildren(QPushButton) if button.text() == badge]
    assert len(badges) == 1
    assert badges[0].isVisible()
    assert words in badges[0].toolTip()

    def settle() -> None:
        # The banner with the fault comes and goes as the session and the failed model do, in either order:
        # it moves the canvas, and fits the picture anew, one turn of the event loop later.
        qtbot.waitUntil(lambda: not desk.runner.busy, timeout=60_000)
        QApplication.processEvents()

    def drag(tool: Tool, *points: tuple[float, float]) -> None:
        settle()
        window.status.forget()  # a message not old enough to have been read would stand over the measure
        canvas.set_tool(tool)
        spots = [canvas.to_widget(point).toPoint() for point in points]
        qtbot.mousePress(canvas, LEFT, pos=spots[0])
        for spot in spots[1:]:
            qtbot.mouseMove(canvas, spot)
        qtbot.mouseRelease(canvas, LEFT, pos=spots[-1])

    drag(Tool.CALIPER, (40.0, 40.0), (60.0, 50.0), (100.0, 40.0))
    assert re.search(r"Caliper (59|60)\.\d px", window.status.text)
    drag(Tool.LASSO, (60.0, 50.0), (110.0, 50.0), (110.0, 90.0), (60.0, 90.0))
    assert len(session.case.regions_of(session.current)) == 1
    rail.open(1)
    click(qtbot, rail.first_read.form.status_buttons[NodeStatus.SUSPICIOUS])
    qtbot.keyClick(rail.first_read.form.confidence.slider, Qt.Key.Key_Right)
    rail.first_read.reader.setText("Dr Lee")
    rail.act()
    qtbot.waitUntil(rail.score.primary.isEnabled)
    rail.act()
    qtbot.waitUntil(lambda: bool(session.score_error) and not session.scoring, timeout=60_000)
    assert words in rail.score.state.text()
    settle()
    rail.open(3)
    click(qtbot, rail.sign.agree)
    qtbot.waitUntil(rail.sign.primary.isEnabled)
    rail.act()
    assert session.signed
    rail.sign.folder_chooser = lambda: str(tmp_path)
    with qtbot.waitSignal(desk.exported, timeout=60_000) as caught:
        click(qtbot, rail.sign.export)
    text = "".join(page.extract_text() for page in PdfReader(caught.args[0][0]).pages)
    assert "Wang" in text
    assert "Dr Lee" in text
    window.close()


def test_with_no_model_the_window_looks_measures_and_reports(
    qtbot: Any, qapp: QApplication, tmp_path: Path
) -> None:
    theme.apply_theme(qapp, "dark")
    absent = (tmp_path / "no-model").as_posix()
    read_without_network(qtbot, qapp, tmp_path, f'{{"model": "{absent}"}}', "no-model")


@pytest.mark.skipif(BROKEN_TORCH not in os.environ, reason="run by the next test, with a broken torch")
def test_in_a_program_with_a_broken_torch(qtbot: Any, qapp: QApplication, tmp_path: Path) -> None:
    theme.apply_theme(qapp, "dark")
    read_without_network(qtbot, qapp, tmp_path, "{}", "torch cannot be loaded (libtorch_cpu.so")
    assert "torch" not in sys.modules


def test_with_a_broken_torch_the_window_looks_measures_and_reports(
    tmp_path: Path, child_pytest: Callable[..., Any]
) -> None:
    package = tmp_path / "broken" / "torch"
    package.mkdir(parents=True)
    fault = "libtorch_cpu.so: cannot open shared object file: No such file or directory"
    (package / "__init__.py").write_text(f"raise OSError({fault!r})\n", encoding="utf-8")
    environment = {BROKEN_TORCH: "1", "PYTHONPATH": str(package.parent)}
    ended = child_pytest(Path(__file__), "-k", "in_a_program_with_a_broken_torch", **environment)
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr
