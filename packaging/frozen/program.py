"""What the frozen program starts: the window where its own name says so, else the command line.

Both names are one executable where the system lets a name be a link; the archive in it is 60 MB.
"""

import multiprocessing
import sys
from pathlib import Path

from alnreader import startup


def main() -> int:
    """Run what the program was started as and return its exit code."""
    multiprocessing.freeze_support()
    startup.prepare()
    if Path(sys.argv[0]).stem != "alnreader-gui":
        from alnreader.cli import main as commands

        return int(commands(startup.long_arguments(sys.argv[1:])))
    if sys.argv[1:] == ["--self-test"]:
        from alnreader.self_test import run

        return int(run(lambda line: print(line, flush=True)))
    from alnreader.gui.launch import main as window

    return int(window(startup.long_arguments(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(main())
