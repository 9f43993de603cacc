"""What `make reliability` measures, in small."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = Path(__file__).with_name("measure.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the program is forked, which Windows cannot do")
def test_the_measurement_runs_and_finds_nothing_lost(tmp_path: Path) -> None:
    small = {
        "kills": 2,
        "cuts": 3,
        "damaged": 50,
        "walks": 2,
        "steps": 60,
        "turns": 0,
        "engine": 0,
        "window": 0,
    }
    counts = [word for name, count in small.items() for word in (f"--{name}", str(count))]
    page = tmp_path / "reliability.md"
    done = subprocess.run(
        [sys.executable, str(MEASURE), *counts, "--out", str(page)],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kills" in done.stdout
    assert "0 of them lost" in done.stdout
    text = page.read_text("utf-8")
    assert "2 kills" in text
    assert "| Window | not run |" in text
