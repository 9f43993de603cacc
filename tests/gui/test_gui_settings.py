"""The preferences on disk."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from alnreader.case.assessment import CriteriaCutOffs
from alnreader.case.errors import CannotWriteError, InvalidValueError
from alnreader.case.protocol import ReadingMode
from alnreader.gui import theme
from alnreader.gui.frame import kept_theme
from alnreader.gui.settings import RECENT_CASES, VERSION, Settings, read_settings, save_settings


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    settings = Settings(
        reader="王医生",
        site="Clinic",
        mode=ReadingMode.CONCURRENT,
        theme="light",
        language="zh_CN",
        device="cpu",
        threshold=0.31,
        cut_offs=CriteriaCutOffs(cortex_mm=2.5),
        deidentify=True,
        recent=("/a", "/b"),
    )
    path = tmp_path / "deep" / "settings.json"
    save_settings(settings, path)
    assert read_settings(path) == (settings, "")


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.json") == (Settings(), "")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        '{"version": "new"}',
        '{"version": 0}',
        "[" * 100_000,
        '{"version": 1' + "0" * 5000 + "}",
    ],
)
def test_a_broken_file_is_set_aside_and_the_defaults_serve(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    for number in (1, 2):
        path.write_text(text, encoding="utf-8")
        settings, told = read_settings(path)
        assert settings == Settings()
        aside = path.with_suffix(f".json.broken-{number}")
        assert str(aside) in told
        assert not path.exists()
        assert aside.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "sometimes"},
        {"theme": "pink"},
        {"threshold": 7},
        {"threshold": "0.3"},
        {"deidentify": "no"},
        {"cut_offs": {"cortex_mm": -1}},
        {"cut_offs": {"unknown": 1}},
        {"recent": 5},
        {"threshold": 10**400},
        {"cut_offs": {"cortex_mm": -(10**400)}},
        {"device": "xyz"},
        {"device": 5},
        # Text that nobody has typed.
        {"recent": ["/a\0b"]},
        {"recent": ["/" + "a" * 40_000]},
        {"site": "x" * 40_000},
        {"site": "\ud800"},
        {"site": "a\0"},
        {"model": "\0"},
    ],
)
def test_one_wrong_value_costs_no_other(tmp_path: Path, wrong: dict[str, object]) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": VERSION, "reader": "Lee", **wrong}), encoding="utf-8")
    settings, told = read_settings(path)
    assert settings == Settings(reader="Lee")
    assert next(iter(wrong)) in told
    assert read_settings(path) == (Settings(reader="Lee"), "")
    assert path.with_suffix(".json.broken-1").exists()


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": VERSION, "reader": "Lee"}), encoding="utf-8-sig")
    assert read_settings(path) == (Settings(reader="Lee"), "")


def test_settings_of_a_newer_program_are_read_as_far_as_known(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"reader": "Lee", "telepathy": True}), encoding="utf-8")
    assert read_settings(path) == (Settings(reader="Lee"), "")


def test_the_file_of_a_newer_program_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    text = json.dumps({"version": VERSION + 1, "reader": "Lee", "telepathy": True})
    path.write_text(text, encoding="utf-8")
    assert read_settings(path) == (Settings(reader="Lee"), "")
    save_settings(Settings(reader="Lee"), path)
    assert (tmp_path / "settings.json.newer").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ({"reader": "Lee", "threshold": 0}, Settings(reader="Lee")),
        ({"reader": "Lee", "threshold": 0.4, "mode": "concurrent"}, None),
        ({"cut_offs": {"cortex_mm": 2.5}}, Settings(cut_offs=CriteriaCutOffs(cortex_mm=2.5))),
    ],
)
def test_a_file_of_the_first_version_is_migrated(
    old: dict[str, object], expected: Settings | None, tmp_path: Path
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(old), encoding="utf-8")
    wanted = expected or Settings(reader="Lee", threshold=0.4, mode=ReadingMode.CONCURRENT)
    assert read_settings(path) == (wanted, "")
    save_settings(wanted, path)
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == VERSION
    assert read_settings(path) == (wanted, "")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CannotWriteError, match="file"):
        save_settings(Settings(), tmp_path / "file" / "settings.json")


def test_recent_paths_are_bounded_and_newest_first() -> None:
    settings = Settings()
    for number in range(RECENT_CASES + 3):
        settings = settings.with_recent(f"/{number}")
    settings = settings.with_recent("/5")
    assert settings.recent[0] == "/5"
    assert len(settings.recent) == len(set(settings.recent)) == RECENT_CASES


def test_an_operating_point_lies_inside() -> None:
    with pytest.raises(InvalidValueError):
        Settings(threshold=1.0)


def test_what_is_no_file_is_set_aside_and_never_read(tmp_path: Path) -> None:
    """A folder, a pipe, a circle of links, a file without end: none stops the start, each is kept."""

    def folder(path: Path) -> None:
        path.mkdir()
        (path / "mine").write_text("kept", encoding="utf-8")

    def endless(path: Path) -> None:
        with path.open("wb") as file:
            file.write(b'{"version": 2, "x": "')
            file.truncate(1 << 40)

    made = {"folder": folder, "endless": endless}
    if hasattr(os, "mkfifo"):
        made |= {"pipe": os.mkfifo, "circle": lambda path: path.symlink_to(path)}
    for name, make in made.items():
        path = tmp_path / name / "settings.json"
        path.parent.mkdir()
        make(path)
        before = path.lstat().st_ino
        assert kept_theme(path) == theme.DEFAULT
        settings, told = read_settings(path)
        aside = path.with_suffix(".json.broken-1")
        assert settings == Settings(), name
        assert str(aside) in told, name
        assert aside.lstat().st_ino == before, name
        assert not os.path.lexists(path), name
        save_settings(Settings(reader="Lee"), path)
        assert read_settings(path) == (Settings(reader="Lee"), "")
    assert (tmp_path / "folder" / "settings.json.broken-1" / "mine").read_text("utf-8") == "kept"


@pytest.mark.skipif(sys.platform != "linux", reason="a folder that not even root writes to")
def test_what_cannot_be_set_aside_is_not_said_to_be() -> None:
    place = Path("/proc/version")
    settings, told = read_settings(place)
    assert settings == Settings()
    assert "broken" not in told
    assert str(place) in told
    assert "stays as it is" in told


def test_of_a_long_list_of_recent_folders_the_newest_stay(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    recent = [f"/{number}" for number in range(5000)]
    path.write_text(json.dumps({"version": VERSION, "recent": recent}), encoding="utf-8")
    settings, told = read_settings(path)
    assert (settings.recent, told) == (tuple(recent[:RECENT_CASES]), "")


def test_a_path_of_bytes_that_are_no_text_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(recent=(os.fsdecode(b"/data/\xff"),))
    save_settings(settings, path)
    assert read_settings(path) == (settings, "")
