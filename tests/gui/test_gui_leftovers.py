"""Temporary folders with objects of patients do not outlast the program that was ended for long."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from alnreader.case.clock import now
from alnreader.gui.leftovers import AGE, remove_leftovers
from alnreader.paths import SCRATCH_PREFIX


def _aged(path: Path, age: timedelta) -> Path:
    moment = (now() - age).timestamp()
    os.utime(path, (moment, moment), follow_symlinks=False)
    return path


def test_old_folders_of_ours_go_and_nothing_else(tmp_path: Path) -> None:
    made = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=tmp_path))
    (made / "objects").mkdir()
    (made / "objects" / "sr.dcm").write_text("Wang", "utf-8")
    old = AGE + timedelta(minutes=1)
    kept = [
        _aged(Path(tempfile.mkdtemp(prefix=prefix, dir=tmp_path)), old)
        for prefix in ("alnreader-signs-", "alnreader-demo-", "other-", "tmp")
    ]
    young = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=tmp_path))
    file = _aged_file(tmp_path / f"{SCRATCH_PREFIX}abcdefgh", old)
    assert remove_leftovers(now(), tmp_path) == 0
    _aged(made, old)
    assert remove_leftovers(now(), tmp_path) == 1
    assert not made.exists()
    assert all(path.exists() for path in (*kept, young, file))
    assert remove_leftovers(now(), tmp_path / "nowhere") == 0


def _aged_file(path: Path, age: timedelta) -> Path:
    path.write_text("", "utf-8")
    return _aged(path, age)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_of_that_name_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis").write_text("kept", "utf-8")
    link = tmp_path / f"{SCRATCH_PREFIX}abcdefgh"
    link.symlink_to(tmp_path / "mine")
    _aged(link, AGE * 2)
    assert remove_leftovers(now(), tmp_path) == 0
    assert (tmp_path / "mine" / "thesis").read_text("utf-8") == "kept"


def test_the_program_removes_them_once_it_stands(tmp_path: Path) -> None:
    """In a process of its own, with an offscreen window."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    left = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=tmp_path / "tmp"))
    (left / "sr.dcm").write_text("Wang", "utf-8")
    _aged(left, AGE * 2)
    code = (
        "import argparse, sys, time; from pathlib import Path; from PySide6.QtCore import QTimer;"
        "from alnreader.gui import app;"
        "root = Path(sys.argv[1]); left = Path(sys.argv[2]); end = time.monotonic() + 60\n"
        "make = app.make_frame\n"
        "def framed(*arguments):\n"
        "    window = make(*arguments)\n"
        "    timer = QTimer(window)\n"
        "    timer.timeout.connect(\n"
        "        lambda: window.close() if not left.exists() or time.monotonic() > end else None)\n"
        "    timer.start(50)\n"
        "    return window\n"
        "app.make_frame = framed\n"
        "sys.exit(app.run(argparse.Namespace(settings=root / 'settings.json', paths=[], demo=False)))\n"
    )
    places = {name: str(tmp_path / "home") for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    places |= {"XDG_CACHE_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(left)],
        env={**os.environ, **places, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert not left.exists()
    shutil.rmtree(tmp_path / "home")
