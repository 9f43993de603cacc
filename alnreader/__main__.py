"""The command as it is started: ``alnreader`` and ``python -m alnreader``.

Loading the program takes a moment, in which somebody may already stop it: that is a stop as any other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable


def stoppable(run: Callable[[], int]) -> int:
    """Return what a run returns; 130 (`ExitCode.CANCELLED`) if it is stopped, also while it is loaded."""
    try:
        return run()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130


def main() -> int:
    """Run one command and return its exit code."""
    return stoppable(_command)


def _command() -> int:
    from alnreader.interrupt import heeding_interrupts

    with heeding_interrupts():
        from alnreader.cli import main as command

        return int(command())


if __name__ == "__main__":
    sys.exit(main())
