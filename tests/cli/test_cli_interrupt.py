"""Ctrl-C ends a command wherever it arrives: an export that runs on to its end was not what was asked for."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from alnreader.case.errors import ExitCode

LOSING = """
import signal, sys, time, weakref
from alnreader import cli

class Held:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def late(_):
    signal.raise_signal(signal.SIGINT)

def work(options):
    if sys.argv[-1] == "destructor":
        held = Held()
        del held
    elif sys.argv[-1] == "callback":
        held = Held.__new__(type("Other", (), {}))
        watch = weakref.ref(held, late)
        del held
    elif sys.argv[-1] == "twice":
        first, second = Held(), Held()
        del first
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            pass
        del second
    else:
        signal.raise_signal(signal.SIGINT)
    for _ in range(600):
        time.sleep(0.05)
    return 0

cli._demo = work
sys.exit(cli.main(["demo"]))
"""


@pytest.mark.parametrize("where", ["plain", "destructor", "callback", "twice"])
def test_an_interrupt_is_never_lost(where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOSING, where], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == ExitCode.CANCELLED, done.stderr
    assert done.stderr == "Stopped.\n"


EARLY = """
import runpy, signal, sys

class Stop:
    def find_spec(self, name, path, target=None):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Stop())
runpy.{start}
"""

FROZEN = Path(__file__).resolve().parents[2] / "packaging" / "frozen" / "program.py"
"""What the packaged program starts."""


@pytest.mark.parametrize(
    "module",
    ["alnreader.interrupt", "argparse", "alnreader.dicom.network.command", "alnreader.store.command"],
)
def test_a_stop_while_the_program_is_loaded_is_a_stop(module: str) -> None:
    code = EARLY.format(start='run_module("alnreader", run_name="__main__")')
    done = subprocess.run(
        [sys.executable, "-c", code, module], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (ExitCode.CANCELLED, "Stopped.\n")


@pytest.mark.parametrize("module", ["alnreader.startup", "alnreader.cli", "argparse"])
def test_a_stop_while_the_packaged_program_is_loaded_is_a_stop(module: str) -> None:
    code = EARLY.format(start=f'run_path({str(FROZEN)!r}, run_name="__main__")')
    done = subprocess.run(
        [sys.executable, "-c", code, module], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (ExitCode.CANCELLED, "Stopped.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="the signal of a console there stops the tests as well")
@pytest.mark.parametrize("module", ["argparse", "alnreader.dicom.network.command", "numpy"])
def test_a_real_stop_of_a_real_process_shows_no_traceback(module: str, tmp_path: Path) -> None:
    """Sent when the module was loaded: with the first two, the command has not begun."""
    command = [sys.executable, "-X", "importtime", "-m", "alnreader", "demo", "--out-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.endswith(f" {module}\n"):
                running.send_signal(signal.SIGINT)
                break
        said = [line for line in running.stderr if not line.startswith("import time:")]
        assert running.wait(60) == ExitCode.CANCELLED
    assert said == ["Stopped.\n"]


def test_other_faults_of_destructors_are_still_told() -> None:
    program = """
import sys
from alnreader.interrupt import heeding_interrupts

class Faulty:
    def __del__(self):
        raise ValueError("told")

with heeding_interrupts():
    Faulty()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "ValueError: told" in done.stderr
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
