"""The icon set (Lucide, ISC licence) in the colours of the theme, sharp at every scale."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from alnreader.gui import theme
from alnreader.paths import resources_dir

_COMMENT = re.compile(rb"<!--.*?-->\s*", re.DOTALL)


@cache
def _source(name: str) -> bytes:
    """Return an icon's file, without its comment."""
    return _COMMENT.sub(b"", (resources_dir() / "icons" / f"{name}.svg").read_bytes())


def svg(name: str, colour: str) -> bytes:
    """Return an icon as SVG in one colour ``#rrggbb``."""
    return _source(name).replace(b"currentColor", colour.encode())


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg(name, colour)))


class _Engine(QIconEngine):
    """Paints an icon in the colour its token has at that moment."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name, self._token = name, token

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint a square: in the middle, or at the left where the icon keeps a distance to a text."""
        token = self._token
        if mode == QIcon.Mode.Disabled:
            token = "disabled"
        elif state == QIcon.State.On and token == "text":
            token = "accent"
        edge = min(rect.width(), rect.height())
        square = QRectF(0, 0, edge, edge)
        square.moveCenter(QRectF(rect).center())
        if rect.width() > rect.height():
            square.moveLeft(rect.left())
        _renderer(self._name, theme.token(token).name()).render(painter, square)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return a picture of that many device pixels."""
        result = QPixmap(size)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return result

    def clone(self) -> QIconEngine:
        """Return an equal engine."""
        return _keep(_Engine(self._name, self._token))


_kept: list[Any] = []


def _keep(engine: _Engine) -> _Engine:
    """Hold the Python half for as long as the program runs: Qt owns and shares the other half."""
    _kept.append(engine)
    return engine


@cache
def icon(name: str, token: str = "text", size: int = 16) -> QIcon:
    """Return an icon by its Lucide name. It follows the theme, and greys where it is disabled.

    Parameters
    ----------
    name
        File in ``resources/icons`` without its suffix.
    token
        Colour; a checked ``text`` icon turns to the accent.
    size
        Edge in pixels that the icon is made for; any other is drawn as sharply.
    """
    _source(name)
    return QIcon(_keep(_Engine(name, token)))


def pixmap(name: str, token: str = "text", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """Return an icon as a picture of ``size`` logical pixels for a screen of that pixel ratio."""
    edge = round(size * ratio)
    result = QPixmap(edge, edge)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    colour: QColor = theme.token(token)
    _renderer(name, colour.name()).render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def available() -> list[str]:
    """Return the names of all icons that ship."""
    return sorted(path.stem for path in (resources_dir() / "icons").glob("*.svg"))
