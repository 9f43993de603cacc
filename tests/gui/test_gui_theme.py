"""Both themes: every text can be read, and every icon that is named is there."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QWidget,
)

from alnreader.gui import icons, theme

GUI = Path(theme.__file__).parent
LEAST = 4.5
"""Contrast of text, WCAG 2.2 criterion 1.4.3."""
LEAST_SIGN = 3.0
"""Contrast of borders and signs, WCAG 2.2 criterion 1.4.11."""


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    """The application, dressed as before when the test is done."""
    before = theme.current_theme()
    yield qapp
    theme.apply_theme(qapp, before)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, WCAG 2.2."""

    def luminance(name: str) -> float:
        channels = QColor(name).getRgbF()[:3]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_known_colours() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("text", ["text", "quiet", "accent", "caution", "error", "good"])
@pytest.mark.parametrize("ground", ["window", "panel", "raised", "hover"])
def test_text_can_be_read(name: str, text: str, ground: str) -> None:
    colours = theme.tokens(name)
    assert contrast(colours[text], colours[ground]) >= LEAST


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("on_accent", "accent"),
        ("on_accent", "accent_hover"),
        ("caution", "caution_soft"),
        ("error", "error_soft"),
        ("text", "accent_soft"),
        ("accent", "accent_soft"),
        ("on_canvas", "canvas"),
        ("tumour", "canvas"),
        ("node", "canvas"),
    ],
)
def test_text_on_its_own_ground_can_be_read(name: str, text: str, ground: str) -> None:
    colours = theme.tokens(name)
    assert contrast(colours[text], colours[ground]) >= LEAST


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("ground", ["window", "panel", "raised"])
def test_borders_of_fields_can_be_seen(name: str, ground: str) -> None:
    assert contrast(theme.tokens(name)["edge"], theme.tokens(name)[ground]) >= LEAST_SIGN


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("sign", ["tumour_sign", "node_sign"])
@pytest.mark.parametrize("ground", ["panel", "raised", "accent_soft"])
def test_signs_of_kinds_can_be_seen(name: str, sign: str, ground: str) -> None:
    assert contrast(theme.tokens(name)[sign], theme.tokens(name)[ground]) >= LEAST_SIGN


def test_both_themes_have_the_same_tokens() -> None:
    assert theme.tokens("dark").keys() == theme.tokens("light").keys()
    assert theme.tokens("light")["canvas"] == theme.tokens("dark")["canvas"] == "#000000"


@pytest.mark.parametrize("name", theme.THEMES)
def test_sheet_is_filled_and_used(app: QApplication, qtbot: Any, name: str) -> None:
    told = []
    theme.signals().changed.connect(told.append)
    theme.apply_theme(app, name)
    theme.signals().changed.disconnect(told.append)
    assert told == [name]
    assert "$" not in re.sub(r"/\*.*?\*/", "", app.styleSheet(), flags=re.DOTALL)
    button = QPushButton("Sign")
    button.setProperty("role", "primary")
    qtbot.addWidget(button)
    button.resize(120, 40)
    assert button.grab().toImage().pixelColor(12, 20) == QColor(theme.tokens(name)["accent"])
    assert app.font().pixelSize() == theme.BASE_PIXELS


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit, QComboBox])
def test_every_field_has_its_border(app: QApplication, qtbot: Any, name: str, kind: type[QWidget]) -> None:
    theme.apply_theme(app, name)
    field = kind()
    qtbot.addWidget(field)
    field.resize(160, 60)
    image = field.grab().toImage()
    border = {image.pixelColor(80, 0).name(), image.pixelColor(0, 30).name()}
    assert border == {theme.tokens(name)["edge"]}


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_icons_are_sharp_on_every_screen(app: QApplication, ratio: float) -> None:
    picture = icons.pixmap("circle", "text", 16, ratio)
    assert (picture.width(), picture.devicePixelRatio()) == (round(16 * ratio), ratio)


def test_colours_come_from_tokens_only() -> None:
    for path in GUI.rglob("*.py"):
        found = re.findall(r"[\"']#[0-9a-fA-F]{6}[\"']", path.read_text(encoding="utf-8"))
        assert found == [], path


def test_every_named_icon_is_there(app: QApplication) -> None:
    there = set(icons.available())
    assert len(there) > 40
    pattern = re.compile(r"icon=\"([a-z0-9-]+)\"|(?:icons\.(?:icon|pixmap)|tool_button)\(\s*\"([a-z0-9-]+)\"")
    named = {
        match.group(1) or match.group(2)
        for path in GUI.rglob("*.py")
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert named <= there


def test_icon_follows_the_theme(app: QApplication) -> None:
    def darkest_to_lightest(name: str) -> QColor:
        theme.apply_theme(app, name)
        picture: QImage = icons.pixmap("circle", "text", 32).toImage()
        return max((picture.pixelColor(x, 16) for x in range(32)), key=lambda colour: colour.alpha())

    assert darkest_to_lightest("dark").name() == theme.tokens("dark")["text"]
    assert darkest_to_lightest("light").name() == theme.tokens("light")["text"]


def test_icon_that_does_not_exist_is_refused(app: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icons.icon("no-such-icon")


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("kind", ["menu button", "combo", "number", "check", "radio"])
def test_nothing_of_a_control_that_is_off_stands_out_more_than_its_words(
    app: QApplication, qtbot: Any, name: str, kind: str
) -> None:
    theme.apply_theme(app, name)
    ground = QWidget()
    ground.setProperty("role", "window")
    qtbot.addWidget(ground)
    control: QWidget
    if kind == "menu button":
        control = button = QPushButton("Propose", ground)
        button.setMenu(QMenu(button))
    elif kind == "combo":
        control = box = QComboBox(ground)
        box.addItem("Not noted")
    elif kind == "number":
        control = QSpinBox(ground)
    else:
        control = answer = (QCheckBox if kind == "check" else QRadioButton)("PDF", ground)
        answer.setChecked(True)
    ground.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    ground.resize(150, 40)
    control.setGeometry(5, 3, 140, 34)
    colours = theme.tokens(name)

    def strongest() -> float:
        image = ground.grab().toImage()
        pixels = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
        return max(contrast(pixel, colours["window"]) for pixel in pixels)

    assert strongest() > contrast(colours["disabled"], colours["window"]) + 1, "it can be seen while it is on"
    control.setEnabled(False)
    assert strongest() <= contrast(colours["disabled"], colours["window"]) + 0.01


def test_signs_that_cannot_be_kept_stop_no_start(
    app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something else in a sign's place, then no place at all: the window stands, dressed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.CacheLocation)
    if not place.startswith(str(tmp_path)):
        pytest.skip("the cache of this system cannot be led elsewhere")
    signs = theme._sheet_icons("dark")
    assert all(Path(path).is_file() for path in signs.values())
    one = Path(next(iter(signs.values())))
    one.unlink()
    one.mkdir()
    elsewhere = theme._sheet_icons("dark")
    assert all(Path(path).is_file() for path in elsewhere.values())
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    assert theme._sheet_icons("dark").keys() == signs.keys()
    assert "QPushButton" in theme._sheet("dark")
