"""A pipe in the place of a case file holds nothing up."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from alnreader.case.errors import CaseFileError
from alnreader.paths import SCRATCH_PREFIX
from alnreader.store.package import read_package
from alnreader.store.worklist import Store

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


def test_a_pipe_is_refused_and_does_not_hold_up_the_start(tmp_path: Path) -> None:
    cases = tmp_path / "data" / "cases"
    cases.mkdir(parents=True)
    pipe = cases / "pipe.alncase"
    os.mkfifo(pipe)
    with pytest.raises(CaseFileError, match=r"pipe\.alncase.*no ordinary file"):
        read_package(pipe)
    with Store(tmp_path / "data") as store:
        assert any("pipe.alncase" in note for note in store.notes)
    assert pipe.is_fifo()


@pytest.mark.parametrize("source", ["cli.py", "store/database.py"])
def test_what_a_killed_program_leaves_has_the_name_by_which_it_is_found(source: str) -> None:
    text = (ROOT / "alnreader" / source).read_text("utf-8")
    made = re.findall(r"TemporaryDirectory\((.*?)\)", text)
    assert made == ["prefix=SCRATCH_PREFIX"]
    assert SCRATCH_PREFIX == "alnreader-"
