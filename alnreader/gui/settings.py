"""What the user has set, typed, in one JSON file. A broken file is set aside, never fatal."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths

from alnreader.case.assessment import CriteriaCutOffs
from alnreader.case.errors import CannotWriteError, InvalidValueError
from alnreader.case.protocol import ReadingMode

_log = logging.getLogger(__name__)

RECENT_CASES = 12
"""So many folders the start page remembers."""


@dataclass(frozen=True)
class Settings:
    """Every preference with its default.

    Attributes
    ----------
    reader, site
        Name under a reading, and the institution at the head of a report.
    mode
        ``blinded`` or ``concurrent``, for readings that are opened from now on.
    theme
        ``dark`` or ``light``.
    language
        ``en`` or ``zh_CN``.
    device
        What the network runs on: ``auto``, ``cpu``, ``cuda``, ``mps``, ``xpu``.
    model
        Directory of a bundle; empty for the one that ships.
    threshold
        Operating point set by the site; None for the bundle's own.
    cut_offs
        Of the node criteria.
    deidentify
        Leave identity out of exports.
    recent
        Paths opened last, the newest first.
    """

    reader: str = ""
    site: str = ""
    mode: ReadingMode = ReadingMode.BLINDED
    theme: str = "dark"
    language: str = "en"
    device: str = "auto"
    model: str = ""
    threshold: float | None = None
    cut_offs: CriteriaCutOffs = dataclasses.field(default_factory=CriteriaCutOffs)
    deidentify: bool = False
    recent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that no preference page offers."""
        for name in ("reader", "site", "theme", "language", "device", "model"):
            if not isinstance(getattr(self, name), str):
                raise InvalidValueError(f"The setting {name} is text, not {getattr(self, name)!r}.")
        if not isinstance(self.deidentify, bool):
            raise InvalidValueError(f"The setting deidentify is true or false, not {self.deidentify!r}.")
        if self.theme not in ("dark", "light"):
            raise InvalidValueError(f"The theme is dark or light, not {self.theme!r}.")
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise InvalidValueError(f"An operating point lies between 0 and 1, not at {self.threshold}.")

    def with_recent(self, path: str) -> Settings:
        """Return the settings with a path as the newest of the recent ones."""
        others = tuple(other for other in self.recent if other != path)
        return dataclasses.replace(self, recent=(path, *others)[:RECENT_CASES])


def settings_file() -> Path:
    """Return where the settings of this user lie."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(folder) / "settings.json"


def load_settings(path: Path) -> Settings:
    """Read the settings; defaults where there are none. What cannot be read is kept as ``*.broken``."""
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in dataclasses.fields(Settings)}
        values = {name: value for name, value in values.items() if name in known}
        values["mode"] = ReadingMode(values.get("mode", ReadingMode.BLINDED))
        values["cut_offs"] = CriteriaCutOffs(**values.get("cut_offs", {}))
        values["recent"] = tuple(str(entry) for entry in values.get("recent", ()))
        return Settings(**values)
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        _log.info("Settings in %s cannot be read: %s", path, error)
        with contextlib.suppress(OSError):  # a folder that cannot be written: the defaults serve all the same
            path.replace(path.with_suffix(".json.broken"))
        return Settings()


def save_settings(settings: Settings, path: Path) -> None:
    """Write the settings whole or not at all.

    Raises
    ------
    CannotWriteError
        If the folder cannot be written.
    """
    from alnreader.case.atomic import write_bytes

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(
            f"{path.parent}: the settings folder cannot be made ({error.strerror})."
        ) from error
    text = json.dumps(dataclasses.asdict(settings), indent=1, ensure_ascii=False)
    write_bytes(path, text.encode())
