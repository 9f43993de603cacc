"""Both themes of the window: tokens to style sheet and palette. The one place where colours come from."""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QStandardPaths, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from alnreader.paths import resources_dir

_log = logging.getLogger(__name__)

THEMES: Final = ("dark", "light")
DEFAULT: Final = "dark"
BASE_PIXELS: Final = 13
CAPTION_PIXELS: Final = 11
SPACE: Final = (4, 8, 12, 16, 24)
"""Distances in pixels; no others are used."""
RADIUS: Final = 6

_FONT_FILES: Final = ("OpenSans-Regular.ttf", "OpenSans-Semibold.ttf", "DroidSansFallbackFull.ttf")
# What the platform offers after the shipped fonts, for scripts that those cannot write.
_FAMILIES: Final = (
    "Open Sans",
    "Droid Sans Fallback",
    "Segoe UI",
    "Helvetica Neue",
    "Noto Sans CJK SC",
    "sans-serif",
)
# Style sheets take pictures from files only: these signs are written out in the theme's colours.
_SHEET_ICONS: Final = {
    "icon_chevron_down": ("chevron-down", "quiet"),
    "icon_chevron_down_off": ("chevron-down", "disabled"),
    "icon_chevron_up": ("chevron-up", "quiet"),
    "icon_chevron_up_off": ("chevron-up", "disabled"),
    "icon_check": ("check", "accent"),
    "icon_check_off": ("check", "disabled"),
}


class _Signals(QObject):
    """Tells that another theme is in use; what paints by itself then updates."""

    changed = Signal(str)


_state = {"theme": DEFAULT}


@cache
def signals() -> _Signals:
    """Return the one object whose signal ``changed(name)`` follows the theme."""
    return _Signals()


@cache
def tokens(theme: str) -> dict[str, str]:
    """Return a theme's colours, token to ``#rrggbb``."""
    text = (resources_dir() / "style" / "tokens.json").read_text(encoding="utf-8")
    values: dict[str, dict[str, str]] = json.loads(text)
    return values[theme]


def current_theme() -> str:
    """Return ``dark`` or ``light``."""
    return _state["theme"]


def token(name: str, alpha: float = 1.0) -> QColor:
    """Return a colour of the theme in use, with an opacity of 0 to 1."""
    colour = QColor(tokens(current_theme())[name])
    colour.setAlphaF(alpha)
    return colour


@cache
def load_fonts() -> None:
    """Make the shipped fonts known to Qt, once. Missing files leave the platform's own."""
    for file in _FONT_FILES:
        if QFontDatabase.addApplicationFont(str(resources_dir() / "fonts" / file)) < 0:
            _log.info("The font %s cannot be loaded", file)


def font(pixels: int = BASE_PIXELS, *, strong: bool = False) -> QFont:
    """Return the window's typeface with tabular figures."""
    result = QFont()
    result.setFamilies(list(_FAMILIES))
    result.setPixelSize(pixels)
    # Open Sans has tabular figures only; the platform's fonts are asked for them.
    result.setFeature(QFont.Tag("tnum"), 1)
    if strong:
        result.setWeight(QFont.Weight.DemiBold)
    return result


def apply_theme(app: QApplication, theme: str) -> None:
    """Dress the program: font, palette and style sheet; then tell everyone that paints by itself."""
    prepare(app, theme)
    lay_sheet(app)
    signals().changed.emit(theme)


def lay_ground(app: QApplication, theme: str) -> None:
    """Set what the bare frame of a window is painted with: style and colours."""
    _state["theme"] = theme
    app.setStyle("Fusion")
    app.setPalette(_palette())


def prepare(app: QApplication, theme: str) -> None:
    """Set what widgets ask for while they are made: everything but the style sheet.

    With a style sheet, Qt dresses a widget and all in it anew each time it is put into another. A window that
    is made first and dressed then (`lay_sheet`) looks the same and is made in half the time.
    """
    lay_ground(app, theme)
    load_fonts()
    app.setFont(font())
    # Qt tells the windows that stand of it later; parts that are made meanwhile would keep the platform's.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.ApplicationFontChange.value)


def lay_sheet(app: QApplication) -> None:
    """Set the style sheet of the theme in use."""
    app.setStyleSheet(_sheet(current_theme()))


def _palette() -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: "window",
        role.WindowText: "text",
        role.Base: "window",
        role.AlternateBase: "panel",
        role.ToolTipBase: "raised",
        role.ToolTipText: "text",
        role.PlaceholderText: "quiet",
        role.Text: "text",
        role.Button: "panel",
        role.ButtonText: "text",
        role.BrightText: "text",
        role.Highlight: "accent",
        role.HighlightedText: "on_accent",
        role.Link: "accent",
        role.LinkVisited: "accent",
        role.Mid: "line",
        role.Dark: "line",
        role.Light: "raised",
    }
    palette = QPalette()
    for where, name in colours.items():
        palette.setColor(where, token(name))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, token("disabled"))
    return palette


def _sheet(theme: str) -> str:
    text = (resources_dir() / "style" / "style.qss").read_text(encoding="utf-8")
    return Template(text).substitute(tokens(theme), **_sheet_icons(theme))


def _sheet_icons(theme: str) -> dict[str, str]:
    """Write the signs that the style sheet names, in this theme's colours; return their paths."""
    from alnreader.gui.icons import svg

    place = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.CacheLocation)) / "signs"
    files = {name: f"{icon}-{colour}-{theme}.svg" for name, (icon, colour) in _SHEET_ICONS.items()}
    contents = {
        files[name]: svg(icon, tokens(theme)[colour]) for name, (icon, colour) in _SHEET_ICONS.items()
    }
    try:
        folder = _with_signs(place, contents)
    except OSError:  # a read-only home: the signs live as long as the program does
        folder = place
        with contextlib.suppress(OSError):  # a full disk: a window without signs still reads
            folder = _with_signs(Path(tempfile.mkdtemp(prefix="alnreader-signs-")), contents)
    return {name: (folder / file).as_posix() for name, file in files.items()}


def _with_signs(folder: Path, contents: Mapping[str, bytes]) -> Path:
    """Write the signs that a folder does not hold yet, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
    return folder
