"""The real program is killed while a reader types: what was typed is there at the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alnreader.case.assessment import NodeStatus
from alnreader.case.draft import Entered
from alnreader.store.verify import verify_work_list
from alnreader.store.worklist import Store

_READER = """
import sys
from pathlib import Path
from PySide6.QtTest import QTest
from alnreader.case.assessment import NodeStatus
from alnreader.gui import app as program

app = program.make_application([])
window = program.make_window(Path(sys.argv[1]) / "settings.json")
desk = window.controller
window.show()
desk.saving.start(Path(sys.argv[1]) / "data")
desk.open_paths([Path(sys.argv[1]) / "pictures"])
while desk.session is None or not desk.session.kept_as:
    QTest.qWait(10)
form = window.rail.first_read.form
form.status_buttons[NodeStatus.SUSPICIOUS].click()
for number in range(10_000):
    form.remarks.setPlainText(f"letters {number}")
    desk.saving.drafting.keep()
    desk.saving.flush(10.0)
    print(number, flush=True)
    QTest.qWait(1)
"""
"""Tells each draft once the disk has it."""

LEAST = 12


def test_a_draft_that_was_kept_survives_a_kill(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    pixels = np.random.default_rng(3).integers(0, 255, (60, 80, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "pictures" / "0.png")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_DATA_HOME": str(tmp_path / "share")}
    with subprocess.Popen(
        [sys.executable, "-c", _READER, str(tmp_path)], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        told = -1
        for line in process.stdout:
            told = int(line)
            if told >= LEAST:
                break
        process.send_signal(signal.SIGKILL)
        told = max([told, *map(int, process.stdout.read().split())])
    if told < LEAST:
        pytest.fail("the program ended by itself")
    with Store(tmp_path / "data") as store:
        (row,) = store.rows()
        assert row.unfinished
        opened = store.open(row.id)
        entered = opened.snapshot.drafts.first_read
        assert isinstance(entered, Entered)
        assert entered.status is NodeStatus.SUSPICIOUS
        assert int(entered.remarks.removeprefix("letters ")) in (told, told + 1)
        assert opened.snapshot.human.first_read is None
        assert opened.case is not None
        assert len(opened.case.entries) < LEAST, "the journal tells of no letters"
    assert verify_work_list(tmp_path / "data" / "worklist.sqlite").fault is None
