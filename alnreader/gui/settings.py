"""What the user has set, typed, in one JSON file. A broken file is set aside, never fatal."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alnreader.case.assessment import CriteriaCutOffs
from alnreader.case.errors import CannotWriteError, InvalidValueError
from alnreader.case.language import LANGUAGES, tr
from alnreader.case.protocol import ReadingMode
from alnreader.gui.settings_text import settings_text
from alnreader.store.plain import from_plain, readable, to_plain

_log = logging.getLogger(__name__)

VERSION = 2
"""Of the file. It counts up with a setting that changes its meaning; `_MIGRATIONS` leads on from earlier."""


def _from_1(values: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had no number, and could hold an operating point of 0: "none set"."""
    return {**values, "threshold": values.get("threshold") or None}


_MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}

RECENT_CASES = 12
"""So many folders the start page remembers."""

_LONGEST_TEXT = 32_767
"""Characters of a setting: the longest path of any system (Windows)."""

_DEVICE = re.compile(r"auto|cpu|(cuda|mps|xpu)(:[0-9]{1,2})?")
"""What `alnreader.inference.device.choose_device` knows."""


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
        A key of `alnreader.case.language.LANGUAGES`.
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
        if self.language not in LANGUAGES:
            raise InvalidValueError(f"The language is one of {', '.join(LANGUAGES)}, not {self.language!r}.")
        if not _DEVICE.fullmatch(self.device):
            raise InvalidValueError(f"The device is auto, cpu, cuda, mps or xpu, not {self.device!r}.")
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise InvalidValueError(f"An operating point lies between 0 and 1, not at {self.threshold}.")

    def with_recent(self, path: str) -> Settings:
        """Return the settings with a path as the newest of the recent ones."""
        others = tuple(other for other in self.recent if other != path)
        return dataclasses.replace(self, recent=(path, *others)[:RECENT_CASES])


def read_settings(path: Path) -> tuple[Settings, str]:
    """Read the settings; defaults where there are none. Return them, and what to tell the reader of them.

    The fields of `Settings` are the register: each value must be of its type, and a wrong one costs no other.
    A file that is not right is kept as ``*.broken-1`` and so on; a newer program's is read as far as it is
    known, and kept as ``*.newer``.
    """
    try:
        values = json.loads(settings_text(path))
        if not isinstance(values, dict):
            raise InvalidValueError("The settings are not an object.")
        version = values.pop("version", 1)
        if not isinstance(version, int) or version < 1:
            raise InvalidValueError(f"The settings have the version {version!r}.")
        while version < VERSION:
            values = _MIGRATIONS[version](values)
            version += 1
        if version > VERSION:
            with contextlib.suppress(OSError):
                shutil.copyfile(path, path.with_suffix(".json.newer"))
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ValueError, RecursionError) as error:
        _log.info("Settings cannot be read: %s", type(error).__name__)
        return Settings(), _set_aside(path)
    settings, wrong = _each(values)
    if not wrong:
        return settings, ""
    _log.info("Settings that are wrong: %s", ", ".join(wrong))
    aside = _free_name(path)
    try:
        shutil.copyfile(path, aside)
    except OSError:
        words = tr("These settings are wrong and were left out: {0}. {1} stays as it is.")
        return settings, words.format(", ".join(wrong), path)
    with contextlib.suppress(CannotWriteError):  # told once, and the next start finds what is right
        save_settings(settings, path)
    words = tr("These settings are wrong and were left out: {0}. The file was kept as {1}.")
    return settings, words.format(", ".join(wrong), aside)


def load_settings(path: Path) -> Settings:
    """Read the settings alone; see `read_settings`."""
    return read_settings(path)[0]


def _each(values: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """Take every setting that is right; return the names of the others as well."""
    settings, wrong = Settings(), []
    for field in dataclasses.fields(Settings):
        if field.name in values:
            try:
                one: Settings = from_plain(Settings, {field.name: values[field.name]})
                value = getattr(one, field.name)
                if field.name == "recent":
                    value = value[:RECENT_CASES]
                for text in value if isinstance(value, tuple) else (value,):
                    _check_text(text, is_path=field.name in ("recent", "model"))
                settings = dataclasses.replace(settings, **{field.name: value})
            except (ValueError, RecursionError):
                wrong.append(field.name)
    return settings, wrong


def _check_text(value: object, *, is_path: bool) -> None:
    """Refuse text that nobody has typed: no system opens such a path, no report can name such a reader."""
    if not isinstance(value, str):
        return
    if len(value) > _LONGEST_TEXT or "\0" in value:
        raise ValueError("no text of a setting")
    if not is_path:  # of a path, surrogates stand for bytes that are no text
        value.encode()


def _free_name(path: Path) -> Path:
    """Return the name under which a file that is not right is kept; an earlier one stays."""
    number = 1
    while os.path.lexists(aside := path.with_suffix(f".json.broken-{number}")):
        number += 1
    return aside


def _set_aside(path: Path) -> str:
    """Give what cannot be read another name, and return what to tell of it."""
    aside = _free_name(path)
    try:
        # Not copied: it may be a folder, a pipe, or a file that this user may not read.
        path.rename(aside)
    except OSError:  # a folder that cannot be written: the program goes on all the same
        words = tr("The settings could not be read: {0} stays as it is, and the defaults are used.")
        return words.format(path)
    words = tr("The settings could not be read: {0} was kept, and the defaults are used.")
    return words.format(aside)


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
    write_bytes(path, readable({"version": VERSION, **to_plain(settings)}))
