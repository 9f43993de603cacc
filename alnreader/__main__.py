"""The command as it is started: ``alnreader`` and ``python -m alnreader``.

Loading the program takes a moment, in which somebody may already stop it: that is a stop as any other.
"""

import sys


def main() -> int:
    """Run one command and return its exit code; a stop on the way to it is 130, as `ExitCode.CANCELLED`."""
    try:
        from alnreader.interrupt import heeding_interrupts

        with heeding_interrupts():
            from alnreader.cli import main as command

            return int(command())
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
