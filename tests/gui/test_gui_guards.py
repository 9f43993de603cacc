"""What must fail a test does: each fault is planted in a test of a run of its own, beside these settings."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HEAD = (
    "import logging, threading, time\nimport pytest\nfrom PySide6.QtCore import QObject, QTimer, qWarning\n"
)

FAULTS = {
    "a warning of Qt's": ("def test_it(qapp):\n    qWarning(b'planted')\n", "planted"),
    "a connection that cannot be": (
        "def test_it(qapp):\n    QObject().killTimer(12345)\n",
        "killTimer",
    ),
    "a warning of Qt's in a fixture's end": (
        "@pytest.fixture\ndef late():\n    yield\n    qWarning(b'planted late')\n\n"
        "def test_it(qapp, late): pass\n",
        "planted late",
    ),
    "a log line": (
        "def test_it(): logging.getLogger('alnreader.gui').warning('planted line')\n",
        "planted line",
    ),
    "an error of another library": (
        "def test_it(): logging.getLogger('somebody').error('planted')\n",
        "planted",
    ),
    "a log line in a fixture's end": (
        "@pytest.fixture\ndef late():\n    yield\n    logging.getLogger('x').error('planted late')\n\n"
        "def test_it(late): pass\n",
        "planted late",
    ),
    "a thread": (
        "def test_it(): threading.Thread(target=time.sleep, args=(8,), name='left', daemon=True).start()\n",
        "go on after the test",
    ),
    "a pool": (
        "from alnreader.gui.tasks import TaskRunner\n"
        "def test_it(qapp):\n"
        "    global kept\n"
        "    kept = TaskRunner()\n"
        "    kept.submit('decode', 1, lambda task: 1, lambda result, error: None)\n"
        "    time.sleep(0.2)\n",
        "alnreader-decode",
    ),
    "an exception in a slot": (
        "def test_it(qtbot):\n    QTimer.singleShot(0, lambda: 1 / 0)\n    qtbot.wait(50)\n",
        "ZeroDivisionError",
    ),
}

SOUND = """
def test_it(qtbot, caplog):
    logging.getLogger('alnreader').warning('expected')
    assert 'expected' in caplog.text
    caplog.clear()
    logging.getLogger('alnreader').info('nothing')
    thread = threading.Thread(target=time.sleep, args=(0.1,))
    thread.start()
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A folder with this repository's settings and these tests' conftests, and nothing else."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests" / "gui").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "tests" / "gui" / "conftest.py", tmp_path / "tests" / "gui")
    return tmp_path / "tests" / "gui" / "test_gui_planted.py"


def outcomes(stdout: str) -> dict[str, int]:
    return {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|error)", stdout)}


def test_what_was_expected_and_cleared_fails_nothing(suite: Path, child_pytest: Callable[..., Any]) -> None:
    suite.write_text(HEAD + SOUND, encoding="utf-8")
    ended = child_pytest(suite)
    assert outcomes(ended.stdout) == {"passed": 1}, ended.stdout + ended.stderr


def test_each_planted_fault_fails_its_test(suite: Path, child_pytest: Callable[..., Any]) -> None:
    text = HEAD
    for number, (code, _words) in enumerate(FAULTS.values()):
        code = code.replace("def test_it", f"def test_fault_{number}").replace("late", f"late_{number}")
        text += "\n" + code
    suite.write_text(text, encoding="utf-8")
    ended = child_pytest(suite)
    for number, (fault, (_code, words)) in enumerate(FAULTS.items()):
        caught = re.search(rf"^(FAILED|ERROR) .*::test_fault_{number}\b", ended.stdout, re.MULTILINE)
        assert caught, f"{fault} was not caught\n{ended.stdout}"
        assert words in ended.stdout.replace(f"late_{number}", "late"), fault
