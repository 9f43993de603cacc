"""Ctrl-C ends a command wherever it arrives: an export that runs on to its end was not what was asked for."""

from __future__ import annotations

import signal
import subprocess
import sys

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
