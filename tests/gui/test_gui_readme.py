"""The first command that a reader of the README meets opens the window with a patient."""

from __future__ import annotations

import re
from pathlib import Path

from alnreader.gui.launch import parser

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_first_command_of_the_readme_opens_the_window_with_the_demo_patient() -> None:
    first = re.search(r"^```\n(.+)\n```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert first is not None
    make, target = first.group(1).split()
    assert make == "make"
    recipe = re.search(
        rf"^{target}: run-ready .*\n\t@\$\(BIN\)/alnreader-gui (.+) \$\(ARGS\)$",
        (ROOT / "Makefile").read_text("utf-8"),
        re.MULTILINE,
    )
    assert recipe is not None
    assert parser().parse_args(recipe.group(1).split()).demo
